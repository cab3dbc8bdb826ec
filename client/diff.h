/* client/diff.h - how two versions' reference values differ, set by set and measurement by
 * measurement: what an approver looks at. */
#ifndef CLIENT_DIFF_H
#define CLIENT_DIFF_H

#include <plumb/refval.h>

/* A set before and the one that took its place; either may be NULL. Pairs are those of the same
 * TEE and label, in their order; sets that are the same on both sides are paired first. */
struct diff_pair {
    const struct plumb_set *before, *after;
    bool same;
};
struct diff {
    struct diff_pair *pairs; /* in the order of the new sets, then what is gone */
    size_t n;
    size_t same, changed, added, removed; /* sets */
};
void diff_clear(struct diff *d);

/* Of the sets, which must outlive *ret; before may be NULL. */
PLUMB_MUST_CHECK enum plumb_code diff_sets(const struct plumb_sets *before,
                                           const struct plumb_sets *after, struct diff *ret,
                                           struct plumb_err *err);

/* One measurement of a pair: before NULL, it is new; after NULL, it is gone. */
struct diff_line {
    const struct plumb_measurement *before, *after;
    bool same;
};
/* Calls line for each of the pair's measurements, by name. */
typedef void diff_line_fn(void *arg, const struct diff_line *line);
void diff_measurements(const struct diff_pair *pair, diff_line_fn *line, void *arg);

/* "09ab...", ">= 3", "00ff & 0fff": what it asks for. */
#define DIFF_TEXT (4 * PLUMB_MEASUREMENT_MAX + 8)
void diff_text(const struct plumb_measurement *m, char ret[DIFF_TEXT]);

#endif
