/* Revocations: in the fleets named, or everywhere, which bars the reference values for ever. */
#include <string.h>

#include "engine/derive.h"
#include "engine/kinds.h"
#include "engine/place.h"
#include "engine/proposal.h"
#include "lib/own.h"

#define REVOKE_FLEETS_MAX 64 /* whose quorums a verifier counts together */

static bool
leaving_nothing_is_asked(const struct proposed *what, const char *fleet)
{
    for (size_t i = 0; i < what->nleave_nothing; i++)
        if (strcmp(what->leave_nothing[i], fleet) == 0)
            return true;
    return false;
}

enum plumb_code
revocation_propose(const struct context *c, const struct proposed *what, struct plumb_err *err)
{
    const struct plumb_governance *doc = state_document(c->e);
    const struct version *v;

    PLUMB_TRY(context_version(c, &what->release, &v, err));
    if (what->all && plumb_governance_payload(doc, what->payload) == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "release.payload", "subject[0].name",
                          "governance knows no payload %s", what->payload);
    if (what->nfleets > REVOKE_FLEETS_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "revocation.fleets", "predicate.fleets",
                          "want at most %d fleets; revoke in the others by another",
                          REVOKE_FLEETS_MAX);
    for (size_t i = 0; i < what->nfleets; i++) {
        const char *fleet = what->fleets[i].fleet;
        const struct plumb_fleet *rules = plumb_governance_fleet(doc, fleet);
        const struct track *t = state_track(c->e, fleet, what->payload);
        uint64_t base = t != NULL ? t->base : 0;

        if (rules == NULL || !plumb_fleet_has(rules, what->payload) ||
            plumb_governance_payload(doc, what->payload) == NULL)
            return plumb_fail(err, PLUMB_REFUSED, "lifecycle.fleet", "predicate.fleets",
                              "governance knows no fleet %s with the payload %s", fleet,
                              what->payload);
        if (what->fleets[i].base != base)
            return plumb_fail(err, PLUMB_CONFLICT, "proposal.base", "predicate.fleets",
                              "%s in %s has made %llu moves; look again, then name that",
                              what->payload, fleet, (unsigned long long)base);
    }
    return PLUMB_OK;
}

static enum plumb_code
check_in(const struct engine *e, const struct proposed *what, const char *fleet,
         const struct version *v, plumb_time now, struct plumb_err *err)
{
    struct lifecycle_facts f = place_facts(e, fleet, v, now);

    f.left = f.left || leaving_nothing_is_asked(what, fleet);
    /* everywhere: a fleet where it is revoked already is not asked again */
    if (what->all && f.place == ENGINE_PLACE_REVOKED)
        return PLUMB_OK;
    return lifecycle_check(MOVE_REVOKE, &f, true, err);
}

/* Every placement of the version, in the order in which they were made. */
static const struct placement *
next_placement(const struct engine *e, const struct plumb_digest *release, size_t *i)
{
    const struct map *m = &e->maps[STATE_PLACEMENTS];

    while (*i < m->norder) {
        const struct placement *p = (const struct placement *)m->order[(*i)++]->record;

        if (plumb_digest_eq(&p->release, release))
            return p;
    }
    return NULL;
}

enum plumb_code
revocation_check(const struct engine *e, const struct proposed *what, plumb_time now,
                 struct plumb_err *err)
{
    const struct version *v = state_version(e, &what->release);
    const struct placement *p;

    if (!what->all) {
        for (size_t i = 0; i < what->nfleets; i++)
            PLUMB_TRY(check_in(e, what, what->fleets[i].fleet, v, now, err));
        return PLUMB_OK;
    }
    if (v->state == ENGINE_VERSION_BARRED || v->state == ENGINE_VERSION_REJECTED) {
        struct lifecycle_facts f = { .version = v->state, .left = true };

        f.place = LIFECYCLE_NOWHERE;
        return lifecycle_check(MOVE_REVOKE, &f, true, err);
    }
    for (size_t i = 0; (p = next_placement(e, &what->release, &i)) != NULL;)
        PLUMB_TRY(check_in(e, what, p->fleet.s, v, now, err));
    return PLUMB_OK;
}

enum plumb_code
revoke_in(struct engine *e, const char *fleet, const struct version *v,
          const struct plumb_digest *cause, struct moment at, struct plumb_err *err)
{
    PLUMB_TRY(place_leave(e, fleet, v, (enum engine_place)lifecycle_row(MOVE_REVOKE)->to, cause,
                          at.index, at.time, err));
    return derive_revoked(e, fleet, v, at.index, err);
}

static enum plumb_code
revoke_everywhere(struct engine *e, const struct proposed *what, struct moment at,
                  struct plumb_err *err)
{
    const struct version *v = state_version(e, &what->release);
    const struct proposal *release = state_proposal(e, &what->release);
    const struct placement *p;

    for (size_t i = 0; (p = next_placement(e, &what->release, &i)) != NULL;)
        if (p->place != ENGINE_PLACE_REVOKED) {
            struct name fleet = p->fleet;

            PLUMB_TRY(place_leave(e, fleet.s, v, ENGINE_PLACE_REVOKED, &what->id, at.index,
                                  at.time, err));
        }
    PLUMB_TRY(derive_revoked(e, "", v, at.index, err));
    if (release->state == ENGINE_PROPOSAL_OPEN)
        PLUMB_TRY(proposal_close(e, &what->release, ENGINE_PROPOSAL_REJECTED,
                                 lifecycle_rule(LIFECYCLE_NOT_BARRED), at.index, at.time, err));
    return release_set(e, &what->release, ENGINE_VERSION_BARRED, err);
}

enum plumb_code
revocation_effect(struct engine *e, const struct proposed *what, struct moment at,
                  struct plumb_err *err)
{
    const struct version *v = state_version(e, &what->release);

    if (what->all)
        return revoke_everywhere(e, what, at, err);
    for (size_t i = 0; i < what->nfleets; i++)
        PLUMB_TRY(revoke_in(e, what->fleets[i].fleet, v, &what->id, at, err));
    return PLUMB_OK;
}
