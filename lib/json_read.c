/* Strict reading: every refusal says where. */
#include <plumb/json.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"

struct plumb_jv
plumb_jv_root(json_t *json, const char *name)
{
    return (struct plumb_jv){ json, NULL, name, 0 };
}

/* Writes from the root down; returns how much was written. */
static size_t
write_path(const struct plumb_jv *v, char *ret, size_t size)
{
    size_t used = v->up != NULL ? write_path(v->up, ret, size) : 0;
    int n = 0;

    if (used + 1 >= size)
        return used;
    if (v->key != NULL)
        n = snprintf(ret + used, size - used, "%s%s", used > 0 ? "." : "", v->key);
    else if (v->up != NULL)
        n = snprintf(ret + used, size - used, "[%zu]", v->index);
    return n > 0 ? used + (size_t)n : used;
}

void
plumb_jv_path(const struct plumb_jv *v, char *ret, size_t size)
{
    ret[0] = '\0';
    (void)write_path(v, ret, size);
}

enum plumb_code
(plumb_jv_fail)(const struct plumb_jv *v, struct plumb_err *err, enum plumb_code code,
              const char *rule, const char *fmt, ...)
{
    char path[sizeof err->where], msg[sizeof err->msg];
    va_list ap;

    plumb_jv_path(v, path, sizeof path);
    va_start(ap, fmt);
    (void)vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    return plumb_fail(err, code, rule, path, "%s", msg);
}

static enum plumb_code
want_type(const struct plumb_jv *v, json_type type, const char *what, struct plumb_err *err)
{
    if (v->json == NULL)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "json.missing", "is missing, want %s",
                             what);
    if (json_typeof(v->json) != type)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "json.type", "want %s", what);
    return PLUMB_OK;
}

enum plumb_code
plumb_jv_closed(const struct plumb_jv *v, const char *const *members, struct plumb_err *err)
{
    const char *key;
    json_t *value;

    PLUMB_TRY(plumb_jv_object(v, err));
    for (size_t i = 0; members[i] != NULL; i++) {
        struct plumb_jv m;

        if (members[i][0] == '?')
            continue;
        m = plumb_jv_member(v, members[i]);
        if (m.json == NULL)
            return plumb_jv_fail(&m, err, PLUMB_INVALID, "json.missing", "is missing");
    }
    json_object_foreach(v->json, key, value) {
        struct plumb_jv m = { value, v, key, 0 };
        size_t i = 0;

        while (members[i] != NULL && strcmp(members[i] + (members[i][0] == '?'), key) != 0)
            i++;
        if (members[i] == NULL)
            return plumb_jv_fail(&m, err, PLUMB_INVALID, "json.unknown",
                                 "is no member of this object");
    }
    return PLUMB_OK;
}

struct plumb_jv
plumb_jv_member(const struct plumb_jv *v, const char *key)
{
    return (struct plumb_jv){ json_object_get(v->json, key), v, key, 0 };
}

struct plumb_jv
plumb_jv_element(const struct plumb_jv *v, size_t i)
{
    return (struct plumb_jv){ json_array_get(v->json, i), v, NULL, i };
}

enum plumb_code
plumb_jv_array(const struct plumb_jv *v, size_t min, size_t max, size_t *ret_n,
               struct plumb_err *err)
{
    size_t n;

    PLUMB_TRY(want_type(v, JSON_ARRAY, "an array", err));
    n = json_array_size(v->json);
    if (n < min || n > max)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "json.length",
                             "has %zu elements, want %zu to %zu", n, min, max);
    *ret_n = n;
    return PLUMB_OK;
}

enum plumb_code
plumb_jv_object(const struct plumb_jv *v, struct plumb_err *err)
{
    return want_type(v, JSON_OBJECT, "an object", err);
}

