#include "client/author.h"

#include <openssl/rand.h>

#include "lib/own.h"

#define GENESIS_LIFETIME (30 * 86400)

static enum plumb_code
stamp_now(plumb_time now, int64_t lifetime, struct plumb_stamp *s, struct plumb_err *err)
{
    s->issued = now;
    s->expires = plumb_time_add(now, lifetime);
    if (RAND_bytes(s->nonce, sizeof s->nonce) != 1)
        return plumb_fail(err, PLUMB_INTERNAL, "author.random", "", "no random numbers");
    return PLUMB_OK;
}

enum plumb_code
author_sign(const struct author *a, enum plumb_kind kind, const struct plumb_subject *subjects,
            size_t n, const json_t *members, json_t **ret_envelope, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes payload = { NULL, 0 };
    struct plumb_stamp stamp = { .log = a->log,
                                 .keys = plumb_pubkey_id(a->signer->pub),
                                 .nkeys = 1 };

    PLUMB_TRY(stamp_now(a->now, AUTHOR_LIFETIME, &stamp, err));
    PLUMB_TRY(plumb_statement_make(kind, &stamp, subjects, n, members, &payload, err));
    return plumb_dsse_sign(payload.data, payload.len, &a->signer, 1, ret_envelope, err);
}

enum plumb_code
author_genesis(const struct plumb_governance *document, const struct plumb_digest *keys,
               size_t nkeys, plumb_time now, struct plumb_bytes *ret, struct plumb_err *err)
{
    const struct plumb_subject subject = { "governance", document->digest };
    PLUMB_AUTO(plumb_json_auto)
    json_t *members = json_pack("{s:I}", "version", (json_int_t)document->version);
    struct plumb_stamp stamp = { .log = document->origin, .keys = keys, .nkeys = nkeys };

    if (members == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(stamp_now(now, GENESIS_LIFETIME, &stamp, err));
    return plumb_statement_make(PLUMB_KIND_GOVERNANCE, &stamp, &subject, 1, members, ret, err);
}
