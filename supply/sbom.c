/* Which format a bill of materials is in. */
#include "supply/sbom.h"

#include <string.h>

#include "lib/own.h"
#include "supply/sbom_build.h"

const char *
sbom_format_text(enum sbom_format f)
{
    static const char *const texts[] = {
#define X(name, text) [SBOM_##name] = text,
        SBOM_FORMATS(X)
#undef X
    };

    return f < SBOM_FORMAT_COUNT ? texts[f] : "unknown";
}

void
sbom_free(struct sbom *s)
{
    if (s != NULL)
        pool_free(s->pool); /* holds s too */
}

/* The context of SPDX 3, alone or in a list. */
static bool
has_spdx_context(const json_t *root)
{
    static const char prefix[] = "https://spdx.org/rdf/3.";
    const json_t *context = json_object_get(root, "@context");
    const char *text = json_string_value(context);
    json_t *one;
    size_t i;

    if (text != NULL && strncmp(text, prefix, sizeof prefix - 1) == 0)
        return true;
    json_array_foreach(context, i, one) {
        text = json_string_value(one);
        if (text != NULL && strncmp(text, prefix, sizeof prefix - 1) == 0)
            return true;
    }
    return false;
}

/* SBOM_FORMAT_COUNT where it is none. */
static enum sbom_format
recognise(const json_t *root)
{
    const char *format = read_word(root, "bomFormat");

    if (format != NULL && strcmp(format, "CycloneDX") == 0)
        return SBOM_CYCLONEDX;
    if (json_is_string(json_object_get(root, "spdxVersion")))
        return SBOM_SPDX2;
    return has_spdx_context(root) && json_is_array(json_object_get(root, "@graph"))
               ? SBOM_SPDX3
               : SBOM_FORMAT_COUNT;
}

/* CycloneDX that has vulnerabilities and no components is VEX and nothing else. */
static bool
is_vex_alone(const json_t *root)
{
    return json_array_size(json_object_get(root, "vulnerabilities")) > 0 &&
           json_array_size(json_object_get(root, "components")) == 0;
}

bool
sbom_is(const json_t *root)
{
    const enum sbom_format format = recognise(root);

    return format != SBOM_FORMAT_COUNT && (format != SBOM_CYCLONEDX || !is_vex_alone(root));
}

enum plumb_code
sbom_read_json(json_t *json, struct sbom **ret, struct plumb_err *err)
{
    static sbom_reader *const readers[] = {
        [SBOM_CYCLONEDX] = sbom_cyclonedx, [SBOM_SPDX2] = sbom_spdx2, [SBOM_SPDX3] = sbom_spdx3
    };
    const struct plumb_jv root = plumb_jv_root(json, NULL);
    const enum sbom_format format = recognise(json);
    PLUMB_AUTO(pool_auto) struct pool *pool = NULL;
    struct build b = { .n = 0 };

    if (format == SBOM_FORMAT_COUNT)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "sbom.format", "",
                          "no bill of materials that is read: want CycloneDX or SPDX in JSON");
    pool = pool_new();
    b.sbom = pool != NULL ? pool_alloc(pool, sizeof *b.sbom) : NULL;
    if (b.sbom == NULL)
        return plumb_fail_memory(err);
    b.pool = b.sbom->pool = pool;
    b.sbom->format = format;
    PLUMB_TRY(readers[format](&root, &b, err));
    *ret = b.sbom;
    pool = NULL;
    return PLUMB_OK;
}

enum plumb_code
sbom_read(const void *data, size_t len, struct sbom **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *root = NULL;

    PLUMB_TRY(plumb_json_load_foreign(data, len, SBOM_BYTES, &root, err));
    return sbom_read_json(root, ret, err);
}
