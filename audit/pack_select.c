#include "audit/pack_select.h"

#include <stdlib.h>
#include <string.h>

#include "audit/batch.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_batch, struct audit_batch *, audit_batch_free);
PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

static const struct plumb_digest nothing;

void
chosen_clear(struct chosen_list *l)
{
    for (size_t i = 0; i < l->n; i++)
        plumb_bytes_clear(&l->v[i].bytes);
    free(l->v);
    *l = (struct chosen_list){ .n = 0 };
}

/* Those that keep does not want go. */
static void
filter(struct chosen_list *l, bool (*keep)(const struct chosen *c, const void *arg),
       const void *arg)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n; i++) {
        if (keep(&l->v[i], arg))
            l->v[n++] = l->v[i];
        else
            plumb_bytes_clear(&l->v[i].bytes);
    }
    l->n = n;
}

static enum plumb_code
take(struct chosen_list *l, const struct audit_item *item, const struct plumb_statement *s,
     const struct plumb_digest *about, struct plumb_err *err)
{
    struct chosen *c;

    if (l->n == l->room) {
        size_t room = l->room > 0 ? 2 * l->room : 64;
        struct chosen *more = realloc(l->v, room * sizeof *more);

        if (more == NULL)
            return plumb_fail_memory(err);
        l->v = more;
        l->room = room;
    }
    c = &l->v[l->n];
    *c = (struct chosen){ item->index, s->kind, s->id, *about, { 0 } };
    PLUMB_TRY(plumb_bytes_copy(item->data, item->len, &c->bytes, err));
    l->n++;
    return PLUMB_OK;
}

static bool
is_not_about(const struct chosen *c, const void *release)
{
    return !plumb_digest_eq(&c->about, release);
}

/* A version may be registered again after it was rejected: then the one before is another. */
static enum plumb_code
take_release(struct chosen_list *l, const struct audit_item *item,
             const struct plumb_statement *s, struct plumb_err *err)
{
    if (!plumb_digest_eq(&l->release, &nothing))
        filter(l, is_not_about, &l->release);
    l->release = s->id;
    return take(l, item, s, &s->id, err);
}

static enum plumb_code
take_vote(struct chosen_list *l, const struct audit_item *item, const struct plumb_statement *s,
          struct plumb_err *err)
{
    for (size_t i = 0; i < l->n; i++) {
        const struct plumb_digest about = l->v[i].about;

        if (plumb_kind_is_proposal(l->v[i].kind) &&
            plumb_digest_eq(&l->v[i].id, &s->u.approval.proposal))
            return take(l, item, s, &about, err);
    }
    return PLUMB_OK;
}

static enum plumb_code
look(const struct pack_making *m, struct chosen_list *l, const struct audit_item *item,
     struct plumb_err *err)
{
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = audit_item_peek(item);

    if (s == NULL)
        return PLUMB_OK;
    if (s->kind == PLUMB_KIND_GOVERNANCE || s->kind == PLUMB_KIND_ADVISORY)
        return take(l, item, s, &nothing, err);
    if (s->kind == PLUMB_KIND_APPROVAL)
        return take_vote(l, item, s, err);
    if (s->payload == NULL || s->version == NULL || strcmp(s->payload, m->payload) != 0 ||
        strcmp(s->version, m->version) != 0)
        return PLUMB_OK;
    if (s->kind == PLUMB_KIND_RELEASE)
        return take_release(l, item, s, err);
    if (s->kind == PLUMB_KIND_RECOGNITION)
        return PLUMB_OK; /* verifiers' own word */
    return take(l, item, s, &l->release, err);
}

/* --- advisories --- */

static bool
is_wanted(const struct chosen *c, const void *until)
{
    return c->kind != PLUMB_KIND_ADVISORY || c->index <= *(const uint64_t *)until;
}

/* What the evaluation was made of, and no more: they are the largest by far. */
static void
drop_advisories(struct chosen_list *l)
{
    uint64_t until = 0;

    for (size_t i = 0; i < l->n; i++) {
        const struct audit_item item = { .data = l->v[i].bytes.data, .len = l->v[i].bytes.len };
        PLUMB_AUTO(auto_statement)
        struct plumb_statement *s =
            l->v[i].kind == PLUMB_KIND_EVALUATION ? audit_item_peek(&item) : NULL;

        if (s != NULL)
            until = s->u.evaluation.at;
    }
    filter(l, is_wanted, &until);
}

enum plumb_code
pack_select(const struct pack_making *m, uint64_t size, struct chosen_list *ret,
            struct plumb_err *err)
{
    PLUMB_AUTO(auto_batch) struct audit_batch *batch = NULL;
    PLUMB_AUTO(chosen_clear) struct chosen_list l = { .n = 0 };
    uint64_t bundle = 0, done = 0;

    PLUMB_TRY(audit_batch_new(&batch, err));
    do {
        audit_batch_clear(batch);
        PLUMB_TRY(audit_batch_read(batch, m->source, &bundle, size, err));
        for (size_t i = 0; i < batch->n; i++)
            PLUMB_TRY(look(m, &l, &batch->items[i], err));
        done += batch->n;
        if (m->progress != NULL && !m->progress(m->arg, "looking through the log", done, size))
            return plumb_fail(err, PLUMB_REFUSED, "audit.stopped", "", "stopped");
    } while (batch->n > 0);
    if (plumb_digest_eq(&l.release, &nothing))
        return plumb_fail(err, PLUMB_NOT_FOUND, "version.unknown", "",
                          "the log registers no %s@%s", m->payload, m->version);
    drop_advisories(&l);
    *ret = l;
    l = (struct chosen_list){ .n = 0 };
    return PLUMB_OK;
}
