/* cli/about.h - what a proposal would bring about: what an approver must see before signing. */
#ifndef CLI_ABOUT_H
#define CLI_ABOUT_H

#include "cli/view.h"

/*
 * In lines for people, and as members of json for programs: for a release its reference values,
 * where each set came from, which controls hold it, and how they differ from what is current
 * in each fleet; for a rollout what it does and the same; for a governance change what it
 * changes. All of it is fetched and verified here.
 */
PLUMB_MUST_CHECK enum plumb_code cli_about(struct cli *cli, const struct cli_proposal *p,
                                           json_t *json, struct plumb_err *err);

/* --- of cli/values.c --- */

/* A release's sets, each with where it came from. */
void cli_values(struct cli *cli, const struct cli_released *r);
/* How they differ from those of another; before NULL: from nothing. As the value of a member:
 * {"same", "changed", "added", "removed"}. */
PLUMB_MUST_CHECK enum plumb_code cli_values_differ(struct cli *cli,
                                                   const struct cli_released *before,
                                                   const struct cli_released *after,
                                                   json_t **ret, struct plumb_err *err);
/* A release in full: notes, artifacts, SBOM, sets; and as members of json. */
PLUMB_MUST_CHECK enum plumb_code cli_release_show(struct cli *cli, const struct cli_released *r,
                                                  json_t *json, struct plumb_err *err);

#endif
