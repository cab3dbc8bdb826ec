#include "cli/pack_limit.h"

#include <stdlib.h>

#include "audit/pack.h"

enum plumb_code
cli_pack_limit(struct cli *cli, size_t *ret, struct plumb_err *err)
{
    const char *text = cli_option(cli, "limit");
    unsigned long long mib;
    char *end;

    *ret = PACK_LIMIT;
    if (text == NULL)
        return PLUMB_OK;
    mib = strtoull(text, &end, 10);
    if (text[0] < '1' || text[0] > '9' || *end != '\0' || mib > PACK_LIMIT_MAX >> 20)
        return cli_usage("--limit", err, "want a number of MiB, from 1 to %zu",
                         PACK_LIMIT_MAX >> 20);
    *ret = (size_t)mib << 20;
    return PLUMB_OK;
}
