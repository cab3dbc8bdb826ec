/* cli/show.h - a proposal in full. */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "cli/view.h"

/* What it is, who proposed it, what it would bring about, who voted, who is needed: in lines,
 * and as members of json. */
PLUMB_MUST_CHECK enum plumb_code cli_proposal_show(struct cli *cli,
                                                   const struct cli_proposal *p, json_t *json,
                                                   struct plumb_err *err);

#endif
