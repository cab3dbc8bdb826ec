/* What plumbd makes of answers that a witness should not give. */
#include "tests/t.h"

#include <plumb/witness.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/own.h"
#include "server/http/server.h"
#include "server/witness_crew.h"
#include "tests/make.h"
#include "tests/server/pg.h"

#define NAME "witness.example/w"

static struct pg_database database;
static struct make make;
static struct plumb_signer *witness_key;
static struct settings settings;
static struct core core;
static struct core_checkpoint *checkpoint;

/* --- a witness that answers as it is told --- */

static struct {
    int status;
    const char *type, *text; /* text NULL: the right cosignature */
    size_t fill;             /* that many 'x' instead */
} answer;

static enum plumb_code
add_checkpoint(struct http_request *req, struct http_reply *reply, struct plumb_err *err)
{
    struct plumb_add_checkpoint request;
    struct plumb_bytes bytes = { 0 };

    PLUMB_TRY(plumb_add_checkpoint_parse(req->body, req->body_len, &request, err));
    reply->status = answer.status;
    if (answer.fill > 0) {
        bytes.data = malloc(answer.fill + 1);
        assert_non_null(bytes.data);
        memset(bytes.data, 'x', answer.fill);
        bytes.data[answer.fill] = 0;
        bytes.len = answer.fill;
    } else if (answer.text == NULL) {
        PLUMB_TRY(plumb_cosign(NAME, witness_key, time(NULL), request.note, request.note_len,
                               &bytes, err));
    } else {
        PLUMB_TRY(plumb_bytes_copy(answer.text, strlen(answer.text), &bytes, err));
    }
    http_reply_bytes(reply, answer.type != NULL ? answer.type : "text/plain", &bytes);
    return PLUMB_OK;
}

static const struct http_route routes[] = { { .method = "POST",
                                              .path = "/add-checkpoint",
                                              .body_max = PLUMB_ADD_CHECKPOINT_MAX,
                                              .handler = add_checkpoint } };

static struct http_server *
witness_start(uint16_t *ret_port)
{
    struct http_config config = { .routes = routes,
                                  .nroutes = 1,
                                  .listeners = { { HTTP_LISTEN_PLAIN, "127.0.0.1:0" } },
                                  .nlisteners = 1,
                                  .limits = http_limits_default() };
    struct http_server *server = NULL;
    struct plumb_err err;

    assert_ok(http_start(&config, &server, &err), &err);
    *ret_port = http_port(server, 0);
    return server;
}

/* --- a core with a tree of one leaf, and its checkpoint --- */

static int
begin(void **state)
{
    struct plumb_digest leaf;
    struct plumb_err err;
    struct db *db;

    (void)state;
    make_begin(&make, time(NULL));
    database = pg_database();
    db = pg_connect(&database);
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &witness_key, &err), &err);
    settings_default(&settings);
    core.settings = &settings;
    assert_ok(metrics_new(&core.metrics, &err), &err);
    (void)pthread_rwlock_init(&core.lock, NULL);
    (void)pthread_mutex_init(&core.tree_lock, NULL);
    assert_ok(tree_open(db, 0, &core.tree, &err), &err);
    plumb_leaf_hash("leaf", 4, &leaf);
    assert_ok(tree_append(core.tree, &leaf, 1, &err), &err);
    tree_commit(core.tree);
    db_close(db);
    checkpoint = calloc(1, sizeof *checkpoint);
    assert_non_null(checkpoint);
    atomic_init(&checkpoint->refs, 1);
    strcpy(checkpoint->head.origin, MAKE_ORIGIN);
    checkpoint->head.size = 1;
    assert_ok(tree_root(core.tree, &checkpoint->head.root, &err), &err);
    assert_ok(plumb_checkpoint_sign(&checkpoint->head, &make.log, 1, &checkpoint->note, &err),
              &err);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    core_checkpoint_unref(checkpoint);
    tree_free(core.tree);
    metrics_free(core.metrics);
    (void)pthread_rwlock_destroy(&core.lock);
    (void)pthread_mutex_destroy(&core.tree_lock);
    plumb_signer_free(witness_key);
    make_end(&make);
    return 0;
}

static struct witness_set *
set_of(uint16_t port)
{
    struct plumb_governance *g;
    struct witness_set *set = NULL;
    char vkey[PLUMB_VKEY_TEXT], url[64];
    struct plumb_vkey key;
    struct plumb_err err;

    assert_ok(plumb_vkey_make(NAME, 4, witness_key->pub, &key, &err), &err);
    plumb_vkey_text(&key, vkey);
    (void)snprintf(url, sizeof url, "http://127.0.0.1:%u", port);
    make_set(&make, "witnesses",
             json_pack("{s:s,s:i,s:[{s:s,s:s}]}", "away", "wait", "need", 1, "of", "vkey", vkey,
                       "url", url));
    g = make_governance(&make);
    assert_ok(witness_set_new(g, &set, &err), &err);
    plumb_governance_free(g);
    return set;
}

static void
nothing(void *arg)
{
    (void)arg;
}

