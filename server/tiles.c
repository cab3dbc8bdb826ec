#include "server/tiles.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "lib/own.h"
#include "server/db/log.h"

#define BUCKETS  4096
#define OVERHEAD 512 /* of one that is kept, beside its bytes */
#define LEVELS   8

struct kept {
    struct tiles_name name;
    struct http_body *body;
    int64_t cost;
    struct kept *chain;         /* in its bucket */
    struct kept *newer, *older; /* in the order of use */
};

struct tiles {
    pthread_mutex_t lock;
    int64_t max, cost;
    struct kept *bucket[BUCKETS];
    struct kept use; /* head of the ring: newer is the least used */
};

PLUMB_DEFINE_AUTO(auto_body, struct http_body *, http_body_unref);

enum plumb_code
tiles_new(int64_t max, struct tiles **ret, struct plumb_err *err)
{
    struct tiles *t = calloc(1, sizeof *t);

    if (t == NULL)
        return plumb_fail_memory(err);
    (void)pthread_mutex_init(&t->lock, NULL);
    t->max = max;
    t->use.newer = t->use.older = &t->use;
    *ret = t;
    return PLUMB_OK;
}

static struct kept **
place_of(struct tiles *t, const struct tiles_name *name)
{
    uint64_t h = name->n * 257 + name->width;
    struct kept **at = &t->bucket[(h * 65 + name->level) % BUCKETS];

    while (*at != NULL && ((*at)->name.n != name->n || (*at)->name.width != name->width ||
                           (*at)->name.level != name->level))
        at = &(*at)->chain;
    return at;
}

static void
ring_remove(struct kept *k)
{
    k->newer->older = k->older;
    k->older->newer = k->newer;
}

static void
ring_add(struct tiles *t, struct kept *k)
{
    k->newer = &t->use;
    k->older = t->use.older;
    t->use.older->newer = k;
    t->use.older = k;
}

static void
forget(struct tiles *t, struct kept *k)
{
    *place_of(t, &k->name) = k->chain;
    ring_remove(k);
    t->cost -= k->cost;
    http_body_unref(k->body);
    free(k);
}

void
tiles_free(struct tiles *t)
{
    if (t == NULL)
        return;
    while (t->use.newer != &t->use)
        forget(t, t->use.newer);
    (void)pthread_mutex_destroy(&t->lock);
    free(t);
}

struct http_body *
tiles_get(struct tiles *t, const struct tiles_name *name)
{
    struct http_body *body = NULL;
    struct kept *k;

    (void)pthread_mutex_lock(&t->lock);
    k = *place_of(t, name);
    if (k != NULL) {
        ring_remove(k);
        ring_add(t, k);
        body = http_body_ref(k->body);
    }
    (void)pthread_mutex_unlock(&t->lock);
    return body;
}

/* Where there is no memory for it, it is read again the next time. */
static void
keep(struct tiles *t, const struct tiles_name *name, struct http_body *body)
{
    struct kept *k = calloc(1, sizeof *k), **place;
    size_t len;

    if (k == NULL)
        return;
    (void)http_body_bytes(body, &len);
    k->name = *name;
    k->cost = (int64_t)len + OVERHEAD;
    (void)pthread_mutex_lock(&t->lock);
    place = place_of(t, name);
    if (*place == NULL && k->cost <= t->max) {
        k->body = http_body_ref(body);
        *place = k;
        ring_add(t, k);
        t->cost += k->cost;
        while (t->cost > t->max)
            forget(t, t->use.newer);
        k = NULL;
    }
    (void)pthread_mutex_unlock(&t->lock);
    free(k);
}

/* --- from the database --- */

struct bundle {
    struct plumb_bytes bytes;
    size_t room;
    unsigned n;
};

static void
bundle_clear(struct bundle *b)
{
    plumb_bytes_clear(&b->bytes);
}

