/* A proposal as a person decides on it, all of it verified here. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/chain.h"
#include "client/diff.h"
#include "client/json_diff.h"
#include "client/keyspec.h"
#include "client/prove.h"
#include "lib/own.h"
#include "tui/session.h"
#include "tui/view.h"

#define CHANGES_MAX 4000 /* more are counted, not shown */

PLUMB_DEFINE_AUTO(auto_statement, struct tui_statement *, tui_statement_free);
PLUMB_DEFINE_AUTO(auto_sets, struct plumb_sets *, plumb_sets_free);
PLUMB_DEFINE_AUTO(auto_governance, struct plumb_governance *, plumb_governance_free);

void
view_key_text(const struct plumb_pubkey *key, char *ret, size_t size)
{
    char fingerprint[KEYSPEC_FINGERPRINT] = "";

    if (keyspec_fingerprint(key, fingerprint, NULL) != PLUMB_OK)
        fingerprint[0] = '\0';
    (void)snprintf(ret, size, "%s %s", plumb_key_type_text(plumb_pubkey_type(key)),
                   fingerprint);
}

char *
view_raw(const json_t *json)
{
    return json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);
}

/* --- votes --- */

/* A reason is in the vote's own statement. */
static void
read_reason(struct session *s, const struct plumb_vote *v, char *ret, size_t size)
{
    PLUMB_AUTO(client_statement_clear) struct client_statement vote = { 0 };

    if (v->decision == PLUMB_APPROVE ||
        client_entry(s->client, v->index, client_chain_key, s->chain, &vote, NULL) != PLUMB_OK)
        return;
    if (vote.signed_statement->statement->u.approval.reason != NULL)
        (void)snprintf(ret, size, "%s", vote.signed_statement->statement->u.approval.reason);
}

static bool
asks_for_others(const struct session *s, const struct plumb_statement *st)
{
    const struct plumb_quorum *q = client_proposal_quorum(session_document(s), st, 0);

    return q != NULL && q->others;
}

static enum plumb_code
fill_votes(struct session *s, const struct client_proposal *p, struct tui_statement *ret,
           struct plumb_err *err)
{
    const struct plumb_statement *st = p->statement.signed_statement->statement;

    ret->votes = calloc(p->nvotes + 1, sizeof *ret->votes);
    if (ret->votes == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < p->nvotes; i++) {
        const struct plumb_vote *v = &p->votes[i];
        struct tui_vote *to = &ret->votes[ret->nvotes++];
        struct plumb_err why;
        const char *id;

        to->time = v->time;
        to->index = v->index;
        to->counts = true;
        (void)snprintf(to->decision, sizeof to->decision, "%ss",
                       i == 0 ? "propose" : plumb_decision_text(v->decision));
        (void)snprintf(to->who, sizeof to->who, "%s", session_whose(s, &v->key, v->index));
        if (plumb_chain_signer(s->chain, &v->key, PLUMB_USE_SIGN, v->index, 0, &id, &why) !=
            PLUMB_OK) {
            to->counts = false;
            (void)snprintf(to->note, sizeof to->note, "does not count, %s", why.msg);
        } else if (i == 0 && asks_for_others(s, st)) {
            to->counts = false;
            (void)snprintf(to->note, sizeof to->note, "does not count, others must approve");
        } else if (i > 0)
            read_reason(s, v, to->note, sizeof to->note);
    }
    return PLUMB_OK;
}

/* --- differences --- */

struct changes {
    struct tui_statement *to;
    size_t room;
    bool oom;
};

static void
add_change(struct changes *c, int how, const char *name, const char *before, const char *after)
{
    struct tui_change *change;

    if (c->to->nchanges == CHANGES_MAX)
        return;
    if (c->to->nchanges == c->room) {
        const size_t room = c->room == 0 ? 64 : c->room * 2;
        struct tui_change *more = realloc(c->to->changes, room * sizeof *more);

        if (more == NULL) {
            c->oom = true;
            return;
        }
        c->to->changes = more;
        c->room = room;
    }
    change = &c->to->changes[c->to->nchanges++];
    change->how = how;
    change->name = strdup(name);
    change->before = before != NULL ? strdup(before) : NULL;
    change->after = after != NULL ? strdup(after) : NULL;
    c->oom |= change->name == NULL;
}

