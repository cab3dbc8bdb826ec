/* plumb approve, reject and abstain. */
#include <stdio.h>
#include <string.h>

#include "cli/about.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/show.h"
#include "cli/submit.h"
#include "lib/own.h"

#define CONFIRM_DIGITS 8

/* The person types the first digits of the id that was shown, or gave them with --yes. */
static enum plumb_code
confirm(struct cli *cli, const struct plumb_digest *id, struct plumb_err *err)
{
    const char *yes = cli_option(cli, "yes");
    char answer[128], question[128];

    if (yes != NULL && !cli_id_begins(id, yes))
        return plumb_fail(err, PLUMB_REFUSED, "approve.digest", "--yes",
                          "the proposal's id does not begin with these digits (%d or more): "
                          "nothing was signed",
                          CONFIRM_DIGITS);
    if (yes != NULL)
        return PLUMB_OK;
    if (cli_json(cli))
        return cli_usage("--yes", err, "--json shows nobody what is signed: give --yes DIGITS");
    (void)snprintf(question, sizeof question,
                   "To sign, type the first %d digits of the proposal's id: ", CONFIRM_DIGITS);
    if (!cli_ask(question, answer, sizeof answer))
        return plumb_fail(
            err, PLUMB_REFUSED, "approve.confirm", "--yes",
            "nobody confirmed: answer on a terminal, or give --yes with the first "
            "digits of the id that you read elsewhere");
    if (!cli_id_begins(id, answer))
        return plumb_fail(err, PLUMB_REFUSED, "approve.digest", "",
                          "these are not the id's first digits: nothing was signed");
    return PLUMB_OK;
}

static enum plumb_code
check_open(const struct cli_proposal *p, struct plumb_err *err)
{
    if (cli_proposal_open(p))
        return PLUMB_OK;
    return plumb_fail(err, PLUMB_CONFLICT, "proposal.closed", "",
                      "it is %.20s: nothing is left to decide", p->state);
}

static enum plumb_code
vote(struct cli *cli, const struct cli_proposal *p, enum plumb_decision decision,
     const char *done, struct plumb_err *err)
{
    const struct plumb_subject subject = { "proposal", p->s->id };
    PLUMB_AUTO(plumb_json_auto)
    json_t *members = json_pack("{s:s, s:s*}", "decision", plumb_decision_text(decision),
                                "reason", cli_option(cli, "reason"));

    if (members == NULL)
        return plumb_fail_memory(err);
    return cli_submit(cli, done, PLUMB_KIND_APPROVAL, &subject, 1, members, err);
}

static enum plumb_code
approve(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(cli_proposal_clear) struct cli_proposal p = { .met = false };
    PLUMB_AUTO(cli_proposal_clear) struct cli_proposal again = { .met = false };
    PLUMB_AUTO(plumb_json_auto) json_t *json = json_object();
    struct plumb_digest id;

    PLUMB_TRY(cli_id(cli, cli_arg(cli, 0), &id, err));
    PLUMB_TRY(cli_proposal(cli, &id, &p, err));
    PLUMB_TRY(check_open(&p, err));
    PLUMB_TRY(cli_proposal_show(cli, &p, json, err));
    PLUMB_TRY(confirm(cli, &id, err));
    /* while somebody read, things may have moved: what is signed is what is there now */
    PLUMB_TRY(cli_proposal(cli, &id, &again, err));
    PLUMB_TRY(check_open(&again, err));
    return vote(cli, &again, PLUMB_APPROVE, "approved", err);
}

static enum plumb_code
decide(struct cli *cli, enum plumb_decision decision, const char *done, struct plumb_err *err)
{
    PLUMB_AUTO(cli_proposal_clear) struct cli_proposal p = { .met = false };
    struct plumb_digest id;
    char title[CLI_TITLE];

    PLUMB_TRY(cli_id(cli, cli_arg(cli, 0), &id, err));
    PLUMB_TRY(cli_proposal(cli, &id, &p, err));
    PLUMB_TRY(check_open(&p, err));
    cli_title(p.s, title);
    cli_line(cli, "%s, proposed by %s", title, p.proposer);
    return vote(cli, &p, decision, done, err);
}

static enum plumb_code
reject(struct cli *cli, struct plumb_err *err)
{
    if (cli_option(cli, "reason") == NULL || *cli_option(cli, "reason") == '\0')
        return cli_usage("--reason", err, "say why: --reason TEXT");
    return decide(cli, PLUMB_REJECT, "rejected", err);
}

static enum plumb_code
abstain(struct cli *cli, struct plumb_err *err)
{
    return decide(cli, PLUMB_ABSTAIN, "abstained", err);
}

static const struct cli_option approve_options[] = {
    { "yes", 'y', "DIGITS", false, "sign without asking, if the id begins with these digits" },
    { "reason", 0, "TEXT", false, "why; it is signed too" },
    { NULL, 0, NULL, false, NULL },
};
static const struct cli_option other_options[] = {
    { "reason", 0, "TEXT", false, "why; it is signed too" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_approve = {
    .name = "approve",
    .topic = "Deciding",
    .summary = "approve a proposal, after seeing what it would bring about",
    .arguments = "ID",
    .min = 1,
    .max = 1,
    .options = approve_options,
    .more =
        "Shows the proposal as its proposer signed it: the measurements, where each set came\n"
        "from, which controls hold it and which findings are open, and what differs from the\n"
        "version that is current now. Then it asks for the\n"
        "first digits of its id, fetches it again, and signs. ID is the whole id or its first\n"
        "8 digits or more. A script gives --yes the whole id: a short beginning can be made to "
        "fit.",
    .example = "plumb approve 3f9c1a22d0b4",
    .run = approve,
};
const struct cli_command command_reject = {
    .name = "reject",
    .topic = "Deciding",
    .summary = "reject a proposal, with a reason",
    .arguments = "ID",
    .min = 1,
    .max = 1,
    .options = other_options,
    .example = "plumb reject 3f9c1a22d0b4 --reason \"mrenclave is not what we built\"",
    .run = reject,
};
const struct cli_command command_abstain = {
    .name = "abstain",
    .topic = "Deciding",
    .summary = "take one's vote back without rejecting",
    .arguments = "ID",
    .min = 1,
    .max = 1,
    .options = other_options,
    .example = "plumb abstain 3f9c1a22d0b4",
    .run = abstain,
};
