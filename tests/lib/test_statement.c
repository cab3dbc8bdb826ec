#include "tests/t.h"

#include <plumb/statement.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/statements.h"
#include "tests/make.h"

#define D(c) c c c c c c c c c c c c c c c c
#define D1   D("1111")
#define D2   D("2222")
#define D5   D("5555")

static struct plumb_digest
digest_of(const char *hex)
{
    struct plumb_digest d;
    struct plumb_err err;

    assert_ok(plumb_digest_parse(hex, "", &d, &err), &err);
    return d;
}

static void
assert_digest(const struct plumb_digest *got, const char *hex)
{
    char text[PLUMB_DIGEST_HEX];

    plumb_digest_hex(got, text);
    assert_string_equal(text, hex);
}

static enum plumb_code
peek_json(const json_t *json, struct plumb_statement **ret, struct plumb_err *err)
{
    struct plumb_bytes bytes = { 0 };
    enum plumb_code code;
    struct plumb_err ignored;

    assert_ok(plumb_json_canonical(json, &bytes, &ignored), &ignored);
    *err = (struct plumb_err){ 0 };
    code = plumb_statement_peek(bytes.data, bytes.len, ret, err);
    plumb_bytes_clear(&bytes);
    return code;
}

static void
refuse_json(const char *what, const json_t *json, const char *rule, const char *where)
{
    struct plumb_statement *s = NULL;
    struct plumb_err err;

    if (peek_json(json, &s, &err) == PLUMB_OK)
        fail_msg("%s: want %s, was read", what, rule != NULL ? rule : "a refusal");
    if ((rule != NULL && strcmp(err.rule, rule) != 0) || strcmp(err.where, where) != 0)
        fail_msg("%s: want [%s] %s, got [%s] %s: %s", what, rule, where != NULL ? where : "",
                 err.rule, err.where, err.msg);
    assert_null(s);
}

static struct plumb_statement *
read_example(const char *name)
{
    json_t *json = example_json(example_named(name));
    struct plumb_statement *s = NULL;
    struct plumb_err err;

    assert_ok(peek_json(json, &s, &err), &err);
    json_decref(json);
    return s;
}

static void
every_kind_is_read(void **state)
{
    bool seen[PLUMB_KIND_COUNT] = { false };

    (void)state;
    for (size_t i = 0; i < nexamples; i++) {
        struct plumb_statement *s = read_example(examples[i].name);

        assert_int_equal(s->kind, examples[i].kind);
        assert_string_equal(s->log, "example.org/log");
        assert_int_equal(s->expires - s->issued, 86400);
        assert_int_equal(s->nkeys, i == 0 ? 2 : 1);
        assert_digest(&s->keys[0], D1);
        seen[s->kind] = true;
        plumb_statement_free(s);
    }
    for (size_t i = 0; i < PLUMB_KIND_COUNT; i++)
        assert_true(seen[i]);
}

static void
governance_is_read_whole(void **state)
{
    struct plumb_statement *s = read_example("compromise");

    (void)state;
    assert_int_equal(s->u.governance.version, 3);
    assert_digest(&s->u.governance.document, D5);
    assert_digest(&s->u.governance.previous, D1);
    assert_int_equal(s->u.governance.nratify, 2);
    assert_digest(&s->u.governance.ratify[1], D2);
    assert_int_equal(s->u.governance.ncompromise, 2);
    assert_true(s->u.governance.compromise[0].keep);
    assert_int_equal(s->u.governance.compromise[0].until, 1795489892);
    assert_string_equal(s->u.governance.compromise[0].fleet, "prod");
    assert_string_equal(s->u.governance.compromise[0].payload, "web");
    assert_false(s->u.governance.compromise[1].keep);
    assert_string_equal(s->u.governance.compromise[1].version, "2");
    assert_null(s->payload);
    assert_null(s->fleet);
    plumb_statement_free(s);
    s = read_example("genesis");
    assert_digest(&s->keys[1], D2);
    assert_int_equal(s->u.governance.previous.b[0], 0);
    plumb_statement_free(s);
}

