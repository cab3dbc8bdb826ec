/* Text forms: whatever is read is written again, and where there is one text, as that one. */
#include <plumb/json.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_base64(const char *text, size_t len)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes strict = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes lenient = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes back = { 0 };
    PLUMB_AUTO(auto_free) char *again = NULL;
    bool is_strict = plumb_base64_parse(text, len, "", &strict, NULL) == PLUMB_OK;

    if (plumb_base64_parse_lenient(text, len, "", &lenient, NULL) != PLUMB_OK) {
        assert(!is_strict && strict.data == NULL && lenient.data == NULL);
        return;
    }
    assert(plumb_base64(lenient.data, lenient.len, &again, NULL) == PLUMB_OK);
    assert(is_strict == (strlen(again) == len && memcmp(again, text, len) == 0));
    assert(plumb_base64_parse(again, strlen(again), "", &back, NULL) == PLUMB_OK);
    assert(back.len == lenient.len && memcmp(back.data, lenient.data, back.len) == 0);
    assert(lenient.data[lenient.len] == 0);
}

static void
check_hex(const char *text)
{
    uint8_t bytes[64];
    char again[2 * sizeof bytes + 1];
    struct plumb_digest digest;
    size_t n = 0;
    bool read = plumb_hex_parse(text, "", bytes, sizeof bytes, &n, NULL) == PLUMB_OK;

    if (read) {
        plumb_hex(bytes, n, again);
        assert(strcmp(again, text) == 0);
    }
    if (plumb_digest_parse(text, "", &digest, NULL) == PLUMB_OK)
        assert(read && n == sizeof digest.b && memcmp(digest.b, bytes, n) == 0);
    else
        assert(!read || n != sizeof digest.b);
}

static void
check_time(const char *text)
{
    plumb_time t = -1;
    char again[PLUMB_TIME_TEXT];

    if (plumb_time_parse(text, "", &t, NULL) != PLUMB_OK) {
        assert(t == -1);
        return;
    }
    assert(t >= 0 && t < PLUMB_TIME_NEVER);
    plumb_time_text(t, again);
    assert(strcmp(again, text) == 0);
}

static void
check_duration(const char *text)
{
    int64_t seconds = -1, back = -1;
    char again[PLUMB_DURATION_TEXT];

    if (plumb_duration_parse(text, "", &seconds, NULL) != PLUMB_OK) {
        assert(seconds == -1);
        return;
    }
    assert(seconds >= 0 && seconds <= INT64_C(36525) * 86400);
    plumb_duration_text(seconds, again);
    assert(plumb_duration_parse(again, "", &back, NULL) == PLUMB_OK && back == seconds);
}

static void
check_name(const char *text)
{
    if (!plumb_name_ok(text))
        return;
    assert(strlen(text) <= PLUMB_NAME_MAX && text[0] != '-' && text[0] != '.');
    assert(strpbrk(text, "/@ '\"\\$`\n") == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PLUMB_AUTO(auto_free) char *text = malloc(size + 1);

    assert(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    check_base64(text, size);
    check_hex(text);
    check_time(text);
    check_duration(text);
    check_name(text);
    return 0;
}
