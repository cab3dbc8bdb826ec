/* evaluation.h - what a release's controls came to when it was approved, for ever. */
#ifndef ENGINE_EVALUATION_H
#define ENGINE_EVALUATION_H

#include "engine/context.h"
#include "engine/controls.h"

struct results {
    unsigned holders;
    struct plumb_bytes json;
};
struct evaluation {
    struct record head;
    struct results *results;
    uint64_t index; /* the entry that completed the approval */
    plumb_time time;
    int64_t level; /* SLSA build level */
    struct plumb_digest governance;
    uint64_t record; /* the service's statement, or NO_INDEX */
};
void evaluation_free(struct record *r);

/* The release is approved by this entry: keep what it came to, and await the record of it. */
PLUMB_MUST_CHECK enum plumb_code evaluation_note(const struct context *c,
                                                 const struct plumb_digest *release,
                                                 struct plumb_err *err);
/* The members of the statement that records it. */
PLUMB_MUST_CHECK enum plumb_code evaluation_members(const struct engine *e,
                                                    const struct plumb_digest *release,
                                                    json_t **ret, struct plumb_err *err);
bool evaluation_says(const struct engine *e, const struct plumb_statement *s);
PLUMB_MUST_CHECK enum plumb_code evaluation_recorded(const struct context *c,
                                                     const struct plumb_digest *release,
                                                     struct plumb_err *err);

/* --- time.c --- */
PLUMB_MUST_CHECK enum plumb_code time_await_evaluation(struct engine *e,
                                                       const struct version *v, plumb_time at,
                                                       struct plumb_err *err);

#endif
