/* Whether an advisory is about a package. */
#include <stdlib.h>
#include <string.h>

#include "supply/osv.h"

const char *
osv_verdict_text(enum osv_verdict v)
{
    static const char *const texts[] = { "not-affected", "undetermined", "affected" };

    return v <= OSV_AFFECTED ? texts[v] : "unknown";
}

const char *
osv_reason_word(enum osv_reason r)
{
    static const char *const words[] = {
#define X(name, word, text) [OSV_##name] = word,
        OSV_REASONS(X)
#undef X
    };

    return r < OSV_REASON_COUNT ? words[r] : "unknown";
}

const char *
osv_reason_text(enum osv_reason r)
{
    static const char *const texts[] = {
#define X(name, word, text) [OSV_##name] = text,
        OSV_REASONS(X)
#undef X
    };

    return r < OSV_REASON_COUNT ? texts[r] : "unknown";
}

/* --- one range --- */

/* How the version stands to an event's; both can be placed. */
static enum version_sign
against(enum version_order order, const char *version, const struct osv_event *e)
{
    if (e->kind == OSV_INTRODUCED && strcmp(e->version, "0") == 0)
        return VERSION_GREATER;
    if (e->kind == OSV_LIMIT && strcmp(e->version, "*") == 0)
        return VERSION_LESS;
    return version_compare(order, version, e->version);
}

/* Affected or outside, or why that cannot be told. */
static enum osv_reason
by_range(const struct osv_range *r, const char *version, const char **ret_fixed)
{
    bool on = false, limited = false, below_limit = false;

    if (r->order == VERSION_NONE)
        return r->git ? OSV_NO_RANGE : OSV_NO_ORDER;
    if (!version_ok(r->order, version))
        return OSV_BAD_VERSION;
    if (!r->ordered)
        return OSV_BAD_RANGE;
    for (size_t i = 0; i < r->nevents; i++) {
        const enum version_sign s = against(r->order, version, &r->events[i]);

        if (s == VERSION_UNDETERMINED)
            return OSV_BAD_VERSION;
        switch (r->events[i].kind) {
        case OSV_INTRODUCED:
            on = on || s != VERSION_LESS;
            break;
        case OSV_FIXED:
            on = on && s == VERSION_LESS;
            if (s == VERSION_LESS && *ret_fixed == NULL)
                *ret_fixed = r->events[i].version;
            break;
        case OSV_LAST_AFFECTED:
            on = on && s != VERSION_GREATER;
            break;
        case OSV_LIMIT:
            limited = true;
            below_limit = below_limit || s == VERSION_LESS;
            break;
        }
    }
    return on && (!limited || below_limit) ? OSV_IN_RANGE : OSV_OUTSIDE;
}

/* --- one entry --- */

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool
listed(const struct osv_affected *a, const char *version)
{
    const enum version_order order = version_order_of(a->ecosystem);

    if (a->nversions == 0)
        return false;
    if (bsearch(&version, a->versions, a->nversions, sizeof *a->versions, by_text) != NULL)
        return true;
    for (size_t i = 0; i < a->nversions && order != VERSION_NONE; i++)
        if (version_compare(order, version, a->versions[i]) == VERSION_EQUAL)
            return true; /* 1.0 is listed, and 1.0.0 is the same */
    return false;
}

static enum osv_verdict
verdict_of(enum osv_reason r)
{
    switch (r) {
    case OSV_OTHER_PACKAGE:
    case OSV_WITHDRAWN:
    case OSV_OTHER_RELEASE:
    case OSV_OUTSIDE:
        return OSV_NOT_AFFECTED;
    case OSV_LISTED:
    case OSV_IN_RANGE:
        return OSV_AFFECTED;
    default:
        return OSV_UNDETERMINED;
    }
}

static enum osv_reason
by_versions(const struct osv_affected *a, const char *version, const char **ret_fixed)
{
    enum osv_reason worst = a->nversions > 0 ? OSV_OUTSIDE : OSV_NO_RANGE;
    bool told = a->nversions > 0;

    for (size_t i = 0; i < a->nranges; i++) {
        const char *fixed = NULL;
        const enum osv_reason r = by_range(&a->ranges[i], version, &fixed);

        /* a list of versions is as good as the commits that it was made of */
        if (r == OSV_NO_RANGE)
            continue;
        if (!told || verdict_of(r) > verdict_of(worst))
            worst = r;
        if (r == OSV_IN_RANGE)
            *ret_fixed = fixed;
        told = true;
    }
    return listed(a, version) && worst != OSV_IN_RANGE ? OSV_LISTED : worst;
}

static enum osv_reason
by_entry(const struct osv_affected *a, const struct package *p, const char **ret_fixed)
{
    const enum package_scope scope = package_scope(a->ecosystem, p->release);
    enum osv_reason r;

    *ret_fixed = NULL;
    if (scope == SCOPE_OUT)
        return OSV_OTHER_RELEASE;
    if (p->version == NULL)
        return OSV_NO_VERSION;
    r = by_versions(a, p->version, ret_fixed);
    return scope == SCOPE_UNKNOWN && verdict_of(r) == OSV_AFFECTED ? OSV_NO_RELEASE : r;
}

/* The first entry of this key, or where it would be. */
static size_t
first_of(const struct osv_advisory *a, const char *key)
{
    size_t low = 0, high = a->naffected;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;

        if (strcmp(a->affected[mid].key, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

void
osv_match(const struct osv_advisory *a, const struct package *p, struct osv_match *ret)
{
    *ret = (struct osv_match){ OSV_NOT_AFFECTED, OSV_OTHER_PACKAGE, NULL, NULL };
    for (size_t i = first_of(a, p->key);
         i < a->naffected && strcmp(a->affected[i].key, p->key) == 0; i++) {
        const struct osv_affected *entry = &a->affected[i];
        const char *fixed = NULL;
        const enum osv_reason r =
            a->withdrawn != PLUMB_TIME_NEVER ? OSV_WITHDRAWN : by_entry(entry, p, &fixed);

        if (ret->affected == NULL || verdict_of(r) > ret->verdict)
            *ret = (struct osv_match){ verdict_of(r), r, entry,
                                       verdict_of(r) == OSV_AFFECTED ? fixed : NULL };
    }
}
