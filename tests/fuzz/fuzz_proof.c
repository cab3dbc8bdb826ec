/*
 * Receipts and proofs. The seed is entry 5 of a log of 13 ("index 5", signed by a key that is
 * gone): nothing else may be accepted for that leaf. The bytes are also taken as an inclusion
 * and a consistency proof to a root that no hash leads to.
 */
#include <plumb/tlog.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy[] =
    "log fuzz.example/log+d011ad81+ASN3/AQaIh3Mytoxn9uV2RNljySh0901ZAkyM/6zVq++\n"
    "quorum none\n";

static uint64_t
take_number(const uint8_t **data, size_t *size)
{
    uint64_t n = 0;

    for (int i = 0; i < 8 && *size > 0; i++, (*size)--)
        n = n << 8 | *(*data)++;
    return n;
}

static void
raw_proofs(const uint8_t *data, size_t size)
{
    uint64_t a = take_number(&data, &size), b = take_number(&data, &size);
    size_t n = size / PLUMB_DIGEST_LEN;
    struct plumb_digest *proof = malloc(size + 1), leaf, root = { { 0 } };

    if (proof == NULL)
        abort();
    if (n > 0)
        memcpy(proof, data, n * PLUMB_DIGEST_LEN);
    plumb_leaf_hash(data, size, &leaf);
    assert(plumb_inclusion_verify(a, b, &leaf, proof, n, &root, NULL) != PLUMB_OK);
    if (a != 0 && a != b)
        assert(plumb_consistency_verify(a, &root, b, &root, proof, n, NULL) != PLUMB_OK);
    free(proof);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct plumb_log_policy *p;
    struct plumb_digest leaf;
    struct plumb_checkpoint c;
    struct plumb_err err = { 0 };
    uint64_t index;

    if (p == NULL && plumb_log_policy_parse(policy, strlen(policy), &p, NULL) != PLUMB_OK)
        abort();
    raw_proofs(data, size);
    plumb_leaf_hash("5", 1, &leaf);
    if (plumb_tlog_proof_verify(p, data, size, &leaf, &index, &c, &err) == PLUMB_OK)
        assert(index == 5 && c.size == 13 && strcmp(c.origin, "fuzz.example/log") == 0);
    else
        assert(err.code != PLUMB_OK && err.rule[0] != '\0');
    return 0;
}
