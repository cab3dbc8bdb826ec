#include "tests/t.h"

#include <plumb/governance.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/make.h"

#define NOW  INT64_C(1795489892)
#define MANY 64

struct scene {
    struct make m;
    struct plumb_chain *chain;
    struct plumb_governance *g; /* the last pushed; the chain's */
};

static void
push(struct scene *s, uint64_t index)
{
    const struct plumb_digest statement = make_digest("statement");
    struct plumb_err err;

    s->g = make_governance(&s->m);
    assert_ok(plumb_chain_push(s->chain, s->g, &statement, index, NOW, &err), &err);
}

/* Beside make.h's people: aaa is both admin and auditor, and the first of both. */
static void
begin(struct scene *s)
{
    struct plumb_err err;

    make_begin(&s->m, NOW);
    make_principal(&s->m, "aaa", "admin auditor", NULL);
    s->chain = NULL;
    assert_ok(plumb_chain_new(&s->chain, &err), &err);
}

static void
end(struct scene *s)
{
    plumb_chain_free(s->chain);
    make_end(&s->m);
}

/* "rex+ sol- ria0": who approves, rejects, abstains, by the key of now, at 1, 2, ... */
static size_t
votes_of(const struct scene *s, const char *text, struct plumb_vote *ret)
{
    size_t n = 0;

    for (; *text != '\0'; text += *text == ' ') {
        size_t len = strcspn(text, "+-0");
        char id[PLUMB_NAME_MAX + 1];

        (void)snprintf(id, sizeof id, "%.*s", (int)len, text);
        ret[n] = (struct plumb_vote){ *make_key_id(&s->m, id), n + 1, NOW,
                                      text[len] == '+'   ? PLUMB_APPROVE
                                      : text[len] == '-' ? PLUMB_REJECT
                                                         : PLUMB_ABSTAIN };
        n++;
        text += len + 1;
    }
    return n;
}

static void
expect(const struct scene *s, const struct plumb_governance *doc, size_t known,
       const char *text, const char *want, const char *missing)
{
    struct plumb_vote votes[MANY];
    size_t n = votes_of(s, text, votes);
    char got_missing[128];
    size_t filled, places;
    enum plumb_tally got = plumb_quorum_tally(s->chain, known, doc, &doc->quorum, votes, n);

    if (strcmp(plumb_tally_text(got), want) != 0)
        fail_msg("%s: want %s, got %s", text, want, plumb_tally_text(got));
    if (missing == NULL)
        return;
    plumb_quorum_missing(s->chain, doc, &doc->quorum, votes, n, got_missing,
                         sizeof got_missing);
    if (strcmp(got_missing, missing) != 0)
        fail_msg("%s: want \"%s\", got \"%s\"", text, missing, got_missing);
    filled = plumb_quorum_filled(s->chain, doc, &doc->quorum, votes, n, &places);
    assert_true(filled <= places);
    assert_int_equal(missing[0] == '\0', filled == places);
}

