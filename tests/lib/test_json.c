/* The profile: what is let in, what is refused and where, and the canonical form. */
#include "tests/t.h"

#include <plumb/json.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/scarce.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define MAX      4096

static enum plumb_code
load(const char *text, json_t **ret, struct plumb_err *err)
{
    return plumb_json_load(text, strlen(text), MAX, PLUMB_JSON_DEPTH, ret, err);
}

/* The canonical text of each. */
static void
documents_in_the_profile_are_read_and_written_canonically(void **state)
{
    static const struct {
        const char *text, *canonical;
    } t[] = {
        { "{}", "{}" },
        { " [ ] \n", "[]" },
        { "\t{ \"b\" : 1 ,\r\n \"a\" : [ true , false , null ] }",
          "{\"a\":[true,false,null],\"b\":1}" },
        { "\"top\"", "\"top\"" },
        { "7", "7" },
        { "null", "null" },
        { "[0,-1,9007199254740991,-9007199254740991]",
          "[0,-1,9007199254740991,-9007199254740991]" },
        { "[-0]", "[0]" },
        { "{\"\":0}", "{\"\":0}" },
        /* sorted as bytes, shorter first */
        { "{\"b\":0,\"aa\":0,\"a\":0,\"B\":0,\"10\":0,\"2\":0,\"1\":0,\"~\":0,\" \":0,\"_\":0}",
          "{\" "
          "\":0,\"1\":0,\"10\":0,\"2\":0,\"B\":0,\"_\":0,\"a\":0,\"aa\":0,\"b\":0,\"~\":0}" },
        /* RFC 8785 section 3.2.2, what of it is inside the profile */
        { "{\"string\":\"\\u20ac$'\\u0042\\u0022\\u005c\\\\\\\"\\/\","
          "\"literals\":[null, true, false]}",
          "{\"literals\":[null,true,false],\"string\":\"\xe2\x82\xac$'B\\\"\\\\\\\\\\\"/\"}" },
        /* its section 3.2.3 sorts inside as outside, and arrays not at all */
        { "[{\"peach\":{\"z\":3,\"y\":[2,1]},\"Peach\":2}]",
          "[{\"Peach\":2,\"peach\":{\"y\":[2,1],\"z\":3}}]" },
        /* an escape in a key is gone once it is read */
        { "{\"\\u0061\\\"\\\\\\/\":0}", "{\"a\\\"\\\\/\":0}" },
        /* the neighbours of all that is refused: space, ~, U+0080, U+2027, U+202A, U+10FFFF */
        { "[\" ~\\u0080\\u2027\\u202a\\udbff\\udfff\"]",
          "[\" ~\xc2\x80\xe2\x80\xa7\xe2\x80\xaa\xf4\x8f\xbf\xbf\"]" },
        { "[\"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\"]",
          "[\"\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\xf0\x90\x80\x80\"]" },
        { "[\"[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[\\\\\"]",
          "[\"[[[[[[[[[[[[[[[[[[\\\"[[[[[[[[\\\\\"]" },
    };
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < COUNT(t); i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
        PLUMB_AUTO(plumb_json_auto) json_t *again = NULL;
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes b = { 0 };
        struct plumb_digest d, want;

        assert_ok(load(t[i].text, &json, &err), &err);
        assert_ok(plumb_json_canonical(json, &b, &err), &err);
        assert_string_equal((char *)b.data, t[i].canonical);
        assert_int_equal(b.len, strlen(t[i].canonical));
        assert_ok(plumb_json_digest(json, &d, &err), &err);
        plumb_sha256(b.data, b.len, &want);
        assert_true(plumb_digest_eq(&d, &want));
        assert_ok(plumb_json_load_canonical(b.data, b.len, b.len, &again, &err), &err);
        assert_true(json_equal(json, again));
    }
}

static void
every_printable_character_is_written_as_rfc_8785_does(void **state)
{
    struct plumb_err err;

    (void)state;
    for (unsigned c = 0x20; c < 0x7f; c++) {
        PLUMB_AUTO(plumb_json_auto) json_t *json = json_pack("[s#]", &(char){ (char)c }, 1);
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes b = { 0 };
        char want[8];

        (void)snprintf(want, sizeof want, c == '"' || c == '\\' ? "[\"\\%c\"]" : "[\"%c\"]",
                       (int)c);
        assert_ok(plumb_json_canonical(json, &b, &err), &err);
        assert_string_equal((char *)b.data, want);
    }
}

