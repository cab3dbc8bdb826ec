#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "lib/own.h"

/* What there is to say of a place besides its name and version. */
static void
describe(const json_t *place, plumb_time now, char *ret, size_t size)
{
    const char *where = cli_text(place, "place");
    const plumb_time ends = cli_when(place, "notAfter"), kept = cli_when(place, "keptUntil"),
                     deadline = cli_when(place, "deadline");
    char left[CLI_FROM_NOW];
    size_t at = 0;

    ret[0] = '\0';
    if (ends != PLUMB_TIME_NEVER) {
        cli_from_now(ends, now, left);
        at += (size_t)snprintf(ret, size, "ends %s (%s)", cli_text(place, "notAfter"), left);
    } else if (strcmp(where, "incoming") == 0 || strcmp(where, "current") == 0) {
        at += (size_t)snprintf(ret, size, "no end date");
    }
    if (kept != PLUMB_TIME_NEVER && at < size)
        at += (size_t)snprintf(ret + at, size - at, "; kept until %s, its quorum is gone",
                               cli_text(place, "keptUntil"));
    if (deadline != PLUMB_TIME_NEVER && at < size) {
        cli_from_now(deadline, now, left);
        at += (size_t)snprintf(ret + at, size - at, "; rollout due %s (%s)",
                               cli_text(place, "deadline"), left);
    }
    if (strcmp(where, "incoming") == 0 && at < size)
        (void)snprintf(
            ret + at, size - at,
            "; %" JSON_INTEGER_FORMAT " recognised it, %" JSON_INTEGER_FORMAT " needed",
            cli_number(place, "recognitions"), cli_number(place, "recognitionsNeeded"));
}

static void
print_place(struct cli *cli, const json_t *place, plumb_time now)
{
    char about[400];

    describe(place, now, about, sizeof about);
    cli_line(cli, "  %-9s %-24s %s%s", cli_text(place, "place"), cli_text(place, "version"),
             about, json_is_true(json_object_get(place, "overrun")) ? "; OVERRUN" : "");
}

static void
print_payload(struct cli *cli, const json_t *payload, plumb_time now)
{
    static const char *const order[] = { "incoming", "current", "outgoing" };
    const json_t *places = json_object_get(payload, "places"), *place;
    size_t i;

    cli_line(cli, "%s", cli_text(payload, "payload"));
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        json_array_foreach(places, i, place) if (strcmp(cli_text(place, "place"), order[k]) ==
                                                 0) print_place(cli, place, now);
}

static void
print_fleet(struct cli *cli, const json_t *fleet, plumb_time now)
{
    const json_t *payloads = json_object_get(fleet, "payloads"), *payload;
    char left[CLI_FROM_NOW];
    size_t i;

    cli_from_now(cli_when(fleet, "validUntil"), now, left);
    if (cli_number(fleet, "revision") > 0)
        cli_line(cli, "fleet %s, bundle revision %" JSON_INTEGER_FORMAT ", good until %s (%s)",
                 cli_text(fleet, "fleet"), cli_number(fleet, "revision"),
                 cli_text(fleet, "validUntil"), left);
    else
        cli_line(cli, "fleet %s, nothing published yet", cli_text(fleet, "fleet"));
    json_array_foreach(payloads, i, payload) print_payload(cli, payload, now);
    if (json_array_size(payloads) == 0)
        cli_line(cli, "nothing is accepted");
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *fleet = NULL;
    char path[CLIENT_PATH_MAX];
    struct client *client;

    if (!plumb_name_ok(cli_arg(cli, 0)))
        return cli_usage(cli_arg(cli, 0), err, "want a fleet's name");
    PLUMB_TRY(cli_client(cli, &client, err));
    client_path(path, sizeof path, "/v1/fleets/%s", cli_arg(cli, 0));
    PLUMB_TRY(client_get(client, path, &fleet, err));
    print_fleet(cli, fleet, cli_now());
    return cli_result(cli, json_incref(fleet), err);
}

const struct cli_command command_status = {
    .name = "status",
    .topic = "Looking",
    .summary = "a fleet at a glance: incoming, current, outgoing with the time left",
    .arguments = "FLEET",
    .min = 1,
    .max = 1,
    .example = "plumb status prod",
    .run = run,
};
