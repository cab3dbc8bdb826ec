/* governance.h - what a parsed document carries besides its public face; for lib/ only. */
#ifndef LIB_GOVERNANCE_H
#define LIB_GOVERNANCE_H

#include <plumb/governance.h>

#include "lib/pool.h"

#define PLUMB_ROLES_MAX      256
#define PLUMB_PRINCIPALS_MAX 65535 /* so that a set of them is a bitmap on the stack */
#define PLUMB_PLACES_MAX     64    /* of one quorum */

struct plumb_key_place {
    struct plumb_digest id;
    uint32_t principal, key; /* principals[principal].keys[key] */
};

struct plumb_crowd { /* principals, ascending */
    uint16_t *who;
    size_t n;
};

/* Behind plumb_governance.pool. */
struct plumb_governance_index {
    struct pool *pool;
    struct plumb_key_place *keys; /* ascending by id */
    size_t nkeys;
    bool *active; /* by principal: holds an active sign key */
    struct plumb_crowd *role;
    struct plumb_crowd proposers[PLUMB_POWER_COUNT]; /* those of them that are active */
};

static inline const struct plumb_governance_index *
plumb_governance_index(const struct plumb_governance *g)
{
    return g->pool;
}

/* NULL when no principal has it. */
const struct plumb_key_place *plumb_governance_key(const struct plumb_governance *g,
                                                   const struct plumb_digest *id);

/* From JSON to struct: forms and references; the index comes after. */
PLUMB_MUST_CHECK enum plumb_code
plumb_governance_read(struct plumb_governance *g, struct pool *pool, struct plumb_err *err);
/* Fills the index of a document that is read; refuses a key that stands twice. */
PLUMB_MUST_CHECK enum plumb_code plumb_governance_arrange(struct plumb_governance *g,
                                                          struct plumb_governance_index *index,
                                                          struct plumb_err *err);
/* The rules of one document, all but those of reading. */
PLUMB_MUST_CHECK enum plumb_code plumb_governance_check(const struct plumb_governance *g,
                                                        struct plumb_err *err);

#endif
