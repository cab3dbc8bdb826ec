#include "tests/make.h"

#include <plumb/tlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/t.h"

#define DAY 86400

/* "a b:1" word by word; fails the test when one is too long. */
static const char *
next_word(const char *text, char ret[PLUMB_NAME_MAX + 1])
{
    size_t len;

    text += strspn(text, " ");
    len = strcspn(text, " ");
    assert_true(len <= PLUMB_NAME_MAX);
    memcpy(ret, text, len);
    ret[len] = '\0';
    return len > 0 ? text + len : NULL;
}

/* --- JSON --- */

json_t *
make_hex(const struct plumb_digest *d)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(d, hex);
    return json_string(hex);
}

json_t *
make_time(plumb_time t)
{
    char text[PLUMB_TIME_TEXT];

    plumb_time_text(t, text);
    return json_string(text);
}

static json_t *
step_into(json_t *json, const char *part)
{
    return json_is_array(json) ? json_array_get(json, (size_t)atoi(part))
                               : json_object_get(json, part);
}

json_t *
make_at(const struct make *m, const char *path)
{
    json_t *json = m->document;

    while (json != NULL && *path != '\0') {
        char part[PLUMB_NAME_MAX + 1];
        size_t len = strcspn(path, ".");

        assert_true(len < sizeof part);
        memcpy(part, path, len);
        part[len] = '\0';
        json = step_into(json, part);
        path += len + (path[len] == '.');
    }
    if (json == NULL)
        fail_msg("the document has nothing at ...%s", path);
    return json;
}

void
make_set(struct make *m, const char *path, json_t *value)
{
    const char *dot = strrchr(path, '.'), *last = dot != NULL ? dot + 1 : path;
    char up[256] = "";
    json_t *json;

    if (dot != NULL)
        (void)snprintf(up, sizeof up, "%.*s", (int)(dot - path), path);
    json = make_at(m, up);
    if (value == NULL)
        assert_int_equal(json_is_array(json) ? json_array_remove(json, (size_t)atoi(last))
                                             : json_object_del(json, last),
                         0);
    else if (json_is_array(json) && (size_t)atoi(last) == json_array_size(json))
        assert_int_equal(json_array_append_new(json, value), 0);
    else if (json_is_array(json))
        assert_int_equal(json_array_set_new(json, (size_t)atoi(last), value), 0);
    else
        assert_int_equal(json_object_set_new(json, last, value), 0);
}

static json_t *
words(const char *text)
{
    json_t *array = json_array();
    char word[PLUMB_NAME_MAX + 1];

    while ((text = next_word(text, word)) != NULL)
        assert_int_equal(json_array_append_new(array, json_string(word)), 0);
    return array;
}

json_t *
make_quorum(const char *need, bool others, const char *veto)
{
    json_t *needs = json_object();
    char word[PLUMB_NAME_MAX + 1];

    while ((need = next_word(need, word)) != NULL) {
        char *colon = strchr(word, ':');

        assert_non_null(colon);
        *colon = '\0';
        assert_int_equal(json_object_set_new(needs, word, json_integer(atoi(colon + 1))), 0);
    }
    return json_pack("{s:o, s:b, s:o}", "need", needs, "others", others, "veto", words(veto));
}

/* --- people --- */

static struct plumb_signer *
new_signer(void)
{
    struct plumb_signer *signer = NULL;
    struct plumb_err err;

    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &signer, &err), &err);
    return signer;
}

json_t *
make_key_json(const struct plumb_signer *signer, enum plumb_use use)
{
    const struct plumb_key key = { signer->pub, use, PLUMB_KEY_ACTIVE, 0 };
    json_t *json = NULL;
    struct plumb_err err;

    assert_ok(plumb_key_json(&key, &json, &err), &err);
    return json;
}

