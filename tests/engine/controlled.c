#include "tests/engine/controlled.h"

#include <plumb/artifact.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supply/attestation.h"
#include "tests/t.h"

static void (*edit_more)(struct make *m);

static void
controls(struct make *m)
{
    make_controls(m);
    make_set(m, "fleets.prod.recognitions", json_integer(0));
    if (edit_more != NULL)
        edit_more(m);
}

void
controlled_begin(struct world *w, void (*edit)(struct make *m))
{
    edit_more = edit;
    world_begin(w, controls);
}

struct plumb_bytes
controlled_bytes(const char *text)
{
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err;

    assert_ok(plumb_bytes_copy(text, strlen(text), &bytes, &err), &err);
    return bytes;
}

/* --- files --- */

static struct plumb_bytes
bill_bytes(const char *left_pad, const char *lodash)
{
    char text[1000];

    (void)snprintf(text, sizeof text,
                   "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"version\": 1,"
                   " \"components\": [{\"type\": \"library\", \"name\": \"left-pad\","
                   " \"version\": \"%s\", \"purl\": \"pkg:npm/left-pad@%s\"},"
                   " {\"type\": \"library\", \"name\": \"lodash\", \"version\": \"%s\","
                   " \"purl\": \"pkg:npm/lodash@%s\"}]}",
                   left_pad, left_pad, lodash, lodash);
    return controlled_bytes(text);
}

struct plumb_digest
controlled_bill(struct world *w, const char *left_pad, const char *lodash)
{
    return world_blob(w, bill_bytes(left_pad, lodash));
}

struct plumb_digest
controlled_artifact(const char *version)
{
    char text[128];

    (void)snprintf(text, sizeof text, "artifact of %s", version);
    return make_digest(text);
}

/* A root store of one certificate, made once: it differs from run to run. */
static struct plumb_bytes
roots(void)
{
    static char pem[4096];
    struct plumb_signer *signer = NULL;
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err;

    if (pem[0] != '\0')
        return controlled_bytes(pem);
    assert_ok(plumb_signer_generate(PLUMB_KEY_P256, &signer, &err), &err);
    assert_ok(plumb_signer_certificate(signer, "root", NULL, 0, WORLD_T0,
                                       WORLD_T0 + 999 * WORLD_DAY, &bytes, &err),
              &err);
    assert_true(bytes.len < sizeof pem);
    memcpy(pem, bytes.data, bytes.len);
    plumb_bytes_clear(&bytes);
    plumb_signer_free(signer);
    return controlled_bytes(pem);
}

static json_t *
cover(const char *kind, struct plumb_digest digest)
{
    return json_pack("{s:s, s:o}", "kind", kind, "digest", make_hex(&digest));
}

static struct plumb_digest
values(struct world *w, const char *version)
{
    const struct plumb_digest mrtd = make_digest(version);
    struct plumb_bytes pem = roots(), bytes = { 0 };
    char hex[97] = "";
    struct plumb_roots store = { 0 };
    json_t *json;

    assert_ok(plumb_roots_read(pem.data, pem.len, &store, &w->err), &w->err);
    plumb_hex(mrtd.b, 32, hex);
    plumb_hex(mrtd.b, 16, hex + 64);
    json = json_pack("{s:s, s:[{s:s, s:[{s:s, s:s, s:[o, o, o]}]}]}", "schema",
                     "urn:plumbline:reference-values:v1", "sets", "tee", "tdx", "measurements",
                     "name", "mrtd", "value", hex, "covers", cover("root-store", store.digest),
                     cover("crypto-policy", make_digest("crypto policy")),
                     cover("config", make_digest("config")));
    plumb_roots_clear(&store);
    plumb_bytes_clear(&pem);
    assert_ok(plumb_json_canonical(json, &bytes, &w->err), &w->err);
    json_decref(json);
    return world_blob(w, bytes);
}

/* --- statements --- */

/* A statement of several subjects, which make_signed does not make. */
static struct plumb_signed *
release_statement(struct world *w, const char *version, const struct plumb_digest *refvals,
                  const struct plumb_digest *bill, size_t artifacts)
{
    const struct make_person *rex = make_who(&w->make, "rex");
    const struct plumb_digest key = *plumb_pubkey_id(rex->sign->pub);
    struct plumb_stamp stamp = { MAKE_ORIGIN,
                                 &key,
                                 1,
                                 w->make.now,
                                 w->make.now + 86400,
                                 { (uint8_t)++w->make.serial, 99 } };
    const struct plumb_subject subjects[] = { { "reference-values", *refvals },
                                              { "web.img", controlled_artifact(version) },
                                              { "web.initrd", controlled_artifact("initrd") } };
    json_t *members = json_pack("{s:s, s:s, s:o*}", "payload", "web", "version", version,
                                "sbom", bill != NULL ? make_hex(bill) : NULL);
    struct plumb_bytes payload = { 0 };
    struct plumb_signed *s = calloc(1, sizeof *s);

    assert_non_null(s);
    assert_ok(plumb_statement_make(PLUMB_KIND_RELEASE, &stamp, subjects, 1 + artifacts, members,
                                   &payload, &w->err),
              &w->err);
    assert_ok(plumb_statement_peek(payload.data, payload.len, &s->statement, &w->err), &w->err);
    assert_ok(plumb_dsse_sign(payload.data, payload.len, &rex->sign, 1, &s->envelope, &w->err),
              &w->err);
    plumb_bytes_clear(&payload);
    json_decref(members);
    return s;
}

