#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/verified.h"
#include "cli/view.h"
#include "lib/own.h"

#define SCHEDULED_MAX 1000

/* What there is to say of a place besides its name and version. */
static void
describe(const json_t *place, plumb_time now, char *ret, size_t size)
{
    const char *where = cli_text(place, "place");
    const plumb_time ends = cli_when(place, "notAfter"), kept = cli_when(place, "keptUntil"),
                     deadline = cli_when(place, "deadline");
    char left[CLI_FROM_NOW];
    size_t at = 0;

    ret[0] = '\0';
    if (ends != PLUMB_TIME_NEVER) {
        cli_from_now(ends, now, left);
        at += (size_t)snprintf(ret, size, "ends %s (%s)", cli_text(place, "notAfter"), left);
    } else if (strcmp(where, "incoming") == 0 || strcmp(where, "current") == 0) {
        at += (size_t)snprintf(ret, size, "no end date");
    }
    if (kept != PLUMB_TIME_NEVER && at < size)
        at += (size_t)snprintf(ret + at, size - at, "; kept until %s, its quorum is gone",
                               cli_text(place, "keptUntil"));
    if (deadline != PLUMB_TIME_NEVER && at < size) {
        cli_from_now(deadline, now, left);
        at += (size_t)snprintf(ret + at, size - at, "; rollout due %s (%s)",
                               cli_text(place, "deadline"), left);
    }
    if (strcmp(where, "incoming") == 0 && at < size)
        (void)snprintf(
            ret + at, size - at,
            "; %" JSON_INTEGER_FORMAT " recognised it, %" JSON_INTEGER_FORMAT " needed",
            cli_number(place, "recognitions"), cli_number(place, "recognitionsNeeded"));
}

static void
print_place(struct cli *cli, const json_t *place, plumb_time now)
{
    char about[400];

    describe(place, now, about, sizeof about);
    cli_line(cli, "  %-9s %-24s %s%s", cli_text(place, "place"), cli_text(place, "version"),
             about, json_is_true(json_object_get(place, "overrun")) ? "; OVERRUN" : "");
}

static void
print_payload(struct cli *cli, const json_t *payload, plumb_time now)
{
    static const char *const order[] = { "incoming", "current", "outgoing" };
    const json_t *places = json_object_get(payload, "places"), *place;
    size_t i, shown = 0;

    cli_line(cli, "%s", cli_text(payload, "payload"));
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        json_array_foreach(places, i, place) {
            if (strcmp(cli_text(place, "place"), order[k]) != 0)
                continue;
            print_place(cli, place, now);
            shown++;
        }
    if (shown == 0)
        cli_line(cli, "  nothing is accepted");
}

static void
print_fleet(struct cli *cli, const json_t *fleet, plumb_time now)
{
    const json_t *payloads = json_object_get(fleet, "payloads"), *payload;
    char left[CLI_FROM_NOW];
    size_t i;

    cli_from_now(cli_when(fleet, "validUntil"), now, left);
    if (cli_number(fleet, "revision") > 0)
        cli_line(cli, "fleet %s, bundle revision %" JSON_INTEGER_FORMAT ", good until %s (%s)",
                 cli_text(fleet, "fleet"), cli_number(fleet, "revision"),
                 cli_text(fleet, "validUntil"), left);
    else
        cli_line(cli, "fleet %s, nothing published yet", cli_text(fleet, "fleet"));
    json_array_foreach(payloads, i, payload)
        print_payload(cli, payload, now);
    if (json_array_size(payloads) == 0)
        cli_line(cli, "nothing is accepted");
}

/* --- against the bundle, which proves it --- */

static const struct plumb_accepted *
find_accepted(const struct plumb_bundle *b, const char *payload, const struct plumb_digest *id)
{
    for (size_t i = 0; i < b->naccepted; i++)
        if (strcmp(b->accepted[i].payload, payload) == 0 &&
            plumb_digest_eq(&b->accepted[i].release, id))
            return &b->accepted[i];
    return NULL;
}

/* How many places are accepted ones, if each is in the bundle just so; else SIZE_MAX. */
static size_t
count_same(const struct plumb_bundle *b, const json_t *payload)
{
    const json_t *place;
    size_t i, n = 0;

    json_array_foreach(json_object_get(payload, "places"), i, place) {
        const struct plumb_accepted *a;
        struct plumb_digest id;

        if (cli_text(place, "notBefore")[0] == '\0')
            continue; /* not accepted: retired, withdrawn, revoked */
        if (plumb_digest_parse(cli_text(place, "release"), "release", &id, NULL) != PLUMB_OK)
            return SIZE_MAX;
        a = find_accepted(b, cli_text(payload, "payload"), &id);
        if (a == NULL || strcmp(a->version, cli_text(place, "version")) != 0 ||
            strcmp(plumb_status_text(a->window.status), cli_text(place, "place")) != 0 ||
            a->window.not_before != cli_when(place, "notBefore") ||
            a->window.not_after != cli_when(place, "notAfter") ||
            a->kept_until != cli_when(place, "keptUntil"))
            return SIZE_MAX;
        n++;
    }
    return n;
}

static bool
same(const struct plumb_bundle *b, const json_t *fleet)
{
    const json_t *payload;
    size_t i, n, all = 0;

    json_array_foreach(json_object_get(fleet, "payloads"), i, payload) {
        n = count_same(b, payload);
        if (n == SIZE_MAX)
            return false;
        all += n;
    }
    return all == b->naccepted;
}

