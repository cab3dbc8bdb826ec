#include "server/bundles.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/own.h"
#include "server/bundle.h"
#include "server/db/publication.h"
#include "server/log.h"

#define WAITERS_MAX 4096
#define PULLS_MAX   4096
#define FLUSH_S     2 /* pulls are written so often */

struct fleet_file {
    struct fleet_file *next;
    char fleet[PLUMB_NAME_MAX + 1];
    struct http_body *body; /* NULL: to be rendered when asked for */
    uint64_t publication;   /* the newest one */
    bool is_public;
    bool witnessed; /* the body's checkpoint */
};

PLUMB_DEFINE_AUTO(auto_checkpoint, struct core_checkpoint *, core_checkpoint_unref);

struct waiter {
    char fleet[PLUMB_NAME_MAX + 1];
    struct http_later *later;
};

struct pull {
    char fleet[PLUMB_NAME_MAX + 1], principal[PLUMB_NAME_MAX + 1];
    uint64_t idx;
};

struct bundles {
    struct core *core;
    struct db *db;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t news;
    struct fleet_file *files;
    struct waiter waiters[WAITERS_MAX];
    size_t nwaiters;
    struct pull pulls[PULLS_MAX];
    size_t npulls;
    bool stopping;
    struct metric *renders;
};

static struct fleet_file *
find(struct bundles *b, const char *fleet)
{
    struct fleet_file *f = b->files;

    while (f != NULL && strcmp(f->fleet, fleet) != 0)
        f = f->next;
    return f;
}

struct http_body *
bundles_get(struct bundles *b, const char *fleet)
{
    struct http_body *body = NULL;
    struct fleet_file *f;

    (void)pthread_mutex_lock(&b->lock);
    f = find(b, fleet);
    if (f != NULL && f->body != NULL)
        body = http_body_ref(f->body);
    (void)pthread_mutex_unlock(&b->lock);
    return body;
}

bool
bundles_public(struct bundles *b, const char *fleet)
{
    struct fleet_file *f;
    bool is_public;

    (void)pthread_mutex_lock(&b->lock);
    f = find(b, fleet);
    is_public = f != NULL && f->is_public;
    (void)pthread_mutex_unlock(&b->lock);
    return is_public;
}

void
bundles_wait(struct bundles *b, const char *fleet, struct http_later *later)
{
    bool taken;

    (void)pthread_mutex_lock(&b->lock);
    taken = b->nwaiters < WAITERS_MAX && !b->stopping;
    if (taken) {
        struct waiter *w = &b->waiters[b->nwaiters++];

        (void)snprintf(w->fleet, sizeof w->fleet, "%s", fleet);
        w->later = later;
        (void)pthread_cond_signal(&b->news);
    }
    (void)pthread_mutex_unlock(&b->lock);
    if (!taken) {
        struct plumb_err err;

        http_later_done(later,
                        plumb_fail(&err, PLUMB_BUSY, "bundle.queue", "",
                                   "too many wait for a bundle that is being made; try again"),
                        &err);
    }
}

static struct fleet_file *
find_or_add(struct bundles *b, const char *fleet)
{
    struct fleet_file *f = find(b, fleet);

    if (f != NULL)
        return f;
    f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    (void)snprintf(f->fleet, sizeof f->fleet, "%s", fleet);
    f->next = b->files;
    b->files = f;
    return f;
}

void
bundles_refresh(struct bundles *b, void (*fn)(void *arg, const char *fleet), void *arg)
{
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *c = core_served(b->core);
    const struct plumb_link *link;

    if (c == NULL)
        return;
    (void)pthread_rwlock_rdlock(&b->core->lock);
    link = plumb_chain_last(engine_chain(b->core->engine));
    for (size_t i = 0; link != NULL && i < link->document->nfleets; i++) {
        const char *fleet = link->document->fleets[i].name;
        struct http_body *old = NULL;
        struct engine_fleet_state state;
        struct fleet_file *f;
        bool changed = false;

        if (!engine_fleet(b->core->engine, fleet, &state) || state.revision == 0 ||
            state.publication >= c->head.size)
            continue; /* the file before stays until a checkpoint covers the next */
        (void)pthread_mutex_lock(&b->lock);
        f = find_or_add(b, fleet);
        if (f != NULL)
            f->is_public = link->document->fleets[i].is_public;
        if (f != NULL && (f->publication != state.publication || f->publication == 0 ||
                          (c->witnessed && !f->witnessed))) {
            old = f->body;
            f->body = NULL;
            changed = f->publication != state.publication;
            f->publication = state.publication;
        }
        (void)pthread_mutex_unlock(&b->lock);
        http_body_unref(old);
        if (changed)
            fn(arg, fleet);
    }
    (void)pthread_rwlock_unlock(&b->core->lock);
}

void
bundles_pulled(struct bundles *b, const char *fleet, const char *principal,
               const struct http_body *body)
{
    struct pull pull = { .idx = strtoull(http_body_etag(body), NULL, 10) };

    (void)snprintf(pull.fleet, sizeof pull.fleet, "%s", fleet);
    (void)snprintf(pull.principal, sizeof pull.principal, "%s", principal);
    (void)pthread_mutex_lock(&b->lock);
    /* The same verifier again says nothing new. */
    if (b->npulls < PULLS_MAX &&
        (b->npulls == 0 || memcmp(&b->pulls[b->npulls - 1], &pull, sizeof pull) != 0))
        b->pulls[b->npulls++] = pull;
    (void)pthread_mutex_unlock(&b->lock);
}

static enum plumb_code
make_body(struct bundles *b, const char *fleet, struct http_body **ret, bool *ret_witnessed,
          struct plumb_err *err)
{
    struct bundle_file file;
    char etag[HTTP_ETAG_MAX];
    enum plumb_code code;

