/* CycloneDX VEX: vulnerabilities with an analysis. */
#include <string.h>

#include "lib/own.h"
#include "supply/vex_read.h"

static const struct {
    const char *state;
    enum vex_status status;
} states[] = {
    { "resolved", VEX_FIXED },
    { "resolved_with_pedigree", VEX_FIXED },
    { "exploitable", VEX_AFFECTED },
    { "in_triage", VEX_UNDER_INVESTIGATION },
    { "false_positive", VEX_NOT_AFFECTED },
    { "not_affected", VEX_NOT_AFFECTED },
};

static const char *const justifications[] = {
    "code_not_present",     "code_not_reachable",     "requires_configuration",
    "requires_dependency",  "requires_environment",   "protected_by_compiler",
    "protected_at_runtime", "protected_at_perimeter", "protected_by_mitigating_control",
};

struct reader {
    struct vex *vex;
    const struct sbom *own; /* the document's components; NULL where it has none to name */
    plumb_time time;        /* of the document */
};

/* The component of the document itself that has this reference. */
static const struct sbom_component *
find_own(const struct reader *r, const char *ref)
{
    for (size_t i = 0; i < r->own->n; i++)
        if (r->own->components[i].ref != NULL && strcmp(r->own->components[i].ref, ref) == 0)
            return &r->own->components[i];
    return NULL;
}

/* "urn:cdx:SERIAL/VERSION#REF" names a component of another bill. */
static enum plumb_code
read_link(const struct reader *r, const char *text, struct vex_thing *ret,
          struct plumb_err *err)
{
    const char *serial = text + strlen("urn:cdx:"), *slash = strchr(serial, '/');
    const char *hash = slash != NULL ? strchr(slash, '#') : NULL;
    char *bom;

    if (hash == NULL || slash - serial != 36)
        return PLUMB_OK; /* names nothing that is known here */
    bom = pool_alloc(r->vex->pool, sizeof "urn:uuid:" + 36);
    ret->ref = pool_text(r->vex->pool, hash + 1);
    if (bom == NULL || ret->ref == NULL)
        return plumb_fail_memory(err);
    memcpy(bom, "urn:uuid:", 9);
    memcpy(bom + 9, serial, 36);
    ret->bom = bom;
    return vex_purl(r->vex->pool, hash + 1, &ret->purl, err);
}

static enum plumb_code
read_own(const struct reader *r, const struct sbom_component *c, struct vex_thing *ret,
         struct plumb_err *err)
{
    struct pool *pool = r->vex->pool;

    if (c->purl != NULL) {
        ret->purl = pool_text(pool, c->purl);
        return ret->purl == NULL ? plumb_fail_memory(err) : PLUMB_OK;
    }
    ret->name = pool_text(pool, c->name);
    ret->group = c->group != NULL ? pool_text(pool, c->group) : NULL;
    ret->version = c->version != NULL ? pool_text(pool, c->version) : NULL;
    return ret->name == NULL || (c->group != NULL && ret->group == NULL) ||
                   (c->version != NULL && ret->version == NULL)
               ? plumb_fail_memory(err)
               : PLUMB_OK;
}

/* Whether what is said of one version is what the analysis says. */
static bool
agrees(const char *said, enum vex_status status)
{
    if (said == NULL)
        return true;
    if (strcmp(said, "affected") == 0)
        return status == VEX_AFFECTED;
    if (strcmp(said, "unaffected") == 0)
        return status == VEX_NOT_AFFECTED || status == VEX_FIXED;
    return status == VEX_UNDER_INVESTIGATION;
}

static enum plumb_code
read_versions(const struct reader *r, const struct plumb_jv *affects, enum vex_status status,
              struct vex_thing *ret, struct plumb_err *err)
{
    struct plumb_jv list;
    const char **versions;
    size_t n;

    PLUMB_TRY(read_array(affects, "versions", FORM, &list, &n, err));
    versions = pool_array(r->vex->pool, n, sizeof *versions);
    if (versions == NULL)
        return plumb_fail_memory(err);
    ret->some = n > 0;
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);
        const char *one;

        PLUMB_TRY(read_optional(&v, "version", VEX_TEXT, FORM, r->vex->pool, &one, err));
        if (one != NULL && agrees(read_word(v.json, "status"), status))
            versions[ret->nversions++] = one;
    }
    ret->versions = versions;
    return PLUMB_OK;
}

static enum plumb_code
read_affects(const struct reader *r, const struct plumb_jv *v, enum vex_status status,
             struct vex_thing *ret, struct plumb_err *err)
{
    const struct plumb_jv ref = plumb_jv_member(v, "ref");
    const struct sbom_component *own;

    PLUMB_TRY(read_text(&ref, VEX_TEXT, FORM, r->vex->pool, &ret->id, err));
    PLUMB_TRY(read_versions(r, v, status, ret, err));
    if (strncmp(ret->id, "urn:cdx:", 8) == 0)
        return read_link(r, ret->id, ret, err);
    own = find_own(r, ret->id);
    return own != NULL ? read_own(r, own, ret, err)
                       : vex_purl(r->vex->pool, ret->id, &ret->purl, err);
}

