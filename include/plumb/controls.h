/*
 * plumb/controls.h - the controls that a release must meet, and whom governance trusts to say
 * so: the member "controls" of a governance document. docs/controls.md.
 */
#ifndef PLUMB_CONTROLS_H
#define PLUMB_CONTROLS_H

#include <plumb/governance.h>

/* How a control is met; any one of its ways is enough. */
/* clang-format off */
#define PLUMB_WAYS(X)                                                                          \
    X(ASSERTION, "assertion", "a trusted asserter's statement")                                \
    X(PROVENANCE, "provenance", "SLSA provenance by a trusted builder")                        \
    X(DEPENDENCIES, "dependencies", "such provenance that lists what went in")                 \
    X(ATTRIBUTES, "attributes", "SCAI attributes that the profile names")                      \
    X(REBUILD, "rebuild", "enough independent rebuilders with the same result")                \
    X(SBOM, "sbom", "a bill of materials bound to the release")                                \
    X(MONITOR, "monitor", "fresh advisories, matched, and none that blocks")                   \
    X(BUNDLE, "bundle", "the bill of materials' digest in the bundle")                         \
    X(ROOT_STORE, "root-store", "a root store that every set covers")                          \
    X(CRYPTO_POLICY, "crypto-policy", "a crypto policy that every set covers")                 \
    X(CONFIG, "config", "configuration that every set covers")                                 \
    X(LIFECYCLE, "lifecycle", "nothing overdue in the version itself")

/* id, level, ways, text: the built-in profile, from the Confidential Payload Governance pattern
 * of the Confidential Computing Consortium. */
#define PLUMB_PROFILE "urn:plumbline:controls:v1"
#define PLUMB_CONTROLS(X)                                                                      \
    X("BLD-ENV", SHOULD, WAY(ASSERTION) | WAY(ATTRIBUTES),                                     \
      "the build environment is integrity-checked before the build")                           \
    X("BLD-ENV-RUNTIME", SHOULD, WAY(ASSERTION) | WAY(ATTRIBUTES),                             \
      "the build environment is protected at run time by confidential computing or another "   \
      "protection of data in use")                                                             \
    X("BLD-ISOLATION", SHOULD, WAY(PROVENANCE),                                                \
      "integrity and authenticity checks, strongly isolated compilation")                      \
    X("BLD-PROVENANCE", SHOULD, WAY(DEPENDENCIES),                                             \
      "configuration, inputs and outputs of the build are documented and authenticated")       \
    X("BLD-REPRODUCIBLE", SHOULD, WAY(REBUILD),                                                \
      "binaries can be independently verified to match the source")                            \
    X("BLD-SETTINGS", MUST, WAY(ASSERTION) | WAY(ATTRIBUTES),                                  \
      "recommended tool settings, up-to-date tools and dependencies")                          \
    X("DEP-CONFIG", MUST, WAY(CONFIG) | WAY(ASSERTION),                                        \
      "all security-sensitive configuration is part of remote attestation")                    \
    X("DEP-CRYPTO", MUST, WAY(CRYPTO_POLICY) | WAY(ASSERTION),                                 \
      "ciphers, key lengths and modes are curated and protected; where configurable, measured "\
      "and attested")                                                                          \
    X("DEP-HYGIENE", MUST, WAY(LIFECYCLE),                                                     \
      "verifier policies match the most recent versions; older vulnerable versions are phased "\
      "out in time")                                                                           \
    X("DEP-KEYRELEASE", MUST, WAY(ASSERTION),                                                  \
      "keys from vaults are released only to authorised TEEs, on attestation, over a secure "  \
      "transport")                                                                             \
    X("DEP-ROOTS", MUST, WAY(ROOT_STORE) | WAY(ASSERTION),                                     \
      "root stores are curated and protected; where configurable, measured and attested")      \
    X("DEP-TCB", MUST, WAY(ASSERTION),                                                         \
      "only the code needed is in the TEE")                                                    \
    X("DEV-BEARER", SHOULD, WAY(ASSERTION),                                                    \
      "no reliance on bearer tokens: tokens are bound to the TEE")                             \
    X("DEV-DEVICES", MUST, WAY(ASSERTION),                                                     \
      "a device that handles decrypted data is part of the TCB; data goes only to attested "   \
      "accelerators; other devices are untrusted")                                             \
    X("DEV-IO", SHOULD, WAY(ASSERTION),                                                        \
      "all data exchanged with the outside is protected against disclosure and tampering")     \
    X("DEV-KEYS", MUST, WAY(ASSERTION),                                                        \
      "keys for that are securely generated, procured and provisioned")                        \
    X("DEV-LEAKS", MUST, WAY(ASSERTION),                                                       \
      "trust in counterparties is reassessed; logs and metrics leak nothing; cached data is "  \
      "sealed")                                                                                \
    X("DEV-RNG", MUST, WAY(ASSERTION),                                                         \
      "the platform RNG of the TEE is used for all secure randomness")                         \
    X("SUP-BOM", MUST, WAY(SBOM),                                                              \
      "a bill of materials is part of the release")                                            \
    X("SUP-BOM-VERIFIED", SHOULD, WAY(BUNDLE),                                                 \
      "the verifier can check the bill of materials after deployment")                         \
    X("SUP-MONITOR", MUST, WAY(MONITOR),                                                       \
      "third-party dependencies are continuously monitored for known vulnerabilities")         \
    X("SUP-VETTING", MUST, WAY(ASSERTION),                                                     \
      "dependencies are kept updated and vetted")

