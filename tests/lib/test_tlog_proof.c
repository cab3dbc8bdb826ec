#include <plumb/tlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/keys.h"
#include "tests/lib/notes.h"
#include "tests/t.h"

#define ORIGIN "log.example/1"
#define HASH   "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs=\n"
#define HEADER "c2sp.org/tlog-proof@v1\n"
#define SIZE   11

static struct plumb_digest leaves[SIZE];
static struct plumb_signer *signer;
static struct plumb_log_policy *policy;
static struct plumb_bytes note; /* the checkpoint of all leaves */

static int
make_log(void **state)
{
    struct plumb_checkpoint c = { .origin = ORIGIN, .size = SIZE };
    struct plumb_err err;
    char text[512];

    (void)state;
    for (size_t i = 0; i < SIZE; i++)
        plumb_leaf_hash(&i, sizeof i, &leaves[i]);
    plumb_tree_root(leaves, SIZE, &c.root);
    signer = generate(PLUMB_KEY_ED25519);
    assert_ok(plumb_checkpoint_sign(&c, &signer, 1, &note, &err), &err);
    (void)snprintf(text, sizeof text, "log %s\nquorum none\n", vkey_of(ORIGIN, 1, signer));
    policy = policy_of(text);
    return 0;
}

static int
free_log(void **state)
{
    (void)state;
    plumb_bytes_clear(&note);
    plumb_log_policy_free(policy);
    plumb_signer_free(signer);
    return 0;
}

static enum plumb_code
node_of_leaves(void *arg, unsigned level, uint64_t n, struct plumb_digest *ret,
               struct plumb_err *err)
{
    (void)arg;
    (void)err;
    plumb_tree_root(leaves + (n << level), (size_t)1 << level, ret);
    return PLUMB_OK;
}

static struct plumb_bytes
receipt_of(uint64_t index)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    struct plumb_bytes text = { 0 };
    struct plumb_err err;
    size_t n;

    assert_ok(plumb_inclusion_build(index, SIZE, node_of_leaves, NULL, proof, &n, &err), &err);
    assert_ok(plumb_tlog_proof_text(index, proof, n, note.data, note.len, &text, &err), &err);
    return text;
}

static enum plumb_code
verify(const struct plumb_bytes *text, const struct plumb_digest *leaf, uint64_t *ret_index,
       struct plumb_err *err)
{
    struct plumb_checkpoint c;

    return plumb_tlog_proof_verify(policy, text->data, text->len, leaf, ret_index, &c, err);
}

static void
the_text_is_the_specifications(void **state)
{
    struct plumb_digest proof[2];
    struct plumb_bytes text = { 0 };
    struct plumb_err err;

    (void)state;
    memset(&proof[0], 0x00, sizeof proof[0]);
    memset(&proof[1], 0xff, sizeof proof[1]);
    assert_ok(plumb_tlog_proof_text(73894, proof, 2, "note\n", 5, &text, &err), &err);
    assert_string_equal((char *)text.data,
                        HEADER "index 73894\n"
                               "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"
                               "//////////////////////////////////////////8=\n"
                               "\n"
                               "note\n");
    assert_int_equal(text.len, strlen((char *)text.data));
    plumb_bytes_clear(&text);
    assert_ok(plumb_tlog_proof_text(0, NULL, 0, "note\n", 5, &text, &err), &err);
    assert_string_equal((char *)text.data, HEADER "index 0\n\nnote\n");
    plumb_bytes_clear(&text);
}

static void
what_is_no_proof_is_not_written(void **state)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX + 1] = { 0 };
    struct plumb_bytes text = { 0 };
    struct plumb_err err;

    (void)state;
    assert_ok(
        plumb_tlog_proof_text(PLUMB_TREE_MAX - 1, proof, PLUMB_PROOF_MAX, "n", 1, &text, &err),
        &err);
    plumb_bytes_clear(&text);
    assert_refused("proof.form",
                   plumb_tlog_proof_text(0, proof, PLUMB_PROOF_MAX + 1, "n", 1, &text, &err),
                   &err);
    assert_refused("proof.form",
                   plumb_tlog_proof_text(PLUMB_TREE_MAX, proof, 0, "n", 1, &text, &err), &err);
    assert_refused("proof.form", plumb_tlog_proof_text(0, proof, 0, NULL, 0, &text, &err),
                   &err);
    assert_refused("proof.form", plumb_tlog_proof_text(0, proof, 0, "n", SIZE_MAX, &text, &err),
                   &err);
    assert_null(text.data);
}

static void
every_receipt_proves_its_entry_and_no_other(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < SIZE; i++) {
        struct plumb_bytes text = receipt_of(i);

        for (uint64_t j = 0; j < SIZE; j++) {
            uint64_t index = 99;
            struct plumb_err err;
            enum plumb_code code = verify(&text, &leaves[j], &index, &err);

            if (i == j)
                assert_ok(code, &err);
            else
                assert_refused("proof.inclusion", code, &err);
            assert_int_equal(index, i == j ? i : 99);
        }
        plumb_bytes_clear(&text);
    }
}

static void
the_checkpoint_verified_is_handed_out(void **state)
{
    struct plumb_bytes text = receipt_of(3);
    struct plumb_checkpoint c;
    struct plumb_err err;
    uint64_t index;

    (void)state;
    assert_ok(
        plumb_tlog_proof_verify(policy, text.data, text.len, &leaves[3], &index, &c, &err),
        &err);
    assert_string_equal(c.origin, ORIGIN);
    assert_int_equal(c.size, SIZE);
    plumb_bytes_clear(&text);
}

