#include "client/when.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define NEAR (6 * 86400)

static struct tm
local(plumb_time t)
{
    const time_t at = (time_t)t;
    struct tm tm = { .tm_sec = 0 };

    (void)localtime_r(&at, &tm);
    return tm;
}

void
when_text(plumb_time t, plumb_time now, char ret[WHEN_TEXT])
{
    const int64_t away = t > now ? t - now : now - t;
    const struct tm tm = local(t == PLUMB_TIME_NEVER ? 0 : t);
    size_t len;

    if (t == PLUMB_TIME_NEVER) {
        (void)snprintf(ret, WHEN_TEXT, "never");
        return;
    }
    len = away < NEAR ? strftime(ret, WHEN_TEXT, "%a %H:%M %Z", &tm)
                      : strftime(ret, WHEN_TEXT, "%Y-%m-%d %H:%M %Z", &tm);
    if (len == 0)
        plumb_time_text(t, ret);
}

void
when_clock(plumb_time t, char ret[WHEN_TEXT])
{
    const struct tm tm = local(t);

    if (strftime(ret, WHEN_TEXT, "%H:%M:%S", &tm) == 0)
        ret[0] = '\0';
}

void
when_span(int64_t seconds, char ret[WHEN_TEXT])
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = { { 86400, 'd' }, { 3600, 'h' }, { 60, 'm' }, { 1, 's' } };
    size_t u = 0;

    if (seconds < 0)
        seconds = 0;
    while (u < 3 && seconds < units[u].seconds)
        u++;
    (void)snprintf(ret, WHEN_TEXT, "%" PRId64 "%c", seconds / units[u].seconds, units[u].unit);
}

void
when_from_now(plumb_time t, plumb_time now, char ret[WHEN_TEXT])
{
    char span[WHEN_TEXT];

    when_span(t > now ? t - now : now - t, span);
    if (t == now)
        (void)snprintf(ret, WHEN_TEXT, "now");
    else
        (void)snprintf(ret, WHEN_TEXT, t > now ? "in %.50s" : "%.50s ago", span);
}