static struct make_person *
find_person(const struct make *m, const char *id)
{
    for (size_t i = 0; i < m->npeople; i++)
        if (strcmp(m->people[i].id, id) == 0)
            return &m->people[i];
    fail_msg("there is no %s", id);
    return NULL;
}

const struct make_person *
make_who(const struct make *m, const char *id)
{
    return find_person(m, id);
}

const struct plumb_digest *
make_key_id(const struct make *m, const char *id)
{
    return plumb_pubkey_id(find_person(m, id)->sign->pub);
}

void
make_principal(struct make *m, const char *id, const char *roles, const char *fleet)
{
    struct make_person *grown = realloc(m->people, (m->npeople + 1) * sizeof *m->people);
    struct make_person *p;
    json_t *json;

    assert_non_null(grown);
    m->people = grown;
    p = &m->people[m->npeople++];
    (void)snprintf(p->id, sizeof p->id, "%s", id);
    p->sign = new_signer();
    p->tls = new_signer();
    json =
        json_pack("{s:o, s:[o, o]}", "roles", words(roles), "keys",
                  make_key_json(p->sign, PLUMB_USE_SIGN), make_key_json(p->tls, PLUMB_USE_TLS));
    if (fleet != NULL)
        assert_int_equal(json_object_set_new(json, "fleets", words(fleet)), 0);
    assert_int_equal(json_object_set_new(make_at(m, "principals"), id, json), 0);
}

void
make_outsider(struct make *m, const char *id)
{
    struct make_person *grown = realloc(m->people, (m->npeople + 1) * sizeof *m->people);
    struct make_person *p;

    assert_non_null(grown);
    m->people = grown;
    p = &m->people[m->npeople++];
    *p = (struct make_person){ .sign = new_signer(), .tls = new_signer() };
    (void)snprintf(p->id, sizeof p->id, "%s", id);
}

const char *
make_new_key(struct make *m, const char *id)
{
    static char path[128];
    struct make_person *p = find_person(m, id);
    json_t *former = make_key_json(p->sign, PLUMB_USE_SIGN), *keys;
    const char *spki = json_string_value(json_object_get(former, "spki"));
    size_t i = 0;

    (void)snprintf(path, sizeof path, "principals.%s.keys", id);
    keys = make_at(m, path);
    while (strcmp(spki, json_string_value(json_object_get(json_array_get(keys, i), "spki"))) !=
           0)
        i++;
    json_decref(former);
    plumb_signer_free(p->sign);
    p->sign = new_signer();
    assert_int_equal(json_array_append_new(keys, make_key_json(p->sign, PLUMB_USE_SIGN)), 0);
    (void)snprintf(path, sizeof path, "principals.%s.keys.%zu", id, i);
    return path;
}

/* --- the document --- */

static json_t *
roles(void)
{
    return json_pack("{s:{s:[s], s:[]}, s:{s:[s, s], s:[s]}, s:{s:[s], s:[]}, s:{s:[s], s:[]},"
                     " s:{s:[s, s], s:[]}, s:{s:[s], s:[]}, s:{s:[s], s:[]}}",
                     "admin", "may", "governance", "notWith", "release-manager", "may",
                     "release", "rollout", "notWith", "security-officer", "security-officer",
                     "may", "revocation", "notWith", "enroller", "may", "enrol", "notWith",
                     "verifier", "may", "recognise", "pull", "notWith", "auditor", "may",
                     "read", "notWith", "service", "may", "service", "notWith");
}

static json_t *
fleet(void)
{
    json_t *quorums = json_pack("{s:o, s:o, s:o, s:o, s:o}", "begin",
                                make_quorum("release-manager:2", false, ""), "complete",
                                make_quorum("release-manager:1", false, ""), "rollback",
                                make_quorum("release-manager:1", false, ""), "reschedule",
                                make_quorum("release-manager:1", false, ""), "revocation",
                                make_quorum("security-officer:1", false, ""));

    return json_pack("{s:[s], s:b, s:o, s:s, s:s, s:s, s:s, s:i, s:s, s:s, s:[], s:[]}",
                     "payloads", "*", "public", 0, "quorums", quorums, "grace", "P7D",
                     "graceLimit", "P14D", "limit", "P2D", "overrun", "alert", "recognitions",
                     1, "validity", "P1D", "refresh", "PT6H", "platform", "trustAnchors");
}

