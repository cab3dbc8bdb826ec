/* How the votes on a proposal stand, counted here, and what one more of mine would do. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "tui/session.h"

#define NAMES_MAX 6 /* of those who could approve */

/* The quorums of a proposal with votes, and room for one more. */
struct counting {
    const struct session *s;
    const struct plumb_governance *doc;
    const struct plumb_statement *st;
    struct plumb_vote *votes;
    size_t n;
};

static size_t
filled(const struct counting *c, size_t n, size_t *ret_places)
{
    const struct plumb_quorum *q;
    size_t all = 0, places;

    *ret_places = 0;
    for (size_t i = 0; (q = client_proposal_quorum(c->doc, c->st, i)) != NULL; i++) {
        all += plumb_quorum_filled(c->s->chain, c->doc, q, c->votes, n, &places);
        *ret_places += places;
    }
    return all;
}

static bool
met(const struct counting *c, size_t n)
{
    const struct plumb_quorum *q;
    size_t i;

    for (i = 0; (q = client_proposal_quorum(c->doc, c->st, i)) != NULL; i++)
        if (plumb_quorum_tally(c->s->chain, 0, c->doc, q, c->votes, n) != PLUMB_TALLY_MET)
            return false;
    return i > 0;
}

/* An active sign key of somebody, or NULL. */
static const struct plumb_digest *
key_of(const struct plumb_principal *p)
{
    for (size_t i = 0; i < p->nkeys; i++)
        if (p->keys[i].use == PLUMB_USE_SIGN && p->keys[i].status == PLUMB_KEY_ACTIVE)
            return plumb_pubkey_id(p->keys[i].pub);
    return NULL;
}

/* The places filled if this principal approved now too. */
static size_t
with(const struct counting *c, const struct plumb_principal *p)
{
    const struct plumb_digest *key = key_of(p);
    size_t places;

    if (key == NULL)
        return 0;
    c->votes[c->n] =
        (struct plumb_vote){ *key, c->s->size, c->s->config->now(), PLUMB_APPROVE };
    return filled(c, c->n + 1, &places);
}

static void
missing_text(const struct counting *c, char *ret, size_t size)
{
    const struct plumb_quorum *q;
    size_t used = 0;

    ret[0] = '\0';
    for (size_t i = 0; (q = client_proposal_quorum(c->doc, c->st, i)) != NULL; i++) {
        char one[160];

        plumb_quorum_missing(c->s->chain, c->doc, q, c->votes, c->n, one, sizeof one);
        if (one[0] != '\0' && used < size && strstr(ret, one) == NULL)
            used +=
                (size_t)snprintf(ret + used, size - used, "%s%s", used > 0 ? ", " : "", one);
    }
}

/* Those whose approval would fill a place. */
static void
who_could(const struct counting *c, size_t now, char *ret, size_t size)
{
    size_t used = 0, named = 0, more = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < c->doc->nprincipals && more == 0; i++) {
        if (with(c, &c->doc->principals[i]) <= now)
            continue;
        if (named++ < NAMES_MAX && used < size)
            used += (size_t)snprintf(ret + used, size - used, "%s%s", used > 0 ? ", " : "",
                                     c->doc->principals[i].id);
        else
            more++;
    }
    if (more > 0 && used < size)
        (void)snprintf(ret + used, size - used, " and others");
}

/* My last decision that counts. */
static void
my_vote(const struct counting *c, char *ret, size_t size)
{
    ret[0] = '\0';
    for (size_t i = 1; i < c->n; i++)
        if (strcmp(session_whose(c->s, &c->votes[i].key, c->votes[i].index), c->s->principal) ==
            0)
            (void)snprintf(ret, size, "%s", plumb_decision_text(c->votes[i].decision));
}

