/*
 * purl.h - package URLs, by the purl specification and the rules of its types, and the names by
 * which advisories know the same package.
 */
#ifndef SUPPLY_PURL_H
#define SUPPLY_PURL_H

#include <plumb/err.h>
#include <stddef.h>

#define PURL_MAX        4096 /* bytes */
#define PURL_QUALIFIERS 32

struct purl_qualifier {
    const char *key, *value;
};

/* Decoded, and normalised as its type wants. Everything is UTF-8 without control characters. */
struct purl {
    const char *type, *name;
    const char *namespace, *version, *subpath;         /* NULL where there is none */
    struct purl_qualifier qualifiers[PURL_QUALIFIERS]; /* sorted by key, each key once */
    size_t nqualifiers;
    char *storage; /* what all of these point into */
};
void purl_clear(struct purl *p);

/* Rules "purl.size", "purl.form", and "purl.type" where the type's own rules forbid it. */
PLUMB_MUST_CHECK enum plumb_code purl_parse(const char *text, struct purl *ret,
                                            struct plumb_err *err);
/* The value of a qualifier, or NULL. */
const char *purl_qualifier(const struct purl *p, const char *key);

/* The canonical text. The caller frees *ret. */
PLUMB_MUST_CHECK enum plumb_code purl_text(const struct purl *p, char **ret,
                                           struct plumb_err *err);

#endif
