#include "tests/t.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/pieces.h"

void
put(struct piece *p, const void *data, size_t len)
{
    assert_true(len <= sizeof p->data - p->len);
    if (len > 0)
        memcpy(p->data + p->len, data, len);
    p->len += len;
}

void
put_zeros(struct piece *p, size_t len)
{
    assert_true(len <= sizeof p->data - p->len);
    memset(p->data + p->len, 0, len);
    p->len += len;
}

void
set_le(struct piece *p, size_t at, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        p->data[at + i] = (uint8_t)(value >> 8 * i);
}

void
set_be(struct piece *p, size_t at, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        p->data[at + len - 1 - i] = (uint8_t)(value >> 8 * i);
}

void
fill(struct piece *p, size_t at, uint8_t value, size_t len)
{
    memset(p->data + at, value, len);
}

/* --- CBOR --- */

void
put_head(struct piece *p, unsigned major, uint64_t value)
{
    size_t more = value < 24            ? 0
                  : value <= 0xff       ? 1
                  : value <= 0xffff     ? 2
                  : value <= 0xffffffff ? 4
                                        : 8;
    uint8_t first = (uint8_t)(major << 5 | (more == 0   ? value
                                            : more == 1 ? 24u
                                            : more == 2 ? 25u
                                            : more == 4 ? 26u
                                                        : 27u));

    put(p, &first, 1);
    put_zeros(p, more);
    set_be(p, p->len - more, value, more);
}

void
put_text(struct piece *p, const char *text)
{
    put_head(p, 3, strlen(text));
    put(p, text, strlen(text));
}

void
put_blob(struct piece *p, const void *data, size_t len)
{
    put_head(p, 2, len);
    put(p, data, len);
}

void
put_ints(struct piece *p, const void *data, size_t len)
{
    put_head(p, 4, len);
    for (size_t i = 0; i < len; i++)
        put_head(p, 0, ((const uint8_t *)data)[i]);
}

/* --- quotes and reports --- */

void
make_quote(struct piece *p, unsigned version, unsigned body)
{
    static const uint8_t intel[] = { 0x93, 0x9a, 0x72, 0x33, 0xf7, 0x9c, 0x4c, 0xa9,
                                     0x94, 0x0a, 0x0d, 0xb3, 0x95, 0x7f, 0x06, 0x07 };
    static const size_t lengths[] = { 0, 384, 584, 648 };
    size_t at;

    p->len = 0;
    put_zeros(p, 48);
    set_le(p, 0, version, 2);
    set_le(p, 2, 2, 2);
    set_le(p, 4, body == 1 ? 0 : 0x81, 4);
    memcpy(p->data + 12, intel, sizeof intel);
    if (version == 5) {
        put_zeros(p, 6);
        set_le(p, 48, body, 2);
        set_le(p, 50, lengths[body], 4);
    }
    at = p->len;
    put_zeros(p, lengths[body]);
    if (body == 1) {
        set_le(p, at + 48, 0x05, 8); /* attributes: INIT and MODE64 */
        set_le(p, at + 56, 0xe7, 8);
        fill(p, at + 64, 0x11, 32);  /* mrenclave */
        fill(p, at + 128, 0x22, 32); /* mrsigner */
        set_le(p, at + 256, 0x0102, 2);
        set_le(p, at + 258, 0x0304, 2); /* isvsvn */
        fill(p, at + 320, 0x33, 64);
    } else {
        set_le(p, at + 120, 0x10000000, 8); /* tdattributes: SEPT_VE_DISABLE */
        fill(p, at + 136, 0x44, 48);        /* mrtd */
        for (unsigned i = 0; i < 4; i++)
            fill(p, at + 328 + 48 * i, (uint8_t)(0x50 + i), 48);
    }
    put_zeros(p, 4);
    set_le(p, p->len - 4, 16, 4);
    put_zeros(p, 16);
    fill(p, p->len - 16, 0x77, 16); /* the signature */
}

void
make_report(struct piece *p, unsigned version)
{
    p->len = 0;
    put_zeros(p, 1184);
    set_le(p, 0x000, version, 4);
    set_le(p, 0x004, 7, 4); /* guest_svn */
    set_le(p, 0x008, 0x30000, 8);
    set_le(p, 0x034, 1, 4);
    fill(p, 0x090, 0x66, 48); /* measurement */
    fill(p, 0x180, 0x03, 8);
    set_le(p, 0x188, 0x010119, 3);
}

void
make_cose(struct piece *p, const struct piece *payload)
{
    static const uint8_t protected[] = { 0xa1, 0x01, 0x38, 0x22 };
    uint8_t signature[96] = { 1 };

    p->len = 0;
    put_head(p, 4, 4);
    put_blob(p, protected, sizeof protected);
    put_head(p, 5, 0);
    put_blob(p, payload->data, payload->len);
    put_blob(p, signature, sizeof signature);
}

