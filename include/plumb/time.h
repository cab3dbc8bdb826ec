/* plumb/time.h - instants and durations, in whole seconds. No clock here: callers pass now in.
 */
#ifndef PLUMB_TIME_H
#define PLUMB_TIME_H

#include <plumb/err.h>
#include <stdint.h>

typedef int64_t plumb_time; /* seconds since 1970-01-01T00:00:00Z, from year 1970 to 9999 */

#define PLUMB_TIME_NEVER INT64_MAX /* no end date; has no text form */
#define PLUMB_TIME_TEXT  21        /* "2026-11-24T03:11:32Z" with the NUL */

/* RFC 3339 in the one form that our profile allows: upper-case T and Z, no fraction. */
void plumb_time_text(plumb_time t, char ret[PLUMB_TIME_TEXT]);
/* Rule "time.form". Leap seconds (":60") and dates that do not exist are refused. */
PLUMB_MUST_CHECK enum plumb_code plumb_time_parse(const char *text, const char *where,
                                                  plumb_time *ret, struct plumb_err *err);

/*
 * Other people's RFC 3339: any offset, a fraction of a second (dropped), t and z, a space for
 * T. A leap second is the second before it, what is before 1970 is 1970's start. Rule
 * "time.form".
 */
PLUMB_MUST_CHECK enum plumb_code plumb_time_parse_foreign(const char *text, const char *where,
                                                          plumb_time *ret,
                                                          struct plumb_err *err);

/*
 * ISO 8601 duration: PnW, or P[nD][T[nH][nM][nS]], whole numbers, at most 100 years. Years and
 * months are refused: they are not a number of seconds. Rule "duration.form".
 */
PLUMB_MUST_CHECK enum plumb_code plumb_duration_parse(const char *text, const char *where,
                                                      int64_t *ret, struct plumb_err *err);

/* The shortest exact form: 1209600 is "P14D", 90 is "PT1M30S", 0 is "PT0S". */
#define PLUMB_DURATION_TEXT 48
void plumb_duration_text(int64_t seconds, char ret[PLUMB_DURATION_TEXT]);

/* a + seconds; PLUMB_TIME_NEVER if either is never or the sum is past year 9999, 0 if it is
 * before 1970. */
plumb_time plumb_time_add(plumb_time a, int64_t seconds);

#endif
