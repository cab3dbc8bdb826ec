/*
 * plumb/bundle.h - what a verifier pulls, verified against one pinned trust file down to the
 * approvers' own signatures. docs/formats.md section 6.
 */
#ifndef PLUMB_BUNDLE_H
#define PLUMB_BUNDLE_H

#include <plumb/governance.h>
#include <plumb/tlog.h>
#include <plumb/window.h>

#define PLUMB_BUNDLE_LINE_MAX (64u << 20)

struct plumb_trust {
    const char *fleet;
    struct plumb_digest genesis;
    struct plumb_digest *servers; /* pins of the server's TLS key */
    size_t nservers;
    struct plumb_log_policy *policy;
    json_t *json;
    void *pool;
};
PLUMB_MUST_CHECK enum plumb_code plumb_trust_parse(const void *data, size_t len,
                                                   struct plumb_trust **ret,
                                                   struct plumb_err *err);
void plumb_trust_free(struct plumb_trust *t);

/* What a verifier remembers between pulls; NULL at first. */
struct plumb_memory;
PLUMB_MUST_CHECK enum plumb_code plumb_memory_parse(const void *data, size_t len,
                                                    struct plumb_memory **ret,
                                                    struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code
plumb_memory_json(const struct plumb_memory *m, struct plumb_bytes *ret, struct plumb_err *err);
/* The size to ask a consistency proof from; 0 with NULL. */
uint64_t plumb_memory_size(const struct plumb_memory *m);
void plumb_memory_free(struct plumb_memory *m);

/*
 * An advisory that is about a version's bill of materials, and nobody has cleared. The service
 * says so; no quorum does. So many are listed of one version at most; when there are more, one
 * more finding says so under the name PLUMB_FINDINGS_MORE, which no advisory has: critical and
 * undetermined, for what is not listed may be anything.
 */
#define PLUMB_FINDINGS_MAX  10000
#define PLUMB_FINDINGS_MORE "more than are listed"
struct plumb_finding {
    const char *advisory;
    const char *severity; /* "low", "medium", "high", "critical" */
    bool undetermined;    /* whether the version is affected cannot be told */
    plumb_time since;
    plumb_time due; /* by when it is to be gone; PLUMB_TIME_NEVER: no date */
};

/* One accepted version of a verified bundle. */
struct plumb_accepted {
    const char *payload, *version;
    struct plumb_digest release;
    struct plumb_digest rollout; /* the proposal of its begin: what a recognition names */
    struct plumb_window window;
    plumb_time kept_until;                /* PLUMB_TIME_NEVER when nothing was compromised */
    struct plumb_digest reference_values; /* of the document that sets were read from */
    const struct plumb_sets *sets;
    bool has_sbom;
    struct plumb_digest sbom;
    struct plumb_finding *findings; /* ascending by advisory; none where no controls are in
                                       force */
    size_t nfindings;
    /* who approved the release, and the begin: principal ids, for people */
    const char *const *approvers;
    size_t napprovers;
};

/* Its findings as the bundle's lines state them: [{"id", "severity", "state", "since",
 * "due"?}, ...]. */
PLUMB_MUST_CHECK enum plumb_code plumb_accepted_findings(const struct plumb_accepted *a,
                                                         json_t **ret, struct plumb_err *err);

/* Verified: there is no other way to get one. Immutable. */
struct plumb_bundle {
    const char *fleet;
    int64_t revision;
    uint64_t index; /* of the publication */
    plumb_time issued, valid_until;
    struct plumb_digest content;
    const struct plumb_governance *governance; /* in force at the publication */
    const struct plumb_fleet *rules;
    struct plumb_checkpoint checkpoint;
    struct plumb_accepted *accepted; /* ascending by (payload, release) */
    size_t naccepted;
    struct plumb_digest *revoked; /* reference values documents, ascending */
    size_t nrevoked;
    size_t checked_signatures, checked_proofs, checked_quorums; /* for people */
    void *pool;
};
void plumb_bundle_free(struct plumb_bundle *b);

/*
 * Reads the file line by line, holding one line at a time. feed takes whole file bytes in any
 * pieces; end checks that nothing is missing. Errors name the line: "line 7: section...".
 * now: the verifier's clock; a checkpoint or entry later than now + 300 s is refused
 * ("bundle.future"). An expired bundle opens (its verdicts are stale).
 */
struct plumb_bundle_reader;
PLUMB_MUST_CHECK enum plumb_code
plumb_bundle_begin(const struct plumb_trust *trust, const struct plumb_memory *memory,
                   plumb_time now, struct plumb_bundle_reader **ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_bundle_feed(struct plumb_bundle_reader *r,
                                                   const void *data, size_t len,
                                                   struct plumb_err *err);
/* The caller owns both; *ret_memory replaces the one given, and must be kept before the bundle
 * is used. */
PLUMB_MUST_CHECK enum plumb_code plumb_bundle_end(struct plumb_bundle_reader *r,
                                                  struct plumb_bundle **ret,
                                                  struct plumb_memory **ret_memory,
                                                  struct plumb_err *err);
void plumb_bundle_reader_free(struct plumb_bundle_reader *r);

#endif
