/* A service that does not tell the truth about its log: what is proven to whom asks, and what
 * is refused. The log is made here, so every lie can be told about it. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/head.h"
#include "client/prove.h"
#include "lib/own.h"
#include "tests/liar.h"
#include "tests/make.h"

#define ENTRIES 8
#define NOW     INT64_C(1795615200)

static struct make make;
static struct plumb_log_policy *policy;
static struct liar *liar;
static struct client *client;
static char socket_path[64];

static json_t *entries[ENTRIES];
static struct plumb_digest ids[ENTRIES], leaves[ENTRIES];

/* --- the log --- */

static enum plumb_code
node(void *arg, unsigned level, uint64_t n, struct plumb_digest *ret, struct plumb_err *err)
{
    (void)arg;
    (void)err;
    plumb_tree_root(leaves + (n << level), (size_t)1 << level, ret);
    return PLUMB_OK;
}

static void
make_log(void)
{
    struct plumb_err err = { 0 };

    for (size_t i = 0; i < ENTRIES; i++) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
        struct plumb_digest about;
        struct plumb_signed *s;

        plumb_sha256(&i, sizeof i, &about);
        s = make_vote(&make, "ria", &about, PLUMB_APPROVE);
        ids[i] = s->statement->id;
        assert_ok(plumb_entry_make(s->envelope, NOW + (plumb_time)i, &bytes, &err), &err);
        plumb_leaf_hash(bytes.data, bytes.len, &leaves[i]);
        entries[i] = json_loadb((const char *)bytes.data, bytes.len, 0, NULL);
        assert_non_null(entries[i]);
        plumb_signed_free(s);
    }
}

static struct plumb_checkpoint
head_of(uint64_t size)
{
    struct plumb_checkpoint head = { .origin = MAKE_ORIGIN, .size = size };

    plumb_tree_root(leaves, size, &head.root);
    return head;
}

static struct plumb_bytes
note_of(const struct plumb_checkpoint *head, struct plumb_signer *signer)
{
    struct plumb_signer *const signers[] = { signer };
    struct plumb_bytes note = { 0 };
    struct plumb_err err = { 0 };

    assert_ok(plumb_checkpoint_sign(head, signers, 1, &note, &err), &err);
    return note;
}

/* --- its proofs of entries --- */

/* What the service answers about a statement; each lie changes one thing of it. */
struct answer {
    size_t entry, proof_of, claimed;
    struct plumb_signer *signer;
};

static void
say_statement(size_t asked, const struct answer *a)
{
    const struct plumb_checkpoint head = head_of(ENTRIES);
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = note_of(&head, a->signer);
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes proof = { 0 };
    struct plumb_digest hashes[PLUMB_PROOF_MAX];
    struct plumb_err err = { 0 };
    char target[128] = "/v1/statements/", *base64;
    json_t *json;
    size_t n;

    assert_ok(plumb_inclusion_build(a->proof_of, ENTRIES, node, NULL, hashes, &n, &err), &err);
    assert_ok(plumb_tlog_proof_text(a->proof_of, hashes, n, note.data, note.len, &proof, &err),
              &err);
    assert_ok(plumb_base64(proof.data, proof.len, &base64, &err), &err);
    json = json_pack("{s:O,s:s,s:I,s:s}", "entry", entries[a->entry], "proof", base64, "index",
                     (json_int_t)a->claimed, "effect", "as the service says");
    plumb_digest_hex(&ids[asked], target + strlen(target));
    liar_say_json(liar, target, json);
    json_decref(json);
    free(base64);
}

static const struct plumb_pubkey *
no_key(void *arg, const struct plumb_digest *id)
{
    (void)arg;
    (void)id;
    return NULL;
}

static const struct plumb_pubkey *
key_of_ria(void *arg, const struct plumb_digest *id)
{
    (void)arg;
    return plumb_digest_eq(make_key_id(&make, "ria"), id) ? make_who(&make, "ria")->sign->pub
                                                          : NULL;
}

