#include "cli/attest.h"

#include <string.h>

#include "cli/fields.h"
#include "client/keyspec.h"
#include "lib/own.h"
#include "supply/signers.h"

#define STATEMENT_MAX (1u << 20)

PLUMB_DEFINE_AUTO(auto_attestation, struct attestation *, attestation_free);

void
cli_attest_clear(struct cli_attest *a)
{
    cli_released_clear(&a->release);
}

enum plumb_code
cli_attest_begin(struct cli *cli, const char *type, enum plumb_trust_use use,
                 struct cli_attest *ret, struct plumb_err *err)
{
    struct plumb_digest id;

    *ret = (struct cli_attest){ .output = cli_option(cli, "output"), .type = type, .use = use };
    if (ret->output == NULL)
        return cli_usage("--output", err, "say where it goes: -o FILE");
    PLUMB_TRY(cli_version(cli_arg(cli, 0), &ret->version, err));
    PLUMB_TRY(cli_release_id(cli, &ret->version, &id, err));
    PLUMB_TRY(cli_released(cli, &id, &ret->release, err));
    PLUMB_TRY(cli_chain(cli, &ret->chain, err));
    ret->governance = plumb_chain_last(ret->chain)->document;
    if (ret->governance->controls == NULL)
        return plumb_fail(err, PLUMB_CONFLICT, "controls.none", "governance",
                          "governance names no controls, so nothing that is attested counts");
    return PLUMB_OK;
}

json_t *
cli_attest_resource(const char *name, const struct plumb_digest *digest)
{
    return json_pack("{s:s, s:{s:o}}", "name", name, "digest", "sha256",
                     cli_digest_json(digest));
}

json_t *
cli_attest_artifacts(const struct cli_attest *a)
{
    const struct plumb_statement *s = a->release.s;
    json_t *list = json_array();

    for (size_t i = 0; i < s->nsubjects; i++)
        if (json_array_append_new(
                list, cli_attest_resource(s->subjects[i].name, &s->subjects[i].digest)) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static enum plumb_code
sign(const struct cli_attest *a, struct plumb_signer *signer, const json_t *subjects,
     const json_t *predicate, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes payload = { NULL, 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(plumb_json_auto)
    json_t *statement =
        json_pack("{s:s, s:O, s:s, s:O}", "_type", "https://in-toto.io/Statement/v1", "subject",
                  subjects, "predicateType", a->type, "predicate", predicate);

    if (statement == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_json_canonical(statement, &payload, err));
    PLUMB_TRY(
        plumb_dsse_sign_long(payload.data, payload.len, STATEMENT_MAX, signer, &envelope, err));
    return plumb_json_canonical(envelope, ret, err);
}

/* As the engine will, by what is in force now. */
static const struct plumb_trusted *
who_trusts(const struct cli_attest *a, const struct attestation *read)
{
    return signers_find(a->chain, a->governance, read, UINT64_MAX, a->use, a->control);
}

static enum plumb_code
answer(struct cli *cli, const struct cli_attest *a, const struct plumb_pubkey *key,
       const struct attestation *read, struct plumb_err *err)
{
    const struct plumb_trusted *trusted = who_trusts(a, read);
    char fingerprint[KEYSPEC_FINGERPRINT];

    PLUMB_TRY(keyspec_fingerprint(key, fingerprint, err));
    if (trusted != NULL)
        cli_line(cli, "signed     %s, whom governance calls %s", fingerprint, trusted->name);
    else
        cli_note(cli,
                 "note: governance does not trust %s for '%s'%s%s: attached now, this counts "
                 "for nothing",
                 fingerprint, plumb_trust_use_text(a->use), a->control != NULL ? " of " : "",
                 a->control != NULL ? a->control : "");
    cli_line(cli, "written    %s; attach it with: plumb evidence add %s@%s %s", a->output,
             a->version.payload, a->version.version, a->output);
    return cli_result(cli,
                      json_pack("{s:s, s:s, s:o, s:i, s:o, s:s*}", "file", a->output, "kind",
                                attestation_text(read->kind), "release",
                                cli_digest_json(&a->release.s->id), "subjects",
                                (int)read->nsubjects, "key",
                                cli_digest_json(plumb_pubkey_id(key)), "trusted",
                                trusted != NULL ? trusted->name : NULL),
                      err);
}

enum plumb_code
cli_attest_write(struct cli *cli, const struct cli_attest *a, const json_t *subjects,
                 const json_t *predicate, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(auto_attestation) struct attestation *read = NULL;
    const struct plumb_pubkey *keys[1];
    struct plumb_signer *signer;

    if (subjects == NULL || predicate == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(cli_signer(cli, &signer, err));
    PLUMB_TRY(sign(a, signer, subjects, predicate, &bytes, err));
    keys[0] = signer->pub;
    PLUMB_TRY(attestation_open(bytes.data, bytes.len,
                               &(struct attestation_keyring){ .keys = keys, .nkeys = 1 }, &read,
                               err));
    PLUMB_TRY(cli_write(a->output, bytes.data, bytes.len, false, err));
    return answer(cli, a, signer->pub, read, err);
}
