#include "engine/state.h"

#include <string.h>

#include "engine/dossier.h"
#include "engine/evaluation.h"
#include "engine/finding.h"
#include "engine/trust.h"
#include "engine/waiver.h"
#include "lib/own.h"
#include "lib/pool.h"

void
name_set(struct name *n, const char *text)
{
    size_t len = strnlen(text, PLUMB_NAME_MAX);

    memset(n, 0, sizeof *n);
    memcpy(n->s, text, len);
}

static void
key_append(struct state_key *key, const void *data, size_t len)
{
    memcpy(key->b + key->len, data, len);
    key->len += len;
}

static void
key_append_name(struct state_key *key, const char *name)
{
    struct name n;

    name_set(&n, name);
    key_append(key, n.s, strlen(n.s) + 1);
}

struct state_key
key_names(const char *a, const char *b)
{
    struct state_key key = { .len = 0 };

    key_append_name(&key, a);
    key_append_name(&key, b);
    return key;
}

struct state_key
key_in_fleet(const char *fleet, const struct plumb_digest *id)
{
    struct state_key key = { .len = 0 };

    key_append_name(&key, fleet);
    key_append(&key, id->b, sizeof id->b);
    return key;
}

struct state_key
key_byte(const char *fleet, uint8_t byte)
{
    struct state_key key = { .len = 0 };

    key_append_name(&key, fleet);
    key_append(&key, &byte, 1);
    return key;
}

/* --- records --- */

void
proposed_release(struct proposed *p)
{
    if (p != NULL && --p->holders == 0)
        pool_free(p->pool); /* it lives there itself */
}

void
document_release(struct document *d)
{
    if (d == NULL || --d->holders > 0)
        return;
    plumb_bytes_clear(&d->bytes);
    free(d);
}

static void
proposal_free(struct record *r)
{
    struct proposal *p = (struct proposal *)r;

    proposed_release(p->what);
    document_release(p->document);
    free(p);
}

static void
placement_free(struct record *r)
{
    free(((struct placement *)r)->steps);
    free(r);
}

static void
track_free(struct record *r)
{
    struct track *t = (struct track *)r;

    free(t->outgoing.v);
    free(t->open.v);
    free(t->scheduled.v);
    free(t);
}

static void
enrolled_key_free(struct record *r)
{
    plumb_pubkey_free(((struct enrolled_key *)r)->key.pub);
    free(r);
}

static void
enrolled_free(struct record *r)
{
    free(((struct enrolled *)r)->keys.v);
    free(r);
}

static void
flat_free(struct record *r)
{
    free(r);
}

void
proposal_auto(struct proposal **p)
{
    if (*p != NULL)
        proposal_free(&(*p)->head);
}

void
placement_auto(struct placement **p)
{
    if (*p != NULL)
        placement_free(&(*p)->head);
}

void
track_auto(struct track **t)
{
    if (*t != NULL)
        track_free(&(*t)->head);
}

struct proposal *
proposal_copy(const struct proposal *p)
{
    size_t size = sizeof *p + p->nvotes * sizeof p->votes[0];
    struct proposal *copy = malloc(size + sizeof p->votes[0]);

    if (copy == NULL)
        return NULL;
    memcpy(copy, p, size);
    copy->what->holders++;
    if (copy->document != NULL)
        copy->document->holders++;
    return copy;
}

struct placement *
placement_copy(const struct placement *p)
{
    struct placement *copy = malloc(sizeof *copy);

    if (copy == NULL)
        return NULL;
    *copy = *p;
    copy->steps = calloc(p->nsteps + 1, sizeof *p->steps);
    if (copy->steps == NULL) {
        free(copy);
        return NULL;
    }
    if (p->nsteps > 0)
        memcpy(copy->steps, p->steps, p->nsteps * sizeof *p->steps);
    return copy;
}

struct track *
track_copy(const struct track *t)
{
    PLUMB_AUTO(track_auto) struct track *copy = malloc(sizeof *copy);

    if (copy == NULL)
        return NULL;
    *copy = *t;
    copy->outgoing = copy->open = copy->scheduled = (struct ids){ 0 };
    if (!ids_copy(&copy->outgoing, &t->outgoing) || !ids_copy(&copy->open, &t->open) ||
        !ids_copy(&copy->scheduled, &t->scheduled))
        return NULL;
    return PLUMB_TAKE(copy);
}

bool
ids_copy(struct ids *to, const struct ids *from)
{
    struct plumb_digest *v = NULL;

    if (from->n > 0) {
        v = malloc(from->n * sizeof *v);
        if (v == NULL)
            return false;
        memcpy(v, from->v, from->n * sizeof *v);
    }
    *to = (struct ids){ v, from->n };
    return true;
}

