/*
 * Signing on the approver's machine: with a security key in an agent, and with a key file whose
 * passphrase, like every key, is in no core that somebody forces.
 */
#include "tests/t.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "client/keyfile.h"
#include "client/store.h"
#include "tests/cli/people.h"
#include "tests/local.h"
#include "tests/tui/tmux.h"

#define PASSPHRASE "heron-umbrella-tangent-nine"
#define MARKER     "a-marker-that-must-be-in-it"

static struct people people;
static struct tmux tmux;
static pid_t agent;
static char sock[400];
static struct plumb_bytes sign_pem, tls_pem; /* Bob's, in the clear */

static pid_t
spawn(const char *const *argv)
{
    const pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)unsetenv("ASAN_OPTIONS");
        if (freopen("/dev/null", "r", stdin) != NULL &&
            freopen("spawn.out", "a", stdout) != NULL &&
            freopen("spawn.out", "a", stderr) != NULL)
            (void)execvp(argv[0], (char *const *)argv);
        _exit(127);
    }
    return pid;
}

static int
run(const char *const *argv)
{
    int status;
    const pid_t pid = spawn(argv);

    assert_int_equal(pid, waitpid(pid, &status, 0));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
#define RUN(...) run((const char *const[]){ __VA_ARGS__, NULL })

/* OpenSSH's agent, with a security key in software that is Carol's. */
static void
start_agent(void)
{
    char softsk[400], pattern[400];

    (void)snprintf(sock, sizeof sock, "%s/agent", pg_directory());
    (void)snprintf(softsk, sizeof softsk, "%s/tests/softsk.so", getenv("PLUMB_BUILD"));
    (void)snprintf(pattern, sizeof pattern, "%s/*", getenv("PLUMB_BUILD"));
    agent = spawn((const char *const[]){ "ssh-agent", "-D", "-a", sock, "-P", pattern, NULL });
    assert_int_equal(0, setenv("SSH_AUTH_SOCK", sock, 1));
    assert_true(local_await(sock));
    assert_int_equal(0, RUN("ssh-keygen", "-q", "-t", "ed25519-sk", "-N", "", "-C", "carol",
                            "-f", "carol", "-w", softsk, "-O", "application=ssh:plumb", "-O",
                            "user=carol"));
    assert_int_equal(0, RUN("ssh-add", "-q", "-S", softsk, "carol"));
}

static void
govern(void)
{
    assert_plumb(0, "governance", "template", "--service", "service.json", "--fleet", "prod",
                 "--payload", "svr2", "--tee", "sgx", "--principal",
                 "carol=admin,release-manager:carol.pub:alice.tls", "--principal",
                 "bob=admin,release-manager:bob.sign:bob.tls", "--principal",
                 "pipeline=pipeline:pipeline.sign:pipeline.tls", "-o", "governance.json");
    assert_plumb(0, "--agent", sock, "governance", "genesis", "governance.json", "--sign-key",
                 "agent:carol", "--sign-key", "bob.sign", "-o", "genesis.json");
    assert_plumb(0, "--server", people.socket, "governance", "submit", "genesis.json",
                 "--document", "governance.json");
    assert_plumb(0, "--server", people.socket, "trust", "prod", "-o", "trust.json");
    assert_plumb(0, "profile", "--config", "carol.json", "--server", people.url, "--trust",
                 "trust.json", "--tls-key", "alice.tls", "--sign-key", "agent:carol");
    assert_plumb(0, "profile", "--config", "bob.json", "--server", people.url, "--trust",
                 "trust.json", "--tls-key", "bob.tls", "--sign-key", "bob.sign");
    assert_plumb(0, "profile", "--config", "pipeline.json", "--server", people.url, "--trust",
                 "trust.json", "--tls-key", "pipeline.tls", "--sign-key", "pipeline.sign");
}

/* Bob's file gets a passphrase; what must not be in a core is remembered first. */
static void
seal_bobs_key(void)
{
    struct plumb_signer *signer;
    struct plumb_err err;

    assert_ok(store_read("bob.sign", 16384, &sign_pem, &err), &err);
    assert_ok(store_read("bob.tls", 16384, &tls_pem, &err), &err);
    assert_ok(keyfile_read("bob.sign", NULL, NULL, &signer, &err), &err);
    assert_int_equal(0, unlink("bob.sign"));
    assert_ok(keyfile_write("bob.sign", signer, PASSPHRASE, &err), &err);
    plumb_signer_free(signer);
}

static void
start(const char *who, const char *more)
{
    char command[1000];

    (void)snprintf(command, sizeof command,
                   "exec env TZ=UTC %s/plumb-tui --config %s.json %s 2>%s.err",
                   getenv("PLUMB_BUILD"), who, more, who);
    tmux_run(&tmux, who, 110, 34, command);
}

static int
begin(void **state)
{
    char more[500];

    (void)state;
    people_begin(&people);
    start_agent();
    govern();
    seal_bobs_key();
    tmux_begin(&tmux, "tmux.sock");
    (void)snprintf(more, sizeof more, "--agent %s", sock);
    start("carol", more);
    start("bob", "");
    json_decref(ANSWER("pipeline", "release", "add", "svr2@2025-06-01", "--values",
                       "examples/svr2-2025-06-01.json"));
    return 0;
}

static int
end(void **state)
{
    (void)state;
    tmux_end(&tmux);
    if (agent > 0) {
        (void)kill(agent, SIGTERM);
        (void)waitpid(agent, NULL, 0);
    }
    plumb_bytes_cleanse(&sign_pem);
    plumb_bytes_cleanse(&tls_pem);
    people_end(&people);
    return 0;
}

/* Up to the digits of what waits. */
static void
decide(const char *who)
{
    char *screen, digits[9];
    const char *at;

    tmux_text(&tmux, who, "1g");
    tmux_wait(&tmux, who, "svr2@2025-06-01");
    tmux_key(&tmux, who, "Enter");
    tmux_wait(&tmux, who, "Verified      here: its signature");
    screen = tmux_screen(&tmux, who);
    at = strstr(screen, "Digest        ");
    assert_non_null(at);
    (void)snprintf(digits, sizeof digits, "%.8s", at + strlen("Digest        "));
    free(screen);
    tmux_text(&tmux, who, "A");
    tmux_wait(&tmux, who, "First 8 digits of the digest:");
    tmux_text(&tmux, who, digits);
    tmux_key(&tmux, who, "Enter");
}

static void
a_security_key_in_an_agent_approves_and_is_shown(void **state)
{
    (void)state;
    tmux_wait(&tmux, "carol", "1 waits for a decision, 1 for yours");
    tmux_text(&tmux, "carol", "i");
    tmux_wait(&tmux, "carol", "sk-ed25519 SHA256:");
    tmux_wait(&tmux, "carol", "yes: an active key of carol");
    tmux_wait(&tmux, "carol", "approve releases of svr2");
    decide("carol");
    tmux_wait(&tmux, "carol", "Approved:");
}

/* --- cores --- */

/* One mapping of /proc/PID/smaps. */
struct mapping {
    unsigned long from, to;
    bool readable, resident, dumped;
};

static void
read_mapping(int mem, const struct mapping *m, struct plumb_bytes *core, size_t *room)
{
    const size_t len = m->to - m->from;
    ssize_t n;

    if (!m->readable || !m->resident || !m->dumped)
        return;
    if (core->len + len > *room) {
        *room = 2 * (core->len + len);
        core->data = realloc(core->data, *room);
        assert_non_null(core->data);
    }
    n = pread(mem, core->data + core->len, len, (off_t)m->from);
    if (n > 0)
        core->len += (size_t)n;
}

/*
 * What a core of the process would hold: every mapping that the kernel would write, which are
 * all but those marked MADV_DONTDUMP ("dd"). (gcore writes the same, and for a program under
 * the sanitizers terabytes of holes besides.)
 */
static struct plumb_bytes
force_core(const char *who)
{
    const int pid = (int)tmux_pid(&tmux, who);
    struct plumb_bytes core = { NULL, 0 };
    struct mapping m = { 0, 0, false, false, false };
    char path[64], line[600];
    size_t room = 0;
    FILE *maps;
    int mem;

    (void)snprintf(path, sizeof path, "/proc/%d/mem", pid);
    mem = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(mem >= 0);
    (void)snprintf(path, sizeof path, "/proc/%d/smaps", pid);
    maps = fopen(path, "r");
    assert_non_null(maps);
    while (fgets(line, sizeof line, maps) != NULL) {
        unsigned long from, to;
        char readable;

        if (sscanf(line, "%lx-%lx %c", &from, &to, &readable) == 3)
            m = (struct mapping){ from, to, readable == 'r', false, true };
        else if (strncmp(line, "Rss:", 4) == 0)
            m.resident = strtoul(line + 4, NULL, 10) > 0;
        else if (strncmp(line, "VmFlags:", 8) == 0) {
            m.dumped = strstr(line, " dd") == NULL;
            read_mapping(mem, &m, &core, &room);
        }
    }
    (void)fclose(maps);
    (void)close(mem);
    assert_true(core.len > 1 << 20);
    return core;
}

static bool
holds(const struct plumb_bytes *core, const void *what, size_t len)
{
    return memmem(core->data, core->len, what, len) != NULL;
}

/* As bytes, and as the wide characters that a terminal library keeps. */
static bool
holds_text(const struct plumb_bytes *core, const char *text)
{
    wchar_t wide[64];
    size_t n = 0;

    for (; text[n] != '\0'; n++)
        wide[n] = (wchar_t)text[n];
    return holds(core, text, n) || holds(core, wide, n * sizeof *wide);
}

/* The PEM's lines, and the bytes of an Ed25519 private key: the last 32 of its PKCS#8 form. */
static bool
holds_key(const struct plumb_bytes *core, const struct plumb_bytes *pem)
{
    const char *from = strchr((const char *)pem->data, '\n') + 1;
    struct plumb_bytes der;
    struct plumb_err err;
    char packed[256];
    size_t n = 0;
    bool found;

    for (const char *p = from; *p != '-' && n + 1 < sizeof packed; p++)
        if (*p != '\n')
            packed[n++] = *p;
    assert_ok(plumb_base64_parse(packed, n, "pem", &der, &err), &err);
    assert_int_equal(48, der.len);
    found = holds(core, from, 64) || holds(core, der.data + 16, 32);
    plumb_bytes_cleanse(&der);
    return found;
}

static void
assert_no_secret(const struct plumb_bytes *core)
{
    assert_true(holds_text(core, MARKER)); /* so it would be found */
    assert_false(holds_text(core, PASSPHRASE));
    assert_false(holds_text(core, PASSPHRASE + 6));
    assert_false(holds_key(core, &sign_pem));
    assert_false(holds_key(core, &tls_pem));
}

static void
passphrases_and_keys_are_in_no_core(void **state)
{
    struct plumb_bytes core;

    (void)state;
    if (geteuid() != 0)
        skip(); /* nobody but root gets a core of it at all: see the next test */
    tmux_wait(&tmux, "bob", "1 waits for a decision, 1 for yours");
    tmux_text(&tmux, "bob", "f" MARKER);
    tmux_key(&tmux, "bob", "Enter");
    tmux_wait(&tmux, "bob", "No line has");
    decide("bob");
    tmux_wait(&tmux, "bob", "Passphrase of your key:");
    tmux_text(&tmux, "bob", PASSPHRASE);
    tmux_wait(&tmux, "bob", "(not shown)");
    core = force_core("bob"); /* while it is typed */
    assert_no_secret(&core);
    plumb_bytes_clear(&core);
    tmux_key(&tmux, "bob", "Enter");
    tmux_wait(&tmux, "bob", "Approved:");
    core = force_core("bob"); /* after it was used */
    assert_no_secret(&core);
    plumb_bytes_clear(&core);
}

static void
it_leaves_no_core_and_nobody_may_trace_it(void **state)
{
    char path[64], text[4096];
    FILE *in;
    size_t n;

    (void)state;
    (void)snprintf(path, sizeof path, "/proc/%d/limits", (int)tmux_pid(&tmux, "bob"));
    in = fopen(path, "r");
    assert_non_null(in);
    n = fread(text, 1, sizeof text - 1, in);
    text[n] = '\0';
    (void)fclose(in);
    assert_non_null(strstr(text, "Max core file size        0                    0"));
    /* what is not dumpable belongs to root in /proc */
    (void)snprintf(path, sizeof path, "/proc/%d/mem", (int)tmux_pid(&tmux, "bob"));
    if (geteuid() != 0)
        assert_int_not_equal(0, access(path, R_OK));
}

static void
a_passphrase_is_on_no_screen_and_in_no_log(void **state)
{
    char *screen = tmux_screen(&tmux, "bob");
    struct plumb_bytes log = read_in("bob.err");

    (void)state;
    assert_null(strstr(screen, PASSPHRASE));
    assert_null(strstr((const char *)log.data, PASSPHRASE));
    free(screen);
    plumb_bytes_clear(&log);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_security_key_in_an_agent_approves_and_is_shown),
        cmocka_unit_test(passphrases_and_keys_are_in_no_core),
        cmocka_unit_test(it_leaves_no_core_and_nobody_may_trace_it),
        cmocka_unit_test(a_passphrase_is_on_no_screen_and_in_no_log),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
