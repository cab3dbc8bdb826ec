#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "lib/own.h"

static void
print_list(struct cli *cli, const char *name, const json_t *list)
{
    char text[1024] = "";
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item) {
        const size_t at = strlen(text);

        (void)snprintf(text + at, sizeof text - at, "%s%s", i > 0 ? ", " : "",
                       json_string_value(item));
    }
    if (text[0] != '\0')
        cli_line(cli, "%-10s %s", name, text);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *who = NULL;
    struct client *client;

    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(client_get(client, "/v1/whoami", &who, err));
    if (json_is_true(json_object_get(who, "local")))
        cli_line(cli, "on the local socket: may read everything, and begin the log");
    else
        cli_line(cli, "%-10s %s", "principal", cli_text(who, "principal"));
    print_list(cli, "may", json_object_get(who, "may"));
    print_list(cli, "fleets", json_object_get(who, "fleets"));
    return cli_result(cli, json_incref(who), err);
}

const struct cli_command command_whoami = {
    .name = "whoami",
    .topic = "Keys, and who you are",
    .summary = "ask the service who you are to it, and what you may do",
    .arguments = "",
    .example = "plumb whoami",
    .run = run,
};