static const struct tally {
    const char *need;
    bool others;
    const char *veto, *votes, *want, *missing;
} tallies[] = {
    /* counting */
    { "release-manager:1", false, "", "rex+", "met", "" },
    { "release-manager:2", false, "", "rex+", "open", "1 more release-manager" },
    { "release-manager:2", false, "", "rex+ ria+", "met", "" },
    { "release-manager:1", false, "", "sol+", "open", "1 more release-manager" },
    { "release-manager:1 security-officer:1", false, "", "rex+", "open",
      "1 more security-officer" },
    { "release-manager:1 security-officer:2", false, "", "ada+", "open",
      "1 more release-manager, 2 more security-officer" },
    { "release-manager:1 security-officer:1", false, "", "rex+ ria+", "open",
      "1 more security-officer" },
    { "release-manager:1 security-officer:1", false, "", "rex+ sam+", "met", "" },
    { "release-manager:2", false, "", "rex+ rex+ rex+", "open", "1 more release-manager" },
    { "release-manager:1", false, "", "ada+ otto+ rex+", "met", "" },
    /* the last decision counts */
    { "release-manager:2", false, "", "rex+ ria- ria+", "met", "" },
    { "admin:2", false, "", "ada+ bob+ bob-", "open", "1 more admin" },
    { "admin:2", false, "", "ada+ bob+ ada0", "open", "1 more admin" },
    { "admin:2", false, "", "ada+ bob0 bob+", "met", "" },
    { "release-manager:1", false, "", "rex+ rex-", "open", "1 more release-manager" },
    /* others */
    { "release-manager:1", true, "", "rex+", "open", "1 more release-manager" },
    { "release-manager:1", true, "", "rex+ rex+", "open", "1 more release-manager" },
    { "release-manager:1", true, "", "rex+ ria+", "met", "" },
    { "release-manager:1", true, "", "ada+ rex+", "met", "" },
    { "admin:2", true, "", "ada+ bob+", "open", "1 more admin" },
    { "admin:2", true, "", "ada+ bob+ cyd+", "met", "" },
    /* what can no longer be filled */
    { "release-manager:2", false, "", "rex+ ria-", "unreachable", "1 more release-manager" },
    { "release-manager:2", false, "", "rex+ ria0", "open", NULL },
    { "release-manager:2", false, "", "rex-", "unreachable", NULL },
    { "admin:3", false, "", "ada+ bob-", "open", NULL }, /* aaa is an admin too */
    { "admin:3", false, "", "ada+ bob- cyd-", "unreachable", NULL },
    { "admin:3", false, "", "ada+ bob- cyd- bob0", "open", NULL },
    { "release-manager:1", true, "", "rex+ ria-", "unreachable", NULL },
    { "admin:3", true, "", "ada+ bob+ cyd-", "unreachable", NULL },
    { "admin:3", true, "", "ada+ bob+ ada-", "open", NULL }, /* she was not asked */
    { "admin:1 auditor:1", false, "", "ada+ otto-", "open", "1 more auditor" },
    { "admin:4 auditor:1", false, "", "ada+ otto-", "unreachable", NULL },
    { "release-manager:1 security-officer:1", false, "", "rex+ sol- sam-", "unreachable",
      "1 more security-officer" },
    /* vetoes */
    { "release-manager:2", false, "security-officer", "rex+ ria+ sol+", "met", "" },
    { "release-manager:2", false, "security-officer", "rex+ ria+ sol-", "vetoed", "" },
    { "release-manager:2", false, "security-officer", "rex+ sol-", "vetoed", NULL },
    { "release-manager:2", false, "security-officer", "rex+ sol- sol0 ria+", "met", NULL },
    { "release-manager:2", false, "security-officer", "rex+ sol0 ria+", "met", NULL },
    { "release-manager:2", false, "auditor security-officer", "rex+ aaa-", "vetoed", NULL },
    { "release-manager:2", false, "security-officer", "rex+ ada- ria+", "met", NULL },
    { "release-manager:1", false, "release-manager", "rex+ ria-", "vetoed", NULL },
    { "admin:1", true, "admin", "ada+ bob+ ada-", "vetoed", NULL },
    /* where taking the first who fits would fail: aaa must be the auditor */
    { "admin:1 auditor:1", false, "", "aaa+ ada+", "met", "" },
    { "admin:1 auditor:1", false, "", "ada+ aaa+", "met", "" },
    { "admin:2 auditor:1", false, "", "aaa+ ada+ bob+", "met", "" },
    { "admin:1 auditor:1", false, "", "aaa+", "open", "1 more auditor" },
    { "admin:1 auditor:2", false, "", "aaa+ ada+ otto+", "met", "" },
    { "admin:1 auditor:2", false, "", "aaa+ otto+", "open", "1 more auditor" },
};

