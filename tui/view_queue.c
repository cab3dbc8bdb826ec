/* The queue: what the server lists, then what was verified of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "tui/session.h"

#define QUEUE_MAX 20000
#define NEWS_MAX  1000 /* events that one look goes through */

/* --- what was verified stays so until something happens to it --- */

static size_t
place(const struct session *s, const struct plumb_digest *id)
{
    size_t at;

    memcpy(&at, id->b, sizeof at);
    for (at &= s->room - 1; s->checked[at].item.kind[0] != '\0'; at = (at + 1) & (s->room - 1))
        if (plumb_digest_eq(&s->checked[at].item.id, id))
            break;
    return at;
}

static struct tui_item *
find(const struct session *s, const struct plumb_digest *id)
{
    struct tui_item *item = s->room > 0 ? &s->checked[place(s, id)].item : NULL;

    return item != NULL && item->kind[0] != '\0' ? item : NULL;
}

static bool
grow(struct session *s)
{
    struct session old = *s;

    s->room = old.room == 0 ? 1024 : old.room * 2;
    s->checked = calloc(s->room, sizeof *s->checked);
    if (s->checked == NULL) {
        *s = old;
        return false;
    }
    for (size_t i = 0; i < old.room; i++)
        if (old.checked[i].item.kind[0] != '\0')
            s->checked[place(s, &old.checked[i].item.id)] = old.checked[i];
    free(old.checked);
    return true;
}

/* Without memory it is only verified again next time. */
static void
keep(struct session *s, const struct tui_item *item)
{
    size_t at;

    if (s->nchecked * 2 >= s->room && !grow(s))
        return;
    at = place(s, &item->id);
    s->nchecked += s->checked[at].item.kind[0] == '\0';
    s->checked[at].item = *item;
}

/* What something happened to since is verified again. */
static void
forget(struct session *s, const char *hex)
{
    struct plumb_digest id;
    struct tui_item *item;

    if (hex == NULL || plumb_digest_parse(hex, "", &id, NULL) != PLUMB_OK)
        return;
    item = find(s, &id);
    if (item != NULL)
        item->check = TUI_UNCHECKED;
}

static void
forget_all(struct session *s)
{
    for (size_t i = 0; i < s->room; i++)
        s->checked[i].item.check = TUI_UNCHECKED;
}

static enum plumb_code
forget_what_moved(struct session *s, uint64_t since, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *events = NULL;
    size_t i;
    json_t *event;
    uint64_t oldest = UINT64_MAX;

    PLUMB_TRY(client_list(s->client, "/v1/history", "events", NEWS_MAX, &events, err));
    json_array_foreach(events, i, event) {
        oldest = (uint64_t)json_integer_value(json_object_get(event, "index"));
        if (oldest < since)
            return PLUMB_OK;
        forget(s, json_string_value(json_object_get(event, "proposal")));
    }
    if (oldest > since) /* more has happened than was looked at */
        forget_all(s);
    return PLUMB_OK;
}

/* --- the server's list --- */

static void
copy(const json_t *o, const char *key, char *ret, size_t size)
{
    const char *text = json_string_value(json_object_get(o, key));

    (void)snprintf(ret, size, "%s", text != NULL ? text : "");
}

static void
read_subject(const json_t *row, struct tui_item *item)
{
    char payload[TUI_NAME], version[TUI_NAME], fleet[TUI_NAME];

    copy(row, "payload", payload, sizeof payload);
    copy(row, "version", version, sizeof version);
    copy(row, "fleet", fleet, sizeof fleet);
    (void)snprintf(item->subject, sizeof item->subject, "%s%s%s%s%s", payload,
                   version[0] != '\0' ? "@" : "", version, fleet[0] != '\0' ? " in " : "",
                   fleet);
}

static enum plumb_code
read_row(const struct session *s, const json_t *row, struct tui_item *item,
         struct plumb_err *err)
{
    const struct plumb_jv root = plumb_jv_root((json_t *)row, "proposal");
    const struct plumb_jv id = plumb_jv_member(&root, "id"),
                          time = plumb_jv_member(&root, "time"),
                          index = plumb_jv_member(&root, "index");
    const struct tui_item *known;
    int64_t n;

    PLUMB_TRY(plumb_jv_digest(&id, &item->id, err));
    PLUMB_TRY(plumb_jv_time(&time, &item->time, err));
    PLUMB_TRY(plumb_jv_int(&index, 0, INT64_MAX, &n, err));
    known = find(s, &item->id);
    if (known != NULL && known->check != TUI_UNCHECKED) {
        *item = *known;
        return PLUMB_OK;
    }
    item->index = (uint64_t)n;
    copy(row, "kind", item->kind, sizeof item->kind);
    if (json_object_get(row, "action") != NULL)
        copy(row, "action", item->kind, sizeof item->kind);
    copy(row, "proposer", item->proposer, sizeof item->proposer);
    read_subject(row, item);
    return PLUMB_OK;
}

