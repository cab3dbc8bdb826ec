/* Package URLs. What a type asks for is one row of a table. */
#include "supply/purl.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "lib/utf8.h"
#include "supply/ascii.h"

enum {
    NS_LOWER = 1 << 0,
    NAME_LOWER = 1 << 1,
    VERSION_LOWER = 1 << 2,
    NS_NEEDED = 1 << 3,
    NS_NONE = 1 << 4,
    NAME_DASHES = 1 << 5,      /* '_' is written '-' */
    NAME_UNDERSCORES = 1 << 6, /* and the other way round */
    NAME_NO_COLONS = 1 << 7,   /* a distribution's, not a module's */
    CHROME = 1 << 8,
    DATABRICKS = 1 << 9, /* whose names do not go by case */
    NAME_PATH = 1 << 10, /* the namespace is one segment, and the name all that follow */
};

static const struct type {
    const char *name;
    unsigned rules;
    const char *qualifier; /* that must be there */
} types[] = {
    { "alpm", NS_LOWER | NAME_LOWER, NULL },
    { "apk", NS_LOWER | NAME_LOWER, NULL },
    { "bitbucket", NS_LOWER | NAME_LOWER, NULL },
    { "bitnami", NAME_LOWER, NULL },
    { "brew", NS_LOWER | NAME_LOWER, NULL },
    { "chrome-extension", NS_NONE | CHROME, NULL },
    { "composer", NS_LOWER | NAME_LOWER, NULL },
    { "cpan", NAME_NO_COLONS, NULL },
    { "deb", NS_LOWER | NAME_LOWER, NULL },
    { "git", NS_LOWER | NAME_LOWER | NAME_PATH, NULL },
    { "github", NS_LOWER | NAME_LOWER, NULL },
    { "gitlab", NS_LOWER | NAME_LOWER, NULL },
    { "golang", NS_LOWER | NAME_LOWER, NULL },
    { "hex", NS_LOWER | NAME_LOWER, NULL },
    { "huggingface", VERSION_LOWER, NULL },
    { "julia", 0, "uuid" },
    { "mlflow", DATABRICKS, NULL },
    { "npm", NS_LOWER, NULL },
    { "oci", NAME_LOWER, NULL },
    { "otp", NS_NONE | NAME_LOWER, NULL },
    { "pub", NAME_LOWER | NAME_UNDERSCORES, NULL },
    { "pypi", NAME_LOWER | NAME_DASHES, NULL },
    { "qpkg", NS_LOWER, NULL },
    { "rpm", NS_LOWER, NULL },
    { "swift", NS_NEEDED, NULL },
    { "vcpkg", NS_NONE, NULL },
    { "vscode-extension", NS_NEEDED | NS_LOWER | NAME_LOWER, NULL },
};

static const struct type *
find_type(const char *name)
{
    static const struct type other = { "", 0, NULL };

    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    return &other;
}

void
purl_clear(struct purl *p)
{
    free(p->storage);
    *p = (struct purl){ .nqualifiers = 0 };
}

static enum plumb_code
malformed(const char *text, const char *why, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "purl.form", text, "no package URL: %s", why);
}

