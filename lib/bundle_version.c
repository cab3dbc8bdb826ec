/* One accepted version: who approved it, from when until when, and whether that still stands.
 */
#include "lib/bundle_read.h"

#include <plumb/controls.h>
#include <string.h>

#include "lib/own.h"
#include "lib/word.h"

static size_t
release_quorum(const struct plumb_governance *doc, const void *arg,
               const struct plumb_quorum *ret[BUNDLE_QUORUMS_MAX])
{
    const struct plumb_payload *p = plumb_governance_payload(doc, arg);

    if (p == NULL)
        return 0;
    ret[0] = &p->release;
    return 1;
}

/* What a version says of itself; the rest is proof. */
struct stated {
    const char *version, *status;
    plumb_time not_before, not_after, kept_until;
    struct plumb_digest release, reference_values, sbom;
    bool has_sbom;
    struct plumb_jv approval, moves, findings;
};

static enum plumb_code
read_time(const struct plumb_jv *v, plumb_time *ret, struct plumb_err *err)
{
    if (v->json != NULL)
        return plumb_jv_time(v, ret, err);
    *ret = PLUMB_TIME_NEVER;
    return PLUMB_OK;
}

static enum plumb_code
read_stated(const struct plumb_jv *v, struct stated *s, struct plumb_err *err)
{
    static const char *const members[] = { "version",         "release",   "status",
                                           "notBefore",       "?notAfter", "?keptUntil",
                                           "referenceValues", "?sbom",     "approval",
                                           "moves",           "?findings", NULL };
    struct plumb_jv version = plumb_jv_member(v, "version");
    struct plumb_jv release = plumb_jv_member(v, "release");
    struct plumb_jv status = plumb_jv_member(v, "status");
    struct plumb_jv not_before = plumb_jv_member(v, "notBefore");
    struct plumb_jv not_after = plumb_jv_member(v, "notAfter");
    struct plumb_jv kept_until = plumb_jv_member(v, "keptUntil");
    struct plumb_jv values = plumb_jv_member(v, "referenceValues");
    struct plumb_jv sbom = plumb_jv_member(v, "sbom");

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_name(&version, &s->version, err));
    PLUMB_TRY(plumb_jv_digest(&release, &s->release, err));
    PLUMB_TRY(plumb_jv_string(&status, PLUMB_NAME_MAX, &s->status, err));
    PLUMB_TRY(plumb_jv_time(&not_before, &s->not_before, err));
    PLUMB_TRY(read_time(&not_after, &s->not_after, err));
    PLUMB_TRY(read_time(&kept_until, &s->kept_until, err));
    PLUMB_TRY(plumb_jv_digest(&values, &s->reference_values, err));
    s->has_sbom = sbom.json != NULL;
    if (s->has_sbom)
        PLUMB_TRY(plumb_jv_digest(&sbom, &s->sbom, err));
    s->approval = plumb_jv_member(v, "approval");
    s->moves = plumb_jv_member(v, "moves");
    s->findings = plumb_jv_member(v, "findings");
    return PLUMB_OK;
}

static enum plumb_code
check_release(const struct bundle_version *c, const struct stated *want,
              const struct plumb_statement *s, struct plumb_err *err)
{
    if (s->kind != PLUMB_KIND_RELEASE || !plumb_digest_eq(&s->id, &want->release) ||
        strcmp(s->payload, c->payload) != 0 || strcmp(s->version, want->version) != 0 ||
        !plumb_digest_eq(&s->u.release.reference_values, &want->reference_values) ||
        s->u.release.has_sbom != want->has_sbom ||
        (want->has_sbom && !plumb_digest_eq(&s->u.release.sbom, &want->sbom)))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.release", "approval",
                          "the version is not what the release statement says");
    return PLUMB_OK;
}

static enum plumb_code
check_not_revoked(const struct bundle_version *c, const struct plumb_digest *values,
                  struct plumb_err *err)
{
    const struct plumb_bundle *b = c->r->bundle;

