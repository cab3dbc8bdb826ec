/* Governance changes: the chain, and what a key that is declared compromised takes with it. */
#include <string.h>

#include "engine/count.h"
#include "engine/derive.h"
#include "engine/kinds.h"
#include "engine/match.h"
#include "engine/place.h"
#include "engine/proposal.h"
#include "engine/trust.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_governance, struct plumb_governance *, plumb_governance_free);

/* The document that the statement names, read, and consistent with what the statement says. */
static enum plumb_code
read_named(const struct context *c, const struct engine_blob **ret_blob,
           struct plumb_governance **ret, struct plumb_err *err)
{
    const struct plumb_statement *s = c->s;
    PLUMB_AUTO(auto_governance) struct plumb_governance *doc = NULL;

    PLUMB_TRY(context_blob(c, &s->u.governance.document, ret_blob, err));
    PLUMB_TRY(plumb_governance_parse((*ret_blob)->data, (*ret_blob)->len, &doc, err));
    if (doc->version != s->u.governance.version)
        return plumb_fail(err, PLUMB_INVALID, "governance.version", "predicate.version",
                          "the document is version %lld", (long long)doc->version);
    if (!plumb_digest_eq(&doc->previous, &s->u.governance.previous))
        return plumb_fail(err, PLUMB_INVALID, "governance.previous", "predicate.previous",
                          "the document names another predecessor");
    PLUMB_TRY(trust_keep_root(c, doc, err));
    *ret = PLUMB_TAKE(doc);
    return PLUMB_OK;
}

enum plumb_code
govern_genesis(const struct context *c, struct plumb_err *err)
{
    PLUMB_AUTO(auto_governance) struct plumb_governance *doc = NULL;
    struct context genesis = *c;
    const struct engine_blob *blob;
    const char *who;

    if (c->s->kind != PLUMB_KIND_GOVERNANCE || c->s->u.governance.version != 1)
        return plumb_fail(err, PLUMB_REFUSED, "log.no-genesis", "predicateType",
                          "a log begins with its genesis: governance version 1");
    PLUMB_TRY(read_named(c, &blob, &doc, err));
    if (strcmp(doc->origin, c->s->log) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "statement.log", "predicate.log",
                          "the document is for the log %s", doc->origin);
    PLUMB_TRY(plumb_chain_push(c->e->chain, doc, &c->s->id, c->index, c->time, err));
    doc = NULL;
    for (size_t i = c->s->nkeys; i > 0; i--)
        PLUMB_TRY(plumb_chain_signer(c->e->chain, &c->s->keys[i - 1], PLUMB_USE_SIGN, c->index,
                                     0, &who, err));
    genesis.actor.listed = plumb_governance_principal(state_document(c->e), who);
    genesis.actor.id = who;
    genesis.actor.may = genesis.actor.listed->may;
    PLUMB_TRY(context_power(&genesis, PLUMB_POWER_GOVERNANCE, err));
    c->e->keys_changed++;
    c->effect->completed = true;
    context_say(c, "genesis of %.150s", state_document(c->e)->origin);
    return proposal_genesis(&genesis, err);
}

enum plumb_code
govern_propose(const struct context *c, struct document **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_governance) struct plumb_governance *doc = NULL;
    const struct engine_blob *blob;
    struct document *d;
    enum plumb_code code;

    PLUMB_TRY(read_named(c, &blob, &doc, err));
    d = calloc(1, sizeof *d);
    if (d == NULL)
        return plumb_fail_memory(err);
    d->holders = 1;
    code = plumb_bytes_copy(blob->data, blob->len, &d->bytes, err);
    if (code != PLUMB_OK) {
        free(d);
        return code;
    }
    *ret = d;
    return PLUMB_OK;
}

/* What was enrolled meanwhile belongs to nobody in the document. */
static enum plumb_code
check_enrolled(const struct engine *e, const struct plumb_governance *doc,
               struct plumb_err *err)
{
    for (size_t i = 0; i < doc->nprincipals; i++) {
        const struct plumb_principal *p = &doc->principals[i];

        if (state_get(e, STATE_ENROLLED, p->id, strlen(p->id)) != NULL)
            return plumb_fail(err, PLUMB_CONFLICT, "enrolment.exists", "document.principals",
                              "%s is the name of an enrolled verifier", p->id);
        for (size_t k = 0; k < p->nkeys; k++)
            if (state_get(e, STATE_KEYS, plumb_pubkey_id(p->keys[k].pub)->b,
                          PLUMB_DIGEST_LEN) != NULL)
                return plumb_fail(err, PLUMB_CONFLICT, "governance.key-twice",
                                  "document.principals",
                                  "a key of %s is an enrolled verifier's", p->id);
    }
    return PLUMB_OK;
}

