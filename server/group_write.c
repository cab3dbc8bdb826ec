/* A group's rows. */
#include <string.h>

#include "lib/own.h"
#include "server/db/blob.h"
#include "server/db/event.h"
#include "server/db/listing.h"
#include "server/db/log.h"
#include "server/group.h"

static const char *
or_null(const char *text)
{
    return text[0] != '\0' ? text : NULL;
}

static enum plumb_code
write_entries(const struct group *g, struct db *db, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) struct db_entry *rows = calloc(g->n, sizeof *rows);
    PLUMB_AUTO(auto_free) struct db_event_row *events = calloc(g->n, sizeof *events);

    if (rows == NULL || events == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < g->n; i++) {
        const struct group_entry *e = &g->entries[i];
        const char *kind = plumb_kind_text(e->kind);

        rows[i] = (struct db_entry){ g->first + i, e->id,        g->time,    kind,
                                     e->leaf,      e->body.data, e->body.len };
        events[i] = (struct db_event_row){ .idx = g->first + i,
                                           .time = g->time,
                                           .kind = kind,
                                           .actor = e->actor,
                                           .payload = or_null(e->payload),
                                           .version = or_null(e->version),
                                           .fleet = or_null(e->fleet),
                                           .effect = e->effect,
                                           .has_proposal = e->has_proposal,
                                           .proposal = e->proposal };
    }
    PLUMB_TRY(db_log_append(db, rows, g->n, err));
    return db_event_insert(db, events, g->n, err);
}

static enum plumb_code
write_parts(const struct group *g, struct db *db, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) struct db_blob_part *parts = calloc(g->nparts + 1, sizeof *parts);

    if (parts == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < g->nparts; i++)
        parts[i] = (struct db_blob_part){ g->parts[i].digest, g->parts[i].json.data,
                                          g->parts[i].json.len };
    return g->nparts > 0 ? db_blob_put(db, parts, g->nparts, err) : PLUMB_OK;
}

struct changes {
    struct engine_proposal *proposals;
    struct engine_version *versions;
    size_t nproposals, nversions, proposals_cap, versions_cap;
    bool failed;
};

static void
changes_clear(struct changes *c)
{
    free(c->proposals);
    free(c->versions);
}

static bool
take_proposal(void *arg, const struct engine_proposal *p)
{
    struct changes *c = arg;

    if (c->nproposals == c->proposals_cap) {
        size_t cap = c->proposals_cap > 0 ? 2 * c->proposals_cap : 64;
        struct engine_proposal *more = realloc(c->proposals, cap * sizeof *more);

        c->failed = more == NULL;
        if (c->failed)
            return false;
        c->proposals = more;
        c->proposals_cap = cap;
    }
    c->proposals[c->nproposals++] = *p;
    return true;
}

static bool
take_version(void *arg, const struct engine_version *v)
{
    struct changes *c = arg;

    if (c->nversions == c->versions_cap) {
        size_t cap = c->versions_cap > 0 ? 2 * c->versions_cap : 64;
        struct engine_version *more = realloc(c->versions, cap * sizeof *more);

        c->failed = more == NULL;
        if (c->failed)
            return false;
        c->versions = more;
        c->versions_cap = cap;
    }
    c->versions[c->nversions++] = *v;
    return true;
}

/* The lists show what the engine's journal says has changed. */
static enum plumb_code
write_lists(const struct group *g, struct db *db, struct plumb_err *err)
{
    PLUMB_AUTO(changes_clear) struct changes changes = { 0 };
    struct engine_changes to = { take_proposal, take_version, NULL, &changes };

    engine_each_change(g->core->engine, &to);
    if (changes.failed)
        return plumb_fail_memory(err);
    PLUMB_TRY(db_proposal_put(db, changes.proposals, changes.nproposals, err));
    return db_version_put(db, changes.versions, changes.nversions, err);
}

enum plumb_code
group_write(struct group *g, struct db *db, struct plumb_err *err)
{
    if (g->n == 0)
        return PLUMB_OK;
    PLUMB_TRY(write_parts(g, db, err));
    PLUMB_TRY(write_entries(g, db, err));
    PLUMB_TRY(tree_store(g->core->tree, db, err));
    for (size_t i = 0; i < g->npublications; i++) {
        g->publications[i].row.fleet = g->publications[i].fleet;
        PLUMB_TRY(db_publication_insert(db, &g->publications[i].row, err));
    }
    return write_lists(g, db, err);
}
