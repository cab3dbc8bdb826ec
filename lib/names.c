#include "lib/names.h"

#include <string.h>

#include "lib/own.h"

static int
by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum plumb_code
plumb_names_of(const struct plumb_jv *v, struct pool *pool, size_t max, const char ***ret,
               size_t *ret_n, struct plumb_err *err)
{
    const char **names, *name;
    json_t *value;
    size_t n = 0;

    PLUMB_TRY(plumb_jv_object(v, err));
    if (json_object_size(v->json) > max)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "json.length",
                             "has %zu members, at most %zu", json_object_size(v->json), max);
    names = pool_array(pool, json_object_size(v->json), sizeof *names);
    if (names == NULL)
        return plumb_fail_memory(err);
    json_object_foreach(v->json, name, value) {
        struct plumb_jv member = { value, v, name, 0 };

        if (!plumb_name_ok(name))
            return plumb_jv_fail(&member, err, PLUMB_INVALID, "name.form",
                                 "a name is 1 to 64 of A-Z a-z 0-9 . _ + ~ -, and begins with "
                                 "a letter or digit");
        names[n++] = name;
    }
    qsort(names, n, sizeof *names, by_text);
    *ret = names;
    *ret_n = n;
    return PLUMB_OK;
}

enum plumb_code
plumb_names_read(const struct plumb_jv *v, struct pool *pool, const char ***ret, size_t *ret_n,
                 struct plumb_err *err)
{
    const char **names;
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 0, PLUMB_ELEMENTS_MAX, &n, err));
    names = pool_array(pool, n, sizeof *names);
    if (names == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(v, i);

        PLUMB_TRY(plumb_jv_name(&element, &names[i], err));
    }
    qsort(names, n, sizeof *names, by_text);
    for (size_t i = 1; i < n; i++)
        if (strcmp(names[i], names[i - 1]) == 0)
            return plumb_jv_fail(v, err, PLUMB_INVALID, "governance.form",
                                 "names %s a second time", names[i]);
    *ret = names;
    *ret_n = n;
    return PLUMB_OK;
}
