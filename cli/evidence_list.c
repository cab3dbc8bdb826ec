#include "cli/commands.h"
#include "cli/dossier.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_dossier, struct client_dossier *, client_dossier_free);

static void
print_file(struct cli *cli, const struct client_file *f)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(&f->digest, hex);
    cli_line(cli, "%-8s %-18s %.12s  %s", f->accepted ? "accepted" : "refused",
             f->said[0] != '\0' ? f->said : plumb_file_kind_text(f->kind), hex,
             f->name[0] != '\0' ? f->name : "-");
    cli_line(cli, "         %s%s%s%s", f->text, f->accepted ? "" : " (", f->rule,
             f->accepted ? "" : ")");
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_dossier) struct client_dossier *d = NULL;

    PLUMB_TRY(cli_dossier(cli, cli_arg(cli, 0), &d, err));
    for (size_t i = 0; i < d->nfiles; i++)
        print_file(cli, &d->files[i]);
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
