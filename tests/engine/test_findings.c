/* Advisories against bills of materials, and what follows. */
#include <plumb/bundle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supply/attestation.h"
#include "tests/engine/controlled.h"
#include "tests/t.h"

#define T1 "2026-09-01T00:00:00Z"
#define T2 "2026-09-02T00:00:00Z"
#define HIGH                                                                                   \
    ", \"severity\": [{\"type\": \"CVSS_V3\","                                                 \
    " \"score\": \"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N\"}]"
#define LOW                                                                                    \
    ", \"severity\": [{\"type\": \"CVSS_V3\","                                                 \
    " \"score\": \"CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N\"}]"

static struct engine_finding
must_find(const struct world *w, const struct plumb_digest *release, const char *id)
{
    struct engine_finding f;

    if (!controlled_finding(w, release, id, &f))
        fail_msg("there is no finding of %s", id);
    return f;
}

static void
expect(const struct world *w, const struct plumb_digest *release, const char *id,
       enum plumb_finding_state want)
{
    struct engine_finding f = must_find(w, release, id);

    if (f.state != want)
        fail_msg("%s is %s (%s), want %s", id, plumb_finding_state_text(f.state), f.why,
                 plumb_finding_state_text(want));
}

static void
an_advisory_finds_every_bill_that_has_the_package(void **state)
{
    struct world w;
    struct plumb_digest one, two;
    struct engine_finding f;

    (void)state;
    controlled_begin(&w, NULL);
    one = controlled_release(&w, "1.0");
    two = controlled_release(&w, "2.0");
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    f = must_find(&w, &one, "GHSA-1");
    assert_int_equal(f.state, PLUMB_FINDING_OPEN);
    assert_int_equal(f.severity, PLUMB_SEVERITY_HIGH);
    assert_true(f.rated && f.blocking);
    assert_string_equal(f.component, "pkg:npm/lodash@4.0.0");
    assert_string_equal(f.fixed, "4.17.21");
    assert_string_equal(f.version, "1.0");
    assert_int_equal(f.index, w.n - 1);
    assert_int_equal(f.since, w.entries[w.n - 1].time);
    assert_int_equal(f.due, f.since + 30 * WORLD_DAY);
    assert_false(f.overdue || f.accepted);
    expect(&w, &two, "GHSA-1", PLUMB_FINDING_OPEN);
    controlled_import(&w, controlled_record("GHSA-2", "lodash", "3.0.0", T1, HIGH));
    controlled_import(&w, controlled_record("GHSA-3", "leftpad", "9.0.0", T1, HIGH));
    assert_false(controlled_finding(&w, &one, "GHSA-2", &f));
    assert_false(controlled_finding(&w, &one, "GHSA-3", &f));
    /* what no fleet accepts is due nowhere */
    w.make.now += 31 * WORLD_DAY;
    assert_false(must_find(&w, &one, "GHSA-1").overdue);
    world_end(&w);
}

static void
a_bill_finds_every_advisory_that_was_there_before(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    id = controlled_propose(&w, "1.0");
    controlled_meet(&w, &id, NULL);
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    world_refuse(&w, "control.must", make_vote(&w.make, "sol", &id, PLUMB_APPROVE));
    assert_string_equal(w.err.where, "SUP-MONITOR");
    world_end(&w);
}

static void
what_does_not_block_is_shown_and_lets_pass(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, LOW));
    id = controlled_release(&w, "1.0");
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    assert_false(must_find(&w, &id, "GHSA-1").blocking);
    assert_int_equal(must_find(&w, &id, "GHSA-1").due, PLUMB_TIME_NEVER);
    world_end(&w);
}

static void
what_is_unrated_counts_as_governance_says(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, ""));
    assert_false(must_find(&w, &id, "GHSA-1").rated);
    assert_int_equal(must_find(&w, &id, "GHSA-1").severity, PLUMB_SEVERITY_HIGH);
    make_next(&w.make);
    make_set(&w.make, "controls.vulnerabilities.unrated", json_string("low"));
    (void)world_govern(&w, NULL);
    assert_int_equal(must_find(&w, &id, "GHSA-1").severity, PLUMB_SEVERITY_LOW);
    world_end(&w);
}

