/* Reading advisories. */
#include "supply/osv.h"

#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/read.h"

#define FORM    "osv.form"
#define SUMMARY 256
#define ENDS    (1u << OSV_FIXED | 1u << OSV_LAST_AFFECTED)

void
osv_free(struct osv_advisory *a)
{
    if (a != NULL)
        pool_free(a->pool); /* holds a too */
}

/* --- ranges --- */

/* An event is one member of these names; others say nothing that is relied on. */
static enum plumb_code
read_event(const struct plumb_jv *v, struct pool *pool, struct osv_event *ret,
           struct plumb_err *err)
{
    static const char *const names[] = { "introduced", "fixed", "last_affected", "limit" };
    unsigned found = 0;

    if (!json_is_object(v->json))
        return read_fail(v, err, "osv.range", "want an event, an object");
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
        const struct plumb_jv m = plumb_jv_member(v, names[i]);

        if (m.json == NULL)
            continue;
        found++;
        ret->kind = (enum osv_event_kind)i;
        PLUMB_TRY(read_text(&m, OSV_TEXT, "osv.range", pool, &ret->version, err));
    }
    if (found != 1)
        return read_fail(v, err, "osv.range",
                         "want one of introduced, fixed, last_affected, limit");
    return PLUMB_OK;
}

static bool
is_bound(const struct osv_event *e) /* one that needs no comparing */
{
    return (e->kind == OSV_INTRODUCED && strcmp(e->version, "0") == 0) ||
           (e->kind == OSV_LIMIT && strcmp(e->version, "*") == 0);
}

static bool
placeable(const struct osv_range *r)
{
    for (size_t i = 0; i < r->nevents; i++)
        if (!is_bound(&r->events[i]) && !version_ok(r->order, r->events[i].version))
            return false;
    return true;
}

static int
compare_events(enum version_order order, const struct osv_event *a, const struct osv_event *b)
{
    if (is_bound(a) || is_bound(b))
        return (is_bound(b) && b->kind == OSV_INTRODUCED) -
               (is_bound(a) && a->kind == OSV_INTRODUCED) +
               (is_bound(a) && a->kind == OSV_LIMIT) - (is_bound(b) && b->kind == OSV_LIMIT);
    return (int)version_compare(order, a->version, b->version);
}

/* Merges two halves; those that are equal stay as they were written, which qsort does not
 * promise: "fixed 2, introduced 2" is not "introduced 2, fixed 2". */
static void
sort_events(enum version_order order, struct osv_event *e, struct osv_event *room, size_t n)
{
    const size_t half = n / 2;
    size_t i = 0, j = half;

    if (n < 2)
        return;
    sort_events(order, e, room, half);
    sort_events(order, e + half, room, n - half);
    for (size_t k = 0; k < n; k++)
        room[k] =
            j == n || (i < half && compare_events(order, &e[i], &e[j]) <= 0) ? e[i++] : e[j++];
    memcpy(e, room, n * sizeof *e);
}

static enum plumb_code
read_events(const struct plumb_jv *v, struct pool *pool, struct osv_range *ret,
            struct plumb_err *err)
{
    struct osv_event *events, *room;
    struct plumb_jv list;
    unsigned kinds = 0;

    PLUMB_TRY(read_array(v, "events", "osv.range", &list, &ret->nevents, err));
    events = pool_array(pool, ret->nevents, sizeof *events);
    room = pool_array(pool, ret->nevents, sizeof *room);
    if (events == NULL || room == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < ret->nevents; i++) {
        const struct plumb_jv e = plumb_jv_element(&list, i);

        PLUMB_TRY(read_event(&e, pool, &events[i], err));
        kinds |= 1u << events[i].kind;
    }
    if ((kinds & 1u << OSV_INTRODUCED) == 0)
        return read_fail(&list, err, "osv.range",
                         "no event says where the range begins: want introduced");
    ret->events = events;
    /* which of the two ends it? OSV allows one of them in a range */
    ret->ordered = ret->order != VERSION_NONE && (kinds & ENDS) != ENDS && placeable(ret);
    if (ret->ordered)
        sort_events(ret->order, events, room, ret->nevents);
    return PLUMB_OK;
}

