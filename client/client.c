#include "client/client.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/upload.h"
#include "lib/own.h"

#define JSON_MAX   (32u << 20)
#define ENTRY_JSON (256u << 10) /* an entry with its receipt */
#define NOTE_MAX   65536
#define BUNDLE_MAX (1u << 30)

struct client {
    struct transport *transport;
    const struct plumb_log_policy *policy;
};

PLUMB_DEFINE_AUTO(auto_client, struct client *, client_close);

enum plumb_code
client_open(const struct client_config *config, struct client **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_client) struct client *c = calloc(1, sizeof *c);

    if (c == NULL)
        return plumb_fail_memory(err);
    c->policy = config->policy;
    PLUMB_TRY(transport_open(config, &c->transport, err));
    *ret = PLUMB_TAKE(c);
    return PLUMB_OK;
}

void
client_close(struct client *c)
{
    if (c == NULL)
        return;
    transport_close(c->transport);
    free(c);
}

static bool
unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~", c) != NULL);
}

void
client_path(char *ret, size_t size, const char *format, ...)
{
    size_t at = 0;
    va_list args;

    va_start(args, format);
    for (; *format != '\0' && at + 4 < size; format++) {
        if (format[0] != '%' || format[1] != 's') {
            ret[at++] = *format;
            continue;
        }
        format++;
        for (const char *s = va_arg(args, const char *); *s != '\0' && at + 4 < size; s++) {
            if (unreserved(*s))
                ret[at++] = *s;
            else
                at += (size_t)snprintf(ret + at, size - at, "%%%02X", (unsigned char)*s);
        }
    }
    va_end(args);
    ret[at] = '\0';
}

enum plumb_code
client_file(struct client *c, const char *path, size_t max, struct plumb_bytes *ret,
            struct plumb_err *err)
{
    PLUMB_AUTO(transport_answer_clear) struct transport_answer answer = { 0 };
    struct transport_call call = { .method = "GET", .path = path, .max = max };

    PLUMB_TRY(transport_do(c->transport, &call, &answer, err));
    *ret = answer.body;
    answer.body = (struct plumb_bytes){ NULL, 0 };
    return PLUMB_OK;
}

/* An answer that is not as docs/api.md says is the server's fault, whatever the rule. */
static enum plumb_code
load_answer(const struct plumb_bytes *body, size_t max, json_t **ret, struct plumb_err *err)
{
    struct plumb_err why;

    if (plumb_json_load(body->data, body->len, max, PLUMB_JSON_DEPTH, ret, &why) == PLUMB_OK)
        return PLUMB_OK;
    return plumb_fail(err, PLUMB_INTERNAL, "client.answer", why.where,
                      "the server's answer is not as it should be: %s", why.msg);
}

enum plumb_code
client_get(struct client *c, const char *path, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes body = { NULL, 0 };

    PLUMB_TRY(client_file(c, path, JSON_MAX, &body, err));
    return load_answer(&body, JSON_MAX, ret, err);
}

/* What a page says comes after it: a number or a name. */
static enum plumb_code
next_page(const json_t *page, char *ret, size_t size, struct plumb_err *err)
{
    const char *next = json_string_value(json_object_get(page, "next"));

    if (next != NULL && strlen(next) >= size)
        return plumb_fail(err, PLUMB_INTERNAL, "client.answer", "next", "too long");
    (void)snprintf(ret, size, "%s", next != NULL ? next : "");
    return PLUMB_OK;
}

enum plumb_code
client_list(struct client *c, const char *path, const char *member, size_t max, json_t **ret,
            struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *all = json_array();
    char next[128] = "", from[CLIENT_PATH_MAX], mark = strchr(path, '?') != NULL ? '&' : '?';

    if (all == NULL)
        return plumb_fail_memory(err);
    do {
        PLUMB_AUTO(plumb_json_auto) json_t *page = NULL;
        json_t *items;
        char escaped[400];

        client_path(escaped, sizeof escaped, "%s", next);
        (void)snprintf(from, sizeof from, "%s%climit=%zu%s%s", path, mark,
                       max - json_array_size(all) > 1000 ? 1000 : max - json_array_size(all),
                       next[0] != '\0' ? "&after=" : "", escaped);
        PLUMB_TRY(client_get(c, from, &page, err));
        items = json_object_get(page, member);
        if (!json_is_array(items))
            return plumb_fail(err, PLUMB_INTERNAL, "client.answer", member,
                              "the server's answer has no such list");
        if (json_array_extend(all, items) != 0)
            return plumb_fail_memory(err);
        PLUMB_TRY(next_page(page, next, sizeof next, err));
        if (json_array_size(items) == 0)
            break; /* a server that says "next" for ever */
    } while (next[0] != '\0' && json_array_size(all) < max);
    *ret = PLUMB_TAKE(all);
    return PLUMB_OK;
}

