/* From bytes to a statement: what all kinds have in common. */
#include <plumb/statement.h>

#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "lib/statement.h"

#define STATEMENT_TYPE "https://in-toto.io/Statement/v1"
#define TYPE_HEAD      "urn:plumbline:"
#define TYPE_TAIL      ":v1"
#define ORIGIN_MAX     127
#define NONCE_LEN      16

PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

void
plumb_statement_free(struct plumb_statement *s)
{
    if (s == NULL)
        return;
    if (s->kind == PLUMB_KIND_ENROLMENT)
        for (size_t i = 0; i < s->u.enrolment.nkeys; i++)
            plumb_pubkey_free(s->u.enrolment.keys[i].pub);
    json_decref(s->json);
    pool_free(s->pool);
    free(s);
}

/* What the JSON reader says of bytes that are not canonical, in this format's words. */
static enum plumb_code
load(const void *payload, size_t len, json_t **ret, struct plumb_err *err)
{
    enum plumb_code code;
    struct plumb_err why = { 0 };

    if (len > PLUMB_PAYLOAD_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "statement.size", "",
                          "a statement has at most %d bytes, this one %zu", PLUMB_PAYLOAD_MAX,
                          len);
    code = plumb_json_load_canonical(payload, len, PLUMB_PAYLOAD_MAX, ret, &why);
    if (code != PLUMB_OK && strcmp(why.rule, "json.canonical") == 0)
        (void)snprintf(why.rule, sizeof why.rule, "statement.canonical");
    if (code != PLUMB_OK && err != NULL)
        *err = why;
    return code;
}

static enum plumb_code
read_kind(const struct plumb_jv *v, enum plumb_kind *ret, struct plumb_err *err)
{
    const size_t head = strlen(TYPE_HEAD), tail = strlen(TYPE_TAIL);
    char path[sizeof err->where], name[PLUMB_NAME_MAX];
    const char *text;
    size_t len;

    PLUMB_TRY(plumb_jv_string(v, head + sizeof name - 1 + tail, &text, err));
    len = strlen(text);
    if (len <= head + tail || memcmp(text, TYPE_HEAD, head) != 0 ||
        strcmp(text + len - tail, TYPE_TAIL) != 0)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "statement.form",
                             "want " TYPE_HEAD "KIND" TYPE_TAIL);
    memcpy(name, text + head, len - head - tail);
    name[len - head - tail] = '\0';
    plumb_jv_path(v, path, sizeof path);
    return plumb_kind_parse(name, path, ret, err);
}

static enum plumb_code
read_subject(const struct plumb_jv *v, struct plumb_subject *ret, struct plumb_err *err)
{
    static const char *const members[] = { "name", "digest", NULL };
    static const char *const algorithms[] = { "sha256", NULL };
    struct plumb_jv name = plumb_jv_member(v, "name"), digest = plumb_jv_member(v, "digest");
    struct plumb_jv sha256 = plumb_jv_member(&digest, "sha256");

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_string(&name, PLUMB_PAYLOAD_MAX, &ret->name, err));
    PLUMB_TRY(plumb_jv_closed(&digest, algorithms, err));
    return plumb_jv_digest(&sha256, &ret->digest, err);
}

static enum plumb_code
read_subjects(const struct plumb_jv *v, struct plumb_statement *s, struct plumb_err *err)
{
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 1, PLUMB_PAYLOAD_MAX, &n, err));
    s->subjects = pool_array(s->pool, n, sizeof *s->subjects);
    if (s->subjects == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(v, i);

        PLUMB_TRY(read_subject(&element, &s->subjects[i], err));
    }
    s->nsubjects = n;
    return PLUMB_OK;
}

