/*
 * core.h - what one plumbd holds in memory: the engine's state and the Merkle tree, both
 * following the log in the database, and what is served from them without a lock: whose keys
 * are whose, the newest checkpoint.
 */
#ifndef SERVER_CORE_H
#define SERVER_CORE_H

#include <pthread.h>
#include <stdatomic.h>

#include "engine/engine.h"
#include "server/db/db.h"
#include "server/http/metrics.h"
#include "server/identity.h"
#include "server/settings.h"
#include "server/tree.h"
#include "server/who.h"

struct core {
    const struct settings *settings;
    const struct identity *identity;
    struct metrics *metrics;
    /* Guards engine and tree. Only the writer and the follower change them, and not at once. */
    pthread_rwlock_t lock;
    struct engine *engine;
    struct tree *tree;
    pthread_mutex_t tree_lock; /* taken besides a read lock, to ask the tree for proofs */
    /* Told after each commit, and each time others' commits were followed; not under the lock.
     */
    void (*changed)(void *arg);
    void *changed_arg;

    pthread_mutex_t snapshot; /* guards the five below */
    struct who *who;
    uint64_t who_of;                    /* engine_keys_changed that it was made of */
    struct core_checkpoint *checkpoint; /* the newest that was signed */
    struct core_checkpoint *served;     /* the one that is given out */
    bool unwitnessed;                   /* witnesses are away, and publishing goes on */

    atomic_llong blobs_held; /* bytes of them, for statements on their way (load.h) */

    bool for_good;
    atomic_bool stopped; /* no more writes: the reason is in stop_reason */
    char stop_reason[256];
};

/* A signed checkpoint. Immutable, counted. */
struct core_checkpoint {
    atomic_int refs;
    struct plumb_checkpoint head;
    struct plumb_bytes note;
    bool witnessed; /* as many as the governance document asks for have cosigned */
};
void core_checkpoint_unref(struct core_checkpoint *c);

PLUMB_MUST_CHECK enum plumb_code core_open(const struct settings *settings,
                                           const struct identity *identity,
                                           struct metrics *metrics, struct db *db,
                                           struct core **ret, struct plumb_err *err);
void core_close(struct core *core);

/*
 * Apply what others appended, up to size entries; the caller holds the lock for writing.
 * Refused, and the core stopped, when the database does not continue what this instance has
 * seen: rule "log.fork".
 */
PLUMB_MUST_CHECK enum plumb_code core_follow(struct core *core, struct db *db, uint64_t size,
                                             struct plumb_err *err);

/* After a commit or a follow, without the lock: new snapshots, a signed checkpoint, the news
 * told. */
PLUMB_MUST_CHECK enum plumb_code core_publish_snapshots(struct core *core,
                                                        struct plumb_err *err);

/* Keep the newest checkpoint in DATA/checkpoint, outside the database, if it is newer than what
 * is there. */
PLUMB_MUST_CHECK enum plumb_code core_keep_checkpoint(struct core *core, struct plumb_err *err);

/* The one in DATA/checkpoint, which a log key of this instance signed. PLUMB_NOT_FOUND: none is
 * kept; rule "log.kept". */
PLUMB_MUST_CHECK enum plumb_code core_kept_checkpoint(const struct core *core,
                                                      struct plumb_checkpoint *ret,
                                                      struct plumb_err *err);
/* Another in its place, whatever it was: for a restore, which has shown that it continues it.
 */
PLUMB_MUST_CHECK enum plumb_code core_replace_checkpoint(const struct core *core,
                                                         const struct plumb_bytes *note,
                                                         struct plumb_err *err);

/* References that the caller gives back. NULL before the genesis (checkpoint) or at first. */
struct who *core_who(struct core *core);
struct core_checkpoint *core_checkpoint(struct core *core);

/*
 * The checkpoint to give out: the newest, or where governance names witnesses the last one that
 * enough of them cosigned; unless they are away, and publishing goes on. NULL where there is
 * none yet.
 */
struct core_checkpoint *core_served(struct core *core);
/* Give out c from now on, if it is as large as what was given out; the caller tells the news.
 */
void core_serve(struct core *core, struct core_checkpoint *c);
/* Whether what is signed from now on is given out at once though witnesses are asked for. */
void core_unwitnessed(struct core *core, bool yes);

/*
 * Stop writing: until an operator confirms, or for good (another log than the one this instance
 * has seen, which no word makes the same).
 */
__attribute__((format(printf, 3, 4))) void core_stop_writing(struct core *core, bool for_good,
                                                             const char *fmt, ...);
/* Rules "service.running" (nothing to resume) and "log.fork" (stopped for good). */
PLUMB_MUST_CHECK enum plumb_code core_resume_writing(struct core *core, struct plumb_err *err);
/* PLUMB_UNAVAILABLE, rule "service.stopped", with the reason. */
PLUMB_MUST_CHECK enum plumb_code core_may_write(struct core *core, struct plumb_err *err);

/* Seconds now by this machine's clock. */
plumb_time core_now(void);

#endif
