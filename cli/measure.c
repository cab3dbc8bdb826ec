#include <string.h>

#include "cli/commands.h"
#include "cli/measured.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_measure, struct measure *, measure_free);

/* Steals both; either may be NULL where there is nothing to release. */
static enum plumb_code
answer(struct cli *cli, const struct measure *m, json_t *document, json_t *source,
       struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *owned_document = document;
    PLUMB_AUTO(plumb_json_auto) json_t *owned_source = source;
    PLUMB_AUTO(plumb_json_auto) json_t *json = cli_measured_json(m);

    if (json == NULL ||
        (document != NULL && json_object_set(json, "referenceValues", document) != 0) ||
        (source != NULL && json_object_set(json, "source", source) != 0))
        return plumb_fail_memory(err);
    return cli_result(cli, json_incref(json), err);
}

/* To the file, or, for people, to standard output; with --json it is a part of the answer. */
static enum plumb_code
write_document(struct cli *cli, const json_t *document, struct plumb_err *err)
{
    const char *path = cli_option(cli, "output");
    PLUMB_AUTO(auto_free) char *text = NULL;

    if (path == NULL && cli_json(cli))
        return PLUMB_OK;
    text = json_dumps(document, JSON_INDENT(2) | JSON_SORT_KEYS);
    if (text == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(cli_write(path, text, strlen(text), false, err));
    return path == NULL || strcmp(path, "-") == 0 ? cli_write(NULL, "\n", 1, false, err)
                                                  : PLUMB_OK;
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_measure) struct measure *m = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *source = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *document = NULL;
    cli_say *const say =
        cli_option(cli, "output") != NULL || cli_json(cli) ? cli_line : cli_note;
    size_t nreadings, nartifacts;
    unsigned allowed;

    PLUMB_TRY(cli_measure_allowed(cli, &allowed, err));
    PLUMB_TRY(cli_measure(cli, NULL, &m, err));
    cli_measured_lines(cli, say, m);
    (void)measure_readings(m, &nreadings);
    (void)measure_artifacts(m, &nartifacts);
    if (nreadings == 0 && nartifacts > 0 && cli_option(cli, "output") == NULL)
        return answer(cli, m, NULL, NULL, err);
    PLUMB_TRY(measure_document(m, allowed, &bytes, &source, err));
    PLUMB_TRY(plumb_json_load_canonical(bytes.data, bytes.len, bytes.len, &document, err));
    PLUMB_TRY(write_document(cli, document, err));
    return answer(cli, m, PLUMB_TAKE(document), PLUMB_TAKE(source), err);
}

static const struct cli_option options[] = {
    { "output", 'o', "FILE", false, "put the reference values document there" },
    CLI_MEASURE_OPTIONS,
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_measure = {
    .name = "measure",
    .topic = "Releases",
    .summary = "read quotes, images and other files into reference values for a release",
    .arguments = "FILE...",
    .min = 1,
    .max = 256,
    .options = options,
    .more = CLI_MEASURE_MORE "\n"
                             "The document goes to standard output or -o FILE, ready for "
                             "'plumb release add --values';\n"
                             "what was read, and what was left out as the platform's or the "
                             "session's, beside it.\n"
                             "A folder or root store (PEM) by itself is shown with its digest, "
                             "for --covers.",
    .example = "plumb measure enclave.signed.so --covers mrenclave:root-store=roots.pem "
               "-o values.json",
    .run = run,
};
