#include <string.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/submit.h"
#include "cli/view.h"
#include "lib/own.h"

static enum plumb_code
add_fleets(struct cli *cli, const char *payload, json_t *members, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *fleets = json_array();
    const char *fleet;

    for (size_t i = 0; (fleet = cli_option_at(cli, "fleet", i)) != NULL; i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *places = NULL;

        if (!plumb_name_ok(fleet))
            return cli_usage(fleet, err, "want a fleet's name");
        PLUMB_TRY(cli_places(cli, fleet, payload, &places, err));
        if (json_array_append_new(fleets, json_pack("{s:s, s:I}", "fleet", fleet, "base",
                                                    cli_number(places, "base"))) != 0)
            return plumb_fail_memory(err);
    }
    return json_object_set(members, "fleets", fleets) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
add_leave_nothing(struct cli *cli, json_t *members, struct plumb_err *err)
{
    const char *fleet;
    json_t *fleets;

    if (cli_option(cli, "leave-nothing") == NULL)
        return PLUMB_OK;
    fleets = json_array();
    for (size_t i = 0; (fleet = cli_option_at(cli, "leave-nothing", i)) != NULL; i++)
        (void)json_array_append_new(fleets, json_string(fleet));
    return json_object_set_new(members, "leaveNothingAccepted", fleets) == 0
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *members = NULL;
    struct plumb_subject subject = { .name = cli_arg(cli, 0) };
    const bool all = cli_option(cli, "all") != NULL;
    struct cli_version v;

    PLUMB_TRY(cli_version(cli_arg(cli, 0), &v, err));
    if (cli_option(cli, "reason") == NULL || *cli_option(cli, "reason") == '\0')
        return cli_usage("--reason", err, "say why: --reason TEXT");
    if (all == (cli_option(cli, "fleet") != NULL))
        return cli_usage("--fleet", err, "say where: --fleet FLEET, or --all, not both");
    members = json_pack("{s:s}", "reason", cli_option(cli, "reason"));
    if (members == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(cli_release_id(cli, &v, &subject.digest, err));
    if (!all)
        PLUMB_TRY(add_fleets(cli, v.payload, members, err));
    else if (json_object_set_new(members, "all", json_true()) != 0)
        return plumb_fail_memory(err);
    PLUMB_TRY(add_leave_nothing(cli, members, err));
    return cli_submit(cli, "proposed", PLUMB_KIND_REVOCATION, &subject, 1, members, err);
}

static const struct cli_option options[] = {
    { "fleet", 0, "FLEET", true, "no longer accepted here" },
    { "all", 0, NULL, false, "nowhere, and its reference values never again" },
    { "reason", 0, "TEXT", false, "why; it is signed too" },
    { "leave-nothing", 0, "FLEET", true, "yes, even if this fleet is left with nothing" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_revoke = {
    .name = "revoke",
    .topic = "Rollouts",
    .summary = "propose that a version is accepted no more, at once",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .options = options,
    .more = "Its quorum is usually smaller than that of a release. It is published the moment "
            "it is\n"
            "reached.",
    .example = "plumb revoke svr2@2025-08-02 --fleet prod --reason \"CVE-2026-0001\"",
    .run = run,
};