static void
take_line(void *arg, const struct diff_line *line)
{
    struct changes *c = arg;
    char before[DIFF_TEXT] = "", after[DIFF_TEXT] = "";

    if (line->same) {
        c->to->unchanged++;
        return;
    }
    if (line->before != NULL)
        diff_text(line->before, before);
    if (line->after != NULL)
        diff_text(line->after, after);
    add_change(c,
               line->before == NULL  ? TUI_ADDED
               : line->after == NULL ? TUI_REMOVED
                                     : TUI_CHANGED,
               (line->after != NULL ? line->after : line->before)->kind->name,
               line->before != NULL ? before : NULL, line->after != NULL ? after : NULL);
}

static void
name_set(const struct diff_pair *pair, char *ret, size_t size)
{
    const struct plumb_set *set = pair->after != NULL ? pair->after : pair->before;

    (void)snprintf(ret, size, "%s%s%s%s", plumb_tee_text(set->tee),
                   set->label != NULL ? ", " : "", set->label != NULL ? set->label : "",
                   pair->same             ? ": the same"
                   : pair->before == NULL ? ": a new set"
                   : pair->after == NULL  ? ": this set is gone"
                                          : "");
}

static enum plumb_code
differ(const struct plumb_sets *before, const struct plumb_sets *after, struct changes *c,
       struct plumb_err *err)
{
    PLUMB_AUTO(diff_clear) struct diff d = { .n = 0 };

    PLUMB_TRY(diff_sets(before, after, &d, err));
    for (size_t i = 0; i < d.n; i++) {
        char name[200];

        name_set(&d.pairs[i], name, sizeof name);
        if (!d.pairs[i].same)
            add_change(c, TUI_SET, name, NULL, NULL);
        diff_measurements(&d.pairs[i], take_line, c);
    }
    return PLUMB_OK;
}

static enum plumb_code
read_sets(struct session *s, const struct plumb_digest *digest, struct plumb_sets **ret,
          struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };

    PLUMB_TRY(client_blob_get(s->client, digest, PLUMB_REFVALS_MAX, &bytes, err));
    return plumb_refvals_parse(bytes.data, bytes.len, ret, err);
}

/* What is current in the fleets that are concerned: "2.4.0, current in prod"; the first of them
 * is what the difference is from. */
static const struct plumb_accepted *
find_current(struct session *s, const struct plumb_statement *st, char *ret, size_t size)
{
    const struct plumb_governance *g = session_document(s);
    const struct plumb_accepted *first = NULL;
    size_t used = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < g->nfleets && used < size; i++) {
        const struct session_bundle *b;
        const struct plumb_accepted *current;

        if (!plumb_fleet_has(&g->fleets[i], st->payload) ||
            (st->fleet != NULL && strcmp(st->fleet, g->fleets[i].name) != 0))
            continue;
        b = session_bundle(s, g->fleets[i].name);
        current = b != NULL ? effect_find(b->bundle, st->payload, PLUMB_STATUS_CURRENT) : NULL;
        if (b != NULL && b->bundle == NULL && b->why[0] != '\0')
            used += (size_t)snprintf(ret + used, size - used, "%s%s: %.100s",
                                     used > 0 ? "; " : "", b->fleet, b->why);
        if (current == NULL)
            continue;
        if (first == NULL)
            first = current;
        used += (size_t)snprintf(ret + used, size - used, "%s%s, current in %s",
                                 used > 0 ? "; " : "", current->version, g->fleets[i].name);
    }
    return first;
}

static enum plumb_code
fill_difference(struct session *s, const struct plumb_statement *st,
                const struct plumb_statement *release, struct tui_statement *ret,
                struct plumb_err *err)
{
    PLUMB_AUTO(auto_sets) struct plumb_sets *after = NULL;
    struct changes c = { ret, 0, false };
    const struct plumb_accepted *current;
    char where[400], text[600];

    current = find_current(s, st, where, sizeof where);
    if (st->kind == PLUMB_KIND_REVOCATION || st->kind == PLUMB_KIND_WAIVER ||
        (current != NULL && plumb_digest_eq(&current->release, &release->id)))
        return PLUMB_OK; /* nothing takes another's place */
    PLUMB_TRY(read_sets(s, &release->u.release.reference_values, &after, err));
    PLUMB_TRY(differ(current != NULL ? current->sets : NULL, after, &c, err));
    if (current != NULL)
        (void)snprintf(text, sizeof text, "From %s, to %s", where, st->version);
    else
        (void)snprintf(text, sizeof text,
                       "No version of %s is current%s%s: everything is new%s%s", st->payload,
                       st->fleet != NULL ? " in " : "", st->fleet != NULL ? st->fleet : "",
                       where[0] != '\0' ? ". " : "", where);
    ret->against = strdup(text);
    return c.oom || ret->against == NULL ? plumb_fail_memory(err) : PLUMB_OK;
}

