#include "tests/server/plumbd.h"

#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/file.h"
#include "server/identity.h"
#include "tests/local.h"
#include "tests/server/pg.h"

static void
write_key(const struct plumbd *p, const char *name, const struct plumb_signer *signer)
{
    struct plumb_bytes pem = { 0 };
    struct plumb_err err = { 0 };
    char path[400];

    assert_ok(plumb_signer_to_pem(signer, NULL, &pem, &err), &err);
    (void)snprintf(path, sizeof path, "%s/keys/%s", p->data, name);
    assert_ok(file_replace(path, 0600, pem.data, pem.len, &err), &err);
    plumb_bytes_cleanse(&pem);
}

void
plumbd_prepare_in(struct plumbd *p, const struct make *m, const char *directory)
{
    static int count;
    struct plumb_err err = { 0 };

    *p = (struct plumbd){ .pid = 0 };
    (void)snprintf(p->data, sizeof p->data, "%s/plumbd%d", directory, count++);
    assert_ok(identity_create(p->data, MAKE_ORIGIN, "localhost", m->now, &err), &err);
    write_key(p, "service.key", make_who(m, "plumbd")->sign);
    write_key(p, "log.key", m->log);
}

void
plumbd_prepare(struct plumbd *p, const struct make *m)
{
    plumbd_prepare_in(p, m, pg_directory());
}