    for (size_t lo = 0, hi = b->nrevoked; lo < hi;) {
        size_t mid = lo + (hi - lo) / 2;
        int d = plumb_digest_cmp(&b->revoked[mid], values);

        if (d == 0)
            return plumb_fail(err, PLUMB_REFUSED, "bundle.revoked", "referenceValues",
                              "what is revoked is not accepted");
        if (d < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return PLUMB_OK;
}

/* The last word of a governance change after the begin on this version, or NULL. */
static const struct plumb_disposition *
disposition_of(const struct bundle_version *c, const char *version)
{
    const struct plumb_disposition *found = NULL;

    for (size_t i = 0; i < c->r->governance.n; i++) {
        const struct plumb_statement *s = c->r->governance.v[i].opened->statement;

        if (plumb_chain_link(c->r->in->chain, i)->index < c->begin.index)
            continue;
        for (size_t k = 0; k < s->u.governance.ncompromise; k++) {
            const struct plumb_disposition *d = &s->u.governance.compromise[k];

            if (strcmp(d->fleet, c->r->trust->fleet) == 0 &&
                strcmp(d->payload, c->payload) == 0 && strcmp(d->version, version) == 0)
                found = d;
        }
    }
    return found;
}

static enum plumb_code
check_kept(const struct bundle_version *c, const struct stated *s, struct plumb_err *err)
{
    const struct plumb_disposition *d = disposition_of(c, s->version);
    bool stated = s->kept_until != PLUMB_TIME_NEVER;

    if (d != NULL && !d->keep && !c->stands)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.revoked", "",
                          "governance revoked it when a key was declared compromised");
    if (!c->stands && !stated)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.kept", "keptUntil",
                          "a quorum that it rests on lost a key, and no date is given");
    if (stated && (d == NULL || d->until != s->kept_until))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.kept", "keptUntil",
                          "no governance statement keeps it until this date");
    return PLUMB_OK;
}

/* --- findings --- */

#define ADVISORY_MAX 128

static enum plumb_code
read_finding(const struct plumb_bundle_reader *r, const struct plumb_jv *v,
             struct plumb_finding *ret, struct plumb_err *err)
{
    static const char *const members[] = { "id", "severity", "state", "since", "?due", NULL };
    static const char *const states[] = { "open", "undetermined" };
    const char *severities[PLUMB_SEVERITY_COUNT], *id;
    struct plumb_jv advisory = plumb_jv_member(v, "id"), since = plumb_jv_member(v, "since");
    struct plumb_jv severity = plumb_jv_member(v, "severity");
    struct plumb_jv state = plumb_jv_member(v, "state"), due = plumb_jv_member(v, "due");
    size_t word;

    for (size_t i = 0; i < PLUMB_SEVERITY_COUNT; i++)
        severities[i] = plumb_severity_text((enum plumb_severity)i);
    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_string(&advisory, ADVISORY_MAX, &id, err));
    ret->advisory = pool_text(r->in->pool, id);
    if (ret->advisory == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_word_read(&severity, severities, PLUMB_SEVERITY_COUNT, "bundle.findings",
                              &word, err));
    ret->severity = severities[word];
    PLUMB_TRY(plumb_word_read(&state, states, 2, "bundle.findings", &word, err));
    ret->undetermined = word == 1;
    PLUMB_TRY(plumb_jv_time(&since, &ret->since, err));
    return read_time(&due, &ret->due, err);
}

/* They are there where the document in force has controls, and only there. */
static enum plumb_code
read_findings(const struct plumb_bundle_reader *r, const struct plumb_jv *v,
              struct plumb_accepted *ret, struct plumb_err *err)
{
    const struct plumb_link *link = plumb_chain_last(r->in->chain);
    size_t n;

    if ((v->json != NULL) != (link->document->controls != NULL))
        return plumb_jv_fail(v, err, PLUMB_REFUSED, "bundle.findings",
                             "stand there where governance has controls, and only there");
    if (v->json == NULL)
        return PLUMB_OK;
    PLUMB_TRY(plumb_jv_array(v, 0, PLUMB_FINDINGS_MAX + 1, &n, err));
    ret->findings = pool_array(r->in->pool, n, sizeof *ret->findings);
    if (ret->findings == NULL)
        return plumb_fail_memory(err);
    ret->nfindings = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(v, i);

        PLUMB_TRY(read_finding(r, &element, &ret->findings[i], err));
        if (i > 0 && strcmp(ret->findings[i - 1].advisory, ret->findings[i].advisory) >= 0)
            return plumb_jv_fail(&element, err, PLUMB_INVALID, "bundle.order",
                                 "findings ascend by advisory, each once");
    }
    return PLUMB_OK;
}

static bool
needed(const struct plumb_quorum *q, const struct plumb_principal *p)
{
    for (size_t i = 0; i < q->nneeds; i++)
        if (plumb_principal_has_role(p, q->needs[i].role))
            return true;
    return false;
}

