#include "cli/commands.h"
#include "cli/dossier.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_dossier, struct client_dossier *, client_dossier_free);

static void
print_control(struct cli *cli, const struct client_control *c)
{
    char until[PLUMB_TIME_TEXT] = "";

    if (c->waived_until != PLUMB_TIME_NEVER)
        plumb_time_text(c->waived_until, until);
    cli_line(cli, "%-7s %-6s %-18s %s%s%s%s", client_control_state_text(c->state),
             c->must ? "must" : "should", c->id, c->by,
             until[0] != '\0' ? " (waiver until " : "", until, until[0] != '\0' ? ")" : "");
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_dossier) struct client_dossier *d = NULL;
    size_t held;

    PLUMB_TRY(cli_dossier(cli, cli_arg(cli, 0), &d, err));
    held = client_dossier_held(d, NULL, false);
    for (size_t i = 0; i < d->ncontrols; i++)
        print_control(cli, &d->controls[i]);
    for (size_t i = 0; i < d->nfindings; i++)
        cli_finding_lines(cli, &d->findings[i], false);
    if (d->ncontrols == 0)
        cli_line(cli, "governance names no controls");
    else if (held > 0)
        cli_line(cli, "%zu of %zu controls hold its approval and its rollouts", held,
                 d->ncontrols);
    else
        cli_line(cli, "all %zu controls are met or waived", d->ncontrols);
    PLUMB_TRY(cli_result(cli, json_incref(d->json), err));
    cli_answer(cli, held > 0 ? CLI_NO : CLI_DONE);
    return PLUMB_OK;
}

const struct cli_command command_controls = {
    .name = "controls",
    .topic = "Evidence",
    .summary = "which controls a release meets, by what, and which hold it",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .more = "Ends with 3 while a MUST is not met, or a SHOULD neither met nor waived.",
    .example = "plumb controls svr2@2025-08-02",
    .run = run,
};
