/* Strict reading: every form, its refusals by rule, and the path to the fault. */
#include "tests/t.h"

#include <plumb/json.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/scarce.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* The member "v" of a document, or an absent one if text is NULL; the caller drops *ret_doc. */
static struct plumb_jv
value(const char *text, json_t **ret_doc, struct plumb_jv *root)
{
    *ret_doc = text != NULL ? json_pack("{s:o}", "v", json_loads(text, JSON_DECODE_ANY, NULL))
                            : json_object();
    assert_non_null(*ret_doc);
    *root = plumb_jv_root(*ret_doc, NULL);
    return plumb_jv_member(root, "v");
}

/* One typed read, refused by rule or, where that is NULL, good. */
struct row {
    const char *text, *rule;
};

#define CHECK_ROWS(rows, read)                                                                 \
    for (size_t i = 0; i < COUNT(rows); i++) {                                                 \
        PLUMB_AUTO(plumb_json_auto) json_t *doc = NULL;                                        \
        struct plumb_jv root, v = value((rows)[i].text, &doc, &root);                          \
        struct plumb_err err = { 0 };                                                          \
                                                                                               \
        if ((rows)[i].rule == NULL) {                                                          \
            assert_ok(read, &err);                                                             \
            continue;                                                                          \
        }                                                                                      \
        assert_refused((rows)[i].rule, read, &err);                                            \
        assert_int_equal(err.code, PLUMB_INVALID);                                             \
        assert_string_equal(err.where, "v");                                                   \
    }

static void
arrays_have_between_min_and_max_elements(void **state)
{
    static const struct row rows[] = {
        { "[1,2]", NULL },
        { "[1,2,3]", NULL },
        { "[1]", "json.length" },
        { "[]", "json.length" },
        { "[1,2,3,4]", "json.length" },
        { "{}", "json.type" },
        { "null", "json.type" },
        { NULL, "json.missing" },
    };
    size_t n = 7;

    (void)state;
    CHECK_ROWS(rows, plumb_jv_array(&v, 2, 3, &n, &err));
    assert_int_equal(n, 3);
}

static void
objects_are_objects(void **state)
{
    static const struct row rows[] = {
        { "{}", NULL },          { "{\"a\":1}", NULL },   { "[]", "json.type" },
        { "null", "json.type" }, { "\"\"", "json.type" }, { NULL, "json.missing" },
    };

    (void)state;
    CHECK_ROWS(rows, plumb_jv_object(&v, &err));
}

static void
strings_have_between_one_and_max_bytes(void **state)
{
    static const struct row rows[] = {
        { "\"a\"", NULL },
        { "\"abcd\"", NULL },
        { "\"\xc3\xa9\xc3\xa9\"", NULL },
        { "\"\"", "json.length" },
        { "\"abcde\"", "json.length" },
        { "\"\xc3\xa9\xc3\xa9x\"", "json.length" },
        { "7", "json.type" },
        { "[\"a\"]", "json.type" },
        { NULL, "json.missing" },
    };
    const char *text = NULL;

    (void)state;
    CHECK_ROWS(rows, plumb_jv_string(&v, 4, &text, &err));
}

static void
names_need_no_quoting_anywhere(void **state)
{
    static const struct row rows[] = {
        { "\"a\"", NULL },
        { "\"9\"", NULL },
        { "\"Az09._+~-\"", NULL },
        { "\"1.0.0~rc1+dfsg-2\"", NULL },
        { "\"\"", "name.form" },
        { "\".\"", "name.form" },
        { "\"..\"", "name.form" },
        { "\"-rf\"", "name.form" },
        { "\"~root\"", "name.form" },
        { "\"_a\"", "name.form" },
        { "\"+a\"", "name.form" },
        { "\"a b\"", "name.form" },
        { "\"a/b\"", "name.form" },
        { "\"a@b\"", "name.form" },
        { "\"a:b\"", "name.form" },
        { "\"a\\n\"", "name.form" },
        { "\"a'\"", "name.form" },
        { "\"a$\"", "name.form" },
        { "\"\xc3\xa9\"", "name.form" },
        { "\"a\xc3\xa9\"", "name.form" },
        { "7", "json.type" },
        { NULL, "json.missing" },
    };
    const char *text = NULL;

    (void)state;
    CHECK_ROWS(rows, plumb_jv_name(&v, &text, &err));
}

