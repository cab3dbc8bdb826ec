#include "tests/faults/check.h"

#include <plumb/bundle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine/engine.h"
#include "lib/own.h"
#include "tests/make.h"
#include "tests/story.h"
#include "tests/t.h"

struct log {
    const struct plumbd *service;
    struct engine *engine;
    struct plumb_governance *genesis; /* whose keys open the first entry */
    uint64_t size;
    struct plumb_digest *ids, *leaves;
    struct plumb_checkpoint checkpoint;
    struct plumb_trust *trust;
};

/* What a path and the last part of it name. */
static struct plumb_bytes
get(const struct log *log, const char *under, const char *name)
{
    char path[200];
    struct hc_reply reply;
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err = { 0 };

    (void)snprintf(path, sizeof path, "/v1/%s%s", under, name);
    reply = plumbd_ask(log->service, "GET", path, NULL);
    if (reply.status != 200)
        fail_msg("GET %s: %d %s", path, reply.status, reply.body != NULL ? reply.body : "");
    assert_ok(plumb_bytes_copy(reply.body, reply.body_len, &bytes, &err), &err);
    hc_reply_free(&reply);
    return bytes;
}

static struct plumb_bytes
get_blob(const struct log *log, const struct plumb_digest *digest)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(digest, hex);
    return get(log, "blobs/", hex);
}

static struct plumb_bytes
get_entry(const struct log *log, uint64_t index)
{
    char number[24];

    (void)snprintf(number, sizeof number, "%llu", (unsigned long long)index);
    return get(log, "entries/", number);
}

static void
read_head(struct log *log)
{
    struct plumb_bytes trust = get(log, "trust/", "prod");
    struct plumb_bytes note = get(log, "", "checkpoint");
    struct plumb_err err = { 0 };

    assert_ok(plumb_trust_parse(trust.data, trust.len, &log->trust, &err), &err);
    assert_ok(plumb_checkpoint_verify(log->trust->policy, note.data, note.len, &log->checkpoint,
                                      &err),
              &err);
    log->size = log->checkpoint.size;
    log->ids = calloc(log->size + 1, sizeof *log->ids);
    log->leaves = calloc(log->size + 1, sizeof *log->leaves);
    assert_non_null(log->ids);
    assert_non_null(log->leaves);
    plumb_bytes_clear(&trust);
    plumb_bytes_clear(&note);
}

static const struct plumb_pubkey *
genesis_key(void *arg, const struct plumb_digest *id)
{
    const struct plumb_governance *g = arg;

    for (size_t p = 0; p < g->nprincipals; p++)
        for (size_t k = 0; k < g->principals[p].nkeys; k++)
            if (plumb_digest_eq(plumb_pubkey_id(g->principals[p].keys[k].pub), id))
                return g->principals[p].keys[k].pub;
    return NULL;
}

/* Its signature is checked, and the engine takes it where it stands. */
static void
fold(struct log *log, uint64_t index, const struct plumb_bytes *entry)
{
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    struct plumb_signed *s = NULL;
    struct plumb_digest needs[16];
    struct engine_blob blobs[16];
    struct plumb_bytes bytes[16];
    struct engine_effect effect;
    struct plumb_err err = { 0 };
    size_t n, nread;
    plumb_time at;

    assert_ok(plumb_entry_read(entry->data, entry->len, &envelope, &at, &err), &err);
    assert_ok(plumb_signed_open(envelope, index == 0 ? genesis_key : engine_key,
                                index == 0 ? (void *)log->genesis : (void *)log->engine, &s,
                                &err),
              &err);
    assert_ok(engine_needs(s->statement, NULL, 0, needs, 16, &n, &nread, &err), &err);
    for (size_t i = 0; i < n; i++) {
        bytes[i] = get_blob(log, &needs[i]);
        blobs[i] = (struct engine_blob){ needs[i], bytes[i].data, bytes[i].len };
    }
    assert_ok(engine_apply(log->engine, s, index, at, blobs, n, &effect, &err), &err);
    assert_false(effect.repeated);
    for (size_t i = 0; i < n; i++)
        plumb_bytes_clear(&bytes[i]);
    log->ids[index] = s->statement->id;
    plumb_leaf_hash(entry->data, entry->len, &log->leaves[index]);
    plumb_signed_free(s);
}

