/* Sections: one payload's accepted versions, their documents and their proof. */
#include "lib/bundle_read.h"

#include <string.h>

#include "lib/own.h"
#include "lib/refval.h"

#define VERSIONS_MAX 100000

/* The documents that the versions name come in the versions' order, each once. */
struct document {
    struct plumb_digest digest;
    const struct plumb_sets *sets;
};
struct documents {
    struct span rest;
    int state;
    struct document *v;
    size_t n, room;
    uint32_t *slots; /* one more than the index into v; 0 is free */
    size_t nslots;   /* a power of two, at least twice n */
};

static void
documents_clear(struct documents *d)
{
    free(d->v);
    free(d->slots);
}

/* Where want is, or would be: digests spread by themselves. */
static size_t
slot_of(const struct documents *d, const struct plumb_digest *want)
{
    size_t at;

    memcpy(&at, want->b, sizeof at);
    for (at &= d->nslots - 1; d->slots[at] != 0; at = (at + 1) & (d->nslots - 1))
        if (plumb_digest_eq(&d->v[d->slots[at] - 1].digest, want))
            break;
    return at;
}

static enum plumb_code
make_slots(struct documents *d, struct plumb_err *err)
{
    size_t n = d->nslots > 0 ? 2 * d->nslots : 16;

    if (2 * (d->n + 1) <= d->nslots)
        return PLUMB_OK;
    free(d->slots);
    d->slots = calloc(n, sizeof *d->slots);
    if (d->slots == NULL)
        return plumb_fail_memory(err);
    d->nslots = n;
    for (size_t i = 0; i < d->n; i++)
        d->slots[slot_of(d, &d->v[i].digest)] = (uint32_t)(i + 1);
    return PLUMB_OK;
}

static enum plumb_code
next_document(struct plumb_bundle_reader *r, struct documents *d,
              const struct plumb_digest *want, struct plumb_err *err)
{
    struct plumb_digest digest;
    struct plumb_sets *sets;
    struct span document;

    if (!span_next(&d->rest, &d->state, &document))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.missing", "referenceValues",
                          "a version's reference values are missing");
    plumb_sha256(document.p, document.len, &digest);
    if (!plumb_digest_eq(&digest, want))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.digest", "referenceValues",
                          "document %zu is not the one that was approved", d->n);
    PLUMB_TRY(bundle_grow(&d->v, d->n, &d->room, sizeof *d->v, err));
    sets = pool_alloc(r->in->pool, sizeof *sets);
    if (sets == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(refval_parse(document.p, document.len, r->in->pool, sets, err));
    d->v[d->n++] = (struct document){ digest, sets };
    return PLUMB_OK;
}

static enum plumb_code
sets_of(struct plumb_bundle_reader *r, struct documents *d, const struct plumb_digest *want,
        const struct plumb_sets **ret, struct plumb_err *err)
{
    size_t slot;

    PLUMB_TRY(make_slots(d, err));
    slot = slot_of(d, want);
    if (d->slots[slot] == 0) {
        PLUMB_TRY(next_document(r, d, want, err));
        d->slots[slot] = (uint32_t)d->n;
    }
    *ret = d->v[d->slots[slot] - 1].sets;
    return PLUMB_OK;
}

static enum plumb_code
read_versions(struct plumb_bundle_reader *r, const char *payload, const struct plumb_jv *v,
              struct bundle_entries *entries, struct documents *d, struct plumb_err *err)
{
    struct plumb_bundle *b = r->bundle;
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 1, VERSIONS_MAX, &n, err));
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv e = plumb_jv_element(v, i);
        struct plumb_accepted *a;

        PLUMB_TRY(bundle_grow(&b->accepted, b->naccepted, &r->accepted_room,
                              sizeof *b->accepted, err));
        a = &b->accepted[b->naccepted];
        PLUMB_TRY(bundle_read_version(r, payload, &e, entries, a, err));
        if (i > 0 && plumb_digest_cmp(&a[-1].release, &a->release) >= 0)
            return plumb_jv_fail(&e, err, PLUMB_INVALID, "bundle.order",
                                 "versions ascend by release id, each once");
        PLUMB_TRY(sets_of(r, d, &a->reference_values, &a->sets, err));
        b->naccepted++;
    }
    return PLUMB_OK;
}

