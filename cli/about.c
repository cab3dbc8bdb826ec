#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/about.h"
#include "cli/blob.h"
#include "cli/dossier.h"
#include "cli/fields.h"
#include "cli/governance.h"
#include "lib/own.h"

#define FLEETS_MAX 64 /* more are not looked at one by one */

static enum plumb_code
add(json_t *json, const char *key, json_t *value, struct plumb_err *err)
{
    return json_object_set_new(json, key, value) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

/* --- a version's values, beside those that it would replace --- */

static enum plumb_code
differ_from(struct cli *cli, const struct plumb_digest *before, const char *where,
            const struct cli_released *after, json_t *list, struct plumb_err *err)
{
    PLUMB_AUTO(cli_released_clear) struct cli_released old = { .sets = NULL };
    json_t *counts;

    PLUMB_TRY(cli_released(cli, before, &old, err));
    cli_line(cli, "What differs from %s@%s, which is current in %s:", old.s->payload,
             old.s->version, where);
    PLUMB_TRY(cli_values_differ(cli, &old, after, &counts, err));
    return json_array_append_new(
               list, json_pack("{s:s, s:o, s:s, s:o}", "version", old.s->version, "release",
                               cli_digest_json(before), "fleets", where, "sets", counts)) == 0
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

/* Where each release is current, fleets joined by release. */
struct currents {
    struct {
        struct plumb_digest release;
        char fleets[512];
    } v[FLEETS_MAX];
    size_t n;
};

static void
note_current(struct currents *c, const struct plumb_digest *release, const char *fleet)
{
    size_t i = 0, at;

    while (i < c->n && !plumb_digest_eq(&c->v[i].release, release))
        i++;
    if (i == c->n)
        c->v[c->n++].release = *release;
    at = strlen(c->v[i].fleets);
    (void)snprintf(c->v[i].fleets + at, sizeof c->v[i].fleets - at, "%s%s", at > 0 ? ", " : "",
                   fleet);
}

static enum plumb_code
find_current(struct cli *cli, const char *fleet, const char *payload, struct currents *c,
             struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *places = NULL;
    struct plumb_digest release;

    PLUMB_TRY(cli_places(cli, fleet, payload, &places, err));
    if (cli_placed(places, "current", &release))
        note_current(c, &release, fleet);
    return PLUMB_OK;
}

static enum plumb_code
find_currents(struct cli *cli, const char *payload, struct currents *c, struct plumb_err *err)
{
    const struct plumb_governance *g;
    struct plumb_chain *chain;
    size_t looked = 0;

    PLUMB_TRY(cli_chain(cli, &chain, err));
    g = plumb_chain_last(chain)->document;
    for (size_t i = 0; i < g->nfleets && looked < FLEETS_MAX; i++)
        if (plumb_fleet_has(&g->fleets[i], payload)) {
            looked++;
            PLUMB_TRY(find_current(cli, g->fleets[i].name, payload, c, err));
        }
    return PLUMB_OK;
}

static enum plumb_code
about_release(struct cli *cli, const struct cli_proposal *p, json_t *json,
              struct plumb_err *err)
{
    PLUMB_AUTO(cli_released_clear) struct cli_released r = { .sets = NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *list = json_array();
    PLUMB_AUTO(auto_free) struct currents *c = calloc(1, sizeof *c);

    if (c == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(cli_released(cli, &p->s->id, &r, err));
    PLUMB_TRY(cli_release_show(cli, &r, json, err));
    PLUMB_TRY(cli_held_lines(cli, r.s, false, json, err));
    PLUMB_TRY(find_currents(cli, p->s->payload, c, err));
    for (size_t i = 0; i < c->n; i++)
        PLUMB_TRY(differ_from(cli, &c->v[i].release, c->v[i].fleets, &r, list, err));
    if (c->n == 0)
        cli_line(cli,
                 "No version of %s is current in any fleet: there is nothing to compare "
                 "it with.",
                 p->s->payload);
    return add(json, "differs", json_incref(list), err);
}

static void
say_rollout(struct cli *cli, const struct plumb_statement *s, bool first)
{
    char text[PLUMB_TIME_TEXT];

    switch (s->u.rollout.action) {
    case PLUMB_ACTION_BEGIN:
        cli_line(cli, "It begins its rollout: verifiers of %s accept it %s, %s.", s->fleet,
                 first ? "alone" : "beside the current version",
                 s->u.rollout.at == PLUMB_TIME_NEVER ? "at once" : "from its time on");
        if (s->u.rollout.at != PLUMB_TIME_NEVER) {
            plumb_time_text(s->u.rollout.at, text);
            cli_line(cli, "scheduled  %s", text);
        }
        break;
    case PLUMB_ACTION_COMPLETE:
        cli_line(
            cli,
            "It becomes current in %s; the version before it gets an end date, now and the "
            "fleet's grace.",
            s->fleet);
        break;
    case PLUMB_ACTION_ROLLBACK:
        cli_line(cli, "It is withdrawn from %s; the version before it is current again.",
                 s->fleet);
        break;
    default:
        plumb_time_text(s->u.rollout.not_after, text);
        cli_line(cli, "Its end date in %s moves to %s.", s->fleet, text);
    }
}

static enum plumb_code
about_rollout(struct cli *cli, const struct cli_proposal *p, json_t *json,
              struct plumb_err *err)
{
    PLUMB_AUTO(cli_released_clear) struct cli_released r = { .sets = NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *list = json_array();
    const struct plumb_statement *s = p->s;

    say_rollout(cli, s, !s->u.rollout.has_predecessor);
    PLUMB_TRY(cli_released(cli, &s->u.rollout.release, &r, err));
    PLUMB_TRY(cli_release_show(cli, &r, json, err));
    if (s->u.rollout.action == PLUMB_ACTION_BEGIN)
        PLUMB_TRY(cli_held_lines(cli, r.s, true, json, err));
    if (s->u.rollout.action == PLUMB_ACTION_BEGIN && s->u.rollout.has_predecessor)
        PLUMB_TRY(differ_from(cli, &s->u.rollout.predecessor, s->fleet, &r, list, err));
    return add(json, "differs", json_incref(list), err);
}

static enum plumb_code
about_revocation(struct cli *cli, const struct cli_proposal *p, json_t *json,
                 struct plumb_err *err)
{
    PLUMB_AUTO(cli_released_clear) struct cli_released r = { .sets = NULL };
    const struct plumb_statement *s = p->s;

    cli_line(cli, "reason     %s", s->u.revocation.reason);
    cli_line(cli, s->u.revocation.all
                      ? "No verifier accepts it any more, in any fleet, for ever."
                      : "No verifier of these fleets accepts it any more.");
    for (size_t i = 0; i < s->u.revocation.nleave_nothing; i++)
        cli_line(cli, "%s may be left with nothing accepted.",
                 s->u.revocation.leave_nothing[i]);
    PLUMB_TRY(cli_released(cli, &s->u.revocation.release, &r, err));
    PLUMB_TRY(cli_release_show(cli, &r, json, err));
    return add(json, "reason", json_string(s->u.revocation.reason), err);
}

static enum plumb_code
about_governance(struct cli *cli, const struct cli_proposal *p, json_t *json,
                 struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(cli_governance_auto) struct plumb_governance *g = NULL;
    const struct plumb_statement *s = p->s;
    const struct plumb_link *base;
    struct plumb_chain *chain;
    struct client *client;

    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(cli_chain(cli, &chain, err));
    PLUMB_TRY(
        client_blob_get(client, &s->u.governance.document, PLUMB_DOCUMENT_MAX, &bytes, err));
    PLUMB_TRY(plumb_governance_parse(bytes.data, bytes.len, &g, err));
    base = s->u.governance.version > 1
               ? plumb_chain_link(chain, (size_t)s->u.governance.version - 2)
               : NULL;
    if (base == NULL) {
        cli_governance_lines(cli, g);
        return add(json, "document", json_incref(g->json), err);
    }
    cli_line(cli, "What it changes in version %" PRId64 ":", base->document->version);
    PLUMB_TRY(
        add(json, "changes", cli_difference_lines(cli, base->document->json, g->json), err));
    for (size_t i = 0; i < s->u.governance.ncompromise; i++) {
        const struct plumb_disposition *d = &s->u.governance.compromise[i];
        char until[PLUMB_TIME_TEXT] = "";

        if (d->keep)
            plumb_time_text(d->until, until);
        cli_line(
            cli,
            "  %s@%s in %s: %s%s if its quorum rested on a key that is declared compromised",
            d->payload, d->version, d->fleet, d->keep ? "kept until " : "revoked", until);
    }
    return PLUMB_OK;
}

static enum plumb_code
about_waiver(struct cli *cli, const struct cli_proposal *p, json_t *json, struct plumb_err *err)
{
    const struct plumb_statement *s = p->s;
    char until[PLUMB_TIME_TEXT];

    plumb_time_text(s->u.waiver.until, until);
    cli_line(cli, "control    %s, which it need not meet until %s", s->u.waiver.control, until);
    cli_line(cli, "why        %s", s->u.waiver.justification);
    cli_line(cli, "instead    %s", s->u.waiver.compensating);
    PLUMB_TRY(add(json, "control", json_string(s->u.waiver.control), err));
    PLUMB_TRY(add(json, "justification", json_string(s->u.waiver.justification), err));
    PLUMB_TRY(add(json, "compensating", json_string(s->u.waiver.compensating), err));
    return add(json, "until", json_string(until), err);
}

enum plumb_code
cli_about(struct cli *cli, const struct cli_proposal *p, json_t *json, struct plumb_err *err)
{
    switch (p->s->kind) {
    case PLUMB_KIND_RELEASE:
        return about_release(cli, p, json, err);
    case PLUMB_KIND_ROLLOUT:
        return about_rollout(cli, p, json, err);
    case PLUMB_KIND_REVOCATION:
        return about_revocation(cli, p, json, err);
    case PLUMB_KIND_GOVERNANCE:
        return about_governance(cli, p, json, err);
    case PLUMB_KIND_WAIVER:
        return about_waiver(cli, p, json, err);
    default:
        return PLUMB_OK;
    }
}
