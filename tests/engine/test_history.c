/* Three years of a real service's enclave upgrades, as its public clients followed them: folded
 * by the engine, what is accepted at each date is what was. */
#include <plumb/appraise.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/engine/world.h"
#include "tests/real.h"
#include "tests/t.h"

#define GRACE        (30 * WORLD_DAY)
#define ENCLAVES_MAX 16

struct enclave {
    char mrenclave[65];
    char version[PLUMB_NAME_MAX + 1];
    struct plumb_digest release;
};

struct history {
    json_t *json, *accepted; /* oldest first */
    struct enclave enclaves[ENCLAVES_MAX];
    size_t n;
    struct world world;
};

static void
document(struct make *m)
{
    make_set(m, "payloads.web.tees", json_pack("[s]", "sgx"));
    make_set(m, "fleets.prod.recognitions", json_integer(0));
    make_set(m, "fleets.prod.grace", json_string("P30D"));
    make_set(m, "fleets.prod.graceLimit", json_string("P90D"));
    make_set(m, "fleets.prod.limit", json_string("P365D"));
}

static const char *
set_at(const struct history *h, size_t date, size_t i)
{
    return json_string_value(
        json_array_get(json_object_get(json_array_get(h->accepted, date), "mrenclave"), i));
}

static bool
accepted_at(const struct history *h, size_t date, const char *mrenclave)
{
    const char *m;

    for (size_t i = 0; (m = set_at(h, date, i)) != NULL; i++)
        if (strcmp(m, mrenclave) == 0)
            return true;
    return false;
}

static plumb_time
time_of(const struct history *h, size_t date)
{
    plumb_time t = 0;
    struct plumb_err err = { 0 };

    assert_ok(plumb_time_parse(
                  json_string_value(json_object_get(json_array_get(h->accepted, date), "from")),
                  "", &t, &err),
              &err);
    return t;
}

static struct enclave *
find(struct history *h, const char *prefix)
{
    for (size_t i = 0; i < h->n; i++)
        if (strncmp(h->enclaves[i].mrenclave, prefix, strlen(prefix)) == 0)
            return &h->enclaves[i];
    return NULL;
}

static void
history_begin(struct history *h)
{
    PLUMB_AUTO(plumb_bytes_clear)
    struct plumb_bytes file = real_file("history/svr2-enclaves.json");
    const char *m;

    memset(h, 0, sizeof *h);
    h->json = json_loadb((const char *)file.data, file.len, 0, NULL);
    h->accepted = json_object_get(h->json, "accepted");
    assert_int_equal(json_array_size(h->accepted), 11);
    for (size_t d = 0; d < json_array_size(h->accepted); d++)
        for (size_t i = 0; (m = set_at(h, d, i)) != NULL; i++)
            if (find(h, m) == NULL) {
                assert_true(h->n < ENCLAVES_MAX && strlen(m) == 64);
                strcpy(h->enclaves[h->n].mrenclave, m);
                memcpy(h->enclaves[h->n++].version, m, 8);
            }
    assert_int_equal(h->n, 7);
}

static void
history_end(struct history *h)
{
    world_end(&h->world);
    json_decref(h->json);
}

static struct plumb_bytes
values_of(const struct enclave *e)
{
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err = { 0 };
    json_t *json = json_pack(
        "{s:s, s:[{s:s, s:[{s:s, s:s, s:s}, {s:s, s:s}]}]}", "schema",
        "urn:plumbline:reference-values:v1", "sets", "tee", "sgx", "measurements", "name",
        "attributes", "mask", "02000000000000000000000000000000", "value",
        "00000000000000000000000000000000", "name", "mrenclave", "value", e->mrenclave);

    assert_ok(plumb_json_canonical(json, &bytes, &err), &err);
    json_decref(json);
    return bytes;
}

/* --- what a verifier says at a date --- */

static enum plumb_verdict_code
judge(const struct plumb_policy *policy, const struct enclave *e, plumb_time at)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };
    struct plumb_claims *claims = NULL;
    struct plumb_err err = { 0 };
    enum plumb_verdict_code code;
    json_t *json = json_pack("{s:s, s:s, s:{s:s, s:s}}", "schema", "urn:plumbline:claims:v1",
                             "tee", "sgx", "claims", "attributes",
                             "0500000000000000e700000000000000", "mrenclave", e->mrenclave);

    assert_ok(plumb_json_canonical(json, &text, &err), &err);
    json_decref(json);
    assert_ok(plumb_claims_parse(text.data, text.len, &claims, &err), &err);
    code = plumb_appraise(policy, "web", claims, at).code;
    plumb_claims_free(claims);
    return code;
}

