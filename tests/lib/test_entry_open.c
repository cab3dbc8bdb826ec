/* Opening an entry at once is the same as reading it and opening its envelope, whatever is
 * wrong with it; and looking at a text tells canonical from not as writing it again does. */
#include <plumb/statement.h>
#include <plumb/tlog.h>

#include <stdlib.h>
#include <string.h>

#include "lib/json_text.h"
#include "lib/own.h"
#include "tests/make.h"
#include "tests/t.h"

static struct make make;

static int
begin(void **state)
{
    (void)state;
    make_begin(&make, 1790000000);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    make_end(&make);
    return 0;
}

static const struct plumb_pubkey *
find(void *arg, const struct plumb_digest *id)
{
    const struct make *m = arg;

    for (size_t i = 0; i < m->npeople; i++)
        if (plumb_digest_eq(plumb_pubkey_id(m->people[i].sign->pub), id))
            return m->people[i].sign->pub;
    return NULL;
}

static struct plumb_bytes
entry_of(struct plumb_signed *s)
{
    struct plumb_bytes entry = { 0 };

    assert_int_equal(plumb_entry_make(s->envelope, make.now, &entry, NULL), PLUMB_OK);
    plumb_signed_free(s);
    return entry;
}

/* Both ways; they must agree on everything. */
static enum plumb_code
open_both(const uint8_t *data, size_t len)
{
    struct plumb_signed *one = NULL, *other = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    struct plumb_err a = { 0 }, b = { 0 };
    plumb_time t = 0, u = 0;
    enum plumb_code at_once = plumb_entry_open(data, len, find, &make, &one, &t, &a);
    enum plumb_code apart = plumb_entry_read(data, len, &envelope, &u, &b);

    if (apart == PLUMB_OK)
        apart = plumb_signed_open(envelope, find, &make, &other, &b);
    if (at_once != apart || (apart != PLUMB_OK && strcmp(a.rule, b.rule) != 0))
        fail_msg("at once [%s], apart [%s]: %.*s", a.rule, b.rule, (int)len,
                 (const char *)data);
    if (apart == PLUMB_OK) {
        assert_int_equal(t, u);
        assert_true(plumb_digest_eq(&one->statement->id, &other->statement->id));
    }
    plumb_signed_free(one);
    plumb_signed_free(other);
    return apart;
}

static void
an_entry_opens_at_once_as_it_does_step_by_step(void **state)
{
    struct plumb_digest id = make_digest("x");
    struct plumb_bytes entries[] = {
        entry_of(make_vote(&make, "sol", &id, PLUMB_APPROVE)),
        entry_of(make_release(&make, "rex", "web", "1.0", &id)),
        entry_of(make_change(&make, "ada bob")),
    };

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(open_both(entries[i].data, entries[i].len), PLUMB_OK);
        plumb_bytes_clear(&entries[i]);
    }
}

static void
an_entry_with_any_byte_changed_is_refused_by_the_same_rule(void **state)
{
    static const uint8_t others[] = { '"', '\\', '}', ' ', 'A', '0', '=' };
    struct plumb_digest id = make_digest("x");
    struct plumb_bytes e = entry_of(make_vote(&make, "sol", &id, PLUMB_APPROVE));
    size_t good = 0;

    (void)state;
    for (size_t at = 0; at < e.len; at++) {
        const uint8_t was = e.data[at];

        for (size_t k = 0; k < sizeof others; k++) {
            if (at % sizeof others != k && at > 40 && at + 200 < e.len)
                continue; /* every kind of change, though not each in each place */
            e.data[at] = others[k];
            good += open_both(e.data, e.len) == PLUMB_OK && others[k] != was;
        }
        e.data[at] = was;
        (void)open_both(e.data, at); /* cut short there */
    }
    assert_true(good < 800); /* the key id is a hint, and the time is not signed */
    plumb_bytes_clear(&e);
}

static void
a_look_at_a_text_tells_what_writing_it_again_tells(void **state)
{
    static const char text[] = "{\"a\":[1,-2,{\"b\":\"c\\\"d\\\\\",\"ba\":[]},true,null],"
                               "\"aa\":{},\"b\":\"\",\"c\":{\"x\":0,\"y\":\"\\\"\"}}";
    static const char others[] = "\"\\{}[],: -0aAbz/u\n";
    char copy[sizeof text];
    size_t canonical = 0, not_canonical = 0;

    (void)state;
    for (size_t at = 0; at < sizeof text - 1; at++)
        for (const char *c = others; *c != '\0'; c++) {
            PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
            PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes again = { 0 };
            bool same;

            memcpy(copy, text, sizeof text);
            copy[at] = *c;
            if (plumb_json_load(copy, sizeof copy - 1, sizeof copy, PLUMB_JSON_DEPTH, &json,
                                NULL) != PLUMB_OK)
                continue;
            assert_int_equal(plumb_json_canonical(json, &again, NULL), PLUMB_OK);
            same = again.len == sizeof copy - 1 && memcmp(again.data, copy, again.len) == 0;
            if (json_text_is_canonical(copy, sizeof copy - 1) != same &&
                strstr(copy, "\\") == NULL)
                fail_msg("%s", copy);
            /* what it says of a text with escapes is never a yes too many */
            assert_false(json_text_is_canonical(copy, sizeof copy - 1) && !same);
            canonical += same;
            not_canonical += !same;
        }
    assert_true(canonical > 50 && not_canonical > 20);
}

/* jansson reads over a NUL behind a number. */
static void
a_text_with_a_nul_between_its_values_is_not_canonical(void **state)
{
    static const char text[] = "[1,2\0,3]";
    struct plumb_err err = { 0 };
    json_t *json = NULL;

    (void)state;
    assert_false(json_text_is_canonical(text, sizeof text - 1));
    assert_int_not_equal(PLUMB_OK,
                         plumb_json_load_canonical(text, sizeof text - 1, 100, &json, &err));
    assert_null(json);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_entry_opens_at_once_as_it_does_step_by_step),
        cmocka_unit_test(an_entry_with_any_byte_changed_is_refused_by_the_same_rule),
        cmocka_unit_test(a_text_with_a_nul_between_its_values_is_not_canonical),
        cmocka_unit_test(a_look_at_a_text_tells_what_writing_it_again_tells),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
