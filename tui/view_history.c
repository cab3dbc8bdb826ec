/* History and single entries, each proven to be in the log. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/chain.h"
#include "client/prove.h"
#include "lib/own.h"
#include "tui/view.h"

#define PAGE 200

PLUMB_DEFINE_AUTO(auto_history, struct tui_history *, tui_history_free);
PLUMB_DEFINE_AUTO(auto_entry, struct tui_entry *, tui_entry_free);

static void
read_move(const json_t *row, struct tui_move *m)
{
    char payload[TUI_NAME], version[TUI_NAME], fleet[TUI_NAME];

    m->index = (uint64_t)json_integer_value(json_object_get(row, "index"));
    m->time = view_time(row, "time");
    view_copy(row, "kind", m->kind, sizeof m->kind);
    view_copy(row, "actor", m->actor, sizeof m->actor);
    view_copy(row, "effect", m->effect, sizeof m->effect);
    view_copy(row, "payload", payload, sizeof payload);
    view_copy(row, "version", version, sizeof version);
    view_copy(row, "fleet", fleet, sizeof fleet);
    (void)snprintf(m->subject, sizeof m->subject, "%s%s%s%s%s", payload,
                   version[0] != '\0' ? "@" : "", version,
                   fleet[0] != '\0' && payload[0] != '\0' ? " in " : "", fleet);
}

static size_t
add_filter(char *path, size_t size, size_t at, const char *name, const char *value)
{
    char escaped[300];

    if (value[0] == '\0')
        return at;
    client_path(escaped, sizeof escaped, "%s", value);
    return at + (size_t)snprintf(path + at, size - at, "&%s=%s", name, escaped);
}

enum plumb_code
session_history(struct session *s, const struct tui_ask *ask, struct tui_history **ret,
                struct plumb_err *err)
{
    PLUMB_AUTO(auto_history) struct tui_history *h = calloc(1, sizeof *h);
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    char path[CLIENT_PATH_MAX];
    const json_t *events;
    json_t *row;
    size_t i, at;

    if (h == NULL)
        return plumb_fail_memory(err);
    memcpy(h->payload, ask->payload, sizeof h->payload);
    memcpy(h->version, ask->version, sizeof h->version);
    memcpy(h->fleet, ask->fleet, sizeof h->fleet);
    at = (size_t)snprintf(path, sizeof path, "/v1/history?limit=%d", PAGE);
    at = add_filter(path, sizeof path, at, "payload", ask->payload);
    at = add_filter(path, sizeof path, at, "version", ask->version);
    at = add_filter(path, sizeof path, at, "fleet", ask->fleet);
    if (ask->after > 0)
        (void)snprintf(path + at, sizeof path - at, "&after=%" PRIu64, ask->after);
    PLUMB_TRY(client_get(s->client, path, &answer, err));
    events = json_object_get(answer, "events");
    h->moves = calloc(json_array_size(events) + 1, sizeof *h->moves);
    if (h->moves == NULL)
        return plumb_fail_memory(err);
    json_array_foreach(events, i, row)
        read_move(row, &h->moves[h->n++]);
    if (json_string_value(json_object_get(answer, "next")) != NULL)
        h->after = strtoull(json_string_value(json_object_get(answer, "next")), NULL, 10);
    *ret = PLUMB_TAKE(h);
    return PLUMB_OK;
}

/* Enrolled verifiers sign with keys that stand in no governance document. */
static bool
is_enrolled_key(const struct client_proof *p)
{
    return p->opened == NULL && strcmp(p->unverified.rule, "key.unknown") == 0 &&
           p->statement->kind == PLUMB_KIND_RECOGNITION;
}

/* Is the entry what the list says of it? */
static const char *
what_differs(const struct session *s, const struct client_proof *p, const struct tui_move *m)
{
    const struct plumb_statement *st = p->statement;

    if (strcmp(m->kind, plumb_kind_text(st->kind)) != 0)
        return "the entry is of another kind than the service says";
    if (p->time != m->time)
        return "the entry is of another time than the service says";
    if (st->fleet != NULL && strstr(m->subject, st->fleet) == NULL)
        return "the entry is about another fleet than the service says";
    if (st->payload != NULL && strstr(m->subject, st->payload) == NULL)
        return "the entry is about another payload than the service says";
    if (p->opened != NULL && st->nkeys == 1 && p->index > 0 &&
        strcmp(session_whose(s, &st->keys[0], p->index), m->actor) != 0)
        return "the entry is signed by somebody else than the service says";
    return NULL;
}

