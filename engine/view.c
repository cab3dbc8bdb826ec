/* The state, for lists and screens. */
#include <stdio.h>
#include <string.h>

#include "engine/count.h"
#include "engine/state.h"

uint64_t
engine_size(const struct engine *e)
{
    return e->now.size;
}

plumb_time
engine_time(const struct engine *e)
{
    return e->now.time;
}

const struct plumb_chain *
engine_chain(const struct engine *e)
{
    return e->chain;
}

bool
engine_seen(const struct engine *e, const struct plumb_digest *id, uint64_t *ret_index)
{
    const struct seen *seen = state_get(e, STATE_SEEN, id->b, sizeof id->b);

    if (seen == NULL || seen->expires < e->now.time)
        return false;
    *ret_index = seen->index;
    return true;
}

/* --- proposals, versions, placements --- */

static void
show_proposal(const struct proposal *p, struct engine_proposal *ret)
{
    const struct proposed *what = p->what;

    *ret = (struct engine_proposal){ .id = what->id,
                                     .kind = what->kind,
                                     .action = what->action,
                                     .state = p->state,
                                     .proposer = what->proposer,
                                     .payload = what->payload,
                                     .version = what->version,
                                     .fleet = what->fleet,
                                     .index = what->index,
                                     .time = what->time,
                                     .votes = p->votes,
                                     .nvotes = p->nvotes,
                                     .closed_index = p->closed_index,
                                     .closed_time = p->closed_time,
                                     .closed_rule =
                                         p->closed_rule[0] != '\0' ? p->closed_rule : NULL };
}

static void
show_version(const struct version *v, struct engine_version *ret)
{
    *ret = (struct engine_version){ .release = v->release,
                                    .payload = v->payload.s,
                                    .version = v->version.s,
                                    .state = v->state,
                                    .index = v->index,
                                    .reference_values = v->reference_values,
                                    .has_sbom = v->has_sbom,
                                    .sbom = v->sbom };
}

static void
show_placement(const struct engine *e, const struct placement *p, struct engine_placement *ret)
{
    const struct plumb_fleet *rules = plumb_governance_fleet(state_document(e), p->fleet.s);

    *ret = (struct engine_placement){ .fleet = p->fleet.s,
                                      .payload = p->payload.s,
                                      .version = p->version.s,
                                      .release = p->release,
                                      .place = p->place,
                                      .window = p->window,
                                      .kept_until = p->kept_until,
                                      .since = p->since };
    if (p->place != ENGINE_PLACE_INCOMING)
        return;
    ret->rollout = p->rollout;
    ret->deadline = p->terms.deadline;
    ret->overrun = p->overrun;
    ret->recognitions = p->recognitions;
    ret->recognitions_needed = rules != NULL ? (size_t)rules->recognitions : 0;
}

bool
engine_proposal(const struct engine *e, const struct plumb_digest *id,
                struct engine_proposal *ret)
{
    const struct proposal *p = state_proposal(e, id);

    if (p != NULL)
        show_proposal(p, ret);
    return p != NULL;
}

bool
engine_version(const struct engine *e, const struct plumb_digest *release,
               struct engine_version *ret)
{
    const struct version *v = state_version(e, release);

    if (v != NULL)
        show_version(v, ret);
    return v != NULL;
}

bool
engine_version_named(const struct engine *e, const char *payload, const char *version,
                     struct engine_version *ret)
{
    struct state_key key = key_names(payload, version);
    const struct reference *named = state_get_key(e, STATE_NAMES, &key);

    return named != NULL && engine_version(e, &named->id, ret);
}

bool
engine_placement(const struct engine *e, const char *fleet, const struct plumb_digest *release,
                 struct engine_placement *ret)
{
    const struct placement *p = state_placement(e, fleet, release);

    if (p != NULL)
        show_placement(e, p, ret);
    return p != NULL;
}

uint64_t
engine_base(const struct engine *e, const char *fleet, const char *payload)
{
    const struct track *t = state_track(e, fleet, payload);

    return t != NULL ? t->base : 0;
}

