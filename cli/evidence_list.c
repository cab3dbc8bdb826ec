#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/dossier.h"
#include "cli/fields.h"
#include "lib/own.h"

static void
print_file(struct cli *cli, const json_t *file)
{
    const bool accepted = json_is_true(json_object_get(file, "accepted"));
    const char *said = cli_text(file, "attestation"), *name = cli_text(file, "name");

    cli_line(cli, "%-8s %-18s %.12s  %s", accepted ? "accepted" : "refused",
             said[0] != '\0' ? said : cli_text(file, "kind"), cli_text(file, "digest"),
             name[0] != '\0' ? name : "-");
    cli_line(cli, "         %s%s%s%s", cli_text(file, "text"), accepted ? "" : " (",
             cli_text(file, "rule"), accepted ? "" : ")");
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *dossier = NULL;
    const json_t *files, *file;
    size_t i;

    PLUMB_TRY(cli_dossier(cli, cli_arg(cli, 0), &dossier, err));
    files = json_object_get(dossier, "evidence");
    json_array_foreach(files, i, file)
        print_file(cli, file);
    if (json_array_size(files) == 0)
        cli_line(cli, "nothing is attached");
    return cli_result(cli, json_incref(json_object_get(dossier, "evidence")), err);
}

const struct cli_command command_evidence_list = {
    .name = "evidence list",
    .topic = "Evidence",
    .summary = "what is attached to a release, what was accepted, and why the rest was not",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .example = "plumb evidence list svr2@2025-08-02",
    .run = run,
};
