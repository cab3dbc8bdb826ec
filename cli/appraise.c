#include "cli/commands.h"
#include "cli/evidence.h"
#include "cli/verified.h"
#include "lib/own.h"

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(appraisal_clear) struct appraisal a = { .path = NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    const char *asked = cli_option(cli, "at");
    plumb_time at = cli_now();

    if (asked != NULL && plumb_time_parse(asked, "--at", &at, NULL) != PLUMB_OK)
        return cli_usage("--at", err, "want a time, YYYY-MM-DDTHH:MM:SSZ");
    PLUMB_TRY(cli_appraise(cli, at, &a, err));
    cli_verdict_lines(cli, &a);
    if (asked != NULL)
        cli_line(cli, "as of     %s, by what the bundle says today", asked);
    PLUMB_TRY(cli_verdict_json(&a, &json, err));
    cli_answer(cli, cli_verdict_exit(a.verdict.code));
    return cli_result(cli, json_incref(json), err);
}

static const struct cli_option options[] = {
    CLI_EVIDENCE_OPTIONS,
    CLI_MEMORY_OPTION,
    { "at", 0, "TIME", false, "judge as of this time (else now)" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_appraise = {
    .name = "appraise",
    .topic = "Verifiers",
    .summary = "judge evidence by a bundle: which version it is, and until when, or why not",
    .arguments = "",
    .options = options,
    .more =
        "The bundle is verified first. The evidence's own signature is not: that is the "
        "business of\n"
        "the verifier that took it. It ends with 0 when the evidence is accepted, with 5 "
        "when the\n"
        "bundle has expired, and with 3 for every other verdict: debug, platform, not-yet, "
        "ended,\n"
        "revoked, unknown. An unknown one comes with the nearest version, and what differs.",
    .example = "plumb appraise --trust trust.json --bundle prod.bundle --claims claims.json",
    .run = run,
};