bool
engine_fleet(const struct engine *e, const char *fleet, struct engine_fleet_state *ret)
{
    const struct plumb_governance *doc = state_document(e);
    const struct plumb_fleet *rules = doc != NULL ? plumb_governance_fleet(doc, fleet) : NULL;
    const struct fleet_record *f = state_fleet(e, fleet);

    if (rules == NULL)
        return false;
    *ret = (struct engine_fleet_state){ .fleet = rules->name };
    if (f == NULL)
        return true;
    ret->revision = f->revision;
    ret->content = f->content;
    ret->publication = f->publication;
    ret->issued = f->issued;
    ret->valid_until = f->valid_until;
    return true;
}

void
engine_each_proposal(const struct engine *e, bool only_open, engine_proposal_fn *fn, void *arg)
{
    const struct map *m = &e->maps[STATE_PROPOSALS];

    for (size_t i = 0; i < m->norder; i++) {
        struct engine_proposal p;

        show_proposal((const struct proposal *)m->order[i]->record, &p);
        if ((!only_open || p.state == ENGINE_PROPOSAL_OPEN) && !fn(arg, &p))
            return;
    }
}

void
engine_each_version(const struct engine *e, const char *payload, engine_version_fn *fn,
                    void *arg)
{
    const struct map *m = &e->maps[STATE_VERSIONS];

    for (size_t i = 0; i < m->norder; i++) {
        struct engine_version v;

        show_version((const struct version *)m->order[i]->record, &v);
        if ((payload == NULL || strcmp(payload, v.payload) == 0) && !fn(arg, &v))
            return;
    }
}

size_t
engine_accepted(const struct engine *e, const char *fleet, const char *payload)
{
    const struct track *t = state_track(e, fleet, payload);

    return t != NULL ? t->outgoing.n + t->has_current + t->has_incoming : 0;
}

void
engine_each_placement(const struct engine *e, const char *fleet, bool accepted_only,
                      engine_placement_fn *fn, void *arg)
{
    const struct map *m = &e->maps[STATE_PLACEMENTS];

    for (size_t i = 0; i < m->norder; i++) {
        const struct placement *p = (const struct placement *)m->order[i]->record;
        struct engine_placement view;

        if ((fleet != NULL && strcmp(fleet, p->fleet.s) != 0) ||
            (accepted_only && !placement_is_accepted(p)))
            continue;
        show_placement(e, p, &view);
        if (!fn(arg, &view))
            return;
    }
}

static bool
tell_change(const struct engine *e, const struct change *c, const struct engine_changes *to)
{
    const struct record *record = c->entry->record;

    if (c->map == &e->maps[STATE_PROPOSALS] && to->proposal != NULL) {
        struct engine_proposal p;

        show_proposal((const struct proposal *)record, &p);
        return to->proposal(to->arg, &p);
    }
    if (c->map == &e->maps[STATE_VERSIONS] && to->version != NULL) {
        struct engine_version v;

        show_version((const struct version *)record, &v);
        return to->version(to->arg, &v);
    }
    if (c->map == &e->maps[STATE_PLACEMENTS] && to->placement != NULL) {
        struct engine_placement p;

        show_placement(e, (const struct placement *)record, &p);
        return to->placement(to->arg, &p);
    }
    return true;
}

void
engine_each_change(const struct engine *e, const struct engine_changes *to)
{
    for (size_t i = 0; i < e->journal.n; i++)
        if (journal_is_first(&e->journal, &e->journal.changes[i]) &&
            !tell_change(e, &e->journal.changes[i], to))
            return;
}

enum plumb_tally
engine_tally(const struct engine *e, const struct plumb_digest *proposal, char *ret_missing,
             size_t size)
{
    const struct proposal *p = state_proposal(e, proposal);

    ret_missing[0] = '\0';
    if (p == NULL)
        return PLUMB_TALLY_UNREACHABLE;
    count_missing(e, p, ret_missing, size);
    return count_tally(e, p);
}
