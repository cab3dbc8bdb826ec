/* plumb measure: what it prints, what it refuses, and what must be asked for. */
#include "tests/t.h"

#include <plumb/refval.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/cli/program.h"
#include "tests/pieces.h"

static struct piece piece;

static const char *
write_piece(const char *name)
{
    return in_bytes(name, piece.data, piece.len);
}

static const char *
quote(void)
{
    make_quote(&piece, 4, 2);
    return write_piece("quote");
}

static struct plumb_sets *
sets_of(const json_t *document)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { NULL, 0 };
    struct plumb_sets *sets = NULL;
    struct plumb_err err = { 0 };

    assert_ok(plumb_json_canonical(document, &text, &err), &err);
    assert_ok(plumb_refvals_parse(text.data, text.len, &sets, &err), &err);
    return sets;
}

static void
a_document_comes_out_and_what_was_left_out_beside_it(void **state)
{
    struct ran r = PLUMB("measure", quote());
    json_t *document = ran_json(&r);
    struct plumb_sets *sets = sets_of(document);

    (void)state;
    assert_status(0, &r);
    assert_int_equal(sets->n, 1);
    assert_int_equal(sets->sets[0].tee, PLUMB_TEE_TDX);
    assert_says(r.err, "tdx-quote");
    assert_says(r.err, "report_data      chosen by the guest for each report");
    assert_says(r.err, "mrseam           the platform's");
    assert_says(r.err, "not verified");
    plumb_sets_free(sets);
    json_decref(document);
    ran_clear(&r);
}

static void
with_a_file_to_write_it_goes_there(void **state)
{
    struct ran r = PLUMB("measure", quote(), "-o", in("values"));
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = read_in("values");
    json_t *document = json_loadb((const char *)file.data, file.len, 0, NULL);

    (void)state;
    assert_status(0, &r);
    assert_says(r.out, "report_data");
    assert_string_equal(r.err, "");
    plumb_sets_free(sets_of(document));
    json_decref(document);
    ran_clear(&r);
}

static void
programs_get_all_of_it_in_one_answer(void **state)
{
    struct ran r = PLUMB("measure", "--json", quote());
    json_t *answer = ran_json(&r);
    const json_t *reading = json_array_get(json_object_get(answer, "readings"), 0);
    const json_t *source = json_array_get(json_object_get(answer, "source"), 0);

    (void)state;
    assert_status(0, &r);
    plumb_sets_free(sets_of(json_object_get(answer, "referenceValues")));
    assert_string_equal("tdx-quote", json_string_value(json_object_get(reading, "kind")));
    assert_true(json_array_size(json_object_get(reading, "leftOut")) >= 5);
    assert_int_equal(0, json_array_size(json_object_get(reading, "warnings")));
    assert_true(
        json_equal(json_object_get(source, "digest"), json_object_get(reading, "digest")));
    assert_true(json_is_false(json_object_get(source, "verified")));
    json_decref(answer);
    ran_clear(&r);
}

static void
what_should_never_be_approved_needs_a_flag(void **state)
{
    struct ran r;

    (void)state;
    make_quote(&piece, 4, 2);
    piece.data[48 + 120] |= 1;
    (void)write_piece("debug");
    assert_plumb_refused("measure.debug", 1, "measure", in("debug"));
    assert_plumb_refused("measure.debug", 1, "measure", in("debug"), "--allow", "debug-free");
    r = PLUMB("measure", in("debug"), "--allow", "debug");
    assert_status(0, &r);
    assert_says(r.err, "WARNING (debug)");
    ran_clear(&r);

    piece.len = 0;
    put(&piece, "MZ", 2);
    make_sigstruct(&piece, 4, UINT64_C(0xfffffffffffffffd));
    (void)write_piece("free.exe");
    assert_plumb_refused("measure.debug-free", 1, "measure", in("free.exe"));
    assert_plumb(0, "measure", in("free.exe"), "--allow", "debug-free");

    make_nitro(&piece, 0, 0, 0);
    (void)write_piece("zero.cbor");
    assert_plumb_refused("measure.debug", 1, "measure", in("zero.cbor"));
    assert_plumb_refused("measure.empty", 1, "measure", in("zero.cbor"), "--allow", "debug");
    assert_plumb(2, "measure", in("debug"), "--allow", "everything");
}

static void
a_root_store_is_shown_so_that_people_can_read_it(void **state)
{
    struct ran r;

    (void)state;
    piece.len = 0;
    put_certificate(&piece, "Our Root");
    (void)write_piece("roots.pem");
    r = PLUMB("measure", in("roots.pem"));
    assert_status(0, &r);
    assert_string_equal(r.out, "");
    assert_says(r.err, "until 2030-01-01T00:00:00Z  CN=Our Root  (EC 256)");
    assert_says(r.err, "--covers");
    ran_clear(&r);
}

