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

/*
 * The root of the first entries of the longer log, by its tiles; *ret_held says whether they
 * prove it against the root that is signed: tiles that do not were changed, which is no fork.
 */
static enum plumb_code
root_before(const struct audit_source *source, uint64_t size,
            const struct plumb_checkpoint *longer, struct plumb_digest *ret, bool *ret_held,
            struct plumb_err *err)
{
    struct audit_tiles tiles = { source, longer->size };
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    size_t n;

    PLUMB_TRY(plumb_root_build(size, audit_tile_node, &tiles, ret, err));
    PLUMB_TRY(
        plumb_consistency_build(size, longer->size, audit_tile_node, &tiles, proof, &n, err));
    *ret_held = plumb_consistency_verify(size, ret, longer->size, &longer->root, proof, n,
                                         NULL) == PLUMB_OK;
    return PLUMB_OK;
}

enum plumb_code
audit_extends(const struct audit_source *source, const struct plumb_checkpoint *seen,
              const struct plumb_checkpoint *now, enum audit_extend *ret, struct plumb_err *err)
{
    bool behind = now->size < seen->size;
    const struct plumb_checkpoint *shorter = behind ? now : seen, *longer = behind ? seen : now;
    struct plumb_digest root;
    enum plumb_code code;
    bool held;

    if (now->size == seen->size) {
        *ret = plumb_digest_eq(&now->root, &seen->root) ? AUDIT_SAME : AUDIT_FORKED;
        return PLUMB_OK;
    }
    code = root_before(source, shorter->size, longer, &root, &held, err);
    if (code == PLUMB_NOT_FOUND && behind) {
        *ret = AUDIT_SHRANK;
        return PLUMB_OK;
    }
    if (code != PLUMB_OK)
        return code;
    if (!held) {
        if (behind) { /* these are not the tiles of the log that was seen */
            *ret = AUDIT_SHRANK;
            return PLUMB_OK;
        }
        return plumb_fail(err, PLUMB_REFUSED, "tile.hash", "tile",
                          "the tiles do not make the root that the checkpoint signs");
    }
    *ret = !plumb_digest_eq(&root, &shorter->root) ? AUDIT_FORKED
           : behind                                ? AUDIT_BEHIND
                                                   : AUDIT_EXTENDED;
    return PLUMB_OK;
}
