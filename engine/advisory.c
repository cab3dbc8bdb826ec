/* Imports of advisories: what a feed had new, or that it had nothing. */
#include <string.h>

#include "engine/kinds.h"
#include "engine/match.h"
#include "lib/own.h"

#define RECORDS_MAX (32u << 20) /* bytes of one import */

static enum plumb_code
check_importer(const struct context *c, struct plumb_err *err)
{
    if ((c->actor.may & 1u << PLUMB_POWER_SERVICE) == 0)
        PLUMB_TRY(context_power(c, PLUMB_POWER_ADVISORY, err));
    if (state_document(c->e)->controls == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "controls.none", "",
                          "governance names no controls that advisories could be for");
    return PLUMB_OK;
}

static enum plumb_code
bad_record(int64_t line, const struct plumb_err *why, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "advisory.record", "subject[0]", "line %lld: [%s] %s",
                      (long long)line, why->rule, why->msg);
}

static enum plumb_code
import_line(const struct context *c, const char *line, size_t len, int64_t n, size_t *changed,
            struct plumb_err *err)
{
    struct osv_advisory *a = NULL;
    struct plumb_err why = { 0 };
    enum plumb_code code = osv_read(line, len, &a, &why);
    bool is_new;

    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (code != PLUMB_OK)
        return bad_record(n, &why, err);
    PLUMB_TRY(match_advisory(c->e, (struct moment){ c->index, c->time }, a, &is_new, err));
    *changed += is_new;
    return PLUMB_OK;
}

/* One record a line, the last one too ends with a line feed. */
static enum plumb_code
import_lines(const struct context *c, const struct engine_blob *blob, size_t *changed,
             struct plumb_err *err)
{
    const char *at = blob->data, *end = at + blob->len, *stop;
    int64_t n = 0;

    if (blob->len > RECORDS_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "advisory.size", "subject[0]",
                          "want at most %u bytes; import the rest by another", RECORDS_MAX);
    for (; at < end; at = stop + 1) {
        stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            return plumb_fail(err, PLUMB_INVALID, "advisory.form", "subject[0]",
                              "every record ends with a line feed");
        PLUMB_TRY(import_line(c, at, (size_t)(stop - at), ++n, changed, err));
    }
    if (n != c->s->u.advisory.count)
        return plumb_fail(err, PLUMB_INVALID, "advisory.count", "predicate.count",
                          "there are %lld records", (long long)n);
    return PLUMB_OK;
}

enum plumb_code
import(const struct context *c, struct plumb_err *err)
{
    const struct engine_blob *blob;
    size_t changed = 0;

    PLUMB_TRY(check_importer(c, err));
    if (c->s->u.advisory.count > 0) {
        PLUMB_TRY(context_blob(c, &c->s->u.advisory.records, &blob, err));
        PLUMB_TRY(import_lines(c, blob, &changed, err));
    }
    c->e->now.imports++;
    c->e->now.imported = c->time;
    context_say(c, "%lld advisories from %.80s, %zu new or changed",
                (long long)c->s->u.advisory.count, c->s->u.advisory.source, changed);
    return PLUMB_OK;
}
