/* Every rule by which the engine refuses a statement: one way to break it each. */
#include <stdlib.h>
#include <string.h>

#include "tests/engine/world.h"
#include "tests/t.h"

/* A second fleet, which enid does not serve, and a second payload, which is in it only. */
static void
two_fleets(struct make *m)
{
    json_t *test = json_deep_copy(make_at(m, "fleets.prod"));
    json_t *db = json_deep_copy(make_at(m, "payloads.web"));

    make_set(m, "fleets.test", test);
    make_set(m, "payloads.db", db);
    make_set(m, "fleets.prod.payloads", json_pack("[s]", "web"));
    make_set(m, "fleets.prod.recognitions", json_integer(1));
}

static struct plumb_signed *
otherwise_stamped(struct world *w, const char *log, plumb_time issued, plumb_time expires)
{
    const struct make_person *rex = make_who(&w->make, "rex");
    struct plumb_digest key = *plumb_pubkey_id(rex->sign->pub);
    struct plumb_stamp stamp = { log, &key, 1, issued, expires, { 7 } };
    struct plumb_digest values = make_digest("values");
    struct plumb_subject subject = { "reference-values", values };
    json_t *members = json_pack("{s:s, s:s}", "payload", "web", "version", "1.0");
    struct plumb_bytes payload = { 0 };
    struct plumb_signed *s = calloc(1, sizeof *s);

    assert_non_null(s);
    assert_ok(plumb_statement_make(PLUMB_KIND_RELEASE, &stamp, &subject, 1, members, &payload,
                                   &w->err),
              &w->err);
    assert_ok(plumb_statement_peek(payload.data, payload.len, &s->statement, &w->err), &w->err);
    assert_ok(plumb_dsse_sign(payload.data, payload.len, &rex->sign, 1, &s->envelope, &w->err),
              &w->err);
    plumb_bytes_clear(&payload);
    json_decref(members);
    return s;
}

static struct plumb_signed *
statement_log(struct world *w)
{
    return otherwise_stamped(w, "example.org/other", w->make.now, w->make.now + 60);
}

static struct plumb_signed *
statement_early(struct world *w)
{
    return otherwise_stamped(w, MAKE_ORIGIN, w->make.now + 301, w->make.now + 400);
}

static struct plumb_signed *
statement_expired(struct world *w)
{
    return otherwise_stamped(w, MAKE_ORIGIN, w->make.now - 60, w->make.now - 1);
}

static struct plumb_signed *
log_time(struct world *w)
{
    struct plumb_digest values = world_blob(w, make_refvals("later"));

    (void)world_release(w, "1.0");
    w->make.now -= 61;
    return make_release(&w->make, "rex", "web", "2.0", &values);
}

static struct plumb_signed *
a_second_genesis(struct world *w)
{
    return make_change(&w->make, "ada bob");
}

static struct plumb_signed *
by_a_stranger(struct world *w)
{
    struct make_person *rex = (struct make_person *)make_who(&w->make, "rex");

    plumb_signer_free(rex->sign);
    rex->sign = NULL;
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &rex->sign, &w->err), &w->err);
    return otherwise_stamped(w, MAKE_ORIGIN, w->make.now, w->make.now + 60);
}

static struct plumb_signed *
by_a_tls_key(struct world *w)
{
    struct make_person *rex = (struct make_person *)make_who(&w->make, "rex");
    struct plumb_signer *tls = rex->tls;

    rex->tls = rex->sign;
    rex->sign = tls;
    return otherwise_stamped(w, MAKE_ORIGIN, w->make.now, w->make.now + 60);
}

/* The change is in force; signs with the key that it put out of use. */
static struct plumb_signed *
by_a_former_key(struct world *w, const char *status)
{
    struct plumb_signed *s;
    char path[128], at[160];

    make_next(&w->make);
    s = otherwise_stamped(w, MAKE_ORIGIN, w->make.now, w->make.now + 3600);
    (void)snprintf(path, sizeof path, "%s", make_new_key(&w->make, "rex"));
    (void)snprintf(at, sizeof at, "%s.status", path);
    make_set(&w->make, at, json_string(status));
    (void)snprintf(at, sizeof at, "%s.from", path);
    if (strcmp(status, "compromised") == 0)
        make_set(&w->make, at, json_integer(1));
    (void)world_govern(w, NULL);
    return s;
}

