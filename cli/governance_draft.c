#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/blob.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/governance.h"
#include "cli/template.h"
#include "cli/view.h"
#include "client/keyspec.h"
#include "lib/own.h"

static void
auto_pubkey(struct plumb_pubkey **key)
{
    plumb_pubkey_free(*key);
}

/* Each key object of the document whose id is named. */
typedef enum plumb_code key_fn(json_t *key, const char *value, struct plumb_err *err);

static enum plumb_code
each_key(json_t *document, const char *id, key_fn *fn, const char *value, struct plumb_err *err)
{
    const char *name;
    json_t *principal, *key;
    size_t i, found = 0;

    json_object_foreach(json_object_get(document, "principals"), name, principal)
        json_array_foreach(json_object_get(principal, "keys"), i, key) {
            struct plumb_jv v = plumb_jv_root(key, name);
            struct plumb_key read = { .pub = NULL };
            PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *pub = NULL;

            PLUMB_TRY(plumb_key_read(&v, &read, err));
            pub = read.pub;
            if (!cli_id_begins(plumb_pubkey_id(pub), id))
                continue;
            found++;
            PLUMB_TRY(fn(key, value, err));
        }
    if (found == 1)
        return PLUMB_OK;
    return plumb_fail(err, found == 0 ? PLUMB_NOT_FOUND : PLUMB_CONFLICT,
                      found == 0 ? "key.unknown" : "id.several", id,
                      found == 0 ? "the document has no key whose id begins so (8 digits or "
                                   "more): see 'plumb key show'"
                                 : "several keys' ids begin so: give more digits");
}

