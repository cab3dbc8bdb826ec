/* What is on file about a release: what it names, what the service makes of its evidence, and
 * what of that is proven here. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "client/attached.h"
#include "client/chain.h"
#include "client/waiver.h"
#include "lib/own.h"
#include "tui/view.h"

PLUMB_DEFINE_AUTO(auto_dossier, struct client_dossier *, client_dossier_free);

/* --- what the release names --- */

static enum plumb_code
add_fact(struct tui_statement *to, int how, const char *label, const char *text,
         struct plumb_err *err)
{
    struct tui_fact *more = realloc(to->facts, (to->nfacts + 1) * sizeof *more);

    if (more == NULL)
        return plumb_fail_memory(err);
    to->facts = more;
    more[to->nfacts].how = how;
    (void)snprintf(more[to->nfacts].label, sizeof more->label, "%s", label);
    more[to->nfacts].text = strdup(text);
    if (more[to->nfacts].text == NULL)
        return plumb_fail_memory(err);
    to->nfacts++;
    return PLUMB_OK;
}

static enum plumb_code
add_digest(struct tui_statement *to, const char *label, const struct plumb_digest *digest,
           struct plumb_err *err)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(digest, hex);
    return add_fact(to, TUI_FACT_DIGEST, label, hex, err);
}

static enum plumb_code
add_source(struct tui_statement *to, const struct plumb_source *src, struct plumb_err *err)
{
    char hex[PLUMB_DIGEST_HEX], label[40], text[200];

    plumb_digest_hex(&src->digest, hex);
    (void)snprintf(label, sizeof label, "Set %" PRId64, src->set + 1);
    (void)snprintf(text, sizeof text, "read of %s, which nobody verified: %.16s...", src->kind,
                   hex);
    return add_fact(to, TUI_FACT_DOUBT, label, text, err);
}

static enum plumb_code
fill_facts(const struct plumb_statement *release, struct tui_statement *ret,
           struct plumb_err *err)
{
    PLUMB_TRY(add_digest(ret, "Values", &release->u.release.reference_values, err));
    if (release->u.release.has_sbom)
        PLUMB_TRY(add_digest(ret, "SBOM", &release->u.release.sbom, err));
    else
        PLUMB_TRY(add_fact(ret, TUI_FACT_TEXT, "SBOM", "none is named", err));
    for (size_t i = 1; i < release->nsubjects; i++)
        PLUMB_TRY(
            add_digest(ret, release->subjects[i].name, &release->subjects[i].digest, err));
    for (size_t i = 0; i < release->u.release.nsources; i++)
        PLUMB_TRY(add_source(ret, &release->u.release.sources[i], err));
    if (release->u.release.nsources == 0)
        PLUMB_TRY(add_fact(ret, TUI_FACT_TEXT, "Sources",
                           "where the reference values came from is not said", err));
    if (release->u.release.notes != NULL &&
        (ret->notes = strdup(release->u.release.notes)) == NULL)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

/* Of what is proposed, where that is about controls or has a reason. */
static enum plumb_code
fill_proposed(const struct plumb_statement *st, struct tui_statement *ret,
              struct plumb_err *err)
{
    char until[PLUMB_TIME_TEXT];