static struct plumb_signed *
by_a_retired_key(struct world *w)
{
    return by_a_former_key(w, "retired");
}

static struct plumb_signed *
by_a_compromised_key(struct world *w)
{
    return by_a_former_key(w, "compromised");
}

/* --- powers --- */

static struct plumb_signed *
release_by_an_admin(struct world *w)
{
    struct plumb_digest values = world_blob(w, make_refvals("1.0"));

    return make_release(&w->make, "ada", "web", "1.0", &values);
}

static struct plumb_signed *
rollout_by_an_admin(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    return make_rollout(&w->make, "ada", "prod", "web@1.0", &one, PLUMB_ACTION_BEGIN, 0, NULL);
}

static struct plumb_signed *
revocation_by_a_manager(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    return make_revocation(&w->make, "rex", "web@1.0", &one, "prod:0", NULL);
}

static struct plumb_signed *
change_by_a_manager(struct world *w)
{
    make_next(&w->make);
    return world_change(w, "rex", NULL);
}

static struct plumb_signed *
publication_by_an_admin(struct world *w)
{
    struct plumb_digest content;

    assert_ok(engine_derive(w->engine, "prod", NULL, NULL, &content, &w->err), &w->err);
    return make_signed(&w->make, "ada", PLUMB_KIND_PUBLICATION, "content", &content,
                       json_pack("{s:s, s:i, s:o}", "fleet", "prod", "revision", 1,
                                 "validUntil", make_time(w->make.now + 60)));
}

/* --- releases --- */

static struct plumb_signed *
release_without_its_values(struct world *w)
{
    struct plumb_digest values = make_digest("nowhere");

    return make_release(&w->make, "rex", "web", "1.0", &values);
}

static struct plumb_signed *
release_of_an_unknown_payload(struct world *w)
{
    struct plumb_digest values = world_blob(w, make_refvals("1.0"));

    return make_release(&w->make, "rex", "mail", "1.0", &values);
}

static struct plumb_signed *
release_for_another_tee(struct world *w)
{
    struct plumb_bytes bytes = { 0 };
    struct plumb_digest values;
    char zeros[65];
    json_t *json;

    memset(zeros, 'a', 64);
    zeros[64] = '\0';
    json = json_pack("{s:s, s:[{s:s, s:[{s:s, s:s}]}]}", "schema",
                     "urn:plumbline:reference-values:v1", "sets", "tee", "sgx", "measurements",
                     "name", "mrenclave", "value", zeros);
    assert_ok(plumb_json_canonical(json, &bytes, &w->err), &w->err);
    json_decref(json);
    values = world_blob(w, bytes);
    return make_release(&w->make, "rex", "web", "1.0", &values);
}

static struct plumb_signed *
release_with_a_source_of_no_set(struct world *w)
{
    struct plumb_digest values = world_blob(w, make_refvals("1.0"));

    return make_signed(&w->make, "rex", PLUMB_KIND_RELEASE, "reference-values", &values,
                       json_pack("{s:s, s:s, s:[{s:i, s:s, s:o, s:b}]}", "payload", "web",
                                 "version", "1.0", "source", "set", 1, "kind", "tdx-quote",
                                 "digest", make_hex(&values), "verified", 0));
}

static struct plumb_signed *
release_again(struct world *w)
{
    struct plumb_digest values = world_blob(w, make_refvals("others"));

    (void)world_release(w, "1.0");
    return make_release(&w->make, "rex", "web", "1.0", &values);
}

static struct plumb_signed *
release_of_the_same_values(struct world *w)
{
    struct plumb_digest values = world_blob(w, make_refvals("web@1.0"));

    (void)world_release(w, "1.0");
    return make_release(&w->make, "rex", "web", "1.0-again", &values);
}

static struct plumb_signed *
release_of_barred_values(struct world *w)
{
    struct plumb_digest values = world_blob(w, make_refvals("web@1.0"));
    struct plumb_digest one = world_release(w, "1.0");

    (void)world_revoke(w, &one, "all", NULL);
    return make_release(&w->make, "rex", "web", "2.0", &values);
}

/* --- rollouts --- */

static struct plumb_signed *
begin_of_an_unknown_release(struct world *w)
{
    struct plumb_digest id = make_digest("no release");

    return make_rollout(&w->make, "rex", "prod", "web@1.0", &id, PLUMB_ACTION_BEGIN, 0, NULL);
}

