/* fuzz_entry.c - what is read as an entry is made again, byte for byte; opening one at once is
 * refused as reading and opening it are. */
#include <plumb/statement.h>
#include <plumb/tlog.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct plumb_pubkey *
nobody(void *arg, const struct plumb_digest *id)
{
    (void)arg;
    (void)id;
    return NULL;
}

static void
check_at_once(const uint8_t *data, size_t size, enum plumb_code want, const char *rule)
{
    struct plumb_signed *s = NULL;
    struct plumb_err err = { 0 };
    plumb_time time;

    assert(plumb_entry_open(data, size, nobody, NULL, &s, &time, &err) == want && s == NULL);
    assert(strcmp(err.rule, rule) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_signed *s = NULL;
    struct plumb_bytes again = { 0 };
    struct plumb_err err = { 0 };
    json_t *envelope = NULL;
    plumb_time time;

    if (plumb_entry_read(data, size, &envelope, &time, &err) != PLUMB_OK) {
        assert(envelope == NULL && (strncmp(err.rule, "entry.", 6) == 0));
        check_at_once(data, size, err.code, err.rule);
        return 0;
    }
    assert(size <= PLUMB_ENTRY_MAX);
    assert(plumb_entry_make(envelope, time, &again, &err) == PLUMB_OK);
    assert(again.len == size && memcmp(again.data, data, size) == 0);
    assert(plumb_signed_open(envelope, nobody, NULL, &s, &err) != PLUMB_OK && s == NULL);
    check_at_once(data, size, err.code, err.rule);
    plumb_bytes_clear(&again);
    json_decref(envelope);
    return 0;
}