    if (st->kind == PLUMB_KIND_REVOCATION)
        return add_fact(ret, TUI_FACT_TEXT, "Reason", st->u.revocation.reason, err);
    if (st->kind != PLUMB_KIND_WAIVER)
        return PLUMB_OK;
    plumb_time_text(st->u.waiver.until, until);
    PLUMB_TRY(add_fact(ret, TUI_FACT_TEXT, "Control", st->u.waiver.control, err));
    PLUMB_TRY(add_fact(ret, TUI_FACT_TEXT, "Waived to", until, err));
    PLUMB_TRY(add_fact(ret, TUI_FACT_TEXT, "Reason", st->u.waiver.justification, err));
    return add_fact(ret, TUI_FACT_TEXT, "Instead", st->u.waiver.compensating, err);
}

/* --- what is proven of it --- */

__attribute__((format(printf, 2, 3))) static void
fail(struct tui_evidence *e, const char *format, ...)
{
    va_list args;

    if (e->failed[0] != '\0')
        return; /* the first says it */
    va_start(args, format);
    (void)vsnprintf(e->failed, sizeof e->failed, format, args);
    va_end(args);
}

/* Of all that attached_check() looks at: what was proven once stays so. */
static enum plumb_code
key_of(const struct plumb_digest *release, const struct client_file *f,
       struct plumb_digest *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *text = NULL;
    char hex[2][PLUMB_DIGEST_HEX];
    int len;

    plumb_digest_hex(release, hex[0]);
    plumb_digest_hex(&f->digest, hex[1]);
    len = asprintf(&text, "%s %s %d %" PRId64 " %" PRIu64 " %" PRId64 " %" PRId64 " %zu %s %s",
                   hex[0], hex[1], (int)f->kind, f->size, f->index, f->time, f->review_by,
                   strlen(f->name), f->name, f->by);
    if (len < 0) {
        text = NULL;
        return plumb_fail_memory(err);
    }
    plumb_sha256(text, (size_t)len, ret);
    return PLUMB_OK;
}

static bool
was_proven(const struct session *s, const struct plumb_digest *key)
{
    for (size_t i = 0; i < SESSION_PROVEN; i++)
        if (plumb_digest_eq(&s->proven[i], key))
            return true;
    return false;
}

/* last: of the file before, which came by the same entry more often than not. */
static enum plumb_code
prove_file(struct session *s, const struct plumb_digest *release, const struct client_file *f,
           struct client_proof *last, struct tui_proof *ret, struct plumb_err *err)
{
    struct plumb_digest key;
    struct plumb_err why = { .code = PLUMB_OK };
    enum plumb_code code = PLUMB_OK;

    PLUMB_TRY(key_of(release, f, &key, err));
    if (was_proven(s, &key)) {
        ret->check = TUI_CHECKED;
        return PLUMB_OK;
    }
    if (last->statement == NULL || last->index != f->index) {
        client_proof_clear(last);
        code = client_prove_entry(s->client, s->config->trust->policy, f->index,
                                  client_chain_key, s->chain, last, &why);
    }
    if (code == PLUMB_OK)
        code = attached_check(last, s->chain, release, f, &why);
    if (code == PLUMB_NO_MEMORY || (code != PLUMB_OK && session_away(&why))) {
        *err = why;
        return code;
    }
    ret->check = code == PLUMB_OK ? TUI_CHECKED : TUI_FAILED;
    if (code == PLUMB_OK)
        s->proven[s->nproven++ % SESSION_PROVEN] = key;
    else
        (void)snprintf(ret->why, sizeof ret->why, "%s: %.200s", why.rule, why.msg);
    return PLUMB_OK;
}

enum plumb_code
view_prove_files(struct session *s, const struct client_dossier *d, struct tui_proof *ret,
                 struct plumb_err *err)
{
    PLUMB_AUTO(client_proof_clear) struct client_proof last = { .statement = NULL };