static struct plumb_signed *
begin_under_another_name(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    return make_rollout(&w->make, "rex", "prod", "web@1.1", &one, PLUMB_ACTION_BEGIN, 0, NULL);
}

static struct plumb_signed *
begin_in_an_unknown_fleet(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    return make_rollout(&w->make, "rex", "lab", "web@1.0", &one, PLUMB_ACTION_BEGIN, 0, NULL);
}

static struct plumb_signed *
begin_of_a_payload_that_the_fleet_has_not(struct world *w)
{
    struct plumb_digest id = world_propose_release(w, "db", "1.0");

    (void)world_vote(w, "sol", &id, PLUMB_APPROVE);
    return make_rollout(&w->make, "rex", "prod", "db@1.0", &id, PLUMB_ACTION_BEGIN, 0, NULL);
}

static struct plumb_signed *
begin_on_another_base(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    return make_rollout(&w->make, "rex", "prod", "web@1.0", &one, PLUMB_ACTION_BEGIN, 1, NULL);
}

static struct plumb_signed *
begin_of_what_is_only_proposed(struct world *w)
{
    struct plumb_digest one = world_propose_release(w, "web", "1.0");

    return world_rollout(w, &one, PLUMB_ACTION_BEGIN, NULL);
}

static struct plumb_signed *
begin_after_nothing_in_particular(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    return world_rollout(w, &one, PLUMB_ACTION_BEGIN,
                         json_pack("{s:o}", "predecessor", make_hex(&one)));
}

static struct plumb_signed *
schedule_in_the_past(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    return world_rollout(w, &one, PLUMB_ACTION_BEGIN,
                         json_pack("{s:o}", "at", make_time(w->make.now)));
}

static struct plumb_signed *
complete_unrecognised(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    (void)world_start(w, &one);
    return world_rollout(w, &one, PLUMB_ACTION_COMPLETE, NULL);
}

/* In the world without recognitions. */
static struct plumb_digest
outgoing(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0"), two = world_release(w, "2.0");

    (void)world_start(w, &one);
    (void)world_complete(w, &one);
    (void)world_start(w, &two);
    (void)world_complete(w, &two);
    return one;
}

static struct plumb_signed *
reschedule_past_the_limit(struct world *w)
{
    struct plumb_digest one = outgoing(w);
    plumb_time limit = world_at(w, &one).since + 14 * WORLD_DAY;

    return world_rollout(w, &one, PLUMB_ACTION_RESCHEDULE,
                         json_pack("{s:o}", "notAfter", make_time(limit + 1)));
}

static struct plumb_signed *
reschedule_into_the_past(struct world *w)
{
    struct plumb_digest one = outgoing(w);

    return world_rollout(w, &one, PLUMB_ACTION_RESCHEDULE,
                         json_pack("{s:o}", "notAfter", make_time(w->make.now)));
}

/* --- revocations --- */

static struct plumb_signed *
revoke_in_very_many_fleets(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");
    char fleets[65 * 8 + 1] = "";

    for (int i = 0; i < 65; i++)
        (void)snprintf(fleets + strlen(fleets), sizeof fleets - strlen(fleets), "%sf%02d:0",
                       i > 0 ? " " : "", i);
    return make_revocation(&w->make, "sol", "web@1.0", &one, fleets, NULL);
}

static struct plumb_signed *
revoke_on_another_base(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    return make_revocation(&w->make, "sol", "web@1.0", &one, "prod:9", NULL);
}

static struct plumb_signed *
revoke_in_an_unknown_fleet(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    return make_revocation(&w->make, "sol", "web@1.0", &one, "lab:0", NULL);
}

/* --- votes --- */

static struct plumb_signed *
vote_on_nothing(struct world *w)
{
    struct plumb_digest id = make_digest("no proposal");

    return make_vote(&w->make, "sol", &id, PLUMB_APPROVE);
}

static struct plumb_signed *
vote_after_the_effect(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    return make_vote(&w->make, "sam", &one, PLUMB_APPROVE);
}

static struct plumb_signed *
vote_unasked(struct world *w)
{
    struct plumb_digest one = world_propose_release(w, "web", "1.0");

    return make_vote(&w->make, "otto", &one, PLUMB_APPROVE);
}

