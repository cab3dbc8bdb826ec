#include "cli/commands.h"
#include "cli/dossier.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_dossier, struct client_dossier *, client_dossier_free);

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_dossier) struct client_dossier *d = NULL;

    PLUMB_TRY(cli_dossier(cli, cli_arg(cli, 0), &d, err));
    for (size_t i = 0; i < d->nfiles; i++)
        cli_file_lines(cli, &d->files[i]);
    if (d->nfiles == 0)
        cli_line(cli, "nothing is attached");
    return cli_result(cli, json_incref(json_object_get(d->json, "evidence")), err);
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
