#include "cli/view.h"

#include <stdio.h>
#include <string.h>

#include "cli/fields.h"
#include "client/chain.h"
#include "lib/own.h"

#define PROPOSALS_MAX 100000

bool
cli_id_begins(const struct plumb_digest *id, const char *text)
{
    const size_t len = strlen(text);
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(id, hex);
    return len >= CLI_ID_MIN && len < sizeof hex && strncmp(hex, text, len) == 0;
}

/* Of the proposals the one whose id begins so; never a guess between two. */
static enum plumb_code
find_begin(struct cli *cli, const char *text, struct plumb_digest *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *list = NULL;
    struct client *client;
    const json_t *item;
    size_t i, found = 0;

    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(client_list(client, "/v1/proposals", "proposals", PROPOSALS_MAX, &list, err));
    json_array_foreach(list, i, item) {
        struct plumb_digest id;

        PLUMB_TRY(plumb_digest_parse(cli_text(item, "id"), "proposals", &id, err));
        if (!cli_id_begins(&id, text))
            continue;
        *ret = id;
        found++;
    }
    if (found == 0)
        return plumb_fail(err, PLUMB_NOT_FOUND, "id.unknown", text,
                          "no proposal's id begins so: see 'plumb queue --all'");
    if (found > 1)
        return plumb_fail(err, PLUMB_CONFLICT, "id.several", text,
                          "%zu proposals' ids begin so: give more digits", found);
    return PLUMB_OK;
}

enum plumb_code
cli_id(struct cli *cli, const char *text, struct plumb_digest *ret, struct plumb_err *err)
{
    const size_t len = strlen(text);

    if (strspn(text, "0123456789abcdef") != len || len < CLI_ID_MIN || len >= PLUMB_DIGEST_HEX)
        return cli_usage(
            text, err, "want a statement's id, or the first %d or more of its digits (0-9a-f)",
            CLI_ID_MIN);
    if (len == PLUMB_DIGEST_HEX - 1)
        return plumb_digest_parse(text, "id", ret, err);
    return find_begin(cli, text, ret, err);
}

const char *
cli_whose(const struct plumb_chain *chain, const struct plumb_digest *key, uint64_t index)
{
    const char *who;

    return plumb_chain_signer(chain, key, PLUMB_USE_SIGN, index, 0, &who, NULL) == PLUMB_OK
               ? who
               : "?";
}

void
cli_proposal_clear(struct cli_proposal *p)
{
    client_proposal_clear(&p->p);
}

/* Each quorum by itself: a revocation needs that of every fleet it names. */
static void
count(const struct plumb_chain *chain, struct cli_proposal *p)
{
    const struct plumb_governance *doc = plumb_chain_last(chain)->document;
    const struct plumb_quorum *q;
    size_t i, at = 0;

    p->met = true;
    for (i = 0; (q = client_proposal_quorum(doc, p->s, i)) != NULL; i++) {
        char missing[128];

        if (plumb_quorum_tally(chain, 0, doc, q, p->p.votes, p->p.nvotes) == PLUMB_TALLY_MET)
            continue;
        p->met = false;
        plumb_quorum_missing(chain, doc, q, p->p.votes, p->p.nvotes, missing, sizeof missing);
        if (at < sizeof p->missing)
            at += (size_t)snprintf(p->missing + at, sizeof p->missing - at, "%s%s",
                                   at > 0 ? "; " : "", missing);
    }
    p->met = p->met && i > 0;
}

enum plumb_code
cli_proposal(struct cli *cli, const struct plumb_digest *id, struct cli_proposal *ret,
             struct plumb_err *err)
{
    struct plumb_chain *chain;
    struct client *client;

    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(cli_chain(cli, &chain, err));
    *ret = (struct cli_proposal){ .met = false };
    PLUMB_TRY(client_proposal(client, id, chain, &ret->p, err));
    ret->s = ret->p.statement.signed_statement->statement;
    ret->state = cli_text(ret->p.json, "state");
    ret->proposer = cli_whose(chain, &ret->s->keys[0], ret->p.statement.index);
    count(chain, ret);
    return PLUMB_OK;
}

bool
cli_proposal_open(const struct cli_proposal *p)
{
    return strcmp(p->state, "open") == 0 || strcmp(p->state, "scheduled") == 0;
}

static void
title_revocation(const struct plumb_statement *s, char ret[CLI_TITLE])
{
    size_t at;

    at = (size_t)snprintf(ret, CLI_TITLE, "revoke %s@%s %s", s->payload, s->version,
                          s->u.revocation.all ? "everywhere and for ever" : "in");
    for (size_t i = 0; i < s->u.revocation.nfleets && at < CLI_TITLE; i++)
        at += (size_t)snprintf(ret + at, CLI_TITLE - at, "%s %s", i > 0 ? "," : "",
                               s->u.revocation.fleets[i].fleet);
}

void
cli_title(const struct plumb_statement *s, char ret[CLI_TITLE])
{
    if (s->kind == PLUMB_KIND_GOVERNANCE)
        (void)snprintf(ret, CLI_TITLE, "governance version %lld",
                       (long long)s->u.governance.version);
    else if (s->kind == PLUMB_KIND_ROLLOUT)
        (void)snprintf(ret, CLI_TITLE, "%s %s@%s in %s", plumb_action_text(s->u.rollout.action),
                       s->payload, s->version, s->fleet);
    else if (s->kind == PLUMB_KIND_REVOCATION)
        title_revocation(s, ret);
    else if (s->kind == PLUMB_KIND_WAIVER)
        (void)snprintf(ret, CLI_TITLE, "waiver %.100s of %s@%s", s->u.waiver.control,
                       s->payload, s->version);
    else if (s->payload != NULL)
        (void)snprintf(ret, CLI_TITLE, "%s %s@%s%s%s", plumb_kind_text(s->kind), s->payload,
                       s->version, s->fleet != NULL ? " in " : "",
                       s->fleet != NULL ? s->fleet : "");
    else
        (void)snprintf(ret, CLI_TITLE, "%s%s%s", plumb_kind_text(s->kind),
                       s->fleet != NULL ? " in " : "", s->fleet != NULL ? s->fleet : "");
}

