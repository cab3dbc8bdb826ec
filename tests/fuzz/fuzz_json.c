/* The JSON profile: what is let in has one canonical text, and refusals say why and where. */
#include <plumb/json.h>

#include <assert.h>
#include <string.h>

#include "lib/json_quick.h"
#include "lib/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_refusal(const struct plumb_err *err, enum plumb_code code)
{
    assert(err->code == code && code != PLUMB_OK);
    assert(strncmp(err->rule, "json.", 5) == 0);
    for (const char *p = err->where; *p != '\0'; p++)
        assert(*p >= ' ' && *p <= '~');
    for (const char *p = err->msg; *p != '\0'; p++)
        assert(*p >= ' ' && *p <= '~');
}

/* Whole text outside of strings is plain, so is inside: the profile, seen from its bytes. */
static void
check_bytes(const struct plumb_bytes *b)
{
    for (size_t i = 0; i < b->len; i++) {
        assert(b->data[i] >= 0x20 && b->data[i] != 0x7f);
        assert(i + 2 >= b->len || b->data[i] != 0xe2 || b->data[i + 1] != 0x80 ||
               (b->data[i + 2] != 0xa8 && b->data[i + 2] != 0xa9));
    }
}

/* What is read the quick way is canonical, and what jansson reads. */
static void
check_quick(const uint8_t *data, size_t size)
{
    PLUMB_AUTO(plumb_json_auto) json_t *quick = json_quick((const char *)data, size, 16);
    PLUMB_AUTO(plumb_json_auto) json_t *theirs = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };

    if (quick == NULL)
        return;
    theirs =
        json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    assert(json_equal(quick, theirs));
    assert(plumb_json_canonical(quick, &text, NULL) == PLUMB_OK);
    assert(text.len == size && memcmp(text.data, data, size) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *same = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *again = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };
    struct plumb_digest digest, want;
    struct plumb_err err = { 0 };
    enum plumb_code code, strict;
    bool canonical;

    check_quick(data, size);
    code = plumb_json_load(data, size, 65536, PLUMB_JSON_DEPTH, &json, &err);
    strict = plumb_json_load_canonical(data, size, 65536, &same, NULL);
    if (code != PLUMB_OK) {
        assert(json == NULL && same == NULL && strict == code);
        check_refusal(&err, code);
        return 0;
    }
    assert(plumb_json_canonical(json, &text, &err) == PLUMB_OK);
    check_bytes(&text);
    canonical = text.len == size && memcmp(text.data, data, size) == 0;
    assert(canonical == (strict == PLUMB_OK) && canonical == (same != NULL));
    if (!canonical) {
        code = plumb_json_load_canonical(data, size, 65536, &same, &err);
        check_refusal(&err, code);
        assert(strcmp(err.rule, "json.canonical") == 0);
    }
    code = plumb_json_load_canonical(text.data, text.len, SIZE_MAX, &again, &err);
    assert(code == PLUMB_OK && json_equal(json, again));
    assert(plumb_json_digest(again, &digest, &err) == PLUMB_OK);
    plumb_sha256(text.data, text.len, &want);
    assert(plumb_digest_eq(&digest, &want));
    return 0;
}