static enum plumb_code
read_analysis(const struct reader *r, const struct plumb_jv *v, struct vex_statement *s,
              struct plumb_err *err)
{
    const struct plumb_jv state = plumb_jv_member(v, "state");
    const struct plumb_jv why = plumb_jv_member(v, "justification");
    const char *word = json_string_value(state.json), *detail;

    s->status = VEX_STATUS_COUNT;
    for (size_t i = 0; i < sizeof states / sizeof states[0] && word != NULL; i++)
        if (strcmp(states[i].state, word) == 0)
            s->status = states[i].status;
    if (s->status == VEX_STATUS_COUNT)
        return read_fail(&state, err, FORM, "want a state of analysis");
    PLUMB_TRY(read_optional(v, "justification", VEX_TEXT, FORM, r->vex->pool, &word, err));
    for (size_t i = 0; i < sizeof justifications / sizeof justifications[0]; i++)
        if (word != NULL && strcmp(justifications[i], word) == 0)
            s->justification = justifications[i];
    if (word != NULL && s->justification == NULL)
        return read_fail(&why, err, "vex.justification", "is no justification of CycloneDX");
    PLUMB_TRY(read_optional(v, "detail", VEX_TEXT, FORM, r->vex->pool, &detail, err));
    if (s->status == VEX_NOT_AFFECTED)
        s->impact = detail;
    else
        s->action = detail;
    return PLUMB_OK;
}

/* The latest that is told of this analysis, or the document's. */
static enum plumb_code
read_times(const struct reader *r, const struct plumb_jv *vulnerability,
           const struct plumb_jv *analysis, struct vex_statement *s, struct plumb_err *err)
{
    const struct {
        const struct plumb_jv *owner;
        const char *key;
    } places[] = { { analysis, "lastUpdated" },
                   { analysis, "firstIssued" },
                   { vulnerability, "updated" },
                   { vulnerability, "published" },
                   { vulnerability, "created" } };

    s->time = PLUMB_TIME_NEVER;
    for (size_t i = 0; i < sizeof places / sizeof places[0] && s->time == PLUMB_TIME_NEVER; i++)
        PLUMB_TRY(read_time(places[i].owner, places[i].key, "vex.time", &s->time, err));
    if (s->time == PLUMB_TIME_NEVER)
        s->time = r->time;
    if (s->time == PLUMB_TIME_NEVER)
        return read_fail(vulnerability, err, "vex.time",
                         "neither it nor its document has a time");
    return PLUMB_OK;
}

static enum plumb_code
read_vulnerability(const struct reader *r, const struct plumb_jv *v,
                   const struct plumb_jv *analysis, struct vex_statement *s,
                   struct plumb_err *err)
{
    const struct plumb_jv id = plumb_jv_member(v, "id");
    struct vex_product *products;
    struct plumb_jv list;

    PLUMB_TRY(read_text(&id, VEX_TEXT, FORM, r->vex->pool, &s->vulnerability, err));
    PLUMB_TRY(read_analysis(r, analysis, s, err));
    PLUMB_TRY(read_times(r, v, analysis, s, err));
    PLUMB_TRY(read_array(v, "affects", FORM, &list, &s->nproducts, err));
    products = pool_array(r->vex->pool, s->nproducts, sizeof *products);
    if (products == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < s->nproducts; i++) {
        const struct plumb_jv one = plumb_jv_element(&list, i);

        PLUMB_TRY(read_affects(r, &one, s->status, &products[i].thing, err));
    }
    s->products = products;
    return PLUMB_OK;
}

PLUMB_DEFINE_AUTO(auto_sbom, struct sbom *, sbom_free);

enum plumb_code
vex_cyclonedx(const struct plumb_jv *root, struct vex *vex, struct plumb_err *err)
{
    PLUMB_AUTO(auto_sbom) struct sbom *own = NULL;
    struct reader r = { .vex = vex };
    struct vex_statement *statements;
    struct plumb_jv list;
    size_t n;

    PLUMB_TRY(sbom_read_json(root->json, &own, err));
    r.own = own;
    r.time = own->created;
    PLUMB_TRY(read_optional(root, "serialNumber", VEX_TEXT, FORM, vex->pool, &vex->id, err));
    PLUMB_TRY(read_array(root, "vulnerabilities", FORM, &list, &n, err));
    statements = pool_array(vex->pool, n, sizeof *statements);
    if (statements == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);
        const struct plumb_jv analysis = plumb_jv_member(&v, "analysis");

        if (analysis.json != NULL)
            PLUMB_TRY(read_vulnerability(&r, &v, &analysis, &statements[vex->n++], err));
    }
    vex->statements = statements;
    return PLUMB_OK;
}
