#include "tests/lib/notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/keys.h"
#include "tests/t.h"

const char arche_note[] =
    "arche2025h1.staging.ct.transparency.dev\n"
    "1432088532\n"
    "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n"
    "\n" DASH
    "arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREP"
    "MHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=\n" DASH
    "arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3"
    "NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=\n" DASH
    "transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2"
    "rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==\n" DASH
    "witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcx"
    "Z75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==\n" DASH
    "remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9s"
    "XTynk5XeU/zZ0WBxtqB0DrAWfBw==\n" DASH
    "witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJm"
    "IY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==\n";

static void
make_vkey(const char *name, uint8_t type, const struct plumb_signer *signer,
          struct plumb_vkey *ret)
{
    struct plumb_err err;

    assert_ok(plumb_vkey_make(name, type, signer->pub, ret, &err), &err);
}

const char *
vkey_of(const char *name, uint8_t type, const struct plumb_signer *signer)
{
    static char texts[4][PLUMB_VKEY_TEXT]; /* a few may stand in one expression */
    static size_t turn;
    struct plumb_vkey key;

    make_vkey(name, type, signer, &key);
    turn = (turn + 1) % 4;
    plumb_vkey_text(&key, texts[turn]);
    return texts[turn];
}

struct plumb_log_policy *
policy_of(const char *text)
{
    struct plumb_log_policy *p = NULL;
    struct plumb_err err;

    assert_ok(plumb_log_policy_parse(text, strlen(text), &p, &err), &err);
    return p;
}

static void
append_text(struct plumb_bytes *b, const char *text)
{
    append(b, text, strlen(text));
}

struct plumb_bytes
unsigned_note(const char *text)
{
    struct plumb_bytes note = { 0 };

    append_text(&note, text);
    append_text(&note, "\n");
    return note;
}

void
add_line(struct plumb_bytes *note, const char *name, uint32_t id, const void *sig, size_t len)
{
    const uint8_t be[4] = { id >> 24, id >> 16 & 0xff, id >> 8 & 0xff, id & 0xff };
    struct plumb_bytes blob = { 0 };
    struct plumb_err err;
    char *base64 = NULL;

    append(&blob, be, sizeof be);
    append(&blob, sig, len);
    assert_ok(plumb_base64(blob.data, blob.len, &base64, &err), &err);
    append_text(note, DASH);
    append_text(note, name);
    append_text(note, " ");
    append_text(note, base64);
    append_text(note, "\n");
    free(base64);
    plumb_bytes_clear(&blob);
}

void
sign_note(struct plumb_bytes *note, const char *text, const char *name, uint8_t type,
          const struct plumb_signer *signer, uint64_t time)
{
    struct plumb_bytes msg = { 0 }, sig = { 0 }, blob = { 0 };
    char line[64];
    struct plumb_vkey key;
    struct plumb_err err;

    if (type == 4) {
        (void)snprintf(line, sizeof line, "cosignature/v1\ntime %" PRIu64 "\n", time);
        append_text(&msg, line);
        for (int i = 56; i >= 0; i -= 8)
            append(&blob, &(uint8_t){ time >> i & 0xff }, 1);
    }
    append_text(&msg, text);
    assert_ok(signer->sign(signer->self, msg.data, msg.len, &sig, &err), &err);
    append(&blob, sig.data, sig.len);
    make_vkey(name, type, signer, &key);
    add_line(note, name, key.id, blob.data, blob.len);
    plumb_bytes_clear(&msg);
    plumb_bytes_clear(&sig);
    plumb_bytes_clear(&blob);
}
