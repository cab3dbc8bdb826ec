#include "server/core.h"

#include <stdarg.h>
#include <string.h>
#include <time.h>

#include "lib/own.h"
#include "lib/random.h"
#include "server/db/blob.h"
#include "server/db/log.h"
#include "server/file.h"
#include "server/load.h"
#include "server/log.h"

#define CHECKPOINT_MAX 8192

plumb_time
core_now(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return ts.tv_sec;
}

void
core_checkpoint_unref(struct core_checkpoint *c)
{
    if (c == NULL || atomic_fetch_sub(&c->refs, 1) != 1)
        return;
    plumb_bytes_clear(&c->note);
    free(c);
}

PLUMB_DEFINE_AUTO(auto_checkpoint, struct core_checkpoint *, core_checkpoint_unref);
PLUMB_DEFINE_AUTO(auto_core, struct core *, core_close);
PLUMB_DEFINE_AUTO(auto_signed, struct plumb_signed *, plumb_signed_free);

static void
checkpoint_path(const struct core *core, char ret[600])
{
    (void)snprintf(ret, 600, "%s/checkpoint", core->settings->data);
}

/* One entry of the database into engine and tree: everything about it is checked again. */
static enum plumb_code
follow_entry(void *arg, const struct db_entry *row, struct plumb_err *err)
{
    struct load *load = arg;
    struct core *core = load->core;
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(auto_signed) struct plumb_signed *s = NULL;
    struct engine_effect effect;
    struct plumb_digest leaf;
    plumb_time time;

    PLUMB_TRY(plumb_entry_read(row->body, row->len, &envelope, &time, err));
    plumb_leaf_hash(row->body, row->len, &leaf);
    if (row->idx != engine_size(core->engine) || !plumb_digest_eq(&leaf, &row->leaf))
        return plumb_fail(err, PLUMB_INTERNAL, "log.entry", "",
                          "entry %llu is not what the log says", (unsigned long long)row->idx);
    PLUMB_TRY(load_open(load, envelope, &s, err));
    PLUMB_TRY(load_blobs(load, s->statement, err));
    PLUMB_TRY(
        engine_apply(core->engine, s, row->idx, time, load->blobs, load->nblobs, &effect, err));
    if (effect.repeated)
        return plumb_fail(err, PLUMB_INTERNAL, "log.entry", "",
                          "entry %llu says again what entry %llu says: it was added to the "
                          "database by another hand",
                          (unsigned long long)row->idx, (unsigned long long)effect.index);
    load_blobs_clear(load);
    return tree_append(core->tree, &leaf, 1, err);
}

enum plumb_code
core_follow(struct core *core, struct db *db, uint64_t size, struct plumb_err *err)
{
    struct load load = { .core = core, .db = db };
    uint64_t have = engine_size(core->engine);
    enum plumb_code code;

    if (size < have) {
        core_stop_writing(core, true,
                          "the database has %llu entries and this instance has seen %llu: it "
                          "was restored or replaced; see docs/operating.md, 'restoring'",
                          (unsigned long long)size, (unsigned long long)have);
        return plumb_fail(err, PLUMB_UNAVAILABLE, "log.fork", "", "%s", core->stop_reason);
    }
    if (size == have)
        return PLUMB_OK;
    engine_mark(core->engine);
    code = db_log_read(db, have, size - have, follow_entry, &load, err);
    load_blobs_clear(&load);
    if (code != PLUMB_OK) {
        engine_drop(core->engine);
        tree_rollback(core->tree);
        return code;
    }
    engine_keep(core->engine);
    tree_commit(core->tree);
    return PLUMB_OK;
}

enum plumb_code
core_kept_checkpoint(const struct core *core, struct plumb_checkpoint *ret,
                     struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    char path[600];

    checkpoint_path(core, path);
    PLUMB_TRY(file_read(path, CHECKPOINT_MAX, &note, err));
    return load_kept_checkpoint(core->identity, &note, path, ret, err);
}

enum plumb_code
core_replace_checkpoint(const struct core *core, const struct plumb_bytes *note,
                        struct plumb_err *err)
{
    char path[600];

    checkpoint_path(core, path);
    return file_replace(path, 0644, note->data, note->len, err);
}

