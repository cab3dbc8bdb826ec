#include "engine/build.h"

#include <string.h>

static bool
fault(struct build_fault *ret, const char *rule, const char *why, const char *what)
{
    *ret = (struct build_fault){ rule, why, what };
    return false;
}

static bool
has_value(const struct plumb_parameter *p, const char *value)
{
    for (size_t i = 0; i < p->nvalues; i++)
        if (plumb_pattern_match(p->values[i], value))
            return true;
    return p->nvalues == 0;
}

/* Every name that a parameter matches is asked: a star that allows all takes nothing away from
 * what is said of one. */
static bool
is_named(const struct plumb_build_type *type, const struct attestation_parameter *given,
         struct build_fault *ret)
{
    bool named = false;

    for (size_t i = 0; i < type->nparameters; i++) {
        if (!plumb_pattern_match(type->parameters[i].name, given->name))
            continue;
        if (!has_value(&type->parameters[i], given->value))
            return fault(ret, "evidence.parameter", "governance names other values of",
                         given->name);
        named = true;
    }
    return named || fault(ret, "evidence.parameter", "governance does not name the parameter",
                          given->name);
}

static bool
is_set(const struct attestation *a, const struct plumb_parameter *p)
{
    for (size_t i = 0; i < a->u.provenance.nparameters; i++)
        if (strcmp(p->name, a->u.provenance.parameters[i].name) == 0)
            return true;
    return false;
}

static bool
has_parameters(const struct plumb_build_type *type, const struct attestation *a,
               struct build_fault *ret)
{
    if (a->u.provenance.cut)
        return fault(ret, "evidence.parameter",
                     "they ask for more than is compared, of the type",
                     a->u.provenance.build_type);
    for (size_t i = 0; i < a->u.provenance.nparameters; i++)
        if (!is_named(type, &a->u.provenance.parameters[i], ret))
            return false;
    for (size_t i = 0; i < type->nparameters; i++)
        if (!type->parameters[i].optional && !is_set(a, &type->parameters[i]))
            return fault(ret, "evidence.parameter", "they lack the parameter",
                         type->parameters[i].name);
    return true;
}

bool
build_fits(const struct plumb_trusted *t, const struct attestation *provenance,
           struct build_fault *ret)
{
    const char *type = provenance->u.provenance.build_type;

    *ret = (struct build_fault){ "evidence.build-type", "governance does not name the type",
                                 type };
    for (size_t i = 0; i < t->ntypes; i++)
        if (plumb_pattern_match(t->types[i].type, type) &&
            has_parameters(&t->types[i], provenance, ret))
            return true;
    return t->ntypes == 0;
}
