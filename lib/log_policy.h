/* lib/log_policy.h - what a tlog-policy says, for those in lib/ that hold signatures to it. */
#ifndef LIB_LOG_POLICY_H
#define LIB_LOG_POLICY_H

#include <plumb/tlog.h>

#define PLUMB_POLICY_NAMES 128 /* witnesses and groups */
#define PLUMB_POLICY_LOGS  32
#define PLUMB_POLICY_KEYS  (PLUMB_POLICY_NAMES + PLUMB_POLICY_LOGS)

struct plumb_policy_key {
    struct plumb_vkey vkey; /* a log's is of type 01, a witness's of type 04 */
    struct plumb_pubkey *pub;
};

/* A witness or a group; each is a member of one group at most, so they form trees. */
struct plumb_policy_name {
    char name[128];
    size_t key;       /* a witness's, an index; PLUMB_POLICY_KEYS for a group */
    size_t threshold; /* a group's */
    size_t parent;    /* the group that this is a member of, or PLUMB_POLICY_NAMES */
};

struct plumb_log_policy {
    struct plumb_policy_key keys[PLUMB_POLICY_KEYS];
    struct plumb_policy_name names[PLUMB_POLICY_NAMES]; /* a group comes after its members */
    size_t nkeys, nlogs, nnames;
    const char *origin; /* inside keys[] */
    bool has_quorum;
    size_t quorum; /* PLUMB_POLICY_NAMES for "none" */
};

/* Whether the keys that signed reach the quorum. */
bool plumb_log_policy_reached(const struct plumb_log_policy *p,
                              const bool signed_by[PLUMB_POLICY_KEYS]);

#endif
