/* Bills of materials: what is read is whole, and does not differ from itself. */
#include "supply/sbom.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sbom_diff d = { NULL, 0 };
    struct sbom *s = NULL;
    struct plumb_err err = { 0 };
    size_t unwatched = 0;

    if (sbom_read(data, size, &s, &err) != PLUMB_OK) {
        assert(s == NULL && err.rule[0] != '\0');
        return 0;
    }
    assert(s->spec_version != NULL && s->format < SBOM_FORMAT_COUNT);
    for (size_t i = 0; i < s->n; i++) {
        const struct sbom_component *c = &s->components[i];

        assert(c->name[0] != '\0' && strlen(c->name) <= SBOM_TEXT);
        assert(c->npackages <= PACKAGES_MAX && (c->npackages == 0 || c->purl != NULL));
        for (size_t k = 0; k < c->nhashes; k++)
            assert(strspn(c->hashes[k].value, "0123456789abcdef") ==
                   strlen(c->hashes[k].value));
        unwatched += c->npackages == 0;
    }
    assert(unwatched == s->nunwatched);
    assert(s->subject == NULL ||
           (s->subject >= s->components && s->subject < s->components + s->n));
    assert(sbom_compare(s, s, &d, &err) == PLUMB_OK && d.n == 0);
    sbom_diff_clear(&d);
    sbom_free(s);
    return 0;
}
