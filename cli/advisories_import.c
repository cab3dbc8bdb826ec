#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/submit.h"
#include "client/store.h"
#include "lib/own.h"
#include "supply/feed.h"

#define DEPTH_MAX 64

struct importing {
    struct cli *cli;
    struct client *client;
    const char *source, *file;
    struct feed feed;
    uint64_t records, refused, statements;
    uint64_t others; /* in folders, and no records by their names */
};

static void
tell_refused(void *arg, size_t record, const struct plumb_err *why)
{
    struct importing *i = arg;

    i->refused++;
    cli_note(i->cli, "%s: record %zu is left out: [%s] %s", i->file, record, why->rule,
             why->msg);
}

static enum plumb_code
send_one(struct importing *i, const struct feed *feed, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *members =
        json_pack("{s:s, s:I}", "source", i->source, "count", (json_int_t)feed->count);
    struct plumb_subject subject = { .name = "advisories" };

    if (members == NULL)
        return plumb_fail_memory(err);
    plumb_sha256("", 0, &subject.digest);
    if (feed->count > 0)
        PLUMB_TRY(client_blob_put(i->client, feed->lines, feed->len, &subject.digest, err));
    PLUMB_TRY(cli_submit(i->cli, "imported", PLUMB_KIND_ADVISORY, &subject, 1, members, err));
    i->records += feed->count;
    i->statements++;
    (void)cli_progress(i->cli, "advisories", i->records, 0);
    return PLUMB_OK;
}

/* What is gathered becomes a statement, or as many as it takes. */
static enum plumb_code
send_all(struct importing *i, const struct feed *feed, struct plumb_err *err)
{
    struct feed piece;
    size_t at = 0;

    if (feed->count == 0)
        return send_one(i, feed, err);
    while (feed_next(feed, &at, &piece))
        PLUMB_TRY(send_one(i, &piece, err));
    return PLUMB_OK;
}

static enum plumb_code
send_gathered(struct importing *i, struct plumb_err *err)
{
    PLUMB_TRY(send_all(i, &i->feed, err));
    feed_clear(&i->feed);
    return PLUMB_OK;
}

/* --- archives --- */

static bool
read_fd(void *arg, uint64_t at, void *into, size_t len)
{
    const int *fd = arg;

    return store_read_at(*fd, at, into, len);
}

static enum plumb_code
take_records(void *arg, struct feed *feed, struct plumb_err *err)
{
    return send_all(arg, feed, err);
}

static void
tell_refused_in(void *arg, const char *file, size_t record, const struct plumb_err *why)
{
    struct importing *i = arg;

    i->refused++;
    cli_note(i->cli, "%s: %s: record %zu is left out: [%s] %s", i->file, file, record,
             why->rule, why->msg);
}

static bool
goes_on(void *arg, const char *what, uint64_t done, uint64_t total)
{
    const struct importing *i = arg;

    return cli_progress(i->cli, what, done, total);
}

static enum plumb_code
take_archive(struct importing *i, int fd, struct plumb_err *err)
{
    const struct zip_source source = { read_fd, &fd, (uint64_t)lseek(fd, 0, SEEK_END) };
    const struct feed_zip f = { i, take_records, tell_refused_in, goes_on };
    struct plumb_err why;
    enum plumb_code code;

    if (i->feed.count > 0)
        PLUMB_TRY(send_gathered(i, err));
    code = feed_zip(&source, &f, &why);
    if (code != PLUMB_OK && strncmp(why.rule, "zip.", 4) == 0)
        return plumb_fail(err, code, why.rule, why.where, "%s: %s", i->file, why.msg);
    if (code != PLUMB_OK)
        *err = why;
    return code;
}