static void
read_genesis(struct log *log)
{
    struct plumb_bytes document;
    struct plumb_err err = { 0 };
    json_t *governance = plumbd_json(log->service, "GET", "/v1/governance/1", NULL, 200);

    assert_ok(plumb_json_canonical(json_object_get(governance, "document"), &document, &err),
              &err);
    assert_ok(plumb_governance_parse(document.data, document.len, &log->genesis, &err), &err);
    plumb_bytes_clear(&document);
    json_decref(governance);
}

static void
read_log(struct log *log)
{
    struct plumb_digest root;
    struct plumb_err err = { 0 };

    read_genesis(log);
    assert_ok(engine_new(make_secret(0), &log->engine, &err), &err);
    for (uint64_t i = 0; i < log->size; i++) {
        struct plumb_bytes entry = get_entry(log, i);

        fold(log, i, &entry);
        plumb_bytes_clear(&entry);
    }
    plumb_tree_root(log->leaves, log->size, &root);
    assert_true(plumb_digest_eq(&root, &log->checkpoint.root));
}

static int
by_digest(const void *a, const void *b)
{
    return plumb_digest_cmp(a, b);
}

/* What was answered is what is there. */
static void
check_answers(const struct log *log, const struct load *load)
{
    struct plumb_digest *sorted = calloc(log->size + 1, sizeof *sorted);

    assert_non_null(sorted);
    memcpy(sorted, log->ids, log->size * sizeof *sorted);
    qsort(sorted, log->size, sizeof *sorted, by_digest);
    for (uint64_t i = 1; i < log->size; i++)
        assert_int_not_equal(plumb_digest_cmp(&sorted[i - 1], &sorted[i]), 0);
    for (unsigned i = 0; i < LOAD_PEOPLE; i++)
        for (size_t k = 0; k < load->people[i].nsent; k++) {
            const struct sent *s = &load->people[i].sent[k];

            if (s->outcome == SENT_ACCEPTED) {
                assert_true(s->index < log->size);
                assert_true(plumb_digest_eq(&log->ids[s->index], &s->id));
            } else if (s->outcome == SENT_REFUSED) {
                assert_null(bsearch(&s->id, sorted, log->size, sizeof *sorted, by_digest));
            }
        }
    free(sorted);
}

static enum plumb_code
take_digest(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    (void)err;
    *(struct plumb_digest *)arg = part->digest;
    return PLUMB_OK;
}

static enum plumb_code
ignore(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    (void)arg, (void)part, (void)err;
    return PLUMB_OK;
}

/* The bundle that a verifier pulls is what this fold of the log derives. */
static void
check_bundle(const struct log *log)
{
    struct plumb_bytes file = get(log, "fleets/", "prod/bundle");
    struct plumb_bundle *bundle = NULL;
    struct engine_fleet_state state;
    struct plumb_digest content;
    struct plumb_err err = { 0 };

    assert_ok(
        story_read(log->trust, NULL, time(NULL), file.data, file.len, &bundle, NULL, &err),
        &err);
    assert_ok(
        engine_derive_all(log->engine, "prod", take_digest, ignore, ignore, &content, &err),
        &err);
    assert_true(engine_fleet(log->engine, "prod", &state));
    assert_true(plumb_digest_eq(&content, &bundle->content));
    assert_true(plumb_digest_eq(&content, &state.content));
    assert_int_equal(bundle->index, state.publication);
    assert_int_equal(bundle->revision, state.revision);
    plumb_bundle_free(bundle);
    plumb_bytes_clear(&file);
}

uint64_t
check_log(const struct plumbd *service, const struct load *load)
{
    struct log log = { .service = service };
    uint64_t size;

    read_head(&log);
    read_log(&log);
    check_answers(&log, load);
    check_bundle(&log);
    size = log.size;
    engine_free(log.engine);
    plumb_governance_free(log.genesis);
    plumb_trust_free(log.trust);
    free(log.ids);
    free(log.leaves);
    return size;
}
