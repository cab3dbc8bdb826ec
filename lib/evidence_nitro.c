/* AWS Nitro attestation documents: COSE_Sign1 (RFC 9052) around a map. */
#include <stdio.h>
#include <string.h>

#include "lib/cbor.h"
#include "lib/evidence.h"
#include "lib/evidence_nitro.h"
#include "lib/own.h"

#define DOCUMENT_MAX 65536
#define PCRS_MAX     32

static const uint8_t head[] = { 0x84, 0x44, 0xa1, 0x01, 0x38, 0x22 }; /* ES384, protected */

bool
evidence_is_nitro(const uint8_t *data, size_t len)
{
    if (len > 0 && data[0] == 0xd2) { /* tagged, or not */
        data++;
        len--;
    }
    return len >= sizeof head && memcmp(data, head, sizeof head) == 0;
}

enum plumb_code
cose_sign1(const uint8_t *data, size_t len, struct cbor *ret_payload, struct plumb_err *err)
{
    struct cbor c = { data, len };
    struct cbor_item item, payload;

    PLUMB_TRY(cbor_next(&c, &item, err));
    if (item.type == CBOR_TAG && item.value == 18)
        PLUMB_TRY(cbor_next(&c, &item, err));
    if (item.type != CBOR_ARRAY || item.value != 4)
        return plumb_fail(err, PLUMB_INVALID, "cose.form", "",
                          "RFC 9052 section 4.2: want an array of four");
    PLUMB_TRY(cbor_want(&c, CBOR_BYTES, "protected", &item, err));
    PLUMB_TRY(cbor_want(&c, CBOR_MAP, "unprotected", &item, err));
    if (item.value != 0)
        return plumb_fail(err, PLUMB_INVALID, "cose.form", "unprotected", "want no headers");
    PLUMB_TRY(cbor_want(&c, CBOR_BYTES, "payload", &payload, err));
    PLUMB_TRY(cbor_want(&c, CBOR_BYTES, "signature", &item, err));
    PLUMB_TRY(cbor_end(&c, err));
    *ret_payload = (struct cbor){ payload.data, payload.value };
    return PLUMB_OK;
}

enum plumb_code
nitro_pcr(struct draft *d, unsigned number, const uint8_t *value, struct plumb_err *err)
{
    char name[8];

    (void)snprintf(name, sizeof name, "pcr%u", number);
    return draft_claim(d, name, value, NITRO_PCR_LEN, err);
}

static enum plumb_code
read_pcrs(struct draft *d, struct cbor *c, struct plumb_err *err)
{
    struct cbor_item map, number, value;
    uint32_t seen = 0;

    PLUMB_TRY(cbor_want(c, CBOR_MAP, "pcrs", &map, err));
    for (uint64_t i = 0; i < map.value; i++) {
        PLUMB_TRY(cbor_want(c, CBOR_UINT, "pcrs", &number, err));
        PLUMB_TRY(cbor_want(c, CBOR_BYTES, "pcrs", &value, err));
        if (number.value >= PCRS_MAX || (seen >> number.value & 1) != 0 ||
            value.value != NITRO_PCR_LEN)
            return plumb_fail(err, PLUMB_INVALID, "nitro.pcrs", "pcrs",
                              "each PCR from 0 to 31 at most once, of 48 bytes");
        seen |= UINT32_C(1) << number.value;
        PLUMB_TRY(nitro_pcr(d, (unsigned)number.value, value.data, err));
    }
    if ((seen & 7) != 7)
        return plumb_fail(err, PLUMB_INVALID, "nitro.pcrs", "pcrs", "PCR 0 to 2 must be there");
    return PLUMB_OK;
}

static enum plumb_code
read_bundle(struct cbor *c, struct plumb_err *err)
{
    struct cbor_item array, item;

    PLUMB_TRY(cbor_want(c, CBOR_ARRAY, "cabundle", &array, err));
    for (uint64_t i = 0; i < array.value; i++)
        PLUMB_TRY(cbor_want(c, CBOR_BYTES, "cabundle", &item, err));
    return PLUMB_OK;
}

/* Session values: what they are is of no concern, but for their form. */
static enum plumb_code
read_chosen(struct draft *d, const char *name, struct cbor *c, struct plumb_err *err)
{
    struct cbor_item item;

    PLUMB_TRY(cbor_next(c, &item, err));
    if (item.type != CBOR_BYTES && !(item.type == CBOR_SIMPLE && item.value == CBOR_NULL))
        return plumb_fail(err, PLUMB_INVALID, "cbor.type", name, "want bytes or null");
    draft_left_out(d, name, plumb_measurement_find(PLUMB_TEE_NITRO, name)->about);
    return PLUMB_OK;
}

static enum plumb_code
read_member(struct draft *d, size_t member, const char *name, struct cbor *c,
            struct plumb_err *err)
{
    struct cbor_item item;

    switch (member) {
    case 0:
        PLUMB_TRY(cbor_want(c, CBOR_TEXT, name, &item, err));
        if (!cbor_text_is(&item, "SHA384"))
            return plumb_fail(err, PLUMB_UNSUPPORTED, "nitro.digest", name, "want SHA384");
        return PLUMB_OK;
    case 1:
        return read_pcrs(d, c, err);
    case 2:
    case 3:
        draft_left_out(d, name, plumb_measurement_find(PLUMB_TEE_NITRO, name)->about);
        return cbor_want(c, member == 2 ? CBOR_TEXT : CBOR_UINT, name, &item, err);
    case 4:
        return cbor_want(c, CBOR_BYTES, name, &item, err);
    case 5:
        return read_bundle(c, err);
    default:
        return read_chosen(d, name, c, err);
    }
}

enum plumb_code
evidence_nitro(const uint8_t *data, size_t len, struct draft_evidence *e, struct plumb_err *err)
{
    static const char *const members[] = { "digest",     "pcrs",        "module_id",
                                           "timestamp",  "certificate", "cabundle",
                                           "public_key", "user_data",   "nonce" };
    const size_t nmembers = sizeof members / sizeof members[0];
    struct cbor_item map, key;
    unsigned seen = 0;
    struct draft d;
    struct cbor c;

    if (len > DOCUMENT_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "nitro.size", "", "more than %d bytes",
                          DOCUMENT_MAX);
    PLUMB_TRY(cose_sign1(data, len, &c, err));
    draft_begin(&d, e->pool, PLUMB_EVIDENCE_NITRO_DOCUMENT, PLUMB_TEE_NITRO);
    PLUMB_TRY(cbor_want(&c, CBOR_MAP, "payload", &map, err));
    for (uint64_t i = 0; i < map.value; i++) {
        size_t m = 0;

        PLUMB_TRY(cbor_want(&c, CBOR_TEXT, "payload", &key, err));
        while (m < nmembers && !cbor_text_is(&key, members[m]))
            m++;
        if (m == nmembers || (seen >> m & 1) != 0)
            return plumb_fail(err, PLUMB_INVALID, "nitro.member", "payload",
                              "member %u is unknown or there twice", (unsigned)i);
        seen |= 1u << m;
        PLUMB_TRY(read_member(&d, m, members[m], &c, err));
    }
    PLUMB_TRY(cbor_end(&c, err));
    if ((seen & 3) != 3)
        return plumb_fail(err, PLUMB_INVALID, "nitro.member", "payload",
                          "digest and pcrs must be there");
    return draft_end(&d, e, err);
}
