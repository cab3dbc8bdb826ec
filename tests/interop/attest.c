/*
 * What tests/interop/attestations asks of ours.
 *   interop_attest sign TYPE PAYLOAD OUT     a new key (ed25519, ecdsa-p256): OUT.json, OUT.pem
 *   interop_attest summary OUT               what an approval was evaluated to, signed: the
 * same interop_attest open PEM FILE             opens by that key interop_attest notary DIR a
 * trusted root, bundles by it, and twins that are not interop_attest verify ROOT PEM FILE...
 * "NAME ok" or "NAME refused"
 */
#include "tests/t.h"

#include <plumb/dsse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "supply/attestation.h"
#include "supply/sigstore.h"
#include "tests/engine/controlled.h"
#include "tests/notary.h"

#define STATEMENT(name)                                                                        \
    "{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"" name            \
    "\",\"digest\":{\"sha256\":"                                                               \
    "\"1111111111111111111111111111111111111111111111111111111111111111\"}}],"                 \
    "\"predicateType\":\"https://example.org/x\",\"predicate\":{}}"

static void
die(const char *what, const struct plumb_err *err)
{
    (void)fprintf(stderr, "%s: [%s] %s: %s\n", what, err->rule, err->where, err->msg);
    exit(1);
}

static struct plumb_bytes
slurp(const char *path)
{
    struct plumb_bytes bytes = { 0 };
    FILE *f = fopen(path, "rb");
    long size;

    if (f == NULL || fseek(f, 0, SEEK_END) != 0 || (size = ftell(f)) < 0 ||
        fseek(f, 0, SEEK_SET) != 0 || (bytes.data = malloc((size_t)size + 1)) == NULL) {
        perror(path);
        exit(1);
    }
    bytes.len = fread(bytes.data, 1, (size_t)size, f);
    bytes.data[bytes.len] = 0;
    (void)fclose(f);
    return bytes;
}

static void
spill(const char *dir, const char *name, const char *text)
{
    char path[4096];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s%s", dir, name);
    f = fopen(path, "wb");
    if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0) {
        perror(path);
        exit(1);
    }
}

static void
spill_json(const char *dir, const char *name, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    if (text == NULL)
        exit(1);
    spill(dir, name, text);
    free(text);
    json_decref(json);
}

static struct plumb_pubkey *
read_pem(const char *path)
{
    struct plumb_bytes pem = slurp(path), der = { 0 };
    char *from = strstr((char *)pem.data, "KEY-----"), *out;
    struct plumb_pubkey *key = NULL;
    struct plumb_err err;

    if (from == NULL)
        exit(1);
    out = from += strlen("KEY-----");
    for (const char *c = from; *c != '\0' && *c != '-'; c++)
        if (*c > ' ')
            *out++ = *c;
    if (plumb_base64_parse(from, (size_t)(out - from), path, &der, &err) != PLUMB_OK ||
        plumb_pubkey_from_spki(der.data, der.len, NULL, false, path, &key, &err) != PLUMB_OK)
        die(path, &err);
    plumb_bytes_clear(&der);
    plumb_bytes_clear(&pem);
    return key;
}

/* Steals envelope. */
static void
spill_signed(const char *out, json_t *envelope, const struct plumb_signer *signer)
{
    char *spki = NULL, pem[1000];
    struct plumb_err err;
    const uint8_t *der;
    size_t len;

    der = plumb_pubkey_spki(signer->pub, &len);
    if (plumb_base64(der, len, &spki, &err) != PLUMB_OK)
        die(out, &err);
    (void)snprintf(pem, sizeof pem,
                   "-----BEGIN PUBLIC KEY-----\n%s\n-----END PUBLIC KEY-----\n", spki);
    spill_json(out, ".json", envelope);
    spill(out, ".pem", pem);
    free(spki);
}

static void
sign(const char *type, const char *payload, const char *out)
{
    struct plumb_bytes body = slurp(payload);
    struct plumb_signer *signer = NULL;
    json_t *envelope = NULL;
    struct plumb_err err;

    if (plumb_signer_generate(strcmp(type, "ed25519") == 0 ? PLUMB_KEY_ED25519 : PLUMB_KEY_P256,
                              &signer, &err) != PLUMB_OK ||
        plumb_dsse_sign(body.data, body.len, &signer, 1, &envelope, &err) != PLUMB_OK)
        die(payload, &err);
    spill_signed(out, envelope, signer);
    plumb_signer_free(signer);
    plumb_bytes_clear(&body);
}