static json_t *
payload(void)
{
    return json_pack(
        "{s:[s], s:{s:o, s:o}}", "tees", "tdx", "quorums", "release",
        make_quorum("release-manager:1 security-officer:1", false, "security-officer"),
        "revocation", make_quorum("security-officer:1", false, ""));
}

static json_t *
log_json(const struct plumb_signer *log)
{
    char text[PLUMB_VKEY_TEXT];
    struct plumb_vkey key;
    struct plumb_err err;

    assert_ok(plumb_vkey_make(MAKE_ORIGIN, 0x01, log->pub, &key, &err), &err);
    plumb_vkey_text(&key, text);
    return json_pack("{s:s, s:[s]}", "origin", MAKE_ORIGIN, "keys", text);
}

/* "build sbom" by this outsider's key. */
static json_t *
trusted(struct make *m, const char *id, const char *uses)
{
    json_t *key, *spki;

    make_outsider(m, id);
    key = make_key_json(find_person(m, id)->sign, PLUMB_USE_SIGN);
    spki = json_incref(json_object_get(key, "spki"));
    json_decref(key);
    return json_pack("{s:o, s:[o]}", "for", words(uses), "keys", spki);
}

void
make_controls(struct make *m)
{
    json_t *trust = json_object();
    json_t *forge = trusted(m, "forge", "build attributes sbom"), *lab;

    json_object_set_new(forge, "builders", json_pack("[s]", "https://forge.example/builder@*"));
    json_object_set_new(forge, "level", json_integer(3));
    json_object_set_new(trust, "forge", forge);
    json_object_set_new(trust, "redo", trusted(m, "redo", "rebuild"));
    json_object_set_new(trust, "again", trusted(m, "again", "rebuild"));
    json_object_set_new(trust, "qa", trusted(m, "qa", "assert"));
    json_object_set_new(trust, "lab", lab = trusted(m, "lab", "assert"));
    json_object_set_new(lab, "controls", words("DEV-RNG"));
    json_object_set_new(trust, "scan", trusted(m, "scan", "vex"));
    make_set(m, "controls",
             json_pack("{s:{s:s, s:{}}, s:o, s:{s:i, s:[s], s:i}, s:{s:o, s:s, s:{s:s, s:s}},"
                       " s:{s:s, s:s, s:s}, s:{s:o, s:o, s:o}, s:{s:o}}",
                       "profile", "extends", "urn:plumbline:controls:v1", "controls", "trust",
                       trust, "build", "level", 2, "sources", "https://git.example/web",
                       "rebuilders", 1, "vulnerabilities", "block", words("critical high"),
                       "unrated", "high", "deadlines", "critical", "P7D", "high", "P30D",
                       "ages", "advisories", "P2D", "guidance", "P365D", "provenance", "P30D",
                       "follows", "lapse", words("alert hold"), "finding", words("alert"),
                       "overdue", words("alert propose-revocation"), "quorums", "waiver",
                       make_quorum("security-officer:1", false, "")));
    make_set(m, "roles.release-manager.may", words("release rollout evidence waiver"));
    make_set(m, "roles.auditor.may", words("read advisory"));
}

