#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/dossier.h"
#include "cli/fields.h"
#include "lib/own.h"

/* Does it hold an approval back? */
static bool
holds(const json_t *control)
{
    const char *state = cli_text(control, "state");

    return strcmp(state, "met") != 0 && strcmp(state, "waived") != 0;
}

static void
print_control(struct cli *cli, const json_t *control)
{
    const char *until = cli_text(control, "waivedUntil");

    cli_line(cli, "%-7s %-6s %-18s %s%s%s%s", cli_text(control, "state"),
             cli_text(control, "level"), cli_text(control, "control"), cli_text(control, "by"),
             until[0] != '\0' ? " (waiver until " : "", until, until[0] != '\0' ? ")" : "");
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *dossier = NULL;
    const json_t *controls, *control, *findings, *finding;
    size_t i, held = 0;

    PLUMB_TRY(cli_dossier(cli, cli_arg(cli, 0), &dossier, err));
    controls = json_object_get(dossier, "controls");
    json_array_foreach(controls, i, control) {
        print_control(cli, control);
        held += holds(control);
    }
    findings = json_object_get(dossier, "findings");
    json_array_foreach(findings, i, finding)
        cli_finding_lines(cli, finding, false);
    if (json_array_size(controls) == 0)
        cli_line(cli, "governance names no controls");
    else if (held > 0)
        cli_line(cli, "%zu of %zu controls hold its approval and its rollouts", held,
                 json_array_size(controls));
    else
        cli_line(cli, "all %zu controls are met or waived", json_array_size(controls));
    PLUMB_TRY(cli_result(cli, json_incref(dossier), err));
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
