/* tinylog.h - a log of a few leaves in memory, which can rewrite its history, for tests of
 * those who watch logs. */
#ifndef TESTS_TINYLOG_H
#define TESTS_TINYLOG_H

#include <plumb/witness.h>

#define TINYLOG_ORIGIN "example.org/log"
#define TINYLOG_MAX    64

struct tinylog {
    struct plumb_signer *key;
    char vkey[PLUMB_VKEY_TEXT];
    struct plumb_digest leaves[TINYLOG_MAX];
};

void tinylog_begin(struct tinylog *t);
void tinylog_end(struct tinylog *t);

struct plumb_checkpoint tinylog_head(const struct tinylog *t, uint64_t size);
/* The checkpoint signed; by another key than the log's where signer is not NULL. */
struct plumb_bytes tinylog_note(const struct tinylog *t, uint64_t size,
                                struct plumb_signer *signer);
/* The body of add-checkpoint by which it goes from old to size. */
struct plumb_bytes tinylog_request(const struct tinylog *t, uint64_t old, uint64_t size);
/* Other leaves from this index on, as number says. */
void tinylog_rewrite(struct tinylog *t, uint64_t from, unsigned number);

#endif
