#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/run.h"
#include "client/plain.h"
#include "client/store.h"
#include "lib/own.h"

#define QUIET_MS    1000  /* before the first word of progress */
#define TERMINAL_MS 200   /* between two on a terminal */
#define FILE_MS     10000 /* and elsewhere */

bool
cli_json(const struct cli *cli)
{
    return cli_option(cli, "json") != NULL;
}

__attribute__((format(printf, 2, 0))) static void
print_plain(FILE *to, const char *fmt, va_list args)
{
    PLUMB_AUTO(auto_free) char *text = NULL;
    PLUMB_AUTO(auto_free) char *plain = NULL;

    if (vasprintf(&text, fmt, args) < 0) {
        text = NULL;
        return;
    }
    plain = plain_text(text);
    fprintf(to, "%s\n", plain != NULL ? plain : "(out of memory)");
}

void
cli_line(struct cli *cli, const char *fmt, ...)
{
    va_list args;

    if (cli_json(cli))
        return;
    cli_progress_end(cli);
    va_start(args, fmt);
    print_plain(stdout, fmt, args);
    va_end(args);
}

void
cli_note(struct cli *cli, const char *fmt, ...)
{
    va_list args;

    cli_progress_end(cli);
    (void)fflush(stdout);
    va_start(args, fmt);
    print_plain(stderr, fmt, args);
    va_end(args);
}

enum plumb_code
cli_result(struct cli *cli, json_t *json, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *owned = json;

    if (owned == NULL)
        return plumb_fail_memory(err);
    if (!cli_json(cli))
        return PLUMB_OK;
    cli_progress_end(cli);
    /* ASCII: what a terminal might act on is spelled out here too */
    if (json_dumpf(owned, stdout, JSON_INDENT(2) | JSON_SORT_KEYS | JSON_ENSURE_ASCII) != 0 ||
        putchar('\n') == EOF)
        return plumb_fail(err, PLUMB_INTERNAL, "output.write", "standard output",
                          "could not write it all");
    return PLUMB_OK;
}

enum plumb_code
cli_write(const char *path, const void *data, size_t len, bool secret, struct plumb_err *err)
{
    if (path != NULL && strcmp(path, "-") != 0)
        return store_replace(path, data, len, secret, err);
    if (fwrite(data, 1, len, stdout) != len)
        return plumb_fail(err, PLUMB_INTERNAL, "output.write", "standard output",
                          "could not write it all");
    return PLUMB_OK;
}

static void
complain_json(const struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *json = json_pack("{s:{s:s, s:s, s:s, s:s, s:s*}}", "error", "code",
                             plumb_code_token(err->code), "rule", err->rule, "where",
                             err->where, "message", err->msg, "hint", cli_hint(err));

    if (json != NULL && json_dumpf(json, stderr, JSON_INDENT(2) | JSON_SORT_KEYS) == 0)
        (void)fputc('\n', stderr);
}

void
cli_complain(struct cli *cli, const struct plumb_err *err)
{
    (void)fflush(stdout);
    if (cli_json(cli)) {
        complain_json(err);
        return;
    }
    fprintf(stderr, "plumb: %s%s%s (%s)\n", err->where, err->where[0] != '\0' ? ": " : "",
            err->msg, err->rule);
    if (cli_hint(err) != NULL)
        fprintf(stderr, "  %s\n", cli_hint(err));
}

static int64_t
milliseconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
cli_progress_end(struct cli *cli)
{
    if (cli->progress.drawn)
        fputs("\r\033[K", stderr);
    cli->progress.drawn = false;
    cli->progress.began = 0;
}

bool
cli_progress(void *arg, const char *what, uint64_t done, uint64_t total)
{
    struct cli *cli = arg;
    const bool terminal = isatty(STDERR_FILENO) == 1;
    const int64_t now = milliseconds();
    char much[64] = "";

    if (cli->progress.began == 0) {
        cli->progress.began = now;
        cli->progress.shown = now + QUIET_MS - (terminal ? TERMINAL_MS : FILE_MS);
    }
    if (now - cli->progress.shown < (terminal ? TERMINAL_MS : FILE_MS))
        return true;
    cli->progress.shown = now;
    if (total > 0)
        (void)snprintf(much, sizeof much, " %" PRIu64 "%%",
                       (uint64_t)(100.0 * (double)done / (double)total));
    else if (done > 0)
        (void)snprintf(much, sizeof much, " %" PRIu64 " KiB", done / 1024);
    fprintf(stderr, terminal ? "\r%s%s, %" PRId64 " s\033[K" : "%s%s, %" PRId64 " s\n", what,
            much, (now - cli->progress.began) / 1000);
    cli->progress.drawn = terminal;
    return true;
}

bool
cli_ask(const char *question, char *ret, size_t size)
{
    FILE *tty = fopen("/dev/tty", "r+e");
    bool answered;

    (void)fflush(stdout);
    if (tty == NULL)
        return false;
    fputs(question, tty);
    (void)fflush(tty);
    answered = fgets(ret, (int)size, tty) != NULL;
    (void)fclose(tty);
    if (answered)
        ret[strcspn(ret, "\r\n")] = '\0';
    return answered;
}
