/* Entries into the engine, one after the other. */
#include <stdio.h>
#include <string.h>

#include "audit/state.h"
#include "lib/own.h"

static enum plumb_code
find_at(struct audit *a, const struct audit_item *item, const struct plumb_err *what,
        struct plumb_err *err)
{
    char people[128];

    a->stopped = true;
    audit_people(a, item, people, sizeof people);
    return audit_find(a, item->index, people, what, err);
}

static enum plumb_code
stop_at(struct audit *a, const struct audit_item *item, const char *rule, struct plumb_err *err,
        const char *why)
{
    struct plumb_err what;

    (void)plumb_fail(&what, PLUMB_REFUSED, rule, "", "%s", why);
    return find_at(a, item, &what, err);
}

/* A key that came into force after the threads began with this batch; or one that must verify
 * its user since. */
static enum plumb_code
open_again(struct audit *a, struct audit_item *item, struct plumb_err *err)
{
    const struct plumb_pubkey *now, *then;

    if (item->opened == NULL) {
        if (strcmp(item->err.rule, "key.unknown") != 0)
            return PLUMB_OK;
    } else {
        now = engine_key(a->engine, &item->opened->statement->keys[0]);
        then = keyring_find(a->keys, &item->opened->statement->keys[0]);
        if (now == NULL || then == NULL ||
            plumb_pubkey_verify_required(now) == plumb_pubkey_verify_required(then))
            return PLUMB_OK;
        plumb_signed_free(item->opened);
        item->opened = NULL;
    }
    if (plumb_entry_open(item->data, item->len, engine_key, a->engine, &item->opened,
                         &item->time, &item->err) == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

/* Whatever else is wrong with it: what can be said of an entry without the state. */
static enum plumb_code
check_alone(struct audit *a, struct audit_item *item, bool *ret_good, struct plumb_err *err)
{
    *ret_good = false;
    if (item->err.code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (!item->read)
        return find_at(a, item, &item->err, err);
    if (a->counts.entries == 0)
        a->counts.first = a->time = item->time;
    PLUMB_TRY(open_again(a, item, err));
    if (a->stopped && item->time < a->time)
        PLUMB_TRY(stop_at(a, item, "log.time", err, "entry times never go backwards"));
    if (item->opened == NULL && !(a->stopped && strcmp(item->err.rule, "key.unknown") == 0))
        return find_at(a, item, &item->err, err);
    *ret_good = item->opened != NULL;
    if (*ret_good)
        a->counts.signatures += item->opened->statement->nkeys;
    return PLUMB_OK;
}

static enum plumb_code
tell(struct audit *a, const struct audit_item *item, const struct engine_effect *effect,
     struct plumb_err *err)
{
    struct audit_act act = { .index = item->index,
                             .time = item->time,
                             .statement = item->opened->statement,
                             .effect = effect };
    struct plumb_digest key = act.statement->keys[0];

    act.who = engine_owner(a->engine, &key);
    for (size_t i = 0; i < a->config.nobservers; i++) {
        const struct audit_observer *o = a->config.observers[i];

        if (o->after != NULL)
            PLUMB_TRY(o->after(o->self, a->engine, &act, err));
    }
    return PLUMB_OK;
}

static void
count(struct audit *a, const struct audit_item *item, const struct engine_effect *effect)
{
    const struct plumb_statement *s = item->opened->statement;
    const struct plumb_digest *id =
        s->kind == PLUMB_KIND_APPROVAL ? &s->u.approval.proposal : &s->id;
    struct engine_proposal p;

    a->counts.folded++;
    a->counts.kinds[s->kind]++;
    a->counts.publications += s->kind == PLUMB_KIND_PUBLICATION;
    if (!effect->completed)
        return;
    if ((s->kind == PLUMB_KIND_APPROVAL || plumb_kind_is_proposal(s->kind)) &&
        engine_proposal(a->engine, id, &p) &&
        (p.state == ENGINE_PROPOSAL_EFFECTIVE || p.state == ENGINE_PROPOSAL_SCHEDULED))
        a->counts.quorums++;
}

/* Without a quorum: bundles show findings, and a publication clears what was touched. */
static bool
changes_bundles(enum plumb_kind kind)
{
    return kind == PLUMB_KIND_EVIDENCE || kind == PLUMB_KIND_ADVISORY ||
           kind == PLUMB_KIND_PUBLICATION;
}

static enum plumb_code
apply(struct audit *a, const struct audit_item *item, struct plumb_err *err)
{
    PLUMB_AUTO(audit_blobs_clear) struct audit_blobs blobs = { 0 };
    struct engine_effect effect;
    struct plumb_err what;
    enum plumb_code code;
    bool ok;

    PLUMB_TRY(audit_blobs_load(a, item, &blobs, &ok, err));
    if (!ok) {
        a->stopped = true;
        return PLUMB_OK; /* it has been said */
    }
    if (item->opened->statement->kind == PLUMB_KIND_PUBLICATION)
        PLUMB_TRY(audit_publication(a, item, item->time, err));
    code = engine_apply(a->engine, item->opened, item->index, item->time, blobs.blobs, blobs.n,
                        &effect, &what);
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (code != PLUMB_OK)
        return find_at(a, item, &what, err);
    if (effect.repeated)
        return stop_at(a, item, "entry.repeated", err,
                       "the statement was accepted before, and stands in the log once more");
    count(a, item, &effect);
    if (effect.completed || changes_bundles(item->opened->statement->kind))
        audit_changed(a, item->time);
    return tell(a, item, &effect, err);
}

static enum plumb_code
fold_one(struct audit *a, struct audit_item *item, struct plumb_err *err)
{
    if (item->index == 0 && !plumb_digest_eq(&item->opened->statement->id, &a->config.genesis))
        PLUMB_TRY(stop_at(a, item, "genesis.pin", err,
                          "the log does not begin with the genesis that is pinned"));
    for (size_t i = 0; i < a->config.nobservers && !a->stopped; i++) {
        const struct audit_observer *o = a->config.observers[i];

        if (o->before != NULL)
            PLUMB_TRY(o->before(o->self, a->engine, item->time, err));
    }
    if (!a->stopped && !a->part)
        PLUMB_TRY(audit_published(a, item->index, item->time, err));
    if (!a->stopped && a->part)
        PLUMB_TRY(engine_pass_over(a->engine, item->index, err));
    return a->stopped ? PLUMB_OK : apply(a, item, err);
}

enum plumb_code
audit_judge(struct audit *a, struct audit_item *item, bool meaning, struct plumb_err *err)
{
    bool good;

    PLUMB_TRY(check_alone(a, item, &good, err));
    if (good && meaning && !a->stopped)
        PLUMB_TRY(fold_one(a, item, err));
    if (item->read && item->time > a->time)
        a->time = a->counts.last = item->time;
    a->counts.entries++;
    a->counts.bytes += item->len;
    return PLUMB_OK;
}

enum plumb_code
audit_keys(struct audit *a, struct plumb_err *err)
{
    if (a->keys_of != engine_keys_changed(a->engine)) {
        PLUMB_TRY(keyring_engine(a->keys, a->engine, err));
        a->keys_of = engine_keys_changed(a->engine);
    }
    return PLUMB_OK;
}

enum plumb_code
audit_fold(struct audit *a, const struct audit_batch *batch, struct plumb_err *err)
{
    for (size_t i = 0; i < batch->n; i++) {
        PLUMB_TRY(audit_judge(a, &batch->items[i], true, err));
        /* last, so that a tile's findings know who signed its entries */
        PLUMB_TRY(audit_leaf(a, batch, &batch->items[i], err));
    }
    return audit_keys(a, err);
}
