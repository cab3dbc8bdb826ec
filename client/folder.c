#include "client/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/mapped.h"
#include "lib/own.h"

#define DEPTH_MAX 64
#define FILES_MAX 100000

/* A folder while it is walked. */
struct walk {
    char path[4096]; /* of where we are; the folder's own is its first root bytes */
    size_t root;
    struct folder found;
    size_t room;
    unsigned depth;
};

static void
close_directory(DIR **dir)
{
    if (*dir != NULL)
        (void)closedir(*dir);
}

void
folder_clear(struct folder *f)
{
    for (size_t i = 0; i < f->n; i++)
        free((char *)f->files[i].path);
    free(f->files);
    *f = (struct folder){ .n = 0 };
}

bool
folder_is(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static enum plumb_code
make_room(struct walk *w, struct plumb_err *err)
{
    struct plumb_file *grown;

    if (w->found.n == FILES_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "folder.size", w->path, "more than %d files",
                          FILES_MAX);
    if (w->found.n < w->room)
        return PLUMB_OK;
    grown = realloc(w->found.files, (2 * w->room + 16) * sizeof *grown);
    if (grown == NULL)
        return plumb_fail_memory(err);
    w->found.files = grown;
    w->room = 2 * w->room + 16;
    return PLUMB_OK;
}

static enum plumb_code
add_file(struct walk *w, struct plumb_err *err)
{
    PLUMB_AUTO(mapped_close) struct mapped file = { .len = 0 };
    PLUMB_AUTO(auto_free) char *path = strdup(w->path + w->root);
    struct plumb_file f;

    if (path == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(make_room(w, err));
    PLUMB_TRY(mapped_open(w->path, &file, err));
    plumb_sha256(file.data, file.len, &f.digest);
    f.path = PLUMB_TAKE(path);
    w->found.files[w->found.n++] = f;
    return PLUMB_OK;
}

static enum plumb_code walk(struct walk *w, struct plumb_err *err);

static enum plumb_code
visit(struct walk *w, const char *name, struct plumb_err *err)
{
    const size_t len = strlen(w->path);
    enum plumb_code code;
    struct stat st;

    if (snprintf(w->path + len, sizeof w->path - len, "/%s", name) >=
        (int)(sizeof w->path - len))
        return plumb_fail(err, PLUMB_TOO_LARGE, "folder.depth", name, "its path is too long");
    if (lstat(w->path, &st) != 0)
        return plumb_fail(err, PLUMB_INVALID, "file.open", w->path, "cannot be read: %s",
                          strerror(errno));
    if (S_ISREG(st.st_mode))
        code = add_file(w, err);
    else if (S_ISDIR(st.st_mode))
        code = walk(w, err);
    else
        code = plumb_fail(err, PLUMB_INVALID, "folder.link", w->path,
                          "is a link or device: what is measured must be files themselves");
    w->path[len] = '\0';
    return code;
}

static enum plumb_code
walk(struct walk *w, struct plumb_err *err)
{
    PLUMB_AUTO(close_directory) DIR *dir = opendir(w->path);
    const struct dirent *entry;

    if (dir == NULL)
        return plumb_fail(err, errno == ENOENT ? PLUMB_NOT_FOUND : PLUMB_INVALID, "file.open",
                          w->path, "cannot be read: %s", strerror(errno));
    if (w->depth == DEPTH_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "folder.depth", w->path, "folders %d deep",
                          DEPTH_MAX);
    w->depth++;
    while ((entry = readdir(dir)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            PLUMB_TRY(visit(w, entry->d_name, err));
    w->depth--;
    return PLUMB_OK;
}

enum plumb_code
folder_read(const char *path, struct folder *ret, struct plumb_err *err)
{
    struct walk w = { .depth = 0 };
    enum plumb_code code;

    if (strlen(path) >= sizeof w.path)
        return plumb_fail(err, PLUMB_TOO_LARGE, "folder.depth", path, "its path is too long");
    strcpy(w.path, path);
    w.root = strlen(path) + 1;
    code = walk(&w, err);
    if (code == PLUMB_OK)
        code = plumb_folder_digest(w.found.files, w.found.n, &w.found.digest, err);
    if (code != PLUMB_OK)
        folder_clear(&w.found);
    else
        *ret = w.found;
    return code;
}
