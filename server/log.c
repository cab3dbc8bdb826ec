#include "server/log.h"

#include <errno.h>
#include <inttypes.h>
#include <plumb/time.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096, TAIL = 4 }; /* room for the end of the last field and the line */

static const char *const words[] = { "debug", "info", "warn", "error" };
static _Atomic int least_level = LOG_INFO;
static _Atomic int log_fd = STDERR_FILENO;

void
log_level(enum log_level least)
{
    atomic_store(&least_level, (int)least);
}

bool
log_level_parse(const char *text, enum log_level *ret)
{
    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++)
        if (strcmp(text, words[i]) == 0) {
            *ret = (enum log_level)i;
            return true;
        }
    return false;
}

void
log_to(int fd)
{
    atomic_store(&log_fd, fd);
}

struct line {
    char text[LINE_MAX_BYTES];
    size_t len;
    bool full;
};

/* All of text or nothing, and nothing after something was left out. */
static void
put(struct line *line, const char *text)
{
    size_t len = strlen(text);

    line->full |= line->len + len + TAIL > sizeof line->text;
    if (line->full)
        return;
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

/* A JSON string. Bytes that are not plain ASCII are spelled out, so a line is always readable.
 */
static void
put_string(struct line *line, const char *text)
{
    put(line, "\"");
    if (line->full)
        return;
    for (; *text != '\0' && line->len + 6 + TAIL <= sizeof line->text; text++) {
        char escaped[8] = { *text, '\0' };

        if (*text == '"' || *text == '\\')
            (void)snprintf(escaped, sizeof escaped, "\\%c", *text);
        else if ((uint8_t)*text < ' ' || (uint8_t)*text >= 0x7f)
            (void)snprintf(escaped, sizeof escaped, "\\u%04x", (uint8_t)*text);
        put(line, escaped);
    }
    line->text[line->len++] = '"'; /* TAIL keeps room for it */
}

static void
put_field(struct line *line, const char *name, const char *text, int64_t number)
{
    size_t before = line->len;
    char digits[32];

    put(line, ",\"");
    put(line, name);
    put(line, "\":");
    if (text != NULL) {
        put_string(line, text);
    } else {
        (void)snprintf(digits, sizeof digits, "%" PRId64, number);
        put(line, digits);
    }
    if (line->full) /* a field that found no room leaves nothing behind */
        line->len = before;
}

void
log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    struct line line = { .len = 0 };
    char when[PLUMB_TIME_TEXT];

    if ((int)level < atomic_load_explicit(&least_level, memory_order_relaxed))
        return;
    plumb_time_text((plumb_time)time(NULL), when);
    put(&line, "{\"time\":\"");
    put(&line, when);
    put(&line, "\"");
    put_field(&line, "level", words[level], 0);
    put_field(&line, "event", event, 0);
    for (; fields->name != NULL; fields++)
        put_field(&line, fields->name, fields->text, fields->number);
    memcpy(line.text + line.len, "}\n", 2);
    while (write(atomic_load(&log_fd), line.text, line.len + 2) < 0 && errno == EINTR)
        ;
}

void
log_err(enum log_level level, const char *event, const struct plumb_err *err)
{
    log_event(level, event, LOG_TEXT("code", plumb_code_token(err->code)),
              LOG_TEXT("rule", err->rule), LOG_TEXT("where", err->where),
              LOG_TEXT("message", err->msg));
}

bool
log_gate(struct log_gate *gate, int64_t per_second, int64_t *ret_dropped)
{
    int64_t now = (int64_t)time(NULL);

    *ret_dropped = 0;
    if (atomic_exchange(&gate->second, now) != now)
        atomic_store(&gate->count, 0);
    if (atomic_fetch_add(&gate->count, 1) >= per_second) {
        atomic_fetch_add(&gate->dropped, 1);
        return false;
    }
    *ret_dropped = atomic_exchange(&gate->dropped, 0);
    return true;
}