static void
releases_are_read_whole(void **state)
{
    struct plumb_statement *s = read_example("release-sbom");

    (void)state;
    assert_string_equal(s->payload, "web");
    assert_string_equal(s->version, "1.2");
    assert_digest(&s->u.release.reference_values, D5);
    assert_true(s->u.release.has_sbom);
    assert_digest(&s->u.release.sbom, D1);
    assert_string_equal(s->u.release.notes, "faster");
    plumb_statement_free(s);
    s = read_example("release");
    assert_false(s->u.release.has_sbom);
    assert_null(s->u.release.notes);
    assert_int_equal(s->u.release.nsources, 0);
    plumb_statement_free(s);
    s = read_example("release-source");
    assert_int_equal(s->u.release.nsources, 2);
    assert_int_equal(s->u.release.sources[1].set, 7);
    assert_string_equal(s->u.release.sources[0].kind, "tdx-quote");
    assert_digest(&s->u.release.sources[1].digest, D2);
    plumb_statement_free(s);
}

static void
rollouts_are_read_whole(void **state)
{
    struct plumb_statement *s = read_example("begin-after");

    (void)state;
    assert_string_equal(s->payload, "web");
    assert_string_equal(s->version, "1.2");
    assert_string_equal(s->fleet, "prod");
    assert_int_equal(s->u.rollout.action, PLUMB_ACTION_BEGIN);
    assert_digest(&s->u.rollout.release, D5);
    assert_int_equal(s->u.rollout.base, 7);
    assert_true(s->u.rollout.has_predecessor);
    assert_digest(&s->u.rollout.predecessor, D1);
    assert_int_equal(s->u.rollout.at, 1795489892);
    plumb_statement_free(s);
    s = read_example("begin");
    assert_false(s->u.rollout.has_predecessor);
    assert_int_equal(s->u.rollout.at, PLUMB_TIME_NEVER);
    plumb_statement_free(s);
    s = read_example("complete");
    assert_int_equal(s->u.rollout.action, PLUMB_ACTION_COMPLETE);
    plumb_statement_free(s);
    s = read_example("rollback");
    assert_int_equal(s->u.rollout.action, PLUMB_ACTION_ROLLBACK);
    plumb_statement_free(s);
    s = read_example("reschedule");
    assert_int_equal(s->u.rollout.action, PLUMB_ACTION_RESCHEDULE);
    assert_int_equal(s->u.rollout.not_after, 1795489892);
    plumb_statement_free(s);
}

static void
revocations_are_read_whole(void **state)
{
    struct plumb_statement *s = read_example("revoke");

    (void)state;
    assert_digest(&s->u.revocation.release, D5);
    assert_string_equal(s->u.revocation.reason, "a flaw");
    assert_false(s->u.revocation.all);
    assert_int_equal(s->u.revocation.nfleets, 2);
    assert_string_equal(s->u.revocation.fleets[0].fleet, "prod");
    assert_int_equal(s->u.revocation.fleets[0].base, 3);
    assert_int_equal(s->u.revocation.nleave_nothing, 1);
    assert_string_equal(s->u.revocation.leave_nothing[0], "prod");
    plumb_statement_free(s);
    s = read_example("revoke-all");
    assert_true(s->u.revocation.all);
    assert_int_equal(s->u.revocation.nfleets, 0);
    plumb_statement_free(s);
}

static void
what_principals_say_is_read_whole(void **state)
{
    struct plumb_statement *s = read_example("reject");

    (void)state;
    assert_int_equal(s->u.approval.decision, PLUMB_REJECT);
    assert_digest(&s->u.approval.proposal, D5);
    assert_string_equal(s->u.approval.reason, "no");
    plumb_statement_free(s);
    s = read_example("approve");
    assert_int_equal(s->u.approval.decision, PLUMB_APPROVE);
    plumb_statement_free(s);
    s = read_example("abstain");
    assert_int_equal(s->u.approval.decision, PLUMB_ABSTAIN);
    assert_null(s->u.approval.reason);
    plumb_statement_free(s);
    s = read_example("recognition");
    assert_digest(&s->u.recognition.release, D5);
    assert_digest(&s->u.recognition.rollout, D1);
    assert_digest(&s->u.recognition.content, D2);
    assert_int_equal(s->u.recognition.revision, 4);
    plumb_statement_free(s);
    s = read_example("enrol");
    assert_string_equal(s->u.enrolment.principal, "vera");
    assert_string_equal(s->fleet, "prod");
    assert_false(s->u.enrolment.retire);
    assert_int_equal(s->u.enrolment.nkeys, 1);
    assert_int_equal(s->u.enrolment.keys[0].use, PLUMB_USE_SIGN);
    plumb_statement_free(s);
    s = read_example("retire");
    assert_true(s->u.enrolment.retire);
    assert_int_equal(s->u.enrolment.nkeys, 0);
    plumb_statement_free(s);
}

