/* web.h - nginx as the yardstick of serving, and wrk as who asks. */
#ifndef TESTS_BENCH_WEB_H
#define TESTS_BENCH_WEB_H

#include <plumb/bytes.h>
#include <stdint.h>

/*
 * With two CPUs or more, servers have the first half of them and clients the rest, so that the
 * server is what is measured. web_cores(WEB_ANY) undoes it.
 */
enum web_side { WEB_ANY, WEB_SERVER, WEB_CLIENT };
void web_cores(enum web_side side); /* of the calling thread, and what it starts */
unsigned web_server_cores(void);

/* A port of 127.0.0.1 that is free just now. */
uint16_t web_port(void);

/*
 * nginx with this many workers over directory: plain HTTP on one port, TLS 1.3 on the other
 * with what is in its files "crt" and "key", on the cores of WEB_SERVER. Skips the benchmark
 * when there is no nginx; ends with the program.
 */
void web_nginx(const char *directory, uint16_t plain, uint16_t tls);

/* The ETag that an address answers with, quoted; "" if none. */
void web_etag(const char *url, char ret[128]);

/* Requests a second that wrk gets answered over so many connections, on the cores of
 * WEB_CLIENT; any that fails fails the benchmark. header: "Name: value", or NULL. */
double web_wrk(const char *url, unsigned connections, unsigned seconds, const char *header);

#endif
