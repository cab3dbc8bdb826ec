/* An entry and its statement at once, for those who read a whole log. */
#include <plumb/statement.h>
#include <plumb/tlog.h>

#include <string.h>

#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

/* An entry as our own programs write it: canonical JSON has no other text for these values. */
#define HEAD "{\"envelope\":{\"payload\":\""
#define TYPE "\",\"payloadType\":\"" PLUMB_PAYLOAD_TYPE "\",\"signatures\":[{\"keyid\":\""
#define SIG  "\",\"sig\":\""
#define TIME "\"}]},\"time\":\""
#define TAIL "\"}"

struct rest {
    const char *p;
    size_t len;
};

static bool
take(struct rest *r, const char *text)
{
    size_t n = strlen(text);

    if (r->len < n || memcmp(r->p, text, n) != 0)
        return false;
    r->p += n;
    r->len -= n;
    return true;
}

/* Up to the next quote; a backslash among it is for the general reader. */
static bool
take_value(struct rest *r, struct rest *ret)
{
    const char *quote = r->len > 0 ? memchr(r->p, '"', r->len) : NULL;

    if (quote == NULL)
        return false;
    *ret = (struct rest){ r->p, (size_t)(quote - r->p) };
    r->p += ret->len;
    r->len -= ret->len;
    return memchr(ret->p, '\\', ret->len) == NULL;
}

struct pieces {
    struct rest payload, keyid, sig, time;
};

static bool
cut(const void *entry, size_t len, struct pieces *ret)
{
    struct rest r = { entry, len };
    char time[PLUMB_TIME_TEXT];

    return len <= PLUMB_ENTRY_MAX && take(&r, HEAD) && take_value(&r, &ret->payload) &&
           take(&r, TYPE) && take_value(&r, &ret->keyid) &&
           ret->keyid.len == PLUMB_DIGEST_HEX - 1 && take(&r, SIG) &&
           take_value(&r, &ret->sig) && take(&r, TIME) && take_value(&r, &ret->time) &&
           ret->time.len == sizeof time - 1 && take(&r, TAIL) && r.len == 0;
}

static bool
is_hex(const struct rest *r)
{
    for (size_t i = 0; i < r->len; i++)
        if (!((r->p[i] >= '0' && r->p[i] <= '9') || (r->p[i] >= 'a' && r->p[i] <= 'f')))
            return false;
    return true;
}

static enum plumb_code
open_pieces(const struct pieces *p, plumb_key_lookup *lookup, void *arg,
            struct plumb_statement **ret, plumb_time *ret_time, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes payload = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes sig = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes pae = { 0 };
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = NULL;
    const struct plumb_pubkey *key;
    char time[PLUMB_TIME_TEXT];

    memcpy(time, p->time.p, p->time.len);
    time[p->time.len] = '\0';
    PLUMB_TRY(plumb_time_parse(time, "time", ret_time, err));
    PLUMB_TRY(plumb_base64_parse(p->payload.p, p->payload.len, "payload", &payload, err));
    PLUMB_TRY(plumb_base64_parse(p->sig.p, p->sig.len, "sig", &sig, err));
    if (sig.len > PLUMB_DSSE_SIG_MAX)
        return plumb_fail(err, PLUMB_INVALID, "dsse.form", "sig", "too long");
    PLUMB_TRY(plumb_statement_peek(payload.data, payload.len, &s, err));
    key = s->nkeys == 1 ? lookup(arg, &s->keys[0]) : NULL;
    if (key == NULL)
        return plumb_fail(err, PLUMB_FORBIDDEN, "key.unknown", "predicate.key", "not known");
    PLUMB_TRY(plumb_dsse_pae(PLUMB_PAYLOAD_TYPE, payload.data, payload.len, &pae, err));
    PLUMB_TRY(plumb_pubkey_verify(key, pae.data, pae.len, sig.data, sig.len, err));
    *ret = PLUMB_TAKE(s);
    return PLUMB_OK;
}

enum plumb_code
plumb_entry_open(const void *entry, size_t len, plumb_key_lookup *lookup, void *arg,
                 struct plumb_signed **ret, plumb_time *ret_time, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = NULL;
    struct pieces p;

    if (cut(entry, len, &p) && is_hex(&p.keyid) &&
        open_pieces(&p, lookup, arg, &s, ret_time, NULL) == PLUMB_OK) {
        *ret = calloc(1, sizeof **ret);
        if (*ret == NULL)
            return plumb_fail_memory(err);
        (*ret)->statement = PLUMB_TAKE(s);
        return PLUMB_OK;
    }
    /* anything else, what is wrong with it included */
    PLUMB_TRY(plumb_entry_read(entry, len, &envelope, ret_time, err));
    return plumb_signed_open(envelope, lookup, arg, ret, err);
}