void
make_begin(struct make *m, plumb_time now)
{
    static const struct {
        const char *id, *roles, *fleet;
    } people[] = {
        { "ada", "admin", NULL },
        { "bob", "admin", NULL },
        { "cyd", "admin", NULL },
        { "rex", "release-manager", NULL },
        { "ria", "release-manager", NULL },
        { "sol", "security-officer", NULL },
        { "sam", "security-officer", NULL },
        { "enid", "enroller", "prod" },
        { "vera", "verifier", "prod" },
        { "vic", "verifier", "prod" },
        { "otto", "auditor", NULL },
        { "plumbd", "service", NULL },
    };

    *m = (struct make){ .now = now, .log = new_signer() };
    m->document = json_pack("{s:s, s:i, s:i, s:o, s:o, s:{}, s:{s:o}, s:{s:o}, s:{s:o}}",
                            "schema", "urn:plumbline:governance-document:v1", "version", 1,
                            "rules", 1, "log", log_json(m->log), "roles", roles(), "principals",
                            "quorums", "governance", make_quorum("admin:2", false, ""),
                            "payloads", "web", payload(), "fleets", "prod", fleet());
    assert_non_null(m->document);
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        make_principal(m, people[i].id, people[i].roles, people[i].fleet);
}

void
make_end(struct make *m)
{
    for (size_t i = 0; i < m->npeople; i++) {
        plumb_signer_free(m->people[i].sign);
        plumb_signer_free(m->people[i].tls);
    }
    free(m->people);
    plumb_signer_free(m->log);
    json_decref(m->document);
    *m = (struct make){ .now = 0 };
}

struct plumb_bytes
make_document(const struct make *m)
{
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err;

    assert_ok(plumb_json_canonical(m->document, &bytes, &err), &err);
    return bytes;
}

struct plumb_digest
make_document_digest(const struct make *m)
{
    struct plumb_digest digest;
    struct plumb_err err;

    assert_ok(plumb_json_digest(m->document, &digest, &err), &err);
    return digest;
}

struct plumb_governance *
make_governance(const struct make *m)
{
    struct plumb_bytes bytes = make_document(m);
    struct plumb_governance *g = NULL;
    struct plumb_err err;

    assert_ok(plumb_governance_parse(bytes.data, bytes.len, &g, &err), &err);
    plumb_bytes_clear(&bytes);
    return g;
}

void
make_next(struct make *m)
{
    const struct plumb_digest digest = make_document_digest(m);
    const json_int_t version = json_integer_value(make_at(m, "version"));

    make_set(m, "previous", make_hex(&digest));
    make_set(m, "version", json_integer(version + 1));
}

const unsigned char *
make_secret(unsigned char n)
{
    static unsigned char secret[16];

    memset(secret, n, sizeof secret);
    return secret;
}

struct plumb_digest
make_digest(const char *text)
{
    struct plumb_digest digest;

    plumb_sha256(text, strlen(text), &digest);
    return digest;
}

struct plumb_bytes
make_refvals(const char *label)
{
    const struct plumb_digest digest = make_digest(label);
    struct plumb_bytes bytes = { 0 };
    char mrtd[97] = "";
    struct plumb_err err;
    json_t *json;

    plumb_hex(digest.b, 32, mrtd);
    plumb_hex(digest.b, 16, mrtd + 64);
    json = json_pack("{s:s, s:[{s:s, s:[{s:s, s:s}]}]}", "schema",
                     "urn:plumbline:reference-values:v1", "sets", "tee", "tdx", "measurements",
                     "name", "mrtd", "value", mrtd);
    assert_ok(plumb_json_canonical(json, &bytes, &err), &err);
    json_decref(json);
    return bytes;
}

/* --- statements --- */

struct signers {
    struct plumb_signer *signer[PLUMB_SIGNATURE_MAX];
    struct plumb_digest key[PLUMB_SIGNATURE_MAX];
    size_t n;
};

static struct signers
find_signers(const struct make *m, const char *who)
{
    struct signers found = { .n = 0 };
    char word[PLUMB_NAME_MAX + 1];

    while ((who = next_word(who, word)) != NULL) {
        assert_true(found.n < PLUMB_SIGNATURE_MAX);
        found.signer[found.n] = find_person(m, word)->sign;
        found.key[found.n] = *plumb_pubkey_id(found.signer[found.n]->pub);
        found.n++;
    }
    return found;
}

