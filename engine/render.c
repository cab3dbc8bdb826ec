#include "engine/render.h"

#include <stdio.h>
#include <string.h>

#include "engine/finding.h"
#include "engine/object.h"
#include "lib/own.h"

void
part_clear(struct engine_part *p)
{
    plumb_bytes_clear(&p->json);
}

/* jansson's setters take NULL and fail: one check at the end sees any of them. */
static void
set(json_t *o, const char *key, json_t *value, bool *ok)
{
    if (json_object_set_new(o, key, value) != 0)
        *ok = false;
}

static void
push(json_t *a, json_t *value, bool *ok)
{
    if (json_array_append_new(a, value) != 0)
        *ok = false;
}

static json_t *
digest_json(const struct plumb_digest *d)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(d, hex);
    return json_string(hex);
}

static json_t *
time_json(plumb_time t)
{
    char text[PLUMB_TIME_TEXT];

    plumb_time_text(t, text);
    return json_string(text);
}

static enum plumb_code
finish(const json_t *json, bool ok, struct engine_part *ret, struct plumb_err *err)
{
    if (!ok || json == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_json_canonical(json, &ret->json, err));
    plumb_sha256(ret->json.data, ret->json.len, &ret->digest);
    return PLUMB_OK;
}

static enum plumb_code
finish_object(struct object *o, struct engine_part *ret, struct plumb_err *err)
{
    PLUMB_TRY(object_end(o, &ret->json, err));
    plumb_sha256(ret->json.data, ret->json.len, &ret->digest);
    return PLUMB_OK;
}

/* --- sections --- */

static int
compare_indexes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The proposal, its votes, and the service's record that a scheduled begin has. */
static json_t *
entries_json(const struct proposal *p, bool *ok)
{
    PLUMB_AUTO(auto_free) uint64_t *index = calloc(p->nvotes + 1, sizeof *index);
    json_t *array = json_array();
    size_t n = 0;

    if (index == NULL) {
        *ok = false;
        return array;
    }
    for (size_t i = 0; i < p->nvotes; i++)
        index[n++] = p->votes[i].index;
    if (p->begin_record != NO_INDEX)
        index[n++] = p->begin_record;
    qsort(index, n, sizeof *index, compare_indexes);
    for (size_t i = 0; i < n; i++)
        push(array, json_integer((json_int_t)index[i]), ok);
    return array;
}

static json_t *
step_json(const struct engine *e, const struct step *s, bool *ok)
{
    const struct proposal *p = state_proposal(e, &s->proposal);
    json_t *o = json_object();
    json_t *entries;

    uint64_t record = s->by_overrun ? p->overrun_record : p->closed_index;

    /* of a governance change that revoked the predecessor, the entry that completed it */
    if (s->by_overrun || p->what->kind == PLUMB_KIND_GOVERNANCE) {
        entries = json_array();
        if (record != NO_INDEX)
            push(entries, json_integer((json_int_t)record), ok);
    } else {
        entries = entries_json(p, ok);
    }
    set(o, "entries", entries, ok);
    set(o, "step", json_string(plumb_step_text(s->step)), ok);
    return o;
}

static int
by_advisory(const void *a, const void *b)
{
    return strcmp(((const struct engine_finding *)a)->advisory,
                  ((const struct engine_finding *)b)->advisory);
}

static json_t *
finding_json(const struct engine_finding *f, bool *ok)
{
    json_t *o = json_object();

    if (f->due != PLUMB_TIME_NEVER)
        set(o, "due", time_json(f->due), ok);
    set(o, "id", json_string(f->advisory), ok);
    set(o, "severity", json_string(plumb_severity_text(f->severity)), ok);
    set(o, "since", time_json(f->since), ok);
    set(o, "state", json_string(engine_finding_state_text(f->state)), ok);
    return o;
}

