/* Evidence claims: sorted, each once, found again; and debug mode is never missed. */
#include <plumb/refval.h>

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_claims *c = NULL;
    struct plumb_err err = { 0 };
    const char *name = NULL;
    bool debug, want = false;
    const struct plumb_measurement_kind *kinds;
    size_t n;

    if (plumb_claims_parse(data, size, &c, &err) != PLUMB_OK) {
        assert(c == NULL && err.code != PLUMB_OK && err.rule[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < c->n; i++) {
        assert(i == 0 || strcmp(c->claims[i - 1].kind->name, c->claims[i].kind->name) < 0);
        assert(plumb_claims_find(c, c->claims[i].kind->name) == &c->claims[i]);
    }
    kinds = plumb_measurements_of(c->tee, &n);
    for (size_t i = 0; i < n; i++) {
        const struct plumb_claim *claim = plumb_claims_find(c, kinds[i].name);

        if (kinds[i].debug != NULL || kinds[i].not_zero)
            want = want || claim == NULL ||
                   plumb_measurement_debug(&kinds[i], claim->value, NULL, claim->len);
    }
    debug = plumb_claims_debug(c, &name);
    assert(debug == want && debug == (name != NULL));
    plumb_claims_free(c);
    return 0;
}
