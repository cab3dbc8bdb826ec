#include "tests/t.h"

#include <plumb/tlog.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/keys.h"
#include "tests/make.h"

#define NOW INT64_C(1795489892)

struct ring {
    struct plumb_signer *signers[4];
    size_t known; /* of them, from the first */
};

static const struct plumb_pubkey *
look_up(void *arg, const struct plumb_digest *id)
{
    struct ring *r = arg;

    for (size_t i = 0; i < r->known; i++)
        if (plumb_digest_eq(plumb_pubkey_id(r->signers[i]->pub), id))
            return r->signers[i]->pub;
    return NULL;
}

static void
ring_begin(struct ring *r)
{
    for (size_t i = 0; i < 4; i++)
        r->signers[i] = generate(i % 2 == 0 ? PLUMB_KEY_ED25519 : PLUMB_KEY_P256);
    r->known = 4;
}

static void
ring_end(struct ring *r)
{
    for (size_t i = 0; i < 4; i++)
        plumb_signer_free(r->signers[i]);
}

/* A statement that names the keys of the first n signers: a genesis, or with one an approval.
 */
static struct plumb_bytes
statement_by(const struct ring *r, size_t n)
{
    const struct plumb_subject subject = { n > 1 ? "governance" : "proposal",
                                           make_digest("x") };
    struct plumb_digest keys[4];
    const struct plumb_stamp stamp = { MAKE_ORIGIN, keys, n, NOW, NOW + 60, { 0 } };
    json_t *members =
        n > 1 ? json_pack("{s:i}", "version", 1) : json_pack("{s:s}", "decision", "approve");
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err;

    for (size_t i = 0; i < n; i++)
        keys[i] = *plumb_pubkey_id(r->signers[i]->pub);
    assert_ok(plumb_statement_make(n > 1 ? PLUMB_KIND_GOVERNANCE : PLUMB_KIND_APPROVAL, &stamp,
                                   &subject, 1, members, &bytes, &err),
              &err);
    json_decref(members);
    return bytes;
}

/* The statement that names the first `named` keys, signed by those of `by` ("021"). */
static json_t *
envelope_by(const struct ring *r, size_t named, const char *by)
{
    struct plumb_bytes payload = statement_by(r, named);
    struct plumb_signer *signers[8];
    json_t *envelope = NULL;
    struct plumb_err err;

    for (size_t i = 0; by[i] != '\0'; i++)
        signers[i] = r->signers[by[i] - '0'];
    assert_ok(plumb_dsse_sign(payload.data, payload.len, signers, strlen(by), &envelope, &err),
              &err);
    plumb_bytes_clear(&payload);
    return envelope;
}

static const char *
keyid_of(const json_t *envelope, size_t i)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(envelope, "signatures"), i), "keyid"));
}

static void
set_keyid(json_t *envelope, size_t i, const char *keyid)
{
    json_t *sig = json_array_get(json_object_get(envelope, "signatures"), i);

    json_object_set_new(sig, "keyid", json_string(keyid));
}

static void
every_named_key_signs_and_no_other(void **state)
{
    static const struct {
        size_t named;
        const char *by, *rule;
    } cases[] = {
        { 1, "0", NULL },
        { 1, "1", "signature.bad" },
        { 1, "01", "signature.count" },
        { 1, "00", "signature.count" },
        { 2, "01", NULL },
        { 2, "10", NULL },
        { 3, "210", NULL },
        { 2, "0", "signature.count" },
        { 2, "012", "signature.count" },
        { 2, "00", "signature.bad" },
        { 2, "02", "signature.bad" },
        { 3, "013", "signature.bad" },
    };
    struct ring r;

    (void)state;
    ring_begin(&r);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *envelope = envelope_by(&r, cases[i].named, cases[i].by);
        struct plumb_signed *s = NULL;
        struct plumb_err err;
        enum plumb_code code = plumb_signed_open(envelope, look_up, &r, &s, &err);

        if (cases[i].rule == NULL)
            assert_ok(code, &err);
        else
            assert_refused(cases[i].rule, code, &err);
        assert_int_equal(s != NULL, cases[i].rule == NULL);
        json_decref(envelope); /* what was opened keeps its own hold on it */
        if (s != NULL)
            assert_int_equal(s->statement->nkeys, cases[i].named);
        if (s != NULL)
            assert_true(json_is_object(s->envelope));
        plumb_signed_free(s);
    }
    ring_end(&r);
}

