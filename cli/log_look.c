/* plumb log receipt, entry and checkpoint. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/view.h"
#include "client/chain.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

static enum plumb_code
receipt(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes entry = { NULL, 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes proof = { NULL, 0 };
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = NULL;
    char path[CLIENT_PATH_MAX], hex[PLUMB_DIGEST_HEX], title[CLI_TITLE];
    const struct plumb_trust *trust;
    struct plumb_digest id, leaf;
    struct plumb_checkpoint checkpoint;
    struct client *client;
    bool checked = false;
    uint64_t index;

    PLUMB_TRY(cli_trust(cli, &trust, err));
    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(cli_id(cli, cli_arg(cli, 0), &id, err));
    plumb_digest_hex(&id, hex);
    client_path(path, sizeof path, "/v1/statements/%s", hex);
    PLUMB_TRY(client_get(client, path, &answer, err));
    PLUMB_TRY(cli_entry_open(cli, json_object_get(answer, "entry"), &entry, &s, &checked, err));
    if (!plumb_digest_eq(&s->id, &id))
        return plumb_fail(err, PLUMB_REFUSED, "receipt.id", "entry",
                          "the service shows another statement's entry");
    PLUMB_TRY(plumb_base64_parse(cli_text(answer, "proof"), strlen(cli_text(answer, "proof")),
                                 "proof", &proof, err));
    plumb_leaf_hash(entry.data, entry.len, &leaf);
    PLUMB_TRY(plumb_tlog_proof_verify(trust->policy, proof.data, proof.len, &leaf, &index,
                                      &checkpoint, err));
    if (cli_option(cli, "output") != NULL)
        PLUMB_TRY(cli_write(cli_option(cli, "output"), proof.data, proof.len, false, err));
    cli_title(s, title);
    cli_line(cli, "%s", title);
    cli_line(cli, "id         %s", hex);
    cli_line(cli, "entry      %" PRIu64 " of %s at %s", index, checkpoint.origin,
             cli_text(answer, "time"));
    cli_line(cli, "effect     %s", cli_text(answer, "effect"));
    cli_line(cli, "signature  %s",
             checked ? "good"
                     : "not checked: governance does not list an enrolled verifier's key");
    cli_line(cli,
             "proven     in the log of %" PRIu64
             " entries, by a checkpoint whose key you trust",
             checkpoint.size);
    if (json_object_set_new(answer, "signatureChecked", json_boolean(checked)) != 0)
        return plumb_fail_memory(err);
    return cli_result(cli, json_incref(answer), err);
}

static enum plumb_code
entry(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(client_statement_clear) struct client_statement s = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    char title[CLI_TITLE], hex[PLUMB_DIGEST_HEX], time[PLUMB_TIME_TEXT], *end;
    const unsigned long long index = strtoull(cli_arg(cli, 0), &end, 10);
    const struct plumb_statement *statement;
    struct plumb_chain *chain;
    struct client *client;

    if (strspn(cli_arg(cli, 0), "0123456789") == 0 || *end != '\0' || index >= PLUMB_TREE_MAX)
        return cli_usage(cli_arg(cli, 0), err, "want an entry's index in the log, from 0 on");
    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(cli_chain(cli, &chain, err));
    PLUMB_TRY(client_entry(client, index, client_chain_key, chain, &s, err));
    statement = s.signed_statement->statement;
    PLUMB_TRY(plumb_entry_make(s.signed_statement->envelope, s.time, &bytes, err));
    if (cli_option(cli, "output") != NULL)
        PLUMB_TRY(cli_write(cli_option(cli, "output"), bytes.data, bytes.len, false, err));
    cli_title(statement, title);
    plumb_digest_hex(&statement->id, hex);
    plumb_time_text(s.time, time);
    cli_line(cli, "%s", title);
    cli_line(cli, "id         %s", hex);
    cli_line(cli, "signed by  %s, entry %llu at %s",
             cli_whose(chain, &statement->keys[0], index), index, time);
    return cli_result(
        cli,
        json_pack("{s:I, s:s, s:s, s:s, s:s, s:O, s:O}", "index", (json_int_t)index, "id", hex,
                  "kind", plumb_kind_text(statement->kind), "signer",
                  cli_whose(chain, &statement->keys[0], index), "time", time, "statement",
                  statement->json, "envelope", s.signed_statement->envelope),
        err);
}

static enum plumb_code
checkpoint(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { NULL, 0 };
    const struct plumb_trust *trust;
    struct plumb_checkpoint c;
    struct client *client;
    char hex[PLUMB_DIGEST_HEX];

    PLUMB_TRY(cli_trust(cli, &trust, err));
    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(client_checkpoint(client, &note, err));
    PLUMB_TRY(plumb_checkpoint_verify(trust->policy, note.data, note.len, &c, err));
    if (cli_option(cli, "output") != NULL)
        PLUMB_TRY(cli_write(cli_option(cli, "output"), note.data, note.len, false, err));
    plumb_digest_hex(&c.root, hex);
    cli_line(cli, "log        %s", c.origin);
    cli_line(cli, "size       %" PRIu64, c.size);
    cli_line(cli, "root       %s", hex);
    cli_line(cli, "signed     by a key of the log that you trust");
    return cli_result(cli,
                      json_pack("{s:s, s:I, s:s, s:s}", "origin", c.origin, "size",
                                (json_int_t)c.size, "root", hex, "note", note.data),
                      err);
}

static const struct cli_option proof_options[] = {
    { "output", 'o', "FILE", false, "write the receipt here, a C2SP tlog-proof" },
    { NULL, 0, NULL, false, NULL },
};
static const struct cli_option entry_options[] = {
    { "output", 'o', "FILE", false, "write the entry's bytes here" },
    { NULL, 0, NULL, false, NULL },
};
static const struct cli_option note_options[] = {
    { "output", 'o', "FILE", false, "write the signed note here" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_log_receipt = {
    .name = "log receipt",
    .topic = "The log",
    .summary = "get a statement's receipt again: the proof that the log holds it",
    .arguments = "ID",
    .min = 1,
    .max = 1,
    .options = proof_options,
    .example = "plumb log receipt 3f9c1a22d0b4 -o receipt",
    .run = receipt,
};
const struct cli_command command_log_entry = {
    .name = "log entry",
    .topic = "The log",
    .summary = "show the statement at an index of the log",
    .arguments = "INDEX",
    .min = 1,
    .max = 1,
    .options = entry_options,
    .example = "plumb log entry 0",
    .run = entry,
};
const struct cli_command command_log_checkpoint = {
    .name = "log checkpoint",
    .topic = "The log",
    .summary = "get the log's newest signed size and root, and verify the signature",
    .arguments = "",
    .options = note_options,
    .example = "plumb log checkpoint",
    .run = checkpoint,
};
