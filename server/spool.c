#include "server/spool.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/own.h"
#include "server/db/blob.h"
#include "server/file.h"
#include "server/log.h"
#include "server/service.h"
#include "supply/feed.h"

#define PAUSE_S 2

struct spool {
    struct spool_config config;
    char dir[512];
    struct db *db;
    pthread_t thread;
    pthread_mutex_t lock; /* guards the three below */
    pthread_cond_t news;
    bool stopping, answered;
    enum plumb_code outcome;
    struct plumb_err why;

    /* The thread's own: what could not be moved away would be imported for ever, so nothing
     * is imported until it can be. */
    char unmoved[NAME_MAX + 1];
    const char *unmoved_to;
};

/* --- one import --- */

static void
submitted(struct write_item *item, enum plumb_code code, const struct plumb_err *err)
{
    struct spool *s = item->arg;

    (void)pthread_mutex_lock(&s->lock);
    s->answered = true;
    s->outcome = code;
    s->why = err != NULL ? *err : (struct plumb_err){ 0 };
    (void)pthread_cond_signal(&s->news);
    (void)pthread_mutex_unlock(&s->lock);
    write_item_free(item);
}

/* Every item is answered, when the writer stops too. */
static enum plumb_code
submit(struct spool *s, struct write_item *item, struct plumb_err *err)
{
    enum plumb_code code;

    (void)pthread_mutex_lock(&s->lock);
    s->answered = false;
    (void)pthread_mutex_unlock(&s->lock);
    code = writer_submit(s->config.writer, item, err);
    if (code != PLUMB_OK) {
        write_item_free(item);
        return code;
    }
    (void)pthread_mutex_lock(&s->lock);
    while (!s->answered)
        (void)pthread_cond_wait(&s->news, &s->lock);
    code = s->outcome;
    if (code != PLUMB_OK)
        *err = s->why;
    (void)pthread_mutex_unlock(&s->lock);
    return code;
}

/* The item needs the blob's bytes as long as it waits. */
static enum plumb_code
take_blob(struct write_item *item, const struct feed *feed, struct plumb_err *err)
{
    item->needs.blobs = calloc(1, sizeof *item->needs.blobs);
    item->needs.bytes = calloc(1, sizeof *item->needs.bytes);
    if (item->needs.blobs == NULL || item->needs.bytes == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_bytes_copy(feed->lines, feed->len, &item->needs.bytes[0], err));
    item->needs.nblobs = 1;
    plumb_sha256(feed->lines, feed->len, &item->needs.blobs[0].digest);
    item->needs.blobs[0].data = item->needs.bytes[0].data;
    item->needs.blobs[0].len = feed->len;
    return PLUMB_OK;
}

static enum plumb_code
make_item(struct spool *s, const struct feed *feed, struct write_item *item,
          struct plumb_err *err)
{
    struct core *core = s->config.core;
    struct db_blob_part part = { .data = feed->lines, .len = feed->len };
    enum plumb_code code;

    item->done = submitted;
    item->arg = s;
    plumb_sha256(feed->count > 0 ? feed->lines : "", feed->len, &part.sha256);
    if (feed->count > 0) {
        PLUMB_TRY(db_blob_put(s->db, &part, 1, err));
        PLUMB_TRY(take_blob(item, feed, err));
    }
    (void)pthread_rwlock_rdlock(&core->lock);
    code = service_import(core, s->dir, &part.sha256, (int64_t)feed->count, core_now(),
                          &item->statement, err);
    (void)pthread_rwlock_unlock(&core->lock);
    return code;
}

static enum plumb_code
import(struct spool *s, const struct feed *feed, struct plumb_err *err)
{
    struct write_item *item = calloc(1, sizeof *item);
    enum plumb_code code;

    if (item == NULL)
        return plumb_fail_memory(err);
    code = make_item(s, feed, item, err);
    if (code != PLUMB_OK) {
        write_item_free(item);
        return code;
    }
    return submit(s, item, err);
}

/* --- files --- */

struct telling {
    const char *file;
    size_t refused;
};

static void
tell_refused(void *arg, size_t record, const struct plumb_err *why)
{
    struct telling *t = arg;

    t->refused++;
    log_event(LOG_WARN, "advisory.refused", LOG_TEXT("file", t->file),
              LOG_NUMBER("record", (int64_t)record), LOG_TEXT("rule", why->rule),
              LOG_TEXT("detail", why->msg));
}

static void
tell_imported(uint64_t records, size_t files)
{
    log_event(LOG_INFO, "advisories.imported", LOG_NUMBER("records", (int64_t)records),
              LOG_NUMBER("files", (int64_t)files));
}

static bool
ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n > m && strcmp(text + n - m, end) == 0;
}

static int
is_ready(const struct dirent *d)
{
    return d->d_name[0] != '.' &&
           (ends_with(d->d_name, ".json") || ends_with(d->d_name, ".jsonl") ||
            ends_with(d->d_name, ".zip"));
}