static const struct {
    const char *text, *rule, *where;
} refusals[] = {
    { "", "json.syntax", "" },
    { " ", "json.syntax", "" },
    { "{", "json.syntax", "" },
    { "[1", "json.syntax", "[0]" },
    { "{\"a\":[1,{\"b\":[", "json.syntax", "a[1].b[0]" },
    { "[1,]", "json.syntax", "[1]" },
    { "[1 2]", "json.syntax", "[0]" },
    { "{} {}", "json.syntax", "" },
    { "{}x", "json.syntax", "" },
    { "]", "json.syntax", "" },
    { "{]", "json.syntax", "" },
    { "\xef\xbb\xbf{}", "json.syntax", "" },
    { "{\"a\":1,}", "json.syntax", "" },
    { "{\"a\":{\"b\":1,,}}", "json.syntax", "a" },
    { "{\"a\" 1}", "json.syntax", "a" },
    { "{\"a\":}", "json.syntax", "a" },
    { "{a:1}", "json.syntax", "" },
    { "{'a':1}", "json.syntax", "" },
    { "{1:1}", "json.syntax", "" },
    { "{\"a\":[0,1,2,{\"b\":tru}]}", "json.syntax", "a[3].b" },
    { "{\"a\":[0,1,2,{\"b\":True}]}", "json.syntax", "a[3].b" },
    { "[NaN]", "json.syntax", "[0]" },
    { "[Infinity]", "json.syntax", "[0]" },
    { "[+1]", "json.syntax", "[0]" },
    { "[.5]", "json.syntax", "[0]" },
    { "[0x10]", "json.syntax", "[0]" },
    { "{\"a\":01}", "json.syntax", "a" },
    { "{\"a\\\"]b\":[\"\\\"]\",{\"\\\\\":01}]}", "json.syntax", "a\\\"]b[1].\\\\" },
    { "{\"a\":-01}", "json.syntax", "a" },
    { "{\"a\":-}", "json.syntax", "a" },
    { "[1.]", "json.syntax", "[0]" },
    { "[1e]", "json.syntax", "[0]" },
    { "[1] // comment", "json.syntax", "" },
    { "{\"a\":\"b", "json.syntax", "a" },
    { "{\"a\":\"\\x\"}", "json.syntax", "a" },
    { "{\"a\":\"\\u12g4\"}", "json.syntax", "a" },
    { "{\"a\":\"tab\there\"}", "json.syntax", "a" },
    { "{\"a\":\"line\nhere\"}", "json.syntax", "a" },

    { "{\"a\":1,\"a\":1}", "json.duplicate-key", "a" },
    { "{\"a\":1,\"b\":2,\"\\u0061\":1}", "json.duplicate-key", "\\u0061" },
    { "{\"x\":[{},{\"y\":{\"k\":{},\"k\":[]}}]}", "json.duplicate-key", "x[1].y.k" },
    { "{\"\":1,\"\":1}", "json.duplicate-key", "" },

    { "1.0", "json.number", "" },
    { "[0,0.5]", "json.number", "[1]" },
    { "{\"a\":{\"b\":1e2}}", "json.number", "a.b" },
    { "[-0.0]", "json.number", "[0]" },
    { "[1E400]", "json.number", "[0]" },
    { "[-1E400]", "json.number", "[0]" },
    { "[1e-400]", "json.number", "[0]" },
    { "{\"a\":9007199254740992}", "json.number", "a" },
    { "{\"a\":-9007199254740992}", "json.number", "a" },
    { "{\"a\":[9223372036854775807]}", "json.number", "a[0]" },
    { "{\"a\":[-9223372036854775808]}", "json.number", "a[0]" },
    { "{\"a\":[1,9223372036854775808]}", "json.number", "a[1]" },
    { "{\"a\":[1,-9223372036854775809]}", "json.number", "a[1]" },
    { "[99999999999999999999999999999999999999999999]", "json.number", "[0]" },

    { "{\"a\":[\"\\u0000\"]}", "json.string", "a[0]" },
    { "{\"a\":\"x\\u0001\"}", "json.string", "a" },
    { "\"\\n\"", "json.string", "" },
    { "[\"\",\"\\t\"]", "json.string", "[1]" },
    { "[\"\\b\"]", "json.string", "[0]" },
    { "[\"\\u001F\"]", "json.string", "[0]" },
    { "[\"\\u007f\"]", "json.string", "[0]" },
    { "[\"\x7f\"]", "json.string", "[0]" },
    { "[\"\\u2028\"]", "json.string", "[0]" },
    { "[\"\\u2029\"]", "json.string", "[0]" },
    { "[\"x\xe2\x80\xa8\"]", "json.string", "[0]" },
    { "[\"\xe2\x80\xa9x\"]", "json.string", "[0]" },
    { "{\"a\":\"\\ud800\"}", "json.string", "a" },
    { "{\"a\":\"\\udc00\"}", "json.string", "a" },
    { "{\"a\":\"\\ud800x\"}", "json.string", "a" },
    { "{\"a\":\"\\ud800\\ud800\"}", "json.string", "a" },
    { "{\"a\":\"\\udfff\\ud800\"}", "json.string", "a" },
    { "{\"a\":\"\xff\"}", "json.string", "a" },
    { "{\"a\":\"\xc0\x80\"}", "json.string", "a" },
    { "{\"a\":\"\xe0\x80\xaf\"}", "json.string", "a" },
    { "{\"a\":\"\xed\xa0\x80\"}", "json.string", "a" },
    { "{\"a\":\"\xf4\x90\x80\x80\"}", "json.string", "a" },
    { "{\"a\":\"\xe2\x82\"}", "json.string", "a" },

    { "{\"\\u0000\":1}", "json.string", "\\u0000" },
    { "{\"\xc3\xa9\":1}", "json.key", "??" },
    { "{\"a\":{\"\\u00e9\":1}}", "json.key", "a.??" },
    { "{\"a\\n\":1}", "json.key", "a?" },
    { "[{\"\\u007f\":1}]", "json.key", "[0].?" },
    { "[{\"a\xe2\x80\xa8\":1}]", "json.key", "[0].a???" },
};

