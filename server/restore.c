#include "server/restore.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "audit/batch.h"
#include "audit/dir.h"
#include "audit/extend.h"
#include "lib/own.h"
#include "server/db/blob.h"
#include "server/file.h"
#include "server/group.h"
#include "server/load.h"
#include "server/log.h"

#define GROUP_MAX  256 /* entries that are written at once: memory is bounded by it */
#define PROGRESS_S 2

PLUMB_DEFINE_AUTO(auto_dir, struct audit_dir *, audit_dir_close);
PLUMB_DEFINE_AUTO(auto_batch, struct audit_batch *, audit_batch_free);
PLUMB_DEFINE_AUTO(auto_signed, struct plumb_signed *, plumb_signed_free);

struct restore {
    struct core *core;
    struct audit_source source;
    struct plumb_checkpoint head; /* the export's */
    struct load load;
    struct group group;
    bool begun;
    time_t told;
};

/* --- may it be restored at all --- */

static enum plumb_code
read_head(struct restore *r, struct plumb_bytes *note, struct plumb_err *err)
{
    struct plumb_err why;

    PLUMB_TRY(r->source.checkpoint(r->source.self, note, err));
    if (load_kept_checkpoint(r->core->identity, note, "checkpoint", &r->head, &why) != PLUMB_OK)
        return plumb_fail(err, PLUMB_REFUSED, "restore.log", "checkpoint",
                          "no log key of this instance signed the export's checkpoint: it is "
                          "another log's, or was changed");
    return PLUMB_OK;
}

static enum plumb_code
check_database(struct restore *r, struct plumb_err *err)
{
    struct plumb_checkpoint have = { .size = tree_size(r->core->tree) };
    enum audit_extend x;

    PLUMB_TRY(tree_root(r->core->tree, &have.root, err));
    PLUMB_TRY(audit_extends(&r->source, &have, &r->head, &x, err));
    if (x == AUDIT_EXTENDED)
        return PLUMB_OK;
    if (x == AUDIT_FORKED)
        return plumb_fail(err, PLUMB_REFUSED, "restore.fork", "database",
                          "the database's %" PRIu64 " entries are not those that the export "
                          "begins with: restore an older backup, or an empty database",
                          have.size);
    return plumb_fail(err, PLUMB_REFUSED, "restore.nothing", "database",
                      "the database has %" PRIu64 " entries and the export %" PRIu64
                      ": there is nothing to put back",
                      have.size, r->head.size);
}

/* The log that others saw ended where the kept checkpoint says, or later. */
static enum plumb_code
check_kept(struct restore *r, bool *ret_proven, struct plumb_err *err)
{
    struct plumb_checkpoint kept;
    enum audit_extend x;
    enum plumb_code code = core_kept_checkpoint(r->core, &kept, err);

    *ret_proven = code == PLUMB_OK;
    if (code == PLUMB_NOT_FOUND)
        return PLUMB_OK;
    PLUMB_TRY(code);
    if (kept.size > r->head.size)
        return plumb_fail(err, PLUMB_REFUSED, "restore.short", "checkpoint",
                          "the export has %" PRIu64 " entries, and this instance signed a log "
                          "of %" PRIu64 ": find a longer one",
                          r->head.size, kept.size);
    PLUMB_TRY(audit_extends(&r->source, &kept, &r->head, &x, err));
    if (x != AUDIT_SAME && x != AUDIT_EXTENDED)
        return plumb_fail(
            err, PLUMB_REFUSED, "restore.fork", "checkpoint",
            "the export's log is not the one whose checkpoint this instance kept");
    return PLUMB_OK;
}

/* --- one entry after the other --- */

static enum plumb_code
bring_blob(void *arg, struct db *db, const struct plumb_digest *digest, struct plumb_err *err)
{
    const struct audit_source *source = arg;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    struct plumb_digest is;
    char hex[PLUMB_DIGEST_HEX];
    enum plumb_code code = source->blob(source->self, digest, &bytes, err);

    if (code != PLUMB_OK && code != PLUMB_NOT_FOUND)
        return code;
    plumb_digest_hex(digest, hex);
    if (code == PLUMB_NOT_FOUND)
        return plumb_fail(err, PLUMB_REFUSED, "restore.blob", hex,
                          "neither the database nor the export has it");
    plumb_sha256(bytes.data, bytes.len, &is);
    if (!plumb_digest_eq(&is, digest))
        return plumb_fail(err, PLUMB_REFUSED, "restore.blob", hex,
                          "what the export has in its place has another digest");
    return db_blob_put(db, &(struct db_blob_part){ *digest, bytes.data, bytes.len }, 1, err);
}

