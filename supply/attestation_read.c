/* Members of a predicate, read into the attestation's pool. */
#include "supply/attestation_read.h"

#include <string.h>

#include "lib/own.h"

#define TEXT_MAX 4096

enum plumb_code
attestation_wrong(const struct attestation_in *in, const char *where, const char *why)
{
    return plumb_fail(in->err, PLUMB_INVALID, "attestation.predicate", where, "%s", why);
}

enum plumb_code
attestation_text_of(const struct attestation_in *in, const json_t *v, const char **ret)
{
    *ret = NULL;
    if (json_string_length(v) == 0 || json_string_length(v) > TEXT_MAX)
        return PLUMB_OK;
    *ret = pool_text(in->pool, json_string_value(v));
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(in->err);
}

enum plumb_code
attestation_need(const struct attestation_in *in, const json_t *v, const char *where,
                 const char **ret)
{
    PLUMB_TRY(attestation_text_of(in, v, ret));
    return *ret != NULL ? PLUMB_OK
                        : attestation_wrong(in, where, "want a text that is not empty");
}

enum plumb_code
attestation_time(const struct attestation_in *in, const json_t *v, const char *where,
                 plumb_time *ret)
{
    *ret = PLUMB_TIME_NEVER;
    if (v == NULL || json_is_null(v))
        return PLUMB_OK;
    if (!json_is_string(v) ||
        plumb_time_parse_foreign(json_string_value(v), where, ret, NULL) != PLUMB_OK)
        return attestation_wrong(in, where, "want a time");
    return PLUMB_OK;
}

bool
attestation_sha256(const json_t *digests, struct plumb_digest *ret)
{
    const char *hex = json_string_value(json_object_get(digests, "sha256"));

    return hex != NULL && plumb_digest_parse(hex, "", ret, NULL) == PLUMB_OK;
}

static enum plumb_code
read_resource(const struct attestation_in *in, const json_t *v,
              struct attestation_resource *ret)
{
    const json_t *digests = json_object_get(v, "digest");
    const json_t *revision = json_object_get(digests, "gitCommit");
    const json_t *uri = json_object_get(v, "uri");

    if (!json_is_object(v))
        return attestation_wrong(in, "predicate", "want a resource descriptor, an object");
    PLUMB_TRY(
        attestation_text_of(in, uri != NULL ? uri : json_object_get(v, "name"), &ret->uri));
    if (ret->uri == NULL)
        ret->uri = "";
    ret->has_sha256 = attestation_sha256(digests, &ret->sha256);
    return attestation_text_of(
        in, revision != NULL ? revision : json_object_get(digests, "sha1"), &ret->revision);
}

enum plumb_code
attestation_resources(const struct attestation_in *in, const json_t *array,
                      struct attestation_resource **ret, size_t *ret_n)
{
    size_t n = json_array_size(array);

    if (array != NULL && !json_is_null(array) && !json_is_array(array))
        return attestation_wrong(in, "predicate", "want an array of resource descriptors");
    *ret = pool_array(in->pool, n, sizeof **ret);
    if (*ret == NULL)
        return plumb_fail_memory(in->err);
    *ret_n = n;
    for (size_t i = 0; i < n; i++)
        PLUMB_TRY(read_resource(in, json_array_get(array, i), &(*ret)[i]));
    return PLUMB_OK;
}
