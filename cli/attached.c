#include "cli/attached.h"

#include <plumb/artifact.h>
#include <string.h>

#include "lib/own.h"
#include "supply/attestation.h"
#include "supply/sbom.h"
#include "supply/vex.h"

/* Envelopes, one a line: the first one tells. */
static bool
are_lines(const void *data, size_t len)
{
    const char *end = memchr(data, '\n', len);

    return end != NULL && attestation_is(data, (size_t)(end - (const char *)data));
}

enum plumb_code
cli_attached_kind(const char *path, const void *data, size_t len, enum plumb_file_kind *ret,
                  bool *ret_lines, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;

    *ret_lines = false;
    *ret = PLUMB_FILE_ATTESTATION;
    if (attestation_is(data, len))
        return PLUMB_OK;
    *ret_lines = are_lines(data, len);
    if (*ret_lines)
        return PLUMB_OK;
    if (plumb_is_pem(data, len)) {
        *ret = PLUMB_FILE_ROOT_STORE;
        return PLUMB_OK;
    }
    if (plumb_json_load_foreign(data, len, PLUMB_ATTACHED_SIZE, &json, NULL) == PLUMB_OK) {
        if (json_object_get(json, "predicateType") != NULL)
            return plumb_fail(err, PLUMB_BAD_SIGNATURE, "attestation.unsigned", path,
                              "a statement that nobody signed says nothing: attach its "
                              "envelope");
        /* CycloneDX may be either: a bill has components */
        *ret = PLUMB_FILE_VEX;
        if (vex_is(json) && json_array_size(json_object_get(json, "components")) == 0)
            return PLUMB_OK;
        *ret = PLUMB_FILE_SBOM;
        if (sbom_is(json))
            return PLUMB_OK;
    }
    return cli_usage(path, err,
                     "say what it is: --kind guidance, crypto-policy, config or "
                     "document");
}
