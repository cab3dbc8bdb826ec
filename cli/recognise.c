#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/evidence.h"
#include "cli/fields.h"
#include "cli/submit.h"
#include "cli/verified.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_bundle, struct plumb_bundle *, plumb_bundle_free);

/* Only of a version that is being rolled out is there anything to recognise. */
static enum plumb_code
check_incoming(const struct plumb_accepted *a, struct plumb_err *err)
{
    if (a->window.status != PLUMB_STATUS_INCOMING)
        return plumb_fail(err, PLUMB_REFUSED, "recognise.incoming", a->version,
                          "it is %s, and not being rolled out: nobody waits to hear of it",
                          plumb_status_text(a->window.status));
    return PLUMB_OK;
}

static enum plumb_code
report(struct cli *cli, const struct plumb_bundle *b, const struct plumb_accepted *a,
       struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *members = json_pack(
        "{s:s, s:o, s:I, s:o}", "fleet", b->fleet, "rollout", cli_digest_json(&a->rollout),
        "revision", (json_int_t)b->revision, "content", cli_digest_json(&b->content));
    char name[2 * PLUMB_NAME_MAX + 2];
    struct plumb_subject subject = { name, a->release };

    if (members == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(check_incoming(a, err));
    (void)snprintf(name, sizeof name, "%s@%s", a->payload, a->version);
    return cli_submit(cli, "recognised", PLUMB_KIND_RECOGNITION, &subject, 1, members, err);
}

/* What was accepted is told by evidence. */
static enum plumb_code
by_evidence(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(appraisal_clear) struct appraisal a = { .path = NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;

    PLUMB_TRY(cli_appraise(cli, cli_now(), &a, err));
    if (a.verdict.code == PLUMB_VERDICT_ACCEPTED)
        return report(cli, a.bundle, a.verdict.version, err);
    cli_verdict_lines(cli, &a);
    PLUMB_TRY(cli_verdict_json(&a, &json, err));
    cli_answer(cli, cli_verdict_exit(a.verdict.code));
    return cli_result(cli, json_incref(json), err);
}

/* Or by whoever asks: their own verifier did it. */
static enum plumb_code
by_name(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_bundle) struct plumb_bundle *bundle = NULL;
    const char *file = cli_option(cli, "bundle");
    struct cli_version v;

    PLUMB_TRY(cli_version(cli_arg(cli, 0), &v, err));
    if (file == NULL)
        return cli_usage("--bundle", err, "say by which bundle it was accepted: --bundle FILE");
    PLUMB_TRY(cli_verified(cli, file, &bundle, err));
    if (cli_now() >= bundle->valid_until)
        return plumb_fail(err, PLUMB_EXPIRED, "recognise.stale", file,
                          "the bundle has expired: pull anew");
    for (size_t i = 0; i < bundle->naccepted; i++)
        if (strcmp(bundle->accepted[i].payload, v.payload) == 0 &&
            strcmp(bundle->accepted[i].version, v.version) == 0)
            return report(cli, bundle, &bundle->accepted[i], err);
    return plumb_fail(err, PLUMB_NOT_FOUND, "recognise.version", cli_arg(cli, 0),
                      "this bundle does not accept it");
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    const bool evidence =
        cli_option(cli, "claims") != NULL || cli_option(cli, "evidence") != NULL;

    if (evidence == (cli_arg(cli, 0) != NULL))
        return cli_usage("recognise", err,
                         "give evidence (--claims or --evidence FILE), or the "
                         "PAYLOAD@VERSION that your verifier accepted");
    return evidence ? by_evidence(cli, err) : by_name(cli, err);
}

static const struct cli_option options[] = {
    CLI_EVIDENCE_OPTIONS,
    CLI_MEMORY_OPTION,
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_recognise = {
    .name = "recognise",
    .topic = "Verifiers",
    .summary = "report that this verifier accepts the version that is being rolled out",
    .arguments = "[PAYLOAD@VERSION]",
    .min = 0,
    .max = 1,
    .options = options,
    .more = "A rollout may need so many verifiers' recognitions before it can be completed. "
            "Give the\n"
            "evidence that shall be accepted, or name the version that your own verifier "
            "accepted under\n"
            "this bundle. It is signed with your key, and counts once for each rollout.",
    .example = "plumb recognise --bundle prod.bundle --evidence quote.dat",
    .run = run,
};
