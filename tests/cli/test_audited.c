/*
 * An auditor against the real service: docs/auditing.md command by command, exports read from a
 * directory and from a web server, a fork that is watched for, and rows tampered with straight
 * in PostgreSQL by a superuser who switches the log's guards off.
 */
#include "tests/t.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/cli/doc.h"
#include "tests/cli/program.h"
#include "tests/server/acts.h"
#include "tests/tree.h"

/* As superuser: no trigger fires, and constraints do not hold any more. */
#define UNGUARDED                                                                              \
    "SET session_replication_role = replica;"                                                  \
    "ALTER TABLE plumb.entry DROP CONSTRAINT IF EXISTS entry_leaf;"                            \
    "ALTER TABLE plumb.blob DROP CONSTRAINT IF EXISTS blob_sha256;"

static struct make make;
static struct plumbd service;
static struct pg_database database;
static struct plumb_digest release;
static char url[64], local[320], trust[128];
static struct ran last;
static unsigned made;

/* Runs plumb; it must end so. What it said is in last. */
static void
run(int status, const char *const *args)
{
    ran_clear(&last);
    last = program_run(args);
    assert_status(status, &last);
}
#define RUN(status, ...)   run(status, (const char *const[]){ __VA_ARGS__, NULL })
#define EXPORT(status)     RUN(status, "log", "export", in("log"), "--server", local)
#define AUDIT(status, ...) RUN(status, "audit", "--trust", trust, __VA_ARGS__)

/* One more entry: so what is served next was not served before. */
static void
grow(void)
{
    char version[32];

    (void)snprintf(version, sizeof version, "9.%u", made++);
    act_register(&service, &make, version);
}

static int
begin(void **state)
{
    struct plumb_bytes values, bytes = { 0 };
    struct plumb_err err = { 0 };
    json_t *json;

    (void)state;
    make_begin(&make, time(NULL));
    make_set(&make, "fleets.prod.recognitions", json_integer(0));
    database = pg_database();
    plumbd_prepare(&service, &make);
    service.shared = &database;
    plumbd_start(&service);
    plumbd_genesis(&service, &make);
    values = make_refvals("1.0");
    release = act_release(&service, &make, "1.0", &values);
    plumb_bytes_clear(&values);
    act_roll(&service, &make, "web@1.0", &release, PLUMB_ACTION_BEGIN, NULL);
    act_roll(&service, &make, "web@1.0", &release, PLUMB_ACTION_COMPLETE, NULL);

    assert_int_equal(chdir(pg_directory()), 0);
    (void)snprintf(url, sizeof url, "https://127.0.0.1:%u", plumbd_port(&service));
    (void)snprintf(local, sizeof local, "unix:%s/plumbd.sock", service.data);
    json = plumbd_json(&service, "GET", "/v1/trust/prod", NULL, 200);
    assert_ok(plumb_json_canonical(json, &bytes, &err), &err);
    strcpy(trust, in_bytes("trust.json", bytes.data, bytes.len));
    plumb_bytes_clear(&bytes);
    json_decref(json);
    (void)in_key("otto.tls", make_who(&make, "otto")->tls);
    /* what each test puts back */
    pg_admin(&database, "CREATE TABLE kept_entry AS SELECT * FROM plumb.entry;"
                        "CREATE TABLE kept_blob AS SELECT * FROM plumb.blob");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    plumbd_stop(&service, SIGTERM);
    make_end(&make);
    ran_clear(&last);
    return 0;
}

/* Rows as they were, and no export. */
static int
put_back(void **state)
{
    (void)state;
    pg_admin(
        &database, UNGUARDED
        "DELETE FROM plumb.entry WHERE idx < (SELECT count(*) FROM kept_entry);"
        "INSERT INTO plumb.entry SELECT * FROM kept_entry;"
        "UPDATE plumb.blob b SET data = k.data FROM kept_blob k WHERE k.sha256 = b.sha256");
    tree_remove(in("log"));
    return 0;
}

/* --- the document --- */

static size_t ran_lines;

/* What the document has for example, as it is here. */
static const char *
as_here(const char *word)
{
    static char key[PLUMB_DIGEST_HEX], now[PLUMB_TIME_TEXT];

    if (strcmp(word, "https://plumb.example:8471") == 0)
        return url;
    if (strlen(word) == PLUMB_DIGEST_HEX - 1) {
        plumb_digest_hex(make_key_id(&make, "sol"), key);
        return key;
    }
    if (strlen(word) == PLUMB_TIME_TEXT - 1 && word[10] == 'T') {
        plumb_time_text(time(NULL), now);
        return now;
    }
    return word;
}

static void
run_line(const struct doc_line *line, void *arg)
{
    const char *args[DOC_WORDS + 2];
    size_t n = 0;

    (void)arg;
    for (int i = 1; i < line->argc; i++)
        args[n++] = as_here(line->argv[i]);
    if (n > 1 && strncmp(args[1], "https://audit.example", 21) == 0)
        return; /* a_web_server_that_serves_an_export_is_audited */
    if (n > 1 && strcmp(args[1], "--watch") == 0)
        args[n++] = "--once"; /* it would not end */
    args[n] = NULL;
    run(0, args);
    ran_lines++;
}