static void
votes_are_counted(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tallies / sizeof *tallies; i++) {
        struct scene s;

        begin(&s);
        make_set(&s.m, "quorums.governance",
                 make_quorum(tallies[i].need, tallies[i].others, tallies[i].veto));
        push(&s, 0);
        expect(&s, s.g, 0, tallies[i].votes, tallies[i].want, tallies[i].missing);
        end(&s);
    }
}

static void
one_principal_with_two_keys_counts_once(void **state)
{
    struct scene s;
    struct plumb_vote votes[2] = { { .index = 1 }, { .index = 2 } };

    (void)state;
    begin(&s);
    votes[0].key = *make_key_id(&s.m, "ada");
    make_new_key(&s.m, "ada");
    votes[1].key = *make_key_id(&s.m, "ada");
    push(&s, 0);
    assert_int_equal(plumb_quorum_tally(s.chain, 0, s.g, &s.g->quorum, votes, 2),
                     PLUMB_TALLY_OPEN);
    votes[1].key = *make_key_id(&s.m, "bob");
    assert_int_equal(plumb_quorum_tally(s.chain, 0, s.g, &s.g->quorum, votes, 2),
                     PLUMB_TALLY_MET);
    end(&s);
}

static void
tls_keys_and_strangers_do_not_vote(void **state)
{
    struct scene s;
    struct plumb_vote votes[2] = { { .index = 1 }, { .index = 2 } };

    (void)state;
    begin(&s);
    push(&s, 0);
    votes[0].key = *make_key_id(&s.m, "ada");
    votes[1].key = *plumb_pubkey_id(make_who(&s.m, "bob")->tls->pub);
    assert_int_equal(plumb_quorum_tally(s.chain, 0, s.g, &s.g->quorum, votes, 2),
                     PLUMB_TALLY_OPEN);
    votes[1].key = make_digest("a stranger's");
    assert_int_equal(plumb_quorum_tally(s.chain, 0, s.g, &s.g->quorum, votes, 2),
                     PLUMB_TALLY_OPEN);
    assert_int_equal(plumb_quorum_tally(s.chain, 0, s.g, &s.g->quorum, NULL, 0),
                     PLUMB_TALLY_OPEN);
    end(&s);
}

/* Version 2, at 9, has this key of bob's so. */
static void
worsen(struct scene *s, const char *status, int from)
{
    make_next(&s->m);
    make_set(&s->m, "principals.bob.keys.0.status", json_string(status));
    if (from >= 0)
        make_set(&s->m, "principals.bob.keys.0.from", json_integer(from));
    push(s, 9);
}

static void
compromised_keys_drop_out_and_retired_ones_do_not(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    push(&s, 0);
    worsen(&s, "retired", -1);
    expect(&s, s.g, 0, "ada+ bob+", "met", "");
    end(&s);

    begin(&s);
    push(&s, 0);
    worsen(&s, "compromised", 2);
    expect(&s, s.g, 0, "ada+ bob+", "open", "1 more admin");
    expect(&s, s.g, 1, "ada+ bob+", "met", NULL); /* as far as was known then */
    expect(&s, s.g, 0, "bob+ ada+", "met", "");   /* bob's vote came before */
    end(&s);
}

static void
a_veto_by_a_compromised_key_is_none(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    make_set(&s.m, "quorums.governance", make_quorum("admin:1", false, "admin"));
    push(&s, 0);
    expect(&s, s.g, 0, "ada+ bob-", "vetoed", NULL);
    worsen(&s, "compromised", 0);
    expect(&s, s.g, 0, "ada+ bob-", "met", "");
    end(&s);
}

