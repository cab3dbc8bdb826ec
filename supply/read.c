#include "supply/read.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"

enum plumb_code
read_fail(const struct plumb_jv *v, struct plumb_err *err, const char *rule, const char *fmt,
          ...)
{
    char msg[sizeof err->msg];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    return plumb_jv_fail(v, err, PLUMB_INVALID, rule, "%s", msg);
}

enum plumb_code
read_text(const struct plumb_jv *v, size_t max, const char *rule, struct pool *pool,
          const char **ret, struct plumb_err *err)
{
    if (!json_is_string(v->json) || json_string_length(v->json) == 0)
        return read_fail(v, err, rule, "want a text that is not empty");
    if (json_string_length(v->json) > max)
        return read_fail(v, err, rule, "has %zu bytes, at most %zu are read",
                         json_string_length(v->json), max);
    *ret = pool_text(pool, json_string_value(v->json));
    return *ret == NULL ? plumb_fail_memory(err) : PLUMB_OK;
}

static bool
is_absent(const struct plumb_jv *v)
{
    return v->json == NULL || json_is_null(v->json);
}

enum plumb_code
read_optional(const struct plumb_jv *object, const char *key, size_t max, const char *rule,
              struct pool *pool, const char **ret, struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(object, key);

    *ret = NULL;
    if (is_absent(&v) || (json_is_string(v.json) && json_string_length(v.json) == 0))
        return PLUMB_OK;
    return read_text(&v, max, rule, pool, ret, err);
}

enum plumb_code
read_array(const struct plumb_jv *object, const char *key, const char *rule,
           struct plumb_jv *ret, size_t *ret_n, struct plumb_err *err)
{
    *ret = plumb_jv_member(object, key);
    *ret_n = 0;
    if (is_absent(ret))
        return PLUMB_OK;
    if (!json_is_array(ret->json))
        return read_fail(ret, err, rule, "want an array");
    *ret_n = json_array_size(ret->json);
    return PLUMB_OK;
}

enum plumb_code
read_texts(const struct plumb_jv *object, const char *key, size_t max, const char *rule,
           struct pool *pool, const char *const **ret, size_t *ret_n, struct plumb_err *err)
{
    struct plumb_jv list;
    const char **texts;
    size_t n;

    PLUMB_TRY(read_array(object, key, rule, &list, &n, err));
    texts = pool_array(pool, n, sizeof *texts);
    if (texts == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);

        PLUMB_TRY(read_text(&v, max, rule, pool, &texts[i], err));
    }
    *ret = texts;
    *ret_n = n;
    return PLUMB_OK;
}

enum plumb_code
read_time(const struct plumb_jv *object, const char *key, const char *rule, plumb_time *ret,
          struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(object, key);

    *ret = PLUMB_TIME_NEVER;
    if (is_absent(&v))
        return PLUMB_OK;
    if (!json_is_string(v.json))
        return read_fail(&v, err, rule, "want a time");
    if (plumb_time_parse_foreign(json_string_value(v.json), "", ret, err) != PLUMB_OK)
        return read_fail(&v, err, rule, "want a time like 2026-11-24T03:11:32Z");
    return PLUMB_OK;
}

const char *
read_word(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}
