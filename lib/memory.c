/* What a verifier keeps between pulls. */
#include "lib/memory.h"

#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

#define SCHEMA      "urn:plumbline:memory:v1"
#define MEMORY_MAX  (64u << 20)
#define REVOKED_MAX (1u << 20)

PLUMB_DEFINE_AUTO(auto_memory, struct plumb_memory *, plumb_memory_free);

void
plumb_memory_free(struct plumb_memory *m)
{
    if (m == NULL)
        return;
    free(m->revoked);
    free(m);
}

uint64_t
plumb_memory_size(const struct plumb_memory *m)
{
    return m != NULL ? m->size : 0;
}

static enum plumb_code
read_governance(const struct plumb_jv *v, struct plumb_memory *m, struct plumb_err *err)
{
    static const char *const members[] = { "version", "statement", NULL };
    struct plumb_jv version = plumb_jv_member(v, "version");
    struct plumb_jv statement = plumb_jv_member(v, "statement");

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_int(&version, 1, PLUMB_INTEGER_MAX, &m->governance_version, err));
    return plumb_jv_digest(&statement, &m->governance_statement, err);
}

static enum plumb_code
read_checkpoint(const struct plumb_jv *v, struct plumb_memory *m, struct plumb_err *err)
{
    static const char *const members[] = { "size", "root", NULL };
    struct plumb_jv size = plumb_jv_member(v, "size"), root = plumb_jv_member(v, "root");
    int64_t n;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_int(&size, 1, PLUMB_INTEGER_MAX, &n, err));
    m->size = (uint64_t)n;
    return plumb_jv_digest(&root, &m->root, err);
}

static enum plumb_code
read_revoked(const struct plumb_jv *v, struct plumb_memory *m, struct plumb_err *err)
{
    PLUMB_TRY(plumb_jv_array(v, 0, REVOKED_MAX, &m->nrevoked, err));
    m->revoked = calloc(m->nrevoked + 1, sizeof *m->revoked);
    if (m->revoked == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < m->nrevoked; i++) {
        struct plumb_jv e = plumb_jv_element(v, i);

        PLUMB_TRY(plumb_jv_digest(&e, &m->revoked[i], err));
        if (i > 0 && plumb_digest_cmp(&m->revoked[i - 1], &m->revoked[i]) >= 0)
            return plumb_jv_fail(&e, err, PLUMB_INVALID, "memory.order",
                                 "revoked digests ascend, each once");
    }
    return PLUMB_OK;
}

static enum plumb_code
read_memory(const struct plumb_jv *root, struct plumb_memory *m, struct plumb_err *err)
{
    static const char *const members[] = { "schema",   "fleet", "genesis", "governance",
                                           "revision", "index", "content", "checkpoint",
                                           "revoked",  NULL };
    struct plumb_jv schema = plumb_jv_member(root, "schema");
    struct plumb_jv fleet = plumb_jv_member(root, "fleet");
    struct plumb_jv genesis = plumb_jv_member(root, "genesis");
    struct plumb_jv governance = plumb_jv_member(root, "governance");
    struct plumb_jv revision = plumb_jv_member(root, "revision");
    struct plumb_jv index = plumb_jv_member(root, "index");
    struct plumb_jv content = plumb_jv_member(root, "content");
    struct plumb_jv checkpoint = plumb_jv_member(root, "checkpoint");
    struct plumb_jv revoked = plumb_jv_member(root, "revoked");
    const char *text;
    int64_t n;

    PLUMB_TRY(plumb_jv_closed(root, members, err));
    PLUMB_TRY(plumb_jv_string(&schema, 128, &text, err));
    if (strcmp(text, SCHEMA) != 0)
        return plumb_jv_fail(&schema, err, PLUMB_UNSUPPORTED, "schema.unknown", "want " SCHEMA);
    PLUMB_TRY(plumb_jv_name(&fleet, &text, err));
    memcpy(m->fleet, text, strlen(text) + 1);
    PLUMB_TRY(plumb_jv_digest(&genesis, &m->genesis, err));
    PLUMB_TRY(read_governance(&governance, m, err));
    PLUMB_TRY(plumb_jv_int(&revision, 1, PLUMB_INTEGER_MAX, &m->revision, err));
    PLUMB_TRY(plumb_jv_int(&index, 0, PLUMB_INTEGER_MAX, &n, err));
    m->index = (uint64_t)n;
    PLUMB_TRY(plumb_jv_digest(&content, &m->content, err));
    PLUMB_TRY(read_checkpoint(&checkpoint, m, err));
    return read_revoked(&revoked, m, err);
}

enum plumb_code
plumb_memory_parse(const void *data, size_t len, struct plumb_memory **ret,
                   struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(auto_memory) struct plumb_memory *m = NULL;
    struct plumb_jv root;

    PLUMB_TRY(plumb_json_load_canonical(data, len, MEMORY_MAX, &json, err));
    root = plumb_jv_root(json, NULL);
    m = calloc(1, sizeof *m);
    if (m == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(read_memory(&root, m, err));
    *ret = PLUMB_TAKE(m);
    return PLUMB_OK;
}

enum plumb_code
plumb_memory_json(const struct plumb_memory *m, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *revoked = json_array();
    char genesis[PLUMB_DIGEST_HEX], statement[PLUMB_DIGEST_HEX], root[PLUMB_DIGEST_HEX];
    char content[PLUMB_DIGEST_HEX];

    for (size_t i = 0; i < m->nrevoked; i++) {
        char hex[PLUMB_DIGEST_HEX];

        plumb_digest_hex(&m->revoked[i], hex);
        if (json_array_append_new(revoked, json_string(hex)) != 0)
            return plumb_fail_memory(err);
    }
    plumb_digest_hex(&m->genesis, genesis);
    plumb_digest_hex(&m->governance_statement, statement);
    plumb_digest_hex(&m->root, root);
    plumb_digest_hex(&m->content, content);
    json =
        json_pack("{s:s, s:s, s:s, s:{s:I, s:s}, s:I, s:I, s:s, s:{s:I, s:s}, s:O}", "schema",
                  SCHEMA, "fleet", m->fleet, "genesis", genesis, "governance", "version",
                  (json_int_t)m->governance_version, "statement", statement, "revision",
                  (json_int_t)m->revision, "index", (json_int_t)m->index, "content", content,
                  "checkpoint", "size", (json_int_t)m->size, "root", root, "revoked", revoked);
    if (json == NULL)
        return plumb_fail_memory(err);
    return plumb_json_canonical(json, ret, err);
}
