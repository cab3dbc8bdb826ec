#include "audit/extend.h"

#include <string.h>

#include "audit/export.h"
#include "lib/own.h"

static const struct {
    const char *token, *text;
} words[] = {
#define X(name, token, text) [AUDIT_##name] = { token, text },
    AUDIT_EXTENDS(X)
#undef X
};

const char *
audit_extend_token(enum audit_extend x)
{
    return words[x].token;
}

const char *
audit_extend_text(enum audit_extend x)
{
    return words[x].text;
}

/* The roots that the tiles of the longer log make at both sizes. */
static enum plumb_code
roots(const struct audit_source *source, uint64_t shorter, uint64_t longer,
      struct plumb_digest ret[2], struct plumb_err *err)
{
    struct audit_tiles tiles = { source, longer };

    PLUMB_TRY(plumb_root_build(shorter, audit_tile_node, &tiles, &ret[0], err));
    return plumb_root_build(longer, audit_tile_node, &tiles, &ret[1], err);
}

enum plumb_code
audit_extends(const struct audit_source *source, const struct plumb_checkpoint *seen,
              const struct plumb_checkpoint *now, enum audit_extend *ret, struct plumb_err *err)
{
    bool behind = now->size < seen->size;
    const struct plumb_checkpoint *shorter = behind ? now : seen, *longer = behind ? seen : now;
    struct plumb_digest root[2];
    enum plumb_code code;

    if (now->size == seen->size) {
        *ret = plumb_digest_eq(&now->root, &seen->root) ? AUDIT_SAME : AUDIT_FORKED;
        return PLUMB_OK;
    }
    code = roots(source, shorter->size, longer->size, root, err);
    if (code == PLUMB_NOT_FOUND && behind) {
        *ret = AUDIT_SHRANK;
        return PLUMB_OK;
    }
    if (code != PLUMB_OK)
        return code;
    if (!plumb_digest_eq(&root[1], &longer->root)) {
        if (behind) { /* these are not the tiles of the log that was seen */
            *ret = AUDIT_SHRANK;
            return PLUMB_OK;
        }
        return plumb_fail(err, PLUMB_REFUSED, "tile.hash", "tile",
                          "the tiles do not make the root that the checkpoint signs");
    }
    *ret = !plumb_digest_eq(&root[0], &shorter->root) ? AUDIT_FORKED
           : behind                                   ? AUDIT_BEHIND
                                                      : AUDIT_EXTENDED;
    return PLUMB_OK;
}
