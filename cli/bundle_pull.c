#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/verified.h"
#include "client/store.h"
#include "lib/own.h"

#define WAIT_MAX    600 /* seconds of one request */
#define FOLLOW_WAIT 50
#define BACKOFF_MAX 60

PLUMB_DEFINE_AUTO(auto_bundle, struct plumb_bundle *, plumb_bundle_free);

/* What a verifier has between two pulls. */
struct puller {
    const char *memory, *output;
    const struct plumb_trust *trust;
    struct client *client;
    uint64_t have; /* the publication whose bundle is in the file; 0: none that we would use */
};

/*
 * The file may be of an earlier pull that ended before it was replaced, or be gone: only when
 * it holds just what is remembered does the service need not send it again.
 */
static enum plumb_code
look_at_file(struct cli *cli, struct puller *p, struct plumb_err *err)
{
    PLUMB_AUTO(verifier_close) struct verifier v = { NULL, -1, NULL, { NULL, 0 } };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { NULL, 0 };
    PLUMB_AUTO(auto_bundle) struct plumb_bundle *bundle = NULL;

    PLUMB_TRY(verifier_open(p->memory, &v, err));
    if (v.memory != NULL && store_read(p->output, VERIFIED_MAX, &file, NULL) == PLUMB_OK &&
        cli_verify(cli, &v, file.data, file.len, &bundle, NULL) == PLUMB_OK)
        p->have = bundle->index;
    return PLUMB_OK;
}

/* What the service shall prove that its log extends. */
static enum plumb_code
remembered_size(const struct puller *p, uint64_t *ret, struct plumb_err *err)
{
    PLUMB_AUTO(verifier_close) struct verifier v = { NULL, -1, NULL, { NULL, 0 } };

    PLUMB_TRY(verifier_open(p->memory, &v, err));
    *ret = plumb_memory_size(v.memory);
    return PLUMB_OK;
}

static enum plumb_code
print(struct cli *cli, const struct puller *p, const struct plumb_bundle *b,
      struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = cli_bundle_json(b);

    cli_bundle_lines(cli, b);
    cli_line(cli, "written   to %s; remembered in %s", p->output, p->memory);
    if (json == NULL || json_object_set_new(json, "news", json_true()) != 0)
        return plumb_fail_memory(err);
    return cli_result(cli, json_incref(json), err);
}

/* The memory is durable before anybody can find the new file. The lock is not held while the
 * service lets us wait: others appraise meanwhile. */
static enum plumb_code
pull(struct cli *cli, struct puller *p, unsigned wait, bool *ret_news, struct plumb_err *err)
{
    PLUMB_AUTO(verifier_close) struct verifier v = { NULL, -1, NULL, { NULL, 0 } };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { NULL, 0 };
    PLUMB_AUTO(auto_bundle) struct plumb_bundle *bundle = NULL;
    uint64_t from;

    PLUMB_TRY(remembered_size(p, &from, err));
    PLUMB_TRY(
        client_bundle(p->client, p->trust->fleet, p->have, wait, from, ret_news, &file, err));
    if (!*ret_news)
        return PLUMB_OK;
    PLUMB_TRY(verifier_open(p->memory, &v, err));
    PLUMB_TRY(cli_verify(cli, &v, file.data, file.len, &bundle, err));
    PLUMB_TRY(store_replace(p->output, file.data, file.len, false, err));
    p->have = bundle->index;
    return print(cli, p, bundle, err);
}

static enum plumb_code
once(struct cli *cli, struct puller *p, unsigned wait, struct plumb_err *err)
{
    bool news = false;

    PLUMB_TRY(pull(cli, p, wait, &news, err));
    if (news)
        return PLUMB_OK;
    cli_line(cli, "no news: %s holds the newest bundle of %s", p->output, p->trust->fleet);
    return cli_result(cli, json_pack("{s:s, s:b}", "fleet", p->trust->fleet, "news", 0), err);
}

/* For ever. Whatever goes wrong, the file stays as it is, and ends by itself when it expires.
 */
static void
follow(struct cli *cli, struct puller *p)
{
    unsigned failures = 0;

    for (;;) {
        struct plumb_err why = { .code = PLUMB_OK };
        unsigned pause = 1; /* even where the service does not let us wait */
        bool news = false;

        if (pull(cli, p, FOLLOW_WAIT, &news, &why) == PLUMB_OK) {
            failures = 0;
        } else {
            pause = failures < 6 ? 1u << failures : BACKOFF_MAX;
            failures++;
            cli_note(cli, "%s%s%s (%s); again in %u s", why.where,
                     why.where[0] != '\0' ? ": " : "", why.msg, why.rule, pause);
        }
        (void)fflush(stdout);
        (void)sleep(pause);
    }
}

static enum plumb_code
read_wait(const struct cli *cli, unsigned *ret, struct plumb_err *err)
{
    const char *text = cli_option(cli, "wait");
    char *end = NULL;
    unsigned long n;

    *ret = 0;
    if (text == NULL)
        return PLUMB_OK;
    n = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || n > WAIT_MAX)
        return cli_usage("--wait", err, "want seconds, 0 to %d", WAIT_MAX);
    *ret = (unsigned)n;
    return PLUMB_OK;
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    struct puller p = { .memory = cli_option(cli, "memory"),
                        .output = cli_option(cli, "output") };
    unsigned wait;

    if (p.memory == NULL)
        return cli_usage("--memory", err,
                         "say where this verifier keeps what it saw: without it, it could be "
                         "given an old bundle");
    if (p.output == NULL)
        return cli_usage("--output", err, "say where the bundle goes: -o FILE");
    PLUMB_TRY(read_wait(cli, &wait, err));
    PLUMB_TRY(cli_trust(cli, &p.trust, err));
    PLUMB_TRY(cli_client(cli, &p.client, err));
    PLUMB_TRY(look_at_file(cli, &p, err));
    if (cli_option(cli, "follow") != NULL)
        follow(cli, &p);
    return once(cli, &p, wait, err);
}

static const struct cli_option options[] = {
    { "memory", 0, "FILE", false, "what this verifier remembers; made at the first pull" },
    { "output", 'o', "FILE", false, "where the bundle goes" },
    { "wait", 0, "SECONDS", false, "wait so long for a newer bundle than the file's" },
    { "follow", 0, NULL, false, "keep pulling: each newer bundle, as soon as it is there" },
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_bundle_pull = {
    .name = "bundle pull",
    .topic = "Verifiers",
    .summary = "get the trust file's fleet's newest bundle, verify it, and keep it",
    .arguments = "",
    .options = options,
    .more =
        "Older bundles than the one remembered are refused, and so is a log that does not "
        "extend\n"
        "the one remembered. The memory is on disk before the bundle takes the place of the "
        "old\n"
        "one; what cannot be verified changes neither.",
    .example = "plumb bundle pull --trust trust.json --memory memory.json -o prod.bundle",
    .run = run,
};
