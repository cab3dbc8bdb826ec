/*
 * attestation.h - what others sign about artifacts: in-toto statements in DSSE envelopes, as
 * builders, rebuilders, scanners and asserters make them. Nothing of one can be read before a
 * signature on it verified; what it says is then still only what its signer says.
 * docs/controls.md.
 *
 * One file is one envelope: whoever attaches a file of several lines splits it.
 */
#ifndef SUPPLY_ATTESTATION_H
#define SUPPLY_ATTESTATION_H

#include <plumb/bytes.h>
#include <plumb/key.h>
#include <plumb/time.h>
#include <stdbool.h>

struct sigstore_root;

#define ATTESTATION_MAX (64u << 20) /* bytes; an SBOM may be its predicate */

/* Of a build's parameters: their names and values together. Whoever wants more of them to be
 * judged is refused, who judges none is not. */
#define ATTESTATION_PARAMETERS_MAX (64u << 10)

#define ASSERTION_TYPE             "urn:plumbline:control-assertion:v1"
#define REBUILD_TYPE               "urn:plumbline:rebuild:v1"
#define REFERENCE_TYPE             "https://in-toto.io/attestation/reference/v0.1"

/* clang-format off */
#define ATTESTATIONS(X)                     \
    X(PROVENANCE, "provenance")             \
    X(SUMMARY, "verification-summary")      \
    X(ATTRIBUTES, "attributes")             \
    X(REFERENCE, "reference")               \
    X(REBUILD, "rebuild")                   \
    X(ASSERTION, "control-assertion")       \
    X(SBOM, "sbom")                         \
    X(VEX, "vex")                           \
    X(OTHER, "other")
/* clang-format on */
enum attestation_kind {
#define X(name, text) ATTESTATION_##name,
    ATTESTATIONS(X)
#undef X
        ATTESTATION_KIND_COUNT
};
const char *attestation_text(enum attestation_kind k);

/* By whom something may be signed. Borrowed while a call lasts. */
struct attestation_keyring {
    const struct plumb_pubkey *const *keys;
    size_t nkeys;
    const struct sigstore_root *root; /* or NULL: then by no certificate */
};

/* Whose signature verified. */
struct attestation_signer {
    bool by_key;
    struct plumb_digest key; /* by key: its id */
    const char *issuer;      /* by certificate, verified: who vouches ... */
    const char *identity;    /* ... for whom, the SAN; else NULL */
    plumb_time time;         /* by certificate: the verified time of signing */
};

struct attestation_subject {
    const char *name; /* "" where it has none */
    bool has_sha256;  /* others' digests are not compared */
    struct plumb_digest sha256;
};

/* A resource descriptor, as far as we compare it. */
struct attestation_resource {
    const char *uri; /* or its name, or "" */
    bool has_sha256;
    struct plumb_digest sha256;
    const char *revision; /* gitCommit or sha1, as stated; or NULL */
};

/* What a build was asked for. */
struct attestation_parameter {
    const char *name;  /* a JSON pointer, "/workflow/ref" */
    const char *value; /* of a text itself, else its JSON; never empty: that is unset */
};

struct attestation {
    enum attestation_kind kind;
    const char *predicate_type;
    struct attestation_signer *signers; /* at least one; each key once */
    size_t nsigners;
    struct attestation_subject *subjects; /* at least one */
    size_t nsubjects;
    union {
        struct {
            const char *builder, *build_type;
            /* v1: its externalParameters; v0.2: its invocation but the environment. In the
             * order in which they stand there. */
            struct attestation_parameter *parameters;
            size_t nparameters;
            bool cut;                     /* there are more, or longer ones */
            const char *source;           /* URI without "git+" and "@ref"; or NULL */
            const char *source_ref;       /* "refs/tags/v1"; or NULL */
            plumb_time started, finished; /* PLUMB_TIME_NEVER where not stated */
            struct attestation_resource *dependencies;
            size_t ndependencies;
        } provenance;
        struct {
            const char *verifier, *resource, *policy;
            bool passed;
            plumb_time time; /* or PLUMB_TIME_NEVER */
            const char **levels;
            size_t nlevels;
        } summary;
        struct {
            const char **names;
            size_t n;
        } attributes;
        struct {
            struct attestation_resource *resources;
            size_t n;
        } reference;
        struct {
            const char *environment; /* or NULL */
            plumb_time finished;     /* or PLUMB_TIME_NEVER */
        } rebuild;
        struct {
            const char *control, *statement;
            struct plumb_digest *documents;
            size_t ndocuments;
            plumb_time until; /* or PLUMB_TIME_NEVER */
        } assertion;
    } u;
    struct plumb_bytes document; /* SBOM, VEX: the predicate's JSON */
    void *pool;                  /* owned: all of the above but document */
};
void attestation_free(struct attestation *a);

/*
 * Opens an envelope or a sigstore bundle, verifies it by the keys of the ring, or by the
 * certificate that comes with it, and reads it. Rules "json.*", "sigstore.*" (sigstore.h),
 * "attestation.form" (no envelope), "attestation.unsigned" (a bare statement),
 * "attestation.signer" (by no key of the ring), "attestation.bare" (by one, but over the
 * payload without its type), "attestation.type" (no in-toto statement v1 or v0.1 inside),
 * "attestation.subject" (none; two digests under one name), "attestation.predicate" (what its
 * predicate must say is missing or wrong).
 */
PLUMB_MUST_CHECK enum plumb_code attestation_open(const void *data, size_t len,
                                                  const struct attestation_keyring *ring,
                                                  struct attestation **ret,
                                                  struct plumb_err *err);

/* Is this an envelope or a bundle at all? For whoever sorts files; says nothing more. */
bool attestation_is(const void *data, size_t len);

/* Does it speak of this digest? */
bool attestation_about(const struct attestation *a, const struct plumb_digest *artifact);

#endif