static void
what_cannot_be_compared_is_undetermined_and_blocks(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "not.a.version", T1, HIGH));
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_UNDETERMINED);
    assert_true(must_find(&w, &id, "GHSA-1").blocking);
    assert_true(must_find(&w, &id, "GHSA-1").why[0] != '\0');
    assert_int_equal(controlled_state(&w, &id, "SUP-MONITOR").state, PLUMB_CONTROL_FAILED);
    world_end(&w);
}

static void
an_advisory_that_is_modified_or_withdrawn_clears_what_it_caused(void **state)
{
    struct world w;
    struct plumb_digest id;
    plumb_time since;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T2, HIGH));
    since = must_find(&w, &id, "GHSA-1").since;
    /* an older text of it changes nothing */
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "1.0.0", T1, HIGH));
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    controlled_import(
        &w, controlled_record("GHSA-1", "lodash", "4.17.22", "2026-09-03T00:00:00Z", HIGH));
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    assert_int_equal(must_find(&w, &id, "GHSA-1").since, since);
    controlled_import(
        &w, controlled_record("GHSA-1", "unheard-of", "0.1.0", "2026-09-04T00:00:00Z", HIGH));
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_GONE);
    controlled_import(
        &w, controlled_record("GHSA-1", "lodash", "4.17.22", "2026-09-05T00:00:00Z", HIGH));
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    assert_true(must_find(&w, &id, "GHSA-1").since > since);
    controlled_import(&w,
                      controlled_record("GHSA-1", "lodash", "4.17.22", "2026-09-06T00:00:00Z",
                                        HIGH ", \"withdrawn\": \"2026-09-06T00:00:00Z\""));
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_WITHDRAWN);
    assert_int_equal(controlled_state(&w, &id, "SUP-MONITOR").state, PLUMB_CONTROL_MET);
    world_end(&w);
}

static json_t *
vex(const char *status, const char *product)
{
    json_t *statement = json_pack("{s:{s:s}, s:[{s:s}], s:s}", "vulnerability", "name",
                                  "GHSA-1", "products", "@id", product, "status", status);

    if (strcmp(status, "not_affected") == 0)
        json_object_set_new(statement, "justification",
                            json_string("vulnerable_code_not_in_execute_path"));
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:[o]}", "@context",
                     "https://openvex.dev/ns/v0.2.0", "@id", "https://scan.example/1", "author",
                     "scan", "timestamp", strcmp(status, "not_affected") == 0 ? T2 : T1,
                     "version", 1, "statements", statement);
}

static void
a_trusted_issuer_clears_a_finding_with_a_reason(void **state)
{
    static const char type[] = "https://openvex.dev/ns/v0.2.0";
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    assert_string_equal(
        controlled_attest(&w, &id, "qa", type, vex("not_affected", "pkg:npm/lodash@4.0.0")),
        "evidence.trust");
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    assert_string_equal(
        controlled_attest(&w, &id, "scan", type, vex("not_affected", "pkg:npm/left-pad@1.0.0")),
        "");
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    assert_string_equal(controlled_attest(&w, &id, "scan", type,
                                          vex("under_investigation", "pkg:npm/lodash@4.0.0")),
                        "");
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    assert_string_equal(
        controlled_attest(&w, &id, "scan", type, vex("not_affected", "pkg:npm/lodash@4.0.0")),
        "");
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_NOT_AFFECTED);
    assert_string_equal(must_find(&w, &id, "GHSA-1").why,
                        "vulnerable_code_not_in_execute_path");
    assert_int_equal(controlled_state(&w, &id, "SUP-MONITOR").state, PLUMB_CONTROL_MET);
    make_next(&w.make);
    make_set(&w.make, "controls.trust.scan", NULL);
    (void)world_govern(&w, NULL);
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    world_end(&w);
}

