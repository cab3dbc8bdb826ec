/* Bundles' content: derived where something changed, the same bytes for ever. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/engine/world.h"
#include "tests/t.h"

/* --- parts --- */

struct parts {
    char text[256]; /* S section, P payload bucket, R revoked bucket, C content */
    struct plumb_digest last;
};

static enum plumb_code
see(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    struct parts *parts = arg;
    const char *json = (const char *)part->json.data;
    size_t n = strlen(parts->text);

    (void)err;
    assert_true(n + 1 < sizeof parts->text);
    parts->text[n] = strstr(json, "\"urn:plumbline:section:v1\"") != NULL          ? 'S'
                     : strstr(json, "\"urn:plumbline:payload-bucket:v1\"") != NULL ? 'P'
                     : strstr(json, "\"urn:plumbline:revoked-bucket:v1\"") != NULL ? 'R'
                                                                                   : 'C';
    parts->last = part->digest;
    return PLUMB_OK;
}

static struct parts
derive(struct world *w)
{
    struct parts parts = { .text = "" };
    struct plumb_digest content;

    assert_ok(engine_derive(w->engine, "prod", see, &parts, &content, &w->err), &w->err);
    if (parts.text[0] != '\0')
        assert_true(plumb_digest_eq(&content, &parts.last)); /* the content comes last */
    return parts;
}

static void
only_what_changed_is_derived_again(void **state)
{
    struct world w;
    struct plumb_digest one, two;

    (void)state;
    world_begin(&w, NULL);
    assert_string_equal(derive(&w).text, "C");
    assert_string_equal(derive(&w).text, "");
    one = world_release(&w, "1.0");
    assert_string_equal(derive(&w).text, ""); /* accepted nowhere */
    (void)world_start(&w, &one);
    assert_string_equal(derive(&w).text, "SPC");
    (void)world_complete(&w, &one);
    assert_string_equal(derive(&w).text, "SPC");
    two = world_release(&w, "2.0");
    (void)world_revoke(&w, &two, "prod", NULL);
    assert_string_equal(derive(&w).text, "RC");
    (void)world_revoke(&w, &one, "all", "prod");
    assert_string_equal(derive(&w).text, "RC"); /* nothing is accepted, the bucket is gone */
    make_next(&w.make);
    (void)world_govern(&w, NULL);
    assert_string_equal(derive(&w).text, "C");
    (void)world_publish(&w, "prod");
    world_end(&w);
}

static void
a_derivation_that_is_dropped_is_told_again(void **state)
{
    struct world w;
    struct plumb_digest one;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    (void)world_start(&w, &one);
    engine_mark(w.engine);
    assert_string_equal(derive(&w).text, "SPC");
    engine_drop(w.engine);
    engine_mark(w.engine);
    assert_string_equal(derive(&w).text, "SPC");
    engine_keep(w.engine);
    assert_string_equal(derive(&w).text, "");
    world_end(&w);
}

static enum plumb_code
refuse_section(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    (void)arg;
    (void)part;
    return plumb_fail(err, PLUMB_UNAVAILABLE, "test.disk", "", "the disk is full");
}

static void
a_part_that_could_not_be_stored_is_told_again(void **state)
{
    struct world w;
    struct plumb_digest one, content;

    (void)state;
    world_begin(&w, NULL);
    one = world_release(&w, "1.0");
    (void)world_start(&w, &one);
    assert_refused("test.disk",
                   engine_derive(w.engine, "prod", refuse_section, NULL, &content, &w.err),
                   &w.err);
    assert_string_equal(derive(&w).text, "SPC");
    world_end(&w);
}

static bool
note_fleet(void *arg, const char *name)
{
    (void)name;
    ++*(int *)arg;
    return true;
}

static int
touched(const struct world *w)
{
    int n = 0;

    engine_fleets_touched(w->engine, note_fleet, &n);
    return n;
}

