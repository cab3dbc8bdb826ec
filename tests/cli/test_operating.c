/* What docs/operating.md and the README have operators run, in their order: plumbd,
 * plumb-witness. (What they have them run of plumb: test_documents, test_tour.) */
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/cli/doc.h"
#include "tests/cli/people.h"
#include "tests/tree.h"

static struct people people;
static char fresh[128];     /* the directory of a service that begins */
static const char *program; /* of the lines that are run */

static const char *
as_here(const char *word, bool begins)
{
    if (strcmp(word, "/var/lib/plumbline") == 0)
        return begins ? fresh : people.service.data;
    if (strcmp(word, "/var/lib/plumb-witness") == 0)
        return fresh;
    if (strcmp(word, "/var/backups/log") == 0)
        return in("log");
    if (strncmp(word, "0.0.0.0:", 8) == 0)
        return "127.0.0.1:0";
    return word;
}

static const char *
args_of(const struct doc_line *line, bool begins, const char *args[DOC_WORDS + 1])
{
    for (int i = 1; i < line->argc; i++)
        args[i - 1] = as_here(line->argv[i], begins);
    args[line->argc - 1] = NULL;
    return line->argv[line->argc - 1]; /* the command, or an option's value */
}

static void
ends(const struct doc_line *line, int status, const char *says)
{
    const char *args[DOC_WORDS + 1];
    struct ran r;

    (void)args_of(line, strstr("init identity", line->argv[line->argc - 1]) != NULL, args);
    r = program_run_other(program, args);
    if (r.status != status)
        fail_msg("%s:%d ends with %d: %s%s", line->file, line->number, r.status, r.out, r.err);
    assert_says(status == 0 ? r.out : r.err, says);
    ran_clear(&r);
}

/* It serves until it is told to end. */
static void
serves(const struct doc_line *line)
{
    const char *args[DOC_WORDS + 1];
    bool listening = false;
    pid_t pid;
    int status;

    (void)args_of(line, true, args);
    (void)in_bytes("serves.err", "", 0); /* there may be one of another line's */
    pid = program_start_other(program, "serves", args);
    for (int i = 0; i < 600 && !listening; i++) {
        struct plumb_bytes said = read_in("serves.err");

        listening = strstr((const char *)said.data, "\"event\":\"listening\"") != NULL;
        plumb_bytes_clear(&said);
        (void)nanosleep(&(struct timespec){ 0, 100000000 }, NULL);
    }
    assert_int_equal(0, kill(pid, SIGTERM));
    assert_int_equal(pid, waitpid(pid, &status, 0));
    if (!listening || status != 0)
        fail_msg("%s:%d: does not serve, or ends with %d", line->file, line->number, status);
}

/* With nothing left but the keys, the kept checkpoint, and what was exported. */
static void
restores(const struct doc_line *line)
{
    char pg[300];

    assert_plumb(0, "log", "export", in("log"), "--server", people.socket);
    plumbd_stop(&people.service, SIGTERM);
    (void)snprintf(pg, sizeof pg, "%s/pg", people.service.data);
    tree_remove(pg);
    ends(line, 0, "put back entries 0 to ");
    plumbd_start(&people.service);
}

struct seen {
    unsigned init, identity, serve, restore, resume, rotate, promote;
};

static void
run_line(const struct doc_line *line, void *arg)
{
    const char *command = line->argv[line->argc - 1];
    struct seen *seen = arg;

    if (strcmp(command, "init") == 0) {
        tree_remove(fresh);
        ends(line, 0, "");
        seen->init++;
    } else if (strcmp(command, "identity") == 0) {
        ends(line, 0, "\"origin\": \"plumb.example/prod\"");
        seen->identity++;
    } else if (strcmp(command, "restore") == 0 ||
               strcmp(line->argv[line->argc - 2], "restore") == 0) {
        restores(line);
        seen->restore++;
    } else if (strcmp(command, "resume") == 0) { /* of one that was not stopped */
        ends(line, 1, "there is nothing to resume");
        seen->resume++;
    } else if (strcmp(command, "rotate") == 0) {
        ends(line, 0, "");
        seen->rotate++;
    } else if (strcmp(command, "promote") == 0) {
        ends(line, 0, "");
        seen->promote++;
    } else if (strcmp(line->argv[line->argc - 2], "--listen") == 0) {
        serves(line);
        seen->serve++;
    } else {
        fail_msg("%s:%d: nobody runs it here: %s", line->file, line->number, command);
    }
}

static void
the_operators_page_runs(void **state)
{
    struct seen seen = { 0 };

    (void)state;
    program = "plumbd";
    doc_each("docs/operating.md", program, 0, run_line, &seen);
    assert_int_equal(1, seen.init);
    assert_int_equal(1, seen.identity);
    assert_int_equal(1, seen.serve);
    assert_int_equal(1, seen.restore);
    assert_int_equal(1, seen.resume);
    assert_int_equal(1, seen.rotate);
    assert_int_equal(1, seen.promote);
}

static void
the_witness_of_the_operators_page_runs(void **state)
{
    struct seen seen = { 0 };

    (void)state;
    program = "plumb-witness";
    doc_each("docs/operating.md", program, 0, run_line, &seen);
    assert_int_equal(1, seen.init);
    assert_int_equal(1, seen.serve);
}

static void
the_readme_begins_a_service(void **state)
{
    struct seen seen = { 0 };

    (void)state;
    program = "plumbd";
    doc_each("README.md", program, 0, run_line, &seen);
    assert_int_equal(1, seen.init);
    assert_int_equal(1, seen.identity);
    assert_int_equal(1, seen.serve);
}

static int
begin(void **state)
{
    (void)state;
    people_begin(&people);
    people_govern(&people);
    (void)snprintf(fresh, sizeof fresh, "%s", in("fresh"));
    return 0;
}

static int
end(void **state)
{
    (void)state;
    people_end(&people);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_operators_page_runs),
        cmocka_unit_test(the_witness_of_the_operators_page_runs),
        cmocka_unit_test(the_readme_begins_a_service),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