/* An open archive, or -1. */
static int
open_archive(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char magic[ZIP_MAGIC];

    if (fd >= 0 && store_read_at(fd, 0, magic, sizeof magic) && zip_is(magic, sizeof magic))
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* --- files and folders --- */

static enum plumb_code
take_file(struct importing *i, const char *path, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    const int archive = open_archive(path);

    i->file = path;
    if (archive >= 0) {
        const enum plumb_code code = take_archive(i, archive, err);

        (void)close(archive);
        return code;
    }
    PLUMB_TRY(store_read(path, FEED_BYTES, &bytes, err));
    PLUMB_TRY(feed_add(&i->feed, bytes.data, bytes.len, tell_refused, i, err));
    return i->feed.len >= FEED_IMPORT ? send_gathered(i, err) : PLUMB_OK;
}

static bool
is_record(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot != NULL && (strcmp(dot, ".json") == 0 || strcmp(dot, ".jsonl") == 0 ||
                           strcmp(dot, ".zip") == 0);
}

static int
is_shown(const struct dirent *d)
{
    return d->d_name[0] != '.';
}

static enum plumb_code take_folder(struct importing *i, const char *path, unsigned depth,
                                   struct plumb_err *err);

/* A link to a folder is not followed: it may lead out, or round. */
static enum plumb_code
take_entry(struct importing *i, const char *folder, const char *name, unsigned depth,
           struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *path = NULL;
    struct stat st;

    if (asprintf(&path, "%s/%s", folder, name) < 0) {
        path = NULL;
        return plumb_fail_memory(err);
    }
    if (lstat(path, &st) == 0 && S_ISDIR(st.st_mode))
        return take_folder(i, path, depth + 1, err);
    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && is_record(name))
        return take_file(i, path, err);
    i->others++;
    return PLUMB_OK;
}

/* What is below it, in the order of names: the same folder makes the same statements. */
static enum plumb_code
take_folder(struct importing *i, const char *path, unsigned depth, struct plumb_err *err)
{
    struct dirent **entries;
    enum plumb_code code = PLUMB_OK;
    int n;

    if (depth == DEPTH_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "folder.depth", path, "folders %d deep",
                          DEPTH_MAX);
    n = scandir(path, &entries, is_shown, alphasort);
    if (n < 0)
        return plumb_fail(err, PLUMB_NOT_FOUND, "file.read", path, "cannot be read: %s",
                          strerror(errno));
    for (int k = 0; k < n; k++) {
        if (code == PLUMB_OK)
            code = take_entry(i, path, entries[k]->d_name, depth, err);
        free(entries[k]);
    }
    free(entries);
    return code;
}

static enum plumb_code
take_path(struct importing *i, const char *path, struct plumb_err *err)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? take_folder(i, path, 0, err)
                                                       : take_file(i, path, err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    struct importing i = { .cli = cli, .source = cli_option(cli, "source") };
    const bool empty = cli_option(cli, "empty") != NULL;
    enum plumb_code code = PLUMB_OK;

    if (i.source == NULL)
        i.source = "file";
    if (empty == (cli_arg(cli, 0) != NULL))
        return cli_usage("", err, "want files or folders, or --empty");
    PLUMB_TRY(cli_client(cli, &i.client, err));
    for (size_t k = 0; code == PLUMB_OK && cli_arg(cli, k) != NULL; k++)
        code = take_path(&i, cli_arg(cli, k), err);
    if (i.others > 0)
        cli_note(cli, "%" PRIu64 " left alone: not *.json, *.jsonl or *.zip", i.others);
    if (code == PLUMB_OK && !empty && i.records + i.feed.count == 0)
        code = plumb_fail(err, PLUMB_INVALID, "advisory.form", cli_arg(cli, 0),
                          "there is no record that could be imported; --empty says that the "
                          "feed has nothing new");
    if (code == PLUMB_OK && (i.feed.count > 0 || empty))
        code = send_gathered(&i, err);
    feed_clear(&i.feed);
    return code;
}

static const struct cli_option options[] = {
    { "source", 0, "TEXT", false, "whose advisories these are: \"osv.dev\"" },
    { "empty", 0, NULL, false, "the feed was asked, and has nothing new" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_advisories_import = {
    .name = "advisories import",
    .topic = "Evidence",
    .summary = "import OSV records, to be matched against every bill of materials",
    .arguments = "FILE|FOLDER...",
    .min = 0,
    .max = 1000,
    .options = options,
    .more = "A file has one record, or one a line, or is a zip archive of such *.json; of a "
            "folder\n"
            "and those below it, all *.json, *.jsonl and *.zip (no links to folders, nothing "
            "hidden).\n"
            "Records that cannot be read are told of and left "
            "out;\n"
            "an archive is checked whole before anything of it is imported.",
    .example = "plumb advisories import all.zip --source osv.dev",
    .run = run,
};
