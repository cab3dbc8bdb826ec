/* What is kept of bills and advisories stays within bounds, whoever sends them. */
#include <plumb/bundle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/finding.h"
#include "tests/engine/controlled.h"
#include "tests/t.h"

#define T1 "2026-09-01T00:00:00Z"

static const char *
attach_bill(struct world *w, const struct plumb_digest *release, const char *text)
{
    struct plumb_bytes bytes = { 0 };

    assert_ok(plumb_bytes_copy(text, strlen(text), &bytes, &w->err), &w->err);
    return controlled_attach(w, release, PLUMB_FILE_SBOM, bytes);
}

/* forge, who is trusted for that, says whose bill it is. */
static void
refer(struct world *w, const struct plumb_digest *release, const char *text)
{
    const struct plumb_digest bill = make_digest(text);

    assert_string_equal(
        controlled_attest(w, release, "forge", "https://in-toto.io/attestation/reference/v0.1",
                          json_pack("{s:[{s:s, s:{s:o}}]}", "references", "uri", "sbom",
                                    "digest", "sha256", make_hex(&bill))),
        "");
}

#define BILL(version)                                                                          \
    "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"components\": [{\"type\":"     \
    " \"library\", \"name\": \"lodash\", \"version\": \"" version                              \
    "\", \"purl\": \"pkg:npm/lodash@" version "\"}]}"

static void
bills_that_take_turns_make_no_list_longer(void **state)
{
    struct world w;
    struct plumb_digest id;
    const struct package_lists *lists;
    const struct package *lodash;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    refer(&w, &id, BILL("4.1.0"));
    refer(&w, &id, BILL("4.2.0"));
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(attach_bill(&w, &id, BILL("4.1.0")), "");
        assert_string_equal(attach_bill(&w, &id, BILL("4.2.0")), "");
    }
    lodash = &watch_bill(w.engine, &id)->bill->parts[0].packages[0];
    assert_string_equal(lodash->version, "4.2.0");
    lists = watch_lists(w.engine, lodash->key);
    assert_int_equal(lists->uses, 2);
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bills_that_take_turns_make_no_list_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