static void
what_the_service_says_is_read_whole(void **state)
{
    struct plumb_statement *s = read_example("publication");

    (void)state;
    assert_digest(&s->u.publication.content, D5);
    assert_int_equal(s->u.publication.revision, 1);
    assert_int_equal(s->u.publication.valid_until, 1795489892);
    plumb_statement_free(s);
    s = read_example("phase-out");
    assert_digest(&s->u.timed.release, D5);
    assert_int_equal(s->u.timed.due, 1795489892);
    plumb_statement_free(s);
    s = read_example("lapse");
    assert_digest(&s->u.timed.rollout, D1);
    assert_string_equal(s->u.timed.rule, "proposal.base");
    plumb_statement_free(s);
    s = read_example("overrun");
    assert_int_equal(s->u.timed.outcome, PLUMB_OUTCOME_ROLLBACK);
    plumb_statement_free(s);
}

/* With some member away, its neighbours no longer make sense, and one of them is named. */
static bool
decides_the_form(const char *key)
{
    return strcmp(key, "version") == 0 || strcmp(key, "all") == 0 ||
           strcmp(key, "fleets") == 0 || strcmp(key, "action") == 0 ||
           strcmp(key, "decision") == 0;
}

static void
every_member_is_needed_but_the_optional(void **state)
{
    (void)state;
    for (size_t i = 0; i < nexamples; i++) {
        json_t *whole = example_json(&examples[i]), *value;
        const char *key;

        json_object_foreach(json_object_get(whole, "predicate"), key, value) {
            json_t *json = json_deep_copy(whole);
            struct plumb_statement *s = NULL;
            char where[128], word[64];
            struct plumb_err err;
            enum plumb_code code;

            json_object_del(json_object_get(json, "predicate"), key);
            (void)snprintf(where, sizeof where, "predicate.%s", key);
            (void)snprintf(word, sizeof word, " %s ", key);
            code = peek_json(json, &s, &err);
            if (strstr(examples[i].optional, word) != NULL)
                assert_ok(code, &err);
            else if (code == PLUMB_OK)
                fail_msg("%s is read without %s", examples[i].name, key);
            else if (!decides_the_form(key) &&
                     (strcmp(err.where, where) != 0 || strcmp(err.rule, "json.missing") != 0))
                fail_msg("%s without %s: [%s] %s", examples[i].name, key, err.rule, err.where);
            plumb_statement_free(s);
            json_decref(json);
        }
        json_decref(whole);
    }
}

static void
no_member_is_of_another_type(void **state)
{
    static const char *const others[] = {
        "false", "-1", "'~'", "''", "[0]", "{'x':0}", "null"
    };

    (void)state;
    for (size_t i = 0; i < nexamples; i++) {
        json_t *whole = example_json(&examples[i]), *value;
        const char *key;

        json_object_foreach(json_object_get(whole, "predicate"), key, value) {
            for (size_t j = 0; j < sizeof others / sizeof *others; j++) {
                json_t *json = json_deep_copy(whole);
                struct plumb_statement *s = NULL;
                char where[128];
                struct plumb_err err;
                const bool text =
                    strcmp(key, "reason") == 0 || strcmp(key, "notes") == 0 ||
                    strcmp(key, "rule") == 0 || strcmp(key, "log") == 0 ||
                    strcmp(key, "justification") == 0 || strcmp(key, "compensating") == 0 ||
                    (strcmp(key, "source") == 0 && examples[i].kind == PLUMB_KIND_ADVISORY);

                json_object_set_new(json_object_get(json, "predicate"), key,
                                    json_of(others[j]));
                (void)snprintf(where, sizeof where, "predicate.%s", key);
                if (text && strcmp(others[j], "'~'") == 0)
                    assert_ok(peek_json(json, &s, &err), &err);
                else if (peek_json(json, &s, &err) == PLUMB_OK)
                    fail_msg("%s is read with %s %s", examples[i].name, key, others[j]);
                else if (!decides_the_form(key) &&
                         strncmp(err.where, where, strlen(where)) != 0)
                    fail_msg("%s with %s %s: [%s] %s", examples[i].name, key, others[j],
                             err.rule, err.where);
                plumb_statement_free(s);
                json_decref(json);
            }
        }
        json_decref(whole);
    }
}