/* The database must continue the checkpoint that this instance last kept. */
static enum plumb_code
check_kept(struct core *core, struct db *db, struct plumb_err *err)
{
    struct plumb_checkpoint kept;
    struct plumb_digest root;
    char path[600];
    enum plumb_code code = core_kept_checkpoint(core, &kept, err);

    if (code == PLUMB_NOT_FOUND)
        return PLUMB_OK;
    PLUMB_TRY(code);
    checkpoint_path(core, path);
    if (kept.size > tree_size(core->tree)) {
        core_stop_writing(core, true,
                          "the database has %llu entries, the checkpoint kept in %s has %llu: "
                          "it was restored from a backup; see docs/operating.md, 'restoring'",
                          (unsigned long long)tree_size(core->tree), path,
                          (unsigned long long)kept.size);
        return PLUMB_OK;
    }
    PLUMB_TRY(tree_root_at(core->tree, db, kept.size, &root, err));
    if (!plumb_digest_eq(&root, &kept.root))
        core_stop_writing(core, true,
                          "the log in the database is not the one whose checkpoint is "
                          "kept in %s: history was rewritten; see docs/operating.md",
                          path);
    return PLUMB_OK;
}

enum plumb_code
core_open(const struct settings *settings, const struct identity *identity,
          struct metrics *metrics, struct db *db, struct core **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_core) struct core *core = calloc(1, sizeof *core);
    unsigned char secret[ENGINE_SECRET];
    uint64_t size;

    if (core == NULL)
        return plumb_fail_memory(err);
    core->settings = settings;
    core->identity = identity;
    core->metrics = metrics;
    (void)pthread_rwlock_init(&core->lock, NULL);
    (void)pthread_mutex_init(&core->snapshot, NULL);
    (void)pthread_mutex_init(&core->tree_lock, NULL);
    PLUMB_TRY(random_bytes(secret, sizeof secret, err));
    PLUMB_TRY(engine_new(secret, &core->engine, err));
    PLUMB_TRY(tree_open(db, 0, &core->tree, err));
    PLUMB_TRY(db_log_size(db, &size, err));
    PLUMB_TRY(core_follow(core, db, size, err));
    PLUMB_TRY(check_kept(core, db, err));
    PLUMB_TRY(core_publish_snapshots(core, err));
    *ret = PLUMB_TAKE(core);
    return PLUMB_OK;
}

void
core_close(struct core *core)
{
    if (core == NULL)
        return;
    engine_free(core->engine);
    tree_free(core->tree);
    who_unref(core->who);
    core_checkpoint_unref(core->checkpoint);
    core_checkpoint_unref(core->served);
    (void)pthread_rwlock_destroy(&core->lock);
    (void)pthread_mutex_destroy(&core->snapshot);
    (void)pthread_mutex_destroy(&core->tree_lock);
    free(core);
}

/* The log's keys that the document in force lists sign; before a genesis nobody does. */
static enum plumb_code
sign_checkpoint(struct core *core, struct core_checkpoint **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *c = calloc(1, sizeof *c);
    const struct plumb_link *link = plumb_chain_last(engine_chain(core->engine));
    struct plumb_signer *signers[IDENTITY_LOG_KEYS];
    size_t n = 0;

    if (c == NULL)
        return plumb_fail_memory(err);
    atomic_init(&c->refs, 1);
    (void)snprintf(c->head.origin, sizeof c->head.origin, "%s", core->identity->origin);
    c->head.size = tree_size(core->tree);
    PLUMB_TRY(tree_root(core->tree, &c->head.root, err));
    for (size_t i = 0; link != NULL && i < core->identity->nlog; i++) {
        struct plumb_vkey key;

        PLUMB_TRY(
            plumb_vkey_make(core->identity->origin, 1, core->identity->log[i]->pub, &key, err));
        for (size_t k = 0; k < link->document->nlog_keys; k++)
            if (memcmp(link->document->log_keys[k].key, key.key, sizeof key.key) == 0)
                signers[n++] = core->identity->log[i];
    }
    if (n == 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "log.key", "",
                          "the governance document lists none of this instance's log keys");
    PLUMB_TRY(plumb_checkpoint_sign(&c->head, signers, n, &c->note, err));
    *ret = PLUMB_TAKE(c);
    return PLUMB_OK;
}

static struct core_checkpoint *
checkpoint_ref(struct core_checkpoint *c)
{
    if (c != NULL)
        atomic_fetch_add(&c->refs, 1);
    return c;
}

/* Is a checkpoint given out as soon as it is signed? Under both locks. */
static bool
served_at_once(const struct core *core)
{
    const struct plumb_link *link = plumb_chain_last(engine_chain(core->engine));

    return link == NULL || link->document->nwitnesses == 0 ||
           (core->unwitnessed && !link->document->witnesses_wait);
}

/* c in place of *slot, whose former reference is returned. */
static struct core_checkpoint *
put(struct core_checkpoint **slot, struct core_checkpoint *c)
{
    struct core_checkpoint *old = *slot;

    *slot = c;
    return old;
}

