#include "server/http/metrics.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SERIES_MAX = 10000, REFRESH_MAX = 16 };

/* Upper bounds in nanoseconds and as they are written; +Inf comes on top. */
static const struct {
    int64_t ns;
    const char *text;
} bounds[] = {
    { 100000, "0.0001" }, { 500000, "0.0005" }, { 1000000, "0.001" },  { 5000000, "0.005" },
    { 10000000, "0.01" }, { 50000000, "0.05" }, { 100000000, "0.1" },  { 500000000, "0.5" },
    { 1000000000, "1" },  { 5000000000, "5" },  { 10000000000, "10" }, { 60000000000, "60" },
};
enum { NBOUNDS = sizeof bounds / sizeof bounds[0] };

struct metric {
    struct metric *next; /* series of one family stand together */
    enum metric_type type;
    char *name, *labels, *help;
    _Atomic int64_t value;
    _Atomic int64_t *buckets; /* NBOUNDS + 1 of a histogram */
    _Atomic int64_t sum_ns;
};

struct metrics {
    pthread_mutex_t lock;
    struct metric *head;
    size_t n;
    struct {
        void (*call)(void *arg);
        void *arg;
    } refresh[REFRESH_MAX];
};

enum plumb_code
metrics_new(struct metrics **ret, struct plumb_err *err)
{
    struct metrics *m = calloc(1, sizeof *m);

    if (m == NULL)
        return plumb_fail_memory(err);
    pthread_mutex_init(&m->lock, NULL);
    *ret = m;
    return PLUMB_OK;
}

static void
metric_free(struct metric *metric)
{
    free(metric->name);
    free(metric->labels);
    free(metric->help);
    free(metric->buckets);
    free(metric);
}

void
metrics_free(struct metrics *m)
{
    if (m == NULL)
        return;
    for (struct metric *next, *i = m->head; i != NULL; i = next) {
        next = i->next;
        metric_free(i);
    }
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static struct metric *
series_new(enum metric_type type, const char *name, const char *labels, const char *help)
{
    struct metric *metric = calloc(1, sizeof *metric);

    if (metric == NULL)
        return NULL;
    metric->type = type;
    metric->name = strdup(name);
    metric->labels = strdup(labels);
    metric->help = strdup(help);
    if (type == METRIC_HISTOGRAM)
        metric->buckets = calloc(NBOUNDS + 1, sizeof *metric->buckets);
    if (metric->name == NULL || metric->labels == NULL || metric->help == NULL ||
        (type == METRIC_HISTOGRAM && metric->buckets == NULL)) {
        metric_free(metric);
        return NULL;
    }
    return metric;
}

struct metric *
metrics_series(struct metrics *m, enum metric_type type, const char *name, const char *labels,
               const char *help)
{
    pthread_mutex_lock(&m->lock);
    struct metric **at = &m->head; /* where a new one goes: after its family, or at the end */
    struct metric *found = NULL;
    bool family = false;
    for (struct metric **i = &m->head; *i != NULL && found == NULL; i = &(*i)->next) {
        bool same = strcmp((*i)->name, name) == 0;

        if (same && strcmp((*i)->labels, labels) == 0)
            found = *i;
        if (same || !family)
            at = &(*i)->next;
        family |= same;
    }
    if (found == NULL && m->n < SERIES_MAX) {
        found = series_new(type, name, labels, help);
        if (found != NULL) {
            found->next = *at;
            *at = found;
            m->n++;
        }
    }
    pthread_mutex_unlock(&m->lock);
    return found;
}

void
metrics_label(const char *name, const char *value, char *ret, size_t size)
{
    size_t used = (size_t)snprintf(ret, size, "%s=\"", name);

    for (; *value != '\0' && used + 4 < size; value++) {
        if (*value == '\\' || *value == '"' || *value == '\n')
            ret[used++] = '\\';
        ret[used++] = (char)(*value == '\n' ? 'n' : *value);
    }
    if (used + 1 < size) {
        ret[used++] = '"';
        ret[used] = '\0';
    }
}

void
metric_add(struct metric *metric, int64_t n)
{
    if (metric != NULL)
        atomic_fetch_add_explicit(&metric->value, n, memory_order_relaxed);
}

void
metric_set(struct metric *metric, int64_t value)
{
    if (metric != NULL)
        atomic_store_explicit(&metric->value, value, memory_order_relaxed);
}

void
metric_observe_ns(struct metric *metric, int64_t ns)
{
    size_t i = 0;

    if (metric == NULL)
        return;
    while (i < NBOUNDS && ns > bounds[i].ns)
        i++;
    atomic_fetch_add_explicit(&metric->buckets[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->sum_ns, ns, memory_order_relaxed);
    atomic_fetch_add_explicit(&metric->value, 1, memory_order_relaxed);
}

int64_t
metric_value(const struct metric *metric)
{
    return metric != NULL ? atomic_load_explicit(&metric->value, memory_order_relaxed) : 0;
}

void
metrics_on_read(struct metrics *m, void (*refresh)(void *arg), void *arg)
{
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < REFRESH_MAX; i++)
        if (m->refresh[i].call == NULL) {
            m->refresh[i].call = refresh;
            m->refresh[i].arg = arg;
            break;
        }
    pthread_mutex_unlock(&m->lock);
}

void
metrics_off_read(struct metrics *m, void (*refresh)(void *arg), void *arg)
{
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < REFRESH_MAX; i++)
        if (m->refresh[i].call == refresh && m->refresh[i].arg == arg)
            m->refresh[i].call = NULL;
    pthread_mutex_unlock(&m->lock);
}