static void
two_root_stores_differ_by_their_certificates(void **state)
{
    struct piece one = { .len = 0 }, two = { .len = 0 };
    json_t *json;
    struct ran r;

    (void)state;
    put_certificate(&one, "Old Root");
    put_certificate(&two, "New Root");
    piece.len = 0;
    put_certificate(&piece, "Kept Root");
    put(&one, piece.data, piece.len);
    put(&two, piece.data, piece.len);
    (void)in_bytes("old.pem", one.data, one.len);
    (void)in_bytes("new.pem", two.data, two.len);
    r = PLUMB("evidence", "diff", in("old.pem"), in("new.pem"));
    assert_status(0, &r);
    assert_says(r.out, "- CN=Old Root  (EC 256, until 2030-01-01T00:00:00Z)");
    assert_says(r.out, "+ CN=New Root  (EC 256, until 2030-01-01T00:00:00Z)");
    assert_null(strstr(r.out, "Kept"));
    ran_clear(&r);
    r = PLUMB("--json", "evidence", "diff", in("old.pem"), in("old.pem"));
    assert_status(0, &r);
    json = ran_json(&r);
    assert_int_equal(json_array_size(json), 0);
    json_decref(json);
    ran_clear(&r);
}

#define BILL(rest)                                                                             \
    "{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[" rest "]}"
#define PART(name, version)                                                                    \
    "{\"type\":\"library\",\"name\":\"" name "\",\"version\":\"" version "\",\"purl\":"        \
    "\"pkg:npm/" name "@" version "\"}"

static void
two_bills_of_materials_differ_by_their_components(void **state)
{
    static const char one[] = BILL(PART("a", "1") "," PART("b", "1") "," PART("c", "1"));
    static const char two[] = BILL(PART("a", "2") "," PART("c", "1") "," PART("d", "1"));
    json_t *json, *first;
    struct ran r;

    (void)state;
    (void)in_bytes("old.json", one, sizeof one - 1);
    (void)in_bytes("new.json", two, sizeof two - 1);
    (void)in_bytes("no.json", "{}", 2);
    r = PLUMB("evidence", "diff", in("old.json"), in("new.json"));
    assert_status(0, &r);
    assert_string_equal(r.out, "~ a  1 -> 2\n    pkg:npm/a@2\n- b  1\n    pkg:npm/b@1\n+ d  1\n"
                               "    pkg:npm/d@1\n");
    ran_clear(&r);
    r = PLUMB("--json", "evidence", "diff", in("old.json"), in("new.json"));
    assert_status(0, &r);
    json = ran_json(&r);
    assert_int_equal(json_array_size(json), 3);
    first = json_array_get(json, 0);
    assert_string_equal(json_string_value(json_object_get(first, "change")), "changed");
    assert_string_equal(json_string_value(json_object_get(first, "from")), "1");
    assert_string_equal(json_string_value(json_object_get(first, "to")), "2");
    json_decref(json);
    ran_clear(&r);
    r = PLUMB("evidence", "diff", in("old.json"), in("old.json"));
    assert_status(0, &r);
    assert_string_equal(r.out, "nothing changed\n");
    ran_clear(&r);
    assert_plumb_refused("sbom.format", 1, "evidence", "diff", in("old.json"), in("no.json"));
    (void)in_bytes("empty.json", "", 0);
    assert_plumb_refused("json.syntax", 1, "evidence", "diff", in("empty.json"),
                         in("new.json"));
}

/* Its path, with what covers it, is one argument. */
static void
a_set_says_what_it_covers(void **state)
{
    char spec[256];
    struct ran r;

    (void)state;
    (void)quote();
    (void)snprintf(spec, sizeof spec, "rtmr2:config=%s", in_bytes("config", "strict\n", 7));
    r = PLUMB("measure", in("quote"), "--covers", spec);
    assert_status(0, &r);
    assert_says(r.out, "\"kind\": \"config\"");
    assert_says(r.err, "covered by rtmr2");
    ran_clear(&r);
    assert_plumb_refused("measure.covers", 1, "measure", in("quote"), "--covers", "rtmr2");
}

static void
what_is_no_evidence_is_refused_by_name(void **state)
{
    struct ran r = PLUMB("measure", in_bytes("words", "no quote", 8));

    (void)state;
    assert_status(1, &r);
    assert_string_equal(r.out, "");
    assert_says(r.err, "words: ");
    assert_says(r.err, "evidence.unknown");
    ran_clear(&r);
    assert_plumb_refused("file.open", 1, "measure", in("nothing at all"));
    assert_plumb(2, "measure");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_comes_out_and_what_was_left_out_beside_it),
        cmocka_unit_test(with_a_file_to_write_it_goes_there),
        cmocka_unit_test(programs_get_all_of_it_in_one_answer),
        cmocka_unit_test(what_should_never_be_approved_needs_a_flag),
        cmocka_unit_test(a_root_store_is_shown_so_that_people_can_read_it),
        cmocka_unit_test(two_root_stores_differ_by_their_certificates),
        cmocka_unit_test(two_bills_of_materials_differ_by_their_components),
        cmocka_unit_test(a_set_says_what_it_covers),
        cmocka_unit_test(what_is_no_evidence_is_refused_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