enum plumb_code
core_publish_snapshots(struct core *core, struct plumb_err *err)
{
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *checkpoint = NULL;
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *old_served = NULL;
    struct who *who = NULL, *old_who = NULL;
    enum plumb_code code = PLUMB_OK;

    (void)pthread_rwlock_rdlock(&core->lock);
    (void)pthread_mutex_lock(&core->tree_lock);
    if (core->who == NULL || core->who_of != engine_keys_changed(core->engine))
        code = who_new(core->engine, &who, err);
    if (code == PLUMB_OK && tree_size(core->tree) > 0)
        code = sign_checkpoint(core, &checkpoint, err);
    (void)pthread_mutex_unlock(&core->tree_lock);
    (void)pthread_mutex_lock(&core->snapshot);
    if (who != NULL) {
        old_who = core->who;
        core->who = who;
        core->who_of = engine_keys_changed(core->engine);
    }
    if (checkpoint != NULL && served_at_once(core))
        old_served = put(&core->served, checkpoint_ref(checkpoint));
    if (checkpoint != NULL)
        checkpoint = put(&core->checkpoint, checkpoint);
    (void)pthread_mutex_unlock(&core->snapshot);
    (void)pthread_rwlock_unlock(&core->lock);
    who_unref(old_who);
    if (core->changed != NULL)
        core->changed(core->changed_arg);
    return code;
}

enum plumb_code
core_keep_checkpoint(struct core *core, struct plumb_err *err)
{
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *c = core_checkpoint(core);

    if (c == NULL || atomic_load(&core->stopped))
        return PLUMB_OK;
    return core_replace_checkpoint(core, &c->note, err);
}

struct who *
core_who(struct core *core)
{
    struct who *who;

    (void)pthread_mutex_lock(&core->snapshot);
    who = core->who != NULL ? who_ref(core->who) : NULL;
    (void)pthread_mutex_unlock(&core->snapshot);
    return who;
}

static struct core_checkpoint *
get(struct core *core, struct core_checkpoint **slot)
{
    struct core_checkpoint *c;

    (void)pthread_mutex_lock(&core->snapshot);
    c = checkpoint_ref(*slot);
    (void)pthread_mutex_unlock(&core->snapshot);
    return c;
}

struct core_checkpoint *
core_checkpoint(struct core *core)
{
    return get(core, &core->checkpoint);
}

struct core_checkpoint *
core_served(struct core *core)
{
    return get(core, &core->served);
}

void
core_serve(struct core *core, struct core_checkpoint *c)
{
    PLUMB_AUTO(auto_checkpoint) struct core_checkpoint *old = NULL;

    (void)pthread_mutex_lock(&core->snapshot);
    if (core->served == NULL || c->head.size >= core->served->head.size)
        old = put(&core->served, checkpoint_ref(c));
    (void)pthread_mutex_unlock(&core->snapshot);
}

void
core_unwitnessed(struct core *core, bool yes)
{
    (void)pthread_mutex_lock(&core->snapshot);
    core->unwitnessed = yes;
    (void)pthread_mutex_unlock(&core->snapshot);
}

void
core_stop_writing(struct core *core, bool for_good, const char *fmt, ...)
{
    va_list ap;

    if (atomic_load(&core->stopped))
        return; /* the first reason is the one to look at */
    (void)pthread_mutex_lock(&core->snapshot);
    va_start(ap, fmt);
    (void)vsnprintf(core->stop_reason, sizeof core->stop_reason, fmt, ap);
    va_end(ap);
    core->for_good = for_good;
    (void)pthread_mutex_unlock(&core->snapshot);
    atomic_store(&core->stopped, true);
    log_event(LOG_ERROR, "service.stopped", LOG_TEXT("reason", core->stop_reason));
}

enum plumb_code
core_resume_writing(struct core *core, struct plumb_err *err)
{
    if (core_may_write(core, err) == PLUMB_OK)
        return plumb_fail(err, PLUMB_CONFLICT, "service.running", "",
                          "writing was not stopped: there is nothing to resume");
    if (core->for_good)
        return plumb_fail(err, PLUMB_REFUSED, "log.fork", "", "%s", core->stop_reason);
    log_event(LOG_WARN, "service.resumed", LOG_TEXT("stopped because", core->stop_reason));
    atomic_store(&core->stopped, false);
    return PLUMB_OK;
}

enum plumb_code
core_may_write(struct core *core, struct plumb_err *err)
{
    enum plumb_code code = PLUMB_OK;

    if (!atomic_load(&core->stopped))
        return PLUMB_OK;
    (void)pthread_mutex_lock(&core->snapshot);
    code = plumb_fail(err, PLUMB_UNAVAILABLE, "service.stopped", "", "%s", core->stop_reason);
    (void)pthread_mutex_unlock(&core->snapshot);
    return code;
}