/* Statements about the whole, with no components: no bill, however much it looks like one. */
static void
cyclonedx_counts_for_what_its_signer_may_say(void **state)
{
    static const char type[] = "https://cyclonedx.org/bom/v1.6";
    static const char text[] =
        "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\", \"metadata\": {\"timestamp\":"
        " \"2026-01-02T00:00:00Z\", \"component\": {\"type\": \"library\", \"name\":"
        " \"lodash\", \"version\": \"4.0.0\", \"bom-ref\": \"r\", \"purl\":"
        " \"pkg:npm/lodash@4.0.0\"}}, \"vulnerabilities\": [{\"id\": \"GHSA-1\", \"affects\":"
        " [{\"ref\": \"r\"}], \"analysis\": {\"state\": \"not_affected\", \"justification\":"
        " \"code_not_present\"}}]}";
    static const char empty[] = "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.6\"}";
    struct world w;
    struct plumb_digest id;
    struct engine_control before, after;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    before = controlled_state(&w, &id, "SUP-BOM");
    assert_string_equal(controlled_attest(&w, &id, "forge", type, json_loads(text, 0, NULL)),
                        "evidence.trust");
    assert_string_equal(controlled_attest(&w, &id, "forge", type, json_loads(empty, 0, NULL)),
                        "evidence.empty");
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    assert_string_equal(controlled_attest(&w, &id, "scan", type, json_loads(text, 0, NULL)),
                        "");
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_NOT_AFFECTED);
    after = controlled_state(&w, &id, "SUP-BOM");
    assert_int_equal(after.state, PLUMB_CONTROL_MET);
    assert_true(plumb_digest_eq(&before.evidence[0], &after.evidence[0]));
    world_end(&w);
}

/* What was cleared is not what is named, nor counted among what is left. */
static void
a_finding_names_a_component_that_it_is_open_for(void **state)
{
    static const char bill[] =
        "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"components\": ["
        "{\"type\": \"library\", \"name\": \"lodash\", \"version\": \"4.0.0\","
        " \"purl\": \"pkg:npm/lodash@4.0.0\"},"
        "{\"type\": \"library\", \"name\": \"lodash\", \"version\": \"4.1.0\","
        " \"purl\": \"pkg:npm/lodash@4.1.0\"}]}";
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    assert_string_equal(controlled_attest(&w, &id, "forge", "https://cyclonedx.org/bom",
                                          json_loads(bill, 0, NULL)),
                        "");
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    assert_int_equal(must_find(&w, &id, "GHSA-1").components, 2);
    assert_string_equal(must_find(&w, &id, "GHSA-1").component, "pkg:npm/lodash@4.0.0");
    assert_string_equal(controlled_attest(&w, &id, "scan", "https://openvex.dev/ns/v0.2.0",
                                          vex("not_affected", "pkg:npm/lodash@4.0.0")),
                        "");
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    assert_int_equal(must_find(&w, &id, "GHSA-1").components, 1);
    assert_string_equal(must_find(&w, &id, "GHSA-1").component, "pkg:npm/lodash@4.1.0");
    assert_string_equal(controlled_attest(&w, &id, "scan", "https://openvex.dev/ns/v0.2.0",
                                          vex("not_affected", "pkg:npm/lodash")),
                        "");
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_NOT_AFFECTED);
    assert_int_equal(must_find(&w, &id, "GHSA-1").components, 2);
    world_end(&w);
}

static void
a_feed_that_has_gone_silent_opens_the_control(void **state)
{
    struct world w;
    struct plumb_digest id;
    struct engine_monitor m;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_propose(&w, "1.0");
    engine_monitor(w.engine, w.make.now, &m);
    assert_true(m.stale && m.imports == 0);
    controlled_meet(&w, &id, "SUP-MONITOR");
    assert_int_equal(controlled_state(&w, &id, "SUP-MONITOR").state, PLUMB_CONTROL_OPEN);
    controlled_import(&w, "");
    assert_int_equal(controlled_state(&w, &id, "SUP-MONITOR").state, PLUMB_CONTROL_MET);
    engine_monitor(w.engine, w.make.now, &m);
    assert_false(m.stale);
    w.make.now += 2 * WORLD_DAY + 1;
    assert_int_equal(controlled_state(&w, &id, "SUP-MONITOR").state, PLUMB_CONTROL_OPEN);
    engine_monitor(w.engine, w.make.now, &m);
    assert_true(m.stale);
    world_end(&w);
}