static enum plumb_code
move(struct spool *s, const char *name, const char *to, struct plumb_err *err)
{
    char from[1024], dir[1024], path[1400];

    (void)snprintf(from, sizeof from, "%s/%s", s->dir, name);
    (void)snprintf(dir, sizeof dir, "%s/%s", s->dir, to);
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    if ((mkdir(dir, 0777) != 0 && errno != EEXIST) ||
        (rename(from, path) != 0 && errno != ENOENT)) { /* somebody else has moved it */
        if (name != s->unmoved)
            (void)snprintf(s->unmoved, sizeof s->unmoved, "%s", name);
        s->unmoved_to = to;
        return plumb_fail(err, PLUMB_UNAVAILABLE, "advisories.not-moved", from,
                          "cannot be moved to %s: %s", to, strerror(errno));
    }
    return PLUMB_OK;
}

static enum plumb_code
move_unmoved(struct spool *s, struct plumb_err *err)
{
    if (s->unmoved[0] == '\0')
        return PLUMB_OK;
    PLUMB_TRY(move(s, s->unmoved, s->unmoved_to, err));
    s->unmoved[0] = '\0';
    return PLUMB_OK;
}

/* What is gathered is imported, and what it came of moved away. */
struct batch {
    struct feed feed;
    struct dirent **files;
    size_t first, next; /* of files: those whose records are in the feed */
};

static enum plumb_code
import_all(struct spool *s, const struct feed *feed, struct plumb_err *err)
{
    struct feed piece;
    size_t at = 0;

    if (feed->count == 0)
        return import(s, feed, err); /* the feed was asked, and has nothing new */
    while (feed_next(feed, &at, &piece))
        PLUMB_TRY(import(s, &piece, err));
    return PLUMB_OK;
}

static enum plumb_code
flush(struct spool *s, struct batch *b, struct plumb_err *err)
{
    PLUMB_TRY(import_all(s, &b->feed, err));
    tell_imported(b->feed.count, b->next - b->first);
    for (; b->first < b->next; b->first++)
        PLUMB_TRY(move(s, b->files[b->first]->d_name, "imported", err));
    feed_clear(&b->feed);
    return PLUMB_OK;
}

/* One file into the batch; a file that has only what cannot be read goes aside at once. */
static enum plumb_code
gather(struct spool *s, struct batch *b, const char *name, bool *ret_taken,
       struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    struct telling telling = { name, 0 };
    size_t before = b->feed.count;
    char path[1024];
    enum plumb_code code;

    (void)snprintf(path, sizeof path, "%s/%s", s->dir, name);
    code = file_read(path, FEED_BYTES, &bytes, err);
    if (code == PLUMB_OK)
        code = feed_add(&b->feed, bytes.data, bytes.len, tell_refused, &telling, err);
    if (code == PLUMB_NO_MEMORY)
        return code;
    if (code != PLUMB_OK)
        log_err(LOG_WARN, "advisories.file", err);
    *ret_taken = code == PLUMB_OK && (telling.refused == 0 || b->feed.count > before);
    return PLUMB_OK;
}

/* --- an archive, by itself --- */

struct unpacking {
    struct spool *spool;
    const char *file;
    int fd;
    uint64_t records;
};

static bool
read_archive(void *arg, uint64_t at, void *into, size_t len)
{
    const struct unpacking *u = arg;

    return file_read_at(u->fd, at, into, len);
}

static enum plumb_code
take_records(void *arg, struct feed *feed, struct plumb_err *err)
{
    struct unpacking *u = arg;

    u->records += feed->count;
    return import_all(u->spool, feed, err);
}

static void
tell_refused_in(void *arg, const char *file, size_t record, const struct plumb_err *why)
{
    const struct unpacking *u = arg;

    log_event(LOG_WARN, "advisory.refused", LOG_TEXT("file", u->file), LOG_TEXT("in", file),
              LOG_NUMBER("record", (int64_t)record), LOG_TEXT("rule", why->rule),
              LOG_TEXT("detail", why->msg));
}

static bool
goes_on(void *arg, const char *what, uint64_t done, uint64_t total)
{
    struct unpacking *u = arg;
    bool stopping;

    (void)what;
    (void)done;
    (void)total;
    (void)pthread_mutex_lock(&u->spool->lock);
    stopping = u->spool->stopping;
    (void)pthread_mutex_unlock(&u->spool->lock);
    return !stopping;
}

