/* Package URLs: the canonical text is that of what it names, and the names of advisories too.
 */
#include "supply/purl.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/package.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    PLUMB_AUTO(auto_free) char *text = calloc(1, size + 1);
    PLUMB_AUTO(auto_free) char *canonical = NULL;
    PLUMB_AUTO(auto_free) char *again = NULL;
    PLUMB_AUTO(purl_clear) struct purl p = { .nqualifiers = 0 };
    PLUMB_AUTO(purl_clear) struct purl q = { .nqualifiers = 0 };
    PLUMB_AUTO(pool_auto) struct pool *pool = pool_new();
    struct package packages[PACKAGES_MAX];
    struct plumb_err err = { 0 };
    size_t n;

    memcpy(text, data, size);
    if (purl_parse(text, &p, &err) != PLUMB_OK) {
        assert(strncmp(err.rule, "purl.", 5) == 0 && p.storage == NULL);
        return 0;
    }
    assert(p.type[0] != '\0' && p.name[0] != '\0');
    assert(purl_text(&p, &canonical, &err) == PLUMB_OK);
    if (strlen(canonical) > PURL_MAX)
        return 0; /* what was three times shorter unencoded */
    assert(purl_parse(canonical, &q, &err) == PLUMB_OK);
    assert(purl_text(&q, &again, &err) == PLUMB_OK);
    assert(strcmp(canonical, again) == 0 && strcmp(p.name, q.name) == 0);
    assert(p.nqualifiers == q.nqualifiers);
    assert(package_of_purl(pool, &p, packages, &n, &err) == PLUMB_OK && n <= PACKAGES_MAX);
    for (size_t i = 0; i < n; i++)
        assert(strchr(packages[i].key, '/') != NULL);
    return 0;
}
