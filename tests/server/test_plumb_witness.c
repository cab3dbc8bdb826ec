/* The real plumb-witness: what it answers, and what it remembers through the worst. */
#include "tests/t.h"

#include <plumb/witness.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/file.h"
#include "tests/server/pg.h"
#include "tests/server/witnessd.h"
#include "tests/tinylog.h"

#define NAME "witness.example/w1"

struct scene {
    struct tinylog log;
    struct witnessd witness;
    struct plumb_log_policy *policy; /* the log's key, and the witness as quorum */
};

static int
begin(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    struct plumb_err err;
    char text[1024];

    assert_non_null(s);
    tinylog_begin(&s->log);
    witnessd_prepare(&s->witness, NAME, s->log.vkey);
    (void)snprintf(text, sizeof text, "log %s\nwitness w %s\nquorum w\n", s->log.vkey,
                   s->witness.vkey);
    assert_ok(plumb_log_policy_parse(text, strlen(text), &s->policy, &err), &err);
    *state = s;
    return 0;
}

static int
end(void **state)
{
    struct scene *s = *state;

    witnessd_stop(&s->witness, SIGTERM);
    plumb_log_policy_free(s->policy);
    tinylog_end(&s->log);
    free(s);
    return 0;
}

/* The answer to a request of the log's; its body, if it has one of text, into ret. */
static int
ask(struct scene *s, uint64_t old, uint64_t size, char ret[1024])
{
    struct plumb_bytes body = tinylog_request(&s->log, old, size);
    struct hc_reply reply = witnessd_ask(&s->witness, &body);
    int status = reply.status;

    if (ret != NULL)
        (void)snprintf(ret, 1024, "%s", reply.body);
    hc_reply_free(&reply);
    plumb_bytes_clear(&body);
    return status;
}

static void
a_cosignature_makes_the_checkpoint_witnessed(void **state)
{
    struct scene *s = *state;
    struct plumb_bytes note = tinylog_note(&s->log, 5, NULL), all = { 0 };
    struct plumb_checkpoint head;
    struct plumb_err err;
    char line[1024], target[100] = "/", path[400];
    struct hc_reply reply;
    struct hc *c;
    size_t n;

    witnessd_start(&s->witness, NULL);
    assert_int_equal(200, ask(s, 0, 5, line));
    assert_ok(
        plumb_cosigned_add(s->policy, note.data, note.len, line, strlen(line), &all, &n, &err),
        &err);
    assert_ok(plumb_checkpoint_verify(s->policy, all.data, all.len, &head, &err), &err);
    assert_int_equal(5, head.size);
    /* and for those who look on */
    witnessd_seen(&s->witness, TINYLOG_ORIGIN, path);
    strcat(strcat(target, strrchr(path, '/') + 1), "/checkpoint");
    c = hc_plain(s->witness.port);
    reply = hc_ask(c, "GET", target, "", NULL);
    assert_int_equal(200, reply.status);
    assert_string_equal((char *)all.data, reply.body);
    hc_reply_free(&reply);
    memset(target + 1, '0', 64);
    assert_int_equal(404, hc_status(c, "GET", target, "", NULL));
    assert_int_equal(400, hc_status(c, "GET", "/x/checkpoint", "", NULL));
    assert_int_equal(200, hc_status(c, "GET", "/healthz", "", NULL));
    hc_close(c);
    plumb_bytes_clear(&all);
    plumb_bytes_clear(&note);
}

static int
status_of(struct scene *s, const char *text, size_t len)
{
    struct plumb_bytes body = { 0 };
    struct hc_reply reply;
    struct plumb_err err;
    int status;

    assert_ok(plumb_bytes_copy(text, len, &body, &err), &err);
    reply = witnessd_ask(&s->witness, &body);
    status = reply.status;
    hc_reply_free(&reply);
    plumb_bytes_clear(&body);
    return status;
}

static void
every_refusal_has_the_protocols_status(void **state)
{
    struct scene *s = *state;
    struct plumb_bytes body, note = { 0 };
    struct plumb_signer *other = NULL;
    struct tinylog stranger;
    struct hc_reply reply;
    struct plumb_err err;
    char text[1024], type[256];

    witnessd_start(&s->witness, NULL);
    assert_int_equal(200, ask(s, 0, 9, NULL));
    /* 409, and what was seen */
    body = tinylog_request(&s->log, 5, 12);
    reply = witnessd_ask(&s->witness, &body);
    assert_int_equal(409, reply.status);
    assert_string_equal("text/x.tlog.size", hc_header(&reply, "Content-Type", type));
    assert_string_equal("9\n", reply.body);
    hc_reply_free(&reply);
    /* 400: malformed, cut short, an old size beyond the checkpoint's */
    assert_int_equal(400, status_of(s, (char *)body.data, body.len / 2));
    assert_int_equal(400, status_of(s, "hello\n", 6));
    assert_int_equal(400, ask(s, 12, 9, NULL));
    plumb_bytes_clear(&body);
    /* 403: another's signature */
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &other, &err), &err);
    note = tinylog_note(&s->log, 12, other);
    assert_ok(plumb_add_checkpoint_text(9, NULL, 0, note.data, note.len, &body, &err), &err);
    assert_int_equal(403, status_of(s, (char *)body.data, body.len));
    plumb_bytes_clear(&body);
    plumb_bytes_clear(&note);
    plumb_signer_free(other);
    /* 404: another log */
    tinylog_begin(&stranger);
    body = tinylog_request(&stranger, 0, 3);
    memcpy(strstr((char *)body.data, TINYLOG_ORIGIN), "E", 1);
    assert_int_equal(404, status_of(s, (char *)body.data, body.len));
    plumb_bytes_clear(&body);
    tinylog_end(&stranger);
    /* 422: a bad proof, and a fork */
    note = tinylog_note(&s->log, 12, NULL);
    assert_ok(plumb_add_checkpoint_text(9, NULL, 0, note.data, note.len, &body, &err), &err);
    assert_int_equal(422, status_of(s, (char *)body.data, body.len));
    plumb_bytes_clear(&body);
    plumb_bytes_clear(&note);
    tinylog_rewrite(&s->log, 6, 1);
    assert_int_equal(422, ask(s, 9, 12, NULL));
    assert_int_equal(422, ask(s, 9, 9, NULL));
    tinylog_rewrite(&s->log, 6, 0);
    /* after all that it goes on where it was */
    assert_int_equal(200, ask(s, 9, 12, text));
}

