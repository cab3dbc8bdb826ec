/* Objects written as they are told. */
#include "tests/t.h"
#include "engine/object.h"

static void
an_object_written_as_it_is_told_is_the_canonical_text_of_its_values(void **state)
{
    struct object o = { 0 };
    struct plumb_digest digest = { { 0xab } };
    struct plumb_bytes ours = { 0 }, theirs = { 0 };
    struct plumb_err err = { 0 };
    char hex[PLUMB_DIGEST_HEX];
    json_t *json;

    (void)state;
    json = json_pack("{s:i,s:[b,n]}", "two", 2, "one", 1);
    object_open(&o, NULL);
    object_digest(&o, "a", &digest);
    object_open(&o, "b");
    object_close(&o);
    object_open(&o, "c");
    object_text(&o, "x", "\"quote\" and \\");
    object_json(&o, "y", json);
    object_close(&o);
    object_integer(&o, "d", -1);
    object_open_array(&o, "e");
    object_integer(&o, NULL, 9007199254740991);
    object_text(&o, NULL, "");
    object_open(&o, NULL);
    object_time(&o, "t", 0);
    object_close(&o);
    object_open_array(&o, NULL);
    object_close_array(&o);
    object_close_array(&o);
    object_close(&o);
    json_decref(json);
    assert_ok(object_end(&o, &ours, &err), &err);

    plumb_digest_hex(&digest, hex);
    json = json_pack("{s:s,s:{},s:{s:s,s:{s:i,s:[b,n]}},s:i,s:[I,s,{s:s},[]]}", "a", hex, "b",
                     "c", "x", "\"quote\" and \\", "y", "two", 2, "one", 1, "d", -1, "e",
                     (json_int_t)9007199254740991, "", "t", "1970-01-01T00:00:00Z");
    assert_ok(plumb_json_canonical(json, &theirs, &err), &err);
    assert_int_equal(ours.len, theirs.len);
    assert_memory_equal(ours.data, theirs.data, ours.len);
    json_decref(json);
    plumb_bytes_clear(&ours);
    plumb_bytes_clear(&theirs);
    object_clear(&o);
}

static void
a_value_that_fails_is_what_the_object_ends_with(void **state)
{
    struct object o = { 0 };
    struct plumb_bytes text = { 0 };
    struct plumb_err err = { 0 };

    (void)state;
    json_t *real = json_real(0.5);

    object_open(&o, NULL);
    object_json(&o, "a", real);
    object_integer(&o, "b", 1);
    object_close(&o);
    json_decref(real);
    assert_int_not_equal(object_end(&o, &text, &err), PLUMB_OK);
    assert_null(text.data);
    assert_int_not_equal(err.code, PLUMB_OK);
    object_clear(&o);
    o = (struct object){ 0 };
    object_open(&o, NULL);
    object_json(&o, "a", NULL);
    assert_int_equal(object_end(&o, &text, &err), PLUMB_NO_MEMORY);
    object_clear(&o);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_written_as_it_is_told_is_the_canonical_text_of_its_values),
        cmocka_unit_test(a_value_that_fails_is_what_the_object_ends_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