static const struct plumb_pubkey *
key_of(void *arg, const struct plumb_digest *id)
{
    const struct signers *signers = arg;

    for (size_t i = 0; i < signers->n; i++)
        if (plumb_digest_eq(&signers->key[i], id))
            return signers->signer[i]->pub;
    return NULL;
}

struct plumb_signed *
make_signed(struct make *m, const char *who, enum plumb_kind kind, const char *subject,
            const struct plumb_digest *digest, json_t *members)
{
    struct signers signers = find_signers(m, who);
    struct plumb_stamp stamp = { MAKE_ORIGIN, signers.key,  signers.n,
                                 m->now,      m->now + DAY, { 0 } };
    const struct plumb_subject one = { subject, *digest };
    struct plumb_bytes payload_bytes = { 0 };
    struct plumb_signed *s = NULL;
    json_t *envelope = NULL;
    struct plumb_err err;

    m->serial++;
    memcpy(stamp.nonce, &m->serial, sizeof m->serial);
    assert_ok(plumb_statement_make(kind, &stamp, &one, 1, members, &payload_bytes, &err), &err);
    assert_ok(plumb_dsse_sign(payload_bytes.data, payload_bytes.len, signers.signer, signers.n,
                              &envelope, &err),
              &err);
    assert_ok(plumb_signed_open(envelope, key_of, &signers, &s, &err), &err);
    plumb_bytes_clear(&payload_bytes);
    json_decref(envelope);
    json_decref(members);
    return s;
}

struct plumb_signed *
make_change(struct make *m, const char *who)
{
    const struct plumb_digest digest = make_document_digest(m);
    json_t *members = json_object();

    assert_int_equal(json_object_set(members, "version", make_at(m, "version")), 0);
    if (json_object_get(m->document, "previous") != NULL)
        assert_int_equal(json_object_set(members, "previous", make_at(m, "previous")), 0);
    return make_signed(m, who, PLUMB_KIND_GOVERNANCE, "governance", &digest, members);
}

struct plumb_signed *
make_release(struct make *m, const char *who, const char *name, const char *version,
             const struct plumb_digest *refvals)
{
    return make_signed(m, who, PLUMB_KIND_RELEASE, "reference-values", refvals,
                       json_pack("{s:s, s:s}", "payload", name, "version", version));
}

/* more's members are added to json; both are stolen. */
static json_t *
with(json_t *json, json_t *more)
{
    if (more != NULL)
        assert_int_equal(json_object_update(json, more), 0);
    json_decref(more);
    return json;
}

struct plumb_signed *
make_rollout(struct make *m, const char *who, const char *fleet_name, const char *name,
             const struct plumb_digest *release, enum plumb_action action, uint64_t base,
             json_t *more)
{
    return make_signed(m, who, PLUMB_KIND_ROLLOUT, name, release,
                       with(json_pack("{s:s, s:s, s:I}", "fleet", fleet_name, "action",
                                      plumb_action_text(action), "base", (json_int_t)base),
                            more));
}

struct plumb_signed *
make_revocation(struct make *m, const char *who, const char *name,
                const struct plumb_digest *release, const char *fleets, json_t *more)
{
    json_t *members = json_pack("{s:s}", "reason", "a reason"), *array;
    char word[PLUMB_NAME_MAX + 1];

    if (strcmp(fleets, "all") == 0) {
        assert_int_equal(json_object_set_new(members, "all", json_true()), 0);
        return make_signed(m, who, PLUMB_KIND_REVOCATION, name, release, with(members, more));
    }
    array = json_array();
    while ((fleets = next_word(fleets, word)) != NULL) {
        char *colon = strchr(word, ':');

        assert_non_null(colon);
        *colon = '\0';
        assert_int_equal(json_array_append_new(array, json_pack("{s:s, s:i}", "fleet", word,
                                                                "base", atoi(colon + 1))),
                         0);
    }
    assert_int_equal(json_object_set_new(members, "fleets", array), 0);
    return make_signed(m, who, PLUMB_KIND_REVOCATION, name, release, with(members, more));
}

