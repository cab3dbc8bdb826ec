/*
 * Statements appended durably, signatures checked and the engine run, over TLS, against pgbench
 * inserting single rows of the same size on the same cluster with as many clients.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "server/db/blob.h"
#include "tests/bench/bench.h"
#include "tests/bench/fixture.h"
#include "tests/bench/load.h"
#include "tests/t.h"

#define CLIENTS_MAX 512
#define OFFICERS    16
#define ROW_BYTES   1400 /* what an entry of these has */

static struct make make;
static struct plumbd service;
static struct pg_database database, yard;
static struct db *db;
static const struct plumb_signer *keys[CLIENTS_MAX];
static unsigned serial; /* of versions */

struct run {
    unsigned clients;
    unsigned pairs; /* a release and a vote each, by each client */
    unsigned seconds;
};

static void
begin(unsigned clients)
{
    /* all connect before the first one asks */
    static const char *const settings[] = { "http.handshake_ms=600000",
                                            "http.connection_rate=0", NULL };
    struct plumb_err err = { 0 };
    char id[16];

    make_begin(&make, time(NULL));
    for (unsigned i = 0; i < clients; i++) {
        (void)snprintf(id, sizeof id, "r%u", i);
        make_principal(&make, id, "release-manager", NULL);
    }
    for (unsigned i = 0; i < OFFICERS; i++) {
        (void)snprintf(id, sizeof id, "s%u", i);
        make_principal(&make, id, "security-officer", NULL);
    }
    for (unsigned i = 0; i < clients; i++) {
        (void)snprintf(id, sizeof id, "r%u", i);
        keys[i] = make_who(&make, id)->tls;
    }
    pg_durable();
    database = pg_database();
    yard = pg_empty_database();
    pg_admin(&yard, "CREATE TABLE public.yard (id bigserial PRIMARY KEY, body bytea NOT NULL)");
    plumbd_prepare(&service, &make);
    service.shared = &database;
    service.settings = settings;
    plumbd_start(&service);
    plumbd_genesis(&service, &make);
    db = pg_connect(&database);
    /* what is stored beforehand is not measured */
    assert_ok(db_script(db, "SET synchronous_commit = off", &err), &err);
}

static void
add(struct load_work *work, struct plumb_signed *s)
{
    char *text = json_dumps(s->envelope, JSON_COMPACT);

    load_work_add(work, "/v1/statements", text);
    free(text);
    plumb_signed_free(s);
}

/* A version's reference values, stored beforehand. */
static struct plumb_digest
store(const char *version)
{
    struct plumb_bytes document = fixture_values(version, 1);
    struct db_blob_part part = { .data = document.data, .len = document.len };
    struct plumb_err err = { 0 };

    plumb_sha256(document.data, document.len, &part.sha256);
    assert_ok(db_blob_put(db, &part, 1, &err), &err);
    plumb_bytes_clear(&document);
    return part.sha256;
}

/* What one client sends: versions of its own, each registered and approved. */
static void
prepare(struct load_work *work, unsigned client, unsigned pairs)
{
    char manager[16], officer[16], version[24];

    (void)snprintf(manager, sizeof manager, "r%u", client);
    (void)snprintf(officer, sizeof officer, "s%u", client % OFFICERS);
    for (unsigned i = 0; i < pairs; i++) {
        (void)snprintf(version, sizeof version, "%u", ++serial);
        struct plumb_digest values = store(version);
        struct plumb_signed *s = make_release(&make, manager, "web", version, &values);
        struct plumb_digest id = s->statement->id;

        add(work, s);
        add(work, make_vote(&make, officer, &id, PLUMB_APPROVE));
    }
}

static double
ours(void *arg)
{
    const struct run *r = arg;
    struct load_work *work = calloc(r->clients, sizeof *work);
    struct load *l;
    double rate;

    assert_non_null(work);
    for (unsigned i = 0; i < r->clients; i++)
        prepare(&work[i], i, r->pairs);
    l = load_open(plumbd_port(&service), r->clients, keys);
    rate = load_run(l, work, 201);
    load_close(l);
    for (unsigned i = 0; i < r->clients; i++)
        load_work_clear(&work[i]);
    free(work);
    return rate;
}

static double
pgbench(unsigned clients, unsigned seconds)
{
    char script[300], command[1024], line[256];
    double rate = 0;
    FILE *f;

    (void)snprintf(script, sizeof script, "%s/insert.sql", pg_directory());
    f = fopen(script, "w");
    assert_non_null(f);
    fprintf(f, "INSERT INTO public.yard (body) VALUES (decode(repeat('5a', %d), 'hex'));\n",
            ROW_BYTES);
    (void)fclose(f);
    (void)snprintf(
        command, sizeof command,
        "exec /usr/lib/postgresql/15/bin/pgbench -n -M prepared -c %u -j 1 -T %u -f %s "
        "'%s' 2>&1",
        clients, seconds, script, yard.admin);
    f = popen(command, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strstr(line, "error:") != NULL)
            bench_say("%s", line);
        if (strncmp(line, "tps = ", 6) == 0)
            rate = strtod(line + 6, NULL);
    }
    if (f == NULL || pclose(f) != 0 || rate <= 0)
        bench_fail("pgbench does not run");
    return rate;
}

static double
yardstick(void *arg)
{
    const struct run *r = arg;

    return pgbench(r->clients, r->seconds);
}

/* 10,000 a second, or twice what pgbench does with 32, whichever is less. */
static double
many(void *arg)
{
    const struct run *r = arg;
    double twice = 2 * pgbench(32, r->seconds);

    return twice < 10000 ? twice : 10000;
}

int
main(int argc, char **argv)
{
    bool brief = bench_begin(argc, argv);
    /* about three seconds of each, as of the yardstick */
    struct run runs[] = { { 1, 1500, 3 }, { 8, 800, 3 }, { 32, 300, 3 }, { 512, 30, 3 } };
    unsigned rounds = brief ? 1 : 5;

    begin(brief ? 32 : CLIENTS_MAX);
    for (size_t i = 0; i < (brief ? 3 : 4); i++) {
        char name[32];

        if (brief) {
            runs[i].pairs = 2;
            runs[i].seconds = 1;
        }
        (void)snprintf(name, sizeof name, "append-%u", runs[i].clients);
        bench_say("%s", name);
        bench_against(name, "/s", BENCH_MORE, rounds, ours,
                      runs[i].clients > 100 ? many : yardstick, &runs[i]);
    }
    db_close(db);
    plumbd_stop(&service, SIGTERM);
    make_end(&make);
    return 0;
}
