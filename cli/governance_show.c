#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/blob.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/governance.h"
#include "cli/template.h"
#include "lib/own.h"

/* The version asked for, of the chain; the one in force where none is. */
static enum plumb_code
find(struct cli *cli, const char *text, const struct plumb_link **ret, struct plumb_err *err)
{
    struct plumb_chain *chain;
    char *end;
    const unsigned long version = text != NULL ? strtoul(text, &end, 10) : 0;

    if (text != NULL && (version == 0 || *end != '\0'))
        return cli_usage(text, err, "want the number of a version, from 1 on");
    PLUMB_TRY(cli_chain(cli, &chain, err));
    *ret = text != NULL ? plumb_chain_link(chain, version - 1) : plumb_chain_last(chain);
    if (*ret == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "governance.version", text,
                          "there is no such version: the newest is %" PRId64,
                          plumb_chain_last(chain)->document->version);
    return PLUMB_OK;
}

static enum plumb_code
show(struct cli *cli, struct plumb_err *err)
{
    const struct plumb_link *link;
    char hex[PLUMB_DIGEST_HEX], time[PLUMB_TIME_TEXT];
    bool pinned;

    PLUMB_TRY(find(cli, cli_arg(cli, 0), &link, err));
    PLUMB_TRY(cli_pinned(cli, &pinned, err));
    if (cli_option(cli, "output") != NULL)
        PLUMB_TRY(cli_template_write(cli_option(cli, "output"), link->document->json, err));
    cli_governance_lines(cli, link->document);
    plumb_digest_hex(&link->statement, hex);
    plumb_time_text(link->time, time);
    cli_line(cli, "agreed     by statement %s, entry %" PRIu64 " at %s", hex, link->index,
             time);
    cli_line(cli, "verified   %s",
             pinned ? "every version, from the genesis you pinned"
                    : "every version, but NOT from a pinned genesis: give --trust FILE");
    return cli_result(cli,
                      json_pack("{s:I, s:o, s:I, s:o, s:b, s:O}", "version",
                                (json_int_t)link->document->version, "statement",
                                cli_digest_json(&link->statement), "index",
                                (json_int_t)link->index, "time", cli_time_json(link->time),
                                "pinned", pinned, "document", link->document->json),
                      err);
}

static enum plumb_code
diff(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes old = { NULL, 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes new = { NULL, 0 };
    PLUMB_AUTO(cli_governance_auto) struct plumb_governance *before = NULL;
    PLUMB_AUTO(cli_governance_auto) struct plumb_governance *after = NULL;
    const char *last = cli_arg(cli, 1) != NULL ? cli_arg(cli, 1) : cli_arg(cli, 0);
    const struct plumb_link *link;
    const struct plumb_governance *base;

    PLUMB_TRY(cli_read_governance(last, &new, &after, err));
    if (cli_arg(cli, 1) != NULL) {
        PLUMB_TRY(cli_read_governance(cli_arg(cli, 0), &old, &before, err));
        base = before;
    } else {
        PLUMB_TRY(find(cli, NULL, &link, err));
        base = link->document;
    }
    cli_line(cli, "What version %" PRId64 " changes in version %" PRId64 ":", after->version,
             base->version);
    return cli_result(
        cli, json_pack("{s:o}", "changes", cli_difference_lines(cli, base->json, after->json)),
        err);
}

static const struct cli_option show_options[] = {
    { "output", 'o', "FILE", false, "write the document here" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_governance_show = {
    .name = "governance show",
    .topic = "Governance",
    .summary = "show the governance document in force, or an earlier version",
    .arguments = "[VERSION]",
    .max = 1,
    .options = show_options,
    .example = "plumb governance show",
    .run = show,
};
const struct cli_command command_governance_diff = {
    .name = "governance diff",
    .topic = "Governance",
    .summary = "say what a document changes in the one in force, or in another file",
    .arguments = "[OLD] FILE",
    .min = 1,
    .max = 2,
    .example = "plumb governance diff next.json",
    .run = diff,
};