/* What is wrong with the archive puts it aside; what is wrong with us lets it wait. */
static enum plumb_code
import_archive(struct spool *s, const char *name, struct plumb_err *err)
{
    struct unpacking u = { .spool = s, .file = name };
    struct zip_source source = { .read = read_archive, .arg = &u };
    const struct feed_zip f = { &u, take_records, tell_refused_in, goes_on };
    enum plumb_code code;
    char path[1024];

    (void)snprintf(path, sizeof path, "%s/%s", s->dir, name);
    code = file_open(path, &u.fd, &source.len, err);
    if (code == PLUMB_OK) {
        code = feed_zip(&source, &f, err);
        (void)close(u.fd);
        if (code == PLUMB_NO_MEMORY || (code != PLUMB_OK && strncmp(err->rule, "zip.", 4) != 0))
            return code;
    }
    if (code != PLUMB_OK)
        log_event(LOG_WARN, "advisories.file", LOG_TEXT("file", name),
                  LOG_TEXT("rule", err->rule), LOG_TEXT("where", err->where),
                  LOG_TEXT("detail", err->msg));
    tell_imported(u.records, u.records > 0);
    return move(s, name, code == PLUMB_OK && u.records > 0 ? "imported" : "refused", err);
}

/* --- all of them --- */

/* What cannot be gathered is dealt with by itself, after what was gathered before it. */
static enum plumb_code
set_apart(struct spool *s, struct batch *b, size_t i, struct plumb_err *err)
{
    const char *name = b->files[i]->d_name;

    if (b->next > b->first)
        PLUMB_TRY(flush(s, b, err));
    b->first = b->next = i + 1;
    return ends_with(name, ".zip") ? import_archive(s, name, err)
                                   : move(s, name, "refused", err);
}

static enum plumb_code
import_files(struct spool *s, struct batch *b, size_t n, struct plumb_err *err)
{
    for (size_t i = 0; i < n; i++) {
        const char *name = b->files[i]->d_name;
        bool taken = false;

        if (!ends_with(name, ".zip"))
            PLUMB_TRY(gather(s, b, name, &taken, err));
        if (!taken) {
            PLUMB_TRY(set_apart(s, b, i, err));
            continue;
        }
        b->next = i + 1;
        if (b->feed.len >= FEED_IMPORT)
            PLUMB_TRY(flush(s, b, err));
    }
    return b->next > b->first ? flush(s, b, err) : PLUMB_OK;
}

static void
look(struct spool *s)
{
    struct batch b = { .first = 0 };
    struct plumb_err err = { 0 };
    int n;

    if (move_unmoved(s, &err) != PLUMB_OK) {
        log_err(LOG_ERROR, "advisories.not-imported", &err);
        return;
    }
    n = scandir(s->dir, &b.files, is_ready, alphasort);
    if (n < 0) {
        log_event(LOG_ERROR, "advisories.directory", LOG_TEXT("dir", s->dir),
                  LOG_TEXT("detail", strerror(errno)));
        return;
    }
    if (n > 0 && core_may_write(s->config.core, &err) == PLUMB_OK &&
        import_files(s, &b, (size_t)n, &err) != PLUMB_OK)
        log_err(LOG_ERROR, "advisories.not-imported", &err);
    feed_clear(&b.feed);
    for (int i = 0; i < n; i++)
        free(b.files[i]);
    free(b.files);
}

static bool
pause_or_stop(struct spool *s)
{
    struct timespec until;
    bool stop;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PAUSE_S;
    (void)pthread_mutex_lock(&s->lock);
    if (!s->stopping)
        (void)pthread_cond_timedwait(&s->news, &s->lock, &until);
    stop = s->stopping;
    (void)pthread_mutex_unlock(&s->lock);
    return stop;
}

static void *
run(void *arg)
{
    struct spool *s = arg;

    do
        look(s);
    while (!pause_or_stop(s));
    return NULL;
}

enum plumb_code
spool_start(const struct spool_config *config, struct spool **ret, struct plumb_err *err)
{
    struct spool *s = calloc(1, sizeof *s);
    enum plumb_code code;

    if (s == NULL)
        return plumb_fail_memory(err);
    s->config = *config;
    (void)snprintf(s->dir, sizeof s->dir, "%s", config->dir);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->news, NULL);
    code = db_open(config->conninfo, db_catalogues, &s->db, err);
    if (code == PLUMB_OK && pthread_create(&s->thread, NULL, run, s) != 0)
        code = plumb_fail(err, PLUMB_UNAVAILABLE, "thread", "", "cannot start a thread");
    if (code != PLUMB_OK) {
        db_close(s->db);
        free(s);
        return code;
    }
    *ret = s;
    return PLUMB_OK;
}

void
spool_stop(struct spool *s)
{
    if (s == NULL)
        return;
    (void)pthread_mutex_lock(&s->lock);
    s->stopping = true;
    (void)pthread_cond_signal(&s->news);
    (void)pthread_mutex_unlock(&s->lock);
    (void)pthread_join(s->thread, NULL);
    db_close(s->db);
    (void)pthread_mutex_destroy(&s->lock);
    (void)pthread_cond_destroy(&s->news);
    free(s);
}
