/* The add-checkpoint protocol as bytes: requests, verdicts, cosignatures. */
#include "tests/t.h"

#include <plumb/witness.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/lib/notes.h"
#include "tests/tinylog.h"

#define ORIGIN TINYLOG_ORIGIN
#define NOW    INT64_C(1795489892)
#define SIZE   13

static struct tinylog tiny;
static struct plumb_signer *log_key, *other_key, *witness_key;
static struct plumb_log_policy *policy; /* what a witness knows of the log */

static int
begin(void **state)
{
    struct plumb_err err;
    char text[512];

    (void)state;
    tinylog_begin(&tiny);
    log_key = tiny.key;
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &other_key, &err), &err);
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &witness_key, &err), &err);
    (void)snprintf(text, sizeof text, "log %s\nquorum none\n", vkey_of(ORIGIN, 1, log_key));
    policy = policy_of(text);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    tinylog_end(&tiny);
    plumb_signer_free(other_key);
    plumb_signer_free(witness_key);
    plumb_log_policy_free(policy);
    return 0;
}

static struct plumb_checkpoint
head(uint64_t size)
{
    return tinylog_head(&tiny, size);
}

static struct plumb_bytes
signed_by(const struct plumb_checkpoint *c, struct plumb_signer *signer)
{
    struct plumb_bytes note = { 0 };
    struct plumb_err err;

    assert_ok(plumb_checkpoint_sign(c, &signer, 1, &note, &err), &err);
    return note;
}

/* The request by which the log goes from old to size. */
static struct plumb_bytes
request_for(uint64_t old, uint64_t size)
{
    return tinylog_request(&tiny, old, size);
}

static enum plumb_code
ask(const struct plumb_bytes *body, uint64_t seen, struct plumb_checkpoint *ret,
    struct plumb_err *err)
{
    struct plumb_checkpoint before = head(seen);
    struct plumb_add_checkpoint request;

    PLUMB_TRY(plumb_add_checkpoint_parse(body->data, body->len, &request, err));
    assert_string_equal(ORIGIN, request.origin);
    return plumb_witness_check(policy, seen > 0 ? &before : NULL, &request, ret, err);
}

static void
a_log_that_grows_is_cosigned_at_every_size(void **state)
{
    struct plumb_checkpoint got;
    struct plumb_err err;

    (void)state;
    for (uint64_t old = 0; old <= SIZE; old++) {
        for (uint64_t size = old > 0 ? old : 1; size <= SIZE; size++) {
            struct plumb_bytes body = request_for(old, size);
            struct plumb_checkpoint want = head(size);

            assert_ok(ask(&body, old, &got, &err), &err);
            assert_int_equal(size, got.size);
            assert_memory_equal(want.root.b, got.root.b, sizeof want.root);
            plumb_bytes_clear(&body);
        }
    }
}

/* What the witness saw is another size than the log believes: it is told. */
static void
a_log_that_does_not_know_what_was_seen_is_told(void **state)
{
    struct plumb_checkpoint got;
    struct plumb_err err;

    (void)state;
    for (uint64_t seen = 0; seen <= SIZE; seen++) {
        for (uint64_t old = 0; old <= SIZE; old++) {
            struct plumb_bytes body = request_for(old, SIZE);

            if (old != seen) {
                assert_refused("witness.size", ask(&body, seen, &got, &err), &err);
                assert_int_equal(409, plumb_code_http(err.code));
            }
            plumb_bytes_clear(&body);
        }
    }
}

static void
edit(struct plumb_bytes *body, const char *from, const char *to)
{
    char *at = strstr((char *)body->data, from);
    size_t before, after;
    uint8_t *made;

    assert_non_null(at);
    before = (size_t)(at - (char *)body->data);
    after = body->len - before - strlen(from);
    made = malloc(before + strlen(to) + after + 1);
    assert_non_null(made);
    memcpy(made, body->data, before);
    memcpy(made + before, to, strlen(to));
    memcpy(made + before + strlen(to), at + strlen(from), after + 1);
    plumb_bytes_clear(body);
    *body = (struct plumb_bytes){ made, before + strlen(to) + after };
}

