/*
 * New TLS connections a second, each with one small request: full handshakes and resumed ones,
 * to plumbd and to nginx with the same Ed25519 certificate and X25519.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/bench/bench.h"
#include "tests/bench/fixture.h"
#include "tests/bench/load.h"
#include "tests/bench/web.h"
#include "tests/t.h"

#define AT_ONCE 16
#define ROUNDS  7

struct run {
    uint16_t ours, nginx;
    size_t count;
    bool resume;
};

static double
ask(uint16_t port, const struct run *r)
{
    double rate;

    web_cores(WEB_CLIENT);
    rate = load_connect(port, AT_ONCE, r->count, r->resume,
                        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    web_cores(WEB_ANY);
    return rate;
}

static double
ours(void *arg)
{
    const struct run *r = arg;

    return ask(r->ours, r);
}

static double
nginx(void *arg)
{
    const struct run *r = arg;

    return ask(r->nginx, r);
}

int
main(int argc, char **argv)
{
    bool brief = bench_begin(argc, argv);
    static char cores[32];
    static const char *const settings[] = { cores, "http.connection_rate=0", NULL };
    struct plumbd service;
    struct make make;
    struct run run;
    char root[300];

    make_begin(&make, time(NULL));
    (void)snprintf(cores, sizeof cores, "http.event_threads=%u", web_server_cores());
    plumbd_prepare(&service, &make);
    service.settings = settings;
    web_cores(WEB_SERVER);
    plumbd_start(&service);
    web_cores(WEB_ANY);
    (void)snprintf(root, sizeof root, "%s/web", pg_directory());
    (void)fixture_copy(&service, "/healthz", root);
    fixture_copy_keys(&service, root);
    run = (struct run){ plumbd_port(&service), web_port(), brief ? 100 : 1500, false };
    web_nginx(root, web_port(), run.nginx);
    bench_say("full handshakes");
    bench_against("connect-full", "/s", BENCH_MORE, brief ? 1 : ROUNDS, ours, nginx, &run);
    bench_say("resumed ones");
    run.resume = true;
    bench_against("connect-resumed", "/s", BENCH_MORE, brief ? 1 : ROUNDS, ours, nginx, &run);
    plumbd_stop(&service, SIGTERM);
    make_end(&make);
    return 0;
}
