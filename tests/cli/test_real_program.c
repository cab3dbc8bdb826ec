/* Every real quote, report and document, with the real programs: measured, released, approved
 * and published, it is accepted as evidence; what ran in debug mode is refused for that. */
#include "tests/t.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/own.h"
#include "tests/cli/made.h"
#include "tests/cli/program.h"
#include "tests/real.h"

static const struct {
    const char *path;
    bool debug;
} files[] = {
    { "tees/sgx/occlum_quote.dat", true },
    { "tees/sgx/quote_pcs.bin", true },
    { "tees/sgx/le_prod_css.bin", false },
    { "tees/sgx/sig1.sigstruct.bin", false },
    { "tees/tdx/tdx_quote_4.dat", true },
    { "tees/tdx/tdx_quote_5.dat", false },
    { "tees/tdx/cos-113-tdx-quote.dat", false },
    { "tees/tdx/trustee-claims.json", true },
    { "tees/snp/test-report.bin", false },
    { "tees/snp/test-vlek-report.bin", false },
    { "tees/nitro/valid-attestation-doc.cbor", false },
};

static struct made made;

static void
every_tee(struct make *m)
{
    make_set(m, "payloads.web.tees", json_pack("[s, s, s, s]", "nitro", "sgx", "snp", "tdx"));
    make_set(m, "fleets.prod.recognitions", json_integer(0));
}

static int
begin(void **state)
{
    (void)state;
    made_begin(&made, every_tee);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    made_end(&made);
    return 0;
}

/* Byte for byte, where the programs find it. */
static const char *
real(const char *path)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = real_file(path);

    return in_bytes("file", bytes.data, bytes.len);
}

#define RELEASE(name)                                                                          \
    "release", "add", name, "--measure", in("file"), "--server", made.server, "--trust",       \
        in("trust"), "--sign-key", in("rex.sign")

/* Released by what the file says, in spite of all warnings; what an approver is shown. */
static struct plumb_digest
release(const char *name)
{
    struct ran r = PLUMB("--json", RELEASE(name), "--allow", "debug", "--allow", "debug-free",
                         "--allow", "sample-signer", "--label", name + strlen("web@"));
    struct plumb_err err = { 0 };
    struct plumb_digest id;
    json_t *receipt;
    const char *text;

    assert_status(0, &r);
    receipt = ran_json(&r);
    text = json_string_value(json_object_get(receipt, "id"));
    assert_ok(plumb_digest_parse(text, "id", &id, &err), &err);
    ran_clear(&r);
    r = PLUMB("show", text, "--server", made.server, "--trust", in("trust"));
    assert_status(0, &r);
    assert_non_null(strstr(r.out, "nobody verified it"));
    assert_non_null(strstr(r.out, "read from a "));
    ran_clear(&r);
    json_decref(receipt);
    act_vote(&made.service, &made.make, "ria", &id);
    act_vote(&made.service, &made.make, "sol", &id);
    return id;
}

/* Measurements that its own set asks for and it does not meet: 0, or the one that tells debug.
 */
static json_int_t
check_verdict(const char *path, bool debug)
{
    struct ran r = PLUMB("--json", "appraise", "--trust", in("trust"), "--memory", in("memory"),
                         "--bundle", in("bundle"), "--evidence", in("file"));
    json_t *verdict = ran_json(&r);
    const char *text = json_string_value(json_object_get(verdict, "verdict"));
    const json_int_t unmet = json_integer_value(json_object_get(verdict, "of")) -
                             json_integer_value(json_object_get(verdict, "met"));

    if (strcmp(text, debug ? "debug" : "accepted") != 0 || r.status != (debug ? 3 : 0))
        fail_msg("%s: %s, status %d", path, text, r.status);
    json_decref(verdict);
    ran_clear(&r);
    return unmet;
}

static void
what_was_measured_accepts_what_it_was_measured_from(void **state)
{
    struct plumb_digest before, id;

    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char name[32];

        (void)snprintf(name, sizeof name, "web@%zu", i);
        (void)real(files[i].path);
        id = release(name);
        act_roll(&made.service, &made.make, name, &id, PLUMB_ACTION_BEGIN,
                 i > 0 ? &before : NULL);
        assert_plumb(0, "bundle", "pull", "--server", made.server, "--trust", in("trust"),
                     "--memory", in("memory"), "-o", in("bundle"));
        assert_int_equal(files[i].debug, check_verdict(files[i].path, files[i].debug));
        act_roll(&made.service, &made.make, name, &id, PLUMB_ACTION_COMPLETE, NULL);
        before = id;
    }
}

static void
warnings_stop_a_release_until_they_are_asked_for(void **state)
{
    (void)state;
    (void)real("tees/sgx/occlum_quote.dat");
    assert_plumb_refused("measure.debug", 1, RELEASE("web@d"));
    assert_plumb_refused("measure.sample-signer", 1, RELEASE("web@d"), "--allow", "debug");
    (void)real("tees/sgx/sig1.sigstruct.bin");
    assert_plumb_refused("measure.debug-free", 1, RELEASE("web@d"));
    (void)real("tees/nitro/debug-attestation-doc.cbor");
    assert_plumb_refused("measure.debug", 1, RELEASE("web@d"));
    assert_plumb_refused("measure.empty", 1, RELEASE("web@d"), "--allow", "debug");
    (void)check_verdict("nitro debug", true);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_measured_accepts_what_it_was_measured_from),
        cmocka_unit_test(warnings_stop_a_release_until_they_are_asked_for),
    };

    if (!real_there(sizeof tests / sizeof tests[0]))
        return 77;
    return cmocka_run_group_tests(tests, begin, end);
}
