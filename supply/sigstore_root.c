/* Trusted roots: sigstore's trusted_root.json. */
#include <openssl/err.h>
#include <string.h>

#include "lib/own.h"
#include "supply/sigstore_read.h"

#define MANY            64 /* logs, authorities */
#define CHAIN_MAX       8
#define CERTIFICATE_MAX 65536
#define TEXT_MAX        200

PLUMB_DEFINE_AUTO(auto_root, struct sigstore_root *, sigstore_root_free);

void
sigstore_root_free(struct sigstore_root *root)
{
    if (root == NULL)
        return;
    for (size_t i = 0; i < root->nlogs; i++)
        plumb_pubkey_free(root->logs[i].key);
    for (size_t i = 0; i < root->nauthorities; i++) {
        X509_free(root->authorities[i].anchor);
        sk_X509_pop_free(root->authorities[i].between, X509_free);
    }
    free(root->logs);
    free(root->authorities);
    free(root);
}

bool
sigstore_within(const struct sigstore_period *p, plumb_time t)
{
    return p->from <= t && t <= p->until;
}

X509 *
sigstore_x509(const struct plumb_bytes *der)
{
    const unsigned char *p = der->data;
    X509 *x = d2i_X509(NULL, &p, (long)der->len);

    ERR_clear_error();
    if (x == NULL || p == der->data + der->len)
        return x;
    X509_free(x);
    return NULL;
}

static enum plumb_code
wrong(const struct plumb_jv *v, const char *why, struct plumb_err *err)
{
    return plumb_jv_fail(v, err, PLUMB_INVALID, "sigstore.trusted-root", "%s", why);
}

static enum plumb_code
read_instant(const struct plumb_jv *v, plumb_time *ret, struct plumb_err *err)
{
    const char *text;

    PLUMB_TRY(plumb_jv_string(v, TEXT_MAX, &text, err));
    if (plumb_time_parse_foreign(text, "", ret, NULL) != PLUMB_OK)
        return wrong(v, "want a time", err);
    return PLUMB_OK;
}

static enum plumb_code
read_period(const struct plumb_jv *v, struct sigstore_period *ret, struct plumb_err *err)
{
    struct plumb_jv start = plumb_jv_member(v, "start"), end = plumb_jv_member(v, "end");

    PLUMB_TRY(read_instant(&start, &ret->from, err));
    ret->until = PLUMB_TIME_NEVER;
    return end.json != NULL ? read_instant(&end, &ret->until, err) : PLUMB_OK;
}

static enum plumb_code
read_log(const struct plumb_jv *v, struct sigstore_root *root, struct plumb_err *err)
{
    struct plumb_jv key = plumb_jv_member(v, "publicKey"), id = plumb_jv_member(v, "logId");
    struct plumb_jv raw = plumb_jv_member(&key, "rawBytes");
    struct plumb_jv valid = plumb_jv_member(&key, "validFor");
    struct plumb_jv key_id = plumb_jv_member(&id, "keyId");
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes spki = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes name = { 0 };
    struct sigstore_log log = { .key = NULL };
    enum plumb_code code;

    PLUMB_TRY(plumb_jv_base64(&raw, CERTIFICATE_MAX, &spki, err));
    PLUMB_TRY(plumb_jv_base64(&key_id, TEXT_MAX, &name, err));
    PLUMB_TRY(read_period(&valid, &log.valid, err));
    code = plumb_pubkey_from_spki(spki.data, spki.len, NULL, false, "", &log.key, NULL);
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (code != PLUMB_OK || name.len != sizeof log.id.b) {
        plumb_pubkey_free(log.key);
        return PLUMB_OK;
    }
    memcpy(log.id.b, name.data, sizeof log.id.b);
    root->logs[root->nlogs++] = log;
    return PLUMB_OK;
}

static enum plumb_code
read_x509(const struct plumb_jv *v, X509 **ret, struct plumb_err *err)
{
    struct plumb_jv raw = plumb_jv_member(v, "rawBytes");
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes der = { 0 };

    PLUMB_TRY(plumb_jv_base64(&raw, CERTIFICATE_MAX, &der, err));
    *ret = sigstore_x509(&der);
    return *ret != NULL ? PLUMB_OK : wrong(&raw, "want a certificate in DER", err);
}

/* The last one is believed; the others lead to it. */
static enum plumb_code
read_authority(const struct plumb_jv *v, struct sigstore_authority *ret, struct plumb_err *err)
{
    struct plumb_jv chain = plumb_jv_member(v, "certChain");
    struct plumb_jv list = plumb_jv_member(&chain, "certificates");
    struct plumb_jv valid = plumb_jv_member(v, "validFor");
    size_t n;

    PLUMB_TRY(plumb_jv_array(&list, 1, CHAIN_MAX, &n, err));
    PLUMB_TRY(read_period(&valid, &ret->valid, err));
    ret->between = sk_X509_new_null();
    if (ret->between == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&list, i);
        X509 *x = NULL;

        PLUMB_TRY(read_x509(&element, &x, err));
        if (i + 1 == n) {
            ret->anchor = x;
        } else if (sk_X509_push(ret->between, x) == 0) {
            X509_free(x);
            return plumb_fail_memory(err);
        }
    }
    return PLUMB_OK;
}

static enum plumb_code
read_root(const struct plumb_jv *v, struct sigstore_root *root, struct plumb_err *err)
{
    struct plumb_jv logs = plumb_jv_member(v, "tlogs");
    struct plumb_jv authorities = plumb_jv_member(v, "certificateAuthorities");
    size_t n;

    PLUMB_TRY(plumb_jv_array(&logs, 1, MANY, &n, err));
    root->logs = calloc(n, sizeof *root->logs);
    if (root->logs == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&logs, i);

        PLUMB_TRY(read_log(&element, root, err));
    }
    PLUMB_TRY(plumb_jv_array(&authorities, 1, MANY, &n, err));
    root->authorities = calloc(n, sizeof *root->authorities);
    if (root->authorities == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&authorities, i);

        root->nauthorities = i + 1;
        PLUMB_TRY(read_authority(&element, &root->authorities[i], err));
    }
    return PLUMB_OK;
}

enum plumb_code
sigstore_root_read(const void *data, size_t len, struct sigstore_root **ret,
                   struct plumb_err *err)
{
    PLUMB_AUTO(auto_root) struct sigstore_root *root = calloc(1, sizeof *root);
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_jv v;

    if (root == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_json_load_foreign(data, len, SIGSTORE_ROOT_MAX, &json, err));
    v = plumb_jv_root(json, "");
    PLUMB_TRY(read_root(&v, root, err));
    *ret = PLUMB_TAKE(root);
    return PLUMB_OK;
}
