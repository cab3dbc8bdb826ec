#include "tests/tinylog.h"

#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

void
tinylog_begin(struct tinylog *t)
{
    struct plumb_vkey vkey;
    struct plumb_err err;

    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &t->key, &err), &err);
    assert_ok(plumb_vkey_make(TINYLOG_ORIGIN, 1, t->key->pub, &vkey, &err), &err);
    plumb_vkey_text(&vkey, t->vkey);
    tinylog_rewrite(t, 0, 0);
}

void
tinylog_end(struct tinylog *t)
{
    plumb_signer_free(t->key);
}

void
tinylog_rewrite(struct tinylog *t, uint64_t from, unsigned number)
{
    for (uint64_t i = from; i < TINYLOG_MAX; i++) {
        uint64_t leaf[2] = { i, number };

        plumb_leaf_hash(leaf, sizeof leaf, &t->leaves[i]);
    }
}

struct plumb_checkpoint
tinylog_head(const struct tinylog *t, uint64_t size)
{
    struct plumb_checkpoint c = { .origin = TINYLOG_ORIGIN, .size = size };

    plumb_tree_root(t->leaves, size, &c.root);
    return c;
}

struct plumb_bytes
tinylog_note(const struct tinylog *t, uint64_t size, struct plumb_signer *signer)
{
    struct plumb_checkpoint c = tinylog_head(t, size);
    struct plumb_bytes note = { 0 };
    struct plumb_err err;

    signer = signer != NULL ? signer : t->key;
    assert_ok(plumb_checkpoint_sign(&c, &signer, 1, &note, &err), &err);
    return note;
}

static enum plumb_code
node(void *arg, unsigned level, uint64_t n, struct plumb_digest *ret, struct plumb_err *err)
{
    const struct tinylog *t = arg;

    (void)err;
    plumb_tree_root(t->leaves + (n << level), (size_t)1 << level, ret);
    return PLUMB_OK;
}

struct plumb_bytes
tinylog_request(const struct tinylog *t, uint64_t old, uint64_t size)
{
    struct plumb_bytes note = tinylog_note(t, size, NULL), body = { 0 };
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    struct plumb_err err;
    size_t n = 0;

    if (old > 0 && old <= size)
        assert_ok(plumb_consistency_build(old, size, node, (void *)t, proof, &n, &err), &err);
    assert_ok(plumb_add_checkpoint_text(old, proof, n, note.data, note.len, &body, &err), &err);
    plumb_bytes_clear(&note);
    return body;
}
