/* What a person decided: verified again, signed on this machine, sent. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/author.h"
#include "client/chain.h"
#include "client/keyfile.h"
#include "client/keyspec.h"
#include "lib/own.h"
#include "tui/view.h"

PLUMB_DEFINE_AUTO(auto_signer, struct plumb_signer *, plumb_signer_free);
PLUMB_DEFINE_AUTO(auto_statement, struct tui_statement *, tui_statement_free);

static enum plumb_code
moved(struct plumb_err *err, const char *what)
{
    return plumb_fail(err, PLUMB_CONFLICT, "decide.moved", "",
                      "%s. Look at it again, then decide", what);
}

/* --- verified again --- */

/* What was known when it was shown; NULL when that is too long ago. */
static const struct session_seen *
find_seen(const struct session *s, const struct plumb_digest *all)
{
    for (size_t i = 0; i < SESSION_SEEN; i++)
        if (plumb_digest_eq(&s->seen[i].all, all))
            return &s->seen[i];
    return NULL;
}

static enum plumb_code
what_moved(const struct session_seen *before, const struct session_seen *now,
           struct plumb_err *err)
{
    char text[200];

    if (strcmp(before->state, now->state) != 0)
        (void)snprintf(text, sizeof text, "Meanwhile it is %s", now->state);
    else if (before->votes != now->votes)
        (void)snprintf(text, sizeof text, "Meanwhile %s has voted", now->last);
    else if (!plumb_digest_eq(&before->governance, &now->governance))
        (void)snprintf(text, sizeof text, "Meanwhile the governance document has changed");
    else if (!plumb_digest_eq(&before->evidence, &now->evidence))
        (void)snprintf(text, sizeof text, "%s",
                       plumb_digest_eq(&now->evidence, &(struct plumb_digest){ { 0 } })
                           ? "Meanwhile its controls and evidence cannot be read"
                           : "Meanwhile its controls, evidence or findings have changed");
    else
        (void)snprintf(text, sizeof text, "Meanwhile what is accepted now has changed");
    return moved(err, text);
}

/* The proposal must be what was shown, in all that a decision rests on. */
static enum plumb_code
check_vote(struct session *s, const struct tui_deed *deed, struct plumb_err *err)
{
    PLUMB_AUTO(auto_statement) struct tui_statement *again = NULL;
    const struct session_seen *before, *now;

    PLUMB_TRY(session_statement(s, &deed->id, &again, err));
    if (!plumb_digest_eq(&again->seen, &deed->seen)) {
        before = find_seen(s, &deed->seen);
        now = find_seen(s, &again->seen);
        return before != NULL && now != NULL ? what_moved(before, now, err)
                                             : moved(err, "Meanwhile it has changed");
    }
    if (deed->kind == TUI_APPROVE && again->evidence.failed[0] != '\0')
        return plumb_fail(err, PLUMB_REFUSED, "decide.evidence", "",
                          "what is on file does not verify: %.200s", again->evidence.failed);
    if (!again->may_vote)
        return plumb_fail(err, PLUMB_REFUSED, "decide.vote", "", "%.200s",
                          again->no_vote != NULL ? again->no_vote : "it asks nobody");
    return PLUMB_OK;
}

/* The moves that the payload has made in the fleet must be as many as when it was shown. */
static enum plumb_code
check_base(struct session *s, const struct tui_deed *deed, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *fleet = NULL;
    char path[CLIENT_PATH_MAX], text[200];
    uint64_t base = 0;
    json_t *payload;
    size_t i;

    client_path(path, sizeof path, "/v1/fleets/%s", deed->fleet);
    PLUMB_TRY(client_get(s->client, path, &fleet, err));
    json_array_foreach(json_object_get(fleet, "payloads"), i, payload) {
        const char *name = json_string_value(json_object_get(payload, "payload"));

        if (name != NULL && strcmp(name, deed->payload) == 0)
            base = (uint64_t)json_integer_value(json_object_get(payload, "base"));
    }
    if (base == deed->base)
        return PLUMB_OK;
    (void)snprintf(text, sizeof text, "Meanwhile %s has moved in %s", deed->payload,
                   deed->fleet);
    return moved(err, text);
}

