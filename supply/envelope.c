#include "supply/envelope.h"

#include <stdio.h>
#include <string.h>

#include "lib/own.h"

static enum plumb_code
malformed(const char *where, const char *why, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "attestation.form", where, "%s", why);
}

static enum plumb_code
decode(const json_t *v, const char *where, struct plumb_bytes *ret, struct plumb_err *err)
{
    if (!json_is_string(v))
        return malformed(where, "want a string in base64", err);
    if (plumb_base64_parse_lenient(json_string_value(v), json_string_length(v), where, ret,
                                   NULL) != PLUMB_OK)
        return malformed(where, "want base64", err);
    return PLUMB_OK;
}

static enum plumb_code
read_signature(const json_t *v, struct plumb_dsse_signature *ret, struct plumb_err *err)
{
    const char *keyid = json_string_value(json_object_get(v, "keyid"));

    PLUMB_TRY(decode(json_object_get(v, "sig"), "signatures.sig", &ret->sig, err));
    (void)snprintf(ret->keyid, sizeof ret->keyid, "%s", keyid != NULL ? keyid : "");
    return PLUMB_OK;
}

static enum plumb_code
read_envelope(const json_t *json, struct plumb_dsse *e, struct plumb_err *err)
{
    const char *type = json_string_value(json_object_get(json, "payloadType"));
    const json_t *signatures = json_object_get(json, "signatures");
    size_t n = json_array_size(signatures);

    if (type == NULL || strlen(type) >= sizeof e->payload_type)
        return malformed("payloadType", "want the payload's type", err);
    if (n == 0 || n > PLUMB_SIGNATURE_MAX)
        return malformed("signatures", "want 1 to 32 of them", err);
    (void)snprintf(e->payload_type, sizeof e->payload_type, "%s", type);
    PLUMB_TRY(decode(json_object_get(json, "payload"), "payload", &e->payload, err));
    e->sigs = calloc(n, sizeof *e->sigs);
    if (e->sigs == NULL)
        return plumb_fail_memory(err);
    e->nsigs = n;
    for (size_t i = 0; i < n; i++)
        PLUMB_TRY(read_signature(json_array_get(signatures, i), &e->sigs[i], err));
    return PLUMB_OK;
}

enum plumb_code
envelope_read(const json_t *json, struct plumb_dsse *ret, struct plumb_err *err)
{
    struct plumb_dsse e = { .nsigs = 0 };
    enum plumb_code code = read_envelope(json, &e, err);

    if (code != PLUMB_OK)
        plumb_dsse_clear(&e);
    else
        *ret = e;
    return code;
}