static void
another_bill_takes_the_place_of_the_first(void **state)
{
    static const char text[] =
        "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"version\": 1,"
        " \"components\": [{\"type\": \"library\", \"name\": \"lodash\", \"version\":"
        " \"4.17.21\", \"purl\": \"pkg:npm/lodash@4.17.21\"}]}";
    const struct plumb_digest bill = make_digest(text);
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    controlled_import(&w, controlled_record("GHSA-2", "left-pad", "1.3.0", T1, HIGH));
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    expect(&w, &id, "GHSA-2", PLUMB_FINDING_OPEN);
    assert_string_equal(
        controlled_attest(&w, &id, "forge", "https://in-toto.io/attestation/reference/v0.1",
                          json_pack("{s:[{s:s, s:{s:o}}]}", "references", "uri", "sbom",
                                    "digest", "sha256", make_hex(&bill))),
        "");
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_SBOM, controlled_bytes(text)),
                        "");
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_GONE);
    expect(&w, &id, "GHSA-2", PLUMB_FINDING_GONE);
    controlled_import(&w, controlled_record("GHSA-3", "lodash", "4.18.0", T1, HIGH));
    expect(&w, &id, "GHSA-3", PLUMB_FINDING_OPEN);
    assert_int_equal(must_find(&w, &id, "GHSA-3").components, 1);
    world_end(&w);
}

/* scan may speak of bills too */
static void
late_trust(struct make *m)
{
    make_set(m, "controls.trust.scan.for", json_pack("[s, s]", "vex", "sbom"));
}

static void
trust_that_comes_later_matches_what_is_there(void **state)
{
    struct world w;
    struct plumb_digest id, bill;
    struct plumb_bytes copy = { 0 };
    struct engine_finding f;

    (void)state;
    controlled_begin(&w, late_trust);
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    id = controlled_propose(&w, "1.0");
    bill = controlled_bill(&w, "1.0.1", "4.0.0");
    assert_string_equal(
        controlled_attest(&w, &id, "scan", "https://in-toto.io/attestation/reference/v0.1",
                          json_pack("{s:[{s:s, s:{s:o}}]}", "references", "uri", "sbom",
                                    "digest", "sha256", make_hex(&bill))),
        "");
    make_next(&w.make);
    make_set(&w.make, "controls.trust.scan.for", json_pack("[s]", "vex"));
    (void)world_govern(&w, NULL);
    for (size_t i = 0; copy.data == NULL && i < w.nblobs; i++)
        if (plumb_digest_eq(&w.blobs[i].digest, &bill))
            assert_ok(
                plumb_bytes_copy(w.blobs[i].bytes.data, w.blobs[i].bytes.len, &copy, &w.err),
                &w.err);
    assert_string_equal(controlled_attach(&w, &id, PLUMB_FILE_SBOM, copy), "");
    assert_false(controlled_finding(&w, &id, "GHSA-1", &f));
    make_next(&w.make);
    make_set(&w.make, "controls.trust.scan.for", json_pack("[s, s]", "vex", "sbom"));
    (void)world_govern(&w, NULL);
    expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
    assert_int_equal(controlled_state(&w, &id, "SUP-BOM").state, PLUMB_CONTROL_MET);
    world_end(&w);
}

static const struct plumb_accepted *
find_accepted(const struct plumb_bundle *b, const struct plumb_digest *release)
{
    for (size_t i = 0; i < b->naccepted; i++)
        if (plumb_digest_eq(&b->accepted[i].release, release))
            return &b->accepted[i];
    fail_msg("the bundle does not accept it");
    return NULL;
}

