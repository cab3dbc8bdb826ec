/*
 * A live plumbd for other people's clients: the real program with a log of its own. Says on
 * stdout what a client needs to know, as NAME=VALUE lines that end with "ready", then obeys
 * stdin: "grow N" appends N entries and says "size=SIZE", the end stops it and removes all.
 */
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/file.h"
#include "tests/server/plumbd.h"

static struct make make;
static struct plumbd service;
static unsigned made;

static void
write_file(const char *name, const struct plumb_bytes *bytes, char ret[300])
{
    struct plumb_err err;

    (void)snprintf(ret, 300, "%s/%s", pg_directory(), name);
    assert_ok(file_replace(ret, 0600, bytes->data, bytes->len, &err), &err);
}

/* otto's TLS key and a certificate of it. */
static void
say_auditor(void)
{
    const struct make_person *otto = make_who(&make, "otto");
    struct plumb_bytes pem = { 0 };
    struct plumb_err err;
    char path[300];

    assert_ok(plumb_signer_to_pem(otto->tls, NULL, &pem, &err), &err);
    write_file("otto.key", &pem, path);
    printf("key=%s\n", path);
    plumb_bytes_cleanse(&pem);
    assert_ok(plumb_signer_certificate(otto->tls, "otto", NULL, 0, make.now - 86400,
                                       make.now + 86400, &pem, &err),
              &err);
    write_file("otto.crt", &pem, path);
    printf("certificate=%s\n", path);
    plumb_bytes_clear(&pem);
}

static void
say_service(void)
{
    json_t *trust = plumbd_json(&service, "GET", "/v1/trust/prod", NULL, 200);
    struct plumb_bytes file = { 0 };
    char text[PLUMB_VKEY_TEXT], path[300];
    struct plumb_vkey vkey;
    struct plumb_err err;

    assert_ok(plumb_vkey_make(MAKE_ORIGIN, 1, make.log->pub, &vkey, &err), &err);
    plumb_vkey_text(&vkey, text);
    assert_ok(plumb_json_canonical(trust, &file, &err), &err);
    write_file("trust.json", &file, path);
    plumb_bytes_clear(&file);
    printf("trust=%s\n", path);
    printf("url=https://127.0.0.1:%u\n", plumbd_port(&service));
    printf("pin=%s\n", json_string_value(json_array_get(json_object_get(trust, "server"), 0)));
    printf("socket=%s/plumbd.sock\n", service.data);
    printf("origin=%s\n", MAKE_ORIGIN);
    printf("vkey=%s\n", text);
    json_decref(trust);
}

static void
grow(unsigned n)
{
    char version[32];
    json_t *receipt = NULL;

    for (; n > 0; n--) {
        struct plumb_bytes values;
        struct plumb_digest digest;

        json_decref(receipt);
        (void)snprintf(version, sizeof version, "1.%u", made++);
        values = make_refvals(version);
        plumb_sha256(values.data, values.len, &digest);
        plumbd_blob(&service, &values);
        plumb_bytes_clear(&values);
        receipt =
            plumbd_submit(&service, make_release(&make, "rex", "web", version, &digest), 201);
    }
    if (receipt != NULL)
        printf("size=%lld\n", (long long)json_integer_value(json_object_get(receipt, "size")));
    json_decref(receipt);
    (void)fflush(stdout);
}

static void
serve(void **state)
{
    char line[64];
    unsigned n;

    (void)state;
    plumbd_start(&service);
    plumbd_genesis(&service, &make);
    say_auditor();
    say_service();
    puts("ready");
    (void)fflush(stdout);
    while (fgets(line, sizeof line, stdin) != NULL)
        if (sscanf(line, "grow %u", &n) == 1)
            grow(n);
    plumbd_stop(&service, SIGTERM);
}

static int
begin(void **state)
{
    (void)state;
    make_begin(&make, time(NULL));
    plumbd_prepare(&service, &make);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    if (service.pid != 0)
        plumbd_stop(&service, SIGKILL);
    make_end(&make);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(serve) };

    return cmocka_run_group_tests(tests, begin, end);
}
