/* SPDX 3.0 JSON-LD: the packages of its graph. */
#include <string.h>

#include "lib/own.h"
#include "supply/sbom_build.h"

#define FORM "sbom.form"

static const char *
id_of(const json_t *element)
{
    const char *id = read_word(element, "spdxId");

    return id != NULL ? id : read_word(element, "@id");
}

/* software_Package, and those of the AI and dataset profiles. */
static bool
is_package(const json_t *element)
{
    const char *type = read_word(element, "type");
    const size_t len = type != NULL ? strlen(type) : 0;

    return len >= 7 && strcmp(type + len - 7, "Package") == 0;
}

static bool
is_type(const json_t *element, const char *type)
{
    const char *is = read_word(element, "type");

    return is != NULL && strcmp(is, type) == 0;
}

static enum plumb_code
read_purl(struct build *b, const struct plumb_jv *package, struct sbom_component *c,
          struct plumb_err *err)
{
    const char *own = read_word(package->json, "software_packageUrl");
    struct plumb_jv list;
    size_t n;

    if (own != NULL)
        PLUMB_TRY(build_purl(b, c, own, err));
    PLUMB_TRY(read_array(package, "externalIdentifier", FORM, &list, &n, err));
    for (size_t i = 0; i < n && c->purl == NULL; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);
        const char *type = read_word(v.json, "externalIdentifierType");
        const char *identifier = read_word(v.json, "identifier");

        if (type != NULL && identifier != NULL &&
            (strcmp(type, "packageUrl") == 0 || strcmp(type, "packageURL") == 0))
            PLUMB_TRY(build_purl(b, c, identifier, err));
    }
    return PLUMB_OK;
}

/* Those written in place; what is said elsewhere in the graph is not gathered. */
static enum plumb_code
read_hashes(struct build *b, const struct plumb_jv *package, struct sbom_component *c,
            struct plumb_err *err)
{
    struct sbom_hash *hashes;
    struct plumb_jv list;
    size_t n;

    PLUMB_TRY(read_array(package, "verifiedUsing", FORM, &list, &n, err));
    hashes = pool_array(b->pool, n, sizeof *hashes);
    if (hashes == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);

        if (!is_type(v.json, "Hash"))
            continue;
        PLUMB_TRY(build_hash(b->pool, &v, read_word(v.json, "algorithm"),
                             read_word(v.json, "hashValue"), FORM, &hashes[c->nhashes], err));
        c->nhashes++;
    }
    c->hashes = hashes;
    return PLUMB_OK;
}

static enum plumb_code
read_package(struct build *b, const struct plumb_jv *v, struct plumb_err *err)
{
    const struct plumb_jv name = plumb_jv_member(v, "name");
    struct sbom_component *c = build_add(b);

    if (id_of(v->json) == NULL || strlen(id_of(v->json)) > SBOM_TEXT)
        return read_fail(v, err, FORM, "want a package with an spdxId");
    c->ref = pool_text(b->pool, id_of(v->json));
    if (c->ref == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(read_text(&name, SBOM_TEXT, FORM, b->pool, &c->name, err));
    PLUMB_TRY(read_optional(v, "software_packageVersion", SBOM_TEXT, FORM, b->pool, &c->version,
                            err));
    PLUMB_TRY(
        read_optional(v, "software_primaryPurpose", SBOM_TEXT, FORM, b->pool, &c->type, err));
    PLUMB_TRY(read_hashes(b, v, c, err));
    return read_purl(b, v, c, err);
}

/* The one element of a list of references, or of one reference. */
static const char *
only_ref(const json_t *v)
{
    if (json_is_array(v))
        return json_array_size(v) == 1 ? json_string_value(json_array_get(v, 0)) : NULL;
    return json_string_value(v);
}

static const json_t *
find_element(const json_t *graph, const char *id)
{
    json_t *e;
    size_t i;

    json_array_foreach(graph, i, e)
        if (id != NULL && id_of(e) != NULL && strcmp(id_of(e), id) == 0)
            return e;
    return NULL;
}

/* The document's root is a package, or a software_Sbom whose root is one. */
static const struct sbom_component *
find_subject(const struct build *b, const json_t *graph)
{
    const struct sbom_component *c = NULL;
    const json_t *at = NULL;
    json_t *e;
    size_t i;

    json_array_foreach(graph, i, e)
        if (is_type(e, "SpdxDocument"))
            at = e;
    for (int steps = 0; at != NULL && c == NULL && steps < 3; steps++) {
        const char *root = only_ref(json_object_get(at, "rootElement"));

        c = build_find(b, root);
        at = find_element(graph, root);
    }
    return c;
}

/* What the graph says of how it was made: the first element that tells. */
static enum plumb_code
read_head(struct build *b, const struct plumb_jv *graph, struct plumb_err *err)
{
    for (size_t i = 0; i < json_array_size(graph->json); i++) {
        const struct plumb_jv v = plumb_jv_element(graph, i);
        const char *version = read_word(v.json, "specVersion");

        if (!is_type(v.json, "CreationInfo") || version == NULL)
            continue;
        if (strncmp(version, "3.0", 3) != 0 || (version[3] != '\0' && version[3] != '.') ||
            strlen(version) > 16)
            return plumb_fail(err, PLUMB_UNSUPPORTED, "sbom.format", "specVersion",
                              "of SPDX 3, 3.0 is read");
        b->sbom->spec_version = pool_text(b->pool, version);
        if (b->sbom->spec_version == NULL)
            return plumb_fail_memory(err);
        return read_time(&v, "created", FORM, &b->sbom->created, err);
    }
    return plumb_fail(err, PLUMB_INVALID, "sbom.format", "@graph",
                      "no element tells the version of SPDX: want CreationInfo");
}

enum plumb_code
sbom_spdx3(const struct plumb_jv *root, struct build *b, struct plumb_err *err)
{
    struct plumb_jv graph;
    size_t n, packages = 0;

    PLUMB_TRY(read_array(root, "@graph", FORM, &graph, &n, err));
    PLUMB_TRY(read_head(b, &graph, err));
    for (size_t i = 0; i < n; i++)
        packages += is_package(json_array_get(graph.json, i));
    PLUMB_TRY(build_begin(b, packages, err));
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv v = plumb_jv_element(&graph, i);

        if (!json_is_object(v.json))
            return read_fail(&v, err, FORM, "want an element, an object");
        if (is_type(v.json, "SpdxDocument") && b->sbom->id == NULL && id_of(v.json) != NULL &&
            (b->sbom->id = pool_text(b->pool, id_of(v.json))) == NULL)
            return plumb_fail_memory(err);
        if (is_package(v.json))
            PLUMB_TRY(read_package(b, &v, err));
    }
    PLUMB_TRY(build_end(b, err));
    b->sbom->subject = find_subject(b, graph.json);
    return PLUMB_OK;
}
