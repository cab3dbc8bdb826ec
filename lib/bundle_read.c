/* Bundles line by line: which line may come next, and what comes out at the end. */
#include "lib/bundle_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

#define HEADER_MAX  (256u << 10)
#define NOTE_MAX    (64u << 10)
#define ROOM_FIRST  4096
#define FORM_ADVICE "no line of this form may stand here (docs/formats.md section 6)"

PLUMB_DEFINE_AUTO(auto_reader, struct plumb_bundle_reader *, plumb_bundle_reader_free);
PLUMB_DEFINE_AUTO(auto_memory, struct plumb_memory *, plumb_memory_free);

enum plumb_code
bundle_grow(void *v, size_t n, size_t *room, size_t size, struct plumb_err *err)
{
    size_t more = *room > 0 ? *room * 2 : 8;
    void *old, *grown;

    if (n < *room)
        return PLUMB_OK;
    memcpy(&old, v, sizeof old);
    grown = more < SIZE_MAX / size ? realloc(old, more * size) : NULL;
    if (grown == NULL)
        return plumb_fail_memory(err);
    memcpy(v, &grown, sizeof grown);
    *room = more;
    return PLUMB_OK;
}

enum plumb_code
bundle_malformed(const char *where, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "bundle.form", where, FORM_ADVICE);
}

static enum plumb_code
put_before(const char *prefix, const char *between, enum plumb_code code, struct plumb_err *err)
{
    char where[3 * sizeof err->where];

    if (code == PLUMB_OK || err == NULL)
        return code;
    (void)snprintf(where, sizeof where, "%s%s%s", prefix, err->where[0] != '\0' ? between : "",
                   err->where);
    where[sizeof err->where - 1] = '\0';
    memcpy(err->where, where, sizeof err->where);
    return code;
}

enum plumb_code
bundle_within(const struct plumb_jv *v, enum plumb_code code, struct plumb_err *err)
{
    char path[sizeof err->where];

    if (code == PLUMB_OK || err == NULL)
        return code;
    plumb_jv_path(v, path, sizeof path);
    if (strncmp(err->where, path, strlen(path)) == 0)
        return code;
    return put_before(path, ": ", code, err);
}

void
plumb_bundle_free(struct plumb_bundle *b)
{
    struct bundle_inside *in;

    if (b == NULL)
        return;
    in = b->pool;
    plumb_chain_free(in->chain);
    pool_free(in->pool);
    free(in);
    free(b->accepted);
    free(b->revoked);
    free(b);
}

void
plumb_bundle_reader_free(struct plumb_bundle_reader *r)
{
    if (r == NULL)
        return;
    bundle_entries_clear(&r->governance);
    plumb_signed_free(r->publication.opened);
    plumb_bytes_clear(&r->text);
    free(r->buckets.v);
    free(r->sections.v);
    free(r->seen);
    plumb_bundle_free(r->bundle);
    free(r);
}

enum plumb_code
plumb_bundle_begin(const struct plumb_trust *trust, const struct plumb_memory *memory,
                   plumb_time now, struct plumb_bundle_reader **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_reader) struct plumb_bundle_reader *r = calloc(1, sizeof *r);

    if (memory != NULL && (!plumb_digest_eq(&memory->genesis, &trust->genesis) ||
                           strcmp(memory->fleet, trust->fleet) != 0))
        return plumb_fail(err, PLUMB_REFUSED, "memory.trust", "",
                          "what is remembered belongs to another genesis or fleet");
    if (r == NULL)
        return plumb_fail_memory(err);
    r->trust = trust;
    r->memory = memory;
    r->now = now;
    r->in = calloc(1, sizeof *r->in);
    if (r->in == NULL)
        return plumb_fail_memory(err);
    r->bundle = calloc(1, sizeof *r->bundle);
    if (r->bundle == NULL) {
        free(r->in);
        return plumb_fail_memory(err);
    }
    r->bundle->pool = r->in;
    r->in->pool = pool_new();
    if (r->in->pool == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_chain_new(&r->in->chain, err));
    r->bundle->fleet = pool_text(r->in->pool, trust->fleet);
    if (r->bundle->fleet == NULL)
        return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(r);
    return PLUMB_OK;
}