static void
the_bundle_tells_what_is_open(void **state)
{
    struct world w;
    struct plumb_digest id;
    struct plumb_bundle *b;
    const struct plumb_accepted *a;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    (void)world_start(&w, &id);
    (void)world_publish(&w, "prod");
    b = world_open(&w, "prod");
    assert_int_equal(find_accepted(b, &id)->nfindings, 0);
    assert_true(find_accepted(b, &id)->has_sbom);
    plumb_bundle_free(b);
    controlled_import(&w, controlled_record("GHSA-2", "lodash", "4.17.21", T1, HIGH));
    controlled_import(&w, controlled_record("GHSA-1", "left-pad", "1.17.21", T1, LOW));
    (void)world_publish(&w, "prod");
    b = world_open(&w, "prod");
    a = find_accepted(b, &id);
    assert_int_equal(a->nfindings, 2);
    assert_string_equal(a->findings[0].advisory, "GHSA-1");
    assert_string_equal(a->findings[0].severity, "low");
    assert_int_equal(a->findings[0].due, PLUMB_TIME_NEVER);
    assert_string_equal(a->findings[1].advisory, "GHSA-2");
    assert_int_equal(a->findings[1].due, a->findings[1].since + 30 * WORLD_DAY);
    assert_false(a->findings[1].undetermined);
    plumb_bundle_free(b);
    world_end(&w);
}

struct page {
    size_t n, most;
    char ids[200];
};

static bool
take_on_page(void *arg, const struct engine_finding *f)
{
    struct page *p = arg;

    if (p->n == p->most)
        return false;
    p->n++;
    (void)snprintf(p->ids + strlen(p->ids), sizeof p->ids - strlen(p->ids), "%s@%s ",
                   f->advisory, f->version);
    return true;
}

static void
findings_come_in_pages(void **state)
{
    struct world w;
    struct page all = { .most = 9 }, page = { .most = 2 };
    struct plumb_digest one, two;
    size_t next = 0, pages = 0;

    (void)state;
    controlled_begin(&w, NULL);
    one = controlled_release(&w, "1.0");
    (void)world_start(&w, &one);
    assert_int_equal(engine_accepted(w.engine, "prod", "web"), 1);
    (void)world_complete(&w, &one);
    two = controlled_release(&w, "2.0");
    (void)world_start(&w, &two);
    assert_int_equal(engine_accepted(w.engine, "prod", "web"), 2);
    assert_int_equal(engine_accepted(w.engine, "test", "web"), 0);
    for (const char *id = "123"; *id != '\0'; id++) {
        const char name[] = { 'X', '-', *id, '\0' };

        controlled_import(&w, controlled_record(name, "lodash", "4.17.21", T1, LOW));
    }
    assert_int_equal(engine_findings_from(w.engine, 0, 100, w.make.now, take_on_page, &all), 0);
    assert_int_equal(all.n, 6);
    /* two are taken, or one is looked at */
    do {
        next = engine_findings_from(w.engine, next, pages % 2 == 0 ? 100 : 1, w.make.now,
                                    take_on_page, &page);
        page.n = 0;
        pages++;
    } while (next > 0);
    assert_string_equal(page.ids, all.ids);
    assert_int_equal(pages, 4);
    world_end(&w);
}

/* --- what follows --- */

static struct plumb_signed *
proposed_by_the_service(struct world *w, const struct engine_wish *wish)
{
    char name[2 * PLUMB_NAME_MAX + 2], fleets[PLUMB_NAME_MAX + 32];

    (void)snprintf(name, sizeof name, "%s@%s", wish->payload, wish->version);
    if (wish->kind == PLUMB_KIND_ROLLOUT)
        return make_rollout(&w->make, "plumbd", wish->fleet, name, &wish->release,
                            PLUMB_ACTION_RESCHEDULE,
                            engine_base(w->engine, wish->fleet, wish->payload),
                            json_pack("{s:o}", "notAfter", make_time(wish->until)));
    (void)snprintf(fleets, sizeof fleets, "%s:%llu", wish->fleet,
                   (unsigned long long)engine_base(w->engine, wish->fleet, wish->payload));
    return make_revocation(&w->make, "plumbd", name, &wish->release, fleets, NULL);
}

static bool
wished(const struct world *w, struct engine_wish *ret)
{
    size_t at = 0;

    return engine_wish(w->engine, w->make.now, &at, ret);
}

static const char *
base_in_prod(const struct world *w)
{
    static char fleets[32];

    (void)snprintf(fleets, sizeof fleets, "prod:%llu",
                   (unsigned long long)engine_base(w->engine, "prod", "web"));
    return fleets;
}

