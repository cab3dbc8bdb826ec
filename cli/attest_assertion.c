#include <string.h>

#include "cli/attest.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "client/mapped.h"
#include "lib/own.h"
#include "supply/attestation.h"

static enum plumb_code
find_control(const struct plumb_controls *rules, const char *id,
             const struct plumb_control **ret, struct plumb_err *err)
{
    for (size_t i = 0; i < rules->ncontrols; i++)
        if (strcmp(rules->controls[i].id, id) == 0) {
            *ret = &rules->controls[i];
            return PLUMB_OK;
        }
    return plumb_fail(err, PLUMB_NOT_FOUND, "evidence.control", id,
                      "governance names no such control: 'plumb governance show' lists them");
}

/* What it rests on: one document or more, by digest. */
static enum plumb_code
add_documents(struct cli *cli, json_t *list, struct plumb_err *err)
{
    const char *path;

    for (size_t i = 0; (path = cli_option_at(cli, "document", i)) != NULL; i++) {
        PLUMB_AUTO(mapped_close) struct mapped file = { .len = 0 };
        struct plumb_digest digest;
        char hex[PLUMB_DIGEST_HEX];

        if (i == PLUMB_ATTACHED_MAX)
            return cli_usage("--document", err, "at most %d documents", PLUMB_ATTACHED_MAX);
        PLUMB_TRY(mapped_open(path, &file, err));
        PLUMB_TRY(mapped_digest(&file, cli_progress, cli, path, &digest, err));
        plumb_digest_hex(&digest, hex);
        cli_line(cli, "document   %s %s", hex, path);
        if (json_array_append_new(list, cli_digest_json(&digest)) != 0)
            return plumb_fail_memory(err);
    }
    return PLUMB_OK;
}

static enum plumb_code
check_until(const char *text, struct plumb_err *err)
{
    plumb_time until;

    if (text == NULL)
        return PLUMB_OK;
    PLUMB_TRY(plumb_time_parse(text, "--until", &until, err));
    return until > cli_now() ? PLUMB_OK
                             : cli_usage("--until", err, "%s has passed already", text);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(cli_attest_clear) struct cli_attest a = { .output = NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *documents = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *predicate = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *subjects = NULL;
    const char *statement = cli_option(cli, "statement"), *until = cli_option(cli, "until");
    const struct plumb_control *control;

    if (statement == NULL || *statement == '\0')
        return cli_usage("--statement", err, "say what holds, and why: --statement TEXT");
    if (cli_option(cli, "document") == NULL)
        return cli_usage("--document", err, "say what it rests on: --document FILE");
    PLUMB_TRY(check_until(until, err));
    PLUMB_TRY(cli_attest_begin(cli, ASSERTION_TYPE, PLUMB_TRUST_ASSERT, &a, err));
    PLUMB_TRY(find_control(a.governance->controls, cli_arg(cli, 1), &control, err));
    a.control = control->id;
    cli_line(cli, "of         %s@%s", a.version.payload, a.version.version);
    cli_line(cli, "control    %s (%s): %s", control->id, control->must ? "must" : "should",
             control->text);
    cli_line(cli, "statement  %s", statement);
    PLUMB_TRY(add_documents(cli, documents, err));
    subjects = cli_attest_artifacts(&a);
    predicate = json_pack("{s:s, s:s, s:O, s:s*}", "control", control->id, "statement",
                          statement, "documents", documents, "until", until);
    PLUMB_TRY(cli_attest_write(cli, &a, subjects, predicate, err));
    cli_line(cli,
             "           and the documents with: plumb evidence add %s@%s --kind document "
             "FILE...",
             a.version.payload, a.version.version);
    return PLUMB_OK;
}

static const struct cli_option options[] = {
    { "statement", 0, "TEXT", false, "what holds, and why" },
    { "document", 0, "FILE", true, "what it rests on; it is attached to the release too" },
    { "until", 0, "TIME", false, "until when it holds: YYYY-MM-DDTHH:MM:SSZ (else for good)" },
    CLI_ATTEST_OUTPUT,
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_attest_assertion = {
    .name = "attest assertion",
    .topic = "Evidence",
    .summary = "sign that a release meets a control, resting on documents",
    .arguments = "PAYLOAD@VERSION CONTROL",
    .min = 2,
    .max = 2,
    .options = options,
    .more = "It counts while governance trusts its signer to assert this control. Nothing is\n"
            "sent: 'evidence add' attaches it, and the documents.",
    .example = "plumb attest assertion svr2@2025-08-02 DEV-IO --statement \"TLS 1.3 alone, see "
               "section 2\" --document review.pdf -o dev-io.json",
    .run = run,
};
