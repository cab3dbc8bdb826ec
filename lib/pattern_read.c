#include "lib/pattern_read.h"

#include <string.h>

#include "lib/own.h"

/* A star in a host's name would trust whoever can register one. */
enum plumb_code
plumb_pattern_read(const struct plumb_jv *v, const char **ret, struct plumb_err *err)
{
    const char *scheme, *host, *slash, *star;

    PLUMB_TRY(plumb_jv_string(v, PLUMB_PATTERN_MAX, ret, err));
    star = strchr(*ret, '*');
    scheme = strstr(*ret, "://");
    host = scheme != NULL ? scheme + 3 : *ret;
    slash = strchr(host, '/');
    if (star != NULL && (slash == NULL || star < slash))
        return plumb_jv_fail(v, err, PLUMB_INVALID, "governance.pattern",
                             "a star stands after a host and its '/'");
    return PLUMB_OK;
}

enum plumb_code
plumb_patterns_read(const struct plumb_jv *v, struct pool *pool, plumb_pattern_fn *fn,
                    const char ***ret, size_t *ret_n, struct plumb_err *err)
{
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 1, PLUMB_PATTERNS_MAX, &n, err));
    *ret = pool_array(pool, n, sizeof **ret);
    if (*ret == NULL)
        return plumb_fail_memory(err);
    *ret_n = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(v, i);

        PLUMB_TRY(fn(&element, &(*ret)[i], err));
    }
    return PLUMB_OK;
}
