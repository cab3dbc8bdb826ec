/* Who we are by the governance that was verified, which key signs, and what it may. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <plumb/controls.h>

#include "lib/own.h"
#include "tui/view.h"

PLUMB_DEFINE_AUTO(auto_you, struct tui_you *, tui_you_free);

static bool
asks(const struct plumb_quorum *q, const struct plumb_principal *me)
{
    for (size_t i = 0; i < q->nneeds; i++)
        if (plumb_principal_has_role(me, q->needs[i].role))
            return true;
    return false;
}

static bool
vetoes(const struct plumb_quorum *q, const struct plumb_principal *me)
{
    for (size_t i = 0; i < q->nveto; i++)
        if (plumb_principal_has_role(me, q->veto[i]))
            return true;
    return false;
}

static void
tell_quorum(FILE *out, const struct plumb_quorum *q, const struct plumb_principal *me,
            const char *what, const char *of)
{
    if (asks(q, me))
        fprintf(out, "approve %s%s\n", what, of);
    if (vetoes(q, me))
        fprintf(out, "veto %s%s\n", what, of);
}

static void
tell_may(FILE *out, const struct plumb_governance *g, const struct plumb_principal *me)
{
    static const enum plumb_power proposes[] = { PLUMB_POWER_GOVERNANCE, PLUMB_POWER_RELEASE,
                                                 PLUMB_POWER_ROLLOUT, PLUMB_POWER_REVOCATION };

    tell_quorum(out, &g->quorum, me, "governance changes", "");
    for (size_t i = 0; i < g->npayloads; i++) {
        const struct plumb_quorum *waiver = plumb_waiver_quorum(g, &g->payloads[i]);

        if (waiver != NULL)
            tell_quorum(out, waiver, me, "waivers for ", g->payloads[i].name);
        tell_quorum(out, &g->payloads[i].release, me, "releases of ", g->payloads[i].name);
        tell_quorum(out, &g->payloads[i].revocation, me, "revocations everywhere of ",
                    g->payloads[i].name);
    }
    for (size_t i = 0; i < g->nfleets; i++) {
        for (size_t a = 0; a < PLUMB_ACTION_COUNT; a++) {
            char what[40];

            (void)snprintf(what, sizeof what, "%s in ", plumb_action_text(a));
            tell_quorum(out, &g->fleets[i].rollout[a], me, what, g->fleets[i].name);
        }
        tell_quorum(out, &g->fleets[i].revocation, me, "revocations in ", g->fleets[i].name);
    }
    for (size_t i = 0; i < sizeof proposes / sizeof proposes[0]; i++)
        if ((me->may & 1u << proposes[i]) != 0)
            fprintf(out, "propose a %s\n", plumb_power_text(proposes[i]));
}

static enum plumb_code
fill_may(const struct session *s, struct tui_you *you, struct plumb_err *err)
{
    const struct plumb_principal *me =
        plumb_governance_principal(session_document(s), s->principal);
    size_t size;
    FILE *out = open_memstream(&you->may, &size);

    if (out == NULL)
        return plumb_fail_memory(err);
    if (me != NULL)
        tell_may(out, session_document(s), me);
    if (fclose(out) != 0)
        return plumb_fail_memory(err);
    if (you->may[0] == '\0') {
        free(you->may);
        you->may = strdup("nothing: it may look\n");
    }
    return you->may != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

/* Does the key count? Of one that is locked this shows when it signs. */
static void
fill_key(const struct session *s, struct tui_you *you)
{
    const char *spec = s->config->sign;
    struct plumb_err why;
    const char *id;
    char text[120] = "";

    you->asks_passphrase = s->locked;
    if (spec == NULL) {
        (void)snprintf(you->key, sizeof you->key, "none");
        (void)snprintf(you->key_use, sizeof you->key_use,
                       "no signing key is named: give --sign-key, or put signKey into the "
                       "profile");
        return;
    }
    if (s->key == NULL) {
        (void)snprintf(you->key, sizeof you->key, "%.180s", spec);
        (void)snprintf(you->key_use, sizeof you->key_use,
                       "locked: it asks for its passphrase when it signs, and shows then "
                       "whether it counts");
        you->may_decide = s->principal[0] != '\0';
        return;
    }
    view_key_text(s->key, text, sizeof text);
    (void)snprintf(you->key, sizeof you->key, "%s (%.70s)", text, spec);
    if (plumb_chain_signer(s->chain, plumb_pubkey_id(s->key), PLUMB_USE_SIGN, s->size, 0, &id,
                           &why) == PLUMB_OK) {
        (void)snprintf(you->key_use, sizeof you->key_use, "yes: an active key of %s%s", id,
                       s->locked ? "; it asks for its passphrase" : "");
        you->may_decide = true;
    } else
        (void)snprintf(you->key_use, sizeof you->key_use, "no: %.200s", why.msg);
}

enum plumb_code
session_you(struct session *s, struct tui_you **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_you) struct tui_you *you = calloc(1, sizeof *you);
    char hex[PLUMB_DIGEST_HEX], text[500];

    if (you == NULL)
        return plumb_fail_memory(err);
    (void)snprintf(you->principal, sizeof you->principal, "%s",
                   s->principal[0] != '\0' ? s->principal : "nobody");
    (void)snprintf(you->server, sizeof you->server, "%s", s->config->server);
    (void)snprintf(you->origin, sizeof you->origin, "%s",
                   plumb_log_policy_origin(s->config->trust->policy));
    fill_key(s, you);
    PLUMB_TRY(fill_may(s, you, err));
    plumb_digest_hex(&s->config->trust->genesis, hex);
    (void)snprintf(text, sizeof text,
                   "governance version %" PRId64 ", every version agreed on under the one "
                   "before, from the pinned genesis %.8s on\nthe log's head, of %" PRIu64
                   " entries: its signature, and that it extends what was seen before\n",
                   session_document(s)->version, hex, s->size);
    you->verified = strdup(text);
    if (you->verified == NULL)
        return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(you);
    return PLUMB_OK;
}
