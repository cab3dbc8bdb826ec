/* Evidence that is signed with a certificate, by the trusted root that governance names. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supply/attestation.h"
#include "tests/engine/controlled.h"
#include "tests/notary.h"
#include "tests/t.h"

#define CI "controls.trust.ci"

struct stage {
    struct world world;
    struct notary notary;
    struct plumb_digest release;
};

static struct plumb_bytes
text_of(json_t *json)
{
    struct plumb_bytes bytes = { 0 };

    bytes.data = (uint8_t *)json_dumps(json, JSON_COMPACT);
    assert_non_null(bytes.data);
    bytes.len = strlen((char *)bytes.data);
    json_decref(json);
    return bytes;
}

/* The document names a root of that digest and size, and whom its certificates are for. */
static void
name_root(struct make *m, const struct plumb_digest *digest, size_t size)
{
    make_next(m);
    make_set(m, "controls.trustedRoot",
             json_pack("{s:o, s:I}", "sha256", make_hex(digest), "size", (json_int_t)size));
    make_set(m, CI,
             json_pack("{s:[s], s:[{s:s, s:s}]}", "for", "rebuild", "identities", "issuer",
                       NOTARY_ISSUER, "subject", "https://git.example/web/**"));
}

static void
stage_begin(struct stage *s)
{
    *s = (struct stage){ .notary.now = 0 };
    controlled_begin(&s->world, NULL);
    notary_begin(&s->notary, s->world.make.now);
    s->release = controlled_propose(&s->world, "1.0");
}

static void
trust_notary(struct stage *s)
{
    struct plumb_bytes root = text_of(notary_root(&s->notary));
    size_t size = root.len;
    struct plumb_digest digest = world_blob(&s->world, root);

    name_root(&s->world.make, &digest, size);
    (void)world_govern(&s->world, NULL);
}

static void
stage_end(struct stage *s)
{
    notary_end(&s->notary);
    world_end(&s->world);
}

/* What becomes of a rebuild of the artifact "artifact of NAME", signed as wished. */
static const char *
attach(struct stage *s, const char *name, const struct notary_wish *wish)
{
    struct plumb_digest artifact = controlled_artifact(name);
    char hex[PLUMB_DIGEST_HEX], statement[500];

    plumb_digest_hex(&artifact, hex);
    (void)snprintf(statement, sizeof statement,
                   "{\"_type\": \"https://in-toto.io/Statement/v1\", \"subject\": [{\"digest\":"
                   " {\"sha256\": \"%s\"}}], \"predicateType\": \"" REBUILD_TYPE
                   "\", \"predicate\": {}}",
                   hex);
    return controlled_attach(&s->world, &s->release, PLUMB_FILE_ATTESTATION,
                             text_of(notary_bundle(&s->notary, statement, wish)));
}

static const struct {
    const char *rule, *artifact;
    struct notary_wish wish;
} cases[] = {
    { "evidence.trust", "1.0", { .san = "critical,URI:https://git.example/webb/build.yml" } },
    { "evidence.trust", "1.0", { .issuer = "https://issuer.example.org" } },
    { "evidence.trust", "1.0", { .issuer = "https://issuer.exampIe" } },
    { "evidence.subject", "2.0", { .version = NULL } },
    { "sigstore.certificate", "1.0", { .self_made = true } },
    { "sigstore.signature", "1.0", { .other_signer = true } },
    { "", "1.0", { .version = NULL } },
};

static void
an_identity_counts_where_governance_trusts_it(void **state)
{
    struct stage s;

    (void)state;
    stage_begin(&s);
    trust_notary(&s);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *rule = attach(&s, cases[i].artifact, &cases[i].wish);
        struct engine_control c = controlled_state(&s.world, &s.release, "BLD-REPRODUCIBLE");

        if (strcmp(rule, cases[i].rule) != 0)
            fail_msg("case %zu: want \"%s\", got \"%s\"", i, cases[i].rule, rule);
        assert_true((c.state == PLUMB_CONTROL_MET) == (rule[0] == '\0'));
    }
    stage_end(&s);
}

