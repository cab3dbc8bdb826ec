/* A pack out of a log, and at once verified as anybody would. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/batch.h"
#include "audit/export.h"
#include "audit/layout.h"
#include "audit/pack_read.h"
#include "audit/pack_report.h"
#include "audit/pack_select.h"
#include "audit/report.h"
#include "lib/own.h"

#define AROUND                                                                                 \
    1536 /* what a file takes besides its bytes: header, padding, its line in the manifest */
#define CACHE 64 /* tiles that proofs are made of: neighbours need the same ones */

PLUMB_DEFINE_AUTO(auto_pack, struct pack *, pack_free);
PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

/* --- tiles, each fetched once --- */

struct cached {
    bool there;
    unsigned level, width;
    uint64_t n;
    struct plumb_bytes bytes;
};
struct cache {
    const struct audit_source *from;
    struct cached slots[CACHE];
};

static void
cache_clear(struct cache *c)
{
    for (size_t i = 0; i < CACHE; i++)
        plumb_bytes_clear(&c->slots[i].bytes);
}

static enum plumb_code
cached_tile(void *self, unsigned level, uint64_t n, unsigned width, struct plumb_bytes *ret,
            struct plumb_err *err)
{
    struct cache *c = self;
    struct cached *slot = &c->slots[(n * 8 + level) % CACHE];

    if (!slot->there || slot->level != level || slot->n != n || slot->width != width) {
        plumb_bytes_clear(&slot->bytes);
        *slot = (struct cached){ .level = level, .width = width, .n = n };
        PLUMB_TRY(audit_fetch_tile(c->from, level, n, width, &slot->bytes, err));
        slot->there = true;
    }
    return plumb_bytes_copy(slot->bytes.data, slot->bytes.len, ret, err);
}

/* --- its files --- */

struct making {
    const struct pack_making *asked;
    struct plumb_checkpoint head;
    struct chosen_list chosen;
    struct cache cache;
    struct archive_file *files;
    struct plumb_bytes *bytes; /* of each; owned */
    size_t n, room, total;
};

static void
making_clear(struct making *m)
{
    chosen_clear(&m->chosen);
    cache_clear(&m->cache);
    for (size_t i = 0; i < m->n; i++)
        plumb_bytes_clear(&m->bytes[i]);
    free(m->files);
    free(m->bytes);
}

/* Takes bytes. */
static enum plumb_code
put(struct making *m, const char *name, struct plumb_bytes *bytes, struct plumb_err *err)
{
    if (m->n == m->room) {
        size_t room = m->room > 0 ? 2 * m->room : 64;
        struct archive_file *files = realloc(m->files, room * sizeof *files);
        struct plumb_bytes *more;

        if (files == NULL)
            return plumb_fail_memory(err);
        m->files = files;
        more = realloc(m->bytes, room * sizeof *more);
        if (more == NULL)
            return plumb_fail_memory(err);
        m->bytes = more;
        m->room = room;
    }
    m->total += bytes->len + AROUND;
    if (m->total > m->asked->limit)
        return plumb_fail(err, PLUMB_TOO_LARGE, "archive.size", name,
                          "the pack holds more than %zu bytes; --limit allows more",
                          m->asked->limit);
    m->files[m->n] = (struct archive_file){ .data = bytes->data, .len = bytes->len };
    (void)snprintf(m->files[m->n].name, ARCHIVE_NAME, "%s", name);
    m->bytes[m->n++] = *bytes;
    *bytes = (struct plumb_bytes){ NULL, 0 };
    return PLUMB_OK;
}

static enum plumb_code
put_json(struct making *m, const char *name, const json_t *json, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };

    PLUMB_TRY(plumb_json_canonical(json, &bytes, err));
    return put(m, name, &bytes, err);
}

static bool
has(const struct making *m, const char *name)
{
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->files[i].name, name) == 0)
            return true;
    return false;
}

/* --- blobs --- */

static enum plumb_code
put_blob(struct making *m, const struct plumb_digest *digest, struct plumb_err *err)
{
    const struct audit_source *source = m->asked->source;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    char path[LAYOUT_PATH];

    layout_blob(digest, path);
    if (has(m, path))
        return PLUMB_OK;
    PLUMB_TRY(source->blob(source->self, digest, &bytes, err));
    return put(m, path, &bytes, err);
}

static const struct plumb_bytes *
blob_of(const struct making *m, const struct plumb_digest *digest)
{
    char path[LAYOUT_PATH];

    layout_blob(digest, path);
    for (size_t i = 0; i < m->n; i++)
        if (strcmp(m->files[i].name, path) == 0)
            return &m->bytes[i];
    return NULL;
}