static void
take_member(void *arg, const char *path, const json_t *before, const json_t *after)
{
    const size_t flags = JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY;
    PLUMB_AUTO(auto_free) char *old = before != NULL ? json_dumps(before, flags) : NULL;
    PLUMB_AUTO(auto_free) char *new = after != NULL ? json_dumps(after, flags) : NULL;

    add_change(arg,
               before == NULL  ? TUI_ADDED
               : after == NULL ? TUI_REMOVED
                               : TUI_CHANGED,
               path, old, new);
}

static enum plumb_code
fill_governance(struct session *s, const struct plumb_statement *st, struct tui_statement *ret,
                struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(auto_governance) struct plumb_governance *g = NULL;
    struct changes c = { ret, 0, false };
    char text[120];

    PLUMB_TRY(client_blob_get(s->client, &st->u.governance.document, PLUMB_DOCUMENT_MAX, &bytes,
                              err));
    PLUMB_TRY(plumb_governance_parse(bytes.data, bytes.len, &g, err));
    json_diff(session_document(s)->json, g->json, take_member, &c);
    for (size_t i = 0; i < st->u.governance.ncompromise; i++) {
        const struct plumb_disposition *d = &st->u.governance.compromise[i];
        char name[300], until[PLUMB_TIME_TEXT] = "";

        if (d->keep)
            plumb_time_text(d->until, until);
        (void)snprintf(name, sizeof name, "%s@%s in %s", d->payload, d->version, d->fleet);
        (void)snprintf(text, sizeof text, "%s%s", d->keep ? "kept until " : "revoked", until);
        add_change(&c, TUI_CHANGED, name, NULL, text);
    }
    (void)snprintf(text, sizeof text, "From version %" PRId64 ", which is in force",
                   session_document(s)->version);
    ret->against = strdup(text);
    return c.oom || ret->against == NULL ? plumb_fail_memory(err) : PLUMB_OK;
}

/* --- the whole --- */

static void
copy_name(char to[TUI_NAME], const char *from)
{
    (void)snprintf(to, TUI_NAME, "%s", from != NULL ? from : "");
}

/* Of all that a decision rests on. */
static void
fill_seen(struct session *s, const struct client_proposal *p, struct tui_statement *ret)
{
    const struct plumb_statement *st = p->statement.signed_statement->statement;
    const struct plumb_governance *g = session_document(s);
    struct session_seen seen = { .votes = p->nvotes };
    struct plumb_digest parts[64];
    size_t n = 0;

    (void)snprintf(seen.state, sizeof seen.state, "%s", ret->state);
    (void)snprintf(seen.last, sizeof seen.last, "%s", ret->votes[ret->nvotes - 1].who);
    seen.governance = plumb_chain_last(s->chain)->statement;
    for (size_t i = 0; i < g->nfleets && n < 64 && st->payload != NULL; i++) {
        const struct plumb_bundle *b = session_effect_bundle(s, g->fleets[i].name);

        if (b != NULL && (st->fleet == NULL || strcmp(st->fleet, g->fleets[i].name) == 0))
            parts[n++] = b->content;
    }
    plumb_sha256(parts, n * sizeof *parts, &seen.accepted);
    plumb_sha256(&seen, sizeof seen, &seen.all);
    s->seen[s->nseen++ % SESSION_SEEN] = seen;
    ret->seen = seen.all;
}

static enum plumb_code
fill_checked(struct session *s, const struct plumb_statement *st, struct tui_statement *ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(client_proof_clear) struct client_proof proof = { .statement = NULL };

    PLUMB_TRY(client_prove(s->client, s->config->trust->policy, &st->id, client_chain_key,
                           s->chain, &proof, err));
    (void)snprintf(ret->checked, sizeof ret->checked,
                   "here: its signature, by a key of %s; entry %" PRIu64
                   " is in the log of %" PRIu64 " entries; the signature of every vote",
                   ret->item.proposer, proof.index, proof.size);
    return PLUMB_OK;
}

