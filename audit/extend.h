/* audit/extend.h - does a signed checkpoint continue one that was seen before? */
#ifndef AUDIT_EXTEND_H
#define AUDIT_EXTEND_H

#include "audit/audit.h"

/* clang-format off */
#define AUDIT_EXTENDS(X)                                                                    \
    X(SAME, "same", "nothing was added")                                                    \
    X(EXTENDED, "extended", "the log grew, and begins with what was seen before")           \
    X(BEHIND, "behind", "an older checkpoint of the same log: a cache, or a slow mirror")   \
    X(FORKED, "forked", "no log can have both checkpoints: history was rewritten, or is shown differently to different people") \
    X(SHRANK, "shrank", "the log has fewer entries than it had, and does not show that they are the same")
/* clang-format on */
enum audit_extend {
#define X(name, token, text) AUDIT_##name,
    AUDIT_EXTENDS(X)
#undef X
};
const char *audit_extend_token(enum audit_extend x);
const char *audit_extend_text(enum audit_extend x);

/*
 * By the log's tiles. Both checkpoints' signatures are verified already. Fails when the tiles
 * cannot be had now, which says nothing about the log.
 */
PLUMB_MUST_CHECK enum plumb_code audit_extends(const struct audit_source *source,
                                               const struct plumb_checkpoint *seen,
                                               const struct plumb_checkpoint *now,
                                               enum audit_extend *ret, struct plumb_err *err);

#endif
