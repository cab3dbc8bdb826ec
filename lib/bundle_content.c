/* The publication, the content that it names, and the buckets that the content names. */
#include "lib/bundle_read.h"

#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

#define CONTENT_MAX PLUMB_BUNDLE_LINE_MAX

static enum plumb_code
check_remembered_chain(const struct plumb_bundle_reader *r, struct plumb_err *err)
{
    const struct plumb_memory *m = r->memory;
    const struct plumb_link *link;

    if (m == NULL)
        return PLUMB_OK;
    link = plumb_chain_link(r->in->chain, (size_t)m->governance_version - 1);
    if (link == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.rollback", "",
                          "governance version %lld is known here, the bundle ends before it",
                          (long long)m->governance_version);
    if (!plumb_digest_eq(&link->statement, &m->governance_statement))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.fork", "",
                          "governance version %lld is not the one that is known here",
                          (long long)m->governance_version);
    return PLUMB_OK;
}

static enum plumb_code
check_remembered_publication(const struct plumb_bundle_reader *r,
                             const struct plumb_statement *s, uint64_t index,
                             struct plumb_err *err)
{
    const struct plumb_memory *m = r->memory;

    if (m == NULL)
        return PLUMB_OK;
    if (s->u.publication.revision < m->revision || index < m->index)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.rollback", "entry",
                          "revision %lld, entry %llu is older than revision %lld, entry %llu",
                          (long long)s->u.publication.revision, (unsigned long long)index,
                          (long long)m->revision, (unsigned long long)m->index);
    if (s->u.publication.revision == m->revision &&
        !plumb_digest_eq(&s->u.publication.content, &m->content))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.fork", "entry",
                          "revision %lld had another content when it was pulled before",
                          (long long)m->revision);
    return PLUMB_OK;
}

static enum plumb_code
check_publication(struct plumb_bundle_reader *r, const struct bundle_entry *e,
                  struct plumb_err *err)
{
    const struct plumb_statement *s = e->opened->statement;
    const struct plumb_link *link = plumb_chain_at(r->in->chain, e->index);
    struct plumb_bundle *b = r->bundle;

    if (s->kind != PLUMB_KIND_PUBLICATION || strcmp(s->fleet, r->trust->fleet) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.publication", "entry",
                          "it is no publication of this fleet");
    /* a newer version may follow the publication in the log, but not in this bundle */
    if (link == NULL || link != plumb_chain_last(r->in->chain))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.governance", "entry",
                          "another governance version was in force when this was published");
    PLUMB_TRY(bundle_by_service(r, e, true, err));
    b->governance = link->document;
    b->rules = plumb_governance_fleet(link->document, r->trust->fleet);
    if (b->rules == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.fleet", "entry",
                          "governance knows no fleet %s", r->trust->fleet);
    if (s->u.publication.valid_until <= e->time ||
        s->u.publication.valid_until >
            plumb_time_add(e->time, b->rules->validity + PLUMB_EARLY_MAX))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.validity", "predicate.validUntil",
                          "it is not valid for longer than governance allows, nor for no time");
    PLUMB_TRY(check_remembered_publication(r, s, e->index, err));
    b->revision = s->u.publication.revision;
    b->index = e->index;
    b->issued = e->time;
    b->valid_until = s->u.publication.valid_until;
    b->content = s->u.publication.content;
    return PLUMB_OK;
}

enum plumb_code
bundle_read_publication(struct plumb_bundle_reader *r, struct span line, struct plumb_err *err)
{
    if (!span_text(&line, "{"))
        return bundle_malformed("", err);
    PLUMB_TRY(check_remembered_chain(r, err));
    PLUMB_TRY(
        bundle_entry_open(r, &line, bundle_chain_lookup, r->in->chain, &r->publication, err));
    if (!span_text(&line, ",\"type\":\"publication\"}") || line.len != 0)
        return bundle_malformed("", err);
    return check_publication(r, &r->publication, err);
}