static void
a_keyid_is_a_hint_and_no_more(void **state)
{
    struct ring r;
    json_t *envelope;
    struct plumb_signed *s = NULL;
    struct plumb_err err;
    char first[PLUMB_DIGEST_HEX];

    (void)state;
    ring_begin(&r);
    envelope = envelope_by(&r, 2, "01");
    (void)snprintf(first, sizeof first, "%s", keyid_of(envelope, 0));
    set_keyid(envelope, 0, keyid_of(envelope, 1));
    set_keyid(envelope, 1, first);
    assert_ok(plumb_signed_open(envelope, look_up, &r, &s, &err), &err);
    plumb_signed_free(s);
    s = NULL;
    set_keyid(envelope, 1, "anything");
    assert_ok(plumb_signed_open(envelope, look_up, &r, &s, &err), &err);
    plumb_signed_free(s);
    s = NULL;
    json_decref(envelope);
    envelope = envelope_by(&r, 1, "1");
    set_keyid(envelope, 0, first);
    assert_refused("signature.bad", plumb_signed_open(envelope, look_up, &r, &s, &err), &err);
    json_decref(envelope);
    ring_end(&r);
}

static void
an_unknown_key_is_refused_whatever_it_signed(void **state)
{
    struct ring r;
    json_t *envelope;
    struct plumb_signed *s = NULL;
    struct plumb_err err;

    (void)state;
    ring_begin(&r);
    envelope = envelope_by(&r, 3, "012");
    r.known = 2;
    assert_refused("key.unknown", plumb_signed_open(envelope, look_up, &r, &s, &err), &err);
    assert_int_equal(err.code, PLUMB_FORBIDDEN);
    r.known = 3;
    assert_ok(plumb_signed_open(envelope, look_up, &r, &s, &err), &err);
    plumb_signed_free(s);
    json_decref(envelope);
    ring_end(&r);
}

static void
what_is_signed_must_be_a_statement(void **state)
{
    struct ring r;
    json_t *envelope = NULL;
    struct plumb_signed *s = NULL;
    struct plumb_err err;

    (void)state;
    ring_begin(&r);
    assert_ok(plumb_dsse_sign("{}", 2, r.signers, 1, &envelope, &err), &err);
    assert_refused("json.missing", plumb_signed_open(envelope, look_up, &r, &s, &err), &err);
    json_object_set_new(envelope, "payloadType", json_string("text/plain"));
    assert_refused("dsse.type", plumb_signed_open(envelope, look_up, &r, &s, &err), &err);
    json_decref(envelope);
    ring_end(&r);
}

static void
other_bytes_are_not_what_was_signed(void **state)
{
    struct ring r;
    json_t *envelope, *other;
    struct plumb_signed *s = NULL;
    struct plumb_err err;

    (void)state;
    ring_begin(&r);
    envelope = envelope_by(&r, 1, "0");
    other = envelope_by(&r, 2, "01");
    json_object_set(envelope, "payload", json_object_get(other, "payload"));
    json_array_append(json_object_get(envelope, "signatures"),
                      json_array_get(json_object_get(other, "signatures"), 1));
    assert_refused("signature.bad", plumb_signed_open(envelope, look_up, &r, &s, &err), &err);
    json_decref(envelope);
    json_decref(other);
    ring_end(&r);
}

/* --- entries --- */

static void
an_entry_reads_back(void **state)
{
    struct ring r;
    json_t *envelope, *back = NULL;
    struct plumb_bytes entry = { 0 };
    plumb_time time = 0;
    struct plumb_err err;

    (void)state;
    ring_begin(&r);
    envelope = envelope_by(&r, 1, "0");
    assert_ok(plumb_entry_make(envelope, NOW, &entry, &err), &err);
    assert_ok(plumb_entry_read(entry.data, entry.len, &back, &time, &err), &err);
    assert_int_equal(time, NOW);
    assert_true(json_equal(back, envelope));
    json_decref(back);
    plumb_bytes_clear(&entry);
    json_decref(envelope);
    ring_end(&r);
}

