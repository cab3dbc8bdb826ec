#include "witness/logs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

#define LOGS_MAX 4096

/* The policy text of a log while it is read. */
struct draft {
    char origin[128];
    char *text;
    size_t len;
};

struct drafts {
    struct draft *draft;
    size_t n;
};

static void
drafts_clear(struct drafts *d)
{
    for (size_t i = 0; i < d->n; i++)
        free(d->draft[i].text);
    free(d->draft);
}

void
logs_clear(struct logs *logs)
{
    for (size_t i = 0; i < logs->n; i++) {
        plumb_log_policy_free(logs->log[i].policy);
        plumb_log_policy_free(logs->log[i].seen);
    }
    free(logs->log);
    *logs = (struct logs){ 0 };
}

static struct draft *
draft_of(struct drafts *d, const char *origin)
{
    struct draft *more;

    for (size_t i = 0; i < d->n; i++)
        if (strcmp(d->draft[i].origin, origin) == 0)
            return &d->draft[i];
    more = realloc(d->draft, (d->n + 1) * sizeof *more);
    if (more == NULL)
        return NULL;
    d->draft = more;
    d->draft[d->n] = (struct draft){ .text = NULL };
    (void)snprintf(d->draft[d->n].origin, sizeof d->draft[d->n].origin, "%s", origin);
    return &d->draft[d->n++];
}

static enum plumb_code
add_text(struct draft *d, const char *line, struct plumb_err *err)
{
    char *more = realloc(d->text, d->len + strlen(line) + 1);

    if (more == NULL)
        return plumb_fail_memory(err);
    d->text = more;
    d->len = (size_t)(stpcpy(more + d->len, line) - more);
    return PLUMB_OK;
}

/* One line without its end, which may be cut apart. */
static enum plumb_code
read_line(char *line, size_t number, struct drafts *drafts, struct plumb_err *err)
{
    char where[32], text[PLUMB_VKEY_TEXT + 8], *rest = NULL;
    const char *word = strtok_r(line, " \t", &rest), *vkey = strtok_r(NULL, " \t", &rest);
    struct plumb_vkey key;
    struct draft *draft;

    if (word == NULL || word[0] == '#')
        return PLUMB_OK;
    (void)snprintf(where, sizeof where, "line %zu", number);
    if (strcmp(word, "log") != 0 || vkey == NULL || strtok_r(NULL, " \t", &rest) != NULL)
        return plumb_fail(err, PLUMB_INVALID, "witness.logs", where, "want \"log <vkey>\"");
    PLUMB_TRY(plumb_vkey_parse(vkey, where, &key, err));
    draft = draft_of(drafts, key.name);
    if (draft == NULL)
        return plumb_fail_memory(err);
    if (drafts->n > LOGS_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "witness.logs", where, "at most %d logs",
                          LOGS_MAX);
    plumb_vkey_text(&key, text + 4);
    memcpy(text, "log ", 4);
    (void)strcat(text, "\n");
    return add_text(draft, text, err);
}

/* A key twice, or the witness's own among the log's, is refused by the policy's rules. */
static enum plumb_code
make_policy(const struct draft *d, const struct plumb_vkey *own, const char *quorum,
            struct plumb_log_policy **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *text = NULL;
    char key[PLUMB_VKEY_TEXT];

    plumb_vkey_text(own, key);
    if (asprintf(&text, "%switness self %s\nquorum %s\n", d->text, key, quorum) < 0) {
        text = NULL;
        return plumb_fail_memory(err);
    }
    if (plumb_log_policy_parse(text, strlen(text), ret, err) != PLUMB_OK) {
        const struct plumb_err why = err != NULL ? *err : (struct plumb_err){ 0 };

        return plumb_fail(err, PLUMB_INVALID, "witness.logs", d->origin, "%s (%s)", why.msg,
                          why.rule);
    }
    return PLUMB_OK;
}

enum plumb_code
logs_parse(const char *text, size_t len, const struct plumb_vkey *own, struct logs *ret,
           struct plumb_err *err)
{
    PLUMB_AUTO(drafts_clear) struct drafts drafts = { 0 };
    PLUMB_AUTO(logs_clear) struct logs logs = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes copy = { 0 };
    char *line, *rest;
    size_t number = 0;

    if (memchr(text, '\0', len) != NULL)
        return plumb_fail(err, PLUMB_INVALID, "witness.logs", "", "has a NUL byte");
    PLUMB_TRY(plumb_bytes_copy(text, len, &copy, err));
    rest = (char *)copy.data;
    while ((line = strsep(&rest, "\n")) != NULL)
        PLUMB_TRY(read_line(line, ++number, &drafts, err));
    logs.log = calloc(drafts.n + 1, sizeof *logs.log);
    if (logs.log == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < drafts.n; i++) {
        struct known_log *log = &logs.log[logs.n++];

        PLUMB_TRY(make_policy(&drafts.draft[i], own, "none", &log->policy, err));
        PLUMB_TRY(make_policy(&drafts.draft[i], own, "self", &log->seen, err));
        log->origin = plumb_log_policy_origin(log->policy);
    }
    *ret = logs;
    logs = (struct logs){ 0 };
    return PLUMB_OK;
}

const struct known_log *
logs_find(const struct logs *logs, const char *origin)
{
    for (size_t i = 0; i < logs->n; i++)
        if (strcmp(logs->log[i].origin, origin) == 0)
            return &logs->log[i];
    return NULL;
}