static void
print_histogram(FILE *out, const struct metric *i)
{
    const char *comma = i->labels[0] != '\0' ? "," : "";
    int64_t total = 0;

    for (size_t k = 0; k < NBOUNDS; k++) {
        total += atomic_load_explicit(&i->buckets[k], memory_order_relaxed);
        fprintf(out, "%s_bucket{%s%sle=\"%s\"} %" PRId64 "\n", i->name, i->labels, comma,
                bounds[k].text, total);
    }
    total += atomic_load_explicit(&i->buckets[NBOUNDS], memory_order_relaxed);
    fprintf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRId64 "\n", i->name, i->labels, comma, total);
    const char *open = comma[0] != '\0' ? "{" : "", *close = comma[0] != '\0' ? "}" : "";
    int64_t sum = atomic_load_explicit(&i->sum_ns, memory_order_relaxed);
    fprintf(out, "%s_sum%s%s%s %" PRId64 ".%09" PRId64 "\n", i->name, open, i->labels, close,
            sum / 1000000000, sum % 1000000000);
    fprintf(out, "%s_count%s%s%s %" PRId64 "\n", i->name, open, i->labels, close, total);
}

enum plumb_code
metrics_text(struct metrics *m, struct plumb_bytes *ret, struct plumb_err *err)
{
    static const char *const types[] = { "counter", "gauge", "histogram" };
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    const char *family = "";

    if (out == NULL)
        return plumb_fail_memory(err);
    pthread_mutex_lock(&m->lock);
    for (size_t i = 0; i < REFRESH_MAX; i++)
        if (m->refresh[i].call != NULL)
            m->refresh[i].call(m->refresh[i].arg);
    for (const struct metric *i = m->head; i != NULL; i = i->next) {
        if (strcmp(family, i->name) != 0)
            fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", i->name, i->help, i->name,
                    types[i->type]);
        family = i->name;
        if (i->type == METRIC_HISTOGRAM)
            print_histogram(out, i);
        else
            fprintf(out, "%s%s%s%s %" PRId64 "\n", i->name, i->labels[0] != '\0' ? "{" : "",
                    i->labels, i->labels[0] != '\0' ? "}" : "", metric_value(i));
    }
    pthread_mutex_unlock(&m->lock);
    if (fclose(out) != 0) {
        free(text);
        return plumb_fail_memory(err);
    }
    ret->data = (uint8_t *)text;
    ret->len = size;
    return PLUMB_OK;
}
