#include "cli/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/about.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "client/chain.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

static void
print_head(struct cli *cli, const struct plumb_statement *s, const char *who, uint64_t index,
           plumb_time time)
{
    char title[CLI_TITLE], hex[PLUMB_DIGEST_HEX], at[PLUMB_TIME_TEXT];

    cli_title(s, title);
    plumb_digest_hex(&s->id, hex);
    plumb_time_text(time, at);
    cli_line(cli, "%s", title);
    cli_line(cli, "id         %s", hex);
    cli_line(cli, "signed by  %s, entry %" PRIu64 " at %s", who, index, at);
}

static enum plumb_code
put_head(json_t *json, const struct plumb_statement *s, const char *who, uint64_t index,
         plumb_time time, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *head =
        json_pack("{s:o, s:s, s:s, s:I, s:o, s:s*, s:s*, s:s*, s:O}", "id",
                  cli_digest_json(&s->id), "kind", plumb_kind_text(s->kind), "signer", who,
                  "index", (json_int_t)index, "time", cli_time_json(time), "payload",
                  s->payload, "version", s->version, "fleet", s->fleet, "statement", s->json);

    return head != NULL && json_object_update(json, head) == 0 ? PLUMB_OK
                                                               : plumb_fail_memory(err);
}

static void
print_votes(struct cli *cli, const struct plumb_chain *chain, const struct cli_proposal *p)
{
    for (size_t i = 1; i < p->p.nvotes; i++) {
        const struct plumb_vote *v = &p->p.votes[i];
        char at[PLUMB_TIME_TEXT];

        plumb_time_text(v->time, at);
        cli_line(cli, "vote       %s: %s, entry %" PRIu64 " at %s",
                 cli_whose(chain, &v->key, v->index), plumb_decision_text(v->decision),
                 v->index, at);
    }
}

static enum plumb_code
put_votes(json_t *json, const struct plumb_chain *chain, const struct cli_proposal *p,
          struct plumb_err *err)
{
    json_t *votes = json_array();

    for (size_t i = 1; i < p->p.nvotes; i++) {
        const struct plumb_vote *v = &p->p.votes[i];

        (void)json_array_append_new(
            votes, json_pack("{s:s, s:s, s:I, s:o, s:o}", "principal",
                             cli_whose(chain, &v->key, v->index), "decision",
                             plumb_decision_text(v->decision), "index", (json_int_t)v->index,
                             "time", cli_time_json(v->time), "key", cli_digest_json(&v->key)));
    }
    return json_object_set_new(json, "votes", votes) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

/* Who could give what is missing, and has not voted. */
static void
print_needed(struct cli *cli, const struct plumb_chain *chain, const struct cli_proposal *p)
{
    const struct plumb_governance *g = plumb_chain_last(chain)->document;
    const struct plumb_quorum *q = client_proposal_quorum(g, p->s, 0);
    char names[512] = "";

    for (size_t i = 0; q != NULL && i < g->nprincipals; i++) {
        const struct plumb_principal *who = &g->principals[i];
        bool can = false, voted = q->others && strcmp(who->id, p->proposer) == 0;

        for (size_t k = 0; k < q->nneeds; k++)
            can = can || plumb_principal_has_role(who, q->needs[k].role);
        for (size_t k = q->others ? 1 : 0; k < p->p.nvotes; k++)
            voted = voted || strcmp(who->id, cli_whose(chain, &p->p.votes[k].key,
                                                       p->p.votes[k].index)) == 0;
        if (can && !voted) {
            const size_t at = strlen(names);

            (void)snprintf(names + at, sizeof names - at, "%s%s", at > 0 ? ", " : "", who->id);
        }
    }
    cli_line(cli, "needed     %s", p->missing);
    if (names[0] != '\0')
        cli_line(cli, "may vote   %s", names);
}

enum plumb_code
cli_proposal_show(struct cli *cli, const struct cli_proposal *p, json_t *json,
                  struct plumb_err *err)
{
    const struct client_statement *s = &p->p.statement;
    struct plumb_chain *chain;
    bool pinned;

    PLUMB_TRY(cli_chain(cli, &chain, err));
    PLUMB_TRY(cli_pinned(cli, &pinned, err));
    print_head(cli, p->s, p->proposer, s->index, s->time);
    PLUMB_TRY(put_head(json, p->s, p->proposer, s->index, s->time, err));
    PLUMB_TRY(cli_about(cli, p, json, err));
    print_votes(cli, chain, p);
    PLUMB_TRY(put_votes(json, chain, p, err));
    cli_line(cli, "state      %s", p->state);
    if (cli_proposal_open(p) && !p->met)
        print_needed(cli, chain, p);
    cli_line(cli, "verified   %zu signature%s, by governance version %" PRId64 "%s",
             p->p.nvotes, p->p.nvotes == 1 ? "" : "s",
             plumb_chain_last(chain)->document->version,
             pinned ? ", proven from the genesis you pinned"
                    : "; NOT from a pinned genesis: give --trust FILE");
    if (json_object_set_new(json, "state", json_string(p->state)) != 0 ||
        json_object_set_new(json, "missing", json_string(p->missing)) != 0 ||
        json_object_set_new(json, "pinned", json_boolean(pinned)) != 0)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

/* Any other statement: what it says, as JSON. */
static enum plumb_code
show_other(struct cli *cli, const struct client_statement *s, json_t *json,
           struct plumb_err *err)
{
    const struct plumb_statement *statement = s->signed_statement->statement;
    PLUMB_AUTO(auto_free) char *text = NULL;
    struct plumb_chain *chain;
    const char *who;

