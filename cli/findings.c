#include <inttypes.h>

#include "cli/commands.h"
#include "cli/dossier.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_findings, struct client_findings *, client_findings_free);

static void
print_monitor(struct cli *cli, const struct client_findings *f)
{
    char imported[PLUMB_TIME_TEXT];

    if (f->imported == PLUMB_TIME_NEVER) {
        cli_line(cli, "no advisories were ever imported");
        return;
    }
    plumb_time_text(f->imported, imported);
    cli_line(cli, "%" PRId64 " advisories on file, last import %s%s", f->advisories, imported,
             f->stale ? "; TOO LONG AGO: what is not found may only be unknown" : "");
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_findings) struct client_findings *f = NULL;
    struct client *client;

    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(client_findings(client, cli_option(cli, "payload"), cli_option(cli, "fleet"),
                              cli_option(cli, "all") != NULL, &f, err));
    for (size_t i = 0; i < f->n; i++)
        cli_finding_lines(cli, &f->findings[i], true);
    if (f->n == 0)
        cli_line(cli, "no findings");
    print_monitor(cli, f);
    return cli_result(cli, json_incref(f->json), err);
}

static const struct cli_option options[] = {
    { "payload", 0, "PAYLOAD", false, "of this one only" },
    { "fleet", 0, "FLEET", false, "of versions that this fleet accepts" },
    { "all", 0, NULL, false, "also what is cleared, and of versions that no fleet accepts" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_findings = {
    .name = "findings",
    .topic = "Evidence",
    .summary = "which accepted versions advisories are about, where they run, since when",
    .arguments = "",
    .min = 0,
    .max = 0,
    .options = options,
    .example = "plumb findings --fleet prod",
    .run = run,
};