static void
fill_vote_texts(const struct session_count *count, struct tui_statement *ret)
{
    char text[700];

    ret->completes = count->completes && strcmp(ret->state, "open") == 0;
    ret->may_vote = count->asks_me && strcmp(ret->state, "open") == 0;
    (void)snprintf(ret->needed, sizeof ret->needed, "%s%s%s%s", count->missing,
                   count->who[0] != '\0' ? " (" : "", count->who,
                   count->who[0] != '\0' ? ")" : "");
    if (!ret->may_vote) {
        (void)snprintf(text, sizeof text, "%s",
                       strcmp(ret->state, "open") != 0 ? "It is not open any more"
                                                       : count->no_vote);
        ret->no_vote = strdup(text);
        return;
    }
    if (ret->completes)
        (void)snprintf(text, sizeof text,
                       "Your approval completes the quorum. It takes effect at once: %s",
                       ret->effect);
    else
        (void)snprintf(text, sizeof text,
                       "Your approval counts; others must approve before it takes effect");
    ret->consequence = strdup(text);
}

static enum plumb_code
fill_effect(struct session *s, const struct plumb_statement *st, struct tui_statement *ret,
            struct plumb_err *err)
{
    const struct effect_now now = { s->config->now(), session_document(s),
                                    session_effect_bundle, s };

    return effect_text(st, &now, &ret->effect, err);
}

/* The release that a proposal is about, itself verified; its own statement when it is one. */
static enum plumb_code
find_release(struct session *s, const struct plumb_statement *st, struct client_statement *own,
             const struct plumb_statement **ret, struct plumb_err *err)
{
    const struct plumb_digest *id = st->kind == PLUMB_KIND_ROLLOUT ? &st->u.rollout.release
                                    : st->kind == PLUMB_KIND_REVOCATION
                                        ? &st->u.revocation.release
                                    : st->kind == PLUMB_KIND_WAIVER ? &st->u.waiver.release
                                                                    : NULL;

    *ret = st;
    if (id == NULL)
        return PLUMB_OK;
    PLUMB_TRY(client_statement(s->client, id, client_chain_key, s->chain, own, err));
    *ret = own->signed_statement->statement;
    if ((*ret)->kind != PLUMB_KIND_RELEASE || strcmp((*ret)->payload, st->payload) != 0 ||
        strcmp((*ret)->version, st->version) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "statement.subject", "subject",
                          "it names a release by another name than that release has");
    return PLUMB_OK;
}

static enum plumb_code
fill(struct session *s, const struct client_proposal *p, struct tui_statement *ret,
     struct plumb_err *err)
{
    const struct plumb_statement *st = p->statement.signed_statement->statement;
    const char *state = json_string_value(json_object_get(p->json, "state"));
    PLUMB_AUTO(client_statement_clear) struct client_statement own = { 0 };
    const struct plumb_statement *release;
    struct session_count count;

    session_count(s, p, &count);
    (void)snprintf(ret->state, sizeof ret->state, "%s", state != NULL ? state : "unknown");
    ret->issued = st->issued;
    ret->expires = st->expires;
    copy_name(ret->payload, st->payload);
    copy_name(ret->version, st->version);
    copy_name(ret->fleet, st->fleet);
    view_key_text(plumb_chain_pubkey(s->chain, &st->keys[0]), ret->key, sizeof ret->key);
    PLUMB_TRY(fill_checked(s, st, ret, err));
    PLUMB_TRY(fill_votes(s, p, ret, err));
    PLUMB_TRY(find_release(s, st, &own, &release, err));
    if (st->kind == PLUMB_KIND_GOVERNANCE)
        PLUMB_TRY(fill_governance(s, st, ret, err));
    else {
        ret->release = release->id;
        PLUMB_TRY(fill_difference(s, st, release, ret, err));
        view_evidence(s, st, release, ret);
    }
    PLUMB_TRY(fill_effect(s, st, ret, err));
    fill_vote_texts(&count, ret);
    fill_seen(s, p, ret);
    ret->raw = view_raw(st->json);
    return PLUMB_OK;
}

enum plumb_code
session_statement(struct session *s, const struct plumb_digest *id, struct tui_statement **ret,
                  struct plumb_err *err)
{
    PLUMB_AUTO(client_proposal_clear) struct client_proposal p = { .nvotes = 0 };
    PLUMB_AUTO(auto_statement) struct tui_statement *st = calloc(1, sizeof *st);
    struct tui_item from = { .id = *id };

    if (st == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(client_proposal(s->client, id, s->chain, &p, err));
    PLUMB_TRY(session_check(s, &from, &st->item, err));
    PLUMB_TRY(fill(s, &p, st, err));
    *ret = PLUMB_TAKE(st);
    return PLUMB_OK;
}
