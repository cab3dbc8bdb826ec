/* One entry at a time: who signed it, whether it may be here, and then what its kind says. */
#include <stdlib.h>
#include <string.h>

#include "engine/kinds.h"
#include "engine/proposal.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_engine, struct engine *, engine_free);

enum plumb_code
engine_new(const unsigned char secret[ENGINE_SECRET], struct engine **ret,
           struct plumb_err *err)
{
    PLUMB_AUTO(auto_engine) struct engine *e = calloc(1, sizeof *e);
    const struct siphash hash = siphash_init(secret);

    if (e == NULL)
        return plumb_fail_memory(err);
    state_init(e, &hash);
    PLUMB_TRY(plumb_chain_new(&e->chain, err));
    *ret = PLUMB_TAKE(e);
    return PLUMB_OK;
}

void
engine_free(struct engine *e)
{
    if (e == NULL)
        return;
    state_clear(e);
    free(e);
}

/* --- time ahead of the log --- */

/* Back to the fold of the log. */
static void
fall_back(struct engine *e)
{
    if (e->ahead)
        state_undo(e, &e->fold);
    e->ahead = false;
}

/* Ahead of the log: what it does is undone before the next entry. */
static enum plumb_code
run_ahead(struct engine *e, plumb_time time, struct plumb_err *err)
{
    struct savepoint before = state_save(e);
    enum plumb_code code = time_pass(e, time, err);

    if (code != PLUMB_OK) {
        state_undo(e, &before);
    } else if (!e->ahead && e->journal.n > before.changes) {
        e->ahead = true;
        e->fold = before;
    }
    state_tidy(e);
    return code;
}

enum plumb_code
engine_advance(struct engine *e, plumb_time time, struct plumb_err *err)
{
    return time > e->now.now ? run_ahead(e, time, err) : PLUMB_OK;
}

/* --- the overlay --- */

/* Nothing can be undone any more, but what ran ahead. */
static void
settle_journal(struct engine *e)
{
    if (e->marked)
        return;
    journal_forget(&e->journal, e->ahead ? e->fold.changes : e->journal.n);
    e->fold.changes = 0;
    state_purge_seen(e);
}

void
engine_mark(struct engine *e)
{
    plumb_time now = e->now.now;

    fall_back(e);
    settle_journal(e);
    e->journal.generation++;
    e->marked = true;
    e->mark = state_save(e);
    e->marked_at = now;
    (void)run_ahead(e, now, NULL); /* without memory: as of the last entry, which is legal */
}

void
engine_keep(struct engine *e)
{
    e->marked = false;
    settle_journal(e);
}

void
engine_drop(struct engine *e)
{
    if (!e->marked)
        return;
    e->ahead = false;
    state_undo(e, &e->mark);
    e->marked = false;
    settle_journal(e);
    (void)run_ahead(e, e->marked_at, NULL);
}

/* --- one entry --- */

static enum plumb_code
check_entry(const struct engine *e, const struct plumb_statement *s, uint64_t index,
            plumb_time time, struct plumb_err *err)
{
    if (index != e->now.size)
        return plumb_fail(err, PLUMB_CONFLICT, "log.index", "",
                          "the next entry is %llu, not %llu", (unsigned long long)e->now.size,
                          (unsigned long long)index);
    if (time < e->now.time)
        return plumb_fail(err, PLUMB_REFUSED, "log.time", "time",
                          "entry times never go backwards");
    if (s->issued > plumb_time_add(time, PLUMB_EARLY_MAX))
        return plumb_fail(err, PLUMB_REFUSED, "statement.early", "predicate.issued",
                          "it was issued in the future; set the signer's clock right");
    if (time > s->expires)
        return plumb_fail(err, PLUMB_EXPIRED, "statement.expired", "predicate.expires",
                          "it may be accepted no more; sign it anew");
    if (s->expires < s->issued || s->expires - s->issued > PLUMB_LIFETIME_MAX)
        return plumb_fail(err, PLUMB_INVALID, "statement.lifetime", "predicate.expires",
                          "want at most 31 days after issued");
    return PLUMB_OK;
}