static enum plumb_code
read_keys(const struct plumb_jv *predicate, struct plumb_statement *s, struct plumb_err *err)
{
    struct plumb_jv key = plumb_jv_member(predicate, "key");
    struct plumb_jv keys = plumb_jv_member(predicate, "keys");
    const bool genesis = plumb_predicate_is_genesis(s->kind, predicate->json);
    size_t n = 1;

    if (genesis)
        PLUMB_TRY(plumb_jv_array(&keys, 1, PLUMB_SIGNATURE_MAX, &n, err));
    s->keys = pool_array(s->pool, n, sizeof *s->keys);
    if (s->keys == NULL)
        return plumb_fail_memory(err);
    s->nkeys = n;
    if (!genesis)
        return plumb_jv_digest(&key, &s->keys[0], err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&keys, i);

        PLUMB_TRY(plumb_jv_digest(&element, &s->keys[i], err));
        for (size_t j = 0; j < i; j++)
            if (plumb_digest_eq(&s->keys[i], &s->keys[j]))
                return plumb_jv_fail(&element, err, PLUMB_INVALID, "statement.form",
                                     "names a key a second time");
    }
    return PLUMB_OK;
}

static enum plumb_code
read_nonce(const struct plumb_jv *v, struct plumb_err *err)
{
    char path[sizeof err->where];
    uint8_t nonce[NONCE_LEN];
    const char *text;
    size_t len;

    PLUMB_TRY(plumb_jv_string(v, 2 * sizeof nonce, &text, err));
    plumb_jv_path(v, path, sizeof path);
    PLUMB_TRY(plumb_hex_parse(text, path, nonce, sizeof nonce, &len, err));
    if (len != sizeof nonce)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "statement.form", "want %d hex digits",
                             2 * NONCE_LEN);
    return PLUMB_OK;
}

static enum plumb_code
read_stamp(const struct plumb_jv *predicate, struct plumb_statement *s, struct plumb_err *err)
{
    struct plumb_jv log = plumb_jv_member(predicate, "log");
    struct plumb_jv issued = plumb_jv_member(predicate, "issued");
    struct plumb_jv expires = plumb_jv_member(predicate, "expires");
    struct plumb_jv nonce = plumb_jv_member(predicate, "nonce");

    PLUMB_TRY(plumb_jv_object(predicate, err));
    PLUMB_TRY(plumb_jv_string(&log, ORIGIN_MAX, &s->log, err));
    PLUMB_TRY(read_keys(predicate, s, err));
    PLUMB_TRY(plumb_jv_time(&issued, &s->issued, err));
    PLUMB_TRY(plumb_jv_time(&expires, &s->expires, err));
    if (s->expires < s->issued || s->expires - s->issued > PLUMB_LIFETIME_MAX)
        return plumb_jv_fail(&expires, err, PLUMB_INVALID, "statement.lifetime",
                             "want at most %d days after issued", PLUMB_LIFETIME_MAX / 86400);
    return read_nonce(&nonce, err);
}

static enum plumb_code
read_statement(struct plumb_statement *s, struct plumb_err *err)
{
    static const char *const members[] = { "_type", "predicateType", "subject", "predicate",
                                           NULL };
    struct plumb_jv root = plumb_jv_root(s->json, NULL);
    struct plumb_jv type = plumb_jv_member(&root, "_type");
    struct plumb_jv predicate_type = plumb_jv_member(&root, "predicateType");
    struct plumb_jv subjects = plumb_jv_member(&root, "subject");
    struct plumb_jv predicate = plumb_jv_member(&root, "predicate");
    const char *text;

    PLUMB_TRY(plumb_jv_closed(&root, members, err));
    PLUMB_TRY(plumb_jv_string(&type, PLUMB_PAYLOAD_MAX, &text, err));
    if (strcmp(text, STATEMENT_TYPE) != 0)
        return plumb_jv_fail(&type, err, PLUMB_INVALID, "statement.form",
                             "want " STATEMENT_TYPE);
    PLUMB_TRY(read_kind(&predicate_type, &s->kind, err));
    PLUMB_TRY(read_subjects(&subjects, s, err));
    PLUMB_TRY(read_stamp(&predicate, s, err));
    return plumb_predicate_read(&predicate, &subjects, s, s->pool, err);
}

enum plumb_code
plumb_statement_peek(const void *payload, size_t len, struct plumb_statement **ret,
                     struct plumb_err *err)
{
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = calloc(1, sizeof *s);

    if (s == NULL || (s->pool = pool_new()) == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(load(payload, len, &s->json, err));
    PLUMB_TRY(read_statement(s, err));
    plumb_sha256(payload, len, &s->id);
    *ret = PLUMB_TAKE(s);
    return PLUMB_OK;
}
