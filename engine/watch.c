#include "engine/watch.h"

#include <string.h>

#include "lib/own.h"

void
held_release(struct held *h)
{
    if (h == NULL || --h->holders > 0)
        return;
    osv_free(h->a);
    free(h);
}

void
advisory_free(struct record *r)
{
    held_release(((struct advisory *)r)->held);
    free(r);
}

void
naming_free(struct record *r)
{
    held_release(((struct naming *)r)->held);
    free(r);
}

void
matched_bill_free(struct record *r)
{
    fact_release(((struct matched_bill *)r)->bill);
    free(r);
}

const struct advisory *
watch_advisory(const struct engine *e, const char *id)
{
    return state_get(e, STATE_ADVISORIES, id, strlen(id));
}

const struct matched_bill *
watch_bill(const struct engine *e, const struct plumb_digest *release)
{
    return state_get(e, STATE_BILLS, release->b, sizeof release->b);
}

/* --- the two lists of a package --- */

const struct package_lists *
watch_lists(const struct engine *e, const char *package)
{
    return state_get(e, STATE_PACKAGES, package, strlen(package));
}

/* Package, NUL, number: no package's name has a NUL. The caller frees it. */
static unsigned char *
element_key(const char *package, uint64_t n, size_t *ret_len)
{
    size_t len = strlen(package) + 1;
    unsigned char *key = malloc(len + 8);

    if (key == NULL)
        return NULL;
    memcpy(key, package, len);
    for (size_t i = 0; i < 8; i++)
        key[len + i] = (unsigned char)(n >> (56 - 8 * i));
    *ret_len = len + 8;
    return key;
}

/* Takes record. */
static enum plumb_code
append(struct engine *e, enum state_map map, const char *package, struct record *record,
       struct plumb_err *err)
{
    const struct package_lists *old = watch_lists(e, package);
    const struct package_lists now = old != NULL ? *old : (struct package_lists){ .uses = 0 };
    struct package_lists *lists = malloc(sizeof *lists);
    PLUMB_AUTO(auto_free) unsigned char *key = NULL;
    size_t len;

    key = element_key(package, map == STATE_USES ? now.uses : now.named, &len);
    if (lists == NULL || key == NULL) {
        free(lists);
        e->maps[map].free_record(record);
        return plumb_fail_memory(err);
    }
    *lists = now;
    lists->uses += map == STATE_USES;
    lists->named += map != STATE_USES;
    if (state_put(e, map, key, len, record, err) != PLUMB_OK) {
        free(lists);
        return PLUMB_NO_MEMORY;
    }
    return state_put(e, STATE_PACKAGES, package, strlen(package), &lists->head, err);
}

static enum plumb_code
get_element(const struct engine *e, enum state_map map, const char *package, uint64_t i,
            const void **ret, struct plumb_err *err)
{
    size_t len;
    PLUMB_AUTO(auto_free) unsigned char *key = element_key(package, i, &len);

    if (key == NULL)
        return plumb_fail_memory(err);
    *ret = state_get(e, map, key, len);
    return PLUMB_OK;
}

enum plumb_code
watch_get_use(const struct engine *e, const char *package, uint64_t i, const struct use **ret,
              struct plumb_err *err)
{
    const void *element = NULL;

    PLUMB_TRY(get_element(e, STATE_USES, package, i, &element, err));
    *ret = element;
    return PLUMB_OK;
}

enum plumb_code
watch_get_naming(const struct engine *e, const char *package, uint64_t i,
                 const struct naming **ret, struct plumb_err *err)
{
    const void *element = NULL;

    PLUMB_TRY(get_element(e, STATE_NAMED, package, i, &element, err));
    *ret = element;
    return PLUMB_OK;
}

/* --- one more --- */

enum plumb_code
watch_put_advisory(struct engine *e, struct held *held, struct plumb_err *err)
{
    struct advisory *record = calloc(1, sizeof *record);

    if (record == NULL)
        return plumb_fail_memory(err);
    record->held = held;
    held->holders++;
    return state_put(e, STATE_ADVISORIES, held->a->id, strlen(held->a->id), &record->head, err);
}

enum plumb_code
watch_put_bill(struct engine *e, const struct plumb_digest *release, struct fact *bill,
               struct plumb_err *err)
{
    struct matched_bill *record = calloc(1, sizeof *record);

    if (record == NULL)
        return plumb_fail_memory(err);
    record->bill = bill;
    bill->holders++;
    return state_put(e, STATE_BILLS, release->b, sizeof release->b, &record->head, err);
}

enum plumb_code
watch_add_naming(struct engine *e, struct held *held, const char *package,
                 struct plumb_err *err)
{
    struct naming *naming = calloc(1, sizeof *naming);

    if (naming == NULL)
        return plumb_fail_memory(err);
    naming->held = held;
    held->holders++;
    return append(e, STATE_NAMED, package, &naming->head, err);
}

static enum plumb_code
add_use(struct engine *e, const struct plumb_digest *release, const struct fact *bill,
        size_t part, size_t package, struct plumb_err *err)
{
    struct use *use = calloc(1, sizeof *use);

    if (use == NULL)
        return plumb_fail_memory(err);
    use->release = *release;
    use->bill = bill->file;
    use->part = (uint32_t)part;
    use->package = (uint32_t)package;
    return append(e, STATE_USES, bill->parts[part].packages[package].key, &use->head, err);
}

/* *ret: it was there before. */
static enum plumb_code
note_listed(struct engine *e, const struct plumb_digest *release,
            const struct plumb_digest *bill, bool *ret, struct plumb_err *err)
{
    unsigned char key[2 * PLUMB_DIGEST_LEN];
    struct record *record;

    memcpy(key, release->b, PLUMB_DIGEST_LEN);
    memcpy(key + PLUMB_DIGEST_LEN, bill->b, PLUMB_DIGEST_LEN);
    *ret = state_get(e, STATE_LISTED, key, sizeof key) != NULL;
    if (*ret)
        return PLUMB_OK;
    record = calloc(1, sizeof *record);
    if (record == NULL)
        return plumb_fail_memory(err);
    return state_put(e, STATE_LISTED, key, sizeof key, record, err);
}

enum plumb_code
watch_add_uses(struct engine *e, const struct plumb_digest *release, const struct fact *bill,
               struct plumb_err *err)
{
    bool listed;

    PLUMB_TRY(note_listed(e, release, &bill->file, &listed, err));
    if (listed)
        return PLUMB_OK;
    for (size_t i = 0; i < bill->nparts; i++)
        for (size_t k = 0; k < bill->parts[i].npackages; k++)
            PLUMB_TRY(add_use(e, release, bill, i, k, err));
    return PLUMB_OK;
}