static void
what_is_outside_the_profile_is_refused_by_its_rule_and_where_it_is(void **state)
{
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < COUNT(refusals); i++) {
        json_t *json = NULL;

        assert_refused(refusals[i].rule, load(refusals[i].text, &json, &err), &err);
        assert_int_equal(err.code, PLUMB_INVALID);
        if (strcmp(err.where, refusals[i].where) != 0)
            fail_msg("%s: at \"%s\", want \"%s\"", refusals[i].text, err.where,
                     refusals[i].where);
        assert_null(json);
        assert_int_equal(load(refusals[i].text, &json, NULL), PLUMB_INVALID);
    }
}

static void
nul_bytes_are_no_end_of_a_document(void **state)
{
    struct plumb_err err;
    json_t *json = NULL;

    (void)state;
    assert_refused("json.syntax", plumb_json_load("{}\0", 3, MAX, 16, &json, &err), &err);
    assert_refused("json.syntax", plumb_json_load("[\0]", 3, MAX, 16, &json, &err), &err);
    assert_refused("json.syntax", plumb_json_load("[\"\0\"]", 5, MAX, 16, &json, &err), &err);
    assert_refused("json.syntax", plumb_json_load(NULL, 0, MAX, 16, &json, &err), &err);
    assert_null(json);
}

static void
size_is_at_most_what_the_caller_says(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_err err;

    (void)state;
    assert_refused("json.size", plumb_json_load("[1,2]", 5, 4, 16, &json, &err), &err);
    assert_int_equal(err.code, PLUMB_TOO_LARGE);
    assert_null(json);
    assert_ok(plumb_json_load("[1,2]", 5, 5, 16, &json, &err), &err);
}

