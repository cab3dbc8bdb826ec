#include <plumb/err.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *token;
    int http;
} codes[] = {
#define X(name, token, http) [PLUMB_##name] = { token, http },
    PLUMB_CODES(X)
#undef X
};

const char *
plumb_code_token(enum plumb_code code)
{
    return code < PLUMB_CODE_COUNT ? codes[code].token : "internal";
}

int
plumb_code_http(enum plumb_code code)
{
    return code < PLUMB_CODE_COUNT ? codes[code].http : 500;
}

enum plumb_code
plumb_code_parse(const char *token)
{
    for (size_t i = 0; i < PLUMB_CODE_COUNT; i++)
        if (strcmp(codes[i].token, token) == 0)
            return (enum plumb_code)i;
    return PLUMB_INTERNAL;
}

/* Errors quote hostile input: what a terminal might obey must not get through. */
static void
make_plain(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
            *text = '?';
}

enum plumb_code(plumb_fail)(struct plumb_err *err, enum plumb_code code, const char *rule,
                            const char *where, const char *fmt, ...)
{
    struct plumb_err e = { .code = code }; /* what is passed in may be parts of *err */
    va_list ap;

    if (err == NULL)
        return code;
    (void)snprintf(e.rule, sizeof e.rule, "%s", rule != NULL ? rule : "");
    (void)snprintf(e.where, sizeof e.where, "%s", where != NULL ? where : "");
    va_start(ap, fmt);
    (void)vsnprintf(e.msg, sizeof e.msg, fmt, ap);
    va_end(ap);
    make_plain(e.rule);
    make_plain(e.where);
    make_plain(e.msg);
    *err = e;
    return code;
}

enum plumb_code(plumb_fail_memory)(struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_NO_MEMORY, "memory", "", "out of memory");
}
