/* What a witness remembers: decided once, on the disk before anyone is told. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/file.h"
#include "tests/tinylog.h"
#include "witness/seen.h"

#define NOW INT64_C(1795489892)

struct scene {
    char dir[64], path[256];
    struct tinylog log;
    struct logs logs;
    struct cosigner self;
};

static int
begin(void **state)
{
    struct scene *s = calloc(1, sizeof *s);
    char text[PLUMB_VKEY_TEXT + 8], hex[PLUMB_DIGEST_HEX];
    struct plumb_digest name;
    struct plumb_err err;

    assert_non_null(s);
    strcpy(s->dir, "/tmp/plumb-witness-XXXXXX");
    assert_non_null(mkdtemp(s->dir));
    tinylog_begin(&s->log);
    s->self.data = s->dir;
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &s->self.signer, &err), &err);
    assert_ok(plumb_vkey_make("witness.example/w", 4, s->self.signer->pub, &s->self.id, &err),
              &err);
    (void)snprintf(text, sizeof text, "log %s\n", s->log.vkey);
    assert_ok(logs_parse(text, strlen(text), &s->self.id, &s->logs, &err), &err);
    (void)snprintf(s->path, sizeof s->path, "%s/seen", s->dir);
    assert_int_equal(0, mkdir(s->path, 0755));
    plumb_sha256(TINYLOG_ORIGIN, strlen(TINYLOG_ORIGIN), &name);
    plumb_digest_hex(&name, hex);
    (void)snprintf(s->path, sizeof s->path, "%s/seen/%s", s->dir, hex);
    *state = s;
    return 0;
}

static int
end(void **state)
{
    struct scene *s = *state;
    char command[128];

    (void)snprintf(command, sizeof command, "rm -rf %s", s->dir);
    assert_int_equal(0, system(command));
    logs_clear(&s->logs);
    plumb_signer_free(s->self.signer);
    tinylog_end(&s->log);
    free(s);
    return 0;
}

static enum plumb_code
ask(struct scene *s, const struct plumb_bytes *body, uint64_t *ret_size, struct plumb_err *err)
{
    struct plumb_bytes line = { 0 };
    struct plumb_add_checkpoint request;
    enum plumb_code code;

    assert_ok(plumb_add_checkpoint_parse(body->data, body->len, &request, err), err);
    code = seen_cosign(&s->self, &s->logs.log[0], &request, NOW, &line, ret_size, err);
    if (code == PLUMB_OK)
        assert_true(line.len > 0 && line.data[line.len - 1] == '\n');
    else
        assert_null(line.data);
    plumb_bytes_clear(&line);
    return code;
}

static enum plumb_code
go(struct scene *s, uint64_t old, uint64_t size, uint64_t *ret_size, struct plumb_err *err)
{
    struct plumb_bytes body = tinylog_request(&s->log, old, size);
    enum plumb_code code = ask(s, &body, ret_size, err);

    plumb_bytes_clear(&body);
    return code;
}

static void
what_was_cosigned_is_what_the_next_request_must_extend(void **state)
{
    struct scene *s = *state;
    struct plumb_bytes note = { 0 };
    struct plumb_checkpoint head;
    struct plumb_err err;
    uint64_t size = 9;

    assert_refused("file.read", seen_read(&s->self, &s->logs.log[0], &note, &err), &err);
    assert_refused("witness.size", go(s, 3, 5, &size, &err), &err);
    assert_int_equal(0, size);
    assert_ok(go(s, 0, 5, &size, &err), &err);
    assert_refused("witness.size", go(s, 0, 9, &size, &err), &err);
    assert_int_equal(5, size);
    assert_ok(go(s, 5, 9, &size, &err), &err);
    assert_ok(go(s, 9, 9, &size, &err), &err); /* again, for a log that lost the answer */
    assert_refused("witness.size", go(s, 5, 7, &size, &err), &err);
    assert_int_equal(9, size);
    assert_ok(seen_read(&s->self, &s->logs.log[0], &note, &err), &err);
    assert_ok(plumb_checkpoint_verify(s->logs.log[0].policy, note.data, note.len, &head, &err),
              &err);
    assert_int_equal(9, head.size);
    assert_non_null(strstr((char *)note.data, "witness.example/w "));
    plumb_bytes_clear(&note);
}

