/* cli/fields.h - small pieces of answers: JSON members, and times as people say them. */
#ifndef CLI_FIELDS_H
#define CLI_FIELDS_H

#include <jansson.h>
#include <plumb/bytes.h>
#include <plumb/time.h>

/* NULL when out of memory, as jansson's own makers; json_pack's "o" and "o*" take them. */
json_t *cli_digest_json(const struct plumb_digest *d);
/* NULL for PLUMB_TIME_NEVER too. */
json_t *cli_time_json(plumb_time t);

/* A member that is a string, or "". */
const char *cli_text(const json_t *object, const char *key);
/* A member that is an integer, or 0. */
json_int_t cli_number(const json_t *object, const char *key);
/* A member that is a time, or PLUMB_TIME_NEVER. */
plumb_time cli_when(const json_t *object, const char *key);

/* "3 d 4 h", "12 s": the two largest units of so many seconds. */
#define CLI_SPAN 32
void cli_span(int64_t seconds, char ret[CLI_SPAN]);
/* "in 3 d 4 h", "5 s ago", "never". */
#define CLI_FROM_NOW (CLI_SPAN + 8)
void cli_from_now(plumb_time t, plumb_time now, char ret[CLI_FROM_NOW]);

#endif
