#include <string.h>

#include "cli/blob.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/measured.h"
#include "cli/release.h"
#include "cli/submit.h"
#include "client/store.h"
#include "lib/own.h"

#define SBOM_MAX      (64u << 20)
#define ARTIFACTS_MAX 256

/* The subjects: reference values first, then the artifacts, whose names are here. */
struct subjects {
    struct plumb_subject list[1 + ARTIFACTS_MAX];
    char names[ARTIFACTS_MAX][256];
    size_t n;
};

static enum plumb_code
add_artifacts(struct cli *cli, struct subjects *s, struct plumb_err *err)
{
    const char *text;

    for (size_t i = 0; (text = cli_option_at(cli, "artifact", i)) != NULL; i++) {
        if (i == ARTIFACTS_MAX)
            return cli_usage("--artifact", err, "at most %d artifacts", ARTIFACTS_MAX);
        PLUMB_TRY(cli_named_digest("--artifact", text, s->names[i], sizeof s->names[i],
                                   &s->list[s->n].digest, err));
        s->list[s->n++].name = s->names[i];
    }
    return PLUMB_OK;
}

static enum plumb_code
add_sbom(struct cli *cli, struct client *client, json_t *members, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    struct plumb_digest digest;

    if (cli_option(cli, "sbom") == NULL)
        return PLUMB_OK;
    PLUMB_TRY(store_read(cli_option(cli, "sbom"), SBOM_MAX, &bytes, err));
    PLUMB_TRY(client_blob_put(client, bytes.data, bytes.len, &digest, err));
    return json_object_set_new(members, "sbom", cli_digest_json(&digest)) == 0
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

/* Named is not attached, and what is not attached is not looked at. The release is proposed by
 * now: nothing that goes wrong here is a failure. */
static void
say_next(struct cli *cli, const struct cli_version *v)
{
    struct plumb_chain *chain;
    struct plumb_err unused;

    if (cli_option(cli, "sbom") == NULL || cli_json(cli) ||
        cli_chain(cli, &chain, &unused) != PLUMB_OK ||
        plumb_chain_last(chain)->document->controls == NULL)
        return;
    cli_line(cli, "The bill of materials is named, and stored. It counts once it is attached:");
    cli_line(cli, "  plumb evidence add %s@%s %s", v->payload, v->version,
             cli_option(cli, "sbom"));
}

enum plumb_code
cli_release(struct cli *cli, const struct cli_version *v, const struct plumb_bytes *values,
            json_t *source, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *members =
        json_pack("{s:s, s:s, s:s*, s:O*}", "payload", v->payload, "version", v->version,
                  "notes", cli_option(cli, "notes"), "source", source);
    PLUMB_AUTO(auto_free) struct subjects *subjects = calloc(1, sizeof *subjects);
    struct client *client;

    if (members == NULL || subjects == NULL)
        return plumb_fail_memory(err);
    subjects->list[subjects->n++].name = "reference-values";
    PLUMB_TRY(add_artifacts(cli, subjects, err));
    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(
        client_blob_put(client, values->data, values->len, &subjects->list[0].digest, err));
    PLUMB_TRY(add_sbom(cli, client, members, err));
    PLUMB_TRY(cli_submit(cli, "proposed", PLUMB_KIND_RELEASE, subjects->list, subjects->n,
                         members, err));
    say_next(cli, v);
    return PLUMB_OK;
}

static void
auto_sets(struct plumb_sets **s)
{
    plumb_sets_free(*s);
}

PLUMB_DEFINE_AUTO(auto_measure, struct measure *, measure_free);

/* Of a document that somebody has, or of files. *ret_source: NULL, or which files. */
static enum plumb_code
find_values(struct cli *cli, struct plumb_bytes *ret, json_t **ret_source,
            struct plumb_err *err)
{
    PLUMB_AUTO(auto_measure) struct measure *m = NULL;
    PLUMB_AUTO(auto_sets) struct plumb_sets *sets = NULL;
    const char *values = cli_option(cli, "values");
    unsigned allowed;

    if ((values == NULL) == (cli_option(cli, "measure") == NULL))
        return cli_usage("--values", err,
                         "say which reference values, one of: --values FILE, "
                         "--measure FILE");
    if (values != NULL) {
        PLUMB_TRY(cli_read_canonical(values, PLUMB_REFVALS_MAX, ret, err));
        return plumb_refvals_parse(ret->data, ret->len, &sets, err);
    }
    PLUMB_TRY(cli_measure_allowed(cli, &allowed, err));
    PLUMB_TRY(cli_measure(cli, "measure", &m, err));
    cli_measured_lines(cli, cli_line, m);
    return measure_document(m, allowed, ret, ret_source, err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes values = { NULL, 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *source = NULL;
    struct cli_version v;

    PLUMB_TRY(cli_version(cli_arg(cli, 0), &v, err));
    PLUMB_TRY(find_values(cli, &values, &source, err));
    return cli_release(cli, &v, &values, source, err);
}

static const struct cli_option options[] = {
    { "values", 0, "FILE", false, "the reference values document" },
    { "measure", 0, "FILE", true, "or a file to read them of, as 'plumb measure' does" },
    CLI_MEASURE_OPTIONS,
    { "artifact", 0, "NAME=DIGEST", true, "what was built, by its SHA-256, or NAME=@FILE" },
    { "sbom", 0, "FILE", false,
      "the bill of materials: named and stored; 'evidence add' attaches it" },
    { "notes", 0, "TEXT", false, "what approvers should know" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_release_add = {
    .name = "release add",
    .topic = "Releases",
    .summary = "register a version: propose it for approval",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .options = options,
    .more =
        "The reference values are those of docs/formats.md section 4. The receipt's "
        "statement is\n"
        "the id that approvers approve.\n"
        "\n"
        "The bill of --sbom is named by its digest, which then stands in every bundle. Where\n"
        "governance has controls, it counts once the same file is attached: 'plumb evidence\n"
        "add'.\n"
        "\n" CLI_MEASURE_MORE,
    .example = "plumb release add svr2@2025-08-02 --values examples/svr2-2025-08-02.json",
    .run = run,
};
