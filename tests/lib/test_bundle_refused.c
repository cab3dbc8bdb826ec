/* Bundles that are not as they should be: each refused, and by its rule. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/world.h"
#include "tests/scarce.h"

/* 1.0 outgoing, 2.0 current: a bundle in which everything has happened once. */
static void
begin_full(struct world *w)
{
    size_t one, two;

    world_begin(w, NULL);
    one = story_release(&w->story, "1.0");
    two = story_release(&w->story, "2.0");
    story_start(&w->story, one, -1);
    story_complete(&w->story, one, -1);
    make_next(&w->story.make);
    make_set(&w->story.make, "fleets.prod.validity", json_string("P2D"));
    story_govern(&w->story, NULL);
    story_start(&w->story, two, (int)one);
    story_complete(&w->story, two, (int)one);
    story_revoke(&w->story, story_release(&w->story, "0.9"), -1);
    story_publish(&w->story);
}

static enum plumb_code
read_bytes(struct world *w, const void *data, size_t len)
{
    return story_read(w->trust, NULL, w->story.make.now, data, len, NULL, NULL, &w->err);
}

/* --- the file --- */

static void
no_bit_of_the_file_may_flip(void **state)
{
    enum { SAMPLES = 2000 };
    struct world w;
    size_t bits, step;

    (void)state;
    begin_full(&w);
    assert_ok(world_read(&w), &w.err);
    bits = w.file.len * 8;
    step = getenv("PLUMB_EVERY_BIT") != NULL ? 1 : bits / SAMPLES | 1;
    for (size_t i = 0; i < bits; i += step) {
        uint8_t bit = (uint8_t)(1u << i % 8);

        w.file.data[i / 8] ^= bit;
        if (read_bytes(&w, w.file.data, w.file.len) == PLUMB_OK)
            fail_msg("bit %zu of byte %zu of %zu flipped, and nobody minds", i % 8, i / 8,
                     w.file.len);
        assert_int_equal(strncmp(w.err.where, "line ", 5), 0);
        w.file.data[i / 8] ^= bit;
    }
    world_end(&w);
}

static void
file_may_end_nowhere_but_at_its_end(void **state)
{
    struct world w;

    (void)state;
    begin_full(&w);
    assert_ok(world_read(&w), &w.err);
    for (size_t i = 0; i < w.file.len; i++) {
        bool whole = i == 0 || w.file.data[i - 1] == '\n';

        if (!whole && i % 97 != 0 && i + 1 != w.file.len)
            continue;
        assert_refused("bundle.truncated", read_bytes(&w, w.file.data, i), &w.err);
    }
    world_end(&w);
}

static void
nothing_may_follow_the_last_line(void **state)
{
    static const char *const more[] = { "\n", "{}\n", "{\"type\":\"section\"}\n", "x", " " };
    struct world w;

    (void)state;
    begin_full(&w);
    assert_ok(world_read(&w), &w.err);
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        size_t len = w.file.len + strlen(more[i]);
        char *longer = malloc(len);

        assert_non_null(longer);
        memcpy(longer, w.file.data, w.file.len);
        memcpy(longer + w.file.len, more[i], strlen(more[i]));
        assert_refused(more[i][strlen(more[i]) - 1] == '\n' ? "bundle.extra"
                                                            : "bundle.truncated",
                       read_bytes(&w, longer, len), &w.err);
        free(longer);
    }
    world_end(&w);
}

struct lines {
    const char *p[32];
    size_t len[32], n; /* with the line feed */
};

static void
split(const struct plumb_bytes *file, struct lines *ret)
{
    const char *p = (const char *)file->data, *end = p + file->len;

    for (ret->n = 0; p < end; ret->n++) {
        assert_true(ret->n < 32);
        ret->p[ret->n] = p;
        ret->len[ret->n] = (size_t)(strchr(p, '\n') - p) + 1;
        p += ret->len[ret->n];
    }
}

static void
lines_come_in_one_order_each_once(void **state)
{
    struct world w;
    struct lines l;
    char *file;

    (void)state;
    begin_full(&w);
    assert_ok(world_read(&w), &w.err);
    split(&w.file, &l);
    file = malloc(2 * w.file.len);
    assert_non_null(file);
    for (size_t i = 0; i < l.n; i++) {
        /* change 0: left out; 1: twice; 2: swapped with the next */
        for (int change = 0; change < 3; change++) {
            size_t len = 0;

            if (change == 2 && i + 1 == l.n)
                continue;
            for (size_t k = 0; k < l.n; k++) {
                size_t from = change == 2 && k == i ? i + 1 : change == 2 && k == i + 1 ? i : k;
                size_t times = k != i || change == 2 ? 1 : change == 0 ? 0 : 2;

                for (; times > 0; times--) {
                    memcpy(file + len, l.p[from], l.len[from]);
                    len += l.len[from];
                }
            }
            if (read_bytes(&w, file, len) == PLUMB_OK)
                fail_msg("line %zu, change %d", i + 1, change);
        }
    }
    free(file);
    world_end(&w);
}

