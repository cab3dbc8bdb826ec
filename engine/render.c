#include "engine/render.h"

#include <string.h>

#include "engine/finding.h"
#include "engine/object.h"
#include "lib/own.h"

void
part_clear(struct engine_part *p)
{
    plumb_bytes_clear(&p->json);
}

static enum plumb_code
finish(struct object *o, struct engine_part *ret, struct plumb_err *err)
{
    PLUMB_TRY(object_end(o, &ret->json, err));
    plumb_sha256(ret->json.data, ret->json.len, &ret->digest);
    return PLUMB_OK;
}

/* The memory for what is written was not there. */
static void
fail_memory(struct object *o)
{
    o->code = plumb_fail_memory(&o->err);
}

/* --- sections --- */

static int
compare_indexes(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* The proposal, its votes, and the service's record that a scheduled begin has. */
static void
add_entries(struct object *o, const char *key, const struct proposal *p)
{
    PLUMB_AUTO(auto_free) uint64_t *index = calloc(p->nvotes + 1, sizeof *index);
    size_t n = 0;

    if (index == NULL) {
        fail_memory(o);
        return;
    }
    for (size_t i = 0; i < p->nvotes; i++)
        index[n++] = p->votes[i].index;
    if (p->begin_record != NO_INDEX)
        index[n++] = p->begin_record;
    qsort(index, n, sizeof *index, compare_indexes);
    object_open_array(o, key);
    for (size_t i = 0; i < n; i++)
        object_integer(o, NULL, (int64_t)index[i]);
    object_close_array(o);
}

static void
add_step(struct object *o, const struct engine *e, const struct step *s)
{
    const struct proposal *p = state_proposal(e, &s->proposal);
    uint64_t record = s->by_overrun ? p->overrun_record : p->closed_index;

    object_open(o, NULL);
    /* of a governance change that revoked the predecessor, the entry that completed it */
    if (s->by_overrun || p->what->kind == PLUMB_KIND_GOVERNANCE) {
        object_open_array(o, "entries");
        if (record != NO_INDEX)
            object_integer(o, NULL, (int64_t)record);
        object_close_array(o);
    } else {
        add_entries(o, "entries", p);
    }
    object_text(o, "step", plumb_step_text(s->step));
    object_close(o);
}

static int
by_advisory(const void *a, const void *b)
{
    return strcmp(((const struct engine_finding *)a)->advisory,
                  ((const struct engine_finding *)b)->advisory);
}

static void
add_finding(struct object *o, const struct engine_finding *f)
{
    object_open(o, NULL);
    if (f->due != PLUMB_TIME_NEVER)
        object_time(o, "due", f->due);
    object_text(o, "id", f->advisory);
    object_text(o, "severity", plumb_severity_text(f->severity));
    object_time(o, "since", f->since);
    object_text(o, "state", plumb_finding_state_text(f->state));
    object_close(o);
}

/* Those that are open or undetermined, ascending by advisory; at no time in particular. */
static void
add_open_findings(struct object *o, const struct engine *e, const struct found *found)
{
    /* one more is written before it is dropped */
    PLUMB_AUTO(auto_free) struct engine_finding *open = calloc(found->n + 1, sizeof *open);
    size_t n = 0;

    if (open == NULL) {
        fail_memory(o);
        return;
    }
    for (const struct finding *f = finding_first(found); f != NULL; f = finding_before(f)) {
        finding_view(e, f, 0, &open[n]);
        n += plumb_finding_is_open(open[n].state);
    }
    if (n > 0)
        qsort(open, n, sizeof *open, by_advisory);
    for (size_t i = 0; i < n; i++)
        add_finding(o, &open[i]);
}

static void
add_findings(struct object *o, const struct engine *e, const struct plumb_digest *release)
{
    const struct found *found = finding_of(e, release);

    object_open_array(o, "findings");
    if (found != NULL)
        add_open_findings(o, e, found);
    object_close_array(o);
}

static void
add_version(struct object *o, const struct engine *e, const struct placement *p)
{
    const struct version *v = state_version(e, &p->release);

    object_open(o, NULL);
    add_entries(o, "approval", state_proposal(e, &p->release));
    if (state_document(e)->controls != NULL)
        add_findings(o, e, &p->release);
    if (p->kept_until != PLUMB_TIME_NEVER)
        object_time(o, "keptUntil", p->kept_until);
    object_open_array(o, "moves");
    for (size_t i = 0; i < p->nsteps; i++)
        add_step(o, e, &p->steps[i]);
    object_close_array(o);
    if (p->window.not_after != PLUMB_TIME_NEVER)
        object_time(o, "notAfter", p->window.not_after);
    object_time(o, "notBefore", p->window.not_before);
    object_digest(o, "referenceValues", &v->reference_values);
    object_digest(o, "release", &p->release);
    if (v->has_sbom)
        object_digest(o, "sbom", &v->sbom);
    object_text(o, "status", plumb_status_text(p->window.status));
    object_text(o, "version", p->version.s);
    object_close(o);
}

enum plumb_code
render_section(const struct engine *e, const char *fleet, const char *payload,
               struct engine_part *ret, bool *ret_any, struct plumb_err *err)
{
    const struct plumb_governance *doc = state_document(e);
    const struct plumb_fleet *rules = plumb_governance_fleet(doc, fleet);
    const struct track *t = state_track(e, fleet, payload);
    PLUMB_AUTO(object_clear) struct object o = { 0 };
    struct ids accepted = { 0 };

    *ret_any = t != NULL && (t->has_current || t->has_incoming || t->outgoing.n > 0) &&
               rules != NULL && plumb_fleet_has(rules, payload) &&
               plumb_governance_payload(doc, payload) != NULL;
    if (!*ret_any)
        return PLUMB_OK;
    if (!ids_copy(&accepted, &t->outgoing) ||
        (t->has_current && !ids_add(&accepted, &t->current)) ||
        (t->has_incoming && !ids_add(&accepted, &t->incoming)))
        fail_memory(&o);
    object_open(&o, NULL);
    object_text(&o, "fleet", fleet);
    object_text(&o, "payload", payload);
    object_text(&o, "schema", "urn:plumbline:section:v1");
    object_open_array(&o, "versions");
    for (size_t i = 0; o.code == PLUMB_OK && i < accepted.n; i++)
        add_version(&o, e, state_placement(e, fleet, &accepted.v[i]));
    object_close_array(&o);
    object_close(&o);
    free(accepted.v);
    return finish(&o, ret, err);
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

    object_open(&o, NULL);
    object_open(&o, "payloads");
    for (size_t i = 0; i < n; i++)
        object_digest(&o, sections[i].payload.s, &sections[i].digest);
    object_close(&o);
    object_text(&o, "schema", "urn:plumbline:payload-bucket:v1");
    object_close(&o);
    return finish(&o, ret, err);
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
add_revoked(struct object *o, const struct revoked_item *item)
{
    object_open(o, NULL);
    object_integer(o, "index", (int64_t)item->index);
    object_digest(o, "referenceValues", &item->reference_values);
    object_digest(o, "release", &item->release);
    object_close(o);
}

enum plumb_code
render_revoked(const struct engine *e, const char *fleet, uint8_t byte, struct engine_part *ret,
               struct plumb_err *err)
{
    const struct revoked_list *a = revoked_list(e, fleet, byte);
    const struct revoked_list *b = revoked_list(e, "", byte);
    size_t na = a != NULL ? a->n : 0, nb = b != NULL ? b->n : 0, i = 0, k = 0;
    PLUMB_AUTO(object_clear) struct object o = { 0 };

    object_open(&o, NULL);
    object_open_array(&o, "revoked");
    while (i < na || k < nb) {
        int order = i == na ? 1 : k == nb ? -1 : compare_revoked(&a->items[i], &b->items[k]);

        /* revoked here and later everywhere: the first entry did it */
        if (order == 0)
            add_revoked(&o,
                        a->items[i].index < b->items[k].index ? &a->items[i] : &b->items[k]);
        else
            add_revoked(&o, order < 0 ? &a->items[i] : &b->items[k]);
        i += order <= 0;
        k += order >= 0;
    }
    object_close_array(&o);
    object_text(&o, "schema", "urn:plumbline:revoked-bucket:v1");
    object_close(&o);
    return finish(&o, ret, err);
}

/* --- content --- */

static void
add_buckets(struct object *o, const char *key, const bool has[256],
            const struct plumb_digest digests[256])
{
    object_open(o, key);
    for (unsigned i = 0; i < 256; i++) {
        uint8_t byte = (uint8_t)i;
        char name[3];

        if (!has[i])
            continue;
        plumb_hex(&byte, 1, name);
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

    object_open(&o, NULL);
    object_text(&o, "fleet", rules->name);
    object_open(&o, "governance");
    object_digest(&o, "document", &link->document->digest);
    object_digest(&o, "statement", &link->statement);
    object_integer(&o, "version", link->document->version);
    object_close(&o);
    add_buckets(&o, "payloads", index->has_payloads, index->payloads);
    object_json(&o, "platform", rules->platform_json);
    add_buckets(&o, "revoked", index->has_revoked, index->revoked);
    object_integer(&o, "rules", link->document->rules);
    object_text(&o, "schema", "urn:plumbline:content:v1");
    object_json(&o, "trustAnchors", rules->anchors_json);
    object_close(&o);
    return finish(&o, ret, err);
}
