#include "cli/attached.h"

#include <plumb/artifact.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/attestation.h"
#include "supply/sbom.h"
#include "supply/vex.h"

void
cli_attached_clear(struct cli_attached *a)
{
    for (size_t i = 0; i < a->nparts; i++)
        plumb_bytes_clear(&a->parts[i]);
    free(a->parts);
    a->parts = NULL;
    a->nparts = 0;
}

/* Takes data, of which NULL is out of memory. */
static enum plumb_code
add_part(struct cli_attached *a, char *data, size_t len, struct plumb_err *err)
{
    struct plumb_bytes *parts = NULL;

    if (data != NULL)
        parts = realloc(a->parts, (a->nparts + 1) * sizeof *parts);
    if (parts == NULL) {
        free(data);
        return plumb_fail_memory(err);
    }
    a->parts = parts;
    parts[a->nparts++] = (struct plumb_bytes){ (uint8_t *)data, len };
    return PLUMB_OK;
}

/* Builders write one envelope a line: the first one tells. */
static enum plumb_code
split_lines(const char *data, size_t len, struct cli_attached *a, struct plumb_err *err)
{
    const char *end = memchr(data, '\n', len), *stop;

    if (end == NULL || !attestation_is(data, (size_t)(end - data)))
        return PLUMB_OK;
    for (end = data + len; data < end; data = stop + (stop < end)) {
        stop = memchr(data, '\n', (size_t)(end - data));
        if (stop == NULL)
            stop = end;
        if (stop > data)
            PLUMB_TRY(
                add_part(a, strndup(data, (size_t)(stop - data)), (size_t)(stop - data), err));
    }
    return PLUMB_OK;
}

/* An envelope's signature is over what its payload says: how the JSON around it is written is
 * nobody's word. */
static enum plumb_code
unwrap(const json_t *list, const char *member, struct cli_attached *a, struct plumb_err *err)
{
    const json_t *item;
    size_t i;

    json_array_foreach(list, i, item) {
        const json_t *envelope = json_object_get(item, member);
        char *text = envelope != NULL ? json_dumps(envelope, JSON_COMPACT) : NULL;

        if (text == NULL || !attestation_is(text, strlen(text))) {
            free(text);
            continue; /* as a link to a bundle that is elsewhere */
        }
        PLUMB_TRY(add_part(a, text, strlen(text), err));
    }
    return PLUMB_OK;
}

static enum plumb_code
unwrap_answer(const json_t *json, struct cli_attached *a, struct plumb_err *err)
{
    const json_t *summary = json_object_get(json, "provenance_summary");

    PLUMB_TRY(unwrap(json_object_get(json, "attestations"), "bundle", a, err));
    return unwrap(json_object_get(summary, "provenance"), "envelope", a, err);
}

static enum plumb_code
find_document(const char *path, const json_t *json, struct cli_attached *a,
              struct plumb_err *err)
{
    if (json_object_get(json, "predicateType") != NULL)
        return plumb_fail(err, PLUMB_BAD_SIGNATURE, "attestation.unsigned", path,
                          "a statement that nobody signed says nothing: attach its envelope");
    PLUMB_TRY(unwrap_answer(json, a, err));
    if (a->nparts > 0)
        return PLUMB_OK;
    /* CycloneDX may be either: a bill has components */
    a->kind = PLUMB_FILE_VEX;
    if (vex_is(json) && json_array_size(json_object_get(json, "components")) == 0)
        return PLUMB_OK;
    a->kind = PLUMB_FILE_SBOM;
    if (sbom_is(json))
        return PLUMB_OK;
    a->kind = PLUMB_FILE_KIND_COUNT;
    return PLUMB_OK;
}

/* What is broken JSON is not taken for something else: it says what is wrong with it. */
static bool
is_meant_as_json(const char *data, size_t len)
{
    while (len > 0 && strchr(" \t\r\n", *data) != NULL && *data != '\0') {
        data++;
        len--;
    }
    return len > 0 && *data == '{';
}

enum plumb_code
cli_attached(const char *path, const void *data, size_t len, struct cli_attached *ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_err why;
    enum plumb_code code;

    *ret = (struct cli_attached){ .kind = PLUMB_FILE_ATTESTATION };
    if (attestation_is(data, len))
        return PLUMB_OK;
    PLUMB_TRY(split_lines(data, len, ret, err));
    if (ret->nparts > 0)
        return PLUMB_OK;
    if (plumb_is_pem(data, len)) {
        ret->kind = PLUMB_FILE_ROOT_STORE;
        return PLUMB_OK;
    }
    code = plumb_json_load_foreign(data, len, PLUMB_ATTACHED_SIZE, &json, &why);
    if (code == PLUMB_OK)
        PLUMB_TRY(find_document(path, json, ret, err));
    else if (is_meant_as_json(data, len))
        return plumb_fail(err, code, why.rule, path,
                          "%s%s%s; if it is nothing that is read here, say so with --kind",
                          why.where, why.where[0] != '\0' ? ": " : "", why.msg);
    else
        ret->kind = PLUMB_FILE_KIND_COUNT;
    return ret->kind < PLUMB_FILE_KIND_COUNT
               ? PLUMB_OK
               : cli_usage(path, err,
                           "say what it is: --kind guidance, crypto-policy, config or "
                           "document");
}
