/* A proposal as a person decides on it, all of it verified here. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/chain.h"
#include "client/keyspec.h"
#include "client/prove.h"
#include "lib/own.h"
#include "tui/session.h"
#include "tui/view.h"

PLUMB_DEFINE_AUTO(auto_statement, struct tui_statement *, tui_statement_free);

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
    if (ret->evidence.dossier != NULL)
        seen.evidence = ret->evidence.dossier->digest;
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

/* What one more approval of mine brings about. */
static void
consequence_text(const struct tui_statement *st, char *ret, size_t size)
{
    const struct tui_evidence *e = &st->evidence;

    if (!st->completes)
        (void)snprintf(ret, size,
                       "Your approval counts; others must approve before it takes effect");
    else if (e->gates && e->held > 0)
        (void)snprintf(ret, size,
                       "Your approval would complete the quorum, and the service refuses it "
                       "while %zu control%s neither met nor waived",
                       e->held, e->held == 1 ? " is" : "s are");
    else
        (void)snprintf(ret, size,
                       "Your approval completes the quorum. It takes effect at once: %s",
                       st->effect);
}

static enum plumb_code
fill_vote_texts(const struct session_count *count, struct tui_statement *ret,
                struct plumb_err *err)
{
    const bool open = strcmp(ret->state, "open") == 0;
    char text[700];

    ret->completes = count->completes && open;
    ret->may_vote = count->asks_me && open;
    (void)snprintf(ret->needed, sizeof ret->needed, "%s%s%s%s", count->missing,
                   count->who[0] != '\0' ? " (" : "", count->who,
                   count->who[0] != '\0' ? ")" : "");
    if (ret->may_vote) {
        consequence_text(ret, text, sizeof text);
        ret->consequence = strdup(text);
    } else
        ret->no_vote = strdup(open ? count->no_vote : "It is not open any more");
    return ret->consequence != NULL || ret->no_vote != NULL ? PLUMB_OK : plumb_fail_memory(err);
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

/* What the release brings, and what is on file about it. */
static enum plumb_code
fill_release(struct session *s, const struct plumb_statement *st,
             const struct plumb_statement *release, struct tui_statement *ret,
             struct plumb_err *err)
{
    struct view_current current;

    ret->release = release->id;
    view_current(s, st, &current);
    PLUMB_TRY(view_difference(s, st, release, &current, ret, err));
    PLUMB_TRY(view_evidence(s, st, release, ret, err));
    return view_materials(s, st, release, &current, &ret->evidence, err);
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
        PLUMB_TRY(view_governance(s, st, ret, err));
    else
        PLUMB_TRY(fill_release(s, st, release, ret, err));
    PLUMB_TRY(fill_effect(s, st, ret, err));
    PLUMB_TRY(fill_vote_texts(&count, ret, err));
    fill_seen(s, p, ret);
    ret->raw = view_raw(st->json);
    return ret->raw != NULL ? PLUMB_OK : plumb_fail_memory(err);
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