static bool
is_listed(const struct proposed *what, const struct plumb_digest *id)
{
    for (size_t i = 0; i < what->nratify; i++)
        if (plumb_digest_eq(&what->ratify[i], id))
            return true;
    return false;
}

static bool
is_ratifiable(const struct proposal *p)
{
    return p->state == ENGINE_PROPOSAL_EFFECTIVE &&
           (p->what->kind == PLUMB_KIND_GOVERNANCE || p->what->kind == PLUMB_KIND_REVOCATION);
}

/* With the new document on the chain: what stood before, and would not now, must be listed. */
static enum plumb_code
check_ratified(const struct engine *e, const struct proposed *what, struct plumb_err *err)
{
    const struct map *m = &e->maps[STATE_PROPOSALS];
    size_t before = plumb_chain_length(e->chain) - 1;

    for (size_t i = 0; i < what->nratify; i++) {
        const struct proposal *p = state_proposal(e, &what->ratify[i]);

        if (p == NULL && e->part)
            continue; /* a revocation of another release, say */
        if (p == NULL || !is_ratifiable(p))
            return plumb_fail(err, PLUMB_INVALID, "governance.ratify", "predicate.ratify",
                              "element %zu is no governance change or revocation that took "
                              "effect",
                              i);
    }
    for (size_t i = 0; i < m->norder; i++) {
        const struct proposal *p = (const struct proposal *)m->order[i]->record;
        char hex[PLUMB_DIGEST_HEX];

        if (!is_ratifiable(p) || is_listed(what, &p->what->id) || count_stands(e, p, 0) ||
            !count_stands(e, p, before))
            continue;
        plumb_digest_hex(&p->what->id, hex);
        return plumb_fail(err, PLUMB_REFUSED, "governance.ratify", "predicate.ratify",
                          "the %s %s rested on a key that this change declares compromised: "
                          "list it",
                          plumb_kind_text(p->what->kind), hex);
    }
    return PLUMB_OK;
}

static size_t
count_compromised(const struct plumb_governance *doc)
{
    size_t n = 0;

    for (size_t i = 0; i < doc->nprincipals; i++)
        for (size_t k = 0; k < doc->principals[i].nkeys; k++)
            n += doc->principals[i].keys[k].status == PLUMB_KEY_COMPROMISED;
    return n;
}

/* The steps that open a version's window, or widen it, rest on a quorum. What its successor did
 * only narrows it; revocations stand. */
static bool
rests_on_quorum(const struct step *s)
{
    return !s->by_overrun && (s->step == PLUMB_STEP_BEGIN || s->step == PLUMB_STEP_COMPLETE ||
                              s->step == PLUMB_STEP_RESCHEDULE);
}

/* By what is known now, does it rest on a quorum that does not stand? */
static bool
loses_quorum(const struct engine *e, const struct placement *p)
{
    if (!count_stands(e, state_proposal(e, &p->release), 0))
        return true;
    for (size_t i = 0; i < p->nsteps; i++)
        if (rests_on_quorum(&p->steps[i]) &&
            !count_stands(e, state_proposal(e, &p->steps[i].proposal), 0))
            return true;
    return false;
}

/* The new document on the chain: only what loses its quorum is disposed of, and revoked only by
 * a change that declares a key compromised. */
static enum plumb_code
check_dispositions(const struct engine *e, const struct proposed *what, plumb_time now,
                   struct plumb_err *err)
{
    size_t n = plumb_chain_length(e->chain);
    bool declares = count_compromised(plumb_chain_link(e->chain, n - 1)->document) >
                    count_compromised(plumb_chain_link(e->chain, n - 2)->document);