/* Those that are open or undetermined, ascending by advisory; at no time in particular. */
static json_t *
findings_json(const struct engine *e, const struct plumb_digest *release, bool *ok)
{
    const struct found *found = finding_of(e, release);
    PLUMB_AUTO(auto_free) struct engine_finding *open = NULL;
    json_t *array = json_array();
    size_t n = 0;

    if (found == NULL)
        return array;
    open = calloc(found->n + 1, sizeof *open); /* one more is written before it is dropped */
    *ok = *ok && open != NULL;
    for (const struct finding *f = open != NULL ? finding_first(found) : NULL; f != NULL;
         f = finding_before(f)) {
        finding_view(e, f, 0, &open[n]);
        n += open[n].state == ENGINE_FINDING_OPEN ||
             open[n].state == ENGINE_FINDING_UNDETERMINED;
    }
    if (n > 0)
        qsort(open, n, sizeof *open, by_advisory);
    for (size_t i = 0; i < n; i++)
        push(array, finding_json(&open[i], ok), ok);
    return array;
}

static json_t *
version_json(const struct engine *e, const struct placement *p, bool *ok)
{
    const struct version *v = state_version(e, &p->release);
    json_t *o = json_object(), *moves = json_array();

    set(o, "approval", entries_json(state_proposal(e, &p->release), ok), ok);
    if (state_document(e)->controls != NULL)
        set(o, "findings", findings_json(e, &p->release, ok), ok);
    if (p->kept_until != PLUMB_TIME_NEVER)
        set(o, "keptUntil", time_json(p->kept_until), ok);
    for (size_t i = 0; i < p->nsteps; i++)
        push(moves, step_json(e, &p->steps[i], ok), ok);
    set(o, "moves", moves, ok);
    if (p->window.not_after != PLUMB_TIME_NEVER)
        set(o, "notAfter", time_json(p->window.not_after), ok);
    set(o, "notBefore", time_json(p->window.not_before), ok);
    set(o, "referenceValues", digest_json(&v->reference_values), ok);
    set(o, "release", digest_json(&p->release), ok);
    if (v->has_sbom)
        set(o, "sbom", digest_json(&v->sbom), ok);
    set(o, "status", json_string(plumb_status_text(p->window.status)), ok);
    set(o, "version", json_string(p->version.s), ok);
    return o;
}

enum plumb_code
render_section(const struct engine *e, const char *fleet, const char *payload,
               struct engine_part *ret, bool *ret_any, struct plumb_err *err)
{
    const struct plumb_governance *doc = state_document(e);
    const struct plumb_fleet *rules = plumb_governance_fleet(doc, fleet);
    const struct track *t = state_track(e, fleet, payload);
    PLUMB_AUTO(plumb_json_auto) json_t *o = NULL;
    struct ids accepted = { 0 };
    json_t *versions;
    bool ok;

    *ret_any = t != NULL && (t->has_current || t->has_incoming || t->outgoing.n > 0) &&
               rules != NULL && plumb_fleet_has(rules, payload) &&
               plumb_governance_payload(doc, payload) != NULL;
    if (!*ret_any)
        return PLUMB_OK;
    o = json_object();
    versions = json_array();
    ok = ids_copy(&accepted, &t->outgoing) &&
         (!t->has_current || ids_add(&accepted, &t->current)) &&
         (!t->has_incoming || ids_add(&accepted, &t->incoming));
    for (size_t i = 0; ok && i < accepted.n; i++)
        push(versions, version_json(e, state_placement(e, fleet, &accepted.v[i]), &ok), &ok);
    free(accepted.v);
    set(o, "fleet", json_string(fleet), &ok);
    set(o, "payload", json_string(payload), &ok);
    set(o, "schema", json_string("urn:plumbline:section:v1"), &ok);
    set(o, "versions", versions, &ok);
    return finish(o, ok, ret, err);
}

/* --- buckets --- */

uint8_t
render_bucket_of(const char *payload)
{
    struct plumb_digest d;

    plumb_sha256(payload, strlen(payload), &d);
    return d.b[0];
}

enum plumb_code
render_payloads(const struct section_name *sections, size_t n, struct engine_part *ret,
                struct plumb_err *err)
{
    PLUMB_AUTO(object_clear) struct object o = { 0 };

    object_open(&o);
    object_open_member(&o, "payloads");
    for (size_t i = 0; i < n; i++)
        object_digest(&o, sections[i].payload.s, &sections[i].digest);
    object_close(&o);
    object_json(&o, "schema", json_string("urn:plumbline:payload-bucket:v1"));
    object_close(&o);
    return finish_object(&o, ret, err);
}

