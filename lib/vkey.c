#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/note.h"
#include "lib/own.h"
#include "lib/pubkey.h"

PLUMB_DEFINE_AUTO(auto_pubkey, struct plumb_pubkey *, plumb_pubkey_free);

static uint32_t
key_id(const struct plumb_vkey *key)
{
    uint8_t buf[sizeof key->name + 2 + sizeof key->key];
    size_t len = strlen(key->name);
    struct plumb_digest d;

    memcpy(buf, key->name, len);
    buf[len++] = '\n';
    buf[len++] = key->type;
    memcpy(buf + len, key->key, sizeof key->key);
    plumb_sha256(buf, len + sizeof key->key, &d);
    return (uint32_t)d.b[0] << 24 | (uint32_t)d.b[1] << 16 | (uint32_t)d.b[2] << 8 | d.b[3];
}

static enum plumb_code
set_name(struct plumb_vkey *key, struct plumb_span name, const char *where,
         struct plumb_err *err)
{
    if (name.len >= sizeof key->name || !plumb_note_name_ok(name))
        return plumb_fail(err, PLUMB_INVALID, "vkey.name", where,
                          "a key's name is 1 to %zu bytes of UTF-8 without spaces or '+'",
                          sizeof key->name - 1);
    memcpy(key->name, name.p, name.len);
    return PLUMB_OK;
}

static enum plumb_code
set_type(struct plumb_vkey *key, uint8_t type, const char *where, struct plumb_err *err)
{
    if (type != PLUMB_SIG_ED25519 && type != PLUMB_SIG_COSIGNATURE)
        return plumb_fail(
            err, PLUMB_UNSUPPORTED, "vkey.type", where,
            "signature type %02x is neither Ed25519 (01) nor its cosignature (04)", type);
    key->type = type;
    return PLUMB_OK;
}

enum plumb_code
plumb_vkey_parse(const char *text, const char *where, struct plumb_vkey *ret,
                 struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes raw = { 0 };
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *pub = NULL;
    struct plumb_vkey key = { 0 };
    const char *hex = strchr(text, '+'), *base64;
    char id[9];

    if (hex == NULL || (base64 = strchr(hex + 1, '+')) == NULL || base64 - hex != sizeof id)
        return plumb_fail(err, PLUMB_INVALID, "vkey.form", where,
                          "want name+id+key, the id of 8 hex digits");
    PLUMB_TRY(set_name(&key, (struct plumb_span){ text, (size_t)(hex - text) }, where, err));
    PLUMB_TRY(plumb_span_base64((struct plumb_span){ base64 + 1, strlen(base64 + 1) },
                                "vkey.form", where, &raw, err));
    if (raw.len == 0)
        return plumb_fail(err, PLUMB_INVALID, "vkey.form", where, "the key is empty");
    PLUMB_TRY(set_type(&key, raw.data[0], where, err));
    if (raw.len != 1 + sizeof key.key)
        return plumb_fail(err, PLUMB_INVALID, "vkey.form", where,
                          "an Ed25519 key has 32 bytes, not %zu", raw.len - 1);
    memcpy(key.key, raw.data + 1, sizeof key.key);
    PLUMB_TRY(plumb_pubkey_from_raw(PLUMB_KEY_ED25519, key.key, sizeof key.key, NULL, false,
                                    where, &pub, err));
    key.id = key_id(&key);
    (void)snprintf(id, sizeof id, "%08" PRIx32, key.id);
    if (memcmp(id, hex + 1, 8) != 0)
        return plumb_fail(err, PLUMB_INVALID, "vkey.id", where,
                          "the id is that of another name, type or key: it should be %s", id);
    *ret = key;
    return PLUMB_OK;
}

enum plumb_code
plumb_vkey_make(const char *name, uint8_t type, const struct plumb_pubkey *pub,
                struct plumb_vkey *ret, struct plumb_err *err)
{
    struct plumb_vkey key = { 0 };

    PLUMB_TRY(set_name(&key, (struct plumb_span){ name, strlen(name) }, "", err));
    PLUMB_TRY(set_type(&key, type, "", err));
    if (!plumb_pubkey_ed25519(pub, key.key))
        return plumb_fail(err, PLUMB_UNSUPPORTED, "vkey.type", "",
                          "a log or witness signs with an Ed25519 key, not %s",
                          plumb_key_type_text(plumb_pubkey_type(pub)));
    key.id = key_id(&key);
    *ret = key;
    return PLUMB_OK;
}

void
plumb_vkey_text(const struct plumb_vkey *key, char ret[PLUMB_VKEY_TEXT])
{
    uint8_t raw[1 + sizeof key->key];
    int len = snprintf(ret, PLUMB_VKEY_TEXT, "%s+%08" PRIx32 "+", key->name, key->id);

    raw[0] = key->type;
    memcpy(raw + 1, key->key, sizeof key->key);
    (void)plumb_put_base64(ret + len, raw, sizeof raw);
}
