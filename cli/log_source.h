/* cli/log_source.h - where a command of auditors reads the log from: the service, a web server
 * with an export, or an export's directory. */
#ifndef CLI_LOG_SOURCE_H
#define CLI_LOG_SOURCE_H

#include "audit/dir.h"
#include "cli/cli.h"

struct cli_log {
    struct audit_source source;
    const char *name; /* for people */
    /* within: */
    struct client *client; /* borrowed where it is the service's */
    struct client *web;
    struct audit_dir *dir;
};
/* where: a directory, "http://..." or "https://..." of a web server, or NULL for the service of
 * --server or the profile. */
PLUMB_MUST_CHECK enum plumb_code cli_log_open(struct cli *cli, const char *where,
                                              struct cli_log *ret, struct plumb_err *err);
void cli_log_close(struct cli_log *h);

/* Whom to believe: --genesis, or the trust file's genesis and log policy. *ret_policy may be
 * NULL. Rule "cli.genesis". */
PLUMB_MUST_CHECK enum plumb_code cli_log_pin(struct cli *cli, struct plumb_digest *ret,
                                             const struct plumb_log_policy **ret_policy,
                                             struct plumb_err *err);
#define CLI_GENESIS_OPTION                                                                     \
    {                                                                                          \
        "genesis", 0, "ID", false, "the pinned genesis (else the trust file's)"                \
    }

#endif