/* The release is one that was signed, of this name, and stands in the fleet where it must. */
static enum plumb_code
check_release(struct session *s, const struct tui_deed *deed, struct plumb_err *err)
{
    PLUMB_AUTO(client_statement_clear) struct client_statement st = { 0 };
    const struct session_bundle *b = session_bundle(s, deed->fleet);
    const struct plumb_statement *release;
    bool accepted = false;

    PLUMB_TRY(client_statement(s->client, &deed->id, client_chain_key, s->chain, &st, err));
    release = st.signed_statement->statement;
    if (release->kind != PLUMB_KIND_RELEASE || strcmp(release->payload, deed->payload) != 0 ||
        strcmp(release->version, deed->version) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "decide.release", "",
                          "the release of this digest is another version");
    if (b == NULL || (b->bundle == NULL && deed->kind != TUI_BEGIN))
        return plumb_fail(err, PLUMB_REFUSED, "decide.bundle", deed->fleet, "%.200s",
                          b != NULL ? b->why : "out of memory");
    for (size_t i = 0; b->bundle != NULL && i < b->bundle->naccepted; i++)
        accepted |= plumb_digest_eq(&b->bundle->accepted[i].release, &deed->id);
    if (accepted == (deed->kind == TUI_BEGIN))
        return moved(err, accepted ? "Meanwhile the fleet accepts it"
                                   : "Meanwhile the fleet does not accept it any more");
    return PLUMB_OK;
}

static enum plumb_code
check(struct session *s, const struct tui_deed *deed, struct plumb_err *err)
{
    PLUMB_TRY(session_govern(s, err));
    if (deed->kind == TUI_APPROVE || deed->kind == TUI_REJECT)
        return check_vote(s, deed, err);
    PLUMB_TRY(check_release(s, deed, err));
    return check_base(s, deed, err);
}

/* --- what is signed --- */

static json_t *
time_json(plumb_time t)
{
    char text[PLUMB_TIME_TEXT];

    if (t == PLUMB_TIME_NEVER)
        return NULL;
    plumb_time_text(t, text);
    return json_string(text);
}

static json_t *
rollout_members(struct session *s, const struct tui_deed *deed, enum plumb_action action)
{
    const struct plumb_accepted *current =
        effect_find(session_effect_bundle(s, deed->fleet), deed->payload, PLUMB_STATUS_CURRENT);
    char hex[PLUMB_DIGEST_HEX] = "";

    if (action == PLUMB_ACTION_BEGIN && current != NULL)
        plumb_digest_hex(&current->release, hex);
    return json_pack("{s:s,s:s,s:I,s:s*,s:o*,s:o*}", "fleet", deed->fleet, "action",
                     plumb_action_text(action), "base", (json_int_t)deed->base, "predecessor",
                     hex[0] != '\0' ? hex : NULL, "at",
                     action == PLUMB_ACTION_BEGIN ? time_json(deed->date) : NULL, "notAfter",
                     action == PLUMB_ACTION_RESCHEDULE ? time_json(deed->date) : NULL);
}

static json_t *
revocation_members(const struct tui_deed *deed)
{
    json_t *nothing = deed->leaves_nothing ? json_pack("[s]", deed->fleet) : NULL;

    return json_pack("{s:s,s:[{s:s,s:I}],s:o*}", "reason", deed->reason, "fleets", "fleet",
                     deed->fleet, "base", (json_int_t)deed->base, "leaveNothingAccepted",
                     nothing);
}

