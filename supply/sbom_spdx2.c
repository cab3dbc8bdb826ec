/* SPDX 2.2 and 2.3 JSON: packages; files are read over. */
#include <string.h>

#include "lib/own.h"
#include "supply/sbom_build.h"

#define FORM "sbom.form"

/* The category is written PACKAGE-MANAGER, or PACKAGE_MANAGER; the type decides. */
static enum plumb_code
read_purl(struct build *b, const struct plumb_jv *package, struct sbom_component *c,
          struct plumb_err *err)
{
    struct plumb_jv list;
    size_t n;

    PLUMB_TRY(read_array(package, "externalRefs", FORM, &list, &n, err));
    for (size_t i = 0; i < n && c->purl == NULL; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);
        const char *type = read_word(v.json, "referenceType");
        const char *locator = read_word(v.json, "referenceLocator");

        if (type == NULL || locator == NULL)
            return read_fail(&v, err, FORM, "want referenceType and referenceLocator");
        if (strcmp(type, "purl") == 0)
            PLUMB_TRY(build_purl(b, c, locator, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
read_package(struct build *b, const struct plumb_jv *v, struct plumb_err *err)
{
    const struct plumb_jv name = plumb_jv_member(v, "name"), id = plumb_jv_member(v, "SPDXID");
    struct sbom_component *c = build_add(b);

    PLUMB_TRY(read_text(&id, SBOM_TEXT, FORM, b->pool, &c->ref, err));
    PLUMB_TRY(read_text(&name, SBOM_TEXT, FORM, b->pool, &c->name, err));
    PLUMB_TRY(read_optional(v, "versionInfo", SBOM_TEXT, FORM, b->pool, &c->version, err));
    PLUMB_TRY(
        read_optional(v, "primaryPackagePurpose", SBOM_TEXT, FORM, b->pool, &c->type, err));
    PLUMB_TRY(build_hashes(b->pool, v, "checksums", "algorithm", "checksumValue", FORM,
                           &c->hashes, &c->nhashes, err));
    return read_purl(b, v, c, err);
}

/* The one id that is described, however that is written; NULL where there are several. */
static const char *
described(const json_t *root)
{
    const json_t *direct = json_object_get(root, "documentDescribes");
    const char *found = NULL;
    json_t *r;
    size_t i;

    if (json_array_size(direct) == 1)
        return json_string_value(json_array_get(direct, 0));
    if (json_array_size(direct) > 1)
        return NULL;
    json_array_foreach(json_object_get(root, "relationships"), i, r) {
        const char *type = read_word(r, "relationshipType"), *other = NULL;
        const char *from = read_word(r, "spdxElementId"),
                   *to = read_word(r, "relatedSpdxElement");

        if (type == NULL || from == NULL || to == NULL)
            continue;
        if (strcmp(type, "DESCRIBES") == 0 && strcmp(from, "SPDXRef-DOCUMENT") == 0)
            other = to;
        else if (strcmp(type, "DESCRIBED_BY") == 0 && strcmp(to, "SPDXRef-DOCUMENT") == 0)
            other = from;
        if (other != NULL && found != NULL && strcmp(other, found) != 0)
            return NULL;
        if (other != NULL)
            found = other;
    }
    return found;
}

enum plumb_code
sbom_spdx2(const struct plumb_jv *root, struct build *b, struct plumb_err *err)
{
    const struct plumb_jv creation = plumb_jv_member(root, "creationInfo");
    const char *version = read_word(root->json, "spdxVersion");
    struct plumb_jv list;
    size_t n;

    if (version != NULL && strcmp(version, "SPDX-2.2") == 0)
        b->sbom->spec_version = "2.2";
    else if (version != NULL && strcmp(version, "SPDX-2.3") == 0)
        b->sbom->spec_version = "2.3";
    else
        return plumb_fail(err, PLUMB_UNSUPPORTED, "sbom.format", "spdxVersion",
                          "SPDX-2.2 and SPDX-2.3 are read, and SPDX 3.0 in JSON-LD");
    PLUMB_TRY(
        read_optional(root, "documentNamespace", SBOM_TEXT, FORM, b->pool, &b->sbom->id, err));
    if (!json_is_object(creation.json))
        return read_fail(&creation, err, FORM, "want who made the document, and when");
    PLUMB_TRY(read_time(&creation, "created", FORM, &b->sbom->created, err));
    PLUMB_TRY(read_array(root, "packages", FORM, &list, &n, err));
    PLUMB_TRY(build_begin(b, n, err));
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);

        PLUMB_TRY(read_package(b, &v, err));
    }
    PLUMB_TRY(build_end(b, err));
    b->sbom->subject = build_find(b, described(root->json));
    return PLUMB_OK;
}