    PLUMB_TRY(cli_chain(cli, &chain, err));
    who = cli_whose(chain, &statement->keys[0], s->index);
    print_head(cli, statement, who, s->index, s->time);
    PLUMB_TRY(put_head(json, statement, who, s->index, s->time, err));
    text = json_dumps(json_object_get(statement->json, "predicate"),
                      JSON_COMPACT | JSON_SORT_KEYS);
    cli_line(cli, "says       %s", text != NULL ? text : "");
    return PLUMB_OK;
}

/* Of an enrolled verifier, whose key governance does not list: what it says, and that the
 * signature was not checked. */
static enum plumb_code
show_enrolled(struct cli *cli, const struct plumb_digest *id, json_t *json,
              struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes entry = { NULL, 0 };
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = NULL;
    PLUMB_AUTO(auto_free) char *text = NULL;
    char path[CLIENT_PATH_MAX], hex[PLUMB_DIGEST_HEX];
    struct client *client;
    bool checked = false;
    plumb_time time;

    PLUMB_TRY(cli_client(cli, &client, err));
    plumb_digest_hex(id, hex);
    client_path(path, sizeof path, "/v1/statements/%s", hex);
    PLUMB_TRY(client_get(client, path, &answer, err));
    PLUMB_TRY(cli_entry_open(cli, json_object_get(answer, "entry"), &entry, &s, &checked, err));
    if (!plumb_digest_eq(&s->id, id))
        return plumb_fail(err, PLUMB_REFUSED, "show.id", "entry",
                          "the service shows another statement's entry");
    if (s->kind != PLUMB_KIND_RECOGNITION) /* all that enrolled verifiers sign */
        return plumb_fail(err, PLUMB_REFUSED, "key.unknown", "envelope",
                          "it is signed with a key that governance does not list");
    time = cli_when(answer, "time");
    print_head(cli, s, "?", (uint64_t)cli_number(answer, "index"), time);
    PLUMB_TRY(put_head(json, s, "?", (uint64_t)cli_number(answer, "index"), time, err));
    text = json_dumps(json_object_get(s->json, "predicate"), JSON_COMPACT | JSON_SORT_KEYS);
    cli_line(cli, "says       %s", text != NULL ? text : "");
    cli_line(cli,
             "signature  not checked: governance does not list an enrolled verifier's key");
    return json_object_set_new(json, "signatureChecked", json_boolean(checked)) == 0
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(client_statement_clear) struct client_statement s = { 0 };
    PLUMB_AUTO(cli_proposal_clear) struct cli_proposal p = { .met = false };
    PLUMB_AUTO(plumb_json_auto) json_t *json = json_object();
    struct plumb_chain *chain;
    struct client *client;
    struct plumb_digest id;
    struct plumb_err why;

    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(cli_chain(cli, &chain, err));
    PLUMB_TRY(cli_id(cli, cli_arg(cli, 0), &id, err));
    if (client_statement(client, &id, client_chain_key, chain, &s, &why) != PLUMB_OK) {
        if (strcmp(why.rule, "key.unknown") != 0)
            return plumb_fail(err, why.code, why.rule, why.where, "%s", why.msg);
        PLUMB_TRY(show_enrolled(cli, &id, json, err));
        return cli_result(cli, json_incref(json), err);
    }
    if (!plumb_kind_is_proposal(s.signed_statement->statement->kind)) {
        PLUMB_TRY(show_other(cli, &s, json, err));
    } else {
        PLUMB_TRY(cli_proposal(cli, &id, &p, err));
        PLUMB_TRY(cli_proposal_show(cli, &p, json, err));
    }
    return cli_result(cli, json_incref(json), err);
}

const struct cli_command command_show = {
    .name = "show",
    .topic = "Looking",
    .summary = "show a statement: what it says, who signed it, its votes, who is needed",
    .arguments = "ID",
    .min = 1,
    .max = 1,
    .more =
        "Signatures and votes are verified here, by the governance that is proven from the\n"
        "pinned genesis. ID is the whole id or, of a proposal, its first 8 digits or more.",
    .example = "plumb show 3f9c1a22d0b4",
    .run = run,
};
