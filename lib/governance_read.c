/* From a document's JSON to the struct: forms, and names that refer to each other. */
#include <string.h>

#include "lib/controls_read.h"
#include "lib/fleet_read.h"
#include "lib/governance.h"
#include "lib/names.h"
#include "lib/own.h"
#include "lib/quorum_read.h"
#include "lib/statement.h"
#include "lib/witnesses_read.h"
#include "lib/word.h"

#define SCHEMA       "urn:plumbline:governance-document:v1"
#define ORIGIN_MAX   127
#define LOG_KEYS_MAX 16
#define LOG_KEY_TYPE 0x01
#define PERSON_MAX   200 /* bytes of a principal's name for people */

struct in {
    struct plumb_governance *g;
    struct pool *pool;
    struct plumb_err *err;
};

static const char *const powers[] = {
#define X(name, text) [PLUMB_POWER_##name] = text,
    PLUMB_POWERS(X)
#undef X
};

const char *
plumb_power_text(enum plumb_power p)
{
    return p < PLUMB_POWER_COUNT ? powers[p] : "?";
}

/* --- log --- */

/* C2SP signed-note: a key's name has no spaces and no '+'. */
static bool
origin_ok(const char *origin)
{
    for (; *origin != '\0'; origin++)
        if (*origin <= 0x20 || *origin >= 0x7f || *origin == '+')
            return false;
    return true;
}

static enum plumb_code
read_log_key(const struct in *in, const struct plumb_jv *v, struct plumb_vkey *ret)
{
    char path[sizeof in->err->where];
    const char *text;

    PLUMB_TRY(plumb_jv_string(v, PLUMB_VKEY_TEXT - 1, &text, in->err));
    plumb_jv_path(v, path, sizeof path);
    PLUMB_TRY(plumb_vkey_parse(text, path, ret, in->err));
    if (ret->type != LOG_KEY_TYPE || strcmp(ret->name, in->g->origin) != 0)
        return plumb_jv_fail(v, in->err, PLUMB_INVALID, "governance.log",
                             "a log's key is of type 01 and has the origin as its name");
    return PLUMB_OK;
}

static enum plumb_code
read_log(const struct in *in, const struct plumb_jv *v)
{
    static const char *const members[] = { "origin", "keys", NULL };
    struct plumb_jv origin = plumb_jv_member(v, "origin"), keys = plumb_jv_member(v, "keys");
    struct plumb_governance *g = in->g;
    size_t n;

    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(plumb_jv_string(&origin, ORIGIN_MAX, &g->origin, in->err));
    if (!origin_ok(g->origin))
        return plumb_jv_fail(&origin, in->err, PLUMB_INVALID, "governance.log",
                             "an origin is printable ASCII without spaces and '+'");
    PLUMB_TRY(plumb_jv_array(&keys, 1, LOG_KEYS_MAX, &n, in->err));
    g->log_keys = pool_array(in->pool, n, sizeof *g->log_keys);
    if (g->log_keys == NULL)
        return plumb_fail_memory(in->err);
    for (; g->nlog_keys < n; g->nlog_keys++) {
        struct plumb_jv element = plumb_jv_element(&keys, g->nlog_keys);

        PLUMB_TRY(read_log_key(in, &element, &g->log_keys[g->nlog_keys]));
    }
    return PLUMB_OK;
}

/* --- roles, principals --- */

static enum plumb_code
read_role(const struct in *in, const struct plumb_jv *v, struct plumb_role *ret)
{
    static const char *const members[] = { "may", "notWith", NULL };
    struct plumb_jv may = plumb_jv_member(v, "may"), not_with = plumb_jv_member(v, "notWith");
    size_t n, power;

    ret->name = v->key;
    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(plumb_jv_array(&may, 0, PLUMB_POWER_COUNT, &n, in->err));
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&may, i);

        PLUMB_TRY(plumb_word_read(&element, powers, PLUMB_POWER_COUNT, "governance.form",
                                  &power, in->err));
        if (ret->may & 1u << power)
            return plumb_jv_fail(&element, in->err, PLUMB_INVALID, "governance.form",
                                 "names a power a second time");
        ret->may |= 1u << power;
    }
    return plumb_names_read(&not_with, in->pool, &ret->not_with, &ret->nnot_with, in->err);
}

static enum plumb_code
read_roles(const struct in *in, const struct plumb_jv *v)
{
    struct plumb_governance *g = in->g;
    const char **names;

    PLUMB_TRY(plumb_names_of(v, in->pool, PLUMB_ROLES_MAX, &names, &g->nroles, in->err));
    g->roles = pool_array(in->pool, g->nroles, sizeof *g->roles);
    if (g->roles == NULL)
        return plumb_fail_memory(in->err);
    for (size_t i = 0; i < g->nroles; i++) {
        struct plumb_jv member = plumb_jv_member(v, names[i]);

        PLUMB_TRY(read_role(in, &member, &g->roles[i]));
    }
    for (size_t i = 0; i < g->nroles; i++) {
        struct plumb_jv member = plumb_jv_member(v, names[i]);
        struct plumb_jv not_with = plumb_jv_member(&member, "notWith");
        uint16_t ignored;

        for (size_t j = 0; j < g->roles[i].nnot_with; j++)
            PLUMB_TRY(
                plumb_role_read(g, g->roles[i].not_with[j], &not_with, &ignored, in->err));
    }
    return PLUMB_OK;
}

static enum plumb_code
read_keys(const struct in *in, const struct plumb_jv *v, struct plumb_principal *ret)
{
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 0, PLUMB_ELEMENTS_MAX, &n, in->err));
    ret->keys = pool_array(in->pool, n, sizeof *ret->keys);
    if (ret->keys == NULL)
        return plumb_fail_memory(in->err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(v, i);

        PLUMB_TRY(plumb_key_read(&element, &ret->keys[i], in->err));
        ret->nkeys = i + 1; /* so that it is freed */
    }
    return PLUMB_OK;
}