static void
a_fleet_is_touched_until_its_content_is_published(void **state)
{
    struct world w;
    struct plumb_digest one;

    (void)state;
    world_begin(&w, NULL);
    assert_int_equal(touched(&w), 1);
    (void)world_publish(&w, "prod");
    assert_int_equal(touched(&w), 0);
    one = world_release(&w, "1.0");
    assert_int_equal(touched(&w), 0);
    (void)world_start(&w, &one);
    assert_int_equal(touched(&w), 1);
    (void)derive(&w);
    assert_int_equal(touched(&w), 1);
    (void)world_publish(&w, "prod");
    assert_int_equal(touched(&w), 0);
    w.make.now += 3 * WORLD_DAY;
    (void)world_record(&w); /* an alert changes no content */
    if (touched(&w) > 0)
        assert_string_equal(derive(&w).text, "");
    assert_int_equal(touched(&w), 0);
    world_end(&w);
}

static void
many_payloads(struct make *m)
{
    make_set(m, "fleets.prod.recognitions", json_integer(0));
    for (int i = 0; i < 300; i++) {
        char path[64];

        (void)snprintf(path, sizeof path, "payloads.p%03d", i);
        make_set(m, path, json_deep_copy(make_at(m, "payloads.web")));
    }
}

static void
one_change_in_a_large_fleet_is_a_section_a_bucket_and_the_content(void **state)
{
    struct world w;
    struct plumb_digest content, release = { { 0 } };

    (void)state;
    world_begin(&w, many_payloads);
    for (int i = 0; i < 300; i++) {
        char payload[16];
        struct plumb_signed *s;
        struct plumb_digest id;

        (void)snprintf(payload, sizeof payload, "p%03d", i);
        release = world_propose_release(&w, payload, "1.0");
        (void)world_vote(&w, "sol", &release, PLUMB_APPROVE);
        s = make_rollout(&w.make, "rex", "prod", world_name(&w, &release), &release,
                         PLUMB_ACTION_BEGIN, 0, NULL);
        id = s->statement->id;
        (void)world_do(&w, s);
        (void)world_vote(&w, "ria", &id, PLUMB_APPROVE);
        if (i % 7 == 0) /* so that buckets are added to */
            assert_ok(engine_derive(w.engine, "prod", NULL, NULL, &content, &w.err), &w.err);
    }
    (void)derive(&w);
    (void)world_complete(&w, &release);
    assert_string_equal(derive(&w).text, "SPC");
    (void)world_publish(&w, "prod"); /* against all of it made anew, and verified */
    world_end(&w);
}

/* --- golden --- */

