#include "engine/derive.h"

#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

enum plumb_code
fleet_edit(const struct engine *e, const char *fleet, struct fleet_record **ret,
           struct plumb_err *err)
{
    const struct fleet_record *old = state_fleet(e, fleet);

    *ret = calloc(1, sizeof **ret);
    if (*ret == NULL)
        return plumb_fail_memory(err);
    if (old != NULL)
        **ret = *old;
    else
        name_set(&(*ret)->name, fleet);
    return PLUMB_OK;
}

enum plumb_code
fleet_put(struct engine *e, struct fleet_record *f, struct plumb_err *err)
{
    return state_put(e, STATE_FLEETS, f->name.s, strlen(f->name.s), &f->head, err);
}

/* --- what changed --- */

enum plumb_code
derive_touch(struct engine *e, const char *fleet, const char *payload, struct plumb_err *err)
{
    struct state_key key = key_names(fleet, payload);
    struct fleet_record *f;
    struct dirty *dirty;

    if (state_get_key(e, STATE_DIRTY, &key) != NULL)
        return PLUMB_OK;
    dirty = calloc(1, sizeof *dirty);
    if (dirty == NULL)
        return plumb_fail_memory(err);
    if (fleet_edit(e, fleet, &f, err) != PLUMB_OK) {
        free(dirty);
        return PLUMB_NO_MEMORY;
    }
    dirty->has_next = f->has_dirty;
    dirty->next = f->dirty;
    f->has_dirty = true;
    name_set(&f->dirty, payload);
    if (state_put_key(e, STATE_DIRTY, &key, &dirty->head, err) != PLUMB_OK) {
        free(f);
        return PLUMB_NO_MEMORY;
    }
    return fleet_put(e, f, err);
}

static int
compare_items(const struct revoked_item *a, const struct revoked_item *b)
{
    int order = plumb_digest_cmp(&a->reference_values, &b->reference_values);

    return order != 0 ? order : plumb_digest_cmp(&a->release, &b->release);
}

enum plumb_code
derive_revoked(struct engine *e, const char *fleet, const struct version *v, uint64_t index,
               struct plumb_err *err)
{
    struct revoked_item item = { v->reference_values, v->release, index };
    struct state_key key = key_byte(fleet, item.reference_values.b[0]);
    const struct revoked_list *old = state_get_key(e, STATE_REVOKED, &key);
    size_t n = old != NULL ? old->n : 0, i = 0;
    struct revoked_list *list = malloc(sizeof *list + (n + 1) * sizeof item);
    struct fleet_record *f;

    if (list == NULL)
        return plumb_fail_memory(err);
    list->n = n + 1;
    while (i < n && compare_items(&old->items[i], &item) < 0)
        i++;
    if (i > 0)
        memcpy(list->items, old->items, i * sizeof item);
    list->items[i] = item;
    if (i < n)
        memcpy(list->items + i + 1, old->items + i, (n - i) * sizeof item);
    PLUMB_TRY(state_put_key(e, STATE_REVOKED, &key, &list->head, err));
    if (fleet[0] == '\0') {
        e->now.revoked_everywhere++;
        return PLUMB_OK;
    }
    PLUMB_TRY(fleet_edit(e, fleet, &f, err));
    f->revoked++;
    return fleet_put(e, f, err);
}

/* --- deriving it --- */

struct derivation {
    struct engine *e;
    const char *fleet;
    engine_part_fn *part;
    void *arg;
};

static enum plumb_code
emit(const struct derivation *d, const struct engine_part *part, struct plumb_err *err)
{
    return d->part != NULL ? d->part(d->arg, part, err) : PLUMB_OK;
}

struct dirty_name {
    uint8_t bucket;
    struct name payload;
};
struct dirty_names {
    struct dirty_name *v;
    size_t n, cap;
};

static void
dirty_names_clear(struct dirty_names *names)
{
    free(names->v);
}

static int
compare_dirty(const void *a, const void *b)
{
    const struct dirty_name *x = a, *y = b;

    return x->bucket != y->bucket ? (int)x->bucket - (int)y->bucket
                                  : strcmp(x->payload.s, y->payload.s);
}

static bool
add_name(struct dirty_names *names, const char *payload)
{
    if (names->n == names->cap) {
        size_t cap = names->cap == 0 ? 16 : names->cap * 2;
        struct dirty_name *v = realloc(names->v, cap * sizeof *v);

        if (v == NULL)
            return false;
        names->v = v;
        names->cap = cap;
    }
    names->v[names->n].bucket = render_bucket_of(payload);
    name_set(&names->v[names->n++].payload, payload);
    return true;
}