static enum plumb_code
enrolled_actor(const struct context *c, const struct plumb_digest *key, struct actor *ret,
               struct plumb_err *err)
{
    const struct enrolled_key *k = state_get(c->e, STATE_KEYS, key->b, sizeof key->b);

    if (k == NULL)
        return plumb_fail(err, PLUMB_FORBIDDEN, "key.unknown", "predicate.key",
                          "no principal has this key");
    if (k->key.use != PLUMB_USE_SIGN)
        return plumb_fail(err, PLUMB_FORBIDDEN, "key.use", "predicate.key",
                          "this key is not for signing");
    if (c->index < k->from || c->index >= k->until)
        return plumb_fail(err, PLUMB_FORBIDDEN, "key.retired", "predicate.key",
                          "this key of %s is retired", k->principal.s);
    *ret = (struct actor){ .id = k->principal.s,
                           .fleet = k->fleet.s,
                           .may = 1u << PLUMB_POWER_RECOGNISE | 1u << PLUMB_POWER_PULL };
    return PLUMB_OK;
}

/* Whose key signed it, and may it sign now? */
static enum plumb_code
find_actor(const struct context *c, struct actor *ret, struct plumb_err *err)
{
    const struct plumb_digest *key = &c->s->keys[0];
    const struct plumb_principal *p;
    const char *id;

    if (c->s->nkeys != 1)
        return plumb_fail(err, PLUMB_INVALID, "signature.count", "predicate.keys",
                          "only a genesis has more than one signer");
    if (plumb_chain_pubkey(c->e->chain, key) == NULL)
        return enrolled_actor(c, key, ret, err);
    PLUMB_TRY(plumb_chain_signer(c->e->chain, key, PLUMB_USE_SIGN, c->index, 0, &id, err));
    p = plumb_governance_principal(state_document(c->e), id);
    *ret = (struct actor){ .id = id, .listed = p, .may = p != NULL ? p->may : 0 };
    return PLUMB_OK;
}

static enum plumb_code
dispatch(const struct context *c, struct plumb_err *err)
{
    switch (c->s->kind) {
    case PLUMB_KIND_GOVERNANCE:
    case PLUMB_KIND_RELEASE:
    case PLUMB_KIND_ROLLOUT:
    case PLUMB_KIND_REVOCATION:
    case PLUMB_KIND_WAIVER:
        return proposal_propose(c, err);
    case PLUMB_KIND_APPROVAL:
        return proposal_vote(c, err);
    case PLUMB_KIND_RECOGNITION:
        return recognise(c, err);
    case PLUMB_KIND_ENROLMENT:
        return enrol(c, err);
    case PLUMB_KIND_PUBLICATION:
        return publish(c, err);
    case PLUMB_KIND_PHASE_OUT:
    case PLUMB_KIND_BEGIN:
    case PLUMB_KIND_LAPSE:
    case PLUMB_KIND_OVERRUN:
    case PLUMB_KIND_EVALUATION:
        return time_record(c, err);
    case PLUMB_KIND_EVIDENCE:
        return attach(c, err);
    case PLUMB_KIND_ADVISORY:
        return import(c, err);
    case PLUMB_KIND_COUNT:
        break;
    }
    return plumb_fail(err, PLUMB_UNSUPPORTED, "statement.kind", "predicateType",
                      "not a kind of statement");
}

