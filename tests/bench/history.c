#include "tests/bench/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/dir.h"
#include "audit/export.h"
#include "audit/layout.h"
#include "engine/engine.h"
#include "tests/make.h"
#include "tests/t.h"

#define T0        INT64_C(1600000000)
#define DAY       86400

#define VERIFIERS 12 /* that recognise each version */

struct writer {
    struct make make;
    struct engine *engine;
    struct audit_dir *dir;
    uint8_t *bundle; /* the entries of the tile under way */
    size_t len;
    struct plumb_digest *leaves;
    uint64_t n, room, bytes;
    struct plumb_err err;
};

static void
put(struct writer *w, const char *path, const void *data, size_t len)
{
    assert_ok(audit_dir_put(w->dir, path, data, len, &w->err), &w->err);
}

static void
end_bundle(struct writer *w, uint64_t n, unsigned width)
{
    char path[LAYOUT_PATH];

    layout_entries(n, width, path);
    put(w, path, w->bundle, w->len);
    w->len = 0;
}

static void
add_entry(struct writer *w, const struct plumb_bytes *entry)
{
    if (w->n == w->room) {
        w->room = w->room > 0 ? 2 * w->room : 1024;
        w->leaves = realloc(w->leaves, w->room * sizeof *w->leaves);
        assert_non_null(w->leaves);
    }
    plumb_leaf_hash(entry->data, entry->len, &w->leaves[w->n++]);
    w->bundle[w->len++] = (uint8_t)(entry->len >> 8);
    w->bundle[w->len++] = (uint8_t)entry->len;
    memcpy(w->bundle + w->len, entry->data, entry->len);
    w->len += entry->len;
    w->bytes += entry->len;
    if (w->n % PLUMB_TILE_WIDTH == 0)
        end_bundle(w, w->n / PLUMB_TILE_WIDTH - 1, PLUMB_TILE_WIDTH);
}

/* Takes s. blob: what it names, which is stored too; NULL for none. */
static struct plumb_digest
act(struct writer *w, struct plumb_signed *s, const struct plumb_bytes *blob)
{
    struct engine_blob given = { .data = NULL };
    struct engine_effect effect;
    struct plumb_bytes entry = { 0 };
    struct plumb_digest id = s->statement->id;
    char path[LAYOUT_PATH];

    if (blob != NULL) {
        plumb_sha256(blob->data, blob->len, &given.digest);
        given.data = blob->data;
        given.len = blob->len;
        layout_blob(&given.digest, path);
        put(w, path, blob->data, blob->len);
    }
    assert_ok(engine_apply(w->engine, s, engine_size(w->engine), w->make.now, &given,
                           blob != NULL ? 1 : 0, &effect, &w->err),
              &w->err);
    assert_false(effect.repeated);
    assert_ok(plumb_entry_make(s->envelope, w->make.now, &entry, &w->err), &w->err);
    add_entry(w, &entry);
    plumb_bytes_clear(&entry);
    plumb_signed_free(s);
    return id;
}

static enum plumb_code
put_part(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    (void)err;
    layout_blob(&part->digest, path);
    put(arg, path, part->json.data, part->json.len);
    return PLUMB_OK;
}

/* What time brought about is recorded first, as plumbd does. */
static struct plumb_digest
publish(struct writer *w)
{
    struct engine_fleet_state f = { 0 };
    struct engine_due due;
    struct plumb_digest content;
    int64_t revision;

    while (engine_due(w->engine, w->make.now, &due)) {
        char name[2 * PLUMB_NAME_MAX + 2];

        (void)snprintf(name, sizeof name, "%s@%s", due.payload, due.version);
        (void)act(
            w,
            make_signed(&w->make, "plumbd", due.kind, name, &due.release,
                        json_pack("{s:s, s:o}", "fleet", due.fleet, "due", make_time(due.due))),
            NULL);
    }
    assert_ok(engine_advance(w->engine, w->make.now, &w->err), &w->err);
    assert_ok(engine_derive(w->engine, "prod", put_part, w, &content, &w->err), &w->err);
    (void)engine_fleet(w->engine, "prod", &f);
    revision = f.revision + (f.revision > 0 && plumb_digest_eq(&content, &f.content) ? 0 : 1);
    (void)act(w,
              make_signed(&w->make, "plumbd", PLUMB_KIND_PUBLICATION, "content", &content,
                          json_pack("{s:s, s:I, s:o}", "fleet", "prod", "revision",
                                    (json_int_t)revision, "validUntil",
                                    make_time(w->make.now + DAY))),
              NULL);
    return content;
}

static struct plumb_digest
roll(struct writer *w, const char *name, const struct plumb_digest *release,
     enum plumb_action action, const struct plumb_digest *before)
{
    json_t *more = before != NULL ? json_pack("{s:o}", "predecessor", make_hex(before)) : NULL;

    return act(w,
               make_rollout(&w->make, "rex", "prod", name, release, action,
                            engine_base(w->engine, "prod", "web"), more),
               NULL);
}