static struct plumb_signed *
vote_on_ones_own(struct world *w)
{
    struct plumb_digest one = world_propose_release(w, "web", "1.0");

    return make_vote(&w->make, "rex", &one, PLUMB_APPROVE);
}

static struct plumb_signed *
vote_the_same_again(struct world *w)
{
    struct plumb_digest one = world_propose_release(w, "web", "1.0");

    (void)world_vote(w, "ria", &one, PLUMB_ABSTAIN);
    return make_vote(&w->make, "ria", &one, PLUMB_ABSTAIN);
}

static void
for_others_to_approve(struct make *m)
{
    make_set(m, "payloads.web.quorums.release",
             make_quorum("release-manager:1 security-officer:1", true, ""));
}

static void
for_two_others_to_approve(struct make *m)
{
    make_set(m, "roles.admin.may", json_pack("[s, s]", "governance", "release"));
    make_set(m, "payloads.web.quorums.release", make_quorum("release-manager:2", true, ""));
}

static struct plumb_signed *
propose_what_nobody_else_can_approve(struct world *w)
{
    struct plumb_digest values = world_blob(w, make_refvals("1.0"));

    return make_release(&w->make, "rex", "web", "1.0", &values);
}

/* --- what the service signs --- */

static struct plumb_signed *
record_before_it_is_due(struct world *w)
{
    struct plumb_digest one = outgoing(w);

    return make_signed(&w->make, "plumbd", PLUMB_KIND_PHASE_OUT, "web@1.0", &one,
                       json_pack("{s:s, s:o}", "fleet", "prod", "due",
                                 make_time(world_at(w, &one).window.not_after)));
}

static struct plumb_signed *
record_another_date(struct world *w)
{
    struct plumb_digest one = outgoing(w);

    w->make.now += 8 * WORLD_DAY;
    return make_signed(&w->make, "plumbd", PLUMB_KIND_PHASE_OUT, "web@1.0", &one,
                       json_pack("{s:s, s:o}", "fleet", "prod", "due",
                                 make_time(world_at(w, &one).window.not_after + 1)));
}

static struct plumb_signed *
record_by_an_admin(struct world *w)
{
    struct plumb_digest one = outgoing(w);

    w->make.now += 8 * WORLD_DAY;
    return make_signed(&w->make, "ada", PLUMB_KIND_PHASE_OUT, "web@1.0", &one,
                       json_pack("{s:s, s:o}", "fleet", "prod", "due",
                                 make_time(world_at(w, &one).window.not_after)));
}

static struct plumb_signed *
publish_so(struct world *w, int64_t revision, plumb_time validity)
{
    struct plumb_digest content;

    assert_ok(engine_derive(w->engine, "prod", NULL, NULL, &content, &w->err), &w->err);
    return world_publication(w, "prod", revision, &content, w->make.now + validity);
}

static struct plumb_signed *
publish_another_content(struct world *w)
{
    struct plumb_digest content = make_digest("content");

    return world_publication(w, "prod", 1, &content, w->make.now + 60);
}

static struct plumb_signed *
publish_for_an_unknown_fleet(struct world *w)
{
    struct plumb_digest content = make_digest("content");

    return world_publication(w, "lab", 1, &content, w->make.now + 60);
}

static struct plumb_signed *
publish_revision_two_first(struct world *w)
{
    return publish_so(w, 2, 60);
}

static struct plumb_signed *
refresh_under_a_new_revision(struct world *w)
{
    (void)world_publish(w, "prod");
    return publish_so(w, 2, 60);
}

static struct plumb_signed *
change_under_the_old_revision(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    (void)world_publish(w, "prod");
    (void)world_start(w, &one);
    return publish_so(w, 1, 60);
}

static struct plumb_signed *
publish_for_too_long(struct world *w)
{
    return publish_so(w, 1, WORLD_DAY + 1);
}

static struct plumb_signed *
publish_what_has_expired(struct world *w)
{
    return publish_so(w, 1, 0);
}

static struct plumb_signed *
publish_before_the_record(struct world *w)
{
    struct plumb_signed *s;

    (void)outgoing(w);
    w->make.now += 8 * WORLD_DAY;
    s = publish_so(w, 1, 60); /* time has not been let pass in the engine yet */
    return s;
}

/* --- recognitions and enrolments --- */

struct recognised {
    struct plumb_digest one, rollout, content;
};

