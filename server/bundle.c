#include "server/bundle.h"

#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "server/db/blob.h"
#include "server/db/log.h"

struct texts {
    struct plumb_bytes *item; /* owned, and each */
    size_t n, cap;
};

static void
texts_clear(struct texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        plumb_bytes_clear(&t->item[i]);
    free(t->item);
    *t = (struct texts){ 0 };
}

static enum plumb_code
texts_add(struct texts *t, const void *data, size_t len, struct plumb_err *err)
{
    if (t->n == t->cap) {
        size_t cap = t->cap > 0 ? 2 * t->cap : 16;
        struct plumb_bytes *more = realloc(t->item, cap * sizeof *more);

        if (more == NULL)
            return plumb_fail_memory(err);
        t->item = more;
        t->cap = cap;
    }
    PLUMB_TRY(plumb_bytes_copy(data, len, &t->item[t->n], err));
    t->n++;
    return PLUMB_OK;
}

/* What the engine knew at one moment; the rest is immutable and read without the lock. */
struct view {
    struct engine_fleet_state state;
    struct core_checkpoint *checkpoint;
    struct texts documents, contents, buckets, sections;
    json_t *chain_entries; /* for each document, an array of indexes */
};

static void
view_clear(struct view *v)
{
    core_checkpoint_unref(v->checkpoint);
    texts_clear(&v->documents);
    texts_clear(&v->contents);
    texts_clear(&v->buckets);
    texts_clear(&v->sections);
    json_decref(v->chain_entries);
}

static enum plumb_code
take_content(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    return texts_add(&((struct view *)arg)->contents, part->json.data, part->json.len, err);
}

static enum plumb_code
take_bucket(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    return texts_add(&((struct view *)arg)->buckets, part->json.data, part->json.len, err);
}

static enum plumb_code
take_section(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    return texts_add(&((struct view *)arg)->sections, part->json.data, part->json.len, err);
}