static void
entries_have_one_form(void **state)
{
    static const struct {
        const char *text, *where;
    } cases[] = {
        { "{\"envelope\":{},\"time\":\"2026-11-24T03:11:32Z\"} ", NULL },
        { "{\"time\":\"2026-11-24T03:11:32Z\",\"envelope\":{}}", NULL },
        { "{\"envelope\":[],\"time\":\"2026-11-24T03:11:32Z\"}", "envelope" },
        { "{\"envelope\":{},\"time\":\"2026-11-24T03:11:32\"}", "time" },
        { "{\"envelope\":{},\"time\":1}", "time" },
        { "{\"envelope\":{}}", "time" },
        { "{\"time\":\"2026-11-24T03:11:32Z\"}", "envelope" },
        { "{\"envelope\":{},\"index\":1,\"time\":\"2026-11-24T03:11:32Z\"}", "index" },
        { "{\"envelope\":{\"a\":1.5},\"time\":\"2026-11-24T03:11:32Z\"}", "envelope.a" },
        { "[]", "" },
        { "", NULL },
    };
    json_t *envelope = NULL;
    plumb_time time;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_err err = { 0 };

        assert_refused(
            "entry.form",
            plumb_entry_read(cases[i].text, strlen(cases[i].text), &envelope, &time, &err),
            &err);
        if (cases[i].where != NULL)
            assert_string_equal(err.where, cases[i].where);
        assert_null(envelope);
    }
}

static void
entries_have_a_size(void **state)
{
    const size_t frame =
        strlen("{\"envelope\":{\"p\":\"\"},\"time\":\"2026-11-24T03:11:32Z\"}");
    char *filler = malloc(PLUMB_ENTRY_MAX);
    json_t *envelope, *back = NULL;
    struct plumb_bytes entry = { 0 };
    plumb_time time;
    struct plumb_err err;

    (void)state;
    assert_non_null(filler);
    memset(filler, 'x', PLUMB_ENTRY_MAX);
    envelope = json_pack("{s:o}", "p", json_stringn(filler, PLUMB_ENTRY_MAX - frame));
    assert_ok(plumb_entry_make(envelope, NOW, &entry, &err), &err);
    assert_int_equal(entry.len, PLUMB_ENTRY_MAX);
    assert_ok(plumb_entry_read(entry.data, entry.len, &back, &time, &err), &err);
    assert_refused("entry.size",
                   plumb_entry_read(entry.data, entry.len + 1, &back, &time, &err), &err);
    json_decref(back);
    plumb_bytes_clear(&entry);
    json_object_set_new(envelope, "p", json_stringn(filler, PLUMB_ENTRY_MAX - frame + 1));
    assert_refused("entry.size", plumb_entry_make(envelope, NOW, &entry, &err), &err);
    assert_int_equal(err.code, PLUMB_TOO_LARGE);
    json_decref(envelope);
    free(filler);
}

static void
entries_are_of_our_times(void **state)
{
    json_t *envelope = json_object(), *array = json_array();
    struct plumb_bytes entry = { 0 };
    struct plumb_err err;

    (void)state;
    assert_refused("entry.form", plumb_entry_make(envelope, -1, &entry, &err), &err);
    assert_refused("entry.form", plumb_entry_make(envelope, PLUMB_TIME_NEVER, &entry, &err),
                   &err);
    assert_refused("entry.form", plumb_entry_make(array, NOW, &entry, &err), &err);
    assert_refused("entry.form", plumb_entry_make(NULL, NOW, &entry, &err), &err);
    assert_ok(plumb_entry_make(envelope, 0, &entry, &err), &err);
    plumb_bytes_clear(&entry);
    json_decref(envelope);
    json_decref(array);
}

/* --- keys as documents state them --- */

static enum plumb_code
read_key(const json_t *json, struct plumb_key *ret, struct plumb_err *err)
{
    struct plumb_jv v = plumb_jv_root((json_t *)json, "key");

    *err = (struct plumb_err){ 0 };
    return plumb_key_read(&v, ret, err);
}