static void
every_object_is_closed(void **state)
{
    (void)state;
    for (size_t i = 0; i < nexamples; i++) {
        json_t *json = example_json(&examples[i]), *subject;

        json_object_set_new(json, "zz", json_null());
        refuse_json(examples[i].name, json, "json.unknown", "zz");
        json_object_del(json, "zz");
        json_object_set_new(json_object_get(json, "predicate"), "zz", json_null());
        refuse_json(examples[i].name, json, "json.unknown", "predicate.zz");
        json_object_del(json_object_get(json, "predicate"), "zz");
        subject = json_array_get(json_object_get(json, "subject"), 0);
        json_object_set_new(subject, "uri", json_string("x"));
        refuse_json(examples[i].name, json, "json.unknown", "subject[0].uri");
        json_object_del(subject, "uri");
        json_object_set_new(json_object_get(subject, "digest"), "sha1", json_string("x"));
        refuse_json(examples[i].name, json, "json.unknown", "subject[0].digest.sha1");
        json_decref(json);
    }
}

/* Set what is at a path of the statement: a.b[1].c with dots throughout. */
static void
set_at(json_t *json, const char *path, json_t *value)
{
    struct make m = { .document = json };

    make_set(&m, path, value);
}

static const struct bad {
    const char *example, *path, *value, *rule, *where;
} bad[] = {
    { "release", "_type", "'https://in-toto.io/Statement/v0.1'", "statement.form", "_type" },
    { "release", "predicateType", "'urn:plumbline:releases:v1'", "statement.form",
      "predicateType" },
    { "release", "predicateType", "'urn:plumbline:release:v2'", "statement.form",
      "predicateType" },
    { "release", "predicateType", "'urn:plumbline::v1'", "statement.form", "predicateType" },
    { "release", "predicateType", "'urn:plumbline:v1'", "statement.form", "predicateType" },
    { "release", "predicateType", "'urn:plumblime:release:v1'", "statement.form",
      "predicateType" },
    { "release", "subject", "[]", "json.length", "subject" },
    { "release", "subject.0.digest", "{}", "json.missing", "subject[0].digest.sha256" },
    { "release", "subject.0.digest.sha256", "'" D("AAAA") "'", "hex.form",
      "subject[0].digest.sha256" },
    { "release", "subject.0.name", "'reference-value'", "statement.subject", "subject[0]" },
    { "release", "predicate.payload", "'a/b'", "name.form", "predicate.payload" },
    { "release", "predicate.nonce", "'00'", "statement.form", "predicate.nonce" },
    { "release", "predicate.nonce", "'0'", "hex.form", "predicate.nonce" },
    { "release", "predicate.issued", "'2026-11-24'", "time.form", "predicate.issued" },
    { "release", "predicate.keys", "['" D1 "']", "json.unknown", "predicate.keys" },
    { "release-source", "predicate.source", "[]", "json.length", "predicate.source" },
    { "release-source", "predicate.source.0.verified", "true", "statement.form",
      "predicate.source[0].verified" },
    { "release-source", "predicate.source.0.kind", "'quote'", "statement.form",
      "predicate.source[0].kind" },
    { "release-source", "predicate.source.1.set", "0", "statement.form",
      "predicate.source[1]" },
    { "release-source", "predicate.source.1.set", "100000", "json.number",
      "predicate.source[1].set" },
    { "governance", "predicate.keys", "['" D1 "']", "json.unknown", "predicate.keys" },
    { "genesis", "predicate.key", "'" D1 "'", "json.unknown", "predicate.key" },
    { "genesis", "predicate.previous", "'" D1 "'", "json.unknown", "predicate.previous" },
    { "genesis", "predicate.keys", "[]", "json.length", "predicate.keys" },
    { "genesis", "predicate.keys.1", "'" D1 "'", "statement.form", "predicate.keys[1]" },
    { "governance", "subject.0.name", "'document'", "statement.subject", "subject[0]" },
    { "governance", "predicate.version", "0", "json.number", "predicate.version" },
    { "compromise", "predicate.compromise.1.version", "'1'", "statement.form",
      "predicate.compromise[1]" },
    { "compromise", "predicate.compromise.1.until", "'2026-11-24T03:11:32Z'", "json.unknown",
      "predicate.compromise[1].until" },
    { "compromise", "predicate.compromise.0.until", NULL, "json.missing",
      "predicate.compromise[0].until" },
    { "compromise", "predicate.compromise.0.do", "'forget'", "statement.form",
      "predicate.compromise[0].do" },
    { "compromise", "predicate.compromise.0.payload", "'@'", "name.form",
      "predicate.compromise[0].payload" },
    { "compromise", "predicate.ratify.1", "'x'", "hex.form", "predicate.ratify[1]" },
    { "begin", "subject.0.name", "'web'", "statement.subject", "subject[0]" },
    { "begin", "subject.0.name", "'web@'", "statement.subject", "subject[0]" },
    { "begin", "subject.0.name", "'@1'", "statement.subject", "subject[0]" },
    { "begin", "subject.0.name", "'web@1@2'", "statement.subject", "subject[0]" },
    { "begin", "subject.0.name", "'web@1/2'", "statement.subject", "subject[0]" },
    { "begin", "subject.1", "{'name': 'web@1', 'digest': {'sha256': '" D1 "'}}",
      "statement.subject", "subject[1]" },
    { "begin", "predicate.action", "'end'", "statement.form", "predicate.action" },
    { "begin", "predicate.base", "9007199254740992", NULL, "predicate.base" },
    { "begin", "predicate.notAfter", "'2026-11-24T03:11:32Z'", "json.unknown",
      "predicate.notAfter" },
    { "complete", "predicate.at", "'2026-11-24T03:11:32Z'", "json.unknown", "predicate.at" },
    { "complete", "predicate.predecessor", "'" D1 "'", "json.unknown",
      "predicate.predecessor" },
    { "rollback", "predicate.notAfter", "'2026-11-24T03:11:32Z'", "json.unknown",
      "predicate.notAfter" },
    { "revoke", "predicate.all", "true", "json.unknown", "predicate.fleets" },
    { "revoke", "predicate.fleets", "[]", "json.length", "predicate.fleets" },
    { "revoke", "predicate.fleets.1.fleet", "'prod'", "statement.form", "predicate.fleets[1]" },
    { "revoke", "predicate.fleets.1.base", NULL, "json.missing", "predicate.fleets[1].base" },
    { "revoke", "predicate.fleets.1.x", "1", "json.unknown", "predicate.fleets[1].x" },
    { "revoke", "predicate.leaveNothingAccepted.0", "'*'", "name.form",
      "predicate.leaveNothingAccepted[0]" },
    { "revoke-all", "predicate.all", "false", "statement.form", "predicate.all" },
    { "approve", "subject.0.name", "'proposals'", "statement.subject", "subject[0]" },
    { "approve", "predicate.decision", "'maybe'", "statement.form", "predicate.decision" },
    { "recognition", "predicate.revision", "0", "json.number", "predicate.revision" },
    { "enrol", "subject.0.name", "'a b'", "statement.subject", "subject[0]" },
    { "enrol", "subject.0.digest.sha256", "'" D5 "'", "statement.subject", "subject[0]" },
    { "enrol", "subject.1", "{'name': 'vera', 'digest': {'sha256': '" D1 "'}}",
      "statement.subject", "subject[1]" },
    { "enrol", "predicate.keys", "[]", "json.length", "predicate.keys" },
    { "enrol", "predicate.keys.0.status", "'retired'", "statement.form", "predicate.keys[0]" },
    { "enrol", "predicate.keys.0.spki", "'AAAA'", "key.type", "predicate.keys[0].spki" },
    { "retire", "predicate.keys", "[]", "json.unknown", "predicate.keys" },
    { "publication", "subject.0.name", "'bundle'", "statement.subject", "subject[0]" },
    { "phase-out", "predicate.rollout", "'" D1 "'", "json.unknown", "predicate.rollout" },
    { "begun", "predicate.rule", "'x'", "json.unknown", "predicate.rule" },
    { "lapse", "predicate.outcome", "'alert'", "json.unknown", "predicate.outcome" },
    { "lapse", "predicate.rule", "'" D("xxxx") "'", "json.length", "predicate.rule" },
    { "overrun", "predicate.outcome", "'shrug'", "statement.form", "predicate.outcome" },
    { "evidence", "subject.0.name", "'web'", "statement.subject", "subject[0]" },
    { "evidence", "predicate.files", "[]", "json.length", "predicate.files" },
    { "evidence", "predicate.files.0.kind", "'bom'", "statement.form",
      "predicate.files[0].kind" },
    { "evidence", "predicate.files.0.size", "0", "json.number", "predicate.files[0].size" },
    { "evidence", "predicate.files.0.size", "67108865", "json.number",
      "predicate.files[0].size" },
    { "evidence", "predicate.files.0.reviewBy", "'2026-11-24T03:11:32Z'", "json.unknown",
      "predicate.files[0].reviewBy" },
    { "evidence", "predicate.files.1.reviewBy", NULL, "json.missing",
      "predicate.files[1].reviewBy" },
    { "evidence", "predicate.files.1.digest", "'" D1 "'", "statement.form",
      "predicate.files[1]" },
    { "waiver", "subject.0.name", "'web'", "statement.subject", "subject[0]" },
    { "waiver", "predicate.control", "'a b'", "name.form", "predicate.control" },
    { "waiver", "predicate.justification", "''", "json.length", "predicate.justification" },
    { "waiver", "predicate.compensating", NULL, "json.missing", "predicate.compensating" },
    { "waiver", "predicate.until", "'never'", "time.form", "predicate.until" },
    { "advisory", "subject.0.name", "'advisory'", "statement.subject", "subject[0]" },
    { "advisory", "predicate.count", "-1", "json.number", "predicate.count" },
    { "advisory", "predicate.count", "0", "statement.subject", "subject[0]" },
    { "advisory", "predicate.source", NULL, "json.missing", "predicate.source" },
    { "evaluation", "predicate.results", "[]", "json.length", "predicate.results" },
    { "evaluation", "predicate.at", NULL, "json.missing", "predicate.at" },
    { "evaluation", "predicate.governance", "1", "json.type", "predicate.governance" },
};