static void
line_that_is_too_long_is_refused_before_it_ends(void **state)
{
    struct world w;
    struct plumb_bundle_reader *r = NULL;
    char *piece = calloc(1, 1 << 20);
    enum plumb_code code = PLUMB_OK;
    size_t fed = 0;

    (void)state;
    assert_non_null(piece);
    memset(piece, 'x', 1 << 20);
    world_begin(&w, NULL);
    assert_ok(plumb_bundle_begin(w.trust, NULL, STORY_T0, &r, &w.err), &w.err);
    for (; code == PLUMB_OK && fed <= 70; fed++)
        code = plumb_bundle_feed(r, piece, 1 << 20, &w.err);
    assert_refused("bundle.size", code, &w.err);
    assert_int_equal(fed, 65);
    assert_refused("bundle.size", plumb_bundle_feed(r, "\n", 1, &w.err), &w.err);
    plumb_bundle_reader_free(r);
    free(piece);
    world_end(&w);
}

/* The fuzzer's seeds stay bundles that are read: PLUMB_ACCEPT=1 writes them anew. */
static void
seeds_of_the_fuzzer_are_read(void **state)
{
    static const plumb_time now = INT64_C(1790100000); /* as in fuzz_bundle.c */
    const char *source = getenv("PLUMB_SOURCE");
    char path[512];
    struct plumb_trust *trust = NULL;
    struct plumb_err err = { 0 };
    size_t len, first;
    char *text;
    FILE *f;

    (void)state;
    if (source == NULL)
        skip();
    (void)snprintf(path, sizeof path, "%s/tests/fuzz/seeds/bundle/full", source);
    if (getenv("PLUMB_ACCEPT") != NULL) {
        struct world w;

        begin_full(&w);
        assert_ok(world_read(&w), &w.err);
        f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(json_dumpf(w.trust->json, f, JSON_COMPACT | JSON_SORT_KEYS), 0);
        (void)fputc('\n', f);
        assert_int_equal(fwrite(w.file.data, 1, w.file.len, f), w.file.len);
        assert_int_equal(fclose(f), 0);
        world_end(&w);
    }
    text = calloc(1, 1 << 20);
    assert_non_null(text);
    f = fopen(path, "r");
    assert_non_null(f);
    len = fread(text, 1, (1 << 20) - 1, f);
    (void)fclose(f);
    first = strcspn(text, "\n");
    assert_ok(plumb_trust_parse(text, first, &trust, &err), &err);
    assert_ok(story_read(trust, NULL, now, text + first + 1, len - first - 1, NULL, NULL, &err),
              &err);
    plumb_trust_free(trust);
    free(text);
}

static void
memory_that_runs_out_is_said(void **state)
{
    struct world w;
    bool ran_out = true;

    (void)state;
    begin_full(&w);
    assert_ok(world_read(&w), &w.err);
    for (size_t n = 0; ran_out; n += n < 40 ? 1 : 13) {
        enum plumb_code code;

        scarce_begin(n);
        code = read_bytes(&w, w.file.data, w.file.len);
        ran_out = scarce_end();
        if (code != PLUMB_OK)
            assert_code(PLUMB_NO_MEMORY, code, &w.err);
        assert_true(ran_out || code == PLUMB_OK);
    }
    world_end(&w);
}

/* --- what the section says of a version --- */

static json_t *
version(struct world *w, size_t v)
{
    return w->story.versions[v].json;
}

static json_t *
member(struct world *w, size_t v, const char *name)
{
    return json_object_get(version(w, v), name);
}

static json_t *
move_entries(struct world *w, size_t v, size_t move)
{
    return json_object_get(json_array_get(member(w, v, "moves"), move), "entries");
}

static void
replace(struct world *w, size_t v, const char *name, json_t *value)
{
    assert_int_equal(json_object_set_new(version(w, v), name, value), 0);
}

static void
says_current(struct world *w)
{
    replace(w, 0, "status", json_string("current"));
}

static void
ends_later(struct world *w)
{
    replace(w, 0, "notAfter", make_time(STORY_T0 + 90 * STORY_DAY));
}

