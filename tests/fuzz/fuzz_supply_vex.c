/* VEX: nothing clears a finding that has no reason, no time, or is of another vulnerability. */
#include "supply/vex.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const digests[] = {
        "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
    };
    const struct sbom_component c = { .name = "n", .purl = "pkg:npm/n@1.2.3?a=b" };
    const struct sbom bill = { .components = &c, .n = 1, .subject = &c };
    struct vex *v = NULL;
    struct plumb_err err = { 0 };

    if (vex_read(data, size, &v, &err) != PLUMB_OK) {
        assert(v == NULL && err.rule[0] != '\0');
        return 0;
    }
    for (size_t i = 0; i < v->n; i++) {
        const struct vex_statement *s = &v->statements[i], *found;
        const struct vex_query q = { &s->vulnerability, 1, digests, 1, &bill, &c, true };

        assert(s->time != PLUMB_TIME_NEVER && s->status < VEX_STATUS_COUNT);
        assert(!vex_clears(s) || s->status >= VEX_NOT_AFFECTED);
        found = vex_find(v, &q);
        assert(found == NULL || (found >= v->statements && found < v->statements + v->n &&
                                 (s->nproducts > 0 || found->time >= s->time)));
    }
    vex_free(v);
    return 0;
}
