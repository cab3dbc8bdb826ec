#include "cli/blob.h"

#include <string.h>

#include "client/store.h"
#include "lib/own.h"

#define ARTIFACT_MAX (1u << 30)

enum plumb_code
cli_read_canonical(const char *path, size_t max, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;

    PLUMB_TRY(store_read(path, max, &bytes, err));
    PLUMB_TRY(plumb_json_load(bytes.data, bytes.len, max, PLUMB_JSON_DEPTH, &json, err));
    return plumb_json_canonical(json, ret, err);
}

void
cli_governance_auto(struct plumb_governance **g)
{
    plumb_governance_free(*g);
}

enum plumb_code
cli_read_governance(const char *path, struct plumb_bytes *ret,
                    struct plumb_governance **ret_document, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };

    PLUMB_TRY(cli_read_canonical(path, PLUMB_DOCUMENT_MAX, &bytes, err));
    PLUMB_TRY(plumb_governance_parse(bytes.data, bytes.len, ret_document, err));
    *ret = bytes;
    bytes = (struct plumb_bytes){ NULL, 0 };
    return PLUMB_OK;
}

enum plumb_code
cli_named_digest(const char *option, const char *text, char *name, size_t size,
                 struct plumb_digest *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    const char *equals = strrchr(text, '=');
    const size_t len = equals != NULL ? (size_t)(equals - text) : 0;

    if (len == 0 || len >= size)
        return cli_usage(text, err, "%s wants NAME=DIGEST, or NAME=@FILE", option);
    memcpy(name, text, len);
    name[len] = '\0';
    if (equals[1] != '@')
        return plumb_digest_parse(equals + 1 + 7 * (strncmp(equals + 1, "sha256:", 7) == 0),
                                  text, ret, err);
    PLUMB_TRY(store_read(equals + 2, ARTIFACT_MAX, &bytes, err));
    plumb_sha256(bytes.data, bytes.len, ret);
    return PLUMB_OK;
}