static struct plumb_digest
propose(struct world *w, const char *version, const struct plumb_digest *bill, size_t artifacts)
{
    struct plumb_digest refvals = values(w, version), id;
    struct plumb_signed *s = release_statement(w, version, &refvals, bill, artifacts);

    id = s->statement->id;
    (void)world_do(w, s);
    return id;
}

struct plumb_digest
controlled_propose_with(struct world *w, const char *version, const struct plumb_digest *bill)
{
    return propose(w, version, bill, 1);
}

struct plumb_digest
controlled_propose_two(struct world *w, const char *version)
{
    const struct plumb_digest bill = controlled_bill(w, "1.0.0", "4.0.0");

    return propose(w, version, &bill, 2);
}

struct plumb_digest
controlled_propose(struct world *w, const char *version)
{
    const struct plumb_digest bill = controlled_bill(w, "1.0.0", "4.0.0");

    return controlled_propose_with(w, version, &bill);
}

struct last_fact {
    struct plumb_digest file;
    const char *rule;
};

static bool
find_fact(void *arg, const struct engine_fact *f)
{
    struct last_fact *want = arg;

    if (plumb_digest_eq(&f->file, &want->file))
        want->rule = f->rule;
    return true;
}

const char *
controlled_attach(struct world *w, const struct plumb_digest *release,
                  enum plumb_file_kind kind, struct plumb_bytes bytes)
{
    size_t size = bytes.len;
    struct last_fact last = { world_blob(w, bytes), NULL };
    json_t *file = json_pack("{s:s, s:o, s:I}", "kind", plumb_file_kind_text(kind), "digest",
                             make_hex(&last.file), "size", (json_int_t)size);

    if (kind == PLUMB_FILE_GUIDANCE)
        json_object_set_new(file, "reviewBy", make_time(w->make.now + WORLD_DAY));
    (void)world_do(w, make_signed(&w->make, "rex", PLUMB_KIND_EVIDENCE, world_name(w, release),
                                  release, json_pack("{s:[o]}", "files", file)));
    engine_each_fact(w->engine, release, find_fact, &last);
    assert_non_null(last.rule);
    return last.rule;
}

const char *
controlled_attest(struct world *w, const struct plumb_digest *release, const char *who,
                  const char *type, json_t *predicate)
{
    const struct plumb_digest artifact =
        controlled_artifact(strchr(world_name(w, release), '@') + 1);

    return controlled_attach(w, release, PLUMB_FILE_ATTESTATION,
                             make_attestation(&w->make, who, type, &artifact, 1, predicate));
}

json_t *
controlled_provenance(struct world *w, const char *builder, const char *source)
{
    return json_pack("{s:{s:s, s:{s:s}, s:[{s:s}]}, s:{s:{s:s}, s:{s:o}}}", "buildDefinition",
                     "buildType", "https://forge.example/type", "externalParameters", "source",
                     source, "resolvedDependencies", "uri", "pkg:npm/lodash@4.0.0",
                     "runDetails", "builder", "id", builder, "metadata", "finishedOn",
                     make_time(w->make.now - 60));
}

const char *
controlled_assert(struct world *w, const struct plumb_digest *release, const char *who,
                  const char *control)
{
    const struct plumb_digest document = make_digest("what it rests on");

    assert_string_equal(controlled_attach(w, release, PLUMB_FILE_DOCUMENT,
                                          controlled_bytes("what it rests on")),
                        "");
    return controlled_attest(w, release, who, ASSERTION_TYPE,
                             json_pack("{s:s, s:s, s:[o]}", "control", control, "statement",
                                       "so it is", "documents", make_hex(&document)));
}

void
controlled_import(struct world *w, const char *records)
{
    struct plumb_digest digest = make_digest(records);
    json_int_t n = 0;

    for (const char *p = records; *p != '\0'; p++)
        n += *p == '\n';
    if (n > 0)
        (void)world_blob(w, controlled_bytes(records));
    (void)world_do(w, make_signed(&w->make, "otto", PLUMB_KIND_ADVISORY, "advisories", &digest,
                                  json_pack("{s:s, s:I}", "source", "osv.dev", "count", n)));
}