static void
it_counts_no_longer_once_it_is_trusted_no_longer(void **state)
{
    const struct notary_wish wish = { .version = NULL };
    struct engine *replayed;
    struct stage s;

    (void)state;
    stage_begin(&s);
    trust_notary(&s);
    assert_string_equal(attach(&s, "1.0", &wish), "");
    replayed = world_replay(&s.world);
    world_same(world_picture(s.world.engine), world_picture(replayed));
    engine_free(replayed);
    make_next(&s.world.make);
    make_set(&s.world.make, CI, NULL);
    (void)world_govern(&s.world, NULL);
    assert_int_equal(controlled_state(&s.world, &s.release, "BLD-REPRODUCIBLE").state,
                     PLUMB_CONTROL_OPEN);
    make_next(&s.world.make);
    make_set(&s.world.make, "controls.trustedRoot", NULL);
    (void)world_govern(&s.world, NULL);
    assert_string_equal(attach(&s, "1.0", &wish), "sigstore.root");
    stage_end(&s);
}

/* What was proved stays proved; what comes after is judged by the root in force. */
static void
what_a_certificate_proved_outlives_the_root(void **state)
{
    const struct notary_wish wish = { .version = NULL };
    struct engine *replayed;
    struct notary other;
    struct stage s;

    (void)state;
    stage_begin(&s);
    trust_notary(&s);
    assert_string_equal(attach(&s, "1.0", &wish), "");
    other = s.notary;
    notary_begin(&s.notary, s.world.make.now);
    trust_notary(&s); /* by another root, the same identity */
    assert_int_equal(controlled_state(&s.world, &s.release, "BLD-REPRODUCIBLE").state,
                     PLUMB_CONTROL_MET);
    replayed = world_replay(&s.world);
    world_same(world_picture(s.world.engine), world_picture(replayed));
    engine_free(replayed);
    notary_end(&s.notary);
    s.notary = other;
    assert_string_not_equal(attach(&s, "1.0", &wish), ""); /* nothing more by the old one */
    assert_int_equal(controlled_state(&s.world, &s.release, "BLD-REPRODUCIBLE").state,
                     PLUMB_CONTROL_MET);
    make_next(&s.world.make);
    make_set(&s.world.make, CI ".identities.0.subject",
             json_string("https://git.example/other/**"));
    (void)world_govern(&s.world, NULL);
    assert_int_equal(controlled_state(&s.world, &s.release, "BLD-REPRODUCIBLE").state,
                     PLUMB_CONTROL_OPEN);
    stage_end(&s);
}

static void
without_a_trusted_root_a_certificate_is_nobodys(void **state)
{
    const struct notary_wish wish = { .version = NULL };
    struct stage s;

    (void)state;
    stage_begin(&s);
    assert_string_equal(attach(&s, "1.0", &wish), "sigstore.root");
    stage_end(&s);
}

static void
a_trusted_root_is_read_when_it_is_proposed(void **state)
{
    struct plumb_digest digest = make_digest("nowhere");
    struct plumb_bytes bytes;
    struct stage s;
    size_t size;

    (void)state;
    stage_begin(&s);
    name_root(&s.world.make, &digest, 10);
    world_refuse(&s.world, "blob.missing", world_change(&s.world, "ada", NULL));
    bytes = text_of(json_pack("{s:[]}", "tlogs"));
    size = bytes.len;
    digest = world_blob(&s.world, bytes);
    make_set(&s.world.make, "controls.trustedRoot",
             json_pack("{s:o, s:I}", "sha256", make_hex(&digest), "size", (json_int_t)size));
    world_refuse(&s.world, "json.length", world_change(&s.world, "ada", NULL));
    bytes = text_of(notary_root(&s.notary));
    size = bytes.len;
    digest = world_blob(&s.world, bytes);
    make_set(
        &s.world.make, "controls.trustedRoot",
        json_pack("{s:o, s:I}", "sha256", make_hex(&digest), "size", (json_int_t)size + 1));
    world_refuse(&s.world, "controls.root", world_change(&s.world, "ada", NULL));
    make_set(&s.world.make, "controls.trustedRoot.size", json_integer((json_int_t)size));
    (void)world_govern(&s.world, NULL);
    stage_end(&s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_identity_counts_where_governance_trusts_it),
        cmocka_unit_test(it_counts_no_longer_once_it_is_trusted_no_longer),
        cmocka_unit_test(what_a_certificate_proved_outlives_the_root),
        cmocka_unit_test(without_a_trusted_root_a_certificate_is_nobodys),
        cmocka_unit_test(a_trusted_root_is_read_when_it_is_proposed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
