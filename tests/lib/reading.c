#include "tests/lib/reading.h"

#include <string.h>

#include "tests/t.h"

struct plumb_evidence *
read_piece(const struct piece *p)
{
    struct plumb_evidence *e = NULL;
    struct plumb_err err = { 0 };

    assert_ok(plumb_evidence_read(p->data, p->len, &e, &err), &err);
    return e;
}

void
assert_claim(const struct plumb_reading *r, const char *name, const char *want)
{
    const struct plumb_claim *c = plumb_claims_find(&r->claims, name);
    char got[2 * PLUMB_MEASUREMENT_MAX + 1] = "";

    if (c == NULL)
        fail_msg("%s is not among the claims", name);
    plumb_hex(c->value, c->len, got);
    if (strncmp(got, want, strlen(want)) != 0)
        fail_msg("%s is %s, not %s", name, got, want);
}

const struct plumb_measurement *
asked(const struct plumb_reading *r, const char *name)
{
    for (size_t i = 0; i < r->set.n; i++)
        if (strcmp(r->set.measurements[i].kind->name, name) == 0)
            return &r->set.measurements[i];
    return NULL;
}

bool
left_out(const struct plumb_reading *r, const char *name)
{
    for (size_t i = 0; i < r->nleft_out; i++)
        if (strcmp(r->left_out[i].name, name) == 0)
            return true;
    return false;
}