    PLUMB_TRY(bundle_render(b->core, b->db, fleet, &file, err));
    (void)snprintf(etag, sizeof etag, "%" PRIu64, file.publication);
    code = http_body_new(&file.bytes, "application/jsonl", etag, "private, no-cache", NULL, ret,
                         err);
    plumb_bytes_clear(&file.bytes);
    *ret_witnessed = file.witnessed;
    metric_add(b->renders, 1);
    return code;
}

/* Keep it for the next ones, unless something newer was published meanwhile. */
static void
keep_body(struct bundles *b, const char *fleet, struct http_body *body, bool witnessed)
{
    struct http_body *old = NULL;
    struct fleet_file *f;

    (void)pthread_mutex_lock(&b->lock);
    f = find_or_add(b, fleet);
    if (f != NULL &&
        (f->publication == 0 || f->publication == strtoull(http_body_etag(body), NULL, 10))) {
        old = f->body;
        f->body = http_body_ref(body);
        f->publication = strtoull(http_body_etag(body), NULL, 10);
        f->witnessed = witnessed;
    }
    (void)pthread_mutex_unlock(&b->lock);
    http_body_unref(old);
}

static void
serve(struct bundles *b, struct waiter *w)
{
    struct http_body *body = bundles_get(b, w->fleet);
    struct plumb_err err = { 0 };
    enum plumb_code code = PLUMB_OK;
    bool witnessed;

    if (body == NULL) {
        code = make_body(b, w->fleet, &body, &witnessed, &err);
        if (code == PLUMB_OK)
            keep_body(b, w->fleet, body, witnessed);
    }
    if (code == PLUMB_OK)
        http_reply_shared(http_later_reply(w->later), body);
    http_later_done(w->later, code, &err);
    http_body_unref(body);
}

static void
flush(struct bundles *b, const struct pull *pulls, size_t n)
{
    PLUMB_AUTO(auto_free) struct db_pull *rows = calloc(n, sizeof *rows);
    struct plumb_err err;

    if (rows == NULL)
        return;
    for (size_t i = 0; i < n; i++)
        rows[i] =
            (struct db_pull){ pulls[i].fleet, pulls[i].principal, pulls[i].idx, core_now() };
    if (db_pull_record(b->db, rows, n, &err) != PLUMB_OK)
        log_err(LOG_WARN, "pulls.not-recorded", &err);
}

static bool
next(struct bundles *b, struct waiter *ret_waiter, bool *ret_waits, struct pull **ret_pulls,
     size_t *ret_npulls)
{
    struct timespec until;
    bool more;

    *ret_pulls = NULL;
    *ret_npulls = 0;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FLUSH_S;
    (void)pthread_mutex_lock(&b->lock);
    while (b->nwaiters == 0 && !b->stopping &&
           pthread_cond_timedwait(&b->news, &b->lock, &until) == 0)
        ;
    *ret_waits = b->nwaiters > 0;
    if (*ret_waits) {
        *ret_waiter = b->waiters[0];
        memmove(b->waiters, b->waiters + 1, --b->nwaiters * sizeof b->waiters[0]);
    } else if (b->npulls > 0) {
        *ret_pulls = malloc(b->npulls * sizeof **ret_pulls);
        if (*ret_pulls != NULL) {
            memcpy(*ret_pulls, b->pulls, b->npulls * sizeof **ret_pulls);
            *ret_npulls = b->npulls;
        }
        b->npulls = 0;
    }
    more = *ret_waits || !b->stopping;
    (void)pthread_mutex_unlock(&b->lock);
    return more;
}

static void *
run(void *arg)
{
    struct bundles *b = arg;
    struct waiter waiter;
    struct pull *pulls;
    size_t npulls;
    bool waits;

    while (next(b, &waiter, &waits, &pulls, &npulls)) {
        if (waits)
            serve(b, &waiter);
        if (npulls > 0)
            flush(b, pulls, npulls);
        free(pulls);
    }
    if (npulls > 0)
        flush(b, pulls, npulls);
    free(pulls);
    return NULL;
}

enum plumb_code
bundles_start(struct core *core, const char *conninfo, struct bundles **ret,
              struct plumb_err *err)
{
    struct bundles *b = calloc(1, sizeof *b);
    enum plumb_code code;

    if (b == NULL)
        return plumb_fail_memory(err);
    b->core = core;
    (void)pthread_mutex_init(&b->lock, NULL);
    (void)pthread_cond_init(&b->news, NULL);
    b->renders = metrics_series(core->metrics, METRIC_COUNTER, "plumb_bundles_rendered_total",
                                "", "Bundle files rendered");
    code = db_open(conninfo, db_catalogues, &b->db, err);
    if (code == PLUMB_OK && pthread_create(&b->thread, NULL, run, b) != 0)
        code = plumb_fail(err, PLUMB_UNAVAILABLE, "thread", "", "cannot start a thread");
    if (code != PLUMB_OK) {
        db_close(b->db);
        free(b);
        return code;
    }
    *ret = b;
    return PLUMB_OK;
}

void
bundles_stop(struct bundles *b)
{
    if (b == NULL)
        return;
    (void)pthread_mutex_lock(&b->lock);
    b->stopping = true;
    (void)pthread_cond_signal(&b->news);
    (void)pthread_mutex_unlock(&b->lock);
    (void)pthread_join(b->thread, NULL);
    for (struct fleet_file *f = b->files, *rest; f != NULL; f = rest) {
        rest = f->next;
        http_body_unref(f->body);
        free(f);
    }
    db_close(b->db);
    (void)pthread_mutex_destroy(&b->lock);
    (void)pthread_cond_destroy(&b->news);
    free(b);
}
