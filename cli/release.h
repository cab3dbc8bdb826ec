/* cli/release.h - registering a version. */
#ifndef CLI_RELEASE_H
#define CLI_RELEASE_H

#include "cli/cli.h"

/*
 * Store the reference values (canonical, checked by the caller) and what --artifact, --sbom and
 * --notes name, and propose the release. source: the member of that name of the statement, or
 * NULL; borrowed.
 */
PLUMB_MUST_CHECK enum plumb_code cli_release(struct cli *cli, const struct cli_version *v,
                                             const struct plumb_bytes *values, json_t *source,
                                             struct plumb_err *err);

#endif
