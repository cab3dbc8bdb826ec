/* What a verifier remembers keeps it from being led back, or aside. */
#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

#include "tests/lib/world.h"

/* A first pull, of a bundle with one version. */
static void
begin_pulled(struct world *w)
{
    world_begin(w, NULL);
    story_start(&w->story, story_release(&w->story, "1.0"), -1);
    story_publish(&w->story);
    assert_ok(world_pull(w, 0), &w->err);
    assert_int_equal(plumb_memory_size(w->memory), w->story.n);
}

/* As if the last n entries had never been. */
static void
forget(struct story *s, size_t n)
{
    while (n-- > 0) {
        s->n--;
        plumb_signed_free(s->entries[s->n].opened);
        plumb_bytes_clear(&s->entries[s->n].bytes);
    }
}

static void
same_bundle_may_be_read_again(void **state)
{
    struct world w;

    (void)state;
    begin_pulled(&w);
    assert_ok(world_pull(&w, 0), &w.err);
    assert_ok(world_pull(&w, 3), &w.err); /* a proof that this verifier does not need */
    world_end(&w);
}

static void
longer_log_needs_a_proof_from_the_remembered_size(void **state)
{
    struct world w;
    uint64_t size;

    (void)state;
    begin_pulled(&w);
    size = w.story.n;
    story_complete(&w.story, 0, -1);
    story_publish(&w.story);
    assert_refused("bundle.consistency", world_pull(&w, 0), &w.err);
    assert_int_equal(strncmp(w.err.where, "line 1", 6), 0);
    assert_refused("bundle.consistency", world_pull(&w, size - 1), &w.err);
    assert_ok(world_pull(&w, size), &w.err);
    assert_int_equal(plumb_memory_size(w.memory), w.story.n);
    world_end(&w);
}

static void
older_bundle_is_a_rollback(void **state)
{
    struct world w;
    struct plumb_bytes old;

    (void)state;
    begin_pulled(&w);
    old = w.file;
    w.file = (struct plumb_bytes){ 0 };
    story_complete(&w.story, 0, -1);
    story_publish(&w.story);
    assert_ok(world_pull(&w, plumb_memory_size(w.memory)), &w.err);
    assert_refused(
        "bundle.rollback",
        story_read(w.trust, w.memory, w.story.make.now, old.data, old.len, NULL, NULL, &w.err),
        &w.err);
    plumb_bytes_clear(&old);
    world_end(&w);
}

static void
older_publication_in_a_longer_log_is_a_rollback(void **state)
{
    struct world w;
    uint64_t first, size;

    (void)state;
    begin_pulled(&w);
    first = w.story.publication;
    story_publish_content(&w.story, 1, w.story.make.now + 3600); /* a refresh */
    size = plumb_memory_size(w.memory);
    assert_ok(world_pull(&w, size), &w.err);
    size = plumb_memory_size(w.memory);
    (void)story_release(&w.story, "2.0");
    w.story.publication = first;
    assert_refused("bundle.rollback", world_pull(&w, size), &w.err);
    world_end(&w);
}

static void
lower_revision_is_a_rollback(void **state)
{
    struct world w;

    (void)state;
    begin_pulled(&w);
    story_publish(&w.story);
    assert_ok(world_pull(&w, plumb_memory_size(w.memory)), &w.err);
    w.story.revision = 0;
    story_publish(&w.story);
    assert_refused("bundle.rollback", world_pull(&w, plumb_memory_size(w.memory)), &w.err);
    world_end(&w);
}

static void
same_revision_with_other_content_is_a_fork(void **state)
{
    struct world w;

    (void)state;
    begin_pulled(&w);
    story_complete(&w.story, 0, -1);
    w.story.revision = 0;
    story_publish(&w.story);
    assert_refused("bundle.fork", world_pull(&w, plumb_memory_size(w.memory)), &w.err);
    world_end(&w);
}