static int
hex_value(char c)
{
    if (is_digit(c))
        return c - '0';
    return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

/* Percent-decodes in place; false on what is no encoding, or decodes to no plain text. */
static bool
decode(char *text)
{
    char *out = text;

    for (const char *in = text; *in != '\0'; in++) {
        int c = (unsigned char)*in;

        if (*in == '%') {
            const int high = hex_value(in[1]), low = high < 0 ? -1 : hex_value(in[2]);

            if (low < 0)
                return false;
            c = high << 4 | low;
            in += 2;
        }
        if (c < 0x20 || c == 0x7f)
            return false;
        *out++ = (char)c;
    }
    *out = '\0';
    return utf8_ok(text, (size_t)(out - text));
}

/* Decodes the segments of a path and drops empty ones, and dots where they are no names. */
static bool
decode_path(char *path, bool dots)
{
    char *out = path, *next;

    for (char *segment = path; segment != NULL; segment = next) {
        next = strchr(segment, '/');
        if (next != NULL)
            *next++ = '\0';
        if (*segment == '\0' ||
            (!dots && (strcmp(segment, ".") == 0 || strcmp(segment, "..") == 0)))
            continue;
        if (!decode(segment) || strchr(segment, '/') != NULL)
            return false; /* a slash that is encoded would be a path's when written again */
        if (out != path)
            *out++ = '/';
        memmove(out, segment, strlen(segment) + 1);
        out += strlen(out);
    }
    *out = '\0';
    return true;
}

static bool
key_ok(char *key)
{
    lower_all(key);
    if (*key < 'a' || *key > 'z')
        return false;
    for (; *key != '\0'; key++)
        if (!is_alnum(*key) && strchr(".-_", *key) == NULL)
            return false;
    return true;
}

/* Puts it where its key belongs; false when the key is there already. */
static bool
insert(struct purl *p, const char *key, const char *value)
{
    size_t at = p->nqualifiers;

    while (at > 0 && strcmp(p->qualifiers[at - 1].key, key) > 0) {
        p->qualifiers[at] = p->qualifiers[at - 1];
        at--;
    }
    p->qualifiers[at] = (struct purl_qualifier){ key, value };
    p->nqualifiers++;
    return at == 0 || strcmp(p->qualifiers[at - 1].key, key) != 0;
}

static const char *
read_qualifiers(char *text, struct purl *p)
{
    char *next;

    for (char *one = text; one != NULL; one = next) {
        char *value = strchr(one, '=');

        next = strchr(one, '&');
        if (next != NULL)
            *next++ = '\0';
        if (*one == '\0')
            continue;
        if (value == NULL || (next != NULL && value >= next))
            return "a qualifier without a value";
        *value++ = '\0';
        if (!key_ok(one) || !decode(value))
            return "a qualifier that is not key=value";
        if (*value == '\0')
            continue;
        if (p->nqualifiers == PURL_QUALIFIERS)
            return "too many qualifiers";
        if (!insert(p, one, value))
            return "the same qualifier twice";
    }
    return NULL;
}

static bool
type_ok(char *type)
{
    lower_all(type);
    if (*type < 'a' || *type > 'z')
        return false;
    for (; *type != '\0'; type++)
        if (!is_alnum(*type) && *type != '.' && *type != '-')
            return false;
    return true;
}

/* "namespace/name@version", which the type's name has been taken from. */
static const char *
read_place(char *rest, struct purl *p)
{
    const bool path = find_type(p->type)->rules & NAME_PATH;
    char *at = strrchr(rest, '@'), *slash, *name;
    size_t len;

    /* npm's scopes are often written with a bare @ */
    if (at != NULL && at != rest && at[-1] != '/') {
        *at = '\0';
        if (!decode(at + 1))
            return "the version";
        if (at[1] != '\0')
            p->version = at + 1;
    } else if (at != NULL && strchr(at, '/') == NULL) {
        return "it has no name";
    }
    len = strlen(rest);
    while (len > 0 && rest[len - 1] == '/')
        rest[--len] = '\0';
    slash = path ? strchr(rest, '/') : strrchr(rest, '/');
    name = slash != NULL ? slash + 1 : rest;
    if (slash != NULL) {
        *slash = '\0';
        if (!decode_path(rest, true))
            return "the namespace";
        if (*rest != '\0')
            p->namespace = rest;
    }
    if (!(path ? decode_path(name, true) : decode(name)))
        return "the name";
    if (*name == '\0')
        return "it has no name";
    p->name = name;
    return NULL;
}

static bool
chrome_ok(const struct purl *p)
{
    unsigned numbers = 1;

    if (strlen(p->name) != 32 || strspn(p->name, "abcdefghijklmnop") != 32)
        return false;
    for (const char *c = p->version; c != NULL && *c != '\0'; c++) {
        if (*c == '.')
            numbers++;
        else if (!is_digit(*c))
            return false;
    }
    return numbers <= 4;
}

static void
replace(char *text, char from, char to)
{
    while ((text = strchr(text, from)) != NULL)
        *text++ = to;
}

static enum plumb_code
by_type(const char *text, struct purl *p, struct plumb_err *err)
{
    const struct type *t = find_type(p->type);
    const char *why = NULL, *host = purl_qualifier(p, "repository_url");
    unsigned rules = t->rules;

    if (rules & DATABRICKS && host != NULL && strstr(host, "databricks") != NULL)
        rules |= NAME_LOWER;
    /* all of these point into p->storage, which is ours to change */
    if (rules & NS_LOWER)
        lower_all((char *)p->namespace);
    if (rules & NAME_LOWER)
        lower_all((char *)p->name);
    if (rules & VERSION_LOWER)
        lower_all((char *)p->version);
    if (rules & NAME_DASHES)
        replace((char *)p->name, '_', '-');
    if (rules & NAME_UNDERSCORES)
        replace((char *)p->name, '-', '_');
    if (rules & NS_NEEDED && p->namespace == NULL)
        why = "needs a namespace";
    else if (rules & NS_NONE && p->namespace != NULL)
        why = "has no namespace";
    else if (rules & NAME_NO_COLONS && strstr(p->name, "::") != NULL)
        why = "names a distribution, not a module";
    else if (rules & CHROME && !chrome_ok(p))
        why = "has a name of 32 letters a to p, and a version of up to four numbers";
    else if (t->qualifier != NULL && purl_qualifier(p, t->qualifier) == NULL)
        why = "needs a qualifier that is missing";
    return why == NULL
               ? PLUMB_OK
               : plumb_fail(err, PLUMB_INVALID, "purl.type", text, "type %s %s", p->type, why);
}

/* From the right: subpath, qualifiers; from the left: scheme, type. */
static const char *
take_apart(struct purl *p)
{
    char *text = p->storage, *mark;
    const char *why;

    if ((mark = strchr(text, '#')) != NULL) {
        *mark++ = '\0';
        if (!decode_path(mark, false))
            return "the subpath";
        if (*mark != '\0')
            p->subpath = mark;
    }
    if ((mark = strchr(text, '?')) != NULL) {
        *mark++ = '\0';
        if ((why = read_qualifiers(mark, p)) != NULL)
            return why;
    }
    for (size_t i = 0; i < 4; i++)
        if (lower(text[i]) != "pkg:"[i])
            return "it does not begin with pkg:";
    text += 4 + strspn(text + 4, "/");
    mark = strchr(text, '/');
    if (mark == NULL)
        return "it has no type, or no name";
    *mark++ = '\0';
    if (!type_ok(text))
        return "the type";
    p->type = text;
    return read_place(mark, p);
}

enum plumb_code
purl_parse(const char *text, struct purl *ret, struct plumb_err *err)
{
    PLUMB_AUTO(purl_clear) struct purl p = { .nqualifiers = 0 };
    const size_t len = strnlen(text, PURL_MAX + 1);
    const char *why;

    if (len > PURL_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "purl.size", "", "more than %d bytes",
                          PURL_MAX);
    p.storage = malloc(len + 1);
    if (p.storage == NULL)
        return plumb_fail_memory(err);
    memcpy(p.storage, text, len + 1);
    why = take_apart(&p);
    if (why != NULL)
        return malformed(text, why, err);
    PLUMB_TRY(by_type(text, &p, err));
    *ret = p;
    p.storage = NULL;
    return PLUMB_OK;
}

const char *
purl_qualifier(const struct purl *p, const char *key)
{
    for (size_t i = 0; i < p->nqualifiers; i++)
        if (strcmp(p->qualifiers[i].key, key) == 0)
            return p->qualifiers[i].value;
    return NULL;
}

/* --- writing --- */

struct out {
    char *p;
    size_t len;
};

static void
literal(struct out *o, const char *text)
{
    const size_t n = strlen(text);

    if (o->p != NULL)
        memcpy(o->p + o->len, text, n);
    o->len += n;
}

static void
encoded(struct out *o, const char *text, bool slashes)
{
    static const char digits[] = "0123456789ABCDEF";

    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        char code[4] = { '%', digits[c >> 4], digits[c & 15], '\0' };

        if (is_alnum((char)c) || strchr(".-_~:", (char)c) != NULL || (slashes && c == '/')) {
            code[0] = (char)c;
            code[1] = '\0';
        }
        literal(o, code);
    }
}

static void
write_all(const struct purl *p, struct out *o)
{
    literal(o, "pkg:");
    literal(o, p->type);
    literal(o, "/");
    if (p->namespace != NULL) {
        encoded(o, p->namespace, true);
        literal(o, "/");
    }
    encoded(o, p->name, find_type(p->type)->rules & NAME_PATH);
    if (p->version != NULL) {
        literal(o, "@");
        encoded(o, p->version, false);
    }
    for (size_t i = 0; i < p->nqualifiers; i++) {
        literal(o, i == 0 ? "?" : "&");
        literal(o, p->qualifiers[i].key);
        literal(o, "=");
        encoded(o, p->qualifiers[i].value, false);
    }
    if (p->subpath != NULL) {
        literal(o, "#");
        encoded(o, p->subpath, true);
    }
}

enum plumb_code
purl_text(const struct purl *p, char **ret, struct plumb_err *err)
{
    struct out o = { NULL, 0 };

    write_all(p, &o); /* once for the size */
    o = (struct out){ malloc(o.len + 1), 0 };
    if (o.p == NULL)
        return plumb_fail_memory(err);
    write_all(p, &o);
    o.p[o.len] = '\0';
    *ret = o.p;
    return PLUMB_OK;
}