static void
a_rewritten_history_is_refused_and_kept_as_proof(void **state)
{
    struct scene *s = *state;
    struct plumb_bytes kept = { 0 }, forked;
    struct plumb_err err;
    char path[300];
    uint64_t size;

    assert_ok(go(s, 0, 9, &size, &err), &err);
    tinylog_rewrite(&s->log, 7, 1);
    assert_refused("proof.consistency", go(s, 9, 9, &size, &err), &err);
    assert_refused("proof.consistency", go(s, 9, 12, &size, &err), &err);
    assert_int_equal(9, size);
    (void)snprintf(path, sizeof path, "%s.refused", s->path);
    assert_ok(file_read(path, 1 << 16, &kept, &err), &err);
    forked = tinylog_note(&s->log, 12, NULL);
    assert_string_equal((char *)forked.data, (char *)kept.data);
    plumb_bytes_clear(&kept);
    plumb_bytes_clear(&forked);
}

/* Each process has a history of its own from entry 5 on; one of them is the first. */
static void
of_many_processes_with_many_histories_one_wins(void **state)
{
    enum { MANY = 16 };
    struct scene *s = *state;
    int go_pipe[2], won = 0;
    struct plumb_err err;
    uint64_t size;
    pid_t child[MANY];

    assert_ok(go(s, 0, 5, &size, &err), &err);
    assert_int_equal(0, pipe(go_pipe));
    for (unsigned i = 0; i < MANY; i++) {
        child[i] = fork();
        assert_true(child[i] >= 0);
        if (child[i] == 0) {
            struct plumb_bytes body;
            char byte;

            tinylog_rewrite(&s->log, 5, i + 1);
            body = tinylog_request(&s->log, 5, 9);
            (void)close(go_pipe[1]);
            (void)!read(go_pipe[0], &byte, 1); /* until all are there */
            switch (ask(s, &body, &size, &err)) {
            case PLUMB_OK:
                _exit(0);
            case PLUMB_CONFLICT:
                _exit(size == 9 ? 1 : 3);
            default:
                _exit(2);
            }
        }
    }
    (void)close(go_pipe[0]);
    (void)close(go_pipe[1]);
    for (int i = 0; i < MANY; i++) {
        int status;

        assert_int_equal(child[i], waitpid(child[i], &status, 0));
        assert_true(WIFEXITED(status));
        assert_true(WEXITSTATUS(status) <= 1);
        won += WEXITSTATUS(status) == 0;
    }
    assert_int_equal(1, won);
}

static void
a_witness_whose_memory_was_changed_refuses_everything(void **state)
{
    struct scene *s = *state;
    struct plumb_bytes note = { 0 };
    struct plumb_err err;
    uint64_t size;

    assert_ok(go(s, 0, 5, &size, &err), &err);
    assert_ok(file_read(s->path, 1 << 16, &note, &err), &err);
    for (size_t at = 0; at < note.len; at += 5) {
        note.data[at] ^= 1;
        assert_ok(file_replace(s->path, 0644, note.data, note.len, &err), &err);
        if (go(s, 5, 9, &size, &err) == PLUMB_OK)
            fail_msg("byte %zu was changed unnoticed", at);
        assert_string_equal("witness.seen", err.rule);
        note.data[at] ^= 1;
    }
    assert_ok(file_replace(s->path, 0644, note.data, 0, &err), &err);
    assert_refused("witness.seen", go(s, 0, 9, &size, &err), &err);
    assert_ok(file_replace(s->path, 0644, note.data, note.len, &err), &err);
    assert_ok(go(s, 5, 9, &size, &err), &err);
    plumb_bytes_clear(&note);
}

static void
nothing_is_cosigned_that_cannot_be_remembered(void **state)
{
    struct scene *s = *state;
    struct plumb_err err;
    char away[80], seen[80];
    uint64_t size;

    assert_ok(go(s, 0, 5, &size, &err), &err);
    (void)snprintf(seen, sizeof seen, "%s/seen", s->dir);
    (void)snprintf(away, sizeof away, "%s/away", s->dir);
    assert_int_equal(0, rename(seen, away));
    assert_refused("file.write", go(s, 5, 9, &size, &err), &err);
    assert_int_equal(0, rename(away, seen));
    assert_ok(go(s, 5, 9, &size, &err), &err);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        TEST(what_was_cosigned_is_what_the_next_request_must_extend),
        TEST(a_rewritten_history_is_refused_and_kept_as_proof),
        TEST(of_many_processes_with_many_histories_one_wins),
        TEST(a_witness_whose_memory_was_changed_refuses_everything),
        TEST(nothing_is_cosigned_that_cannot_be_remembered),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