/* What a signer is trusted for. */
#define PLUMB_TRUST_USES(X)         \
    X(BUILD, "build")               \
    X(REBUILD, "rebuild")           \
    X(ASSERT, "assert")             \
    X(ATTRIBUTES, "attributes")     \
    X(SBOM, "sbom")                 \
    X(VEX, "vex")                   \
    X(VERIFY, "verify")

/* Of an advisory. UNRATED counts as what governance says. */
#define PLUMB_SEVERITIES(X)         \
    X(LOW, "low")                   \
    X(MEDIUM, "medium")             \
    X(HIGH, "high")                 \
    X(CRITICAL, "critical")

/* What follows when a waiver lapses, a finding appears, a finding is overdue; an alert in any
 * case. HOLD is of lapses only: a blocking finding holds a rollout by SUP-MONITOR. */
#define PLUMB_FOLLOWS(X)            \
    X(ALERT, "alert")               \
    X(HOLD, "hold")                 \
    X(REVOKE, "propose-revocation") \
    X(SHORTEN, "shorten-phase-out")

/* Of a control in an evaluation, and of a finding: docs/controls.md says when. */
#define PLUMB_CONTROL_STATES(X)     \
    X(OPEN, "open")                 \
    X(MET, "met")                   \
    X(WAIVED, "waived")             \
    X(FAILED, "failed")
#define PLUMB_FINDING_STATES(X)     \
    X(OPEN, "open")                 \
    X(UNDETERMINED, "undetermined") \
    X(NOT_AFFECTED, "not-affected") \
    X(FIXED, "fixed")               \
    X(WITHDRAWN, "withdrawn")       \
    X(GONE, "gone")
/* clang-format on */

enum plumb_way {
#define X(name, text, says) PLUMB_WAY_##name,
    PLUMB_WAYS(X)
#undef X
        PLUMB_WAY_COUNT
};
enum plumb_trust_use {
#define X(name, text) PLUMB_TRUST_##name,
    PLUMB_TRUST_USES(X)
#undef X
        PLUMB_TRUST_USE_COUNT
};
enum plumb_severity {
#define X(name, text) PLUMB_SEVERITY_##name,
    PLUMB_SEVERITIES(X)
#undef X
        PLUMB_SEVERITY_COUNT
};
enum plumb_follow {
#define X(name, text) PLUMB_FOLLOW_##name,
    PLUMB_FOLLOWS(X)
#undef X
        PLUMB_FOLLOW_COUNT
};
enum plumb_control_state {
#define X(name, text) PLUMB_CONTROL_##name,
    PLUMB_CONTROL_STATES(X)
#undef X
        PLUMB_CONTROL_STATE_COUNT
};
enum plumb_finding_state {
#define X(name, text) PLUMB_FINDING_##name,
    PLUMB_FINDING_STATES(X)
#undef X
        PLUMB_FINDING_STATE_COUNT
};
const char *plumb_way_text(enum plumb_way w);
const char *plumb_way_says(enum plumb_way w); /* for people */
const char *plumb_trust_use_text(enum plumb_trust_use u);
const char *plumb_severity_text(enum plumb_severity s);
const char *plumb_follow_text(enum plumb_follow f);
const char *plumb_control_state_text(enum plumb_control_state s);
const char *plumb_finding_state_text(enum plumb_finding_state s);
/* Met, or waived: it holds nothing back. */
bool plumb_control_is_settled(enum plumb_control_state s);
/* Open, or undetermined: neither cleared, nor withdrawn, nor gone. */
bool plumb_finding_is_open(enum plumb_finding_state s);

