#include <string.h>
#include "cli/commands.h"

#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/key.h"
#include "client/keyspec.h"
#include "lib/own.h"

enum plumb_code
cli_key_json(const struct plumb_pubkey *key, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *spki = NULL;
    char fingerprint[KEYSPEC_FINGERPRINT];
    const uint8_t *der;
    size_t len;

    PLUMB_TRY(keyspec_fingerprint(key, fingerprint, err));
    der = plumb_pubkey_spki(key, &len);
    PLUMB_TRY(plumb_base64(der, len, &spki, err));
    *ret = json_pack("{s:s, s:o, s:s, s:s, s:s*}", "type",
                     plumb_key_type_text(plumb_pubkey_type(key)), "id",
                     cli_digest_json(plumb_pubkey_id(key)), "spki", spki, "fingerprint",
                     fingerprint, "application", plumb_pubkey_application(key));
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

enum plumb_code
cli_key_lines(struct cli *cli, const struct plumb_pubkey *key, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;

    PLUMB_TRY(cli_key_json(key, &json, err));
    cli_line(cli, "id           %s", cli_text(json, "id"));
    cli_line(cli, "type         %s", cli_text(json, "type"));
    cli_line(cli, "fingerprint  %s", cli_text(json, "fingerprint"));
    if (plumb_pubkey_application(key) != NULL)
        cli_line(cli, "application  %s", plumb_pubkey_application(key));
    return PLUMB_OK;
}

static void
auto_pubkey(struct plumb_pubkey **key)
{
    plumb_pubkey_free(*key);
}

static enum plumb_code
show(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *key = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(auto_free) char *pem = NULL;

    PLUMB_TRY(keyspec_public(cli_arg(cli, 0), cli_agent(cli), &key, err));
    PLUMB_TRY(cli_key_json(key, &json, err));
    PLUMB_TRY(keyspec_pem(key, &pem, err));
    if (json_object_set_new(json, "pem", json_string(pem)) != 0)
        return plumb_fail_memory(err);
    if (cli_option(cli, "pem") != NULL && !cli_json(cli))
        return cli_write(NULL, pem, strlen(pem), false, err);
    PLUMB_TRY(cli_key_lines(cli, key, err));
    return cli_result(cli, json_incref(json), err);
}

static const struct cli_option options[] = {
    { "pem", 0, NULL, false, "the public key in PEM, and nothing else" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_key_show = {
    .name = "key show",
    .topic = "Keys, and who you are",
    .summary = "show a key's public half: its id, type and fingerprint",
    .arguments = "KEY",
    .min = 1,
    .max = 1,
    .options = options,
    .more = "KEY is a file with a private or a public key (PKCS#8, PEM, OpenSSH), or\n"
            "agent:WHICH for one that the ssh-agent holds: its SHA256:... fingerprint, the\n"
            "beginning of its id, or its comment.",
    .example = "plumb key show alice.sign",
    .run = show,
};
