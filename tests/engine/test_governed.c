/* Governance changes: keys that rotate and keys that are stolen, recounts, and enrolments. */
#include <string.h>

#include "tests/engine/world.h"
#include "tests/t.h"

#define HOUR 3600

/* In the next document who has a new key, and the former one this status. */
static void
replace_key(struct world *w, const char *who, const char *status, uint64_t from)
{
    char path[128], at[160];

    (void)snprintf(path, sizeof path, "%s", make_new_key(&w->make, who));
    (void)snprintf(at, sizeof at, "%s.status", path);
    make_set(&w->make, at, json_string(status));
    (void)snprintf(at, sizeof at, "%s.from", path);
    if (strcmp(status, "compromised") == 0)
        make_set(&w->make, at, json_integer((json_int_t)from));
}

static json_t *
keep(const char *version, plumb_time until)
{
    return json_pack("{s:[{s:s, s:s, s:s, s:s, s:o}]}", "compromise", "fleet", "prod",
                     "payload", "web", "version", version, "do", "keep", "until",
                     make_time(until));
}

static void
roll(struct world *w, const struct plumb_digest *release)
{
    (void)world_start(w, release);
    (void)world_complete(w, release);
}

static void
a_new_key_signs_from_the_entry_that_completes_the_change(void **state)
{
    struct world w;
    struct plumb_digest one, id;
    struct plumb_signed *change;

    (void)state;
    world_begin(&w, NULL);
    one = world_propose_release(&w, "web", "1.0");
    make_next(&w.make);
    replace_key(&w, "sol", "retired", 0);
    change = world_change(&w, "ada", NULL);
    id = change->statement->id;
    (void)world_do(&w, change);
    world_refuse(&w, "key.unknown", make_vote(&w.make, "sol", &one, PLUMB_APPROVE));
    (void)world_vote(&w, "bob", &id, PLUMB_APPROVE);
    assert_int_equal(plumb_chain_length(engine_chain(w.engine)), 2);
    (void)world_vote(&w, "sol", &one, PLUMB_APPROVE);
    assert_int_equal(world_state(&w, &one), ENGINE_PROPOSAL_EFFECTIVE);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
what_a_retired_key_signed_stands(void **state)
{
    struct world w;
    struct plumb_digest one;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    roll(&w, &one);
    make_next(&w.make);
    replace_key(&w, "sol", "retired", 0);
    (void)world_govern(&w, NULL);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_CURRENT);
    assert_int_equal(world_state(&w, &one), ENGINE_PROPOSAL_EFFECTIVE);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
an_accepted_version_that_loses_its_quorum_unlisted_is_revoked(void **state)
{
    struct world w;
    struct plumb_digest one, two;
    struct engine_version v;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    roll(&w, &one);
    two = world_release(&w, "2.0");
    (void)world_start(&w, &two);
    (void)world_publish(&w, "prod");
    make_next(&w.make);
    replace_key(&w, "sol", "compromised", 3); /* the approval of 2.0, not of 1.0 */
    (void)world_govern(&w, NULL);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_CURRENT);
    assert_int_equal(world_place(&w, &two), ENGINE_PLACE_REVOKED);
    assert_int_equal(world_state(&w, &two), ENGINE_PROPOSAL_UNDERMINED);
    assert_true(engine_version(w.engine, &two, &v));
    assert_int_equal(v.state, ENGINE_VERSION_PROPOSED);
    (void)world_publish(&w, "prod");
    world_refuse(&w, "lifecycle.revoked",
                 world_rollout(&w, &two, PLUMB_ACTION_BEGIN, world_predecessor(&w)));
    world_end(&w);
}

static void
the_successor_of_a_version_so_revoked_is_alone(void **state)
{
    struct world w;
    struct plumb_digest one, two;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    roll(&w, &one);
    make_next(&w.make);
    make_set(&w.make, "fleets.prod.overrun", json_string("rollback"));
    (void)world_govern(&w, NULL);
    two = world_propose_release(&w, "web", "2.0");
    (void)world_vote(&w, "sam", &two, PLUMB_APPROVE);
    (void)world_start(&w, &two);
    assert_int_not_equal(world_at(&w, &two).window.not_after, PLUMB_TIME_NEVER);
    make_next(&w.make);
    replace_key(&w, "sol", "compromised", 1);
    (void)world_govern(&w, NULL);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_REVOKED);
    assert_int_equal(world_place(&w, &two), ENGINE_PLACE_INCOMING);
    assert_int_equal(world_at(&w, &two).window.not_after, PLUMB_TIME_NEVER);
    (void)world_publish(&w, "prod");
    (void)world_complete(&w, &two);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
