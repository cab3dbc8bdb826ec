/*
 * kill -9 of plumbd, of PostgreSQL's postmaster and of one of its backends, at random moments
 * while people govern; then everything that was acknowledged is looked for.
 *
 *     faults_kill [--kills N] [--seed S]
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/file.h"
#include "tests/faults/check.h"
#include "tests/t.h"

static struct make make;
static struct plumbd service;
static struct load load;

static uint64_t
random_below(uint64_t *state, uint64_t n)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (*state >> 33) % n;
}

static void
pause_ms(uint64_t ms)
{
    (void)nanosleep(&(struct timespec){ (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 },
                    NULL);
}

/* The private PostgreSQL's first process; 0 while there is none. */
static pid_t
postmaster(void)
{
    struct plumb_bytes text = { 0 };
    struct plumb_err err = { 0 };
    char path[300];
    pid_t pid = 0;

    (void)snprintf(path, sizeof path, "%s/pg/data/postmaster.pid", service.data);
    if (file_read(path, 4096, &text, &err) == PLUMB_OK)
        pid = (pid_t)atoi((const char *)text.data);
    plumb_bytes_clear(&text);
    return pid > 1 ? pid : 0;
}

static pid_t
parent_of(pid_t pid)
{
    struct plumb_bytes text = { 0 };
    char path[64];
    const char *at;
    int parent = 0;

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    if (file_read(path, 1 << 16, &text, NULL) == PLUMB_OK) {
        at = strstr((const char *)text.data, "\nPPid:");
        parent = at != NULL ? atoi(at + 6) : 0;
    }
    plumb_bytes_clear(&text);
    return (pid_t)parent;
}

/* Any one process of the cluster besides the first; the whole of it then restarts. */
static pid_t
backend(uint64_t *random)
{
    pid_t first = postmaster(), found[256];
    DIR *dir = opendir("/proc");
    struct dirent *e;
    size_t n = 0;

    assert_non_null(dir);
    while (first != 0 && n < 256 && (e = readdir(dir)) != NULL) {
        pid_t pid = (pid_t)atoi(e->d_name);

        if (pid > 1 && parent_of(pid) == first)
            found[n++] = pid;
    }
    (void)closedir(dir);
    return n > 0 ? found[random_below(random, n)] : 0;
}

static void
wait_until_ready(void)
{
    for (int i = 0; i < 1200; i++) {
        struct hc_reply reply = plumbd_ask(&service, "GET", "/readyz", NULL);
        int status = reply.status;

        hc_reply_free(&reply);
        if (status == 200)
            return;
        pause_ms(100);
    }
    fail_msg("plumbd does not become ready again");
}

static const char *
strike(uint64_t *random)
{
    pid_t pid;

    switch (random_below(random, 3)) {
    case 0:
        plumbd_stop(&service, SIGKILL);
        plumbd_start(&service);
        return "plumbd";
    case 1:
        pid = postmaster();
        if (pid != 0)
            (void)kill(pid, SIGKILL);
        wait_until_ready();
        return "postmaster";
    default:
        pid = backend(random);
        if (pid != 0)
            (void)kill(pid, SIGKILL);
        wait_until_ready();
        return "backend";
    }
}

static unsigned kills = 3;
static uint64_t seed = 1;

static void
count_answers(size_t *ret_sent, size_t *ret_accepted)
{
    *ret_sent = *ret_accepted = 0;
    for (unsigned i = 0; i < LOAD_PEOPLE; i++) {
        *ret_sent += load.people[i].nsent;
        *ret_accepted += atomic_load(&load.people[i].accepted);
    }
}

static void
nothing_that_was_acknowledged_is_lost_or_there_twice(void **state)
{
    uint64_t random = seed, size;
    size_t sent, accepted;

    (void)state;
    make_begin(&make, time(NULL));
    load_cast(&make);
    plumbd_prepare(&service, &make);
    plumbd_start(&service);
    plumbd_genesis(&service, &make);
    load_start(&load, &make, &service, seed);
    for (unsigned i = 0; i < kills; i++) {
        pause_ms(200 + random_below(&random, 1800));
        fprintf(stderr, "%u of %u: %s\n", i + 1, kills, strike(&random));
    }
    load_stop(&load);
    count_answers(&sent, &accepted);
    assert_true(accepted > 0);
    size = check_log(&service, &load);
    plumbd_stop(&service, SIGTERM);
    plumbd_start(&service);
    assert_int_equal(size, check_log(&service, &load));
    plumbd_stop(&service, SIGTERM);
    fprintf(stderr, "%u kills (seed %llu): %zu statements sent, %zu accepted, %llu entries\n",
            kills, (unsigned long long)seed, sent, accepted, (unsigned long long)size);
    load_free(&load);
    make_end(&make);
}

int
main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_that_was_acknowledged_is_lost_or_there_twice),
    };

    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--kills") == 0)
            kills = (unsigned)strtoul(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 10);
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