static void
vote(struct writer *w, const char *who, const struct plumb_digest *proposal)
{
    (void)act(w, make_vote(&w->make, who, proposal, PLUMB_APPROVE), NULL);
}

/* One day: a version from its registration to its completion, and four refreshes. */
static void
play_day(struct writer *w, unsigned day, struct plumb_digest *current)
{
    char version[32], name[40];
    struct plumb_bytes values;
    struct plumb_digest digest, release, begin, content;
    struct engine_fleet_state f;

    (void)snprintf(version, sizeof version, "1.%u", day);
    (void)snprintf(name, sizeof name, "web@%s", version);
    values = make_refvals(version);
    plumb_sha256(values.data, values.len, &digest);
    release = act(w, make_release(&w->make, "rex", "web", version, &digest), &values);
    plumb_bytes_clear(&values);
    vote(w, "sol", &release);
    begin = roll(w, name, &release, PLUMB_ACTION_BEGIN, day > 0 ? current : NULL);
    vote(w, "ria", &begin);
    content = publish(w);
    assert_true(engine_fleet(w->engine, "prod", &f));
    w->make.now += 3600;
    for (unsigned i = 0; i < VERIFIERS; i++) {
        char verifier[16];

        (void)snprintf(verifier, sizeof verifier, "verifier-%u", i);
        (void)act(w,
                  make_recognition(&w->make, verifier, "prod", name, &release, &begin,
                                   f.revision, &content),
                  NULL);
    }
    (void)roll(w, name, &release, PLUMB_ACTION_COMPLETE, NULL);
    *current = release;
    (void)publish(w);
    for (int i = 0; i < 4; i++) {
        w->make.now += 20000;
        (void)publish(w);
    }
    w->make.now += DAY - 3600 - 80000;
}

static void
put_tiles(struct writer *w)
{
    struct plumb_digest *hashes = w->leaves;
    uint64_t n = w->n;

    for (unsigned level = 0; n > 0; level++) {
        uint64_t above = n / PLUMB_TILE_WIDTH;

        for (uint64_t i = 0; i * PLUMB_TILE_WIDTH < n; i++) {
            uint64_t left = n - i * PLUMB_TILE_WIDTH;
            unsigned width = left < PLUMB_TILE_WIDTH ? (unsigned)left : PLUMB_TILE_WIDTH;
            char path[LAYOUT_PATH];

            layout_tile(level, i, width, path);
            put(w, path, hashes + i * PLUMB_TILE_WIDTH, width * sizeof *hashes);
            if (width == PLUMB_TILE_WIDTH) {
                struct plumb_digest root;

                plumb_tree_root(hashes + i * PLUMB_TILE_WIDTH, width, &root);
                hashes[i] = root; /* what was there has been written */
            }
        }
        n = above;
    }
}

static void
put_checkpoint(struct writer *w)
{
    struct plumb_checkpoint head = { .origin = MAKE_ORIGIN, .size = w->n };
    struct plumb_signer *const signers[] = { w->make.log };
    struct plumb_bytes note = { 0 };

    plumb_tree_root(w->leaves, w->n, &head.root);
    assert_ok(plumb_checkpoint_sign(&head, signers, 1, &note, &w->err), &w->err);
    put(w, LAYOUT_CHECKPOINT, note.data, note.len);
    plumb_bytes_clear(&note);
}

struct history
history_write(const char *directory, uint64_t n)
{
    struct writer w = { .n = 0 };
    struct plumb_digest current;
    struct plumb_bytes document;
    struct history h;

    make_begin(&w.make, T0);
    for (unsigned i = 0; i < VERIFIERS; i++) {
        char verifier[16];

        (void)snprintf(verifier, sizeof verifier, "verifier-%u", i);
        make_principal(&w.make, verifier, "verifier", "prod");
    }
    assert_ok(engine_new(make_secret(0), &w.engine, &w.err), &w.err);
    assert_ok(audit_dir_open(directory, true, &w.dir, &w.err), &w.err);
    w.bundle = malloc(LAYOUT_ENTRIES_MAX);
    assert_non_null(w.bundle);
    document = make_document(&w.make);
    h.genesis = act(&w, make_change(&w.make, "ada bob"), &document);
    put(&w, "governance/1.json", document.data, document.len);
    plumb_bytes_clear(&document);
    (void)publish(&w);
    for (unsigned day = 0; w.n < n; day++)
        play_day(&w, day, &current);
    if (w.n % PLUMB_TILE_WIDTH > 0)
        end_bundle(&w, w.n / PLUMB_TILE_WIDTH, (unsigned)(w.n % PLUMB_TILE_WIDTH));
    put_checkpoint(&w);
    put_tiles(&w);
    h.entries = w.n;
    h.bytes = w.bytes;
    audit_dir_close(w.dir);
    engine_free(w.engine);
    make_end(&w.make);
    free(w.bundle);
    free(w.leaves);
    return h;
}
