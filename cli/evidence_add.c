#include <stdio.h>
#include <string.h>

#include "cli/attached.h"
#include "cli/commands.h"
#include "cli/dossier.h"
#include "cli/fields.h"
#include "cli/submit.h"
#include "cli/view.h"
#include "client/store.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_dossier, struct client_dossier *, client_dossier_free);

/* One statement's worth of files. */
struct attaching {
    struct cli *cli;
    struct client *client;
    json_t *files;
};

static enum plumb_code
add_bytes(const struct attaching *a, const char *name, const void *data, size_t len,
          enum plumb_file_kind kind, struct plumb_err *err)
{
    const char *review_by = cli_option(a->cli, "review-by");
    struct plumb_digest digest;
    json_t *file;

    if (json_array_size(a->files) == PLUMB_ATTACHED_MAX)
        return cli_usage(name, err, "at most %d files at once; attach the rest by another",
                         PLUMB_ATTACHED_MAX);
    if ((kind == PLUMB_FILE_GUIDANCE) != (review_by != NULL))
        return cli_usage("--review-by", err,
                         "guidance, and nothing else, says when it must be reviewed");
    PLUMB_TRY(client_blob_put(a->client, data, len, &digest, err));
    file = json_pack("{s:s, s:o, s:I, s:s, s:s*}", "kind", plumb_file_kind_text(kind), "digest",
                     cli_digest_json(&digest), "size", (json_int_t)len, "name", name,
                     "reviewBy", review_by);
    return json_array_append_new(a->files, file) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

/* As --kind has it, or by what is in the file. */
static enum plumb_code
find_kind(struct cli *cli, const char *path, const struct plumb_bytes *bytes,
          struct cli_attached *ret, struct plumb_err *err)
{
    const char *word = cli_option(cli, "kind");

    if (word == NULL)
        return cli_attached(path, bytes->data, bytes->len, ret, err);
    for (size_t i = 0; i < PLUMB_FILE_KIND_COUNT; i++)
        if (strcmp(word, plumb_file_kind_text((enum plumb_file_kind)i)) == 0) {
            ret->kind = (enum plumb_file_kind)i;
            return PLUMB_OK;
        }
    return cli_usage("--kind", err,
                     "want attestation, sbom, vex, guidance, root-store, crypto-policy, config "
                     "or document");
}

static enum plumb_code
add_file(const struct attaching *a, const char *path, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(cli_attached_clear) struct cli_attached what = { .nparts = 0 };
    const char *slash = strrchr(path, '/');

    PLUMB_TRY(store_read(path, PLUMB_ATTACHED_SIZE, &bytes, err));
    PLUMB_TRY(find_kind(a->cli, path, &bytes, &what, err));
    (void)cli_progress(a->cli, path, 0, bytes.len);
    path = slash != NULL ? slash + 1 : path;
    if (what.nparts == 0)
        return add_bytes(a, path, bytes.data, bytes.len, what.kind, err);
    for (size_t i = 0; i < what.nparts; i++)
        PLUMB_TRY(add_bytes(a, path, what.parts[i].data, what.parts[i].len, what.kind, err));
    return PLUMB_OK;
}

/* --- what became of them --- */

/* Was it among those that were sent? */
static bool
was_sent(const json_t *files, const struct client_file *f)
{
    char hex[PLUMB_DIGEST_HEX];
    const json_t *file;
    size_t i;

    plumb_digest_hex(&f->digest, hex);
    json_array_foreach(files, i, file) {
        const char *digest = json_string_value(json_object_get(file, "digest"));

        if (strcmp(digest, hex) == 0 && strcmp(json_string_value(json_object_get(file, "kind")),
                                               plumb_file_kind_text(f->kind)) == 0)
            return true;
    }
    return false;
}

/* Each file with what it was taken for, and why the rest counts for nothing. */
static enum plumb_code
tell_files(struct cli *cli, const json_t *files, const struct client_receipt *receipt,
           struct plumb_err *err)
{
    PLUMB_AUTO(auto_dossier) struct client_dossier *d = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *answer = cli_receipt_json(receipt);
    PLUMB_AUTO(plumb_json_auto) json_t *list = json_array();
    size_t refused = 0;

    PLUMB_TRY(cli_dossier(cli, cli_arg(cli, 0), &d, err));
    for (size_t i = 0; i < d->nfiles; i++) {
        if (!was_sent(files, &d->files[i]))
            continue;
        cli_file_lines(cli, &d->files[i]);
        refused += !d->files[i].accepted;
        (void)json_array_append(list, json_array_get(json_object_get(d->json, "evidence"), i));
    }
    if (answer == NULL || json_object_set(answer, "files", list) != 0)
        return plumb_fail_memory(err);
    PLUMB_TRY(cli_result(cli, json_incref(answer), err));
    cli_answer(cli, refused > 0 ? CLI_NO : CLI_DONE);
    return PLUMB_OK;
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(client_receipt_clear) struct client_receipt receipt = { .json = NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *members = NULL;
    struct attaching a = { .cli = cli };
    struct plumb_subject subject = { .name = cli_arg(cli, 0) };
    struct cli_version v;

    PLUMB_TRY(cli_version(cli_arg(cli, 0), &v, err));
    PLUMB_TRY(cli_release_id(cli, &v, &subject.digest, err));
    PLUMB_TRY(cli_client(cli, &a.client, err));
    members = json_pack("{s:[]}", "files");
    if (members == NULL)
        return plumb_fail_memory(err);
    a.files = json_object_get(members, "files");
    for (size_t i = 1; cli_arg(cli, i) != NULL; i++)
        PLUMB_TRY(add_file(&a, cli_arg(cli, i), err));
    PLUMB_TRY(cli_submit_receipt(cli, "attached", PLUMB_KIND_EVIDENCE, &subject, 1, members,
                                 &receipt, err));
    return tell_files(cli, a.files, &receipt, err);
}

static const struct cli_option options[] = {
    { "kind", 0, "KIND", false,
      "what the files are, where they do not tell: guidance, crypto-policy, config, document" },
    { "review-by", 0, "TIME", false, "of guidance: when it must be looked at again" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_evidence_add = {
    .name = "evidence add",
    .topic = "Evidence",
    .summary = "attach files to a release: provenance, bills of materials, assertions",
    .arguments = "PAYLOAD@VERSION FILE...",
    .min = 2,
    .max = PLUMB_ATTACHED_MAX + 1,
    .options = options,
    .more =
        "Envelopes, bills of materials, VEX and root stores are recognised, and envelopes in\n"
        "what npm, GitHub's API and gcloud answer; what else a file is, --kind says. Each is\n"
        "told of with what it was taken for, or why it counts for nothing: then it ends with\n"
        "3, and 'plumb evidence list' tells it again.\n"
        "What the service has of a file is not sent again: run the same once more after an\n"
        "upload broke off.",
    .example = "plumb evidence add svr2@2025-08-02 provenance.intoto.jsonl sbom.cdx.json",
    .run = run,
};
