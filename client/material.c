#include "client/material.h"

#include <string.h>

#include "lib/own.h"

/* Which of the two it was stands in front. */
static enum plumb_code
within(const char *which, const struct plumb_err *why, struct plumb_err *err)
{
    return plumb_fail(err, why->code, why->rule, which, "%s%s%s", why->where,
                      why->where[0] != '\0' ? ": " : "", why->msg);
}

/* --- bills of materials --- */

void
material_bills_clear(struct material_bills *b)
{
    sbom_diff_clear(&b->diff);
    sbom_free(b->before);
    sbom_free(b->after);
    *b = (struct material_bills){ .before = NULL };
}

enum plumb_code
material_bills(const struct plumb_bytes *before, const struct plumb_bytes *after,
               struct material_bills *ret, struct plumb_err *err)
{
    static const struct sbom none = { .n = 0 };
    PLUMB_AUTO(material_bills_clear) struct material_bills b = { .before = NULL };
    struct plumb_err why;

    if (before->data != NULL &&
        sbom_read(before->data, before->len, &b.before, &why) != PLUMB_OK)
        return within("before", &why, err);
    if (sbom_read(after->data, after->len, &b.after, &why) != PLUMB_OK)
        return within("after", &why, err);
    PLUMB_TRY(sbom_compare(b.before != NULL ? b.before : &none, b.after, &b.diff, err));
    *ret = b;
    b = (struct material_bills){ .before = NULL };
    return PLUMB_OK;
}

/* --- root stores --- */

void
material_roots_clear(struct material_roots *r)
{
    plumb_roots_clear(&r->before);
    plumb_roots_clear(&r->after);
}

enum plumb_code
material_roots(const struct plumb_bytes *before, const struct plumb_bytes *after,
               struct material_roots *ret, struct plumb_err *err)
{
    PLUMB_AUTO(material_roots_clear) struct material_roots r = { .before = { 0 } };
    struct plumb_err why;

    if (before->data != NULL &&
        plumb_roots_read(before->data, before->len, &r.before, &why) != PLUMB_OK)
        return within("before", &why, err);
    if (after->data != NULL &&
        plumb_roots_read(after->data, after->len, &r.after, &why) != PLUMB_OK)
        return within("after", &why, err);
    *ret = r;
    r = (struct material_roots){ .before = { 0 } };
    return PLUMB_OK;
}

bool
material_roots_each(const struct material_roots *r, material_root_fn *fn, void *arg)
{
    const struct plumb_roots *a = &r->before, *b = &r->after;
    size_t i = 0, k = 0;

    while (i < a->n || k < b->n) {
        const int order =
            i == a->n   ? 1
            : k == b->n ? -1
                        : plumb_digest_cmp(&a->roots[i].fingerprint, &b->roots[k].fingerprint);
        const bool more =
            fn(arg, order <= 0 ? &a->roots[i] : NULL, order >= 0 ? &b->roots[k] : NULL);

        if (!more)
            return false;
        i += order <= 0;
        k += order >= 0;
    }
    return true;
}
