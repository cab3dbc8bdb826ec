/*
 * fuzz_statement.c - what is read as a statement has one form: its members, stamped again, make
 * the same bytes.
 */
#include <plumb/statement.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
strip_stamp(json_t *members, bool genesis)
{
    (void)json_object_del(members, "log");
    (void)json_object_del(members, genesis ? "keys" : "key");
    (void)json_object_del(members, "issued");
    (void)json_object_del(members, "expires");
    (void)json_object_del(members, "nonce");
}

static void
check_subject(const struct plumb_statement *s)
{
    size_t payload, version;

    assert(s->nsubjects > 0);
    if (s->payload == NULL || s->kind == PLUMB_KIND_RELEASE)
        return;
    payload = strlen(s->payload);
    version = strlen(s->version);
    assert(plumb_name_ok(s->payload) && plumb_name_ok(s->version));
    assert(strlen(s->subjects[0].name) == payload + 1 + version);
    assert(memcmp(s->subjects[0].name, s->payload, payload) == 0);
    assert(strcmp(s->subjects[0].name + payload + 1, s->version) == 0);
}

static void
check_again(const struct plumb_statement *s, const uint8_t *data, size_t size)
{
    const bool genesis = s->kind == PLUMB_KIND_GOVERNANCE && s->u.governance.version == 1;
    const json_t *predicate = json_object_get(s->json, "predicate");
    struct plumb_stamp stamp = { s->log, s->keys, s->nkeys, s->issued, s->expires, { 0 } };
    json_t *members = json_copy((json_t *)predicate);
    struct plumb_bytes again = { 0 };
    size_t len;

    assert(s->nkeys > 0 && (genesis || s->nkeys == 1));
    assert(plumb_hex_parse(json_string_value(json_object_get(predicate, "nonce")), "",
                           stamp.nonce, sizeof stamp.nonce, &len, NULL) == PLUMB_OK);
    strip_stamp(members, genesis);
    assert(plumb_statement_make(s->kind, &stamp, s->subjects, s->nsubjects, members, &again,
                                NULL) == PLUMB_OK);
    assert(again.len == size && memcmp(again.data, data, size) == 0);
    plumb_bytes_clear(&again);
    json_decref(members);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_statement *s = NULL;
    struct plumb_err err = { 0 };

    if (plumb_statement_peek(data, size, &s, &err) != PLUMB_OK) {
        assert(s == NULL && err.code != PLUMB_OK && err.rule[0] != '\0');
        return 0;
    }
    assert(size <= PLUMB_PAYLOAD_MAX);
    assert(s->expires >= s->issued && s->expires - s->issued <= PLUMB_LIFETIME_MAX);
    check_subject(s);
    check_again(s, data, size);
    plumb_statement_free(s);
    return 0;
}
