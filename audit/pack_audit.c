/* What an evidence pack proves: its entries, one after the other, and what follows from them.
 */
#include "audit/pack_read.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/pack_report.h"
#include "audit/report.h"
#include "audit/state.h"
#include "audit/summary.h"
#include "audit/why.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_audit, struct audit *, audit_free);
PLUMB_DEFINE_AUTO(auto_why, struct audit_why *, audit_why_free);

struct checking {
    struct pack *p;
    const struct pack_trust *trust;
    struct audit *a;
    struct audit_why *why;
    struct plumb_digest *moves; /* proposals of what is proven and not judged */
    size_t nmoves;
    uint64_t proofs;
    json_t *told; /* moves as the report tells them */
};

static void
checking_clear(struct checking *c)
{
    free(c->moves);
    json_decref(c->told);
    audit_why_free(c->why);
    audit_free(c->a);
}

/* --- what an entry is in a pack --- */

enum place {
    NOWHERE, /* it has no place in this pack */
    JUDGED,
    MOVE /* what the version did in fleets: proven, and told */
};

static bool
is_of_release(const struct checking *c, const struct plumb_statement *s,
              const struct plumb_digest *release)
{
    return strcmp(s->payload, c->p->payload) == 0 && strcmp(s->version, c->p->version) == 0 &&
           plumb_digest_eq(release, &c->p->release);
}

static enum place
place_of_vote(const struct checking *c, const struct plumb_digest *proposal)
{
    struct engine_proposal p;

    for (size_t i = 0; i < c->nmoves; i++)
        if (plumb_digest_eq(&c->moves[i], proposal))
            return MOVE;
    return engine_proposal(c->a->engine, proposal, &p) ? JUDGED : NOWHERE;
}

static enum place
place_of(const struct checking *c, const struct plumb_statement *s)
{
    switch (s->kind) {
    case PLUMB_KIND_GOVERNANCE:
    case PLUMB_KIND_ADVISORY:
        return JUDGED;
    case PLUMB_KIND_APPROVAL:
        return place_of_vote(c, &s->u.approval.proposal);
    case PLUMB_KIND_RELEASE:
        return is_of_release(c, s, &s->id) ? JUDGED : NOWHERE;
    case PLUMB_KIND_EVIDENCE:
        return is_of_release(c, s, &s->u.evidence.release) ? JUDGED : NOWHERE;
    case PLUMB_KIND_WAIVER:
        return is_of_release(c, s, &s->u.waiver.release) ? JUDGED : NOWHERE;
    case PLUMB_KIND_EVALUATION:
        return is_of_release(c, s, &s->u.evaluation.release) ? JUDGED : NOWHERE;
    case PLUMB_KIND_ROLLOUT:
        return is_of_release(c, s, &s->u.rollout.release) ? MOVE : NOWHERE;
    case PLUMB_KIND_REVOCATION:
        return is_of_release(c, s, &s->u.revocation.release) ? MOVE : NOWHERE;
    case PLUMB_KIND_PHASE_OUT:
    case PLUMB_KIND_BEGIN:
    case PLUMB_KIND_LAPSE:
    case PLUMB_KIND_OVERRUN:
        return is_of_release(c, s, &s->u.timed.release) ? MOVE : NOWHERE;
    default:
        return NOWHERE;
    }
}

/* --- moves --- */

static const char *
word_of(const struct plumb_statement *s)
{
    return s->kind == PLUMB_KIND_ROLLOUT    ? plumb_action_text(s->u.rollout.action)
           : s->kind == PLUMB_KIND_APPROVAL ? plumb_decision_text(s->u.approval.decision)
                                            : plumb_kind_text(s->kind);
}

/* Signed by a key that governance seats at that entry; what it did, a pack does not tell. */
static enum plumb_code
take_move(struct checking *c, const struct audit_item *item, struct plumb_err *err)
{
    const struct plumb_statement *s = item->opened->statement;
    const char *who = NULL;
    struct plumb_err what;
    json_t *fleets = NULL;

    if (plumb_chain_signer(engine_chain(c->a->engine), &s->keys[0], PLUMB_USE_SIGN, item->index,
                           0, &who, &what) != PLUMB_OK)
        return audit_find(c->a, item->index, NULL, &what, err);
    if (plumb_kind_is_proposal(s->kind)) {
        struct plumb_digest *more = realloc(c->moves, (c->nmoves + 1) * sizeof *more);

        if (more == NULL)
            return plumb_fail_memory(err);
        more[c->nmoves++] = s->id;
        c->moves = more;
    }
    if (s->kind == PLUMB_KIND_REVOCATION && s->u.revocation.all)
        fleets = json_string("all");
    else if (s->fleet != NULL)
        fleets = json_string(s->fleet);
    return json_array_append_new(c->told, json_pack("{s:I, s:o, s:s, s:s, s:o*}", "entry",
                                                    (json_int_t)item->index, "time",
                                                    report_time(item->time), "what", word_of(s),
                                                    "by", who, "fleet", fleets)) == 0
               ? PLUMB_OK
               : plumb_fail_memory(err);
}

