#include <plumb/time.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"

#define YEAR_9999    INT64_C(253402300799) /* 9999-12-31T23:59:59Z */
#define DURATION_MAX (INT64_C(36525) * 86400)

/* Days from 1970-01-01 to a civil date (Howard Hinnant's algorithm, years from 1970 on). */
static int64_t
days_of(int64_t y, int64_t m, int64_t d)
{
    int64_t era, yoe, doy;

    y -= m <= 2;
    era = y / 400;
    yoe = y - era * 400;
    doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void
date_of(int64_t days, int *y, int *m, int *d)
{
    int64_t era, doe, yoe, doy, mp;

    days += 719468;
    era = days / 146097;
    doe = days - era * 146097;
    yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    mp = (5 * doy + 2) / 153;
    *d = (int)(doy - (153 * mp + 2) / 5 + 1);
    *m = (int)(mp < 10 ? mp + 3 : mp - 9);
    *y = (int)(yoe + era * 400 + (*m <= 2));
}

void
plumb_time_text(plumb_time t, char ret[PLUMB_TIME_TEXT])
{
    int y, m, d, s;

    if (t < 0)
        t = 0;
    if (t > YEAR_9999)
        t = YEAR_9999;
    date_of(t / 86400, &y, &m, &d);
    s = (int)(t % 86400);
    (void)snprintf(ret, PLUMB_TIME_TEXT, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)y % 10000,
                   (unsigned)m % 100, (unsigned)d % 100, (unsigned)s / 3600 % 24,
                   (unsigned)s / 60 % 60, (unsigned)s % 60);
}

enum plumb_code
plumb_time_parse(const char *text, const char *where, plumb_time *ret, struct plumb_err *err)
{
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    static const char month_days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int v[6] = { 0 };
    size_t field = 0;
    bool leap;

    if (strlen(text) != sizeof form - 1)
        return plumb_fail(err, PLUMB_INVALID, "time.form", where,
                          "want a time like 2026-11-24T03:11:32Z");
    for (size_t i = 0; i < sizeof form - 1; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';

        if (form[i] == 'd' ? !digit : text[i] != form[i])
            return plumb_fail(err, PLUMB_INVALID, "time.form", where,
                              "want a time like 2026-11-24T03:11:32Z");
        if (digit)
            v[field] = v[field] * 10 + (text[i] - '0');
        else
            field++;
    }
    leap = (v[0] % 4 == 0 && v[0] % 100 != 0) || v[0] % 400 == 0;
    if (v[0] < 1970 || v[1] < 1 || v[1] > 12 || v[2] < 1 ||
        v[2] > month_days[v[1] - 1] + (v[1] == 2 && leap) || v[3] > 23 || v[4] > 59 ||
        v[5] > 59)
        return plumb_fail(err, PLUMB_INVALID, "time.form", where,
                          "there is no such date or time");
    *ret = days_of(v[0], v[1], v[2]) * 86400 + v[3] * 3600 + v[4] * 60 + v[5];
    return PLUMB_OK;
}

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Seconds east of "Z", "+hh:mm" or "-hh:mm", which must be all of the text. */
static bool
parse_offset(const char *text, int64_t *ret)
{
    const bool zulu = *text == 'Z' || *text == 'z';

    *ret = 0;
    if (zulu)
        return text[1] == '\0';
    if ((*text != '+' && *text != '-') || strlen(text) != 6 || text[3] != ':' ||
        !is_digit(text[1]) || !is_digit(text[2]) || !is_digit(text[4]) || !is_digit(text[5]) ||
        text[1] > '2' || (text[1] == '2' && text[2] > '3') || text[4] > '5')
        return false;
    *ret = ((text[1] - '0') * 10 + text[2] - '0') * 3600 +
           ((text[4] - '0') * 10 + text[5] - '0') * 60;
    if (*text == '-')
        *ret = -*ret;
    return true;
}

enum plumb_code
plumb_time_parse_foreign(const char *text, const char *where, plumb_time *ret,
                         struct plumb_err *err)
{
    char plain[PLUMB_TIME_TEXT];
    const char *rest;
    int64_t offset;
    plumb_time t;

