#include "cli/dossier.h"

#include <stdio.h>
#include <string.h>

#include "cli/fields.h"
#include "lib/own.h"

enum plumb_code
cli_dossier(struct cli *cli, const char *text, json_t **ret, struct plumb_err *err)
{
    char path[CLIENT_PATH_MAX];
    struct client *client;
    struct cli_version v;

    PLUMB_TRY(cli_version(text, &v, err));
    PLUMB_TRY(cli_client(cli, &client, err));
    client_path(path, sizeof path, "/v1/payloads/%s/versions/%s/controls", v.payload,
                v.version);
    return client_get(client, path, ret, err);
}

static void
print_places(struct cli *cli, const json_t *places)
{
    const json_t *place;
    size_t i;

    json_array_foreach(places, i, place)
        cli_line(cli, "    %s in %s%s", cli_text(place, "place"), cli_text(place, "fleet"),
                 json_is_true(json_object_get(place, "alone"))
                     ? "; revoked, nothing would be left there"
                     : "");
}

void
cli_finding_lines(struct cli *cli, const json_t *finding, bool named)
{
    const char *fixed = cli_text(finding, "fixed"), *due = cli_text(finding, "due");
    const char *why = cli_text(finding, "why");
    char version[2 * PLUMB_NAME_MAX + 4] = "";

    if (named)
        (void)snprintf(version, sizeof version, "%s@%s  ", cli_text(finding, "payload"),
                       cli_text(finding, "version"));
    cli_line(cli, "%s%-8s %-12s %s%s%s", version, cli_text(finding, "severity"),
             cli_text(finding, "state"), cli_text(finding, "advisory"),
             json_is_true(json_object_get(finding, "blocking")) ? "  blocks" : "",
             json_is_true(json_object_get(finding, "overdue")) ? "  OVERDUE" : "");
    cli_line(cli, "    %s%s%s", cli_text(finding, "component"),
             fixed[0] != '\0' ? ", fixed in " : "", fixed);
    cli_line(cli, "    since %s%s%s%s%s", cli_text(finding, "since"),
             due[0] != '\0' ? ", due " : "", due, why[0] != '\0' ? "; " : "", why);
    print_places(cli, json_object_get(finding, "places"));
}
