/* A verdict in JSON, and in a sentence. */
#include <plumb/appraise.h>

#include <stdio.h>
#include <string.h>

#include "lib/own.h"

static enum plumb_code
set(json_t *o, const char *key, json_t *value, struct plumb_err *err)
{
    return json_object_set_new(o, key, value) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

static json_t *
json_hex(const uint8_t *bytes, size_t len)
{
    char text[2 * PLUMB_MEASUREMENT_MAX + 1];

    plumb_hex(bytes, len, text);
    return json_string(text);
}

static json_t *
json_time(plumb_time t)
{
    char text[PLUMB_TIME_TEXT];

    plumb_time_text(t, text);
    return json_string(text);
}

/* As a reference values document states it, without the name. */
static enum plumb_code
expected_json(const struct plumb_measurement *m, json_t *o, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *e = json_object();

    if (e == NULL)
        return plumb_fail_memory(err);
    if (m->match == PLUMB_MATCH_MIN)
        PLUMB_TRY(set(e, "min", json_integer(m->min), err));
    else
        PLUMB_TRY(set(e, "value", json_hex(m->value, m->len), err));
    if (m->match == PLUMB_MATCH_MASK)
        PLUMB_TRY(set(e, "mask", json_hex(m->mask, m->len), err));
    return set(o, "expected", PLUMB_TAKE(e), err);
}

static enum plumb_code
version_json(const struct plumb_verdict *v, json_t *o, struct plumb_err *err)
{
    const struct plumb_accepted *a = v->version;
    json_t *findings = NULL;

    PLUMB_TRY(set(o, "payload", json_string(a->payload), err));
    PLUMB_TRY(set(o, "version", json_string(a->version), err));
    PLUMB_TRY(set(o, "release", json_hex(a->release.b, sizeof a->release.b), err));
    PLUMB_TRY(set(o, "status", json_string(plumb_status_text(a->window.status)), err));
    PLUMB_TRY(set(o, "notBefore", json_time(a->window.not_before), err));
    if (a->window.not_after != PLUMB_TIME_NEVER)
        PLUMB_TRY(set(o, "notAfter", json_time(a->window.not_after), err));
    if (a->has_sbom)
        PLUMB_TRY(set(o, "sbom", json_hex(a->sbom.b, sizeof a->sbom.b), err));
    PLUMB_TRY(plumb_accepted_findings(a, &findings, err));
    PLUMB_TRY(set(o, "findings", findings, err));
    PLUMB_TRY(set(o, "set", json_integer((json_int_t)v->set), err));
    if (a->sets->sets[v->set].label != NULL)
        PLUMB_TRY(set(o, "label", json_string(a->sets->sets[v->set].label), err));
    PLUMB_TRY(set(o, "met", json_integer((json_int_t)v->met), err));
    return set(o, "of", json_integer((json_int_t)v->of), err);
}

static enum plumb_code
bundle_json(const struct plumb_bundle *b, json_t *o, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *e = json_object();

    if (e == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(set(e, "fleet", json_string(b->fleet), err));
    PLUMB_TRY(set(e, "revision", json_integer(b->revision), err));
    PLUMB_TRY(set(e, "content", json_hex(b->content.b, sizeof b->content.b), err));
    PLUMB_TRY(set(e, "validUntil", json_time(b->valid_until), err));
    return set(o, "bundle", PLUMB_TAKE(e), err);
}

enum plumb_code
plumb_verdict_json(const struct plumb_verdict *v, const struct plumb_bundle *b, json_t **ret,
                   struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *o = json_object();
    char sentence[PLUMB_VERDICT_SENTENCE];

    if (o == NULL)
        return plumb_fail_memory(err);
    plumb_verdict_sentence(v, b, sentence);
    PLUMB_TRY(set(o, "verdict", json_string(plumb_verdict_text(v->code)), err));
    PLUMB_TRY(set(o, "accepted", json_boolean(v->code == PLUMB_VERDICT_ACCEPTED), err));
    PLUMB_TRY(set(o, "reason", json_string(sentence), err));
    PLUMB_TRY(bundle_json(b, o, err));
    if (v->version != NULL)
        PLUMB_TRY(version_json(v, o, err));
    if (v->code == PLUMB_VERDICT_ACCEPTED)
        PLUMB_TRY(set(o, "until", json_time(v->until), err));
    if (v->measurement != NULL) {
        PLUMB_TRY(set(o, "measurement", json_string(v->measurement), err));
        PLUMB_TRY(set(o, "absent", json_boolean(v->absent), err));
    }
    if (v->expected != NULL)
        PLUMB_TRY(expected_json(v->expected, o, err));
    *ret = PLUMB_TAKE(o);
    return PLUMB_OK;
}

static plumb_time
ended_at(const struct plumb_accepted *a)
{
    return a->kept_until < a->window.not_after ? a->kept_until : a->window.not_after;
}

void
plumb_verdict_sentence(const struct plumb_verdict *v, const struct plumb_bundle *b,
                       char ret[PLUMB_VERDICT_SENTENCE])
{
    const struct plumb_accepted *a = v->version;
    const char *why = v->absent ? "is not among the claims" : "differs";
    char name[2 * PLUMB_NAME_MAX + 2] = "no version", t[PLUMB_TIME_TEXT] = "";
    const size_t size = PLUMB_VERDICT_SENTENCE;

    if (a != NULL)
        (void)snprintf(name, sizeof name, "%s@%s", a->payload, a->version);
    switch (v->code) {
    case PLUMB_VERDICT_ACCEPTED:
        plumb_time_text(v->until, t);
        (void)snprintf(ret, size, "%s, %s, accepted until %s", name,
                       plumb_status_text(a->window.status), t);
        return;
    case PLUMB_VERDICT_STALE:
        plumb_time_text(b->valid_until, t);
        (void)snprintf(ret, size, "the bundle of %s is not valid now: it ends at %s, pull anew",
                       b->fleet, t);
        return;
    case PLUMB_VERDICT_DEBUG:
        (void)snprintf(ret, size,
                       v->absent ? "%s is not among the claims: it would tell debug mode"
                                 : "debug mode: %s says so",
                       v->measurement);
        return;
    case PLUMB_VERDICT_PLATFORM:
        (void)snprintf(ret, size, "%s matches, but the platform does not: %s %s", name,
                       v->measurement, why);
        return;
    case PLUMB_VERDICT_NOT_YET:
        plumb_time_text(a->window.not_before, t);
        (void)snprintf(ret, size, "%s matches, but is accepted only from %s", name, t);
        return;
    case PLUMB_VERDICT_ENDED:
        plumb_time_text(ended_at(a), t);
        (void)snprintf(ret, size, "%s matches, but was accepted only until %s", name, t);
        return;
    case PLUMB_VERDICT_REVOKED:
        (void)snprintf(ret, size, "%s matches, but is revoked", name);
        return;
    case PLUMB_VERDICT_UNKNOWN:
    case PLUMB_VERDICT_COUNT:
        break;
    }
    if (a == NULL)
        (void)snprintf(ret, size, "no accepted version has any of these measurements");
    else
        (void)snprintf(ret, size,
                       "no accepted version; nearest is %s, where %zu of %zu match: %s %s",
                       name, v->met, v->of, v->measurement, why);
}