static void
an_overdue_finding_has_its_revocation_proposed_once(void **state)
{
    struct world w;
    struct plumb_digest one, two, proposal;
    struct engine_wish wish;
    struct plumb_signed *s;

    (void)state;
    controlled_begin(&w, NULL);
    one = controlled_release(&w, "1.0");
    (void)world_start(&w, &one);
    (void)world_complete(&w, &one);
    two = controlled_release(&w, "2.0");
    (void)world_start(&w, &two);
    assert_false(wished(&w, &wish));
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    assert_false(wished(&w, &wish));
    assert_false(must_find(&w, &one, "GHSA-1").overdue);
    w.make.now += 30 * WORLD_DAY;
    assert_true(must_find(&w, &one, "GHSA-1").overdue);
    assert_true(must_find(&w, &one, "GHSA-1").accepted);
    assert_int_equal(controlled_state(&w, &one, "DEP-HYGIENE").state, PLUMB_CONTROL_FAILED);
    (void)world_record(&w);
    assert_true(wished(&w, &wish));
    assert_int_equal(wish.kind, PLUMB_KIND_REVOCATION);
    assert_non_null(strstr(wish.reason, "GHSA-1"));
    /* to leave nothing is not for the service to ask for */
    world_refuse(&w, "wish.none",
                 make_revocation(&w.make, "plumbd", "web@1.0", &one, base_in_prod(&w),
                                 json_pack("{s:[s]}", "leaveNothingAccepted", "prod")));
    s = proposed_by_the_service(&w, &wish);
    proposal = s->statement->id;
    (void)world_do(&w, s);
    assert_int_equal(world_state(&w, &proposal), ENGINE_PROPOSAL_OPEN);
    /* the other one is next, and then none: what is left must be asked for by people */
    assert_true(wished(&w, &wish));
    (void)world_do(&w, proposed_by_the_service(&w, &wish));
    assert_false(wished(&w, &wish));
    (void)world_vote(&w, "sol", &proposal, PLUMB_APPROVE);
    assert_int_equal(world_state(&w, &proposal), ENGINE_PROPOSAL_EFFECTIVE);
    world_end(&w);
}

#define CRITICAL                                                                               \
    ", \"severity\": [{\"type\": \"CVSS_V3\", \"score\":"                                      \
    " \"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H\"}]"

static void
findings_do_both(struct make *m)
{
    make_set(m, "controls.follows.finding",
             json_pack("[s, s, s]", "alert", "propose-revocation", "shorten-phase-out"));
    make_set(m, "controls.vulnerabilities.deadlines.high", json_string("P5D"));
    make_set(m, "controls.vulnerabilities.deadlines.critical", json_string("P3D"));
}

/* The next wish, as the service would make it; what kind it was. */
static enum plumb_kind
propose_next(struct world *w, struct plumb_digest *ret)
{
    struct engine_wish wish;
    struct plumb_signed *s;

    assert_true(wished(w, &wish));
    s = proposed_by_the_service(w, &wish);
    *ret = s->statement->id;
    (void)world_do(w, s);
    return wish.kind;
}

/* 1.0 is on its way out of prod, 2.0 is current. */
static void
superseded(struct world *w, void (*edit)(struct make *m), struct plumb_digest *one,
           struct plumb_digest *two)
{
    controlled_begin(w, edit);
    *one = controlled_release(w, "1.0");
    (void)world_start(w, one);
    (void)world_complete(w, one);
    *two = controlled_release(w, "2.0");
    (void)world_start(w, two);
    (void)world_complete(w, two);
}