/* Bob proposed with a key that was later compromised, and approves with another. */
static void
a_proposer_stays_one_whatever_becomes_of_the_key(void **state)
{
    struct scene s;
    struct plumb_vote votes[2] = { { .index = 1 }, { .index = 11 } };

    (void)state;
    begin(&s);
    make_set(&s.m, "quorums.governance", make_quorum("admin:1", true, ""));
    votes[0].key = *make_key_id(&s.m, "bob");
    push(&s, 0);
    make_next(&s.m);
    make_new_key(&s.m, "bob");
    make_set(&s.m, "principals.bob.keys.0.status", json_string("compromised"));
    make_set(&s.m, "principals.bob.keys.0.from", json_integer(0));
    push(&s, 9);
    votes[1].key = *make_key_id(&s.m, "bob");
    assert_int_equal(plumb_quorum_tally(s.chain, 0, s.g, &s.g->quorum, votes, 2),
                     PLUMB_TALLY_OPEN);
    votes[1].key = *make_key_id(&s.m, "ada");
    assert_int_equal(plumb_quorum_tally(s.chain, 0, s.g, &s.g->quorum, votes, 2),
                     PLUMB_TALLY_MET);
    end(&s);
}

static void
the_document_given_decides(void **state)
{
    struct scene s;
    const struct plumb_governance *first;

    (void)state;
    begin(&s);
    push(&s, 0);
    first = s.g;
    make_next(&s.m);
    make_set(&s.m, "principals.bob.roles", json_pack("[s]", "auditor"));
    make_set(&s.m, "quorums.governance", make_quorum("admin:3", false, ""));
    push(&s, 9);
    expect(&s, first, 0, "ada+ bob+", "met", "");
    expect(&s, s.g, 0, "ada+ bob+", "open", "2 more admin");
    end(&s);
}

static void
an_approval_outlives_its_retired_key_and_absence_does_not(void **state)
{
    struct scene s;

    (void)state;
    begin(&s);
    make_set(&s.m, "principals.aaa.roles", json_pack("[s]", "auditor"));
    push(&s, 0);
    make_next(&s.m);
    make_set(&s.m, "principals.bob.keys.0.status", json_string("retired"));
    push(&s, 9);
    expect(&s, s.g, 0, "bob+", "open", "1 more admin");
    expect(&s, s.g, 0, "bob+ cyd-", "open", NULL);
    expect(&s, s.g, 0, "bob+ cyd- ada-", "unreachable", NULL);
    expect(&s, s.g, 0, "ada+ cyd-", "unreachable", NULL); /* bob cannot vote any more */
    end(&s);
}

static void
a_vote_on_the_entry_that_retires_its_key_counts(void **state)
{
    struct scene s;
    struct plumb_vote votes[2] = { { .index = 1 }, { .index = 9 } };
    const struct plumb_governance *first;

    (void)state;
    begin(&s);
    push(&s, 0);
    first = s.g;
    votes[0].key = *make_key_id(&s.m, "ada");
    votes[1].key = *make_key_id(&s.m, "bob");
    worsen(&s, "retired", -1);
    assert_int_equal(plumb_quorum_tally(s.chain, 0, first, &first->quorum, votes, 2),
                     PLUMB_TALLY_MET);
    end(&s);
}

static void
what_is_missing_fits_where_it_is_put(void **state)
{
    struct scene s;
    char text[8] = "xxxxxxx";

    (void)state;
    begin(&s);
    push(&s, 0);
    plumb_quorum_missing(s.chain, s.g, &s.g->quorum, NULL, 0, text, 0);
    assert_string_equal(text, "xxxxxxx");
    plumb_quorum_missing(s.chain, s.g, &s.g->quorum, NULL, 0, text, 5);
    assert_string_equal(text, "2 mo");
    end(&s);
}

/* --- against a plain restatement --- */

#define PEOPLE 8
#define ROLES  5

static unsigned
roll(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245u + 12345u;
    return *seed / 65536u % n;
}

/* Can the places from i on be filled by those in free, one each? Tries everything. */
static bool
can_fill(const struct plumb_governance *g, const uint16_t *places, size_t n, unsigned available)
{
    if (n == 0)
        return true;
    for (uint16_t p = 0; p < g->nprincipals && p < 32; p++)
        if (available >> p & 1 && plumb_principal_has_role(&g->principals[p], places[0]) &&
            can_fill(g, places + 1, n - 1, available & ~(1u << p)))
            return true;
    return false;
}