/* As the service does it, of a release that meets every control of the built-in profile. */
static void
summary(const char *out)
{
    const struct plumb_signer *service;
    struct plumb_bytes statement = { 0 };
    struct plumb_digest release;
    json_t *envelope = NULL;
    struct world w;

    controlled_begin(&w, NULL);
    release = controlled_release(&w, "1.0");
    (void)world_record(&w);
    service = make_who(&w.make, "plumbd")->sign;
    if (engine_summary_statement(w.engine, &release, &statement, &w.err) != PLUMB_OK ||
        plumb_dsse_sign_long(statement.data, statement.len, ENGINE_SUMMARY_MAX,
                             (struct plumb_signer *)service, &envelope, &w.err) != PLUMB_OK)
        die(out, &w.err);
    spill_signed(out, envelope, service);
    plumb_bytes_clear(&statement);
    world_end(&w);
}

static enum plumb_code
open_file(const char *path, const struct attestation_keyring *ring, struct plumb_err *err)
{
    struct plumb_bytes bytes = slurp(path);
    struct attestation *a = NULL;
    enum plumb_code code = attestation_open(bytes.data, bytes.len, ring, &a, err);

    attestation_free(a);
    plumb_bytes_clear(&bytes);
    return code;
}

static void
open_by_key(const char *pem, const char *path)
{
    struct plumb_pubkey *key = read_pem(pem);
    const struct plumb_pubkey *keys[] = { key };
    const struct attestation_keyring ring = { .keys = keys, .nkeys = 1 };
    struct plumb_err err;

    if (open_file(path, &ring, &err) != PLUMB_OK)
        die(path, &err);
    plumb_pubkey_free(key);
}

static void
verify(const char *root_path, const char *pem, char *const *paths)
{
    struct plumb_pubkey *key = read_pem(pem);
    const struct plumb_pubkey *keys[] = { key };
    struct plumb_bytes bytes = slurp(root_path);
    struct sigstore_root *root = NULL;
    struct plumb_err err;

    if (sigstore_root_read(bytes.data, bytes.len, &root, &err) != PLUMB_OK)
        die(root_path, &err);
    for (; *paths != NULL; paths++) {
        const struct attestation_keyring ring = { keys, 1, root };
        const char *slash = strrchr(*paths, '/');

        (void)printf("%s %s\n", slash != NULL ? slash + 1 : *paths,
                     open_file(*paths, &ring, &err) == PLUMB_OK ? "ok" : "refused");
    }
    sigstore_root_free(root);
    plumb_pubkey_free(key);
    plumb_bytes_clear(&bytes);
}

static const struct {
    const char *name;
    struct notary_wish wish;
} bundles[] = {
    { "good-dsse.json", { .version = NULL } },
    { "good-intoto.json", { .intoto = true } },
    { "good-0.2.json", { .version = "0.2" } },
    { "good-0.1.json", { .version = "0.1", .no_proof = true } },
    { "bad-authority.json", { .self_made = true } },
    { "bad-late.json", { .at = 1795489892 + 301 } },
    { "bad-early.json", { .at = 1795489892 - 301 } },
    { "bad-log.json", { .other_log = true } },
    { "bad-payload.json", { .stated = STATEMENT("b") } },
    { "bad-payload-intoto.json", { .stated = STATEMENT("b"), .intoto = true } },
    { "bad-signer.json", { .other_signer = true } },
    { "bad-no-proof.json", { .no_proof = true } },
    { "bad-no-promise.json", { .no_promise = true } },
};

static void
notary(const char *dir)
{
    struct notary n;

    notary_begin(&n, 1795489892);
    spill_json(dir, "/root.json", notary_root(&n));
    for (size_t i = 0; i < sizeof bundles / sizeof *bundles; i++) {
        char name[100];

        (void)snprintf(name, sizeof name, "/%s", bundles[i].name);
        spill_json(dir, name, notary_bundle(&n, STATEMENT("a"), &bundles[i].wish));
    }
    notary_end(&n);
}

int
main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "sign") == 0)
        sign(argv[2], argv[3], argv[4]);
    else if (argc == 3 && strcmp(argv[1], "summary") == 0)
        summary(argv[2]);
    else if (argc == 4 && strcmp(argv[1], "open") == 0)
        open_by_key(argv[2], argv[3]);
    else if (argc == 3 && strcmp(argv[1], "notary") == 0)
        notary(argv[2]);
    else if (argc > 4 && strcmp(argv[1], "verify") == 0)
        verify(argv[2], argv[3], argv + 4);
    else
        return 2;
    return 0;
}
