/* Envelopes opened: verified by a key of the ring, then read from the very bytes that were
 * signed. */
#include "supply/attestation.h"

#include <string.h>

#include "lib/own.h"
#include "supply/attestation_read.h"
#include "supply/envelope.h"
#include "supply/sigstore.h"

#define STATEMENT    "https://in-toto.io/Statement/"
#define SUBJECTS_MAX 65536

PLUMB_DEFINE_AUTO(auto_attestation, struct attestation *, attestation_free);

static const char *const kinds[] = {
#define X(name, text) [ATTESTATION_##name] = text,
    ATTESTATIONS(X)
#undef X
};

const char *
attestation_text(enum attestation_kind k)
{
    return k < ATTESTATION_KIND_COUNT ? kinds[k] : "?";
}

void
attestation_free(struct attestation *a)
{
    if (a == NULL)
        return;
    plumb_bytes_clear(&a->document);
    pool_free(a->pool);
    free(a);
}

bool
attestation_about(const struct attestation *a, const struct plumb_digest *artifact)
{
    for (size_t i = 0; i < a->nsubjects; i++)
        if (a->subjects[i].has_sha256 && plumb_digest_eq(&a->subjects[i].sha256, artifact))
            return true;
    return false;
}

/* --- who signed it --- */

static void
add_signer(struct attestation *a, const struct plumb_pubkey *key)
{
    for (size_t i = 0; i < a->nsigners; i++)
        if (plumb_digest_eq(&a->signers[i].key, plumb_pubkey_id(key)))
            return;
    a->signers[a->nsigners++] = (struct attestation_signer){ .by_key = true,
                                                             .key = *plumb_pubkey_id(key),
                                                             .time = PLUMB_TIME_NEVER };
}

/* Such a signature could as well be over a payload of another type (Google Cloud Build's older
 * keys make them). Worth a word of its own: the key is right, and so are the bytes. */
static bool
signed_bare(const struct plumb_dsse *e, const struct attestation_keyring *ring)
{
    for (size_t i = 0; i < ring->nkeys; i++)
        for (size_t k = 0; k < e->nsigs; k++)
            if (plumb_pubkey_verify(ring->keys[i], e->payload.data, e->payload.len,
                                    e->sigs[k].sig.data, e->sigs[k].sig.len, NULL) == PLUMB_OK)
                return true;
    return false;
}

/* keyid is a hint that nobody signed, so every key is tried. */
static enum plumb_code
verify(struct attestation *a, const struct plumb_dsse *e,
       const struct attestation_keyring *ring, struct plumb_err *err)
{
    a->signers = pool_array(a->pool, ring->nkeys, sizeof *a->signers);
    if (a->signers == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < ring->nkeys; i++) {
        enum plumb_code code = plumb_dsse_verify(e, ring->keys[i], err);

        if (code == PLUMB_OK)
            add_signer(a, ring->keys[i]);
        else if (code != PLUMB_BAD_SIGNATURE)
            return code;
    }
    if (a->nsigners > 0)
        return PLUMB_OK;
    if (signed_bare(e, ring))
        return plumb_fail(err, PLUMB_BAD_SIGNATURE, "attestation.bare", "signatures",
                          "a trusted key signed the payload alone, without its type: want a "
                          "signature as DSSE has it");
    return plumb_fail(err, PLUMB_BAD_SIGNATURE, "attestation.signer", "signatures",
                      "no signature is by a key that governance trusts");
}

/* --- the statement --- */

static enum plumb_code
bad_subject(const char *why, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "attestation.subject", "subject", "%s", why);
}

/* And those with a digest that is compared before those without. */
static int
by_name(const void *a, const void *b)
{
    const struct attestation_subject *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : (int)y->has_sha256 - (int)x->has_sha256;
}

/* One name with two digests speaks of neither. A name "_" or none is no name. */
static bool
conflicting(const struct attestation *a)
{
    for (size_t i = 1; i < a->nsubjects; i++) {
        const struct attestation_subject *one = &a->subjects[i - 1], *two = &a->subjects[i];

        if (one->name[0] != '\0' && strcmp(one->name, "_") != 0 &&
            strcmp(one->name, two->name) == 0 && one->has_sha256 && two->has_sha256 &&
            !plumb_digest_eq(&one->sha256, &two->sha256))
            return true;
    }
    return false;
}

static enum plumb_code
read_subjects(const struct attestation_in *in, const json_t *array)
{
    struct attestation *a = in->a;
    size_t n = json_array_size(array);

    if (n == 0 || n > SUBJECTS_MAX)
        return bad_subject("want 1 to 65536 subjects", in->err);
    a->subjects = pool_array(in->pool, n, sizeof *a->subjects);
    if (a->subjects == NULL)
        return plumb_fail_memory(in->err);
    a->nsubjects = n;
    for (size_t i = 0; i < n; i++) {
        const json_t *v = json_array_get(array, i), *digests = json_object_get(v, "digest");
        struct attestation_subject *s = &a->subjects[i];

        if (!json_is_object(digests) || json_object_size(digests) == 0)
            return bad_subject("every subject has a digest", in->err);
        s->has_sha256 = attestation_sha256(digests, &s->sha256);
        if (!s->has_sha256 && json_object_get(digests, "sha256") != NULL)
            return bad_subject("a SHA-256 is 64 lower-case hex digits", in->err);
        PLUMB_TRY(attestation_text_of(in, json_object_get(v, "name"), &s->name));
        if (s->name == NULL)
            s->name = "";
    }
    qsort(a->subjects, n, sizeof *a->subjects, by_name);
    return conflicting(a) ? bad_subject("one name has two digests", in->err) : PLUMB_OK;
}

