#include "server/http/limits.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct http_limit_row rows[] = {
#define X(name, value, least, most, help) { #name, value, least, most, help },
    HTTP_LIMITS(X)
#undef X
};
enum { NROWS = sizeof rows / sizeof rows[0] };

static const size_t offsets[] = {
#define X(name, value, least, most, help) offsetof(struct http_limits, name),
    HTTP_LIMITS(X)
#undef X
};

struct http_limits
http_limits_default(void)
{
    struct http_limits limits = {
#define X(name, value, least, most, help) .name = (value),
        HTTP_LIMITS(X)
#undef X
    };

    return limits;
}

enum plumb_code
http_limits_set(struct http_limits *limits, const char *name, const char *text,
                struct plumb_err *err)
{
    for (size_t i = 0; i < NROWS; i++) {
        if (strcmp(rows[i].name, name) != 0)
            continue;

        char *end = NULL;
        errno = 0;
        long long value = strtoll(text, &end, 10);
        if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
            value < rows[i].least || value > rows[i].most)
            return plumb_fail(err, PLUMB_INVALID, "limit.range", name,
                              "%s is a whole number from %" PRId64 " to %" PRId64, name,
                              rows[i].least, rows[i].most);
        *(int64_t *)((char *)limits + offsets[i]) = value;
        return PLUMB_OK;
    }
    return plumb_fail(err, PLUMB_INVALID, "limit.name", name, "there is no such limit");
}

static size_t
threads(int64_t set, long each, long least)
{
    const long cpus = sysconf(_SC_NPROCESSORS_ONLN), wanted = each * cpus;

    if (set > 0)
        return (size_t)set;
    return (size_t)(wanted < least ? least : wanted > 8 ? 8 : wanted);
}

size_t
http_limits_event_threads(const struct http_limits *limits)
{
    return threads(limits->event_threads, 1, 1);
}

size_t
http_limits_workers(const struct http_limits *limits)
{
    return threads(limits->workers, 2, 4);
}

const struct http_limit_row *
http_limits_rows(size_t *ret_n)
{
    *ret_n = NROWS;
    return rows;
}
