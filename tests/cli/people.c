#include "tests/cli/people.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/t.h"

static const char *const names[] = { "alice", "bob", "pipeline", "verifier", "auditor" };

/* What it listens on stands in its log. */
static int
port_of(const struct plumbd *service)
{
    struct plumb_bytes log;
    char path[400];
    const char *port;
    int n;

    (void)snprintf(path, sizeof path, "%s/log", service->data);
    (void)unlink(in("service.log"));
    assert_int_equal(0, symlink(path, in("service.log")));
    log = read_in("service.log");
    port = strstr((const char *)log.data, "\"port\":");
    assert_non_null(port);
    n = atoi(port + strlen("\"port\":"));
    plumb_bytes_clear(&log);
    return n;
}

void
people_begin(struct people *p)
{
    char file[4200];
    json_t *service;

    make_begin(&p->make, time(NULL));
    plumbd_prepare(&p->service, &p->make);
    plumbd_start(&p->service);
    (void)snprintf(p->socket, sizeof p->socket, "unix:%s/plumbd.sock", p->service.data);
    (void)snprintf(p->url, sizeof p->url, "https://127.0.0.1:%d", port_of(&p->service));
    assert_int_equal(0, chdir(pg_directory()));
    service = plumbd_json(&p->service, "GET", "/v1/service", NULL, 200);
    assert_int_equal(0, json_dump_file(service, "service.json", 0));
    json_decref(service);
    (void)snprintf(file, sizeof file, "%s/examples", getenv("PLUMB_SOURCE"));
    assert_int_equal(0, symlink(file, "examples"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(file, sizeof file, "%s.sign", names[i]);
        assert_plumb(0, "key", "new", file, "--no-passphrase");
        (void)snprintf(file, sizeof file, "%s.tls", names[i]);
        assert_plumb(0, "key", "new", file, "--no-passphrase");
    }
}

void
people_end(struct people *p)
{
    plumbd_stop(&p->service, SIGTERM);
    make_end(&p->make);
}

static void
template_document(void)
{
    assert_plumb(0, "governance", "template", "--service", "service.json", "--fleet", "prod",
                 "--payload", "svr2", "--tee", "sgx", "--principal",
                 "alice=admin,release-manager:alice.sign:alice.tls", "--principal",
                 "bob=admin,release-manager:bob.sign:bob.tls", "--principal",
                 "pipeline=pipeline:pipeline.sign:pipeline.tls", "--principal",
                 "verifier=verifier:verifier.sign:verifier.tls", "--principal",
                 "auditor=auditor:auditor.sign:auditor.tls", "-o", "governance.json");
}

static void
put_in_force(struct people *p)
{
    assert_plumb(0, "governance", "genesis", "governance.json", "--sign-key", "alice.sign",
                 "--sign-key", "bob.sign", "-o", "genesis.json");
    assert_plumb(0, "--server", p->socket, "governance", "submit", "genesis.json", "--document",
                 "governance.json");
    assert_plumb(0, "--server", p->socket, "trust", "prod", "-o", "trust.json");
}

void
people_govern(struct people *p)
{
    template_document();
    put_in_force(p);
}

/* What the template makes, and three controls. */
static void
add_controls(json_t *document)
{
    json_t *may =
        json_object_get(json_object_get(json_object_get(document, "roles"), "pipeline"), "may");

    assert_non_null(may);
    json_array_append_new(may, json_string("evidence"));
    json_array_append_new(may, json_string("waiver"));
    json_array_append_new(may, json_string("advisory"));
    json_object_set_new(
        document, "controls",
        json_pack("{s:{s:{s:{s:s, s:s, s:[s]}, s:{s:s, s:s, s:[s]}, s:{s:s, s:s, s:[s]}}},"
                  " s:{s:{s:[s, s], s:[s]}, s:{s:[s], s:[s]}},"
                  " s:{s:i, s:[s], s:i}, s:{s:[s], s:s, s:{}}, s:{s:s, s:s, s:s},"
                  " s:{s:[s], s:[s], s:[s]}, s:{s:{s:{s:i}, s:b, s:[]}}}",
                  "profile", "controls", "SUP-BOM", "level", "must", "text", "a bill", "by",
                  "sbom", "SUP-MONITOR", "level", "must", "text", "watched", "by", "monitor",
                  "DEV-IO", "level", "should", "text", "protected", "by", "assertion", "trust",
                  "managers", "for", "assert", "rebuild", "roles", "release-manager",
                  "pipelines", "for", "sbom", "roles", "pipeline", "build", "level", 0,
                  "sources", "https://git.example/web", "rebuilders", 1, "vulnerabilities",
                  "block", "critical", "unrated", "low", "deadlines", "ages", "advisories",
                  "P1D", "guidance", "P365D", "provenance", "P30D", "follows", "lapse", "alert",
                  "finding", "alert", "overdue", "alert", "quorums", "waiver", "need",
                  "release-manager", 2, "others", 0, "veto"));
}

void
people_govern_controls(struct people *p)
{
    json_t *document;

    template_document();
    document = json_load_file("governance.json", 0, NULL);
    assert_non_null(document);
    add_controls(document);
    assert_int_equal(0, json_dump_file(document, "governance.json", 0));
    json_decref(document);
    assert_plumb(0, "governance", "check", "governance.json");
    put_in_force(p);
}

void
people_profiles(struct people *p)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char config[64], sign[64], tls[64];

        (void)snprintf(config, sizeof config, "%s.json", names[i]);
        (void)snprintf(sign, sizeof sign, "%s.sign", names[i]);
        (void)snprintf(tls, sizeof tls, "%s.tls", names[i]);
        assert_plumb(0, "profile", "--config", config, "--server", p->url, "--trust",
                     "trust.json", "--tls-key", tls, "--sign-key", sign);
    }
}

json_t *
answer_of(struct ran r)
{
    json_t *json;

    assert_status(0, &r);
    json = ran_json(&r);
    ran_clear(&r);
    return json;
}

const char *
id_of(json_t *receipt)
{
    static char ids[8][PLUMB_DIGEST_HEX];
    static unsigned next;
    char *id = ids[next++ % 8];
    const char *text = json_string_value(json_object_get(receipt, "id"));

    assert_non_null(text);
    (void)snprintf(id, PLUMB_DIGEST_HEX, "%s", text);
    json_decref(receipt);
    return id;
}

void
approves(const char *who, const char *id)
{
    char config[80], digits[13];

    (void)snprintf(config, sizeof config, "%s.json", who);
    (void)snprintf(digits, sizeof digits, "%.12s", id);
    assert_plumb(0, "--config", config, "approve", id, "--yes", digits);
}

const char *
values_of(unsigned seed)
{
    char name[32], text[600];

    (void)snprintf(name, sizeof name, "values%u.json", seed);
    (void)snprintf(text, sizeof text,
                   "{\"schema\": \"urn:plumbline:reference-values:v1\", \"sets\": [{\"tee\": "
                   "\"sgx\", \"measurements\": [{\"name\": \"mrenclave\", \"value\": "
                   "\"%064x\"}]}]}",
                   seed);
    return in_bytes(name, text, strlen(text));
}

void
released(const char *version, const char *values)
{
    const char *id = id_of(ANSWER("pipeline", "release", "add", version, "--values", values));

    approves("alice", id);
    approves("bob", id);
}

void
begun(const char *version)
{
    approves("bob", id_of(ANSWER("alice", "rollout", "begin", version, "--fleet", "prod")));
}

void
completed(const char *version)
{
    approves("bob", id_of(ANSWER("alice", "rollout", "complete", version, "--fleet", "prod")));
}
