#include "tests/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/t.h"

#define FLEET   "prod"
#define PAYLOAD "web"

/* --- the log --- */

uint64_t
story_add(struct story *s, struct plumb_signed *opened)
{
    struct story_entry *e = &s->entries[s->n];
    struct plumb_err err = { 0 };

    assert_true(s->n < STORY_ENTRIES);
    e->opened = opened;
    e->time = s->make.now;
    assert_ok(plumb_entry_make(opened->envelope, e->time, &e->bytes, &err), &err);
    s->make.now += 60;
    return s->n++;
}

static enum plumb_code
node(void *arg, unsigned level, uint64_t n, struct plumb_digest *ret, struct plumb_err *err)
{
    const struct story *s = arg;
    struct plumb_digest hashes[STORY_ENTRIES];
    size_t count = (size_t)1 << level;

    (void)err;
    for (size_t i = 0; i < count; i++) {
        const struct plumb_bytes *b = &s->entries[(n << level) + i].bytes;

        plumb_leaf_hash(b->data, b->len, &hashes[i]);
    }
    plumb_tree_root(hashes, count, ret);
    return PLUMB_OK;
}

static json_t *
hashes_json(const struct plumb_digest *hashes, size_t n)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++) {
        char *text = NULL;

        assert_int_equal(plumb_base64(hashes[i].b, sizeof hashes[i].b, &text, NULL), PLUMB_OK);
        assert_int_equal(json_array_append_new(array, json_string(text)), 0);
        free(text);
    }
    return array;
}

/* {"index", "entry", "proof"} */
static json_t *
entry_json(const struct story *s, uint64_t index)
{
    const struct story_entry *e = &s->entries[index];
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    struct plumb_err err = { 0 };
    size_t n;

    assert_ok(plumb_inclusion_build(index, s->n, node, (void *)s, proof, &n, &err), &err);
    return json_pack("{s:I, s:o, s:o}", "index", (json_int_t)index, "entry",
                     json_loadb((const char *)e->bytes.data, e->bytes.len, 0, NULL), "proof",
                     hashes_json(proof, n));
}

static struct plumb_bytes
checkpoint_note(const struct story *s)
{
    struct plumb_checkpoint c = { .size = s->n };
    struct plumb_bytes note = { 0 };
    struct plumb_err err = { 0 };
    struct plumb_signer *const signers[] = { s->make.log };

    (void)snprintf(c.origin, sizeof c.origin, "%s", MAKE_ORIGIN);
    assert_ok(plumb_root_build(s->n, node, (void *)s, &c.root, &err), &err);
    assert_ok(plumb_checkpoint_sign(&c, signers, 1, &note, &err), &err);
    return note;
}

/* --- governance --- */

static void
keep_document(struct story *s, uint64_t proposal)
{
    struct story_document *d = &s->documents[s->ndocuments++];

    d->bytes = make_document(&s->make);
    d->entries[d->n++] = proposal;
}

void
story_begin(struct story *s, void (*edit)(struct make *m))
{
    *s = (struct story){ .revoked = json_array() };
    make_begin(&s->make, STORY_T0);
    if (edit != NULL)
        edit(&s->make);
    keep_document(s, story_add(s, make_change(&s->make, "ada bob")));
    s->genesis = s->entries[0].opened->statement->id;
}

void
story_end(struct story *s)
{
    for (size_t i = 0; i < s->n; i++) {
        plumb_signed_free(s->entries[i].opened);
        plumb_bytes_clear(&s->entries[i].bytes);
    }
    for (size_t i = 0; i < s->ndocuments; i++)
        plumb_bytes_clear(&s->documents[i].bytes);
    for (size_t i = 0; i < s->nversions; i++) {
        plumb_bytes_clear(&s->versions[i].refvals);
        json_decref(s->versions[i].json);
    }
    json_decref(s->revoked);
    json_decref(s->content);
    make_end(&s->make);
}

uint64_t
story_vote(struct story *s, const char *who, uint64_t proposal, enum plumb_decision d)
{
    return story_add(s,
                     make_vote(&s->make, who, &s->entries[proposal].opened->statement->id, d));
}