static bool
count(void *arg, const struct engine_placement *p)
{
    (void)p;
    ++*(size_t *)arg;
    return true;
}

static void
check_date(struct history *h, size_t date)
{
    const plumb_time at = time_of(h, date);
    struct plumb_policy *policy = NULL;
    struct plumb_bundle *bundle;
    struct plumb_err err = { 0 };
    size_t n = 0, want = 0;

    while (set_at(h, date, want) != NULL)
        want++;
    h->world.make.now = at;
    (void)world_record(&h->world);
    (void)world_publish(&h->world, "prod");
    engine_each_placement(h->world.engine, "prod", true, count, &n);
    assert_int_equal(n, want);

    bundle = world_open(&h->world, "prod");
    assert_ok(plumb_policy_new(bundle, &policy, &err), &err);
    assert_int_equal(bundle->naccepted, want);
    for (size_t i = 0; i < h->n; i++) {
        const struct enclave *e = &h->enclaves[i];
        const bool accepted = accepted_at(h, date, e->mrenclave);

        if ((judge(policy, e, at) == PLUMB_VERDICT_ACCEPTED) != accepted)
            fail_msg("date %zu: %s should%s be accepted", date, e->version,
                     accepted ? "" : " not");
    }
    plumb_policy_free(policy);
    plumb_bundle_free(bundle);
}

/* --- the moves behind it --- */

static void
release_all(struct history *h)
{
    h->world.make.now = time_of(h, 0) - WORLD_DAY;
    for (size_t i = 0; i < h->n; i++) {
        struct enclave *e = &h->enclaves[i];

        e->release = world_release_values(&h->world, e->version, values_of(e));
    }
}

/* All of a date's entries stand at one instant. */
static void
at(struct history *h, plumb_time t)
{
    h->world.make.now = t;
    (void)world_record(&h->world);
}

static void
begin(struct history *h, plumb_time t, const char *prefix)
{
    struct plumb_signed *proposal;
    struct plumb_digest id;

    at(h, t);
    proposal = world_rollout(&h->world, &find(h, prefix)->release, PLUMB_ACTION_BEGIN,
                             world_predecessor(&h->world));
    id = proposal->statement->id;
    (void)world_do(&h->world, proposal);
    at(h, t);
    (void)world_vote(&h->world, "ria", &id, PLUMB_APPROVE);
    at(h, t);
}

static void
complete(struct history *h, plumb_time t, const char *prefix)
{
    at(h, t);
    (void)world_complete(&h->world, &find(h, prefix)->release);
    at(h, t);
}

static void
until(struct history *h, plumb_time t, const char *prefix, plumb_time end)
{
    at(h, t);
    (void)world_reschedule(&h->world, &find(h, prefix)->release, end);
    at(h, t);
}

static void
the_accepted_set_is_the_real_one_at_every_date(void **state)
{
    struct history h;
    plumb_time t[11];

    (void)state;
    history_begin(&h);
    for (size_t d = 0; d < 11; d++)
        t[d] = time_of(&h, d);
    world_begin_at(&h.world, t[0] - 2 * WORLD_DAY, document);
    release_all(&h);

    begin(&h, t[0], "6ee1");
    check_date(&h, 0);
    complete(&h, t[1], "6ee1");
    begin(&h, t[1], "a662");
    check_date(&h, 1);
    complete(&h, t[2] - GRACE, "a662"); /* what goes is at the end of its grace */
    check_date(&h, 2);
    begin(&h, t[3], "9314");
    check_date(&h, 3);
    complete(&h, t[4] - GRACE, "9314");
    check_date(&h, 4);
    begin(&h, t[5], "093b");
    check_date(&h, 5);
    complete(&h, t[6], "093b");
    until(&h, t[6], "9314", t[7]);
    begin(&h, t[6], "29cd");
    check_date(&h, 6);
    check_date(&h, 7);
    complete(&h, t[8] - GRACE, "29cd");
    check_date(&h, 8);
    begin(&h, t[9], "1240");
    complete(&h, t[9], "1240");
    until(&h, t[9], "29cd", t[10]);
    begin(&h, t[9], "ced8");
    check_date(&h, 9);
    check_date(&h, 10);
    history_end(&h);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_accepted_set_is_the_real_one_at_every_date),
    };

    if (!real_there(sizeof tests / sizeof tests[0]))
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
