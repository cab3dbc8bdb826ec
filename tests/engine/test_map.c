/* The tables of the engine's state: where keys fall that somebody chose to fall together. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/map.h"
#include "tests/make.h"

#define KEYS 5000

static void
flat_free(struct record *r)
{
    free(r);
}

static void
nothing_undone(void *arg, struct map *map, struct map_entry *entry)
{
    (void)arg;
    (void)map;
    (void)entry;
}

static void
put(struct journal *j, struct map *m, const char *key)
{
    struct record *r = calloc(1, sizeof *r);
    struct plumb_err err = { 0 };

    assert_non_null(r);
    assert_ok(journal_put(j, m, key, strlen(key), r, &err), &err);
}

/* How many slots are looked at to find every key once. */
static size_t
count_probes(const struct map *m)
{
    size_t n = 0;

    for (size_t i = 0; i <= m->mask; i++)
        if (m->slots[i] != NULL)
            n += ((i - m->slots[i]->hash) & m->mask) + 1;
    return n;
}

/* FNV-1a, mixed: a hash without a secret, which this one once was. */
static uint64_t
open_hash(const char *key)
{
    uint64_t h = 0xcbf29ce484222325u;

    for (; *key != '\0'; key++)
        h = (h ^ (unsigned char)*key) * 0x100000001b3u;
    h ^= h >> 32;
    return h * 0x9e3779b97f4a7c15u >> 16;
}

/* The same, in a table of that hash. */
static size_t
count_open_probes(char (*keys)[24], size_t mask)
{
    bool *taken = calloc(mask + 1, sizeof *taken);
    size_t n = 0;

    assert_non_null(taken);
    for (size_t i = 0; i < KEYS; i++) {
        size_t at = open_hash(keys[i]) & mask;

        for (n++; taken[at]; n++)
            at = (at + 1) & mask;
        taken[at] = true;
    }
    free(taken);
    return n;
}

/* Names of packages that a table of up to 2^14 slots would keep in eight neighbouring ones. */
static void
choose_keys(char (*ret)[24])
{
    char key[24];

    for (unsigned i = 0, n = 0; n < KEYS; i++) {
        (void)snprintf(key, sizeof key, "npm/left-pad-%u", i);
        if ((open_hash(key) & 0x3fff) < 8)
            memcpy(ret[n++], key, sizeof key);
    }
}

static void
keys_that_were_chosen_to_fall_together_fall_apart(void **state)
{
    static char keys[KEYS][24];

    (void)state;
    choose_keys(keys);
    for (unsigned char secret = 0; secret < 4; secret++) {
        struct map m = { .free_record = flat_free, .hash = siphash_init(make_secret(secret)) };
        struct journal j = { .n = 0 };

        for (size_t i = 0; i < KEYS; i++)
            put(&j, &m, keys[i]);
        assert_true(count_probes(&m) < 3 * KEYS);
        assert_true(count_open_probes(keys, m.mask) > 500 * count_probes(&m));
        for (size_t i = 0; i < KEYS; i++)
            assert_non_null(map_get(&m, keys[i], strlen(keys[i])));
        journal_forget(&j, j.n);
        for (size_t i = 0; i < KEYS; i += 2)
            map_delete(&m, map_find(&m, keys[i], strlen(keys[i])));
        for (size_t i = 0; i < KEYS; i++)
            assert_true((map_find(&m, keys[i], strlen(keys[i])) != NULL) == (i % 2 == 1));
        assert_true(count_probes(&m) < 3 * KEYS / 2);
        map_clear(&m);
        journal_clear(&j);
    }
}

/* What an undo took is no longer there; what stays, stays in its order. */
static void
an_ordered_map_is_in_the_order_in_which_keys_came(void **state)
{
    static const char *const keys[] = { "zebra", "ant", "mole", "bee" };

    (void)state;
    for (unsigned char secret = 0; secret < 16; secret++) {
        struct map m = { .free_record = flat_free,
                         .hash = siphash_init(make_secret(secret)),
                         .ordered = true };
        struct journal j = { .n = 0 };

        put(&j, &m, keys[0]);
        put(&j, &m, keys[1]);
        put(&j, &m, "dropped");
        journal_undo(&j, 2, nothing_undone, NULL);
        put(&j, &m, keys[2]);
        put(&j, &m, keys[0]);
        put(&j, &m, keys[3]);
        assert_int_equal(m.norder, 4);
        for (size_t i = 0; i < 4; i++)
            assert_memory_equal(m.order[i]->key, keys[i], strlen(keys[i]));
        journal_forget(&j, j.n);
        map_clear(&m);
        journal_clear(&j);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_that_were_chosen_to_fall_together_fall_apart),
        cmocka_unit_test(an_ordered_map_is_in_the_order_in_which_keys_came),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