static void
rewritten_history_is_a_fork(void **state)
{
    struct world w;
    uint64_t size;

    (void)state;
    begin_pulled(&w);
    size = w.story.n;
    forget(&w.story, 1);
    story_publish(&w.story);
    assert_int_equal(w.story.n, size);
    assert_refused("bundle.fork", world_pull(&w, 0), &w.err);
    story_publish(&w.story);
    assert_refused("bundle.fork", world_pull(&w, size), &w.err);
    forget(&w.story, 3);
    w.story.versions[0].accepted = false;
    story_publish(&w.story);
    assert_refused("bundle.rollback", world_pull(&w, 0), &w.err);
    world_end(&w);
}

static void
governance_never_gets_shorter_nor_other(void **state)
{
    struct world w;

    (void)state;
    begin_pulled(&w);
    make_next(&w.story.make);
    make_set(&w.story.make, "fleets.prod.grace", json_string("P3D"));
    story_govern(&w.story, NULL);
    story_publish(&w.story);
    assert_ok(world_pull(&w, plumb_memory_size(w.memory)), &w.err);

    plumb_bytes_clear(&w.story.documents[1].bytes);
    w.story.ndocuments = 1;
    story_publish(&w.story);
    assert_refused("bundle.rollback", world_pull(&w, plumb_memory_size(w.memory)), &w.err);
    w.story.documents[1].n = 0;
    make_set(&w.story.make, "fleets.prod.grace", json_string("P4D"));
    story_govern(&w.story, NULL);
    story_publish(&w.story);
    assert_refused("bundle.fork", world_pull(&w, plumb_memory_size(w.memory)), &w.err);
    world_end(&w);
}

static void
revoked_digests_are_never_forgotten(void **state)
{
    struct world w;

    (void)state;
    begin_pulled(&w);
    story_revoke(&w.story, 0, -1);
    story_publish(&w.story);
    assert_ok(world_pull(&w, plumb_memory_size(w.memory)), &w.err);
    assert_int_equal(w.bundle->nrevoked, 1);
    story_publish(&w.story);
    assert_ok(world_pull(&w, plumb_memory_size(w.memory)), &w.err);
    assert_int_equal(json_array_clear(w.story.revoked), 0);
    story_publish(&w.story);
    assert_refused("bundle.rollback", world_pull(&w, plumb_memory_size(w.memory)), &w.err);
    world_end(&w);
}

static void
memory_of_another_log_is_refused(void **state)
{
    struct world w, other;
    struct plumb_bundle_reader *r = NULL;

    (void)state;
    begin_pulled(&w);
    world_begin(&other, NULL);
    assert_refused("memory.trust", plumb_bundle_begin(other.trust, w.memory, 0, &r, &w.err),
                   &w.err);
    world_end(&other);
    world_end(&w);
}

static void
memory_is_written_as_it_is_read(void **state)
{
    struct world w;
    struct plumb_bytes text = { 0 }, again = { 0 };
    struct plumb_memory *m = NULL;

    (void)state;
    begin_pulled(&w);
    story_revoke(&w.story, 0, -1);
    story_publish(&w.story);
    assert_ok(world_pull(&w, plumb_memory_size(w.memory)), &w.err);
    assert_ok(plumb_memory_json(w.memory, &text, &w.err), &w.err);
    assert_ok(plumb_memory_parse(text.data, text.len, &m, &w.err), &w.err);
    assert_ok(plumb_memory_json(m, &again, &w.err), &w.err);
    assert_string_equal((const char *)text.data, (const char *)again.data);
    /* a memory that lost a bit is refused, or is another: never silently none */
    for (size_t i = 0; i < text.len; i++) {
        struct plumb_memory *flipped = NULL;

        text.data[i] ^= 1;
        if (plumb_memory_parse(text.data, text.len, &flipped, &w.err) == PLUMB_OK)
            assert_true(plumb_memory_size(flipped) > 0);
        plumb_memory_free(flipped);
        text.data[i] ^= 1;
    }
    plumb_memory_free(m);
    plumb_memory_free(NULL);
    assert_int_equal(plumb_memory_size(NULL), 0);
    plumb_bytes_clear(&text);
    plumb_bytes_clear(&again);
    world_end(&w);
}

