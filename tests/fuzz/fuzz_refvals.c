/* Reference values: whatever is read meets itself, and keeps the promises of its header. */
#include <plumb/refval.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct plumb_set *s)
{
    bool identity = false;

    assert(s->n > 0);
    for (size_t i = 0; i < s->n; i++) {
        const struct plumb_measurement *m = &s->measurements[i];

        assert(m->kind->tee == s->tee);
        assert(i == 0 || strcmp(s->measurements[i - 1].kind->name, m->kind->name) < 0);
        assert(m->kind->role != PLUMB_ROLE_SESSION && m->kind->role != PLUMB_ROLE_PLATFORM);
        identity = identity || m->kind->role == PLUMB_ROLE_PAYLOAD;
        if (m->match == PLUMB_MATCH_MIN) {
            assert(m->min >= 0);
            continue;
        }
        assert(plumb_measurement_len_ok(m->kind, m->len));
        assert(!plumb_measurement_debug(m->kind, m->value, m->mask, m->len));
        assert((m->match == PLUMB_MATCH_MASK) == (m->mask != NULL));
    }
    assert(identity);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_sets *sets = NULL;
    struct plumb_err err = { 0 };

    if (plumb_refvals_parse(data, size, &sets, &err) != PLUMB_OK) {
        assert(sets == NULL && err.code != PLUMB_OK && err.rule[0] != '\0');
        return 0;
    }
    assert(sets->n > 0);
    for (size_t i = 0; i < sets->n; i++)
        check(&sets->sets[i]);
    plumb_sets_free(sets);
    return 0;
}
