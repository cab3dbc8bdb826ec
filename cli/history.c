#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "lib/own.h"

#define HISTORY_MAX 100000

static void
add_filter(char *path, size_t size, const char *name, const char *value)
{
    const size_t at = strlen(path);
    char escaped[300];

    if (value == NULL)
        return;
    client_path(escaped, sizeof escaped, "%s", value);
    (void)snprintf(path + at, size - at, "%c%s=%s", strchr(path, '?') != NULL ? '&' : '?', name,
                   escaped);
}

static enum plumb_code
make_path(struct cli *cli, char path[CLIENT_PATH_MAX], struct plumb_err *err)
{
    const char *what = cli_arg(cli, 0);
    struct cli_version v;

    (void)snprintf(path, CLIENT_PATH_MAX, "/v1/history");
    if (what != NULL && strchr(what, '@') == NULL) {
        if (!plumb_name_ok(what))
            return cli_usage(what, err, "want PAYLOAD or PAYLOAD@VERSION");
        add_filter(path, CLIENT_PATH_MAX, "payload", what);
    } else if (what != NULL) {
        PLUMB_TRY(cli_version(what, &v, err));
        add_filter(path, CLIENT_PATH_MAX, "payload", v.payload);
        add_filter(path, CLIENT_PATH_MAX, "version", v.version);
    }
    add_filter(path, CLIENT_PATH_MAX, "fleet", cli_option(cli, "fleet"));
    add_filter(path, CLIENT_PATH_MAX, "by", cli_option(cli, "by"));
    return PLUMB_OK;
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *events = NULL;
    const char *limit = cli_option(cli, "limit");
    char path[CLIENT_PATH_MAX], *end = NULL;
    const long max = limit != NULL ? strtol(limit, &end, 10) : 100;
    struct client *client;

    if (max < 1 || max > HISTORY_MAX || (end != NULL && *end != '\0'))
        return cli_usage("--limit", err, "want a number from 1 to %d", HISTORY_MAX);
    PLUMB_TRY(make_path(cli, path, err));
    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(client_list(client, path, "events", (size_t)max, &events, err));
    for (size_t i = json_array_size(events); i > 0; i--) { /* the newest last */
        const json_t *e = json_array_get(events, i - 1);

        cli_line(cli, "%s  %5" JSON_INTEGER_FORMAT "  %-12s %-12s %s", cli_text(e, "time"),
                 cli_number(e, "index"), cli_text(e, "kind"), cli_text(e, "actor"),
                 cli_text(e, "effect"));
    }
    if (json_array_size(events) == 0)
        cli_line(cli, "nothing happened");
    return cli_result(cli, json_pack("{s:O}", "events", events), err);
}

static const struct cli_option options[] = {
    { "fleet", 0, "FLEET", false, "in this fleet" },
    { "by", 0, "PRINCIPAL", false, "by this principal" },
    { "limit", 'n', "COUNT", false, "the newest so many (100)" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_history = {
    .name = "history",
    .topic = "Looking",
    .summary = "list what happened, oldest first, as the service tells it",
    .arguments = "[PAYLOAD[@VERSION]]",
    .max = 1,
    .options = options,
    .more = "A list is the service's word. 'plumb show' and 'plumb log receipt' verify one\n"
            "statement; the audit of an exported log verifies them all.",
    .example = "plumb history svr2@2025-06-01 --fleet prod",
    .run = run,
};
