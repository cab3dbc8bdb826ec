#include "cli/dossier.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_dossier, struct client_dossier *, client_dossier_free);

enum plumb_code
cli_dossier(struct cli *cli, const char *text, struct client_dossier **ret,
            struct plumb_err *err)
{
    struct client *client;
    struct cli_version v;

    PLUMB_TRY(cli_version(text, &v, err));
    PLUMB_TRY(cli_client(cli, &client, err));
    return client_dossier(client, v.payload, v.version, NULL, ret, err);
}

void
cli_file_lines(struct cli *cli, const struct client_file *f)
{
    const char *kind = plumb_file_kind_text(f->kind);
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(&f->digest, hex);
    cli_line(cli, "%-8s %-18s %.12s  %s",
             !f->accepted ? "refused"
             : f->loose   ? "loose"
                          : "accepted",
             f->said[0] != '\0' ? f->said : kind, hex, f->name[0] != '\0' ? f->name : "-");
    cli_line(cli, "         %s%s%s%s", f->text, f->accepted ? "" : " (", f->rule,
             f->accepted ? "" : ")");
    if (f->loose)
        cli_line(
            cli,
            "         it counts for nothing until a reference to it is attached, by a signer "
            "trusted for %s",
            kind);
}

void
cli_control_line(struct cli *cli, const struct client_control *c)
{
    char until[PLUMB_TIME_TEXT] = "";

    if (c->waived_until != PLUMB_TIME_NEVER)
        plumb_time_text(c->waived_until, until);
    cli_line(cli, "%-7s %-6s %-18s %s%s%s%s", plumb_control_state_text(c->state),
             c->must ? "must" : "should", c->id, c->by,
             until[0] == '\0' ? ""
             : c->lapsed      ? " (waiver lapsed "
                              : " (waiver until ",
             until, until[0] != '\0' ? ")" : "");
}

void
cli_finding_lines(struct cli *cli, const struct client_finding *f, bool named)
{
    char version[2 * PLUMB_NAME_MAX + 4] = "", since[PLUMB_TIME_TEXT], due[PLUMB_TIME_TEXT];
    char more[40] = "";

    if (f->components > 1)
        (void)snprintf(more, sizeof more, " and %" PRId64 " more", f->components - 1);
    if (named)
        (void)snprintf(version, sizeof version, "%s@%s  ", f->payload, f->version);
    cli_line(cli, "%s%-8s %-12s %s%s%s", version, plumb_severity_text(f->severity),
             plumb_finding_state_text(f->state), f->advisory, f->blocking ? "  blocks" : "",
             f->overdue ? "  OVERDUE" : "");
    if (f->summary[0] != '\0')
        cli_line(cli, "    %s", f->summary);
    if (f->component[0] != '\0')
        cli_line(cli, "    %s%s%s%s", f->component, more,
                 f->fixed[0] != '\0' ? ", fixed in " : "", f->fixed);
    plumb_time_text(f->since, since);
    if (f->due != PLUMB_TIME_NEVER)
        plumb_time_text(f->due, due);
    cli_line(cli, "    since %s%s%s%s%s", since, f->due != PLUMB_TIME_NEVER ? ", due " : "",
             f->due != PLUMB_TIME_NEVER ? due : "", f->why[0] != '\0' ? "; " : "", f->why);
    for (size_t i = 0; i < f->nplaces; i++)
        cli_line(cli, "    %s in %s%s", f->places[i].place, f->places[i].fleet,
                 f->places[i].alone ? "; revoked, nothing would be left there" : "");
}

/* --- for who is about to sign --- */

static void
print_held(struct cli *cli, const struct client_dossier *d, const struct plumb_controls *rules,
           bool begin)
{
    const size_t held = client_dossier_held(d, rules, begin);
    char at[PLUMB_TIME_TEXT];

    plumb_time_text(d->at, at);
    if (held > 0)
        cli_line(cli,
                 "controls   %zu of %zu hold its %s, by the service's evaluation at %s:", held,
                 d->ncontrols, begin ? "rollout" : "approval", at);
    else
        cli_line(cli, "controls   all %zu are met or waived, by the service's evaluation at %s",
                 d->ncontrols, at);
    for (size_t i = 0; i < d->ncontrols; i++)
        if (d->controls[i].has_waiver || client_control_holds(&d->controls[i], rules, begin))
            cli_control_line(cli, &d->controls[i]);
    for (size_t i = 0; i < d->nfindings; i++)
        if (plumb_finding_is_open(d->findings[i].state))
            cli_finding_lines(cli, &d->findings[i], false);
}

enum plumb_code
cli_held_lines(struct cli *cli, const struct plumb_statement *release, bool begin, json_t *json,
               struct plumb_err *err)
{
    PLUMB_AUTO(auto_dossier) struct client_dossier *d = NULL;
    const struct plumb_controls *rules;
    struct plumb_chain *chain;
    struct client *client;
    enum plumb_code code;
    struct plumb_err why;

    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(cli_chain(cli, &chain, err));
    rules = plumb_chain_last(chain)->document->controls;
    if (rules == NULL)
        return PLUMB_OK;
    code = client_dossier(client, release->payload, release->version, &release->id, &d, &why);
    if (code == PLUMB_OK)
        code = client_dossier_fits(d, rules, &why);
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (code != PLUMB_OK) {
        cli_line(cli, "controls   NOT SEEN: %s (%s)", why.msg, why.rule);
        return PLUMB_OK;
    }
    print_held(cli, d, rules, begin);
    if (json_object_set(json, "controls", json_object_get(d->json, "controls")) != 0 ||
        json_object_set(json, "findings", json_object_get(d->json, "findings")) != 0)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}
