#include "cli/commands.h"
#include "cli/submit.h"
#include "cli/view.h"
#include "lib/own.h"

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    static const char *const needed[] = { "justification", "compensating", "until" };
    PLUMB_AUTO(plumb_json_auto) json_t *members = NULL;
    struct plumb_subject subject = { .name = cli_arg(cli, 0) };
    struct cli_version v;

    PLUMB_TRY(cli_version(cli_arg(cli, 0), &v, err));
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (cli_option(cli, needed[i]) == NULL || *cli_option(cli, needed[i]) == '\0')
            return cli_usage("", err, "want --%s", needed[i]);
    members = json_pack("{s:s, s:s, s:s, s:s}", "control", cli_arg(cli, 1), "justification",
                        cli_option(cli, "justification"), "compensating",
                        cli_option(cli, "compensating"), "until", cli_option(cli, "until"));
    if (members == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(cli_release_id(cli, &v, &subject.digest, err));
    return cli_submit(cli, "proposed", PLUMB_KIND_WAIVER, &subject, 1, members, err);
}

static const struct cli_option options[] = {
    { "justification", 0, "TEXT", false, "why it is not met" },
    { "compensating", 0, "TEXT", false, "what stands in for it meanwhile" },
    { "until", 0, "TIME", false, "when the waiver lapses: YYYY-MM-DDTHH:MM:SSZ" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_waiver = {
    .name = "waiver",
    .topic = "Evidence",
    .summary = "propose that a release need not meet a SHOULD until a date",
    .arguments = "PAYLOAD@VERSION CONTROL",
    .min = 2,
    .max = 2,
    .options = options,
    .more = "Its quorum is governance's for waivers. A MUST cannot be waived.",
    .example = "plumb waiver svr2@2025-08-02 BLD-ENV --until 2026-06-30T00:00:00Z "
               "--justification \"the new builder comes in May\" "
               "--compensating \"builds in a locked room, two people present\"",
    .run = run,
};