static void
the_auditors_page_does_what_it_says(void **state)
{
    struct plumb_bytes report;

    (void)state;
    doc_each("docs/auditing.md", "plumb", 0, run_line, NULL);
    assert_true(ran_lines >= 8);
    report = read_in("audit.md");
    assert_says((const char *)report.data, "# Audit of the log example.org/log");
    assert_says((const char *)report.data, "ALL HOLDS");
    plumb_bytes_clear(&report);
}

/* --- untouched --- */

static void
entries_are_for_auditors_and_not_for_strangers(void **state)
{
    (void)state;
    AUDIT(0, "--server", url, "--tls-key", in("otto.tls"));
    assert_says(last.out, "ALL HOLDS");
    (void)in_key("stranger.tls", make_who(&make, "vera")->tls); /* a verifier is none */
    AUDIT(1, "--server", url, "--tls-key", in("stranger.tls"));
}

static void
an_export_of_a_live_log_holds_and_grows_with_it(void **state)
{
    json_t *answer;

    (void)state;
    EXPORT(0);
    AUDIT(0, in("log"), "--json", "--why", "web@1.0", "--by", "rex");
    answer = ran_json(&last);
    assert_true(json_is_true(json_object_get(answer, "holds")));
    assert_non_null(json_object_get(json_object_get(answer, "why"), "history"));
    assert_true(json_array_size(json_object_get(json_object_get(answer, "by"), "rests")) > 0);
    json_decref(answer);
    grow();
    EXPORT(0);
    AUDIT(0, in("log"));
}

static void
the_copy_of_a_governance_document_must_be_the_one_that_was_in_force(void **state)
{
    (void)state;
    EXPORT(0);
    (void)in_bytes("log/governance/1.json", "{}", 2);
    AUDIT(3, in("log"));
    assert_says(last.out, "export.governance");
    assert_int_equal(unlink(in("log/governance/1.json")), 0);
    AUDIT(3, in("log"));
    assert_says(last.out, "export.governance");
}

/* Answers GET with a file below the directory, until it is killed. */
static void
serve_files(int listening, const char *directory)
{
    char request[2048], path[2048], name[1024], *body = malloc(1 << 20);

    for (;;) {
        int fd = accept(listening, NULL, NULL), file;
        ssize_t n = fd >= 0 ? read(fd, request, sizeof request - 1) : -1;
        size_t len = 0;

        if (n <= 0)
            continue;
        request[n] = '\0';
        if (sscanf(request, "GET /mirror/%1000s HTTP/1.1", name) != 1)
            _exit(1);
        (void)snprintf(path, sizeof path, "%s/%s", directory, name);
        file = open(path, O_RDONLY);
        if (file >= 0)
            len = (size_t)read(file, body, 1 << 20);
        dprintf(fd, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
                file >= 0 ? "200 OK" : "404 Not Found", len);
        if (file >= 0)
            (void)!write(fd, body, len);
        (void)close(file);
        (void)close(fd);
    }
}

static void
a_web_server_that_serves_an_export_is_audited(void **state)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char mirror[80];
    pid_t pid;

    (void)state;
    EXPORT(0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve_files(fd, in("log"));
    }
    (void)snprintf(mirror, sizeof mirror, "http://127.0.0.1:%u/mirror/", ntohs(at.sin_port));
    AUDIT(0, mirror);
    assert_says(last.out, "ALL HOLDS");
    RUN(0, "log", "export", in("copy"), "--from", mirror);
    AUDIT(0, in("copy"));
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    (void)close(fd);
    tree_remove(in("copy"));
}

static void
another_genesis_is_not_believed(void **state)
{
    (void)state;
    EXPORT(0);
    RUN(3, "audit", in("log"), "--genesis",
        "0000000000000000000000000000000000000000000000000000000000000001");
    assert_says(last.out, "genesis.pin");
    /* and none at all is an error */
    RUN(1, "audit", in("log"), "--config", in_bytes("nobody.json", "{}", 2));
    assert_says(last.err, "cli.genesis");
}

/* --- watching --- */

/* A checkpoint that the log's own key signs, of a tree that is not the log's. */
static void
lie(uint64_t size, const char *file)
{
    struct plumb_checkpoint head = { .origin = MAKE_ORIGIN, .size = size };
    struct plumb_signer *const signers[] = { make.log };
    struct plumb_bytes note = { 0 };
    struct plumb_err err = { 0 };

    plumb_sha256("another", 7, &head.root);
    assert_ok(plumb_checkpoint_sign(&head, signers, 1, &note, &err), &err);
    (void)in_bytes(file, note.data, note.len);
    plumb_bytes_clear(&note);
}

