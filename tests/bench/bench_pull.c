/*
 * Pulling a bundle, whole and unchanged (304), over TLS and plain, from plumbd and from nginx
 * that serves the same bytes: connections are kept, as pullers keep them.
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

static const struct {
    const char *name;
    size_t sets; /* of its one version; 0: no version */
} fleets[] = { { "small", 0 }, { "middle", 140 }, { "large", 2500 } };
#define FLEETS (sizeof fleets / sizeof fleets[0])

static struct make make;
static struct plumbd service;
static unsigned seconds;
static uint16_t ports[2][2]; /* [ours, nginx][plain, TLS] */

static void
begin(void)
{
    static char cores[32];
    static const char *settings[] = { "listen_plain=127.0.0.1:0", cores, NULL };

    make_begin(&make, time(NULL));
    for (size_t i = 0; i < FLEETS; i++)
        fixture_fleet(&make, fleets[i].name);
    make_set(&make, "fleets.prod", NULL);
    make_set(&make, "principals.enid", NULL);
    make_set(&make, "principals.vera", NULL);
    make_set(&make, "principals.vic", NULL);
    (void)snprintf(cores, sizeof cores, "http.event_threads=%u", web_server_cores());
    plumbd_prepare(&service, &make);
    service.settings = settings;
    web_cores(WEB_SERVER);
    plumbd_start(&service);
    web_cores(WEB_ANY);
    plumbd_genesis(&service, &make);
    for (size_t i = 0; i < FLEETS; i++)
        if (fleets[i].sets > 0)
            fixture_current(&service, &make, fleets[i].name, fleets[i].name,
                            fixture_values(fleets[i].name, fleets[i].sets));
    ports[0][0] = plumbd_plain_port(&service);
    ports[0][1] = plumbd_port(&service);
}

/* The bundle, once it tells of the version; its size. */
static size_t
copy_bundle(const char *fleet, bool versions, const char *root)
{
    char target[128];
    struct hc_reply reply;

    (void)snprintf(target, sizeof target, "/v1/fleets/%s/bundle", fleet);
    reply = plumbd_ask(&service, "GET", target, NULL);
    if (reply.status != 200 || (versions && strstr(reply.body, "\"current\"") == NULL))
        bench_fail("the bundle of %s is not there", fleet);
    hc_reply_free(&reply);
    return fixture_copy(&service, target, root);
}

struct pull {
    char url[2][128];    /* ours, nginx */
    char header[2][160]; /* If-None-Match, or "" */
};

static double
ask(const struct pull *p, int who)
{
    return web_wrk(p->url[who], CONNECTIONS, seconds,
                   p->header[who][0] != '\0' ? p->header[who] : NULL);
}

static double
ours(void *arg)
{
    return ask(arg, 0);
}

static double
nginx(void *arg)
{
    return ask(arg, 1);
}

static void
measure(size_t fleet, size_t bytes, bool tls, bool unchanged, unsigned rounds)
{
    struct pull p = { 0 };
    char name[96], etag[128];

    for (int who = 0; who < 2; who++) {
        (void)snprintf(p.url[who], sizeof p.url[who], "%s://127.0.0.1:%u/v1/fleets/%s/bundle",
                       tls ? "https" : "http", ports[who][tls], fleets[fleet].name);
        web_etag(p.url[who], etag);
        if (unchanged)
            (void)snprintf(p.header[who], sizeof p.header[who], "If-None-Match: %s", etag);
    }
    (void)snprintf(name, sizeof name, "pull-%s-%zuKiB-%s", unchanged ? "304" : "200",
                   (bytes + 512) / 1024, tls ? "tls" : "plain");
    bench_say("%s", name);
    bench_against(name, "/s", BENCH_MORE, rounds, ours, nginx, &p);
}

int
main(int argc, char **argv)
{
    bool brief = bench_begin(argc, argv);
    size_t bytes[FLEETS];
    char root[300];

    seconds = brief ? 1 : 2;
    begin();
    (void)snprintf(root, sizeof root, "%s/web", pg_directory());
    for (size_t i = 0; i < FLEETS; i++)
        bytes[i] = copy_bundle(fleets[i].name, fleets[i].sets > 0, root);
    fixture_copy_keys(&service, root);
    ports[1][0] = web_port();
    ports[1][1] = web_port();
    web_nginx(root, ports[1][0], ports[1][1]);
    for (int tls = 1; tls >= 0; tls--) {
        for (size_t i = 0; i < (brief ? 1 : FLEETS); i++)
            measure(i, bytes[i], tls, false, brief ? 1 : ROUNDS);
        measure(0, bytes[0], tls, true, brief ? 1 : ROUNDS);
    }
    plumbd_stop(&service, SIGTERM);
    make_end(&make);
    return 0;
}
