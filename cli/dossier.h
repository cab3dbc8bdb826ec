/* cli/dossier.h - what the service says of a release's evidence, controls and findings. */
#ifndef CLI_DOSSIER_H
#define CLI_DOSSIER_H

#include "cli/cli.h"
#include "client/dossier.h"

/* text: "PAYLOAD@VERSION". The caller owns *ret. */
PLUMB_MUST_CHECK enum plumb_code cli_dossier(struct cli *cli, const char *text,
                                             struct client_dossier **ret,
                                             struct plumb_err *err);

/* A finding in lines. named: say of which version. */
void cli_finding_lines(struct cli *cli, const struct client_finding *f, bool named);

#endif
