/*
 * metrics.h - counters, gauges and histograms of the whole program, and their text in the
 * Prometheus exposition format 0.0.4. Counting is lock-free and from any thread.
 */
#ifndef SERVER_HTTP_METRICS_H
#define SERVER_HTTP_METRICS_H

#include <plumb/bytes.h>

struct metrics;
struct metric;

PLUMB_MUST_CHECK enum plumb_code metrics_new(struct metrics **ret, struct plumb_err *err);
void metrics_free(struct metrics *m);

enum metric_type { METRIC_COUNTER, METRIC_GAUGE, METRIC_HISTOGRAM };

/*
 * The series of this name and labels, made at the first call; lives as long as m. labels is ""
 * or like route="/v1/log",class="2xx": the caller escapes values with metrics_label(). Series
 * of one name share type and help, and for histograms the bounds. NULL without memory, or past
 * 10,000 series; counting on NULL does nothing, so callers need not check.
 */
struct metric *metrics_series(struct metrics *m, enum metric_type type, const char *name,
                              const char *labels, const char *help);

/* name="value" with the value escaped; more of them are joined by the caller with commas. */
void metrics_label(const char *name, const char *value, char *ret, size_t size);

void metric_add(struct metric *metric, int64_t n); /* gauges may go down */
void metric_set(struct metric *metric, int64_t value);
/* Histograms have bounds from 100 microseconds to 60 seconds. */
void metric_observe_ns(struct metric *metric, int64_t ns);
int64_t metric_value(const struct metric *metric); /* a histogram's count */

/* Called before the text is made, to set gauges that nobody counts, and for nothing else: the
 * table is locked meanwhile. At most 16 of them. */
void metrics_on_read(struct metrics *m, void (*refresh)(void *arg), void *arg);
/* No longer; returns when none is running. */
void metrics_off_read(struct metrics *m, void (*refresh)(void *arg), void *arg);

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
PLUMB_MUST_CHECK enum plumb_code metrics_text(struct metrics *m, struct plumb_bytes *ret,
                                              struct plumb_err *err);

#endif