/* Empties the list of what is dirty into names, in the order of buckets and payloads. */
static enum plumb_code
take_dirty(const struct derivation *d, struct dirty_names *names, struct plumb_err *err)
{
    const struct fleet_record *f = state_fleet(d->e, d->fleet);
    bool more = f != NULL && f->has_dirty;
    struct name payload = more ? f->dirty : (struct name){ "" };

    while (more) {
        struct state_key key = key_names(d->fleet, payload.s);
        const struct dirty *dirty = state_get_key(d->e, STATE_DIRTY, &key);

        if (!add_name(names, payload.s))
            return plumb_fail_memory(err);
        more = dirty->has_next;
        payload = dirty->next;
        PLUMB_TRY(state_put_key(d->e, STATE_DIRTY, &key, NULL, err));
    }
    if (names->n > 0)
        qsort(names->v, names->n, sizeof *names->v, compare_dirty);
    return PLUMB_OK;
}

static const struct bucket *
get_bucket(const struct engine *e, const char *fleet, uint8_t byte)
{
    struct state_key key = key_byte(fleet, byte);

    return state_get_key(e, STATE_BUCKETS, &key);
}

/* A copy of the bucket with room for more sections. */
static enum plumb_code
edit_bucket(const struct derivation *d, uint8_t byte, size_t more, struct bucket **ret,
            struct plumb_err *err)
{
    const struct bucket *old = get_bucket(d->e, d->fleet, byte);
    size_t n = old != NULL ? old->n : 0;

    *ret = calloc(1, sizeof **ret + (n + more) * sizeof old->sections[0]);
    if (*ret == NULL)
        return plumb_fail_memory(err);
    if (old != NULL)
        memcpy(*ret, old, sizeof *old + n * sizeof old->sections[0]);
    return PLUMB_OK;
}

static enum plumb_code
put_bucket(const struct derivation *d, uint8_t byte, struct bucket *b, struct plumb_err *err)
{
    struct state_key key = key_byte(d->fleet, byte);

    return state_put_key(d->e, STATE_BUCKETS, &key, &b->head, err);
}

/* Derives one section again; *ret_changed when the bucket lists it otherwise now. */
static enum plumb_code
derive_section(const struct derivation *d, const char *payload, struct bucket *b,
               bool *ret_changed, struct plumb_err *err)
{
    PLUMB_AUTO(part_clear) struct engine_part part = { 0 };
    struct section_name *s = b->sections;
    size_t i = 0;
    bool any, was;

    while (i < b->n && strcmp(s[i].payload.s, payload) < 0)
        i++;
    was = i < b->n && strcmp(s[i].payload.s, payload) == 0;
    PLUMB_TRY(render_section(d->e, d->fleet, payload, &part, &any, err));
    if (!any) {
        if (was)
            memmove(s + i, s + i + 1, (--b->n - i) * sizeof *s);
        *ret_changed = was;
        return PLUMB_OK;
    }
    *ret_changed = !was || !plumb_digest_eq(&s[i].digest, &part.digest);
    if (!*ret_changed)
        return PLUMB_OK;
    if (!was) {
        memmove(s + i + 1, s + i, (b->n++ - i) * sizeof *s);
        name_set(&s[i].payload, payload);
    }
    s[i].digest = part.digest;
    return emit(d, &part, err);
}

/* The dirty payloads of one bucket, and the bucket if that changes it. */
static enum plumb_code
derive_payload_bucket(const struct derivation *d, const struct dirty_name *names, size_t n,
                      struct plumb_err *err)
{
    PLUMB_AUTO(part_clear) struct engine_part part = { 0 };
    PLUMB_AUTO(auto_free) struct bucket *b = NULL;
    bool any = false;

    PLUMB_TRY(edit_bucket(d, names[0].bucket, n, &b, err));
    for (size_t i = 0; i < n; i++) {
        bool changed;

        PLUMB_TRY(derive_section(d, names[i].payload.s, b, &changed, err));
        any = any || changed;
    }
    if (!any)
        return PLUMB_OK;
    b->has_payloads = b->n > 0;
    if (b->has_payloads) {
        PLUMB_TRY(render_payloads(b->sections, b->n, &part, err));
        b->payloads = part.digest;
        PLUMB_TRY(emit(d, &part, err));
    }
    return put_bucket(d, names[0].bucket, PLUMB_TAKE(b), err);
}

