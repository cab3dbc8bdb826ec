/* Entries of a transparency log (Rekor, version 1): when it took a signature, and which. */
#include <inttypes.h>
#include <plumb/artifact.h>
#include <plumb/tlog.h>
#include <stdio.h>
#include <string.h>

#include "lib/note.h"
#include "lib/own.h"
#include "supply/sigstore_read.h"

#define BODY_MAX  (1u << 20)
#define BYTES_MAX 4096 /* of a signature */
#define TEXT_MAX  200
#define TIME_MAX  UINT64_C(253402300799) /* the end of year 9999 */

static void
auto_sig(struct plumb_note_sig *sig)
{
    plumb_bytes_clear(&sig->blob);
}

struct entry {
    const struct plumb_jv *v;
    const struct sigstore_log *log;
    const struct sigstore_signed *what;
    struct plumb_bytes body;
    uint64_t index, time;
    struct plumb_err *err;
};

static enum plumb_code
bad(const struct entry *e, const char *rule, const char *why)
{
    return plumb_jv_fail(e->v, e->err, PLUMB_BAD_SIGNATURE, rule, "%s", why);
}

/* 64-bit integers are strings; one that is 0 may be left out, as in all of protobuf's JSON. */
static enum plumb_code
read_number(const struct plumb_jv *v, uint64_t max, uint64_t *ret, struct plumb_err *err)
{
    const char *text;

    *ret = 0;
    if (v->json == NULL)
        return PLUMB_OK;
    PLUMB_TRY(plumb_jv_string(v, TEXT_MAX, &text, err));
    if (!plumb_span_number((struct plumb_span){ text, strlen(text) }, ret) || *ret > max)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "sigstore.form",
                             "want a decimal number as a string");
    return PLUMB_OK;
}

static enum plumb_code
read_hash(const struct plumb_jv *v, struct plumb_digest *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes raw = { 0 };

    PLUMB_TRY(plumb_jv_base64(v, TEXT_MAX, &raw, err));
    if (raw.len != sizeof ret->b)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "sigstore.form", "a hash has 32 bytes");
    memcpy(ret->b, raw.data, sizeof ret->b);
    return PLUMB_OK;
}

/* --- which log, and its promise --- */

static enum plumb_code
find_log(struct entry *e, const struct sigstore_root *root)
{
    struct plumb_jv id = plumb_jv_member(e->v, "logId");
    struct plumb_jv key_id = plumb_jv_member(&id, "keyId");
    struct plumb_digest name;

    PLUMB_TRY(read_hash(&key_id, &name, e->err));
    for (size_t i = 0; i < root->nlogs; i++)
        if (plumb_digest_eq(&root->logs[i].id, &name) &&
            sigstore_within(&root->logs[i].valid, (plumb_time)e->time)) {
            e->log = &root->logs[i];
            return PLUMB_OK;
        }
    return bad(e, "sigstore.log", "the trusted root has no such log for that time");
}

/* What the log signed, in the one form that it does: sorted and compact. */
static enum plumb_code
check_promise(const struct entry *e, const struct plumb_bytes *promise)
{
    PLUMB_AUTO(auto_free) char *body = NULL;
    PLUMB_AUTO(auto_free) char *text = NULL;
    char log[PLUMB_DIGEST_HEX];
    int len;

    PLUMB_TRY(plumb_base64(e->body.data, e->body.len, &body, e->err));
    plumb_digest_hex(&e->log->id, log);
    len = asprintf(&text,
                   "{\"body\":\"%s\",\"integratedTime\":%" PRIu64 ",\"logID\":\"%s\","
                   "\"logIndex\":%" PRIu64 "}",
                   body, e->time, log, e->index);
    if (len < 0) {
        text = NULL;
        return plumb_fail_memory(e->err);
    }
    switch (plumb_pubkey_verify(e->log->key, text, (size_t)len, promise->data, promise->len,
                                NULL)) {
    case PLUMB_OK:
        return PLUMB_OK;
    case PLUMB_NO_MEMORY:
        return plumb_fail_memory(e->err);
    default:
        return bad(e, "sigstore.promise", "the log did not sign this timestamp");
    }
}

/* --- inclusion --- */

static enum plumb_code
check_checkpoint(const struct entry *e, const struct plumb_jv *v, uint64_t size,
                 const struct plumb_digest *root)
{
    struct plumb_checkpoint c;
    struct plumb_note note;
    const char *text;
    bool end = false;

    PLUMB_TRY(plumb_jv_string(v, PLUMB_NOTE_MAX, &text, e->err));
    PLUMB_TRY(plumb_note_split(text, strlen(text), &note, e->err));
    PLUMB_TRY(plumb_checkpoint_peek(text, strlen(text), &c, e->err));
    if (c.size != size || !plumb_digest_eq(&c.root, root))
        return bad(e, "sigstore.proof", "its checkpoint is of another tree");
    for (;;) {
        PLUMB_AUTO(auto_sig) struct plumb_note_sig sig = { 0 };

        PLUMB_TRY(plumb_note_next(&note, &sig, &end, e->err));
        if (end)
            return bad(e, "sigstore.proof", "its checkpoint is not signed by the log");
        /* The four bytes before it are a hint. */
        if (plumb_pubkey_verify(e->log->key, note.text.p, note.text.len, sig.blob.data + 4,
                                sig.blob.len - 4, NULL) == PLUMB_OK)
            return PLUMB_OK;
    }
}

