/* pieces.h - quotes, documents, images and archives, made for tests. All grow one buffer. */
#ifndef TESTS_PIECES_H
#define TESTS_PIECES_H

#include <plumb/bytes.h>

struct piece {
    uint8_t data[1 << 16];
    size_t len;
};

void put(struct piece *p, const void *data, size_t len);
void put_zeros(struct piece *p, size_t len);
/* Write over what is there. */
void set_le(struct piece *p, size_t at, uint64_t value, size_t len);
void set_be(struct piece *p, size_t at, uint64_t value, size_t len);
void fill(struct piece *p, size_t at, uint8_t value, size_t len);

/* CBOR: a head, and strings. */
void put_head(struct piece *p, unsigned major, uint64_t value);
void put_text(struct piece *p, const char *text);
void put_blob(struct piece *p, const void *data, size_t len);
void put_ints(struct piece *p, const void *data, size_t len);

/* version 3, 4 or 5; body 1 SGX, 2 or 3 TDX. Each measurement has a value of its own. */
void make_quote(struct piece *p, unsigned version, unsigned body);
void make_report(struct piece *p, unsigned version);
/* A COSE_Sign1 around this payload. */
void make_cose(struct piece *p, const struct piece *payload);
/* PCRs 0 to 2 filled with these, PCR 4 with 9, and a nonce. */
void make_nitro(struct piece *p, uint8_t pcr0, uint8_t pcr1, uint8_t pcr2);
/* Signed by a key that is made once in each program. Attributes and mask are the flags only. */
void make_sigstruct(struct piece *p, uint64_t flags, uint64_t flags_mask);

/* An image with these sections: types as digits, "1233" is kernel, command line, two ramdisks.
 * Section i holds i + 1 bytes of its type's digit. */
void make_eif(struct piece *p, const char *types);
/* One more section, and the checksum anew. */
void add_section(struct piece *p, unsigned type, const void *data, size_t len);
void fix_crc(struct piece *p);
/* A signature section as AWS's tool makes it, over this value of the PCR index; with or without
 * a certificate in it. */
void sign_image(struct piece *p, unsigned index, const uint8_t *pcr0, bool certificate);

/* A self-signed certificate in PEM, of this common name. */
void put_certificate(struct piece *p, const char *name);

/* A tar archive: members, then the end. */
void put_member(struct piece *p, const char *name, char type, const void *data, size_t len);
void end_archive(struct piece *p);
/* An OCI archive of these manifests, each {"config":{},"layers":[],"n":"A"} of one letter. */
void make_oci(struct piece *p, const char *letters);

/* An OCI layout of one image in a folder that it makes; the digest of its manifest. */
struct plumb_digest make_layout(const char *folder);

#endif
