#include <inttypes.h>
#include <plumb/controls.h>
#include <stdio.h>
#include <string.h>

#include "cli/blob.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/governance.h"
#include "lib/own.h"

void
cli_quorum_text(const struct plumb_governance *g, const struct plumb_quorum *q, char *ret,
                size_t size)
{
    size_t at = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < q->nneeds && at < size; i++)
        at += (size_t)snprintf(ret + at, size - at, "%s%u %s", i > 0 ? " and " : "",
                               q->needs[i].count, g->roles[q->needs[i].role].name);
    if (q->others && at < size)
        at += (size_t)snprintf(ret + at, size - at, " besides the proposer");
    for (size_t i = 0; i < q->nveto && at < size; i++)
        at += (size_t)snprintf(ret + at, size - at, "%s%s",
                               i > 0 ? ", " : "; veto: ", g->roles[q->veto[i]].name);
}

void
cli_quorum_line(struct cli *cli, const struct plumb_governance *g, const char *what,
                const struct plumb_quorum *q)
{
    char text[512];

    cli_quorum_text(g, q, text, sizeof text);
    cli_line(cli, "  %-11s %s", what, text);
}

static void
print_principal(struct cli *cli, const struct plumb_governance *g,
                const struct plumb_principal *p)
{
    char roles[512] = "", keys[128] = "";
    size_t count[2][3] = { { 0 } };

    for (size_t i = 0; i < p->nroles; i++) {
        const size_t at = strlen(roles);

        (void)snprintf(roles + at, sizeof roles - at, "%s%s", i > 0 ? ", " : "",
                       g->roles[p->roles[i]].name);
    }
    for (size_t i = 0; i < p->nkeys; i++)
        count[p->keys[i].use][p->keys[i].status]++;
    (void)snprintf(keys, sizeof keys, "%zu sign, %zu tls",
                   count[PLUMB_USE_SIGN][PLUMB_KEY_ACTIVE],
                   count[PLUMB_USE_TLS][PLUMB_KEY_ACTIVE]);
    for (int s = PLUMB_KEY_RETIRED; s <= PLUMB_KEY_COMPROMISED; s++) {
        const size_t n = count[0][s] + count[1][s], at = strlen(keys);

        if (n > 0)
            (void)snprintf(keys + at, sizeof keys - at, ", %zu %s", n,
                           s == PLUMB_KEY_RETIRED ? "retired" : "compromised");
    }
    cli_line(cli, "  %-16s %s (keys: %s)", p->id, roles, keys);
}

/* A role that a quorum needs all of: one lost key, and it is never reached again. */
static void
print_fragile(struct cli *cli, const struct plumb_governance *g)
{
    for (size_t i = 0; i < g->quorum.nneeds; i++) {
        const struct plumb_need *need = &g->quorum.needs[i];
        size_t n = 0;

        for (size_t k = 0; k < g->nprincipals; k++)
            n += plumb_principal_has_role(&g->principals[k], need->role);
        if (n <= need->count)
            cli_line(cli,
                     "note: governance needs every %s there is: if one key is lost, nothing "
                     "can be changed any more",
                     g->roles[need->role].name);
    }
}

/* Provenance says "git+https://..."; it is compared as "https://...". */
static void
print_unmatched(struct cli *cli, const struct plumb_controls *c)
{
    for (size_t i = 0; c != NULL && i < c->nsources; i++)
        if (strncmp(c->sources[i], "git+", 4) == 0)
            cli_line(cli,
                     "note: the source %s matches nothing: sources are compared without git+, "
                     "so write %s",
                     c->sources[i], c->sources[i] + 4);
}

void
cli_governance_notes(struct cli *cli, const struct plumb_governance *g)
{
    print_fragile(cli, g);
    print_unmatched(cli, g->controls);
}

static void
print_fleet(struct cli *cli, const struct plumb_governance *g, const struct plumb_fleet *f)
{
    char grace[PLUMB_DURATION_TEXT], limit[PLUMB_DURATION_TEXT], validity[PLUMB_DURATION_TEXT];

    plumb_duration_text(f->grace, grace);
    plumb_duration_text(f->limit, limit);
    plumb_duration_text(f->validity, validity);
    cli_line(cli, "fleet %s: grace %s, rollouts within %s, bundles good for %s%s", f->name,
             grace, limit, validity, f->is_public ? ", public" : "");
    for (size_t i = 0; i < PLUMB_ACTION_COUNT; i++)
        cli_quorum_line(cli, g, plumb_action_text((enum plumb_action)i), &f->rollout[i]);
    cli_quorum_line(cli, g, "revocation", &f->revocation);
}

void
cli_governance_lines(struct cli *cli, const struct plumb_governance *g)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(&g->digest, hex);
    cli_line(cli, "governance of %s, version %" PRId64 ", document %s", g->origin, g->version,
             hex);
    cli_line(cli, "principals");
    for (size_t i = 0; i < g->nprincipals; i++)
        print_principal(cli, g, &g->principals[i]);
    cli_line(cli, "quorums");
    cli_quorum_line(cli, g, "governance", &g->quorum);
    for (size_t i = 0; i < g->npayloads; i++) {
        cli_line(cli, "payload %s", g->payloads[i].name);
        cli_quorum_line(cli, g, "release", &g->payloads[i].release);
        cli_quorum_line(cli, g, "revocation", &g->payloads[i].revocation);
        if (g->payloads[i].has_waiver)
            cli_quorum_line(cli, g, "waiver", &g->payloads[i].waiver);
    }
    for (size_t i = 0; i < g->nfleets; i++)
        print_fleet(cli, g, &g->fleets[i]);
    cli_controls_lines(cli, g);
    cli_governance_notes(cli, g);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(cli_governance_auto) struct plumb_governance *g = NULL;

    PLUMB_TRY(cli_read_governance(cli_arg(cli, 0), &bytes, &g, err));
    cli_governance_lines(cli, g);
    return cli_result(cli,
                      json_pack("{s:I, s:o, s:s, s:I}", "version", (json_int_t)g->version,
                                "document", cli_digest_json(&g->digest), "origin", g->origin,
                                "size", (json_int_t)bytes.len),
                      err);
}

const struct cli_command command_governance_check = {
    .name = "governance check",
    .topic = "Governance",
    .summary = "check a governance document, and say what it means",
    .arguments = "FILE",
    .min = 1,
    .max = 1,
    .example = "plumb governance check governance.json",
    .run = run,
};