/* Every kind of statement and every step, once at least. */
static void
golden_story(struct world *w)
{
    struct plumb_digest r[6], id, content;
    struct plumb_signer *key = NULL;
    char path[128], at[160];
    json_t *more;

    make_next(&w->make);
    make_set(&w->make, "fleets.prod.overrun", json_string("complete"));
    (void)world_govern(w, NULL);
    (void)world_publish(w, "prod");
    assert_ok(plumb_signer_generate(PLUMB_KEY_P256, &key, &w->err), &w->err);
    (void)world_do(w, make_enrolment(&w->make, "enid", "prod", "val", key, false));
    r[0] = world_release(w, "1.0");
    id = world_start(w, &r[0]);
    content = world_publish(w, "prod");
    (void)world_do(
        w, make_recognition(&w->make, "vera", "prod", "web@1.0", &r[0], &id, 2, &content));
    (void)world_complete(w, &r[0]);
    r[1] = world_release(w, "1.1");
    (void)world_schedule(w, &r[1], w->make.now + 3600); /* next-begin with a record */
    (void)world_publish(w, "prod");
    w->make.now += 3700;
    (void)world_record(w);
    (void)world_publish(w, "prod");
    w->make.now += 2 * WORLD_DAY;
    (void)world_record(w); /* completed by overrun */
    (void)world_publish(w, "prod");
    (void)world_reschedule(w, &r[0], w->make.now + 2 * WORLD_DAY);
    (void)world_publish(w, "prod");
    r[2] = world_propose_release(w, "web", "1.2");
    (void)world_vote(w, "ria", &r[2], PLUMB_ABSTAIN);
    (void)world_vote(w, "sam", &r[2], PLUMB_APPROVE);
    (void)world_start(w, &r[2]);
    (void)world_publish(w, "prod");
    (void)world_rollback(w, &r[2]);
    (void)world_publish(w, "prod");
    (void)world_start(w, &r[2]);
    (void)world_revoke(w, &r[1], "prod", NULL); /* 1.2 is alone */
    (void)world_publish(w, "prod");
    (void)world_complete(w, &r[2]);
    r[3] = world_propose_release(w, "web", "2.0");
    (void)world_vote(w, "sol", &r[3], PLUMB_REJECT);
    r[4] = world_release(w, "2.1");
    (void)world_schedule(w, &r[4], w->make.now + 60);
    (void)world_revoke(w, &r[4], "all", NULL);
    (void)world_record(w); /* lapses */
    w->make.now += 3 * WORLD_DAY;
    (void)world_record(w); /* 1.0 is phased out */
    (void)world_publish(w, "prod");
    make_next(&w->make);
    (void)snprintf(path, sizeof path, "%s", make_new_key(&w->make, "sam"));
    (void)snprintf(at, sizeof at, "%s.status", path);
    make_set(&w->make, at, json_string("compromised"));
    (void)snprintf(at, sizeof at, "%s.from", path);
    make_set(&w->make, at, json_integer(1));
    more = json_pack("{s:[{s:s, s:s, s:s, s:s, s:o}]}", "compromise", "fleet", "prod",
                     "payload", "web", "version", "1.2", "do", "keep", "until",
                     make_time(w->make.now + WORLD_DAY));
    (void)world_govern(w, more);
    (void)world_publish(w, "prod");
    (void)world_vote(w, "sam", &r[2], PLUMB_APPROVE);
    (void)world_publish(w, "prod");
    r[5] = world_release(w, "3.0");
    (void)world_start(w, &r[5]);
    (void)world_do(w, make_enrolment(&w->make, "enid", "prod", "val", key, true));
    (void)world_publish(w, "prod");
    plumb_signer_free(key);
}

static FILE *
golden_file(const char *name, const char *mode)
{
    const char *source = getenv("PLUMB_SOURCE");
    char path[1024];
    FILE *f;

    if (source == NULL)
        return NULL;
    (void)snprintf(path, sizeof path, "%s/tests/engine/golden/%s", source, name);
    f = fopen(path, mode);
    if (f == NULL)
        fail_msg("cannot open %s", path);
    return f;
}

static enum plumb_code
write_part(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    (void)err;
    (void)fprintf(arg, "%s\n", (const char *)part->json.data);
    return PLUMB_OK;
}

static void
write_derived(const struct engine *e, FILE *f)
{
    struct plumb_err err;

    assert_ok(engine_derive_all(e, "prod", write_part, write_part, write_part, f, &err), &err);
}

/* For a new `rules` version only: what is released stays as it is. */
static void
write_golden(void)
{
    FILE *log = golden_file("rules-1.log", "w"), *derived = golden_file("rules-1.derived", "w");
    struct world w;

    world_begin(&w, NULL);
    golden_story(&w);
    for (size_t i = 0; i < w.nblobs; i++)
        (void)fprintf(log, "%s\n", (const char *)w.blobs[i].bytes.data);
    (void)fprintf(log, "\n");
    for (size_t i = 0; i < w.n; i++)
        (void)fprintf(log, "%s\n", (const char *)w.entries[i].bytes.data);
    write_derived(w.engine, derived);
    (void)fclose(log);
    (void)fclose(derived);
    world_end(&w);
}

struct golden {
    struct engine *engine;
    struct engine_blob *blobs;
    char **texts;
    size_t nblobs;
    struct plumb_governance *first; /* the genesis verifies itself */
};

static char *
read_line(FILE *f)
{
    char *line = NULL;
    size_t cap = 0;
    ssize_t n = getline(&line, &cap, f);

    if (n <= 0) {
        free(line);
        return NULL;
    }
    line[n - 1] = '\0';
    return line;
}