/* --- entries --- */

static enum plumb_code
stop(struct checking *c, uint64_t index, const struct plumb_err *what, struct plumb_err *err)
{
    c->a->stopped = true;
    return audit_find(c->a, index, NULL, what, err);
}

static enum plumb_code
prove(struct checking *c, const struct pack_entry *e, struct plumb_err *err)
{
    struct plumb_digest leaf;
    struct plumb_err what;

    plumb_leaf_hash(e->bytes.data, e->bytes.len, &leaf);
    if (plumb_inclusion_verify(e->index, c->a->head.size, &leaf, e->proof, e->n,
                               &c->a->head.root, &what) != PLUMB_OK)
        return stop(c, e->index, &what, err);
    c->proofs++;
    return PLUMB_OK;
}

static enum plumb_code
judge(struct checking *c, struct audit_item *item, struct plumb_err *err)
{
    struct audit *a = c->a;
    struct plumb_err what;
    enum place place;

    audit_item_open(item, a->keys);
    place = item->opened != NULL ? place_of(c, item->opened->statement) : JUDGED;
    if (place == NOWHERE) {
        (void)plumb_fail(&what, PLUMB_REFUSED, "pack.entry", "",
                         "a pack of this release has no such entry");
        return stop(c, item->index, &what, err);
    }
    PLUMB_TRY(audit_judge(a, item, place == JUDGED, err));
    if (place == MOVE && item->opened != NULL && !a->stopped)
        PLUMB_TRY(take_move(c, item, err));
    return audit_keys(a, err);
}

static enum plumb_code
take_entry(struct checking *c, const struct pack_entry *e, struct plumb_err *err)
{
    struct audit_item item = { .index = e->index, .data = e->bytes.data, .len = e->bytes.len };
    enum plumb_code code;

    PLUMB_TRY(prove(c, e, err));
    if (c->a->stopped)
        return PLUMB_OK;
    if (e->index == 0)
        PLUMB_TRY(audit_first_keys(c->a, &item, err));
    code = judge(c, &item, err);
    plumb_signed_free(item.opened);
    json_decref(item.envelope);
    return code;
}

static enum plumb_code
take_entries(struct checking *c, struct plumb_err *err)
{
    const struct archive_file *f = pack_file(c->p, PACK_ENTRIES);
    uint64_t next = 0;
    size_t at = 0;

    for (size_t line = 1; at < f->len && !c->a->stopped; line++) {
        struct pack_entry e;
        struct plumb_err what;
        enum plumb_code code;

        PLUMB_TRY(pack_entry_read(f, &at, line, &e, err));
        if (line == 1 && e.index != 0) {
            (void)plumb_fail(&what, PLUMB_REFUSED, "genesis.pin", "",
                             "it does not begin with the genesis");
            code = stop(c, e.index, &what, err);
        } else if (e.index < next) {
            (void)plumb_fail(&what, PLUMB_REFUSED, "pack.entries", "",
                             "entries ascend by index, each once");
            code = stop(c, e.index, &what, err);
        } else {
            code = take_entry(c, &e, err);
        }
        next = e.index + 1;
        plumb_bytes_clear(&e.bytes);
        PLUMB_TRY(code);
    }
    return PLUMB_OK;
}

/* --- what follows from them --- */

__attribute__((format(printf, 5, 6))) static enum plumb_code
find(struct checking *c, uint64_t index, const char *rule, const char *where, const char *fmt,
     ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return audit_say(c->a, index, NULL, rule, where, NULL, "%s", text);
}

static bool
stands(const struct checking *c)
{
    struct engine_proposal p;

    return engine_proposal(c->a->engine, &c->p->release, &p) &&
           p.state == ENGINE_PROPOSAL_EFFECTIVE;
}

/* The release is the one that the manifest says, and its quorum was reached, and stands. */
static enum plumb_code
check_approval(struct checking *c)
{
    struct engine_version v;

    if (!engine_version(c->a->engine, &c->p->release, &v))
        return find(c, AUDIT_NO_ENTRY, "pack.release", PACK_MANIFEST,
                    "its entries register no such release");
    if (v.state != ENGINE_VERSION_APPROVED || !stands(c))
        return find(c, v.index, "pack.unapproved", "",
                    "the approvals in it do not reach the quorum, or it stands no more: the "
                    "release is %s",
                    engine_version_state_text(v.state));
    return PLUMB_OK;
}