struct plumb_control {
    const char *id;
    bool must; /* else SHOULD */
    const char *text;
    unsigned ways;           /* 1u << enum plumb_way */
    const char **attributes; /* all that WAY_ATTRIBUTES needs; none: it meets nothing */
    size_t nattributes;
};

/* The built-in profile, ascending by id. */
size_t plumb_profile_count(void);
struct plumb_control plumb_profile_control(size_t i);

/* Whoever a certificate of this issuer for this subject was given to. */
struct plumb_identity {
    const char *issuer;
    const char *subject; /* a pattern */
};

/* What a build may have been asked for: an external parameter of its provenance. */
struct plumb_parameter {
    const char *name;    /* a pattern of JSON pointers into the external parameters */
    const char **values; /* patterns; none: any value */
    size_t nvalues;
    bool optional; /* it may be unset */
};

/* Builds of a type, and all that they may have been asked for. */
struct plumb_build_type {
    const char *type; /* a pattern of build types */
    struct plumb_parameter *parameters;
    size_t nparameters;
};

/* One signer of evidence: any of its keys or identities, or a principal of its roles. */
struct plumb_trusted {
    const char *name;
    unsigned uses; /* 1u << enum plumb_trust_use */
    struct plumb_pubkey **keys;
    size_t nkeys;
    uint16_t *roles; /* into the document's roles, ascending */
    size_t nroles;
    struct plumb_identity *identities;
    size_t nidentities;
    const char **builders; /* build: patterns of the builder ids that it may sign for */
    size_t nbuilders;
    int64_t level;                  /* build: the SLSA level that this builder gives */
    struct plumb_build_type *types; /* build: what may be built, and how; none: anything */
    size_t ntypes;
    const char **controls; /* assert: ascending; none: every control */
    size_t ncontrols;
};

struct plumb_controls {
    struct plumb_control *controls; /* ascending by id */
    size_t ncontrols;
    struct plumb_trusted *trusted; /* ascending by name */
    size_t ntrusted;
    bool has_root; /* a sigstore trusted root, for identities */
    struct plumb_digest root;
    int64_t root_size;
    int64_t level;        /* the SLSA level wanted */
    const char **sources; /* patterns of what may be built */
    size_t nsources;
    int64_t rebuilders;
    unsigned blocking; /* 1u << enum plumb_severity */
    enum plumb_severity unrated;
    int64_t deadlines[PLUMB_SEVERITY_COUNT];              /* seconds; 0: none */
    int64_t advisories_age, guidance_age, provenance_age; /* seconds */
    unsigned lapse, finding, overdue;                     /* 1u << enum plumb_follow */
    struct plumb_quorum waiver;
};

/* NULL when there is none of that name. */
const struct plumb_control *plumb_controls_find(const struct plumb_controls *c, const char *id);
const struct plumb_trusted *plumb_controls_trusted(const struct plumb_controls *c,
                                                   const char *name);
/* The payload's own quorum for waivers, or governance's; NULL where there are no controls. */
const struct plumb_quorum *plumb_waiver_quorum(const struct plumb_governance *g,
                                               const struct plumb_payload *payload);
/* May it speak of this control? */
bool plumb_trusted_asserts(const struct plumb_trusted *t, const char *control);

/* Does text match? '*' stands for any run of characters but '/', "**" for any at all. */
bool plumb_pattern_match(const char *pattern, const char *text);

#endif