static void
names_have_at_most_64_characters(void **state)
{
    char name[PLUMB_NAME_MAX + 2];

    (void)state;
    memset(name, 'a', sizeof name);
    name[PLUMB_NAME_MAX + 1] = '\0';
    assert_false(plumb_name_ok(name));
    name[PLUMB_NAME_MAX] = '\0';
    assert_true(plumb_name_ok(name));
    for (unsigned c = 1; c < 256; c++) {
        char first[] = { (char)c, '\0' }, later[] = { 'a', (char)c, '\0' };
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

        assert_int_equal(plumb_name_ok(first), alnum);
        assert_int_equal(plumb_name_ok(later), alnum || (c < 128 && strchr("._+~-", (int)c)));
    }
}

static void
integers_stay_between_min_and_max(void **state)
{
    static const struct row rows[] = {
        { "-2", NULL },
        { "0", NULL },
        { "5", NULL },
        { "-3", "json.number" },
        { "6", "json.number" },
        { "9223372036854775807", "json.number" },
        { "\"1\"", "json.type" },
        { "1.0", "json.type" },
        { "true", "json.type" },
        { "null", "json.type" },
        { NULL, "json.missing" },
    };
    int64_t n = 0;

    (void)state;
    CHECK_ROWS(rows, plumb_jv_int(&v, -2, 5, &n, &err));
    assert_int_equal(n, 5);
}

static void
booleans_are_true_or_false(void **state)
{
    static const struct row rows[] = {
        { "false", NULL },        { "true", NULL },        { "0", "json.type" },
        { "1", "json.type" },     { "null", "json.type" }, { "\"true\"", "json.type" },
        { NULL, "json.missing" },
    };
    PLUMB_AUTO(plumb_json_auto) json_t *no = json_false();
    struct plumb_jv f = plumb_jv_root(no, NULL);
    struct plumb_err e;
    bool b = false;

    (void)state;
    CHECK_ROWS(rows, plumb_jv_bool(&v, &b, &err));
    assert_true(b);
    assert_ok(plumb_jv_bool(&f, &b, &e), &e);
    assert_false(b);
}

static void
times_are_read_in_their_one_form(void **state)
{
    static const struct row rows[] = {
        { "\"2026-11-24T03:11:32Z\"", NULL },
        { "\"\"", "time.form" },
        { "\"2026-11-24T03:11:32+00:00\"", "time.form" },
        { "\"2026-11-31T03:11:32Z\"", "time.form" },
        { "1795489892", "json.type" },
        { NULL, "json.missing" },
    };
    plumb_time t = 0;

    (void)state;
    CHECK_ROWS(rows, plumb_jv_time(&v, &t, &err));
    assert_int_equal(t, 1795489892);
}

static void
durations_are_read(void **state)
{
    static const struct row rows[] = {
        { "\"P14D\"", NULL },       { "\"\"", "duration.form" }, { "\"P1M\"", "duration.form" },
        { "1209600", "json.type" }, { NULL, "json.missing" },
    };
    int64_t s = 0;

    (void)state;
    CHECK_ROWS(rows, plumb_jv_duration(&v, &s, &err));
    assert_int_equal(s, 1209600);
}

#define HEX62 "00112233445566778899aabbccddeeff00112233445566778899aabbccddee"

static void
digests_are_read(void **state)
{
    static const struct row rows[] = {
        { "\"" HEX62 "ff\"", NULL },
        { "\"" HEX62 "\"", "hex.form" },
        { "\"" HEX62 "FF\"", "hex.form" },
        { "\"" HEX62 "ff0\"", "hex.form" },
        { "\"" HEX62 "ff00\"", "hex.form" },
        { "\"\"", "hex.form" },
        { "7", "json.type" },
        { NULL, "json.missing" },
    };
    struct plumb_digest d = { { 0 } };

    (void)state;
    CHECK_ROWS(rows, plumb_jv_digest(&v, &d, &err));
    assert_int_equal(d.b[30], 0xee);
    assert_int_equal(d.b[31], 0xff);
}

static enum plumb_code
read_base64(const struct plumb_jv *v, size_t max, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes b = { 0 };
    enum plumb_code code = plumb_jv_base64(v, max, &b, err);

    assert_true(code == PLUMB_OK ? b.len > 0 && b.len <= max : b.data == NULL);
    return code;
}

static void
base64_is_read_up_to_max_bytes(void **state)
{
    static const struct row rows[] = {
        { "\"Zg==\"", NULL },
        { "\"Zm9vYg==\"", NULL },              /* 4 bytes */
        { "\"Zm9vYmE=\"", "json.length" },     /* 5: as many groups as 4 */
        { "\"Zm9vYmFy\"", "json.length" },     /* 6 */
        { "\"Zm9vYmFyZg==\"", "json.length" }, /* a group too many */
        { "\"\"", "json.length" },
        { "\"Zg\"", "base64.form" },
        { "\"Zh==\"", "base64.form" },
        { "\"_w==\"", "base64.form" },
        { "7", "json.type" },
        { NULL, "json.missing" },
    };

    (void)state;
    CHECK_ROWS(rows, read_base64(&v, 4, &err));
}

