/* Fleets, their versions by the verified bundle, and what the service knows besides. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/chain.h"
#include "client/dossier.h"
#include "client/prove.h"
#include "lib/own.h"
#include "tui/view.h"

#define RELEASES_MAX 5000

PLUMB_DEFINE_AUTO(auto_findings, struct client_findings *, client_findings_free);
PLUMB_DEFINE_AUTO(auto_fleets, struct tui_fleets *, tui_fleets_free);
PLUMB_DEFINE_AUTO(auto_releases, struct tui_releases *, tui_releases_free);

void
view_copy(const json_t *o, const char *key, char *ret, size_t size)
{
    const char *text = json_string_value(json_object_get(o, key));

    (void)snprintf(ret, size, "%s", text != NULL ? text : "");
}

plumb_time
view_time(const json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));
    plumb_time t;

    return text != NULL && plumb_time_parse(text, key, &t, NULL) == PLUMB_OK ? t
                                                                             : PLUMB_TIME_NEVER;
}

/* --- versions --- */

static const char *
overrun_text(enum plumb_overrun o)
{
    return o == PLUMB_OVERRUN_ROLLBACK   ? "roll back"
           : o == PLUMB_OVERRUN_COMPLETE ? "complete"
                                         : "alert";
}

/* The rules that were in force when a rollout began. */
static const struct plumb_fleet *
rules_at(const struct session *s, const char *fleet, plumb_time at)
{
    const struct plumb_governance *g = plumb_chain_link(s->chain, 0)->document;

    for (size_t i = 0; i < plumb_chain_length(s->chain); i++)
        if (plumb_chain_link(s->chain, i)->time <= at)
            g = plumb_chain_link(s->chain, i)->document;
    return plumb_governance_fleet(g, fleet);
}

static void
fill_version(const struct session *s, const char *fleet, const struct plumb_bundle *b,
             const struct plumb_accepted *a, struct tui_version *ret)
{
    const struct plumb_fleet *rules = rules_at(s, fleet, a->window.not_before);

    *ret = (struct tui_version){ .release = a->release,
                                 .not_before = a->window.not_before,
                                 .not_after = a->window.not_after < a->kept_until
                                                  ? a->window.not_after
                                                  : a->kept_until,
                                 .deadline = PLUMB_TIME_NEVER,
                                 .check = TUI_CHECKED };
    (void)snprintf(ret->version, sizeof ret->version, "%s", a->version);
    (void)snprintf(ret->place, sizeof ret->place, "%s", plumb_status_text(a->window.status));
    if (a->window.status == PLUMB_STATUS_INCOMING && rules != NULL) {
        const bool follows = effect_find(b, a->payload, PLUMB_STATUS_CURRENT) != NULL;
        const struct plumb_terms terms = plumb_terms_at(rules, follows, a->window.not_before);

        ret->deadline = terms.deadline;
        ret->overran = terms.deadline <= s->config->now();
        (void)snprintf(ret->overrun, sizeof ret->overrun, "%s",
                       overrun_text(follows ? terms.overrun : PLUMB_OVERRUN_ALERT));
        ret->recognitions_needed = rules->recognitions;
    }
}

static int
by_place(const void *a, const void *b)
{
    static const char order[] = "ico"; /* incoming, current, outgoing */
    const struct tui_version *x = a, *y = b;
    const char *px = strchr(order, x->place[0]), *py = strchr(order, y->place[0]);

    if (px != py)
        return (px > py) - (px < py);
    return (y->not_after > x->not_after) - (y->not_after < x->not_after);
}

static enum plumb_code
fill_payload(const struct session *s, const char *fleet, const struct plumb_bundle *b,
             struct tui_payload *p, struct plumb_err *err)
{
    size_t n = 0;

    for (size_t i = 0; b != NULL && i < b->naccepted; i++)
        n += strcmp(b->accepted[i].payload, p->payload) == 0;
    p->versions = calloc(n + 1, sizeof *p->versions);
    if (p->versions == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; b != NULL && i < b->naccepted; i++)
        if (strcmp(b->accepted[i].payload, p->payload) == 0)
            fill_version(s, fleet, b, &b->accepted[i], &p->versions[p->n++]);
    qsort(p->versions, p->n, sizeof *p->versions, by_place);
    return PLUMB_OK;
}

