/*
 * world.h - an engine and the log that it folds, played on tests/make.h's cast. Every call that
 * is to succeed fails the test when it does not.
 */
#ifndef TESTS_ENGINE_WORLD_H
#define TESTS_ENGINE_WORLD_H

#include <plumb/bundle.h>

#include "engine/engine.h"
#include "tests/make.h"

#define WORLD_T0  INT64_C(1790000000)
#define WORLD_DAY 86400

struct world_entry {
    struct plumb_signed *opened;
    struct plumb_bytes bytes;
    plumb_time time;
};
struct world_blob {
    struct plumb_digest digest;
    struct plumb_bytes bytes;
};

struct world {
    struct make make; /* make.now is the time of the next entry */
    struct engine *engine;
    struct world_entry *entries;
    size_t n;
    struct world_blob *blobs;
    size_t nblobs;
    struct plumb_digest genesis;
    struct engine_effect effect; /* of the last entry */
    struct plumb_err err;
};

/* edit changes the document before the genesis, by ada and bob; NULL for none. Without it
 * completions need no recognitions. */
void world_begin(struct world *w, void (*edit)(struct make *m));
void world_begin_at(struct world *w, plumb_time at, void (*edit)(struct make *m));
void world_end(struct world *w);

/* Store bytes as a blob; takes them. */
struct plumb_digest world_blob(struct world *w, struct plumb_bytes bytes);

/* Apply at make.now. Takes s; what was accepted moves make.now on by a minute. */
enum plumb_code world_try(struct world *w, struct plumb_signed *s);
uint64_t world_do(struct world *w, struct plumb_signed *s);
#define world_refuse(w, rule, s) assert_refused(rule, world_try(w, s), &(w)->err)

/* Proposals by whoever may, and the votes that complete them; the id of the proposal. */
struct plumb_digest world_propose_release(struct world *w, const char *payload,
                                          const char *version);
struct plumb_digest world_release(struct world *w, const char *version); /* of web: rex, sol */
/* With these reference values, which it takes. */
struct plumb_digest world_release_values(struct world *w, const char *version,
                                         struct plumb_bytes values);
struct plumb_digest world_vote(struct world *w, const char *who,
                               const struct plumb_digest *proposal, enum plumb_decision d);
/* An unsent rollout statement by rex with the base as it is. */
struct plumb_signed *world_rollout(struct world *w, const struct plumb_digest *release,
                                   enum plumb_action action, json_t *more);
/* members: predecessor when there is a current version. */
json_t *world_predecessor(const struct world *w);
struct plumb_digest world_start(struct world *w, const struct plumb_digest *release);
/* begin at a time: proposed by rex, approved by ria. */
struct plumb_digest world_schedule(struct world *w, const struct plumb_digest *release,
                                   plumb_time at);
struct plumb_digest world_complete(struct world *w, const struct plumb_digest *release);
struct plumb_digest world_rollback(struct world *w, const struct plumb_digest *release);
struct plumb_digest world_reschedule(struct world *w, const struct plumb_digest *release,
                                     plumb_time until);
/* fleets as make_revocation's, bases filled in ("prod test") or "all". By sol. */
struct plumb_signed *world_revocation(struct world *w, const struct plumb_digest *release,
                                      const char *fleets, const char *leave_nothing);
struct plumb_digest world_revoke(struct world *w, const struct plumb_digest *release,
                                 const char *fleets, const char *leave_nothing);
/* make.document as it is becomes the next version: proposed by who. more: compromise, ratify.
 */
struct plumb_signed *world_change(struct world *w, const char *who, json_t *more);
struct plumb_digest world_govern(struct world *w, json_t *more); /* ada, approved by bob */

/* What the service does: the statement for the next due move, or all of them recorded. */
struct plumb_signed *world_due(struct world *w);
size_t world_record(struct world *w);
struct plumb_signed *world_publication(struct world *w, const char *fleet, int64_t revision,
                                       const struct plumb_digest *content,
                                       plumb_time valid_until);
/* Derives, publishes, and has libplumb verify the bundle: returns its content's digest. */
struct plumb_digest world_publish(struct world *w, const char *fleet);

/* --- looking --- */
enum engine_place world_place(const struct world *w, const struct plumb_digest *release);
struct engine_placement world_at(const struct world *w, const struct plumb_digest *release);
enum engine_proposal_state world_state(const struct world *w, const struct plumb_digest *id);
const char *world_rule(const struct world *w, const struct plumb_digest *id);
/* "svr2@1.0", of a release. */
const char *world_name(const struct world *w, const struct plumb_digest *release);
/* Everything that can be seen of an engine, as text: views, and all fleets' derived bytes. The
 * caller frees it. */
char *world_picture(const struct engine *e);
/* Fails the test with the first line that differs; frees both. */
void world_same(char *one, char *two);
/* A second engine over the same log, with another secret; the caller frees it. */
struct engine *world_replay(struct world *w);
/* Only its entry i, which comes next. */
void world_feed(struct world *w, struct engine *e, size_t i);
/* The bundle file of what was last published in a fleet. The caller clears it. */
struct plumb_bytes world_bundle(const struct world *w, const char *fleet);
/* The trust file that verifies it. The caller clears it. */
struct plumb_bytes world_trust(const struct world *w, const char *fleet);

/* And as libplumb verified it; the caller frees it. */
struct plumb_bundle *world_open(const struct world *w, const char *fleet);

#endif