static enum plumb_code
check_inclusion(const struct entry *e, const struct plumb_jv *proof)
{
    struct plumb_jv at = plumb_jv_member(proof, "logIndex");
    struct plumb_jv of = plumb_jv_member(proof, "treeSize");
    struct plumb_jv hash = plumb_jv_member(proof, "rootHash");
    struct plumb_jv list = plumb_jv_member(proof, "hashes");
    struct plumb_jv checkpoint = plumb_jv_member(proof, "checkpoint");
    struct plumb_jv note = plumb_jv_member(&checkpoint, "envelope");
    struct plumb_digest root, leaf, hashes[PLUMB_PROOF_MAX];
    uint64_t index, size;
    size_t n = 0;

    PLUMB_TRY(read_number(&at, PLUMB_TREE_MAX, &index, e->err));
    PLUMB_TRY(read_number(&of, PLUMB_TREE_MAX, &size, e->err));
    PLUMB_TRY(read_hash(&hash, &root, e->err));
    if (list.json != NULL) /* none in a tree of one */
        PLUMB_TRY(plumb_jv_array(&list, 0, PLUMB_PROOF_MAX, &n, e->err));
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&list, i);

        PLUMB_TRY(read_hash(&element, &hashes[i], e->err));
    }
    plumb_leaf_hash(e->body.data, e->body.len, &leaf);
    if (plumb_inclusion_verify(index, size, &leaf, hashes, n, &root, NULL) != PLUMB_OK)
        return bad(e, "sigstore.proof", "the proof of inclusion does not hold");
    return check_checkpoint(e, &note, size, &root);
}

static enum plumb_code
check_logged(const struct entry *e)
{
    struct plumb_jv promise = plumb_jv_member(e->v, "inclusionPromise");
    struct plumb_jv timestamp = plumb_jv_member(&promise, "signedEntryTimestamp");
    struct plumb_jv proof = plumb_jv_member(e->v, "inclusionProof");
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes sig = { 0 };

    if (promise.json == NULL)
        return plumb_jv_fail(e->v, e->err, PLUMB_UNSUPPORTED, "sigstore.time",
                             "the log does not vouch for its time: that needs a timestamp "
                             "authority, which is not read");
    PLUMB_TRY(plumb_jv_base64(&timestamp, BYTES_MAX, &sig, e->err));
    PLUMB_TRY(check_promise(e, &sig));
    if (json_object_size(proof.json) > 0) /* writers of 0.1 left it empty */
        return check_inclusion(e, &proof);
    return e->what->need_proof
               ? bad(e, "sigstore.proof", "bundles from version 0.2 on prove inclusion")
               : PLUMB_OK;
}

/* --- what was logged --- */

static enum plumb_code
another(const struct entry *e, const char *what)
{
    return plumb_jv_fail(e->v, e->err, PLUMB_BAD_SIGNATURE, "sigstore.entry",
                         "the log's entry is of another %s", what);
}

static enum plumb_code
check_payload(const struct entry *e, const struct plumb_jv *hash)
{
    struct plumb_jv algorithm = plumb_jv_member(hash, "algorithm");
    struct plumb_jv value = plumb_jv_member(hash, "value");
    struct plumb_digest stated, actual;
    const char *name;

    PLUMB_TRY(plumb_jv_string(&algorithm, TEXT_MAX, &name, e->err));
    PLUMB_TRY(plumb_jv_digest(&value, &stated, e->err));
    plumb_sha256(e->what->envelope->payload.data, e->what->envelope->payload.len, &actual);
    return strcmp(name, "sha256") == 0 && plumb_digest_eq(&stated, &actual)
               ? PLUMB_OK
               : another(e, "payload");
}

/* It is written as base64, in one kind as base64 of that. */
static enum plumb_code
check_signature(const struct entry *e, const struct plumb_jv *v, bool twice)
{
    const struct plumb_bytes *made = &e->what->envelope->sigs[0].sig;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes outer = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes inner = { 0 };
    const struct plumb_bytes *logged = twice ? &inner : &outer;

    PLUMB_TRY(plumb_jv_base64(v, BYTES_MAX, &outer, e->err));
    if (twice &&
        plumb_base64_parse((const char *)outer.data, outer.len, "", &inner, NULL) != PLUMB_OK)
        return another(e, "signature");
    return logged->len == made->len && memcmp(logged->data, made->data, made->len) == 0
               ? PLUMB_OK
               : another(e, "signature");
}

