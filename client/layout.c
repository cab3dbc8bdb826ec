#include "client/layout.h"

#include <stdio.h>

#include "client/store.h"
#include "lib/own.h"

#define INDEX_MAX (4u << 20)

PLUMB_DEFINE_AUTO(auto_evidence, struct plumb_evidence *, plumb_evidence_free);

static enum plumb_code
layout_file(void *arg, const char *path, size_t max, struct plumb_bytes *ret,
            struct plumb_err *err)
{
    const char *folder = arg;
    PLUMB_AUTO(auto_free) char *full = NULL;

    if (asprintf(&full, "%s/%s", folder, path) < 0) {
        full = NULL;
        return plumb_fail_memory(err);
    }
    return store_read(full, max, ret, err);
}

bool
layout_is(const char *path)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes marker = { NULL, 0 };

    return layout_file((void *)path, "oci-layout", 4096, &marker, NULL) == PLUMB_OK;
}

enum plumb_code
layout_read(const char *path, struct plumb_evidence **ret, struct plumb_digest *ret_digest,
            struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes index = { NULL, 0 };
    PLUMB_AUTO(auto_evidence) struct plumb_evidence *evidence = NULL;

    PLUMB_TRY(plumb_oci_read(layout_file, (void *)path, &evidence, err));
    PLUMB_TRY(layout_file((void *)path, "index.json", INDEX_MAX, &index, err));
    plumb_sha256(index.data, index.len, ret_digest);
    *ret = PLUMB_TAKE(evidence);
    return PLUMB_OK;
}
