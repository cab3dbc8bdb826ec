#include "client/json_diff.h"

#include <stdio.h>
#include <string.h>

#define PATH_MAX_ 1024

struct walk {
    json_diff_fn *fn;
    void *arg;
    char path[PATH_MAX_];
};

static void compare(struct walk *w, const json_t *before, const json_t *after);

/* Steps into a member, compares, and steps out again. */
static void
compare_at(struct walk *w, const char *name, const json_t *before, const json_t *after)
{
    const size_t len = strlen(w->path);

    (void)snprintf(w->path + len, sizeof w->path - len, "%s%s", len > 0 ? "." : "", name);
    compare(w, before, after);
    w->path[len] = '\0';
}

static void
compare_objects(struct walk *w, const json_t *before, const json_t *after)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)before, key, value)
        compare_at(w, key, value, json_object_get(after, key));
    json_object_foreach((json_t *)after, key, value)
        if (json_object_get(before, key) == NULL)
            compare_at(w, key, NULL, value);
}

/* A key object is itself by its public key; a plain value by being there. */
static const json_t *
find_same(const json_t *array, const json_t *element)
{
    const json_t *spki = json_object_get(element, "spki"), *other;
    size_t i;

    json_array_foreach(array, i, other)
        if (spki != NULL ? json_equal(spki, json_object_get(other, "spki"))
                         : json_equal(element, other))
            return other;
    return NULL;
}

static void
name_element(const json_t *element, size_t i, char ret[80])
{
    const char *spki = json_string_value(json_object_get(element, "spki"));

    if (spki != NULL)
        (void)snprintf(ret, 80, "[...%s]", strlen(spki) > 12 ? spki + strlen(spki) - 12 : spki);
    else
        (void)snprintf(ret, 80, "[%zu]", i);
}

static void
compare_arrays(struct walk *w, const json_t *before, const json_t *after)
{
    const json_t *element;
    char name[80];
    size_t i;

    json_array_foreach(before, i, element) {
        name_element(element, i, name);
        compare_at(w, name, element, find_same(after, element));
    }
    json_array_foreach(after, i, element)
        if (find_same(before, element) == NULL) {
            name_element(element, i, name);
            compare_at(w, name, NULL, element);
        }
}

static void
compare(struct walk *w, const json_t *before, const json_t *after)
{
    if (before != NULL && after != NULL && json_equal(before, after))
        return;
    if (json_is_object(before) && json_is_object(after))
        compare_objects(w, before, after);
    else if (json_is_array(before) && json_is_array(after))
        compare_arrays(w, before, after);
    else
        w->fn(w->arg, w->path, before, after);
}

void
json_diff(const json_t *before, const json_t *after, json_diff_fn *fn, void *arg)
{
    struct walk w = { .fn = fn, .arg = arg };

    compare(&w, before, after);
}
