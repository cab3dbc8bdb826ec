/* Every bundle that was ever published, derived from the log again and held to what is stored,
 * which is what verifiers got; and what should have been published and was not. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/state.h"
#include "lib/own.h"

#define PUBLISHED_WITHIN 300 /* seconds: a service publishes a change in one go with it */

/* One fleet's parts as the log derives them. */
struct parts {
    struct audit *a;
    const char *fleet;
    uint64_t index;
    const char *people;
    struct plumb_digest content;
};

static enum plumb_code
compare_part(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    const struct parts *p = arg;
    const struct audit_source *source = p->a->config.source;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes stored = { 0 };
    char hex[PLUMB_DIGEST_HEX], where[80];
    enum plumb_code code = source->blob(source->self, &part->digest, &stored, err);
    size_t at = 0;

    if (code != PLUMB_OK && code != PLUMB_NOT_FOUND)
        return code;
    plumb_digest_hex(&part->digest, hex);
    (void)snprintf(where, sizeof where, "blobs/%s", hex);
    if (code == PLUMB_NOT_FOUND)
        return audit_say(p->a, p->index, p->people, "bundle.absent", where, err,
                         "a part of the bundle of %s that was published is not stored",
                         p->fleet);
    while (at < stored.len && at < part->json.len && stored.data[at] == part->json.data[at])
        at++;
    if (at < stored.len || at < part->json.len)
        return audit_say(p->a, p->index, p->people, "bundle.bytes", where, err,
                         "the stored part of the bundle of %s differs from what the log "
                         "derives, from byte %zu on",
                         p->fleet, at);
    p->a->counts.parts++;
    return PLUMB_OK;
}

enum plumb_code
audit_publication(struct audit *a, const struct audit_item *item, plumb_time time,
                  struct plumb_err *err)
{
    const struct plumb_statement *s = item->opened->statement;
    char people[128];
    struct parts p = { .a = a, .fleet = s->fleet, .index = item->index, .people = people };
    struct audit_counts counts = a->counts;
    size_t nfindings = a->nfindings;
    uint64_t found = a->found;
    struct plumb_digest content;
    struct plumb_err what;
    enum plumb_code code;

    audit_people(a, item, people, sizeof people);
    PLUMB_TRY(engine_advance(a->engine, time, err));
    code = engine_derive(a->engine, s->fleet, compare_part, &p, &content, &what);
    if (code == PLUMB_OK && plumb_digest_eq(&content, &s->u.publication.content))
        return PLUMB_OK;
    /* The engine refuses the entry and says why; parts of another content say nothing. */
    a->nfindings = nfindings;
    a->found = found;
    a->counts = counts;
    if (code == PLUMB_OK || code == PLUMB_REFUSED || code == PLUMB_NOT_FOUND)
        return PLUMB_OK;
    return audit_pass(&what, err);
}

/* --- what was not published --- */

struct names {
    struct name {
        char text[PLUMB_NAME_MAX + 1];
    } * v;
    size_t n, cap;
    bool failed;
};

static void
names_clear(struct names *names)
{
    free(names->v);
}

static bool
take_name(void *arg, const char *name)
{
    struct names *names = arg;

    if (names->n == names->cap) {
        size_t cap = names->cap > 0 ? 2 * names->cap : 16;
        struct name *more = realloc(names->v, cap * sizeof *more);

        names->failed = more == NULL;
        if (names->failed)
            return false;
        names->v = more;
        names->cap = cap;
    }
    (void)snprintf(names->v[names->n++].text, sizeof names->v[0].text, "%s", name);
    return true;
}

static bool
take_any(void *arg, const char *name)
{
    (void)name;
    *(bool *)arg = true;
    return false;
}

void
audit_changed(struct audit *a, plumb_time time)
{
    bool any = false;

    engine_fleets_touched(a->engine, take_any, &any);
    if (!any)
        a->unpublished = PLUMB_TIME_NEVER;
    else if (a->unpublished == PLUMB_TIME_NEVER)
        a->unpublished = time;
}

/* The derivation is undone, so that the next publication's parts are all seen again. */
static enum plumb_code
check_fleet(struct audit *a, uint64_t index, const char *fleet, struct plumb_err *err)
{
    struct engine_fleet_state last = { 0 };
    struct plumb_digest content;
    struct plumb_err what;
    enum plumb_code code;
    char since[PLUMB_TIME_TEXT];

    engine_mark(a->engine);
    code = engine_derive(a->engine, fleet, NULL, NULL, &content, &what);
    engine_drop(a->engine);
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (code == PLUMB_REFUSED)
        return audit_find(a, index, "the service", &what, err);
    if (code != PLUMB_OK || (engine_fleet(a->engine, fleet, &last) && last.revision > 0 &&
                             plumb_digest_eq(&content, &last.content)))
        return PLUMB_OK;
    plumb_time_text(a->unpublished != PLUMB_TIME_NEVER ? a->unpublished : a->time, since);
    return audit_say(a, index, "the service", "publication.withheld", fleet, err,
                     "what %s accepts changed, latest at %s, and no bundle of it was published",
                     fleet, since);
}

static enum plumb_code
check_all(struct audit *a, uint64_t index, struct plumb_err *err)
{
    PLUMB_AUTO(names_clear) struct names names = { 0 };

    engine_fleets_touched(a->engine, take_name, &names);
    if (names.failed)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < names.n; i++)
        PLUMB_TRY(check_fleet(a, index, names.v[i].text, err));
    a->unpublished = PLUMB_TIME_NEVER;
    return PLUMB_OK;
}

enum plumb_code
audit_published(struct audit *a, uint64_t index, plumb_time time, struct plumb_err *err)
{
    if (a->unpublished == PLUMB_TIME_NEVER ||
        time <= plumb_time_add(a->unpublished, PUBLISHED_WITHIN))
        return PLUMB_OK;
    return check_all(a, index - 1, err);
}

/* --- the last ones, from the state alone --- */

static enum plumb_code
take_content(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    struct parts *p = arg;

    p->content = part->digest;
    return compare_part(arg, part, err);
}

static enum plumb_code
derive_whole(struct audit *a, const char *fleet, struct plumb_err *err)
{
    struct engine_fleet_state last;
    struct parts p = { .a = a, .fleet = fleet, .people = "the service" };
    uint64_t found = a->found;

    if (!engine_fleet(a->engine, fleet, &last) || last.revision == 0)
        return PLUMB_OK;
    p.index = last.publication;
    PLUMB_TRY(
        engine_derive_all(a->engine, fleet, take_content, compare_part, compare_part, &p, err));
    if (!plumb_digest_eq(&p.content, &last.content))
        return audit_say(a, last.publication, p.people, "publication.content", fleet, err,
                         "derived from the state alone, the bundle of %s is another", fleet);
    a->counts.whole += found == a->found;
    return PLUMB_OK;
}

enum plumb_code
audit_bundles(struct audit *a, struct plumb_err *err)
{
    const struct plumb_link *link = plumb_chain_last(engine_chain(a->engine));
    uint64_t found = a->found;

    if (a->stopped || a->cut || link == NULL)
        return PLUMB_OK;
    PLUMB_TRY(check_all(a, engine_size(a->engine) - 1, err));
    if (a->found != found)
        return PLUMB_OK; /* the state is ahead of what was published */
    for (size_t i = 0; i < link->document->nfleets; i++)
        PLUMB_TRY(derive_whole(a, link->document->fleets[i].name, err));
    return PLUMB_OK;
}
