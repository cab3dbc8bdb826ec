/* acts.h - what people do to a plumbd under test: all of it by signed statements. */
#ifndef TESTS_SERVER_ACTS_H
#define TESTS_SERVER_ACTS_H

#include "tests/server/plumbd.h"

void act_vote(const struct plumbd *p, struct make *m, const char *who,
              const struct plumb_digest *proposal);
/* A version of "web" with these reference values, by rex, approved by ria and sol: its id. */
struct plumb_digest act_release(const struct plumbd *p, struct make *m, const char *version,
                                const struct plumb_bytes *values);
/* A version of "web" with reference values of its own, by rex: it waits for approval. */
void act_register(const struct plumbd *p, struct make *m, const char *version);
/* A rollout of "web@..." in prod by rex; a begin is approved by ria. predecessor or NULL. */
void act_roll(const struct plumbd *p, struct make *m, const char *name,
              const struct plumb_digest *id, enum plumb_action action,
              const struct plumb_digest *predecessor);

#endif
