/* Quotes, reports, documents and images of our own making: what is read, and what is refused.
 */
#include "tests/t.h"

#include <openssl/evp.h>
#include <plumb/evidence.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/pieces.h"
#include "tests/scarce.h"

#define DEBUG_BIT 1u << PLUMB_WARNING_DEBUG

static struct piece piece, other;

static struct plumb_evidence *
read_piece(const struct piece *p)
{
    struct plumb_evidence *e = NULL;
    struct plumb_err err = { 0 };

    assert_ok(plumb_evidence_read(p->data, p->len, &e, &err), &err);
    return e;
}

#define assert_piece_refused(rule, p)                                                          \
    do {                                                                                       \
        struct plumb_evidence *e_ = NULL;                                                      \
        struct plumb_err err_ = { 0 };                                                         \
        assert_refused(rule, plumb_evidence_read((p)->data, (p)->len, &e_, &err_), &err_);     \
        assert_null(e_);                                                                       \
    } while (0)

static void
assert_claim(const struct plumb_reading *r, const char *name, const char *want)
{
    const struct plumb_claim *c = plumb_claims_find(&r->claims, name);
    char got[2 * PLUMB_MEASUREMENT_MAX + 1] = "";

    if (c == NULL)
        fail_msg("%s is not among the claims", name);
    plumb_hex(c->value, c->len, got);
    if (strncmp(got, want, strlen(want)) != 0)
        fail_msg("%s is %s, not %s", name, got, want);
}

static const struct plumb_measurement *
asked(const struct plumb_reading *r, const char *name)
{
    for (size_t i = 0; i < r->set.n; i++)
        if (strcmp(r->set.measurements[i].kind->name, name) == 0)
            return &r->set.measurements[i];
    return NULL;
}

static bool
left_out(const struct plumb_reading *r, const char *name)
{
    for (size_t i = 0; i < r->nleft_out; i++)
        if (strcmp(r->left_out[i].name, name) == 0)
            return true;
    return false;
}

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

