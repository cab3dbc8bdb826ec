/*
 * Serving tiles, whole and partial, over TLS and plain, from plumbd and from nginx that serves
 * the same bytes: what costs an auditor's first visit.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/bench.h"
#include "tests/bench/fixture.h"
#include "tests/bench/web.h"
#include "tests/t.h"

#define CONNECTIONS 32
#define ROUNDS      5
#define ENTRIES     300

static struct make make;
static struct plumbd service;
static unsigned seconds;
static uint16_t ports[2][2]; /* [ours, nginx][plain, TLS] */

static void
begin(void)
{
    static char cores[32];
    static const char *settings[] = { "listen_plain=127.0.0.1:0", cores, NULL };
    char version[16];

    make_begin(&make, time(NULL));
    (void)snprintf(cores, sizeof cores, "http.event_threads=%u", web_server_cores());
    plumbd_prepare(&service, &make);
    service.settings = settings;
    web_cores(WEB_SERVER);
    plumbd_start(&service);
    web_cores(WEB_ANY);
    plumbd_genesis(&service, &make);
    for (unsigned i = 0; i < ENTRIES; i++) {
        struct plumb_bytes values;
        struct plumb_digest digest;

        (void)snprintf(version, sizeof version, "1.%u", i);
        values = fixture_values(version, 1);
        plumb_sha256(values.data, values.len, &digest);
        plumbd_blob(&service, &values);
        plumb_bytes_clear(&values);
        json_decref(
            plumbd_submit(&service, make_release(&make, "rex", "web", version, &digest), 201));
    }
    ports[0][0] = plumbd_plain_port(&service);
    ports[0][1] = plumbd_port(&service);
}

struct tile {
    char url[2][128]; /* ours, nginx */
};

static double
ours(void *arg)
{
    return web_wrk(((struct tile *)arg)->url[0], CONNECTIONS, seconds, NULL);
}

static double
nginx(void *arg)
{
    return web_wrk(((struct tile *)arg)->url[1], CONNECTIONS, seconds, NULL);
}

static void
measure(const char *what, const char *path, bool tls, unsigned rounds)
{
    struct tile t;
    char name[64];

    for (int who = 0; who < 2; who++)
        (void)snprintf(t.url[who], sizeof t.url[who], "%s://127.0.0.1:%u%s",
                       tls ? "https" : "http", ports[who][tls], path);
    (void)snprintf(name, sizeof name, "tiles-%s-%s", what, tls ? "tls" : "plain");
    bench_say("%s", name);
    bench_against(name, "/s", BENCH_MORE, rounds, ours, nginx, &t);
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *what, *path;
    } tiles[] = { { "whole", "/tile/0/000" }, { "partial", "/tile/0/001.p/40" } };
    bool brief = bench_begin(argc, argv);
    char root[300];

    seconds = brief ? 1 : 2;
    begin();
    (void)snprintf(root, sizeof root, "%s/web", pg_directory());
    for (size_t i = 0; i < 2; i++)
        fixture_copy(&service, tiles[i].path, root);
    fixture_copy_keys(&service, root);
    ports[1][0] = web_port();
    ports[1][1] = web_port();
    web_nginx(root, ports[1][0], ports[1][1]);
    for (int tls = 1; tls >= 0; tls--)
        for (size_t i = 0; i < (brief ? 1 : 2); i++)
            measure(tiles[i].what, tiles[i].path, tls, brief ? 1 : ROUNDS);
    plumbd_stop(&service, SIGTERM);
    make_end(&make);
    return 0;
}