static enum plumb_code
write_group(struct restore *r, struct plumb_err *err)
{
    struct core *core = r->core;
    time_t now = time(NULL);

    PLUMB_TRY(group_write(&r->group, r->load.db, err));
    engine_keep(core->engine);
    tree_commit(core->tree);
    group_clear(&r->group);
    engine_mark(core->engine);
    if (now < r->told + PROGRESS_S)
        return PLUMB_OK;
    r->told = now;
    log_event(LOG_INFO, "restoring", LOG_NUMBER("entries", (int64_t)tree_size(core->tree)),
              LOG_NUMBER("of", (int64_t)r->head.size));
    return PLUMB_OK;
}

static enum plumb_code
apply(struct restore *r, const struct audit_item *item, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(auto_signed) struct plumb_signed *s = NULL;
    struct engine_effect effect = { .repeated = false };
    plumb_time time;

    PLUMB_TRY(plumb_entry_read(item->data, item->len, &envelope, &time, err));
    if (r->group.n > 0 && (time != r->group.time || r->group.n == GROUP_MAX))
        PLUMB_TRY(write_group(r, err));
    r->group.time = time;
    PLUMB_TRY(load_open(&r->load, envelope, &s, err));
    PLUMB_TRY(load_blobs(&r->load, s->statement, err));
    if (s->statement->kind == PLUMB_KIND_PUBLICATION)
        return group_republish(&r->group, s, err);
    PLUMB_TRY(group_apply(&r->group, s, r->load.blobs, r->load.nblobs, &effect, err));
    if (effect.repeated)
        return plumb_fail(err, PLUMB_REFUSED, "log.entry", "",
                          "it says again what entry %" PRIu64 " says", effect.index);
    return PLUMB_OK;
}

static enum plumb_code
apply_all(struct restore *r, struct plumb_err *err)
{
    PLUMB_AUTO(auto_batch) struct audit_batch *batch = NULL;
    uint64_t bundle = tree_size(r->core->tree) / PLUMB_TILE_WIDTH;

    PLUMB_TRY(audit_batch_new(&batch, err));
    while (bundle * PLUMB_TILE_WIDTH < r->head.size) {
        audit_batch_clear(batch);
        PLUMB_TRY(audit_batch_read(batch, &r->source, &bundle, r->head.size, err));
        for (size_t i = 0; i < batch->n; i++) {
            const struct audit_item *item = &batch->items[i];
            struct plumb_err why = { 0 };

            if (item->index < tree_size(r->core->tree))
                continue;
            if (apply(r, item, &why) != PLUMB_OK)
                return plumb_fail(err, why.code, why.rule, why.where, "entry %" PRIu64 ": %s",
                                  item->index, why.msg);
        }
    }
    return r->group.n > 0 ? write_group(r, err) : PLUMB_OK;
}

/* A db_txn_fn. */
static enum plumb_code
append(struct db *db, void *arg, struct plumb_err *err)
{
    struct restore *r = arg;
    struct plumb_digest root;
    uint64_t size;

    PLUMB_TRY(db_log_lock(db, &size, err));
    if (size != engine_size(r->core->engine) || r->begun)
        return plumb_fail(err, PLUMB_CONFLICT, "restore.raced", "database",
                          "another instance uses this database; stop every plumbd, then "
                          "run this again");
    r->begun = true; /* the engine goes on: it does not go back with the transaction */
    engine_mark(r->core->engine);
    PLUMB_TRY(apply_all(r, err));
    PLUMB_TRY(tree_root(r->core->tree, &root, err));
    if (!plumb_digest_eq(&root, &r->head.root))
        return plumb_fail(err, PLUMB_REFUSED, "restore.root", "tile/entries",
                          "the export's entries do not make the root that its checkpoint "
                          "signs: one of them was changed");
    return PLUMB_OK;
}

static enum plumb_code
run(struct restore *r, struct db *db, struct restored *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    enum db_end end;

    PLUMB_TRY(read_head(r, &note, err));
    PLUMB_TRY(check_database(r, err));
    PLUMB_TRY(check_kept(r, &ret->proven, err));
    ret->before = tree_size(r->core->tree);
    PLUMB_TRY(db_txn(db, DB_WRITE, append, r, &end, err));
    ret->after = r->head.size;
    return core_replace_checkpoint(r->core, &note, err);
}

enum plumb_code
restore_log(struct core *core, struct db *db, const char *path, struct restored *ret,
            struct plumb_err *err)
{
    PLUMB_AUTO(auto_dir) struct audit_dir *dir = NULL;
    struct restore r = { .core = core, .told = time(NULL) };
    enum plumb_code code;

    PLUMB_TRY(audit_dir_open(path, false, &dir, err));
    r.source = audit_dir_source(dir);
    r.load =
        (struct load){ .core = core, .db = db, .bring = bring_blob, .bring_arg = &r.source };
    r.group.core = core;
    code = run(&r, db, ret, err);
    load_blobs_clear(&r.load);
    group_clear(&r.group);
    return code;
}