struct plumb_signed *
make_vote(struct make *m, const char *who, const struct plumb_digest *proposal,
          enum plumb_decision d)
{
    json_t *members = json_pack("{s:s}", "decision", plumb_decision_text(d));

    if (d == PLUMB_REJECT)
        assert_int_equal(json_object_set_new(members, "reason", json_string("a reason")), 0);
    return make_signed(m, who, PLUMB_KIND_APPROVAL, "proposal", proposal, members);
}

struct plumb_signed *
make_recognition(struct make *m, const char *who, const char *fleet_name, const char *name,
                 const struct plumb_digest *release, const struct plumb_digest *rollout,
                 int64_t revision, const struct plumb_digest *content)
{
    return make_signed(m, who, PLUMB_KIND_RECOGNITION, name, release,
                       json_pack("{s:s, s:o, s:I, s:o}", "fleet", fleet_name, "rollout",
                                 make_hex(rollout), "revision", (json_int_t)revision, "content",
                                 make_hex(content)));
}

struct plumb_signed *
make_enrolment(struct make *m, const char *who, const char *fleet_name, const char *principal,
               const struct plumb_signer *key, bool retire)
{
    json_t *members =
        json_pack("{s:s, s:s}", "fleet", fleet_name, "action", retire ? "retire" : "enrol");

    if (!retire)
        assert_int_equal(
            json_object_set_new(members, "keys",
                                json_pack("[o]", make_key_json(key, PLUMB_USE_SIGN))),
            0);
    return make_signed(m, who, PLUMB_KIND_ENROLMENT, principal, plumb_pubkey_id(key->pub),
                       members);
}

struct plumb_bytes
make_attestation(struct make *m, const char *who, const char *type,
                 const struct plumb_digest *artifacts, size_t n, json_t *predicate)
{
    const struct signers by = find_signers(m, who);

    return make_attestation_by(by.signer, by.n, type, artifacts, n, predicate);
}

struct plumb_bytes
make_attestation_by(struct plumb_signer *const *by, size_t nby, const char *type,
                    const struct plumb_digest *artifacts, size_t n, json_t *predicate)
{
    json_t *subjects = json_array(), *statement, *envelope = NULL;
    struct plumb_bytes ret = { 0 };
    struct plumb_err err;
    char *text;

    for (size_t i = 0; i < n; i++)
        assert_int_equal(
            json_array_append_new(subjects, json_pack("{s:s, s:{s:o}}", "name", "_", "digest",
                                                      "sha256", make_hex(&artifacts[i]))),
            0);
    statement = json_pack("{s:s, s:o, s:s, s:o}", "_type", "https://in-toto.io/Statement/v1",
                          "subject", subjects, "predicateType", type, "predicate", predicate);
    text = json_dumps(statement, JSON_COMPACT);
    assert_non_null(text);
    assert_ok(plumb_dsse_sign(text, strlen(text), by, nby, &envelope, &err), &err);
    free(text);
    json_decref(statement);
    text = json_dumps(envelope, JSON_COMPACT);
    assert_non_null(text);
    json_decref(envelope);
    assert_ok(plumb_bytes_copy(text, strlen(text), &ret, &err), &err);
    free(text);
    return ret;
}

json_t *
json_of(const char *text)
{
    char *copy = strdup(text);
    json_error_t error;
    json_t *json;

    assert_non_null(copy);
    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    json = json_loads(copy, JSON_DECODE_ANY, &error);
    if (json == NULL)
        fail_msg("%s: %s", text, error.text);
    free(copy);
    return json;
}