enum plumb_code
client_blob_put(struct client *c, const void *data, size_t len, struct plumb_digest *ret,
                struct plumb_err *err)
{
    struct plumb_digest digest;

    plumb_sha256(data, len, &digest);
    PLUMB_TRY(upload(c->transport, data, len, &digest, err));
    *ret = digest;
    return PLUMB_OK;
}

enum plumb_code
client_blob_get(struct client *c, const struct plumb_digest *digest, size_t max,
                struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    char path[128], hex[PLUMB_DIGEST_HEX];
    struct plumb_digest got;

    plumb_digest_hex(digest, hex);
    (void)snprintf(path, sizeof path, "/v1/blobs/%s", hex);
    PLUMB_TRY(client_file(c, path, max, &bytes, err));
    plumb_sha256(bytes.data, bytes.len, &got);
    if (!plumb_digest_eq(&got, digest))
        return plumb_fail(err, PLUMB_REFUSED, "blob.digest", hex,
                          "the server sent other bytes than those of this digest");
    *ret = bytes;
    bytes = (struct plumb_bytes){ NULL, 0 };
    return PLUMB_OK;
}

void
client_statement_clear(struct client_statement *s)
{
    plumb_signed_free(s->signed_statement);
    s->signed_statement = NULL;
}

static enum plumb_code
open_entry(const void *entry, size_t len, uint64_t index, plumb_key_lookup *lookup, void *arg,
           struct client_statement *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    struct client_statement s = { .index = index };

    PLUMB_TRY(plumb_entry_read(entry, len, &envelope, &s.time, err));
    PLUMB_TRY(plumb_signed_open(envelope, lookup, arg, &s.signed_statement, err));
    *ret = s;
    return PLUMB_OK;
}

enum plumb_code
client_entry(struct client *c, uint64_t index, plumb_key_lookup *lookup, void *arg,
             struct client_statement *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes entry = { NULL, 0 };
    char path[128];

    (void)snprintf(path, sizeof path, "/v1/entries/%" PRIu64, index);
    PLUMB_TRY(client_file(c, path, PLUMB_ENTRY_MAX, &entry, err));
    return open_entry(entry.data, entry.len, index, lookup, arg, ret, err);
}