static enum plumb_code
set_retired(json_t *key, const char *value, struct plumb_err *err)
{
    (void)value;
    return json_object_set_new(key, "status", json_string("retired")) == 0
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

static enum plumb_code
set_compromised(json_t *key, const char *value, struct plumb_err *err)
{
    char *end;
    const long long from = strtoll(value, &end, 10);

    if (*value == '\0' || *end != '\0' || from < 0)
        return cli_usage(value, err, "want the first log index that is in doubt");
    return json_object_set_new(key, "status", json_string("compromised")) == 0 &&
                   json_object_set_new(key, "from", json_integer(from)) == 0
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

/* "LEFT=RIGHT" cut in two. */
static enum plumb_code
cut(const char *option, const char *text, char **ret_left, const char **ret_right,
    struct plumb_err *err)
{
    char *equals;

    *ret_left = strdup(text);
    if (*ret_left == NULL)
        return plumb_fail_memory(err);
    equals = strchr(*ret_left, '=');
    if (equals == NULL)
        return cli_usage(text, err, "%s", option);
    *equals = '\0';
    *ret_right = equals + 1;
    return PLUMB_OK;
}

static enum plumb_code
declare_compromised(struct cli *cli, json_t *document, struct plumb_err *err)
{
    const char *text, *from;

    for (size_t i = 0; (text = cli_option_at(cli, "compromised", i)) != NULL; i++) {
        PLUMB_AUTO(auto_free) char *id = NULL;

        PLUMB_TRY(cut("want KEY-ID=INDEX", text, &id, &from, err));
        PLUMB_TRY(each_key(document, id, set_compromised, from, err));
    }
    return PLUMB_OK;
}

static enum plumb_code
add_keys(struct cli *cli, json_t *document, struct plumb_err *err)
{
    static const char form[] = "want PRINCIPAL=sign:KEY, or PRINCIPAL=tls:KEY";
    const char *text, *spec;

    for (size_t i = 0; (text = cli_option_at(cli, "add-key", i)) != NULL; i++) {
        PLUMB_AUTO(auto_free) char *id = NULL;
        json_t *principal, *key;
        enum plumb_use use = PLUMB_USE_SIGN;

        PLUMB_TRY(cut(form, text, &id, &spec, err));
        if (strncmp(spec, "tls:", 4) == 0)
            use = PLUMB_USE_TLS;
        else if (strncmp(spec, "sign:", 5) != 0)
            return cli_usage(text, err, "%s", form);
        principal = json_object_get(json_object_get(document, "principals"), id);
        if (principal == NULL)
            return plumb_fail(err, PLUMB_NOT_FOUND, "principal.unknown", id,
                              "the document has no such principal: add it with --principal");
        PLUMB_TRY(cli_template_key(cli, strchr(spec, ':') + 1, use, &key, err));
        if (json_array_append_new(json_object_get(principal, "keys"), key) != 0)
            return plumb_fail_memory(err);
    }
    return PLUMB_OK;
}

static enum plumb_code
add_principals(struct cli *cli, json_t *document, struct plumb_err *err)
{
    json_t *principals = json_object_get(document, "principals");
    PLUMB_AUTO(plumb_json_auto) json_t *fleets = json_array();
    char id[PLUMB_NAME_MAX + 1];
    const char *text, *fleet;
    json_t *value;

    json_object_foreach(json_object_get(document, "fleets"), fleet, value)
        (void)json_array_append_new(fleets, json_string(fleet));
    for (size_t i = 0; (text = cli_option_at(cli, "principal", i)) != NULL; i++) {
        json_t *principal;

        PLUMB_TRY(cli_template_principal(cli, text, fleets, id, sizeof id, &principal, err));
        if (json_object_get(principals, id) != NULL) {
            json_decref(principal);
            return cli_usage(id, err, "this principal is there already: see --add-key");
        }
        if (json_object_set_new(principals, id, principal) != 0)
            return plumb_fail_memory(err);
    }
    return PLUMB_OK;
}

/* What is not right yet may be mended by hand; it is said. */
static void
warn(struct cli *cli, const struct plumb_governance *before, const json_t *document)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(cli_governance_auto) struct plumb_governance *g = NULL;
    struct plumb_err err;

    if (plumb_json_canonical(document, &bytes, &err) != PLUMB_OK ||
        plumb_governance_parse(bytes.data, bytes.len, &g, &err) != PLUMB_OK ||
        plumb_governance_succeeds(before, g, PLUMB_TREE_MAX, &err) != PLUMB_OK)
        cli_note(cli, "note: as it stands it would be refused: %s: %s (%s)", err.where, err.msg,
                 err.rule);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *document = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *changes = NULL;
    const struct plumb_governance *g;
    struct plumb_chain *chain;
    const char *text;

    if (cli_option(cli, "output") == NULL || strcmp(cli_option(cli, "output"), "-") == 0)
        return cli_usage("--output", err, "say where to write it: -o next.json");
    PLUMB_TRY(cli_chain(cli, &chain, err));
    g = plumb_chain_last(chain)->document;
    document = json_deep_copy(g->json);
    if (document == NULL ||
        json_object_set_new(document, "version", json_integer(g->version + 1)) != 0 ||
        json_object_set_new(document, "previous", cli_digest_json(&g->digest)) != 0)
        return plumb_fail_memory(err);
    PLUMB_TRY(add_principals(cli, document, err));
    PLUMB_TRY(add_keys(cli, document, err));
    for (size_t i = 0; (text = cli_option_at(cli, "retire", i)) != NULL; i++)
        PLUMB_TRY(each_key(document, text, set_retired, NULL, err));
    PLUMB_TRY(declare_compromised(cli, document, err));
    PLUMB_TRY(cli_template_write(cli_option(cli, "output"), document, err));
    cli_line(cli, "wrote version %" PRId64 " to %s; what it changes so far:", g->version + 1,
             cli_option(cli, "output"));
    changes = cli_difference_lines(cli, g->json, document);
    warn(cli, g, document);
    return cli_result(cli,
                      json_pack("{s:s, s:I, s:O}", "file", cli_option(cli, "output"), "version",
                                (json_int_t)(g->version + 1), "changes", changes),
                      err);
}

static const struct cli_option options[] = {
    { "principal", 0, "ID=ROLE,...:SIGN-KEY[:TLS-KEY]", true, "add a person or machine" },
    { "add-key", 0, "PRINCIPAL=sign:KEY", true, "give a principal a key more (or tls:KEY)" },
    { "retire", 0, "KEY-ID", true, "a key signs no more; what it signed stands" },
    { "compromised", 0, "KEY-ID=INDEX", true,
      "a key counts no more from this log index on, back to then" },
    { "output", 'o', "FILE", false, "where to write it" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_governance_draft = {
    .name = "governance draft",
    .topic = "Governance",
    .summary = "write the next version of the document in force, to be changed and proposed",
    .arguments = "",
    .options = options,
    .more =
        "It names the version in force as the one it replaces. Rotating a key is --add-key "
        "and\n"
        "--retire; a stolen one is --compromised with the first log index in doubt ('plumb\n"
        "history --by NAME'). Everything else is changed in the file by hand.",
    .example = "plumb governance draft --add-key alice=sign:alice2.sign --retire 1f0c5d7e -o "
               "next.json",
    .run = run,
};
