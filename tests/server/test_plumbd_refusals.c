/* Bad input at the real service: the rule is named, and nothing of it is left. */
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/server/plumbd.h"

static struct make make;
static struct plumbd service;
static struct plumb_digest proposed; /* web@1.0, which rex proposed */
static char *retired;                /* a vote by a key that was retired since */

static struct plumb_digest
submit(struct plumb_signed *s)
{
    struct plumb_digest id = s->statement->id;

    json_decref(plumbd_submit(&service, s, 201));
    return id;
}

/* Takes s. */
static char *
text_of(struct plumb_signed *s)
{
    char *text = json_dumps(s->envelope, JSON_COMPACT);

    plumb_signed_free(s);
    return text;
}

static void
retire_rias_key(void)
{
    struct plumb_bytes document;
    struct plumb_digest change;
    char path[160];

    retired = text_of(make_vote(&make, "ria", &proposed, PLUMB_APPROVE));
    make_next(&make);
    (void)snprintf(path, sizeof path, "%s.status", make_new_key(&make, "ria"));
    make_set(&make, path, json_string("retired"));
    document = make_document(&make);
    plumbd_blob(&service, &document);
    plumb_bytes_clear(&document);
    change = submit(make_change(&make, "ada"));
    (void)submit(make_vote(&make, "bob", &change, PLUMB_APPROVE));
}

static struct plumb_digest
store(const char *label)
{
    struct plumb_bytes values = make_refvals(label);
    struct plumb_digest digest;

    plumb_sha256(values.data, values.len, &digest);
    plumbd_blob(&service, &values);
    plumb_bytes_clear(&values);
    return digest;
}

static int
begin(void **state)
{
    struct plumb_digest values;

    (void)state;
    make_begin(&make, time(NULL));
    plumbd_prepare(&service, &make);
    plumbd_start(&service);
    plumbd_genesis(&service, &make);
    values = store("1.0");
    proposed = submit(make_release(&make, "rex", "web", "1.0", &values));
    retire_rias_key();
    return 0;
}

static int
end(void **state)
{
    (void)state;
    plumbd_stop(&service, SIGTERM);
    make_end(&make);
    free(retired);
    return 0;
}

static char *
malformed(void)
{
    return strdup("{\"payload\":");
}

static char *
nested(void)
{
    return strdup("[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]");
}

static char *
oversized(void)
{
    char *text = malloc(200001);

    assert_non_null(text);
    memset(text, ' ', 200000);
    text[200000] = '\0';
    return text;
}

static char *
by_nobody_known(void)
{
    make_principal(&make, "eve", "release-manager", NULL); /* in no document that was sent */
    return text_of(make_vote(&make, "eve", &proposed, PLUMB_APPROVE));
}

static char *
by_a_retired_key(void)
{
    return strdup(retired);
}

/* Signed by sol, but another vote of hers. */
static char *
over_other_bytes(void)
{
    struct plumb_signed *one = make_vote(&make, "sol", &proposed, PLUMB_APPROVE);
    struct plumb_signed *two = make_vote(&make, "sol", &proposed, PLUMB_REJECT);

    assert_int_equal(json_object_set(two->envelope, "signatures",
                                     json_object_get(one->envelope, "signatures")),
                     0);
    plumb_signed_free(one);
    return text_of(two);
}

static const struct plumb_pubkey *
key_of(void *arg, const struct plumb_digest *id)
{
    (void)id;
    return arg;
}

static char *
for_another_log(void)
{
    struct plumb_signer *signer = make_who(&make, "sol")->sign;
    struct plumb_stamp stamp = {
        "example.org/other", make_key_id(&make, "sol"), 1, make.now, make.now + 3600, { 7 }
    };
    struct plumb_subject subject = { "proposal", proposed };
    json_t *members = json_pack("{s:s}", "decision", "approve"), *envelope = NULL;
    struct plumb_bytes payload = { 0 };
    struct plumb_signed *s = NULL;
    struct plumb_err err = { 0 };

    assert_ok(
        plumb_statement_make(PLUMB_KIND_APPROVAL, &stamp, &subject, 1, members, &payload, &err),
        &err);
    assert_ok(plumb_dsse_sign(payload.data, payload.len, &signer, 1, &envelope, &err), &err);
    assert_ok(plumb_signed_open(envelope, key_of, signer->pub, &s, &err), &err);
    plumb_bytes_clear(&payload);
    json_decref(envelope);
    json_decref(members);
    return text_of(s);
}

static char *
at_another_time(plumb_time shift)
{
    char *text;

    make.now += shift;
    text = text_of(make_vote(&make, "sol", &proposed, PLUMB_APPROVE));
    make.now -= shift;
    return text;
}

