/* cli/dossier.h - what the service says of a release's evidence, controls and findings. */
#ifndef CLI_DOSSIER_H
#define CLI_DOSSIER_H

#include "cli/cli.h"
#include "client/dossier.h"

/* text: "PAYLOAD@VERSION". The caller owns *ret. */
PLUMB_MUST_CHECK enum plumb_code cli_dossier(struct cli *cli, const char *text,
                                             struct client_dossier **ret,
                                             struct plumb_err *err);

/* An attached file: whether it was accepted, as what, and why not. */
void cli_file_lines(struct cli *cli, const struct client_file *f);
/* A control: its state, and by what it is met, or why it is not. */
void cli_control_line(struct cli *cli, const struct client_control *c);
/* A finding in lines. named: say of which version. */
void cli_finding_lines(struct cli *cli, const struct client_finding *f, bool named);
/*
 * For who is about to sign: what holds the release, what is waived and which findings are open,
 * by the controls in force; where there are any. As members of json: "controls", "findings".
 * That the service shows nothing to go by is said, and keeps nobody from signing. begin: it is
 * a rollout that is held, not the approval.
 */
PLUMB_MUST_CHECK enum plumb_code cli_held_lines(struct cli *cli,
                                                const struct plumb_statement *release,
                                                bool begin, json_t *json,
                                                struct plumb_err *err);

#endif