static void
never_ends(struct world *w)
{
    assert_int_equal(json_object_del(version(w, 0), "notAfter"), 0);
}

static void
begins_earlier(struct world *w)
{
    replace(w, 0, "notBefore", make_time(STORY_T0));
}

static void
other_name(struct world *w)
{
    replace(w, 0, "version", json_string("1.1"));
}

static void
other_values(struct world *w)
{
    replace(w, 0, "referenceValues", json_copy(member(w, 1, "referenceValues")));
}

static void
invented_sbom(struct world *w)
{
    struct plumb_digest d = make_digest("sbom");

    replace(w, 0, "sbom", make_hex(&d));
}

static void
findings_without_controls(struct world *w)
{
    replace(w, 0, "findings", json_array());
}

static void
release_of_another(struct world *w)
{
    replace(w, 0, "approval", json_deep_copy(member(w, 1, "approval")));
}

static void
vote_left_out(struct world *w)
{
    assert_int_equal(json_array_remove(member(w, 0, "approval"), 1), 0);
}

static void
vote_of_another(struct world *w)
{
    assert_int_equal(json_array_set(member(w, 0, "approval"), 1,
                                    json_array_get(member(w, 1, "approval"), 1)),
                     0);
}

static void
vote_too_many(struct world *w)
{
    assert_int_equal(json_array_append(member(w, 0, "approval"),
                                       json_array_get(member(w, 1, "approval"), 1)),
                     0);
}

static void
vote_twice(struct world *w)
{
    assert_int_equal(json_array_append(member(w, 0, "approval"),
                                       json_array_get(member(w, 0, "approval"), 1)),
                     0);
}

static void
begin_vote_left_out(struct world *w)
{
    assert_int_equal(json_array_remove(move_entries(w, 1, 0), 1), 0);
}

static void
begin_of_another(struct world *w)
{
    json_t *begin = json_array_get(member(w, 0, "moves"), 0);

    assert_int_equal(json_object_set(begin, "entries", move_entries(w, 1, 0)), 0);
}

static void
completion_of_another(struct world *w)
{
    assert_int_equal(
        json_array_set(move_entries(w, 1, 1), 0, json_array_get(move_entries(w, 0, 1), 0)), 0);
}

static void
completion_proved_by_a_release(struct world *w)
{
    assert_int_equal(
        json_array_set(move_entries(w, 1, 1), 0, json_array_get(member(w, 1, "approval"), 0)),
        0);
}

static void
completion_left_out(struct world *w)
{
    assert_int_equal(json_array_remove(member(w, 1, "moves"), 1), 0);
}

static void
end_left_out(struct world *w)
{
    assert_int_equal(json_array_remove(member(w, 0, "moves"), 3), 0);
}

static void
moves_out_of_order(struct world *w)
{
    json_t *moves = member(w, 0, "moves"), *last = json_incref(json_array_get(moves, 3));

    assert_int_equal(json_array_remove(moves, 3), 0);
    assert_int_equal(json_array_insert_new(moves, 2, last), 0);
}

static void
no_begin(struct world *w)
{
    assert_int_equal(json_array_remove(member(w, 0, "moves"), 0), 0);
}

static void
begun_twice(struct world *w)
{
    json_t *moves = member(w, 0, "moves");

    assert_int_equal(json_array_append(moves, json_array_get(moves, 0)), 0);
}

static void
no_moves(struct world *w)
{
    assert_int_equal(json_array_clear(member(w, 0, "moves")), 0);
}

static void
void_step(struct world *w)
{
    json_t *step = json_array_get(member(w, 0, "moves"), 3);

    assert_int_equal(json_object_set_new(step, "step", json_string("next-gone")), 0);
}

static void
unheard_step(struct world *w)
{
    json_t *step = json_array_get(member(w, 0, "moves"), 3);

    assert_int_equal(json_object_set_new(step, "step", json_string("hop")), 0);
}

static void
alone_without_predecessor(struct world *w)
{
    json_t *step = json_array_get(member(w, 0, "moves"), 1);

    assert_int_equal(json_object_set_new(step, "step", json_string("alone")), 0);
}

static void
entry_nobody_has(struct world *w)
{
    assert_int_equal(json_array_set_new(member(w, 0, "approval"), 1, json_integer(250)), 0);
}

static void
kept_by_nobody(struct world *w)
{
    replace(w, 0, "keptUntil", make_time(STORY_T0 + 90 * STORY_DAY));
}

static void
unknown_member(struct world *w)
{
    replace(w, 0, "trusted", json_true());
}