static void
what_does_not_extend_what_was_seen_is_refused(void **state)
{
    struct plumb_checkpoint fork = head(9), got, wrong = head(0);
    struct plumb_bytes note, body = { 0 };
    struct plumb_digest proof[PLUMB_PROOF_MAX] = { 0 };
    struct plumb_add_checkpoint request;
    struct plumb_err err;

    (void)state;
    fork.root.b[0] ^= 1; /* another tree of the same size, signed by the log */
    note = signed_by(&fork, log_key);
    assert_ok(plumb_add_checkpoint_text(9, NULL, 0, note.data, note.len, &body, &err), &err);
    assert_refused("proof.consistency", ask(&body, 9, &got, &err), &err);
    assert_int_equal(422, plumb_code_http(err.code));
    plumb_bytes_clear(&body);
    for (size_t n = 0; n < 6; n++) { /* and of a larger one, with proofs of any length */
        assert_ok(plumb_add_checkpoint_text(5, proof, n, note.data, note.len, &body, &err),
                  &err);
        assert_refused("proof.consistency", ask(&body, 5, &got, &err), &err);
        plumb_bytes_clear(&body);
    }
    /* nothing was seen: so no proof, though the tree is the log's own */
    plumb_bytes_clear(&note);
    fork = head(9);
    note = signed_by(&fork, log_key);
    assert_ok(plumb_add_checkpoint_text(0, proof, 1, note.data, note.len, &body, &err), &err);
    assert_refused("proof.consistency", ask(&body, 0, &got, &err), &err);
    assert_int_equal(422, plumb_code_http(err.code));
    plumb_bytes_clear(&body);
    plumb_bytes_clear(&note);

    /* an empty tree with a root: it cannot be signed by us, so by hand */
    note = unsigned_note(ORIGIN "\n0\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n");
    sign_note(&note, ORIGIN "\n0\nU7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n", ORIGIN, 1,
              log_key, 0);
    assert_ok(plumb_add_checkpoint_text(0, NULL, 0, note.data, note.len, &body, &err), &err);
    assert_refused("checkpoint.root", ask(&body, 0, &got, &err), &err);
    assert_int_equal(422, plumb_code_http(err.code));
    plumb_bytes_clear(&body);
    plumb_bytes_clear(&note);
    note = signed_by(&wrong, log_key); /* the empty tree itself is a legal one */
    assert_ok(plumb_add_checkpoint_text(0, NULL, 0, note.data, note.len, &body, &err), &err);
    assert_ok(plumb_add_checkpoint_parse(body.data, body.len, &request, &err), &err);
    assert_ok(plumb_witness_check(policy, NULL, &request, &got, &err), &err);
    plumb_bytes_clear(&body);
    plumb_bytes_clear(&note);
}

static void
a_signature_that_is_not_the_logs_is_forbidden(void **state)
{
    struct plumb_checkpoint c = head(9), got;
    struct plumb_bytes notes[2] = { signed_by(&c, other_key), signed_by(&c, log_key) };
    struct plumb_err err;
    char *line = strstr((char *)notes[1].data, DASH);

    (void)state;
    /* the known key's name and id, and a signature of something else */
    line[strlen(line) - 5] = line[strlen(line) - 5] == 'A' ? 'E' : 'A';
    for (size_t i = 0; i < 2; i++) {
        struct plumb_bytes body = { 0 };

        /* before anything else is looked at: the old size is too large as well */
        assert_ok(
            plumb_add_checkpoint_text(12, NULL, 0, notes[i].data, notes[i].len, &body, &err),
            &err);
        assert_refused("note.signature", ask(&body, 5, &got, &err), &err);
        assert_int_equal(403, plumb_code_http(err.code));
        plumb_bytes_clear(&body);
        plumb_bytes_clear(&notes[i]);
    }
}

static void
an_old_size_beyond_the_checkpoint_is_malformed_whatever_was_seen(void **state)
{
    struct plumb_bytes body = request_for(9, 5);
    struct plumb_checkpoint got;
    struct plumb_err err;

    (void)state;
    for (uint64_t seen = 0; seen <= SIZE; seen++) {
        assert_refused("witness.old-size", ask(&body, seen, &got, &err), &err);
        assert_int_equal(400, plumb_code_http(err.code));
    }
    plumb_bytes_clear(&body);
}

