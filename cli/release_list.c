#include "cli/commands.h"
#include "cli/fields.h"
#include "lib/own.h"

#define LIST_MAX 100000

static enum plumb_code
list_payloads(struct cli *cli, struct client *client, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *list = NULL;
    const json_t *item;
    size_t i;

    PLUMB_TRY(client_list(client, "/v1/payloads", "payloads", LIST_MAX, &list, err));
    json_array_foreach(list, i, item)
        cli_line(cli, "%-24s %" JSON_INTEGER_FORMAT " versions", cli_text(item, "payload"),
                 cli_number(item, "versions"));
    if (json_array_size(list) == 0)
        cli_line(cli, "nothing was ever released");
    return cli_result(cli, json_pack("{s:O}", "payloads", list), err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *list = NULL;
    char path[CLIENT_PATH_MAX];
    struct client *client;
    const json_t *item;
    size_t i;

    PLUMB_TRY(cli_client(cli, &client, err));
    if (cli_arg(cli, 0) == NULL)
        return list_payloads(cli, client, err);
    if (!plumb_name_ok(cli_arg(cli, 0)))
        return cli_usage(cli_arg(cli, 0), err, "want a payload's name");
    client_path(path, sizeof path, "/v1/payloads/%s/versions", cli_arg(cli, 0));
    PLUMB_TRY(client_list(client, path, "versions", LIST_MAX, &list, err));
    json_array_foreach(list, i, item)
        cli_line(cli, "%-24s %-9s %.12s", cli_text(item, "version"), cli_text(item, "state"),
                 cli_text(item, "release"));
    if (json_array_size(list) == 0)
        cli_line(cli, "nothing of %s was ever released", cli_arg(cli, 0));
    return cli_result(
        cli, json_pack("{s:s, s:O}", "payload", cli_arg(cli, 0), "versions", list), err);
}

const struct cli_command command_release_list = {
    .name = "release list",
    .topic = "Releases",
    .summary = "list the payloads, or the versions of one and what became of each",
    .arguments = "[PAYLOAD]",
    .max = 1,
    .more = "A list is the service's word; 'plumb release show' verifies one of them.",
    .example = "plumb release list svr2",
    .run = run,
};
