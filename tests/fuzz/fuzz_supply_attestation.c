/* fuzz_supply_attestation.c - a statement that somebody trusted signed, and envelopes as they
 * come: what is read has signers and subjects, and what nobody signed is not read. */
#include <plumb/dsse.h>
#include <stdlib.h>
#include <string.h>

#include "supply/attestation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct plumb_signer *signer;

static void
check_parameters(const struct attestation *a)
{
    size_t bytes = 0;

    for (size_t i = 0; i < a->u.provenance.nparameters; i++) {
        const struct attestation_parameter *p = &a->u.provenance.parameters[i];

        if ((p->name[0] != '/' && p->name[0] != '\0') || p->value[0] == '\0')
            abort();
        bytes += strlen(p->name) + strlen(p->value) + 2;
    }
    if (bytes > ATTESTATION_PARAMETERS_MAX)
        abort();
}

static void
check(const struct attestation *a)
{
    if (a->kind == ATTESTATION_PROVENANCE)
        check_parameters(a);
    if (a->nsigners != 1 || !a->signers[0].by_key ||
        !plumb_digest_eq(&a->signers[0].key, plumb_pubkey_id(signer->pub)) ||
        a->nsubjects == 0 || a->kind >= ATTESTATION_KIND_COUNT || a->predicate_type[0] == '\0')
        abort();
    if ((a->document.len > 0) != (a->kind == ATTESTATION_SBOM || a->kind == ATTESTATION_VEX))
        abort();
    for (size_t i = 0; i < a->nsubjects; i++)
        if (a->subjects[i].name == NULL ||
            (a->subjects[i].has_sha256 && !attestation_about(a, &a->subjects[i].sha256)))
            abort();
}

static void
open_signed(const uint8_t *data, size_t size, const struct attestation_keyring *ring)
{
    struct attestation *a = NULL;
    json_t *envelope = NULL;
    char *text;

    if (size > PLUMB_PAYLOAD_MAX ||
        plumb_dsse_sign(data, size, &signer, 1, &envelope, NULL) != PLUMB_OK)
        return;
    text = json_dumps(envelope, JSON_COMPACT);
    if (text != NULL && attestation_open(text, strlen(text), ring, &a, NULL) == PLUMB_OK)
        check(a);
    attestation_free(a);
    free(text);
    json_decref(envelope);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct plumb_pubkey *key;
    struct attestation_keyring ring = { .keys = &key, .nkeys = 1 };
    struct attestation *a = NULL;

    if (signer == NULL && plumb_signer_generate(PLUMB_KEY_ED25519, &signer, NULL) != PLUMB_OK)
        abort();
    key = signer->pub;
    open_signed(data, size, &ring);
    /* nobody whom it could know has this key */
    if (attestation_open(data, size, &ring, &a, NULL) == PLUMB_OK)
        abort();
    (void)attestation_is(data, size);
    return 0;
}
