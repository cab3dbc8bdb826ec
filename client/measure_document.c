/* The document that was measured, and where each of its sets comes from. */
#include "client/measure.h"

#include <stdio.h>
#include <string.h>

#include "lib/own.h"

enum plumb_code
measure_warning(const char *word, enum plumb_warning *ret, struct plumb_err *err)
{
    for (enum plumb_warning w = 0; w < PLUMB_WARNING_COUNT; w++)
        if (strcmp(plumb_warning_word(w), word) == 0) {
            *ret = w;
            return PLUMB_OK;
        }
    return plumb_fail(err, PLUMB_INVALID, "measure.warning", word,
                      "want debug, debug-free or sample-signer");
}

static enum plumb_code
check_allowed(const struct measured *r, unsigned allowed, struct plumb_err *err)
{
    for (enum plumb_warning w = 0; w < PLUMB_WARNING_COUNT; w++) {
        const unsigned bit = 1u << w;
        char rule[48];

        if ((r->reading->warnings & bit) == 0 || (allowed & bit) != 0)
            continue;
        (void)snprintf(rule, sizeof rule, "measure.%s", plumb_warning_word(w));
        return plumb_fail(err, PLUMB_REFUSED, rule, r->path,
                          "%s; if it shall be released all the same: --allow %s",
                          plumb_warning_text(w), plumb_warning_word(w));
    }
    return PLUMB_OK;
}

static enum plumb_code
check(const struct measure *m, unsigned allowed, struct plumb_err *err)
{
    size_t n, nsets, nartifacts;
    const struct measured *readings = measure_readings(m, &n);
    const struct measured_artifact *artifacts = measure_artifacts(m, &nartifacts);

    (void)measure_sets(m, &nsets);
    for (size_t i = 0; i < n; i++)
        PLUMB_TRY(check_allowed(&readings[i], allowed, err));
    for (size_t i = 0; i < n; i++)
        if (readings[i].set == MEASURE_NO_SET)
            return plumb_fail(err, PLUMB_REFUSED, "measure.empty", readings[i].path,
                              "nothing in it says which payload runs: it cannot be released");
    if (nsets == 0)
        return plumb_fail(err, PLUMB_INVALID, "measure.empty", "",
                          "none of these files says which payload runs");
    for (size_t i = 0; i < nartifacts; i++)
        if (artifacts[i].covered_by == NULL)
            return plumb_fail(err, PLUMB_INVALID, "measure.covers", artifacts[i].path,
                              "say which measurement covers it: --covers MEASUREMENT:%s=PATH",
                              plumb_artifact_text(artifacts[i].kind));
    return PLUMB_OK;
}

static enum plumb_code
make_document(const struct measure *m, struct plumb_bytes *ret, struct plumb_err *err)
{
    size_t n;
    const struct plumb_set *measured = measure_sets(m, &n);
    PLUMB_AUTO(plumb_json_auto)
    json_t *document =
        json_pack("{s:s, s:[]}", "schema", "urn:plumbline:reference-values:v1", "sets");
    json_t *sets = json_object_get(document, "sets");

    for (size_t i = 0; i < n; i++) {
        json_t *set = NULL;

        PLUMB_TRY(plumb_set_json(&measured[i], &set, err));
        if (json_array_append_new(sets, set) != 0)
            return plumb_fail_memory(err);
    }
    return plumb_json_canonical(document, ret, err);
}

/* Of the first file that each set was read of. */
static enum plumb_code
make_source(const struct measure *m, json_t **ret, struct plumb_err *err)
{
    size_t n;
    const struct measured *readings = measure_readings(m, &n);
    PLUMB_AUTO(plumb_json_auto) json_t *source = json_array();
    size_t next = 0;

    if (source == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct measured *r = &readings[i];
        char hex[PLUMB_DIGEST_HEX];

        if (r->set != next)
            continue;
        plumb_digest_hex(&r->digest, hex);
        if (json_array_append_new(source,
                                  json_pack("{s:I, s:s, s:s, s:b}", "set", (json_int_t)r->set,
                                            "kind", plumb_evidence_kind_text(r->reading->kind),
                                            "digest", hex, "verified", 0)) != 0)
            return plumb_fail_memory(err);
        next++;
    }
    *ret = PLUMB_TAKE(source);
    return PLUMB_OK;
}

enum plumb_code
measure_document(const struct measure *m, unsigned allowed, struct plumb_bytes *ret,
                 json_t **ret_source, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes document = { NULL, 0 };
    struct plumb_sets *parsed = NULL;

    PLUMB_TRY(check(m, allowed, err));
    PLUMB_TRY(make_document(m, &document, err));
    /* what the service would say of it, it says now */
    PLUMB_TRY(plumb_refvals_parse(document.data, document.len, &parsed, err));
    plumb_sets_free(parsed);
    PLUMB_TRY(make_source(m, ret_source, err));
    *ret = document;
    document = (struct plumb_bytes){ NULL, 0 };
    return PLUMB_OK;
}
