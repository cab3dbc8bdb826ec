#include "client/answer.h"

#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

enum plumb_code
answer_text(const struct plumb_jv *o, const char *key, const char **ret, struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);

    *ret = "";
    if (v.json == NULL)
        return PLUMB_OK;
    if (!json_is_string(v.json))
        return plumb_jv_fail(&v, err, PLUMB_INVALID, "json.type", "want text");
    *ret = json_string_value(v.json);
    return PLUMB_OK;
}

enum plumb_code
answer_time(const struct plumb_jv *o, const char *key, plumb_time *ret, struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);

    *ret = PLUMB_TIME_NEVER;
    return v.json != NULL ? plumb_jv_time(&v, ret, err) : PLUMB_OK;
}

enum plumb_code
answer_bool(const struct plumb_jv *o, const char *key, bool *ret, struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);

    return plumb_jv_bool(&v, ret, err);
}

enum plumb_code
answer_count(const struct plumb_jv *o, const char *key, int64_t *ret, struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);

    return plumb_jv_int(&v, 0, INT64_MAX, ret, err);
}

enum plumb_code
answer_index(const struct plumb_jv *o, uint64_t *ret, struct plumb_err *err)
{
    int64_t index;

    PLUMB_TRY(answer_count(o, "index", &index, err));
    *ret = (uint64_t)index;
    return PLUMB_OK;
}

enum plumb_code
answer_digest(const struct plumb_jv *o, const char *key, struct plumb_digest *ret,
              struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);

    return plumb_jv_digest(&v, ret, err);
}

enum plumb_code
answer_word(const struct plumb_jv *o, const char *key, answer_word_fn *word, unsigned n,
            unsigned *ret, struct plumb_err *err)
{
    const struct plumb_jv v = plumb_jv_member(o, key);
    const char *text = json_string_value(v.json);

    for (unsigned i = 0; text != NULL && i < n; i++)
        if (strcmp(word(i), text) == 0) {
            *ret = i;
            return PLUMB_OK;
        }
    return plumb_jv_fail(&v, err, PLUMB_INVALID, "dossier.word",
                         "the service says \"%.40s\", which this program does not know: a "
                         "newer one may",
                         text != NULL ? text : "");
}

enum plumb_code
answer_array(const struct plumb_jv *o, const char *key, size_t max, size_t size,
             answer_element_fn *element, void **ret, size_t *ret_n, struct plumb_err *err)
{
    const struct plumb_jv list = plumb_jv_member(o, key);
    size_t n;

    PLUMB_TRY(plumb_jv_array(&list, 0, max, &n, err));
    *ret = calloc(n + 1, size);
    if (*ret == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const struct plumb_jv v = plumb_jv_element(&list, i);

        *ret_n = i + 1;
        PLUMB_TRY(element(&v, (char *)*ret + i * size, err));
    }
    return PLUMB_OK;
}
