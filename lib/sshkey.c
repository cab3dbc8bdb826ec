#include <string.h>

#include "lib/own.h"
#include "lib/sshkey.h"

enum { AGENT_FAILURE = 5, AGENT_LIST_REPLY = 12, AGENT_SIGN = 13, AGENT_SIGN_REPLY = 14 };

static const struct ssh_type {
    const char *algorithm;
    const char *curve; /* NULL for Ed25519 */
} types[] = {
    [PLUMB_KEY_ED25519] = { "ssh-ed25519", NULL },
    [PLUMB_KEY_P256] = { "ecdsa-sha2-nistp256", "nistp256" },
    [PLUMB_KEY_SK_ED25519] = { "sk-ssh-ed25519@openssh.com", NULL },
    [PLUMB_KEY_SK_P256] = { "sk-ecdsa-sha2-nistp256@openssh.com", "nistp256" },
};

/* Reads from the front; once something did not fit, bad is set and all reads yield nothing. */
struct reader {
    const uint8_t *p;
    size_t left;
    bool bad;
};

struct slice {
    const uint8_t *p;
    size_t len;
};

static struct slice
get_bytes(struct reader *r, size_t len)
{
    struct slice s = { r->p, len };

    if (r->bad || len > r->left) {
        r->bad = true;
        return (struct slice){ NULL, 0 };
    }
    r->p += len;
    r->left -= len;
    return s;
}

static uint8_t
get_u8(struct reader *r)
{
    struct slice s = get_bytes(r, 1);

    return s.len == 1 ? s.p[0] : 0;
}

static uint32_t
get_u32(struct reader *r)
{
    struct slice s = get_bytes(r, 4);

    if (s.len != 4)
        return 0;
    return (uint32_t)s.p[0] << 24 | (uint32_t)s.p[1] << 16 | (uint32_t)s.p[2] << 8 | s.p[3];
}

static struct slice
get_string(struct reader *r)
{
    return get_bytes(r, get_u32(r));
}

static void
expect_string(struct reader *r, const char *want)
{
    struct slice s = get_string(r);

    if (!r->bad && (s.len != strlen(want) || memcmp(s.p, want, s.len) != 0))
        r->bad = true;
}

/* A positive mpint of at most 256 bits in its one form (RFC 4251 section 5), left-padded. */
static void
get_mpint(struct reader *r, uint8_t ret[32])
{
    struct slice s = get_string(r);

    memset(ret, 0, 32);
    if (r->bad)
        return;
    if (s.len > 1 && s.p[0] == 0 && s.p[1] & 0x80) {
        s.p++;
        s.len--;
    } else if (s.len == 0 || s.p[0] == 0 || s.p[0] & 0x80) {
        r->bad = true;
        return;
    }
    if (s.len > 32) {
        r->bad = true;
        return;
    }
    memcpy(ret + 32 - s.len, s.p, s.len);
}

static bool
finished(const struct reader *r)
{
    return !r->bad && r->left == 0;
}

static enum plumb_code
malformed(const char *what, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "ssh.form", "", "malformed SSH %s", what);
}

enum plumb_code
plumb_pubkey_from_ssh(const void *blob, size_t len, struct plumb_pubkey **ret,
                      struct plumb_err *err)
{
    struct reader r = { blob, len, false };
    struct slice algorithm = get_string(&r), raw, text;
    char application[256];
    enum plumb_key_type type = 0;
    bool sk;

    if (r.bad)
        return malformed("public key", err);
    while (type < PLUMB_KEY_TYPE_COUNT &&
           (strlen(types[type].algorithm) != algorithm.len ||
            memcmp(types[type].algorithm, algorithm.p, algorithm.len) != 0))
        type++;
    if (type == PLUMB_KEY_TYPE_COUNT)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "key.type", "",
                          "SSH key type %.*s is not supported: use ed25519, ecdsa on nistp256, "
                          "or their -sk forms",
                          (int)(algorithm.len < 64 ? algorithm.len : 64),
                          (const char *)algorithm.p);
    sk = plumb_key_type_is_sk(type);
    if (types[type].curve != NULL)
        expect_string(&r, types[type].curve);
    raw = get_string(&r);
    text = sk ? get_string(&r) : (struct slice){ NULL, 0 };
    if (!finished(&r))
        return malformed("public key", err);
    if (text.len >= sizeof application ||
        (text.len != 0 && memchr(text.p, 0, text.len) != NULL))
        return plumb_fail(err, PLUMB_INVALID, "key.application", "",
                          "the security key's application is not a short text");
    if (text.len != 0)
        memcpy(application, text.p, text.len);
    application[text.len] = '\0';
    return plumb_pubkey_from_raw(type, raw.p, raw.len, sk ? application : NULL, false, "", ret,
                                 err);
}

/* The inner signature of type, whose reader stands after the algorithm's name. */
static void
get_signature(struct reader *r, enum plumb_key_type type, uint8_t ret[PLUMB_ECDSA_DER_MAX],
              size_t *ret_len)
{
    struct slice sig = get_string(r);
    struct reader inner = { sig.p, sig.len, r->bad };
    uint8_t rs[PLUMB_ECDSA_RAW];

    *ret_len = 0;
    if (types[type].curve == NULL) {
        if (r->bad || sig.len != 64) {
            r->bad = true;
            return;
        }
        memcpy(ret, sig.p, sig.len);
        *ret_len = sig.len;
        return;
    }
    get_mpint(&inner, rs);
    get_mpint(&inner, rs + 32);
    if (!finished(&inner)) {
        r->bad = true;
        return;
    }
    *ret_len = plumb_ecdsa_der(rs, ret);
}