static struct recognised
recognisable(struct world *w)
{
    struct recognised r;

    r.one = world_release(w, "1.0");
    r.rollout = world_start(w, &r.one);
    r.content = world_publish(w, "prod");
    return r;
}

static struct plumb_signed *
recognise_by_an_auditor(struct world *w)
{
    struct recognised r = recognisable(w);

    return make_recognition(&w->make, "otto", "prod", "web@1.0", &r.one, &r.rollout, 1,
                            &r.content);
}

static struct plumb_signed *
recognise_in_another_fleet(struct world *w)
{
    struct recognised r = recognisable(w);

    return make_recognition(&w->make, "vera", "test", "web@1.0", &r.one, &r.rollout, 1,
                            &r.content);
}

static struct plumb_signed *
recognise_another_rollout(struct world *w)
{
    struct recognised r = recognisable(w);

    return make_recognition(&w->make, "vera", "prod", "web@1.0", &r.one, &r.one, 1, &r.content);
}

static struct plumb_signed *
recognise_before_it_was_published(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0"), rollout, content;

    content = world_publish(w, "prod");
    rollout = world_start(w, &one);
    return make_recognition(&w->make, "vera", "prod", "web@1.0", &one, &rollout, 1, &content);
}

static struct plumb_signed *
recognise_under_a_revision_to_come(struct world *w)
{
    struct recognised r = recognisable(w);

    return make_recognition(&w->make, "vera", "prod", "web@1.0", &r.one, &r.rollout, 2,
                            &r.content);
}

static struct plumb_signed *
recognise_under_another_content(struct world *w)
{
    struct recognised r = recognisable(w);

    return make_recognition(&w->make, "vera", "prod", "web@1.0", &r.one, &r.rollout, 1, &r.one);
}

static struct plumb_signed *
recognise_twice(struct world *w)
{
    struct recognised r = recognisable(w);

    (void)world_do(w, make_recognition(&w->make, "vera", "prod", "web@1.0", &r.one, &r.rollout,
                                       1, &r.content));
    return make_recognition(&w->make, "vera", "prod", "web@1.0", &r.one, &r.rollout, 1,
                            &r.content);
}

static struct plumb_signed *
enrol_in_another_fleet(struct world *w)
{
    return make_enrolment(&w->make, "enid", "test", "val", make_who(&w->make, "ada")->sign,
                          false);
}

static struct plumb_signed *
enrol_by_an_admin(struct world *w)
{
    return make_enrolment(&w->make, "ada", "prod", "val", make_who(&w->make, "ada")->sign,
                          false);
}

static struct plumb_signed *
enrol_a_key_of_the_document(struct world *w)
{
    return make_enrolment(&w->make, "enid", "prod", "val", make_who(&w->make, "ada")->sign,
                          false);
}

static struct plumb_signed *
enrol_a_principal_of_the_document(struct world *w)
{
    return make_enrolment(&w->make, "enid", "prod", "vera", w->make.log, false);
}

static struct plumb_signed *
enrol_twice(struct world *w)
{
    struct plumb_signer *key = NULL;
    struct plumb_signed *s;

    (void)world_do(w, make_enrolment(&w->make, "enid", "prod", "val", w->make.log, false));
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &key, &w->err), &w->err);
    s = make_enrolment(&w->make, "enid", "prod", "val", key, false);
    plumb_signer_free(key);
    return s;
}

static struct plumb_signed *
enrol_a_retired_key(struct world *w)
{
    (void)world_do(w, make_enrolment(&w->make, "enid", "prod", "val", w->make.log, false));
    (void)world_do(w, make_enrolment(&w->make, "enid", "prod", "val", w->make.log, true));
    return make_enrolment(&w->make, "enid", "prod", "val2", w->make.log, false);
}

static struct plumb_signed *
retire_nobody(struct world *w)
{
    return make_enrolment(&w->make, "enid", "prod", "val", w->make.log, true);
}

static struct plumb_signed *
retire_twice(struct world *w)
{
    (void)world_do(w, make_enrolment(&w->make, "enid", "prod", "val", w->make.log, false));
    (void)world_do(w, make_enrolment(&w->make, "enid", "prod", "val", w->make.log, true));
    return make_enrolment(&w->make, "enid", "prod", "val", w->make.log, true);
}

/* --- governance --- */

static struct plumb_signed *
change_without_its_document(struct world *w)
{
    make_next(&w->make);
    return make_change(&w->make, "ada");
}

