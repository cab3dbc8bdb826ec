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

#define LOW                                                                                    \
    ", \"severity\": [{\"type\": \"CVSS_V3\","                                                 \
    " \"score\": \"CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N\"}]"

/* n advisories about lodash below fixed, in one import. */
static void
import_many(struct world *w, size_t n, const char *fixed)
{
    struct plumb_bytes text = { 0 };
    FILE *f = open_memstream((char **)&text.data, &text.len);
    char id[32];

    assert_non_null(f);
    for (size_t i = 0; i < n; i++) {
        (void)snprintf(id, sizeof id, "GHSA-%05zu", i);
        fputs(controlled_record(id, "lodash", fixed, T1, LOW), f);
    }
    assert_int_equal(fclose(f), 0);
    controlled_import(w, (const char *)text.data);
    free(text.data);
}

static enum plumb_finding_state
state_of(const struct world *w, const struct plumb_digest *release, const char *id)
{
    struct engine_finding f;

    assert_true(controlled_finding(w, release, id, &f));
    return f.state;
}

static bool
bundle_says(const struct world *w, const char *id, size_t *ret_n)
{
    struct plumb_bundle *b = world_open(w, "prod");
    const struct plumb_accepted *a = &b->accepted[0];
    bool says = false;

    assert_int_equal(b->naccepted, 1);
    *ret_n = a->nfindings;
    for (size_t i = 0; i < a->nfindings; i++)
        says =
            says || (strcmp(a->findings[i].advisory, id) == 0 && a->findings[i].undetermined &&
                     strcmp(a->findings[i].severity, "critical") == 0);
    plumb_bundle_free(b);
    return says;
}

/* Each of them alone would not block. */
static void
more_findings_than_are_listed_are_one_that_blocks(void **state)
{
    struct world w;
    struct plumb_digest id;
    struct engine_finding f;
    size_t n;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    (void)world_start(&w, &id);
    import_many(&w, PLUMB_FINDINGS_MAX, "4.17.21");
    assert_int_equal(controlled_state(&w, &id, "SUP-MONITOR").state, PLUMB_CONTROL_MET);
    assert_false(controlled_finding(&w, &id, PLUMB_FINDINGS_MORE, &f));
    (void)world_publish(&w, "prod");
    assert_false(bundle_says(&w, PLUMB_FINDINGS_MORE, &n));
    assert_int_equal(n, PLUMB_FINDINGS_MAX);
    controlled_import(&w, controlled_record("GHSA-more", "left-pad", "2.0.0", T1, LOW));
    assert_false(controlled_finding(&w, &id, "GHSA-more", &f));
    assert_true(controlled_finding(&w, &id, PLUMB_FINDINGS_MORE, &f));
    assert_int_equal(f.state, PLUMB_FINDING_UNDETERMINED);
    assert_true(f.blocking && f.accepted);
    assert_string_equal(f.component, "");
    assert_int_equal(f.since, w.entries[w.n - 1].time);
    assert_int_equal(controlled_state(&w, &id, "SUP-MONITOR").state, PLUMB_CONTROL_FAILED);
    (void)world_publish(&w, "prod");
    assert_true(bundle_says(&w, PLUMB_FINDINGS_MORE, &n));
    assert_int_equal(n, PLUMB_FINDINGS_MAX + 1);
    controlled_import(&w, controlled_record("GHSA-more2", "left-pad", "2.0.0", T1, LOW));
    assert_int_equal(finding_of(w.engine, &id)->n, PLUMB_FINDINGS_MAX + 1);
    world_end(&w);
}

/* Many versions of lodash. The caller frees it. */
static char *
large_bill(size_t n)
{
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    fputs("{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"components\": [", f);
    for (size_t i = 0; i < n; i++)
        fprintf(f,
                "%s{\"type\": \"library\", \"name\": \"lodash\", \"version\": \"4.1.%zu\","
                " \"purl\": \"pkg:npm/lodash@4.1.%zu\"}",
                i > 0 ? "," : "", i, i);
    fputs("]}", f);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void
parts_times_advisories_are_kept_within_bounds(void **state)
{
    char *large = large_bill(1001);
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    refer(&w, &id, large);
    refer(&w, &id, BILL("4.1.0"));
    assert_string_equal(attach_bill(&w, &id, large), "");
    import_many(&w, 1000, "4.17.21");
    assert_int_equal(state_of(&w, &id, PLUMB_FINDINGS_MORE), PLUMB_FINDING_UNDETERMINED);
    assert_true(finding_of(w.engine, &id)->pairs <= FINDING_PAIRS_MAX + 1);
    assert_string_equal(attach_bill(&w, &id, BILL("4.1.0")), "");
    assert_int_equal(state_of(&w, &id, PLUMB_FINDINGS_MORE), PLUMB_FINDING_GONE);
    assert_int_equal(finding_of(w.engine, &id)->pairs, 1000);
    free(large);
    world_end(&w);
}

/* Though none is about it. */
static void
what_was_not_compared_is_not_clean(void **state)
{
    char *large = large_bill(1001);
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    import_many(&w, 1000, "0.0.1");
    id = controlled_propose(&w, "1.0");
    refer(&w, &id, large);
    assert_string_equal(attach_bill(&w, &id, large), "");
    assert_int_equal(finding_of(w.engine, &id)->n, 1);
    assert_int_equal(state_of(&w, &id, PLUMB_FINDINGS_MORE), PLUMB_FINDING_UNDETERMINED);
    free(large);
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(more_findings_than_are_listed_are_one_that_blocks),
        cmocka_unit_test(parts_times_advisories_are_kept_within_bounds),
        cmocka_unit_test(what_was_not_compared_is_not_clean),
        cmocka_unit_test(bills_that_take_turns_make_no_list_longer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