static char *
too_late(void)
{
    return at_another_time(-3 * 86400);
}

static char *
too_early(void)
{
    return at_another_time(3600);
}

static char *
of_a_changed_digest(void)
{
    struct plumb_digest other = proposed;

    other.b[31] ^= 1;
    return text_of(make_vote(&make, "sol", &other, PLUMB_APPROVE));
}

/* A proposal is its proposer's vote. */
static char *
a_second_vote(void)
{
    return text_of(make_vote(&make, "rex", &proposed, PLUMB_APPROVE));
}

static char *
without_its_blob(void)
{
    struct plumb_digest values = make_digest("never uploaded");

    return text_of(make_release(&make, "rex", "web", "2.0", &values));
}

static char *
a_version_again(void)
{
    struct plumb_digest values = store("another");

    return text_of(make_release(&make, "rex", "web", "1.0", &values));
}

static char *
on_a_base_that_moved(void)
{
    return text_of(
        make_rollout(&make, "rex", "prod", "web@1.0", &proposed, PLUMB_ACTION_BEGIN, 7, NULL));
}

static char *
before_its_approval(void)
{
    return text_of(
        make_rollout(&make, "rex", "prod", "web@1.0", &proposed, PLUMB_ACTION_BEGIN, 0, NULL));
}

static char *
with_a_key_listed_twice(void)
{
    struct plumb_bytes document;
    json_t *keys = json_deep_copy(make_at(&make, "principals.ada.keys"));

    make_next(&make);
    make_set(&make, "principals.cyd.keys", keys);
    document = make_document(&make);
    plumbd_blob(&service, &document);
    plumb_bytes_clear(&document);
    return text_of(make_change(&make, "ada"));
}

static void
bad_statements_are_refused_by_their_rule_and_leave_nothing(void **state)
{
    static const struct {
        char *(*make)(void);
        int status;
        const char *rule;
    } cases[] = {
        { malformed, 400, "json.syntax" },
        { nested, 400, "json.depth" },
        { oversized, 413, "http.body" },
        { by_nobody_known, 403, "key.unknown" },
        { by_a_retired_key, 403, "key.retired" },
        { over_other_bytes, 422, "signature.bad" },
        { for_another_log, 422, "statement.log" },
        { too_late, 422, "statement.expired" },
        { too_early, 422, "statement.early" },
        { of_a_changed_digest, 404, "proposal.unknown" },
        { a_second_vote, 409, "vote.same" },
        { without_its_blob, 422, "blob.absent" },
        { a_version_again, 409, "release.exists" },
        { on_a_base_that_moved, 409, "proposal.base" },
        { before_its_approval, 422, "lifecycle.not-approved" },
        { with_a_key_listed_twice, 400, "governance.key-twice" },
    };
    struct hc_reply before = plumbd_ask(&service, "GET", "/v1/checkpoint", NULL), after;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = cases[i].make();
        struct hc_reply reply = plumbd_ask(&service, "POST", "/v1/statements", text);
        char rule[256];

        if (reply.status != cases[i].status ||
            strcmp(hc_member(&reply, "rule", rule), cases[i].rule) != 0)
            fail_msg("%s: want %d, got %d: %s", cases[i].rule, cases[i].status, reply.status,
                     reply.body != NULL ? reply.body : "");
        assert_true(strlen(hc_member(&reply, "detail", rule)) > 10);
        hc_reply_free(&reply);
        free(text);
    }
    after = plumbd_ask(&service, "GET", "/v1/checkpoint", NULL);
    assert_string_equal(before.body, after.body); /* the log has not grown by an entry */
    hc_reply_free(&before);
    hc_reply_free(&after);
}

static void
a_strangers_certificate_may_read_and_write_nothing(void **state)
{
    static const char *const reads[] = { "/v1/history", "/v1/fleets", "/v1/entries/0",
                                         "/v1/fleets/prod/bundle" };
    struct hc_cert cert = hc_cert_make("ED25519");
    struct hc *c = hc_tls(plumbd_port(&service), &cert, 0);

    (void)state;
    assert_non_null(c);
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++)
        assert_int_equal(403, hc_status(c, "GET", reads[i], NULL, NULL));
    assert_int_equal(403, hc_status(c, "POST", "/v1/statements",
                                    "Content-Type: application/json\r\n", "{}"));
    hc_close(c);
    hc_cert_free(&cert);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_statements_are_refused_by_their_rule_and_leave_nothing),
        cmocka_unit_test(a_strangers_certificate_may_read_and_write_nothing),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