static enum plumb_code
check_consistency(struct plumb_bundle_reader *r, const struct plumb_jv *v,
                  struct plumb_err *err)
{
    static const char *const members[] = { "from", "proof", NULL };
    const struct plumb_checkpoint *c = &r->bundle->checkpoint;
    struct plumb_jv from = plumb_jv_member(v, "from"), proof = plumb_jv_member(v, "proof");
    struct plumb_digest hashes[PLUMB_PROOF_MAX];
    int64_t size;
    size_t n;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_int(&from, 1, INT64_MAX, &size, err));
    PLUMB_TRY(plumb_jv_array(&proof, 0, PLUMB_PROOF_MAX, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv e = plumb_jv_element(&proof, i);
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes hash = { 0 };

        PLUMB_TRY(plumb_jv_base64(&e, PLUMB_DIGEST_LEN, &hash, err));
        if (hash.len != PLUMB_DIGEST_LEN)
            return bundle_malformed("consistency.proof", err);
        memcpy(hashes[i].b, hash.data, PLUMB_DIGEST_LEN);
    }
    /* a proof from elsewhere is of no use to this verifier, nor in its way */
    if (r->memory == NULL || r->memory->size == c->size)
        return PLUMB_OK;
    if ((uint64_t)size != r->memory->size)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.consistency", "consistency.from",
                          "it is from size %lld, the one that is known here is %llu",
                          (long long)size, (unsigned long long)r->memory->size);
    r->bundle->checked_proofs++;
    if (plumb_consistency_verify(r->memory->size, &r->memory->root, c->size, &c->root, hashes,
                                 n, err) != PLUMB_OK)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.fork", "consistency",
                          "the log does not contain the one that is known here");
    return PLUMB_OK;
}

static enum plumb_code
check_remembered_log(const struct plumb_bundle_reader *r, bool proven, struct plumb_err *err)
{
    const struct plumb_checkpoint *c = &r->bundle->checkpoint;
    const struct plumb_memory *m = r->memory;

    if (m == NULL)
        return PLUMB_OK;
    if (c->size < m->size)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.rollback", "checkpoint",
                          "the log has %llu entries, %llu are known here",
                          (unsigned long long)c->size, (unsigned long long)m->size);
    if (c->size == m->size && !plumb_digest_eq(&c->root, &m->root))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.fork", "checkpoint",
                          "the log of the same size has another root than is known here");
    if (c->size > m->size && !proven)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.consistency", "consistency",
                          "is missing: nothing proves that the log known here was extended");
    return PLUMB_OK;
}

