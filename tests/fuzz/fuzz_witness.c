/*
 * What a witness is asked: the body of add-checkpoint. The seeds are what a log of 13 leaves
 * (signed by a key that is gone) asks a witness that has seen nothing, or 5 of them; no other
 * tree may ever be cosigned, and none before the signature holds.
 */
#include <plumb/witness.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy[] =
    "log fuzz.example/log+d7ab91f5+ARgtDNzLksaU26auUb5cT8WebuGS5AWVOrJOr3AHc24s\n"
    "quorum none\n";

static void
leaves_root(uint64_t n, struct plumb_checkpoint *ret)
{
    struct plumb_digest leaves[13];

    for (uint64_t i = 0; i < n; i++)
        plumb_leaf_hash(&i, sizeof i, &leaves[i]);
    ret->size = n;
    plumb_tree_root(leaves, n, &ret->root);
}

/* What was read is written again as the same bytes. */
static void
write_again(const struct plumb_add_checkpoint *request, const uint8_t *data, size_t size)
{
    struct plumb_bytes text = { 0 };

    if (plumb_add_checkpoint_text(request->old, request->proof, request->nproof, request->note,
                                  request->note_len, &text, NULL) != PLUMB_OK)
        abort();
    assert(text.len == size && memcmp(text.data, data, size) == 0);
    plumb_bytes_clear(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct plumb_log_policy *p;
    struct plumb_add_checkpoint request;
    struct plumb_checkpoint seen = { 0 }, whole = { 0 }, got;
    struct plumb_err err = { 0 };

    if (p == NULL && plumb_log_policy_parse(policy, strlen(policy), &p, NULL) != PLUMB_OK)
        abort();
    if (plumb_add_checkpoint_parse(data, size, &request, &err) != PLUMB_OK) {
        assert(err.code == PLUMB_INVALID || err.code == PLUMB_TOO_LARGE);
        assert(err.rule[0] != '\0');
        return 0;
    }
    write_again(&request, data, size);
    leaves_root(5, &seen);
    leaves_root(13, &whole);
    for (int i = 0; i < 2; i++) {
        if (plumb_witness_check(p, i > 0 ? &seen : NULL, &request, &got, &err) == PLUMB_OK) {
            assert(request.old == (i > 0 ? seen.size : 0) && got.size == whole.size);
            assert(plumb_digest_eq(&got.root, &whole.root));
        } else {
            assert(err.code != PLUMB_OK && err.rule[0] != '\0');
        }
    }
    return 0;
}
