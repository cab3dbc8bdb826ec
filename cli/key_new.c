#include <openssl/crypto.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/key.h"
#include "client/keyfile.h"
#include "lib/own.h"

#define PASSPHRASE_MAX 1024

PLUMB_DEFINE_AUTO(auto_signer, struct plumb_signer *, plumb_signer_free);

static enum plumb_code
find_type(const char *text, enum plumb_key_type *ret, struct plumb_err *err)
{
    static const enum plumb_key_type types[] = { PLUMB_KEY_ED25519, PLUMB_KEY_P256 };

    *ret = PLUMB_KEY_ED25519;
    for (size_t i = 0; text != NULL && i < sizeof types / sizeof *types; i++)
        if (strcmp(text, plumb_key_type_text(types[i])) == 0) {
            *ret = types[i];
            return PLUMB_OK;
        }
    return text == NULL
               ? PLUMB_OK
               : cli_usage("--type", err, "want ed25519 or ecdsa-p256, not '%s'", text);
}

static enum plumb_code
write_encrypted(const char *path, const struct plumb_signer *signer, struct plumb_err *err)
{
    char passphrase[PASSPHRASE_MAX];
    PLUMB_AUTO(auto_free) char *name = strdup(path);
    enum plumb_code code;
    int len;

    if (name == NULL)
        return plumb_fail_memory(err);
    len = keyfile_ask_new(passphrase, sizeof passphrase, name);
    if (len < 0)
        code = plumb_fail(err, PLUMB_INVALID, "key.passphrase", path,
                          "no passphrase, or two that differ: answer on a terminal, or say "
                          "--no-passphrase");
    else if (len == 0)
        code = plumb_fail(err, PLUMB_INVALID, "key.passphrase", path,
                          "an empty passphrase protects nothing: say --no-passphrase if you "
                          "mean it");
    else
        code = keyfile_write(path, signer, passphrase, err);
    OPENSSL_cleanse(passphrase, sizeof passphrase);
    return code;
}

static enum plumb_code
make(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_signer) struct plumb_signer *signer = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    const char *path = cli_arg(cli, 0);
    enum plumb_key_type type;

    PLUMB_TRY(find_type(cli_option(cli, "type"), &type, err));
    PLUMB_TRY(plumb_signer_generate(type, &signer, err));
    if (cli_option(cli, "no-passphrase") != NULL)
        PLUMB_TRY(keyfile_write(path, signer, NULL, err));
    else
        PLUMB_TRY(write_encrypted(path, signer, err));
    cli_line(cli, "wrote        %s", path);
    PLUMB_TRY(cli_key_lines(cli, signer->pub, err));
    PLUMB_TRY(cli_key_json(signer->pub, &json, err));
    if (json_object_set_new(json, "file", json_string(path)) != 0)
        return plumb_fail(err, PLUMB_INVALID, "usage", path, "a path that is no UTF-8");
    return cli_result(cli, json_incref(json), err);
}

static const struct cli_option options[] = {
    { "type", 't', "ed25519|ecdsa-p256", false, "the kind of key (ed25519 if not said)" },
    { "no-passphrase", 0, NULL, false, "store it in clear: for machines that start alone" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_key_new = {
    .name = "key new",
    .topic = "Keys, and who you are",
    .summary = "make a key in a new file, encrypted with a passphrase",
    .arguments = "FILE",
    .min = 1,
    .max = 1,
    .options = options,
    .more = "It is for one use: to sign, or to be known by in TLS. Make one for each. A key "
            "that an\n"
            "ssh-agent or a security key holds needs no file: see 'plumb key list'.",
    .example = "plumb key new alice.sign",
    .run = make,
};