enum plumb_code
plumb_ssh_sk_signature_read(enum plumb_key_type type, const void *blob, size_t len,
                            struct plumb_ssh_sk_signature *ret, struct plumb_err *err)
{
    struct reader r = { blob, len, false };
    struct plumb_ssh_sk_signature sk = { .sig_len = 0 };

    expect_string(&r, types[type].algorithm);
    get_signature(&r, type, sk.sig, &sk.sig_len);
    sk.flags = get_u8(&r);
    sk.counter = get_u32(&r);
    if (!finished(&r))
        return malformed("security key signature", err);
    *ret = sk;
    return PLUMB_OK;
}

enum plumb_code
plumb_signature_from_ssh(const struct plumb_pubkey *key, const void *blob, size_t len,
                         struct plumb_bytes *ret, struct plumb_err *err)
{
    const enum plumb_key_type type = plumb_pubkey_type(key);
    struct reader r = { blob, len, false };
    uint8_t sig[PLUMB_ECDSA_DER_MAX];
    size_t sig_len;

    if (plumb_key_type_is_sk(type)) {
        struct plumb_ssh_sk_signature sk;

        PLUMB_TRY(plumb_ssh_sk_signature_read(type, blob, len, &sk, err));
        return plumb_bytes_copy(blob, len, ret, err);
    }
    expect_string(&r, types[type].algorithm);
    get_signature(&r, type, sig, &sig_len);
    if (!finished(&r))
        return malformed("signature", err);
    return plumb_bytes_copy(sig, sig_len, ret, err);
}

static uint8_t *
put_u32(uint8_t *to, size_t n)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(n >> (24 - 8 * i));
    return to + 4;
}

static uint8_t *
put_string(uint8_t *to, const void *data, size_t len)
{
    to = put_u32(to, len);
    if (len != 0)
        memcpy(to, data, len);
    return to + len;
}

enum plumb_code
plumb_pubkey_ssh(const struct plumb_pubkey *key, struct plumb_bytes *ret, struct plumb_err *err)
{
    const struct ssh_type *type = &types[plumb_pubkey_type(key)];
    const char *application = plumb_pubkey_application(key);
    uint8_t blob[384], *end; /* names, point and application are all bounded */
    size_t raw_len;
    const uint8_t *raw = plumb_pubkey_raw(key, &raw_len);

    end = put_string(blob, type->algorithm, strlen(type->algorithm));
    if (type->curve != NULL)
        end = put_string(end, type->curve, strlen(type->curve));
    end = put_string(end, raw, raw_len);
    if (application != NULL)
        end = put_string(end, application, strlen(application));
    return plumb_bytes_copy(blob, (size_t)(end - blob), ret, err);
}

/* Stands r after the reply's type, which must be want. */
static enum plumb_code
open_reply(struct reader *r, uint8_t want, struct plumb_err *err)
{
    uint8_t got = get_u8(r);

    if (got == AGENT_FAILURE)
        return plumb_fail(err, PLUMB_REFUSED, "agent.refused", "",
                          "the ssh-agent refused; is the key loaded, its use confirmed, the "
                          "security key touched?");
    if (r->bad || got != want)
        return malformed("agent reply", err);
    return PLUMB_OK;
}

enum plumb_code
plumb_agent_list_read(const void *reply, size_t len, plumb_agent_key_fn *each, void *arg,
                      struct plumb_err *err)
{
    struct reader r = { reply, len, false };
    uint32_t n;

    PLUMB_TRY(open_reply(&r, AGENT_LIST_REPLY, err));
    n = get_u32(&r);
    for (uint32_t i = 0; i < n && !r.bad; i++) {
        struct slice blob = get_string(&r), comment = get_string(&r);

        if (!r.bad)
            PLUMB_TRY(each(arg, blob.p, blob.len, (const char *)comment.p, comment.len, err));
    }
    return finished(&r) ? PLUMB_OK : malformed("agent reply", err);
}

enum plumb_code
plumb_agent_sign_request(const struct plumb_pubkey *key, const void *msg, size_t len,
                         struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes blob = { 0 }, request = { 0 };
    uint8_t *end;

    PLUMB_TRY(plumb_pubkey_ssh(key, &blob, err));
    if (len > PLUMB_AGENT_MESSAGE_MAX - blob.len - 13)
        return plumb_fail(err, PLUMB_TOO_LARGE, "agent.size", "",
                          "%zu bytes are more than an ssh-agent signs", len);
    request.len = 1 + 4 + blob.len + 4 + len + 4;
    request.data = malloc(request.len + 1);
    if (request.data == NULL)
        return plumb_fail_memory(err);
    request.data[0] = AGENT_SIGN;
    end = put_string(request.data + 1, blob.data, blob.len);
    end = put_string(end, msg, len);
    end = put_u32(end, 0); /* flags choose RSA's hash, nothing else */
    *end = '\0';
    *ret = (struct plumb_bytes){ PLUMB_TAKE(request.data), request.len };
    return PLUMB_OK;
}

enum plumb_code
plumb_agent_sign_read(const struct plumb_pubkey *key, const void *reply, size_t len,
                      struct plumb_bytes *ret, struct plumb_err *err)
{
    struct reader r = { reply, len, false };
    struct slice blob;

    PLUMB_TRY(open_reply(&r, AGENT_SIGN_REPLY, err));
    blob = get_string(&r);
    if (!finished(&r))
        return malformed("agent reply", err);
    return plumb_signature_from_ssh(key, blob.p, blob.len, ret, err);
}
