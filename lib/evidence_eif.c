/* AWS Nitro enclave image files: their PCRs, computed as the hypervisor does. */
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

#include "lib/evidence_nitro.h"
#include "lib/own.h"

#define HEADER_LEN      548
#define SECTION_LEN     12
#define SECTIONS_MAX    32
#define COUNT_AT        26
#define OFFSETS_AT      28
#define SIZES_AT        284
#define CRC_AT          544
#define CERTIFICATE_MAX 16384

enum section { KERNEL = 1, CMDLINE, RAMDISK, SIGNATURE, METADATA };

PLUMB_DEFINE_AUTO(auto_bio, BIO *, BIO_vfree);
PLUMB_DEFINE_AUTO(auto_x509, X509 *, X509_free);
PLUMB_DEFINE_AUTO(auto_der, unsigned char *, OPENSSL_free);

static uint64_t
be(const uint8_t *p, size_t len)
{
    uint64_t v = 0;

    for (size_t i = 0; i < len; i++)
        v = v << 8 | p[i];
    return v;
}

/* The CRC-32 of zlib. */
static uint32_t
crc32_add(uint32_t crc, const uint8_t *p, size_t len)
{
    uint32_t table[256];

    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
    }
    crc = ~crc;
    for (size_t i = 0; i < len; i++)
        crc = crc >> 8 ^ table[(crc ^ p[i]) & 0xff];
    return ~crc;
}

/* What goes into one PCR. */
struct pcr {
    EVP_MD_CTX *ctx; /* owned */
};

static void
pcr_clear(struct pcr *p)
{
    EVP_MD_CTX_free(p->ctx);
}

static bool
pcr_begin(struct pcr *p)
{
    p->ctx = EVP_MD_CTX_new();
    return p->ctx != NULL && EVP_DigestInit_ex(p->ctx, EVP_sha384(), NULL) == 1;
}

static bool
pcr_add(struct pcr *p, const uint8_t *data, size_t len)
{
    return EVP_DigestUpdate(p->ctx, data, len) == 1;
}

/* A PCR that was zero, extended once. */
static bool
pcr_end(struct pcr *p, uint8_t ret[NITRO_PCR_LEN])
{
    uint8_t both[2 * NITRO_PCR_LEN] = { 0 };

    return EVP_DigestFinal_ex(p->ctx, both + NITRO_PCR_LEN, NULL) == 1 &&
           EVP_Digest(both, sizeof both, ret, NULL, EVP_sha384(), NULL) == 1;
}

struct image {
    struct pcr pcr[3];
    const uint8_t *signature; /* or NULL */
    size_t signature_len, ramdisks;
    unsigned seen; /* kernel and command line are there once, so are signature and metadata */
};

static void
image_clear(struct image *i)
{
    for (size_t n = 0; n < 3; n++)
        pcr_clear(&i->pcr[n]);
}

static enum plumb_code
check_header(const uint8_t *data, size_t len, struct plumb_err *err)
{
    uint64_t n;

    if (len < HEADER_LEN)
        return plumb_fail(err, PLUMB_INVALID, "eif.length", "", "its header has %d bytes",
                          HEADER_LEN);
    if (be(data + 4, 2) < 2 || be(data + 4, 2) > 4)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "eif.version", "",
                          "an image of version %u, we read 2 to 4", (unsigned)be(data + 4, 2));
    n = be(data + COUNT_AT, 2);
    if (n == 0 || n > SECTIONS_MAX)
        return plumb_fail(err, PLUMB_INVALID, "eif.sections", "", "%u sections", (unsigned)n);
    /* AWS's reader walks the sections and never looks at this table; but no true image's lies
     */
    for (size_t i = 0; i < n; i++) {
        uint64_t at = be(data + OFFSETS_AT + 8 * i, 8), size = be(data + SIZES_AT + 8 * i, 8);

        if (at > len || size > len - at)
            return plumb_fail(err, PLUMB_INVALID, "eif.offset", "",
                              "section %zu lies outside the file", i);
    }
    if (crc32_add(crc32_add(0, data, CRC_AT), data + HEADER_LEN, len - HEADER_LEN) !=
        be(data + CRC_AT, 4))
        return plumb_fail(err, PLUMB_INVALID, "eif.crc", "", "its checksum is wrong");
    return PLUMB_OK;
}

