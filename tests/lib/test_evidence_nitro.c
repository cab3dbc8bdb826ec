/* Nitro documents and images: what is read, and what is refused. */
#include "tests/t.h"

#include <openssl/evp.h>
#include <plumb/evidence.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/lib/reading.h"

static struct piece piece, other;

/* --- Nitro documents --- */

static void
documents_are_read(void **state)
{
    struct plumb_evidence *e;

    (void)state;
    make_nitro(&piece, 1, 2, 3);
    e = read_piece(&piece);
    assert_int_equal(e->readings[0].kind, PLUMB_EVIDENCE_NITRO_DOCUMENT);
    assert_claim(&e->readings[0], "pcr2", "0303");
    assert_claim(&e->readings[0], "pcr3", "0000");
    assert_null(plumb_claims_find(&e->readings[0].claims, "pcr4"));
    assert_true(left_out(&e->readings[0], "pcr4") && left_out(&e->readings[0], "nonce"));
    plumb_evidence_free(e);

    other.len = 0; /* tagged, too */
    put_head(&other, 6, 18);
    put(&other, piece.data, piece.len);
    plumb_evidence_free(read_piece(&other));
}

static void
nothing_is_left_to_release_of_a_debug_enclave(void **state)
{
    struct plumb_evidence *e;

    (void)state;
    make_nitro(&piece, 0, 0, 0);
    e = read_piece(&piece);
    assert_int_equal(e->readings[0].warnings, DEBUG_BIT);
    assert_int_equal(e->readings[0].set.n, 0);
    assert_true(left_out(&e->readings[0], "pcr0"));
    plumb_evidence_free(e);
}

/* A payload of one map, its members written by fn. */
static void
document(void (*fn)(struct piece *p), uint64_t members)
{
    static struct piece payload;

    payload.len = 0;
    put_head(&payload, 5, members);
    fn(&payload);
    make_cose(&piece, &payload);
}

static void
put_pcrs(struct piece *p, unsigned from, unsigned n, size_t len)
{
    uint8_t value[64] = { 1 };

    put_text(p, "pcrs");
    put_head(p, 5, n);
    for (unsigned i = 0; i < n; i++) {
        put_head(p, 0, from + i);
        put_blob(p, value, len);
    }
}

static void
no_digest(struct piece *p)
{
    put_pcrs(p, 0, 3, 48);
}

static void
sha256_digest(struct piece *p)
{
    no_digest(p);
    put_text(p, "digest");
    put_text(p, "SHA256");
}

static void
no_pcr0(struct piece *p)
{
    put_pcrs(p, 1, 3, 48);
}

static void
short_pcr(struct piece *p)
{
    put_pcrs(p, 0, 3, 32);
}

static void
pcr32(struct piece *p)
{
    put_pcrs(p, 0, 33, 48);
}

static void
pcr_twice(struct piece *p)
{
    put_text(p, "pcrs");
    put_head(p, 5, 2);
    for (int i = 0; i < 2; i++) {
        uint8_t value[48] = { 1 };

        put_head(p, 0, 0);
        put_blob(p, value, sizeof value);
    }
}

static void
member_twice(struct piece *p)
{
    put_pcrs(p, 0, 3, 48);
    put_pcrs(p, 0, 3, 48);
}

static void
unknown_member(struct piece *p)
{
    put_text(p, "surprise");
    put_head(p, 0, 0);
}

static void
nonce_of_text(struct piece *p)
{
    put_text(p, "nonce");
    put_text(p, "once");
}

static void
deep_nonce(struct piece *p)
{
    put_text(p, "nonce");
    for (int i = 0; i < 1000; i++)
        put_head(p, 4, 1);
    put_head(p, 0, 0);
}

static void
deep_bundle(struct piece *p)
{
    put_text(p, "cabundle");
    for (int i = 0; i < 1000; i++)
        put_head(p, 4, 1);
    put_head(p, 0, 0);
}

static void
huge_map(struct piece *p)
{
    put_text(p, "pcrs");
    put_head(p, 5, UINT64_C(0xffffffffffffffff));
}

static void
huge_text(struct piece *p)
{
    put_text(p, "module_id");
    put_head(p, 3, UINT64_C(0xffffffffffffffff));
}

static void
long_form(struct piece *p)
{
    put_text(p, "timestamp");
    put(p, "\x18\x05", 2);
}

static void
indefinite(struct piece *p)
{
    put_text(p, "cabundle");
    put(p, "\x9f\xff", 2);
}

static void
a_float(struct piece *p)
{
    put_text(p, "timestamp");
    put(p, "\xfb\x40\x09\x21\xfb\x54\x44\x2d\x18", 9);
}