static void
what_was_cosigned_survives_a_kill_between_the_disk_and_the_answer(void **state)
{
    struct scene *s = *state;
    struct plumb_bytes body, note = { 0 };
    struct hc_reply reply;
    struct plumb_err err;
    char path[400], text[1024];

    witnessd_start(&s->witness, NULL);
    assert_int_equal(200, ask(s, 0, 5, NULL));
    witnessd_stop(&s->witness, SIGTERM);

    witnessd_seen(&s->witness, TINYLOG_ORIGIN, path);
    witnessd_start(&s->witness, path);
    body = tinylog_request(&s->log, 5, 9);
    reply = witnessd_ask(&s->witness, &body);
    assert_int_equal(0, reply.status); /* no answer came */
    hc_reply_free(&reply);
    plumb_bytes_clear(&body);
    witnessd_stop(&s->witness, 0);

    /* it has promised, though nobody heard it: another history from 5 on is too late */
    witnessd_start(&s->witness, NULL);
    tinylog_rewrite(&s->log, 5, 1);
    assert_int_equal(409, ask(s, 5, 9, text));
    assert_string_equal("9\n", text);
    assert_int_equal(422, ask(s, 9, 9, NULL));
    tinylog_rewrite(&s->log, 5, 0);
    /* and the log that lost the answer gets it now */
    assert_int_equal(409, ask(s, 5, 9, NULL));
    assert_int_equal(200, ask(s, 9, 9, NULL));
    assert_int_equal(200, ask(s, 9, 12, NULL));
    assert_ok(file_read(path, 1 << 16, &note, &err), &err);
    plumb_bytes_clear(&note);
}

/* --- the program --- */

static int
run(const char *const *arguments)
{
    const char *argv[10];
    char path[4096];
    int status;
    size_t n = 1;
    pid_t pid;

    (void)snprintf(path, sizeof path, "%s/plumb-witness", getenv("PLUMB_BUILD"));
    argv[0] = path;
    while ((argv[n] = arguments[n - 1]) != NULL)
        n++;
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        if (freopen("/dev/null", "w", stdout) != NULL &&
            freopen("/dev/null", "w", stderr) != NULL)
            (void)execv(path, (char *const *)argv);
        _exit(127);
    }
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}
#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })

static void
a_key_is_never_overwritten_and_wrong_usage_is_told(void **state)
{
    struct scene *s = *state;
    struct plumb_bytes before = { 0 }, after = { 0 };
    struct plumb_err err;
    char path[400], vkey[400], fresh[400];

    (void)snprintf(path, sizeof path, "%s/key.pem", s->witness.data);
    (void)snprintf(vkey, sizeof vkey, "%s/vkey", s->witness.data);
    (void)snprintf(fresh, sizeof fresh, "%s-fresh", s->witness.data);
    assert_ok(file_read(path, 4096, &before, &err), &err);
    assert_int_equal(1, RUN("--data", s->witness.data, "--name", NAME, "init"));
    assert_ok(file_read(path, 4096, &after, &err), &err);
    assert_string_equal((char *)before.data, (char *)after.data);
    assert_int_equal(0, RUN("--data", s->witness.data, "vkey"));
    assert_int_equal(1, RUN("--data", fresh, "init"));
    assert_int_equal(1, RUN("--data", fresh, "--name", "a b", "init"));
    assert_int_equal(-1, access(fresh, F_OK));
    assert_int_equal(1, RUN("--data", fresh));
    assert_int_equal(2, RUN("vkey"));
    assert_int_equal(2, RUN("--data", s->witness.data, "walk"));
    assert_int_equal(2, RUN("--data", s->witness.data, "--certificate", path));
    assert_int_equal(2, RUN("--data", s->witness.data, "--set", "http.nonsense=1"));
    assert_int_equal(0, RUN("--help"));
    assert_int_equal(0, RUN("--version"));
    /* the verifier key of another one */
    assert_ok(file_replace(vkey, 0644, s->log.vkey, strlen(s->log.vkey), &err), &err);
    assert_int_equal(1, RUN("--data", s->witness.data));
    plumb_bytes_clear(&before);
    plumb_bytes_clear(&after);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(a_cosignature_makes_the_checkpoint_witnessed),
        TEST(every_refusal_has_the_protocols_status),
        TEST(what_was_cosigned_survives_a_kill_between_the_disk_and_the_answer),
        TEST(a_key_is_never_overwritten_and_wrong_usage_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
