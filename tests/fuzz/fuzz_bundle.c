/*
 * Bundles. The first line is the trust file, so that a seed carries its own; the rest is the
 * bundle. Read whole and in pieces, with the same outcome; what is accepted is whole.
 */
#include <plumb/appraise.h>

#include <assert.h>
#include <string.h>

#define NOW INT64_C(1790100000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum plumb_code
read_pieces(const struct plumb_trust *t, const uint8_t *data, size_t size, size_t piece,
            struct plumb_bundle **ret, struct plumb_memory **ret_memory, struct plumb_err *err)
{
    struct plumb_bundle_reader *r = NULL;
    enum plumb_code code = plumb_bundle_begin(t, NULL, NOW, &r, err);

    for (size_t at = 0; code == PLUMB_OK && at < size; at += piece)
        code = plumb_bundle_feed(r, data + at, size - at < piece ? size - at : piece, err);
    if (code == PLUMB_OK)
        code = plumb_bundle_end(r, ret, ret_memory, err);
    plumb_bundle_reader_free(r);
    return code;
}

static void
check_accepted(const struct plumb_bundle *b)
{
    struct plumb_policy *p = NULL;
    struct plumb_err err = { 0 };

    assert(strcmp(b->rules->name, b->fleet) == 0 && b->index < b->checkpoint.size);
    for (size_t i = 0; i < b->naccepted; i++) {
        const struct plumb_accepted *a = &b->accepted[i];

        assert(a->sets != NULL && a->sets->n > 0 && a->napprovers > 0);
        assert(plumb_name_ok(a->payload) && plumb_name_ok(a->version));
        for (size_t k = 0; k < b->nrevoked; k++)
            assert(!plumb_digest_eq(&b->revoked[k], &a->reference_values));
    }
    if (plumb_policy_new(b, &p, &err) == PLUMB_OK)
        plumb_policy_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *end = memchr(data, '\n', size);
    struct plumb_trust *t = NULL;
    struct plumb_bundle *whole = NULL, *pieces = NULL;
    struct plumb_memory *memory = NULL, *other = NULL;
    struct plumb_err err = { 0 }, again = { 0 };
    enum plumb_code code;

    if (end == NULL || plumb_trust_parse(data, (size_t)(end - data), &t, &err) != PLUMB_OK)
        return 0;
    size -= (size_t)(end + 1 - data);
    code = read_pieces(t, end + 1, size, size + 1, &whole, &memory, &err);
    assert(read_pieces(t, end + 1, size, 61, &pieces, &other, &again) == code);
    if (code == PLUMB_OK) {
        check_accepted(whole);
        assert(whole->naccepted == pieces->naccepted);
    } else {
        assert(whole == NULL && memory == NULL);
        assert(strcmp(err.rule, again.rule) == 0 && strcmp(err.where, again.where) == 0);
    }
    plumb_bundle_free(whole);
    plumb_bundle_free(pieces);
    plumb_memory_free(memory);
    plumb_memory_free(other);
    plumb_trust_free(t);
    return 0;
}
