#include <inttypes.h>
#include <string.h>

#include "cli/blob.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/governance.h"
#include "cli/submit.h"
#include "cli/view.h"
#include "lib/own.h"

/* "FLEET/PAYLOAD@VERSION=revoke", or "=TIME" to keep it until then. */
static enum plumb_code
read_disposition(const char *text, json_t **ret, struct plumb_err *err)
{
    const char *slash = strchr(text, '/'), *equals = strrchr(text, '=');
    PLUMB_AUTO(auto_free) char *fleet = NULL;
    PLUMB_AUTO(auto_free) char *which = NULL;
    struct cli_version v;
    plumb_time until;
    bool revoke;

    if (slash == NULL || equals == NULL || equals < slash)
        return cli_usage(text, err, "want FLEET/PAYLOAD@VERSION=revoke, or =TIME to keep it");
    fleet = strndup(text, (size_t)(slash - text));
    which = strndup(slash + 1, (size_t)(equals - slash - 1));
    if (fleet == NULL || which == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(cli_version(which, &v, err));
    revoke = strcmp(equals + 1, "revoke") == 0;
    if (!revoke)
        PLUMB_TRY(plumb_time_parse(equals + 1, text, &until, err));
    *ret = json_pack("{s:s, s:s, s:s, s:s, s:s*}", "fleet", fleet, "payload", v.payload,
                     "version", v.version, "do", revoke ? "revoke" : "keep", "until",
                     revoke ? NULL : equals + 1);
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
add_lists(struct cli *cli, json_t *members, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *compromise = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *ratify = json_array();
    struct plumb_digest id;
    const char *text;
    json_t *item = NULL;

    for (size_t i = 0; (text = cli_option_at(cli, "accepted", i)) != NULL; i++) {
        PLUMB_TRY(read_disposition(text, &item, err));
        if (json_array_append_new(compromise, item) != 0)
            return plumb_fail_memory(err);
    }
    for (size_t i = 0; (text = cli_option_at(cli, "ratify", i)) != NULL; i++) {
        PLUMB_TRY(cli_id(cli, text, &id, err));
        if (json_array_append_new(ratify, cli_digest_json(&id)) != 0)
            return plumb_fail_memory(err);
    }
    if ((json_array_size(compromise) > 0 &&
         json_object_set(members, "compromise", compromise) != 0) ||
        (json_array_size(ratify) > 0 && json_object_set(members, "ratify", ratify) != 0))
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(cli_governance_auto) struct plumb_governance *g = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *members = NULL;
    struct plumb_subject subject = { .name = "governance" };
    const struct plumb_governance *last;
    struct plumb_digest stored;
    struct plumb_chain *chain;
    struct client *client;

    PLUMB_TRY(cli_read_governance(cli_arg(cli, 0), &bytes, &g, err));
    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(cli_chain(cli, &chain, err));
    last = plumb_chain_last(chain)->document;
    PLUMB_TRY(plumb_governance_succeeds(last, g, PLUMB_TREE_MAX, err));
    cli_line(cli, "What it changes in version %" PRId64 ":", last->version);
    json_decref(cli_difference_lines(cli, last->json, g->json));
    cli_governance_notes(cli, g);
    members = json_pack("{s:I, s:o}", "version", (json_int_t)g->version, "previous",
                        cli_digest_json(&g->previous));
    if (members == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(add_lists(cli, members, err));
    PLUMB_TRY(client_blob_put(client, bytes.data, bytes.len, &stored, err));
    subject.digest = g->digest;
    return cli_submit(cli, "proposed", PLUMB_KIND_GOVERNANCE, &subject, 1, members, err);
}

static const struct cli_option options[] = {
    { "accepted", 0, "FLEET/PAYLOAD@VERSION=revoke", true,
      "with a compromised key: an accepted version that falls short (=TIME: keep it until "
      "then)" },
    { "ratify", 0, "ID", true,
      "with a compromised key: an earlier change or revocation stands" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_governance_propose = {
    .name = "governance propose",
    .topic = "Governance",
    .summary = "propose a changed governance document",
    .arguments = "FILE",
    .min = 1,
    .max = 1,
    .options = options,
    .more =
        "The document names the one in force as the one it replaces: 'plumb governance draft'\n"
        "begins one. Where it declares a key compromised, every quorum that rested on the key "
        "is\n"
        "counted again: say for each accepted version that falls short whether it is revoked "
        "or\n"
        "kept until a date, while others approve it anew. What is not named is revoked.",
    .example = "plumb governance propose next.json --accepted "
               "prod/svr2@2025-08-02=2026-12-31T00:00:00Z",
    .run = run,
};