/* A signature section as AWS's tool makes it, over this PCR 0. */
static void
sign_image(struct piece *p, unsigned index, const uint8_t *pcr0, bool certificate)
{
    static struct piece payload, cose, section, pem;

    payload.len = section.len = pem.len = 0;
    put_head(&payload, 5, 2);
    put_text(&payload, "register_index");
    put_head(&payload, 0, index);
    put_text(&payload, "register_value");
    put_ints(&payload, pcr0, 48);
    make_cose(&cose, &payload);
    if (certificate)
        put_certificate(&pem, "signer");
    put_head(&section, 4, 1);
    put_head(&section, 5, 2);
    put_text(&section, "signing_certificate");
    put_ints(&section, pem.data, pem.len);
    put_text(&section, "signature");
    put_ints(&section, cose.data, cose.len);
    add_section(p, 4, section.data, section.len);
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

/* --- OCI --- */

static void
an_archives_images_are_told_by_their_manifests_digests(void **state)
{
    struct plumb_evidence *e;
    struct plumb_digest want;
    char hex[PLUMB_DIGEST_HEX];

    (void)state;
    make_oci(&piece, "AAB");
    e = read_piece(&piece);
    assert_int_equal(e->n, 2);
    plumb_sha256("{\"config\":{},\"layers\":[],\"n\":\"B\"}", 33, &want);
    plumb_digest_hex(&want, hex);
    assert_int_equal(e->readings[1].kind, PLUMB_EVIDENCE_OCI_IMAGE);
    assert_claim(&e->readings[1], "manifest-digest", hex);
    assert_int_equal(e->readings[1].set.n, 1);
    plumb_evidence_free(e);
}

static void
archives_that_lie_are_refused(void **state)
{
    static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";

    (void)state;
    make_oci(&piece, "A");
    *(uint8_t *)memmem(piece.data, piece.len, "\"n\":\"A\"", 7) = ' ';
    assert_piece_refused("oci.digest", &piece);

    make_oci(&piece, "A");
    piece.data[0] = 'X'; /* a name changed, its checksum not */
    assert_piece_refused("tar.form", &piece);

    piece.len = 0; /* a docker archive, a manifest that is not there, nothing at all */
    put_member(&piece, "manifest.json", '0', "[]", 2);
    end_archive(&piece);
    assert_piece_refused("tar.missing", &piece);
    make_oci(&piece, "");
    assert_piece_refused("oci.empty", &piece);
    piece.len = 0;
    put_member(&piece, "oci-layout", '0', layout, strlen(layout));
    put_member(&piece, "oci-layout", '0', layout, strlen(layout));
    end_archive(&piece);
    assert_piece_refused("tar.twice", &piece);
    piece.len = 0;
    put_member(&piece, "oci-layout", '0', "{\"imageLayoutVersion\":\"2.0.0\"}", 30);
    end_archive(&piece);
    assert_piece_refused("oci.version", &piece);
}

static void
a_name_or_size_that_stands_elsewhere_is_not_believed(void **state)
{
    static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";

    (void)state;
    piece.len = 0;
    put_member(&piece, "pax", 'x', "20 path=other\n", 14);
    put_member(&piece, "oci-layout", '0', layout, strlen(layout));
    end_archive(&piece);
    assert_piece_refused("tar.missing", &piece);
    piece.len = 0;
    put_member(&piece, "pax", 'x', "11 size=10\n", 11);
    put_member(&piece, "oci-layout", '0', layout, strlen(layout));
    end_archive(&piece);
    assert_piece_refused("tar.form", &piece);
    piece.len = 0;
    put_member(&piece, "oci-layout", '2', "", 0); /* a link */
    end_archive(&piece);
    assert_piece_refused("tar.missing", &piece);
}

#define OCI_INDEX    "application/vnd.oci.image.index.v1+json"
#define OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"

/* An index that names one document so many times; the archive gets the document too. */
static char *
index_of(const char *document, const char *type, size_t times)
{
    char hex[PLUMB_DIGEST_HEX], path[128], *index = NULL;
    struct plumb_digest d;
    FILE *to;
    size_t size;

    plumb_sha256(document, strlen(document), &d);
    plumb_digest_hex(&d, hex);
    (void)snprintf(path, sizeof path, "blobs/sha256/%s", hex);
    put_member(&piece, path, '0', document, strlen(document));
    to = open_memstream(&index, &size);
    fputs("{\"manifests\":[", to);
    for (size_t i = 0; i < times; i++)
        fprintf(to, "%s{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%zu}",
                i > 0 ? "," : "", type, hex, strlen(document));
    fputs("]}", to);
    assert_int_equal(fclose(to), 0);
    return index;
}

static void
begin_layout(void)
{
    piece.len = 0;
    put_member(&piece, "oci-layout", '0', "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
}

static void
the_same_over_and_over_ends(void **state)
{
    char *inner, *outer;

    (void)state;
    begin_layout();
    inner = index_of("{\"config\":{},\"layers\":[]}", OCI_MANIFEST, 64);
    outer = index_of(inner, OCI_INDEX, 64);
    put_member(&piece, "index.json", '0', outer, strlen(outer));
    end_archive(&piece);
    assert_piece_refused("oci.size", &piece);
    free(inner);
    free(outer);
}

/* manifest, or the index itself where there is none */
static void
layouts_of_another_form_are_refused(void **state)
{
    static const struct {
        const char *manifest, *index;
    } cases[] = {
        { "{\"layers\":[]}", NULL },
        { "{\"config\":{}}", NULL },
        { "{\"config\":[],\"layers\":[]}", NULL },
        { NULL, "{}" },
        { NULL, "{\"manifests\":{}}" },
    };
    char *many;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *index;

        begin_layout();
        index = cases[i].manifest != NULL ? index_of(cases[i].manifest, OCI_MANIFEST, 1)
                                          : strdup(cases[i].index);
        put_member(&piece, "index.json", '0', index, strlen(index));
        end_archive(&piece);
        assert_piece_refused("oci.form", &piece);
        free(index);
    }
    begin_layout();
    many = index_of("{\"config\":{},\"layers\":[]}", OCI_MANIFEST, 65);
    put_member(&piece, "index.json", '0', many, strlen(many));
    end_archive(&piece);
    assert_piece_refused("oci.form", &piece);
    free(many);
}

static void
a_marker_that_is_too_large_is_not_read(void **state)
{
    static char marker[5000];

    (void)state;
    memset(marker, ' ', sizeof marker - 1);
    memcpy(marker, "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
    piece.len = 0;
    put_member(&piece, "oci-layout", '0', marker, strlen(marker));
    put_member(&piece, "index.json", '0', "{\"manifests\":[]}", 16);
    end_archive(&piece);
    assert_piece_refused("oci.size", &piece);
}

static void
other_digests_than_sha256_are_not_believed(void **state)
{
    static const char *const digests[] = { "\"sha512:00\"", "\"\"", "7" };

    (void)state;
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        char index[256];

        (void)snprintf(index, sizeof index,
                       "{\"manifests\":[{\"mediaType\":\"" OCI_MANIFEST
                       "\",\"digest\":%s,\"size\":1}]}",
                       digests[i]);
        begin_layout();
        put_member(&piece, "index.json", '0', index, strlen(index));
        end_archive(&piece);
        assert_piece_refused("oci.digest", &piece);
    }
}

static void
indexes_in_indexes_end(void **state)
{
    char *index = strdup("{\"manifests\":[]}");

    (void)state;
    begin_layout();
    for (int i = 0; i < 5; i++) {
        char *outer = index_of(index, OCI_INDEX, 1);

        free(index);
        index = outer;
    }
    put_member(&piece, "index.json", '0', index, strlen(index));
    end_archive(&piece);
    assert_piece_refused("oci.depth", &piece);
    free(index);
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

/* --- claims --- */

static struct plumb_evidence *
read_text(const char *text)
{
    piece.len = 0;
    put(&piece, text, strlen(text));
    return read_piece(&piece);
}

static void
refuse_text(const char *rule, const char *text)
{
    piece.len = 0;
    put(&piece, text, strlen(text));
    assert_piece_refused(rule, &piece);
}

static void
claims_of_ours_make_a_set_too(void **state)
{
    struct plumb_evidence *e = read_text(
        "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"tpm\",\"claims\":{\"pcr4\":"
        "\"0101010101010101010101010101010101010101010101010101010101010101\"}}");

    (void)state;
    assert_int_equal(e->readings[0].kind, PLUMB_EVIDENCE_CLAIMS);
    assert_non_null(asked(&e->readings[0], "pcr4"));
    plumb_evidence_free(e);
    refuse_text("tee.unknown",
                "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"x\",\"claims\":{}}");
}

#define HEX32 "0101010101010101010101010101010101010101010101010101010101010101"
#define HEX48 HEX32 "01010101010101010101010101010101"

static void
trustees_claims_are_read_by_tee(void **state)
{
    static const struct {
        const char *text, *name, *value;
    } cases[] = {
        { "{\"sgx\":{\"body\":{\"mr_enclave\":\"" HEX32 "\"}}}", "mrenclave", "0101" },
        { "{\"body\":{\"mr_enclave\":\"" HEX32 "\",\"attributes\":{\"flags\":"
          "\"0500000000000000\",\"xfrm\":\"e700000000000000\"}}}",
          "attributes", "0500000000000000e700000000000000" },
        { "{\"tdx\":{\"quote\":{\"body\":{\"mr_td\":\"" HEX48 "\"}}}}", "mrtd", "0101" },
        { "{\"cca\":{\"realm\":{\"cca-realm-initial-measurement\":"
          "\"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\",\"cca-realm-extensible-measurements"
          "\":[\"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=\"]},"
          "\"platform\":{\"cca-platform-lifecycle\":12288}}}",
          "lifecycle", "3000" },
        { "{\"tpm\":{\"pcr00\":\"" HEX32 "\",\"pcr11\":\"" HEX32 "\"}}", "pcr11", "0101" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_evidence *e = read_text(cases[i].text);

        assert_int_equal(e->readings[0].kind, PLUMB_EVIDENCE_TRUSTEE_CLAIMS);
        assert_claim(&e->readings[0], cases[i].name, cases[i].value);
        plumb_evidence_free(e);
    }
}

static void
bits_that_trustee_does_not_tell_meet_nothing(void **state)
{
    struct plumb_evidence *e =
        read_text("{\"snp\":{\"measurement\":\"" HEX48 "\",\"policy_abi_major\":0,"
                  "\"policy_abi_minor\":31,\"policy_smt_allowed\":true,"
                  "\"policy_debug_allowed\":false}}");
    const struct plumb_reading *r = &e->readings[0];
    const struct plumb_measurement_kind *kind = plumb_measurement_find(PLUMB_TEE_SNP, "policy");
    const uint8_t value[8] = { 31, 0, 3 }, told[8] = { 255, 255, 0x0b },
                  migrate[8] = { 0, 0, 0x04 }, none[8] = { 0 };
    struct plumb_measurement m = {
        .kind = kind, .match = PLUMB_MATCH_EQ, .len = 8, .value = value
    };
    const char *name = NULL;

    (void)state;
    assert_false(plumb_measurement_met(&m, &r->claims));
    m.match = PLUMB_MATCH_MASK;
    m.mask = told;
    assert_true(plumb_measurement_met(&m, &r->claims));
    m.mask = migrate;
    m.value = none;
    assert_false(plumb_measurement_met(&m, &r->claims));
    assert_true(plumb_measurement_met(asked(r, "policy"), &r->claims));
    assert_false(plumb_claims_debug(&r->claims, &name));
    plumb_evidence_free(e);
}

static void
a_debug_bit_that_was_not_told_fails_closed(void **state)
{
    struct plumb_evidence *e = read_text("{\"snp\":{\"measurement\":\"" HEX48 "\","
                                         "\"policy_smt_allowed\":true,"
                                         "\"policy_debug_allowed\":true}}");
    const char *name = NULL;
    struct plumb_claim *c;
    uint8_t known[8];

    (void)state;
    assert_int_equal(e->readings[0].warnings, DEBUG_BIT);
    c = (struct plumb_claim *)plumb_claims_find(&e->readings[0].claims, "policy");
    c->value = (const uint8_t[8]){ 0, 0, 3 };
    assert_false(plumb_claims_debug(&e->readings[0].claims, &name));
    memcpy(known, c->known, sizeof known);
    known[2] &= (uint8_t)~0x08;
    c->known = known;
    assert_true(plumb_claims_debug(&e->readings[0].claims, &name));
    assert_string_equal(name, "policy");
    plumb_evidence_free(e);
}

static void
claims_that_lie_are_refused(void **state)
{
    (void)state;
    refuse_text("evidence.unknown", "{}");
    refuse_text("evidence.unknown", "{\"sgx\":1}");
    refuse_text("evidence.unknown", "{\"a\":");
    refuse_text("evidence.unknown", "[]");
    refuse_text("evidence.unknown", "");
    refuse_text("trustee.several", "{\"sgx\":{\"body\":{\"mr_enclave\":\"" HEX32
                                   "\"}},\"tpm\":{\"pcr00\":\"" HEX32 "\"}}");
    refuse_text("trustee.several",
                "{\"az-snp-vtpm\":{\"measurement\":\"AAAA\",\"tpm\":{\"pcr00\":\"" HEX32
                "\"}}}");
    refuse_text("trustee.form", "{\"sgx\":{\"body\":{\"mr_enclave\":\"01\"}}}");
    refuse_text("trustee.form", "{\"sgx\":{\"body\":{\"mr_enclave\":1}}}");
    refuse_text("trustee.form", "{\"sgx\":{\"body\":{\"mr_enclave\":\"" HEX32 "\\u0000\"}}}");
    refuse_text("hex.form", "{\"sgx\":{\"body\":{\"mr_enclave\":\"zz\"}}}");
    refuse_text("trustee.form", "{\"snp\":{\"policy_debug_allowed\":\"no\"}}");
    refuse_text("trustee.form", "{\"snp\":{\"policy_debug_allowed\":2}}");
    refuse_text("trustee.form",
                "{\"snp\":{\"policy_debug_allowed\":false,\"policy_abi_minor\":-1}}");
    refuse_text("evidence.unknown", "{\"sgx\":1,\"sgx\":2}");
    piece.len = 0;
    put(&piece, "{\"a\":", 5);
    for (int i = 0; i < 5000; i++)
        put(&piece, "[", 1);
    assert_piece_refused("evidence.unknown", &piece);
}

static void
claims_cut_short_are_refused(void **state)
{
    static const char *const texts[] = {
        "{\"schema\":\"urn:plumbline:claims:v1\",\"tee\":\"sgx\",\"claims\":{\"mrenclave\":"
        "\"" HEX32 "\",\"isvsvn\":3}}",
        "{\"sgx\":{\"body\":{\"mr_enclave\":\"" HEX32 "\",\"isv_svn\":\"0300\"}}}",
        "{\"tpm\":{\"pcr00\":\"" HEX32 "\",\"pcr11\":\"" HEX32 "\"}}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        plumb_evidence_free(read_text(texts[i]));
        for (size_t len = 0; len < strlen(texts[i]); len++) {
            uint8_t *cut = malloc(len > 0 ? len : 1); /* so that a byte too far is noticed */
            struct plumb_evidence *e = NULL;

            assert_non_null(cut);
            memcpy(cut, texts[i], len);
            if (plumb_evidence_read(cut, len, &e, NULL) == PLUMB_OK)
                fail_msg("%zu bytes are enough of %s", len, texts[i]);
            free(cut);
        }
    }
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
        cmocka_unit_test(documents_are_read),
        cmocka_unit_test(nothing_is_left_to_release_of_a_debug_enclave),
        cmocka_unit_test(documents_that_lie_are_refused),
        cmocka_unit_test(an_envelope_is_what_cose_says),
        cmocka_unit_test(a_document_that_is_too_large_is_not_looked_into),
        cmocka_unit_test(an_images_pcrs_are_those_of_its_sections),
        cmocka_unit_test(a_signed_image_has_its_certificate_in_pcr_8),
        cmocka_unit_test(certificates_that_are_no_bytes_are_refused),
        cmocka_unit_test(images_that_lie_are_refused),
        cmocka_unit_test(an_archives_images_are_told_by_their_manifests_digests),
        cmocka_unit_test(archives_that_lie_are_refused),
        cmocka_unit_test(a_name_or_size_that_stands_elsewhere_is_not_believed),
        cmocka_unit_test(the_same_over_and_over_ends),
        cmocka_unit_test(layouts_of_another_form_are_refused),
        cmocka_unit_test(a_marker_that_is_too_large_is_not_read),
        cmocka_unit_test(other_digests_than_sha256_are_not_believed),
        cmocka_unit_test(indexes_in_indexes_end),
        cmocka_unit_test(encoded_evidence_is_said_to_be_so),
        cmocka_unit_test(claims_of_ours_make_a_set_too),
        cmocka_unit_test(trustees_claims_are_read_by_tee),
        cmocka_unit_test(bits_that_trustee_does_not_tell_meet_nothing),
        cmocka_unit_test(a_debug_bit_that_was_not_told_fails_closed),
        cmocka_unit_test(claims_that_lie_are_refused),
        cmocka_unit_test(claims_cut_short_are_refused),
        cmocka_unit_test(nothing_cut_short_is_read_nor_read_beyond_its_end),
        cmocka_unit_test(memory_that_runs_out_is_said_to),
        cmocka_unit_test(seeds_of_the_fuzz_targets_are_written_on_request),
    };

    scarce_jansson();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