static enum plumb_code
derive_payloads(const struct derivation *d, struct plumb_err *err)
{
    PLUMB_AUTO(dirty_names_clear) struct dirty_names names = { 0 };

    PLUMB_TRY(take_dirty(d, &names, err));
    for (size_t i = 0, end; i < names.n; i = end) {
        for (end = i; end < names.n && names.v[end].bucket == names.v[i].bucket;)
            end++;
        PLUMB_TRY(derive_payload_bucket(d, names.v + i, end - i, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
derive_revoked_bucket(const struct derivation *d, uint8_t byte, size_t count,
                      struct plumb_err *err)
{
    PLUMB_AUTO(part_clear) struct engine_part part = { 0 };
    PLUMB_AUTO(auto_free) struct bucket *b = NULL;

    PLUMB_TRY(edit_bucket(d, byte, 0, &b, err));
    PLUMB_TRY(render_revoked(d->e, d->fleet, byte, &part, err));
    if (!b->has_revoked || !plumb_digest_eq(&b->revoked, &part.digest))
        PLUMB_TRY(emit(d, &part, err));
    b->has_revoked = true;
    b->revoked = part.digest;
    b->revoked_count = count;
    return put_bucket(d, byte, PLUMB_TAKE(b), err);
}

static uint64_t
count_revoked(const struct engine *e, const struct fleet_record *f)
{
    return e->now.revoked_everywhere + (f != NULL ? f->revoked : 0);
}

/* The lists only grow, so that their lengths tell whether they changed. */
static enum plumb_code
derive_revocations(const struct derivation *d, struct plumb_err *err)
{
    const struct fleet_record *f = state_fleet(d->e, d->fleet);

    if (count_revoked(d->e, f) == (f != NULL ? f->derived_revoked : 0))
        return PLUMB_OK;
    for (unsigned byte = 0; byte < 256; byte++) {
        const struct bucket *b = get_bucket(d->e, d->fleet, (uint8_t)byte);
        size_t count = render_revoked_count(d->e, d->fleet, (uint8_t)byte);

        if (count != (b != NULL ? b->revoked_count : 0))
            PLUMB_TRY(derive_revoked_bucket(d, (uint8_t)byte, count, err));
    }
    return PLUMB_OK;
}

/* Is the last derivation still the right one? */
static bool
is_fresh(const struct engine *e, const struct fleet_record *f)
{
    return f != NULL && f->derived && !f->has_dirty &&
           f->derived_revoked == count_revoked(e, f) &&
           plumb_digest_eq(&f->derived_governance, &plumb_chain_last(e->chain)->statement);
}

static void
index_buckets(const struct derivation *d, struct render_index *index)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        const struct bucket *b = get_bucket(d->e, d->fleet, (uint8_t)byte);

        index->has_payloads[byte] = b != NULL && b->has_payloads;
        index->has_revoked[byte] = b != NULL && b->has_revoked;
        if (b == NULL)
            continue;
        index->payloads[byte] = b->payloads;
        index->revoked[byte] = b->revoked;
    }
}

static enum plumb_code
derive_again(const struct derivation *d, const struct plumb_fleet *rules, struct plumb_err *err)
{
    PLUMB_AUTO(part_clear) struct engine_part part = { 0 };
    PLUMB_AUTO(auto_free) struct render_index *index = calloc(1, sizeof *index);
    PLUMB_AUTO(auto_free) struct fleet_record *f = NULL;

    if (index == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(derive_payloads(d, err));
    PLUMB_TRY(derive_revocations(d, err));
    index_buckets(d, index);
    PLUMB_TRY(render_content(d->e, rules, index, &part, err));
    PLUMB_TRY(fleet_edit(d->e, d->fleet, &f, err));
    if (!f->derived || !plumb_digest_eq(&f->derived_content, &part.digest))
        PLUMB_TRY(emit(d, &part, err));
    f->derived = true;
    f->has_dirty = false;
    f->derived_content = part.digest;
    f->derived_governance = plumb_chain_last(d->e->chain)->statement;
    f->derived_revoked = count_revoked(d->e, f);
    return fleet_put(d->e, PLUMB_TAKE(f), err);
}

enum plumb_code
derive_content(struct engine *e, const char *fleet, engine_part_fn *part, void *arg,
               struct plumb_digest *ret_content, struct plumb_err *err)
{
    const struct plumb_governance *doc = state_document(e);
    const struct plumb_fleet *rules = doc != NULL ? plumb_governance_fleet(doc, fleet) : NULL;
    struct derivation d = { e, fleet, part, arg };
    struct engine_due due;

    if (rules == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "fleet.unknown", "fleet",
                          "governance knows no fleet %s", fleet);
    if (engine_due(e, e->now.now, &due))
        return plumb_fail(err, PLUMB_REFUSED, "publication.due-first", "",
                          "the log lacks what time brought about: record the %s of %s@%s in %s",
                          plumb_kind_text(due.kind), due.payload, due.version, due.fleet);
    if (!is_fresh(e, state_fleet(e, fleet)))
        PLUMB_TRY(derive_again(&d, rules, err));
    *ret_content = state_fleet(e, fleet)->derived_content;
    return PLUMB_OK;
}

enum plumb_code
engine_derive(struct engine *e, const char *fleet, engine_part_fn *part, void *arg,
              struct plumb_digest *ret_content, struct plumb_err *err)
{
    struct savepoint before = state_save(e);
    enum plumb_code code = derive_content(e, fleet, part, arg, ret_content, err);

    if (code != PLUMB_OK)
        state_undo(e, &before);
    state_tidy(e);
    return code;
}

void
engine_fleets_touched(const struct engine *e, engine_name_fn *fn, void *arg)
{
    const struct plumb_governance *doc = state_document(e);

    for (size_t i = 0; doc != NULL && i < doc->nfleets; i++) {
        const struct fleet_record *f = state_fleet(e, doc->fleets[i].name);

        if (is_fresh(e, f) && f->revision > 0 &&
            plumb_digest_eq(&f->derived_content, &f->content))
            continue;
        if (!fn(arg, doc->fleets[i].name))
            return;
    }
}