static enum plumb_code
check_verifier(const struct entry *e, const struct plumb_jv *v)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes pem = { 0 };
    PLUMB_AUTO(plumb_roots_clear) struct plumb_roots logged = { 0 };
    struct plumb_digest own;

    PLUMB_TRY(plumb_jv_base64(v, BODY_MAX, &pem, e->err));
    plumb_sha256(e->what->certificate->data, e->what->certificate->len, &own);
    if (plumb_roots_read(pem.data, pem.len, &logged, NULL) != PLUMB_OK || logged.n != 1 ||
        !plumb_digest_eq(&logged.roots[0].fingerprint, &own))
        return another(e, "certificate");
    return PLUMB_OK;
}

static enum plumb_code
check_dsse(const struct entry *e, const struct plumb_jv *spec)
{
    struct plumb_jv hash = plumb_jv_member(spec, "payloadHash");
    struct plumb_jv list = plumb_jv_member(spec, "signatures");
    struct plumb_jv first = plumb_jv_element(&list, 0);
    struct plumb_jv sig = plumb_jv_member(&first, "signature");
    struct plumb_jv verifier = plumb_jv_member(&first, "verifier");
    size_t n;

    PLUMB_TRY(plumb_jv_array(&list, 1, 1, &n, e->err));
    PLUMB_TRY(check_payload(e, &hash));
    PLUMB_TRY(check_signature(e, &sig, false));
    return check_verifier(e, &verifier);
}

static enum plumb_code
check_intoto(const struct entry *e, const struct plumb_jv *spec)
{
    struct plumb_jv content = plumb_jv_member(spec, "content");
    struct plumb_jv hash = plumb_jv_member(&content, "payloadHash");
    struct plumb_jv envelope = plumb_jv_member(&content, "envelope");
    struct plumb_jv list = plumb_jv_member(&envelope, "signatures");
    struct plumb_jv first = plumb_jv_element(&list, 0);
    struct plumb_jv sig = plumb_jv_member(&first, "sig");
    struct plumb_jv verifier = plumb_jv_member(&first, "publicKey");
    size_t n;

    PLUMB_TRY(plumb_jv_array(&list, 1, 1, &n, e->err));
    PLUMB_TRY(check_payload(e, &hash));
    PLUMB_TRY(check_signature(e, &sig, true));
    return check_verifier(e, &verifier);
}

static const struct {
    const char *kind, *version;
    enum plumb_code (*check)(const struct entry *e, const struct plumb_jv *spec);
} kinds[] = {
    { "dsse", "0.0.1", check_dsse },
    { "intoto", "0.0.2", check_intoto },
};

/* What the bundle says of the entry's kind is a hint; it must not be a wrong one. */
static bool
says(const struct entry *e, const char *member, const char *word)
{
    const char *hint =
        json_string_value(json_object_get(json_object_get(e->v->json, "kindVersion"), member));

    return hint == NULL || strcmp(hint, word) == 0;
}

static enum plumb_code
check_body(const struct entry *e)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    const char *kind, *version;
    struct plumb_jv body, spec;

    PLUMB_TRY(plumb_json_load_foreign(e->body.data, e->body.len, BODY_MAX, &json, e->err));
    body = plumb_jv_root(json, "canonicalizedBody");
    spec = plumb_jv_member(&body, "spec");
    kind = json_string_value(json_object_get(json, "kind"));
    version = json_string_value(json_object_get(json, "apiVersion"));
    for (size_t i = 0; kind != NULL && version != NULL && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kind, kinds[i].kind) == 0 && strcmp(version, kinds[i].version) == 0)
            return says(e, "kind", kind) && says(e, "version", version)
                       ? kinds[i].check(e, &spec)
                       : another(e, "kind");
    return plumb_jv_fail(e->v, e->err, PLUMB_UNSUPPORTED, "sigstore.entry",
                         "want an entry of kind dsse 0.0.1 or intoto 0.0.2");
}

static enum plumb_code
check_entry(struct entry *e, const struct sigstore_root *root)
{
    struct plumb_jv index = plumb_jv_member(e->v, "logIndex");
    struct plumb_jv time = plumb_jv_member(e->v, "integratedTime");
    struct plumb_jv body = plumb_jv_member(e->v, "canonicalizedBody");

    PLUMB_TRY(read_number(&index, INT64_MAX, &e->index, e->err));
    PLUMB_TRY(read_number(&time, TIME_MAX, &e->time, e->err));
    PLUMB_TRY(plumb_jv_base64(&body, BODY_MAX, &e->body, e->err));
    PLUMB_TRY(find_log(e, root));
    PLUMB_TRY(check_logged(e));
    return check_body(e);
}

enum plumb_code
sigstore_entry(const struct plumb_jv *entry, const struct sigstore_root *root,
               const struct sigstore_signed *what, plumb_time *ret, struct plumb_err *err)
{
    struct entry e = { .v = entry, .what = what, .err = err };
    enum plumb_code code = check_entry(&e, root);

    plumb_bytes_clear(&e.body);
    if (code == PLUMB_OK)
        *ret = (plumb_time)e.time;
    return code;
}