static void
what_is_wrong_is_refused_where_it_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_t *json = example_json(example_named(bad[i].example));
        struct plumb_bytes bytes = { 0 };
        struct plumb_statement *s = NULL;
        struct plumb_err err = { 0 };
        char *text;

        set_at(json, bad[i].path, bad[i].value != NULL ? json_of(bad[i].value) : NULL);
        if (bad[i].rule != NULL) {
            refuse_json(bad[i].path, json, bad[i].rule, bad[i].where);
        } else { /* outside the profile, so it cannot be written by us */
            assert_int_not_equal(plumb_json_canonical(json, &bytes, &err), PLUMB_OK);
            text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
            assert_refused("json.number", plumb_statement_peek(text, strlen(text), &s, &err),
                           &err);
            assert_string_equal(err.where, bad[i].where);
            free(text);
        }
        json_decref(json);
    }
}

static void
a_key_is_enrolled_once(void **state)
{
    json_t *json = example_json(example_named("enrol"));
    json_t *keys = json_object_get(json_object_get(json, "predicate"), "keys");

    (void)state;
    json_array_append(keys, json_array_get(keys, 0));
    refuse_json("twice", json, "statement.form", "predicate.keys[1]");
    json_decref(json);
}

static void
texts_have_a_length(void **state)
{
    static const char *const which[][2] = { { "release-sbom", "predicate.notes" },
                                            { "revoke", "predicate.reason" },
                                            { "reject", "predicate.reason" } };
    char text[2002];

    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < 3; i++) {
        json_t *json = example_json(example_named(which[i][0]));
        struct plumb_statement *s = NULL;
        struct plumb_err err;

        set_at(json, which[i][1], json_stringn(text, 2000));
        assert_ok(peek_json(json, &s, &err), &err);
        plumb_statement_free(s);
        set_at(json, which[i][1], json_stringn(text, 2001));
        refuse_json(which[i][0], json, "json.length", which[i][1]);
        json_decref(json);
    }
}