/* The service's count of recognitions, and how many moves there were. */
static void
add_server_words(const json_t *fleet, struct tui_payload *p)
{
    size_t i, k;
    json_t *payload, *place;

    json_array_foreach(json_object_get(fleet, "payloads"), i, payload) {
        const char *name = json_string_value(json_object_get(payload, "payload"));

        if (name == NULL || strcmp(name, p->payload) != 0)
            continue;
        p->base = (uint64_t)json_integer_value(json_object_get(payload, "base"));
        json_array_foreach(json_object_get(payload, "places"), k, place) {
            const char *version = json_string_value(json_object_get(place, "version"));

            for (size_t v = 0; version != NULL && v < p->n; v++)
                if (strcmp(p->versions[v].version, version) == 0)
                    p->versions[v].recognitions =
                        json_integer_value(json_object_get(place, "recognitions"));
        }
    }
}

/* --- who pulled what --- */

/* The revision that a publication made: its entry, signed by the service. */
static void
fill_revision(struct session *s, const char *fleet, struct tui_pull *pull)
{
    PLUMB_AUTO(client_statement_clear) struct client_statement st = { 0 };
    const struct plumb_statement *p;

    if (client_entry(s->client, pull->index, client_chain_key, s->chain, &st, NULL) != PLUMB_OK)
        return;
    p = st.signed_statement->statement;
    if (p->kind != PLUMB_KIND_PUBLICATION || p->fleet == NULL || strcmp(p->fleet, fleet) != 0)
        return;
    pull->revision = p->u.publication.revision;
    pull->valid_until = p->u.publication.valid_until;
}

/* People who look at a bundle are in the records too; they hold nothing. */
static bool
is_a_verifier(const struct session *s, const char *who)
{
    const struct plumb_principal *p = plumb_governance_principal(session_document(s), who);

    return p == NULL || (p->may & 1u << PLUMB_POWER_PULL) != 0;
}

static enum plumb_code
fill_pulls(struct session *s, struct tui_fleet *f, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    char path[CLIENT_PATH_MAX];
    const json_t *list;
    json_t *row;
    size_t i;

    client_path(path, sizeof path, "/v1/fleets/%s/pulls", f->name);
    PLUMB_TRY(client_get(s->client, path, &answer, err));
    list = json_object_get(answer, "pulls");
    f->pulls = calloc(json_array_size(list) + 1, sizeof *f->pulls);
    if (f->pulls == NULL)
        return plumb_fail_memory(err);
    json_array_foreach(list, i, row) {
        struct tui_pull *pull = &f->pulls[f->npulls];

        view_copy(row, "principal", pull->who, sizeof pull->who);
        pull->index = (uint64_t)json_integer_value(json_object_get(row, "index"));
        pull->at = view_time(row, "at");
        if (!is_a_verifier(s, pull->who))
            continue;
        f->npulls++;
        if (pull->index == f->publication) { /* of the bundle that was verified */
            pull->revision = f->revision;
            pull->valid_until = f->valid_until;
        } else
            fill_revision(s, f->name, pull);
    }
    return PLUMB_OK;
}

/* --- a fleet --- */

static void
fill_bundle(struct session *s, struct tui_fleet *f)
{
    const struct session_bundle *b = session_bundle(s, f->name);

    f->check = TUI_CHECKED;
    if (b == NULL || b->bundle == NULL) {
        const char *why = b != NULL ? b->why : "out of memory";

        if (why[0] != '\0' && strstr(why, "fleet.unpublished") == NULL) {
            f->check = TUI_FAILED;
            (void)snprintf(f->why, sizeof f->why, "%s", why);
        }
        return;
    }
    f->revision = b->bundle->revision;
    f->publication = b->bundle->index;
    f->issued = b->bundle->issued;
    f->valid_until = b->bundle->valid_until;
}

static bool
has_accepted(const struct plumb_bundle *b, const char *payload)
{
    for (size_t i = 0; b != NULL && i < b->naccepted; i++)
        if (strcmp(b->accepted[i].payload, payload) == 0)
            return true;
    return false;
}

/* Payloads that the fleet names; with "*" those that have a release or are accepted. */
static enum plumb_code
fill_payloads(struct session *s, const struct plumb_fleet *rules, const json_t *server,
              struct tui_fleet *f, struct plumb_err *err)
{
    const struct plumb_governance *g = session_document(s);
    const struct plumb_bundle *b = session_effect_bundle(s, f->name);

    f->payloads = calloc(g->npayloads + 1, sizeof *f->payloads);
    if (f->payloads == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < g->npayloads; i++) {
        struct tui_payload *p = &f->payloads[f->n];

        if (!plumb_fleet_has(rules, g->payloads[i].name) &&
            !has_accepted(b, g->payloads[i].name))
            continue;
        (void)snprintf(p->payload, sizeof p->payload, "%s", g->payloads[i].name);
        f->n++;
        PLUMB_TRY(fill_payload(s, f->name, b, p, err));
        add_server_words(server, p);
    }
    return PLUMB_OK;
}