static enum plumb_code
add_part(struct bundle_parts *parts, const struct bundle_part *part, struct plumb_err *err)
{
    PLUMB_TRY(bundle_grow(&parts->v, parts->n, &parts->room, sizeof *parts->v, err));
    parts->v[parts->n++] = *part;
    return PLUMB_OK;
}

/* The members of a canonical object come in order. */
static enum plumb_code
read_buckets(struct plumb_bundle_reader *r, const struct plumb_jv *v, bool revoked,
             struct plumb_err *err)
{
    const char *key;
    json_t *value;

    PLUMB_TRY(plumb_jv_object(v, err));
    json_object_foreach(v->json, key, value) {
        struct plumb_jv m = { value, v, key, 0 };
        struct bundle_part part = { .revoked = revoked };
        size_t len;

        if (strlen(key) != 2 ||
            plumb_hex_parse(key, "", &part.bucket, 1, &len, NULL) != PLUMB_OK)
            return plumb_jv_fail(&m, err, PLUMB_INVALID, "bundle.bucket",
                                 "a bucket is named by two hex digits");
        PLUMB_TRY(plumb_jv_digest(&m, &part.digest, err));
        PLUMB_TRY(add_part(&r->buckets, &part, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
check_governance(const struct plumb_bundle_reader *r, const struct plumb_jv *v,
                 struct plumb_err *err)
{
    static const char *const members[] = { "version", "document", "statement", NULL };
    struct plumb_jv version = plumb_jv_member(v, "version");
    struct plumb_jv document = plumb_jv_member(v, "document");
    struct plumb_jv statement = plumb_jv_member(v, "statement");
    const struct plumb_link *link = plumb_chain_last(r->in->chain);
    struct plumb_digest d, s;
    int64_t n;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_int(&version, 1, INT64_MAX, &n, err));
    PLUMB_TRY(plumb_jv_digest(&document, &d, err));
    PLUMB_TRY(plumb_jv_digest(&statement, &s, err));
    if (n != link->document->version || !plumb_digest_eq(&d, &link->document->digest) ||
        !plumb_digest_eq(&s, &link->statement))
        return plumb_jv_fail(v, err, PLUMB_REFUSED, "bundle.governance",
                             "it is not the governance version in force");
    return PLUMB_OK;
}

static enum plumb_code
check_schema(const struct plumb_jv *v, const char *want, struct plumb_err *err)
{
    const char *text;

    PLUMB_TRY(plumb_jv_string(v, 128, &text, err));
    if (strcmp(text, want) != 0)
        return plumb_jv_fail(v, err, PLUMB_UNSUPPORTED, "schema.unknown", "want %s", want);
    return PLUMB_OK;
}

static enum plumb_code
check_content(struct plumb_bundle_reader *r, const struct plumb_jv *v, struct plumb_err *err)
{
    static const char *const members[] = { "schema",     "fleet",    "rules",
                                           "governance", "platform", "trustAnchors",
                                           "payloads",   "revoked",  NULL };
    struct plumb_jv schema = plumb_jv_member(v, "schema"), fleet = plumb_jv_member(v, "fleet");
    struct plumb_jv rules = plumb_jv_member(v, "rules");
    struct plumb_jv governance = plumb_jv_member(v, "governance");
    struct plumb_jv platform = plumb_jv_member(v, "platform");
    struct plumb_jv anchors = plumb_jv_member(v, "trustAnchors");
    struct plumb_jv payloads = plumb_jv_member(v, "payloads");
    struct plumb_jv revoked = plumb_jv_member(v, "revoked");
    const char *text;
    int64_t n;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(check_schema(&schema, "urn:plumbline:content:v1", err));
    PLUMB_TRY(plumb_jv_name(&fleet, &text, err));
    if (strcmp(text, r->trust->fleet) != 0)
        return plumb_jv_fail(&fleet, err, PLUMB_REFUSED, "bundle.fleet",
                             "it is of another fleet");
    PLUMB_TRY(plumb_jv_int(&rules, 1, INT64_MAX, &n, err));
    if (n != r->bundle->governance->rules || n > PLUMB_RULES)
        return plumb_jv_fail(&rules, err, PLUMB_UNSUPPORTED, "bundle.rules",
                             "it goes by rules %lld, governance names %lld and %d are known",
                             (long long)n, (long long)r->bundle->governance->rules,
                             PLUMB_RULES);
    PLUMB_TRY(check_governance(r, &governance, err));
    if (!json_equal(platform.json, r->bundle->rules->platform_json))
        return plumb_jv_fail(&platform, err, PLUMB_REFUSED, "bundle.platform",
                             "it differs from the governance document's");
    if (!json_equal(anchors.json, r->bundle->rules->anchors_json))
        return plumb_jv_fail(&anchors, err, PLUMB_REFUSED, "bundle.anchors",
                             "it differs from the governance document's");
    PLUMB_TRY(read_buckets(r, &payloads, false, err));
    return read_buckets(r, &revoked, true, err);
}

enum plumb_code
bundle_read_content(struct plumb_bundle_reader *r, struct span line, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_digest digest;
    struct plumb_jv root;
    struct span content;

    if (!span_text(&line, "{\"content\":") || !span_value(&line, &content) ||
        !span_text(&line, ",\"type\":\"content\"}") || line.len != 0)
        return bundle_malformed("", err);
    plumb_sha256(content.p, content.len, &digest);
    if (!plumb_digest_eq(&digest, &r->bundle->content))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.digest", "content",
                          "it is not the content that the publication names");
    PLUMB_TRY(plumb_json_load_canonical(content.p, content.len, CONTENT_MAX, &json, err));
    root = plumb_jv_root(json, "content");
    return check_content(r, &root, err);
}

static enum plumb_code
read_payload_bucket(struct plumb_bundle_reader *r, const struct plumb_jv *v, uint8_t bucket,
                    struct plumb_err *err)
{
    static const char *const members[] = { "schema", "payloads", NULL };
    struct plumb_jv schema = plumb_jv_member(v, "schema");
    struct plumb_jv payloads = plumb_jv_member(v, "payloads");
    const char *name;
    json_t *value;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(check_schema(&schema, "urn:plumbline:payload-bucket:v1", err));
    PLUMB_TRY(plumb_jv_object(&payloads, err));
    if (json_object_size(payloads.json) == 0)
        return plumb_jv_fail(&payloads, err, PLUMB_INVALID, "bundle.bucket",
                             "an empty bucket is absent");
    json_object_foreach(payloads.json, name, value) {
        struct plumb_jv m = { value, &payloads, name, 0 };
        struct bundle_part part = { .bucket = bucket };
        struct plumb_digest hash;

        plumb_sha256(name, strlen(name), &hash);
        if (!plumb_name_ok(name) || hash.b[0] != bucket)
            return plumb_jv_fail(&m, err, PLUMB_INVALID, "bundle.bucket",
                                 "this payload belongs into another bucket");
        if (!plumb_fleet_has(r->bundle->rules, name) ||
            plumb_governance_payload(r->bundle->governance, name) == NULL)
            return plumb_jv_fail(&m, err, PLUMB_REFUSED, "bundle.payload",
                                 "governance has no such payload in this fleet");
        PLUMB_TRY(plumb_jv_digest(&m, &part.digest, err));
        part.name = pool_text(r->in->pool, name);
        if (part.name == NULL)
            return plumb_fail_memory(err);
        PLUMB_TRY(add_part(&r->sections, &part, err));
    }
    return PLUMB_OK;
}

struct revoked {
    struct plumb_digest reference_values, release;
    int64_t index;
};

static enum plumb_code
read_revoked(const struct plumb_jv *v, struct revoked *ret, struct plumb_err *err)
{
    static const char *const members[] = { "referenceValues", "release", "index", NULL };
    struct plumb_jv reference_values = plumb_jv_member(v, "referenceValues");
    struct plumb_jv release = plumb_jv_member(v, "release");
    struct plumb_jv index = plumb_jv_member(v, "index");

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_digest(&reference_values, &ret->reference_values, err));
    PLUMB_TRY(plumb_jv_digest(&release, &ret->release, err));
    return plumb_jv_int(&index, 0, INT64_MAX, &ret->index, err);
}

static enum plumb_code
add_revoked(struct plumb_bundle_reader *r, const struct plumb_digest *d, struct plumb_err *err)
{
    struct plumb_bundle *b = r->bundle;

    if (b->nrevoked > 0 && plumb_digest_eq(&b->revoked[b->nrevoked - 1], d))
        return PLUMB_OK;
    PLUMB_TRY(bundle_grow(&b->revoked, b->nrevoked, &r->revoked_room, sizeof *b->revoked, err));
    b->revoked[b->nrevoked++] = *d;
    return PLUMB_OK;
}

static enum plumb_code
read_revoked_bucket(struct plumb_bundle_reader *r, const struct plumb_jv *v, uint8_t bucket,
                    struct plumb_err *err)
{
    static const char *const members[] = { "schema", "revoked", NULL };
    struct plumb_jv schema = plumb_jv_member(v, "schema");
    struct plumb_jv array = plumb_jv_member(v, "revoked");
    struct revoked last = { 0 };
    size_t n;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(check_schema(&schema, "urn:plumbline:revoked-bucket:v1", err));
    PLUMB_TRY(plumb_jv_array(&array, 1, SIZE_MAX, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv e = plumb_jv_element(&array, i);
        struct revoked now;
        int d;

        PLUMB_TRY(read_revoked(&e, &now, err));
        d = plumb_digest_cmp(&last.reference_values, &now.reference_values);
        if (i > 0 && (d > 0 || (d == 0 && plumb_digest_cmp(&last.release, &now.release) >= 0)))
            return plumb_jv_fail(&e, err, PLUMB_INVALID, "bundle.order",
                                 "revoked digests ascend, each once");
        if (now.reference_values.b[0] != bucket)
            return plumb_jv_fail(&e, err, PLUMB_INVALID, "bundle.bucket",
                                 "this digest belongs into another bucket");
        if ((uint64_t)now.index > r->bundle->index)
            return plumb_jv_fail(&e, err, PLUMB_REFUSED, "bundle.order",
                                 "it was revoked after this was published");
        PLUMB_TRY(add_revoked(r, &now.reference_values, err));
        last = now;
    }
    return PLUMB_OK;
}

enum plumb_code
bundle_read_bucket(struct plumb_bundle_reader *r, struct span line, struct plumb_err *err)
{
    const struct bundle_part *want = &r->buckets.v[r->buckets.next];
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_digest digest;
    struct plumb_jv root;
    struct span bucket;

    if (!span_text(&line, "{\"bucket\":") || !span_value(&line, &bucket) ||
        !span_text(&line, ",\"type\":\"bucket\"}") || line.len != 0)
        return bundle_malformed("", err);
    plumb_sha256(bucket.p, bucket.len, &digest);
    if (!plumb_digest_eq(&digest, &want->digest))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.digest", "bucket",
                          "it is not the %s bucket %02x that the content names",
                          want->revoked ? "revoked" : "payload", want->bucket);
    PLUMB_TRY(plumb_json_load_canonical(bucket.p, bucket.len, CONTENT_MAX, &json, err));
    root = plumb_jv_root(json, "bucket");
    r->buckets.next++;
    return want->revoked ? read_revoked_bucket(r, &root, want->bucket, err)
                         : read_payload_bucket(r, &root, want->bucket, err);
}

enum plumb_code
bundle_check_revoked(struct plumb_bundle_reader *r, struct plumb_err *err)
{
    const struct plumb_bundle *b = r->bundle;
    size_t at = 0;

    if (r->memory == NULL)
        return PLUMB_OK;
    for (size_t i = 0; i < r->memory->nrevoked; i++) {
        while (at < b->nrevoked &&
               plumb_digest_cmp(&b->revoked[at], &r->memory->revoked[i]) < 0)
            at++;
        if (at == b->nrevoked || !plumb_digest_eq(&b->revoked[at], &r->memory->revoked[i]))
            return plumb_fail(err, PLUMB_REFUSED, "bundle.rollback", "revoked",
                              "a digest that is known here as revoked is not among them");
    }
    return PLUMB_OK;
}
