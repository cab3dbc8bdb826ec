#include <inttypes.h>

#include "audit/pack.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/log_source.h"
#include "cli/pack_limit.h"
#include "client/plain.h"
#include "lib/own.h"

static enum plumb_code
answer(struct cli *cli, const json_t *report, size_t len, struct plumb_err *err)
{
    const char *path = cli_option(cli, "output");
    const json_t *checked = json_object_get(report, "checked");
    const json_t *approval = json_object_get(report, "approval");

    cli_line(cli,
             "%s: %zu bytes, with %" JSON_INTEGER_FORMAT " entries and %" JSON_INTEGER_FORMAT
             " documents and files; all of it was verified",
             path, len, cli_number(checked, "entries"), cli_number(checked, "blobs"));
    cli_line(cli, "%s was approved at entry %" JSON_INTEGER_FORMAT ", %s", cli_arg(cli, 0),
             cli_number(approval, "entry"), cli_text(approval, "time"));
    cli_line(cli, "whoever has the trust file checks it with: plumb audit %s --trust FILE",
             path);
    return cli_result(cli,
                      json_pack("{s:s, s:I, s:O, s:O, s:O, s:O, s:O*}", "file", path, "bytes",
                                (json_int_t)len, "release", json_object_get(report, "release"),
                                "checkpoint", json_object_get(report, "checkpoint"), "checked",
                                checked, "approval", approval, "evaluation",
                                json_object_get(report, "evaluation")),
                      err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(cli_log_close) struct cli_log from = { .name = NULL };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *report = NULL;
    struct pack_making making = {
        .source = &from.source, .trust.plain = plain_text, .progress = cli_progress, .arg = cli
    };
    struct cli_version v;

    PLUMB_TRY(cli_version(cli_arg(cli, 0), &v, err));
    if (cli_option(cli, "output") == NULL)
        return cli_usage("--output", err, "say where the pack goes: -o pack.tar.gz");
    making.payload = v.payload;
    making.version = v.version;
    PLUMB_TRY(cli_pack_limit(cli, &making.limit, err));
    PLUMB_TRY(cli_log_pin(cli, &making.trust.genesis, &making.trust.policy, err));
    PLUMB_TRY(cli_log_open(cli, cli_option(cli, "from"), &from, err));
    PLUMB_TRY(pack_make(&making, &bytes, &report, err));
    PLUMB_TRY(cli_write(cli_option(cli, "output"), bytes.data, bytes.len, false, err));
    return answer(cli, report, bytes.len, err);
}

static const struct cli_option options[] = {
    { "output", 'o', "FILE", false, "where the pack goes" },
    { "from", 0, "WHERE", false,
      "an export, a directory or a URL, to take it from instead of the service" },
    CLI_GENESIS_OPTION,
    CLI_PACK_LIMIT_OPTION,
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_evidence_pack = {
    .name = "evidence pack",
    .topic = "Evidence",
    .summary =
        "write all that a release's approval rests on into one file, for others to check",
    .arguments = "PAYLOAD@VERSION",
    .min = 1,
    .max = 1,
    .options = options,
    .more =
        "Statements and votes, every file of evidence, what the approval was evaluated to and\n"
        "its signed summary, governance from the genesis on, each with the proof that it is\n"
        "in the log, and a report for people. 'plumb audit FILE' verifies it offline, with\n"
        "the pinned genesis; so it is before it is written. It looks through the whole log:\n"
        "an auditor's export (--from) is quicker than the service.",
    .example = "plumb evidence pack svr2@2025-08-02 -o svr2.pack.tar.gz",
    .run = run,
};