/* Whatever it names is stored, though only some of it is read. */
static enum plumb_code
check_blobs(const struct context *c, struct plumb_err *err)
{
    const size_t max = engine_needs_max(c->s);
    size_t n, read;
    PLUMB_AUTO(auto_free) struct plumb_digest *needed = calloc(max, sizeof *needed);

    if (needed == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(engine_needs(c->s, c->blobs, c->nblobs, needed, max, &n, &read, err));
    for (size_t i = 0; i < n; i++) {
        char hex[PLUMB_DIGEST_HEX];
        size_t k = 0;

        while (k < c->nblobs && (!plumb_digest_eq(&c->blobs[k].digest, &needed[i]) ||
                                 (i < read && c->blobs[k].data == NULL)))
            k++;
        if (k < c->nblobs)
            continue;
        plumb_digest_hex(&needed[i], hex);
        return plumb_fail(err, PLUMB_INVALID, "blob.missing", "predicate",
                          "upload the blob %s first", hex);
    }
    return PLUMB_OK;
}

static enum plumb_code
accept(struct context *c, struct plumb_err *err)
{
    struct engine *e = c->e;
    const struct plumb_governance *doc = state_document(e);

    if (doc == NULL) {
        PLUMB_TRY(govern_genesis(c, err));
        return check_blobs(c, err);
    }
    if (strcmp(c->s->log, doc->origin) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "statement.log", "predicate.log",
                          "this is the log %s", doc->origin);
    PLUMB_TRY(time_pass(e, c->time, err));
    state_tidy(e);
    PLUMB_TRY(find_actor(c, &c->actor, err));
    if (c->s->kind == PLUMB_KIND_GOVERNANCE || c->s->kind == PLUMB_KIND_RELEASE ||
        c->s->kind == PLUMB_KIND_EVIDENCE || c->s->kind == PLUMB_KIND_ADVISORY)
        PLUMB_TRY(check_blobs(c, err));
    return dispatch(c, err);
}

/* It will not be accepted twice. */
static enum plumb_code
remember(struct engine *e, const struct plumb_statement *s, uint64_t index,
         struct plumb_err *err)
{
    struct seen *seen = calloc(1, sizeof *seen);
    struct map *m = &e->maps[STATE_SEEN];
    bool known = map_find(m, s->id.b, sizeof s->id.b) != NULL;

    if (seen == NULL)
        return plumb_fail_memory(err);
    seen->index = index;
    seen->expires = s->expires;
    PLUMB_TRY(state_put(e, STATE_SEEN, s->id.b, sizeof s->id.b, &seen->head, err));
    /* an entry that an undo left behind is still in the heap */
    if (!known && !heap_push(&e->expiries, s->expires, map_find(m, s->id.b, sizeof s->id.b)))
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

static enum plumb_code
apply(struct engine *e, const struct plumb_statement *s, uint64_t index, plumb_time time,
      const struct engine_blob *blobs, size_t nblobs, struct engine_effect *effect,
      struct plumb_err *err)
{
    struct context c = { .e = e,
                         .s = s,
                         .index = index,
                         .time = time,
                         .blobs = blobs,
                         .nblobs = nblobs,
                         .effect = effect };

    PLUMB_TRY(check_entry(e, s, index, time, err));
    PLUMB_TRY(accept(&c, err));
    PLUMB_TRY(remember(e, s, index, err));
    e->now.size = index + 1;
    e->now.time = e->now.now = time;
    return PLUMB_OK;
}

enum plumb_code
engine_pass_over(struct engine *e, uint64_t index, struct plumb_err *err)
{
    fall_back(e);
    if (index < e->now.size)
        return plumb_fail(err, PLUMB_CONFLICT, "log.index", "", "entry %llu was passed already",
                          (unsigned long long)index);
    e->part = e->part || index > e->now.size;
    e->now.size = index;
    return PLUMB_OK;
}

enum plumb_code
engine_apply(struct engine *e, const struct plumb_signed *s, uint64_t index, plumb_time time,
             const struct engine_blob *blobs, size_t nblobs, struct engine_effect *ret,
             struct plumb_err *err)
{
    struct engine_effect effect = { .index = index };
    plumb_time now = e->now.now;
    struct savepoint before;
    enum plumb_code code;

    if (time <= s->statement->expires && engine_seen(e, &s->statement->id, &effect.index)) {
        effect.repeated = true;
        *ret = effect;
        return PLUMB_OK;
    }
    fall_back(e);
    before = state_save(e);
    code = apply(e, s->statement, index, time, blobs, nblobs, &effect, err);
    if (code != PLUMB_OK) {
        state_undo(e, &before);
        (void)run_ahead(e, now, NULL);
    }
    settle_journal(e);
    state_tidy(e);
    if (code == PLUMB_OK)
        *ret = effect;
    return code;
}
