#include <string.h>

#include "cli/about.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/show.h"
#include "lib/own.h"

static void
print_places(struct cli *cli, const json_t *places)
{
    const json_t *place;
    size_t i;

    json_array_foreach(places, i, place)
        cli_line(cli, "in %-16s %s since %s%s%s", cli_text(place, "fleet"),
                 cli_text(place, "place"), cli_text(place, "since"),
                 cli_text(place, "notAfter")[0] != '\0' ? ", ends " : "",
                 cli_text(place, "notAfter"));
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(cli_proposal_clear) struct cli_proposal p = { .met = false };
    PLUMB_AUTO(plumb_json_auto) json_t *detail = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *json = json_object();
    char path[CLIENT_PATH_MAX];
    struct cli_version v;
    struct client *client;
    struct plumb_digest id;

    PLUMB_TRY(cli_version(cli_arg(cli, 0), &v, err));
    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(cli_release_id(cli, &v, &id, err));
    PLUMB_TRY(cli_proposal(cli, &id, &p, err));
    PLUMB_TRY(cli_proposal_show(cli, &p, json, err));
    client_path(path, sizeof path, "/v1/payloads/%s/versions/%s", v.payload, v.version);
    PLUMB_TRY(client_get(client, path, &detail, err));
    print_places(cli, json_object_get(detail, "places"));
    if (json_object_set(json, "places", json_object_get(detail, "places")) != 0)
        return plumb_fail_memory(err);
    return cli_result(cli, json_incref(json), err);
}

const struct cli_command command_release_show = {
    .name = "release show",
    .topic = "Releases",
    .summary = "show a version: its reference values, who approved it, where it stands",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .example = "plumb release show svr2@2025-08-02",
    .run = run,
};
