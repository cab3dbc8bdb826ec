/*
 * watch.h - what is watched: the advisories on file, the bill of every release, and two lists
 * for each package, of the parts of bills that are it and of the advisories that name it, so
 * that neither one more advisory nor one more bill reads all the others again.
 */
#ifndef ENGINE_WATCH_H
#define ENGINE_WATCH_H

#include "engine/dossier.h"
#include "supply/osv.h"

/* An advisory, as long as somebody needs it. */
struct held {
    unsigned holders;
    struct osv_advisory *a;
};
struct advisory {
    struct record head;
    struct held *held;
};

/* How long the two lists of a package are; their elements have keys of their own. */
struct package_lists {
    struct record head;
    uint64_t uses, named;
};
struct use { /* a part of a release's bill is this package */
    struct record head;
    struct plumb_digest release, bill;
    uint32_t part, package;
};
struct naming { /* an advisory names this package */
    struct record head;
    struct held *held; /* for its id: what it says now is in STATE_ADVISORIES */
};

/* The bill that a release was last matched by. */
struct matched_bill {
    struct record head;
    struct fact *bill;
};

void held_release(struct held *h);
void advisory_free(struct record *r);
void naming_free(struct record *r);
void matched_bill_free(struct record *r);

/* NULL where there is none, as of the others; of lists: nothing was ever put into them. */
const struct advisory *watch_advisory(const struct engine *e, const char *id);
const struct matched_bill *watch_bill(const struct engine *e,
                                      const struct plumb_digest *release);
const struct package_lists *watch_lists(const struct engine *e, const char *package);
PLUMB_MUST_CHECK enum plumb_code watch_get_use(const struct engine *e, const char *package,
                                               uint64_t i, const struct use **ret,
                                               struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code watch_get_naming(const struct engine *e, const char *package,
                                                  uint64_t i, const struct naming **ret,
                                                  struct plumb_err *err);

PLUMB_MUST_CHECK enum plumb_code watch_put_advisory(struct engine *e, struct held *held,
                                                    struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code watch_put_bill(struct engine *e,
                                                const struct plumb_digest *release,
                                                struct fact *bill, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code watch_add_naming(struct engine *e, struct held *held,
                                                  const char *package, struct plumb_err *err);
/* Of all parts of the bill, once: bills that take turns make no list longer. */
PLUMB_MUST_CHECK enum plumb_code watch_add_uses(struct engine *e,
                                                const struct plumb_digest *release,
                                                const struct fact *bill, struct plumb_err *err);

#endif