a_version_that_is_kept_is_restored_by_approval_anew(void **state)
{
    struct world w;
    struct plumb_digest one;
    plumb_time until;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    roll(&w, &one);
    until = w.make.now + WORLD_DAY;
    make_next(&w.make);
    replace_key(&w, "sol", "compromised", 1);
    (void)world_govern(&w, keep("1.0", until));
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_CURRENT);
    assert_int_equal(world_at(&w, &one).kept_until, until);
    assert_int_equal(engine_next_due(w.engine), until);
    (void)world_publish(&w, "prod");
    (void)world_vote(&w, "ria", &one, PLUMB_APPROVE); /* counts for nothing yet */
    (void)world_publish(&w, "prod");
    (void)world_vote(&w, "sol", &one, PLUMB_APPROVE); /* with the new key */
    assert_int_equal(world_state(&w, &one), ENGINE_PROPOSAL_EFFECTIVE);
    assert_int_equal(world_at(&w, &one).kept_until, PLUMB_TIME_NEVER);
    assert_int_equal(engine_next_due(w.engine), PLUMB_TIME_NEVER);
    (void)world_publish(&w, "prod");
    world_refuse(&w, "proposal.closed", make_vote(&w.make, "sam", &one, PLUMB_APPROVE));
    world_end(&w);
}

static void
a_version_that_is_kept_ends_when_nobody_approves_it_anew(void **state)
{
    struct world w;
    struct plumb_digest one;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    roll(&w, &one);
    make_next(&w.make);
    replace_key(&w, "sol", "compromised", 1);
    (void)world_govern(&w, keep("1.0", w.make.now + HOUR));
    w.make.now += HOUR;
    assert_int_equal(world_record(&w), 1);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_RETIRED);
    (void)world_publish(&w, "prod");
    (void)world_vote(&w, "sol", &one, PLUMB_APPROVE); /* it may still be approved anew */
    (void)world_start(&w, &one);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