static enum plumb_code
read_principal(const struct in *in, const struct plumb_jv *v, struct plumb_principal *ret)
{
    static const char *const members[] = { "?name", "roles", "?fleets", "keys", NULL };
    struct plumb_jv name = plumb_jv_member(v, "name"), roles = plumb_jv_member(v, "roles");
    struct plumb_jv fleets = plumb_jv_member(v, "fleets"), keys = plumb_jv_member(v, "keys");
    uint16_t *numbers;

    ret->id = v->key;
    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    if (name.json != NULL)
        PLUMB_TRY(plumb_jv_string(&name, PERSON_MAX, &ret->name, in->err));
    PLUMB_TRY(plumb_roles_read(in->g, in->pool, &roles, &numbers, &ret->nroles, in->err));
    ret->roles = numbers;
    for (size_t i = 0; i < ret->nroles; i++)
        ret->may |= in->g->roles[numbers[i]].may;
    if (fleets.json != NULL)
        PLUMB_TRY(plumb_names_read(&fleets, in->pool, &ret->fleets, &ret->nfleets, in->err));
    return read_keys(in, &keys, ret);
}

static enum plumb_code
read_principals(const struct in *in, const struct plumb_jv *v)
{
    struct plumb_governance *g = in->g;
    const char **names;
    size_t n;

    PLUMB_TRY(plumb_names_of(v, in->pool, PLUMB_PRINCIPALS_MAX, &names, &n, in->err));
    g->principals = pool_array(in->pool, n, sizeof *g->principals);
    if (g->principals == NULL)
        return plumb_fail_memory(in->err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv member = plumb_jv_member(v, names[i]);

        g->nprincipals = i + 1; /* so that its keys are freed */
        PLUMB_TRY(read_principal(in, &member, &g->principals[i]));
    }
    return PLUMB_OK;
}

/* --- the whole --- */

static enum plumb_code
read_version(const struct in *in, const struct plumb_jv *root)
{
    struct plumb_jv version = plumb_jv_member(root, "version");
    struct plumb_jv previous = plumb_jv_member(root, "previous");
    struct plumb_jv rules = plumb_jv_member(root, "rules");
    struct plumb_governance *g = in->g;

    PLUMB_TRY(plumb_jv_int(&version, 1, PLUMB_INTEGER_MAX, &g->version, in->err));
    PLUMB_TRY(plumb_jv_int(&rules, 1, PLUMB_INTEGER_MAX, &g->rules, in->err));
    if (g->rules > PLUMB_RULES)
        return plumb_jv_fail(&rules, in->err, PLUMB_UNSUPPORTED, "governance.rules",
                             "this program knows rules up to %d", PLUMB_RULES);
    if ((g->version == 1) != (previous.json == NULL))
        return plumb_jv_fail(&previous, in->err, PLUMB_INVALID, "governance.previous",
                             "every version but the first names the one before");
    return previous.json != NULL ? plumb_jv_digest(&previous, &g->previous, in->err) : PLUMB_OK;
}

enum plumb_code
plumb_governance_read(struct plumb_governance *g, struct pool *pool, struct plumb_err *err)
{
    static const char *const members[] = { "schema",   "version", "?previous",  "rules",
                                           "log",      "roles",   "principals", "quorums",
                                           "payloads", "fleets",  "?controls",  "?witnesses",
                                           NULL };
    static const char *const quorum_members[] = { "governance", NULL };
    const struct in in = { g, pool, err };
    struct plumb_jv root = plumb_jv_root(g->json, NULL);
    struct plumb_jv schema = plumb_jv_member(&root, "schema");
    struct plumb_jv log = plumb_jv_member(&root, "log");
    struct plumb_jv witnesses = plumb_jv_member(&root, "witnesses");
    struct plumb_jv roles = plumb_jv_member(&root, "roles");
    struct plumb_jv principals = plumb_jv_member(&root, "principals");
    struct plumb_jv quorums = plumb_jv_member(&root, "quorums");
    struct plumb_jv governance = plumb_jv_member(&quorums, "governance");
    struct plumb_jv payloads = plumb_jv_member(&root, "payloads");
    struct plumb_jv fleets = plumb_jv_member(&root, "fleets");
    struct plumb_jv controls = plumb_jv_member(&root, "controls");
    const char *text;

    PLUMB_TRY(plumb_jv_closed(&root, members, err));
    PLUMB_TRY(plumb_jv_string(&schema, sizeof SCHEMA, &text, err));
    if (strcmp(text, SCHEMA) != 0)
        return plumb_jv_fail(&schema, err, PLUMB_INVALID, "governance.form", "want " SCHEMA);
    PLUMB_TRY(read_version(&in, &root));
    PLUMB_TRY(read_log(&in, &log));
    PLUMB_TRY(plumb_witnesses_read(g, pool, &witnesses, err));
    PLUMB_TRY(read_roles(&in, &roles));
    PLUMB_TRY(read_principals(&in, &principals));
    PLUMB_TRY(plumb_jv_closed(&quorums, quorum_members, err));
    PLUMB_TRY(plumb_quorum_read(g, pool, &governance, &g->quorum, err));
    PLUMB_TRY(plumb_payloads_read(g, pool, &payloads, err));
    PLUMB_TRY(plumb_fleets_read(g, pool, &fleets, err));
    return controls.json != NULL ? plumb_controls_read(g, pool, &controls, err) : PLUMB_OK;
}
