#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/verified.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_bundle, struct plumb_bundle *, plumb_bundle_free);

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_bundle) struct plumb_bundle *bundle = NULL;

    PLUMB_TRY(cli_verified(cli, cli_arg(cli, 0), &bundle, err));
    cli_bundle_lines(cli, bundle);
    if (cli_now() >= bundle->valid_until) {
        cli_line(cli, "EXPIRED: every verdict by it is stale; pull anew");
        cli_answer(cli, CLI_STALE);
    }
    return cli_result(cli, cli_bundle_json(bundle), err);
}

static const struct cli_option options[] = {
    CLI_MEMORY_OPTION,
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_bundle_verify = {
    .name = "bundle verify",
    .topic = "Verifiers",
    .summary = "check all of a bundle: signatures, quorums, proofs, windows",
    .arguments = "FILE",
    .min = 1,
    .max = 1,
    .options = options,
    .more =
        "It starts from the trust file alone, and needs no service. A bundle that is not as "
        "it\n"
        "should be is refused with the rule and the line; one that has expired ends with 5.",
    .example = "plumb bundle verify prod.bundle --trust trust.json",
    .run = run,
};