static void
malformed_requests_are_refused(void **state)
{
    static const struct {
        const char *from, *to, *rule;
    } cases[] = {
        { "old 5\n", "", "witness.form" },
        { "old 5\n", "old\n", "witness.form" },
        { "old 5\n", "old 5", "witness.form" },
        { "old 5\n", "old 5\r\n", "witness.form" },
        { "old 5\n", "old  5\n", "witness.form" },
        { "old 5\n", "old 05\n", "witness.form" },
        { "old 5\n", "old -5\n", "witness.form" },
        { "old 5\n", "old +5\n", "witness.form" },
        { "old 5\n", "old 5 \n", "witness.form" },
        { "old 5\n", "old 18446744073709551621\n", "witness.form" },
        { "old 5\n", "new 5\n", "witness.form" },
        { "old 5\n", "Old 5\n", "witness.form" },
        { "old 5\n", "old 5\nA\n", "witness.form" },
        { "old 5\n", "old 5\n====\n", "witness.form" },
        { "old 5\n", "old 5\nAAAA\n", "witness.form" },
        { "\n\n" ORIGIN, "\n" ORIGIN, "witness.form" },
        { "\n\n" DASH, "\n" DASH, "note.form" },
        { ORIGIN "\n9", "\n9", "witness.form" },
    };
    struct plumb_add_checkpoint request;
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_bytes body = request_for(5, 9);

        edit(&body, cases[i].from, cases[i].to);
        if (plumb_add_checkpoint_parse(body.data, body.len, &request, &err) == PLUMB_OK)
            fail_msg("case %zu is read: %s", i, (char *)body.data);
        if (strcmp(cases[i].rule, err.rule) != 0)
            fail_msg("case %zu: want %s, got %s: %s", i, cases[i].rule, err.rule, err.msg);
        assert_int_equal(400, plumb_code_http(err.code));
        plumb_bytes_clear(&body);
    }
    for (size_t len = 0;; len++) { /* cut anywhere before the end */
        struct plumb_bytes body = request_for(5, 9);
        const bool whole = len == body.len;

        if (!whole)
            assert_int_not_equal(PLUMB_OK,
                                 plumb_add_checkpoint_parse(body.data, len, &request, &err));
        plumb_bytes_clear(&body);
        if (whole)
            break;
    }
}

static void
no_more_than_63_hashes_are_taken(void **state)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX] = { 0 };
    struct plumb_checkpoint c = head(9);
    struct plumb_bytes note = signed_by(&c, log_key), body = { 0 };
    struct plumb_add_checkpoint request;
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_add_checkpoint_text(5, proof, 63, note.data, note.len, &body, &err), &err);
    assert_ok(plumb_add_checkpoint_parse(body.data, body.len, &request, &err), &err);
    assert_int_equal(63, request.nproof);
    edit(&body, "old 5\n", "old 5\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n");
    assert_refused("witness.form",
                   plumb_add_checkpoint_parse(body.data, body.len, &request, &err), &err);
    plumb_bytes_clear(&body);
    plumb_bytes_clear(&note);
}

/* A policy that knows the witness, and asks for it. */
static struct plumb_log_policy *
policy_with_witness(const char *name, const struct plumb_signer *key)
{
    char text[1024];

    (void)snprintf(text, sizeof text, "log %s\nwitness w %s\nquorum w\n",
                   vkey_of(ORIGIN, 1, log_key), vkey_of(name, 4, key));
    return policy_of(text);
}

static void
a_cosignature_verifies_and_is_added_once(void **state)
{
    struct plumb_log_policy *p = policy_with_witness("witness.example/w", witness_key);
    struct plumb_checkpoint c = head(9), got;
    struct plumb_bytes note = signed_by(&c, log_key), line = { 0 }, all = { 0 }, again = { 0 };
    struct plumb_err err;
    size_t n = 9;

    (void)state;
    assert_refused("witness.quorum",
                   plumb_checkpoint_verify(p, note.data, note.len, &got, &err), &err);
    assert_ok(
        plumb_cosign("witness.example/w", witness_key, NOW, note.data, note.len, &line, &err),
        &err);
    assert_ok(plumb_cosigned_add(p, note.data, note.len, line.data, line.len, &all, &n, &err),
              &err);
    assert_int_equal(1, n);
    assert_ok(plumb_checkpoint_verify(p, all.data, all.len, &got, &err), &err);
    assert_ok(plumb_cosigned_add(p, all.data, all.len, line.data, line.len, &again, &n, &err),
              &err);
    assert_int_equal(0, n);
    assert_int_equal(all.len, again.len);
    assert_memory_equal(all.data, again.data, all.len);
    plumb_bytes_clear(&again);
    plumb_bytes_clear(&all);
    plumb_bytes_clear(&line);
    plumb_bytes_clear(&note);
    plumb_log_policy_free(p);
}

static void
only_lines_of_known_witnesses_are_added(void **state)
{
    struct plumb_log_policy *p = policy_with_witness("witness.example/w", witness_key);
    struct plumb_checkpoint c = head(9), other = head(8);
    struct plumb_bytes note = signed_by(&c, log_key), of_other = signed_by(&other, log_key);
    struct plumb_bytes line = { 0 }, all = { 0 };
    const char *own = strstr((char *)note.data, DASH);
    struct plumb_err err;
    size_t n = 9;

    (void)state;
    /* a stranger's, and the log's own again */
    assert_ok(plumb_cosign("stranger", other_key, NOW, note.data, note.len, &line, &err), &err);
    assert_ok(plumb_cosigned_add(p, note.data, note.len, line.data, line.len, &all, &n, &err),
              &err);
    assert_int_equal(0, n);
    plumb_bytes_clear(&all);
    plumb_bytes_clear(&line);
    assert_ok(plumb_cosigned_add(p, note.data, note.len, own, strlen(own), &all, &n, &err),
              &err);
    assert_int_equal(0, n);
    assert_int_equal(note.len, all.len);
    plumb_bytes_clear(&all);
    /* the witness's, of another checkpoint */
    assert_ok(plumb_cosign("witness.example/w", witness_key, NOW, of_other.data, of_other.len,
                           &line, &err),
              &err);
    assert_refused(
        "note.signature",
        plumb_cosigned_add(p, note.data, note.len, line.data, line.len, &all, &n, &err), &err);
    /* cut short */
    assert_refused(
        "note.form",
        plumb_cosigned_add(p, note.data, note.len, line.data, line.len - 1, &all, &n, &err),
        &err);
    assert_refused("note.form",
                   plumb_cosigned_add(p, note.data, note.len, "hello\n", 6, &all, &n, &err),
                   &err);
    assert_null(all.data);
    plumb_bytes_clear(&line);
    plumb_bytes_clear(&note);
    plumb_bytes_clear(&of_other);
    plumb_log_policy_free(p);
}

