#include "server/settings.h"

#include <plumb/json.h>

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "server/file.h"

static const struct {
    const char *name, *value, *help;
    size_t offset, size;
} texts[] = {
#define X(name, value, help)                                                                   \
    { #name, value, help, offsetof(struct settings, name), sizeof((struct settings *)0)->name },
    SETTINGS_TEXTS(X)
#undef X
};

static const struct {
    const char *name;
    int64_t value, least, most;
    const char *help;
    size_t offset;
} numbers[] = {
#define X(name, value, least, most, help)                                                      \
    { #name, value, least, most, help, offsetof(struct settings, name) },
    SETTINGS_NUMBERS(X)
#undef X
};

#define TEXTS   (sizeof texts / sizeof texts[0])
#define NUMBERS (sizeof numbers / sizeof numbers[0])

void
settings_default(struct settings *ret)
{
    memset(ret, 0, sizeof *ret);
    for (size_t i = 0; i < TEXTS; i++)
        (void)snprintf((char *)ret + texts[i].offset, texts[i].size, "%s", texts[i].value);
    for (size_t i = 0; i < NUMBERS; i++)
        memcpy((char *)ret + numbers[i].offset, &numbers[i].value, sizeof numbers[i].value);
    ret->http = http_limits_default();
}

static enum plumb_code
set_number(struct settings *s, size_t i, const char *value, struct plumb_err *err)
{
    char *end;
    long long n = strtoll(value, &end, 10);

    if (end == value || *end != '\0' || n < numbers[i].least || n > numbers[i].most)
        return plumb_fail(err, PLUMB_INVALID, "setting.value", numbers[i].name,
                          "want a number from %" PRId64 " to %" PRId64, numbers[i].least,
                          numbers[i].most);
    memcpy((char *)s + numbers[i].offset, &(int64_t){ n }, sizeof(int64_t));
    return PLUMB_OK;
}

enum plumb_code
settings_set(struct settings *s, const char *name, const char *value, struct plumb_err *err)
{
    if (strncmp(name, "http.", 5) == 0)
        return http_limits_set(&s->http, name + 5, value, err);
    for (size_t i = 0; i < TEXTS; i++) {
        if (strcmp(name, texts[i].name) != 0)
            continue;
        if (strlen(value) >= texts[i].size)
            return plumb_fail(err, PLUMB_INVALID, "setting.value", name, "is too long");
        (void)snprintf((char *)s + texts[i].offset, texts[i].size, "%s", value);
        return PLUMB_OK;
    }
    for (size_t i = 0; i < NUMBERS; i++)
        if (strcmp(name, numbers[i].name) == 0)
            return set_number(s, i, value, err);
    return plumb_fail(err, PLUMB_INVALID, "setting.name", name,
                      "there is no such setting; 'plumbd --settings' lists them");
}

enum plumb_code
settings_load(struct settings *s, const char *path, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct settings loaded = *s;
    struct plumb_jv root;
    const char *name;
    json_t *value;

    PLUMB_TRY(file_read(path, 1 << 20, &text, err));
    PLUMB_TRY(plumb_json_load(text.data, text.len, 1 << 20, 2, &json, err));
    root = plumb_jv_root(json, "");
    PLUMB_TRY(plumb_jv_object(&root, err));
    json_object_foreach(json, name, value) {
        struct plumb_jv member = { value, &root, name, 0 };
        char number[24];

        if (json_is_integer(value))
            (void)snprintf(number, sizeof number, "%lld", (long long)json_integer_value(value));
        else if (!json_is_string(value))
            return plumb_jv_fail(&member, err, PLUMB_INVALID, "setting.value",
                                 "want a string or an integer");
        PLUMB_TRY(settings_set(
            &loaded, name, json_is_integer(value) ? number : json_string_value(value), err));
    }
    *s = loaded;
    return PLUMB_OK;
}

void
settings_print(FILE *out)
{
    const struct http_limit_row *limits;
    size_t n;

    for (size_t i = 0; i < TEXTS; i++)
        fprintf(out, "%-28s %-18s %s\n", texts[i].name,
                texts[i].value[0] != '\0' ? texts[i].value : "-", texts[i].help);
    for (size_t i = 0; i < NUMBERS; i++)
        fprintf(out, "%-28s %-18" PRId64 " %s\n", numbers[i].name, numbers[i].value,
                numbers[i].help);
    limits = http_limits_rows(&n);
    for (size_t i = 0; i < n; i++)
        fprintf(out, "http.%-23s %-18" PRId64 " %s\n", limits[i].name, limits[i].value,
                limits[i].help);
}