/* db_entry_fn: u16 length, big-endian, and the entry. */
static enum plumb_code
add_entry(void *arg, const struct db_entry *e, struct plumb_err *err)
{
    struct bundle *b = arg;
    struct plumb_bytes *bytes = &b->bytes;

    if (e->len > PLUMB_ENTRY_MAX)
        return plumb_fail(err, PLUMB_INTERNAL, "log.entry", "", "entry %" PRIu64 " is too long",
                          e->idx);
    if (b->room - bytes->len < e->len + 3 || bytes->data == NULL) {
        size_t room = 2 * (bytes->len + e->len) + 4096;
        uint8_t *more = realloc(bytes->data, room);

        if (more == NULL)
            return plumb_fail_memory(err);
        bytes->data = more;
        b->room = room;
    }
    bytes->data[bytes->len++] = (uint8_t)(e->len >> 8);
    bytes->data[bytes->len++] = (uint8_t)e->len;
    memcpy(bytes->data + bytes->len, e->body, e->len);
    bytes->len += e->len;
    bytes->data[bytes->len] = 0;
    b->n++;
    return PLUMB_OK;
}

static enum plumb_code
read_entries(struct db *db, const struct tiles_name *name, struct plumb_bytes *ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(bundle_clear) struct bundle b = { 0 };

    PLUMB_TRY(db_log_read(db, name->n * PLUMB_TILE_WIDTH, name->width, add_entry, &b, err));
    if (b.n != name->width)
        /* said to the client: whoever audits must learn of it */
        return plumb_fail(err, PLUMB_NOT_FOUND, "log.gap", "",
                          "only %u of %u entries are in the database: rows were removed", b.n,
                          name->width);
    *ret = b.bytes;
    b.bytes = (struct plumb_bytes){ 0 };
    return PLUMB_OK;
}

static enum plumb_code
read_hashes(struct db *db, const struct tiles_name *name, struct plumb_bytes *ret,
            struct plumb_err *err)
{
    struct plumb_digest hashes[PLUMB_TILE_WIDTH];
    const uint64_t first = name->n * PLUMB_TILE_WIDTH;

    if (name->width == PLUMB_TILE_WIDTH)
        PLUMB_TRY(db_tile_get(db, name->level, name->n, hashes, err));
    else if (name->level == 0)
        PLUMB_TRY(db_log_leaves(db, first, name->width, hashes, err));
    else
        PLUMB_TRY(db_tile_roots(db, name->level - 1, first, name->width, hashes, err));
    return plumb_bytes_copy(hashes, name->width * sizeof *hashes, ret, err);
}

static bool
is_there(const struct tiles_name *name, uint64_t size)
{
    const unsigned level = name->level == TILES_ENTRIES ? 0 : name->level;
    const uint64_t have = level < LEVELS ? size >> (8 * level) : 0;

    return name->n <= have / PLUMB_TILE_WIDTH &&
           name->n * PLUMB_TILE_WIDTH + name->width <= have;
}

enum plumb_code
tiles_read(struct tiles *t, struct db *db, const struct tiles_name *name, uint64_t size,
           struct http_body **ret, struct plumb_err *err)
{
    const bool entries = name->level == TILES_ENTRIES;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(auto_body) struct http_body *body = NULL;

    if (!is_there(name, size))
        return plumb_fail(err, PLUMB_NOT_FOUND, "log.tile", "",
                          "a log of %" PRIu64 " entries has no such tile", size);
    PLUMB_TRY(entries ? read_entries(db, name, &bytes, err)
                      : read_hashes(db, name, &bytes, err));
    /* Entries are confidential: only the client itself may keep them. */
    PLUMB_TRY(http_body_new(&bytes, "application/octet-stream", NULL,
                            entries ? "private, max-age=31536000, immutable"
                                    : "public, max-age=31536000, immutable",
                            NULL, &body, err));
    keep(t, name, body);
    *ret = PLUMB_TAKE(body);
    return PLUMB_OK;
}