static bool
listed(const char *const *ids, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(ids[i], id) == 0)
            return true;
    return false;
}

/* Adds those whose last word in m was an approval that the quorum could use. */
static enum plumb_code
add_approvers(const struct bundle_version *c, const struct bundle_motion *m,
              const struct plumb_quorum *q, const char **ids, size_t *n, struct plumb_err *err)
{
    for (size_t i = m->n; i-- > 0;) {
        const struct plumb_principal *p = NULL;
        bool later = false;
        const char *id;

        if ((i == 0 && q->others) ||
            plumb_chain_signer(c->r->in->chain, &m->votes[i].key, PLUMB_USE_SIGN,
                               m->votes[i].index, (size_t)m->link->document->version, &id,
                               NULL) != PLUMB_OK)
            continue;
        for (size_t k = i + 1; k < m->n; k++)
            later = later || plumb_digest_eq(&m->votes[k].key, &m->votes[i].key);
        p = plumb_governance_principal(m->link->document, id);
        if (later || m->votes[i].decision != PLUMB_APPROVE || p == NULL || !needed(q, p) ||
            listed(ids, *n, id))
            continue;
        ids[*n] = pool_text(c->r->in->pool, id);
        if (ids[*n] == NULL)
            return plumb_fail_memory(err);
        ++*n;
    }
    return PLUMB_OK;
}

static enum plumb_code
name_approvers(const struct bundle_version *c, const struct bundle_motion *approval,
               struct plumb_accepted *ret, struct plumb_err *err)
{
    const struct plumb_fleet *f =
        plumb_governance_fleet(c->begin.link->document, c->r->trust->fleet);
    const char **ids = pool_array(c->r->in->pool, approval->n + c->begin.n, sizeof *ids);
    const struct plumb_payload *p =
        plumb_governance_payload(approval->link->document, c->payload);

    if (ids == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(add_approvers(c, approval, &p->release, ids, &ret->napprovers, err));
    PLUMB_TRY(add_approvers(c, &c->begin, &f->rollout[PLUMB_ACTION_BEGIN], ids,
                            &ret->napprovers, err));
    ret->approvers = ids;
    return PLUMB_OK;
}

static enum plumb_code
prove(struct bundle_version *c, const struct stated *s, struct plumb_accepted *ret,
      struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) const struct bundle_entry **list = NULL;
    PLUMB_AUTO(bundle_motion_clear) struct bundle_motion approval = { 0 };
    size_t n;

    PLUMB_TRY(bundle_entries_named(c->entries, &s->approval, &list, &n, err));
    PLUMB_TRY(check_release(c, s, list[0]->opened->statement, err));
    PLUMB_TRY(bundle_motion_count(c->r, list, n, PLUMB_POWER_RELEASE, release_quorum,
                                  c->payload, &approval, err));
    c->index = approval.index;
    c->stands = approval.stands;
    PLUMB_TRY(bundle_read_moves(c, &s->moves, err));
    if (strcmp(plumb_status_text(c->window.status), s->status) != 0 ||
        c->window.not_before != s->not_before || c->window.not_after != s->not_after)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.window", "",
                          "its status and dates are not what its moves make of it");
    PLUMB_TRY(check_not_revoked(c, &s->reference_values, err));
    PLUMB_TRY(check_kept(c, s, err));
    return name_approvers(c, &approval, ret, err);
}

enum plumb_code
bundle_read_version(struct plumb_bundle_reader *r, const char *payload,
                    const struct plumb_jv *v, struct bundle_entries *entries,
                    struct plumb_accepted *ret, struct plumb_err *err)
{
    struct plumb_accepted a = { .payload = payload };
    struct bundle_version c = { .r = r, .payload = payload, .entries = entries };
    struct stated s = { 0 };
    enum plumb_code code;

    PLUMB_TRY(read_stated(v, &s, err));
    c.release = s.release;
    code = prove(&c, &s, &a, err);
    bundle_motion_clear(&c.begin);
    PLUMB_TRY(bundle_within(v, code, err));
    PLUMB_TRY(read_findings(r, &s.findings, &a, err));
    a.version = pool_text(r->in->pool, s.version);
    if (a.version == NULL)
        return plumb_fail_memory(err);
    a.release = s.release;
    a.rollout = c.begun;
    a.window = c.window;
    a.kept_until = s.kept_until;
    a.reference_values = s.reference_values;
    a.has_sbom = s.has_sbom;
    a.sbom = s.sbom;
    *ret = a;
    return PLUMB_OK;
}