static enum plumb_code
add_section(struct image *image, unsigned type, const uint8_t *data, size_t len,
            struct plumb_err *err)
{
    bool ok = true;

    if (type < KERNEL || type > METADATA)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "eif.section", "", "a section of type %u",
                          type);
    if (type != RAMDISK && (image->seen >> type & 1) != 0)
        return plumb_fail(err, PLUMB_INVALID, "eif.section", "", "a second section of type %u",
                          type);
    image->seen |= 1u << type;
    if (type == SIGNATURE) {
        image->signature = data;
        image->signature_len = len;
    } else if (type == RAMDISK) {
        ok = pcr_add(&image->pcr[0], data, len) &&
             pcr_add(&image->pcr[image->ramdisks++ == 0 ? 1 : 2], data, len);
    } else if (type != METADATA) {
        ok = pcr_add(&image->pcr[0], data, len) && pcr_add(&image->pcr[1], data, len);
    }
    return ok ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
walk(const uint8_t *data, size_t len, struct image *image, struct plumb_err *err)
{
    size_t at = HEADER_LEN;

    for (uint64_t n = be(data + COUNT_AT, 2); n > 0; n--) {
        uint64_t size;

        if (len - at < SECTION_LEN || be(data + at + 4, 8) > len - at - SECTION_LEN)
            return plumb_fail(err, PLUMB_INVALID, "eif.length", "",
                              "the section at offset %zu reaches beyond the file", at);
        size = be(data + at + 4, 8);
        PLUMB_TRY(add_section(image, (unsigned)be(data + at, 2), data + at + SECTION_LEN,
                              (size_t)size, err));
        at += SECTION_LEN + (size_t)size;
    }
    if (at != len)
        return plumb_fail(err, PLUMB_INVALID, "eif.length", "",
                          "%zu bytes behind the last section", len - at);
    if ((image->seen & (1u << KERNEL | 1u << CMDLINE | 1u << RAMDISK)) !=
        (1u << KERNEL | 1u << CMDLINE | 1u << RAMDISK))
        return plumb_fail(err, PLUMB_INVALID, "eif.section", "",
                          "want a kernel, a command line and a ramdisk");
    return PLUMB_OK;
}

/* Bytes: or, as AWS's tool writes them, an array of integers. */
static enum plumb_code
read_bytes(struct cbor *c, const char *where, uint8_t *ret, size_t max, size_t *ret_len,
           struct plumb_err *err)
{
    struct cbor_item item, byte;

    PLUMB_TRY(cbor_next(c, &item, err));
    if ((item.type != CBOR_ARRAY && item.type != CBOR_BYTES) || item.value > max)
        return plumb_fail(err, PLUMB_INVALID, "eif.signature", where, "want at most %zu bytes",
                          max);
    if (item.type == CBOR_BYTES)
        memcpy(ret, item.data, item.value);
    else
        for (uint64_t i = 0; i < item.value; i++) {
            PLUMB_TRY(cbor_want(c, CBOR_UINT, where, &byte, err));
            if (byte.value > 255)
                return plumb_fail(err, PLUMB_INVALID, "eif.signature", where, "%u is no byte",
                                  (unsigned)byte.value);
            ret[i] = (uint8_t)byte.value;
        }
    *ret_len = item.value;
    return PLUMB_OK;
}

/* What was signed is this image's PCR 0. */
static enum plumb_code
check_signed(const uint8_t *cose, size_t len, const uint8_t *pcr0, struct plumb_err *err)
{
    uint8_t value[NITRO_PCR_LEN];
    struct cbor c;
    struct cbor_item map, key, index;
    bool registers[2] = { false, false };
    size_t n;

    PLUMB_TRY(cose_sign1(cose, len, &c, err));
    PLUMB_TRY(cbor_want(&c, CBOR_MAP, "signature", &map, err));
    for (uint64_t i = 0; i < map.value; i++) {
        PLUMB_TRY(cbor_want(&c, CBOR_TEXT, "signature", &key, err));
        if (cbor_text_is(&key, "register_index")) {
            PLUMB_TRY(cbor_want(&c, CBOR_UINT, "register_index", &index, err));
            registers[0] = index.value == 0;
        } else if (cbor_text_is(&key, "register_value")) {
            PLUMB_TRY(read_bytes(&c, "register_value", value, sizeof value, &n, err));
            registers[1] = n == sizeof value && memcmp(value, pcr0, n) == 0;
        } else {
            return plumb_fail(err, PLUMB_INVALID, "eif.signature", "", "an unknown member");
        }
    }
    PLUMB_TRY(cbor_end(&c, err));
    if (!registers[0] || !registers[1])
        return plumb_fail(err, PLUMB_INVALID, "eif.signature", "",
                          "what was signed is not PCR 0 of this image");
    return PLUMB_OK;
}

