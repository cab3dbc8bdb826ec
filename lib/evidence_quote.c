/* SGX and TDX quotes, versions 3 to 5 (Intel's DCAP quoting library, appendix A). */
#include <string.h>

#include "lib/evidence.h"
#include "lib/own.h"

#define HEADER_LEN 48
#define SGX_LEN    384
#define TD10_LEN   584
#define TD15_LEN   648

enum body { BODY_SGX = 1, BODY_TD10 = 2, BODY_TD15 = 3 }; /* as version 5 numbers them */

static const struct draft_field sgx_header[] = {
    { "qe_svn", 8 },
    { "pce_svn", 10 },
    { NULL, 0 },
};

static const struct draft_field sgx_body[] = {
    { "cpusvn", 0 },      { "miscselect", 16 },   { "isvextprodid", 32 }, { "mrenclave", 64 },
    { "mrsigner", 128 },  { "configid", 192 },    { "isvprodid", 256 },   { "isvsvn", 258 },
    { "configsvn", 260 }, { "isvfamilyid", 304 }, { "report_data", 320 }, { NULL, 0 },
};

static const struct draft_field td_body[] = {
    { "tee_tcb_svn", 0 },    { "mrseam", 16 },
    { "mrsignerseam", 64 },  { "seamattributes", 112 },
    { "tdattributes", 120 }, { "xfam", 128 },
    { "mrtd", 136 },         { "mrconfigid", 184 },
    { "mrowner", 232 },      { "mrownerconfig", 280 },
    { "rtmr0", 328 },        { "rtmr1", 376 },
    { "rtmr2", 424 },        { "rtmr3", 472 },
    { "report_data", 520 },  { NULL, 0 },
};

bool
evidence_is_quote(const uint8_t *data, size_t len)
{
    static const uint8_t intel[16] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                       0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };

    return len >= 28 && memcmp(data + 12, intel, sizeof intel) == 0;
}

static enum plumb_code
truncated(size_t want, size_t len, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "quote.length", "",
                      "want at least %zu bytes of quote, there are %zu", want, len);
}

/* A body is where and what its version says. */
static enum plumb_code
find_body(const uint8_t *data, size_t len, enum body *ret_body, size_t *ret_at, size_t *ret_end,
          struct plumb_err *err)
{
    static const size_t lengths[] = {
        [BODY_SGX] = SGX_LEN, [BODY_TD10] = TD10_LEN, [BODY_TD15] = TD15_LEN
    };
    size_t at = HEADER_LEN, body;
    uint16_t version;
    uint32_t tee;

    if (len < HEADER_LEN + 6)
        return truncated(HEADER_LEN + 6, len, err);
    version = le16(data);
    tee = le32(data + 4);
    if (version < 3 || version > 5)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "quote.version", "",
                          "a quote of version %u, we read 3 to 5", version);
    if (le16(data + 2) != 2 && le16(data + 2) != 3)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "quote.key", "",
                          "attestation key type %u is no ECDSA", le16(data + 2));
    if (tee != 0 && (tee != 0x81 || version == 3))
        return plumb_fail(err, PLUMB_UNSUPPORTED, "quote.tee", "",
                          "TEE type 0x%x in a quote of version %u", (unsigned)tee, version);
    body = tee == 0 ? BODY_SGX : BODY_TD10;
    if (version == 5) {
        body = le16(data + at);
        if (body < BODY_SGX || body > BODY_TD15 || (body == BODY_SGX) != (tee == 0) ||
            le32(data + at + 2) != lengths[body])
            return plumb_fail(err, PLUMB_INVALID, "quote.body", "",
                              "body type %zu of %u bytes for TEE type 0x%x", body,
                              (unsigned)le32(data + at + 2), (unsigned)tee);
        at += 6;
    }
    *ret_body = (enum body)body;
    *ret_at = at;
    *ret_end = at + lengths[body];
    return PLUMB_OK;
}

/* What follows the body is the signature, which we do not read; behind it nothing but the
 * zeros of a buffer that was too long. */
static enum plumb_code
check_signature(const uint8_t *data, size_t len, size_t at, struct plumb_err *err)
{
    size_t size;

    if (len < at + 4)
        return truncated(at + 4, len, err);
    size = le32(data + at);
    at += 4;
    if (size == 0 || size > len - at)
        return plumb_fail(err, PLUMB_INVALID, "quote.length", "",
                          "its signature says %zu bytes, %zu are left", size, len - at);
    if (!all_zero(data + at + size, len - at - size))
        return plumb_fail(err, PLUMB_INVALID, "quote.trailing", "",
                          "%zu bytes behind the quote", len - at - size);
    return PLUMB_OK;
}

static enum plumb_code
read_sgx(struct draft *d, const uint8_t *data, const uint8_t *body, struct plumb_err *err)
{
    static const uint8_t flags[16] = { 255, 255, 255, 255, 255, 255, 255, 255 };

    PLUMB_TRY(draft_fields(d, sgx_body, body, err));
    PLUMB_TRY(draft_masked(d, "attributes", body + 48, 16, flags, NULL, err));
    draft_left_out(d, "xfrm", "of attributes: which registers the processor has");
    if (le16(data) == 3) /* later versions keep something else there */
        PLUMB_TRY(draft_fields(d, sgx_header, data, err));
    evidence_warn_signer(d, body + 128);
    return PLUMB_OK;
}

enum plumb_code
evidence_quote(const uint8_t *data, size_t len, struct draft_evidence *e, struct plumb_err *err)
{
    struct draft d;
    enum body body = BODY_SGX;
    size_t at = 0, end = 0;

    PLUMB_TRY(find_body(data, len, &body, &at, &end, err));
    PLUMB_TRY(check_signature(data, len, end, err));
    if (body == BODY_SGX) {
        draft_begin(&d, e->pool, PLUMB_EVIDENCE_SGX_QUOTE, PLUMB_TEE_SGX);
        PLUMB_TRY(read_sgx(&d, data, data + at, err));
    } else {
        draft_begin(&d, e->pool, PLUMB_EVIDENCE_TDX_QUOTE, PLUMB_TEE_TDX);
        PLUMB_TRY(draft_fields(&d, td_body, data + at, err));
        if (body == BODY_TD15)
            PLUMB_TRY(draft_claim(&d, "mrservicetd", data + at + 600, 48, err));
    }
    return draft_end(&d, e, err);
}
