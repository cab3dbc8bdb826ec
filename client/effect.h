/*
 * client/effect.h - what a proposal brings about, in sentences, effect first: which evidence
 * passes where, and until when. By what is accepted now, which the caller verified.
 */
#ifndef CLIENT_EFFECT_H
#define CLIENT_EFFECT_H

#include <plumb/bundle.h>

/* The verified bundle of a fleet, or NULL where there is none: then what is accepted there is
 * not spoken of. */
typedef const struct plumb_bundle *effect_bundle_fn(void *arg, const char *fleet);

struct effect_now {
    plumb_time now; /* it is told as if the quorum were complete at this time */
    const struct plumb_governance *document; /* in force */
    effect_bundle_fn *bundle;
    void *arg;
};

/* The caller frees *ret. Rule "effect.kind" for what is no proposal. */
PLUMB_MUST_CHECK enum plumb_code effect_text(const struct plumb_statement *s,
                                             const struct effect_now *now, char **ret,
                                             struct plumb_err *err);

/* The version of a payload that has this status in a bundle; NULL when none has, and of a NULL
 * bundle. */
const struct plumb_accepted *effect_find(const struct plumb_bundle *b, const char *payload,
                                         enum plumb_status status);

#endif
