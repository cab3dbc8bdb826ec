/* CycloneDX JSON: components of components too. */
#include <string.h>

#include "lib/own.h"
#include "supply/sbom_build.h"

#define FORM "sbom.form"

static const char *const versions[] = { "1.2", "1.3", "1.4", "1.5", "1.6", "1.7" };
static const char *const types[] = {
    "application",
    "framework",
    "library",
    "container",
    "platform",
    "operating-system",
    "device",
    "device-driver",
    "firmware",
    "file",
    "machine-learning-model",
    "data",
    "cryptographic-asset",
};

static bool
is_one_of(const char *word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (word != NULL && strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* How many there are, nested ones too; the depth of the text is bounded already. */
static size_t
count(const json_t *components)
{
    size_t n = json_array_size(components), i;
    json_t *one;

    json_array_foreach(components, i, one)
        n += count(json_object_get(one, "components"));
    return n;
}

static enum plumb_code read_components(struct build *b, const struct plumb_jv *owner,
                                       struct plumb_err *err);

static enum plumb_code
read_component(struct build *b, const struct plumb_jv *v, struct plumb_err *err)
{
    const struct plumb_jv name = plumb_jv_member(v, "name"), type = plumb_jv_member(v, "type");
    const struct plumb_jv ref = plumb_jv_member(v, "bom-ref");
    struct sbom_component *c = build_add(b);
    const char *purl;

    if (!json_is_object(v->json))
        return read_fail(v, err, FORM, "want a component, an object");
    PLUMB_TRY(read_text(&name, SBOM_TEXT, FORM, b->pool, &c->name, err));
    PLUMB_TRY(read_text(&type, SBOM_TEXT, FORM, b->pool, &c->type, err));
    if (!is_one_of(c->type, types, sizeof types / sizeof types[0]))
        return read_fail(&type, err, FORM, "is no type of component");
    if (ref.json != NULL) /* what is there names it, so it is not empty */
        PLUMB_TRY(read_text(&ref, SBOM_TEXT, FORM, b->pool, &c->ref, err));
    PLUMB_TRY(read_optional(v, "group", SBOM_TEXT, FORM, b->pool, &c->group, err));
    PLUMB_TRY(read_optional(v, "version", SBOM_TEXT, FORM, b->pool, &c->version, err));
    PLUMB_TRY(build_hashes(b->pool, v, "hashes", "alg", "content", FORM, &c->hashes,
                           &c->nhashes, err));
    PLUMB_TRY(read_optional(v, "purl", PURL_MAX, FORM, b->pool, &purl, err));
    if (purl != NULL)
        PLUMB_TRY(build_purl(b, c, purl, err));
    return read_components(b, v, err);
}

static enum plumb_code
read_components(struct build *b, const struct plumb_jv *owner, struct plumb_err *err)
{
    struct plumb_jv list;
    size_t n;

    PLUMB_TRY(read_array(owner, "components", FORM, &list, &n, err));
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);

        PLUMB_TRY(read_component(b, &v, err));
    }
    return PLUMB_OK;
}

/* "urn:uuid:" and 8-4-4-4-12 hex digits. */
static bool
serial_ok(const char *text)
{
    static const char form[] = "urn:uuid:hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";

    if (strlen(text) != sizeof form - 1)
        return false;
    for (size_t i = 0; form[i] != '\0'; i++)
        if (i >= 9 && form[i] == 'h' ? strchr("0123456789abcdefABCDEF", text[i]) == NULL
                                     : text[i] != form[i])
            return false;
    return true;
}

static enum plumb_code
read_head(struct build *b, const struct plumb_jv *root, const struct plumb_jv *metadata,
          struct plumb_err *err)
{
    const struct plumb_jv serial = plumb_jv_member(root, "serialNumber");
    const char *version = read_word(root->json, "specVersion");

    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        if (version != NULL && strcmp(versions[i], version) == 0)
            b->sbom->spec_version = versions[i];
    if (b->sbom->spec_version == NULL)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "sbom.format", "specVersion",
                          "CycloneDX 1.2 to 1.7 are read");
    PLUMB_TRY(read_optional(root, "serialNumber", SBOM_TEXT, FORM, b->pool, &b->sbom->id, err));
    if (b->sbom->id != NULL && !serial_ok(b->sbom->id))
        return read_fail(&serial, err, FORM, "want urn:uuid: and a UUID");
    if (metadata->json != NULL && !json_is_object(metadata->json))
        return read_fail(metadata, err, FORM, "want an object");
    return read_time(metadata, "timestamp", FORM, &b->sbom->created, err);
}

enum plumb_code
sbom_cyclonedx(const struct plumb_jv *root, struct build *b, struct plumb_err *err)
{
    const struct plumb_jv metadata = plumb_jv_member(root, "metadata");
    const struct plumb_jv subject = plumb_jv_member(&metadata, "component");
    const bool described = subject.json != NULL && !json_is_null(subject.json);

    PLUMB_TRY(read_head(b, root, &metadata, err));
    PLUMB_TRY(build_begin(b,
                          (described ? 1 : 0) +
                              count(json_object_get(subject.json, "components")) +
                              count(json_object_get(root->json, "components")),
                          err));
    if (described) {
        PLUMB_TRY(read_component(b, &subject, err));
        b->sbom->subject = &b->components[0];
    }
    PLUMB_TRY(read_components(b, root, err));
    return build_end(b, err);
}