#define D64 "00112233445566770011223344556677001122334455667700112233445566"
#define MEMORY(revoked, index)                                                                 \
    "{\"checkpoint\":{\"root\":\"" D64 "77\",\"size\":9},\"content\":\"" D64                   \
    "77\",\"fleet\":\"prod\",\"genesis\":\"" D64 "77\",\"governance\":{\"statement\":\"" D64   \
    "77\",\"version\":1},\"index\":" index ",\"revision\":1,\"revoked\":[" revoked             \
    "],\"schema\":\"urn:plumbline:memory:v1\"}"

static void
memory_of_another_form_is_refused(void **state)
{
    static const struct {
        const char *text, *rule;
    } cases[] = {
        { MEMORY("", "5"), NULL },
        { MEMORY("\"" D64 "77\",\"" D64 "78\"", "5"), NULL },
        { MEMORY("\"" D64 "78\",\"" D64 "77\"", "5"), "memory.order" },
        { MEMORY("\"" D64 "77\",\"" D64 "77\"", "5"), "memory.order" },
        { MEMORY("\"" D64 "\"", "5"), "hex.form" },
        { MEMORY("", "-5"), "json.number" },
        { MEMORY("", "\"5\""), "json.type" },
        { MEMORY("", "5") "\n", "json.canonical" },
        { "{}", "json.missing" },
        { "", "json.syntax" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_memory *m = NULL;
        struct plumb_err err = { 0 };
        enum plumb_code code =
            plumb_memory_parse(cases[i].text, strlen(cases[i].text), &m, &err);

        if (cases[i].rule == NULL)
            assert_ok(code, &err);
        else
            assert_refused(cases[i].rule, code, &err);
        plumb_memory_free(m);
    }
}

#define TRUST(fleet, genesis, policy)                                                          \
    "{\"schema\":\"urn:plumbline:trust:v1\",\"fleet\":" fleet ",\"genesis\":" genesis          \
    ",\"server\":[\"" D64 "77\"],\"policy\":" policy "}"

static void
trust_files_of_another_form_are_refused(void **state)
{
    static const struct {
        const char *text, *rule;
    } cases[] = {
        { "{}", "json.missing" },
        { TRUST("\"prod\"", "\"" D64 "\"", "[\"quorum none\"]"), "hex.form" },
        { TRUST("\"a b\"", "\"" D64 "77\"", "[\"quorum none\"]"), "name.form" },
        { TRUST("\"prod\"", "\"" D64 "77\"", "[]"), "json.length" },
        { TRUST("\"prod\"", "\"" D64 "77\"", "[7]"), "json.type" },
        { TRUST("\"prod\"", "\"" D64 "77\"", "[],\"x\":1"), "json.unknown" },
        { "{\"schema\":\"urn:plumbline:trust:v2\",\"fleet\":\"prod\",\"genesis\":\"" D64
          "77\",\"server\":[],\"policy\":[\"quorum none\"]}",
          "schema.unknown" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct plumb_trust *t = NULL;
        struct plumb_err err = { 0 };

        assert_refused(cases[i].rule,
                       plumb_trust_parse(cases[i].text, strlen(cases[i].text), &t, &err), &err);
    }
    plumb_trust_free(NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_bundle_may_be_read_again),
        cmocka_unit_test(longer_log_needs_a_proof_from_the_remembered_size),
        cmocka_unit_test(older_bundle_is_a_rollback),
        cmocka_unit_test(older_publication_in_a_longer_log_is_a_rollback),
        cmocka_unit_test(lower_revision_is_a_rollback),
        cmocka_unit_test(same_revision_with_other_content_is_a_fork),
        cmocka_unit_test(rewritten_history_is_a_fork),
        cmocka_unit_test(governance_never_gets_shorter_nor_other),
        cmocka_unit_test(revoked_digests_are_never_forgotten),
        cmocka_unit_test(memory_of_another_log_is_refused),
        cmocka_unit_test(memory_is_written_as_it_is_read),
        cmocka_unit_test(memory_of_another_form_is_refused),
        cmocka_unit_test(trust_files_of_another_form_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
