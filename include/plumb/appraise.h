/* plumb/appraise.h - evidence claims against a bundle: a verdict and its reasons. */
#ifndef PLUMB_APPRAISE_H
#define PLUMB_APPRAISE_H

#include <plumb/bundle.h>

/* clang-format off */
#define PLUMB_VERDICTS(X)                                                           \
    X(ACCEPTED, "accepted")       /* one set of one version, and a platform rule */ \
    X(STALE, "stale")             /* the bundle has expired, or is of the future */ \
    X(DEBUG, "debug")             /* debug mode, or the claim that would tell is absent */ \
    X(PLATFORM, "platform")       /* the payload matches, the platform does not */  \
    X(NOT_YET, "not-yet")         /* a version matches whose window is not open */  \
    X(ENDED, "ended")             /* a version matches whose window has closed */   \
    X(REVOKED, "revoked")         /* (known only while its section is at hand) */   \
    X(UNKNOWN, "unknown")         /* no version matches */
/* clang-format on */
enum plumb_verdict_code {
#define X(name, text) PLUMB_VERDICT_##name,
    PLUMB_VERDICTS(X)
#undef X
        PLUMB_VERDICT_COUNT
};
const char *plumb_verdict_text(enum plumb_verdict_code v);

struct plumb_verdict {
    enum plumb_verdict_code code;
    /* What matched, or (UNKNOWN) came nearest, as far as a short search finds: the most
     * measurements met; NULL if nothing shares one. Its bill of materials and its open findings
     * come with it, and change no verdict: what follows from them is the relying party's. */
    const struct plumb_accepted *version;
    size_t set;              /* which of its sets */
    plumb_time until;        /* ACCEPTED: when this ends, if nothing is published before */
    const char *measurement; /* the first in the table's order that differed, is in debug mode,
                                or is absent; NULL when the version alone is the reason */
    bool absent;             /* it was not among the claims */
    const struct plumb_measurement *expected; /* what it should have met; NULL with DEBUG */
    size_t met, of; /* UNKNOWN: so many of the nearest set's measurements were met */
};

/*
 * An index over the bundle (borrowed: it must outlive this). One verdict costs a hash look-up
 * for each shape of set (TEE and names of the equal measurements) that the bundle has.
 */
struct plumb_policy;
PLUMB_MUST_CHECK enum plumb_code plumb_policy_new(const struct plumb_bundle *bundle,
                                                  struct plumb_policy **ret,
                                                  struct plumb_err *err);
void plumb_policy_free(struct plumb_policy *p);

/*
 * payload NULL: any payload of the fleet. Never fails: what cannot be judged is refused. A
 * refusal names the first of these that holds: STALE; DEBUG; no version matches; the version
 * that does is not accepted now; PLATFORM. Of several versions that match, one that is accepted
 * now goes first.
 */
struct plumb_verdict plumb_appraise(const struct plumb_policy *p, const char *payload,
                                    const struct plumb_claims *claims, plumb_time now);

/* The verdict as JSON for machines, and in a sentence for people. b: the policy's bundle. */
PLUMB_MUST_CHECK enum plumb_code plumb_verdict_json(const struct plumb_verdict *v,
                                                    const struct plumb_bundle *b, json_t **ret,
                                                    struct plumb_err *err);
#define PLUMB_VERDICT_SENTENCE 512
void plumb_verdict_sentence(const struct plumb_verdict *v, const struct plumb_bundle *b,
                            char ret[PLUMB_VERDICT_SENTENCE]);

#endif
