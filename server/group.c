#include "server/group.h"

#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "server/log.h"
#include "server/service.h"

PLUMB_DEFINE_AUTO(auto_signed, struct plumb_signed *, plumb_signed_free);

void
group_clear(struct group *g)
{
    for (size_t i = 0; i < g->n; i++)
        plumb_bytes_clear(&g->entries[i].body);
    for (size_t i = 0; i < g->nparts; i++)
        plumb_bytes_clear(&g->parts[i].json);
    free(g->entries);
    free(g->parts);
    free(g->publications);
    *g = (struct group){ .core = g->core, .time = g->time };
}

/* Room for one more element of size bytes; *cap doubles. */
static enum plumb_code
grow(void *array, size_t n, size_t *cap, size_t size, struct plumb_err *err)
{
    void **p = array;
    size_t more = *cap > 0 ? 2 * *cap : 16;
    void *bigger;

    if (n < *cap)
        return PLUMB_OK;
    bigger = realloc(*p, more * size);
    if (bigger == NULL)
        return plumb_fail_memory(err);
    *p = bigger;
    *cap = more;
    return PLUMB_OK;
}

static void
copy_name(char to[PLUMB_NAME_MAX + 1], const char *from)
{
    (void)snprintf(to, PLUMB_NAME_MAX + 1, "%s", from != NULL ? from : "");
}

/* What the entry is about, for the lists: of a vote, what its proposal is about. */
static void
describe(const struct engine *engine, const struct plumb_statement *s, struct group_entry *e)
{
    struct engine_client who;
    struct engine_proposal proposal;
    const char *payload = s->payload, *version = s->version, *fleet = s->fleet;

    if (engine_identify(engine, &s->keys[0], PLUMB_USE_SIGN, &who))
        copy_name(e->actor, who.principal);
    if (plumb_kind_is_proposal(s->kind) || s->kind == PLUMB_KIND_APPROVAL) {
        e->has_proposal = true;
        e->proposal = s->kind == PLUMB_KIND_APPROVAL ? s->u.approval.proposal : s->id;
    }
    if (s->kind == PLUMB_KIND_APPROVAL &&
        engine_proposal(engine, &s->u.approval.proposal, &proposal)) {
        payload = proposal.payload;
        version = proposal.version;
        fleet = proposal.fleet;
    }
    copy_name(e->payload, payload);
    copy_name(e->version, version);
    copy_name(e->fleet, fleet);
}

enum plumb_code
group_apply(struct group *g, const struct plumb_signed *s, const struct engine_blob *blobs,
            size_t nblobs, struct engine_effect *ret, struct plumb_err *err)
{
    struct engine *engine = g->core->engine;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes body = { 0 };
    struct group_entry *e;
    uint64_t index = engine_size(engine);

    PLUMB_TRY(grow(&g->entries, g->n, &g->cap, sizeof *g->entries, err));
    PLUMB_TRY(plumb_entry_make(s->envelope, g->time, &body, err));
    PLUMB_TRY(engine_apply(engine, s, index, g->time, blobs, nblobs, ret, err));
    if (ret->repeated)
        return PLUMB_OK;
    if (g->n == 0)
        g->first = index;
    e = &g->entries[g->n++];
    *e = (struct group_entry){ .id = s->statement->id,
                               .kind = s->statement->kind,
                               .body = body };
    body = (struct plumb_bytes){ 0 };
    plumb_leaf_hash(e->body.data, e->body.len, &e->leaf);
    describe(engine, s->statement, e);
    (void)snprintf(e->effect, sizeof e->effect, "%s", ret->text);
    return tree_append(g->core->tree, &e->leaf, 1, err);
}

static enum plumb_code
apply_own(struct group *g, struct plumb_signed *s, struct plumb_err *err)
{
    struct engine_effect effect;

    return group_apply(g, s, NULL, 0, &effect, err);
}

enum plumb_code
group_record_due(struct group *g, struct plumb_err *err)
{
    struct engine_due due;

    while (engine_due(g->core->engine, g->time, &due)) {
        PLUMB_AUTO(auto_signed) struct plumb_signed *s = NULL;

        PLUMB_TRY(service_record(g->core, &due, g->time, &s, err));
        PLUMB_TRY(apply_own(g, s, err));
    }
    return PLUMB_OK;
}

enum plumb_code
group_propose(struct group *g, struct plumb_err *err)
{
    struct engine_wish wish;
    size_t at = 0;

    while (engine_wish(g->core->engine, g->time, &at, &wish)) {
        PLUMB_AUTO(auto_signed) struct plumb_signed *s = NULL;
        struct plumb_err why = { 0 };
        enum plumb_code code = service_proposal(g->core, &wish, g->time, &s, &why);

        if (code == PLUMB_OK)
            code = apply_own(g, s, &why);
        if (code == PLUMB_NO_MEMORY)
            return plumb_fail_memory(err);
        if (code != PLUMB_OK)
            log_err(LOG_WARN, "proposal.refused", &why);
    }
    return PLUMB_OK;
}