static void
documents_that_lie_are_refused(void **state)
{
    static const struct {
        void (*fn)(struct piece *p);
        uint64_t members;
        const char *rule;
    } cases[] = {
        { no_digest, 1, "nitro.member" },    { sha256_digest, 2, "nitro.digest" },
        { no_pcr0, 1, "nitro.pcrs" },        { short_pcr, 1, "nitro.pcrs" },
        { pcr32, 1, "nitro.pcrs" },          { pcr_twice, 1, "nitro.pcrs" },
        { member_twice, 2, "nitro.member" }, { unknown_member, 1, "nitro.member" },
        { nonce_of_text, 1, "cbor.type" },   { deep_nonce, 1, "cbor.type" },
        { deep_bundle, 1, "cbor.type" },     { huge_map, 1, "cbor.end" },
        { huge_text, 1, "cbor.end" },        { long_form, 1, "cbor.form" },
        { indefinite, 1, "cbor.form" },      { a_float, 1, "cbor.form" },
        { no_digest, 0, "cbor.trailing" },   { no_digest, 2, "cbor.end" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_evidence *e = NULL;
        struct plumb_err err = { 0 };

        document(cases[i].fn, cases[i].members);
        if (plumb_evidence_read(piece.data, piece.len, &e, &err) == PLUMB_OK ||
            strcmp(err.rule, cases[i].rule) != 0)
            fail_msg("case %zu: want %s, got [%s] %s", i, cases[i].rule, err.rule, err.msg);
    }
}

static void
an_envelope_is_what_cose_says(void **state)
{
    (void)state;
    make_nitro(&piece, 1, 2, 3);
    put(&piece, "", 1);
    assert_piece_refused("cbor.trailing", &piece);
    make_nitro(&piece, 1, 2, 3);
    piece.data[6] = 0xa1; /* an unprotected header */
    assert_piece_refused("cose.form", &piece);
    make_nitro(&piece, 1, 2, 3);
    piece.data[6] = 0xf6;
    assert_piece_refused("cbor.type", &piece);
    make_nitro(&piece, 1, 2, 3);
    put_zeros(&piece, 65536 - piece.len);
    assert_piece_refused("cbor.trailing", &piece);
}

static void
a_document_that_is_too_large_is_not_looked_into(void **state)
{
    uint8_t *large = calloc(1, 65537);
    struct plumb_evidence *e = NULL;
    struct plumb_err err = { 0 };

    (void)state;
    assert_non_null(large);
    make_nitro(&piece, 1, 2, 3);
    memcpy(large, piece.data, piece.len);
    assert_refused("nitro.size", plumb_evidence_read(large, 65537, &e, &err), &err);
    free(large);
}

/* --- Nitro images --- */

/* SHA384(48 zeros || SHA384(content)), content as "1:1 2:2" of make_eif. */
static void
expect_pcr(const char *types, const char *of, char ret[97])
{
    uint8_t content[4096], both[96] = { 0 }, pcr[48];
    size_t n = 0;

    for (const char *c = of; *c != '\0'; c++) {
        size_t i = (size_t)(*c - '0');

        memset(content + n, types[i], i + 1);
        n += i + 1;
    }
    assert_int_equal(EVP_Digest(content, n, both + 48, NULL, EVP_sha384(), NULL), 1);
    assert_int_equal(EVP_Digest(both, sizeof both, pcr, NULL, EVP_sha384(), NULL), 1);
    plumb_hex(pcr, sizeof pcr, ret);
}

static void
an_images_pcrs_are_those_of_its_sections(void **state)
{
    /* which sections go into which PCR, by position */
    static const struct {
        const char *types, *pcr0, *pcr1, *pcr2;
    } cases[] = {
        { "123", "012", "012", "" },
        { "12533", "0134", "013", "4" },
        { "1253333", "013456", "013", "456" },
        { "321", "012", "012", "" },
    };
    struct plumb_evidence *e;
    char want[97];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_eif(&piece, cases[i].types);
        e = read_piece(&piece);
        assert_int_equal(e->readings[0].kind, PLUMB_EVIDENCE_NITRO_IMAGE);
        expect_pcr(cases[i].types, cases[i].pcr0, want);
        assert_claim(&e->readings[0], "pcr0", want);
        expect_pcr(cases[i].types, cases[i].pcr1, want);
        assert_claim(&e->readings[0], "pcr1", want);
        expect_pcr(cases[i].types, cases[i].pcr2, want);
        assert_claim(&e->readings[0], "pcr2", want);
        assert_claim(&e->readings[0], "pcr8", "00000000");
        plumb_evidence_free(e);
    }
    /* what AWS's enclaves with one ramdisk attest as PCR 2 */
    make_eif(&piece, "123");
    e = read_piece(&piece);
    assert_claim(
        &e->readings[0], "pcr2",
        "21b9efbc184807662e966d34f390821309eeac6802309798826296bf3e8bec7c10edb30948c90b"
        "a67310f7b964fc500a");
    plumb_evidence_free(e);
}