void
story_govern(struct story *s, json_t *compromise)
{
    struct plumb_digest digest;
    json_t *members;
    uint64_t proposal;

    digest = make_document_digest(&s->make);
    members = json_pack("{s:O, s:O}", "version", make_at(&s->make, "version"), "previous",
                        make_at(&s->make, "previous"));
    if (compromise != NULL)
        assert_int_equal(json_object_set_new(members, "compromise", compromise), 0);
    proposal = story_add(
        s, make_signed(&s->make, "ada", PLUMB_KIND_GOVERNANCE, "governance", &digest, members));
    keep_document(s, proposal);
    s->documents[s->ndocuments - 1].entries[s->documents[s->ndocuments - 1].n++] =
        story_vote(s, "bob", proposal, PLUMB_APPROVE);
}

/* --- versions --- */

static json_t *
indexes(size_t n, const uint64_t *v)
{
    json_t *array = json_array();

    for (size_t i = 0; i < n; i++)
        assert_int_equal(json_array_append_new(array, json_integer((json_int_t)v[i])), 0);
    return array;
}

static const char *
full_name(const struct story *s, size_t v)
{
    static char name[2 * PLUMB_NAME_MAX + 2];

    (void)snprintf(name, sizeof name, PAYLOAD "@%s", s->versions[v].name);
    return name;
}

size_t
story_release(struct story *s, const char *name)
{
    return story_release_as(s, name, name);
}

size_t
story_release_as(struct story *s, const char *name, const char *values_of)
{
    struct story_version *v = &s->versions[s->nversions];
    struct plumb_digest values;
    uint64_t entries[2];

    v->name = name;
    v->refvals = make_refvals(values_of);
    plumb_sha256(v->refvals.data, v->refvals.len, &values);
    v->proposal = entries[0] =
        story_add(s, make_release(&s->make, "rex", PAYLOAD, name, &values));
    entries[1] = story_vote(s, "sol", entries[0], PLUMB_APPROVE);
    v->release = s->entries[entries[0]].opened->statement->id;
    v->json = json_pack("{s:s, s:o, s:o, s:o, s:[]}", "version", name, "release",
                        make_hex(&v->release), "referenceValues", make_hex(&values), "approval",
                        indexes(2, entries), "moves");
    return s->nversions++;
}

void
story_move(struct story *s, size_t v, const char *step, const char *status,
           plumb_time not_after, size_t nentries, const uint64_t *entries)
{
    json_t *json = s->versions[v].json;
    json_t *moves = json_object_get(json, "moves");

    assert_int_equal(
        json_array_append_new(moves, json_pack("{s:s, s:o}", "step", step, "entries",
                                               indexes(nentries, entries))),
        0);
    if (status != NULL)
        assert_int_equal(json_object_set_new(json, "status", json_string(status)), 0);
    if (not_after == PLUMB_TIME_NEVER)
        (void)json_object_del(json, "notAfter");
    else
        assert_int_equal(json_object_set_new(json, "notAfter", make_time(not_after)), 0);
}

static uint64_t
propose(struct story *s, size_t v, enum plumb_action action, json_t *more)
{
    return story_add(s, make_rollout(&s->make, "rex", FLEET, full_name(s, v),
                                     &s->versions[v].release, action, 0, more));
}

void
story_start(struct story *s, size_t v, int before)
{
    json_t *more = NULL;
    uint64_t entries[2];
    plumb_time at;

    if (before >= 0)
        more = json_pack("{s:o}", "predecessor", make_hex(&s->versions[before].release));
    entries[0] = propose(s, v, PLUMB_ACTION_BEGIN, more);
    at = s->make.now;
    entries[1] = story_vote(s, "ria", entries[0], PLUMB_APPROVE);
    s->versions[v].begun = entries[0];
    s->versions[v].accepted = true;
    story_move(s, v, "begin", "incoming", PLUMB_TIME_NEVER, 2, entries);
    assert_int_equal(json_object_set_new(s->versions[v].json, "notBefore", make_time(at)), 0);
    if (before >= 0)
        story_move(s, (size_t)before, "next-begin", "current", PLUMB_TIME_NEVER, 2, entries);
}

void
story_complete(struct story *s, size_t v, int before)
{
    plumb_time at = s->make.now;
    uint64_t entry = propose(s, v, PLUMB_ACTION_COMPLETE, NULL);

    story_move(s, v, "complete", "current", PLUMB_TIME_NEVER, 1, &entry);
    if (before >= 0)
        story_move(s, (size_t)before, "next-complete", "outgoing", at + 7 * STORY_DAY, 1,
                   &entry);
}

