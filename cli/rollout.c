/* plumb rollout begin, complete, rollback and reschedule. */
#include <string.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/submit.h"
#include "cli/view.h"
#include "lib/own.h"

/* What is particular to an action. */
static enum plumb_code
add_own(struct cli *cli, enum plumb_action action, const json_t *places, json_t *members,
        struct plumb_err *err)
{
    const char *name = action == PLUMB_ACTION_BEGIN ? "at" : "not-after";
    const char *text = cli_option(cli, name);
    struct plumb_digest current;
    plumb_time t;

    if (text != NULL && action != PLUMB_ACTION_COMPLETE && action != PLUMB_ACTION_ROLLBACK) {
        PLUMB_TRY(plumb_time_parse(text, action == PLUMB_ACTION_BEGIN ? "--at" : "--not-after",
                                   &t, err));
        if (json_object_set_new(members, action == PLUMB_ACTION_BEGIN ? "at" : "notAfter",
                                json_string(text)) != 0)
            return plumb_fail_memory(err);
    }
    if (action == PLUMB_ACTION_BEGIN && cli_placed(places, "current", &current) &&
        json_object_set_new(members, "predecessor", cli_digest_json(&current)) != 0)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

static enum plumb_code
propose(struct cli *cli, enum plumb_action action, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *places = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *members = NULL;
    const char *fleet = cli_option(cli, "fleet");
    struct plumb_subject subject = { .name = cli_arg(cli, 0) };
    struct cli_version v;

    PLUMB_TRY(cli_version(cli_arg(cli, 0), &v, err));
    if (fleet == NULL || !plumb_name_ok(fleet))
        return cli_usage("--fleet", err, "say in which fleet: --fleet FLEET");
    PLUMB_TRY(cli_release_id(cli, &v, &subject.digest, err));
    PLUMB_TRY(cli_places(cli, fleet, v.payload, &places, err));
    members = json_pack("{s:s, s:s, s:I}", "fleet", fleet, "action", plumb_action_text(action),
                        "base", cli_number(places, "base"));
    if (members == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(add_own(cli, action, places, members, err));
    return cli_submit(cli, "proposed", PLUMB_KIND_ROLLOUT, &subject, 1, members, err);
}

static enum plumb_code
begin(struct cli *cli, struct plumb_err *err)
{
    return propose(cli, PLUMB_ACTION_BEGIN, err);
}

static enum plumb_code
complete(struct cli *cli, struct plumb_err *err)
{
    return propose(cli, PLUMB_ACTION_COMPLETE, err);
}

static enum plumb_code
rollback(struct cli *cli, struct plumb_err *err)
{
    return propose(cli, PLUMB_ACTION_ROLLBACK, err);
}

static enum plumb_code
reschedule(struct cli *cli, struct plumb_err *err)
{
    if (cli_option(cli, "not-after") == NULL)
        return cli_usage("--not-after", err,
                         "say until when: --not-after 2026-12-31T00:00:00Z");
    return propose(cli, PLUMB_ACTION_RESCHEDULE, err);
}

static const struct cli_option begin_options[] = {
    { "fleet", 0, "FLEET", false, "where" },
    { "at", 0, "TIME", false, "scheduled: not before this time" },
    { NULL, 0, NULL, false, NULL },
};
static const struct cli_option plain_options[] = {
    { "fleet", 0, "FLEET", false, "where" },
    { NULL, 0, NULL, false, NULL },
};
static const struct cli_option reschedule_options[] = {
    { "fleet", 0, "FLEET", false, "where" },
    { "not-after", 0, "TIME", false, "the new end date, within what governance allows" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_rollout_begin = {
    .name = "rollout begin",
    .topic = "Rollouts",
    .summary = "propose that a fleet accepts a version beside its current one",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .options = begin_options,
    .more =
        "Do it before a machine is deployed: from the moment its quorum is reached, or from\n"
        "--at on, verifiers accept both versions.",
    .example = "plumb rollout begin svr2@2025-08-02 --fleet prod",
    .run = begin,
};
const struct cli_command command_rollout_complete = {
    .name = "rollout complete",
    .topic = "Rollouts",
    .summary = "propose that the incoming version becomes current, the old one getting an end",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .options = plain_options,
    .example = "plumb rollout complete svr2@2025-08-02 --fleet prod",
    .run = complete,
};
const struct cli_command command_rollout_rollback = {
    .name = "rollout rollback",
    .topic = "Rollouts",
    .summary = "propose that the new version is withdrawn and its predecessor current again",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .options = plain_options,
    .example = "plumb rollout rollback svr2@2025-08-02 --fleet prod",
    .run = rollback,
};
const struct cli_command command_rollout_reschedule = {
    .name = "rollout reschedule",
    .topic = "Rollouts",
    .summary = "propose another end date for an outgoing version",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .options = reschedule_options,
    .example = "plumb rollout reschedule svr2@2025-06-01 --fleet prod --not-after "
               "2026-12-31T00:00:00Z",
    .run = reschedule,
};
