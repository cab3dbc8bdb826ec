#include <string.h>

#include "cli/run.h"
#include "lib/own.h"

/* Which option sets which member. */
static const struct {
    const char *option, *member;
    size_t offset;
} settings[] = {
    { "server", "server", offsetof(struct profile, server) },
    { "trust", "trust", offsetof(struct profile, trust) },
    { "pin", "pin", offsetof(struct profile, pin) },
    { "tls-key", "tlsKey", offsetof(struct profile, tls_key) },
    { "sign-key", "signKey", offsetof(struct profile, sign_key) },
    { "log", "log", offsetof(struct profile, log) },
};
#define NSETTINGS (sizeof settings / sizeof *settings)

static char **
slot(struct profile *p, size_t i)
{
    return (char **)((char *)p + settings[i].offset);
}

/* What is given replaces what is there; "" takes it out. */
static enum plumb_code
change(struct cli *cli, struct profile *p, bool *ret_changed, struct plumb_err *err)
{
    struct plumb_digest pin;

    *ret_changed = false;
    if (cli_option(cli, "pin") != NULL && *cli_option(cli, "pin") != '\0')
        PLUMB_TRY(plumb_digest_parse(cli_option(cli, "pin"), "--pin", &pin, err));
    for (size_t i = 0; i < NSETTINGS; i++) {
        const char *value = cli_option(cli, settings[i].option);

        if (value == NULL)
            continue;
        *ret_changed = true;
        free(*slot(p, i));
        *slot(p, i) = *value != '\0' ? strdup(value) : NULL;
        if (*value != '\0' && *slot(p, i) == NULL)
            return plumb_fail_memory(err);
    }
    return PLUMB_OK;
}

static enum plumb_code
show(struct cli *cli, const char *path, struct profile *p, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = json_pack("{s:s}", "file", path);

    cli_line(cli, "%-9s %s", "file", path);
    for (size_t i = 0; i < NSETTINGS; i++) {
        const char *value = *slot(p, i);

        if (value == NULL)
            continue;
        cli_line(cli, "%-9s %s", settings[i].option, value);
        if (json_object_set_new(json, settings[i].member, json_string(value)) != 0)
            return plumb_fail_memory(err);
    }
    return cli_result(cli, json_incref(json), err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(profile_clear) struct profile p = { .server = NULL };
    PLUMB_AUTO(auto_free) char *path = NULL;
    bool changed;
    enum plumb_code code;

    PLUMB_TRY(profile_path(cli_option(cli, "config"), &path, err));
    code = profile_read(path, &p, err);
    if (code != PLUMB_OK && code != PLUMB_NOT_FOUND)
        return code;
    PLUMB_TRY(change(cli, &p, &changed, err));
    if (code == PLUMB_NOT_FOUND && !changed)
        return plumb_fail(err, PLUMB_NOT_FOUND, "profile.none", path,
                          "there is no profile yet: make one with 'plumb profile --server URL "
                          "--trust FILE'");
    if (changed) {
        PLUMB_TRY(profile_write(path, &p, err));
        profile_clear(&p);
        PLUMB_TRY(profile_read(path, &p, err)); /* as it will be read: paths made absolute */
    }
    return show(cli, path, &p, err);
}

static const struct cli_option options[] = {
    { "pin", 0, "DIGEST", false, "the service's TLS key, where there is no trust file" },
    { "log", 0, "ORIGIN", false, "the log's origin, where there is no trust file" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_profile = {
    .name = "profile",
    .topic = "Keys, and who you are",
    .summary = "show or change who you are and which service you talk to",
    .arguments = "",
    .options = options,
    .more =
        "What is given of --server, --trust, --tls-key, --sign-key, --pin and --log is kept "
        "in\n"
        "the profile, and holds from then on where a command is not told otherwise. An empty\n"
        "value takes it out.",
    .example = "plumb profile --server https://plumb.example:8471 --trust trust.json --tls-key "
               "alice.tls --sign-key alice.sign",
    .run = run,
};
