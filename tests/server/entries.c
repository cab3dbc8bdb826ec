#include "tests/server/entries.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/t.h"

#define LEN 200

struct made {
    const struct db_entry *entries;
    size_t n;
};

static void
body_of(uint64_t idx, size_t len, uint8_t *ret)
{
    char head[28];
    int head_len = snprintf(head, sizeof head, "entry %" PRIu64, idx);

    memset(ret, '.', len);
    memcpy(ret, head, (size_t)head_len);
}

/* The bodies lie behind the entries, in one allocation. */
struct db_entry *
entries_make(uint64_t from, size_t n, size_t len)
{
    struct db_entry *e = malloc(n * sizeof *e + n * len);
    uint8_t *body = (uint8_t *)(e + n);

    assert_non_null(e);
    for (size_t i = 0; i < n; i++, body += len) {
        body_of(from + i, len, body);
        e[i] = (struct db_entry){ .idx = from + i,
                                  .time = ENTRY_TIME + (plumb_time)(from + i),
                                  .kind = "release",
                                  .body = body,
                                  .len = len };
        plumb_sha256(body, len, &e[i].id);
        plumb_leaf_hash(body, len, &e[i].leaf);
    }
    return e;
}

void
entries_free(struct db_entry *e)
{
    free(e);
}

void
entries_leaf(uint64_t idx, size_t len, struct plumb_digest *ret)
{
    uint8_t *body = malloc(len);

    assert_non_null(body);
    body_of(idx, len, body);
    plumb_leaf_hash(body, len, ret);
    free(body);
}

static enum plumb_code
append(struct db *db, void *arg, struct plumb_err *err)
{
    const struct made *m = arg;
    uint64_t size;

    PLUMB_TRY(db_log_lock(db, &size, err));
    return db_log_append(db, m->entries, m->n, err);
}

enum plumb_code
entries_append(struct db *db, const struct db_entry *e, size_t n, enum db_end *ret_end,
               struct plumb_err *err)
{
    struct made m = { e, n };

    return db_txn(db, DB_WRITE, append, &m, ret_end, err);
}

void
entries_grow(struct db *db, size_t n)
{
    struct plumb_err err = { 0 };
    enum db_end end;
    uint64_t size;

    assert_ok(db_log_size(db, &size, &err), &err);
    struct db_entry *e = entries_make(size, n, LEN);
    assert_ok(entries_append(db, e, n, &end, &err), &err);
    entries_free(e);
}
