#include <string.h>

#include "cli/blob.h"
#include "cli/commands.h"
#include "cli/submit.h"
#include "client/store.h"
#include "lib/own.h"

#define ENVELOPE_MAX 131072

PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

static enum plumb_code
peek(const json_t *envelope, const char *path, struct plumb_statement **ret,
     struct plumb_err *err)
{
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse dsse = { .nsigs = 0 };
    const struct plumb_jv root = plumb_jv_root((json_t *)envelope, path);

    PLUMB_TRY(plumb_dsse_read(&root, &dsse, err));
    PLUMB_TRY(plumb_statement_peek(dsse.payload.data, dsse.payload.len, ret, err));
    if ((*ret)->kind == PLUMB_KIND_GOVERNANCE)
        return PLUMB_OK;
    return plumb_fail(err, PLUMB_INVALID, "governance.statement", path,
                      "this is no statement about governance");
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes document = { NULL, 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(cli_governance_auto) struct plumb_governance *g = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = NULL;
    const char *path = cli_arg(cli, 0);
    struct plumb_digest stored;
    struct client *client;
    bool genesis;

    if (cli_option(cli, "document") == NULL)
        return cli_usage("--document", err, "say which document: --document governance.json");
    PLUMB_TRY(store_read(path, ENVELOPE_MAX, &bytes, err));
    PLUMB_TRY(
        plumb_json_load(bytes.data, bytes.len, ENVELOPE_MAX, PLUMB_JSON_DEPTH, &envelope, err));
    PLUMB_TRY(peek(envelope, path, &s, err));
    PLUMB_TRY(cli_read_governance(cli_option(cli, "document"), &document, &g, err));
    if (!plumb_digest_eq(&s->u.governance.document, &g->digest))
        return plumb_fail(err, PLUMB_CONFLICT, "governance.document",
                          cli_option(cli, "document"),
                          "the statement was signed for another document");
    genesis = s->u.governance.version == 1;
    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(client_blob_put(client, document.data, document.len, &stored, err));
    return cli_send(cli, genesis ? "the log has begun" : "proposed", envelope, genesis, err);
}

static const struct cli_option options[] = {
    { "document", 0, "FILE", false, "the governance document that was signed" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_governance_submit = {
    .name = "governance submit",
    .topic = "Governance",
    .summary = "send a signed genesis, with its document, to a service that has none yet",
    .arguments = "FILE",
    .min = 1,
    .max = 1,
    .options = options,
    .more =
        "A genesis comes in over plumbd's local socket only: on its machine, as its user or\n"
        "root.",
    .example = "plumb governance submit genesis.json --document governance.json --server "
               "unix:/var/lib/plumbline/plumbd.sock",
    .run = run,
};