/* Where id is, or would go. */
static size_t
ids_find(const struct ids *ids, const struct plumb_digest *id, bool *ret_found)
{
    size_t lo = 0, hi = ids->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (plumb_digest_cmp(&ids->v[mid], id) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    *ret_found = lo < ids->n && plumb_digest_eq(&ids->v[lo], id);
    return lo;
}

bool
ids_has(const struct ids *ids, const struct plumb_digest *id)
{
    bool found;

    (void)ids_find(ids, id, &found);
    return found;
}

bool
ids_add(struct ids *ids, const struct plumb_digest *id)
{
    bool found;
    size_t i = ids_find(ids, id, &found);
    struct plumb_digest *v;

    if (found)
        return true;
    v = realloc(ids->v, (ids->n + 1) * sizeof *v);
    if (v == NULL)
        return false;
    memmove(v + i + 1, v + i, (ids->n - i) * sizeof *v);
    v[i] = *id;
    *ids = (struct ids){ v, ids->n + 1 };
    return true;
}

bool
ids_remove(struct ids *ids, const struct plumb_digest *id)
{
    bool found;
    size_t i = ids_find(ids, id, &found);

    if (!found)
        return false;
    ids->n--;
    memmove(ids->v + i, ids->v + i + 1, (ids->n - i) * sizeof *ids->v);
    return true;
}

/* --- the maps --- */

void
state_init(struct engine *e, const struct siphash *hash)
{
    for (size_t i = 0; i < STATE_MAP_COUNT; i++) {
        e->maps[i].free_record = flat_free;
        e->maps[i].hash = *hash;
    }
    e->maps[STATE_PROPOSALS].free_record = proposal_free;
    e->maps[STATE_PLACEMENTS].free_record = placement_free;
    e->maps[STATE_TRACKS].free_record = track_free;
    e->maps[STATE_KEYS].free_record = enrolled_key_free;
    e->maps[STATE_ENROLLED].free_record = enrolled_free;
    e->maps[STATE_DOSSIERS].free_record = dossier_free;
    e->maps[STATE_WAIVERS].free_record = waiver_free;
    e->maps[STATE_EVALUATIONS].free_record = evaluation_free;
    e->maps[STATE_ADVISORIES].free_record = advisory_free;
    e->maps[STATE_NAMED].free_record = naming_free;
    e->maps[STATE_BILLS].free_record = matched_bill_free;
    e->maps[STATE_FINDINGS].free_record = finding_free;
    e->maps[STATE_ROOTS].free_record = trusted_root_free;
    e->maps[STATE_PROPOSALS].ordered = true;
    e->maps[STATE_VERSIONS].ordered = true;
    e->maps[STATE_PLACEMENTS].ordered = true;
    e->maps[STATE_TRACKS].ordered = true;
    e->maps[STATE_KEYS].ordered = true;
    e->maps[STATE_FINDINGS].ordered = true;
    e->maps[STATE_TRACKS].sticky = true;
    e->maps[STATE_SEEN].sticky = true;
}

static void
nothing_undone(void *arg, struct map *map, struct map_entry *entry)
{
    (void)arg;
    (void)map;
    (void)entry;
}

void
state_clear(struct engine *e)
{
    journal_undo(&e->journal, 0, nothing_undone, NULL);
    for (size_t i = 0; i < STATE_MAP_COUNT; i++)
        map_clear(&e->maps[i]);
    journal_clear(&e->journal);
    heap_clear(&e->moves);
    heap_clear(&e->begins);
    heap_clear(&e->expiries);
    plumb_chain_free(e->chain);
}

/* The heaps are only indexes: what they hold is looked up again before it is believed. */
static bool
remind(struct engine *e, struct map_entry *entry)
{
    const struct track *t = (const struct track *)entry->record;

    if (t == NULL)
        return true;
    return (t->next_move == PLUMB_TIME_NEVER || heap_push(&e->moves, t->next_move, entry)) &&
           (t->next_begin == PLUMB_TIME_NEVER || heap_push(&e->begins, t->next_begin, entry));
}

enum plumb_code
state_put(struct engine *e, enum state_map map, const void *key, size_t len,
          struct record *record, struct plumb_err *err)
{
    if (map == STATE_TRACKS) {
        const struct track *old = state_get(e, map, key, len);
        const struct track *t = (const struct track *)record;
        bool moved =
            old == NULL || old->next_move != t->next_move || old->next_begin != t->next_begin;

        PLUMB_TRY(journal_put(&e->journal, &e->maps[map], key, len, record, err));
        if (moved && !remind(e, map_find(&e->maps[map], key, len)))
            return plumb_fail_memory(err);
        return PLUMB_OK;
    }
    return journal_put(&e->journal, &e->maps[map], key, len, record, err);
}

enum plumb_code
state_put_key(struct engine *e, enum state_map map, const struct state_key *key,
              struct record *record, struct plumb_err *err)
{
    return state_put(e, map, key->b, key->len, record, err);
}

const void *
state_get(const struct engine *e, enum state_map map, const void *key, size_t len)
{
    return map_get(&e->maps[map], key, len);
}

const void *
state_get_key(const struct engine *e, enum state_map map, const struct state_key *key)
{
    return state_get(e, map, key->b, key->len);
}

struct savepoint
state_save(const struct engine *e)
{
    return (struct savepoint){ e->journal.n, plumb_chain_length(e->chain), e->now };
}

static void
track_undone(void *arg, struct map *map, struct map_entry *entry)
{
    struct engine *e = arg;

    /* Without memory for the reminder the track's next put makes it; its date in the bundle
     * holds in any case. */
    if (map == &e->maps[STATE_TRACKS])
        (void)remind(e, entry);
}

void
state_undo(struct engine *e, const struct savepoint *to)
{
    if (e->journal.n > to->changes)
        e->keys_changed++;
    journal_undo(&e->journal, to->changes, track_undone, e);
    while (plumb_chain_length(e->chain) > to->chain)
        plumb_chain_pop(e->chain);
    e->now = to->scalars;
}

static bool
stale(const struct heap_item *item, bool begins)
{
    const struct track *t = (const struct track *)item->entry->record;

    return t == NULL || (begins ? t->next_begin : t->next_move) != item->at;
}

static void
tidy(struct engine *e, struct heap *h, bool begins)
{
    const struct map *tracks = &e->maps[STATE_TRACKS];

    /* mostly leftovers: keep one reminder of each kind for a track */
    if (h->n > 4 * tracks->used + 64) {
        h->n = 0;
        for (size_t i = 0; i < tracks->norder; i++) {
            struct map_entry *entry = tracks->order[i];
            const struct track *t = (const struct track *)entry->record;
            plumb_time at = t == NULL ? PLUMB_TIME_NEVER
                            : begins  ? t->next_begin
                                      : t->next_move;

            if (at != PLUMB_TIME_NEVER && !heap_push(h, at, entry))
                return; /* cannot be: there was room for more */
        }
    }
    while (heap_top(h) != NULL && stale(heap_top(h), begins))
        heap_pop(h);
}

void
state_tidy(struct engine *e)
{
    tidy(e, &e->moves, false);
    tidy(e, &e->begins, true);
}

void
state_purge_seen(struct engine *e)
{
    struct map *m = &e->maps[STATE_SEEN];
    const struct heap_item *top;

    while ((top = heap_top(&e->expiries)) != NULL && top->at < e->now.time &&
           top->entry->pins == 0) {
        struct map_entry *entry = top->entry;

        heap_pop(&e->expiries);
        map_delete(m, entry);
    }
}

const struct proposal *
state_proposal(const struct engine *e, const struct plumb_digest *id)
{
    return state_get(e, STATE_PROPOSALS, id->b, sizeof id->b);
}

const struct version *
state_version(const struct engine *e, const struct plumb_digest *id)
{
    return state_get(e, STATE_VERSIONS, id->b, sizeof id->b);
}

const struct placement *
state_placement(const struct engine *e, const char *fleet, const struct plumb_digest *release)
{
    struct state_key key = key_in_fleet(fleet, release);

    return state_get_key(e, STATE_PLACEMENTS, &key);
}

bool
placement_is_accepted(const struct placement *p)
{
    return p != NULL && (p->place == ENGINE_PLACE_INCOMING ||
                         p->place == ENGINE_PLACE_CURRENT || p->place == ENGINE_PLACE_OUTGOING);
}

const struct track *
state_track(const struct engine *e, const char *fleet, const char *payload)
{
    struct state_key key = key_names(fleet, payload);

    return state_get_key(e, STATE_TRACKS, &key);
}

const struct fleet_record *
state_fleet(const struct engine *e, const char *fleet)
{
    return state_get(e, STATE_FLEETS, fleet, strlen(fleet));
}

const struct plumb_governance *
state_document(const struct engine *e)
{
    const struct plumb_link *link = plumb_chain_last(e->chain);

    return link != NULL ? link->document : NULL;
}