static void
lifetimes_end_within_a_month(void **state)
{
    static const struct {
        const char *expires, *rule;
    } cases[] = {
        { "2026-11-24T03:11:32Z", NULL },
        { "2026-11-24T03:11:31Z", "statement.lifetime" },
        { "2026-12-25T03:11:32Z", NULL },
        { "2026-12-25T03:11:33Z", "statement.lifetime" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *json = example_json(example_named("abstain"));
        struct plumb_statement *s = NULL;
        struct plumb_err err;

        set_at(json, "predicate.expires", json_string(cases[i].expires));
        if (cases[i].rule == NULL)
            assert_ok(peek_json(json, &s, &err), &err);
        else
            refuse_json(cases[i].expires, json, cases[i].rule, "predicate.expires");
        plumb_statement_free(s);
        json_decref(json);
    }
}

static void
bytes_have_one_form_and_a_size(void **state)
{
    json_t *json = example_json(example_named("release"));
    char *loose = json_dumps(json, JSON_SORT_KEYS), *unsorted = json_dumps(json, JSON_COMPACT);
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_COMPACT);
    char *big = calloc(1, PLUMB_PAYLOAD_MAX + 2);
    struct plumb_statement *s = NULL;
    struct plumb_digest id;
    struct plumb_err err;

    (void)state;
    assert_non_null(big);
    assert_refused("statement.canonical", plumb_statement_peek(loose, strlen(loose), &s, &err),
                   &err);
    assert_refused("statement.canonical",
                   plumb_statement_peek(unsorted, strlen(unsorted), &s, &err), &err);
    assert_refused("json.syntax", plumb_statement_peek(text, strlen(text) - 1, &s, &err), &err);
    assert_refused("json.syntax", plumb_statement_peek("", 0, &s, &err), &err);
    assert_refused("json.type", plumb_statement_peek("[]", 2, &s, &err), &err);
    memset(big, ' ', PLUMB_PAYLOAD_MAX + 1);
    memcpy(big, text, strlen(text));
    assert_refused("statement.canonical",
                   plumb_statement_peek(big, PLUMB_PAYLOAD_MAX, &s, &err), &err);
    assert_refused("statement.size", plumb_statement_peek(big, PLUMB_PAYLOAD_MAX + 1, &s, &err),
                   &err);
    assert_null(s);
    assert_ok(plumb_statement_peek(text, strlen(text), &s, &err), &err);
    plumb_sha256(text, strlen(text), &id);
    assert_true(plumb_digest_eq(&id, &s->id));
    plumb_statement_free(s);
    free(big);
    free(text);
    free(loose);
    free(unsorted);
    json_decref(json);
}