static enum plumb_code
read_range(const struct plumb_jv *v, struct pool *pool, const char *ecosystem,
           struct osv_range *ret, struct plumb_err *err)
{
    const char *type = read_word(v->json, "type");

    if (type == NULL)
        return read_fail(v, err, "osv.range", "want a range with a type");
    if (strcmp(type, "SEMVER") == 0)
        ret->order = VERSION_SEMVER;
    else if (strcmp(type, "ECOSYSTEM") == 0)
        ret->order = version_order_of(ecosystem);
    else if (strcmp(type, "GIT") == 0)
        ret->git = true;
    /* a type that is new has no order of ours, so what it tells is undetermined */
    return read_events(v, pool, ret, err);
}

/* --- severities --- */

/* The highest base score of the vectors in a "severity" list; *score stays where none is one.
 */
static enum plumb_code
read_severity(const struct plumb_jv *object, int *score, struct plumb_err *err)
{
    struct plumb_jv list;
    size_t n;

    PLUMB_TRY(read_array(object, "severity", FORM, &list, &n, err));
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);
        const char *type = read_word(v.json, "type"), *vector = read_word(v.json, "score");
        int tenths;

        if (type == NULL || vector == NULL)
            return read_fail(&v, err, FORM, "want a severity with a type and a score");
        if (strncmp(type, "CVSS_V", 6) == 0 && cvss_score(vector, &tenths) && tenths > *score)
            *score = tenths;
    }
    return PLUMB_OK;
}

static enum severity
rated(int score)
{
    return score < 0 ? SEVERITY_UNRATED : severity_of(score);
}

/* --- the record --- */

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum plumb_code
read_affected(const struct plumb_jv *v, const struct plumb_jv *package, struct pool *pool,
              struct osv_affected *ret, struct plumb_err *err)
{
    const struct plumb_jv ecosystem = plumb_jv_member(package, "ecosystem");
    const struct plumb_jv name = plumb_jv_member(package, "name");
    struct plumb_jv list;
    struct osv_range *ranges;

    PLUMB_TRY(read_text(&ecosystem, OSV_TEXT, FORM, pool, &ret->ecosystem, err));
    PLUMB_TRY(read_text(&name, OSV_TEXT, FORM, pool, &ret->name, err));
    ret->key = package_key(pool, ret->ecosystem, ret->name);
    PLUMB_TRY(read_array(v, "ranges", FORM, &list, &ret->nranges, err));
    ranges = pool_array(pool, ret->nranges, sizeof *ranges);
    if (ret->key == NULL || ranges == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < ret->nranges; i++) {
        const struct plumb_jv r = plumb_jv_element(&list, i);

        PLUMB_TRY(read_range(&r, pool, ret->ecosystem, &ranges[i], err));
    }
    ret->ranges = ranges;
    PLUMB_TRY(
        read_texts(v, "versions", OSV_TEXT, FORM, pool, &ret->versions, &ret->nversions, err));
    if (ret->nversions > 1) /* the pool's, so ours to sort */
        qsort((void *)ret->versions, ret->nversions, sizeof *ret->versions, by_text);
    return read_severity(v, &ret->score, err);
}

static int
by_key(const void *a, const void *b)
{
    const struct osv_affected *x = a, *y = b;
    const int c = strcmp(x->key, y->key);

    return c != 0 ? c : strcmp(x->ecosystem, y->ecosystem);
}