/* Every blob is one that an entry names. */
static enum plumb_code
check_used(struct checking *c)
{
    for (size_t i = 0; i < c->p->archive.n; i++) {
        const char *name = c->p->archive.files[i].name;

        if (strncmp(name, "blobs/", 6) == 0 && !c->p->used[i])
            PLUMB_TRY(find(c, AUDIT_NO_ENTRY, "pack.blob", name, "no entry names it"));
    }
    return PLUMB_OK;
}

/* The file is there just when it is wanted, and what it should be. */
static enum plumb_code
check_same(struct checking *c, uint64_t index, const char *name, const char *rule,
           const struct plumb_bytes *want)
{
    const struct archive_file *f = pack_file(c->p, name);

    if (f != NULL && f->len == want->len && memcmp(f->data, want->data, f->len) == 0)
        return PLUMB_OK;
    return find(c, index, rule, name,
                f == NULL ? "it is not there" : "it is not what the entries come to");
}

static enum plumb_code
check_evaluation(struct checking *c, struct plumb_err *err)
{
    const struct archive_file *f = pack_file(c->p, PACK_SUMMARY);
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes controls = { 0 };
    struct engine_evaluation v;
    struct plumb_err what;

    if (!engine_evaluation(c->a->engine, &c->p->release, &v)) {
        if (f != NULL || pack_file(c->p, PACK_CONTROLS) != NULL)
            return find(c, AUDIT_NO_ENTRY, "pack.controls", PACK_CONTROLS,
                        "governance names no controls, or the release was not approved");
        return PLUMB_OK;
    }
    if (!v.recorded)
        return find(c, v.index, "pack.evaluation", "",
                    "the record of what the approval was evaluated to is not in it");
    PLUMB_TRY(pack_controls(&v, &controls, err));
    PLUMB_TRY(check_same(c, v.record, PACK_CONTROLS, "pack.controls", &controls));
    if (f == NULL)
        return find(c, v.record, "summary.absent", PACK_SUMMARY, "it is not there");
    if (summary_check(c->a->engine, &c->p->release, f->data, f->len, &what) == PLUMB_OK)
        return PLUMB_OK;
    if (what.code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    (void)snprintf(what.where, sizeof what.where, PACK_SUMMARY);
    return audit_find(c->a, v.record, NULL, &what, err);
}

/* For people, and derived like the rest; whoever else writes packs may leave it out. */
static enum plumb_code
check_report(struct checking *c, const json_t *report, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };

    if (pack_file(c->p, PACK_REPORT) == NULL || audit_found(c->a) > 0)
        return PLUMB_OK;
    PLUMB_TRY(pack_markdown(report, c->trust, &text, err));
    return check_same(c, AUDIT_NO_ENTRY, PACK_REPORT, "pack.report", &text);
}

static enum plumb_code
check(struct checking *c, struct plumb_err *err)
{
    PLUMB_TRY(audit_head_read(c->a, err));
    PLUMB_TRY(take_entries(c, err));
    PLUMB_TRY(audit_head_verify(c->a, err));
    if (!plumb_digest_eq(&c->p->genesis, &c->trust->genesis))
        PLUMB_TRY(find(c, AUDIT_NO_ENTRY, "genesis.pin", PACK_MANIFEST,
                       "it names another genesis than the one that is pinned"));
    if (c->a->stopped)
        return PLUMB_OK;
    PLUMB_TRY(check_approval(c));
    PLUMB_TRY(check_used(c));
    return check_evaluation(c, err);
}

static enum plumb_code
report(struct checking *c, json_t **ret, struct plumb_err *err)
{
    const struct pack_told about = {
        .pack = c->p, .trust = c->trust, .why = c->why, .moves = c->told, .proofs = c->proofs
    };
    uint64_t found = audit_found(c->a);
    json_t *json = NULL;

    PLUMB_TRY(pack_report(c->a, &about, &json, err));
    if (check_report(c, json, err) != PLUMB_OK) {
        json_decref(json);
        return PLUMB_NO_MEMORY;
    }
    if (audit_found(c->a) > found) {
        json_decref(json);
        PLUMB_TRY(pack_report(c->a, &about, &json, err));
    }
    *ret = json;
    return PLUMB_OK;
}

enum plumb_code
pack_audit(struct pack *p, const struct pack_trust *trust, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(checking_clear) struct checking c = { .p = p, .trust = trust };
    const struct audit_source source = pack_source(p);
    struct audit_observer *observer;
    struct audit_config config = { .source = &source,
                                   .genesis = trust->genesis,
                                   .policy = trust->policy,
                                   .threads = 1,
                                   .observers = &observer,
                                   .nobservers = 1 };

    memset(p->used, 0, p->archive.n * sizeof *p->used);
    c.told = json_array();
    if (c.told == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(audit_why_new(p->payload, p->version, &c.why, err));
    observer = audit_why_observer(c.why);
    PLUMB_TRY(audit_new(&config, &c.a, err));
    c.a->part = true;
    PLUMB_TRY(check(&c, err));
    return report(&c, ret, err);
}
