/*
 * story.h - a tiny log and the bundle that it makes, written by hand: an account of
 * docs/formats.md section 6 of its own, for tests of those who read bundles. Built on make.h,
 * in whose fleet "prod" and payload "web" it plays.
 */
#ifndef TESTS_STORY_H
#define TESTS_STORY_H

#include <plumb/bundle.h>

#include "tests/make.h"

#define STORY_T0      INT64_C(1790000000)
#define STORY_DAY     86400
#define STORY_ENTRIES 256

struct story_entry {
    struct plumb_signed *opened;
    struct plumb_bytes bytes;
    plumb_time time;
};

struct story_version {
    const char *name; /* "1.0" */
    struct plumb_digest release;
    struct plumb_bytes refvals;
    uint64_t proposal; /* its index */
    uint64_t begun;    /* the begin proposal's */
    bool accepted;     /* its section tells of it */
    json_t *json;      /* VERSION as in a section: edit it at will */
};

struct story_document {
    struct plumb_bytes bytes;
    uint64_t entries[8];
    size_t n;
};

struct story {
    struct make make; /* make.now is the time of the next entry */
    struct story_entry entries[STORY_ENTRIES];
    size_t n;
    struct story_document documents[4];
    size_t ndocuments;
    struct story_version versions[6];
    size_t nversions;
    json_t *revoked; /* array of {"index", "referenceValues", "release"} */
    json_t *content; /* after story_publish */
    int64_t revision;
    uint64_t publication;
    struct plumb_digest genesis;
};

/* The genesis, by ada and bob. edit, if not NULL, changes the document first. */
void story_begin(struct story *s, void (*edit)(struct make *m));
void story_end(struct story *s);

/* One more entry at make.now, which moves on by a minute; s takes opened. */
uint64_t story_add(struct story *s, struct plumb_signed *opened);
uint64_t story_vote(struct story *s, const char *who, uint64_t proposal, enum plumb_decision d);
/* make.document as it is now becomes the next version: ada proposes, bob approves. */
void story_govern(struct story *s, json_t *compromise);

/* Proposed by rex, approved by sol: an index into versions. */
size_t story_release(struct story *s, const char *name);
/* With the reference values of another. */
size_t story_release_as(struct story *s, const char *name, const char *values_of);
/* Moves by rex, the begin approved by ria. before: an index into versions, or -1. */
void story_start(struct story *s, size_t v, int before);
void story_complete(struct story *s, size_t v, int before);
void story_reschedule(struct story *s, size_t v, plumb_time until);
/* By sol; the version leaves the bundle. after: that which had it as predecessor, or -1. */
void story_revoke(struct story *s, size_t v, int after);

/* For moves that a test tells itself. notAfter NEVER deletes it. */
void story_move(struct story *s, size_t v, const char *step, const char *status,
                plumb_time not_after, size_t nentries, const uint64_t *entries);

/* A publication of what the versions say now, valid for a day. */
void story_publish(struct story *s);
/* The same, of content that a test changed. */
void story_publish_content(struct story *s, int64_t revision, plumb_time valid_until);
/* The bundle file; from: of the consistency proof, 0 for none. */
struct plumb_bytes story_bundle(const struct story *s, uint64_t from);
struct plumb_trust *story_trust(const struct story *s);

/* Reads a whole bundle. *ret and *ret_memory may be NULL. */
enum plumb_code story_read(const struct plumb_trust *trust, const struct plumb_memory *memory,
                           plumb_time now, const void *data, size_t len,
                           struct plumb_bundle **ret, struct plumb_memory **ret_memory,
                           struct plumb_err *err);

#endif