a_kept_incoming_version_ends_and_its_predecessor_stays(void **state)
{
    struct world w;
    struct plumb_digest one, two;

    (void)state;
    world_begin(&w, NULL);
    one = world_propose_release(&w, "web", "1.0");
    (void)world_vote(&w, "sam", &one, PLUMB_APPROVE);
    roll(&w, &one);
    two = world_release(&w, "2.0");
    make_next(&w.make);
    make_set(&w.make, "fleets.prod.overrun", json_string("complete"));
    (void)world_govern(&w, NULL);
    (void)world_start(&w, &two);
    assert_int_not_equal(world_at(&w, &one).window.not_after, PLUMB_TIME_NEVER);
    make_next(&w.make);
    replace_key(&w, "sol", "compromised", 1);
    (void)world_govern(&w, keep("2.0", w.make.now + HOUR));
    (void)world_publish(&w, "prod");
    w.make.now += HOUR;
    assert_int_equal(world_record(&w), 1);
    assert_int_equal(world_place(&w, &two), ENGINE_PLACE_RETIRED);
    assert_int_equal(world_at(&w, &one).window.not_after, PLUMB_TIME_NEVER);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
a_begin_by_a_stolen_key_undoes_no_predecessor(void **state)
{
    struct world w;
    struct plumb_digest one, two, begin;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    roll(&w, &one);
    two = world_release(&w, "2.0");
    begin = world_start(&w, &two);
    make_next(&w.make);
    replace_key(&w, "ria", "compromised", w.n - 1); /* her approval of the begin alone */
    (void)world_govern(&w, NULL);
    assert_int_equal(world_state(&w, &begin), ENGINE_PROPOSAL_UNDERMINED);
    assert_int_equal(world_place(&w, &two), ENGINE_PLACE_REVOKED);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_CURRENT);
    assert_int_equal(world_state(&w, &two), ENGINE_PROPOSAL_EFFECTIVE); /* its release */
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
what_is_approved_and_nowhere_accepted_must_be_approved_anew(void **state)
{
    struct world w;
    struct plumb_digest one;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    make_next(&w.make);
    replace_key(&w, "sol", "compromised", 1);
    (void)world_govern(&w, NULL);
    world_refuse(&w, "lifecycle.not-approved",
                 world_rollout(&w, &one, PLUMB_ACTION_BEGIN, NULL));
    (void)world_vote(&w, "sol", &one, PLUMB_APPROVE);
    (void)world_start(&w, &one);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
revocations_and_changes_stand_and_are_ratified(void **state)
{
    struct world w;
    struct plumb_digest one, revocation;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    revocation = world_revoke(&w, &one, "prod", NULL);
    make_next(&w.make);
    replace_key(&w, "sol", "compromised", 1);
    (void)world_govern(&w, json_pack("{s:[o]}", "ratify", make_hex(&revocation)));
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_REVOKED);
    assert_int_equal(world_state(&w, &revocation), ENGINE_PROPOSAL_EFFECTIVE);
    /* once is enough */
    make_next(&w.make);
    replace_key(&w, "sam", "compromised", 1);
    (void)world_govern(&w, NULL);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

/* --- open proposals --- */

static void
a_vote_by_a_stolen_key_drops_out_of_an_open_proposal(void **state)
{
    struct world w;
    struct plumb_digest one, begin;
    struct plumb_signed *s;

    (void)state;
    world_begin(&w, NULL);
    one = world_propose_release(&w, "web", "1.0");
    make_next(&w.make);
    replace_key(&w, "rex", "compromised", 1); /* he proposed it, and that counted */
    (void)world_govern(&w, NULL);
    (void)world_vote(&w, "sol", &one, PLUMB_APPROVE);
    assert_int_equal(world_state(&w, &one), ENGINE_PROPOSAL_OPEN);
    (void)world_vote(&w, "rex", &one, PLUMB_APPROVE); /* by his new key */
    assert_int_equal(world_state(&w, &one), ENGINE_PROPOSAL_EFFECTIVE);
    s = world_rollout(&w, &one, PLUMB_ACTION_BEGIN, NULL);
    begin = s->statement->id;
    (void)world_do(&w, s);
    (void)world_vote(&w, "ria", &begin, PLUMB_APPROVE);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
a_change_never_completes_a_proposal(void **state)
{
    struct world w;
    struct plumb_digest one, begin;
    struct plumb_signed *s;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    s = world_rollout(&w, &one, PLUMB_ACTION_BEGIN, NULL);
    begin = s->statement->id;
    (void)world_do(&w, s);
    make_next(&w.make);
    make_set(&w.make, "fleets.prod.quorums.begin",
             make_quorum("release-manager:1", false, "security-officer"));
    (void)world_govern(&w, NULL);
    assert_int_equal(world_state(&w, &begin), ENGINE_PROPOSAL_OPEN);
    world_refuse(&w, "quorum.met", make_vote(&w.make, "ria", &begin, PLUMB_ABSTAIN));
    (void)world_vote(&w, "ria", &begin, PLUMB_APPROVE);
    assert_int_equal(world_state(&w, &begin), ENGINE_PROPOSAL_EFFECTIVE);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
a_change_that_leaves_nobody_to_approve_rejects(void **state)
{
    struct world w;
    struct plumb_digest one;

    (void)state;
    world_begin(&w, NULL);
    one = world_propose_release(&w, "web", "1.0");
    (void)world_vote(&w, "sam", &one, PLUMB_ABSTAIN);
    make_next(&w.make);
    make_set(&w.make, "payloads.web.quorums.release",
             make_quorum("release-manager:1 security-officer:2", false, ""));
    (void)world_govern(&w, NULL);
    assert_int_equal(world_state(&w, &one), ENGINE_PROPOSAL_OPEN);
    (void)world_vote(&w, "sam", &one, PLUMB_REJECT);
    assert_int_equal(world_state(&w, &one), ENGINE_PROPOSAL_REJECTED);
    assert_string_equal(world_rule(&w, &one), "quorum.unreachable");
    one = world_propose_release(&w, "web", "1.1");
    (void)world_vote(&w, "sam", &one, PLUMB_REJECT);
    assert_int_equal(world_state(&w, &one), ENGINE_PROPOSAL_REJECTED);
    world_end(&w);
}

static void
an_open_proposal_is_rejected_by_the_recount(void **state)
{
    struct world w;
    struct plumb_digest one;

    (void)state;
    world_begin(&w, NULL);
    make_next(&w.make);
    make_set(&w.make, "payloads.web.quorums.release",
             make_quorum("release-manager:1 security-officer:1", false, ""));
    (void)world_govern(&w, NULL);
    one = world_propose_release(&w, "web", "1.0");
    (void)world_vote(&w, "sam", &one, PLUMB_REJECT); /* sol could still approve it */
    assert_int_equal(world_state(&w, &one), ENGINE_PROPOSAL_OPEN);
    make_next(&w.make);
    make_set(&w.make, "payloads.web.quorums.release",
             make_quorum("release-manager:1 security-officer:2", false, ""));
    (void)world_govern(&w, NULL);
    assert_int_equal(world_state(&w, &one), ENGINE_PROPOSAL_REJECTED);
    assert_string_equal(world_rule(&w, &one), "quorum.unreachable");
    world_end(&w);
}

static void
a_payload_that_governance_drops_takes_its_proposals_with_it(void **state)
{
    struct world w;
    struct plumb_digest release, begin;
    struct plumb_signed *s;

    (void)state;
    world_begin(&w, NULL);
    release = world_release(&w, "1.0");
    s = world_rollout(&w, &release, PLUMB_ACTION_BEGIN, NULL);
    begin = s->statement->id;
    (void)world_do(&w, s);
    make_next(&w.make);
    make_set(&w.make, "payloads.db", json_deep_copy(make_at(&w.make, "payloads.web")));
    make_set(&w.make, "fleets.prod.payloads", json_pack("[s]", "db"));
    (void)world_govern(&w, NULL);
    assert_int_equal(world_state(&w, &begin), ENGINE_PROPOSAL_LAPSED);
    assert_string_equal(world_rule(&w, &begin), "proposal.gone");
    world_end(&w);
}

static void
sections_follow_the_payloads_of_the_fleet(void **state)
{
    struct world w;
    struct plumb_digest one, with, without;
    struct engine_fleet_state fleet;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    roll(&w, &one);
    with = world_publish(&w, "prod");
    make_next(&w.make);
    make_set(&w.make, "payloads.db", json_deep_copy(make_at(&w.make, "payloads.web")));
    make_set(&w.make, "fleets.prod.payloads", json_pack("[s]", "db"));
    (void)world_govern(&w, NULL);
    assert_ok(engine_derive(w.engine, "prod", NULL, NULL, &without, &w.err), &w.err);
    assert_false(plumb_digest_eq(&with, &without));
    (void)world_do(&w, world_publication(&w, "prod", 2, &without, w.make.now + HOUR));
    make_next(&w.make);
    make_set(&w.make, "fleets.prod.payloads", json_pack("[s, s]", "db", "web"));
    (void)world_govern(&w, NULL);
    (void)world_publish(&w, "prod"); /* which verifies that web is there again */
    assert_true(engine_fleet(w.engine, "prod", &fleet));
    assert_int_equal(fleet.revision, 3);
    world_end(&w);
}

static void
one_change_makes_the_others_lapse(void **state)
{
    struct world w;
    struct plumb_digest mine, yours;
    struct plumb_signed *s;

    (void)state;
    world_begin(&w, NULL);
    make_next(&w.make);
    s = world_change(&w, "bob", NULL);
    yours = s->statement->id;
    (void)world_do(&w, s);
    make_set(&w.make, "fleets.prod.public", json_true());
    mine = world_govern(&w, NULL);
    assert_int_equal(world_state(&w, &mine), ENGINE_PROPOSAL_EFFECTIVE);
    assert_int_equal(world_state(&w, &yours), ENGINE_PROPOSAL_LAPSED);
    assert_string_equal(world_rule(&w, &yours), "proposal.base");
    world_end(&w);
}

static void
a_scheduled_begin_that_loses_its_quorum_is_off(void **state)
{
    struct world w;
    struct plumb_digest one, begin;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    begin = world_schedule(&w, &one, w.make.now + WORLD_DAY);
    make_next(&w.make);
    replace_key(&w, "ria", "compromised", 1);
    (void)world_govern(&w, NULL);
    assert_int_equal(world_state(&w, &begin), ENGINE_PROPOSAL_REJECTED);
    assert_string_equal(world_rule(&w, &begin), "quorum.withdrawn");
    assert_int_equal(engine_next_due(w.engine), PLUMB_TIME_NEVER);
    world_end(&w);
}

/* --- votes --- */

static void
a_veto_rejects_and_frees_the_name_and_the_values(void **state)
{
    struct world w;
    struct plumb_digest one;
    struct engine_version v;

    (void)state;
    world_begin(&w, NULL);
    one = world_propose_release(&w, "web", "1.0");
    (void)world_vote(&w, "sam", &one, PLUMB_REJECT);
    assert_int_equal(world_state(&w, &one), ENGINE_PROPOSAL_REJECTED);
    assert_string_equal(world_rule(&w, &one), "quorum.veto");
    assert_true(engine_version(w.engine, &one, &v));
    assert_int_equal(v.state, ENGINE_VERSION_REJECTED);
    one = world_release(&w, "1.0");
    assert_true(engine_version_named(w.engine, "web", "1.0", &v));
    assert_true(plumb_digest_eq(&v.release, &one));
    world_end(&w);
}

static void
a_decision_may_change_before_the_effect(void **state)
{
    struct world w;
    struct plumb_digest one = { { 0 } };
    struct plumb_signed *s;
    struct plumb_digest begin;
    char missing[120];

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    make_next(&w.make);
    make_principal(&w.make, "rio", "release-manager", NULL);
    make_set(&w.make, "fleets.prod.quorums.begin", make_quorum("release-manager:2", true, ""));
    (void)world_govern(&w, NULL);
    s = world_rollout(&w, &one, PLUMB_ACTION_BEGIN, NULL);
    begin = s->statement->id;
    (void)world_do(&w, s);
    (void)world_vote(&w, "ria", &begin, PLUMB_APPROVE);
    assert_string_equal(w.effect.text, "begin web@1.0 in prod: 1 more release-manager");
    (void)world_vote(&w, "ria", &begin, PLUMB_ABSTAIN);
    assert_int_equal(engine_tally(w.engine, &begin, missing, sizeof missing), PLUMB_TALLY_OPEN);
    assert_string_equal(missing, "2 more release-manager");
    (void)world_vote(&w, "rio", &begin, PLUMB_APPROVE);
    assert_false(w.effect.completed);
    (void)world_vote(&w, "ria", &begin, PLUMB_APPROVE);
    assert_true(w.effect.completed);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_INCOMING);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
an_approval_that_would_complete_while_a_gate_fails_is_not_logged(void **state)
{
    struct world w;
    struct plumb_digest one, content, rollout, complete;
    struct plumb_signed *s;
    size_t n;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    make_next(&w.make);
    make_set(&w.make, "fleets.prod.recognitions", json_integer(1));
    make_set(&w.make, "fleets.prod.quorums.complete",
             make_quorum("release-manager:2", false, ""));
    (void)world_govern(&w, NULL);
    rollout = world_start(&w, &one);
    content = world_publish(&w, "prod");
    s = world_rollout(&w, &one, PLUMB_ACTION_COMPLETE, NULL);
    complete = s->statement->id;
    (void)world_do(&w, s); /* proposing it ahead is fine */
    n = engine_size(w.engine);
    world_refuse(&w, "lifecycle.recognitions",
                 make_vote(&w.make, "ria", &complete, PLUMB_APPROVE));
    assert_int_equal(engine_size(w.engine), n);
    (void)world_do(
        &w, make_recognition(&w.make, "vera", "prod", "web@1.0", &one, &rollout, 1, &content));
    assert_int_equal(world_at(&w, &one).recognitions, 1);
    (void)world_vote(&w, "ria", &complete, PLUMB_APPROVE);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_CURRENT);
    world_end(&w);
}

/* --- enrolments --- */

static void
an_enrolled_verifier_may_pull_and_recognise_until_it_is_retired(void **state)
{
    struct world w;
    struct plumb_signer *key = NULL, *hers;
    struct engine_client client;
    struct make_person *vera;
    const struct plumb_digest *id;
    struct plumb_digest one, two, rollout, content;
    uint64_t changed;

    (void)state;
    world_begin(&w, NULL);
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &key, &w.err), &w.err);
    id = plumb_pubkey_id(key->pub);
    changed = engine_keys_changed(w.engine);
    assert_false(engine_identify(w.engine, id, PLUMB_USE_SIGN, &client));
    (void)world_do(&w, make_enrolment(&w.make, "enid", "prod", "val", key, false));
    assert_true(engine_keys_changed(w.engine) > changed);
    assert_true(engine_identify(w.engine, id, PLUMB_USE_SIGN, &client));
    assert_string_equal(client.principal, "val");
    assert_true(engine_may_fleet(w.engine, &client, PLUMB_POWER_PULL, "prod"));
    assert_false(engine_may_fleet(w.engine, &client, PLUMB_POWER_PULL, "test"));
    assert_false(engine_may_fleet(w.engine, &client, PLUMB_POWER_READ, "prod"));
    assert_non_null(engine_key(w.engine, id));

    one = world_release(&w, "1.0");
    rollout = world_start(&w, &one);
    content = world_publish(&w, "prod");
    two = world_propose_release(&w, "web", "2.0");
    vera = (struct make_person *)make_who(&w.make, "vera"); /* she signs with val's key */
    hers = vera->sign;
    vera->sign = key;
    (void)world_do(
        &w, make_recognition(&w.make, "vera", "prod", "web@1.0", &one, &rollout, 1, &content));
    assert_int_equal(world_at(&w, &one).recognitions, 1);
    world_refuse(&w, "quorum.not-asked", make_vote(&w.make, "vera", &two, PLUMB_APPROVE));
    vera->sign = hers;
    (void)world_do(&w, make_enrolment(&w.make, "enid", "prod", "val", key, true));
    assert_false(engine_identify(w.engine, id, PLUMB_USE_SIGN, &client));
    assert_non_null(engine_key(w.engine, id)); /* old entries verify */
    plumb_signer_free(key);
    world_end(&w);
}

static void
principals_are_known_by_their_active_keys(void **state)
{
    struct world w;
    struct engine_client client;
    struct plumb_digest old;

    (void)state;
    world_begin(&w, NULL);
    old = *make_key_id(&w.make, "rex");
    assert_true(engine_identify(w.engine, &old, PLUMB_USE_SIGN, &client));
    assert_string_equal(client.principal, "rex");
    assert_true((client.may & 1u << PLUMB_POWER_RELEASE) != 0);
    assert_true((client.may & 1u << PLUMB_POWER_READ) != 0);
    assert_false(engine_identify(w.engine, &old, PLUMB_USE_TLS, &client));
    make_next(&w.make);
    replace_key(&w, "rex", "retired", 0);
    (void)world_govern(&w, NULL);
    assert_false(engine_identify(w.engine, &old, PLUMB_USE_SIGN, &client));
    assert_true(
        engine_identify(w.engine, make_key_id(&w.make, "rex"), PLUMB_USE_SIGN, &client));
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_key_signs_from_the_entry_that_completes_the_change),
        cmocka_unit_test(what_a_retired_key_signed_stands),
        cmocka_unit_test(an_accepted_version_that_loses_its_quorum_unlisted_is_revoked),
        cmocka_unit_test(the_successor_of_a_version_so_revoked_is_alone),
        cmocka_unit_test(a_version_that_is_kept_is_restored_by_approval_anew),
        cmocka_unit_test(a_version_that_is_kept_ends_when_nobody_approves_it_anew),
        cmocka_unit_test(a_kept_incoming_version_ends_and_its_predecessor_stays),
        cmocka_unit_test(a_begin_by_a_stolen_key_undoes_no_predecessor),
        cmocka_unit_test(what_is_approved_and_nowhere_accepted_must_be_approved_anew),
        cmocka_unit_test(revocations_and_changes_stand_and_are_ratified),
        cmocka_unit_test(a_vote_by_a_stolen_key_drops_out_of_an_open_proposal),
        cmocka_unit_test(a_change_never_completes_a_proposal),
        cmocka_unit_test(a_change_that_leaves_nobody_to_approve_rejects),
        cmocka_unit_test(an_open_proposal_is_rejected_by_the_recount),
        cmocka_unit_test(a_payload_that_governance_drops_takes_its_proposals_with_it),
        cmocka_unit_test(sections_follow_the_payloads_of_the_fleet),
        cmocka_unit_test(one_change_makes_the_others_lapse),
        cmocka_unit_test(a_scheduled_begin_that_loses_its_quorum_is_off),
        cmocka_unit_test(a_veto_rejects_and_frees_the_name_and_the_values),
        cmocka_unit_test(a_decision_may_change_before_the_effect),
        cmocka_unit_test(an_approval_that_would_complete_while_a_gate_fails_is_not_logged),
        cmocka_unit_test(an_enrolled_verifier_may_pull_and_recognise_until_it_is_retired),
        cmocka_unit_test(principals_are_known_by_their_active_keys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
