/* Trust files, and the memory: what is read is whole, and what is written is read again. */
#include <plumb/bundle.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_memory(const uint8_t *data, size_t size)
{
    struct plumb_memory *m = NULL;
    struct plumb_bytes again = { 0 };
    struct plumb_err err = { 0 };

    if (plumb_memory_parse(data, size, &m, &err) != PLUMB_OK) {
        assert(m == NULL && err.code != PLUMB_OK && err.rule[0] != '\0');
        return;
    }
    assert(plumb_memory_size(m) > 0);
    if (plumb_memory_json(m, &again, &err) == PLUMB_OK)
        assert(again.len == size && memcmp(again.data, data, size) == 0);
    plumb_bytes_clear(&again);
    plumb_memory_free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_trust *t = NULL;
    struct plumb_err err = { 0 };

    check_memory(data, size);
    if (plumb_trust_parse(data, size, &t, &err) != PLUMB_OK) {
        assert(t == NULL && err.code != PLUMB_OK && err.rule[0] != '\0');
        return 0;
    }
    assert(plumb_name_ok(t->fleet) && t->policy != NULL);
    assert(plumb_log_policy_origin(t->policy) != NULL);
    plumb_trust_free(t);
    return 0;
}
