/*
 * Replaying a log: signatures that plumb audit verifies a second, with everything else that it
 * checks, and as many as OpenSSL verifies on all cores with nothing else to do. And its memory,
 * against the size of the log.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"
#include "tests/bench/history.h"
#include "tests/tree.h"

#define ENTRIES 100000
#define BRIEF   2000
#define ROUNDS  3

static char directory[64], log_path[80];
static struct history history;
static unsigned seconds;
static size_t peak; /* of the audit, bytes */

static void
clean(void)
{
    tree_remove(directory);
}

static double
ours(void *arg)
{
    char program[4096], genesis[PLUMB_DIGEST_HEX];
    struct rusage used;
    int64_t begun = bench_ns();
    int status;
    pid_t pid;

    (void)arg;
    (void)snprintf(program, sizeof program, "%s/plumb", getenv("PLUMB_BUILD"));
    plumb_digest_hex(&history.genesis, genesis);
    pid = fork();
    if (pid == 0) {
        if (freopen("/dev/null", "w", stdout) != NULL)
            (void)execl(program, program, "audit", log_path, "--genesis", genesis,
                        (char *)NULL);
        _exit(127);
    }
    if (pid < 0 || wait4(pid, &status, 0, &used) != pid || status != 0)
        bench_fail("plumb audit did not find that all holds");
    peak = (size_t)used.ru_maxrss * 1024;
    /* the genesis has two signatures */
    return (double)(history.entries + 1) * 1e9 / (double)(bench_ns() - begun);
}

/* The last line: "253 bits EdDSA (Ed25519) 0.0000s 0.0000s 49513.1 20126.7" */
static double
openssl(void *arg)
{
    char command[128], line[256], last[256] = "";
    const char *space;
    FILE *out;

    (void)arg;
    (void)snprintf(command, sizeof command,
                   "openssl speed -elapsed -seconds %u -multi %ld ed25519 2>/dev/null", seconds,
                   sysconf(_SC_NPROCESSORS_ONLN));
    out = popen(command, "r");
    while (out != NULL && fgets(line, sizeof line, out) != NULL)
        if (strstr(line, "Ed25519") != NULL)
            (void)snprintf(last, sizeof last, "%s", line);
    if (out == NULL || pclose(out) != 0 || (space = strrchr(last, ' ')) == NULL)
        bench_fail("openssl speed does not say");
    return strtod(space, NULL);
}

int
main(int argc, char **argv)
{
    bool brief = bench_begin(argc, argv);

    if (system("command -v openssl >/dev/null") != 0)
        bench_skip("there is no openssl");
    (void)strcpy(directory, "/tmp/plumb-bench-XXXXXX");
    if (mkdtemp(directory) == NULL)
        bench_fail("no directory for the log");
    (void)atexit(clean);
    (void)snprintf(log_path, sizeof log_path, "%s/log", directory);
    seconds = brief ? 1 : 5;
    history = history_write(log_path, brief ? BRIEF : ENTRIES);
    bench_say("a log of %llu statements, %llu MiB", (unsigned long long)history.entries,
              (unsigned long long)history.bytes >> 20);
    bench_against("audit", "/s", BENCH_MORE, brief ? 1 : ROUNDS, ours, openssl, NULL);
    bench_line("audit-memory", "MiB", BENCH_LESS, (double)peak / (1 << 20),
               (double)history.bytes / (1 << 20));
    return 0;
}