void
make_nitro(struct piece *p, uint8_t pcr0, uint8_t pcr1, uint8_t pcr2)
{
    static struct piece payload;
    const uint8_t fillers[] = { pcr0, pcr1, pcr2, 0, 9 };
    uint8_t value[48];

    payload.len = 0;
    put_head(&payload, 5, 9);
    put_text(&payload, "module_id");
    put_text(&payload, "i-0-enc0");
    put_text(&payload, "digest");
    put_text(&payload, "SHA384");
    put_text(&payload, "timestamp");
    put_head(&payload, 0, 1665582606081);
    put_text(&payload, "pcrs");
    put_head(&payload, 5, sizeof fillers);
    for (unsigned i = 0; i < sizeof fillers; i++) {
        memset(value, fillers[i], sizeof value);
        put_head(&payload, 0, i);
        put_blob(&payload, value, sizeof value);
    }
    put_text(&payload, "certificate");
    put_blob(&payload, "DER", 3);
    put_text(&payload, "cabundle");
    put_head(&payload, 4, 1);
    put_blob(&payload, "DER", 3);
    put_text(&payload, "public_key");
    put_head(&payload, 7, 22);
    put_text(&payload, "user_data");
    put_head(&payload, 7, 22);
    put_text(&payload, "nonce");
    put_blob(&payload, "once", 4);
    make_cose(p, &payload);
}

/* --- SIGSTRUCT --- */

static EVP_PKEY *
rsa_key(void)
{
    static EVP_PKEY *key; /* once: it takes its time */
    EVP_PKEY_CTX *ctx;

    if (key != NULL)
        return key;
    ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);
    BIGNUM *e = BN_new();

    assert_true(BN_set_word(e, 3) == 1);
    assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 3072), 1);
    assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, e), 1);
    assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
    BN_free(e);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

void
make_sigstruct(struct piece *p, uint64_t flags, uint64_t flags_mask)
{
    static const uint8_t header1[] = { 6, 0, 0, 0, 0xe1, 0, 0, 0, 0, 0, 1, 0 };
    static const uint8_t header2[] = { 1, 1, 0, 0, 0x60, 0, 0, 0, 0x60, 0, 0, 0, 1, 0, 0, 0 };
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    BIGNUM *n = NULL;
    uint8_t signature[384];
    size_t len = sizeof signature, at = p->len;

    put_zeros(p, 1808);
    memcpy(p->data + at, header1, sizeof header1);
    set_le(p, at + 20, 0x20260101, 4);
    memcpy(p->data + at + 24, header2, sizeof header2);
    assert_int_equal(EVP_PKEY_get_bn_param(rsa_key(), "n", &n), 1);
    assert_int_equal(BN_bn2lebinpad(n, p->data + at + 128, 384), 384);
    set_le(p, at + 512, 3, 4);
    set_le(p, at + 904, 0xffffffff, 4);
    set_le(p, at + 928, flags, 8);
    set_le(p, at + 936, 3, 8);
    set_le(p, at + 944, flags_mask, 8);
    set_le(p, at + 952, UINT64_C(0xffffffffffffff1b), 8);
    fill(p, at + 960, 0x11, 32);
    set_le(p, at + 1024, 5, 2);
    set_le(p, at + 1026, 6, 2);
    assert_int_equal(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, rsa_key()), 1);
    assert_int_equal(EVP_DigestSignUpdate(ctx, p->data + at, 128), 1);
    assert_int_equal(EVP_DigestSignUpdate(ctx, p->data + at + 900, 128), 1);
    assert_int_equal(EVP_DigestSignFinal(ctx, signature, &len), 1);
    for (size_t i = 0; i < len; i++)
        p->data[at + 516 + i] = signature[len - 1 - i];
    BN_free(n);
    EVP_MD_CTX_free(ctx);
}

/* --- Nitro images --- */

static uint32_t
crc32_bits(uint32_t crc, const uint8_t *data, size_t len)
{
    for (crc = ~crc; len > 0; data++, len--) {
        crc ^= *data;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
    }
    return ~crc;
}

void
fix_crc(struct piece *p)
{
    set_be(p, 544, crc32_bits(crc32_bits(0, p->data, 544), p->data + 548, p->len - 548), 4);
}

void
add_section(struct piece *p, unsigned type, const void *data, size_t len)
{
    unsigned n = (unsigned)p->data[27];

    set_be(p, 26, n + 1, 2);
    set_be(p, 28 + 8 * n, p->len, 8);
    set_be(p, 284 + 8 * n, len, 8);
    put_zeros(p, 12);
    set_be(p, p->len - 12, type, 2);
    set_be(p, p->len - 8, len, 8);
    put(p, data, len);
    fix_crc(p);
}

