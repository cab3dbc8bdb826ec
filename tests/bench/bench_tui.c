/*
 * The approvals terminal under load: with 10,000 waiting items and a payload of 500 versions,
 * the slowest of all keys, its drawing included, against one frame of 16 ms; and the first
 * screen of the real program against 100 ms.
 */
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/own.h"
#include "tests/bench/bench.h"
#include "tests/story.h"
#include "tui/app.h"

#define ITEMS    10000
#define VERSIONS 500
#define FRAME_MS 16.0
#define START_MS 100.0
#define NOW      INT64_C(1795615200)
#define MS       1e6

static void
nobody(void *ctx, const struct tui_ask *ask)
{
    (void)ctx;
    (void)ask;
}

/* --- much of everything --- */

static struct tui_items
many_items(void)
{
    struct tui_items items = { calloc(ITEMS, sizeof *items.items), ITEMS };

    for (size_t i = 0; i < ITEMS; i++) {
        struct tui_item *item = &items.items[i];

        plumb_sha256(&i, sizeof i, &item->id);
        item->index = i;
        item->time = NOW - (int64_t)(ITEMS - i) * 60;
        item->check = TUI_CHECKED;
        item->needed = 2;
        item->mine = i % 7 == 0;
        (void)snprintf(item->kind, sizeof item->kind, "release");
        (void)snprintf(item->subject, sizeof item->subject, "payload-%zu@%zu.%zu", i % 97,
                       i / 97, i % 13);
        (void)snprintf(item->proposer, sizeof item->proposer, "pipeline-%zu", i % 5);
        (void)snprintf(item->blocks, sizeof item->blocks, "1 more release-manager");
    }
    return items;
}

static struct tui_fleets *
a_fleet_of_many_versions(void)
{
    struct tui_fleets *f = calloc(1, sizeof *f);
    struct tui_payload *p = calloc(1, sizeof *p);

    f->fleets = calloc(1, sizeof *f->fleets);
    f->n = 1;
    *f->fleets = (struct tui_fleet){ .name = "prod",
                                     .revision = 1,
                                     .valid_until = NOW + 86400,
                                     .check = TUI_CHECKED,
                                     .payloads = p,
                                     .n = 1 };
    (void)snprintf(p->payload, sizeof p->payload, "web");
    p->n = VERSIONS;
    p->versions = calloc(VERSIONS, sizeof *p->versions);
    for (size_t i = 0; i < VERSIONS; i++) {
        struct tui_version *v = &p->versions[i];

        *v = (struct tui_version){ .not_before = NOW - (int64_t)i * 3600,
                                   .not_after = NOW + (int64_t)i * 3600,
                                   .deadline = PLUMB_TIME_NEVER,
                                   .check = TUI_CHECKED };
        plumb_sha256(&i, sizeof i, &v->release);
        (void)snprintf(v->version, sizeof v->version, "1.%zu", i);
        (void)snprintf(v->place, sizeof v->place, "outgoing");
    }
    return f;
}

static struct tui_releases *
many_releases(void)
{
    struct tui_releases *r = calloc(1, sizeof *r);

    (void)snprintf(r->payload, sizeof r->payload, "web");
    (void)snprintf(r->fleet, sizeof r->fleet, "prod");
    r->n = VERSIONS;
    r->releases = calloc(VERSIONS, sizeof *r->releases);
    for (size_t i = 0; i < VERSIONS; i++) {
        plumb_sha256(&i, sizeof i, &r->releases[i].release);
        (void)snprintf(r->releases[i].version, sizeof r->releases[i].version, "2.%zu", i);
        (void)snprintf(r->releases[i].state, sizeof r->releases[i].state, "approved");
    }
    return r;
}

static void
tell(struct tui_app *app, struct tui_event e)
{
    e.now = NOW;
    tui_app_event(app, &e);
}

/* --- the slowest key --- */

static int64_t
press(struct tui_app *app, struct tui_surface *s, int key)
{
    const int64_t from = bench_ns();

    tui_app_key(app, key);
    tui_app_draw(app, s);
    return bench_ns() - from;
}