static void
a_signed_image_has_its_certificate_in_pcr_8(void **state)
{
    struct plumb_evidence *e;
    uint8_t pcr0[48];

    (void)state;
    make_eif(&piece, "123");
    e = read_piece(&piece);
    memcpy(pcr0, plumb_claims_find(&e->readings[0].claims, "pcr0")->value, 48);
    plumb_evidence_free(e);

    sign_image(&piece, 0, pcr0, true);
    e = read_piece(&piece);
    assert_memory_equal(plumb_claims_find(&e->readings[0].claims, "pcr0")->value, pcr0, 48);
    assert_memory_not_equal(plumb_claims_find(&e->readings[0].claims, "pcr8")->value,
                            (uint8_t[48]){ 0 }, 48);
    plumb_evidence_free(e);

    make_eif(&piece, "123");
    sign_image(&piece, 1, pcr0, true);
    assert_piece_refused("eif.signature", &piece);
    make_eif(&piece, "123");
    sign_image(&piece, 0, pcr0, false);
    assert_piece_refused("eif.signature", &piece);
    make_eif(&piece, "123");
    sign_image(&piece, 0, pcr0, true);
    /* the envelope in it says five elements, as integers: 24, 0x84 becomes 24, 0x85 */
    ((uint8_t *)memmem(piece.data, piece.len, "\x18\x84\x18\x44", 4))[1] = 0x85;
    fix_crc(&piece);
    assert_piece_refused("cose.form", &piece);
    make_eif(&piece, "123");
    sign_image(&piece, 0, pcr0, true);
    *(uint8_t *)memmem(piece.data, piece.len, "\x81\xa2\x73signing", 10) = 0x82; /* two */
    fix_crc(&piece);
    assert_piece_refused("eif.signature", &piece);
    make_eif(&piece, "123");
    pcr0[0] ^= 1;
    sign_image(&piece, 0, pcr0, true);
    assert_piece_refused("eif.signature", &piece);
}

static void
text_for_bytes(struct piece *p)
{
    put_text(p, "a certificate");
}

static void
bytes_without_end(struct piece *p)
{
    static const uint8_t bytes[16385];

    put_blob(p, bytes, sizeof bytes);
}

static void
integer_for_byte(struct piece *p)
{
    put_head(p, 4, 1);
    put_head(p, 0, 256);
}

static void
certificates_that_are_no_bytes_are_refused(void **state)
{
    static void (*const cases[])(struct piece * p) = { text_for_bytes, bytes_without_end,
                                                       integer_for_byte };
    static struct piece section;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        section.len = 0;
        put_head(&section, 4, 1);
        put_head(&section, 5, 2);
        put_text(&section, "signing_certificate");
        cases[i](&section);
        make_eif(&piece, "123");
        add_section(&piece, 4, section.data, section.len);
        assert_piece_refused("eif.signature", &piece);
    }
}

static void
images_that_lie_are_refused(void **state)
{
    static const struct {
        const char *types;
        size_t at;
        uint64_t value;
        size_t len;
        const char *rule;
    } cases[] = {
        { "123", 4, 1, 2, "eif.version" },
        { "123", 4, 5, 2, "eif.version" },
        { "123", 26, 0, 2, "eif.sections" },
        { "123", 26, 33, 2, "eif.sections" },
        { "123", 26, 2, 2, "eif.length" },
        { "123", 26, 4, 2, "eif.length" },
        { "123", 28, 1u << 20, 8, "eif.offset" },
        { "123", 28, UINT64_C(0xffffffffffffffff), 8, "eif.offset" },
        { "123", 284, UINT64_C(0xffffffffffffffff), 8, "eif.offset" },
        { "123", 548 + 4, UINT64_C(0xffffffffffffffff), 8, "eif.length" },
        { "123", 548 + 4, 2, 8, "eif.length" },
        { "12", 0, 0, 0, "eif.section" },
        { "13", 0, 0, 0, "eif.section" },
        { "23", 0, 0, 0, "eif.section" },
        { "1123", 0, 0, 0, "eif.section" },
        { "1223", 0, 0, 0, "eif.section" },
        { "12355", 0, 0, 0, "eif.section" },
        { "1230", 0, 0, 0, "eif.section" },
        { "1236", 0, 0, 0, "eif.section" },
        { "1234", 0, 0, 0, "cbor.type" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_evidence *e = NULL;
        struct plumb_err err = { 0 };

        make_eif(&piece, cases[i].types);
        set_be(&piece, cases[i].at, cases[i].value, cases[i].len);
        fix_crc(&piece);
        if (plumb_evidence_read(piece.data, piece.len, &e, &err) == PLUMB_OK ||
            strcmp(err.rule, cases[i].rule) != 0)
            fail_msg("case %zu: want %s, got [%s] %s", i, cases[i].rule, err.rule, err.msg);
    }
    make_eif(&piece, "123");
    piece.data[700 % piece.len] ^= 1;
    assert_piece_refused("eif.crc", &piece);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_read),
        cmocka_unit_test(nothing_is_left_to_release_of_a_debug_enclave),
        cmocka_unit_test(documents_that_lie_are_refused),
        cmocka_unit_test(an_envelope_is_what_cose_says),
        cmocka_unit_test(a_document_that_is_too_large_is_not_looked_into),
        cmocka_unit_test(an_images_pcrs_are_those_of_its_sections),
        cmocka_unit_test(a_signed_image_has_its_certificate_in_pcr_8),
        cmocka_unit_test(certificates_that_are_no_bytes_are_refused),
        cmocka_unit_test(images_that_lie_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