static void
where_both_follow_both_are_proposed_and_neither_twice_while_people_think(void **state)
{
    struct world w;
    struct plumb_digest one, two, revocation, shorter, again;
    struct engine_wish wish;

    (void)state;
    superseded(&w, findings_do_both, &one, &two);
    assert_string_equal(
        controlled_attest(&w, &two, "forge", "https://cyclonedx.org/bom",
                          json_pack("{s:s, s:s, s:[{s:s, s:s, s:s}]}", "bomFormat", "CycloneDX",
                                    "specVersion", "1.5", "components", "type", "library",
                                    "name", "lodash", "purl", "pkg:npm/lodash@9.0.0")),
        "");
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    assert_int_equal(propose_next(&w, &revocation), PLUMB_KIND_REVOCATION);
    assert_int_equal(propose_next(&w, &shorter), PLUMB_KIND_ROLLOUT);
    assert_false(wished(&w, &wish));
    /* one more of the same severity changes nothing of that, a nearer deadline does */
    controlled_import(&w, controlled_record("GHSA-2", "lodash", "4.17.21", T1, HIGH));
    assert_false(wished(&w, &wish));
    controlled_import(&w, controlled_record("GHSA-3", "lodash", "4.17.21", T1, CRITICAL));
    assert_int_equal(propose_next(&w, &again), PLUMB_KIND_ROLLOUT);
    assert_false(wished(&w, &wish));
    /* once people have said no, the newer cause is put to them */
    (void)world_vote(&w, "sol", &revocation, PLUMB_REJECT);
    (void)world_vote(&w, "sam", &revocation, PLUMB_REJECT);
    assert_int_equal(world_state(&w, &revocation), ENGINE_PROPOSAL_REJECTED);
    assert_int_equal(propose_next(&w, &again), PLUMB_KIND_REVOCATION);
    assert_false(wished(&w, &wish));
    engine_free(world_replay(&w));
    world_end(&w);
}

static void
to_leave_nothing_is_for_people_to_propose(void **state)
{
    struct world w;
    struct plumb_digest id;
    struct engine_wish wish;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    (void)world_start(&w, &id);
    (void)world_complete(&w, &id);
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    w.make.now += 31 * WORLD_DAY;
    assert_true(must_find(&w, &id, "GHSA-1").overdue);
    assert_false(wished(&w, &wish));
    world_end(&w);
}

static void
the_service_proposes_nothing_else(void **state)
{
    struct world w;
    struct plumb_digest id;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    (void)world_start(&w, &id);
    world_refuse(&w, "wish.none",
                 make_revocation(&w.make, "plumbd", "web@1.0", &id, "prod:1", NULL));
    world_end(&w);
}

static void
findings_shorten(struct make *m)
{
    make_set(m, "controls.follows.finding", json_pack("[s, s]", "alert", "shorten-phase-out"));
    make_set(m, "controls.vulnerabilities.deadlines.critical", json_string("P3D"));
}

static void
a_finding_shortens_a_phase_out_when_people_approve(void **state)
{
    struct world w;
    struct plumb_digest one, two;
    struct engine_wish wish, longer;
    struct plumb_signed *s;
    struct plumb_digest proposal;

    (void)state;
    superseded(&w, findings_shorten, &one, &two);
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, CRITICAL));
    assert_true(wished(&w, &wish));
    assert_int_equal(wish.kind, PLUMB_KIND_ROLLOUT);
    assert_true(plumb_digest_eq(&wish.release, &one));
    assert_true(wish.until < world_at(&w, &one).window.not_after);
    longer = wish;
    longer.until = world_at(&w, &one).window.not_after + 60;
    world_refuse(&w, "wish.none", proposed_by_the_service(&w, &longer));
    s = proposed_by_the_service(&w, &wish);
    proposal = s->statement->id;
    (void)world_do(&w, s);
    assert_false(wished(&w, &wish));
    (void)world_vote(&w, "rex", &proposal, PLUMB_APPROVE);
    assert_int_equal(world_at(&w, &one).window.not_after, s->statement->u.rollout.not_after);
    /* and verifiers take the service's proposal */
    (void)world_publish(&w, "prod");
    plumb_bundle_free(world_open(&w, "prod"));
    world_end(&w);
}

/* --- the same for ever --- */

