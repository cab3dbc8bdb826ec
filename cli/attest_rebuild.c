#include <string.h>

#include "cli/attest.h"
#include "cli/blob.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "lib/own.h"
#include "supply/attestation.h"

static const struct plumb_subject *
find_artifact(const struct plumb_statement *release, const char *name)
{
    for (size_t i = 0; i < release->nsubjects; i++)
        if (strcmp(release->subjects[i].name, name) == 0)
            return &release->subjects[i];
    return NULL;
}

/* One's own result beside the release's. */
static enum plumb_code
compare(struct cli *cli, const struct cli_attest *a, const char *text, json_t *same,
        json_t *differing, struct plumb_err *err)
{
    const struct plumb_subject *wanted;
    char name[PLUMB_NAME_MAX + 1], ours[PLUMB_DIGEST_HEX], theirs[PLUMB_DIGEST_HEX];
    struct plumb_digest digest;
    bool equal;

    PLUMB_TRY(cli_named_digest("--artifact", text, name, sizeof name, &digest, err));
    wanted = find_artifact(a->release.s, name);
    if (wanted == NULL)
        return plumb_fail(
            err, PLUMB_NOT_FOUND, "attest.artifact", name,
            "%s@%s has no artifact of this name: 'plumb release show %s@%s' lists "
            "them",
            a->version.payload, a->version.version, a->version.payload, a->version.version);
    equal = plumb_digest_eq(&digest, &wanted->digest);
    plumb_digest_hex(&digest, ours);
    plumb_digest_hex(&wanted->digest, theirs);
    cli_line(cli, "%-10s %s %s", equal ? "same" : "DIFFERS", ours, name);
    if (!equal)
        cli_line(cli, "  wanted   %s", theirs);
    return json_array_append_new(equal ? same : differing,
                                 cli_attest_resource(name, &digest)) == 0
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(cli_attest_clear) struct cli_attest a = { .output = NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *same = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *differing = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *predicate = NULL;
    const char *text, *finished = cli_option(cli, "finished");
    char now[PLUMB_TIME_TEXT];

    if (cli_option(cli, "artifact") == NULL)
        return cli_usage("--artifact", err, "say what you built: --artifact NAME=@FILE");
    PLUMB_TRY(cli_attest_begin(cli, REBUILD_TYPE, PLUMB_TRUST_REBUILD, &a, err));
    cli_line(cli, "of         %s@%s", a.version.payload, a.version.version);
    for (size_t i = 0; (text = cli_option_at(cli, "artifact", i)) != NULL; i++)
        PLUMB_TRY(compare(cli, &a, text, same, differing, err));
    if (json_array_size(differing) > 0) {
        cli_line(cli, "not reproduced: nothing is signed");
        cli_answer(cli, CLI_NO);
        return cli_result(
            cli, json_pack("{s:n, s:O, s:O}", "file", "same", same, "differing", differing),
            err);
    }
    plumb_time_text(cli_now(), now);
    predicate = json_pack("{s:s*, s:s}", "environment", cli_option(cli, "environment"),
                          "finished", finished != NULL ? finished : now);
    return cli_attest_write(cli, &a, same, predicate, err);
}

static const struct cli_option options[] = {
    { "artifact", 0, "NAME=DIGEST", true,
      "what you built, by the release's name for it: its SHA-256, or NAME=@FILE" },
    { "environment", 0, "TEXT", false, "what it was built in" },
    { "finished", 0, "TIME", false, "when the build ended (else now)" },
    CLI_ATTEST_OUTPUT,
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_attest_rebuild = {
    .name = "attest rebuild",
    .topic = "Evidence",
    .summary =
        "compare what you built with a release's artifacts, and sign that it is the same",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .options = options,
    .more =
        "Where anything differs it says so, signs nothing, and ends with 3. What it writes\n"
        "counts while governance trusts its signer to rebuild.",
    .example = "plumb attest rebuild svr2@2025-08-02 --artifact svr2.eif=@out/svr2.eif -o "
               "rebuild.json",
    .run = run,
};