static void
no_status(struct world *w)
{
    assert_int_equal(json_object_del(version(w, 0), "status"), 0);
}

static void
revoked_is_accepted(struct world *w)
{
    struct story *s = &w->story;

    assert_int_equal(
        json_array_append_new(s->revoked, json_pack("{s:O, s:o, s:I}", "referenceValues",
                                                    member(w, 0, "referenceValues"), "release",
                                                    make_hex(&s->versions[0].release), "index",
                                                    (json_int_t)1)),
        0);
}

static void
revoked_in_the_future(struct world *w)
{
    json_t *e = json_array_get(w->story.revoked, 0);

    assert_int_equal(json_object_set_new(e, "index", json_integer(240)), 0);
}

static void
sections_that_say_more_than_their_proof_are_refused(void **state)
{
#define CASE(change, rule)                                                                     \
    {                                                                                          \
#change, change, rule                                                                  \
    }
    static const struct {
        const char *name;
        void (*change)(struct world *w);
        const char *rule;
    } cases[] = {
        CASE(says_current, "bundle.window"),
        CASE(ends_later, "bundle.window"),
        CASE(never_ends, "bundle.window"),
        CASE(begins_earlier, "bundle.window"),
        CASE(other_name, "bundle.release"),
        CASE(other_values, "bundle.release"),
        CASE(invented_sbom, "bundle.release"),
        CASE(findings_without_controls, "bundle.findings"),
        CASE(release_of_another, "bundle.release"),
        CASE(vote_left_out, "bundle.quorum"),
        CASE(vote_of_another, "bundle.votes"),
        CASE(vote_too_many, "bundle.votes"),
        CASE(vote_twice, "bundle.order"),
        CASE(begin_vote_left_out, "bundle.quorum"),
        CASE(begin_of_another, "bundle.moves"),
        CASE(completion_of_another, "bundle.moves"),
        CASE(completion_proved_by_a_release, "bundle.moves"),
        CASE(completion_left_out, "bundle.window"),
        CASE(end_left_out, "bundle.window"),
        CASE(moves_out_of_order, "bundle.moves"),
        CASE(no_begin, "bundle.moves"),
        CASE(begun_twice, "bundle.moves"),
        CASE(no_moves, "json.length"),
        CASE(void_step, "bundle.moves"),
        CASE(unheard_step, "bundle.moves"),
        CASE(alone_without_predecessor, "bundle.moves"),
        CASE(entry_nobody_has, "bundle.missing"),
        CASE(kept_by_nobody, "bundle.kept"),
        CASE(unknown_member, "json.unknown"),
        CASE(no_status, "json.missing"),
        CASE(revoked_is_accepted, "bundle.revoked"),
        CASE(revoked_in_the_future, "bundle.order"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        enum plumb_code code;

        begin_full(&w);
        cases[i].change(&w);
        code = world_publish(&w);
        if (code == PLUMB_OK || strcmp(w.err.rule, cases[i].rule) != 0)
            fail_msg("%s: want %s, got [%s] %s: %s", cases[i].name, cases[i].rule, w.err.rule,
                     w.err.where, w.err.msg);
        assert_int_equal(strncmp(w.err.where, "line ", 5), 0);
        world_end(&w);
    }
}

/* --- what stands beside a section --- */

static void
document_too_many(json_t *line)
{
    json_t *a = json_object_get(line, "referenceValues");

    assert_int_equal(json_array_append(a, json_array_get(a, 0)), 0);
}

static void
document_left_out(json_t *line)
{
    assert_int_equal(json_array_remove(json_object_get(line, "referenceValues"), 1), 0);
}

static void
documents_swapped(json_t *line)
{
    json_t *a = json_object_get(line, "referenceValues");
    json_t *first = json_incref(json_array_get(a, 0));

    assert_int_equal(json_array_remove(a, 0), 0);
    assert_int_equal(json_array_append_new(a, first), 0);
}

static void
entry_left_out(json_t *line)
{
    assert_int_equal(json_array_remove(json_object_get(line, "entries"), 3), 0);
}

static void
entry_again(json_t *line)
{
    json_t *a = json_object_get(line, "entries");

    assert_int_equal(json_array_insert(a, 3, json_array_get(a, 3)), 0);
}

static void
entries_swapped(json_t *line)
{
    json_t *a = json_object_get(line, "entries");
    json_t *first = json_incref(json_array_get(a, 0));

    assert_int_equal(json_array_remove(a, 0), 0);
    assert_int_equal(json_array_append_new(a, first), 0);
}

static void
index_of_another(json_t *line)
{
    json_t *e = json_array_get(json_object_get(line, "entries"), 3);

    assert_int_equal(json_object_set_new(e, "index", json_integer(250)), 0);
}

static void
proof_cut_short(json_t *line)
{
    json_t *e = json_array_get(json_object_get(line, "entries"), 3);

    assert_int_equal(json_array_remove(json_object_get(e, "proof"), 0), 0);
}

static void
time_moved(json_t *line)
{
    json_t *e = json_object_get(json_array_get(json_object_get(line, "entries"), 3), "entry");

    assert_int_equal(json_object_set_new(e, "time", make_time(STORY_T0)), 0);
}

static void
one_member_more(json_t *line)
{
    assert_int_equal(json_object_set_new(line, "zeal", json_true()), 0);
}

static void
section_lines_hold_what_is_needed_and_no_more(void **state)
{
#define LINE_CASE(change, rule)                                                                \
    {                                                                                          \
#change, change, rule                                                                  \
    }
    static const struct {
        const char *name;
        void (*change)(json_t *line);
        const char *rule;
    } cases[] = {
        LINE_CASE(document_too_many, "bundle.extra"),
        LINE_CASE(document_left_out, "bundle.missing"),
        LINE_CASE(documents_swapped, "bundle.digest"),
        LINE_CASE(entry_left_out, "bundle.missing"),
        LINE_CASE(entry_again, "bundle.order"),
        LINE_CASE(entries_swapped, "bundle.order"),
        LINE_CASE(index_of_another, "proof.inclusion"),
        LINE_CASE(proof_cut_short, "proof.inclusion"),
        LINE_CASE(time_moved, "proof.inclusion"),
        LINE_CASE(one_member_more, "bundle.form"),
    };
    struct world w;
    struct lines l;

    (void)state;
    begin_full(&w);
    assert_ok(world_read(&w), &w.err);
    split(&w.file, &l);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        size_t before = w.file.len - l.len[l.n - 1];
        json_t *line = json_loadb(l.p[l.n - 1], l.len[l.n - 1] - 1, 0, NULL);
        char *text, *file = NULL;

        assert_non_null(line);
        cases[i].change(line);
        text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
        assert_true(asprintf(&file, "%.*s%s\n", (int)before, (const char *)w.file.data, text) >
                    0);
        if (read_bytes(&w, file, strlen(file)) == PLUMB_OK ||
            strcmp(w.err.rule, cases[i].rule) != 0)
            fail_msg("%s: want %s, got [%s] %s: %s", cases[i].name, cases[i].rule, w.err.rule,
                     w.err.where, w.err.msg);
        free(text);
        free(file);
        json_decref(line);
    }
    world_end(&w);
}

