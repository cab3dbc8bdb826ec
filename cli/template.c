#include "cli/template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/keyspec.h"
#include "lib/own.h"

static void
auto_pubkey(struct plumb_pubkey **key)
{
    plumb_pubkey_free(*key);
}

enum plumb_code
cli_template_key(struct cli *cli, const char *spec, enum plumb_use use, json_t **ret,
                 struct plumb_err *err)
{
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *pub = NULL;
    struct plumb_key key = { .use = use, .status = PLUMB_KEY_ACTIVE };

    PLUMB_TRY(keyspec_public(spec, cli_agent(cli), &pub, err));
    key.pub = pub;
    return plumb_key_json(&key, ret, err);
}

/* Names separated by commas, sorted as documents want them. */
static enum plumb_code
read_roles(const char *text, size_t len, json_t *roles, struct plumb_err *err)
{
    char name[PLUMB_NAME_MAX + 1];

    while (len > 0) {
        size_t n = 0, at = 0;

        while (n < len && text[n] != ',')
            n++;
        if (n == 0 || n >= sizeof name)
            return cli_usage(text, err, "want ID=ROLE,...:SIGN-KEY[:TLS-KEY]");
        memcpy(name, text, n);
        name[n] = '\0';
        if (!plumb_name_ok(name))
            return cli_usage(name, err, "a role's name has letters, digits and ._+~-");
        while (at < json_array_size(roles) &&
               strcmp(json_string_value(json_array_get(roles, at)), name) < 0)
            at++;
        if (json_array_insert_new(roles, at, json_string(name)) != 0)
            return plumb_fail_memory(err);
        text += n + (n < len);
        len -= n + (n < len);
    }
    return PLUMB_OK;
}

static enum plumb_code
add_key(struct cli *cli, const char *spec, enum plumb_use use, json_t *keys,
        struct plumb_err *err)
{
    json_t *key;

    if (*spec == '\0')
        return PLUMB_OK;
    PLUMB_TRY(cli_template_key(cli, spec, use, &key, err));
    return json_array_append_new(keys, key) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

static bool
has_role(const json_t *roles, const char *name)
{
    const json_t *role;
    size_t i;

    json_array_foreach(roles, i, role)
        if (strcmp(json_string_value(role), name) == 0)
            return true;
    return false;
}

enum plumb_code
cli_template_principal(struct cli *cli, const char *text, json_t *fleets, char *ret_id,
                       size_t size, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *roles = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *keys = json_array();
    PLUMB_AUTO(auto_free) char *specs = NULL;
    const char *equals = strchr(text, '='),
               *colon = equals != NULL ? strchr(equals, ':') : NULL;
    const size_t len = equals != NULL ? (size_t)(equals - text) : 0;
    char *tls;

    if (colon == NULL || len == 0 || len >= size)
        return cli_usage(text, err, "want ID=ROLE,...:SIGN-KEY[:TLS-KEY]");
    memcpy(ret_id, text, len);
    ret_id[len] = '\0';
    if (!plumb_name_ok(ret_id))
        return cli_usage(ret_id, err, "a principal's id has letters, digits and ._+~-");
    specs = strdup(colon + 1);
    if (roles == NULL || keys == NULL || specs == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(read_roles(equals + 1, (size_t)(colon - equals - 1), roles, err));
    tls = strrchr(specs, ':');
    if (tls != NULL)
        *tls++ = '\0';
    PLUMB_TRY(add_key(cli, specs, PLUMB_USE_SIGN, keys, err));
    PLUMB_TRY(add_key(cli, tls != NULL ? tls : "", PLUMB_USE_TLS, keys, err));
    *ret = json_pack("{s:O, s:O, s:O*}", "roles", roles, "keys", keys, "fleets",
                     has_role(roles, "verifier") || has_role(roles, "admin") ? fleets : NULL);
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

enum plumb_code
cli_template_write(const char *path, const json_t *document, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free)
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_SORT_KEYS);
    PLUMB_AUTO(auto_free) char *line = NULL;

    if (text == NULL || asprintf(&line, "%s\n", text) < 0) {
        line = NULL;
        return plumb_fail_memory(err);
    }
    return cli_write(path, line, strlen(line), false, err);
}

enum plumb_code
cli_template_witnesses(struct cli *cli, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *of = json_array();
    const size_t n = cli_option_count(cli, "witness");
    const char *text, *asked = cli_option(cli, "witness-need");
    const bool wait = cli_option(cli, "witness-wait") != NULL;
    int64_t need = (int64_t)n;

    *ret = NULL;
    if (n == 0 && (asked != NULL || wait))
        return cli_usage("--witness", err, "say which witnesses: --witness VKEY@URL");
    if (n == 0)
        return PLUMB_OK;
    if (asked != NULL && (strlen(asked) > 2 || asked[strspn(asked, "0123456789")] != '\0' ||
                          (need = atoi(asked)) < 1))
        return cli_usage("--witness-need", err, "want how many of them must cosign");
    for (size_t i = 0; (text = cli_option_at(cli, "witness", i)) != NULL; i++) {
        const char *url = strstr(text, "@http");

        if (url == NULL)
            return cli_usage(text, err,
                             "want VKEY@URL, the key as 'plumb-witness vkey' prints it");
        if (json_array_append_new(of, json_pack("{s:s%, s:s}", "vkey", text,
                                                (size_t)(url - text), "url", url + 1)) != 0)
            return plumb_fail_memory(err);
    }
    *ret = json_pack("{s:O, s:I, s:s}", "of", of, "need", (json_int_t)need, "away",
                     wait ? "wait" : "continue");
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}
