#include "engine/context.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool
actor_in_fleet(const struct actor *a, const char *fleet)
{
    return a->listed != NULL ? plumb_principal_in_fleet(a->listed, fleet)
                             : strcmp(a->fleet, fleet) == 0;
}

enum plumb_code
context_power(const struct context *c, enum plumb_power power, struct plumb_err *err)
{
    char rule[32];

    if ((c->actor.may & 1u << power) != 0)
        return PLUMB_OK;
    (void)snprintf(rule, sizeof rule, "power.%s", plumb_power_text(power));
    return plumb_fail(err, PLUMB_FORBIDDEN, rule, "predicate.key",
                      "%s has no role with the power %s", c->actor.id, plumb_power_text(power));
}

enum plumb_code
context_blob(const struct context *c, const struct plumb_digest *digest,
             const struct engine_blob **ret, struct plumb_err *err)
{
    char hex[PLUMB_DIGEST_HEX];

    for (size_t i = 0; i < c->nblobs; i++)
        if (c->blobs[i].data != NULL && plumb_digest_eq(&c->blobs[i].digest, digest)) {
            *ret = &c->blobs[i];
            return PLUMB_OK;
        }
    plumb_digest_hex(digest, hex);
    return plumb_fail(err, PLUMB_INVALID, "blob.missing", "predicate",
                      "upload the blob %s first", hex);
}

enum plumb_code
context_version(const struct context *c, const struct plumb_digest *release,
                const struct version **ret, struct plumb_err *err)
{
    const struct version *v = state_version(c->e, release);

    if (v == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "release.unknown", "subject[0].digest",
                          "no release statement of this log has this id");
    if (strcmp(v->payload.s, c->s->payload) != 0 || strcmp(v->version.s, c->s->version) != 0)
        return plumb_fail(err, PLUMB_INVALID, "release.subject", "subject[0].name",
                          "that release is %s@%s", v->payload.s, v->version.s);
    *ret = v;
    return PLUMB_OK;
}

void
context_say(const struct context *c, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(c->effect->text, sizeof c->effect->text, fmt, ap);
    va_end(ap);
}