static bool
has_a_role(const struct counting *c, const struct plumb_principal *me)
{
    const struct plumb_quorum *q;

    for (size_t i = 0; (q = client_proposal_quorum(c->doc, c->st, i)) != NULL; i++) {
        for (size_t k = 0; k < q->nneeds; k++)
            if (plumb_principal_has_role(me, q->needs[k].role))
                return true;
        for (size_t k = 0; k < q->nveto; k++)
            if (plumb_principal_has_role(me, q->veto[k]))
                return true;
    }
    return false;
}

static void
count_me(const struct counting *c, struct session_count *r)
{
    const struct plumb_principal *me = plumb_governance_principal(c->doc, c->s->principal);
    const size_t now = r->votes;

    my_vote(c, r->mine, sizeof r->mine);
    if (me == NULL || key_of(me) == NULL)
        (void)snprintf(r->no_vote, sizeof r->no_vote,
                       "You have no key that governance lets sign");
    else if (!has_a_role(c, me))
        (void)snprintf(r->no_vote, sizeof r->no_vote, "The quorum does not ask %s",
                       c->s->principal);
    else if (r->mine[0] != '\0')
        (void)snprintf(r->no_vote, sizeof r->no_vote, "You decided already: %s", r->mine);
    else {
        r->asks_me = with(c, me) > now;
        r->completes = r->asks_me && met(c, c->n + 1);
        if (!r->asks_me)
            (void)snprintf(r->no_vote, sizeof r->no_vote, "%s",
                           r->met ? "It has all its votes"
                                  : "Your approval would fill no place: it asks others, or "
                                    "other roles");
    }
}

void
session_count(const struct session *s, const struct client_proposal *p,
              struct session_count *ret)
{
    PLUMB_AUTO(auto_free)
    struct plumb_vote *votes = calloc(p->nvotes + 1, sizeof *votes);
    struct counting c = { s, session_document(s), p->statement.signed_statement->statement,
                          votes, p->nvotes };
    size_t places;

    *ret = (struct session_count){ .votes = 0 };
    if (votes == NULL) {
        (void)snprintf(ret->no_vote, sizeof ret->no_vote, "out of memory");
        return;
    }
    memcpy(votes, p->votes, p->nvotes * sizeof *votes);
    ret->votes = (unsigned)filled(&c, c.n, &places);
    ret->needed = (unsigned)places;
    ret->met = met(&c, c.n);
    missing_text(&c, ret->missing, sizeof ret->missing);
    if (!ret->met)
        who_could(&c, ret->votes, ret->who, sizeof ret->who);
    count_me(&c, ret);
}

const char *
session_kind(const struct plumb_statement *st)
{
    return st->kind == PLUMB_KIND_ROLLOUT ? plumb_action_text(st->u.rollout.action)
                                          : plumb_kind_text(st->kind);
}

void
session_subject(const struct plumb_statement *st, char *ret, size_t size)
{
    size_t used = 0;

    if (st->kind == PLUMB_KIND_GOVERNANCE) {
        (void)snprintf(ret, size, "version %" PRId64, st->u.governance.version);
        return;
    }
    if (st->payload == NULL) {
        (void)snprintf(ret, size, "%s",
                       st->fleet != NULL   ? st->fleet
                       : st->nsubjects > 0 ? st->subjects[0].name
                                           : "");
        return;
    }
    if (st->kind == PLUMB_KIND_WAIVER)
        used = (size_t)snprintf(ret, size, "%s of ", st->u.waiver.control);
    used += (size_t)snprintf(ret + used, size - used, "%s@%s", st->payload, st->version);
    if (st->fleet != NULL)
        (void)snprintf(ret + used, size - used, " in %s", st->fleet);
    else if (st->kind == PLUMB_KIND_REVOCATION && st->u.revocation.all)
        (void)snprintf(ret + used, size - used, " everywhere");
    else if (st->kind == PLUMB_KIND_REVOCATION)
        for (size_t i = 0; i < st->u.revocation.nfleets && used + 1 < size; i++)
            used += (size_t)snprintf(ret + used, size - used, "%s%s", i > 0 ? ", " : " in ",
                                     st->u.revocation.fleets[i].fleet);
}
