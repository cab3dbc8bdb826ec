/* Which builds a builder is trusted with: their types, and what they may have been asked for.
 */
#include <string.h>

#include "lib/controls_read.h"
#include "lib/own.h"
#include "lib/pattern_read.h"

struct in {
    struct pool *pool;
    struct plumb_err *err;
};

/* A JSON pointer (RFC 6901), of which any part may be a star. */
static enum plumb_code
read_name(const struct in *in, const struct plumb_jv *v, const char **ret)
{
    PLUMB_TRY(plumb_jv_string(v, PLUMB_PATTERN_MAX, ret, in->err));
    if (**ret != '/')
        return plumb_jv_fail(v, in->err, PLUMB_INVALID, "governance.pattern",
                             "want a JSON pointer, as /workflow/ref");
    for (const char *p = strchr(*ret, '~'); p != NULL; p = strchr(p + 1, '~'))
        if (p[1] != '0' && p[1] != '1')
            return plumb_jv_fail(v, in->err, PLUMB_INVALID, "governance.pattern",
                                 "in a JSON pointer '~' is written ~0, and '/' in a name ~1");
    return PLUMB_OK;
}

/* What is no URI has no host. */
static enum plumb_code
read_value(const struct plumb_jv *v, const char **ret, struct plumb_err *err)
{
    PLUMB_TRY(plumb_jv_string(v, PLUMB_PATTERN_MAX, ret, err));
    return strstr(*ret, "://") != NULL ? plumb_pattern_read(v, ret, err) : PLUMB_OK;
}

static enum plumb_code
read_parameter(const struct in *in, const struct plumb_jv *v, struct plumb_parameter *ret)
{
    static const char *const members[] = { "name", "?values", "?optional", NULL };
    struct plumb_jv name = plumb_jv_member(v, "name"), values = plumb_jv_member(v, "values");
    struct plumb_jv optional = plumb_jv_member(v, "optional");

    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(read_name(in, &name, &ret->name));
    if (values.json != NULL)
        PLUMB_TRY(plumb_patterns_read(&values, in->pool, read_value, &ret->values,
                                      &ret->nvalues, in->err));
    ret->optional = strchr(ret->name, '*') != NULL;
    if (optional.json == NULL)
        return PLUMB_OK;
    if (ret->optional)
        return plumb_jv_fail(&optional, in->err, PLUMB_INVALID, "governance.controls",
                             "nothing that a star stands for must be there: leave it out");
    return plumb_jv_bool(&optional, &ret->optional, in->err);
}

static enum plumb_code
read_type(const struct in *in, const struct plumb_jv *v, struct plumb_build_type *ret)
{
    static const char *const members[] = { "type", "parameters", NULL };
    struct plumb_jv type = plumb_jv_member(v, "type");
    struct plumb_jv parameters = plumb_jv_member(v, "parameters");
    size_t n;

    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(plumb_pattern_read(&type, &ret->type, in->err));
    PLUMB_TRY(plumb_jv_array(&parameters, 0, PLUMB_PATTERNS_MAX, &n, in->err));
    ret->parameters = pool_array(in->pool, n, sizeof *ret->parameters);
    if (ret->parameters == NULL)
        return plumb_fail_memory(in->err);
    ret->nparameters = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&parameters, i);

        PLUMB_TRY(read_parameter(in, &element, &ret->parameters[i]));
    }
    return PLUMB_OK;
}

enum plumb_code
plumb_build_types_read(const struct plumb_jv *v, struct pool *pool, struct plumb_trusted *ret,
                       struct plumb_err *err)
{
    const struct in in = { pool, err };
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 1, PLUMB_PATTERNS_MAX, &n, err));
    ret->types = pool_array(pool, n, sizeof *ret->types);
    if (ret->types == NULL)
        return plumb_fail_memory(err);
    ret->ntypes = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(v, i);

        PLUMB_TRY(read_type(&in, &element, &ret->types[i]));
    }
    return PLUMB_OK;
}