static const struct revoked_list *
revoked_list(const struct engine *e, const char *fleet, uint8_t byte)
{
    struct state_key key = key_byte(fleet, byte);

    return state_get_key(e, STATE_REVOKED, &key);
}

size_t
render_revoked_count(const struct engine *e, const char *fleet, uint8_t byte)
{
    const struct revoked_list *here = revoked_list(e, fleet, byte);
    const struct revoked_list *everywhere = revoked_list(e, "", byte);

    return (here != NULL ? here->n : 0) + (everywhere != NULL ? everywhere->n : 0);
}

static int
compare_revoked(const struct revoked_item *a, const struct revoked_item *b)
{
    int order = plumb_digest_cmp(&a->reference_values, &b->reference_values);

    return order != 0 ? order : plumb_digest_cmp(&a->release, &b->release);
}

static void
push_revoked(json_t *array, const struct revoked_item *item, bool *ok)
{
    json_t *o = json_object();

    set(o, "index", json_integer((json_int_t)item->index), ok);
    set(o, "referenceValues", digest_json(&item->reference_values), ok);
    set(o, "release", digest_json(&item->release), ok);
    push(array, o, ok);
}

enum plumb_code
render_revoked(const struct engine *e, const char *fleet, uint8_t byte, struct engine_part *ret,
               struct plumb_err *err)
{
    const struct revoked_list *a = revoked_list(e, fleet, byte);
    const struct revoked_list *b = revoked_list(e, "", byte);
    size_t na = a != NULL ? a->n : 0, nb = b != NULL ? b->n : 0, i = 0, k = 0;
    PLUMB_AUTO(plumb_json_auto) json_t *o = json_object();
    json_t *revoked = json_array();
    bool ok = true;

    while (i < na || k < nb) {
        int order = i == na ? 1 : k == nb ? -1 : compare_revoked(&a->items[i], &b->items[k]);

        /* revoked here and later everywhere: the first entry did it */
        if (order == 0)
            push_revoked(revoked,
                         a->items[i].index < b->items[k].index ? &a->items[i] : &b->items[k],
                         &ok);
        else
            push_revoked(revoked, order < 0 ? &a->items[i] : &b->items[k], &ok);
        i += order <= 0;
        k += order >= 0;
    }
    set(o, "revoked", revoked, &ok);
    set(o, "schema", json_string("urn:plumbline:revoked-bucket:v1"), &ok);
    return finish(o, ok, ret, err);
}

/* --- content --- */

static void
add_buckets(struct object *o, const char *key, const bool has[256],
            const struct plumb_digest digests[256])
{
    object_open_member(o, key);
    for (unsigned i = 0; i < 256; i++) {
        char name[8];

        if (!has[i])
            continue;
        (void)snprintf(name, sizeof name, "%02x", i);
        object_digest(o, name, &digests[i]);
    }
    object_close(o);
}

enum plumb_code
render_content(const struct engine *e, const struct plumb_fleet *rules,
               const struct render_index *index, struct engine_part *ret, struct plumb_err *err)
{
    const struct plumb_link *link = plumb_chain_last(e->chain);
    PLUMB_AUTO(object_clear) struct object o = { 0 };

    object_open(&o);
    object_json(&o, "fleet", json_string(rules->name));
    object_open_member(&o, "governance");
    object_digest(&o, "document", &link->document->digest);
    object_digest(&o, "statement", &link->statement);
    object_json(&o, "version", json_integer(link->document->version));
    object_close(&o);
    add_buckets(&o, "payloads", index->has_payloads, index->payloads);
    object_json(&o, "platform", json_deep_copy(rules->platform_json));
    add_buckets(&o, "revoked", index->has_revoked, index->revoked);
    object_json(&o, "rules", json_integer(link->document->rules));
    object_json(&o, "schema", json_string("urn:plumbline:content:v1"));
    object_json(&o, "trustAnchors", json_deep_copy(rules->anchors_json));
    object_close(&o);
    return finish_object(&o, ret, err);
}