static void
keys_read_back(void **state)
{
    struct plumb_signer *signer = generate(PLUMB_KEY_P256);
    struct plumb_pubkey *sk = as_security_key(signer, "ssh:plumb", true);
    const struct plumb_key cases[] = {
        { signer->pub, PLUMB_USE_SIGN, PLUMB_KEY_ACTIVE, 0 },
        { signer->pub, PLUMB_USE_TLS, PLUMB_KEY_RETIRED, 0 },
        { signer->pub, PLUMB_USE_SIGN, PLUMB_KEY_COMPROMISED, 17 },
        { signer->pub, PLUMB_USE_SIGN, PLUMB_KEY_COMPROMISED, 0 },
        { sk, PLUMB_USE_SIGN, PLUMB_KEY_ACTIVE, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_key back = { 0 };
        json_t *json = NULL;
        struct plumb_err err;

        assert_ok(plumb_key_json(&cases[i], &json, &err), &err);
        assert_ok(read_key(json, &back, &err), &err);
        assert_int_equal(back.use, cases[i].use);
        assert_int_equal(back.status, cases[i].status);
        assert_int_equal(back.from, cases[i].from);
        assert_true(plumb_digest_eq(plumb_pubkey_id(back.pub), plumb_pubkey_id(cases[i].pub)));
        assert_int_equal(plumb_pubkey_type(back.pub), plumb_pubkey_type(cases[i].pub));
        assert_int_equal(plumb_pubkey_verify_required(back.pub),
                         plumb_pubkey_verify_required(cases[i].pub));
        plumb_pubkey_free(back.pub);
        json_decref(json);
    }
    plumb_pubkey_free(sk);
    plumb_signer_free(signer);
}

static void
keys_have_one_form(void **state)
{
    static const struct {
        const char *member, *value, *rule, *where;
    } cases[] = {
        { "spki", NULL, "json.missing", "key.spki" },
        { "use", NULL, "json.missing", "key.use" },
        { "status", NULL, "json.missing", "key.status" },
        { "use", "\"encrypt\"", "key.form", "key.use" },
        { "status", "\"lost\"", "key.form", "key.status" },
        { "status", "\"compromised\"", "key.form", "key.from" },
        { "from", "3", "key.form", "key.from" },
        { "spki", "\"AA\"", "base64.form", "key.spki" },
        { "application", "\"web\"", "key.application", "key.spki" },
        { "application", "\"\"", "json.length", "key.application" },
        { "userVerification", "true", "key.application", "key.userVerification" },
        { "userVerification", "1", "json.type", "key.userVerification" },
        { "comment", "\"x\"", "json.unknown", "key.comment" },
    };
    struct plumb_signer *signer = generate(PLUMB_KEY_ED25519);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *json = make_key_json(signer, PLUMB_USE_SIGN);
        struct plumb_key key = { 0 };
        struct plumb_err err;

        if (cases[i].value == NULL)
            json_object_del(json, cases[i].member);
        else
            json_object_set_new(json, cases[i].member,
                                json_loads(cases[i].value, JSON_DECODE_ANY, NULL));
        assert_refused(cases[i].rule, read_key(json, &key, &err), &err);
        assert_string_equal(err.where, cases[i].where);
        assert_null(key.pub);
        json_decref(json);
    }
    plumb_signer_free(signer);
}

static void
security_keys_only_sign(void **state)
{
    struct plumb_signer *signer = generate(PLUMB_KEY_ED25519);
    struct plumb_pubkey *sk = as_security_key(signer, "ssh:", false);
    struct plumb_key key = { sk, PLUMB_USE_TLS, PLUMB_KEY_ACTIVE, 0 }, back = { 0 };
    json_t *json = NULL;
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_key_json(&key, &json, &err), &err);
    assert_refused("key.application", read_key(json, &back, &err), &err);
    json_decref(json);
    plumb_pubkey_free(sk);
    plumb_signer_free(signer);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_named_key_signs_and_no_other),
        cmocka_unit_test(a_keyid_is_a_hint_and_no_more),
        cmocka_unit_test(an_unknown_key_is_refused_whatever_it_signed),
        cmocka_unit_test(what_is_signed_must_be_a_statement),
        cmocka_unit_test(other_bytes_are_not_what_was_signed),
        cmocka_unit_test(an_entry_reads_back),
        cmocka_unit_test(entries_have_one_form),
        cmocka_unit_test(entries_have_a_size),
        cmocka_unit_test(entries_are_of_our_times),
        cmocka_unit_test(keys_read_back),
        cmocka_unit_test(keys_have_one_form),
        cmocka_unit_test(security_keys_only_sign),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
