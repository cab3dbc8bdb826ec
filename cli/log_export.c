#include <inttypes.h>

#include "audit/export.h"
#include "cli/commands.h"
#include "cli/log_source.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_dir, struct audit_dir *, audit_dir_close);

static json_t *
exported_json(const struct audit_exported *x, const char *dir)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:s*}", "directory",
                     dir, "origin", x->head.origin, "entries", (json_int_t)x->head.size,
                     "thereBefore", (json_int_t)x->before, "bundles", (json_int_t)x->bundles,
                     "tiles", (json_int_t)x->tiles, "blobs", (json_int_t)x->blobs, "documents",
                     (json_int_t)x->documents, "bytes", (json_int_t)x->bytes, "odd",
                     (json_int_t)x->odd, "why", x->odd > 0 ? x->why : NULL);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(cli_log_close) struct cli_log from = { .name = NULL };
    PLUMB_AUTO(auto_dir) struct audit_dir *dir = NULL;
    struct audit_exported x;

    PLUMB_TRY(cli_log_open(cli, cli_option(cli, "from"), &from, err));
    PLUMB_TRY(audit_dir_open(cli_arg(cli, 0), true, &dir, err));
    PLUMB_TRY(audit_export(&from.source, dir, cli_progress, cli, &x, err));
    cli_line(cli, "%s: %" PRIu64 " entries of %s in %s", from.name, x.head.size, x.head.origin,
             cli_arg(cli, 0));
    cli_line(cli,
             "there before: %" PRIu64 " entries in whole bundles; written: %" PRIu64
             " bundles, %" PRIu64 " tiles, %" PRIu64 " blobs, %" PRIu64
             " governance documents, %" PRIu64 " bytes",
             x.before, x.bundles, x.tiles, x.blobs, x.documents, x.bytes);
    if (x.odd > 0) {
        cli_note(cli,
                 "%" PRIu64 " things are not as the log says, first: %s. They were written as "
                 "they came: 'plumb audit %s' names them",
                 x.odd, x.why, cli_arg(cli, 0));
        cli_answer(cli, CLI_NO);
    }
    return cli_result(cli, exported_json(&x, cli_arg(cli, 0)), err);
}

static const struct cli_option options[] = {
    { "from", 0, "WHERE", false,
      "another export, a directory or a URL, to take it from instead of the service" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_log_export = {
    .name = "log export",
    .topic = "The log",
    .summary = "write the whole history as plain files",
    .arguments = "DIR",
    .min = 1,
    .max = 1,
    .options = options,
    .more = "C2SP tiles and entry bundles, blobs, governance documents, and last the signed\n"
            "checkpoint: any web server can serve the directory, and 'plumb audit DIR' needs\n"
            "nothing else. What is there already is not fetched again, so it can be run every\n"
            "day, and again after it was interrupted. Nothing is verified here: audit it.",
    .example = "plumb log export /var/lib/audit/log --tls-key otto.tls",
    .run = run,
};
