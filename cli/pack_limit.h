/* cli/pack_limit.h - how much a pack may hold, for the two commands that deal with them. */
#ifndef CLI_PACK_LIMIT_H
#define CLI_PACK_LIMIT_H

#include "cli/cli.h"

#define CLI_PACK_LIMIT_OPTION                                                                  \
    {                                                                                          \
        "limit", 0, "MIB", false, "of a pack: how much it may hold, in MiB (1024)"             \
    }
/* That option in bytes; rule "usage". */
PLUMB_MUST_CHECK enum plumb_code cli_pack_limit(struct cli *cli, size_t *ret,
                                                struct plumb_err *err);

#endif
