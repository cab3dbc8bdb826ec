#include "lib/note.h"

#include <openssl/evp.h>
#include <string.h>

#include "lib/own.h"
#include "lib/utf8.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */

bool
plumb_span_eq(struct plumb_span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

bool
plumb_span_line(struct plumb_span *rest, struct plumb_span *ret)
{
    const char *end = rest->len > 0 ? memchr(rest->p, '\n', rest->len) : NULL;

    if (end == NULL)
        return false;
    *ret = (struct plumb_span){ rest->p, (size_t)(end - rest->p) };
    *rest = (struct plumb_span){ end + 1, rest->len - ret->len - 1 };
    return true;
}

bool
plumb_span_number(struct plumb_span s, uint64_t *ret)
{
    uint64_t n = 0;

    if (s.len == 0 || s.len > 19 || (s.p[0] == '0' && s.len > 1)) /* 2^62 has 19 digits */
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.p[i] < '0' || s.p[i] > '9')
            return false;
        n = n * 10 + (uint64_t)(s.p[i] - '0');
    }
    if (n > PLUMB_TREE_MAX)
        return false;
    *ret = n;
    return true;
}

enum plumb_code
plumb_span_base64(struct plumb_span s, const char *rule, const char *where,
                  struct plumb_bytes *ret, struct plumb_err *err)
{
    enum plumb_code code = plumb_base64_parse(s.p, s.len, where, ret, err);

    if (code == PLUMB_INVALID)
        return plumb_fail(err, PLUMB_INVALID, rule, where, "want base64, padded, canonical");
    return code;
}

enum plumb_code
plumb_span_digest(struct plumb_span s, const char *rule, struct plumb_digest *ret,
                  struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes raw = { 0 };

    PLUMB_TRY(plumb_span_base64(s, rule, "", &raw, err));
    if (raw.len != sizeof ret->b)
        return plumb_fail(err, PLUMB_INVALID, rule, "", "a hash is 32 bytes, not %zu", raw.len);
    memcpy(ret->b, raw.data, sizeof ret->b);
    return PLUMB_OK;
}

char *
plumb_put_base64(char *p, const void *data, size_t len)
{
    return p + EVP_EncodeBlock((unsigned char *)p, data, (int)len);
}

/* White_Space of Unicode, which is what Go's unicode.IsSpace() knows. */
static bool
is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

bool
plumb_note_name_ok(struct plumb_span name)
{
    uint32_t c = 0;
    size_t step;

    for (size_t i = 0; i < name.len; i += step) {
        step = utf8_next((const uint8_t *)name.p + i, name.len - i, &c);
        if (step == 0 || c < 0x20 || c == '+' || is_space(c))
            return false;
    }
    return name.len > 0;
}

static bool
plain_text(struct plumb_span s)
{
    uint32_t c = 0;
    size_t step;

    for (size_t i = 0; i < s.len; i += step) {
        step = utf8_next((const uint8_t *)s.p + i, s.len - i, &c);
        if (step == 0 || (c < 0x20 && c != '\n'))
            return false;
    }
    return true;
}

enum plumb_code
plumb_note_split(const void *note, size_t len, struct plumb_note *ret, struct plumb_err *err)
{
    struct plumb_span all = { note, len };
    size_t lines = 0, text_len = len;

    if (len > PLUMB_NOTE_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "note.form", "",
                          "a note has at most %d bytes, this has %zu", PLUMB_NOTE_MAX, len);
    if (len == 0 || all.p[len - 1] != '\n' || !plain_text(all))
        return plumb_fail(err, PLUMB_INVALID, "note.form", "",
                          "a note is lines of UTF-8 without control characters");
    while (text_len > 1 && !(all.p[text_len - 1] == '\n' && all.p[text_len - 2] == '\n'))
        lines += all.p[--text_len] == '\n';
    if (text_len < 2 || lines == 0)
        return plumb_fail(err, PLUMB_INVALID, "note.form", "",
                          "a note is text, an empty line, and signatures");
    if (lines > PLUMB_NOTE_SIGS_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "note.form", "",
                          "a note has at most %d signatures, this has %zu", PLUMB_NOTE_SIGS_MAX,
                          lines);
    ret->text = (struct plumb_span){ all.p, text_len - 1 };
    ret->sigs = (struct plumb_span){ all.p + text_len, len - text_len };
    return PLUMB_OK;
}

enum plumb_code
plumb_note_next(struct plumb_note *note, struct plumb_note_sig *ret, bool *ret_end,
                struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes blob = { 0 };
    struct plumb_span line, name;
    const char *space = NULL;

    *ret_end = !plumb_span_line(&note->sigs, &line);
    if (*ret_end)
        return PLUMB_OK;
    if (line.len > strlen(DASH) && memcmp(line.p, DASH, strlen(DASH)) == 0) {
        line.p += strlen(DASH);
        line.len -= strlen(DASH);
        space = memchr(line.p, ' ', line.len);
    }
    name = (struct plumb_span){ line.p, space != NULL ? (size_t)(space - line.p) : 0 };
    if (!plumb_note_name_ok(name))
        return plumb_fail(err, PLUMB_INVALID, "note.form", "",
                          "a signature line is an em dash, the key's name, and base64");
    PLUMB_TRY(plumb_span_base64((struct plumb_span){ space + 1, line.len - name.len - 1 },
                                "note.form", "", &blob, err));
    if (blob.len < 5)
        return plumb_fail(err, PLUMB_INVALID, "note.form", "",
                          "%zu bytes are no key id and signature", blob.len);
    *ret = (struct plumb_note_sig){
        .name = name,
        .id = (uint32_t)blob.data[0] << 24 | (uint32_t)blob.data[1] << 16 |
              (uint32_t)blob.data[2] << 8 | blob.data[3],
        .blob = { PLUMB_TAKE(blob.data), blob.len },
    };
    return PLUMB_OK;
}

char *
plumb_put_signature(char *p, const struct plumb_vkey *key, const void *sig, size_t len)
{
    uint8_t blob[4 + 128];

    p = stpcpy(stpcpy(stpcpy(p, DASH), key->name), " ");
    for (int i = 0; i < 4; i++)
        blob[i] = (uint8_t)(key->id >> (24 - 8 * i));
    memcpy(blob + 4, sig, len);
    return stpcpy(plumb_put_base64(p, blob, 4 + len), "\n");
}