static void
strip_stamp(json_t *predicate, bool genesis)
{
    const char *const five[] = { "log", genesis ? "keys" : "key", "issued", "expires",
                                 "nonce" };

    for (size_t i = 0; i < sizeof five / sizeof *five; i++)
        (void)json_object_del(predicate, five[i]);
}

static void
what_is_made_is_what_was_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < nexamples; i++) {
        json_t *json = example_json(&examples[i]);
        json_t *members = json_deep_copy(json_object_get(json, "predicate"));
        struct plumb_bytes want = { 0 }, got = { 0 };
        struct plumb_statement *s = NULL;
        struct plumb_stamp stamp = { .log = "example.org/log" };
        struct plumb_err err;

        assert_ok(peek_json(json, &s, &err), &err);
        stamp.keys = s->keys;
        stamp.nkeys = s->nkeys;
        stamp.issued = s->issued;
        stamp.expires = s->expires;
        for (uint8_t j = 0; j < sizeof stamp.nonce; j++)
            stamp.nonce[j] = j;
        strip_stamp(members, strcmp(examples[i].name, "genesis") == 0);
        assert_ok(plumb_json_canonical(json, &want, &err), &err);
        assert_ok(plumb_statement_make(examples[i].kind, &stamp, s->subjects, s->nsubjects,
                                       members, &got, &err),
                  &err);
        assert_string_equal((char *)got.data, (char *)want.data);
        plumb_bytes_clear(&want);
        plumb_bytes_clear(&got);
        plumb_statement_free(s);
        json_decref(members);
        json_decref(json);
    }
}