/* All that the engine may ask for when it folds the entry; a document may name more. */
static enum plumb_code
put_named(struct making *m, const struct plumb_statement *s, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) struct plumb_digest *names = calloc(ENGINE_BLOBS_MAX, sizeof *names);
    size_t n = 0, read = 0;

    if (names == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(engine_needs(s, NULL, 0, names, ENGINE_BLOBS_MAX, &n, &read, err));
    for (size_t i = 0; i < n; i++)
        PLUMB_TRY(put_blob(m, &names[i], err));
    if (s->kind == PLUMB_KIND_GOVERNANCE) {
        const struct plumb_bytes *bytes = blob_of(m, &s->u.governance.document);
        const struct engine_blob document = { s->u.governance.document, bytes->data,
                                              bytes->len };

        PLUMB_TRY(engine_needs(s, &document, 1, names, ENGINE_BLOBS_MAX, &n, &read, err));
        for (size_t i = 0; i < n; i++)
            PLUMB_TRY(put_blob(m, &names[i], err));
    }
    return PLUMB_OK;
}

/* --- entries --- */

static enum plumb_code
write_entry(struct making *m, FILE *to, const struct chosen *c, struct plumb_err *err)
{
    const struct audit_source tiles = { .self = &m->cache, .tile = cached_tile };
    struct audit_tiles log = { &tiles, m->head.size };
    struct pack_entry e = { .index = c->index, .bytes = c->bytes };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes line = { 0 };

    PLUMB_TRY(plumb_inclusion_build(c->index, m->head.size, audit_tile_node, &log, e.proof,
                                    &e.n, err));
    PLUMB_TRY(pack_entry_line(&e, &line, err));
    (void)fwrite(line.data, 1, line.len, to);
    (void)fputc('\n', to);
    return PLUMB_OK;
}

static enum plumb_code
put_entries(struct making *m, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    enum plumb_code code = PLUMB_OK;
    char *text = NULL;
    FILE *to = open_memstream(&text, &bytes.len);

    if (to == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < m->chosen.n && code == PLUMB_OK; i++)
        code = write_entry(m, to, &m->chosen.v[i], err);
    if (fclose(to) != 0 && code == PLUMB_OK)
        code = plumb_fail_memory(err);
    bytes.data = (uint8_t *)text;
    return code == PLUMB_OK ? put(m, PACK_ENTRIES, &bytes, err) : code;
}

static enum plumb_code
put_blobs(struct making *m, struct plumb_err *err)
{
    const struct pack_making *asked = m->asked;

    for (size_t i = 0; i < m->chosen.n; i++) {
        const struct audit_item item = { .data = m->chosen.v[i].bytes.data,
                                         .len = m->chosen.v[i].bytes.len };
        PLUMB_AUTO(auto_statement) struct plumb_statement *s = audit_item_peek(&item);

        if (s != NULL)
            PLUMB_TRY(put_named(m, s, err));
        if (asked->progress != NULL &&
            !asked->progress(asked->arg, "packing", i + 1, m->chosen.n))
            return plumb_fail(err, PLUMB_REFUSED, "audit.stopped", "", "stopped");
    }
    return PLUMB_OK;
}

/* --- what was made of the approval --- */

/* As the engine derives it, when the pack is read. */
static enum plumb_code
put_controls(struct making *m, const json_t *report, struct plumb_err *err)
{
    const json_t *evaluation = json_object_get(report, "evaluation");
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;

    json = json_pack("{s:s, s:O, s:O, s:O, s:O}", "schema", "urn:plumbline:control-results:v1",
                     "at", json_object_get(evaluation, "at"), "time",
                     json_object_get(evaluation, "time"), "governance",
                     json_object_get(evaluation, "governance"), "results",
                     json_object_get(report, "controls"));
    return put_json(m, PACK_CONTROLS, json, err);
}

static enum plumb_code
put_evaluation(struct making *m, const json_t *report, struct plumb_err *err)
{
    const struct audit_source *source = m->asked->source;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes summary = { 0 };

    if (json_object_get(report, "evaluation") == NULL)
        return PLUMB_OK;
    PLUMB_TRY(put_controls(m, report, err));
    if (source->summary == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "summary.absent", "",
                          "the log's source has no signed summary of the evaluation");
    PLUMB_TRY(source->summary(source->self, &m->chosen.release, &summary, err));
    return put(m, PACK_SUMMARY, &summary, err);
}

/* --- the whole --- */

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct archive_file *)a)->name,
                  ((const struct archive_file *)b)->name);
}

