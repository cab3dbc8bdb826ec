/* Everything of a fleet's content, made anew: what engine_derive must be the same as. */
#include <stdlib.h>
#include <string.h>

#include "engine/render.h"
#include "lib/own.h"

struct whole_section {
    uint8_t bucket;
    struct section_name name;
    struct engine_part part;
};
struct whole {
    struct whole_section *sections;
    size_t nsections, cap;
    struct engine_part payloads[256], revoked[256], content;
    struct render_index index;
};

static void
auto_whole(struct whole **w)
{
    if (*w == NULL)
        return;
    for (size_t i = 0; i < (*w)->nsections; i++)
        part_clear(&(*w)->sections[i].part);
    for (unsigned i = 0; i < 256; i++) {
        part_clear(&(*w)->payloads[i]);
        part_clear(&(*w)->revoked[i]);
    }
    part_clear(&(*w)->content);
    free((*w)->sections);
    free(*w);
}

static enum plumb_code
add_section(const struct engine *e, const struct track *t, struct whole *w,
            struct plumb_err *err)
{
    struct whole_section s = { .bucket = render_bucket_of(t->payload.s) };
    bool any;

    if (w->nsections == w->cap) {
        size_t cap = w->cap == 0 ? 16 : w->cap * 2;
        struct whole_section *more = realloc(w->sections, cap * sizeof *more);

        if (more == NULL)
            return plumb_fail_memory(err);
        w->sections = more;
        w->cap = cap;
    }
    PLUMB_TRY(render_section(e, t->fleet.s, t->payload.s, &s.part, &any, err));
    if (!any)
        return PLUMB_OK;
    s.name.payload = t->payload;
    s.name.digest = s.part.digest;
    w->sections[w->nsections++] = s;
    return PLUMB_OK;
}

static int
compare_sections(const void *a, const void *b)
{
    const struct whole_section *x = a, *y = b;

    return x->bucket != y->bucket ? (int)x->bucket - (int)y->bucket
                                  : strcmp(x->name.payload.s, y->name.payload.s);
}

static enum plumb_code
make_sections(const struct engine *e, const char *fleet, struct whole *w, struct plumb_err *err)
{
    const struct map *m = &e->maps[STATE_TRACKS];

    for (size_t i = 0; i < m->norder; i++) {
        const struct track *t = (const struct track *)m->order[i]->record;

        if (t != NULL && strcmp(t->fleet.s, fleet) == 0)
            PLUMB_TRY(add_section(e, t, w, err));
    }
    if (w->nsections > 0)
        qsort(w->sections, w->nsections, sizeof *w->sections, compare_sections);
    return PLUMB_OK;
}

static enum plumb_code
make_payload_bucket(struct whole *w, size_t first, size_t end, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) struct section_name *names = calloc(end - first, sizeof *names);
    uint8_t byte = w->sections[first].bucket;

    if (names == NULL)
        return plumb_fail_memory(err);
    for (size_t i = first; i < end; i++)
        names[i - first] = w->sections[i].name;
    PLUMB_TRY(render_payloads(names, end - first, &w->payloads[byte], err));
    w->index.has_payloads[byte] = true;
    w->index.payloads[byte] = w->payloads[byte].digest;
    return PLUMB_OK;
}

static enum plumb_code
make_buckets(const struct engine *e, const char *fleet, struct whole *w, struct plumb_err *err)
{
    for (size_t i = 0, end; i < w->nsections; i = end) {
        for (end = i; end < w->nsections && w->sections[end].bucket == w->sections[i].bucket;)
            end++;
        PLUMB_TRY(make_payload_bucket(w, i, end, err));
    }
    for (unsigned byte = 0; byte < 256; byte++) {
        if (render_revoked_count(e, fleet, (uint8_t)byte) == 0)
            continue;
        PLUMB_TRY(render_revoked(e, fleet, (uint8_t)byte, &w->revoked[byte], err));
        w->index.has_revoked[byte] = true;
        w->index.revoked[byte] = w->revoked[byte].digest;
    }
    return PLUMB_OK;
}

static enum plumb_code
emit(const struct whole *w, engine_part_fn *content, engine_part_fn *bucket,
     engine_part_fn *section, void *arg, struct plumb_err *err)
{
    PLUMB_TRY(content(arg, &w->content, err));
    for (unsigned byte = 0; byte < 256; byte++)
        if (w->index.has_payloads[byte])
            PLUMB_TRY(bucket(arg, &w->payloads[byte], err));
    for (unsigned byte = 0; byte < 256; byte++)
        if (w->index.has_revoked[byte])
            PLUMB_TRY(bucket(arg, &w->revoked[byte], err));
    for (size_t i = 0; i < w->nsections; i++)
        PLUMB_TRY(section(arg, &w->sections[i].part, err));
    return PLUMB_OK;
}

enum plumb_code
engine_derive_all(const struct engine *e, const char *fleet, engine_part_fn *content,
                  engine_part_fn *bucket, engine_part_fn *section, void *arg,
                  struct plumb_err *err)
{
    const struct plumb_governance *doc = state_document(e);
    const struct plumb_fleet *rules = doc != NULL ? plumb_governance_fleet(doc, fleet) : NULL;
    PLUMB_AUTO(auto_whole) struct whole *w = NULL;

    if (rules == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "fleet.unknown", "fleet",
                          "governance knows no fleet %s", fleet);
    w = calloc(1, sizeof *w);
    if (w == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(make_sections(e, fleet, w, err));
    PLUMB_TRY(make_buckets(e, fleet, w, err));
    PLUMB_TRY(render_content(e, rules, &w->index, &w->content, err));
    return emit(w, content, bucket, section, arg, err);
}
