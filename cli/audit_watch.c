#include "cli/audit_watch.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/extend.h"
#include "audit/layout.h"
#include "client/store.h"
#include "lib/own.h"

#define INTERVAL     60
#define INTERVAL_MAX 86400

struct watch {
    const struct cli_log *from;
    const struct plumb_log_policy *policy;
    const char *memory;
};

static enum plumb_code
read_seen(const struct watch *w, struct plumb_bytes *ret_note, struct plumb_checkpoint *ret,
          bool *ret_any, struct plumb_err *err)
{
    enum plumb_code code = store_read(w->memory, LAYOUT_NOTE_MAX, ret_note, err);

    *ret_any = code == PLUMB_OK;
    if (code == PLUMB_NOT_FOUND)
        return PLUMB_OK;
    PLUMB_TRY(code);
    return plumb_checkpoint_verify(w->policy, ret_note->data, ret_note->len, ret, err);
}

static json_t *
look_json(const struct plumb_checkpoint *now, const char *result, const char *text)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(&now->root, hex);
    return json_pack("{s:s, s:s, s:s, s:I, s:s}", "result", result, "about", text, "origin",
                     now->origin, "size", (json_int_t)now->size, "root", hex);
}

/* Both notes, beside the memory: whoever has them needs nobody's word for it. */
static enum plumb_code
keep_proof(struct cli *cli, const struct watch *w, const struct plumb_bytes *seen,
           const struct plumb_bytes *now, struct plumb_err *err)
{
    char path[2][4096];

    for (int i = 0; i < 2; i++) {
        const struct plumb_bytes *note = i == 0 ? seen : now;

        if (snprintf(path[i], sizeof path[i], "%s.%s", w->memory, i == 0 ? "seen" : "fork") >=
            (int)sizeof path[i])
            return plumb_fail(err, PLUMB_INVALID, "file.write", "--memory", "too long a path");
        PLUMB_TRY(store_replace(path[i], note->data, note->len, false, err));
    }
    cli_note(cli,
             "both signed checkpoints are kept as proof, in %s and %s: show them to others "
             "before you trust this log again",
             path[0], path[1]);
    return PLUMB_OK;
}

/* One look. *ret_bad: the log is not the one that was seen. */
static enum plumb_code
look(struct cli *cli, const struct watch *w, bool *ret_bad, struct plumb_err *err)
{
    const struct audit_source *source = &w->from->source;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes seen_note = { 0 };
    struct plumb_checkpoint now, seen;
    enum audit_extend how;
    bool any;

    *ret_bad = false;
    PLUMB_TRY(read_seen(w, &seen_note, &seen, &any, err));
    PLUMB_TRY(source->checkpoint(source->self, &note, err));
    PLUMB_TRY(plumb_checkpoint_verify(w->policy, note.data, note.len, &now, err));
    if (!any) {
        cli_line(cli, "%s: %" PRIu64 " entries: the first checkpoint seen", now.origin,
                 now.size);
        PLUMB_TRY(store_replace(w->memory, note.data, note.len, false, err));
        return cli_result(cli, look_json(&now, "first", "the first checkpoint seen"), err);
    }
    PLUMB_TRY(audit_extends(source, &seen, &now, &how, err));
    if (how == AUDIT_EXTENDED)
        PLUMB_TRY(store_replace(w->memory, note.data, note.len, false, err));
    *ret_bad = how == AUDIT_FORKED || how == AUDIT_SHRANK;
    cli_line(cli, "%s%s: %" PRIu64 " entries seen, now %" PRIu64 ": %s",
             *ret_bad ? "ALARM: " : "", now.origin, seen.size, now.size,
             audit_extend_text(how));
    if (*ret_bad)
        PLUMB_TRY(keep_proof(cli, w, &seen_note, &note, err));
    return cli_result(cli, look_json(&now, audit_extend_token(how), audit_extend_text(how)),
                      err);
}

static enum plumb_code
read_interval(struct cli *cli, unsigned *ret, struct plumb_err *err)
{
    const char *text = cli_option(cli, "interval");
    char *end = NULL;
    unsigned long n;

    *ret = INTERVAL;
    if (text == NULL)
        return PLUMB_OK;
    n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || n < 1 || n > INTERVAL_MAX)
        return cli_usage("--interval", err, "want seconds, 1 to %d", INTERVAL_MAX);
    *ret = (unsigned)n;
    return PLUMB_OK;
}

enum plumb_code
audit_watch(struct cli *cli, const struct cli_log *from, struct plumb_err *err)
{
    struct watch w = { .from = from, .memory = cli_option(cli, "memory") };
    bool once = cli_option(cli, "once") != NULL, bad = false;
    const struct plumb_trust *trust;
    unsigned interval;

    if (w.memory == NULL)
        return cli_usage("--memory", err, "say where the last checkpoint seen is kept");
    PLUMB_TRY(read_interval(cli, &interval, err));
    PLUMB_TRY(cli_trust(cli, &trust, err));
    w.policy = trust->policy;
    for (;;) {
        struct plumb_err why = { .code = PLUMB_OK };
        enum plumb_code code = look(cli, &w, &bad, &why);

        if (bad)
            cli_answer(cli, CLI_NO);
        if (code != PLUMB_OK && (once || why.code == PLUMB_NO_MEMORY)) {
            if (err != NULL)
                *err = why;
            return code;
        }
        if (bad || once)
            return PLUMB_OK;
        if (code != PLUMB_OK)
            cli_note(cli, "%s%s%s (%s); again in %u s", why.where,
                     why.where[0] != '\0' ? ": " : "", why.msg, why.rule, interval);
        (void)fflush(stdout);
        (void)sleep(interval);
    }
}