static enum plumb_tally
restated(const struct scene *s, const struct plumb_quorum *q, const struct plumb_vote *votes,
         size_t n, const unsigned *voter)
{
    unsigned approved = 0, rejected = 0, everybody = (1u << s->g->nprincipals) - 1;
    uint16_t places[PLUMB_NAME_MAX];
    size_t nplaces = 0;

    for (size_t i = 0; i < n; i++) {
        approved &= ~(1u << voter[i]);
        rejected &= ~(1u << voter[i]);
        if (votes[i].decision == PLUMB_APPROVE)
            approved |= 1u << voter[i];
        if (votes[i].decision == PLUMB_REJECT)
            rejected |= 1u << voter[i];
    }
    for (uint16_t p = 0; p < s->g->nprincipals; p++)
        for (size_t i = 0; i < q->nveto; i++)
            if (rejected >> p & 1 && plumb_principal_has_role(&s->g->principals[p], q->veto[i]))
                return PLUMB_TALLY_VETOED;
    for (size_t i = 0; i < q->nneeds; i++)
        for (uint16_t j = 0; j < q->needs[i].count; j++)
            places[nplaces++] = q->needs[i].role;
    if (q->others)
        everybody &= ~(1u << voter[0]);
    if (can_fill(s->g, places, nplaces, approved & everybody))
        return PLUMB_TALLY_MET;
    return can_fill(s->g, places, nplaces, ~rejected & everybody) ? PLUMB_TALLY_OPEN
                                                                  : PLUMB_TALLY_UNREACHABLE;
}

/* People with random roles, r0 to r4; the others are as make.h has them. */
static void
begin_random(struct scene *s, unsigned *seed)
{
    begin(s);
    for (size_t i = 0; i < ROLES; i++) {
        char path[32];

        (void)snprintf(path, sizeof path, "roles.r%zu", i);
        make_set(&s->m, path, json_pack("{s:[], s:[]}", "may", "notWith"));
    }
    for (size_t i = 0; i < PEOPLE; i++) {
        char id[16], roles[64] = "";

        for (unsigned r = 0; r < ROLES; r++)
            if (roll(seed, 3) == 0)
                (void)snprintf(roles + strlen(roles), sizeof roles - strlen(roles), " r%u", r);
        (void)snprintf(id, sizeof id, "p%zu", i);
        make_principal(&s->m, id, roles, NULL);
    }
    push(s, 0);
}

static uint16_t
role_named(const struct plumb_governance *g, const char *name)
{
    uint16_t r = 0;

    while (strcmp(g->roles[r].name, name) != 0)
        r++;
    return r;
}

static void
tally_at_random(const struct scene *s, unsigned *seed, size_t seen[PLUMB_TALLY_COUNT])
{
    struct plumb_need needs[ROLES];
    const uint16_t first = role_named(s->g, "r0");
    uint16_t veto = (uint16_t)(first + roll(seed, ROLES));
    struct plumb_quorum q = { needs, 0, roll(seed, 2) == 0, &veto, roll(seed, 4) == 0 };
    struct plumb_vote votes[12];
    unsigned voter[12];
    size_t n = 1 + roll(seed, 12);
    enum plumb_tally got, want;

    for (uint16_t r = 0; r < ROLES; r++)
        if (roll(seed, 2) == 0 || (r == ROLES - 1 && q.nneeds == 0))
            needs[q.nneeds++] =
                (struct plumb_need){ (uint16_t)(first + r), (uint16_t)(1 + roll(seed, 2)) };
    for (size_t i = 0; i < n; i++) {
        unsigned who = roll(seed, PEOPLE), decision = roll(seed, 6);
        char id[16];

        (void)snprintf(id, sizeof id, "p%u", who);
        voter[i] = (unsigned)(plumb_governance_principal(s->g, id) - s->g->principals);
        votes[i] = (struct plumb_vote){ *make_key_id(&s->m, id), i + 1, NOW,
                                        i == 0 || decision < 4 ? PLUMB_APPROVE
                                        : decision == 4        ? PLUMB_REJECT
                                                               : PLUMB_ABSTAIN };
    }
    got = plumb_quorum_tally(s->chain, 0, s->g, &q, votes, n);
    want = restated(s, &q, votes, n, voter);
    if (got != want)
        fail_msg("want %s, got %s", plumb_tally_text(want), plumb_tally_text(got));
    seen[got]++;
}