enum plumb_code
session_move(struct session *s, struct tui_move *m, struct plumb_err *err)
{
    PLUMB_AUTO(client_proof_clear) struct client_proof p = { .statement = NULL };
    struct plumb_err why = { .code = PLUMB_OK };
    const char *differs;

    if (client_prove_entry(s->client, s->config->trust->policy, m->index, client_chain_key,
                           s->chain, &p, &why) != PLUMB_OK) {
        if (session_away(&why)) {
            *err = why;
            return why.code;
        }
        m->check = TUI_FAILED;
        (void)snprintf(m->why, sizeof m->why, "%s: %.190s", why.rule, why.msg);
        return PLUMB_OK;
    }
    differs = what_differs(s, &p, m);
    m->check = TUI_CHECKED;
    if (p.opened == NULL && !is_enrolled_key(&p)) {
        m->check = TUI_FAILED;
        (void)snprintf(m->why, sizeof m->why, "%s: %.190s", p.unverified.rule,
                       p.unverified.msg);
    } else if (differs != NULL) {
        m->check = TUI_FAILED;
        (void)snprintf(m->why, sizeof m->why, "%s", differs);
    }
    return PLUMB_OK;
}

static void
fill_signature(const struct session *s, const struct client_proof *p, struct tui_entry *e)
{
    const struct plumb_statement *st = p->statement;
    const struct plumb_pubkey *key = plumb_chain_pubkey(s->chain, &st->keys[0]);
    const char *who = NULL;
    struct plumb_err why;

    (void)snprintf(e->actor, sizeof e->actor, "%s", session_whose(s, &st->keys[0], p->index));
    if (key != NULL)
        view_key_text(key, e->key, sizeof e->key);
    else
        plumb_digest_hex(&st->keys[0], e->key);
    e->signed_here = p->opened != NULL;
    if (p->opened == NULL && is_enrolled_key(p))
        (void)snprintf(e->signature, sizeof e->signature,
                       "by a key that governance does not list: an enrolled verifier's");
    else if (p->opened == NULL)
        (void)snprintf(e->signature, sizeof e->signature, "%s: %.180s", p->unverified.rule,
                       p->unverified.msg);
    else if (plumb_chain_signer(s->chain, &st->keys[0], PLUMB_USE_SIGN, p->index, 0, &who,
                                &why) == PLUMB_OK)
        (void)snprintf(e->signature, sizeof e->signature,
                       "verified here; the key was active, and is %s's", who);
    else
        (void)snprintf(e->signature, sizeof e->signature,
                       "verified here, but it does not count: %.180s", why.msg);
}

enum plumb_code
session_entry(struct session *s, uint64_t index, struct tui_entry **ret, struct plumb_err *err)
{
    PLUMB_AUTO(client_proof_clear) struct client_proof p = { .statement = NULL };
    PLUMB_AUTO(auto_entry) struct tui_entry *e = calloc(1, sizeof *e);

    if (e == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(client_prove_entry(s->client, s->config->trust->policy, index, client_chain_key,
                                 s->chain, &p, err));
    e->index = p.index;
    e->time = p.time;
    e->id = p.statement->id;
    e->included = true;
    (void)snprintf(e->kind, sizeof e->kind, "%s", plumb_kind_text(p.statement->kind));
    (void)snprintf(e->effect, sizeof e->effect, "%s", p.effect);
    (void)snprintf(e->inclusion, sizeof e->inclusion,
                   "proven here: in the log of %" PRIu64 " entries", p.size);
    fill_signature(s, &p, e);
    e->raw = view_raw(p.statement->json);
    *ret = PLUMB_TAKE(e);
    return PLUMB_OK;
}
