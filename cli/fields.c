#include "cli/fields.h"

#include <inttypes.h>
#include <stdio.h>

json_t *
cli_digest_json(const struct plumb_digest *d)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(d, hex);
    return json_string(hex);
}

json_t *
cli_time_json(plumb_time t)
{
    char text[PLUMB_TIME_TEXT];

    if (t == PLUMB_TIME_NEVER)
        return NULL;
    plumb_time_text(t, text);
    return json_string(text);
}

const char *
cli_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

json_int_t
cli_number(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

plumb_time
cli_when(const json_t *object, const char *key)
{
    plumb_time t;

    return plumb_time_parse(cli_text(object, key), key, &t, NULL) == PLUMB_OK
               ? t
               : PLUMB_TIME_NEVER;
}

void
cli_span(int64_t seconds, char ret[CLI_SPAN])
{
    static const struct {
        int64_t seconds;
        const char *unit;
    } units[] = { { 86400, "d" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
    size_t i = 0;
    int64_t rest;

    while (i < 3 && seconds < units[i].seconds)
        i++;
    rest = i < 3 ? seconds % units[i].seconds / units[i + 1].seconds : 0;
    if (rest > 0)
        (void)snprintf(ret, CLI_SPAN, "%" PRId64 " %s %" PRId64 " %s",
                       seconds / units[i].seconds, units[i].unit, rest, units[i + 1].unit);
    else
        (void)snprintf(ret, CLI_SPAN, "%" PRId64 " %s", seconds / units[i].seconds,
                       units[i].unit);
}

void
cli_from_now(plumb_time t, plumb_time now, char ret[CLI_FROM_NOW])
{
    char span[CLI_SPAN];

    if (t == PLUMB_TIME_NEVER) {
        (void)snprintf(ret, CLI_FROM_NOW, "never");
        return;
    }
    if (t == now) {
        (void)snprintf(ret, CLI_FROM_NOW, "now");
        return;
    }
    cli_span(t > now ? t - now : now - t, span);
    (void)snprintf(ret, CLI_FROM_NOW, t > now ? "in %s" : "%s ago", span);
}