static void
base64_without_memory_leaves_the_result_alone(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *doc = NULL;
    struct plumb_jv root, v = value("\"Zg==\"", &doc, &root);
    struct plumb_bytes b = { (uint8_t *)"kept", 4 };
    struct plumb_err err;

    (void)state;
    scarce_begin(0);
    assert_int_equal(plumb_jv_base64(&v, 4, &b, &err), PLUMB_NO_MEMORY);
    assert_true(scarce_end());
    assert_string_equal(err.rule, "memory");
    assert_string_equal((char *)b.data, "kept");
}

static void
results_are_written_on_success_only(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *doc = NULL;
    struct plumb_jv root, v = value("null", &doc, &root);
    const char *text = "kept";
    bool yes = true;
    int64_t n = 7;
    size_t count = 7;
    struct plumb_digest d = { { 7 } };
    struct plumb_err err;

    (void)state;
    assert_refused("json.type", plumb_jv_string(&v, 9, &text, &err), &err);
    assert_refused("json.type", plumb_jv_name(&v, &text, &err), &err);
    assert_refused("json.type", plumb_jv_bool(&v, &yes, &err), &err);
    assert_refused("json.type", plumb_jv_int(&v, 0, 9, &n, &err), &err);
    assert_refused("json.type", plumb_jv_time(&v, &n, &err), &err);
    assert_refused("json.type", plumb_jv_duration(&v, &n, &err), &err);
    assert_refused("json.type", plumb_jv_array(&v, 0, 9, &count, &err), &err);
    assert_refused("json.type", plumb_jv_digest(&v, &d, &err), &err);
    assert_string_equal(text, "kept");
    assert_true(yes && n == 7 && count == 7 && d.b[0] == 7);
}

static void
nobody_need_take_the_error(void **state)
{
    static const char *const texts[] = { "\"x\"", "null", NULL };

    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *doc = NULL;
        struct plumb_jv root, v = value(texts[i], &doc, &root);
        struct plumb_digest d;
        struct plumb_bytes b = { 0 };
        int64_t n;

        assert_int_equal(plumb_jv_time(&v, &n, NULL), PLUMB_INVALID);
        assert_int_equal(plumb_jv_duration(&v, &n, NULL), PLUMB_INVALID);
        assert_int_equal(plumb_jv_digest(&v, &d, NULL), PLUMB_INVALID);
        assert_int_equal(plumb_jv_base64(&v, 9, &b, NULL), PLUMB_INVALID);
    }
}