struct glance {
    json_t *fleet;               /* as the service tells it */
    struct plumb_bundle *bundle; /* that says the same; NULL: nothing vouches for it */
};

static void
glance_clear(struct glance *g)
{
    json_decref(g->fleet);
    plumb_bundle_free(g->bundle);
}

static enum plumb_code
take_glance(struct cli *cli, const char *name, struct glance *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(verifier_close) struct verifier forgetful = { .lock = -1 };
    const struct plumb_trust *trust;
    char path[CLIENT_PATH_MAX];
    struct client *client;
    bool news;

    PLUMB_TRY(cli_client(cli, &client, err));
    client_path(path, sizeof path, "/v1/fleets/%s", name);
    PLUMB_TRY(client_get(client, path, &ret->fleet, err));
    PLUMB_TRY(cli_trust_if_any(cli, &trust, err));
    if (trust == NULL || strcmp(trust->fleet, name) != 0 ||
        cli_number(ret->fleet, "revision") == 0)
        return PLUMB_OK;
    PLUMB_TRY(client_bundle(client, name, 0, 0, 0, &news, &bytes, err));
    return cli_verify(cli, &forgetful, bytes.data, bytes.len, &ret->bundle, err);
}

/* A bundle follows a move within moments: once more, before anybody is called a liar. */
static enum plumb_code
look(struct cli *cli, const char *name, struct glance *ret, struct plumb_err *err)
{
    for (int tries = 0; tries < 10; tries++) {
        PLUMB_AUTO(glance_clear) struct glance g = { NULL, NULL };

        if (tries > 0)
            (void)usleep(200 * 1000);
        PLUMB_TRY(take_glance(cli, name, &g, err));
        if (g.bundle != NULL && !same(g.bundle, g.fleet))
            continue;
        *ret = g;
        g = (struct glance){ NULL, NULL };
        return PLUMB_OK;
    }
    return plumb_fail(err, PLUMB_REFUSED, "status.differs", name,
                      "the service tells something else than its bundle proves");
}

/* --- what is to come --- */

static enum plumb_code
print_scheduled(struct cli *cli, const json_t *item, json_t *list, struct plumb_err *err)
{
    PLUMB_AUTO(cli_proposal_clear) struct cli_proposal p = { .met = false };
    char left[CLI_FROM_NOW], at[PLUMB_TIME_TEXT];
    struct plumb_digest id;

    PLUMB_TRY(plumb_digest_parse(cli_text(item, "id"), "proposals", &id, err));
    PLUMB_TRY(cli_proposal(cli, &id, &p, err));
    if (p.s->kind != PLUMB_KIND_ROLLOUT || p.s->u.rollout.at == PLUMB_TIME_NEVER)
        return PLUMB_OK;
    plumb_time_text(p.s->u.rollout.at, at);
    cli_from_now(p.s->u.rollout.at, cli_now(), left);
    cli_line(cli, "scheduled: %s@%s begins %s (%s)", p.s->payload, p.s->version, at, left);
    return json_array_append_new(list, json_pack("{s:o, s:s, s:s, s:s}", "id",
                                                 cli_digest_json(&id), "payload", p.s->payload,
                                                 "version", p.s->version, "at", at)) == 0
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

/* Begins that are approved ahead of their time. Verifiers see their fleet, but no proposals. */
static enum plumb_code
look_ahead(struct cli *cli, const char *fleet, json_t *json, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *items = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *list = json_array();
    char path[CLIENT_PATH_MAX];
    struct client *client;
    enum plumb_code code;
    const json_t *item;
    size_t i;

    PLUMB_TRY(cli_client(cli, &client, err));
    client_path(path, sizeof path, "/v1/proposals?state=scheduled&fleet=%s", fleet);
    code = client_list(client, path, "proposals", SCHEDULED_MAX, &items, err);
    if (code == PLUMB_FORBIDDEN || code == PLUMB_UNAUTHENTICATED)
        return PLUMB_OK;
    PLUMB_TRY(code);
    json_array_foreach(items, i, item)
        PLUMB_TRY(print_scheduled(cli, item, list, err));
    return json_object_set(json, "scheduled", list) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(glance_clear) struct glance g = { NULL, NULL };
    const struct plumb_bundle *b;

    if (!plumb_name_ok(cli_arg(cli, 0)))
        return cli_usage(cli_arg(cli, 0), err, "want a fleet's name");
    PLUMB_TRY(look(cli, cli_arg(cli, 0), &g, err));
    b = g.bundle;
    print_fleet(cli, g.fleet, cli_now());
    PLUMB_TRY(look_ahead(cli, cli_arg(cli, 0), g.fleet, err));
    if (b != NULL)
        cli_line(cli, "verified: the bundle says the same, by %zu signatures and %zu quorums",
                 b->checked_signatures, b->checked_quorums);
    else
        cli_line(cli, "not verified: give the fleet's trust file (--trust) for that");
    if (json_object_set_new(g.fleet, "verified", json_boolean(b != NULL)) != 0)
        return plumb_fail_memory(err);
    return cli_result(cli, json_incref(g.fleet), err);
}

const struct cli_command command_status = {
    .name = "status",
    .topic = "Looking",
    .summary = "a fleet at a glance: incoming, current, outgoing with the time left",
    .arguments = "FLEET",
    .min = 1,
    .max = 1,
    .example = "plumb status prod",
    .run = run,
};