static enum plumb_code
fill_fleet(struct session *s, const struct plumb_fleet *rules, struct tui_fleet *f,
           struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *server = NULL;
    char path[CLIENT_PATH_MAX];

    (void)snprintf(f->name, sizeof f->name, "%s", rules->name);
    f->is_public = rules->is_public;
    client_path(path, sizeof path, "/v1/fleets/%s", rules->name);
    PLUMB_TRY(client_get(s->client, path, &server, err));
    fill_bundle(s, f);
    PLUMB_TRY(fill_payloads(s, rules, server, f, err));
    return fill_pulls(s, f, err);
}

/* --- findings --- */

static void
count_finding(struct tui_fleets *f, const struct client_finding *finding)
{
    for (size_t i = 0; i < f->n; i++)
        for (size_t k = 0; k < f->fleets[i].n; k++) {
            struct tui_payload *p = &f->fleets[i].payloads[k];

            for (size_t v = 0; v < p->n; v++)
                if (plumb_digest_eq(&p->versions[v].release, &finding->release)) {
                    p->versions[v].findings++;
                    p->versions[v].overdue += finding->overdue;
                }
        }
}

/* Where governance has controls; that they could not be read is shown, and hides nothing else.
 */
static void
add_findings(struct session *s, struct tui_fleets *f)
{
    PLUMB_AUTO(auto_findings) struct client_findings *found = NULL;
    struct plumb_err why;

    if (session_document(s)->controls == NULL)
        return;
    if (client_findings(s->client, NULL, NULL, false, &found, &why) != PLUMB_OK) {
        (void)snprintf(f->unread, sizeof f->unread, "%.200s (%.40s)", why.msg, why.rule);
        return;
    }
    f->stale = found->stale;
    for (size_t i = 0; i < found->n; i++)
        if (plumb_finding_is_open(found->findings[i].state))
            count_finding(f, &found->findings[i]);
}

enum plumb_code
session_fleets(struct session *s, struct tui_fleets **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_fleets) struct tui_fleets *f = calloc(1, sizeof *f);
    const struct plumb_governance *g = session_document(s);

    if (f == NULL || (f->fleets = calloc(g->nfleets + 1, sizeof *f->fleets)) == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < g->nfleets; i++) {
        f->n++;
        PLUMB_TRY(fill_fleet(s, &g->fleets[i], &f->fleets[i], err));
    }
    add_findings(s, f);
    *ret = PLUMB_TAKE(f);
    return PLUMB_OK;
}

/* --- versions that a rollout could begin with --- */

static bool
is_accepted(const struct plumb_bundle *b, const struct plumb_digest *release)
{
    for (size_t i = 0; b != NULL && i < b->naccepted; i++)
        if (plumb_digest_eq(&b->accepted[i].release, release))
            return true;
    return false;
}

static enum plumb_code
read_release(const json_t *row, struct tui_release *ret, struct plumb_err *err)
{
    const struct plumb_jv root = plumb_jv_root((json_t *)row, "version");
    const struct plumb_jv release = plumb_jv_member(&root, "release");

    PLUMB_TRY(plumb_jv_digest(&release, &ret->release, err));
    view_copy(row, "version", ret->version, sizeof ret->version);
    view_copy(row, "state", ret->state, sizeof ret->state);
    ret->index = (uint64_t)json_integer_value(json_object_get(row, "index"));
    return PLUMB_OK;
}

enum plumb_code
session_releases(struct session *s, const char *payload, const char *fleet,
                 struct tui_releases **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_releases) struct tui_releases *r = calloc(1, sizeof *r);
    PLUMB_AUTO(plumb_json_auto) json_t *rows = NULL;
    const struct session_bundle *b = session_bundle(s, fleet);
    char path[CLIENT_PATH_MAX];
    size_t n;

    if (r == NULL)
        return plumb_fail_memory(err);
    client_path(path, sizeof path, "/v1/payloads/%s/versions", payload);
    PLUMB_TRY(client_list(s->client, path, "versions", RELEASES_MAX, &rows, err));
    n = json_array_size(rows);
    r->releases = calloc(n + 1, sizeof *r->releases);
    if (r->releases == NULL)
        return plumb_fail_memory(err);
    (void)snprintf(r->payload, sizeof r->payload, "%s", payload);
    (void)snprintf(r->fleet, sizeof r->fleet, "%s", fleet);
    while (n-- > 0) { /* newest first */
        struct tui_release *release = &r->releases[r->n];

        PLUMB_TRY(read_release(json_array_get(rows, n), release, err));
        if (strcmp(release->state, "approved") == 0 &&
            !is_accepted(b != NULL ? b->bundle : NULL, &release->release))
            r->n++;
    }
    *ret = PLUMB_TAKE(r);
    return PLUMB_OK;
}