    if (strnlen(text, 19) < 19)
        return plumb_fail(err, PLUMB_INVALID, "time.form", where,
                          "want a time like 2026-11-24T03:11:32Z");
    (void)snprintf(plain, sizeof plain, "%.19sZ", text);
    if (plain[10] == 't' || plain[10] == ' ')
        plain[10] = 'T';
    if (strncmp(plain + 16, ":60", 3) == 0)
        memcpy(plain + 17, "59", 2);
    rest = text + 19;
    if (*rest == '.' && is_digit(rest[1]))
        for (rest++; is_digit(*rest);)
            rest++;
    if (!parse_offset(rest, &offset))
        return plumb_fail(err, PLUMB_INVALID, "time.form", where,
                          "want a time that ends in Z or an offset like +01:00");
    if (plain[0] < '1' || (plain[0] == '1' && strncmp(plain, "1970", 4) < 0)) {
        /* checked as a date of the same shape */
        memcpy(plain, "1972", 4);
        PLUMB_TRY(plumb_time_parse(plain, where, &t, err));
        *ret = 0;
        return PLUMB_OK;
    }
    PLUMB_TRY(plumb_time_parse(plain, where, &t, err));
    t -= offset;
    *ret = t < 0 ? 0 : t > YEAR_9999 ? YEAR_9999 : t;
    return PLUMB_OK;
}

static enum plumb_code
no_duration(const char *where, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "duration.form", where,
                      "want a duration like P14D, PT12H or P1DT6H30M, without years or months");
}

enum plumb_code
plumb_duration_parse(const char *text, const char *where, int64_t *ret, struct plumb_err *err)
{
    static const struct {
        char unit;
        bool time;
        int64_t seconds;
    } units[] = { { 'W', false, 604800 },
                  { 'D', false, 86400 },
                  { 'H', true, 3600 },
                  { 'M', true, 60 },
                  { 'S', true, 1 } };
    const char *p = text;
    int64_t total = 0;
    size_t next = 0;
    bool in_time = false, weeks = false, bare = false;

    if (*p++ != 'P')
        return no_duration(where, err);
    while (*p != '\0') {
        int64_t n = 0;
        size_t digits = 0, u = next;

        if (*p == 'T' && !in_time) {
            in_time = bare = true;
            p++;
            continue;
        }
        for (; *p >= '0' && *p <= '9' && digits < 12; p++, digits++)
            n = n * 10 + (*p - '0');
        while (u < sizeof units / sizeof units[0] &&
               (units[u].unit != *p || units[u].time != in_time))
            u++;
        if (digits == 0 || u == sizeof units / sizeof units[0] || weeks)
            return no_duration(where, err);
        weeks = u == 0;
        next = u + 1;
        bare = false;
        p++;
        total += n * units[u].seconds; /* twelve digits of weeks are far from overflow */
        if (total > DURATION_MAX)
            return plumb_fail(err, PLUMB_INVALID, "duration.form", where,
                              "a duration is at most 100 years");
    }
    if (next == 0 || bare)
        return no_duration(where, err);
    *ret = total;
    return PLUMB_OK;
}

void
plumb_duration_text(int64_t seconds, char ret[PLUMB_DURATION_TEXT])
{
    int64_t rest = seconds > 0 ? seconds % 86400 : 0;
    size_t n = 0;

    n += (size_t)snprintf(ret, PLUMB_DURATION_TEXT, "P");
    if (seconds >= 86400)
        n += (size_t)snprintf(ret + n, PLUMB_DURATION_TEXT - n, "%lldD",
                              (long long)(seconds / 86400));
    if (rest == 0 && n > 1)
        return;
    n += (size_t)snprintf(ret + n, PLUMB_DURATION_TEXT - n, "T");
    if (rest >= 3600)
        n += (size_t)snprintf(ret + n, PLUMB_DURATION_TEXT - n, "%dH", (int)(rest / 3600));
    if (rest % 3600 >= 60)
        n += (size_t)snprintf(ret + n, PLUMB_DURATION_TEXT - n, "%dM", (int)(rest % 3600 / 60));
    if (rest % 60 > 0 || rest == 0)
        (void)snprintf(ret + n, PLUMB_DURATION_TEXT - n, "%dS", (int)(rest % 60));
}

plumb_time
plumb_time_add(plumb_time a, int64_t seconds)
{
    if (a < 0)
        a = 0;
    if (a > YEAR_9999 || seconds > YEAR_9999 - a)
        return PLUMB_TIME_NEVER;
    return seconds < -a ? 0 : a + seconds;
}