static void
depth_is_at_most_what_the_caller_says(void **state)
{
    static const struct {
        const char *text;
        unsigned depth;
    } t[] = {
        { "7", 0 },
        { "[]", 1 },
        { "{\"a\":[{}]}", 3 },
        { "[[],[[]],{}]", 3 },
        { "[\"[[[[\",\"\\\"[[\",\"\\\\\",{}]", 2 },
        { "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]", 16 },
    };
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < COUNT(t); i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
        size_t len = strlen(t[i].text);

        if (t[i].depth > 0)
            assert_refused("json.depth",
                           plumb_json_load(t[i].text, len, MAX, t[i].depth - 1, &json, &err),
                           &err);
        assert_null(json);
        assert_ok(plumb_json_load(t[i].text, len, MAX, t[i].depth, &json, &err), &err);
    }
}

/* Deep enough to end the process of whoever recurses. */
static void
hostile_depth_is_refused_before_anything_recurses(void **state)
{
    const size_t len = 1000000;
    PLUMB_AUTO(auto_free) char *text = malloc(len);
    struct plumb_err err;
    json_t *json = NULL;

    (void)state;
    assert_non_null(text);
    memset(text, '[', len);
    assert_refused("json.depth", plumb_json_load(text, len, len, 16, &json, &err), &err);
    for (size_t i = 0; i + 5 <= len; i += 5)
        memcpy(text + i, "{\"a\":", 5);
    assert_refused("json.depth", plumb_json_load(text, len, len, 16, &json, &err), &err);
    assert_null(json);
}

static void
paths_too_deep_or_too_long_to_tell_are_cut(void **state)
{
    struct plumb_err err;
    char text[2000] = "";
    json_t *json = NULL;

    (void)state;
    for (size_t i = 0; i < 100; i++)
        strcat(text, "[");
    assert_refused("json.syntax",
                   plumb_json_load(text, strlen(text), sizeof text, 100, &json, &err), &err);
    assert_memory_equal(err.where, "[0][0][0]", 9);
    text[0] = '\0';
    for (size_t i = 0; i < 4; i++) {
        strcat(text, "{\"");
        memset(text + strlen(text), 'k', 100);
        strcat(text, "\":");
    }
    assert_refused("json.syntax",
                   plumb_json_load(text, strlen(text), sizeof text, 100, &json, &err), &err);
    assert_int_equal(strlen(err.where), sizeof err.where - 1);
    strcat(text, "1.5}}}}");
    assert_refused("json.number",
                   plumb_json_load(text, strlen(text), sizeof text, 100, &json, &err), &err);
    assert_int_equal(strlen(err.where), sizeof err.where - 1);
    assert_null(json);
}

static void
a_text_that_is_not_canonical_is_refused_where_it_differs(void **state)
{
    static const struct {
        const char *text, *where;
    } t[] = {
        { " {}", "" },
        { "{}\n", "" },
        { "{\"a\":{\"b\": 1}}", "a.b" },
        { "{\"a\":1,\"c\":3,\"b\":2}", "c" },
        { "[1, 2]", "[1]" },
        { "[-0]", "[0]" },
        { "{\"k\":\"\\u0041\"}", "k" },
        { "{\"k\":\"\\/\"}", "k" },
        { "{\"k\":\"\\u00E9\"}", "k" },
    };
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < COUNT(t); i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
        json_t *none = NULL;
        size_t len = strlen(t[i].text);

        assert_refused("json.canonical",
                       plumb_json_load_canonical(t[i].text, len, MAX, &none, &err), &err);
        assert_null(none);
        if (strcmp(err.where, t[i].where) != 0)
            fail_msg("%s: at \"%s\", want \"%s\"", t[i].text, err.where, t[i].where);
        assert_ok(load(t[i].text, &json, &err), &err);
    }
}

static void
loading_canonically_keeps_the_other_rules(void **state)
{
    static const char deep[] = "[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"; /* 17 */
    struct plumb_err err;
    json_t *json = NULL;

    (void)state;
    assert_refused("json.size", plumb_json_load_canonical("[]", 2, 1, &json, &err), &err);
    assert_refused("json.depth",
                   plumb_json_load_canonical(deep, sizeof deep - 1, MAX, &json, &err), &err);
    assert_refused("json.number", plumb_json_load_canonical("[1.0]", 5, MAX, &json, &err),
                   &err);
    assert_null(json);
}