static void
a_statement_is_proven_where_the_log_has_it(void **state)
{
    struct client_proof p = { 0 };
    struct plumb_err err = { 0 };

    (void)state;
    say_statement(5, &(struct answer){ 5, 5, 5, make.log });
    assert_ok(client_prove(client, policy, &ids[5], key_of_ria, NULL, &p, &err), &err);
    assert_int_equal(5, p.index);
    assert_int_equal(NOW + 5, p.time);
    assert_int_equal(ENTRIES, p.size);
    assert_non_null(p.opened);
    assert_string_equal("as the service says", p.effect);
    client_proof_clear(&p);
}

static void
a_signature_of_a_key_that_nobody_knows_is_said_and_opens_nothing(void **state)
{
    struct client_proof p = { 0 };
    struct plumb_err err = { 0 };

    (void)state;
    say_statement(5, &(struct answer){ 5, 5, 5, make.log });
    assert_ok(client_prove(client, policy, &ids[5], no_key, NULL, &p, &err), &err);
    assert_null(p.opened);
    assert_true(p.unverified.rule[0] != '\0');
    client_proof_clear(&p);
}

static void
what_the_service_says_of_a_statement_is_not_believed(void **state)
{
    const struct {
        struct answer answer;
        const char *rule;
    } lies[] = {
        { { 4, 4, 4, make.log }, "prove.id" },                          /* another's */
        { { 5, 5, 4, make.log }, "prove.index" },                       /* another place */
        { { 5, 4, 4, make.log }, "proof.inclusion" },                   /* another's proof */
        { { 5, 5, 5, make_who(&make, "rex")->sign }, "note.signature" } /* not the log's */
    };

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct client_proof p = { 0 };
        struct plumb_err err = { 0 };

        say_statement(5, &lies[i].answer);
        assert_refused(lies[i].rule,
                       client_prove(client, policy, &ids[5], key_of_ria, NULL, &p, &err), &err);
        assert_null(p.statement);
    }
}

static void
an_entrys_time_is_the_logs_and_not_the_services(void **state)
{
    json_t *entry = json_deep_copy(entries[5]), *kept = entries[5];
    struct client_proof p = { 0 };
    struct plumb_err err = { 0 };

    (void)state;
    json_object_set_new(entry, "time", json_string("2026-11-25T14:00:59Z"));
    entries[5] = entry;
    say_statement(5, &(struct answer){ 5, 5, 5, make.log });
    entries[5] = kept;
    json_decref(entry);
    assert_refused("proof.inclusion",
                   client_prove(client, policy, &ids[5], key_of_ria, NULL, &p, &err), &err);
}

static void
an_entry_is_the_one_at_its_index(void **state)
{
    struct client_proof p = { 0 };
    struct plumb_err err = { 0 };

    (void)state;
    for (size_t i = 0; i < ENTRIES; i++)
        say_statement(i, &(struct answer){ i, i, i, make.log });
    liar_say_json(liar, "/v1/entries/3", entries[3]);
    assert_ok(client_prove_entry(client, policy, 3, key_of_ria, NULL, &p, &err), &err);
    assert_int_equal(3, p.index);
    client_proof_clear(&p);
    liar_say_json(liar, "/v1/entries/3", entries[4]); /* proven, and elsewhere */
    assert_refused("prove.index",
                   client_prove_entry(client, policy, 3, key_of_ria, NULL, &p, &err), &err);
}

/* --- its head --- */

static void
say_head(const struct plumb_checkpoint *head, struct plumb_signer *signer)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = note_of(head, signer);

    liar_say(liar, "/v1/checkpoint", 200, note.data, note.len);
}

static void
say_consistency(uint64_t from, uint64_t to, bool changed)
{
    struct plumb_digest hashes[PLUMB_PROOF_MAX];
    struct plumb_err err = { 0 };
    json_t *proof = json_array(), *json;
    size_t n;

    assert_ok(plumb_consistency_build(from, to, node, NULL, hashes, &n, &err), &err);
    assert_true(n > 0);
    hashes[0].b[0] ^= changed;
    for (size_t i = 0; i < n; i++) {
        char *base64;

        assert_ok(plumb_base64(hashes[i].b, sizeof hashes[i].b, &base64, &err), &err);
        json_array_append_new(proof, json_string(base64));
        free(base64);
    }
    json = json_pack("{s:o}", "proof", proof);
    liar_say_json(liar, "/v1/consistency", json);
    json_decref(json);
}