    for (size_t i = 0; i < d->nfiles; i++)
        PLUMB_TRY(prove_file(s, &d->release, &d->files[i], &last, &ret[i], err));
    return PLUMB_OK;
}

/* "alice, bob": those whose last word was yes. */
static char *
name_approvers(const struct session *s, const struct client_proposal *p)
{
    char *text = NULL;
    size_t size, n = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    for (size_t i = 1; i < p->nvotes; i++)
        if (p->votes[i].decision == PLUMB_APPROVE)
            (void)fprintf(out, "%s%s", n++ > 0 ? ", " : "",
                          session_whose(s, &p->votes[i].key, p->votes[i].index));
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static enum plumb_code
fill_waiver(struct session *s, const struct client_control *c,
            const struct plumb_digest *release, struct tui_waiver *ret, struct plumb_err *err)
{
    PLUMB_AUTO(client_waiver_clear) struct client_waiver w = { .control = NULL };
    struct plumb_err why = { .code = PLUMB_OK };
    enum plumb_code code = client_waiver(s->client, c, release, s->chain, &w, &why);

    (void)snprintf(ret->control, sizeof ret->control, "%s", c->id);
    ret->until = c->waived_until;
    ret->lapsed = c->lapsed;
    if (code == PLUMB_NO_MEMORY || (code != PLUMB_OK && session_away(&why))) {
        *err = why;
        return code;
    }
    if (code != PLUMB_OK) {
        ret->proof.check = TUI_FAILED;
        (void)snprintf(ret->proof.why, sizeof ret->proof.why, "%s: %.200s", why.rule, why.msg);
        return PLUMB_OK;
    }
    ret->proof.check = TUI_CHECKED;
    ret->justification = strdup(w.justification);
    ret->compensating = strdup(w.compensating);
    ret->who = name_approvers(s, &w.proposal);
    return ret->justification != NULL && ret->compensating != NULL && ret->who != NULL
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

static enum plumb_code
fill_proofs(struct session *s, struct tui_evidence *e, struct plumb_err *err)
{
    const struct client_dossier *d = e->dossier;

    PLUMB_TRY(view_prove_files(s, d, e->files, err));
    for (size_t i = 0; i < d->nfiles; i++)
        if (e->files[i].check != TUI_CHECKED)
            fail(e, "the file %.80s: %.250s",
                 d->files[i].name[0] != '\0' ? d->files[i].name
                                             : plumb_file_kind_text(d->files[i].kind),
                 e->files[i].why);
    for (size_t i = 0; i < d->ncontrols; i++) {
        struct tui_waiver *w = &e->waivers[e->nwaivers];

        if (!d->controls[i].has_waiver)
            continue;
        e->nwaivers++;
        PLUMB_TRY(fill_waiver(s, &d->controls[i], &d->release, w, err));
        if (w->proof.check != TUI_CHECKED)
            fail(e, "the waiver of %.80s: %.250s", w->control, w->proof.why);
    }
    return PLUMB_OK;
}

/* --- what the service says --- */

enum plumb_code
view_dossier(struct session *s, const char *payload, const char *version,
             const struct plumb_digest *release, struct client_dossier **ret, char *unread,
             size_t size, struct plumb_err *err)
{
    PLUMB_AUTO(auto_dossier) struct client_dossier *d = NULL;
    struct plumb_err why = { .code = PLUMB_OK };
    enum plumb_code code = client_dossier(s->client, payload, version, release, &d, &why);

    if (code == PLUMB_NO_MEMORY || (code != PLUMB_OK && session_away(&why))) {
        *err = why;
        return code;
    }
    if (code != PLUMB_OK)
        (void)snprintf(unread, size, "%s: %s%s%s", why.rule, why.msg,
                       why.where[0] != '\0' ? ", at " : "", why.where);
    else
        *ret = PLUMB_TAKE(d);
    return PLUMB_OK;
}

static enum plumb_code
fill_evidence(struct session *s, const struct plumb_statement *st,
              const struct plumb_statement *release, struct tui_evidence *e,
              struct plumb_err *err)
{
    const struct plumb_controls *rules = session_document(s)->controls;
    const bool begin =
        st->kind == PLUMB_KIND_ROLLOUT && st->u.rollout.action == PLUMB_ACTION_BEGIN;
    struct client_dossier *d = NULL;
    struct plumb_err why;

    e->gates = begin || st->kind == PLUMB_KIND_RELEASE;
    e->governed = rules != NULL;
    if (rules == NULL)
        return PLUMB_OK;
    PLUMB_TRY(view_dossier(s, release->payload, release->version, &release->id, &d, e->unread,
                           sizeof e->unread, err));
    if (d == NULL)
        return PLUMB_OK;
    if (!tui_evidence_take(e, d, rules, begin))
        return plumb_fail_memory(err);
    if (client_dossier_fits(d, rules, &why) != PLUMB_OK)
        fail(e, "%s", why.msg);
    return fill_proofs(s, e, err);
}

enum plumb_code
view_evidence(struct session *s, const struct plumb_statement *st,
              const struct plumb_statement *release, struct tui_statement *ret,
              struct plumb_err *err)
{
    PLUMB_TRY(fill_facts(release, ret, err));
    PLUMB_TRY(fill_proposed(st, ret, err));
    return fill_evidence(s, st, release, &ret->evidence, err);
}