static enum plumb_code
read_section(struct plumb_bundle_reader *r, const struct bundle_part *want, json_t *json,
             struct bundle_entries *entries, struct documents *d, struct plumb_err *err)
{
    static const char *const members[] = { "schema", "fleet", "payload", "versions", NULL };
    struct plumb_jv root = plumb_jv_root(json, "section");
    struct plumb_jv schema = plumb_jv_member(&root, "schema");
    struct plumb_jv fleet = plumb_jv_member(&root, "fleet");
    struct plumb_jv payload = plumb_jv_member(&root, "payload");
    struct plumb_jv versions = plumb_jv_member(&root, "versions");
    const char *text;

    PLUMB_TRY(plumb_jv_closed(&root, members, err));
    PLUMB_TRY(plumb_jv_string(&schema, 128, &text, err));
    if (strcmp(text, "urn:plumbline:section:v1") != 0)
        return plumb_jv_fail(&schema, err, PLUMB_UNSUPPORTED, "schema.unknown",
                             "want urn:plumbline:section:v1");
    PLUMB_TRY(plumb_jv_name(&fleet, &text, err));
    if (strcmp(text, r->trust->fleet) != 0)
        return plumb_jv_fail(&fleet, err, PLUMB_REFUSED, "bundle.fleet",
                             "it is of another fleet");
    PLUMB_TRY(plumb_jv_name(&payload, &text, err));
    if (strcmp(text, want->name) != 0)
        return plumb_jv_fail(&payload, err, PLUMB_REFUSED, "bundle.payload",
                             "it is of another payload than its bucket says");
    return read_versions(r, want->name, &versions, entries, d, err);
}

static enum plumb_code
check_nothing_extra(const struct bundle_entries *entries, struct documents *d,
                    struct plumb_err *err)
{
    struct span document;

    if (span_next(&d->rest, &d->state, &document))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.extra", "referenceValues",
                          "document %zu belongs to no version", d->n);
    if (d->state != 2 || d->rest.len != 0)
        return bundle_malformed("referenceValues", err);
    for (size_t i = 0; i < entries->n; i++)
        if (!entries->v[i].used)
            return plumb_fail(err, PLUMB_REFUSED, "bundle.extra", "entries",
                              "entry %llu belongs to no version",
                              (unsigned long long)entries->v[i].index);
    return PLUMB_OK;
}

enum plumb_code
bundle_read_section(struct plumb_bundle_reader *r, struct span line, struct plumb_err *err)
{
    const struct bundle_part *want = &r->sections.v[r->sections.next++];
    PLUMB_AUTO(bundle_entries_clear) struct bundle_entries entries = { 0 };
    PLUMB_AUTO(documents_clear) struct documents d = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct span array, section;
    struct plumb_digest digest;

    if (!span_text(&line, "{\"entries\":") || !span_value(&line, &array) ||
        !span_text(&line, ",\"referenceValues\":") || !span_value(&line, &d.rest) ||
        !span_text(&line, ",\"section\":") || !span_value(&line, &section) ||
        !span_text(&line, ",\"type\":\"section\"}") || line.len != 0)
        return bundle_malformed("", err);
    plumb_sha256(section.p, section.len, &digest);
    if (!plumb_digest_eq(&digest, &want->digest))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.digest", "section",
                          "it is not the section of %s that the content names", want->name);
    PLUMB_TRY(bundle_entries_open(r, array, &entries, err));
    PLUMB_TRY(
        plumb_json_load_canonical(section.p, section.len, PLUMB_BUNDLE_LINE_MAX, &json, err));
    PLUMB_TRY(read_section(r, want, json, &entries, &d, err));
    return check_nothing_extra(&entries, &d, err);
}
