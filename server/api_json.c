#include "server/api_json.h"

json_t *
api_time(plumb_time t)
{
    char text[PLUMB_TIME_TEXT];

    plumb_time_text(t, text);
    return json_string(text);
}

json_t *
api_digest(const struct plumb_digest *d)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(d, hex);
    return json_string(hex);
}

void
api_set(json_t *object, const char *key, json_t *value)
{
    if (value != NULL)
        (void)json_object_set_new(object, key, value);
}

static json_t *
text_or_nothing(const char *text)
{
    return text != NULL ? json_string(text) : NULL;
}

json_t *
api_place_json(const struct engine_placement *p)
{
    json_t *o = json_object();
    bool accepted = p->place == ENGINE_PLACE_INCOMING || p->place == ENGINE_PLACE_CURRENT ||
                    p->place == ENGINE_PLACE_OUTGOING;

    api_set(o, "fleet", json_string(p->fleet));
    api_set(o, "payload", json_string(p->payload));
    api_set(o, "version", json_string(p->version));
    api_set(o, "release", api_digest(&p->release));
    api_set(o, "place", json_string(engine_place_text(p->place)));
    api_set(o, "since", api_time(p->since));
    if (accepted)
        api_set(o, "notBefore", api_time(p->window.not_before));
    if (accepted && p->window.not_after != PLUMB_TIME_NEVER)
        api_set(o, "notAfter", api_time(p->window.not_after));
    if (accepted && p->kept_until != PLUMB_TIME_NEVER)
        api_set(o, "keptUntil", api_time(p->kept_until));
    if (p->place == ENGINE_PLACE_INCOMING) {
        api_set(o, "rollout", api_digest(&p->rollout));
        api_set(o, "deadline", api_time(p->deadline));
        api_set(o, "overrun", json_boolean(p->overrun));
        api_set(o, "recognitions", json_integer((json_int_t)p->recognitions));
        api_set(o, "recognitionsNeeded", json_integer((json_int_t)p->recognitions_needed));
    }
    return o;
}

json_t *
api_proposal_json(const struct db_proposal_row *p)
{
    json_t *o = json_object();

    api_set(o, "id", api_digest(&p->id));
    api_set(o, "index", json_integer((json_int_t)p->idx));
    api_set(o, "time", api_time(p->time));
    api_set(o, "kind", json_string(p->kind));
    api_set(o, "action", text_or_nothing(p->action));
    api_set(o, "state", json_string(p->state));
    api_set(o, "proposer", json_string(p->proposer));
    api_set(o, "payload", text_or_nothing(p->payload));
    api_set(o, "version", text_or_nothing(p->version));
    api_set(o, "fleet", text_or_nothing(p->fleet));
    if (p->closed)
        api_set(o, "closed",
                json_pack("{s:I,s:o,s:s}", "index", (json_int_t)p->closed_idx, "time",
                          api_time(p->closed_time), "rule", p->closed_rule));
    return o;
}

json_t *
api_version_json(const struct db_version_row *v)
{
    json_t *o = json_object();

    api_set(o, "payload", json_string(v->payload));
    api_set(o, "version", json_string(v->version));
    api_set(o, "release", api_digest(&v->release));
    api_set(o, "index", json_integer((json_int_t)v->idx));
    api_set(o, "state", json_string(v->state));
    api_set(o, "referenceValues", api_digest(&v->reference_values));
    if (v->has_sbom)
        api_set(o, "sbom", api_digest(&v->sbom));
    return o;
}

json_t *
api_event_json(const struct db_event_row *e)
{
    json_t *o = json_object();

    api_set(o, "index", json_integer((json_int_t)e->idx));
    api_set(o, "time", api_time(e->time));
    api_set(o, "kind", json_string(e->kind));
    api_set(o, "actor", json_string(e->actor));
    api_set(o, "payload", text_or_nothing(e->payload));
    api_set(o, "version", text_or_nothing(e->version));
    api_set(o, "fleet", text_or_nothing(e->fleet));
    if (e->has_proposal)
        api_set(o, "proposal", api_digest(&e->proposal));
    api_set(o, "effect", json_string(e->effect));
    return o;
}

json_t *
api_fleet_json(const struct plumb_fleet *fleet, const struct engine_fleet_state *state)
{
    json_t *o = json_object();

    api_set(o, "fleet", json_string(fleet->name));
    api_set(o, "public", json_boolean(fleet->is_public));
    api_set(o, "revision", json_integer(state->revision));
    if (state->revision > 0) {
        api_set(o, "content", api_digest(&state->content));
        api_set(o, "publication", json_integer((json_int_t)state->publication));
        api_set(o, "issued", api_time(state->issued));
        api_set(o, "validUntil", api_time(state->valid_until));
    }
    return o;
}
