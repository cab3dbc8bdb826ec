#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/view.h"
#include "lib/own.h"

#define QUEUE_MAX 10000

static enum plumb_code
show_one(struct cli *cli, const json_t *item, json_t *list, struct plumb_err *err)
{
    PLUMB_AUTO(cli_proposal_clear) struct cli_proposal p = { .met = false };
    char title[CLI_TITLE], hex[PLUMB_DIGEST_HEX], age[CLI_FROM_NOW];
    struct plumb_digest id;
    json_t *json;

    PLUMB_TRY(plumb_digest_parse(cli_text(item, "id"), "proposals", &id, err));
    PLUMB_TRY(cli_proposal(cli, &id, &p, err));
    cli_title(p.s, title);
    plumb_digest_hex(&id, hex);
    cli_from_now(p.p.statement.time, cli_now(), age);
    cli_line(cli, "%.12s  %s, by %s %s: %s%s%s", hex, title, p.proposer, age, p.state,
             p.missing[0] != '\0' && cli_proposal_open(&p) ? ", needs " : "",
             cli_proposal_open(&p) ? p.missing : "");
    json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s*, s:s*, s:s*, s:o, s:I}", "id", hex, "title",
                  title, "proposer", p.proposer, "state", p.state, "missing", p.missing,
                  "payload", p.s->payload, "version", p.s->version, "fleet", p.s->fleet, "time",
                  cli_time_json(p.p.statement.time), "index", (json_int_t)p.p.statement.index);
    return json_array_append_new(list, json) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *items = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *list = json_array();
    static const char *const filters[] = { "payload", "fleet" };
    char path[CLIENT_PATH_MAX];
    struct client *client;
    const json_t *item;
    size_t i, at;

    PLUMB_TRY(cli_client(cli, &client, err));
    at = (size_t)snprintf(path, sizeof path, "/v1/proposals?%s",
                          cli_option(cli, "all") != NULL ? "" : "state=open");
    for (i = 0; i < sizeof filters / sizeof *filters; i++)
        if (cli_option(cli, filters[i]) != NULL) {
            char value[300];

            client_path(value, sizeof value, "%s", cli_option(cli, filters[i]));
            at += (size_t)snprintf(path + at, sizeof path - at, "%s%s=%s",
                                   path[at - 1] == '?' ? "" : "&", filters[i], value);
        }
    if (path[at - 1] == '?')
        path[at - 1] = '\0';
    PLUMB_TRY(client_list(client, path, "proposals", QUEUE_MAX, &items, err));
    json_array_foreach(items, i, item) {
        (void)cli_progress(cli, "checking proposals", i, json_array_size(items));
        PLUMB_TRY(show_one(cli, item, list, err));
    }
    if (json_array_size(items) == 0)
        cli_line(cli, "nothing is waiting");
    return cli_result(cli, json_pack("{s:O}", "proposals", list), err);
}

static const struct cli_option options[] = {
    { "all", 'a', NULL, false, "those that are decided, too" },
    { "payload", 0, "PAYLOAD", false, "of this payload alone" },
    { "fleet", 0, "FLEET", false, "of this fleet alone" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_queue = {
    .name = "queue",
    .topic = "Looking",
    .summary = "list the proposals that wait for approval, and what each still needs",
    .arguments = "",
    .options = options,
    .example = "plumb queue --fleet prod",
    .run = run,
};
