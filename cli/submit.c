#include "cli/submit.h"

#include <inttypes.h>

#include "cli/fields.h"
#include "client/profile.h"
#include "lib/own.h"

enum plumb_code
cli_origin(struct cli *cli, const char **ret, struct plumb_err *err)
{
    const struct plumb_trust *trust;
    const struct profile *p;
    struct plumb_chain *chain;

    PLUMB_TRY(cli_trust_if_any(cli, &trust, err));
    if (trust != NULL) {
        *ret = plumb_log_policy_origin(trust->policy);
        return PLUMB_OK;
    }
    PLUMB_TRY(cli_profile(cli, &p, err));
    *ret = p->log;
    if (*ret == NULL) {
        PLUMB_TRY(cli_chain(cli, &chain, err));
        *ret = plumb_chain_last(chain)->document->origin;
    }
    return PLUMB_OK;
}

json_t *
cli_receipt_json(const struct client_receipt *r)
{
    return json_pack("{s:o, s:I, s:o, s:s, s:b, s:b, s:O*}", "id", cli_digest_json(&r->id),
                     "index", (json_int_t)r->index, "time", cli_time_json(r->time), "effect",
                     r->effect, "repeated", r->repeated, "proven", r->proven, "proof",
                     json_object_get(r->json, "proof"));
}

void
cli_receipt_lines(struct cli *cli, const char *done, const struct client_receipt *r)
{
    char hex[PLUMB_DIGEST_HEX], time[PLUMB_TIME_TEXT];

    plumb_digest_hex(&r->id, hex);
    plumb_time_text(r->time, time);
    cli_line(cli, "%s: %s", done, r->effect);
    cli_line(cli, "statement %s, entry %" PRIu64 " of the log at %s%s%s", hex, r->index, time,
             r->proven ? ", proven" : "", r->repeated ? ", there already" : "");
}

static enum plumb_code
send(struct cli *cli, const char *done, const json_t *envelope, bool genesis,
     struct client_receipt *ret, struct plumb_err *err)
{
    struct client *client;

    PLUMB_TRY(cli_client(cli, &client, err));
    PLUMB_TRY(client_submit(client, envelope, genesis, ret, err));
    cli_receipt_lines(cli, done, ret);
    return PLUMB_OK;
}

enum plumb_code
cli_send(struct cli *cli, const char *done, const json_t *envelope, bool genesis,
         struct plumb_err *err)
{
    PLUMB_AUTO(client_receipt_clear) struct client_receipt receipt = { .json = NULL };

    PLUMB_TRY(send(cli, done, envelope, genesis, &receipt, err));
    return cli_result(cli, cli_receipt_json(&receipt), err);
}

enum plumb_code
cli_submit_receipt(struct cli *cli, const char *done, enum plumb_kind kind,
                   const struct plumb_subject *subjects, size_t n, const json_t *members,
                   struct client_receipt *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    struct author author = { .now = cli_now() };

    PLUMB_TRY(cli_origin(cli, &author.log, err));
    PLUMB_TRY(cli_signer(cli, &author.signer, err));
    PLUMB_TRY(author_sign(&author, kind, subjects, n, members, &envelope, err));
    return send(cli, done, envelope, false, ret, err);
}

enum plumb_code
cli_submit(struct cli *cli, const char *done, enum plumb_kind kind,
           const struct plumb_subject *subjects, size_t n, const json_t *members,
           struct plumb_err *err)
{
    PLUMB_AUTO(client_receipt_clear) struct client_receipt receipt = { .json = NULL };

    PLUMB_TRY(cli_submit_receipt(cli, done, kind, subjects, n, members, &receipt, err));
    return cli_result(cli, cli_receipt_json(&receipt), err);
}
