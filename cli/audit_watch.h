/* cli/audit_watch.h - plumb audit --watch. */
#ifndef CLI_AUDIT_WATCH_H
#define CLI_AUDIT_WATCH_H

#include "cli/log_source.h"

/* For ever, or once with --once; ends when the log forks, with CLI_NO. */
PLUMB_MUST_CHECK enum plumb_code audit_watch(struct cli *cli, const struct cli_log *from,
                                             struct plumb_err *err);

#endif