static void
closed_objects_have_their_members_and_no_others(void **state)
{
    static const char *const members[] = { "a", "?b", "c", NULL };
    static const struct {
        const char *text, *rule, *where;
    } t[] = {
        { "{\"a\":1,\"c\":1}", NULL, "" },
        { "{\"c\":1,\"b\":1,\"a\":null}", NULL, "" },
        { "{\"a\":1}", "json.missing", "v.c" },
        { "{\"c\":1,\"b\":1}", "json.missing", "v.a" },
        { "{}", "json.missing", "v.a" },
        { "{\"a\":1,\"c\":1,\"d\":1}", "json.unknown", "v.d" },
        { "{\"a\":1,\"c\":1,\"?b\":1}", "json.unknown", "v.?b" },
        { "{\"a\":1,\"c\":1,\"A\":1}", "json.unknown", "v.A" },
        { "{\"a\":1,\"c\":1,\"\":1}", "json.unknown", "v." },
        { "{\"a\":1,\"c\":1,\"aa\":1}", "json.unknown", "v.aa" },
        { "[]", "json.type", "v" },
        { "null", "json.type", "v" },
        { NULL, "json.missing", "v" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(t); i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *doc = NULL;
        struct plumb_jv root, v = value(t[i].text, &doc, &root);
        struct plumb_err err;

        if (t[i].rule == NULL) {
            assert_ok(plumb_jv_closed(&v, members, &err), &err);
            continue;
        }
        assert_refused(t[i].rule, plumb_jv_closed(&v, members, &err), &err);
        assert_string_equal(err.where, t[i].where);
    }
}

static void
a_closed_object_may_have_no_members_at_all(void **state)
{
    static const char *const none[] = { NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *doc = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *doc2 = NULL;
    struct plumb_jv root, empty = value("{}", &doc, &root);
    struct plumb_jv root2, full = value("{\"x\":1}", &doc2, &root2);
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_jv_closed(&empty, none, &err), &err);
    assert_refused("json.unknown", plumb_jv_closed(&full, none, &err), &err);
}

static void
paths_say_how_a_value_is_reached(void **state)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *doc = json_loads("{\"a\":[0,1,2,{\"b\":[[7]]}]}", 0, NULL);
    static const struct {
        const char *name, *root, *leaf;
    } t[] = {
        { NULL, "", "a[3].b[0][0]" },
        { "", "", "a[3].b[0][0]" },
        { "predicate", "predicate", "predicate.a[3].b[0][0]" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(t); i++) {
        struct plumb_jv root = plumb_jv_root(doc, t[i].name);
        struct plumb_jv a = plumb_jv_member(&root, "a"), a3 = plumb_jv_element(&a, 3);
        struct plumb_jv b = plumb_jv_member(&a3, "b"), b0 = plumb_jv_element(&b, 0);
        struct plumb_jv leaf = plumb_jv_element(&b0, 0);
        char path[128], cut[6], one[1] = { 'x' };
        struct plumb_err err;
        int64_t n;

        assert_ok(plumb_jv_int(&leaf, 7, 7, &n, &err), &err);
        plumb_jv_path(&root, path, sizeof path);
        assert_string_equal(path, t[i].root);
        plumb_jv_path(&leaf, path, sizeof path);
        assert_string_equal(path, t[i].leaf);
        plumb_jv_path(&leaf, cut, sizeof cut);
        assert_int_equal(strlen(cut), 5);
        assert_memory_equal(cut, t[i].leaf, 5);
        plumb_jv_path(&leaf, one, sizeof one);
        assert_int_equal(one[0], '\0');
    }
}

static void
what_is_not_there_is_absent_and_never_a_crash(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *doc = json_loads("{\"a\":[1]}", 0, NULL);
    struct plumb_jv root = plumb_jv_root(doc, NULL);
    struct plumb_jv a = plumb_jv_member(&root, "a"), none = plumb_jv_member(&root, "none");
    struct plumb_jv deeper = plumb_jv_member(&none, "x"), e = plumb_jv_element(&deeper, 2);
    struct plumb_err err;
    int64_t n;

    (void)state;
    assert_null(none.json);
    assert_null(deeper.json);
    assert_null(plumb_jv_element(&a, 1).json);
    assert_null(plumb_jv_element(&root, 0).json);
    assert_null(plumb_jv_member(&a, "0").json);
    assert_refused("json.missing", plumb_jv_int(&e, 0, 9, &n, &err), &err);
    assert_string_equal(err.where, "none.x[2]");
}

static void
failing_at_a_value_names_its_path(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *doc = json_loads("{\"a\":[1]}", 0, NULL);
    struct plumb_jv root = plumb_jv_root(doc, NULL), a = plumb_jv_member(&root, "a");
    struct plumb_jv e = plumb_jv_element(&a, 0);
    struct plumb_err err;

    (void)state;
    assert_int_equal(plumb_jv_fail(&e, &err, PLUMB_CONFLICT, "some.rule", "%s %d", "is", 1),
                     PLUMB_CONFLICT);
    assert_int_equal(err.code, PLUMB_CONFLICT);
    assert_string_equal(err.rule, "some.rule");
    assert_string_equal(err.where, "a[0]");
    assert_string_equal(err.msg, "is 1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_have_between_min_and_max_elements),
        cmocka_unit_test(objects_are_objects),
        cmocka_unit_test(strings_have_between_one_and_max_bytes),
        cmocka_unit_test(names_need_no_quoting_anywhere),
        cmocka_unit_test(names_have_at_most_64_characters),
        cmocka_unit_test(integers_stay_between_min_and_max),
        cmocka_unit_test(booleans_are_true_or_false),
        cmocka_unit_test(times_are_read_in_their_one_form),
        cmocka_unit_test(durations_are_read),
        cmocka_unit_test(digests_are_read),
        cmocka_unit_test(base64_is_read_up_to_max_bytes),
        cmocka_unit_test(base64_without_memory_leaves_the_result_alone),
        cmocka_unit_test(results_are_written_on_success_only),
        cmocka_unit_test(nobody_need_take_the_error),
        cmocka_unit_test(closed_objects_have_their_members_and_no_others),
        cmocka_unit_test(a_closed_object_may_have_no_members_at_all),
        cmocka_unit_test(paths_say_how_a_value_is_reached),
        cmocka_unit_test(what_is_not_there_is_absent_and_never_a_crash),
        cmocka_unit_test(failing_at_a_value_names_its_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
