#include "audit/audit.h"

#include <malloc.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/at.h"
#include "audit/by.h"
#include "audit/pack.h"
#include "audit/report.h"
#include "audit/why.h"
#include "cli/audit_watch.h"
#include "cli/commands.h"
#include "cli/log_source.h"
#include "cli/pack_limit.h"
#include "client/plain.h"
#include "client/store.h"
#include "lib/own.h"

#define THREADS_MAX 256

PLUMB_DEFINE_AUTO(auto_audit, struct audit *, audit_free);
PLUMB_DEFINE_AUTO(auto_why, struct audit_why *, audit_why_free);
PLUMB_DEFINE_AUTO(auto_by, struct audit_by *, audit_by_free);
PLUMB_DEFINE_AUTO(auto_page, struct page *, page_free);
PLUMB_DEFINE_AUTO(auto_pack, struct pack *, pack_free);

/* What is asked besides whether it all holds. */
struct questions {
    struct audit_why *why;
    struct audit_by *by;
    struct audit_at at;
    bool asks_at;
    struct audit_observer *observers[3];
    size_t n;
};

static void
questions_clear(struct questions *q)
{
    audit_why_free(q->why);
    audit_by_free(q->by);
    audit_at_clear(&q->at);
}

static enum plumb_code
ask_why(struct cli *cli, struct questions *q, struct plumb_err *err)
{
    const char *why = cli_option(cli, "why");
    struct cli_version v;

    if (why == NULL)
        return PLUMB_OK;
    PLUMB_TRY(cli_version(why, &v, err));
    PLUMB_TRY(audit_why_new(v.payload, v.version, &q->why, err));
    q->observers[q->n++] = audit_why_observer(q->why);
    return PLUMB_OK;
}

static enum plumb_code
ask_by(struct cli *cli, struct questions *q, struct plumb_err *err)
{
    const char *by = cli_option(cli, "by"), *key = cli_option(cli, "by-key");
    struct plumb_digest id;

    if (by == NULL && key == NULL)
        return PLUMB_OK;
    if (by != NULL && key != NULL)
        return cli_usage("--by-key", err, "ask for a principal or for a key");
    if (key != NULL)
        PLUMB_TRY(plumb_digest_parse(key, "--by-key", &id, err));
    else if (!plumb_name_ok(by))
        return cli_usage("--by", err, "want a principal's name");
    PLUMB_TRY(audit_by_new(by, key != NULL ? &id : NULL, &q->by, err));
    q->observers[q->n++] = audit_by_observer(q->by);
    return PLUMB_OK;
}

static enum plumb_code
ask_at(struct cli *cli, struct questions *q, struct plumb_err *err)
{
    const char *at = cli_option(cli, "at"), *fleet = cli_option(cli, "fleet");
    plumb_time time;

    if ((at == NULL) != (fleet == NULL))
        return cli_usage(at != NULL ? "--fleet" : "--at", err, "--at and --fleet go together");
    if (at == NULL)
        return PLUMB_OK;
    PLUMB_TRY(plumb_time_parse(at, "--at", &time, err));
    q->asks_at = true;
    audit_at_begin(&q->at, fleet, time);
    q->observers[q->n++] = &q->at.observer;
    return PLUMB_OK;
}

static enum plumb_code
answer(json_t *answers, const char *name, json_t *one, struct plumb_err *err)
{
    return json_object_set_new(answers, name, one) == 0 ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
take_answers(struct questions *q, struct audit *a, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *answers = json_object();
    json_t *one = NULL;

    if (q->asks_at) {
        PLUMB_TRY(audit_at_finish(&q->at, a, &one, err));
        PLUMB_TRY(answer(answers, "at", one, err));
    }
    if (q->why != NULL) {
        PLUMB_TRY(audit_why_finish(q->why, a, &one, err));
        PLUMB_TRY(answer(answers, "why", one, err));
    }
    if (q->by != NULL) {
        PLUMB_TRY(audit_by_finish(q->by, a, &one, err));
        PLUMB_TRY(answer(answers, "by", one, err));
    }
    *ret = PLUMB_TAKE(answers);
    return PLUMB_OK;
}

/* --- the report --- */

static enum plumb_code
print(struct cli *cli, report_page_fn *fn, const json_t *report, struct plumb_err *err)
{
    PLUMB_AUTO(auto_page) struct page *page = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };
    char *rest, *line;

    PLUMB_TRY(page_new(false, &page, err));
    fn(page, report);
    PLUMB_TRY(page_take(page, &text, err));
    for (rest = (char *)text.data; (line = strsep(&rest, "\n")) != NULL && rest != NULL;)
        cli_line(cli, "%s", line);
    return PLUMB_OK;
}

/* Markdown, in which what is not plainly visible is spelled out as on the terminal. */
static enum plumb_code
write_report(report_page_fn *fn, const json_t *report, const char *path, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };

    PLUMB_TRY(report_markdown(fn, report, plain_text, &text, err));
    return cli_write(path, text.data, text.len, false, err);
}

static enum plumb_code
tell(struct cli *cli, report_page_fn *fn, const json_t *report, struct plumb_err *err)
{
    if (cli_option(cli, "report") != NULL)
        PLUMB_TRY(write_report(fn, report, cli_option(cli, "report"), err));
    PLUMB_TRY(print(cli, fn, report, err));
    if (!json_is_true(json_object_get(report, "holds")))
        cli_answer(cli, CLI_NO);
    return cli_result(cli, json_incref((json_t *)report), err);
}