static enum plumb_code
read_all_affected(const struct plumb_jv *root, struct osv_advisory *a, struct plumb_err *err)
{
    struct osv_affected *all;
    struct plumb_jv list;
    int own = -1;
    size_t n;

    PLUMB_TRY(read_severity(root, &own, err));
    PLUMB_TRY(read_array(root, "affected", FORM, &list, &n, err));
    all = pool_array(a->pool, n, sizeof *all);
    if (all == NULL)
        return plumb_fail_memory(err);
    a->score = own;
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);
        const struct plumb_jv package = plumb_jv_member(&v, "package");
        struct osv_affected *one = &all[a->naffected];

        if (!json_is_object(v.json))
            return read_fail(&v, err, FORM, "want an object");
        if (package.json == NULL || json_is_null(package.json))
            continue; /* commits of a repository, which no package is known by */
        one->score = -1;
        PLUMB_TRY(read_affected(&v, &package, a->pool, one, err));
        if (one->score < 0)
            one->score = own;
        one->severity = rated(one->score);
        if (one->score > a->score)
            a->score = one->score;
        a->naffected++;
    }
    qsort(all, a->naffected, sizeof *all, by_key);
    a->affected = all;
    a->severity = rated(a->score);
    return PLUMB_OK;
}

/* Ids are shown, compared and written into statements: printable and without spaces. */
static enum plumb_code
check_id(const struct plumb_jv *v, const char *id, struct plumb_err *err)
{
    for (const char *c = id; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~')
            return read_fail(v, err, FORM, "an id is printable ASCII without spaces");
    return PLUMB_OK;
}

static enum plumb_code
read_ids(const struct plumb_jv *root, const char *key, struct osv_advisory *a,
         const char *const **ret, size_t *ret_n, struct plumb_err *err)
{
    struct plumb_jv list = plumb_jv_member(root, key);

    PLUMB_TRY(read_texts(root, key, OSV_ID_MAX, FORM, a->pool, ret, ret_n, err));
    for (size_t i = 0; i < *ret_n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);

        PLUMB_TRY(check_id(&v, (*ret)[i], err));
    }
    return PLUMB_OK;
}

static enum plumb_code
read_record(const struct plumb_jv *root, struct osv_advisory *a, struct plumb_err *err)
{
    const struct plumb_jv id = plumb_jv_member(root, "id");
    const struct plumb_jv modified = plumb_jv_member(root, "modified");
    const char *summary = read_word(root->json, "summary");
    size_t len;
    char *cut;

    PLUMB_TRY(read_text(&id, OSV_ID_MAX, FORM, a->pool, &a->id, err));
    PLUMB_TRY(check_id(&id, a->id, err));
    PLUMB_TRY(read_time(root, "modified", FORM, &a->modified, err));
    if (a->modified == PLUMB_TIME_NEVER)
        return read_fail(&modified, err, FORM, "want the time of the last change");
    PLUMB_TRY(read_time(root, "published", FORM, &a->published, err));
    PLUMB_TRY(read_time(root, "withdrawn", FORM, &a->withdrawn, err));
    PLUMB_TRY(read_ids(root, "aliases", a, &a->aliases, &a->naliases, err));
    PLUMB_TRY(read_ids(root, "upstream", a, &a->upstream, &a->nupstream, err));
    PLUMB_TRY(read_all_affected(root, a, err));
    len = summary != NULL ? strlen(summary) : 0;
    if (len > SUMMARY)
        for (len = SUMMARY; len > 0 && ((unsigned char)summary[len] & 0xc0) == 0x80; len--)
            ; /* not in the middle of a character */
    cut = pool_alloc(a->pool, len + 1);
    if (cut == NULL)
        return plumb_fail_memory(err);
    memcpy(cut, summary != NULL ? summary : "", len);
    a->summary = cut;
    return PLUMB_OK;
}

enum plumb_code
osv_read_json(json_t *json, struct osv_advisory **ret, struct plumb_err *err)
{
    const struct plumb_jv root = plumb_jv_root(json, NULL);
    PLUMB_AUTO(pool_auto) struct pool *pool = pool_new();
    struct osv_advisory *a = pool != NULL ? pool_alloc(pool, sizeof *a) : NULL;

    if (a == NULL)
        return plumb_fail_memory(err);
    a->pool = pool;
    PLUMB_TRY(read_record(&root, a, err));
    *ret = a;
    pool = NULL;
    return PLUMB_OK;
}

enum plumb_code
osv_read(const void *data, size_t len, struct osv_advisory **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *root = NULL;

    PLUMB_TRY(plumb_json_load_foreign(data, len, OSV_BYTES, &root, err));
    return osv_read_json(root, ret, err);
}
