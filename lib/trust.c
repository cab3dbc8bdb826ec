/* The trust file: all that a verifier starts from. */
#include <plumb/bundle.h>

#include <string.h>

#include "lib/own.h"
#include "lib/pool.h"

#define TRUST_MAX   (256u << 10)
#define SERVERS_MAX 16
#define LINES_MAX   256
#define LINE_MAX    1024

PLUMB_DEFINE_AUTO(auto_trust, struct plumb_trust *, plumb_trust_free);

void
plumb_trust_free(struct plumb_trust *t)
{
    if (t == NULL)
        return;
    plumb_log_policy_free(t->policy);
    json_decref(t->json);
    pool_free(t->pool); /* holds t too */
}

static enum plumb_code
read_servers(const struct plumb_jv *v, struct plumb_trust *t, struct plumb_err *err)
{
    PLUMB_TRY(plumb_jv_array(v, 0, SERVERS_MAX, &t->nservers, err));
    t->servers = pool_array(t->pool, t->nservers, sizeof *t->servers);
    if (t->servers == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < t->nservers; i++) {
        struct plumb_jv e = plumb_jv_element(v, i);

        PLUMB_TRY(plumb_jv_digest(&e, &t->servers[i], err));
    }
    return PLUMB_OK;
}

static enum plumb_code
read_policy(const struct plumb_jv *v, struct plumb_trust *t, struct plumb_err *err)
{
    size_t n, len = 0;
    char *text;

    PLUMB_TRY(plumb_jv_array(v, 1, LINES_MAX, &n, err));
    text = pool_alloc(t->pool, n * (LINE_MAX + 1));
    if (text == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv e = plumb_jv_element(v, i);
        const char *line;

        PLUMB_TRY(plumb_jv_string(&e, LINE_MAX, &line, err));
        memcpy(text + len, line, strlen(line));
        len += strlen(line);
        text[len++] = '\n';
    }
    return plumb_log_policy_parse(text, len, &t->policy, err);
}

enum plumb_code
plumb_trust_parse(const void *data, size_t len, struct plumb_trust **ret, struct plumb_err *err)
{
    static const char *const members[] = { "schema", "fleet",  "genesis",
                                           "server", "policy", NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(auto_trust) struct plumb_trust *t = NULL;
    struct plumb_jv root, schema, fleet, genesis, server, policy;
    struct pool *pool;
    const char *text;

    PLUMB_TRY(plumb_json_load(data, len, TRUST_MAX, PLUMB_JSON_DEPTH, &json, err));
    root = plumb_jv_root(json, NULL);
    schema = plumb_jv_member(&root, "schema");
    fleet = plumb_jv_member(&root, "fleet");
    genesis = plumb_jv_member(&root, "genesis");
    server = plumb_jv_member(&root, "server");
    policy = plumb_jv_member(&root, "policy");
    PLUMB_TRY(plumb_jv_closed(&root, members, err));
    PLUMB_TRY(plumb_jv_string(&schema, 128, &text, err));
    if (strcmp(text, "urn:plumbline:trust:v1") != 0)
        return plumb_jv_fail(&schema, err, PLUMB_UNSUPPORTED, "schema.unknown",
                             "want urn:plumbline:trust:v1");
    pool = pool_new();
    t = pool != NULL ? pool_alloc(pool, sizeof *t) : NULL;
    if (t == NULL) {
        pool_free(pool);
        return plumb_fail_memory(err);
    }
    t->pool = pool;
    t->json = json_incref(json);
    PLUMB_TRY(plumb_jv_name(&fleet, &t->fleet, err));
    PLUMB_TRY(plumb_jv_digest(&genesis, &t->genesis, err));
    PLUMB_TRY(read_servers(&server, t, err));
    PLUMB_TRY(read_policy(&policy, t, err));
    *ret = PLUMB_TAKE(t);
    return PLUMB_OK;
}
