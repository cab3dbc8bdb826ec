/* Advisories: whatever they hold, a package is affected, not, or undetermined for a reason. */
#include "supply/osv.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
ask(const struct osv_advisory *a, const char *key, const char *version, const char *release)
{
    const struct package p = { key, version, release };
    struct osv_match m;

    osv_match(a, &p, &m);
    assert(m.reason < OSV_REASON_COUNT);
    assert(m.reason == OSV_OTHER_PACKAGE || m.affected != NULL);
    assert(m.fixed == NULL || m.verdict == OSV_AFFECTED);
    assert(a->withdrawn == PLUMB_TIME_NEVER || m.verdict == OSV_NOT_AFFECTED);
    assert(version != NULL || m.verdict != OSV_AFFECTED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct osv_advisory *a = NULL;
    struct plumb_err err = { 0 };

    if (osv_read(data, size, &a, &err) != PLUMB_OK) {
        assert(a == NULL && err.rule[0] != '\0');
        return 0;
    }
    assert(a->id[0] != '\0' && a->score >= -1 && a->score <= 100);
    assert((a->severity == SEVERITY_UNRATED) == (a->score < 0));
    for (size_t i = 0; i < a->naffected; i++) {
        const struct osv_affected *e = &a->affected[i];

        assert(i == 0 || strcmp(a->affected[i - 1].key, e->key) <= 0);
        assert(e->score <= a->score);
        ask(a, e->key, NULL, NULL);
        ask(a, e->key, "1.0.0", NULL);
        for (size_t k = 0; k < e->nversions; k++)
            ask(a, e->key, e->versions[k], "12");
        for (size_t k = 0; k < e->nranges; k++)
            for (size_t m = 0; m < e->ranges[k].nevents; m++)
                ask(a, e->key, e->ranges[k].events[m].version, "12");
    }
    osv_free(a);
    return 0;
}
