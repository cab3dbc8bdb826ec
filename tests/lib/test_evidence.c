/* Quotes, reports, SIGSTRUCTs of our own making, and what holds of every kind: what is read,
 * and what is refused. */
#include "tests/t.h"

#include <plumb/evidence.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/lib/reading.h"
#include "tests/scarce.h"

static struct piece piece, other;

/* --- quotes --- */

static void
quotes_of_every_version_and_body_are_read(void **state)
{
    static const struct {
        unsigned version, body;
        enum plumb_evidence_kind kind;
        const char *name, *value;
    } cases[] = {
        { 3, 1, PLUMB_EVIDENCE_SGX_QUOTE, "mrenclave", "1111" },
        { 4, 1, PLUMB_EVIDENCE_SGX_QUOTE, "mrsigner", "2222" },
        { 5, 1, PLUMB_EVIDENCE_SGX_QUOTE, "isvprodid", "0201" },
        { 4, 2, PLUMB_EVIDENCE_TDX_QUOTE, "mrtd", "4444" },
        { 5, 2, PLUMB_EVIDENCE_TDX_QUOTE, "rtmr1", "5151" },
        { 5, 3, PLUMB_EVIDENCE_TDX_QUOTE, "mrservicetd", "0000" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_evidence *e;

        make_quote(&piece, cases[i].version, cases[i].body);
        e = read_piece(&piece);
        assert_int_equal(e->n, 1);
        assert_int_equal(e->readings[0].kind, cases[i].kind);
        assert_int_equal(e->readings[0].warnings, 0);
        assert_claim(&e->readings[0], cases[i].name, cases[i].value);
        plumb_evidence_free(e);
    }
}

static void
what_is_the_platforms_or_the_sessions_is_left_out_of_the_set(void **state)
{
    struct plumb_evidence *e;
    const struct plumb_reading *r;

    (void)state;
    make_quote(&piece, 3, 1);
    e = read_piece(&piece);
    r = &e->readings[0];
    assert_null(plumb_claims_find(&r->claims, "report_data"));
    assert_non_null(plumb_claims_find(&r->claims, "cpusvn"));
    assert_true(left_out(r, "report_data") && left_out(r, "cpusvn") && left_out(r, "xfrm"));
    for (size_t i = 0; i < r->set.n; i++)
        assert_true(r->set.measurements[i].kind->role <= PLUMB_ROLE_QUALIFIER);
    assert_int_equal(asked(r, "isvsvn")->min, 0x0304);
    plumb_evidence_free(e);
}

static void
a_set_never_asks_which_registers_a_processor_has(void **state)
{
    struct plumb_evidence *e;
    const struct plumb_measurement *m;

    (void)state;
    make_quote(&piece, 3, 1);
    e = read_piece(&piece);
    m = asked(&e->readings[0], "attributes");
    assert_int_equal(m->match, PLUMB_MATCH_MASK);
    assert_memory_equal(m->mask, "\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0", 16);
    plumb_evidence_free(e);
}

static void
debug_mode_is_warned_of_and_never_asked_for(void **state)
{
    static const struct {
        unsigned version, body;
        size_t at;
        const char *name;
    } cases[] = {
        { 3, 1, 48 + 48, "attributes" },
        { 4, 2, 48 + 120, "tdattributes" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_evidence *e;
        const struct plumb_measurement *m;
        const char *name = NULL;

        make_quote(&piece, cases[i].version, cases[i].body);
        piece.data[cases[i].at] |= cases[i].body == 1 ? 2 : 1;
        e = read_piece(&piece);
        m = asked(&e->readings[0], cases[i].name);
        assert_int_equal(e->readings[0].warnings, DEBUG_BIT);
        assert_true(plumb_claims_debug(&e->readings[0].claims, &name));
        assert_false(plumb_measurement_debug(m->kind, m->value, m->mask, m->len));
        plumb_evidence_free(e);
    }
}

static void
quotes_that_lie_are_refused(void **state)
{
    static const struct {
        unsigned version, body;
        size_t at;
        uint64_t value;
        size_t len;
        const char *rule;
    } cases[] = {
        { 3, 1, 0, 2, 2, "quote.version" },
        { 3, 1, 0, 6, 2, "quote.version" },
        { 3, 1, 2, 1, 2, "quote.key" },
        { 3, 1, 4, 0x81, 4, "quote.tee" },
        { 4, 2, 4, 0x82, 4, "quote.tee" },
        { 3, 1, 432, 17, 4, "quote.length" },
        { 3, 1, 432, 0xffffffff, 4, "quote.length" },
        { 3, 1, 432, 0, 4, "quote.length" },
        { 3, 1, 432, 15, 4, "quote.trailing" },
        { 5, 1, 48, 0, 2, "quote.body" },
        { 5, 1, 48, 4, 2, "quote.body" },
        { 5, 1, 48, 2, 2, "quote.body" },
        { 5, 3, 48, 1, 2, "quote.body" },
        { 5, 3, 50, 584, 4, "quote.body" },
        { 5, 3, 50, 0xffffffff, 4, "quote.body" },
        { 5, 2, 48, 3, 2, "quote.body" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_quote(&piece, cases[i].version, cases[i].body);
        set_le(&piece, cases[i].at, cases[i].value, cases[i].len);
        assert_piece_refused(cases[i].rule, &piece);
    }
}

static void
zeros_behind_a_quote_are_the_rest_of_its_buffer(void **state)
{
    (void)state;
    make_quote(&piece, 4, 2);
    put_zeros(&piece, 1000);
    plumb_evidence_free(read_piece(&piece));
    piece.data[piece.len - 1] = 1;
    assert_piece_refused("quote.trailing", &piece);
}

/* --- SNP --- */

static void
reports_are_read_as_their_version_has_it(void **state)
{
    (void)state;
    for (unsigned version = 2; version <= 5; version++) {
        struct plumb_evidence *e;

        make_report(&piece, version);
        e = read_piece(&piece);
        assert_int_equal(e->readings[0].kind, PLUMB_EVIDENCE_SNP_REPORT);
        assert_claim(&e->readings[0], "measurement", "6666");
        assert_int_equal(asked(&e->readings[0], "guest_svn")->min, 7);
        assert_int_equal(plumb_claims_find(&e->readings[0].claims, "cpuid_fam") != NULL,
                         version >= 3);
        assert_null(asked(&e->readings[0], "reported_tcb"));
        assert_true(left_out(&e->readings[0], "report_id"));
        plumb_evidence_free(e);
    }
}

static void
what_is_nearly_a_report_is_none(void **state)
{
    static const struct {
        size_t at;
        uint64_t value;
    } cases[] = { { 0, 1 }, { 0, 6 }, { 0x34, 0 }, { 0x34, 2 } };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_report(&piece, 3);
        set_le(&piece, cases[i].at, cases[i].value, 4);
        assert_piece_refused("evidence.unknown", &piece);
    }
    make_report(&piece, 3);
    put_zeros(&piece, 1);
    assert_piece_refused("evidence.unknown", &piece);
}

/* --- SIGSTRUCT --- */

static void
sigstructs_are_found_wherever_they_are_in_an_executable(void **state)
{
    struct plumb_evidence *e;

    (void)state;
    piece.len = 0;
    put(&piece,
        "\x7f"
        "ELF and seven",
        13);
    put(&piece, "\x06\0\0\0\xe1\0\0\0\0\0\x01\0 and more that looks like it", 39);
    make_sigstruct(&piece, 4, UINT64_C(0xffffffffffffffff));
    put(&piece, "odd", 3);
    make_sigstruct(&piece, 4, UINT64_C(0xffffffffffffffff));
    e = read_piece(&piece);
    assert_int_equal(e->n, 2);
    assert_int_equal(e->readings[0].offset, 52);
    assert_int_equal(e->readings[1].offset, 52 + 1808 + 3);
    assert_claim(&e->readings[1], "mrenclave", "1111");
    assert_claim(&e->readings[1], "isvprodid", "0500");
    assert_int_equal(asked(&e->readings[1], "isvsvn")->min, 6);
    plumb_evidence_free(e);
}

static void
an_executable_without_one_is_nothing_we_know(void **state)
{
    (void)state;
    piece.len = 0;
    put(&piece,
        "\x7f"
        "ELF",
        4);
    put_zeros(&piece, 5000);
    assert_piece_refused("evidence.unknown", &piece);
}

static void
a_mask_that_leaves_debug_free_is_warned_of_and_closed(void **state)
{
    static const struct {
        uint64_t flags, mask;
        unsigned warnings;
    } cases[] = {
        { 4, UINT64_C(0xffffffffffffffff), 0 },
        { 4, UINT64_C(0xfffffffffffffffd), 1u << PLUMB_WARNING_DEBUG_FREE },
        { 6, UINT64_C(0xffffffffffffffff), DEBUG_BIT },
        { 6, UINT64_C(0xfffffffffffffffd), DEBUG_BIT | 1u << PLUMB_WARNING_DEBUG_FREE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_evidence *e;
        const struct plumb_measurement *m;

        piece.len = 0;
        make_sigstruct(&piece, cases[i].flags, cases[i].mask);
        e = read_piece(&piece);
        m = asked(&e->readings[0], "attributes");
        assert_int_equal(e->readings[0].warnings, cases[i].warnings);
        assert_int_equal(m->mask[0] & 2, 2);
        assert_int_equal(m->value[0] & 2, 0);
        plumb_evidence_free(e);
    }
}

/* EINIT compares the attributes, and sets INIT then. */
static void
a_running_enclave_meets_the_set_of_its_sigstruct(void **state)
{
    struct plumb_evidence *signed_, *running;
    const struct plumb_set *set;
    size_t met = 0;

    (void)state;
    piece.len = 0;
    make_sigstruct(&piece, 4, UINT64_C(0xffffffffffffffff));
    signed_ = read_piece(&piece);
    set = &signed_->readings[0].set;
    make_quote(&other, 3, 1);
    set_le(&other, 48 + 256, 5, 2);
    set_le(&other, 48 + 258, 6, 2);
    memcpy(other.data + 48 + 128,
           plumb_claims_find(&signed_->readings[0].claims, "mrsigner")->value, 32);
    running = read_piece(&other);
    for (size_t i = 0; i < set->n; i++)
        met += plumb_measurement_met(&set->measurements[i], &running->readings[0].claims);
    assert_int_equal(met, set->n);
    plumb_evidence_free(signed_);
    plumb_evidence_free(running);
}

static void
a_sigstruct_is_signed_by_its_own_key_or_refused(void **state)
{
    /* in what is signed, in the key, in the signature */
    static const size_t at[] = { 20, 40, 200, 600, 899 - 100, 912, 960, 1027 };

    (void)state;
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        piece.len = 0;
        make_sigstruct(&piece, 4, UINT64_C(0xffffffffffffffff));
        piece.data[at[i]] ^= 1;
        assert_piece_refused("sigstruct.signature", &piece);
    }
    piece.len = 0;
    make_sigstruct(&piece, 4, 0);
    set_le(&piece, 512, 65537, 4);
    assert_piece_refused("sigstruct.form", &piece);
    set_le(&piece, 512, 3, 4);
    set_le(&piece, 12, 1, 4);
    assert_piece_refused("sigstruct.form", &piece);
    set_le(&piece, 12, 0, 4);
    put_zeros(&piece, 1);
    assert_piece_refused("sigstruct.length", &piece);
}

static void
a_sigstruct_that_reaches_beyond_the_file_is_refused(void **state)
{
    (void)state;
    piece.len = 0;
    put(&piece, "MZ", 2);
    make_sigstruct(&piece, 4, 0);
    put_zeros(&piece, 2);
    piece.len -= 3;
    assert_piece_refused("sigstruct.length", &piece);
}

/* It is not guessed what it would be. */
static void
encoded_evidence_is_said_to_be_so(void **state)
{
    struct plumb_evidence *e = NULL;
    struct plumb_err err = { 0 };
    char *text = NULL;

    (void)state;
    make_report(&piece, 3);
    assert_ok(plumb_base64(piece.data, piece.len, &text, &err), &err);
    assert_refused("evidence.unknown", plumb_evidence_read(text, strlen(text), &e, &err), &err);
    assert_non_null(strstr(err.msg, "base64"));
    text[7] = '!';
    assert_refused("evidence.unknown", plumb_evidence_read(text, strlen(text), &e, &err), &err);
    assert_null(strstr(err.msg, "base64"));
    free(text);
}

/* --- all --- */

static void
make_any(size_t which, struct piece *p)
{
    static const uint8_t pcr0[48];

    p->len = 0;
    switch (which) {
    case 0:
    case 1:
        make_quote(p, 3 + (unsigned)which, 1 + (unsigned)which);
        return;
    case 2:
        make_quote(p, 5, 3);
        return;
    case 3:
        make_report(p, 3);
        return;
    case 4:
        make_nitro(p, 1, 2, 3);
        return;
    case 5:
        make_eif(p, "12533");
        return;
    case 6:
        make_eif(p, "123");
        sign_image(p, 0, pcr0, true);
        return;
    case 7:
        make_sigstruct(p, 4, UINT64_C(0xffffffffffffffff));
        return;
    case 8:
        put(p, "MZ odd", 6);
        make_sigstruct(p, 4, UINT64_C(0xfffffffffffffffd));
        return;
    default:
        make_oci(p, "AB");
    }
}

static const char *const names[] = {
    "sgx-quote-3", "tdx-quote-4", "tdx-quote-5", "snp",        "nitro",
    "eif",         "eif-signed",  "sigstruct",   "executable", "oci",
};

static void
nothing_cut_short_is_read_nor_read_beyond_its_end(void **state)
{
    (void)state;
    for (size_t which = 0; which < sizeof names / sizeof names[0]; which++) {
        size_t whole;

        make_any(which, &piece);
        whole = piece.len;
        if (which == 9)
            whole -= 1024; /* what ends an archive need not be there */
        for (size_t len = 0; len < whole; len++) {
            uint8_t *cut = malloc(len > 0 ? len : 1);
            struct plumb_evidence *e = NULL;
            bool read;

            assert_non_null(cut);
            memcpy(cut, piece.data, len);
            read = plumb_evidence_read(cut, len, &e, NULL) == PLUMB_OK;
            plumb_evidence_free(e);
            free(cut);
            /* index.json's padding need not be there either */
            if (read && !(which == 9 && whole - len < 512))
                fail_msg("%s: %zu of %zu bytes are enough", names[which], len, whole);
        }
    }
}

static void
memory_that_runs_out_is_said_to(void **state)
{
    (void)state;
    for (size_t which = 0; which < sizeof names / sizeof names[0]; which++) {
        if (which == 6)
            continue; /* its signature is not of its PCR 0 */
        make_any(which, &piece);
        for (size_t n = 0;; n++) {
            struct plumb_evidence *e = NULL;
            struct plumb_err err = { 0 };
            enum plumb_code code;

            scarce_begin(n);
            code = plumb_evidence_read(piece.data, piece.len, &e, &err);
            plumb_evidence_free(e);
            if (!scarce_end()) {
                assert_int_equal(code, PLUMB_OK);
                break;
            }
            if (which != 9) /* jansson drops a character that it has no room for */
                assert_code(PLUMB_NO_MEMORY, code, &err);
        }
    }
}

/* PLUMB_ACCEPT=1 writes them anew: the fuzz targets start from these. */
static void
seeds_of_the_fuzz_targets_are_written_on_request(void **state)
{
    (void)state;
    if (getenv("PLUMB_ACCEPT") == NULL)
        return;
    for (size_t which = 0; which < sizeof names / sizeof names[0]; which++) {
        char path[4096];
        FILE *f;

        make_any(which, &piece);
        (void)snprintf(path, sizeof path, "%s/tests/fuzz/seeds/%s/%s", getenv("PLUMB_SOURCE"),
                       strncmp(names[which], "eif", 3) == 0 ? "eif" : "evidence", names[which]);
        f = fopen(path, "wb");
        assert_non_null(f);
        assert_int_equal(fwrite(piece.data, 1, piece.len, f), piece.len);
        assert_int_equal(fclose(f), 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_of_every_version_and_body_are_read),
        cmocka_unit_test(what_is_the_platforms_or_the_sessions_is_left_out_of_the_set),
        cmocka_unit_test(a_set_never_asks_which_registers_a_processor_has),
        cmocka_unit_test(debug_mode_is_warned_of_and_never_asked_for),
        cmocka_unit_test(quotes_that_lie_are_refused),
        cmocka_unit_test(zeros_behind_a_quote_are_the_rest_of_its_buffer),
        cmocka_unit_test(reports_are_read_as_their_version_has_it),
        cmocka_unit_test(what_is_nearly_a_report_is_none),
        cmocka_unit_test(sigstructs_are_found_wherever_they_are_in_an_executable),
        cmocka_unit_test(an_executable_without_one_is_nothing_we_know),
        cmocka_unit_test(a_mask_that_leaves_debug_free_is_warned_of_and_closed),
        cmocka_unit_test(a_running_enclave_meets_the_set_of_its_sigstruct),
        cmocka_unit_test(a_sigstruct_is_signed_by_its_own_key_or_refused),
        cmocka_unit_test(a_sigstruct_that_reaches_beyond_the_file_is_refused),
        cmocka_unit_test(encoded_evidence_is_said_to_be_so),
        cmocka_unit_test(nothing_cut_short_is_read_nor_read_beyond_its_end),
        cmocka_unit_test(memory_that_runs_out_is_said_to),
        cmocka_unit_test(seeds_of_the_fuzz_targets_are_written_on_request),
    };

    scarce_jansson();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
