#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/run.h"
#include "client/chain.h"
#include "client/keyspec.h"
#include "client/store.h"
#include "lib/own.h"

#define TRUST_MAX 65536

plumb_time
cli_now(void)
{
    return (plumb_time)time(NULL);
}

void
cli_close(struct cli *cli)
{
    plumb_chain_free(cli->chain);
    client_close(cli->client);
    plumb_signer_free(cli->tls);
    plumb_signer_free(cli->sign);
    plumb_trust_free(cli->trust);
    profile_clear(&cli->profile);
    free(cli->given);
    free(cli->args);
}

const char *
cli_agent(const struct cli *cli)
{
    const char *given = cli_option(cli, "agent");

    return given != NULL ? given : getenv("SSH_AUTH_SOCK");
}

/* Without a profile it is an empty one, unless somebody asked for that file. */
enum plumb_code
cli_profile(struct cli *cli, const struct profile **ret, struct plumb_err *err)
{
    const char *asked = cli_option(cli, "config");
    PLUMB_AUTO(auto_free) char *path = NULL;
    struct plumb_err why;

    *ret = &cli->profile;
    if (cli->profile_read)
        return PLUMB_OK;
    if (profile_path(asked, &path, &why) == PLUMB_OK &&
        profile_read(path, &cli->profile, &why) != PLUMB_OK &&
        (asked != NULL || getenv("PLUMB_CONFIG") != NULL || why.code != PLUMB_NOT_FOUND)) {
        if (err != NULL)
            *err = why;
        return why.code;
    }
    cli->profile_read = true;
    return PLUMB_OK;
}

/* An option, or what the profile has in its place. */
static enum plumb_code
option_or(struct cli *cli, const char *name, size_t offset, const char **ret,
          struct plumb_err *err)
{
    const struct profile *p;

    *ret = cli_option(cli, name);
    if (*ret != NULL)
        return PLUMB_OK;
    PLUMB_TRY(cli_profile(cli, &p, err));
    *ret = *(char *const *)((const char *)p + offset);
    return PLUMB_OK;
}

enum plumb_code
cli_trust_if_any(struct cli *cli, const struct plumb_trust **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    const char *path;

    if (!cli->trust_read) {
        PLUMB_TRY(option_or(cli, "trust", offsetof(struct profile, trust), &path, err));
        if (path != NULL) {
            PLUMB_TRY(store_read(path, TRUST_MAX, &bytes, err));
            PLUMB_TRY(plumb_trust_parse(bytes.data, bytes.len, &cli->trust, err));
        }
        cli->trust_read = true;
    }
    *ret = cli->trust;
    return PLUMB_OK;
}

enum plumb_code
cli_trust(struct cli *cli, const struct plumb_trust **ret, struct plumb_err *err)
{
    PLUMB_TRY(cli_trust_if_any(cli, ret, err));
    if (*ret == NULL)
        return plumb_fail(err, PLUMB_INVALID, "cli.trust", "--trust",
                          "no trust file is named: give --trust FILE, or put it into the "
                          "profile ('plumb profile --trust FILE')");
    return PLUMB_OK;
}

/* Who vouches for an https server. */
static enum plumb_code
find_pins(struct cli *cli, struct plumb_digest *own, struct client_config *config,
          struct plumb_err *err)
{
    const struct plumb_trust *trust;
    const struct profile *p;

    PLUMB_TRY(cli_trust_if_any(cli, &trust, err));
    PLUMB_TRY(cli_profile(cli, &p, err));
    if (trust != NULL) {
        config->pins = trust->servers;
        config->npins = trust->nservers;
        config->policy = trust->policy;
    } else if (p->pin != NULL) {
        PLUMB_TRY(plumb_digest_parse(p->pin, "pin", own, err));
        config->pins = own;
        config->npins = 1;
    }
    return PLUMB_OK;
}

enum plumb_code
cli_client(struct cli *cli, struct client **ret, struct plumb_err *err)
{
    struct client_config config = { .progress = cli_progress, .arg = cli };
    const char *tls_key;
    struct plumb_digest pin;

    if (cli->client == NULL) {
        PLUMB_TRY(
            option_or(cli, "server", offsetof(struct profile, server), &config.server, err));
        if (config.server == NULL)
            return plumb_fail(err, PLUMB_INVALID, "cli.server", "--server",
                              "no service is named: give --server URL, or make a profile "
                              "('plumb profile --server URL --trust FILE')");
        PLUMB_TRY(find_pins(cli, &pin, &config, err));
        PLUMB_TRY(option_or(cli, "tls-key", offsetof(struct profile, tls_key), &tls_key, err));
        if (tls_key != NULL && cli->tls == NULL)
            PLUMB_TRY(keyspec_signer(tls_key, cli_agent(cli), &cli->tls, err));
        config.tls = cli->tls;
        PLUMB_TRY(client_open(&config, &cli->client, err));
    }
    *ret = cli->client;
    return PLUMB_OK;
}

enum plumb_code
cli_pinned(struct cli *cli, bool *ret, struct plumb_err *err)
{
    const struct plumb_trust *trust;

    PLUMB_TRY(cli_trust_if_any(cli, &trust, err));
    *ret = trust != NULL;
    return PLUMB_OK;
}

enum plumb_code
cli_chain(struct cli *cli, struct plumb_chain **ret, struct plumb_err *err)
{
    const struct plumb_trust *trust;
    struct client *client;

    if (cli->chain == NULL) {
        PLUMB_TRY(cli_trust_if_any(cli, &trust, err));
        PLUMB_TRY(cli_client(cli, &client, err));
        PLUMB_TRY(
            client_chain(client, trust != NULL ? &trust->genesis : NULL, &cli->chain, err));
    }
    *ret = cli->chain;
    return PLUMB_OK;
}

enum plumb_code
cli_signer(struct cli *cli, struct plumb_signer **ret, struct plumb_err *err)
{
    const char *key;

    if (cli->sign == NULL) {
        PLUMB_TRY(option_or(cli, "sign-key", offsetof(struct profile, sign_key), &key, err));
        if (key == NULL)
            return plumb_fail(err, PLUMB_INVALID, "cli.sign-key", "--sign-key",
                              "no signing key is named: give --sign-key KEY, or put it into "
                              "the profile ('plumb profile --sign-key KEY')");
        PLUMB_TRY(keyspec_signer(key, cli_agent(cli), &cli->sign, err));
    }
    *ret = cli->sign;
    return PLUMB_OK;
}
