/*
 * log.h - structured logs: one JSON object a line on stderr (or another descriptor), with
 * "time", "level", "event" and the fields given. Any thread. What is a secret is never given to
 * it: there are no fields for bodies, keys or passphrases.
 */
#ifndef SERVER_LOG_H
#define SERVER_LOG_H

#include <plumb/err.h>
#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below least are dropped; LOG_INFO at first. */
void log_level(enum log_level least);
/* "debug", "info", "warn" or "error"; false for another word. */
bool log_level_parse(const char *text, enum log_level *ret);
/* Another descriptor than stderr; the caller keeps it open. For tests. */
void log_to(int fd);

/* One field; made by the macros below. */
struct log_field {
    const char *name; /* a JSON name as it is: [a-z_] */
    const char *text; /* NULL: number */
    int64_t number;
};
#define LOG_TEXT(name, text)     ((struct log_field){ (name), (text) != NULL ? (text) : "", 0 })
#define LOG_NUMBER(name, number) ((struct log_field){ (name), NULL, (number) })

/*
 * Writes the line, whole, in one write(); fields end with one whose name is NULL, which the
 * macro adds. Text is escaped, and cut where the line would pass 4096 bytes. Never fails: a
 * line that cannot be written is lost. log_event(LOG_INFO, "listening", LOG_TEXT("address",
 * address), LOG_NUMBER("port", 8443));
 */
void log_write(enum log_level level, const char *event, const struct log_field *fields);
#define log_event(level, ...) LOG_EVENT_(level, __VA_ARGS__, { NULL, NULL, 0 })
#define LOG_EVENT_(level, event, ...)                                                          \
    log_write((level), (event), (const struct log_field[]){ __VA_ARGS__ })

/* event with the error's code, rule, where and message. */
void log_err(enum log_level level, const char *event, const struct plumb_err *err);

/*
 * May one more line of a kind that comes in masses (requests) be written? At most per_second of
 * them; the number that was left out since is in *ret_dropped when one may again. gate starts
 * as {0}.
 */
struct log_gate {
    _Atomic int64_t second;
    _Atomic int64_t count;
    _Atomic int64_t dropped;
};
bool log_gate(struct log_gate *gate, int64_t per_second, int64_t *ret_dropped);

#endif
