#include <string.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "client/chain.h"
#include "lib/own.h"

static void
auto_trust(struct plumb_trust **t)
{
    plumb_trust_free(*t);
}

static void
auto_chain(struct plumb_chain **c)
{
    plumb_chain_free(*c);
}

/* The governance that leads from this genesis to today must name the fleet and the log. */
static enum plumb_code
check(struct cli *cli, const struct plumb_trust *trust, struct plumb_err *err)
{
    PLUMB_AUTO(auto_chain) struct plumb_chain *chain = NULL;
    const struct plumb_trust *pinned;
    const struct plumb_governance *last;
    struct client *client;

    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(cli_trust_if_any(cli, &pinned, err));
    if (pinned != NULL && !plumb_digest_eq(&pinned->genesis, &trust->genesis))
        return plumb_fail(err, PLUMB_REFUSED, "governance.genesis", "genesis",
                          "the service offers another genesis than the one you pinned");
    PLUMB_TRY(client_chain(client, &trust->genesis, &chain, err));
    last = plumb_chain_last(chain)->document;
    if (plumb_governance_fleet(last, trust->fleet) == NULL ||
        strcmp(last->origin, plumb_log_policy_origin(trust->policy)) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "trust.governance", "fleet",
                          "the governance document in force knows no such fleet and log");
    return PLUMB_OK;
}

static void
print(struct cli *cli, const struct plumb_trust *trust)
{
    const json_t *policy = json_object_get(trust->json, "policy"), *line;
    char hex[PLUMB_DIGEST_HEX];
    size_t i;

    cli_line(cli, "fleet    %s", trust->fleet);
    plumb_digest_hex(&trust->genesis, hex);
    cli_line(cli, "genesis  %s", hex);
    for (i = 0; i < trust->nservers; i++) {
        plumb_digest_hex(&trust->servers[i], hex);
        cli_line(cli, "server   %s", hex);
    }
    json_array_foreach(policy, i, line)
        cli_line(cli, "policy   %s", json_string_value(line));
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(auto_trust) struct plumb_trust *trust = NULL;
    const char *output = cli_option(cli, "output");
    char path[CLIENT_PATH_MAX];
    struct client *client;

    PLUMB_TRY(cli_client(cli, &client, err));
    client_path(path, sizeof path, "/v1/trust/%s", cli_arg(cli, 0));
    PLUMB_TRY(client_get(client, path, &json, err));
    PLUMB_TRY(plumb_json_canonical(json, &bytes, err));
    PLUMB_TRY(plumb_trust_parse(bytes.data, bytes.len, &trust, err));
    if (strcmp(trust->fleet, cli_arg(cli, 0)) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "trust.fleet", "fleet",
                          "the service sent the trust file of another fleet");
    PLUMB_TRY(check(cli, trust, err));
    if (output != NULL) {
        PLUMB_TRY(cli_write(output, bytes.data, bytes.len, false, err));
        cli_line(cli, "wrote    %s", output);
    }
    print(cli, trust);
    cli_line(cli, "Compare the genesis with what the administrators signed before you pin it.");
    return cli_result(cli, json_incref(trust->json), err);
}

static const struct cli_option options[] = {
    { "output", 'o', "FILE", false, "write the trust file here" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_trust = {
    .name = "trust",
    .topic = "Keys, and who you are",
    .summary = "get a fleet's trust file, which verifiers and people pin",
    .arguments = "FLEET",
    .min = 1,
    .max = 1,
    .options = options,
    .more = "All that a verifier starts from: the genesis of governance, the server's key, the "
            "log's\n"
            "keys. What stands in it is checked against the whole governance chain, but that "
            "it is\n"
            "the right genesis only people can tell each other: it is the id that\n"
            "'plumb governance genesis' printed.",
    .example = "plumb trust prod -o trust.json",
    .run = run,
};