bool
group_imported(const struct group *g)
{
    for (size_t i = 0; i < g->n; i++)
        if (g->entries[i].kind == PLUMB_KIND_ADVISORY)
            return true;
    return false;
}

static enum plumb_code
take_part(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    struct group *g = arg;

    PLUMB_TRY(grow(&g->parts, g->nparts, &g->parts_cap, sizeof *g->parts, err));
    g->parts[g->nparts].digest = part->digest;
    PLUMB_TRY(
        plumb_bytes_copy(part->json.data, part->json.len, &g->parts[g->nparts].json, err));
    g->nparts++;
    return PLUMB_OK;
}

/* The parts are taken already: as they are before the publication is known. */
static enum plumb_code
apply_publication(struct group *g, const struct plumb_signed *s, struct plumb_err *err)
{
    const struct plumb_statement *said = s->statement;
    struct engine_effect effect;
    struct group_publication *p;

    PLUMB_TRY(grow(&g->publications, g->npublications, &g->publications_cap,
                   sizeof *g->publications, err));
    p = &g->publications[g->npublications];
    *p =
        (struct group_publication){ .row = { .idx = engine_size(g->core->engine),
                                             .revision = (uint64_t)said->u.publication.revision,
                                             .content = said->u.publication.content,
                                             .valid_until = said->u.publication.valid_until } };
    copy_name(p->fleet, said->fleet);
    PLUMB_TRY(group_apply(g, s, NULL, 0, &effect, err));
    g->npublications += effect.repeated ? 0 : 1;
    return PLUMB_OK;
}

enum plumb_code
group_republish(struct group *g, const struct plumb_signed *s, struct plumb_err *err)
{
    struct plumb_digest content;

    PLUMB_TRY(engine_advance(g->core->engine, g->time, err));
    PLUMB_TRY(engine_derive(g->core->engine, s->statement->fleet, take_part, g, &content, err));
    return apply_publication(g, s, err);
}

static enum plumb_code
publish(struct group *g, const char *fleet, bool refresh, struct plumb_err *err)
{
    struct engine *engine = g->core->engine;
    const struct plumb_governance *doc = plumb_chain_last(engine_chain(engine))->document;
    const struct plumb_fleet *rules = plumb_governance_fleet(doc, fleet);
    PLUMB_AUTO(auto_signed) struct plumb_signed *s = NULL;
    struct engine_fleet_state last = { 0 };
    struct db_publication_row row = { 0 };
    bool same;

    if (rules == NULL)
        return PLUMB_OK; /* the governance document dropped this fleet */
    PLUMB_TRY(engine_derive(engine, fleet, take_part, g, &row.content, err));
    same = engine_fleet(engine, fleet, &last) && last.revision > 0 &&
           plumb_digest_eq(&row.content, &last.content);
    if (same && !(refresh && plumb_time_add(last.issued, rules->refresh) <= g->time))
        return PLUMB_OK;
    row.revision = (uint64_t)last.revision + (same ? 0 : 1);
    row.valid_until = plumb_time_add(g->time, rules->validity);
    PLUMB_TRY(service_publication(g->core, fleet, &row, g->time, &s, err));
    return apply_publication(g, s, err);
}

struct names {
    char (*name)[PLUMB_NAME_MAX + 1];
    size_t n, cap;
    bool failed;
};

static bool
take_name(void *arg, const char *name)
{
    struct names *names = arg;

    names->failed =
        grow(&names->name, names->n, &names->cap, sizeof *names->name, NULL) != PLUMB_OK;
    if (names->failed)
        return false;
    copy_name(names->name[names->n++], name);
    return true;
}

static void
names_clear(struct names *names)
{
    free(names->name);
}

enum plumb_code
group_publish(struct group *g, bool refresh, struct plumb_err *err)
{
    PLUMB_AUTO(names_clear) struct names names = { 0 };
    const struct plumb_link *link = plumb_chain_last(engine_chain(g->core->engine));

    if (link == NULL)
        return PLUMB_OK;
    if (refresh) {
        for (size_t i = 0; i < link->document->nfleets && !names.failed; i++)
            (void)take_name(&names, link->document->fleets[i].name);
    } else {
        engine_fleets_touched(g->core->engine, take_name, &names);
    }
    if (names.failed)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < names.n; i++)
        PLUMB_TRY(publish(g, names.name[i], refresh, err));
    return PLUMB_OK;
}
