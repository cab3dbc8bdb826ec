/* Whether a statement is about a component of a version. */
#include <string.h>

#include "supply/vex.h"

static bool
is_one_of(const char *text, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(texts[i], text) == 0)
            return true;
    return false;
}

static bool
same(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* --- canonical purls, which encode their own marks everywhere else --- */

static bool
same_piece(const char *a, size_t alen, const char *b, size_t blen)
{
    return alen == blen && memcmp(a, b, alen) == 0;
}

/* The pieces after '@', '?' and '#'; length 0 where there is none. */
static const char *
piece(const char *purl, char mark, size_t *ret_len)
{
    const char *at = strpbrk(purl, mark == '@' ? "@?#" : mark == '?' ? "?#" : "#");

    if (at == NULL || *at != mark) {
        *ret_len = 0;
        return "";
    }
    *ret_len = strcspn(at + 1, mark == '@' ? "?#" : mark == '?' ? "#" : "");
    return at + 1;
}

/* Every qualifier of a is one of b's. */
static bool
qualifiers_within(const char *a, size_t alen, const char *b, size_t blen)
{
    while (alen > 0) {
        const char *amp = memchr(a, '&', alen);
        const size_t n = amp != NULL ? (size_t)(amp - a) : alen;
        const char *at = b;
        size_t left = blen;
        bool found = false;

        while (left > 0 && !found) {
            const char *end = memchr(at, '&', left);
            const size_t m = end != NULL ? (size_t)(end - at) : left;

            found = same_piece(a, n, at, m);
            at += m + (end != NULL);
            left -= m + (end != NULL);
        }
        if (!found)
            return false;
        a += n + (amp != NULL);
        alen -= n + (amp != NULL);
    }
    return true;
}

static bool
purl_names(const char *said, const char *purl)
{
    size_t alen, blen;
    const char *a, *b;

    if (!same_piece(said, strcspn(said, "@?#"), purl, strcspn(purl, "@?#")))
        return false;
    a = piece(said, '@', &alen);
    b = piece(purl, '@', &blen);
    if (alen > 0 && !same_piece(a, alen, b, blen))
        return false;
    a = piece(said, '#', &alen);
    b = piece(purl, '#', &blen);
    if (alen > 0 && !same_piece(a, alen, b, blen))
        return false;
    a = piece(said, '?', &alen);
    b = piece(purl, '?', &blen);
    return qualifiers_within(a, alen, b, blen);
}

/* --- things --- */

static bool
hash_names(const struct vex_thing *t, const struct sbom_component *c)
{
    for (size_t i = 0; i < t->nhashes && c != NULL; i++)
        for (size_t k = 0; k < c->nhashes; k++)
            if (strcmp(t->hashes[i].algorithm, c->hashes[k].algorithm) == 0 &&
                strcmp(t->hashes[i].value, c->hashes[k].value) == 0)
                return true;
    return false;
}

static bool
names_component(const struct vex_thing *t, const struct sbom *bill,
                const struct sbom_component *c)
{
    if (c == NULL)
        return false;
    if (t->some && (c->version == NULL || !is_one_of(c->version, t->versions, t->nversions)))
        return false;
    if (t->purl != NULL && c->purl != NULL && purl_names(t->purl, c->purl))
        return true;
    if (t->bom != NULL && bill != NULL && same(t->bom, bill->id) && same(t->ref, c->ref))
        return true;
    if (t->name != NULL && c->purl == NULL && same(t->name, c->name) &&
        same(t->group, c->group) && (t->version == NULL || same(t->version, c->version)))
        return true;
    return hash_names(t, c);
}

/* By the digest of an artifact, which stands in an image's purl too. */
static bool
names_digest(const struct vex_thing *t, const struct vex_query *q)
{
    static const char mark[] = "sha256:";
    const char *version;
    size_t len;

    if (t->some)
        return false; /* a digest has no version */
    for (size_t i = 0; i < t->nhashes; i++)
        if (strcmp(t->hashes[i].algorithm, "sha-256") == 0 &&
            is_one_of(t->hashes[i].value, q->digests, q->ndigests))
            return true;
    if (t->purl == NULL || strncmp(t->purl, "pkg:oci/", 8) != 0)
        return false;
    version = piece(t->purl, '@', &len);
    for (size_t i = 0; i < q->ndigests; i++)
        if (len == sizeof mark - 1 + 64 && strncmp(version, mark, sizeof mark - 1) == 0 &&
            strncmp(version + sizeof mark - 1, q->digests[i], 64) == 0)
            return true;
    return false;
}

static bool
names_version(const struct vex_thing *t, const struct vex_query *q)
{
    return names_digest(t, q) ||
           (q->bill != NULL && names_component(t, q->bill, q->bill->subject));
}

static bool
is_about(const struct vex_product *p, const struct vex_query *q)
{
    if (p->nparts == 0)
        return names_version(&p->thing, q) || names_component(&p->thing, q->bill, q->component);
    if (!names_version(&p->thing, q))
        return false;
    for (size_t i = 0; i < p->nparts; i++)
        if (names_component(&p->parts[i], q->bill, q->component))
            return true;
    return false;
}

static bool
is_of(const struct vex_statement *s, const struct vex_query *q)
{
    if (is_one_of(s->vulnerability, q->vulnerabilities, q->nvulnerabilities))
        return true;
    for (size_t i = 0; i < s->naliases; i++)
        if (is_one_of(s->aliases[i], q->vulnerabilities, q->nvulnerabilities))
            return true;
    return false;
}

const struct vex_statement *
vex_later(const struct vex_statement *a, const struct vex_statement *b)
{
    if (a == NULL || b == NULL)
        return a != NULL ? a : b;
    if (a->time != b->time)
        return a->time > b->time ? a : b;
    if (vex_clears(a) != vex_clears(b))
        return vex_clears(a) ? b : a;
    return a->status <= b->status ? a : b;
}

const struct vex_statement *
vex_find(const struct vex *v, const struct vex_query *q)
{
    const struct vex_statement *found = NULL;

    for (size_t i = 0; i < v->n; i++) {
        const struct vex_statement *s = &v->statements[i];
        bool about = s->nproducts == 0 && q->bound;

        if (!is_of(s, q))
            continue;
        for (size_t k = 0; k < s->nproducts && !about; k++)
            about = is_about(&s->products[k], q);
        if (about)
            found = vex_later(found, s);
    }
    return found;
}

bool
vex_clears(const struct vex_statement *s)
{
    return s->status == VEX_FIXED ||
           (s->status == VEX_NOT_AFFECTED && (s->justification != NULL || s->impact != NULL));
}
