/* Bundles, from the outside in. */
#include "supply/sigstore.h"

#include <string.h>

#include "lib/own.h"
#include "supply/envelope.h"
#include "supply/sigstore_read.h"

#define MEDIA_TYPE      "application/vnd.dev.sigstore.bundle"
#define ENTRIES_MAX     8
#define CHAIN_MAX       8
#define CERTIFICATE_MAX 65536

PLUMB_DEFINE_AUTO(auto_pubkey, struct plumb_pubkey *, plumb_pubkey_free);

static const struct {
    const char *type;
    bool need_proof; /* version 0.1 came before logs gave it out */
} versions[] = {
    { MEDIA_TYPE "+json;version=0.1", false },
    { MEDIA_TYPE "+json;version=0.2", true },
    { MEDIA_TYPE "+json;version=0.3", true },
    { MEDIA_TYPE ".v0.3+json", true },
};

void
sigstore_bundle_clear(struct sigstore_bundle *b)
{
    plumb_dsse_clear(&b->envelope);
    *b = (struct sigstore_bundle){ .by_certificate = false };
}

static const char *
media_type(const json_t *json)
{
    return json_string_value(json_object_get(json, "mediaType"));
}

bool
sigstore_is(const json_t *json)
{
    const char *type = media_type(json);

    return type != NULL && strncmp(type, MEDIA_TYPE, strlen(MEDIA_TYPE)) == 0;
}

static enum plumb_code
read_version(const struct plumb_jv *bundle, bool *ret_need_proof, struct plumb_err *err)
{
    const char *type = media_type(bundle->json);

    for (size_t i = 0; type != NULL && i < sizeof versions / sizeof *versions; i++)
        if (strcmp(type, versions[i].type) == 0) {
            *ret_need_proof = versions[i].need_proof;
            return PLUMB_OK;
        }
    return plumb_fail(err, PLUMB_UNSUPPORTED, "sigstore.version", "mediaType",
                      "want a sigstore bundle of version 0.1, 0.2 or 0.3");
}

/* The leaf only: what stands between it and a root is the trusted root's to say. */
static enum plumb_code
read_certificate(const struct plumb_jv *material, struct plumb_bytes *ret,
                 struct plumb_err *err)
{
    struct plumb_jv one = plumb_jv_member(material, "certificate");
    struct plumb_jv chain = plumb_jv_member(material, "x509CertificateChain");
    struct plumb_jv certificates = plumb_jv_member(&chain, "certificates");
    struct plumb_jv first = plumb_jv_element(&certificates, 0);
    struct plumb_jv raw = plumb_jv_member(one.json != NULL ? &one : &first, "rawBytes");
    size_t n;

    if ((one.json == NULL) == (chain.json == NULL))
        return plumb_jv_fail(material, err, PLUMB_INVALID, "sigstore.form",
                             "want a public key's hint or a certificate, one of them");
    if (chain.json != NULL)
        PLUMB_TRY(plumb_jv_array(&certificates, 1, CHAIN_MAX, &n, err));
    return plumb_jv_base64(&raw, CERTIFICATE_MAX, ret, err);
}

/* Every entry must hold; the first says when. */
static enum plumb_code
verify_entries(const struct plumb_jv *material, const struct sigstore_root *root,
               const struct sigstore_signed *what, plumb_time *ret, struct plumb_err *err)
{
    struct plumb_jv entries = plumb_jv_member(material, "tlogEntries");
    size_t n = 0;

    if (entries.json != NULL)
        PLUMB_TRY(plumb_jv_array(&entries, 0, ENTRIES_MAX, &n, err));
    if (n == 0)
        return plumb_jv_fail(material, err, PLUMB_UNSUPPORTED, "sigstore.time",
                             "no log vouches for the time of signing, and timestamp "
                             "authorities are not read");
    for (size_t i = n; i > 0; i--) {
        struct plumb_jv entry = plumb_jv_element(&entries, i - 1);

        PLUMB_TRY(sigstore_entry(&entry, root, what, ret, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
verify_signature(const struct plumb_dsse *e, const struct plumb_pubkey *key,
                 struct plumb_err *err)
{
    enum plumb_code code = plumb_dsse_verify(e, key, err);

    return code != PLUMB_BAD_SIGNATURE
               ? code
               : plumb_fail(err, code, "sigstore.signature", "dsseEnvelope.signatures",
                            "the signature is not by the certificate's key");
}

static enum plumb_code
verify_by_certificate(const struct plumb_jv *material, const struct sigstore_root *root,
                      bool need_proof, struct sigstore_bundle *b, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes der = { 0 };
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *key = NULL;
    const struct sigstore_signed what = { &b->envelope, &der, need_proof };

    PLUMB_TRY(read_certificate(material, &der, err));
    if (b->envelope.nsigs != 1)
        return plumb_fail(err, PLUMB_INVALID, "sigstore.form", "dsseEnvelope.signatures",
                          "a certificate's envelope has one signature");
    if (root == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "sigstore.root", "",
                          "it is signed with a certificate, and governance names no trusted "
                          "root to verify it by");
    PLUMB_TRY(verify_entries(material, root, &what, &b->time, err));
    PLUMB_TRY(sigstore_certificate(&der, root, b->time, b, &key, err));
    PLUMB_TRY(verify_signature(&b->envelope, key, err));
    b->by_certificate = true;
    return PLUMB_OK;
}

static enum plumb_code
open_bundle(const struct plumb_jv *bundle, const struct sigstore_root *root,
            struct sigstore_bundle *b, struct plumb_err *err)
{
    struct plumb_jv material = plumb_jv_member(bundle, "verificationMaterial");
    struct plumb_jv envelope = plumb_jv_member(bundle, "dsseEnvelope");
    struct plumb_jv key = plumb_jv_member(&material, "publicKey");
    bool need_proof = true;

    PLUMB_TRY(read_version(bundle, &need_proof, err));
    if (envelope.json == NULL)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "sigstore.content", "dsseEnvelope",
                          "it signs a file and states nothing: want a dsseEnvelope");
    PLUMB_TRY(plumb_jv_object(&material, err));
    PLUMB_TRY(envelope_read(envelope.json, &b->envelope, err));
    if (key.json == NULL)
        return verify_by_certificate(&material, root, need_proof, b, err);
    if (json_object_get(material.json, "certificate") != NULL ||
        json_object_get(material.json, "x509CertificateChain") != NULL)
        return plumb_jv_fail(&material, err, PLUMB_INVALID, "sigstore.form",
                             "want a public key's hint or a certificate, one of them");
    return PLUMB_OK;
}

enum plumb_code
sigstore_open(json_t *json, const struct sigstore_root *root, struct sigstore_bundle *ret,
              struct plumb_err *err)
{
    struct plumb_jv bundle = plumb_jv_root(json, "");
    struct sigstore_bundle b = { .by_certificate = false };
    enum plumb_code code = open_bundle(&bundle, root, &b, err);

    if (code != PLUMB_OK)
        sigstore_bundle_clear(&b);
    else
        *ret = b;
    return code;
}
