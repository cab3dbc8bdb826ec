#include <stdio.h>
#include <string.h>

#include "cli/blob.h"
#include "cli/commands.h"
#include "cli/template.h"
#include "client/store.h"
#include "lib/own.h"

#define SERVICE_MAX 65536
#define SERVICE     "plumbd" /* the principal that the service is */

/* Roles that serve most: change them as you like, the engine knows powers only. */
static const struct {
    const char *name, *may, *not_with;
} roles[] = {
    { "admin", "enrol governance read", "pipeline service verifier" },
    { "auditor", "read", "admin pipeline release-manager service verifier" },
    { "pipeline", "release", "admin release-manager security-officer service verifier" },
    { "release-manager", "release revocation rollout", "pipeline service verifier" },
    { "security-officer", "read revocation", "pipeline service verifier" },
    { "service", "service", "" },
    { "verifier", "pull recognise", "" },
};

static json_t *
words(const char *text)
{
    json_t *array = json_array();

    while (*text != '\0') {
        const size_t len = strcspn(text, " ");

        (void)json_array_append_new(array, json_stringn(text, len));
        text += len + (text[len] == ' ');
    }
    return array;
}

static json_t *
make_roles(void)
{
    json_t *object = json_object();

    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
        (void)json_object_set_new(object, roles[i].name,
                                  json_pack("{s:o, s:o}", "may", words(roles[i].may), "notWith",
                                            words(roles[i].not_with)));
    return object;
}

static json_int_t
holders(const json_t *principals, const char *role)
{
    const char *id;
    const json_t *principal, *name;
    json_int_t n = 0;
    size_t i;

    json_object_foreach((json_t *)principals, id, principal)
        json_array_foreach(json_object_get(principal, "roles"), i, name)
            n += strcmp(json_string_value(name), role) == 0;
    return n;
}

/* So many of the role, or all there are. */
static json_t *
quorum(const json_t *principals, const char *role, json_int_t count, bool others, bool veto)
{
    const json_int_t there = holders(principals, role);

    if (there < count)
        count = there;
    return json_pack(
        "{s:{s:I}, s:b, s:o}", "need", role, count, "others", others, "veto",
        words(veto && holders(principals, "security-officer") > 0 ? "security-officer" : ""));
}

/* Two besides the proposer; where release managers must propose themselves, those who are left.
 */
static json_t *
release_quorum(const json_t *principals)
{
    const json_int_t managers = holders(principals, "release-manager");
    const bool alone = holders(principals, "pipeline") == 0;

    if (alone && managers <= 2)
        return quorum(principals, "release-manager", 1, managers == 2, true);
    return quorum(principals, "release-manager", 2, true, true);
}