void
story_reschedule(struct story *s, size_t v, plumb_time until)
{
    uint64_t entry = propose(s, v, PLUMB_ACTION_RESCHEDULE,
                             json_pack("{s:o}", "notAfter", make_time(until)));

    story_move(s, v, "reschedule", NULL, until, 1, &entry);
}

void
story_revoke(struct story *s, size_t v, int after)
{
    struct story_version *version = &s->versions[v];
    uint64_t entry = story_add(s, make_revocation(&s->make, "sol", full_name(s, v),
                                                  &version->release, FLEET ":0", NULL));

    version->accepted = false;
    assert_int_equal(
        json_array_append_new(
            s->revoked, json_pack("{s:O, s:o, s:I}", "referenceValues",
                                  json_object_get(version->json, "referenceValues"), "release",
                                  make_hex(&version->release), "index", (json_int_t)entry)),
        0);
    if (after >= 0)
        story_move(s, (size_t)after, "alone", "incoming", PLUMB_TIME_NEVER, 1, &entry);
}

/* --- content --- */

static int
by_release(const void *a, const void *b)
{
    const struct story_version *const *x = a, *const *y = b;

    return plumb_digest_cmp(&(*x)->release, &(*y)->release);
}

static size_t
accepted(const struct story *s, const struct story_version *ret[])
{
    size_t n = 0;

    for (size_t i = 0; i < s->nversions; i++)
        if (s->versions[i].accepted)
            ret[n++] = &s->versions[i];
    qsort(ret, n, sizeof *ret, by_release);
    return n;
}

static json_t *
section_json(const struct story *s)
{
    const struct story_version *v[6];
    size_t n = accepted(s, v);
    json_t *versions = json_array();

    for (size_t i = 0; i < n; i++)
        assert_int_equal(json_array_append(versions, v[i]->json), 0);
    return json_pack("{s:s, s:s, s:s, s:o}", "schema", "urn:plumbline:section:v1", "fleet",
                     FLEET, "payload", PAYLOAD, "versions", versions);
}

static struct plumb_digest
digest_of(const json_t *json)
{
    struct plumb_digest d;
    struct plumb_err err = { 0 };

    assert_ok(plumb_json_digest(json, &d, &err), &err);
    return d;
}

static json_t *
payload_bucket(const struct story *s)
{
    json_t *section = section_json(s);
    struct plumb_digest d = digest_of(section);

    json_decref(section);
    return json_pack("{s:s, s:{s:o}}", "schema", "urn:plumbline:payload-bucket:v1", "payloads",
                     PAYLOAD, make_hex(&d));
}

static const char *
revoked_value(const json_t *entry)
{
    return json_string_value(json_object_get(entry, "referenceValues"));
}

static int
by_value(const void *a, const void *b)
{
    return strcmp(revoked_value(*(json_t *const *)a), revoked_value(*(json_t *const *)b));
}

static size_t
sorted_revoked(const struct story *s, json_t *ret[])
{
    size_t n = json_array_size(s->revoked);

    for (size_t i = 0; i < n; i++)
        ret[i] = json_array_get(s->revoked, i);
    qsort(ret, n, sizeof *ret, by_value);
    return n;
}

/* Every digest of these stories falls into a bucket of its own, or the test says so. */
static json_t *
revoked_bucket(json_t *entry)
{
    return json_pack("{s:s, s:[O]}", "schema", "urn:plumbline:revoked-bucket:v1", "revoked",
                     entry);
}

static json_t *
payload_buckets(const struct story *s)
{
    const struct story_version *v[6];
    json_t *buckets = json_object(), *bucket;
    struct plumb_digest name = make_digest(PAYLOAD), d;
    char key[PLUMB_DIGEST_HEX];

    if (accepted(s, v) == 0)
        return buckets;
    bucket = payload_bucket(s);
    d = digest_of(bucket);
    json_decref(bucket);
    plumb_digest_hex(&name, key);
    key[2] = '\0';
    assert_int_equal(json_object_set_new(buckets, key, make_hex(&d)), 0);
    return buckets;
}