void
make_eif(struct piece *p, const char *types)
{
    uint8_t content[64];

    p->len = 0;
    put_zeros(p, 548);
    memcpy(p->data, ".eif", 4);
    set_be(p, 4, 4, 2);
    for (size_t i = 0; types[i] != '\0'; i++) {
        memset(content, types[i], i + 1);
        add_section(p, (unsigned)(types[i] - '0'), content, i + 1);
    }
    fix_crc(p);
}

/* --- certificates --- */

void
put_certificate(struct piece *p, const char *name)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    BIO *out = BIO_new(BIO_s_mem());
    X509 *x = X509_new();
    char *pem;
    long len;

    assert_true(key != NULL && out != NULL && x != NULL);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(x), 1), 1);
    assert_non_null(X509_gmtime_adj(X509_getm_notBefore(x), 0));
    assert_non_null(ASN1_TIME_set(X509_getm_notAfter(x), 1893456000));
    assert_int_equal(X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                                (const unsigned char *)name, -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(x, X509_get_subject_name(x)), 1);
    assert_int_equal(X509_set_pubkey(x, key), 1);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    assert_int_equal(PEM_write_bio_X509(out, x), 1);
    len = BIO_get_mem_data(out, &pem);
    put(p, pem, (size_t)len);
    X509_free(x);
    BIO_free(out);
    EVP_PKEY_free(key);
}

/* --- archives --- */

void
put_member(struct piece *p, const char *name, char type, const void *data, size_t len)
{
    size_t at = p->len;
    unsigned sum = 0;

    put_zeros(p, 512);
    (void)snprintf((char *)p->data + at, 100, "%s", name);
    (void)snprintf((char *)p->data + at + 124, 12, "%011zo", len);
    p->data[at + 156] = (uint8_t)type;
    memcpy(p->data + at + 257,
           "ustar\0"
           "00",
           8);
    fill(p, at + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++)
        sum += p->data[at + i];
    (void)snprintf((char *)p->data + at + 148, 8, "%06o", sum);
    put(p, data, len);
    put_zeros(p, (512 - len % 512) % 512);
}

void
end_archive(struct piece *p)
{
    put_zeros(p, 1024);
}

void
make_oci(struct piece *p, const char *letters)
{
    char index[4096] = "{\"schemaVersion\":2,\"manifests\":[", path[128], hex[65];

    p->len = 0;
    put_member(p, "oci-layout", '0', "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
    for (const char *c = letters; *c != '\0'; c++) {
        size_t at = strlen(index);
        char manifest[64];
        struct plumb_digest d;

        (void)snprintf(manifest, sizeof manifest, "{\"config\":{},\"layers\":[],\"n\":\"%c\"}",
                       *c);
        plumb_sha256(manifest, strlen(manifest), &d);
        plumb_digest_hex(&d, hex);
        (void)snprintf(path, sizeof path, "./blobs/sha256/%s", hex);
        if (memchr(letters, *c, (size_t)(c - letters)) == NULL)
            put_member(p, path, '0', manifest, strlen(manifest));
        (void)snprintf(index + at, sizeof index - at,
                       "%s{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                       "\"digest\":\"sha256:%s\",\"size\":%zu}",
                       c == letters ? "" : ",", hex, strlen(manifest));
    }
    (void)snprintf(index + strlen(index), sizeof index - strlen(index), "]}");
    put_member(p, "index.json", '0', index, strlen(index));
    end_archive(p);
}

void
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
write_file(const char *folder, const char *name, const char *text)
{
    char path[4096];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
    assert_int_equal(fclose(f), 0);
}

struct plumb_digest
make_layout(const char *folder)
{
    static const char manifest[] = "{\"config\":{},\"layers\":[]}";
    static const char *const folders[] = { "", "/blobs", "/blobs/sha256" };
    char path[4096], index[512], blob[128], hex[PLUMB_DIGEST_HEX];
    struct plumb_digest digest;

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        (void)snprintf(path, sizeof path, "%s%s", folder, folders[i]);
        assert_int_equal(mkdir(path, 0777), 0);
    }
    plumb_sha256(manifest, strlen(manifest), &digest);
    plumb_digest_hex(&digest, hex);
    (void)snprintf(index, sizeof index,
                   "{\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+"
                   "json\",\"digest\":\"sha256:%s\",\"size\":%zu}]}",
                   hex, strlen(manifest));
    (void)snprintf(blob, sizeof blob, "blobs/sha256/%s", hex);
    write_file(folder, "oci-layout", "{\"imageLayoutVersion\":\"1.0.0\"}");
    write_file(folder, "index.json", index);
    write_file(folder, blob, manifest);
    return digest;
}