static void
nothing_is_made_that_would_not_be_read(void **state)
{
    const struct plumb_digest key = digest_of(D1);
    const struct plumb_digest two[] = { key, digest_of(D2) };
    const struct plumb_subject subject = { "proposal", key }, nameless = { "", key };
    const struct plumb_subject latin = { "\xe9", key };
    struct plumb_stamp stamp = { "example.org/log", &key, 1, 1000, 2000, { 0 } };
    json_t *members = json_of("{'decision': 'approve'}");
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err;

    (void)state;
    assert_ok(
        plumb_statement_make(PLUMB_KIND_APPROVAL, &stamp, &subject, 1, members, &bytes, &err),
        &err);
    plumb_bytes_clear(&bytes);
#define REFUSE(rule, ...)                                                                      \
    assert_refused(rule, plumb_statement_make(__VA_ARGS__, &bytes, &err), &err)
    REFUSE("json.length", PLUMB_KIND_APPROVAL, &stamp, &subject, 0, members);
    REFUSE("json.length", PLUMB_KIND_APPROVAL, &stamp, &nameless, 1, members);
    REFUSE("statement.subject", PLUMB_KIND_APPROVAL, &stamp, &latin, 1, members);
    REFUSE("json.missing", PLUMB_KIND_APPROVAL, &stamp, &subject, 1, NULL);
    REFUSE("json.missing", PLUMB_KIND_PUBLICATION, &stamp, &subject, 1, members);
    json_object_set_new(members, "nonce", json_string("00"));
    REFUSE("statement.form", PLUMB_KIND_APPROVAL, &stamp, &subject, 1, members);
    json_object_del(members, "nonce");
    stamp.keys = two;
    stamp.nkeys = 2;
    REFUSE("statement.form", PLUMB_KIND_APPROVAL, &stamp, &subject, 1, members);
    stamp.nkeys = 0;
    REFUSE("statement.form", PLUMB_KIND_APPROVAL, &stamp, &subject, 1, members);
    stamp.nkeys = 1;
    stamp.expires = stamp.issued - 1;
    REFUSE("statement.lifetime", PLUMB_KIND_APPROVAL, &stamp, &subject, 1, members);
    stamp.issued = -5;
    stamp.expires = 10;
    REFUSE("time.form", PLUMB_KIND_APPROVAL, &stamp, &subject, 1, members);
#undef REFUSE
    assert_null(bytes.data);
    json_decref(members);
}

static void
names_of_kinds_go_both_ways(void **state)
{
    enum plumb_kind kind;
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < PLUMB_KIND_COUNT; i++) {
        assert_ok(plumb_kind_parse(plumb_kind_text((enum plumb_kind)i), "", &kind, &err), &err);
        assert_int_equal(kind, i);
        assert_false(plumb_kind_is_proposal(kind) && plumb_kind_is_service(kind));
    }
    assert_refused("statement.form", plumb_kind_parse("Release", "", &kind, &err), &err);
    assert_true(plumb_kind_is_proposal(PLUMB_KIND_ROLLOUT));
    assert_true(plumb_kind_is_service(PLUMB_KIND_OVERRUN));
    assert_false(plumb_kind_is_service(PLUMB_KIND_RECOGNITION));
    assert_string_equal(plumb_kind_text(PLUMB_KIND_COUNT), "?");
    assert_string_equal(plumb_action_text(PLUMB_ACTION_COUNT), "?");
    assert_string_equal(plumb_outcome_text(PLUMB_OUTCOME_ALERT), "alert");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_read),
        cmocka_unit_test(governance_is_read_whole),
        cmocka_unit_test(releases_are_read_whole),
        cmocka_unit_test(rollouts_are_read_whole),
        cmocka_unit_test(revocations_are_read_whole),
        cmocka_unit_test(what_principals_say_is_read_whole),
        cmocka_unit_test(what_the_service_says_is_read_whole),
        cmocka_unit_test(every_member_is_needed_but_the_optional),
        cmocka_unit_test(no_member_is_of_another_type),
        cmocka_unit_test(every_object_is_closed),
        cmocka_unit_test(what_is_wrong_is_refused_where_it_is),
        cmocka_unit_test(a_key_is_enrolled_once),
        cmocka_unit_test(texts_have_a_length),
        cmocka_unit_test(lifetimes_end_within_a_month),
        cmocka_unit_test(bytes_have_one_form_and_a_size),
        cmocka_unit_test(what_is_made_is_what_was_read),
        cmocka_unit_test(nothing_is_made_that_would_not_be_read),
        cmocka_unit_test(names_of_kinds_go_both_ways),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
