/* witness_set.h - the witnesses that a governance document names, ready to be asked. */
#ifndef SERVER_WITNESS_SET_H
#define SERVER_WITNESS_SET_H

#include <plumb/governance.h>

struct witness_one {
    char name[128];
    char url[256];
    struct plumb_log_policy *policy; /* the log's keys, and this witness must have cosigned */
};

struct witness_set {
    struct plumb_digest document; /* that it was made of */
    size_t need;
    bool wait;
    struct plumb_log_policy *quorum; /* the log's keys, and `need` witnesses must have */
    size_t n;
    struct witness_one of[PLUMB_WITNESSES_MAX];
};

/* *ret is NULL where the document names none. */
PLUMB_MUST_CHECK enum plumb_code witness_set_new(const struct plumb_governance *g,
                                                 struct witness_set **ret,
                                                 struct plumb_err *err);
void witness_set_free(struct witness_set *set);

#endif