static void
it_is_undone_and_replayed_whole(void **state)
{
    struct world w;
    struct plumb_digest id;
    struct engine_finding f;
    struct engine *replayed;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    engine_mark(w.engine);
    {
        const char *record = controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH);
        struct plumb_digest digest = make_digest(record);
        struct plumb_signed *s =
            make_signed(&w.make, "otto", PLUMB_KIND_ADVISORY, "advisories", &digest,
                        json_pack("{s:s, s:i}", "source", "osv.dev", "count", 1));
        struct engine_blob blob = { digest, record, strlen(record) };

        assert_ok(engine_apply(w.engine, s, engine_size(w.engine), w.make.now, &blob, 1,
                               &w.effect, &w.err),
                  &w.err);
        plumb_signed_free(s);
    }
    assert_true(controlled_finding(&w, &id, "GHSA-1", &f));
    engine_drop(w.engine);
    assert_false(controlled_finding(&w, &id, "GHSA-1", &f));
    controlled_import(&w, controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    replayed = world_replay(&w);
    {
        struct engine *own = w.engine;

        w.engine = replayed;
        expect(&w, &id, "GHSA-1", PLUMB_FINDING_OPEN);
        w.engine = own;
    }
    world_same(world_picture(w.engine), world_picture(replayed));
    engine_free(replayed);
    world_end(&w);
}

static void
refuse_import(struct world *w, const char *rule, const char *records, int count)
{
    struct plumb_digest digest = make_digest(records);
    struct plumb_bytes bytes = { 0 };

    assert_ok(plumb_bytes_copy(records, strlen(records), &bytes, &w->err), &w->err);
    (void)world_blob(w, bytes);
    world_refuse(w, rule,
                 make_signed(&w->make, "otto", PLUMB_KIND_ADVISORY, "advisories", &digest,
                             json_pack("{s:s, s:i}", "source", "osv.dev", "count", count)));
}

static void
an_import_is_whole_or_none(void **state)
{
    char two[2000];
    struct world w;
    struct plumb_digest id;
    struct engine_finding f;

    (void)state;
    controlled_begin(&w, NULL);
    id = controlled_release(&w, "1.0");
    refuse_import(&w, "advisory.form", "{\"id\": \"x\"}", 1);
    refuse_import(&w, "advisory.record", "{\"id\": \"x\"}\n", 1);
    (void)snprintf(two, sizeof two, "%s{}\n",
                   controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH));
    refuse_import(&w, "advisory.record", two, 2);
    assert_false(controlled_finding(&w, &id, "GHSA-1", &f));
    refuse_import(&w, "advisory.count",
                  controlled_record("GHSA-1", "lodash", "4.17.21", T1, HIGH), 2);
    assert_false(controlled_finding(&w, &id, "GHSA-1", &f));
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_advisory_finds_every_bill_that_has_the_package),
        cmocka_unit_test(a_bill_finds_every_advisory_that_was_there_before),
        cmocka_unit_test(what_does_not_block_is_shown_and_lets_pass),
        cmocka_unit_test(what_is_unrated_counts_as_governance_says),
        cmocka_unit_test(what_cannot_be_compared_is_undetermined_and_blocks),
        cmocka_unit_test(an_advisory_that_is_modified_or_withdrawn_clears_what_it_caused),
        cmocka_unit_test(a_trusted_issuer_clears_a_finding_with_a_reason),
        cmocka_unit_test(cyclonedx_counts_for_what_its_signer_may_say),
        cmocka_unit_test(a_finding_names_a_component_that_it_is_open_for),
        cmocka_unit_test(a_feed_that_has_gone_silent_opens_the_control),
        cmocka_unit_test(another_bill_takes_the_place_of_the_first),
        cmocka_unit_test(trust_that_comes_later_matches_what_is_there),
        cmocka_unit_test(the_bundle_tells_what_is_open),
        cmocka_unit_test(findings_come_in_pages),
        cmocka_unit_test(an_overdue_finding_has_its_revocation_proposed_once),
        cmocka_unit_test(
            where_both_follow_both_are_proposed_and_neither_twice_while_people_think),
        cmocka_unit_test(to_leave_nothing_is_for_people_to_propose),
        cmocka_unit_test(the_service_proposes_nothing_else),
        cmocka_unit_test(a_finding_shortens_a_phase_out_when_people_approve),
        cmocka_unit_test(it_is_undone_and_replayed_whole),
        cmocka_unit_test(an_import_is_whole_or_none),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