    for (size_t i = 0; i < what->ncompromise; i++) {
        const struct plumb_disposition *d = &what->compromise[i];
        struct state_key key = key_names(d->payload, d->version);
        const struct reference *named = state_get_key(e, STATE_NAMES, &key);
        const struct placement *p =
            named != NULL ? state_placement(e, d->fleet, &named->id) : NULL;

        if (!d->keep && !declares)
            return plumb_fail(err, PLUMB_REFUSED, "governance.disposition",
                              "predicate.compromise",
                              "no key is declared compromised: revoke %s@%s by a revocation",
                              d->payload, d->version);
        if (d->keep && d->until <= now)
            return plumb_fail(err, PLUMB_REFUSED, "governance.disposition",
                              "predicate.compromise", "keep %s@%s until a time ahead",
                              d->payload, d->version);
        if (p != NULL && placement_is_accepted(p) && !loses_quorum(e, p))
            return plumb_fail(err, PLUMB_REFUSED, "governance.disposition",
                              "predicate.compromise", "%s@%s in %s does not lose its quorum",
                              d->payload, d->version, d->fleet);
    }
    return PLUMB_OK;
}

enum plumb_code
govern_check(struct engine *e, const struct proposed *what, const struct document *document,
             struct moment at, struct plumb_err *err)
{
    PLUMB_AUTO(auto_governance) struct plumb_governance *doc = NULL;
    enum plumb_code code;

    PLUMB_TRY(plumb_governance_parse(document->bytes.data, document->bytes.len, &doc, err));
    PLUMB_TRY(check_enrolled(e, doc, err));
    PLUMB_TRY(plumb_chain_push(e->chain, doc, &what->id, at.index, at.time, err));
    doc = NULL;
    code = check_ratified(e, what, err);
    if (code == PLUMB_OK)
        code = check_dispositions(e, what, at.time, err);
    plumb_chain_pop(e->chain);
    return code;
}

/* --- when it takes effect --- */

static bool
same_payloads(const struct plumb_governance *a, const struct plumb_governance *b)
{
    if (a->npayloads != b->npayloads || a->nfleets != b->nfleets)
        return false;
    for (size_t i = 0; i < a->npayloads; i++)
        if (strcmp(a->payloads[i].name, b->payloads[i].name) != 0)
            return false;
    for (size_t i = 0; i < a->nfleets; i++) {
        const struct plumb_fleet *f = &a->fleets[i], *g = &b->fleets[i];

        if (strcmp(f->name, g->name) != 0 || f->all_payloads != g->all_payloads ||
            f->npayloads != g->npayloads)
            return false;
        for (size_t k = 0; k < f->npayloads; k++)
            if (strcmp(f->payloads[k], g->payloads[k]) != 0)
                return false;
    }
    return true;
}

/* Which payloads a fleet has decides which sections its content has. */
static enum plumb_code
touch_all(struct engine *e, struct plumb_err *err)
{
    const struct map *m = &e->maps[STATE_TRACKS];

    for (size_t i = 0; i < m->norder; i++) {
        const struct track *t = (const struct track *)m->order[i]->record;

        if (t != NULL)
            PLUMB_TRY(derive_touch(e, t->fleet.s, t->payload.s, err));
    }
    return PLUMB_OK;
}

static bool
is_undermined(const struct engine *e, const struct placement *p)
{
    if (state_proposal(e, &p->release)->state == ENGINE_PROPOSAL_UNDERMINED)
        return true;
    for (size_t i = 0; i < p->nsteps; i++)
        if (rests_on_quorum(&p->steps[i]) &&
            state_proposal(e, &p->steps[i].proposal)->state == ENGINE_PROPOSAL_UNDERMINED)
            return true;
    return false;
}

static enum plumb_code
undermine_if_lost(struct engine *e, const struct plumb_digest *id, struct plumb_err *err)
{
    const struct proposal *p = state_proposal(e, id);

    if (p->state != ENGINE_PROPOSAL_EFFECTIVE || count_stands(e, p, 0))
        return PLUMB_OK;
    return proposal_undermine(e, id, true, err);
}