static json_t *
manifest_of(const struct making *m, const struct archive_file *files)
{
    json_t *list = json_array();

    for (size_t i = 0; i < m->n; i++) {
        struct plumb_digest digest;

        plumb_sha256(files[i].data, files[i].len, &digest);
        (void)json_array_append_new(list, json_pack("{s:s, s:o, s:I}", "name", files[i].name,
                                                    "sha256", report_digest(&digest), "size",
                                                    (json_int_t)files[i].len));
    }
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "schema", PACK_SCHEMA, "payload",
                     m->asked->payload, "version", m->asked->version, "release",
                     report_digest(&m->chosen.release), "genesis",
                     report_digest(&m->asked->trust.genesis), "files", list);
}

static enum plumb_code
write_out(const struct making *m, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) struct archive_file *files = calloc(m->n + 1, sizeof *files);
    PLUMB_AUTO(plumb_json_auto) json_t *manifest = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };

    if (files == NULL)
        return plumb_fail_memory(err);
    memcpy(files, m->files, m->n * sizeof *files);
    qsort(files, m->n, sizeof *files, by_name);
    manifest = manifest_of(m, files);
    PLUMB_TRY(plumb_json_canonical(manifest, &bytes, err));
    files[m->n] = (struct archive_file){ .data = bytes.data, .len = bytes.len };
    memcpy(files[m->n].name, PACK_MANIFEST, sizeof PACK_MANIFEST);
    qsort(files, m->n + 1, sizeof *files, by_name);
    return archive_write(files, m->n + 1, ret, err);
}

/* Written and read as anybody would. */
static enum plumb_code
check(const struct making *m, struct plumb_bytes *ret, json_t **ret_report,
      struct plumb_err *err)
{
    PLUMB_AUTO(auto_pack) struct pack *p = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };

    PLUMB_TRY(write_out(m, &bytes, err));
    PLUMB_TRY(pack_open(bytes.data, bytes.len, m->asked->limit, &p, err));
    PLUMB_TRY(pack_audit(p, &m->asked->trust, ret_report, err));
    *ret = bytes;
    bytes = (struct plumb_bytes){ 0 };
    return PLUMB_OK;
}

/* Nothing goes out that would not hold where it arrives. */
static enum plumb_code
refuse(const json_t *report, struct plumb_err *err)
{
    const json_t *first = json_array_get(json_object_get(report, "findings"), 0);
    const json_t *entry = json_object_get(first, "entry");
    char where[160];

    if (first == NULL)
        return PLUMB_OK;
    if (entry != NULL)
        (void)snprintf(where, sizeof where, "entry %" JSON_INTEGER_FORMAT,
                       json_integer_value(entry));
    else
        (void)snprintf(where, sizeof where, "%s", report_text(first, "where"));
    return plumb_fail(err, PLUMB_REFUSED, report_text(first, "rule"), where, "%s",
                      report_text(first, "text"));
}

/* First without what follows from the entries: that is derived by reading it. */
static enum plumb_code
derive(struct making *m, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *report = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *again = NULL;

    PLUMB_TRY(check(m, &bytes, &report, err));
    PLUMB_TRY(put_evaluation(m, report, err));
    plumb_bytes_clear(&bytes);
    PLUMB_TRY(check(m, &bytes, &again, err));
    PLUMB_TRY(refuse(again, err));
    PLUMB_TRY(pack_markdown(again, &m->asked->trust, &text, err));
    return put(m, PACK_REPORT, &text, err);
}

enum plumb_code
pack_make(const struct pack_making *asked, struct plumb_bytes *ret, json_t **ret_report,
          struct plumb_err *err)
{
    const struct audit_source *source = asked->source;
    PLUMB_AUTO(making_clear)
    struct making m = { .asked = asked, .cache.from = source, .total = 2 * AROUND };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *report = NULL;

    PLUMB_TRY(source->checkpoint(source->self, &note, err));
    PLUMB_TRY(plumb_checkpoint_peek(note.data, note.len, &m.head, err));
    PLUMB_TRY(pack_select(asked, m.head.size, &m.chosen, err));
    PLUMB_TRY(put(&m, PACK_CHECKPOINT, &note, err));
    PLUMB_TRY(put_entries(&m, err));
    PLUMB_TRY(put_blobs(&m, err));
    PLUMB_TRY(derive(&m, err));
    PLUMB_TRY(check(&m, &bytes, &report, err));
    PLUMB_TRY(refuse(report, err));
    *ret = bytes;
    bytes = (struct plumb_bytes){ 0 };
    *ret_report = PLUMB_TAKE(report);
    return PLUMB_OK;
}