static json_t *
members_of(struct session *s, const struct tui_deed *deed)
{
    switch (deed->kind) {
    case TUI_APPROVE:
        return json_pack("{s:s}", "decision", plumb_decision_text(PLUMB_APPROVE));
    case TUI_REJECT:
        return json_pack("{s:s,s:s}", "decision", plumb_decision_text(PLUMB_REJECT), "reason",
                         deed->reason);
    case TUI_REVOKE:
        return revocation_members(deed);
    case TUI_BEGIN:
        return rollout_members(s, deed, PLUMB_ACTION_BEGIN);
    case TUI_COMPLETE:
        return rollout_members(s, deed, PLUMB_ACTION_COMPLETE);
    case TUI_ROLLBACK:
        return rollout_members(s, deed, PLUMB_ACTION_ROLLBACK);
    default:
        return rollout_members(s, deed, PLUMB_ACTION_RESCHEDULE);
    }
}

static enum plumb_kind
kind_of(const struct tui_deed *deed)
{
    return deed->kind == TUI_APPROVE || deed->kind == TUI_REJECT ? PLUMB_KIND_APPROVAL
           : deed->kind == TUI_REVOKE                            ? PLUMB_KIND_REVOCATION
                                                                 : PLUMB_KIND_ROLLOUT;
}

/* --- signed and sent --- */

static enum plumb_code
open_key(struct session *s, const struct tui_deed *deed, struct plumb_signer **ret,
         struct plumb_err *err)
{
    PLUMB_AUTO(auto_signer) struct plumb_signer *signer = NULL;
    const char *spec = s->config->sign, *id;

    if (spec == NULL)
        return plumb_fail(err, PLUMB_INVALID, "decide.key", "", "no signing key is named");
    if (strncmp(spec, "agent:", 6) == 0)
        PLUMB_TRY(keyspec_signer(spec, s->config->agent, &signer, err));
    else
        PLUMB_TRY(keyfile_read(spec, tui_secret_give, deed->passphrase, &signer, err));
    PLUMB_TRY(plumb_chain_signer(s->chain, plumb_pubkey_id(signer->pub), PLUMB_USE_SIGN,
                                 s->size, 0, &id, err));
    if (s->key == NULL)
        PLUMB_TRY(plumb_pubkey_copy(signer->pub, &s->key, err));
    *ret = PLUMB_TAKE(signer);
    return PLUMB_OK;
}

static void
say_touch(const struct plumb_signer *signer, session_touch_fn *touch, void *arg)
{
    const enum plumb_key_type type = plumb_pubkey_type(signer->pub);

    if (type == PLUMB_KEY_SK_ED25519 || type == PLUMB_KEY_SK_P256)
        touch(arg, "Waiting for your security key: touch it");
}

static enum plumb_code
sign(struct session *s, const struct tui_deed *deed, session_touch_fn *touch, void *arg,
     json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_signer) struct plumb_signer *signer = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *members = members_of(s, deed);
    const bool vote = kind_of(deed) == PLUMB_KIND_APPROVAL;
    char name[2 * TUI_NAME];
    const struct plumb_subject subject = { vote ? "proposal" : name, deed->id };
    struct author author = { .log = plumb_log_policy_origin(s->config->trust->policy),
                             .now = s->config->now() };

    (void)snprintf(name, sizeof name, "%s@%s", deed->payload, deed->version);
    if (members == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(open_key(s, deed, &signer, err));
    say_touch(signer, touch, arg);
    author.signer = signer;
    return author_sign(&author, kind_of(deed), &subject, 1, members, ret, err);
}

enum plumb_code
session_deed(struct session *s, const struct tui_deed *deed, session_touch_fn *touch, void *arg,
             char *ret, size_t size, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(client_receipt_clear) struct client_receipt receipt = { .json = NULL };

    PLUMB_TRY(check(s, deed, err));
    PLUMB_TRY(sign(s, deed, touch, arg, &envelope, err));
    PLUMB_TRY(client_submit(s->client, envelope, false, &receipt, err));
    (void)snprintf(ret, size, "%s: %s (entry %" PRIu64 "%s)", tui_deed_done(deed->kind),
                   receipt.effect, receipt.index,
                   receipt.proven ? ", its inclusion proven here" : "");
    return PLUMB_OK;
}
