#include "tests/bench/fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "server/file.h"
#include "tests/bench/bench.h"
#include "tests/t.h"

static json_t *
measurement(const char *label, size_t i, const char *name)
{
    char text[128], hex[97];
    struct plumb_digest d;

    (void)snprintf(text, sizeof text, "%s/%zu/%s", label, i, name);
    d = make_digest(text);
    plumb_hex(d.b, 32, hex);
    plumb_hex(d.b, 16, hex + 64);
    return json_pack("{s:s, s:s}", "name", name, "value", hex);
}

struct plumb_bytes
fixture_values(const char *label, size_t n)
{
    json_t *sets = json_array(), *document;
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err = { 0 };

    for (size_t i = 0; i < n; i++)
        (void)json_array_append_new(
            sets, json_pack("{s:s, s:[o, o, o]}", "tee", "tdx", "measurements",
                            measurement(label, i, "mrtd"), measurement(label, i, "rtmr1"),
                            measurement(label, i, "rtmr2")));
    document =
        json_pack("{s:s, s:o}", "schema", "urn:plumbline:reference-values:v1", "sets", sets);
    assert_ok(plumb_json_canonical(document, &bytes, &err), &err);
    json_decref(document);
    return bytes;
}

void
fixture_fleet(struct make *m, const char *name)
{
    char path[PLUMB_NAME_MAX + 16];

    (void)snprintf(path, sizeof path, "fleets.%s", name);
    make_set(m, path, json_deep_copy(make_at(m, "fleets.prod")));
    (void)snprintf(path, sizeof path, "fleets.%s.public", name);
    make_set(m, path, json_true());
    (void)snprintf(path, sizeof path, "fleets.%s.recognitions", name);
    make_set(m, path, json_integer(0));
}

static struct plumb_digest
send(const struct plumbd *p, struct plumb_signed *s)
{
    struct plumb_digest id = s->statement->id;

    json_decref(plumbd_submit(p, s, 201));
    return id;
}

void
fixture_current(const struct plumbd *p, struct make *m, const char *fleet, const char *version,
                struct plumb_bytes values)
{
    struct plumb_digest digest, release, begin;
    char name[PLUMB_NAME_MAX + 8];

    plumb_sha256(values.data, values.len, &digest);
    plumbd_blob(p, &values);
    plumb_bytes_clear(&values);
    (void)snprintf(name, sizeof name, "web@%s", version);
    release = send(p, make_release(m, "rex", "web", version, &digest));
    (void)send(p, make_vote(m, "sol", &release, PLUMB_APPROVE));
    begin = send(p, make_rollout(m, "rex", fleet, name, &release, PLUMB_ACTION_BEGIN, 0, NULL));
    (void)send(p, make_vote(m, "ria", &begin, PLUMB_APPROVE));
    (void)send(p,
               make_rollout(m, "rex", fleet, name, &release, PLUMB_ACTION_COMPLETE, 1, NULL));
}

size_t
fixture_copy(const struct plumbd *p, const char *target, const char *root)
{
    struct hc_reply reply = plumbd_ask(p, "GET", target, NULL);
    struct plumb_err err = { 0 };
    char path[400], command[500];
    size_t len = reply.body_len;

    if (reply.status != 200)
        bench_fail("%s is not there", target);
    (void)snprintf(path, sizeof path, "%s%s", root, target);
    (void)snprintf(command, sizeof command, "mkdir -p \"$(dirname '%s')\"", path);
    if (system(command) != 0)
        bench_fail("%s cannot be made", root);
    assert_ok(file_replace(path, 0644, reply.body, reply.body_len, &err), &err);
    hc_reply_free(&reply);
    return len;
}

void
fixture_copy_keys(const struct plumbd *p, const char *root)
{
    static const char *const names[][2] = { { "tls.crt", "crt" }, { "tls.key", "key" } };

    for (size_t i = 0; i < 2; i++) {
        struct plumb_bytes bytes = { 0 };
        struct plumb_err err = { 0 };
        char path[400];

        (void)snprintf(path, sizeof path, "%s/keys/%s", p->data, names[i][0]);
        assert_ok(file_read(path, 1 << 20, &bytes, &err), &err);
        (void)snprintf(path, sizeof path, "%s/%s", root, names[i][1]);
        assert_ok(file_replace(path, 0600, bytes.data, bytes.len, &err), &err);
        plumb_bytes_cleanse(&bytes);
    }
}
