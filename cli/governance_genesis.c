#include <string.h>

#include "cli/blob.h"
#include "cli/commands.h"
#include "cli/fields.h"
#include "client/author.h"
#include "client/keyspec.h"
#include "client/store.h"
#include "lib/own.h"

#define ENVELOPE_MAX 131072

PLUMB_DEFINE_AUTO(auto_signer, struct plumb_signer *, plumb_signer_free);
PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

/* The ceremony: the document, the statement as its envelope says it, who has signed. */
struct ceremony {
    struct plumb_bytes document;
    struct plumb_governance *governance;
    json_t *envelope;
    struct plumb_statement *statement; /* of the envelope's payload */
    struct plumb_dsse dsse;
    bool fresh; /* begun by this run */
};

static void
ceremony_clear(struct ceremony *c)
{
    plumb_bytes_clear(&c->document);
    plumb_governance_free(c->governance);
    json_decref(c->envelope);
    plumb_statement_free(c->statement);
    plumb_dsse_clear(&c->dsse);
}

static const struct plumb_principal *
owner_of(const struct plumb_governance *g, const struct plumb_digest *id,
         const struct plumb_key **ret)
{
    for (size_t i = 0; i < g->nprincipals; i++)
        for (size_t k = 0; k < g->principals[i].nkeys; k++)
            if (plumb_digest_eq(plumb_pubkey_id(g->principals[i].keys[k].pub), id)) {
                *ret = &g->principals[i].keys[k];
                return &g->principals[i];
            }
    return NULL;
}

static bool
is_named(struct cli *cli, const struct plumb_governance *g, const struct plumb_principal *p)
{
    const size_t n = cli_option_count(cli, "signer");

    for (size_t i = 0; i < n; i++)
        if (strcmp(cli_option_at(cli, "signer", i), p->id) == 0)
            return true;
    for (size_t i = 0; n == 0 && i < g->quorum.nneeds; i++)
        if (plumb_principal_has_role(p, g->quorum.needs[i].role))
            return true;
    return false;
}

/* The keys of those who sign: of --signer, or of everyone whom the quorum asks for. */
static enum plumb_code
begin(struct cli *cli, struct ceremony *c, struct plumb_err *err)
{
    const struct plumb_governance *g = c->governance;
    struct plumb_digest keys[PLUMB_SIGNATURE_MAX];
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes payload = { NULL, 0 };
    PLUMB_AUTO(auto_free) char *text = NULL;
    size_t n = 0;

    for (size_t i = 0; i < g->nprincipals; i++)
        for (size_t k = 0; k < g->principals[i].nkeys; k++) {
            const struct plumb_key *key = &g->principals[i].keys[k];

            if (!is_named(cli, g, &g->principals[i]) || key->use != PLUMB_USE_SIGN ||
                key->status != PLUMB_KEY_ACTIVE)
                continue;
            if (n == PLUMB_SIGNATURE_MAX)
                return plumb_fail(err, PLUMB_TOO_LARGE, "genesis.signers", "--signer",
                                  "more than %d keys: say who signs with --signer",
                                  PLUMB_SIGNATURE_MAX);
            keys[n++] = *plumb_pubkey_id(key->pub);
        }
    if (n == 0)
        return plumb_fail(err, PLUMB_INVALID, "genesis.signers", "--signer",
                          "nobody who may sign has an active key in the document");
    PLUMB_TRY(author_genesis(g, keys, n, cli_now(), &payload, err));
    PLUMB_TRY(plumb_base64(payload.data, payload.len, &text, err));
    c->envelope = json_pack("{s:s, s:s, s:[]}", "payload", text, "payloadType",
                            PLUMB_PAYLOAD_TYPE, "signatures");
    c->fresh = true;
    if (c->envelope == NULL)
        return plumb_fail_memory(err);
    return plumb_statement_peek(payload.data, payload.len, &c->statement, err);
}

/* A file that is handed round: it must be of this very document. */
static enum plumb_code
go_on(struct ceremony *c, const char *path, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    struct plumb_jv root;

    PLUMB_TRY(store_read(path, ENVELOPE_MAX, &bytes, err));
    PLUMB_TRY(plumb_json_load(bytes.data, bytes.len, ENVELOPE_MAX, PLUMB_JSON_DEPTH,
                              &c->envelope, err));
    root = plumb_jv_root(c->envelope, path);
    PLUMB_TRY(plumb_dsse_read(&root, &c->dsse, err));
    PLUMB_TRY(
        plumb_statement_peek(c->dsse.payload.data, c->dsse.payload.len, &c->statement, err));
    plumb_dsse_clear(&c->dsse);
    if (c->statement->kind != PLUMB_KIND_GOVERNANCE || c->statement->u.governance.version != 1)
        return plumb_fail(err, PLUMB_INVALID, "genesis.file", path, "this is no genesis");
    if (!plumb_digest_eq(&c->statement->u.governance.document, &c->governance->digest))
        return plumb_fail(err, PLUMB_CONFLICT, "genesis.document", path,
                          "this genesis is of another document: move the file away to begin "
                          "anew");
    return PLUMB_OK;
}