static void
a_watch_proves_that_the_log_grows_and_alarms_when_it_forked(void **state)
{
    json_t *size;
    uint64_t entries;

    (void)state;
    AUDIT(0, "--watch", "--once", "--memory", in("seen"), "--server", local);
    assert_says(last.out, "the first checkpoint seen");
    grow();
    AUDIT(0, "--watch", "--once", "--memory", in("seen"), "--server", local, "--json");
    size = ran_json(&last);
    assert_string_equal(json_string_value(json_object_get(size, "result")), "extended");
    entries = (uint64_t)json_integer_value(json_object_get(size, "size"));
    json_decref(size);

    lie(entries - 2, "seen"); /* what somebody else was shown, two entries ago */
    AUDIT(3, "--watch", "--memory", in("seen"), "--server", local); /* ends by itself */
    assert_says(last.out, "ALARM");
    assert_says(last.err, "kept as proof");
    assert_int_equal(access(in("seen.seen"), R_OK), 0);
    assert_int_equal(access(in("seen.fork"), R_OK), 0);

    lie(entries + 5, "seen"); /* a log that had more */
    AUDIT(3, "--watch", "--memory", in("seen"), "--server", local);
    assert_says(last.out, "fewer entries");
}

/* --- rows --- */

/* Exported as it comes, with a warning; and found, whichever way the log is read. */
static void
finds(const char *rule)
{
    EXPORT(3);
    assert_says(last.err, "not as the log says");
    AUDIT(3, in("log"));
    assert_says(last.out, rule);
    AUDIT(3, "--server", local);
    assert_says(last.out, rule);
}

static void
a_row_that_a_superuser_changed_is_found(void **state)
{
    (void)state;
    grow();
    pg_admin(&database, UNGUARDED
             "UPDATE plumb.entry SET body = set_byte(body, 300, get_byte(body, 300) # 1)"
             " WHERE idx = 2");
    finds("\n  2      tile.hash");
}

static void
rows_that_a_superuser_swapped_are_found(void **state)
{
    (void)state;
    grow();
    pg_admin(&database,
             UNGUARDED "UPDATE plumb.entry e SET body = o.body FROM plumb.entry o"
                       " WHERE (e.idx = 2 AND o.idx = 3) OR (e.idx = 3 AND o.idx = 2)");
    finds("\n  2      tile.hash");
}

static void
a_row_that_a_superuser_removed_is_found(void **state)
{
    (void)state;
    grow();
    pg_admin(&database, UNGUARDED "DELETE FROM plumb.entry WHERE idx = 3");
    EXPORT(1);
    assert_says(last.err, "entries.missing");
    AUDIT(3, "--server", local);
    assert_says(last.out, "entries.missing");
}

static void
a_blob_that_a_superuser_changed_is_found(void **state)
{
    (void)state;
    grow();
    pg_admin(&database,
             UNGUARDED "UPDATE plumb.blob SET data = set_byte(data, 5, get_byte(data, 5) # 1)"
                       " WHERE data LIKE '%reference-values%' AND sha256 IN (SELECT sha256 FROM"
                       " kept_blob)");
    finds("blob.digest");
}

/* Last: the service does not go on after it. */
static void
a_row_that_a_superuser_added_is_never_signed(void **state)
{
    struct plumb_bytes values = make_refvals("forged");
    struct plumb_digest digest;

    (void)state;
    grow();
    pg_admin(&database,
             UNGUARDED "INSERT INTO plumb.entry SELECT (SELECT max(idx) + 1 FROM plumb.entry),"
                       " sha256(id), time, kind, leaf, body FROM plumb.entry WHERE idx = 2");
    plumb_sha256(values.data, values.len, &digest);
    plumbd_blob(&service, &values);
    plumb_bytes_clear(&values);
    /* the service sees that it is none of its log's, and accepts nothing behind it */
    json_decref(
        plumbd_submit(&service, make_release(&make, "rex", "web", "forged", &digest), 500));
    EXPORT(0);
    AUDIT(0, in("log")); /* the checkpoint is of the log before it */
    pg_admin(&database, UNGUARDED
             "DELETE FROM plumb.entry WHERE idx = (SELECT max(idx) FROM plumb.entry)");
}

#define T(f) cmocka_unit_test_teardown(f, put_back)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(the_auditors_page_does_what_it_says),
        T(entries_are_for_auditors_and_not_for_strangers),
        T(an_export_of_a_live_log_holds_and_grows_with_it),
        T(the_copy_of_a_governance_document_must_be_the_one_that_was_in_force),
        T(a_web_server_that_serves_an_export_is_audited),
        T(another_genesis_is_not_believed),
        T(a_watch_proves_that_the_log_grows_and_alarms_when_it_forked),
        T(a_row_that_a_superuser_changed_is_found),
        T(rows_that_a_superuser_swapped_are_found),
        T(a_row_that_a_superuser_removed_is_found),
        T(a_blob_that_a_superuser_changed_is_found),
        T(a_row_that_a_superuser_added_is_never_signed),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
