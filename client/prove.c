#include "client/prove.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"

#define PROOF_MAX 65536

void
client_proof_clear(struct client_proof *p)
{
    plumb_statement_free(p->statement);
    plumb_signed_free(p->opened);
    json_decref(p->envelope);
    *p = (struct client_proof){ .statement = NULL };
}

/* Entry and proof, checked against one another. */
static enum plumb_code
check_inclusion(const struct plumb_log_policy *policy, const struct plumb_jv *answer,
                const struct plumb_bytes *entry, struct client_proof *p, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes proof = { NULL, 0 };
    const struct plumb_jv text = plumb_jv_member(answer, "proof"),
                          index = plumb_jv_member(answer, "index");
    struct plumb_checkpoint checkpoint;
    struct plumb_digest leaf;
    int64_t claimed;

    PLUMB_TRY(plumb_jv_int(&index, 0, INT64_MAX, &claimed, err));
    PLUMB_TRY(plumb_jv_base64(&text, PROOF_MAX, &proof, err));
    plumb_leaf_hash(entry->data, entry->len, &leaf);
    PLUMB_TRY(plumb_tlog_proof_verify(policy, proof.data, proof.len, &leaf, &p->index,
                                      &checkpoint, err));
    if (p->index != (uint64_t)claimed)
        return plumb_fail(err, PLUMB_REFUSED, "prove.index", "index",
                          "the server's proof is for another index than it says");
    p->size = checkpoint.size;
    return PLUMB_OK;
}

/* Read it, and see whether its signature verifies. */
static enum plumb_code
open_envelope(plumb_key_lookup *lookup, void *arg, struct client_proof *p,
              struct plumb_err *err)
{
    const struct plumb_jv root = plumb_jv_root(p->envelope, "envelope");
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse e = { .nsigs = 0 };

    PLUMB_TRY(plumb_dsse_read(&root, &e, err));
    PLUMB_TRY(plumb_statement_peek(e.payload.data, e.payload.len, &p->statement, err));
    if (plumb_signed_open(p->envelope, lookup, arg, &p->opened, &p->unverified) ==
        PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

static void
read_effect(const json_t *answer, struct client_proof *p)
{
    const char *effect = json_string_value(json_object_get(answer, "effect"));
    struct plumb_err plain;

    (void)plumb_fail(&plain, PLUMB_OK, "", "", "%s", effect != NULL ? effect : "");
    memcpy(p->effect, plain.msg, sizeof p->effect);
}

enum plumb_code
client_prove(struct client *c, const struct plumb_log_policy *policy,
             const struct plumb_digest *id, plumb_key_lookup *lookup, void *arg,
             struct client_proof *ret, struct plumb_err *err)
{
    PLUMB_AUTO(client_proof_clear) struct client_proof p = { .statement = NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes entry = { NULL, 0 };
    char path[128], hex[PLUMB_DIGEST_HEX];
    struct plumb_jv root, member;

    plumb_digest_hex(id, hex);
    (void)snprintf(path, sizeof path, "/v1/statements/%s", hex);
    PLUMB_TRY(client_get(c, path, &answer, err));
    root = plumb_jv_root(answer, "answer");
    member = plumb_jv_member(&root, "entry");
    PLUMB_TRY(plumb_jv_object(&member, err));
    PLUMB_TRY(plumb_json_canonical(member.json, &entry, err));
    PLUMB_TRY(check_inclusion(policy, &root, &entry, &p, err));
    PLUMB_TRY(plumb_entry_read(entry.data, entry.len, &p.envelope, &p.time, err));
    PLUMB_TRY(open_envelope(lookup, arg, &p, err));
    if (!plumb_digest_eq(&p.statement->id, id))
        return plumb_fail(err, PLUMB_REFUSED, "prove.id", "entry",
                          "the server sent another statement than the one asked for");
    read_effect(answer, &p);
    *ret = p;
    p = (struct client_proof){ .statement = NULL };
    return PLUMB_OK;
}

/* The id of what stands at an index, by its bytes. */
static enum plumb_code
id_at(struct client *c, uint64_t index, struct plumb_digest *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *entry = NULL;
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse e = { .nsigs = 0 };
    struct plumb_jv root, envelope;
    char path[128];

    (void)snprintf(path, sizeof path, "/v1/entries/%" PRIu64, index);
    PLUMB_TRY(client_get(c, path, &entry, err));
    root = plumb_jv_root(entry, "entry");
    envelope = plumb_jv_member(&root, "envelope");
    PLUMB_TRY(plumb_dsse_read(&envelope, &e, err));
    plumb_sha256(e.payload.data, e.payload.len, ret);
    return PLUMB_OK;
}

enum plumb_code
client_prove_entry(struct client *c, const struct plumb_log_policy *policy, uint64_t index,
                   plumb_key_lookup *lookup, void *arg, struct client_proof *ret,
                   struct plumb_err *err)
{
    PLUMB_AUTO(client_proof_clear) struct client_proof p = { .statement = NULL };
    struct plumb_digest id;

    PLUMB_TRY(id_at(c, index, &id, err));
    PLUMB_TRY(client_prove(c, policy, &id, lookup, arg, &p, err));
    if (p.index != index)
        return plumb_fail(err, PLUMB_REFUSED, "prove.index", "index",
                          "the server's proof is for another index than it was asked for");
    *ret = p;
    p = (struct client_proof){ .statement = NULL };
    return PLUMB_OK;
}
