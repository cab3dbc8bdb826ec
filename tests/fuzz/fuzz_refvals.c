/*
 * Reference values: what is read keeps the promises of its header, and is the same whether it
 * was read from text or from a tree.
 */
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

static void
check_same(const struct plumb_measurement *a, const struct plumb_measurement *b)
{
    assert(a->kind == b->kind && a->match == b->match && a->len == b->len && a->min == b->min);
    assert(a->len == 0 || memcmp(a->value, b->value, a->len) == 0);
    assert((a->mask == NULL) == (b->mask == NULL));
    assert(a->mask == NULL || memcmp(a->mask, b->mask, a->len) == 0);
}

static struct plumb_sets *
read_tree(const uint8_t *data, size_t size)
{
    struct plumb_sets *sets = NULL;
    json_t *json = NULL;

    if (plumb_json_load_canonical(data, size, PLUMB_REFVALS_MAX, &json, NULL) == PLUMB_OK) {
        struct plumb_jv root = plumb_jv_root(json, NULL);

        if (plumb_refvals_read(&root, &sets, NULL) != PLUMB_OK)
            assert(sets == NULL);
    }
    json_decref(json);
    return sets;
}

static void
compare(const uint8_t *data, size_t size, const struct plumb_sets *sets)
{
    struct plumb_sets *tree = read_tree(data, size);

    assert((sets == NULL) == (tree == NULL));
    for (size_t i = 0; sets != NULL && i < sets->n; i++) {
        const struct plumb_set *a = &sets->sets[i], *b = &tree->sets[i];

        assert(sets->n == tree->n && a->tee == b->tee && a->n == b->n);
        assert((a->label == NULL) == (b->label == NULL));
        assert(a->label == NULL || strcmp(a->label, b->label) == 0);
        for (size_t k = 0; k < a->n; k++)
            check_same(&a->measurements[k], &b->measurements[k]);
    }
    plumb_sets_free(tree);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_sets *sets = NULL;
    struct plumb_err err = { 0 };
    enum plumb_code code = plumb_refvals_parse(data, size, &sets, &err);

    compare(data, size, sets);
    if (code != PLUMB_OK) {
        assert(sets == NULL && err.code != PLUMB_OK && err.rule[0] != '\0');
        return 0;
    }
    assert(sets->n > 0);
    for (size_t i = 0; i < sets->n; i++)
        check(&sets->sets[i]);
    plumb_sets_free(sets);
    return 0;
}
