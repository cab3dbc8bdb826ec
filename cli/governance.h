/* cli/governance.h - what a governance document says, for people. */
#ifndef CLI_GOVERNANCE_H
#define CLI_GOVERNANCE_H

#include "cli/cli.h"

/* "2 release-manager besides the proposer; veto: security-officer" */
void cli_quorum_text(const struct plumb_governance *g, const struct plumb_quorum *q, char *ret,
                     size_t size);
void cli_quorum_line(struct cli *cli, const struct plumb_governance *g, const char *what,
                     const struct plumb_quorum *q);
void cli_governance_lines(struct cli *cli, const struct plumb_governance *g);
/* The part of them on evidence: which controls, whom to believe, how much is asked. */
void cli_controls_lines(struct cli *cli, const struct plumb_governance *g);
/* What is allowed, and hardly meant. */
void cli_governance_notes(struct cli *cli, const struct plumb_governance *g);

/* How two JSON values differ as lines "+ path: value", "- path: value", "~ path: old -> new";
 * says so if there are none. Returns them as an array of {"path", "before"?, "after"?}, NULL if
 * out of memory.
 */
json_t *cli_difference_lines(struct cli *cli, const json_t *before, const json_t *after);

#endif