static void
what_is_built_outside_the_profile_has_no_canonical_text(void **state)
{
    struct {
        json_t *json;
        const char *rule, *where;
    } t[] = {
        { json_pack("{s:f}", "a", 1.5), "json.number", "a" },
        { json_pack("[I]", (json_int_t)9007199254740992), "json.number", "[0]" },
        { json_pack("{s:[s]}", "a", "\x01"), "json.string", "a[0]" },
        { json_pack("[s#]", "a\0b", 3), "json.string", "[0]" },
        { json_pack("{s:i}", "\xc3\xa9", 1), "json.key", "??" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(t); i++) {
        struct plumb_bytes b = { (uint8_t *)"kept", 4 };
        struct plumb_digest d = { { 7 } };
        struct plumb_err err;

        assert_non_null(t[i].json);
        assert_refused(t[i].rule, plumb_json_canonical(t[i].json, &b, &err), &err);
        assert_string_equal(err.where, t[i].where);
        assert_string_equal((char *)b.data, "kept");
        assert_refused(t[i].rule, plumb_json_digest(t[i].json, &d, &err), &err);
        assert_int_equal(d.b[0], 7);
        json_decref(t[i].json);
    }
}

static void
a_document_that_could_not_be_built_is_out_of_memory(void **state)
{
    struct plumb_bytes b = { 0 };
    struct plumb_err err;

    (void)state;
    assert_int_equal(plumb_json_canonical(NULL, &b, &err), PLUMB_NO_MEMORY);
    assert_null(b.data);
}

static const char scarce_text[] = "{\"a\":[1,2,3,4,5,6,7,8,9,{\"c\":\"text\"}],\"b\":{\"d\":"
                                  "null,\"e\":-7},\"f\":\"\xc3\xa9\"}";

/* Of a few allocations jansson says that the text was bad; but it is always refused. Where it
 * was one of the quick way's, the other way has memory again. */
static void
loading_survives_every_allocation_that_fails(void **state)
{
    size_t n = 0, said = 0;

    (void)state;
    for (;; n++) {
        PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
        struct plumb_err err = { 0 };
        enum plumb_code code;

        scarce_begin(n);
        code = plumb_json_load_canonical(scarce_text, sizeof scarce_text - 1, MAX, &json, &err);
        if (!scarce_end()) {
            assert_ok(code, &err);
            break;
        }
        if (code == PLUMB_OK) {
            PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes b = { 0 };

            assert_ok(plumb_json_canonical(json, &b, &err), &err);
            assert_string_equal((char *)b.data, scarce_text);
            continue;
        }
        assert_null(json);
        assert_true(err.rule[0] != '\0');
        assert_true(code == PLUMB_NO_MEMORY || code == PLUMB_INVALID);
        said += code == PLUMB_NO_MEMORY;
    }
    assert_true(n > 40 && said > n / 4);
}

static void
canonical_text_and_digest_survive_every_allocation_that_fails(void **state)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_err err;
    size_t n = 0;

    (void)state;
    assert_ok(load(scarce_text, &json, &err), &err);
    for (;; n++) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes b = { 0 };
        enum plumb_code code;

        scarce_begin(n);
        code = plumb_json_canonical(json, &b, &err);
        if (!scarce_end()) {
            assert_ok(code, &err);
            assert_string_equal((char *)b.data, scarce_text);
            break;
        }
        assert_int_equal(code, PLUMB_NO_MEMORY);
        assert_null(b.data);
    }
    assert_true(n > 2);
    for (size_t i = 0; i < n; i++) {
        struct plumb_digest d = { { 7 } };
        enum plumb_code code;

        scarce_begin(i);
        code = plumb_json_digest(json, &d, &err);
        assert_true(scarce_end());
        assert_int_equal(code, PLUMB_NO_MEMORY);
        assert_int_equal(d.b[0], 7);
    }
}

