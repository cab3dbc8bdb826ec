#include "tests/audit/log.h"

#include "engine/controls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/t.h"

/* --- the world --- */

static enum plumb_code
keep_part(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    struct world *w = arg;
    struct plumb_bytes copy = { 0 };

    for (size_t i = 0; i < w->nblobs; i++)
        if (plumb_digest_eq(&w->blobs[i].digest, &part->digest))
            return PLUMB_OK;
    assert_ok(plumb_bytes_copy(part->json.data, part->json.len, &copy, err), err);
    (void)world_blob(w, copy);
    return PLUMB_OK;
}

struct plumb_digest
log_publish(struct world *w)
{
    struct plumb_digest content = world_publish(w, "prod");

    assert_ok(engine_derive_all(w->engine, "prod", keep_part, keep_part, keep_part, w, &w->err),
              &w->err);
    return content;
}

void
log_play(struct world *w, struct plumb_digest ret[3])
{
    struct plumb_digest content, rollout;

    world_begin(w, NULL);
    (void)log_publish(w);
    ret[0] = world_release(w, "1.0");
    (void)world_start(w, &ret[0]);
    (void)log_publish(w);
    (void)world_complete(w, &ret[0]);
    (void)log_publish(w);

    ret[1] = world_release(w, "1.1");
    rollout = world_start(w, &ret[1]);
    content = log_publish(w);
    (void)world_do(w, make_recognition(&w->make, "vera", "prod", "web@1.1", &ret[1], &rollout,
                                       4, &content));
    (void)world_complete(w, &ret[1]);
    (void)log_publish(w);
    w->make.now += 8 * WORLD_DAY;
    assert_int_equal(world_record(w), 1); /* 1.0 is phased out */
    (void)log_publish(w);

    make_next(&w->make);
    make_set(&w->make, "fleets.prod.validity", json_string("P2D"));
    (void)world_govern(w, NULL);
    (void)log_publish(w);

    ret[2] = world_release(w, "1.2");
    (void)world_start(w, &ret[2]);
    (void)log_publish(w);
    (void)world_revoke(w, &ret[2], "prod", NULL);
    (void)log_publish(w);
}

/* --- the log --- */

static void
copy(const struct plumb_bytes *from, struct plumb_bytes *to)
{
    assert_int_equal(plumb_bytes_copy(from->data, from->len, to, NULL), PLUMB_OK);
}

/* --- summaries --- */

static bool
take_summary(void *arg, const struct engine_version *v)
{
    const struct world *w = ((void **)arg)[0];
    struct log *l = ((void **)arg)[1];
    struct world_blob *to = &l->summaries[l->nsummaries];
    struct plumb_bytes statement = { 0 };
    json_t *envelope = NULL;
    struct plumb_err err = { 0 };

    if (engine_summary_statement(w->engine, &v->release, &statement, &err) != PLUMB_OK)
        return true;
    assert_ok(plumb_dsse_sign_long(statement.data, statement.len, ENGINE_SUMMARY_MAX,
                                   make_who(&w->make, "plumbd")->sign, &envelope, &err),
              &err);
    to->digest = v->release;
    assert_ok(plumb_json_canonical(envelope, &to->bytes, &err), &err);
    l->nsummaries++;
    json_decref(envelope);
    plumb_bytes_clear(&statement);
    return true;
}

void
log_take(struct log *l, const struct world *w)
{
    *l = (struct log){
        .n = w->n, .nblobs = w->nblobs, .genesis = w->genesis, .cut = UINT64_MAX
    };
    l->signer = w->make.log;
    l->entries = calloc(w->n + 1, sizeof *l->entries);
    l->leaves = calloc(w->n + 1, sizeof *l->leaves);
    l->blobs = calloc(w->nblobs + 1, sizeof *l->blobs);
    l->summaries = calloc(w->n + 1, sizeof *l->summaries);
    assert_true(l->entries != NULL && l->leaves != NULL && l->blobs != NULL &&
                l->summaries != NULL);
    engine_each_version(w->engine, NULL, take_summary, (void *[]){ (void *)w, l });
    for (size_t i = 0; i < w->n; i++)
        copy(&w->entries[i].bytes, &l->entries[i]);
    for (size_t i = 0; i < w->nblobs; i++) {
        l->blobs[i].digest = w->blobs[i].digest;
        copy(&w->blobs[i].bytes, &l->blobs[i].bytes);
    }
    log_rehash(l);
}

void
log_clear(struct log *l)
{
    for (size_t i = 0; i < l->n; i++)
        plumb_bytes_clear(&l->entries[i]);
    for (size_t i = 0; i < l->nblobs; i++)
        plumb_bytes_clear(&l->blobs[i].bytes);
    for (size_t i = 0; i < l->nsummaries; i++)
        plumb_bytes_clear(&l->summaries[i].bytes);
    plumb_bytes_clear(&l->note);
    free(l->summaries);
    free(l->entries);
    free(l->leaves);
    free(l->blobs);
}

void
log_sign(struct log *l)
{
    struct plumb_checkpoint head = { .origin = MAKE_ORIGIN, .size = l->n };
    struct plumb_err err = { 0 };

    plumb_tree_root(l->leaves, l->n, &head.root);
    plumb_bytes_clear(&l->note);
    assert_ok(plumb_checkpoint_sign(&head, &l->signer, 1, &l->note, &err), &err);
}

void
log_rehash(struct log *l)
{
    for (size_t i = 0; i < l->n; i++)
        plumb_leaf_hash(l->entries[i].data, l->entries[i].len, &l->leaves[i]);
    log_sign(l);
}