/* {"index", "entry", ...}: the entry's bytes are the canonical text of the member. */
static enum plumb_code
get_entry(struct client *c, const struct plumb_digest *id, uint64_t *ret_index,
          struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes body = { NULL, 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    char path[128], hex[PLUMB_DIGEST_HEX];
    struct plumb_jv root, index, entry;
    int64_t at;

    plumb_digest_hex(id, hex);
    (void)snprintf(path, sizeof path, "/v1/statements/%s", hex);
    PLUMB_TRY(client_file(c, path, ENTRY_JSON, &body, err));
    PLUMB_TRY(load_answer(&body, ENTRY_JSON, &answer, err));
    root = plumb_jv_root(answer, "answer");
    index = plumb_jv_member(&root, "index");
    entry = plumb_jv_member(&root, "entry");
    PLUMB_TRY(plumb_jv_int(&index, 0, INT64_MAX, &at, err));
    PLUMB_TRY(plumb_jv_object(&entry, err));
    PLUMB_TRY(plumb_json_canonical(entry.json, ret, err));
    *ret_index = (uint64_t)at;
    return PLUMB_OK;
}

enum plumb_code
client_statement(struct client *c, const struct plumb_digest *id, plumb_key_lookup *lookup,
                 void *arg, struct client_statement *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes entry = { NULL, 0 };
    PLUMB_AUTO(client_statement_clear) struct client_statement s = { 0 };
    uint64_t index;

    PLUMB_TRY(get_entry(c, id, &index, &entry, err));
    PLUMB_TRY(open_entry(entry.data, entry.len, index, lookup, arg, &s, err));
    if (!plumb_digest_eq(&s.signed_statement->statement->id, id))
        return plumb_fail(err, PLUMB_INTERNAL, "client.answer", "entry",
                          "the server sent another statement than the one asked for");
    *ret = s;
    s.signed_statement = NULL;
    return PLUMB_OK;
}

void
client_receipt_clear(struct client_receipt *r)
{
    json_decref(r->json);
    r->json = NULL;
}

static enum plumb_code
read_receipt(json_t *json, struct client_receipt *ret, struct plumb_err *err)
{
    struct plumb_jv root = plumb_jv_root(json, "receipt");
    struct plumb_jv id = plumb_jv_member(&root, "id"), index = plumb_jv_member(&root, "index"),
                    at = plumb_jv_member(&root, "time"),
                    effect = plumb_jv_member(&root, "effect"),
                    repeated = plumb_jv_member(&root, "repeated");
    struct plumb_err plain;
    const char *text;
    int64_t n;

    PLUMB_TRY(plumb_jv_digest(&id, &ret->id, err));
    PLUMB_TRY(plumb_jv_int(&index, 0, INT64_MAX, &n, err));
    PLUMB_TRY(plumb_jv_time(&at, &ret->time, err));
    PLUMB_TRY(plumb_jv_string(&effect, sizeof ret->effect - 1, &text, err));
    PLUMB_TRY(plumb_jv_bool(&repeated, &ret->repeated, err));
    (void)plumb_fail(&plain, PLUMB_OK, "", "", "%s", text); /* spells out what is not ASCII */
    (void)snprintf(ret->effect, sizeof ret->effect, "%s", plain.msg);
    ret->index = (uint64_t)n;
    return PLUMB_OK;
}

/* The entry that the receipt speaks of: ours as it was logged, or the one of the first time. */
static enum plumb_code
logged_entry(struct client *c, const struct client_receipt *r, const json_t *envelope,
             struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes entry = { NULL, 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *first = NULL;
    struct plumb_jv root;
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse e = { .nsigs = 0 };
    struct plumb_digest id;
    uint64_t index;
    plumb_time time;

    if (!r->repeated)
        return plumb_entry_make(envelope, r->time, ret, err);
    PLUMB_TRY(get_entry(c, &r->id, &index, &entry, err));
    PLUMB_TRY(plumb_entry_read(entry.data, entry.len, &first, &time, err));
    root = plumb_jv_root(first, "envelope");
    PLUMB_TRY(plumb_dsse_read(&root, &e, err));
    plumb_sha256(e.payload.data, e.payload.len, &id);
    if (!plumb_digest_eq(&id, &r->id))
        return plumb_fail(err, PLUMB_INTERNAL, "client.answer", "entry",
                          "the server sent another statement than the one asked for");
    *ret = entry;
    entry = (struct plumb_bytes){ NULL, 0 };
    return PLUMB_OK;
}

static enum plumb_code
prove_receipt(struct client *c, const json_t *envelope, struct client_receipt *r,
              struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes entry = { NULL, 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes proof = { NULL, 0 };
    struct plumb_jv root = plumb_jv_root(r->json, "receipt");
    struct plumb_jv text = plumb_jv_member(&root, "proof");
    struct plumb_checkpoint checkpoint;
    struct plumb_digest leaf;
    enum plumb_code code;
    struct plumb_err why;
    uint64_t index;

    PLUMB_TRY(plumb_jv_base64(&text, NOTE_MAX, &proof, err));
    PLUMB_TRY(logged_entry(c, r, envelope, &entry, err));
    plumb_leaf_hash(entry.data, entry.len, &leaf);
    code = plumb_tlog_proof_verify(c->policy, proof.data, proof.len, &leaf, &index, &checkpoint,
                                   &why);
    if (code == PLUMB_REFUSED && strcmp(why.rule, "witness.quorum") == 0)
        return PLUMB_OK; /* the log has it, and witnesses are away: it is proven later */
    if (code != PLUMB_OK)
        return plumb_fail(err, code, why.rule, why.where, "%s", why.msg);
    if (index != r->index)
        return plumb_fail(err, PLUMB_REFUSED, "receipt.index", "receipt",
                          "the receipt's proof is for another index than it says");
    r->proven = true;
    return PLUMB_OK;
}

/* The id of the statement in an envelope that we made. */
static enum plumb_code
envelope_id(const json_t *envelope, struct plumb_digest *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse e = { .nsigs = 0 };
    struct plumb_jv root = plumb_jv_root((json_t *)envelope, "envelope");

    PLUMB_TRY(plumb_dsse_read(&root, &e, err));
    plumb_sha256(e.payload.data, e.payload.len, ret);
    return PLUMB_OK;
}

enum plumb_code
client_submit(struct client *c, const json_t *envelope, bool genesis,
              struct client_receipt *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes body = { NULL, 0 };
    PLUMB_AUTO(transport_answer_clear) struct transport_answer answer = { 0 };
    PLUMB_AUTO(client_receipt_clear) struct client_receipt r = { .json = NULL };
    struct plumb_digest id;
    struct transport_call call = { .method = "POST",
                                   .path = genesis ? "/v1/genesis" : "/v1/statements",
                                   .type = "application/json",
                                   .max = ENTRY_JSON };

    PLUMB_TRY(envelope_id(envelope, &id, err));
    PLUMB_TRY(plumb_json_canonical(envelope, &body, err));
    call.body = body.data;
    call.len = body.len;
    PLUMB_TRY(transport_do(c->transport, &call, &answer, err));
    PLUMB_TRY(load_answer(&answer.body, ENTRY_JSON, &r.json, err));
    PLUMB_TRY(read_receipt(r.json, &r, err));
    if (!plumb_digest_eq(&id, &r.id))
        return plumb_fail(err, PLUMB_REFUSED, "receipt.id", "receipt",
                          "the receipt is for another statement");
    if (c->policy != NULL)
        PLUMB_TRY(prove_receipt(c, envelope, &r, err));
    *ret = r;
    r.json = NULL;
    return PLUMB_OK;
}

void
client_governance_clear(struct client_governance *g)
{
    plumb_governance_free(g->document);
    g->document = NULL;
}

enum plumb_code
client_governance(struct client *c, int64_t version, struct client_governance *ret,
                  struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes document = { NULL, 0 };
    struct plumb_jv root, statement, index, time;
    struct client_governance g = { .document = NULL };
    char path[128] = "/v1/governance";
    int64_t at;

    if (version > 0)
        (void)snprintf(path, sizeof path, "/v1/governance/%" PRId64, version);
    PLUMB_TRY(client_get(c, path, &answer, err));
    root = plumb_jv_root(answer, "answer");
    statement = plumb_jv_member(&root, "statement");
    index = plumb_jv_member(&root, "index");
    time = plumb_jv_member(&root, "time");
    PLUMB_TRY(plumb_jv_digest(&statement, &g.statement, err));
    PLUMB_TRY(plumb_jv_int(&index, 0, INT64_MAX, &at, err));
    PLUMB_TRY(plumb_jv_time(&time, &g.time, err));
    g.index = (uint64_t)at;
    PLUMB_TRY(plumb_json_canonical(json_object_get(answer, "document"), &document, err));
    PLUMB_TRY(plumb_governance_parse(document.data, document.len, &g.document, err));
    *ret = g;
    return PLUMB_OK;
}

/* What may wait for news: have, the number that is the answer's entity tag, 0 for none. */
static enum plumb_code
get_news(struct client *c, const char *path, uint64_t have, unsigned wait, size_t max,
         bool *ret_news, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(transport_answer_clear) struct transport_answer answer = { 0 };
    struct transport_call call = { .method = "GET", .path = path, .max = max };
    char tag[24];

    if (have > 0) {
        (void)snprintf(tag, sizeof tag, "%" PRIu64, have);
        call.if_none_match = tag;
        call.wait = wait;
    }
    PLUMB_TRY(transport_do(c->transport, &call, &answer, err));
    *ret_news = answer.status != 304;
    if (*ret_news) {
        *ret = answer.body;
        answer.body = (struct plumb_bytes){ NULL, 0 };
    }
    return PLUMB_OK;
}

enum plumb_code
client_checkpoint(struct client *c, struct plumb_bytes *ret, struct plumb_err *err)
{
    return client_file(c, "/v1/checkpoint", NOTE_MAX, ret, err);
}

enum plumb_code
client_checkpoint_after(struct client *c, uint64_t have, unsigned wait, bool *ret_news,
                        struct plumb_bytes *ret, struct plumb_err *err)
{
    return get_news(c, "/v1/checkpoint", have, wait, NOTE_MAX, ret_news, ret, err);
}

/* The size that a checkpoint note states, unverified: its second line. */
static uint64_t
note_size(const struct plumb_bytes *note)
{
    const char *line = strchr((const char *)note->data, '\n');

    return line != NULL ? strtoull(line + 1, NULL, 10) : 0;
}

/* Line 1 with the proof that the log of size from was extended to this checkpoint. */
static enum plumb_code
add_consistency(struct client *c, uint64_t from, json_t *line, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { NULL, 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    struct plumb_jv root = plumb_jv_root(line, "line 1");
    struct plumb_jv checkpoint = plumb_jv_member(&root, "checkpoint");
    json_t *consistency;
    char path[128];

    PLUMB_TRY(plumb_jv_base64(&checkpoint, NOTE_MAX, &note, err));
    if (note_size(&note) <= from)
        return PLUMB_OK; /* the same needs none, and a smaller one has none */
    (void)snprintf(path, sizeof path, "/v1/consistency?from=%" PRIu64 "&to=%" PRIu64, from,
                   note_size(&note));
    PLUMB_TRY(client_get(c, path, &answer, err));
    consistency = json_pack("{s:I,s:O}", "from", (json_int_t)from, "proof",
                            json_object_get(answer, "proof"));
    if (consistency == NULL || json_object_set_new(line, "consistency", consistency) != 0)
        return plumb_fail(err, PLUMB_INTERNAL, "client.answer", "proof",
                          "the server's answer has no proof");
    return PLUMB_OK;
}

static enum plumb_code
splice_consistency(struct client *c, uint64_t from, struct plumb_bytes *file,
                   struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *line = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes first = { NULL, 0 };
    const uint8_t *end = file->len > 0 ? memchr(file->data, '\n', file->len) : NULL;
    size_t rest;
    uint8_t *whole;

    if (end == NULL)
        return PLUMB_OK; /* whoever verifies it says what is wrong */
    PLUMB_TRY(plumb_json_load(file->data, (size_t)(end - file->data), NOTE_MAX * 2,
                              PLUMB_JSON_DEPTH, &line, err));
    PLUMB_TRY(add_consistency(c, from, line, err));
    PLUMB_TRY(plumb_json_canonical(line, &first, err));
    rest = file->len - (size_t)(end - file->data);
    whole = malloc(first.len + rest + 1);
    if (whole == NULL)
        return plumb_fail_memory(err);
    memcpy(whole, first.data, first.len);
    memcpy(whole + first.len, end, rest);
    whole[first.len + rest] = '\0';
    plumb_bytes_clear(file);
    *file = (struct plumb_bytes){ whole, first.len + rest };
    return PLUMB_OK;
}

enum plumb_code
client_bundle(struct client *c, const char *fleet, uint64_t have, unsigned wait, uint64_t from,
              bool *ret_news, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { NULL, 0 };
    char path[CLIENT_PATH_MAX];

    client_path(path, sizeof path, "/v1/fleets/%s/bundle", fleet);
    PLUMB_TRY(get_news(c, path, have, wait, BUNDLE_MAX, ret_news, &file, err));
    if (!*ret_news)
        return PLUMB_OK;
    if (from > 0)
        PLUMB_TRY(splice_consistency(c, from, &file, err));
    *ret = file;
    file = (struct plumb_bytes){ NULL, 0 };
    return PLUMB_OK;
}