static void
pause_ms(long ms)
{
    (void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

static bool
answers(const struct plumbd *p, int status)
{
    char path[300];
    struct hc_reply reply;
    bool ready;

    (void)snprintf(path, sizeof path, "%s/plumbd.sock", p->data);
    if (!local_listens(path))
        return false;
    reply = plumbd_ask(p, "GET", "/readyz", NULL);
    ready = status == 0 ? reply.status != 0 : reply.status == status;
    hc_reply_free(&reply);
    return ready;
}

/* Becomes plumbd; returns only if it cannot. */
static void
run(const struct plumbd *p, const char *program)
{
    const char *argv[64] = { program,       "--data", p->data,      "--listen",
                             "127.0.0.1:0", "--set",  "http.rate=0" };
    char database[300], owner[300], role[100], witness[40];
    size_t n = 7;

    if (p->shared != NULL) {
        (void)snprintf(database, sizeof database, "database=%s", p->shared->serving);
        (void)snprintf(owner, sizeof owner, "database_owner=%s", p->shared->owner);
        (void)snprintf(role, sizeof role, "database_role=%s",
                       cluster_serving_role(pg_cluster()));
        argv[n++] = "--set";
        argv[n++] = database;
        argv[n++] = "--set";
        argv[n++] = owner;
        argv[n++] = "--set";
        argv[n++] = role;
    }
    for (size_t i = 0; p->settings != NULL && p->settings[i] != NULL && n + 3 < 64; i++) {
        argv[n++] = "--set";
        argv[n++] = p->settings[i];
    }
    if (p->witness_ms > 0) {
        (void)snprintf(witness, sizeof witness, "witness_ms=%d", p->witness_ms);
        argv[n++] = "--set";
        argv[n++] = witness;
    }
    (void)execv(program, (char *const *)argv);
}

static void
start(struct plumbd *p, int status)
{
    char program[4096], log[300], socket[300];

    (void)snprintf(program, sizeof program, "%s/plumbd", getenv("PLUMB_BUILD"));
    (void)snprintf(log, sizeof log, "%s/log", p->data);
    (void)snprintf(socket, sizeof socket, "%s/plumbd.sock", p->data);
    (void)unlink(socket); /* of one that was killed */
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid == 0) {
        if (freopen(log, "a", stderr) != NULL)
            run(p, program);
        _exit(127);
    }
    for (int i = 0; i < 600 && !answers(p, status); i++) {
        if (waitpid(p->pid, NULL, WNOHANG) != 0) {
            struct plumb_bytes said = { 0 };

            (void)!file_read(log, 1 << 20, &said, NULL);
            fail_msg("plumbd ended: %s",
                     (const char *)said.data + (said.len > 600 ? said.len - 600 : 0));
        }
        pause_ms(100);
    }
    assert_true(answers(p, status));
}

void
plumbd_start(struct plumbd *p)
{
    start(p, 200);
}

void
plumbd_start_unready(struct plumbd *p)
{
    start(p, 503);
}

void
plumbd_stop(struct plumbd *p, int signal)
{
    int status = -1;

    if (p->pid == 0)
        return;
    assert_int_equal(0, kill(p->pid, signal));
    assert_int_equal(p->pid, waitpid(p->pid, &status, 0));
    p->pid = 0;
    if (signal == SIGTERM)
        assert_int_equal(0, status);
}

/* A number that the running one's log says it listens on. */
static uint16_t
listening(const struct plumbd *p, const char *member)
{
    static const char event[] = "\"event\":\"listening\"";
    struct plumb_bytes said = { 0 };
    struct plumb_err err;
    const char *at, *last = NULL;
    unsigned port = 0;
    char log[300];

    (void)snprintf(log, sizeof log, "%s/log", p->data);
    assert_ok(file_read(log, 1 << 26, &said, &err), &err);
    for (at = (const char *)said.data; (at = strstr(at, event)) != NULL; at++)
        last = at; /* it may have been started before */
    assert_non_null(last);
    assert_non_null(last = strstr(last, member));
    assert_int_equal(1, sscanf(last + strlen(member), "%u", &port));
    plumb_bytes_clear(&said);
    return (uint16_t)port;
}

uint16_t
plumbd_port(const struct plumbd *p)
{
    return listening(p, "\"port\":");
}

uint16_t
plumbd_plain_port(const struct plumbd *p)
{
    return listening(p, "\"plain_port\":");
}

struct hc_reply
plumbd_ask(const struct plumbd *p, const char *method, const char *target, const char *body)
{
    char path[300];
    struct hc_reply reply;
    struct hc *c;

    (void)snprintf(path, sizeof path, "%s/plumbd.sock", p->data);
    c = hc_local(path);
    reply = hc_ask(c, method, target, "Content-Type: application/json\r\n", body);
    hc_close(c);
    return reply;
}

json_t *
plumbd_json(const struct plumbd *p, const char *method, const char *target, const char *body,
            int status)
{
    struct hc_reply reply = plumbd_ask(p, method, target, body);
    json_t *json = json_loadb(reply.body != NULL ? reply.body : "", reply.body_len, 0, NULL);

    if (reply.status != status || json == NULL)
        fail_msg("%s %s: want %d, got %d: %s", method, target, status, reply.status,
                 reply.body != NULL ? reply.body : "");
    hc_reply_free(&reply);
    return json;
}

void
plumbd_blob(const struct plumbd *p, const struct plumb_bytes *blob)
{
    char target[100] = "/v1/blobs/";
    struct plumb_digest digest;
    struct hc_reply reply;

    plumb_sha256(blob->data, blob->len, &digest);
    plumb_digest_hex(&digest, target + strlen(target));
    reply = plumbd_ask(p, "PUT", target, (const char *)blob->data);
    assert_true(reply.status == 201 || reply.status == 200);
    hc_reply_free(&reply);
}

static json_t *
submit_to(const struct plumbd *p, const char *target, struct plumb_signed *s, int status)
{
    char *text = json_dumps(s->envelope, JSON_COMPACT);
    json_t *answer = plumbd_json(p, "POST", target, text, status);

    free(text);
    plumb_signed_free(s);
    return answer;
}

json_t *
plumbd_submit(const struct plumbd *p, struct plumb_signed *s, int status)
{
    return submit_to(p, "/v1/statements", s, status);
}

void
plumbd_genesis(const struct plumbd *p, struct make *m)
{
    struct plumb_bytes document = make_document(m);

    plumbd_blob(p, &document);
    plumb_bytes_clear(&document);
    json_decref(submit_to(p, "/v1/genesis", make_change(m, "ada bob"), 201));
}
