#include <stdio.h>
#include <string.h>

#include "cli/attached.h"
#include "cli/attest.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "client/store.h"
#include "lib/own.h"
#include "supply/attestation.h"
#include "supply/sbom.h"

/* As IANA lists them; OpenVEX has none of its own there. */
static const char *
media_type(const struct plumb_bytes *bytes)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;

    if (plumb_json_load_foreign(bytes->data, bytes->len, PLUMB_ATTACHED_SIZE, &json, NULL) !=
        PLUMB_OK)
        return "application/octet-stream";
    return json_object_get(json, "bomFormat") != NULL ? "application/vnd.cyclonedx+json"
           : sbom_is(json)                            ? "application/spdx+json"
                                                      : "application/json";
}

/* All of one statement are signed for as one thing. */
static enum plumb_code
find_use(const char *path, enum plumb_file_kind kind, bool first, struct cli_attest *a,
         struct plumb_err *err)
{
    enum plumb_trust_use use = kind == PLUMB_FILE_VEX ? PLUMB_TRUST_VEX : PLUMB_TRUST_SBOM;

    if (kind != PLUMB_FILE_VEX && kind != PLUMB_FILE_SBOM)
        return plumb_fail(err, PLUMB_INVALID, "attest.document", path,
                          "only bills of materials and VEX are referred to: what else there is "
                          "is attached as it is");
    if (!first && use != a->use)
        return cli_usage(path, err, "refer to bills of materials and to VEX by one each");
    a->use = use;
    return PLUMB_OK;
}

static enum plumb_code
add_document(struct cli *cli, const char *path, struct cli_attest *a, json_t *list,
             struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    const char *slash = strrchr(path, '/');
    char hex[PLUMB_DIGEST_HEX], urn[PLUMB_DIGEST_HEX + 32];
    struct plumb_digest digest;
    PLUMB_AUTO(cli_attached_clear) struct cli_attached what = { .nparts = 0 };
    json_t *resource;

    PLUMB_TRY(store_read(path, PLUMB_ATTACHED_SIZE, &bytes, err));
    PLUMB_TRY(cli_attached(path, bytes.data, bytes.len, &what, err));
    PLUMB_TRY(find_use(path, what.kind, json_array_size(list) == 0, a, err));
    plumb_sha256(bytes.data, bytes.len, &digest);
    plumb_digest_hex(&digest, hex);
    (void)snprintf(urn, sizeof urn, "urn:plumbline:blob:%s", hex);
    cli_line(cli, "%-10s %s %s", plumb_file_kind_text(what.kind), hex, path);
    resource = cli_attest_resource(slash != NULL ? slash + 1 : path, &digest);
    if (resource == NULL ||
        json_object_set_new(resource, "mediaType", json_string(media_type(&bytes))) != 0 ||
        json_object_set_new(resource, "downloadLocation", json_string(urn)) != 0 ||
        json_array_append(list, resource) != 0) {
        json_decref(resource);
        return plumb_fail_memory(err);
    }
    json_decref(resource);
    return PLUMB_OK;
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(cli_attest_clear) struct cli_attest a = { .output = NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *references = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *predicate = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *subjects = NULL;
    char hex[PLUMB_DIGEST_HEX], attester[PLUMB_DIGEST_HEX + 32];
    struct plumb_signer *signer;

    PLUMB_TRY(cli_attest_begin(cli, REFERENCE_TYPE, PLUMB_TRUST_SBOM, &a, err));
    cli_line(cli, "of         %s@%s", a.version.payload, a.version.version);
    for (size_t i = 1; cli_arg(cli, i) != NULL; i++)
        PLUMB_TRY(add_document(cli, cli_arg(cli, i), &a, references, err));
    PLUMB_TRY(cli_signer(cli, &signer, err));
    plumb_digest_hex(plumb_pubkey_id(signer->pub), hex);
    (void)snprintf(attester, sizeof attester, "urn:plumbline:key:%s", hex);
    subjects = cli_attest_artifacts(&a);
    predicate =
        json_pack("{s:{s:s}, s:O}", "attester", "id", attester, "references", references);
    PLUMB_TRY(cli_attest_write(cli, &a, subjects, predicate, err));
    cli_line(cli, "           and what it refers to, if that is not attached yet");
    return PLUMB_OK;
}

static const struct cli_option options[] = {
    CLI_ATTEST_OUTPUT,
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_attest_reference = {
    .name = "attest reference",
    .topic = "Evidence",
    .summary = "sign that bills of materials, or VEX, are about a release's artifacts",
    .arguments = "PAYLOAD@VERSION FILE...",
    .min = 2,
    .max = PLUMB_ATTACHED_MAX + 1,
    .options = options,
    .more = "A bill or VEX as it is says nothing of who vouches for it: it counts while\n"
            "governance trusts the signer of such a reference for sbom, or for vex.",
    .example = "plumb attest reference svr2@2025-08-02 sbom.cdx.json -o sbom.ref.json",
    .run = run,
};