static json_t *
revoked_buckets(const struct story *s)
{
    json_t *entries[8], *buckets = json_object();
    size_t n = sorted_revoked(s, entries);

    for (size_t i = 0; i < n; i++) {
        json_t *bucket = revoked_bucket(entries[i]);
        struct plumb_digest d = digest_of(bucket);
        char key[3] = "";

        json_decref(bucket);
        memcpy(key, revoked_value(entries[i]), 2);
        assert_null(json_object_get(buckets, key));
        assert_int_equal(json_object_set_new(buckets, key, make_hex(&d)), 0);
    }
    return buckets;
}

static json_t *
content_json(const struct story *s)
{
    const struct story_document *last = &s->documents[s->ndocuments - 1];
    struct plumb_digest d;

    plumb_sha256(last->bytes.data, last->bytes.len, &d);
    return json_pack("{s:s, s:s, s:i, s:{s:i, s:o, s:o}, s:O, s:O, s:o, s:o}", "schema",
                     "urn:plumbline:content:v1", "fleet", FLEET, "rules", 1, "governance",
                     "version", (int)s->ndocuments, "document", make_hex(&d), "statement",
                     make_hex(&s->entries[last->entries[0]].opened->statement->id), "platform",
                     make_at(&s->make, "fleets." FLEET ".platform"), "trustAnchors",
                     make_at(&s->make, "fleets." FLEET ".trustAnchors"), "payloads",
                     payload_buckets(s), "revoked", revoked_buckets(s));
}

void
story_publish_content(struct story *s, int64_t revision, plumb_time valid_until)
{
    struct plumb_digest d = digest_of(s->content);

    s->revision = revision;
    s->publication = story_add(
        s, make_signed(&s->make, "plumbd", PLUMB_KIND_PUBLICATION, "content", &d,
                       json_pack("{s:s, s:I, s:o}", "fleet", FLEET, "revision",
                                 (json_int_t)revision, "validUntil", make_time(valid_until))));
}

void
story_publish(struct story *s)
{
    json_decref(s->content);
    s->content = content_json(s);
    story_publish_content(s, s->revision + 1, s->make.now + STORY_DAY);
}

/* --- the file --- */

static void
write_line(FILE *f, json_t *line)
{
    struct plumb_bytes text = { 0 };
    struct plumb_err err = { 0 };

    assert_ok(plumb_json_canonical(line, &text, &err), &err);
    assert_int_equal(fwrite(text.data, 1, text.len, f), text.len);
    assert_int_equal(fputc('\n', f), '\n');
    plumb_bytes_clear(&text);
    json_decref(line);
}

static void
write_header(FILE *f, const struct story *s, uint64_t from)
{
    struct plumb_bytes note = checkpoint_note(s);
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    struct plumb_err err = { 0 };
    char *text = NULL;
    json_t *line;
    size_t n;

    assert_ok(plumb_base64(note.data, note.len, &text, &err), &err);
    line = json_pack("{s:s, s:s, s:s, s:s}", "type", "bundle", "schema",
                     "urn:plumbline:bundle:v1", "fleet", FLEET, "checkpoint", text);
    if (from > 0) {
        assert_ok(plumb_consistency_build(from, s->n, node, (void *)s, proof, &n, &err), &err);
        assert_int_equal(json_object_set_new(line, "consistency",
                                             json_pack("{s:I, s:o}", "from", (json_int_t)from,
                                                       "proof", hashes_json(proof, n))),
                         0);
    }
    write_line(f, line);
    free(text);
    plumb_bytes_clear(&note);
}

static void
write_governance(FILE *f, const struct story *s)
{
    for (size_t i = 0; i < s->ndocuments; i++) {
        const struct story_document *d = &s->documents[i];
        json_t *entries = json_array();

        for (size_t k = 0; k < d->n; k++)
            assert_int_equal(json_array_append_new(entries, entry_json(s, d->entries[k])), 0);
        write_line(f, json_pack("{s:s, s:o, s:o}", "type", "governance", "document",
                                json_loadb((const char *)d->bytes.data, d->bytes.len, 0, NULL),
                                "entries", entries));
    }
}

static void
mark(const json_t *array, bool named[STORY_ENTRIES])
{
    size_t i;
    json_t *e;

    json_array_foreach(array, i, e) {
        named[(size_t)json_integer_value(e) % STORY_ENTRIES] = true;
    }
}