static void
a_head_grows_where_the_log_begins_with_what_was_seen(void **state)
{
    struct plumb_checkpoint head = head_of(3), next = head_of(ENTRIES);
    struct plumb_err err = { 0 };
    bool news = false;

    (void)state;
    say_head(&next, make.log);
    say_consistency(3, ENTRIES, false);
    assert_ok(client_head(client, policy, 0, &head, &news, &err), &err);
    assert_true(news);
    assert_int_equal(ENTRIES, head.size);
    assert_ok(client_head(client, policy, 0, &head, &news, &err), &err);
    assert_false(news); /* the same again */
    head = (struct plumb_checkpoint){ .size = 0 };
    assert_ok(client_head(client, policy, 0, &head, &news, &err), &err);
    assert_true(news);
}

static void
a_head_that_takes_something_back_is_refused_and_the_old_one_stays(void **state)
{
    const struct {
        uint64_t had, has;
        bool other; /* its root is of another log */
        bool changed_proof, stranger;
        const char *rule;
    } lies[] = {
        { 5, 3, false, false, false, "head.shrunk" },
        { 5, 5, true, false, false, "log.fork" },
        { 3, 8, true, false, false, "log.fork" },
        { 3, 8, false, true, false, "log.fork" },
        { 3, 8, false, false, true, "note.signature" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct plumb_checkpoint head = head_of(lies[i].had), next = head_of(lies[i].has);
        const struct plumb_checkpoint was = head;
        struct plumb_err err = { 0 };
        bool news;

        if (lies[i].other)
            plumb_sha256("another", 7, &next.root);
        say_head(&next, lies[i].stranger ? make_who(&make, "rex")->sign : make.log);
        say_consistency(3, ENTRIES, lies[i].changed_proof);
        assert_refused(lies[i].rule, client_head(client, policy, 0, &head, &news, &err), &err);
        assert_int_equal(was.size, head.size);
        assert_true(plumb_digest_eq(&was.root, &head.root));
    }
}

/* --- all of it --- */

static int
begin(void **state)
{
    char text[PLUMB_VKEY_TEXT + 24], key[PLUMB_VKEY_TEXT], server[80];
    struct client_config config = { .server = server };
    struct plumb_err err = { 0 };
    struct plumb_vkey vkey;

    (void)state;
    make_begin(&make, NOW);
    assert_ok(plumb_vkey_make(MAKE_ORIGIN, 1, make.log->pub, &vkey, &err), &err);
    plumb_vkey_text(&vkey, key);
    (void)snprintf(text, sizeof text, "log %s\nquorum none\n", key);
    assert_ok(plumb_log_policy_parse(text, strlen(text), &policy, &err), &err);
    make_log();
    (void)snprintf(socket_path, sizeof socket_path, "/tmp/plumb-liar-%d", (int)getpid());
    liar = liar_begin(socket_path, NULL);
    (void)snprintf(server, sizeof server, "unix:%s", socket_path);
    assert_ok(client_open(&config, &client, &err), &err);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    client_close(client);
    liar_end(liar);
    (void)unlink(socket_path);
    for (size_t i = 0; i < ENTRIES; i++)
        json_decref(entries[i]);
    plumb_log_policy_free(policy);
    make_end(&make);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_statement_is_proven_where_the_log_has_it),
        cmocka_unit_test(a_signature_of_a_key_that_nobody_knows_is_said_and_opens_nothing),
        cmocka_unit_test(what_the_service_says_of_a_statement_is_not_believed),
        cmocka_unit_test(an_entrys_time_is_the_logs_and_not_the_services),
        cmocka_unit_test(an_entry_is_the_one_at_its_index),
        cmocka_unit_test(a_head_grows_where_the_log_begins_with_what_was_seen),
        cmocka_unit_test(a_head_that_takes_something_back_is_refused_and_the_old_one_stays),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