static void
json_of_others_may_be_outside_the_profile(void **state)
{
    static const char *const read[] = {
        "{}",
        "{\"a\":1.5,\"b\":1e3,\"c\":-9223372036854775808}",
        "{\"\xc3\xa9\":\"\\u0001\\u2028\"}",
        " {\"a\" : [ null ] } ",
    };
    static const struct {
        const char *text, *rule;
    } refused[] = {
        { "", "json.syntax" },
        { "[]", "json.type" },
        { "1", "json.type" },
        { "{\"a\":1,\"a\":2}", "json.duplicate-key" },
        { "{\"a\":{\"b\":1,\"\\u0062\":2}}", "json.duplicate-key" },
        { "{\"a\":\"\\u0000\"}", "json.string" },
        { "{\"a\":\"\\ud800\"}", "json.string" },
        { "{\"a\":\"\xff\"}", "json.string" },
        { "{\"a\":1e999}", "json.number" },
        { "{\"a\":99999999999999999999}", "json.number" },
        { "{} {}", "json.syntax" },
    };
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof read / sizeof read[0]; i++) {
        json_t *json = NULL;

        assert_ok(plumb_json_load_foreign(read[i], strlen(read[i]), 100, &json, &err), &err);
        json_decref(json);
    }
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        const char *text = refused[i].text;
        json_t *json = NULL;

        assert_refused(refused[i].rule,
                       plumb_json_load_foreign(text, strlen(text), 100, &json, &err), &err);
        assert_null(json);
    }
    assert_refused("json.size", plumb_json_load_foreign("{   }", 5, 4, NULL, &err), &err);
}

static void
json_of_others_costs_no_more_memory_than_it_may(void **state)
{
    static const struct {
        const char *piece;
        size_t n;
        const char *rule;
    } cases[] = {
        { "1,", PLUMB_JSON_VALUES - 16, NULL },
        { "1,", PLUMB_JSON_VALUES, "json.values" },
        { "{},", PLUMB_JSON_VALUES / 5 - 16, NULL },
        { "{},", PLUMB_JSON_VALUES / 5, "json.values" },
        { "\"[[{{,,\",", 1000000, NULL },
        { "[", PLUMB_JSON_FOREIGN_DEPTH, "json.depth" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const size_t step = strlen(cases[i].piece), len = 6 + step * cases[i].n + 3;
        char *text = malloc(len + 1);
        struct plumb_err err = { 0 };
        json_t *json = NULL;
        enum plumb_code code;

        assert_non_null(text);
        memcpy(text, "{\"a\":[", 6);
        for (size_t k = 0; k < cases[i].n; k++)
            memcpy(text + 6 + k * step, cases[i].piece, step);
        memcpy(text + len - 3, "1]}", 4);
        code = plumb_json_load_foreign(text, len, len, &json, &err);
        if (cases[i].rule == NULL)
            assert_ok(code, &err);
        else
            assert_refused(cases[i].rule, code, &err);
        json_decref(json);
        free(text);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_in_the_profile_are_read_and_written_canonically),
        cmocka_unit_test(every_printable_character_is_written_as_rfc_8785_does),
        cmocka_unit_test(what_is_outside_the_profile_is_refused_by_its_rule_and_where_it_is),
        cmocka_unit_test(nul_bytes_are_no_end_of_a_document),
        cmocka_unit_test(size_is_at_most_what_the_caller_says),
        cmocka_unit_test(depth_is_at_most_what_the_caller_says),
        cmocka_unit_test(hostile_depth_is_refused_before_anything_recurses),
        cmocka_unit_test(paths_too_deep_or_too_long_to_tell_are_cut),
        cmocka_unit_test(a_text_that_is_not_canonical_is_refused_where_it_differs),
        cmocka_unit_test(loading_canonically_keeps_the_other_rules),
        cmocka_unit_test(what_is_built_outside_the_profile_has_no_canonical_text),
        cmocka_unit_test(a_document_that_could_not_be_built_is_out_of_memory),
        cmocka_unit_test(json_of_others_may_be_outside_the_profile),
        cmocka_unit_test(json_of_others_costs_no_more_memory_than_it_may),
        cmocka_unit_test(loading_survives_every_allocation_that_fails),
        cmocka_unit_test(canonical_text_and_digest_survive_every_allocation_that_fails),
    };

    scarce_jansson();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