static void
read_blobs(struct golden *g, FILE *f)
{
    char *line;
    struct plumb_err err;

    while ((line = read_line(f)) != NULL && line[0] != '\0') {
        struct engine_blob *b;

        g->blobs = realloc(g->blobs, (g->nblobs + 1) * sizeof *g->blobs);
        g->texts = realloc(g->texts, (g->nblobs + 1) * sizeof *g->texts);
        assert_non_null(g->blobs);
        assert_non_null(g->texts);
        g->texts[g->nblobs] = line;
        b = &g->blobs[g->nblobs++];
        *b = (struct engine_blob){ .data = line, .len = strlen(line) };
        plumb_sha256(b->data, b->len, &b->digest);
    }
    free(line);
    assert_ok(plumb_governance_parse(g->blobs[0].data, g->blobs[0].len, &g->first, &err), &err);
}

static const struct plumb_pubkey *
find_key(void *arg, const struct plumb_digest *id)
{
    const struct golden *g = arg;
    const struct plumb_pubkey *known = engine_key(g->engine, id);

    for (size_t i = 0; known == NULL && i < g->first->nprincipals; i++)
        for (size_t k = 0; k < g->first->principals[i].nkeys; k++)
            if (plumb_digest_eq(plumb_pubkey_id(g->first->principals[i].keys[k].pub), id))
                return g->first->principals[i].keys[k].pub;
    return known;
}

static void
fold_entry(struct golden *g, const char *line)
{
    struct plumb_signed *s = NULL;
    struct engine_effect effect;
    json_t *envelope = NULL;
    struct plumb_err err;
    plumb_time time;

    assert_ok(plumb_entry_read(line, strlen(line), &envelope, &time, &err), &err);
    assert_ok(plumb_signed_open(envelope, find_key, g, &s, &err), &err);
    assert_ok(engine_apply(g->engine, s, engine_size(g->engine), time, g->blobs, g->nblobs,
                           &effect, &err),
              &err);
    plumb_signed_free(s);
    json_decref(envelope);
}

static void
the_golden_log_of_rules_1_derives_the_same_bytes_for_ever(void **state)
{
    struct golden g = { .engine = NULL };
    FILE *log, *derived;
    char *line, *got = NULL;
    size_t len = 0, n = 0;
    struct plumb_err err;
    FILE *f;

    (void)state;
    if (getenv("PLUMB_WRITE_GOLDEN") != NULL)
        write_golden();
    log = golden_file("rules-1.log", "r");
    if (log == NULL) {
        print_message("skip: PLUMB_SOURCE does not say where the golden log is\n");
        skip();
    }
    assert_ok(engine_new(make_secret(9), &g.engine, &err), &err);
    read_blobs(&g, log);
    for (; (line = read_line(log)) != NULL; n++) {
        fold_entry(&g, line); /* a publication is accepted only if its content is derived */
        free(line);
    }
    assert_true(n > 50);
    f = open_memstream(&got, &len);
    assert_non_null(f);
    write_derived(g.engine, f);
    (void)fclose(f);
    derived = golden_file("rules-1.derived", "r");
    for (char *at = got; *at != '\0'; at += strcspn(at, "\n") + 1) {
        line = read_line(derived);
        assert_non_null(line);
        if (strlen(line) != strcspn(at, "\n") || strncmp(line, at, strlen(line)) != 0)
            fail_msg("derived otherwise: %s", line);
        free(line);
    }
    assert_null(read_line(derived));
    (void)fclose(log);
    (void)fclose(derived);
    for (size_t i = 0; i < g.nblobs; i++)
        free(g.texts[i]);
    free(got);
    free(g.texts);
    free(g.blobs);
    plumb_governance_free(g.first);
    engine_free(g.engine);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_changed_is_derived_again),
        cmocka_unit_test(a_derivation_that_is_dropped_is_told_again),
        cmocka_unit_test(a_part_that_could_not_be_stored_is_told_again),
        cmocka_unit_test(a_fleet_is_touched_until_its_content_is_published),
        cmocka_unit_test(one_change_in_a_large_fleet_is_a_section_a_bucket_and_the_content),
        cmocka_unit_test(the_golden_log_of_rules_1_derives_the_same_bytes_for_ever),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