/* Releases, and the moves of versions that are accepted. */
static enum plumb_code
undermine_lost(struct engine *e, struct plumb_err *err)
{
    const struct map *versions = &e->maps[STATE_VERSIONS];
    const struct map *placements = &e->maps[STATE_PLACEMENTS];

    for (size_t i = 0; i < versions->norder; i++)
        PLUMB_TRY(undermine_if_lost(
            e, &((const struct version *)versions->order[i]->record)->release, err));
    for (size_t i = 0; i < placements->norder; i++) {
        const struct placement *p = (const struct placement *)placements->order[i]->record;

        for (size_t k = 0; placement_is_accepted(p) && k < p->nsteps; k++)
            if (rests_on_quorum(&p->steps[k]))
                PLUMB_TRY(undermine_if_lost(e, &p->steps[k].proposal, err));
    }
    return PLUMB_OK;
}

static const struct plumb_disposition *
disposition_of(const struct proposed *what, const struct placement *p)
{
    for (size_t i = 0; i < what->ncompromise; i++) {
        const struct plumb_disposition *d = &what->compromise[i];

        if (strcmp(d->fleet, p->fleet.s) == 0 && strcmp(d->payload, p->payload.s) == 0 &&
            strcmp(d->version, p->version.s) == 0)
            return d;
    }
    return NULL;
}

static enum plumb_code
dispose(struct engine *e, const struct proposed *what, const struct placement *p,
        struct moment at, struct plumb_err *err)
{
    const struct plumb_disposition *d = disposition_of(what, p);
    struct name fleet = p->fleet;

    if (d != NULL && d->keep)
        return place_keep(e, fleet.s, &p->release, d->until, err);
    if (d == NULL && p->kept_until != PLUMB_TIME_NEVER)
        return PLUMB_OK; /* an earlier change said so */
    return revoke_in(e, fleet.s, state_version(e, &p->release), &what->id, at, err);
}

static enum plumb_code
dispose_undermined(struct engine *e, const struct proposed *what, struct moment at,
                   struct plumb_err *err)
{
    const struct map *m = &e->maps[STATE_PLACEMENTS];

    for (size_t i = 0; i < m->norder; i++) {
        const struct placement *p = (const struct placement *)m->order[i]->record;

        if (placement_is_accepted(p) && is_undermined(e, p))
            PLUMB_TRY(dispose(e, what, p, at, err));
    }
    return PLUMB_OK;
}

/* Whom it trusts decides which bill of materials is a release's. */
static enum plumb_code
rematch_all(struct engine *e, struct moment at, struct plumb_err *err)
{
    const struct map *m = &e->maps[STATE_VERSIONS];

    for (size_t i = 0; state_document(e)->controls != NULL && i < m->norder; i++)
        PLUMB_TRY(
            match_bill(e, at, &((const struct version *)m->order[i]->record)->release, err));
    return PLUMB_OK;
}

enum plumb_code
govern_effect(struct engine *e, const struct proposed *what, const struct document *document,
              struct moment at, struct plumb_err *err)
{
    const struct plumb_governance *before = state_document(e);
    PLUMB_AUTO(auto_governance) struct plumb_governance *doc = NULL;

    PLUMB_TRY(plumb_governance_parse(document->bytes.data, document->bytes.len, &doc, err));
    PLUMB_TRY(plumb_chain_push(e->chain, doc, &what->id, at.index, at.time, err));
    doc = NULL;
    e->keys_changed++;
    if (!same_payloads(before, state_document(e)) || before->controls != NULL ||
        state_document(e)->controls != NULL)
        PLUMB_TRY(touch_all(e, err));
    PLUMB_TRY(rematch_all(e, at, err));
    PLUMB_TRY(proposal_recount(e, at.index, at.time, err));
    if (count_compromised(state_document(e)) == count_compromised(before) &&
        what->ncompromise == 0)
        return PLUMB_OK;
    PLUMB_TRY(undermine_lost(e, err));
    return dispose_undermined(e, what, at, err);
}

enum plumb_code
govern_restore(struct engine *e, struct plumb_err *err)
{
    const struct map *m = &e->maps[STATE_PLACEMENTS];

    for (size_t i = 0; i < m->norder; i++) {
        const struct placement *p = (const struct placement *)m->order[i]->record;
        struct name fleet = p->fleet;

        if (!placement_is_accepted(p) || p->kept_until == PLUMB_TIME_NEVER ||
            is_undermined(e, p))
            continue;
        PLUMB_TRY(place_keep(e, fleet.s, &p->release, PLUMB_TIME_NEVER, err));
    }
    return PLUMB_OK;
}
