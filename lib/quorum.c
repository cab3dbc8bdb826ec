/* Who has decided, whether that is enough, and whether it can become enough. */
#include <stdio.h>
#include <string.h>

#include "lib/chain.h"
#include "lib/governance.h"
#include "lib/own.h"
#include "lib/seating.h"

struct people { /* a set of principals of one document */
    uint64_t bits[(PLUMB_PRINCIPALS_MAX + 63) / 64];
};

static void
people_add(struct people *p, uint16_t who)
{
    p->bits[who / 64] |= UINT64_C(1) << who % 64;
}

static bool
people_has(const struct people *p, uint16_t who)
{
    return p->bits[who / 64] >> who % 64 & 1;
}

/* Each principal's last decision that counts. */
struct ballot {
    const struct plumb_governance *document;
    struct people voted, approved, rejected;
    uint32_t barred; /* the proposer, where others are asked for; or PLUMB_NOBODY */
    bool vetoed;
};

static bool
has_any(const struct plumb_principal *p, const uint16_t *roles, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (plumb_principal_has_role(p, roles[i]))
            return true;
    return false;
}

static void
decide(struct ballot *b, const struct plumb_quorum *q, const struct plumb_principal *p,
       enum plumb_decision decision)
{
    const uint16_t who = (uint16_t)(p - b->document->principals);

    if (people_has(&b->voted, who))
        return;
    people_add(&b->voted, who);
    if (decision == PLUMB_APPROVE)
        people_add(&b->approved, who);
    if (decision == PLUMB_REJECT) {
        people_add(&b->rejected, who);
        b->vetoed |= has_any(p, q->veto, q->nveto);
    }
}

/* The proposer stays the proposer even if the key that proposed no longer counts. */
static uint32_t
proposer_of(const struct plumb_chain *c, const struct plumb_governance *doc,
            const struct plumb_vote *proposal)
{
    const char *id = plumb_chain_owner(c, &proposal->key);
    const struct plumb_principal *p = id != NULL ? plumb_governance_principal(doc, id) : NULL;

    return p != NULL ? (uint32_t)(p - doc->principals) : PLUMB_NOBODY;
}

/* Votes backwards: the first that counts of each principal is its last. */
static void
count(const struct plumb_chain *c, size_t known, const struct plumb_governance *doc,
      const struct plumb_quorum *q, const struct plumb_vote *votes, size_t n,
      struct ballot *ret)
{
    memset(ret, 0, sizeof *ret);
    ret->document = doc;
    ret->barred = q->others && n > 0 ? proposer_of(c, doc, &votes[0]) : PLUMB_NOBODY;
    for (size_t i = n; i-- > 0;) {
        const struct plumb_principal *p;
        const char *id;

        if (plumb_chain_signer(c, &votes[i].key, PLUMB_USE_SIGN, votes[i].index, known, &id,
                               NULL) != PLUMB_OK)
            continue;
        p = plumb_governance_principal(doc, id);
        if (p != NULL)
            decide(ret, q, p, votes[i].decision);
    }
}

static bool
approves(const void *arg, uint16_t who)
{
    const struct ballot *b = arg;

    return who != b->barred && people_has(&b->approved, who);
}

/* Has approved, or can still come round to it. */
static bool
could_approve(const void *arg, uint16_t who)
{
    const struct ballot *b = arg;

    return who != b->barred && (people_has(&b->approved, who) ||
                                (plumb_governance_index(b->document)->active[who] &&
                                 !people_has(&b->rejected, who)));
}

static bool
filled(const struct plumb_seating *m)
{
    return m->nfilled == m->nplaces;
}

enum plumb_tally
plumb_quorum_tally(const struct plumb_chain *c, size_t known,
                   const struct plumb_governance *doc, const struct plumb_quorum *q,
                   const struct plumb_vote *votes, size_t n)
{
    struct plumb_seating seating;
    struct ballot ballot;

    count(c, known, doc, q, votes, n, &ballot);
    if (ballot.vetoed)
        return PLUMB_TALLY_VETOED;
    plumb_seat(doc, q, approves, &ballot, &seating);
    if (filled(&seating))
        return PLUMB_TALLY_MET;
    plumb_seat(doc, q, could_approve, &ballot, &seating);
    return filled(&seating) ? PLUMB_TALLY_OPEN : PLUMB_TALLY_UNREACHABLE;
}

size_t
plumb_quorum_filled(const struct plumb_chain *c, const struct plumb_governance *doc,
                    const struct plumb_quorum *q, const struct plumb_vote *votes, size_t n,
                    size_t *ret_places)
{
    struct plumb_seating seating;
    struct ballot ballot;

    count(c, 0, doc, q, votes, n, &ballot);
    plumb_seat(doc, q, approves, &ballot, &seating);
    *ret_places = seating.nplaces;
    return seating.nfilled;
}

/* --- of a document by itself --- */

struct able {
    const struct plumb_governance_index *index;
    uint32_t barred;
};

static bool
is_able(const void *arg, uint16_t who)
{
    const struct able *a = arg;

    return who != a->barred && a->index->active[who];
}

bool
plumb_quorum_reachable(const struct plumb_governance *doc, const struct plumb_quorum *q,
                       enum plumb_power propose)
{
    const struct plumb_governance_index *index = plumb_governance_index(doc);
    const struct plumb_crowd *proposers = &index->proposers[propose];
    struct able able = { index, PLUMB_NOBODY };
    struct plumb_seating all, besides;

    plumb_seat(doc, q, is_able, &able, &all);
    if (!filled(&all))
        return false;
    if (!q->others)
        return true;
    /* no more than every place can be taken by a proposer */
    for (size_t i = 0; i < proposers->n; i++) {
        if (!plumb_seated(&all, proposers->who[i]))
            return true;
        able.barred = proposers->who[i];
        plumb_seat(doc, q, is_able, &able, &besides);
        if (filled(&besides))
            return true;
    }
    return false;
}

/* --- for people --- */

const char *
plumb_tally_text(enum plumb_tally t)
{
    static const char *const texts[] = {
#define X(name, text) [PLUMB_TALLY_##name] = text,
        PLUMB_TALLIES(X)
#undef X
    };

    return t < PLUMB_TALLY_COUNT ? texts[t] : "?";
}

void
plumb_quorum_missing(const struct plumb_chain *c, const struct plumb_governance *doc,
                     const struct plumb_quorum *q, const struct plumb_vote *votes, size_t n,
                     char *ret, size_t size)
{
    struct plumb_seating seating;
    struct ballot ballot;
    size_t used = 0;

    if (size == 0)
        return;
    ret[0] = '\0';
    count(c, 0, doc, q, votes, n, &ballot);
    plumb_seat(doc, q, approves, &ballot, &seating);
    for (size_t i = 0; i < q->nneeds && used < size; i++) {
        size_t open = 0;

        for (size_t j = 0; j < seating.nplaces; j++)
            open += seating.need[j] == i && seating.holder[j] == PLUMB_NOBODY;
        if (open > 0)
            used +=
                (size_t)snprintf(ret + used, size - used, "%s%zu more %s", used > 0 ? ", " : "",
                                 open, doc->roles[q->needs[i].role].name);
    }
}