static enum plumb_code
read_header(struct plumb_bundle_reader *r, struct span line, struct plumb_err *err)
{
    static const char *const members[] = { "type",       "schema",       "fleet",
                                           "checkpoint", "?consistency", NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    struct plumb_jv root, type, schema, fleet, checkpoint, consistency;
    const char *text, *schema_text;

    PLUMB_TRY(plumb_json_load_canonical(line.p, line.len, HEADER_MAX, &json, err));
    root = plumb_jv_root(json, NULL);
    type = plumb_jv_member(&root, "type");
    schema = plumb_jv_member(&root, "schema");
    fleet = plumb_jv_member(&root, "fleet");
    checkpoint = plumb_jv_member(&root, "checkpoint");
    consistency = plumb_jv_member(&root, "consistency");
    PLUMB_TRY(plumb_jv_closed(&root, members, err));
    PLUMB_TRY(plumb_jv_string(&type, 128, &text, err));
    PLUMB_TRY(plumb_jv_string(&schema, 128, &schema_text, err));
    if (strcmp(text, "bundle") != 0 || strcmp(schema_text, "urn:plumbline:bundle:v1") != 0)
        return plumb_jv_fail(&schema, err, PLUMB_UNSUPPORTED, "schema.unknown",
                             "want a urn:plumbline:bundle:v1");
    PLUMB_TRY(plumb_jv_name(&fleet, &text, err));
    if (strcmp(text, r->trust->fleet) != 0)
        return plumb_jv_fail(&fleet, err, PLUMB_REFUSED, "bundle.fleet",
                             "it is of another fleet than the trust file is");
    PLUMB_TRY(plumb_jv_base64(&checkpoint, NOTE_MAX, &note, err));
    PLUMB_TRY(plumb_checkpoint_verify(r->trust->policy, note.data, note.len,
                                      &r->bundle->checkpoint, err));
    r->bundle->checked_signatures++;
    if (consistency.json != NULL)
        PLUMB_TRY(check_consistency(r, &consistency, err));
    return check_remembered_log(r, consistency.json != NULL, err);
}

/* Past what is complete, so that the next line is of the next kind. */
static enum plumb_code
advance(struct plumb_bundle_reader *r, struct plumb_err *err)
{
    if (r->stage == BUNDLE_BUCKETS && r->buckets.next == r->buckets.n) {
        PLUMB_TRY(bundle_check_revoked(r, err));
        r->stage = BUNDLE_SECTIONS;
    }
    if (r->stage == BUNDLE_SECTIONS && r->sections.next == r->sections.n)
        r->stage = BUNDLE_COMPLETE;
    return PLUMB_OK;
}

static enum plumb_code
read_line(struct plumb_bundle_reader *r, struct span line, struct plumb_err *err)
{
    struct span peek = line;

    switch (r->stage) {
    case BUNDLE_HEADER:
        PLUMB_TRY(read_header(r, line, err));
        r->stage = BUNDLE_GOVERNANCE;
        return PLUMB_OK;
    case BUNDLE_GOVERNANCE:
        if (span_text(&peek, "{\"document\":") || plumb_chain_length(r->in->chain) == 0)
            return bundle_read_governance(r, line, err);
        PLUMB_TRY(bundle_read_publication(r, line, err));
        r->stage = BUNDLE_CONTENT;
        return PLUMB_OK;
    case BUNDLE_CONTENT:
        PLUMB_TRY(bundle_read_content(r, line, err));
        r->stage = BUNDLE_BUCKETS;
        return advance(r, err);
    case BUNDLE_BUCKETS:
        PLUMB_TRY(bundle_read_bucket(r, line, err));
        return advance(r, err);
    case BUNDLE_SECTIONS:
        PLUMB_TRY(bundle_read_section(r, line, err));
        return advance(r, err);
    case BUNDLE_COMPLETE:
        break;
    }
    return plumb_fail(err, PLUMB_REFUSED, "bundle.extra", "",
                      "the bundle was complete before this line");
}

static enum plumb_code
end_line(struct plumb_bundle_reader *r, struct plumb_err *err)
{
    char prefix[32];
    enum plumb_code code;

    r->line++;
    code = read_line(r, (struct span){ (const char *)r->text.data, r->text.len }, err);
    (void)snprintf(prefix, sizeof prefix, "line %zu", r->line);
    r->text.len = 0;
    return put_before(prefix, ": ", code, err);
}

static enum plumb_code
append(struct plumb_bundle_reader *r, const char *data, size_t len, struct plumb_err *err)
{
    size_t room = r->text_room > 0 ? r->text_room : ROOM_FIRST;
    uint8_t *grown;

    if (len > PLUMB_BUNDLE_LINE_MAX - r->text.len) {
        char where[32];

        (void)snprintf(where, sizeof where, "line %zu", r->line + 1);
        return plumb_fail(err, PLUMB_TOO_LARGE, "bundle.size", where,
                          "a line has at most %u bytes", PLUMB_BUNDLE_LINE_MAX);
    }
    while (room < r->text.len + len)
        room *= 2;
    if (room != r->text_room) {
        grown = realloc(r->text.data, room);
        if (grown == NULL)
            return plumb_fail_memory(err);
        r->text.data = grown;
        r->text_room = room;
    }
    memcpy(r->text.data + r->text.len, data, len);
    r->text.len += len;
    return PLUMB_OK;
}

static enum plumb_code
feed(struct plumb_bundle_reader *r, const char *data, size_t len, struct plumb_err *err)
{
    while (len > 0) {
        const char *end = memchr(data, '\n', len);
        size_t n = end != NULL ? (size_t)(end - data) : len;

        PLUMB_TRY(append(r, data, n, err));
        if (end == NULL)
            return PLUMB_OK;
        PLUMB_TRY(end_line(r, err));
        data += n + 1;
        len -= n + 1;
    }
    return PLUMB_OK;
}

/* What a call that succeeds leaves in an error is no error: the code says. */
static enum plumb_code
settle(struct plumb_bundle_reader *r, enum plumb_code code, struct plumb_err *err)
{
    r->code = code;
    if (code != PLUMB_OK && err != NULL)
        *err = r->failed;
    return code;
}

enum plumb_code
plumb_bundle_feed(struct plumb_bundle_reader *r, const void *data, size_t len,
                  struct plumb_err *err)
{
    if (r->code != PLUMB_OK)
        return settle(r, r->code, err);
    return settle(r, feed(r, data, len, &r->failed), err);
}

static int
by_payload(const void *a, const void *b)
{
    const struct plumb_accepted *x = a, *y = b;
    int d = strcmp(x->payload, y->payload);

    return d != 0 ? d : plumb_digest_cmp(&x->release, &y->release);
}

static enum plumb_code
make_memory(const struct plumb_bundle_reader *r, struct plumb_memory **ret,
            struct plumb_err *err)
{
    const struct plumb_bundle *b = r->bundle;
    const struct plumb_link *link = plumb_chain_last(r->in->chain);
    PLUMB_AUTO(auto_memory) struct plumb_memory *m = calloc(1, sizeof *m);

    if (m == NULL)
        return plumb_fail_memory(err);
    (void)snprintf(m->fleet, sizeof m->fleet, "%s", b->fleet);
    m->genesis = r->trust->genesis;
    m->governance_version = link->document->version;
    m->governance_statement = link->statement;
    m->revision = b->revision;
    m->index = b->index;
    m->content = b->content;
    m->size = b->checkpoint.size;
    m->root = b->checkpoint.root;
    m->revoked = calloc(b->nrevoked + 1, sizeof *m->revoked);
    if (m->revoked == NULL)
        return plumb_fail_memory(err);
    if (b->nrevoked > 0)
        memcpy(m->revoked, b->revoked, b->nrevoked * sizeof *m->revoked);
    m->nrevoked = b->nrevoked;
    *ret = PLUMB_TAKE(m);
    return PLUMB_OK;
}

static enum plumb_code
end(struct plumb_bundle_reader *r, struct plumb_err *err)
{
    if (r->text.len > 0 || r->stage != BUNDLE_COMPLETE) {
        char where[32];

        (void)snprintf(where, sizeof where, "line %zu", r->line + 1);
        return plumb_fail(err, PLUMB_REFUSED, "bundle.truncated", where,
                          "the bundle ends before it is complete");
    }
    return bundle_check_times(r, err);
}

enum plumb_code
plumb_bundle_end(struct plumb_bundle_reader *r, struct plumb_bundle **ret,
                 struct plumb_memory **ret_memory, struct plumb_err *err)
{
    struct plumb_memory *memory = NULL;

    if (r->code == PLUMB_OK)
        r->code = end(r, &r->failed);
    if (r->code == PLUMB_OK)
        r->code = make_memory(r, &memory, &r->failed);
    if (r->code != PLUMB_OK)
        return settle(r, r->code, err);
    if (r->bundle->naccepted > 0)
        qsort(r->bundle->accepted, r->bundle->naccepted, sizeof *r->bundle->accepted,
              by_payload);
    *ret = PLUMB_TAKE(r->bundle);
    *ret_memory = memory;
    /* a reader gives its bundle once */
    r->code = plumb_fail(&r->failed, PLUMB_INTERNAL, "bundle.ended", "",
                         "this bundle was read to its end");
    return PLUMB_OK;
}
