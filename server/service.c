#include "server/service.h"

#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "lib/random.h"

#define LIFETIME 3600 /* ours are accepted at once or not at all */

/* Of our keys the one that the document in force has as active. */
static enum plumb_code
active_key(struct core *core, struct plumb_signer **ret, struct plumb_err *err)
{
    struct plumb_signer *const own[] = { core->identity->statement,
                                         core->identity->statement_next };

    for (size_t i = 0; i < 2; i++) {
        struct engine_client client;

        if (own[i] != NULL &&
            engine_identify(core->engine, plumb_pubkey_id(own[i]->pub), PLUMB_USE_SIGN,
                            &client) &&
            (client.may & 1u << PLUMB_POWER_SERVICE) != 0) {
            *ret = own[i];
            return PLUMB_OK;
        }
    }
    return plumb_fail(
        err, PLUMB_UNAVAILABLE, "service.key", "",
        "none of this instance's keys is active for the service in the governance "
        "document: see docs/operating.md, 'rotating the service's keys'");
}

static enum plumb_code
sign(struct core *core, enum plumb_kind kind, const struct plumb_subject *subject,
     const json_t *members, plumb_time now, struct plumb_signed **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes payload = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    struct plumb_signer *signer = NULL;
    struct plumb_stamp stamp = { .log = core->identity->origin,
                                 .nkeys = 1,
                                 .issued = now,
                                 .expires = plumb_time_add(now, LIFETIME) };

    if (members == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(active_key(core, &signer, err));
    stamp.keys = plumb_pubkey_id(signer->pub);
    PLUMB_TRY(random_bytes(stamp.nonce, sizeof stamp.nonce, err));
    PLUMB_TRY(plumb_statement_make(kind, &stamp, subject, 1, members, &payload, err));
    PLUMB_TRY(plumb_dsse_sign(payload.data, payload.len, &signer, 1, &envelope, err));
    return plumb_signed_open(envelope, engine_key, core->engine, ret, err);
}

enum plumb_code
service_record(struct core *core, const struct engine_due *due, plumb_time now,
               struct plumb_signed **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *members = NULL;
    char name[2 * PLUMB_NAME_MAX + 2];
    struct plumb_subject subject = { name, due->release };

    (void)snprintf(name, sizeof name, "%s@%s", due->payload, due->version);
    PLUMB_TRY(engine_due_members(core->engine, due, &members, err));
    return sign(core, due->kind, &subject, members, now, ret, err);
}

enum plumb_code
service_publication(struct core *core, const char *fleet, const struct db_publication_row *row,
                    plumb_time now, struct plumb_signed **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *members = NULL;
    struct plumb_subject subject = { "content", row->content };
    char until[PLUMB_TIME_TEXT];

    plumb_time_text(row->valid_until, until);
    members = json_pack("{s:s,s:I,s:s}", "fleet", fleet, "revision", (json_int_t)row->revision,
                        "validUntil", until);
    return sign(core, PLUMB_KIND_PUBLICATION, &subject, members, now, ret, err);
}

enum plumb_code
service_import(struct core *core, const char *source, const struct plumb_digest *records,
               int64_t count, plumb_time now, struct plumb_signed **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto)
    json_t *members = json_pack("{s:s,s:I}", "source", source, "count", (json_int_t)count);
    struct plumb_subject subject = { "advisories", *records };

    return sign(core, PLUMB_KIND_ADVISORY, &subject, members, now, ret, err);
}

enum plumb_code
service_proposal(struct core *core, const struct engine_wish *wish, plumb_time now,
                 struct plumb_signed **ret, struct plumb_err *err)
{
    const json_int_t base = (json_int_t)engine_base(core->engine, wish->fleet, wish->payload);
    PLUMB_AUTO(plumb_json_auto) json_t *members = NULL;
    char name[2 * PLUMB_NAME_MAX + 2], until[PLUMB_TIME_TEXT];
    struct plumb_subject subject = { name, wish->release };

    (void)snprintf(name, sizeof name, "%s@%s", wish->payload, wish->version);
    if (wish->kind == PLUMB_KIND_REVOCATION) {
        members = json_pack("{s:s,s:[{s:s,s:I}]}", "reason", wish->reason, "fleets", "fleet",
                            wish->fleet, "base", base);
    } else {
        plumb_time_text(wish->until, until);
        members = json_pack("{s:s,s:I,s:s,s:s}", "fleet", wish->fleet, "base", base, "action",
                            "reschedule", "notAfter", until);
    }
    return sign(core, wish->kind, &subject, members, now, ret, err);
}

enum plumb_code
service_summary(struct core *core, const struct plumb_digest *release, json_t **ret,
                struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes statement = { 0 };
    struct plumb_signer *signer = NULL;

    PLUMB_TRY(engine_summary_statement(core->engine, release, &statement, err));
    PLUMB_TRY(active_key(core, &signer, err));
    return plumb_dsse_sign_long(statement.data, statement.len, ENGINE_SUMMARY_MAX, signer, ret,
                                err);
}
