/*
 * plumb/evidence.h - quotes, reports, documents and images, read for what they say: claims to
 * appraise, and the reference value set to release. Nothing here verifies a quote's signature:
 * what is read is as good as where it came from.
 */
#ifndef PLUMB_EVIDENCE_H
#define PLUMB_EVIDENCE_H

#include <plumb/refval.h>

/* Kind, its word, and whether a TEE said so of itself (else it is what an image would say). */
/* clang-format off */
#define PLUMB_EVIDENCE_KINDS(X)                         \
    X(SGX_QUOTE, "sgx-quote", true)                     \
    X(SIGSTRUCT, "sgx-sigstruct", false)                \
    X(TDX_QUOTE, "tdx-quote", true)                     \
    X(SNP_REPORT, "snp-report", true)                   \
    X(NITRO_DOCUMENT, "nitro-document", true)           \
    X(NITRO_IMAGE, "nitro-image", false)                \
    X(OCI_IMAGE, "oci-image", false)                    \
    X(TRUSTEE_CLAIMS, "trustee-claims", true)           \
    X(CLAIMS, "claims", true)
/* clang-format on */
enum plumb_evidence_kind {
#define X(name, text, said) PLUMB_EVIDENCE_##name,
    PLUMB_EVIDENCE_KINDS(X)
#undef X
        PLUMB_EVIDENCE_KIND_COUNT
};
const char *plumb_evidence_kind_text(enum plumb_evidence_kind kind);
/* Whether a TEE said it of itself. */
bool plumb_evidence_said(enum plumb_evidence_kind kind);

/* What should never be approved. Its word, and what it means. */
/* clang-format off */
#define PLUMB_WARNINGS(X)                                                               \
    X(DEBUG, "debug", "debug mode: everybody can read its memory")                      \
    X(DEBUG_FREE, "debug-free",                                                         \
      "the SIGSTRUCT's mask leaves the debug attribute free: the host may set it")      \
    X(SAMPLE_SIGNER, "sample-signer",                                                   \
      "signed by a sample key that everybody has")
/* clang-format on */
enum plumb_warning {
#define X(name, word, text) PLUMB_WARNING_##name,
    PLUMB_WARNINGS(X)
#undef X
        PLUMB_WARNING_COUNT
};
const char *plumb_warning_word(enum plumb_warning w);
const char *plumb_warning_text(enum plumb_warning w);

/* What was read but is no part of the set, and why. */
struct plumb_left_out {
    const char *name, *why;
};

/* One thing that a file says. */
struct plumb_reading {
    enum plumb_evidence_kind kind;
    size_t offset; /* where in the file it begins */
    struct plumb_claims claims;
    /* The payload's claims as a reference value set. It never asks for debug mode: where that
     * was on, the set is that of the same payload with it off. n is 0 when nothing is left
     * that says which payload runs. */
    struct plumb_set set;
    unsigned warnings; /* bits, 1u << enum plumb_warning */
    struct plumb_left_out *left_out;
    size_t nleft_out;
};

/* Immutable; all memory in one pool. */
struct plumb_evidence {
    struct plumb_reading *readings; /* at least one */
    size_t n;
    void *pool;
};
void plumb_evidence_free(struct plumb_evidence *e);

#define PLUMB_EVIDENCE_READINGS_MAX 64

/*
 * Read a whole file, whatever of PLUMB_EVIDENCE_KINDS it is: it is recognised by its first
 * bytes, an executable that was signed for SGX by the SIGSTRUCTs in it. PLUMB_UNSUPPORTED,
 * rule "evidence.unknown", when it is none. Once recognised it must be whole and right: rules
 * "quote.*", "sigstruct.*", "snp.*", "nitro.*", "eif.*", "oci.*", "trustee.*", "cbor.*", and
 * those of claims.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_evidence_read(const void *data, size_t len,
                                                     struct plumb_evidence **ret,
                                                     struct plumb_err *err);

/*
 * An OCI layout whose files are elsewhere. file gives the bytes at a path of the layout
 * ("index.json", "blobs/sha256/..."), at most max of them; the caller of it frees *ret.
 */
typedef enum plumb_code plumb_oci_file(void *arg, const char *path, size_t max,
                                       struct plumb_bytes *ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_oci_read(plumb_oci_file *file, void *arg,
                                                struct plumb_evidence **ret,
                                                struct plumb_err *err);

#endif
