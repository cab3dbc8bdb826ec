#include "cli/dossier.h"

#include <stdio.h>

#include "lib/own.h"

enum plumb_code
cli_dossier(struct cli *cli, const char *text, struct client_dossier **ret,
            struct plumb_err *err)
{
    struct client *client;
    struct cli_version v;

    PLUMB_TRY(cli_version(text, &v, err));
    PLUMB_TRY(cli_client(cli, &client, err));
    return client_dossier(client, v.payload, v.version, ret, err);
}

void
cli_finding_lines(struct cli *cli, const struct client_finding *f, bool named)
{
    char version[2 * PLUMB_NAME_MAX + 4] = "", since[PLUMB_TIME_TEXT], due[PLUMB_TIME_TEXT];

    if (named)
        (void)snprintf(version, sizeof version, "%s@%s  ", f->payload, f->version);
    cli_line(cli, "%s%-8s %-12s %s%s%s", version, plumb_severity_text(f->severity),
             plumb_finding_state_text(f->state), f->advisory, f->blocking ? "  blocks" : "",
             f->overdue ? "  OVERDUE" : "");
    cli_line(cli, "    %s%s%s", f->component, f->fixed[0] != '\0' ? ", fixed in " : "",
             f->fixed);
    plumb_time_text(f->since, since);
    if (f->due != PLUMB_TIME_NEVER)
        plumb_time_text(f->due, due);
    cli_line(cli, "    since %s%s%s%s%s", since, f->due != PLUMB_TIME_NEVER ? ", due " : "",
             f->due != PLUMB_TIME_NEVER ? due : "", f->why[0] != '\0' ? "; " : "", f->why);
    for (size_t i = 0; i < f->nplaces; i++)
        cli_line(cli, "    %s in %s%s", f->places[i].place, f->places[i].fleet,
                 f->places[i].alone ? "; revoked, nothing would be left there" : "");
}
