#include <stdlib.h>

#include "cli/governance.h"
#include "client/json_diff.h"
#include "lib/own.h"

struct printer {
    struct cli *cli;
    json_t *list;
};

static void
print(void *arg, const char *path, const json_t *before, const json_t *after)
{
    const size_t flags = JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY;
    struct printer *p = arg;
    PLUMB_AUTO(auto_free) char *old = before != NULL ? json_dumps(before, flags) : NULL;
    PLUMB_AUTO(auto_free) char *new = after != NULL ? json_dumps(after, flags) : NULL;

    if (before == NULL)
        cli_line(p->cli, "  + %s: %s", path, new != NULL ? new : "");
    else if (after == NULL)
        cli_line(p->cli, "  - %s: %s", path, old != NULL ? old : "");
    else
        cli_line(p->cli, "  ~ %s: %s -> %s", path, old != NULL ? old : "",
                 new != NULL ? new : "");
    (void)json_array_append_new(p->list, json_pack("{s:s, s:O*, s:O*}", "path", path, "before",
                                                   before, "after", after));
}

json_t *
cli_difference_lines(struct cli *cli, const json_t *before, const json_t *after)
{
    struct printer p = { cli, json_array() };

    json_diff(before, after, print, &p);
    if (json_array_size(p.list) == 0)
        cli_line(cli, "  no difference");
    return p.list;
}
