/* client/when.h - instants and spans as people say them, in their own time zone. */
#ifndef CLIENT_WHEN_H
#define CLIENT_WHEN_H

#include <plumb/time.h>

#define WHEN_TEXT 64

/* "Tue 14:00 CET" when that is within six days of now, else "2026-11-24 14:00 CET"; "never". */
void when_text(plumb_time t, plumb_time now, char ret[WHEN_TEXT]);
/* "14:00:31". */
void when_clock(plumb_time t, char ret[WHEN_TEXT]);
/* "45s", "12m", "3h", "2d": the largest unit, rounded down. Negative ones as 0s. */
void when_span(int64_t seconds, char ret[WHEN_TEXT]);
/* "in 2d", "3h ago", "now". */
void when_from_now(plumb_time t, plumb_time now, char ret[WHEN_TEXT]);

#endif