/* What a key costs: the least of a few walks, for the machine does other things too. */
static double
slowest(const int *keys, size_t n, unsigned walks)
{
    PLUMB_AUTO(auto_free) int64_t *least = calloc(n, sizeof *least);
    int64_t most = 0;

    for (unsigned w = 0; w < walks; w++) {
        const struct tui_backend backend = { NULL, nobody };
        struct tui_app app;
        struct tui_surface s;

        tui_app_init(&app, &backend, false, NOW);
        if (!tui_surface_init(&s, 60, 200, false))
            bench_fail("no memory");
        tell(&app, (struct tui_event){ .kind = TUI_EVENT_QUEUE, .items = many_items() });
        tell(&app, (struct tui_event){ .kind = TUI_EVENT_FLEETS,
                                       .fleets = a_fleet_of_many_versions() });
        tui_app_draw(&app, &s);
        for (size_t i = 0; i < n; i++) {
            const int64_t took = press(&app, &s, keys[i]);

            if (w == 0 || took < least[i])
                least[i] = took;
            if (app.screen == SCREEN_VERSIONS && app.versions.shown == NULL)
                tell(&app, (struct tui_event){ .kind = TUI_EVENT_RELEASES,
                                               .releases = many_releases() });
            app.quit = false;
        }
        tui_surface_done(&s);
        tui_app_done(&app);
    }
    for (size_t i = 0; i < n; i++)
        if (least[i] > most)
            most = least[i];
    return (double)most / MS;
}

static void
measure_keys(bool brief)
{
    static const int queue[] = { 'j',     'k',     ' ', 'b', 'G',     'g', 's', 's',     's',
                                 's',     'm',     'm', '/', 'p',     'a', 'y', '-',     '9',
                                 K_ERASE, K_ENTER, 'f', '9', K_ENTER, 'n', 'N', K_ESC,   'G',
                                 'k',     '/',     'z', 'z', K_ESC,   '?', 'x', K_ENTER, 'q' };
    static const int rollouts[] = { '2', 'j', 'k',   ' ',     'b', 'G',     'g',     '/',
                                    '1', '.', '4',   K_ENTER, 'f', '9',     K_ENTER, 'n',
                                    'N', '/', K_ESC, 'G',     '?', 'x',     'B',     'j',
                                    'G', 'g', ' ',   '/',     '9', K_ENTER, '/',     K_ESC,
                                    'q', '3', 'j',   '4',     'i', '1' };
    const unsigned walks = brief ? 2 : 9;

    bench_line("tui-key-10000-items", "ms", BENCH_LESS,
               slowest(queue, sizeof queue / sizeof queue[0], walks), FRAME_MS);
    bench_line("tui-key-500-versions", "ms", BENCH_LESS,
               slowest(rollouts, sizeof rollouts / sizeof rollouts[0], walks), FRAME_MS);
}

/* --- from nothing to the first screen --- */

/* Until the hint line is written; the service is not there, which no start waits for. */
static double
start_once(const char *program, const char *trust)
{
    struct winsize ws = { .ws_row = 40, .ws_col = 120 };
    char seen[65536];
    size_t len = 0;
    int fd, status;
    int64_t from = bench_ns(), took = 0;
    pid_t pid = forkpty(&fd, NULL, NULL, &ws);

    if (pid == 0) {
        (void)setenv("TERM", "xterm-256color", 1);
        (void)setenv("LC_ALL", "C.UTF-8", 1);
        (void)execl(program, program, "--server", "unix:/nonexistent/plumbd.sock", "--trust",
                    trust, (char *)NULL);
        _exit(127);
    }
    if (pid < 0)
        bench_fail("no pseudo-terminal");
    for (struct pollfd p = { .fd = fd, .events = POLLIN };
         took == 0 && poll(&p, 1, 10000) > 0;) {
        const ssize_t n = read(fd, seen + len, sizeof seen - 1 - len);

        if (n <= 0 || len + (size_t)n + 1 >= sizeof seen)
            break;
        len += (size_t)n;
        seen[len] = '\0';
        if (strstr(seen, "help") != NULL)
            took = bench_ns() - from;
    }
    (void)kill(pid, SIGKILL);
    (void)waitpid(pid, &status, 0);
    (void)close(fd);
    if (took == 0)
        bench_fail("plumb-tui showed no screen: %.200s", seen);
    return (double)took / MS;
}

static void
measure_start(bool brief)
{
    char program[4096], path[] = "/tmp/plumb-bench-trust-XXXXXX";
    const int fd = mkstemp(path);
    struct story story;
    struct plumb_trust *trust;
    double best = 1e9;

    if (fd < 0)
        bench_fail("no temporary file");
    story_begin(&story, NULL);
    trust = story_trust(&story);
    if (json_dumpfd(trust->json, fd, JSON_COMPACT | JSON_SORT_KEYS) != 0)
        bench_fail("no trust file");
    plumb_trust_free(trust);
    story_end(&story);
    (void)close(fd);
    (void)snprintf(program, sizeof program, "%s/plumb-tui", getenv("PLUMB_BUILD"));
    for (int i = 0; i < (brief ? 2 : 7); i++) {
        const double took = start_once(program, path);

        best = took < best ? took : best;
    }
    (void)unlink(path);
    bench_line("tui-first-screen", "ms", BENCH_LESS, best, START_MS);
}

int
main(int argc, char **argv)
{
    const bool brief = bench_begin(argc, argv);

    measure_keys(brief);
    measure_start(brief);
    return 0;
}
