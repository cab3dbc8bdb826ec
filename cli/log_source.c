#include "cli/log_source.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/layout.h"
#include "audit/summary.h"
#include "lib/own.h"

/* --- a web server with an export --- */

static enum plumb_code
web_checkpoint(void *self, struct plumb_bytes *ret, struct plumb_err *err)
{
    return client_file(self, "/" LAYOUT_CHECKPOINT, LAYOUT_NOTE_MAX, ret, err);
}

static enum plumb_code
get(struct client *client, const char *path, size_t max, struct plumb_bytes *ret,
    struct plumb_err *err)
{
    char full[LAYOUT_PATH + 1];

    (void)snprintf(full, sizeof full, "/%s", path);
    return client_file(client, full, max, ret, err);
}

static enum plumb_code
web_tile(void *self, unsigned level, uint64_t n, unsigned width, struct plumb_bytes *ret,
         struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    layout_tile(level, n, width, path);
    return get(self, path, LAYOUT_TILE_MAX, ret, err);
}

static enum plumb_code
web_entries(void *self, uint64_t n, unsigned width, struct plumb_bytes *ret,
            struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    layout_entries(n, width, path);
    return get(self, path, LAYOUT_ENTRIES_MAX, ret, err);
}

static enum plumb_code
web_blob(void *self, const struct plumb_digest *digest, struct plumb_bytes *ret,
         struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    layout_blob(digest, path);
    return get(self, path, LAYOUT_BLOB_MAX, ret, err);
}

static enum plumb_code
web_document(void *self, int64_t version, struct plumb_bytes *ret, struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    layout_document(version, path);
    return get(self, path, PLUMB_DOCUMENT_MAX, ret, err);
}

static enum plumb_code
web_summary(void *self, const struct plumb_digest *release, struct plumb_bytes *ret,
            struct plumb_err *err)
{
    char path[LAYOUT_PATH];

    layout_summary(release, path);
    return get(self, path, SUMMARY_FILE_MAX, ret, err);
}

/* --- a service: the same tiles; blobs and documents by its API --- */

static enum plumb_code
live_blob(void *self, const struct plumb_digest *digest, struct plumb_bytes *ret,
          struct plumb_err *err)
{
    char path[CLIENT_PATH_MAX], hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(digest, hex);
    client_path(path, sizeof path, "/v1/blobs/%s", hex);
    return client_file(self, path, LAYOUT_BLOB_MAX, ret, err);
}

static enum plumb_code
live_document(void *self, int64_t version, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    char path[CLIENT_PATH_MAX];

    (void)snprintf(path, sizeof path, "/v1/governance/%" PRId64, version);
    PLUMB_TRY(client_get(self, path, &json, err));
    return plumb_json_canonical(json_object_get(json, "document"), ret, err);
}

static enum plumb_code
live_summary(void *self, const struct plumb_digest *release, struct plumb_bytes *ret,
             struct plumb_err *err)
{
    char path[CLIENT_PATH_MAX], hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(release, hex);
    client_path(path, sizeof path, "/v1/summaries/%s", hex);
    return client_file(self, path, SUMMARY_FILE_MAX, ret, err);
}

/* --- either --- */

static const struct audit_source web = { .checkpoint = web_checkpoint,
                                         .tile = web_tile,
                                         .entries = web_entries,
                                         .blob = web_blob,
                                         .document = web_document,
                                         .summary = web_summary };
static const struct audit_source live = { .checkpoint = web_checkpoint,
                                          .tile = web_tile,
                                          .entries = web_entries,
                                          .blob = live_blob,
                                          .document = live_document,
                                          .summary = live_summary };

enum plumb_code
cli_log_open(struct cli *cli, const char *where, struct cli_log *ret, struct plumb_err *err)
{
    struct client_config config = { .server = where, .web = true };

    *ret = (struct cli_log){ .name = where };
    if (where == NULL) {
        PLUMB_TRY(cli_client(cli, &ret->client, err));
        ret->name = "the service";
        ret->source = live;
        ret->source.self = ret->client;
    } else if (strncmp(where, "https://", 8) == 0 || strncmp(where, "http://", 7) == 0) {
        PLUMB_TRY(client_open(&config, &ret->web, err));
        ret->source = web;
        ret->source.self = ret->web;
    } else {
        PLUMB_TRY(audit_dir_open(where, false, &ret->dir, err));
        ret->source = audit_dir_source(ret->dir);
    }
    return PLUMB_OK;
}

void
cli_log_close(struct cli_log *h)
{
    client_close(h->web);
    audit_dir_close(h->dir);
}

enum plumb_code
cli_log_pin(struct cli *cli, struct plumb_digest *ret,
            const struct plumb_log_policy **ret_policy, struct plumb_err *err)
{
    const char *genesis = cli_option(cli, "genesis");
    const struct plumb_trust *trust;

    *ret_policy = NULL;
    if (genesis != NULL)
        return plumb_digest_parse(genesis, "--genesis", ret, err);
    PLUMB_TRY(cli_trust_if_any(cli, &trust, err));
    if (trust == NULL)
        return plumb_fail(err, PLUMB_INVALID, "cli.genesis", "--genesis",
                          "an audit starts from a pinned genesis: give --genesis ID, or "
                          "--trust FILE");
    *ret = trust->genesis;
    *ret_policy = trust->policy;
    return PLUMB_OK;
}