static unsigned
processors(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 1 ? 1 : n > THREADS_MAX ? THREADS_MAX : (unsigned)n;
}

/* A replay makes and drops much: keep what is dropped, instead of giving it back to the system
 * and asking for it again. */
static void
keep_memory(void)
{
    (void)mallopt(M_TRIM_THRESHOLD, 64 << 20);
    (void)mallopt(M_TOP_PAD, 1 << 20);
}

static enum plumb_code
audit_all(struct cli *cli, const struct cli_log *from, struct plumb_err *err)
{
    PLUMB_AUTO(questions_clear) struct questions q = { .n = 0 };
    PLUMB_AUTO(auto_audit) struct audit *a = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *report = NULL;
    struct audit_config config = { .source = &from->source,
                                   .threads = processors(),
                                   .observers = q.observers,
                                   .progress = cli_progress,
                                   .arg = cli };
    json_t *answers = NULL;

    keep_memory();
    PLUMB_TRY(cli_log_pin(cli, &config.genesis, &config.policy, err));
    PLUMB_TRY(ask_why(cli, &q, err));
    PLUMB_TRY(ask_by(cli, &q, err));
    PLUMB_TRY(ask_at(cli, &q, err));
    config.nobservers = q.n;
    PLUMB_TRY(audit_new(&config, &a, err));
    PLUMB_TRY(audit_run(a, err));
    PLUMB_TRY(take_answers(&q, a, &answers, err));
    PLUMB_TRY(report_json(a, from->name, &config.genesis, answers, &report, err));
    return tell(cli, report_page, report, err);
}

/* --- a pack --- */

static bool
is_file(const char *path)
{
    struct stat st;

    return path != NULL && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static enum plumb_code
audit_pack(struct cli *cli, const char *path, struct plumb_err *err)
{
    static const char *const others[] = { "at",    "fleet",  "why",      "by",  "by-key",
                                          "watch", "memory", "interval", "once" };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *report = NULL;
    PLUMB_AUTO(auto_pack) struct pack *pack = NULL;
    struct pack_trust trust = { .plain = plain_text };
    size_t limit;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (cli_option(cli, others[i]) != NULL)
            return cli_usage(path, err, "this is asked of a whole log, and not of a pack: --%s",
                             others[i]);
    PLUMB_TRY(cli_pack_limit(cli, &limit, err));
    PLUMB_TRY(cli_log_pin(cli, &trust.genesis, &trust.policy, err));
    PLUMB_TRY(store_read(path, limit, &bytes, err));
    PLUMB_TRY(pack_open(bytes.data, bytes.len, limit, &pack, err));
    PLUMB_TRY(pack_audit(pack, &trust, &report, err));
    if (json_object_set_new(report, "source", json_string(path)) != 0)
        return plumb_fail_memory(err);
    return tell(cli, pack_page, report, err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(cli_log_close) struct cli_log from = { .name = NULL };

    if (is_file(cli_arg(cli, 0)))
        return audit_pack(cli, cli_arg(cli, 0), err);
    if (cli_option(cli, "limit") != NULL)
        return cli_usage("--limit", err, "it is of a pack: plumb audit FILE");
    PLUMB_TRY(cli_log_open(cli, cli_arg(cli, 0), &from, err));
    return cli_option(cli, "watch") != NULL ? audit_watch(cli, &from, err)
                                            : audit_all(cli, &from, err);
}

static const struct cli_option options[] = {
    CLI_GENESIS_OPTION,
    { "report", 0, "FILE", false, "write the report as Markdown, too" },
    { "at", 0, "TIME", false, "what --fleet accepted then" },
    { "fleet", 0, "FLEET", false, "with --at" },
    { "why", 0, "PAYLOAD@VERSION", false, "the whole story of one version" },
    { "by", 0, "PRINCIPAL", false, "all that one did, and what stands only because of it" },
    { "by-key", 0, "ID", false, "the same of one key: after it was stolen" },
    { "watch", 0, NULL, false, "only follow: does every checkpoint extend the last one seen?" },
    { "memory", 0, "FILE", false, "with --watch: the last checkpoint seen is kept here" },
    { "interval", 0, "SECONDS", false, "with --watch: between two looks (60)" },
    { "once", 0, NULL, false, "with --watch: look once and end" },
    CLI_PACK_LIMIT_OPTION,
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_audit = {
    .name = "audit",
    .topic = "The log",
    .summary = "replay a log from its bytes and the pinned genesis, and check all of it",
    .arguments = "[DIR|URL|FILE]",
    .min = 0,
    .max = 1,
    .options = options,
    .more =
        "Of an export's directory, of a web server that serves one, or, without an argument, "
        "of\n"
        "the service itself. Every hash, signature, quorum, move and blob is checked again, "
        "and\n"
        "every bundle ever published is derived again and compared byte for byte. It ends "
        "with\n"
        "0 only when all holds, and with 3 when something does not: each finding names the\n"
        "entry, the rule, and the people.\n"
        "\n"
        "A file is an evidence pack (plumb evidence pack): every entry in it is proven, "
        "folded\n"
        "and held to the same rules, and what its approval was evaluated to is derived again.\n"
        "What a pack alone cannot prove, the answer says.",
    .example = "plumb audit /var/lib/audit/log --trust trust.json --report audit.md",
    .run = run,
};