char *
controlled_record(const char *id, const char *package, const char *fixed, const char *modified,
                  const char *extra)
{
    static char record[1000];

    (void)snprintf(record, sizeof record,
                   "{\"id\": \"%s\", \"modified\": \"%s\", \"summary\": \"bad\", \"affected\":"
                   " [{\"package\": {\"ecosystem\": \"npm\", \"name\": \"%s\"}, \"ranges\":"
                   " [{\"type\": \"SEMVER\", \"events\": [{\"introduced\": \"0\"},"
                   " {\"fixed\": \"%s\"}]}]}]%s}\n",
                   id, modified, package, fixed, extra);
    return record;
}

/* --- all of it --- */

static void
meet(struct world *w, const struct plumb_digest *release, const struct plumb_control *c)
{
    if ((c->ways & 1u << PLUMB_WAY_ROOT_STORE) != 0)
        assert_string_equal(controlled_attach(w, release, PLUMB_FILE_ROOT_STORE, roots()), "");
    else if ((c->ways & 1u << PLUMB_WAY_CRYPTO_POLICY) != 0)
        assert_string_equal(controlled_attach(w, release, PLUMB_FILE_CRYPTO_POLICY,
                                              controlled_bytes("crypto policy")),
                            "");
    else if ((c->ways & 1u << PLUMB_WAY_CONFIG) != 0)
        assert_string_equal(
            controlled_attach(w, release, PLUMB_FILE_CONFIG, controlled_bytes("config")), "");
    else if ((c->ways & 1u << PLUMB_WAY_ASSERTION) != 0)
        assert_string_equal(controlled_assert(w, release, "qa", c->id), "");
    else if ((c->ways & 1u << PLUMB_WAY_PROVENANCE) != 0)
        assert_string_equal(
            controlled_attest(w, release, "forge", "https://slsa.dev/provenance/v1",
                              controlled_provenance(w, "https://forge.example/builder@v1",
                                                    "https://git.example/web")),
            "");
    else if ((c->ways & 1u << PLUMB_WAY_REBUILD) != 0)
        assert_string_equal(controlled_attest(w, release, "redo", REBUILD_TYPE, json_object()),
                            "");
    else if ((c->ways & 1u << PLUMB_WAY_SBOM) != 0)
        assert_string_equal(
            controlled_attach(w, release, PLUMB_FILE_SBOM, bill_bytes("1.0.0", "4.0.0")), "");
    else if ((c->ways & 1u << PLUMB_WAY_MONITOR) != 0)
        controlled_import(w, "");
}

void
controlled_meet(struct world *w, const struct plumb_digest *release, const char *but)
{
    for (size_t i = 0; i < plumb_profile_count(); i++) {
        struct plumb_control c = plumb_profile_control(i);

        if (but == NULL || strcmp(c.id, but) != 0)
            meet(w, release, &c);
    }
}

struct plumb_digest
controlled_release(struct world *w, const char *version)
{
    struct plumb_digest id = controlled_propose(w, version);

    controlled_meet(w, &id, NULL);
    (void)world_vote(w, "sol", &id, PLUMB_APPROVE);
    (void)world_record(w);
    w->make.now += 60;
    return id;
}

/* --- looking --- */

struct find_control {
    const char *id;
    struct engine_control found;
};

static bool
find_control(void *arg, const struct engine_control *c)
{
    struct find_control *want = arg;

    if (strcmp(c->id, want->id) == 0)
        want->found = *c;
    return true;
}

struct engine_control
controlled_state(const struct world *w, const struct plumb_digest *release, const char *control)
{
    struct find_control want = { .id = control };

    engine_each_control(w->engine, release, w->make.now, find_control, &want);
    assert_non_null(want.found.id);
    return want.found;
}

void
controlled_expect(const struct world *w, const struct plumb_digest *release,
                  const char *control, enum plumb_control_state want, const char *by)
{
    struct engine_control c = controlled_state(w, release, control);

    if (c.state != want || strstr(c.by, by) == NULL)
        fail_msg("%s is %s (%s), want %s (%s)", control, plumb_control_state_text(c.state),
                 c.by, plumb_control_state_text(want), by);
}

struct find_finding {
    const char *id;
    bool any;
    struct engine_finding found;
};

static bool
find_finding(void *arg, const struct engine_finding *f)
{
    struct find_finding *want = arg;

    if (strcmp(f->advisory, want->id) != 0)
        return true;
    want->any = true;
    want->found = *f;
    return false;
}

bool
controlled_finding(const struct world *w, const struct plumb_digest *release,
                   const char *advisory, struct engine_finding *ret)
{
    struct find_finding want = { .id = advisory };

    engine_each_finding(w->engine, release, w->make.now, find_finding, &want);
    *ret = want.found;
    return want.any;
}
