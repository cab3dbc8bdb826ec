/* Sigstore bundles and trusted roots: nothing is told that nobody vouched for. */
#include "supply/attestation.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "supply/sigstore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A blob of two parts is a root and a bundle by it. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *nul = memchr(data, 0, size);
    size_t first = nul != NULL ? (size_t)(nul - data) : size;
    struct attestation_keyring ring = { .nkeys = 0 };
    struct sigstore_root *root = NULL;
    struct attestation *a = NULL;
    struct plumb_err err = { 0 };

    if (nul != NULL && sigstore_root_read(data, first, &root, &err) == PLUMB_OK) {
        data = nul + 1;
        size -= first + 1;
    } else if (nul != NULL) {
        assert(root == NULL && err.rule[0] != '\0');
    }
    ring.root = root;
    err = (struct plumb_err){ 0 };
    if (attestation_open(data, size, &ring, &a, &err) != PLUMB_OK) {
        assert(a == NULL && err.rule[0] != '\0');
    } else {
        assert(root != NULL && attestation_is(data, size));
        assert(a->nsigners == 1 && !a->signers[0].by_key && a->nsubjects > 0);
        assert(a->signers[0].issuer[0] != '\0' && a->signers[0].identity[0] != '\0');
        attestation_free(a);
    }
    sigstore_root_free(root);
    return 0;
}
