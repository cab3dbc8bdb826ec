/* One measurement against the evidence. */
#include <plumb/refval.h>

#include <string.h>

#include "lib/match.h"

const struct plumb_claim *
claim_of_kind(const struct plumb_claims *c, const struct plumb_measurement_kind *kind)
{
    size_t lo = 0, hi = c->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (c->claims[mid].kind < kind)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < c->n && c->claims[lo].kind == kind ? &c->claims[lo] : NULL;
}

static bool
masked_eq(const uint8_t *evidence, const uint8_t *mask, const uint8_t *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((evidence[i] & mask[i]) != value[i])
            return false;
    return true;
}

static bool
each_at_least(const uint8_t *evidence, const uint8_t *floor, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (evidence[i] < floor[i])
            return false;
    return true;
}

/* Whether all bits that the measurement asks for were told. */
static bool
told(const struct plumb_claim *claim, const struct plumb_measurement *m)
{
    for (size_t i = 0; i < m->len; i++) {
        uint8_t asked = m->match == PLUMB_MATCH_MASK ? m->mask[i] : 0xff;

        if ((asked & ~claim->known[i]) != 0)
            return false;
    }
    return true;
}

bool
plumb_measurement_met(const struct plumb_measurement *m, const struct plumb_claims *c)
{
    const struct plumb_claim *claim = claim_of_kind(c, m->kind);

    if (claim == NULL)
        return false;
    if (m->match == PLUMB_MATCH_MIN)
        return claim->number >= m->min;
    if (claim->len != m->len)
        return false;
    if (claim->known != NULL && !told(claim, m))
        return false;
    switch (m->match) {
    case PLUMB_MATCH_EQ:
        return memcmp(claim->value, m->value, m->len) == 0;
    case PLUMB_MATCH_MASK:
        return masked_eq(claim->value, m->mask, m->value, m->len);
    case PLUMB_MATCH_TCB:
        return each_at_least(claim->value, m->value, m->len);
    case PLUMB_MATCH_MIN:
        break;
    }
    return false;
}