static enum plumb_code
add_service(const json_t *service, json_t *principals, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *keys = json_array();
    const json_t *spki;
    size_t i;

    json_array_foreach(json_object_get(service, "sign"), i, spki)
        if (json_array_append_new(keys, json_pack("{s:O, s:s, s:s}", "spki", spki, "use",
                                                  "sign", "status", "active")) != 0)
            return plumb_fail_memory(err);
    return json_object_set_new(principals, SERVICE,
                               json_pack("{s:[s], s:O}", "roles", "service", "keys", keys)) == 0
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

static enum plumb_code
make_principals(struct cli *cli, const json_t *service, json_t *fleets, json_t **ret,
                struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *principals = json_object();
    char id[PLUMB_NAME_MAX + 1];
    const char *text;

    for (size_t i = 0; (text = cli_option_at(cli, "principal", i)) != NULL; i++) {
        json_t *principal;

        PLUMB_TRY(cli_template_principal(cli, text, fleets, id, sizeof id, &principal, err));
        if (json_object_get(principals, id) != NULL || strcmp(id, SERVICE) == 0) {
            json_decref(principal);
            return cli_usage(id, err, "this principal is there already");
        }
        if (json_object_set_new(principals, id, principal) != 0)
            return plumb_fail_memory(err);
    }
    PLUMB_TRY(add_service(service, principals, err));
    *ret = PLUMB_TAKE(principals);
    return PLUMB_OK;
}

/* The option's values, sorted, each a name. */
static enum plumb_code
names(struct cli *cli, const char *option, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *array = json_array();
    const char *text;

    for (size_t i = 0; (text = cli_option_at(cli, option, i)) != NULL; i++) {
        size_t at = 0;

        if (!plumb_name_ok(text))
            return cli_usage(text, err, "a name has letters, digits and ._+~-");
        while (at < json_array_size(array) &&
               strcmp(json_string_value(json_array_get(array, at)), text) < 0)
            at++;
        if (json_array_insert_new(array, at, json_string(text)) != 0)
            return plumb_fail_memory(err);
    }
    if (json_array_size(array) == 0)
        return cli_usage(option, err, "say at least one: --%s NAME", option);
    *ret = PLUMB_TAKE(array);
    return PLUMB_OK;
}

static json_t *
make_payloads(const json_t *names_of, const json_t *tees, const json_t *people)
{
    json_t *object = json_object();
    const json_t *name;
    size_t i;

    json_array_foreach(names_of, i, name)
        (void)json_object_set_new(
            object, json_string_value(name),
            json_pack("{s:O, s:{s:o, s:o}}", "tees", tees, "quorums", "release",
                      release_quorum(people), "revocation",
                      quorum(people, "release-manager", 1, false, false)));
    return object;
}

static const char *
duration(struct cli *cli, const char *option, const char *otherwise)
{
    return cli_option(cli, option) != NULL ? cli_option(cli, option) : otherwise;
}

static json_t *
make_fleet(struct cli *cli, const json_t *payloads, const json_t *people)
{
    return json_pack("{s:O, s:{s:o, s:o, s:o, s:o, s:o}, s:b, s:s, s:s, s:s, s:s, s:s, s:s, "
                     "s:i, s:[], s:[]}",
                     "payloads", payloads, "quorums", "begin",
                     quorum(people, "release-manager", 2, false, true), "complete",
                     quorum(people, "release-manager", 2, false, false), "rollback",
                     quorum(people, "release-manager", 1, false, false), "reschedule",
                     quorum(people, "release-manager", 2, false, true), "revocation",
                     quorum(people, "release-manager", 1, false, false), "public",
                     cli_option(cli, "public") != NULL, "grace", duration(cli, "grace", "P14D"),
                     "graceLimit", "P90D", "limit", duration(cli, "limit", "P7D"), "overrun",
                     "alert", "validity", duration(cli, "validity", "P7D"), "refresh",
                     duration(cli, "refresh", "P1D"), "recognitions", 0, "platform",
                     "trustAnchors");
}

static json_t *
make_fleets(struct cli *cli, const json_t *fleets, const json_t *payloads, const json_t *people)
{
    json_t *object = json_object();
    const json_t *name;
    size_t i;

    json_array_foreach(fleets, i, name)
        (void)json_object_set_new(object, json_string_value(name),
                                  make_fleet(cli, payloads, people));
    return object;
}

static enum plumb_code
read_service(struct cli *cli, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    const char *path = cli_option(cli, "service");

    if (path == NULL)
        return cli_usage("--service", err,
                         "say which service: --service FILE, what 'plumbd identity' prints");
    PLUMB_TRY(store_read(path, SERVICE_MAX, &bytes, err));
    PLUMB_TRY(
        plumb_json_load(bytes.data, bytes.len, SERVICE_MAX, PLUMB_JSON_DEPTH, &json, err));
    if (!json_is_string(json_object_get(json, "origin")) ||
        !json_is_array(json_object_get(json, "log")) ||
        !json_is_array(json_object_get(json, "sign")))
        return plumb_fail(err, PLUMB_INVALID, "service.form", path,
                          "this is not what 'plumbd identity' prints");
    *ret = PLUMB_TAKE(json);
    return PLUMB_OK;
}

/* The document must be good before anybody takes it for one. */
static enum plumb_code
check(const json_t *document, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(cli_governance_auto) struct plumb_governance *g = NULL;

    PLUMB_TRY(plumb_json_canonical(document, &bytes, err));
    return plumb_governance_parse(bytes.data, bytes.len, &g, err);
}

/* With --controls, whose values are the sources. */
static enum plumb_code
add_controls(struct cli *cli, json_t *document, const json_t *people, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *sources = json_array();
    const char *source;

    for (size_t i = 0; (source = cli_option_at(cli, "controls", i)) != NULL; i++) {
        if (strncmp(source, "git+", 4) == 0)
            return cli_usage("--controls", err, "sources are compared without git+: write %s",
                             source + 4);
        if (json_array_append_new(sources, json_string(source)) != 0)
            return plumb_fail_memory(err);
    }
    if (json_array_size(sources) == 0)
        return PLUMB_OK;
    cli_template_control_powers(json_object_get(document, "roles"));
    return json_object_set_new(
               document, "controls",
               cli_template_controls(sources, holders(people, "security-officer") > 0,
                                     quorum(people, "release-manager", 2, false, true))) == 0
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

static enum plumb_code
add_witnesses(struct cli *cli, json_t *document, struct plumb_err *err)
{
    json_t *witnesses;

    PLUMB_TRY(cli_template_witnesses(cli, &witnesses, err));
    if (witnesses == NULL)
        return PLUMB_OK;
    return json_object_set_new(document, "witnesses", witnesses) == 0 ? PLUMB_OK
                                                                      : plumb_fail_memory(err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *service = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *fleets = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *payloads = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *tees = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *people = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *document = NULL;

    PLUMB_TRY(read_service(cli, &service, err));
    PLUMB_TRY(names(cli, "fleet", &fleets, err));
    PLUMB_TRY(names(cli, "payload", &payloads, err));
    PLUMB_TRY(names(cli, "tee", &tees, err));
    PLUMB_TRY(make_principals(cli, service, fleets, &people, err));
    if (holders(people, "admin") == 0 || holders(people, "release-manager") == 0)
        return cli_usage("--principal", err,
                         "somebody must be admin, and somebody release-manager");
    document =
        json_pack("{s:s, s:i, s:i, s:{s:O, s:O}, s:o, s:O, s:{s:o}, s:o, s:o}", "schema",
                  "urn:plumbline:governance-document:v1", "version", 1, "rules", PLUMB_RULES,
                  "log", "origin", json_object_get(service, "origin"), "keys",
                  json_object_get(service, "log"), "roles", make_roles(), "principals", people,
                  "quorums", "governance", quorum(people, "admin", 2, false, true), "payloads",
                  make_payloads(payloads, tees, people), "fleets",
                  make_fleets(cli, fleets, payloads, people));
    if (document == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(add_controls(cli, document, people, err));
    PLUMB_TRY(add_witnesses(cli, document, err));
    PLUMB_TRY(check(document, err));
    if (cli_option(cli, "output") == NULL && cli_json(cli))
        return cli_result(cli, json_incref(document), err);
    PLUMB_TRY(cli_template_write(cli_option(cli, "output"), document, err));
    return cli_result(cli, json_incref(document), err);
}

static const struct cli_option options[] = {
    { "service", 0, "FILE", false, "the service's keys, as 'plumbd identity' prints them" },
    { "fleet", 0, "FLEET", true, "a fleet" },
    { "payload", 0, "PAYLOAD", true, "a payload" },
    { "tee", 0, "TEE", true, "what it runs in: sgx, tdx, snp, nitro, cca, tpm, oci" },
    { "principal", 0, "ID=ROLE,...:SIGN-KEY[:TLS-KEY]", true, "a person or machine" },
    { "controls", 0, "SOURCE", true,
      "hold releases to the built-in controls; a source that may be built, as a pattern" },
    { "witness", 0, "VKEY@URL", true, "a witness that is asked to cosign checkpoints" },
    { "witness-need", 0, "N", false, "so many of them make a checkpoint witnessed (all)" },
    { "witness-wait", 0, NULL, false,
      "publish nothing that is not witnessed (else go on, and say so)" },
    { "public", 0, NULL, false, "everyone may pull the fleets' bundles" },
    { "grace", 0, "DURATION", false, "how long a superseded version stays (P14D)" },
    { "limit", 0, "DURATION", false, "how long a rollout may take (P7D)" },
    { "validity", 0, "DURATION", false, "how long a bundle is good (P7D)" },
    { "refresh", 0, "DURATION", false, "how often it is published anew (P1D)" },
    { "output", 'o', "FILE", false, "where to write it" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_governance_template = {
    .name = "governance template",
    .topic = "Governance",
    .summary = "write a first governance document, to be read and changed before it is signed",
    .arguments = "",
    .options = options,
    .more =
        "Roles: admin (two change governance), release-manager (two approve a release, begin "
        "and\n"
        "complete rollouts; one revokes or rolls back), pipeline (registers versions),\n"
        "security-officer (has a veto), verifier, auditor. Keys are files, of which only the\n"
        "public half is read, or agent:WHICH: (with the second colon).",
    .example = "plumb governance template --service service.json --fleet prod --payload svr2 "
               "--tee sgx --principal alice=admin,release-manager:alice.sign:alice.tls "
               "--principal bob=admin,release-manager:bob.sign:bob.tls -o governance.json",
    .run = run,
};