static void
entry_that_nothing_rests_on_is_refused(void **state)
{
    struct world w;
    struct lines l;
    json_t *line, *publication;
    char *text, *file = NULL;

    (void)state;
    begin_full(&w);
    assert_ok(world_read(&w), &w.err);
    split(&w.file, &l);
    line = json_loadb(l.p[l.n - 1], l.len[l.n - 1] - 1, 0, NULL);
    publication = json_loadb(l.p[3], l.len[3] - 1, 0, NULL);
    assert_int_equal(json_object_del(publication, "type"), 0);
    assert_int_equal(json_array_append_new(json_object_get(line, "entries"), publication), 0);
    text = json_dumps(line, JSON_COMPACT | JSON_SORT_KEYS);
    assert_true(asprintf(&file, "%.*s%s\n", (int)(w.file.len - l.len[l.n - 1]),
                         (const char *)w.file.data, text) > 0);
    assert_refused("bundle.extra", read_bytes(&w, file, strlen(file)), &w.err);
    free(text);
    free(file);
    json_decref(line);
    world_end(&w);
}

/* --- who signed --- */

/* A release by one and votes by others ("sol+" approves, "sam-" rejects), begun as it should.
 */
static enum plumb_code
approve_by(struct world *w, void (*edit)(struct make *m), const char *by, const char *votes)
{
    struct plumb_bytes values = make_refvals("1.0");
    struct plumb_digest digest;
    uint64_t entries[8];
    size_t n = 1;
    struct story *s = &w->story;

    world_begin(w, edit);
    plumb_sha256(values.data, values.len, &digest);
    entries[0] = story_add(s, make_release(&s->make, by, "web", "1.0", &digest));
    for (; *votes != '\0'; votes += *votes == ' ') {
        char who[16] = "";
        size_t len = strcspn(votes, "+-");

        memcpy(who, votes, len);
        entries[n++] =
            story_vote(s, who, entries[0], votes[len] == '+' ? PLUMB_APPROVE : PLUMB_REJECT);
        votes += len + 1;
    }
    s->versions[0].name = "1.0";
    s->versions[0].refvals = values;
    s->versions[0].release = s->entries[entries[0]].opened->statement->id;
    s->versions[0].json = json_pack("{s:s, s:o, s:o, s:[], s:[]}", "version", "1.0", "release",
                                    make_hex(&s->versions[0].release), "referenceValues",
                                    make_hex(&digest), "approval", "moves");
    s->nversions = 1;
    for (size_t i = 0; i < n; i++)
        assert_int_equal(json_array_append_new(member(w, 0, "approval"),
                                               json_integer((json_int_t)entries[i])),
                         0);
    story_start(s, 0, -1);
    return world_publish(w);
}