static enum plumb_code
sign(struct cli *cli, struct ceremony *c, const char *spec, struct plumb_err *err)
{
    PLUMB_AUTO(auto_signer) struct plumb_signer *signer = NULL;
    const struct plumb_digest *id;
    json_t *envelope = NULL;
    enum plumb_code code;
    bool listed = false;

    PLUMB_TRY(keyspec_signer(spec, cli_agent(cli), &signer, err));
    id = plumb_pubkey_id(signer->pub);
    for (size_t i = 0; i < c->statement->nkeys; i++)
        listed = listed || plumb_digest_eq(&c->statement->keys[i], id);
    if (!listed)
        return plumb_fail(
            err, PLUMB_FORBIDDEN, "genesis.key", spec,
            "the document does not name this key among those who sign the genesis");
    if (json_array_size(json_object_get(c->envelope, "signatures")) > 0) {
        code = plumb_dsse_add(c->envelope, signer, err);
        return code == PLUMB_CONFLICT ? PLUMB_OK : code; /* signing again changes nothing */
    }
    {
        const char *text = json_string_value(json_object_get(c->envelope, "payload"));
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes payload = { NULL, 0 };

        PLUMB_TRY(plumb_base64_parse(text, strlen(text), "payload", &payload, err));
        PLUMB_TRY(plumb_dsse_sign(payload.data, payload.len, &signer, 1, &envelope, err));
    }
    json_decref(c->envelope);
    c->envelope = envelope;
    return PLUMB_OK;
}

/* Whose signature is good, and whose is missing; in *ret the missing ones by name. */
static enum plumb_code
report(struct cli *cli, struct ceremony *c, json_t *missing, struct plumb_err *err)
{
    struct plumb_jv root = plumb_jv_root(c->envelope, "genesis");

    PLUMB_TRY(plumb_dsse_read(&root, &c->dsse, err));
    for (size_t i = 0; i < c->statement->nkeys; i++) {
        const struct plumb_key *key = NULL;
        const struct plumb_principal *p = owner_of(c->governance, &c->statement->keys[i], &key);
        const bool signed_ =
            p != NULL && plumb_dsse_verify(&c->dsse, key->pub, NULL) == PLUMB_OK;

        if (p == NULL)
            return plumb_fail(err, PLUMB_INVALID, "genesis.key", "keys",
                              "the genesis names a key that the document does not have");
        cli_line(cli, "%-9s %s", signed_ ? "signed" : "MISSING", p->id);
        if (!signed_ && json_array_append_new(missing, json_string(p->id)) != 0)
            return plumb_fail_memory(err);
    }
    return PLUMB_OK;
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(ceremony_clear) struct ceremony c = { .fresh = false };
    PLUMB_AUTO(plumb_json_auto) json_t *missing = json_array();
    const char *output = cli_option(cli, "output");
    char hex[PLUMB_DIGEST_HEX];
    struct plumb_err why;

    if (output == NULL || strcmp(output, "-") == 0)
        return cli_usage("--output", err, "say where to write it: -o genesis.json");
    if (cli_option(cli, "sign-key") == NULL)
        return cli_usage("--sign-key", err, "say whose key signs: --sign-key KEY");
    PLUMB_TRY(cli_read_governance(cli_arg(cli, 0), &c.document, &c.governance, err));
    if (c.governance->version != 1)
        return plumb_fail(err, PLUMB_INVALID, "genesis.version", cli_arg(cli, 0),
                          "a genesis is of version 1: later ones are proposed, see 'plumb "
                          "governance propose --help'");
    if (go_on(&c, output, &why) != PLUMB_OK) {
        if (why.code != PLUMB_NOT_FOUND)
            return plumb_fail(err, why.code, why.rule, why.where, "%s", why.msg);
        PLUMB_TRY(begin(cli, &c, err));
    }
    for (size_t i = 0; cli_option_at(cli, "sign-key", i) != NULL; i++)
        PLUMB_TRY(sign(cli, &c, cli_option_at(cli, "sign-key", i), err));
    PLUMB_TRY(report(cli, &c, missing, err));
    {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };

        PLUMB_TRY(plumb_json_canonical(c.envelope, &bytes, err));
        PLUMB_TRY(cli_write(output, bytes.data, bytes.len, false, err));
    }
    plumb_digest_hex(&c.statement->id, hex);
    cli_line(cli, "genesis   %s", hex);
    cli_line(cli, json_array_size(missing) == 0
                      ? "Everyone signed. Write the genesis down: it is what all pin."
                      : "Hand the file round until everyone signed.");
    return cli_result(
        cli, json_pack("{s:s, s:s, s:O}", "genesis", hex, "file", output, "missing", missing),
        err);
}

static const struct cli_option options[] = {
    { "signer", 0, "PRINCIPAL", true, "who signs (else everyone whom the quorum may count)" },
    { "output", 'o', "FILE", false, "the genesis; if it is there, signatures are added to it" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_governance_genesis = {
    .name = "governance genesis",
    .topic = "Governance",
    .summary = "sign the first governance document: its administrators, one after the other",
    .arguments = "FILE",
    .min = 1,
    .max = 1,
    .options = options,
    .more = "Each administrator runs this on their own machine, with the same document and the "
            "file\n"
            "that is handed round, within 30 days. All whose keys it lists must sign.",
    .example = "plumb governance genesis governance.json --sign-key alice.sign -o genesis.json",
    .run = run,
};
