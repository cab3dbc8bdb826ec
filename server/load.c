#include "server/load.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "server/db/blob.h"

/* What may be read before its size was counted: a few blobs, each this small, or none. */
#define FEW   64
#define SMALL 32768
#define NONE  (-1)

PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);
PLUMB_DEFINE_AUTO(auto_governance, struct plumb_governance *, plumb_governance_free);
PLUMB_DEFINE_AUTO(auto_policy, struct plumb_log_policy *, plumb_log_policy_free);

static const struct plumb_pubkey *
document_key(void *arg, const struct plumb_digest *id)
{
    const struct plumb_governance *document = arg;

    for (size_t p = 0; p < document->nprincipals; p++)
        for (size_t k = 0; k < document->principals[p].nkeys; k++) {
            const struct plumb_key *key = &document->principals[p].keys[k];

            if (key->use == PLUMB_USE_SIGN && plumb_digest_eq(plumb_pubkey_id(key->pub), id))
                return key->pub;
        }
    return NULL;
}

/* The size of each of n blobs, and the bytes of small ones; what is not there is brought, where
 * somebody can. */
static enum plumb_code
look(struct load *load, const struct plumb_digest *digests, size_t n, int64_t small,
     int64_t *ret_sizes, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_TRY(db_blob_look(load->db, digests, n, small, ret_sizes, ret, err));
    for (size_t i = 0; load->bring != NULL && i < n; i++) {
        if (ret_sizes[i] >= 0)
            continue;
        PLUMB_TRY(load->bring(load->bring_arg, load->db, &digests[i], err));
        PLUMB_TRY(db_blob_look(load->db, &digests[i], 1, NONE, &ret_sizes[i], NULL, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
open_genesis(struct load *load, json_t *envelope, struct plumb_signed **ret,
             struct plumb_err *err)
{
    struct plumb_jv root = plumb_jv_root(envelope, "envelope");
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse dsse = { 0 };
    PLUMB_AUTO(auto_statement) struct plumb_statement *peeked = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(auto_governance) struct plumb_governance *document = NULL;
    int64_t size;

    PLUMB_TRY(plumb_dsse_read(&root, &dsse, err));
    PLUMB_TRY(plumb_statement_peek(dsse.payload.data, dsse.payload.len, &peeked, err));
    if (peeked->kind != PLUMB_KIND_GOVERNANCE)
        return plumb_fail(err, PLUMB_REFUSED, "log.no-genesis", "",
                          "the log is empty: its first entry is a genesis");
    PLUMB_TRY(look(load, &peeked->u.governance.document, 1, NONE, &size, NULL, err));
    PLUMB_TRY(db_blob_get(load->db, &peeked->u.governance.document, &bytes, err));
    PLUMB_TRY(plumb_governance_parse(bytes.data, bytes.len, &document, err));
    return plumb_signed_open(envelope, document_key, document, ret, err);
}

enum plumb_code
load_open(struct load *load, json_t *envelope, struct plumb_signed **ret, struct plumb_err *err)
{
    if (engine_size(load->core->engine) == 0)
        return open_genesis(load, envelope, ret, err);
    return plumb_signed_open(envelope, engine_key, load->core->engine, ret, err);
}

static enum plumb_code
reserve(struct load *load, size_t n, struct plumb_err *err)
{
    load_blobs_clear(load);
    load->blobs = calloc(n + 1, sizeof *load->blobs);
    load->bytes = calloc(n + 1, sizeof *load->bytes);
    return load->blobs != NULL && load->bytes != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
absent(const struct plumb_digest *digest, struct plumb_err *err)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(digest, hex);
    return plumb_fail(err, PLUMB_REFUSED, "blob.absent", hex,
                      "the statement names a blob that is not stored: upload it first");
}

/* Room for so many bytes, before they are read; one statement alone always finds it. */
static enum plumb_code
hold(struct load *load, int64_t bytes, struct plumb_err *err)
{
    const struct settings *s = load->core->settings;
    long long others;

    if (!load->limited)
        return PLUMB_OK;
    if (bytes > s->statement_blobs_max)
        return plumb_fail(err, PLUMB_TOO_LARGE, "blob.total", "predicate",
                          "its files have %" PRId64
                          " bytes, and one statement may name %" PRId64
                          "; attach them by several",
                          bytes, s->statement_blobs_max);
    others = atomic_fetch_add(&load->core->blobs_held, bytes);
    load->held = bytes;
    if (others > 0 && others + bytes > s->blobs_held_max)
        return plumb_fail(err, PLUMB_BUSY, "blob.busy", "",
                          "too many files are being read; try again shortly");
    return PLUMB_OK;
}

/* All that the statement names directly, with the bytes of those that are read. */
static enum plumb_code
read_named(struct load *load, const struct plumb_digest *digests, size_t n, size_t nread,
           struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) int64_t *sizes = calloc(n + 1, sizeof *sizes);
    int64_t bytes = 0;

    if (sizes == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(reserve(load, n, err));
    load->nblobs = n;
    PLUMB_TRY(look(load, digests, n, n <= FEW ? SMALL : NONE, sizes, load->bytes, err));
    for (size_t i = 0; i < n; i++) {
        if (sizes[i] < 0)
            return absent(&digests[i], err);
        bytes += i < nread ? sizes[i] : 0;
    }
    PLUMB_TRY(hold(load, bytes, err));
    for (size_t i = 0; i < n; i++) {
        if (i >= nread)
            plumb_bytes_clear(&load->bytes[i]);
        else if (load->bytes[i].data == NULL)
            PLUMB_TRY(db_blob_get(load->db, &digests[i], &load->bytes[i], err));
        load->blobs[i] =
            (struct engine_blob){ digests[i], load->bytes[i].data, load->bytes[i].len };
    }
    return PLUMB_OK;
}

enum plumb_code
load_blobs(struct load *load, const struct plumb_statement *s, struct plumb_err *err)
{
    const size_t max = engine_needs_max(s);
    PLUMB_AUTO(auto_free) struct plumb_digest *digests = malloc(max * sizeof *digests);
    size_t n, nread, before;
    enum plumb_code code;

    if (digests == NULL)
        return plumb_fail_memory(err);
    load_blobs_clear(load);
    /* A document that was read may name more: ask until nothing new is named. */
    do {
        before = load->nblobs;
        PLUMB_TRY(engine_needs(s, load->blobs, load->nblobs, digests, max, &n, &nread, err));
        if (n == before)
            break;
        code = read_named(load, digests, n, nread, err);
        if (code != PLUMB_OK) {
            load_blobs_clear(load);
            return code;
        }
    } while (nread > 0);
    return PLUMB_OK;
}

void
load_blobs_clear(struct load *load)
{
    for (size_t i = 0; i < load->nblobs; i++)
        plumb_bytes_clear(&load->bytes[i]);
    free(load->blobs);
    free(load->bytes);
    load->blobs = NULL;
    load->bytes = NULL;
    load->nblobs = 0;
    if (load->held > 0)
        (void)atomic_fetch_sub(&load->core->blobs_held, load->held);
    load->held = 0;
}

enum plumb_code
load_kept_checkpoint(const struct identity *identity, const struct plumb_bytes *note,
                     const char *path, struct plumb_checkpoint *ret, struct plumb_err *err)
{
    enum plumb_code code = PLUMB_INTERNAL;

    for (size_t i = 0; i < identity->nlog; i++) {
        PLUMB_AUTO(auto_policy) struct plumb_log_policy *policy = NULL;
        struct plumb_vkey vkey;
        char key[PLUMB_VKEY_TEXT], text[PLUMB_VKEY_TEXT + 24];

        PLUMB_TRY(plumb_vkey_make(identity->origin, 1, identity->log[i]->pub, &vkey, err));
        plumb_vkey_text(&vkey, key);
        (void)snprintf(text, sizeof text, "log %s\nquorum none\n", key);
        PLUMB_TRY(plumb_log_policy_parse(text, strlen(text), &policy, err));
        code = plumb_checkpoint_verify(policy, note->data, note->len, ret, err);
        if (code == PLUMB_OK)
            return PLUMB_OK;
    }
    return plumb_fail(err, code, "log.kept", path,
                      "no log key of this instance signed it; if that is right, move it away");
}