static struct plumb_signed *
change_that_says_another_version(struct world *w)
{
    make_next(&w->make);
    return world_change(w, "ada", json_pack("{s:i}", "version", 3));
}

static struct plumb_signed *
change_that_says_another_predecessor(struct world *w)
{
    struct plumb_digest other = make_digest("other");

    make_next(&w->make);
    return world_change(w, "ada", json_pack("{s:o}", "previous", make_hex(&other)));
}

static struct plumb_signed *
change_that_follows_another_document(struct world *w)
{
    make_set(&w->make, "fleets.prod.public", json_true()); /* not what is in force */
    make_next(&w->make);
    return world_change(w, "ada", NULL);
}

static struct plumb_signed *
change_with_the_key_of_a_verifier(struct world *w)
{
    struct plumb_signer *key = NULL;

    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &key, &w->err), &w->err);
    (void)world_do(w, make_enrolment(&w->make, "enid", "prod", "val", key, false));
    make_next(&w->make);
    make_set(&w->make, "principals.otto.keys.2", make_key_json(key, PLUMB_USE_SIGN));
    plumb_signer_free(key);
    return world_change(w, "ada", NULL);
}

static struct plumb_signed *
change_with_the_name_of_a_verifier(struct world *w)
{
    (void)world_do(w, make_enrolment(&w->make, "enid", "prod", "val", w->make.log, false));
    make_next(&w->make);
    make_principal(&w->make, "val", "auditor", NULL);
    return world_change(w, "ada", NULL);
}

static struct plumb_signed *
change_that_ratifies_a_release(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    make_next(&w->make);
    return world_change(w, "ada", json_pack("{s:[o]}", "ratify", make_hex(&one)));
}

static json_t *
disposition(const char *what, plumb_time until)
{
    json_t *d = json_pack("{s:s, s:s, s:s, s:s}", "fleet", "prod", "payload", "web", "version",
                          "1.0", "do", what);

    if (until > 0)
        json_object_set_new(d, "until", make_time(until));
    return json_pack("{s:[o]}", "compromise", d);
}

static struct plumb_signed *
change_that_revokes_for_no_compromise(struct world *w)
{
    make_next(&w->make);
    return world_change(w, "ada", disposition("revoke", 0));
}

static struct plumb_signed *
change_that_keeps_what_stands(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    (void)world_start(w, &one);
    make_next(&w->make);
    return world_change(w, "ada", disposition("keep", w->make.now + 60));
}

static struct plumb_signed *
change_that_keeps_into_the_past(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    (void)world_start(w, &one);
    make_next(&w->make);
    return world_change(w, "ada", disposition("keep", w->make.now));
}

static void
ratify_nothing(struct world *w, const char *who)
{
    char path[128], at[160];

    make_next(&w->make);
    (void)snprintf(path, sizeof path, "%s", make_new_key(&w->make, who));
    (void)snprintf(at, sizeof at, "%s.status", path);
    make_set(&w->make, at, json_string("compromised"));
    (void)snprintf(at, sizeof at, "%s.from", path);
    make_set(&w->make, at, json_integer(0));
}

static struct plumb_signed *
change_that_ratifies_no_genesis(struct world *w)
{
    ratify_nothing(w, "bob");
    return world_change(w, "ada", NULL);
}

static struct plumb_signed *
change_that_ratifies_no_revocation(struct world *w)
{
    struct plumb_digest one = world_release(w, "1.0");

    (void)world_revoke(w, &one, "prod", NULL);
    ratify_nothing(w, "sol");
    return world_change(w, "ada", NULL);
}

/* --- the table --- */

struct refusal {
    const char *rule;
    struct plumb_signed *(*make)(struct world *w);
    void (*edit)(struct make *m);
};