static void
random_votes_are_counted_as_trying_everything_counts_them(void **state)
{
    size_t seen[PLUMB_TALLY_COUNT] = { 0 };
    unsigned seed = 1;

    (void)state;
    for (int round = 0; round < 20; round++) {
        struct scene s;

        begin_random(&s, &seed);
        for (int i = 0; i < 100; i++)
            tally_at_random(&s, &seed, seen);
        end(&s);
    }
    for (size_t i = 0; i < PLUMB_TALLY_COUNT; i++)
        assert_true(seen[i] > 50);
}

/* 64 people, each of two neighbouring roles: every one must sit in the right place. */
static void
a_long_row_is_reseated_to_the_last_place(void **state)
{
    struct scene s;
    struct plumb_vote votes[MANY];
    char need[MANY * 8] = "", id[16], roles[16];

    (void)state;
    begin(&s);
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(id, sizeof id, "roles.r%02d", i);
        make_set(&s.m, id, json_pack("{s:[], s:[]}", "may", "notWith"));
    }
    for (int i = 0; i < MANY; i++) {
        (void)snprintf(need + strlen(need), sizeof need - strlen(need), " r%02d:1", i);
        (void)snprintf(id, sizeof id, "p%02d", i);
        (void)snprintf(roles, sizeof roles, "r%02d r%02d", (i + MANY - 1) % MANY, i);
        make_principal(&s.m, id, i == 0 ? "r00" : roles, NULL);
    }
    make_set(&s.m, "quorums.governance", make_quorum(need, false, ""));
    push(&s, 0);
    for (size_t i = 0; i < MANY; i++) {
        (void)snprintf(id, sizeof id, "p%02zu", MANY - 1 - i);
        votes[i] = (struct plumb_vote){ *make_key_id(&s.m, id), i + 1, NOW, PLUMB_APPROVE };
    }
    assert_int_equal(plumb_quorum_tally(s.chain, 0, s.g, &s.g->quorum, votes, MANY),
                     PLUMB_TALLY_MET);
    votes[MANY / 2].decision = PLUMB_REJECT;
    assert_int_equal(plumb_quorum_tally(s.chain, 0, s.g, &s.g->quorum, votes, MANY),
                     PLUMB_TALLY_UNREACHABLE);
    votes[MANY / 2].decision = PLUMB_ABSTAIN;
    assert_int_equal(plumb_quorum_tally(s.chain, 0, s.g, &s.g->quorum, votes, MANY),
                     PLUMB_TALLY_OPEN);
    end(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(votes_are_counted),
        cmocka_unit_test(one_principal_with_two_keys_counts_once),
        cmocka_unit_test(tls_keys_and_strangers_do_not_vote),
        cmocka_unit_test(compromised_keys_drop_out_and_retired_ones_do_not),
        cmocka_unit_test(a_veto_by_a_compromised_key_is_none),
        cmocka_unit_test(a_proposer_stays_one_whatever_becomes_of_the_key),
        cmocka_unit_test(the_document_given_decides),
        cmocka_unit_test(an_approval_outlives_its_retired_key_and_absence_does_not),
        cmocka_unit_test(a_vote_on_the_entry_that_retires_its_key_counts),
        cmocka_unit_test(what_is_missing_fits_where_it_is_put),
        cmocka_unit_test(random_votes_are_counted_as_trying_everything_counts_them),
        cmocka_unit_test(a_long_row_is_reseated_to_the_last_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