static enum plumb_code
view_chain(struct view *v, const struct engine *engine, struct plumb_err *err)
{
    const struct plumb_chain *chain = engine_chain(engine);

    v->chain_entries = json_array();
    for (size_t i = 0; i < plumb_chain_length(chain); i++) {
        const struct plumb_link *link = plumb_chain_link(chain, i);
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };
        struct engine_proposal proposal;
        json_t *indexes = json_array();

        if (json_array_append_new(v->chain_entries, indexes) != 0)
            return plumb_fail_memory(err);
        if (!engine_proposal(engine, &link->statement, &proposal))
            return plumb_fail(err, PLUMB_INTERNAL, "bundle.chain", "",
                              "governance version %zu has no proposal", i + 1);
        for (size_t k = 0; k < proposal.nvotes; k++)
            /* The genesis' other signers are votes at its own entry. */
            if ((k == 0 || proposal.votes[k].index != proposal.votes[k - 1].index) &&
                json_array_append_new(indexes,
                                      json_integer((json_int_t)proposal.votes[k].index)) != 0)
                return plumb_fail_memory(err);
        PLUMB_TRY(plumb_json_canonical(link->document->json, &text, err));
        PLUMB_TRY(texts_add(&v->documents, text.data, text.len, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
view_take(struct view *v, struct core *core, const char *fleet, struct plumb_err *err)
{
    enum plumb_code code = PLUMB_OK;

    (void)pthread_rwlock_rdlock(&core->lock);
    if (!engine_fleet(core->engine, fleet, &v->state))
        code = plumb_fail(err, PLUMB_NOT_FOUND, "fleet.unknown", "fleet",
                          "the governance document names no such fleet");
    else if (v->state.revision == 0)
        code = plumb_fail(err, PLUMB_NOT_FOUND, "fleet.unpublished", "fleet",
                          "nothing was published for this fleet yet");
    if (code == PLUMB_OK)
        code = engine_derive_all(core->engine, fleet, take_content, take_bucket, take_section,
                                 v, err);
    if (code == PLUMB_OK)
        code = view_chain(v, core->engine, err);
    if (code == PLUMB_OK)
        v->checkpoint = core_served(core);
    (void)pthread_rwlock_unlock(&core->lock);
    if (code == PLUMB_OK &&
        (v->checkpoint == NULL || v->checkpoint->head.size <= v->state.publication))
        code = plumb_fail(err, PLUMB_UNAVAILABLE, "bundle.checkpoint", "",
                          "no checkpoint covers the publication yet; try again");
    return code;
}

/* --- lines --- */

struct render {
    struct core *core;
    struct db *db;
    uint64_t size; /* of the tree that proofs are for */
    struct plumb_bytes out;
    size_t cap;
};

static enum plumb_code
put_line(struct render *r, const json_t *line, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };

    PLUMB_TRY(plumb_json_canonical(line, &text, err));
    if (r->out.len + text.len + 2 > r->cap) {
        size_t cap = 2 * (r->out.len + text.len) + 4096;
        uint8_t *more = realloc(r->out.data, cap);

        if (more == NULL)
            return plumb_fail_memory(err);
        r->out.data = more;
        r->cap = cap;
    }
    memcpy(r->out.data + r->out.len, text.data, text.len);
    r->out.len += text.len;
    r->out.data[r->out.len++] = '\n';
    r->out.data[r->out.len] = 0;
    return PLUMB_OK;
}

static enum plumb_code
proof_json(struct render *r, uint64_t index, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *proof = json_array();
    struct plumb_digest hashes[PLUMB_PROOF_MAX];
    enum plumb_code code;
    size_t n;

    (void)pthread_rwlock_rdlock(&r->core->lock);
    (void)pthread_mutex_lock(&r->core->tree_lock);
    code = tree_inclusion(r->core->tree, r->db, index, r->size, hashes, &n, err);
    (void)pthread_mutex_unlock(&r->core->tree_lock);
    (void)pthread_rwlock_unlock(&r->core->lock);
    if (code != PLUMB_OK)
        return code;
    for (size_t i = 0; i < n; i++) {
        PLUMB_AUTO(auto_free) char *text = NULL;

        PLUMB_TRY(plumb_base64(hashes[i].b, sizeof hashes[i].b, &text, err));
        if (json_array_append_new(proof, json_string(text)) != 0)
            return plumb_fail_memory(err);
    }
    *ret = PLUMB_TAKE(proof);
    return PLUMB_OK;
}

static enum plumb_code
entry_json(struct render *r, uint64_t index, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *proof = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *entry = NULL;

    PLUMB_TRY(db_log_entry(r->db, index, &bytes, err));
    PLUMB_TRY(
        plumb_json_load(bytes.data, bytes.len, PLUMB_ENTRY_MAX, PLUMB_JSON_DEPTH, &entry, err));
    PLUMB_TRY(proof_json(r, index, &proof, err));
    *ret =
        json_pack("{s:I,s:O,s:O}", "index", (json_int_t)index, "entry", entry, "proof", proof);
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

static int
by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

/* Entries at the indexes that the arrays in from hold, each once, ascending. */
static enum plumb_code
entries_json(struct render *r, uint64_t *indexes, size_t n, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *entries = json_array();

    if (n > 0)
        qsort(indexes, n, sizeof *indexes, by_value);
    for (size_t i = 0; i < n; i++) {
        json_t *entry = NULL;

        if (i > 0 && indexes[i] == indexes[i - 1])
            continue;
        PLUMB_TRY(entry_json(r, indexes[i], &entry, err));
        if (json_array_append_new(entries, entry) != 0)
            return plumb_fail_memory(err);
    }
    *ret = PLUMB_TAKE(entries);
    return PLUMB_OK;
}

struct indexes {
    uint64_t *at;
    size_t n, cap;
};

static void
indexes_clear(struct indexes *x)
{
    free(x->at);
}

static enum plumb_code
indexes_add(struct indexes *x, const json_t *array, struct plumb_err *err)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (x->n == x->cap) {
            size_t cap = x->cap > 0 ? 2 * x->cap : 32;
            uint64_t *more = realloc(x->at, cap * sizeof *more);

            if (more == NULL)
                return plumb_fail_memory(err);
            x->at = more;
            x->cap = cap;
        }
        x->at[x->n++] = (uint64_t)json_integer_value(json_array_get(array, i));
    }
    return PLUMB_OK;
}

static enum plumb_code
put_governance(struct render *r, const struct view *v, struct plumb_err *err)
{
    for (size_t i = 0; i < v->documents.n; i++) {
        const struct plumb_bytes *text = &v->documents.item[i];
        PLUMB_AUTO(plumb_json_auto) json_t *document = NULL;
        PLUMB_AUTO(plumb_json_auto) json_t *entries = NULL;
        PLUMB_AUTO(plumb_json_auto) json_t *line = NULL;
        PLUMB_AUTO(indexes_clear) struct indexes indexes = { 0 };

        PLUMB_TRY(plumb_json_load(text->data, text->len, PLUMB_DOCUMENT_MAX, PLUMB_JSON_DEPTH,
                                  &document, err));
        PLUMB_TRY(indexes_add(&indexes, json_array_get(v->chain_entries, i), err));
        PLUMB_TRY(entries_json(r, indexes.at, indexes.n, &entries, err));
        line = json_pack("{s:s,s:O,s:O}", "type", "governance", "document", document, "entries",
                         entries);
        PLUMB_TRY(put_line(r, line, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
put_texts(struct render *r, const struct texts *texts, const char *type, struct plumb_err *err)
{
    for (size_t i = 0; i < texts->n; i++) {
        PLUMB_AUTO(plumb_json_auto) json_t *value = NULL;
        PLUMB_AUTO(plumb_json_auto) json_t *line = NULL;

        PLUMB_TRY(plumb_json_load(texts->item[i].data, texts->item[i].len,
                                  PLUMB_BUNDLE_LINE_MAX, PLUMB_JSON_DEPTH, &value, err));
        line = json_pack("{s:s,s:O}", "type", type, type, value);
        PLUMB_TRY(put_line(r, line, err));
    }
    return PLUMB_OK;
}

/* Each version's reference values document once, in the order of the versions. */
static enum plumb_code
documents_json(struct render *r, const json_t *versions, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *documents = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *seen = json_object();

    for (size_t i = 0; i < json_array_size(versions); i++) {
        const char *hex =
            json_string_value(json_object_get(json_array_get(versions, i), "referenceValues"));
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
        struct plumb_digest digest;
        json_t *document = NULL;

        if (json_object_get(seen, hex) != NULL)
            continue;
        PLUMB_TRY(plumb_digest_parse(hex, "referenceValues", &digest, err));
        PLUMB_TRY(db_blob_get(r->db, &digest, &bytes, err));
        PLUMB_TRY(plumb_json_load(bytes.data, bytes.len, PLUMB_REFVALS_MAX, PLUMB_JSON_DEPTH,
                                  &document, err));
        if (json_array_append_new(documents, document) != 0 ||
            json_object_set_new(seen, hex, json_true()) != 0)
            return plumb_fail_memory(err);
    }
    *ret = PLUMB_TAKE(documents);
    return PLUMB_OK;
}

static enum plumb_code
put_section(struct render *r, const struct plumb_bytes *text, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *section = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *documents = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *entries = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *line = NULL;
    PLUMB_AUTO(indexes_clear) struct indexes indexes = { 0 };
    const json_t *versions;

    PLUMB_TRY(plumb_json_load(text->data, text->len, PLUMB_BUNDLE_LINE_MAX, PLUMB_JSON_DEPTH,
                              &section, err));
    versions = json_object_get(section, "versions");
    for (size_t i = 0; i < json_array_size(versions); i++) {
        const json_t *version = json_array_get(versions, i);
        const json_t *moves = json_object_get(version, "moves");

        PLUMB_TRY(indexes_add(&indexes, json_object_get(version, "approval"), err));
        for (size_t m = 0; m < json_array_size(moves); m++)
            PLUMB_TRY(indexes_add(&indexes,
                                  json_object_get(json_array_get(moves, m), "entries"), err));
    }
    PLUMB_TRY(documents_json(r, versions, &documents, err));
    PLUMB_TRY(entries_json(r, indexes.at, indexes.n, &entries, err));
    line = json_pack("{s:s,s:O,s:O,s:O}", "type", "section", "section", section,
                     "referenceValues", documents, "entries", entries);
    return put_line(r, line, err);
}

static enum plumb_code
put_head(struct render *r, const struct view *v, const char *fleet, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *note = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *line = NULL;

    PLUMB_TRY(plumb_base64(v->checkpoint->note.data, v->checkpoint->note.len, &note, err));
    line = json_pack("{s:s,s:s,s:s,s:s}", "type", "bundle", "schema", "urn:plumbline:bundle:v1",
                     "fleet", fleet, "checkpoint", note);
    return put_line(r, line, err);
}

static enum plumb_code
put_publication(struct render *r, uint64_t index, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *line = NULL;

    PLUMB_TRY(entry_json(r, index, &line, err));
    if (json_object_set_new(line, "type", json_string("publication")) != 0)
        return plumb_fail_memory(err);
    return put_line(r, line, err);
}

static enum plumb_code
render(struct render *r, const struct view *v, const char *fleet, struct plumb_err *err)
{
    PLUMB_TRY(put_head(r, v, fleet, err));
    PLUMB_TRY(put_governance(r, v, err));
    PLUMB_TRY(put_publication(r, v->state.publication, err));
    PLUMB_TRY(put_texts(r, &v->contents, "content", err));
    PLUMB_TRY(put_texts(r, &v->buckets, "bucket", err));
    for (size_t i = 0; i < v->sections.n; i++)
        PLUMB_TRY(put_section(r, &v->sections.item[i], err));
    return PLUMB_OK;
}

enum plumb_code
bundle_render(struct core *core, struct db *db, const char *fleet, struct bundle_file *ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(view_clear) struct view v = { 0 };
    struct render r = { .core = core, .db = db };
    enum plumb_code code;

    PLUMB_TRY(view_take(&v, core, fleet, err));
    r.size = v.checkpoint->head.size;
    code = render(&r, &v, fleet, err);
    if (code != PLUMB_OK) {
        plumb_bytes_clear(&r.out);
        return code;
    }
    *ret = (struct bundle_file){ r.out, v.state.publication, v.state.revision,
                                 v.checkpoint->witnessed };
    return PLUMB_OK;
}
