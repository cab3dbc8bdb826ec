/* plumb verifier enrol and retire. */
#include <string.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/submit.h"
#include "cli/template.h"
#include "client/keyspec.h"
#include "lib/own.h"

static void
auto_pubkey(struct plumb_pubkey **key)
{
    plumb_pubkey_free(*key);
}

static enum plumb_code
check_names(struct cli *cli, struct plumb_err *err)
{
    if (!plumb_name_ok(cli_arg(cli, 0)))
        return cli_usage(cli_arg(cli, 0), err, "a name has letters, digits and ._+~-");
    if (cli_option(cli, "fleet") == NULL || !plumb_name_ok(cli_option(cli, "fleet")))
        return cli_usage("--fleet", err, "say whose verifier it is: --fleet FLEET");
    if (cli_option(cli, "key") == NULL)
        return cli_usage("--key", err, "say by which key it is known: --key tls:KEY");
    return PLUMB_OK;
}

/* "sign:KEY" or "tls:KEY": its use, and where KEY begins. */
static const char *
split_use(const char *text, enum plumb_use *ret)
{
    *ret = strncmp(text, "tls:", 4) == 0 ? PLUMB_USE_TLS : PLUMB_USE_SIGN;
    if (*ret == PLUMB_USE_SIGN && strncmp(text, "sign:", 5) != 0)
        return NULL;
    return strchr(text, ':') + 1;
}

static enum plumb_code
enrol(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *keys = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *members = NULL;
    struct plumb_subject subject = { .name = cli_arg(cli, 0) };
    const char *text, *spec;

    PLUMB_TRY(check_names(cli, err));
    for (size_t i = 0; (text = cli_option_at(cli, "key", i)) != NULL; i++) {
        PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *pub = NULL;
        struct plumb_key key = { .status = PLUMB_KEY_ACTIVE };
        json_t *object;

        spec = split_use(text, &key.use);
        if (spec == NULL)
            return cli_usage(text, err, "want sign:KEY or tls:KEY");
        PLUMB_TRY(keyspec_public(spec, cli_agent(cli), &pub, err));
        key.pub = pub;
        if (i == 0)
            subject.digest = *plumb_pubkey_id(pub);
        PLUMB_TRY(plumb_key_json(&key, &object, err));
        if (json_array_append_new(keys, object) != 0)
            return plumb_fail_memory(err);
    }
    members = json_pack("{s:s, s:s, s:O}", "fleet", cli_option(cli, "fleet"), "action", "enrol",
                        "keys", keys);
    if (members == NULL)
        return plumb_fail_memory(err);
    return cli_submit(cli, "enrolled", PLUMB_KIND_ENROLMENT, &subject, 1, members, err);
}

static enum plumb_code
retire(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *pub = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *members = NULL;
    struct plumb_subject subject = { .name = cli_arg(cli, 0) };
    const char *text = cli_option(cli, "key");

    PLUMB_TRY(check_names(cli, err));
    if (plumb_digest_parse(text, "--key", &subject.digest, NULL) != PLUMB_OK) {
        PLUMB_TRY(keyspec_public(text, cli_agent(cli), &pub, err));
        subject.digest = *plumb_pubkey_id(pub);
    }
    members = json_pack("{s:s, s:s}", "fleet", cli_option(cli, "fleet"), "action", "retire");
    if (members == NULL)
        return plumb_fail_memory(err);
    return cli_submit(cli, "retired", PLUMB_KIND_ENROLMENT, &subject, 1, members, err);
}

static const struct cli_option enrol_options[] = {
    { "fleet", 0, "FLEET", false, "whose bundles it may pull, and report on" },
    { "key", 0, "tls:KEY", true,
      "it is known by this key; sign:KEY: it signs reports with it" },
    { NULL, 0, NULL, false, NULL },
};
static const struct cli_option retire_options[] = {
    { "fleet", 0, "FLEET", false, "whose verifier it is" },
    { "key", 0, "KEY", false, "any one of its keys: a file, or the whole id" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_verifier_enrol = {
    .name = "verifier enrol",
    .topic = "Verifiers",
    .summary = "let a verifier pull a fleet's bundles, without a governance change",
    .arguments = "NAME",
    .min = 1,
    .max = 1,
    .options = enrol_options,
    .more = "Only who has the power to enrol may. The keys' public halves are enough.",
    .example = "plumb verifier enrol edge-7 --fleet prod --key tls:edge-7.tls --key "
               "sign:edge-7.sign",
    .run = enrol,
};
const struct cli_command command_verifier_retire = {
    .name = "verifier retire",
    .topic = "Verifiers",
    .summary = "let an enrolled verifier go: its keys count no more",
    .arguments = "NAME",
    .min = 1,
    .max = 1,
    .options = retire_options,
    .example = "plumb verifier retire edge-7 --fleet prod --key edge-7.tls",
    .run = retire,
};