enum plumb_code
plumb_jv_string(const struct plumb_jv *v, size_t max, const char **ret, struct plumb_err *err)
{
    PLUMB_TRY(want_type(v, JSON_STRING, "a string", err));
    if (json_string_length(v->json) == 0 || json_string_length(v->json) > max)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "json.length",
                             "has %zu bytes, want 1 to %zu", json_string_length(v->json), max);
    *ret = json_string_value(v->json);
    return PLUMB_OK;
}

enum plumb_code
plumb_jv_name(const struct plumb_jv *v, const char **ret, struct plumb_err *err)
{
    PLUMB_TRY(want_type(v, JSON_STRING, "a name", err));
    if (!plumb_name_ok(json_string_value(v->json)))
        return plumb_jv_fail(v, err, PLUMB_INVALID, "name.form",
                             "a name is 1 to 64 of A-Z a-z 0-9 . _ + ~ -, and begins with a "
                             "letter or digit");
    *ret = json_string_value(v->json);
    return PLUMB_OK;
}

enum plumb_code
plumb_jv_int(const struct plumb_jv *v, int64_t min, int64_t max, int64_t *ret,
             struct plumb_err *err)
{
    int64_t n;

    PLUMB_TRY(want_type(v, JSON_INTEGER, "an integer", err));
    n = json_integer_value(v->json);
    if (n < min || n > max)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "json.number", "is %lld, want %lld to %lld",
                             (long long)n, (long long)min, (long long)max);
    *ret = n;
    return PLUMB_OK;
}

enum plumb_code
plumb_jv_bool(const struct plumb_jv *v, bool *ret, struct plumb_err *err)
{
    if (v->json != NULL && json_is_boolean(v->json)) {
        *ret = json_is_true(v->json);
        return PLUMB_OK;
    }
    return want_type(v, JSON_TRUE, "true or false", err);
}

/* Says where a text of v was refused: a path costs more than most reads, so it is made late. */
static enum plumb_code
located(const struct plumb_jv *v, enum plumb_code code, struct plumb_err *err)
{
    return code != PLUMB_INVALID || err == NULL
               ? code
               : plumb_jv_fail(v, err, code, err->rule, "%s", err->msg);
}

enum plumb_code
plumb_jv_time(const struct plumb_jv *v, plumb_time *ret, struct plumb_err *err)
{
    PLUMB_TRY(want_type(v, JSON_STRING, "a time", err));
    return located(v, plumb_time_parse(json_string_value(v->json), "", ret, err), err);
}

enum plumb_code
plumb_jv_duration(const struct plumb_jv *v, int64_t *ret, struct plumb_err *err)
{
    PLUMB_TRY(want_type(v, JSON_STRING, "a duration", err));
    return located(v, plumb_duration_parse(json_string_value(v->json), "", ret, err), err);
}

enum plumb_code
plumb_jv_digest(const struct plumb_jv *v, struct plumb_digest *ret, struct plumb_err *err)
{
    PLUMB_TRY(want_type(v, JSON_STRING, "a digest", err));
    return located(v, plumb_digest_parse(json_string_value(v->json), "", ret, err), err);
}

enum plumb_code
plumb_jv_base64(const struct plumb_jv *v, size_t max, struct plumb_bytes *ret,
                struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes out = { 0 };
    const char *text;

    PLUMB_TRY(plumb_jv_string(v, (max + 2) / 3 * 4, &text, err));
    PLUMB_TRY(
        located(v, plumb_base64_parse(text, json_string_length(v->json), "", &out, err), err));
    if (out.len > max)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "json.length", "longer than %zu bytes",
                             max);
    *ret = (struct plumb_bytes){ PLUMB_TAKE(out.data), out.len };
    return PLUMB_OK;
}

static bool
alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool
plumb_name_ok(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > PLUMB_NAME_MAX || !alnum(name[0]))
        return false;
    for (size_t i = 1; i < len; i++)
        if (!alnum(name[i]) && strchr("._+~-", name[i]) == NULL)
            return false;
    return true;
}
