#include <stdio.h>
#include <string.h>

#include "audit/summary.h"
#include "cli/commands.h"
#include "cli/dossier.h"
#include "cli/view.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_dossier, struct client_dossier *, client_dossier_free);
PLUMB_DEFINE_AUTO(auto_attestation, struct attestation *, attestation_free);

/* --- the signed summary --- */

/* It is of this version, and of every artifact of its release statement. */
static enum plumb_code
check_about(const struct attestation *a, const struct cli_version *v,
            const struct plumb_statement *release, struct plumb_err *err)
{
    char resource[3 * PLUMB_NAME_MAX];

    (void)snprintf(resource, sizeof resource, "urn:plumbline:version:%s@%s", v->payload,
                   v->version);
    if (strcmp(a->u.summary.resource, resource) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "summary.other", "predicate.resourceUri",
                          "the service shows the summary of %s", a->u.summary.resource);
    for (size_t i = 0; i < release->nsubjects; i++)
        if (!attestation_about(a, &release->subjects[i].digest))
            return plumb_fail(err, PLUMB_REFUSED, "summary.other", "subject",
                              "it does not speak of the artifact %s",
                              release->subjects[i].name);
    return PLUMB_OK;
}

static enum plumb_code
fetch_summary(struct cli *cli, const struct plumb_digest *release, struct plumb_bytes *ret,
              struct plumb_err *err)
{
    char path[CLIENT_PATH_MAX], hex[PLUMB_DIGEST_HEX];
    struct client *client;

    plumb_digest_hex(release, hex);
    client_path(path, sizeof path, "/v1/summaries/%s", hex);
    PLUMB_TRY(cli_client(cli, &client, err));
    return client_file(client, path, SUMMARY_FILE_MAX, ret, err);
}

static enum plumb_code
say_written(struct cli *cli, const struct attestation *a, const char *path,
            struct plumb_err *err)
{
    json_t *levels = json_array();

    for (size_t i = 0; i < a->u.summary.nlevels; i++)
        (void)json_array_append_new(levels, json_string(a->u.summary.levels[i]));
    cli_line(cli, "%s: %s, %s, signed by %s", path, a->u.summary.passed ? "PASSED" : "FAILED",
             a->u.summary.nlevels > 0 ? a->u.summary.levels[0] : "no level",
             a->u.summary.verifier);
    return cli_result(cli,
                      json_pack("{s:s, s:b, s:s, s:s, s:o}", "file", path, "passed",
                                a->u.summary.passed, "resource", a->u.summary.resource,
                                "verifier", a->u.summary.verifier, "levels", levels),
                      err);
}

/* The envelope as it came, once it is known to be the service's, of this release. */
static enum plumb_code
write_summary(struct cli *cli, struct plumb_err *err)
{
    const char *path = cli_option(cli, "output");
    PLUMB_AUTO(cli_released_clear) struct cli_released release = { .sets = NULL };
    PLUMB_AUTO(auto_attestation) struct attestation *a = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    struct plumb_chain *chain;
    struct plumb_digest id;
    struct cli_version v;

    PLUMB_TRY(cli_version(cli_arg(cli, 0), &v, err));
    PLUMB_TRY(cli_release_id(cli, &v, &id, err));
    PLUMB_TRY(cli_released(cli, &id, &release, err));
    PLUMB_TRY(cli_chain(cli, &chain, err));
    PLUMB_TRY(fetch_summary(cli, &id, &bytes, err));
    PLUMB_TRY(summary_open(plumb_chain_last(chain)->document, bytes.data, bytes.len, &a, err));
    PLUMB_TRY(check_about(a, &v, release.s, err));
    PLUMB_TRY(cli_write(path, bytes.data, bytes.len, false, err));
    return path != NULL && strcmp(path, "-") != 0 ? say_written(cli, a, path, err) : PLUMB_OK;
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_dossier) struct client_dossier *d = NULL;
    size_t held;

    if (cli_option(cli, "vsa") != NULL)
        return write_summary(cli, err);
    if (cli_option(cli, "output") != NULL)
        return cli_usage("--output", err, "it goes with --vsa");
    PLUMB_TRY(cli_dossier(cli, cli_arg(cli, 0), &d, err));
    held = client_dossier_held(d, NULL, false);
    for (size_t i = 0; i < d->ncontrols; i++)
        cli_control_line(cli, &d->controls[i]);
    for (size_t i = 0; i < d->nfindings; i++)
        cli_finding_lines(cli, &d->findings[i], false);
    if (d->ncontrols == 0)
        cli_line(cli, "governance names no controls");
    else if (held > 0)
        cli_line(cli, "%zu of %zu controls hold its approval and its rollouts", held,
                 d->ncontrols);
    else
        cli_line(cli, "all %zu controls are met or waived", d->ncontrols);
    PLUMB_TRY(cli_result(cli, json_incref(d->json), err));
    cli_answer(cli, held > 0 ? CLI_NO : CLI_DONE);
    return PLUMB_OK;
}

static const struct cli_option options[] = {
    { "vsa", 0, NULL, false,
      "instead, what its approval was evaluated to, as a signed SLSA verification summary" },
    { "output", 'o', "FILE", false, "with --vsa: where it goes (else to standard output)" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_controls = {
    .name = "controls",
    .topic = "Evidence",
    .summary = "which controls a release meets, by what, and which hold it",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .options = options,
    .more =
        "Ends with 3 while a MUST is not met, or a SHOULD neither met nor waived.\n"
        "\n"
        "With --vsa it writes the DSSE envelope that other people's tools read: the service\n"
        "signs it, and what it says follows from the log. Its signature, and that it is of\n"
        "this release, are checked first.",
    .example = "plumb controls svr2@2025-08-02",
    .run = run,
};