static enum plumb_code
read_statement(struct attestation *a, const struct plumb_bytes *payload, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct attestation_in in = { .a = a, .pool = a->pool, .err = err };
    const char *type;

    PLUMB_TRY(
        plumb_json_load_foreign(payload->data, payload->len, ATTESTATION_MAX, &json, err));
    type = json_string_value(json_object_get(json, "_type"));
    if (type == NULL ||
        (strcmp(type, STATEMENT "v1") != 0 && strcmp(type, STATEMENT "v0.1") != 0))
        return plumb_fail(err, PLUMB_UNSUPPORTED, "attestation.type", "_type",
                          "want an in-toto statement, " STATEMENT "v1 or v0.1");
    PLUMB_TRY(read_subjects(&in, json_object_get(json, "subject")));
    in.predicate = json_object_get(json, "predicate");
    PLUMB_TRY(
        attestation_text_of(&in, json_object_get(json, "predicateType"), &a->predicate_type));
    if (a->predicate_type == NULL)
        return plumb_fail(err, PLUMB_INVALID, "attestation.type", "predicateType",
                          "says nothing of what it states");
    if (!json_is_object(in.predicate))
        return attestation_wrong(&in, "predicate", "want an object");
    return attestation_predicate(&in);
}

/* --- files --- */

bool
attestation_is(const void *data, size_t len)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;

    return plumb_json_load_foreign(data, len, ATTESTATION_MAX, &json, NULL) == PLUMB_OK &&
           (sigstore_is(json) || (json_is_string(json_object_get(json, "payload")) &&
                                  json_is_array(json_object_get(json, "signatures"))));
}

static enum plumb_code
check_type(const struct plumb_dsse *e, struct plumb_err *err)
{
    return strcmp(e->payload_type, PLUMB_PAYLOAD_TYPE) == 0
               ? PLUMB_OK
               : plumb_fail(err, PLUMB_UNSUPPORTED, "attestation.type", "payloadType",
                            "want " PLUMB_PAYLOAD_TYPE);
}

static enum plumb_code
open_envelope(const json_t *json, const struct attestation_keyring *ring, struct attestation *a,
              struct plumb_err *err)
{
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse e = { .nsigs = 0 };

    PLUMB_TRY(envelope_read(json, &e, err));
    PLUMB_TRY(check_type(&e, err));
    PLUMB_TRY(verify(a, &e, ring, err));
    return read_statement(a, &e.payload, err);
}

static enum plumb_code
sign_by_certificate(struct attestation *a, const struct sigstore_bundle *b,
                    struct plumb_err *err)
{
    struct attestation_signer s = { .by_key = false, .time = b->time };

    s.issuer = pool_text(a->pool, b->issuer);
    s.identity = pool_text(a->pool, b->identity);
    a->signers = pool_array(a->pool, 1, sizeof *a->signers);
    if (s.issuer == NULL || s.identity == NULL || a->signers == NULL)
        return plumb_fail_memory(err);
    a->signers[a->nsigners++] = s;
    return PLUMB_OK;
}

static enum plumb_code
open_bundle(json_t *json, const struct attestation_keyring *ring, struct attestation *a,
            struct plumb_err *err)
{
    PLUMB_AUTO(sigstore_bundle_clear) struct sigstore_bundle b = { .by_certificate = false };

    PLUMB_TRY(sigstore_open(json, ring->root, &b, err));
    PLUMB_TRY(check_type(&b.envelope, err));
    if (b.by_certificate)
        PLUMB_TRY(sign_by_certificate(a, &b, err));
    else
        PLUMB_TRY(verify(a, &b.envelope, ring, err));
    return read_statement(a, &b.envelope.payload, err);
}

enum plumb_code
attestation_open(const void *data, size_t len, const struct attestation_keyring *ring,
                 struct attestation **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_attestation) struct attestation *a = calloc(1, sizeof *a);
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;

    if (len > ATTESTATION_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "attestation.size", "",
                          "an attestation has at most %u bytes", ATTESTATION_MAX);
    if (a == NULL || (a->pool = pool_new()) == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_json_load_foreign(data, len, ATTESTATION_MAX, &json, err));
    if (json_object_get(json, "_type") != NULL)
        return plumb_fail(err, PLUMB_BAD_SIGNATURE, "attestation.unsigned", "",
                          "a statement that nobody signed says nothing: attach its envelope");
    PLUMB_TRY(sigstore_is(json) ? open_bundle(json, ring, a, err)
                                : open_envelope(json, ring, a, err));
    *ret = PLUMB_TAKE(a);
    return PLUMB_OK;
}
