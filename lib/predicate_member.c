#include "lib/predicate.h"

#include <string.h>

#include "lib/own.h"
#include "lib/statement.h"

#define TEXT_MAX 2000

enum plumb_code
predicate_closed(const struct predicate *in, const char *const *members)
{
    return plumb_jv_closed(in->predicate, members, in->err);
}

enum plumb_code
predicate_wrong_subject(const struct predicate *in, size_t i, const char *want)
{
    struct plumb_jv v = plumb_jv_element(in->subjects, i);

    return plumb_jv_fail(&v, in->err, PLUMB_INVALID, "statement.subject", "want %s", want);
}

enum plumb_code
predicate_one_subject(const struct predicate *in, const char *name, struct plumb_digest *ret)
{
    const struct plumb_subject *subject = in->s->subjects;

    if (in->s->nsubjects != 1 || strcmp(subject->name, name) != 0)
        return predicate_wrong_subject(in, in->s->nsubjects - 1, name);
    *ret = subject->digest;
    return PLUMB_OK;
}

enum plumb_code
predicate_release_subject(const struct predicate *in, struct plumb_digest *ret)
{
    static const char want[] = "one subject, PAYLOAD@VERSION, a release";
    const struct plumb_subject *subject = in->s->subjects;
    char *payload, *at;

    if (in->s->nsubjects != 1)
        return predicate_wrong_subject(in, in->s->nsubjects - 1, want);
    payload = pool_text(in->pool, subject->name);
    if (payload == NULL)
        return plumb_fail_memory(in->err);
    at = strchr(payload, '@');
    if (at == NULL)
        return predicate_wrong_subject(in, 0, want);
    *at = '\0';
    if (!plumb_name_ok(payload) || !plumb_name_ok(at + 1))
        return predicate_wrong_subject(in, 0, want);
    in->s->payload = payload;
    in->s->version = at + 1;
    *ret = subject->digest;
    return PLUMB_OK;
}

enum plumb_code
predicate_text(const struct predicate *in, const char *key, bool required, const char **ret)
{
    struct plumb_jv v = plumb_jv_member(in->predicate, key);

    *ret = NULL;
    return v.json == NULL && !required ? PLUMB_OK : plumb_jv_string(&v, TEXT_MAX, ret, in->err);
}

enum plumb_code
predicate_name(const struct predicate *in, const char *key, const char **ret)
{
    struct plumb_jv v = plumb_jv_member(in->predicate, key);

    return plumb_jv_name(&v, ret, in->err);
}

enum plumb_code
predicate_digest(const struct predicate *in, const char *key, struct plumb_digest *ret)
{
    struct plumb_jv v = plumb_jv_member(in->predicate, key);

    return plumb_jv_digest(&v, ret, in->err);
}

enum plumb_code
predicate_optional_digest(const struct predicate *in, const char *key, bool *ret_has,
                          struct plumb_digest *ret)
{
    struct plumb_jv v = plumb_jv_member(in->predicate, key);

    *ret_has = v.json != NULL;
    return *ret_has ? plumb_jv_digest(&v, ret, in->err) : PLUMB_OK;
}

enum plumb_code
predicate_int(const struct predicate *in, const char *key, int64_t min, int64_t *ret)
{
    struct plumb_jv v = plumb_jv_member(in->predicate, key);

    return plumb_jv_int(&v, min, PLUMB_INTEGER_MAX, ret, in->err);
}

enum plumb_code
predicate_time(const struct predicate *in, const char *key, plumb_time *ret)
{
    struct plumb_jv v = plumb_jv_member(in->predicate, key);

    return plumb_jv_time(&v, ret, in->err);
}

enum plumb_code
predicate_elements(const struct predicate *in, const struct plumb_jv *v, size_t min,
                   size_t size, void **ret, size_t *ret_n)
{
    PLUMB_TRY(plumb_jv_array(v, min, PLUMB_PAYLOAD_MAX, ret_n, in->err));
    *ret = pool_array(in->pool, *ret_n, size);
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(in->err);
}
