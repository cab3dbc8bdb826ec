#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/dossier.h"
#include "cli/fields.h"
#include "lib/own.h"

static void
query(struct cli *cli, char path[CLIENT_PATH_MAX])
{
    const char *payload = cli_option(cli, "payload"), *fleet = cli_option(cli, "fleet");

    if (payload != NULL && fleet != NULL)
        client_path(path, CLIENT_PATH_MAX, "/v1/findings?payload=%s&fleet=%s", payload, fleet);
    else if (payload != NULL)
        client_path(path, CLIENT_PATH_MAX, "/v1/findings?payload=%s", payload);
    else if (fleet != NULL)
        client_path(path, CLIENT_PATH_MAX, "/v1/findings?fleet=%s", fleet);
    else
        client_path(path, CLIENT_PATH_MAX, "/v1/findings");
    if (cli_option(cli, "all") != NULL)
        strncat(path, strchr(path, '?') != NULL ? "&all=1" : "?all=1",
                CLIENT_PATH_MAX - strlen(path) - 1);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    const json_t *findings, *finding, *monitor;
    char path[CLIENT_PATH_MAX];
    struct client *client;
    size_t i;

    query(cli, path);
    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(client_get(client, path, &answer, err));
    findings = json_object_get(answer, "findings");
    monitor = json_object_get(answer, "monitor");
    json_array_foreach(findings, i, finding)
        cli_finding_lines(cli, finding, true);
    if (json_array_size(findings) == 0)
        cli_line(cli, "no findings");
    if (cli_text(monitor, "imported")[0] == '\0')
        cli_line(cli, "no advisories were ever imported");
    else
        cli_line(cli, "%lld advisories on file, last import %s%s",
                 (long long)cli_number(monitor, "advisories"), cli_text(monitor, "imported"),
                 json_is_true(json_object_get(monitor, "stale"))
                     ? "; TOO LONG AGO: what is not found may only be unknown"
                     : "");
    return cli_result(cli, json_incref(answer), err);
}

static const struct cli_option options[] = {
    { "payload", 0, "PAYLOAD", false, "of this one only" },
    { "fleet", 0, "FLEET", false, "of versions that this fleet accepts" },
    { "all", 0, NULL, false, "also what is cleared, and of versions that no fleet accepts" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_findings = {
    .name = "findings",
    .topic = "Evidence",
    .summary = "which accepted versions advisories are about, where they run, since when",
    .arguments = "",
    .min = 0,
    .max = 0,
    .options = options,
    .example = "plumb findings --fleet prod",
    .run = run,
};