static void
write_section(FILE *f, const struct story *s)
{
    const struct story_version *v[6];
    size_t n = accepted(s, v), i;
    json_t *documents = json_array(), *entries = json_array(), *move;
    bool named[STORY_ENTRIES] = { false };

    if (n > 0) {
        for (size_t k = 0; k < n; k++) {
            json_t *document =
                json_loadb((const char *)v[k]->refvals.data, v[k]->refvals.len, 0, NULL);
            bool again = false;

            for (size_t j = 0; j < k; j++)
                again = again || strcmp((const char *)v[j]->refvals.data,
                                        (const char *)v[k]->refvals.data) == 0;
            if (!again)
                assert_int_equal(json_array_append(documents, document), 0);
            json_decref(document);
            mark(json_object_get(v[k]->json, "approval"), named);
            json_array_foreach(json_object_get(v[k]->json, "moves"), i, move) {
                mark(json_object_get(move, "entries"), named);
            }
        }
        for (size_t k = 0; k < s->n; k++)
            if (named[k])
                assert_int_equal(json_array_append_new(entries, entry_json(s, k)), 0);
        write_line(f, json_pack("{s:s, s:o, s:O, s:O}", "type", "section", "section",
                                section_json(s), "referenceValues", documents, "entries",
                                entries));
    }
    json_decref(documents);
    json_decref(entries);
}

struct plumb_bytes
story_bundle(const struct story *s, uint64_t from)
{
    const struct story_version *v[6];
    json_t *revoked[8], *publication = entry_json(s, s->publication);
    char *text = NULL;
    size_t len = 0, n;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    write_header(f, s, from);
    write_governance(f, s);
    assert_int_equal(json_object_set_new(publication, "type", json_string("publication")), 0);
    write_line(f, publication);
    write_line(f, json_pack("{s:s, s:O}", "type", "content", "content", s->content));
    if (accepted(s, v) > 0)
        write_line(f, json_pack("{s:s, s:o}", "type", "bucket", "bucket", payload_bucket(s)));
    n = sorted_revoked(s, revoked);
    for (size_t i = 0; i < n; i++)
        write_line(
            f, json_pack("{s:s, s:o}", "type", "bucket", "bucket", revoked_bucket(revoked[i])));
    write_section(f, s);
    assert_int_equal(fclose(f), 0);
    return (struct plumb_bytes){ (uint8_t *)text, len };
}

struct plumb_trust *
story_trust(const struct story *s)
{
    struct plumb_trust *trust = NULL;
    struct plumb_bytes text = { 0 };
    char vkey[PLUMB_VKEY_TEXT], line[PLUMB_VKEY_TEXT + 8];
    struct plumb_vkey key;
    struct plumb_err err = { 0 };
    json_t *json;

    assert_ok(plumb_vkey_make(MAKE_ORIGIN, 0x01, s->make.log->pub, &key, &err), &err);
    plumb_vkey_text(&key, vkey);
    (void)snprintf(line, sizeof line, "log %s", vkey);
    json = json_pack("{s:s, s:s, s:o, s:[], s:[s, s]}", "schema", "urn:plumbline:trust:v1",
                     "fleet", FLEET, "genesis", make_hex(&s->genesis), "server", "policy", line,
                     "quorum none");
    assert_ok(plumb_json_canonical(json, &text, &err), &err);
    assert_ok(plumb_trust_parse(text.data, text.len, &trust, &err), &err);
    json_decref(json);
    plumb_bytes_clear(&text);
    return trust;
}

enum plumb_code
story_read(const struct plumb_trust *trust, const struct plumb_memory *memory, plumb_time now,
           const void *data, size_t len, struct plumb_bundle **ret,
           struct plumb_memory **ret_memory, struct plumb_err *err)
{
    struct plumb_bundle_reader *r = NULL;
    struct plumb_bundle *bundle = NULL;
    struct plumb_memory *kept = NULL;
    enum plumb_code code;

    code = plumb_bundle_begin(trust, memory, now, &r, err);
    if (code == PLUMB_OK)
        code = plumb_bundle_feed(r, data, len, err);
    if (code == PLUMB_OK)
        code = plumb_bundle_end(r, &bundle, &kept, err);
    plumb_bundle_reader_free(r);
    if (code == PLUMB_OK && ret != NULL)
        *ret = bundle;
    else
        plumb_bundle_free(bundle);
    if (code == PLUMB_OK && ret_memory != NULL)
        *ret_memory = kept;
    else
        plumb_memory_free(kept);
    return code;
}