static const struct refusal refusals[] = {
    { "statement.log", statement_log, NULL },
    { "statement.early", statement_early, NULL },
    { "statement.expired", statement_expired, NULL },
    { "log.time", log_time, NULL },
    { "signature.count", a_second_genesis, NULL },
    { "key.unknown", by_a_stranger, NULL },
    { "key.use", by_a_tls_key, NULL },
    { "key.retired", by_a_retired_key, NULL },
    { "key.compromised", by_a_compromised_key, NULL },
    { "power.release", release_by_an_admin, NULL },
    { "power.rollout", rollout_by_an_admin, NULL },
    { "power.revocation", revocation_by_a_manager, NULL },
    { "power.governance", change_by_a_manager, NULL },
    { "power.service", publication_by_an_admin, NULL },
    { "power.service", record_by_an_admin, NULL },
    { "blob.missing", release_without_its_values, NULL },
    { "release.payload", release_of_an_unknown_payload, NULL },
    { "release.tee", release_for_another_tee, NULL },
    { "release.source", release_with_a_source_of_no_set, NULL },
    { "release.exists", release_again, NULL },
    { "release.same-values", release_of_the_same_values, NULL },
    { "release.barred", release_of_barred_values, NULL },
    { "release.unknown", begin_of_an_unknown_release, NULL },
    { "release.subject", begin_under_another_name, NULL },
    { "lifecycle.fleet", begin_in_an_unknown_fleet, NULL },
    { "lifecycle.fleet", begin_of_a_payload_that_the_fleet_has_not, two_fleets },
    { "lifecycle.fleet", revoke_in_an_unknown_fleet, NULL },
    { "proposal.base", begin_on_another_base, NULL },
    { "proposal.base", revoke_on_another_base, NULL },
    { "lifecycle.not-approved", begin_of_what_is_only_proposed, NULL },
    { "lifecycle.predecessor", begin_after_nothing_in_particular, NULL },
    { "lifecycle.past", schedule_in_the_past, NULL },
    { "lifecycle.past", reschedule_into_the_past, NULL },
    { "lifecycle.recognitions", complete_unrecognised, two_fleets },
    { "lifecycle.grace-limit", reschedule_past_the_limit, NULL },
    { "revocation.fleets", revoke_in_very_many_fleets, NULL },
    { "proposal.unknown", vote_on_nothing, NULL },
    { "proposal.closed", vote_after_the_effect, NULL },
    { "quorum.not-asked", vote_unasked, NULL },
    { "quorum.not-asked", vote_on_ones_own, for_others_to_approve },
    { "vote.same", vote_on_ones_own, NULL },
    { "vote.same", vote_the_same_again, NULL },
    { "quorum.unreachable", propose_what_nobody_else_can_approve, for_two_others_to_approve },
    { "time.not-due", record_before_it_is_due, NULL },
    { "time.not-due", record_another_date, NULL },
    { "publication.content", publish_another_content, NULL },
    { "fleet.unknown", publish_for_an_unknown_fleet, NULL },
    { "publication.revision", publish_revision_two_first, NULL },
    { "publication.revision", refresh_under_a_new_revision, NULL },
    { "publication.revision", change_under_the_old_revision, NULL },
    { "publication.validity", publish_for_too_long, NULL },
    { "publication.validity", publish_what_has_expired, NULL },
    { "publication.due-first", publish_before_the_record, NULL },
    { "power.recognise", recognise_by_an_auditor, two_fleets },
    { "power.fleet", recognise_in_another_fleet, two_fleets },
    { "recognition.rollout", recognise_another_rollout, two_fleets },
    { "recognition.revision", recognise_before_it_was_published, two_fleets },
    { "recognition.revision", recognise_under_a_revision_to_come, two_fleets },
    { "recognition.content", recognise_under_another_content, two_fleets },
    { "recognition.twice", recognise_twice, two_fleets },
    { "power.enrol", enrol_by_an_admin, two_fleets },
    { "power.fleet", enrol_in_another_fleet, two_fleets },
    { "enrolment.key", enrol_a_key_of_the_document, NULL },
    { "enrolment.key", enrol_a_retired_key, NULL },
    { "enrolment.exists", enrol_a_principal_of_the_document, NULL },
    { "enrolment.exists", enrol_twice, NULL },
    { "enrolment.unknown", retire_nobody, NULL },
    { "enrolment.unknown", retire_twice, NULL },
    { "blob.missing", change_without_its_document, NULL },
    { "governance.version", change_that_says_another_version, NULL },
    { "governance.previous", change_that_says_another_predecessor, NULL },
    { "governance.previous", change_that_follows_another_document, NULL },
    { "governance.key-twice", change_with_the_key_of_a_verifier, NULL },
    { "enrolment.exists", change_with_the_name_of_a_verifier, NULL },
    { "governance.ratify", change_that_ratifies_a_release, NULL },
    { "governance.ratify", change_that_ratifies_no_genesis, NULL },
    { "governance.ratify", change_that_ratifies_no_revocation, NULL },
    { "governance.disposition", change_that_revokes_for_no_compromise, NULL },
    { "governance.disposition", change_that_keeps_what_stands, NULL },
    { "governance.disposition", change_that_keeps_into_the_past, NULL },
};