/* Offer the checkpoint until the witness has been heard, or given up on; what is said of it. */
static size_t
hear(uint16_t port, char ret_error[512])
{
    struct witness_set *set = set_of(port);
    struct witness_crew *crew = NULL;
    struct core_checkpoint *c = NULL;
    struct plumb_err err;
    size_t n = 0;

    ret_error[0] = '\0';
    assert_ok(witness_crew_start(
                  &(struct witness_crew_config){ &core, database.serving, set, nothing, NULL },
                  &crew, &err),
              &err);
    witness_crew_offer(crew, checkpoint);
    for (int i = 0; i < 1200 && n == 0 && ret_error[0] == '\0'; i++) {
        json_t *all = witness_crew_json(crew);
        const char *error = json_string_value(json_object_get(json_array_get(all, 0), "error"));

        if (error != NULL)
            (void)snprintf(ret_error, 512, "%s", error);
        json_decref(all);
        core_checkpoint_unref(c);
        c = witness_crew_gathered(crew, &n);
        usleep(50000);
    }
    if (n > 0) {
        struct plumb_checkpoint head;

        assert_ok(plumb_checkpoint_verify(set->quorum, c->note.data, c->note.len, &head, &err),
                  &err);
    } else {
        assert_int_equal(checkpoint->note.len, c->note.len); /* as it was offered */
    }
    core_checkpoint_unref(c);
    witness_crew_stop(crew);
    witness_set_free(set);
    return n;
}

static void
a_witness_is_believed_only_what_it_signed(void **state)
{
    static const struct {
        int status;
        const char *text;
        size_t fill;
        const char *rule;
    } cases[] = {
        { 200, "", 0, "witness.quorum" },
        { 200, "yes\n", 0, "note.form" },
        { 200, "\xe2\x80\x94 stranger AAAAAAAAAAAAAAAA\n", 0, "witness.quorum" },
        { 200, "\xe2\x80\x94 " NAME " AAAA", 0, "note.form" },
        { 200, NULL, 15000, "note.form" },
        { 200, NULL, 100000, "witness.away" },
        { 409, "", 0, "witness.answer" },
        { 409, "x\n", 0, "witness.answer" },
        { 409, "1", 0, "witness.answer" },
        { 409, "-1\n", 0, "witness.answer" },
        { 409, "1\n1\n", 0, "witness.answer" },
        { 409, "4611686018427387905\n", 0, "witness.answer" },
        { 409, "99999999999999999999\n", 0, "witness.answer" },
        { 409, "0\n", 0, "witness.size" },
        { 403, "", 0, "witness.key" },
        { 404, "", 0, "witness.origin" },
        { 422, "", 0, "witness.fork" },
        { 400, "", 0, "witness.answer" },
        { 500, "", 0, "witness.answer" },
        { 301, "", 0, "witness.answer" },
    };
    struct http_server *server;
    char error[512], rule[64];
    uint16_t port;

    (void)state;
    server = witness_start(&port);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        answer.status = cases[i].status;
        answer.text = cases[i].text;
        answer.fill = cases[i].fill;
        assert_int_equal(0, hear(port, error));
        (void)snprintf(rule, sizeof rule, "(%s)", cases[i].rule);
        if (strstr(error, rule) == NULL)
            fail_msg("case %zu: want %s, got %s", i, rule, error);
    }
    answer.status = 200;
    answer.text = NULL;
    answer.fill = 0;
    assert_int_equal(1, hear(port, error));
    http_stop(server, 5000);
    assert_int_equal(0, hear(port, error)); /* nobody listens there now */
    assert_non_null(strstr(error, "(witness.away)"));
}

/* A size beyond the log's is no reason to believe in it for ever: it is asked again. */
static void
a_witness_ahead_of_the_log_is_asked_again(void **state)
{
    struct witness_crew *crew = NULL;
    struct witness_set *set;
    struct http_server *server;
    struct core_checkpoint *c;
    struct plumb_err err;
    uint16_t port;
    size_t n = 0;
    bool up = false;

    (void)state;
    server = witness_start(&port);
    set = set_of(port);
    answer.status = 409;
    answer.text = "7\n";
    assert_ok(witness_crew_start(
                  &(struct witness_crew_config){ &core, database.serving, set, nothing, NULL },
                  &crew, &err),
              &err);
    witness_crew_offer(crew, checkpoint);
    for (int i = 0; i < 1200 && !up; i++) {
        json_t *all = witness_crew_json(crew);

        up = json_is_true(json_object_get(json_array_get(all, 0), "up"));
        json_decref(all);
        usleep(50000);
    }
    assert_true(up);
    answer.status = 200;
    answer.text = NULL;
    witness_crew_offer(crew, checkpoint);
    for (int i = 0; i < 1200 && n == 0; i++) {
        c = witness_crew_gathered(crew, &n);
        core_checkpoint_unref(c);
        usleep(50000);
    }
    assert_int_equal(1, n);
    witness_crew_stop(crew);
    witness_set_free(set);
    http_stop(server, 5000);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_witness_is_believed_only_what_it_signed),
        cmocka_unit_test(a_witness_ahead_of_the_log_is_asked_again),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