static enum plumb_code
peek(const json_t *envelope, struct plumb_statement **ret, struct plumb_err *err)
{
    const struct plumb_jv root = plumb_jv_root((json_t *)envelope, "envelope");
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse dsse = { .nsigs = 0 };

    PLUMB_TRY(plumb_dsse_read(&root, &dsse, err));
    return plumb_statement_peek(dsse.payload.data, dsse.payload.len, ret, err);
}

enum plumb_code
cli_entry_open(struct cli *cli, const json_t *entry, struct plumb_bytes *ret_bytes,
               struct plumb_statement **ret, bool *ret_checked, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    struct plumb_signed *opened = NULL;
    struct plumb_chain *chain;
    struct plumb_err why;
    plumb_time time;

    PLUMB_TRY(cli_chain(cli, &chain, err));
    PLUMB_TRY(plumb_json_canonical(entry, ret_bytes, err));
    PLUMB_TRY(plumb_entry_read(ret_bytes->data, ret_bytes->len, &envelope, &time, err));
    *ret_checked =
        plumb_signed_open(envelope, client_chain_key, chain, &opened, &why) == PLUMB_OK;
    plumb_signed_free(opened);
    if (!*ret_checked && strcmp(why.rule, "key.unknown") != 0)
        return plumb_fail(err, why.code, why.rule, why.where, "%s", why.msg);
    return peek(envelope, ret, err);
}

void
cli_released_clear(struct cli_released *r)
{
    client_statement_clear(&r->statement);
    plumb_sets_free(r->sets);
}

static enum plumb_code
release_statement(struct cli *cli, const struct plumb_digest *id, struct client_statement *ret,
                  struct plumb_err *err)
{
    struct plumb_chain *chain;
    struct client *client;

    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(cli_chain(cli, &chain, err));
    PLUMB_TRY(client_statement(client, id, client_chain_key, chain, ret, err));
    if (ret->signed_statement->statement->kind == PLUMB_KIND_RELEASE)
        return PLUMB_OK;
    client_statement_clear(ret);
    return plumb_fail(err, PLUMB_REFUSED, "version.other", "release",
                      "the service calls something a release that is none");
}

enum plumb_code
cli_released(struct cli *cli, const struct plumb_digest *id, struct cli_released *ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(cli_released_clear) struct cli_released r = { .sets = NULL };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    struct client *client;

    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(release_statement(cli, id, &r.statement, err));
    r.s = r.statement.signed_statement->statement;
    PLUMB_TRY(client_blob_get(client, &r.s->u.release.reference_values, PLUMB_REFVALS_MAX,
                              &bytes, err));
    PLUMB_TRY(plumb_refvals_parse(bytes.data, bytes.len, &r.sets, err));
    *ret = r;
    r = (struct cli_released){ .sets = NULL };
    return PLUMB_OK;
}

enum plumb_code
cli_release_id(struct cli *cli, const struct cli_version *v, struct plumb_digest *ret,
               struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *detail = NULL;
    PLUMB_AUTO(client_statement_clear) struct client_statement s = { 0 };
    char path[CLIENT_PATH_MAX];
    struct client *client;

    PLUMB_TRY(cli_client(cli, &client, err));
    client_path(path, sizeof path, "/v1/payloads/%s/versions/%s", v->payload, v->version);
    PLUMB_TRY(client_get(client, path, &detail, err));
    PLUMB_TRY(plumb_digest_parse(cli_text(detail, "release"), "release", ret, err));
    PLUMB_TRY(release_statement(cli, ret, &s, err));
    if (strcmp(s.signed_statement->statement->payload, v->payload) != 0 ||
        strcmp(s.signed_statement->statement->version, v->version) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "version.other", "release",
                          "the service shows the release of another version");
    return PLUMB_OK;
}

enum plumb_code
cli_places(struct cli *cli, const char *fleet, const char *payload, json_t **ret,
           struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *detail = NULL;
    char path[CLIENT_PATH_MAX];
    struct client *client;
    json_t *item;
    size_t i;

    PLUMB_TRY(cli_client(cli, &client, err));
    client_path(path, sizeof path, "/v1/fleets/%s", fleet);
    PLUMB_TRY(client_get(client, path, &detail, err));
    json_array_foreach(json_object_get(detail, "payloads"), i, item)
        if (strcmp(cli_text(item, "payload"), payload) == 0) {
            *ret = json_incref(item);
            return PLUMB_OK;
        }
    *ret = json_pack("{s:s, s:i, s:[]}", "payload", payload, "base", 0, "places");
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

bool
cli_placed(const json_t *places, const char *place, struct plumb_digest *ret)
{
    const json_t *item;
    size_t i;

    json_array_foreach(json_object_get(places, "places"), i, item)
        if (strcmp(cli_text(item, "place"), place) == 0)
            return plumb_digest_parse(cli_text(item, "release"), "release", ret, NULL) ==
                   PLUMB_OK;
    return false;
}
