/*
 * watch.h - advisories against bills of materials, whichever comes later. Both are kept by the
 * names of packages, so that one more of either costs what it shares names with, and nobody
 * reads all bills again.
 */
#ifndef SUPPLY_WATCH_H
#define SUPPLY_WATCH_H

#include "supply/osv.h"
#include "supply/sbom.h"

struct watch;
PLUMB_MUST_CHECK enum plumb_code watch_new(struct watch **ret, struct plumb_err *err);
void watch_free(struct watch *w);

/* An advisory that is about a component, or may be. All is borrowed. */
struct watch_finding {
    const struct osv_advisory *advisory;
    const struct sbom *bill;
    const struct sbom_component *component;
    const struct package *package; /* the component's, by which it was found */
    struct osv_match match;        /* affected or undetermined */
};
/* What it returns other than PLUMB_OK ends the call that called it. A component that is known
 * by two names may come twice: the worse counts. */
typedef enum plumb_code watch_fn(void *arg, const struct watch_finding *f,
                                 struct plumb_err *err);

/*
 * Both are borrowed until they are removed, and are to be added once. fn, which may be NULL, is
 * given the findings between the new one and all that are there already. On failure some of it
 * may have been added: remove it.
 */
PLUMB_MUST_CHECK enum plumb_code watch_add_bill(struct watch *w, const struct sbom *bill,
                                                watch_fn *fn, void *arg, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code watch_add_advisory(struct watch *w,
                                                    const struct osv_advisory *a, watch_fn *fn,
                                                    void *arg, struct plumb_err *err);
void watch_remove_bill(struct watch *w, const struct sbom *bill);
void watch_remove_advisory(struct watch *w, const struct osv_advisory *a);

#endif