static void
what_strangers_add_to_a_checkpoint_is_not_kept(void **state)
{
    struct plumb_log_policy *p = policy_with_witness("witness.example/w", witness_key);
    struct plumb_checkpoint c = head(9);
    struct plumb_bytes note = signed_by(&c, log_key), more = { 0 }, kept = { 0 }, text = { 0 };
    struct plumb_err err;
    char *own = strdup(strstr((char *)note.data, DASH));

    (void)state;
    assert_ok(plumb_bytes_copy(note.data, note.len - strlen(own) - 1, &text, &err), &err);
    assert_ok(plumb_bytes_copy(note.data, note.len, &more, &err), &err);
    for (int i = 0; i < 40; i++)
        add_line(&more, "stranger", 7, "nothing", 7);
    sign_note(&more, (char *)text.data, "witness.example/w", 4, witness_key, NOW);
    assert_ok(plumb_checkpoint_known(p, more.data, more.len, &kept, &err), &err);
    sign_note(&note, (char *)text.data, "witness.example/w", 4, witness_key, NOW);
    assert_string_equal((char *)note.data, (char *)kept.data);
    assert_int_equal(note.len, kept.len);
    plumb_bytes_clear(&kept);
    sign_note(&note, (char *)text.data, "witness.example/w", 4, witness_key, NOW + 1);
    assert_ok(plumb_checkpoint_known(p, note.data, note.len, &kept, &err), &err);
    assert_true(kept.len < note.len);
    plumb_bytes_clear(&kept);
    sign_note(&note, "another text\n", "witness.example/w", 4, witness_key, NOW);
    assert_refused("note.signature",
                   plumb_checkpoint_known(p, note.data, note.len, &kept, &err), &err);
    plumb_bytes_clear(&note);
    plumb_bytes_clear(&more);
    plumb_bytes_clear(&text);
    plumb_log_policy_free(p);
    free(own);
}

static void
a_cosigner_has_an_ed25519_key_a_name_and_a_clock(void **state)
{
    struct plumb_checkpoint c = head(9);
    struct plumb_bytes note = signed_by(&c, log_key), line = { 0 };
    struct plumb_signer *p256 = NULL;
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_signer_generate(PLUMB_KEY_P256, &p256, &err), &err);
    assert_refused("vkey.type", plumb_cosign("w", p256, NOW, note.data, note.len, &line, &err),
                   &err);
    assert_refused("vkey.name",
                   plumb_cosign("a b", witness_key, NOW, note.data, note.len, &line, &err),
                   &err);
    assert_refused("witness.time",
                   plumb_cosign("w", witness_key, 0, note.data, note.len, &line, &err), &err);
    assert_refused("note.form", plumb_cosign("w", witness_key, NOW, "x", 1, &line, &err), &err);
    assert_null(line.data);
    plumb_signer_free(p256);
    plumb_bytes_clear(&note);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_log_that_grows_is_cosigned_at_every_size),
        cmocka_unit_test(a_log_that_does_not_know_what_was_seen_is_told),
        cmocka_unit_test(what_does_not_extend_what_was_seen_is_refused),
        cmocka_unit_test(a_signature_that_is_not_the_logs_is_forbidden),
        cmocka_unit_test(an_old_size_beyond_the_checkpoint_is_malformed_whatever_was_seen),
        cmocka_unit_test(malformed_requests_are_refused),
        cmocka_unit_test(no_more_than_63_hashes_are_taken),
        cmocka_unit_test(a_cosignature_verifies_and_is_added_once),
        cmocka_unit_test(only_lines_of_known_witnesses_are_added),
        cmocka_unit_test(what_strangers_add_to_a_checkpoint_is_not_kept),
        cmocka_unit_test(a_cosigner_has_an_ed25519_key_a_name_and_a_clock),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
