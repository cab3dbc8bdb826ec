/* From members to a statement's bytes. */
#include <plumb/statement.h>

#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "lib/statement.h"

PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

static int
set_time(json_t *json, const char *key, plumb_time t)
{
    char text[PLUMB_TIME_TEXT];

    plumb_time_text(t, text);
    return json_object_set_new(json, key, json_string(text));
}

static json_t *
digest_json(const struct plumb_digest *d)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(d, hex);
    return json_string(hex);
}

/* The genesis lists its keys; any other statement has one. */
static int
set_keys(json_t *predicate, bool genesis, const struct plumb_stamp *stamp)
{
    json_t *keys;
    int failed;

    if (!genesis)
        return json_object_set_new(predicate, "key", digest_json(&stamp->keys[0]));
    keys = json_array();
    failed = json_object_set_new(predicate, "keys", keys);
    for (size_t i = 0; i < stamp->nkeys && failed == 0; i++)
        failed = json_array_append_new(keys, digest_json(&stamp->keys[i]));
    return failed;
}

/* The members, and the five of the stamp beside them. */
static enum plumb_code
make_predicate(enum plumb_kind kind, const struct plumb_stamp *stamp, const json_t *members,
               json_t **ret, struct plumb_err *err)
{
    const bool genesis = plumb_predicate_is_genesis(kind, members);
    const char *const five[] = { "log", genesis ? "keys" : "key", "issued", "expires",
                                 "nonce" };
    PLUMB_AUTO(plumb_json_auto) json_t *predicate = NULL;
    char nonce[2 * sizeof stamp->nonce + 1];
    int failed = 0;

    if (!genesis && stamp->nkeys != 1)
        return plumb_fail(err, PLUMB_INVALID, "statement.form", "key",
                          "one key signs any statement but a genesis");
    for (size_t i = 0; i < sizeof five / sizeof *five; i++)
        if (json_object_get(members, five[i]) != NULL)
            return plumb_fail(err, PLUMB_INVALID, "statement.form", five[i],
                              "comes from the stamp, not from the members");
    /* json_copy copies one level and only reads it */
    predicate = members != NULL ? json_copy((json_t *)members) : json_object();
    if (predicate == NULL)
        return plumb_fail_memory(err);
    plumb_hex(stamp->nonce, sizeof stamp->nonce, nonce);
    failed |= json_object_set_new(predicate, "log", json_string(stamp->log));
    failed |= set_keys(predicate, genesis, stamp);
    failed |= set_time(predicate, "issued", stamp->issued);
    failed |= set_time(predicate, "expires", stamp->expires);
    failed |= json_object_set_new(predicate, "nonce", json_string(nonce));
    if (failed != 0)
        return plumb_fail(err, PLUMB_INVALID, "statement.form", "predicate",
                          "the members are no object, or the log's name is not UTF-8");
    *ret = PLUMB_TAKE(predicate);
    return PLUMB_OK;
}

static enum plumb_code
make_subjects(const struct plumb_subject *subjects, size_t n, json_t **ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *array = json_array();

    if (array == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        json_t *subject = json_pack("{s:s, s:{s:o}}", "name", subjects[i].name, "digest",
                                    "sha256", digest_json(&subjects[i].digest));

        if (json_array_append_new(array, subject) != 0)
            return plumb_fail(err, PLUMB_INVALID, "statement.subject", "subject",
                              "subject %zu has no name in UTF-8", i);
    }
    *ret = PLUMB_TAKE(array);
    return PLUMB_OK;
}

enum plumb_code
plumb_statement_make(enum plumb_kind kind, const struct plumb_stamp *stamp,
                     const struct plumb_subject *subjects, size_t nsubjects,
                     const json_t *members, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *predicate = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *subject = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(auto_statement) struct plumb_statement *read = NULL;
    char type[64];

    (void)snprintf(type, sizeof type, "urn:plumbline:%s:v1", plumb_kind_text(kind));
    PLUMB_TRY(make_predicate(kind, stamp, members, &predicate, err));
    PLUMB_TRY(make_subjects(subjects, nsubjects, &subject, err));
    json = json_pack("{s:s, s:s, s:O, s:O}", "_type", "https://in-toto.io/Statement/v1",
                     "predicateType", type, "subject", subject, "predicate", predicate);
    if (json == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_json_canonical(json, &bytes, err));
    PLUMB_TRY(plumb_statement_peek(bytes.data, bytes.len, &read, err));
    if (read->issued != stamp->issued || read->expires != stamp->expires)
        return plumb_fail(err, PLUMB_INVALID, "time.form", "predicate.issued",
                          "times are from 1970 to 9999");
    *ret = (struct plumb_bytes){ PLUMB_TAKE(bytes.data), bytes.len };
    return PLUMB_OK;
}