static void
no_bit_of_a_receipt_may_differ(void **state)
{
    struct plumb_bytes text = receipt_of(6);
    struct plumb_err err;
    uint64_t index;

    (void)state;
    for (size_t i = 0; i < text.len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            text.data[i] ^= (uint8_t)(1 << bit);
            assert_int_not_equal(verify(&text, &leaves[6], &index, &err), PLUMB_OK);
            text.data[i] ^= (uint8_t)(1 << bit);
        }
        assert_int_not_equal(
            verify(&(struct plumb_bytes){ text.data, i }, &leaves[6], &index, &err), PLUMB_OK);
    }
    assert_ok(verify(&text, &leaves[6], &index, &err), &err);
    plumb_bytes_clear(&text);
}

/* The receipt of entry 6 with other lines in place of its first two. */
static enum plumb_code
verify_with_head(const char *head, struct plumb_err *err)
{
    struct plumb_bytes whole = receipt_of(6), text = { 0 };
    size_t skip = strlen(HEADER "index 6\n");
    uint64_t index;
    enum plumb_code code;

    append(&text, head, strlen(head));
    append(&text, whole.data + skip, whole.len - skip);
    code = verify(&text, &leaves[6], &index, err);
    plumb_bytes_clear(&whole);
    plumb_bytes_clear(&text);
    return code;
}

static void
heads_of_the_form_are_read_and_no_others(void **state)
{
    static const struct {
        const char *head;
        const char *rule; /* NULL: it is read */
    } cases[] = {
        { HEADER "index 6\n", NULL },
        { HEADER "extra c29tZXRoaW5n\nindex 6\n", NULL },
        { HEADER "extra \nindex 6\n", NULL },
        { HEADER "extra c29tZXRoaW5\nindex 6\n", "proof.form" },
        { HEADER "extra\nindex 6\n", "proof.form" },
        { HEADER "extra AAAA\nextra AAAA\nindex 6\n", "proof.form" },
        { HEADER "index 6\nextra AAAA\n", "proof.form" },
        { HEADER "", "proof.form" },
        { "", "proof.form" },
        { "\n", "proof.form" },
        { "index 6\n", "proof.form" },
        { "c2sp.org/tlog-proof@v2\nindex 6\n", "proof.form" },
        { "c2sp.org/tlog-proof@v1 \nindex 6\n", "proof.form" },
        { "c2sp.org/tlog-proof@v1\r\nindex 6\n", "proof.form" },
        { "\n" HEADER "index 6\n", "proof.form" },
        { HEADER "index 06\n", "proof.form" },
        { HEADER "index +6\n", "proof.form" },
        { HEADER "index  6\n", "proof.form" },
        { HEADER "index 6 \n", "proof.form" },
        { HEADER "index\n", "proof.form" },
        { HEADER "index \n", "proof.form" },
        { HEADER "index 18446744073709551622\n", "proof.form" }, /* 2^64 + 6 */
        { HEADER "Index 6\n", "proof.form" },
        { HEADER "index 7\n", "proof.inclusion" },
        { HEADER "index 11\n", "proof.inclusion" },
        { HEADER "index 4611686018427387904\n", "proof.inclusion" },
        { HEADER "index 6\n" HASH, "proof.inclusion" },
        { HEADER "index 6\n ", "proof.form" },
        { HEADER "index 6\nAAAA\n", "proof.form" },
        { HEADER "index 6\nAAAA" HASH, "proof.form" },
        { HEADER "index 6\n\n", "note.signature" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_err err = { 0 };
        enum plumb_code code = verify_with_head(cases[i].head, &err);

        if (cases[i].rule == NULL)
            assert_ok(code, &err);
        else if (code == PLUMB_OK || strcmp(err.rule, cases[i].rule) != 0)
            fail_msg("%s: want %s, got [%s] %s", cases[i].head, cases[i].rule, err.rule,
                     err.msg);
    }
}

static void
more_hashes_than_any_proof_has_are_not_stored(void **state)
{
    struct plumb_bytes text = { 0 };
    struct plumb_err err;
    uint64_t index;

    (void)state;
    append(&text, HEADER "index 6\n", strlen(HEADER "index 6\n"));
    for (int i = 0; i < PLUMB_PROOF_MAX; i++)
        append(&text, HASH, strlen(HASH));
    append(&text, "\n", 1);
    append(&text, note.data, note.len);
    assert_refused("proof.inclusion", verify(&text, &leaves[6], &index, &err), &err);
    text.len -= note.len + 1;
    append(&text, HASH "\n", strlen(HASH "\n"));
    append(&text, note.data, note.len);
    assert_refused("proof.form", verify(&text, &leaves[6], &index, &err), &err);
    plumb_bytes_clear(&text);
}

static void
a_receipt_of_a_log_not_trusted_is_refused(void **state)
{
    struct plumb_log_policy *other = policy_of("log " EXAMPLE_VKEY "\nquorum none\n");
    struct plumb_bytes text = receipt_of(0);
    struct plumb_checkpoint c;
    struct plumb_err err;
    uint64_t index;

    (void)state;
    assert_refused(
        "note.signature",
        plumb_tlog_proof_verify(other, text.data, text.len, &leaves[0], &index, &c, &err),
        &err);
    plumb_bytes_clear(&text);
    plumb_log_policy_free(other);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_text_is_the_specifications),
        cmocka_unit_test(what_is_no_proof_is_not_written),
        cmocka_unit_test(every_receipt_proves_its_entry_and_no_other),
        cmocka_unit_test(the_checkpoint_verified_is_handed_out),
        cmocka_unit_test(no_bit_of_a_receipt_may_differ),
        cmocka_unit_test(heads_of_the_form_are_read_and_no_others),
        cmocka_unit_test(more_hashes_than_any_proof_has_are_not_stored),
        cmocka_unit_test(a_receipt_of_a_log_not_trusted_is_refused),
    };

    return cmocka_run_group_tests(tests, make_log, free_log);
}