static void
others_approve(struct make *m)
{
    make_set(m, "payloads.web.quorums.release",
             make_quorum("release-manager:1 security-officer:1", true, "security-officer"));
}

static void
approvals_count_as_governance_counts_them(void **state)
{
    static const struct {
        void (*edit)(struct make *m);
        const char *by, *votes, *rule;
    } cases[] = {
        { NULL, "rex", "sol+", NULL },
        { NULL, "rex", "ria- sol+", NULL },
        { NULL, "rex", "sam+", NULL },
        { NULL, "rex", "", "bundle.quorum" },
        { NULL, "rex", "ria+", "bundle.quorum" },
        { NULL, "rex", "ria+ ria+", "bundle.quorum" },
        { NULL, "rex", "otto+", "bundle.quorum" },
        { NULL, "rex", "plumbd+", "bundle.quorum" },
        { NULL, "rex", "sol-", "bundle.quorum" },
        { NULL, "rex", "sol- sam+", "bundle.quorum" },
        { NULL, "rex", "sol+ sam+", NULL }, /* approved anew: it began with sol's */
        { NULL, "sol", "rex+", "bundle.power" },
        { NULL, "ada", "rex+ sol+", "bundle.power" },
        { others_approve, "rex", "ria+ sol+", NULL },
        { others_approve, "rex", "sol+", "bundle.quorum" },
        { others_approve, "rex", "rex+ sol+", "bundle.quorum" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        enum plumb_code code = approve_by(&w, cases[i].edit, cases[i].by, cases[i].votes);

        if ((cases[i].rule == NULL) != (code == PLUMB_OK) ||
            (code != PLUMB_OK && strcmp(w.err.rule, cases[i].rule) != 0))
            fail_msg("case %zu (%s, %s): [%s] %s: %s", i, cases[i].by, cases[i].votes,
                     w.err.rule, w.err.where, w.err.msg);
        world_end(&w);
    }
}

static void
three_admins(struct make *m)
{
    make_set(m, "quorums.governance", make_quorum("admin:3", false, ""));
}

static void
genesis_is_the_pinned_one_and_signed_by_its_quorum(void **state)
{
    struct world w, other;

    (void)state;
    world_begin(&w, three_admins);
    assert_refused("bundle.quorum", world_publish(&w), &w.err);
    world_end(&w);

    world_begin(&w, NULL);
    story_publish(&w.story);
    w.trust->genesis = make_digest("another");
    assert_refused("bundle.genesis", world_read(&w), &w.err);
    /* a log of strangers, under a trust file that pins their genesis but not their log */
    world_begin(&other, NULL);
    w.trust->genesis = other.story.genesis;
    story_publish(&other.story);
    other.file = story_bundle(&other.story, 0);
    assert_int_not_equal(read_bytes(&w, other.file.data, other.file.len), PLUMB_OK);
    world_end(&other);
    world_end(&w);
}

static void
next_document_is_approved_under_the_one_before(void **state)
{
    static const struct {
        const char *by, *vote, *rule;
    } cases[] = {
        { "ada", "bob", NULL },
        { "ada", NULL, "bundle.quorum" },
        { "ada", "ada", "bundle.quorum" },
        { "ada", "rex", "bundle.quorum" },
        { "rex", "bob", "bundle.power" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        struct story_document *d;

        world_begin(&w, NULL);
        make_next(&w.story.make);
        make_set(&w.story.make, "fleets.prod.grace", json_string("P3D"));
        d = &w.story.documents[w.story.ndocuments++];
        d->bytes = make_document(&w.story.make);
        d->entries[d->n++] = story_add(&w.story, make_change(&w.story.make, cases[i].by));
        if (cases[i].vote != NULL)
            d->entries[d->n++] =
                story_vote(&w.story, cases[i].vote, d->entries[0], PLUMB_APPROVE);
        if (cases[i].rule == NULL)
            assert_ok(world_publish(&w), &w.err);
        else
            assert_refused(cases[i].rule, world_publish(&w), &w.err);
        world_end(&w);
    }
}

/* --- the publication and the content --- */

static enum plumb_code
publish_by(struct world *w, const char *who, const char *fleet, plumb_time valid)
{
    struct plumb_digest d;
    json_t *members;

    story_publish(&w->story); /* for its content */
    assert_ok(plumb_json_digest(w->story.content, &d, &w->err), &w->err);
    members = json_pack("{s:s, s:i, s:o}", "fleet", fleet, "revision", 9, "validUntil",
                        make_time(w->story.make.now + valid));
    w->story.publication =
        story_add(&w->story, make_signed(&w->story.make, who, PLUMB_KIND_PUBLICATION, "content",
                                         &d, members));
    return world_read(w);
}

static void
publication_is_the_service_s_for_this_fleet_and_not_for_long(void **state)
{
    static const struct {
        const char *who, *fleet;
        plumb_time valid;
        const char *rule;
    } cases[] = {
        { "plumbd", "prod", STORY_DAY, NULL },
        { "plumbd", "prod", 1, NULL },
        { "plumbd", "prod", STORY_DAY + 301, "bundle.validity" },
        { "plumbd", "prod", 0, "bundle.validity" },
        { "plumbd", "test", STORY_DAY, "bundle.publication" },
        { "rex", "prod", STORY_DAY, "bundle.power" },
        { "ada", "prod", STORY_DAY, "bundle.power" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;

        world_begin(&w, NULL);
        if (cases[i].rule == NULL)
            assert_ok(publish_by(&w, cases[i].who, cases[i].fleet, cases[i].valid), &w.err);
        else
            assert_refused(cases[i].rule,
                           publish_by(&w, cases[i].who, cases[i].fleet, cases[i].valid),
                           &w.err);
        world_end(&w);
    }
}

static void
publication_may_not_be_another_kind_of_statement(void **state)
{
    struct world w;

    (void)state;
    begin_full(&w);
    w.story.publication = 1;
    assert_refused("bundle.publication", world_read(&w), &w.err);
    world_end(&w);
}

static void
publication_older_than_the_governance_told_is_refused(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, NULL);
    story_publish(&w.story);
    make_next(&w.story.make);
    make_set(&w.story.make, "fleets.prod.grace", json_string("P3D"));
    story_govern(&w.story, NULL);
    assert_refused("bundle.governance", world_read(&w), &w.err);
    world_end(&w);
}

/* Strings of the other side's are never compared with what a test changed by chance. */
static void
content_is_what_governance_makes_of_it(void **state)
{
    static const struct {
        const char *member, *value, *rule;
    } cases[] = {
        { "fleet", "\"test\"", "bundle.fleet" },
        { "rules", "2", "bundle.rules" },
        { "platform", "[{\"tee\":\"tdx\",\"measurements\":[]}]", "bundle.platform" },
        { "platform", "{}", "bundle.platform" },
        { "trustAnchors", "[7]", "bundle.anchors" },
        { "schema", "\"urn:plumbline:content:v2\"", "schema.unknown" },
        { "governance", "{}", "json.missing" },
        { "governance",
          "{\"version\":1,\"document\":"
          "\"0000000000000000000000000000000000000000000000000000000"
          "000000000\",\"statement\":"
          "\"00000000000000000000000000000000000000000000000000000000000"
          "00000\"}",
          "bundle.governance" },
        { "payloads", "{\"0\":\"\"}", "bundle.bucket" },
        { "payloads", "{\"AA\":\"\"}", "bundle.bucket" },
        { "payloads", "{\"aa\":\"\"}", "hex.form" },
        { "revoked", "[]", "json.type" },
        { "extra", "1", "json.unknown" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;

        world_begin(&w, NULL);
        story_publish(&w.story);
        assert_int_equal(json_object_set_new(w.story.content, cases[i].member,
                                             json_loads(cases[i].value, JSON_DECODE_ANY, NULL)),
                         0);
        story_publish_content(&w.story, 2, w.story.make.now + STORY_DAY);
        if (world_read(&w) == PLUMB_OK || strcmp(w.err.rule, cases[i].rule) != 0)
            fail_msg("case %zu: want %s, got [%s] %s: %s", i, cases[i].rule, w.err.rule,
                     w.err.where, w.err.msg);
        world_end(&w);
    }
}

static void
payload_that_left_the_fleet_is_refused(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, NULL);
    story_start(&w.story, story_release(&w.story, "1.0"), -1);
    make_next(&w.story.make);
    make_set(&w.story.make, "payloads.db",
             json_deep_copy(make_at(&w.story.make, "payloads.web")));
    make_set(&w.story.make, "fleets.prod.payloads", json_pack("[s]", "db"));
    story_govern(&w.story, NULL);
    assert_refused("bundle.payload", world_publish(&w), &w.err);
    w.story.versions[0].accepted = false;
    assert_ok(world_publish(&w), &w.err);
    world_end(&w);
}

/* --- times --- */

static void
entries_of_the_future_are_refused(void **state)
{
    struct world w;

    (void)state;
    begin_full(&w);
    w.file = story_bundle(&w.story, 0);
    assert_ok(story_read(w.trust, NULL, w.story.make.now - 60 - 300, w.file.data, w.file.len,
                         NULL, NULL, &w.err),
              &w.err);
    assert_refused("bundle.future",
                   story_read(w.trust, NULL, w.story.make.now - 60 - 301, w.file.data,
                              w.file.len, NULL, NULL, &w.err),
                   &w.err);
    world_end(&w);
}

static void
times_of_entries_never_go_back(void **state)
{
    struct world w;

    (void)state;
    world_begin(&w, NULL);
    story_start(&w.story, story_release(&w.story, "1.0"), -1);
    w.story.make.now -= 120; /* the publication is of an earlier time than the begin's vote */
    assert_refused("bundle.time", world_publish(&w), &w.err);
    world_end(&w);
}

static void
statements_are_accepted_in_their_time_and_for_their_log(void **state)
{
    static const struct {
        plumb_time wait;
        const char *rule;
    } cases[] = {
        { -300, NULL },
        { -301, "statement.early" },
        { STORY_DAY, NULL },
        { STORY_DAY + 1, "statement.expired" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct world w;
        struct plumb_signed *vote;
        size_t v;

        world_begin(&w, NULL);
        w.story.make.now += 3600;
        v = story_release(&w.story, "1.0");
        story_start(&w.story, v, -1);
        /* ria's vote is made again, elsewhere in time */
        json_array_remove(move_entries(&w, v, 0), 1);
        w.story.make.now += 3600;
        vote = make_vote(&w.story.make, "ria",
                         &w.story.entries[w.story.versions[v].begun].opened->statement->id,
                         PLUMB_APPROVE);
        w.story.make.now += cases[i].wait;
        assert_int_equal(
            json_array_append_new(move_entries(&w, v, 0), json_integer((json_int_t)w.story.n)),
            0);
        replace(&w, v, "notBefore", make_time(w.story.make.now));
        (void)story_add(&w.story, vote);
        if (cases[i].rule == NULL)
            assert_ok(world_publish(&w), &w.err);
        else
            assert_refused(cases[i].rule, world_publish(&w), &w.err);
        world_end(&w);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_bit_of_the_file_may_flip),
        cmocka_unit_test(file_may_end_nowhere_but_at_its_end),
        cmocka_unit_test(nothing_may_follow_the_last_line),
        cmocka_unit_test(lines_come_in_one_order_each_once),
        cmocka_unit_test(line_that_is_too_long_is_refused_before_it_ends),
        cmocka_unit_test(memory_that_runs_out_is_said),
        cmocka_unit_test(seeds_of_the_fuzzer_are_read),
        cmocka_unit_test(sections_that_say_more_than_their_proof_are_refused),
        cmocka_unit_test(section_lines_hold_what_is_needed_and_no_more),
        cmocka_unit_test(entry_that_nothing_rests_on_is_refused),
        cmocka_unit_test(approvals_count_as_governance_counts_them),
        cmocka_unit_test(genesis_is_the_pinned_one_and_signed_by_its_quorum),
        cmocka_unit_test(next_document_is_approved_under_the_one_before),
        cmocka_unit_test(publication_is_the_service_s_for_this_fleet_and_not_for_long),
        cmocka_unit_test(publication_may_not_be_another_kind_of_statement),
        cmocka_unit_test(publication_older_than_the_governance_told_is_refused),
        cmocka_unit_test(content_is_what_governance_makes_of_it),
        cmocka_unit_test(payload_that_left_the_fleet_is_refused),
        cmocka_unit_test(entries_of_the_future_are_refused),
        cmocka_unit_test(times_of_entries_never_go_back),
        cmocka_unit_test(statements_are_accepted_in_their_time_and_for_their_log),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
