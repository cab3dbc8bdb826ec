#include "client/profile.h"

#include <errno.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/store.h"
#include "lib/own.h"

#define PROFILE_MAX 16384
#define TEXT_MAX    4096

struct member {
    const char *name;
    size_t offset;
    bool path;
};
static const struct member members[] = {
    { "server", offsetof(struct profile, server), false },
    { "pin", offsetof(struct profile, pin), false },
    { "tlsKey", offsetof(struct profile, tls_key), true },
    { "signKey", offsetof(struct profile, sign_key), true },
    { "trust", offsetof(struct profile, trust), true },
    { "log", offsetof(struct profile, log), false },
};
#define NMEMBERS (sizeof members / sizeof *members)

static char **
slot(const struct profile *p, const struct member *m)
{
    return (char **)((char *)p + m->offset);
}

void
profile_clear(struct profile *p)
{
    for (size_t i = 0; i < NMEMBERS; i++)
        free(*slot(p, &members[i]));
    *p = (struct profile){ .server = NULL };
}

static char *
join(const char *directory, const char *path)
{
    const size_t room = strlen(directory) + strlen(path) + 2;
    char *joined = malloc(room);

    if (joined != NULL)
        (void)snprintf(joined, room, "%s/%s", directory, path);
    return joined;
}

enum plumb_code
profile_path(const char *asked, char **ret, struct plumb_err *err)
{
    const char *named = asked != NULL ? asked : getenv("PLUMB_CONFIG");
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");

    if (named != NULL && *named != '\0')
        *ret = strdup(named);
    else if (config != NULL && *config == '/')
        *ret = join(config, "plumbline/config.json");
    else if (home != NULL && *home == '/')
        *ret = join(home, ".config/plumbline/config.json");
    else
        return plumb_fail(err, PLUMB_INVALID, "profile.where", "--config",
                          "there is no home directory: name the profile with --config FILE");
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

static bool
is_relative(const struct member *m, const char *text)
{
    return m->path && text[0] != '/' && strncmp(text, "agent:", 6) != 0;
}

static enum plumb_code
read_member(const struct plumb_jv *root, const struct member *m, const char *directory,
            struct profile *p, struct plumb_err *err)
{
    struct plumb_jv v = plumb_jv_member(root, m->name);
    const char *text;

    if (v.json == NULL)
        return PLUMB_OK;
    PLUMB_TRY(plumb_jv_string(&v, TEXT_MAX, &text, err));
    *slot(p, m) = is_relative(m, text) ? join(directory, text) : strdup(text);
    return *slot(p, m) != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

enum plumb_code
profile_read(const char *path, struct profile *ret, struct plumb_err *err)
{
    static const char *const names[] = { "?server", "?pin", "?tlsKey", "?signKey",
                                         "?trust",  "?log", NULL };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(profile_clear) struct profile p = { .server = NULL };
    PLUMB_AUTO(auto_free) char *copy = strdup(path);
    struct plumb_jv root;
    const char *directory;

    if (copy == NULL)
        return plumb_fail_memory(err);
    directory = dirname(copy);
    PLUMB_TRY(store_read(path, PROFILE_MAX, &bytes, err));
    PLUMB_TRY(plumb_json_load(bytes.data, bytes.len, PROFILE_MAX, 2, &json, err));
    root = plumb_jv_root(json, path);
    PLUMB_TRY(plumb_jv_closed(&root, names, err));
    for (size_t i = 0; i < NMEMBERS; i++)
        PLUMB_TRY(read_member(&root, &members[i], directory, &p, err));
    *ret = p;
    p = (struct profile){ .server = NULL };
    return PLUMB_OK;
}

static enum plumb_code
write_member(json_t *json, const struct member *m, const char *text, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *here = NULL;
    PLUMB_AUTO(auto_free) char *whole = NULL;

    if (text == NULL)
        return PLUMB_OK;
    if (is_relative(m, text)) {
        here = getcwd(NULL, 0);
        whole = here != NULL ? join(here, text) : NULL;
        if (whole == NULL)
            return plumb_fail_memory(err);
        text = whole;
    }
    return json_object_set_new(json, m->name, json_string(text)) == 0
               ? PLUMB_OK
               : plumb_fail(err, PLUMB_INVALID, "profile.form", m->name, "is no UTF-8");
}

static void
make_directory(const char *path)
{
    PLUMB_AUTO(auto_free) char *copy = strdup(path);

    if (copy != NULL)
        (void)mkdir(dirname(copy), 0700); /* if it cannot be, writing says why */
}

enum plumb_code
profile_write(const char *path, const struct profile *p, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = json_object();
    PLUMB_AUTO(auto_free) char *text = NULL;

    if (json == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < NMEMBERS; i++)
        PLUMB_TRY(write_member(json, &members[i], *slot(p, &members[i]), err));
    text = json_dumps(json, JSON_INDENT(2) | JSON_SORT_KEYS);
    if (text == NULL)
        return plumb_fail_memory(err);
    make_directory(path);
    return store_replace(path, text, strlen(text), true, err);
}