/* PCR 8 is that of the DER certificate. */
static enum plumb_code
measure_certificate(const uint8_t *pem, size_t len, uint8_t ret[NITRO_PCR_LEN],
                    struct plumb_err *err)
{
    PLUMB_AUTO(auto_bio) BIO *bio = BIO_new_mem_buf(pem, (int)len);
    PLUMB_AUTO(auto_x509) X509 *x = NULL;
    PLUMB_AUTO(auto_der) unsigned char *der = NULL;
    PLUMB_AUTO(pcr_clear) struct pcr pcr = { 0 };
    char no_password[] = "";
    int n;

    if (bio != NULL)
        x = PEM_read_bio_X509(bio, NULL, NULL, no_password);
    if (x == NULL)
        return plumb_fail(err, PLUMB_INVALID, "eif.signature", "signing_certificate",
                          "no certificate in PEM");
    n = i2d_X509(x, &der);
    if (n <= 0 || !pcr_begin(&pcr) || !pcr_add(&pcr, der, (size_t)n) || !pcr_end(&pcr, ret))
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

static enum plumb_code
read_signature(const struct image *image, const uint8_t *pcr0, uint8_t ret_pcr8[NITRO_PCR_LEN],
               struct plumb_err *err)
{
    struct cbor c = { image->signature, image->signature_len };
    uint8_t pem[CERTIFICATE_MAX], cose[4096];
    size_t pem_len = 0, cose_len = 0;
    struct cbor_item array, map, key;

    PLUMB_TRY(cbor_want(&c, CBOR_ARRAY, "signature", &array, err));
    PLUMB_TRY(cbor_want(&c, CBOR_MAP, "signature", &map, err));
    if (array.value != 1 || map.value != 2)
        return plumb_fail(err, PLUMB_INVALID, "eif.signature", "",
                          "want one signature of two members");
    for (int i = 0; i < 2; i++) {
        PLUMB_TRY(cbor_want(&c, CBOR_TEXT, "signature", &key, err));
        if (cbor_text_is(&key, "signing_certificate"))
            PLUMB_TRY(read_bytes(&c, "signing_certificate", pem, sizeof pem, &pem_len, err));
        else if (cbor_text_is(&key, "signature"))
            PLUMB_TRY(read_bytes(&c, "signature", cose, sizeof cose, &cose_len, err));
        else
            return plumb_fail(err, PLUMB_INVALID, "eif.signature", "", "an unknown member");
    }
    PLUMB_TRY(cbor_end(&c, err));
    PLUMB_TRY(check_signed(cose, cose_len, pcr0, err));
    return measure_certificate(pem, pem_len, ret_pcr8, err);
}

enum plumb_code
evidence_eif(const uint8_t *data, size_t len, struct draft_evidence *e, struct plumb_err *err)
{
    PLUMB_AUTO(image_clear) struct image image = { 0 };
    uint8_t value[NITRO_PCR_LEN], pcr0[NITRO_PCR_LEN], pcr8[NITRO_PCR_LEN] = { 0 };
    struct draft d;

    PLUMB_TRY(check_header(data, len, err));
    for (size_t i = 0; i < 3; i++)
        if (!pcr_begin(&image.pcr[i]))
            return plumb_fail_memory(err);
    PLUMB_TRY(walk(data, len, &image, err));

    draft_begin(&d, e->pool, PLUMB_EVIDENCE_NITRO_IMAGE, PLUMB_TEE_NITRO);
    for (unsigned i = 0; i < 3; i++) {
        if (!pcr_end(&image.pcr[i], value))
            return plumb_fail_memory(err);
        if (i == 0)
            memcpy(pcr0, value, sizeof pcr0);
        PLUMB_TRY(nitro_pcr(&d, i, value, err));
    }
    if (image.signature != NULL)
        PLUMB_TRY(read_signature(&image, pcr0, pcr8, err));
    PLUMB_TRY(nitro_pcr(&d, 8, pcr8, err)); /* zero where nobody signed */
    return draft_end(&d, e, err);
}
