#include "supply/sbom_build.h"

#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/ascii.h"

#define FORM "sbom.form"

enum plumb_code
build_begin(struct build *b, size_t max, struct plumb_err *err)
{
    b->max = max;
    b->components = pool_array(b->pool, max, sizeof *b->components);
    return b->components == NULL ? plumb_fail_memory(err) : PLUMB_OK;
}

struct sbom_component *
build_add(struct build *b)
{
    return b->n < b->max ? &b->components[b->n++] : NULL;
}

static int
by_ref(const void *a, const void *b)
{
    const struct sbom_component *const *x = a, *const *y = b;

    return strcmp((*x)->ref, (*y)->ref);
}

static enum plumb_code
index_refs(struct build *b, struct plumb_err *err)
{
    b->by_ref = pool_array(b->pool, b->n, sizeof *b->by_ref);
    if (b->by_ref == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < b->n; i++)
        if (b->components[i].ref != NULL)
            b->by_ref[b->nrefs++] = &b->components[i];
    qsort(b->by_ref, b->nrefs, sizeof *b->by_ref, by_ref);
    for (size_t i = 1; i < b->nrefs; i++)
        if (by_ref(&b->by_ref[i - 1], &b->by_ref[i]) == 0)
            return plumb_fail(err, PLUMB_INVALID, FORM, b->by_ref[i]->ref,
                              "two components have this reference");
    return PLUMB_OK;
}

enum plumb_code
build_end(struct build *b, struct plumb_err *err)
{
    PLUMB_TRY(index_refs(b, err));
    for (size_t i = 0; i < b->n; i++)
        b->sbom->nunwatched += b->components[i].npackages == 0;
    b->sbom->components = b->components;
    b->sbom->n = b->n;
    return PLUMB_OK;
}

const struct sbom_component *
build_find(const struct build *b, const char *ref)
{
    const struct sbom_component wanted = { .ref = ref }, *key = &wanted;
    const struct sbom_component **found;

    if (ref == NULL || b->nrefs == 0)
        return NULL;
    found = bsearch(&key, b->by_ref, b->nrefs, sizeof *b->by_ref, by_ref);
    return found != NULL ? *found : NULL;
}

enum plumb_code
build_purl(struct build *b, struct sbom_component *c, const char *text, struct plumb_err *err)
{
    PLUMB_AUTO(purl_clear) struct purl purl = { .nqualifiers = 0 };
    PLUMB_AUTO(auto_free) char *canonical = NULL;
    struct package found[PACKAGES_MAX], *packages;
    enum plumb_code code = purl_parse(text, &purl, NULL);

    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (code != PLUMB_OK)
        return PLUMB_OK;
    PLUMB_TRY(purl_text(&purl, &canonical, err));
    PLUMB_TRY(package_of_purl(b->pool, &purl, found, &c->npackages, err));
    c->purl = pool_text(b->pool, canonical);
    packages = pool_array(b->pool, c->npackages, sizeof *packages);
    if (c->purl == NULL || packages == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < c->npackages; i++)
        packages[i] = found[i];
    c->packages = packages;
    return PLUMB_OK;
}

/* Whether they are the same but for case, '-' and '_'. */
static bool
same_name(const char *a, const char *b)
{
    for (;;) {
        a += strspn(a, "-_");
        b += strspn(b, "-_");
        if (lower(*a) != lower(*b))
            return false;
        if (*a++ == '\0')
            return true;
        b++;
    }
}

enum plumb_code
build_hash(struct pool *pool, const struct plumb_jv *v, const char *algorithm,
           const char *value, const char *rule, struct sbom_hash *ret, struct plumb_err *err)
{
    static const struct {
        const char *name;
        size_t digits; /* 0: of any number */
    } algorithms[] = {
        { "md2", 32 },          { "md4", 32 },           { "md5", 32 },
        { "md6", 0 },           { "sha-1", 40 },         { "sha-224", 56 },
        { "sha-256", 64 },      { "sha-384", 96 },       { "sha-512", 128 },
        { "sha3-224", 56 },     { "sha3-256", 64 },      { "sha3-384", 96 },
        { "sha3-512", 128 },    { "blake2b-256", 64 },   { "blake2b-384", 96 },
        { "blake2b-512", 128 }, { "blake3", 0 },         { "adler32", 8 },
        { "streebog-256", 64 }, { "streebog-512", 128 },
    };
    const size_t len = value != NULL ? strlen(value) : 0;
    char *digits;

    ret->algorithm = NULL;
    for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0] && algorithm != NULL; i++)
        if (same_name(algorithms[i].name, algorithm)) {
            ret->algorithm = algorithms[i].name;
            if (len == 0 || len > SBOM_TEXT ||
                (algorithms[i].digits != 0 && algorithms[i].digits != len))
                return read_fail(v, err, rule, "is no hash of %s", algorithms[i].name);
        }
    if (ret->algorithm == NULL)
        return read_fail(v, err, rule, "want a hash of an algorithm that is known");
    digits = pool_text(pool, value);
    if (digits == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < len; i++) {
        digits[i] = lower(digits[i]);
        if (strchr("0123456789abcdef", digits[i]) == NULL)
            return read_fail(v, err, rule, "a hash is written in hex");
    }
    ret->value = digits;
    return PLUMB_OK;
}

enum plumb_code
build_hashes(struct pool *pool, const struct plumb_jv *object, const char *key,
             const char *algorithm, const char *value, const char *rule,
             const struct sbom_hash **ret, size_t *ret_n, struct plumb_err *err)
{
    struct sbom_hash *hashes;
    struct plumb_jv list;

    PLUMB_TRY(read_array(object, key, rule, &list, ret_n, err));
    if (*ret_n == 0)
        return PLUMB_OK;
    hashes = pool_array(pool, *ret_n, sizeof *hashes);
    if (hashes == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < *ret_n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);

        PLUMB_TRY(build_hash(pool, &v, read_word(v.json, algorithm), read_word(v.json, value),
                             rule, &hashes[i], err));
    }
    *ret = hashes;
    return PLUMB_OK;
}