static void
every_rule_refuses_and_leaves_no_trace(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct world w;
        struct plumb_signed *s;
        char *before;

        world_begin(&w, refusals[i].edit);
        s = refusals[i].make(&w);
        before = world_picture(w.engine);
        world_refuse(&w, refusals[i].rule, s);
        world_same(before, world_picture(w.engine));
        world_end(&w);
    }
}

static void
before_the_genesis_everything_else_is_refused(void **state)
{
    struct world w = { .n = 0 };
    struct plumb_digest values;

    (void)state;
    make_begin(&w.make, WORLD_T0);
    assert_ok(engine_new(make_secret(0), &w.engine, &w.err), &w.err);
    values = world_blob(&w, make_refvals("1.0"));
    world_refuse(&w, "log.no-genesis", make_release(&w.make, "rex", "web", "1.0", &values));
    assert_int_equal(engine_size(w.engine), 0);
    assert_int_equal(engine_next_due(w.engine), PLUMB_TIME_NEVER);
    world_end(&w);
}

static void
a_genesis_needs_the_quorum_that_it_names_and_its_document(void **state)
{
    struct world w = { .n = 0 };

    (void)state;
    make_begin(&w.make, WORLD_T0);
    assert_ok(engine_new(make_secret(0), &w.engine, &w.err), &w.err);
    world_refuse(&w, "blob.missing", make_change(&w.make, "ada bob"));
    (void)world_blob(&w, make_document(&w.make));
    world_refuse(&w, "quorum.genesis", make_change(&w.make, "ada"));
    world_refuse(&w, "power.governance", make_change(&w.make, "rex ada bob"));
    assert_int_equal(plumb_chain_length(engine_chain(w.engine)), 0);
    (void)world_do(&w, make_change(&w.make, "ada bob"));
    world_end(&w);
}

static void
an_entry_is_the_next_one(void **state)
{
    struct world w;
    struct plumb_digest values;
    struct plumb_signed *s;

    (void)state;
    world_begin(&w, NULL);
    values = make_digest("v");
    s = make_release(&w.make, "rex", "web", "1.0", &values);
    assert_refused("log.index",
                   engine_apply(w.engine, s, 0, w.make.now, NULL, 0, &w.effect, &w.err),
                   &w.err);
    assert_refused("log.index",
                   engine_apply(w.engine, s, 2, w.make.now, NULL, 0, &w.effect, &w.err),
                   &w.err);
    plumb_signed_free(s);
    world_end(&w);
}

static void
the_same_statement_again_is_answered_with_its_first_index(void **state)
{
    struct world w;
    struct plumb_digest values;
    struct plumb_signed *s;
    uint64_t index;

    (void)state;
    world_begin(&w, NULL);
    values = world_blob(&w, make_refvals("1.0"));
    s = make_release(&w.make, "rex", "web", "1.0", &values);
    index = world_do(&w, s);
    (void)world_propose_release(&w, "web", "2.0");
    assert_ok(engine_apply(w.engine, s, engine_size(w.engine), w.make.now, NULL, 0, &w.effect,
                           &w.err),
              &w.err);
    assert_true(w.effect.repeated);
    assert_int_equal(w.effect.index, index);
    assert_int_equal(engine_size(w.engine), 3);
    /* remembered until it has expired, and then refused for that */
    w.make.now += 2 * WORLD_DAY;
    (void)world_propose_release(&w, "web", "3.0");
    assert_false(engine_seen(w.engine, &s->statement->id, &index));
    assert_refused("statement.expired",
                   engine_apply(w.engine, s, engine_size(w.engine), w.make.now, NULL, 0,
                                &w.effect, &w.err),
                   &w.err);
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_rule_refuses_and_leaves_no_trace),
        cmocka_unit_test(before_the_genesis_everything_else_is_refused),
        cmocka_unit_test(a_genesis_needs_the_quorum_that_it_names_and_its_document),
        cmocka_unit_test(an_entry_is_the_next_one),
        cmocka_unit_test(the_same_statement_again_is_answered_with_its_first_index),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