void
log_replace(struct log *l, size_t i, struct plumb_bytes bytes)
{
    plumb_bytes_clear(&l->entries[i]);
    l->entries[i] = bytes;
}

/* --- as a source --- */

static enum plumb_code
absent(struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_NOT_FOUND, "test.absent", "", "it is not there");
}

static enum plumb_code
give_checkpoint(void *self, struct plumb_bytes *ret, struct plumb_err *err)
{
    const struct log *l = self;

    return plumb_bytes_copy(l->note.data, l->note.len, ret, err);
}

/* Of complete trees only. */
static struct plumb_digest
subtree(const struct log *l, unsigned level, uint64_t n)
{
    struct plumb_digest root;
    size_t width = 1;

    for (unsigned i = 0; i < level; i++)
        width *= PLUMB_TILE_WIDTH;
    plumb_tree_root(l->leaves + n * width, width, &root);
    return root;
}

static enum plumb_code
give_tile(void *self, unsigned level, uint64_t n, unsigned width, struct plumb_bytes *ret,
          struct plumb_err *err)
{
    const struct log *l = self;
    struct plumb_digest hashes[PLUMB_TILE_WIDTH];
    uint64_t each = 1;

    for (unsigned i = 0; i < level; i++)
        each *= PLUMB_TILE_WIDTH;
    for (unsigned i = 0; i < width; i++) {
        if ((n * PLUMB_TILE_WIDTH + i + 1) * each > l->n)
            return absent(err);
        hashes[i] = subtree(l, level, n * PLUMB_TILE_WIDTH + i);
    }
    return plumb_bytes_copy(hashes, width * sizeof hashes[0], ret, err);
}

static enum plumb_code
give_entries(void *self, uint64_t n, unsigned width, struct plumb_bytes *ret,
             struct plumb_err *err)
{
    const struct log *l = self;
    size_t len = 0;
    uint8_t *p;

    if (n >= l->cut || n * PLUMB_TILE_WIDTH + width > l->n)
        return absent(err);
    for (unsigned i = 0; i < width; i++)
        len += 2 + l->entries[n * PLUMB_TILE_WIDTH + i].len;
    ret->data = p = malloc(len + 1);
    assert_non_null(p);
    ret->len = len;
    for (unsigned i = 0; i < width; i++) {
        const struct plumb_bytes *e = &l->entries[n * PLUMB_TILE_WIDTH + i];

        *p++ = (uint8_t)(e->len >> 8);
        *p++ = (uint8_t)e->len;
        memcpy(p, e->data, e->len);
        p += e->len;
    }
    *p = 0;
    return PLUMB_OK;
}

static enum plumb_code
give_blob(void *self, const struct plumb_digest *digest, struct plumb_bytes *ret,
          struct plumb_err *err)
{
    const struct log *l = self;

    for (size_t i = 0; i < l->nblobs; i++)
        if (plumb_digest_eq(&l->blobs[i].digest, digest) && l->blobs[i].bytes.data != NULL)
            return plumb_bytes_copy(l->blobs[i].bytes.data, l->blobs[i].bytes.len, ret, err);
    return absent(err);
}

static enum plumb_code
give_summary(void *self, const struct plumb_digest *release, struct plumb_bytes *ret,
             struct plumb_err *err)
{
    const struct log *l = self;

    for (size_t i = 0; i < l->nsummaries; i++)
        if (plumb_digest_eq(&l->summaries[i].digest, release) &&
            l->summaries[i].bytes.data != NULL)
            return plumb_bytes_copy(l->summaries[i].bytes.data, l->summaries[i].bytes.len, ret,
                                    err);
    return absent(err);
}

struct audit_source
log_source(struct log *l)
{
    return (struct audit_source){ .self = l,
                                  .checkpoint = give_checkpoint,
                                  .tile = give_tile,
                                  .entries = give_entries,
                                  .blob = give_blob,
                                  .summary = give_summary };
}

/* --- audits --- */

struct audit *
log_audit(struct log *l)
{
    struct audit_source source = log_source(l);
    struct audit_config config = { .source = &source, .genesis = l->genesis, .threads = 2 };
    struct audit *a = NULL;
    struct plumb_err err = { 0 };

    assert_ok(audit_new(&config, &a, &err), &err);
    assert_ok(audit_run(a, &err), &err);
    return a;
}

static void
print(const struct audit *a)
{
    size_t n;
    const struct audit_finding *f = audit_findings(a, &n);

    for (size_t i = 0; i < n; i++)
        print_message("  %lld [%s] %s: %s (%s)\n", (long long)f[i].index, f[i].rule, f[i].where,
                      f[i].text, f[i].people);
}

void
log_holds(struct log *l)
{
    struct audit *a = log_audit(l);

    print(a);
    assert_int_equal(audit_found(a), 0);
    assert_int_equal(audit_counts(a)->entries, l->n);
    assert_int_equal(audit_counts(a)->folded, l->n);
    audit_free(a);
}

void
log_finds(struct log *l, const char *rule, uint64_t index, const char *people)
{
    struct audit *a = log_audit(l);
    bool found = false;
    size_t n;
    const struct audit_finding *f = audit_findings(a, &n);

    for (size_t i = 0; i < n; i++)
        found = found || (strcmp(f[i].rule, rule) == 0 && f[i].index == index &&
                          strstr(f[i].people, people) != NULL);
    if (!found) {
        print(a);
        fail_msg("want [%s] at %lld by %s among %zu findings", rule, (long long)index, people,
                 n);
    }
    audit_free(a);
}