enum plumb_code
session_queue(struct session *s, struct tui_items *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *rows = NULL;
    PLUMB_AUTO(tui_items_clear) struct tui_items items = { NULL, 0 };
    static const struct tui_item none;
    const json_t *row;
    size_t i;

    if (s->queue_size > 0 && s->size > s->queue_size)
        PLUMB_TRY(forget_what_moved(s, s->queue_size, err));
    s->queue_size = s->size;
    PLUMB_TRY(
        client_list(s->client, "/v1/proposals?state=open", "proposals", QUEUE_MAX, &rows, err));
    items.items = calloc(json_array_size(rows) + 1, sizeof *items.items);
    if (items.items == NULL)
        return plumb_fail_memory(err);
    json_array_foreach(rows, i, row) {
        items.items[items.n] = none;
        PLUMB_TRY(read_row(s, row, &items.items[items.n], err));
        items.n++;
    }
    *ret = items;
    items = (struct tui_items){ NULL, 0 };
    return PLUMB_OK;
}

/* --- one, verified --- */

/* What a proposal waits for besides votes: recognitions, by the service's count. */
static void
gate_text(struct session *s, const struct plumb_statement *st, char *ret, size_t size)
{
    PLUMB_AUTO(plumb_json_auto) json_t *version = NULL;
    char path[CLIENT_PATH_MAX];
    json_t *place;
    size_t i;

    ret[0] = '\0';
    if (st->kind != PLUMB_KIND_ROLLOUT || st->u.rollout.action != PLUMB_ACTION_COMPLETE)
        return;
    client_path(path, sizeof path, "/v1/payloads/%s/versions/%s", st->payload, st->version);
    if (client_get(s->client, path, &version, NULL) != PLUMB_OK)
        return;
    json_array_foreach(json_object_get(version, "places"), i, place) {
        const char *fleet = json_string_value(json_object_get(place, "fleet"));
        const json_int_t have = json_integer_value(json_object_get(place, "recognitions")),
                         need =
                             json_integer_value(json_object_get(place, "recognitionsNeeded"));

        if (fleet != NULL && strcmp(fleet, st->fleet) == 0 && have < need)
            (void)snprintf(ret, size,
                           "%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " recognitions",
                           have, need);
    }
}

static void
fill(struct session *s, const struct client_proposal *p, struct tui_item *ret)
{
    const struct plumb_statement *st = p->statement.signed_statement->statement;
    const char *state = json_string_value(json_object_get(p->json, "state"));
    const bool open = state != NULL && strcmp(state, "open") == 0;
    struct session_count count;
    char gate[80];

    session_count(s, p, &count);
    gate_text(s, st, gate, sizeof gate);
    ret->id = st->id;
    ret->index = p->statement.index;
    ret->time = p->statement.time;
    ret->check = TUI_CHECKED;
    ret->votes = count.votes;
    ret->needed = count.needed;
    ret->mine = open && count.asks_me;
    (void)snprintf(ret->kind, sizeof ret->kind, "%s", session_kind(st));
    session_subject(st, ret->subject, sizeof ret->subject);
    (void)snprintf(ret->proposer, sizeof ret->proposer, "%s",
                   session_whose(s, &st->keys[0], p->statement.index));
    (void)snprintf(ret->blocks, sizeof ret->blocks, "%.100s%s%s",
                   open || state == NULL ? count.missing : state,
                   count.missing[0] != '\0' && gate[0] != '\0' && open ? ", " : "",
                   open ? gate : "");
}

enum plumb_code
session_check(struct session *s, const struct tui_item *from, struct tui_item *ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(client_proposal_clear) struct client_proposal p = { .nvotes = 0 };
    struct plumb_err why = { .code = PLUMB_OK };

    *ret = *from;
    if (client_proposal(s->client, &from->id, s->chain, &p, &why) != PLUMB_OK) {
        if (session_away(&why)) {
            if (err != NULL)
                *err = why;
            return why.code;
        }
        ret->check = TUI_FAILED;
        ret->mine = false;
        (void)snprintf(ret->why, sizeof ret->why, "%s: %.190s", why.rule, why.msg);
    } else
        fill(s, &p, ret);
    keep(s, ret);
    return PLUMB_OK;
}
