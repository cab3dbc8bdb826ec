/* What each kind of statement says: its members and its subject (docs/formats.md section 2). */
#include <plumb/evidence.h>
#include <string.h>

#include "lib/own.h"
#include "lib/predicate.h"
#include "lib/statement.h"
#include "lib/word.h"

#define RULE_MAX 47 /* fits struct plumb_err */

/* --- governance --- */

static enum plumb_code
read_disposition(const struct plumb_jv *v, struct plumb_disposition *ret, struct plumb_err *err)
{
    static const char *const revoke[] = { "fleet", "payload", "version", "do", NULL };
    static const char *const keep[] = { "fleet", "payload", "version", "do", "until", NULL };
    static const char *const words[] = { "revoke", "keep" };
    struct plumb_jv fleet = plumb_jv_member(v, "fleet"), what = plumb_jv_member(v, "do");
    struct plumb_jv payload = plumb_jv_member(v, "payload");
    struct plumb_jv version = plumb_jv_member(v, "version");
    struct plumb_jv until = plumb_jv_member(v, "until");
    size_t word;

    PLUMB_TRY(plumb_jv_object(v, err));
    PLUMB_TRY(plumb_word_read(&what, words, 2, "statement.form", &word, err));
    ret->keep = word == 1;
    PLUMB_TRY(plumb_jv_closed(v, ret->keep ? keep : revoke, err));
    PLUMB_TRY(plumb_jv_name(&fleet, &ret->fleet, err));
    PLUMB_TRY(plumb_jv_name(&payload, &ret->payload, err));
    PLUMB_TRY(plumb_jv_name(&version, &ret->version, err));
    return ret->keep ? plumb_jv_time(&until, &ret->until, err) : PLUMB_OK;
}

static bool
same_version(const struct plumb_disposition *a, const struct plumb_disposition *b)
{
    return strcmp(a->fleet, b->fleet) == 0 && strcmp(a->payload, b->payload) == 0 &&
           strcmp(a->version, b->version) == 0;
}

static enum plumb_code
read_compromise(const struct predicate *in)
{
    struct plumb_statement *s = in->s;
    struct plumb_jv v = plumb_jv_member(in->predicate, "compromise");
    void *array;
    size_t n;

    if (v.json == NULL)
        return PLUMB_OK;
    PLUMB_TRY(predicate_elements(in, &v, 0, sizeof *s->u.governance.compromise, &array, &n));
    s->u.governance.compromise = array;
    s->u.governance.ncompromise = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&v, i);

        PLUMB_TRY(read_disposition(&element, &s->u.governance.compromise[i], in->err));
        for (size_t j = 0; j < i; j++)
            if (same_version(&s->u.governance.compromise[i], &s->u.governance.compromise[j]))
                return plumb_jv_fail(&element, in->err, PLUMB_INVALID, "statement.form",
                                     "disposes of a version a second time");
    }
    return PLUMB_OK;
}

static enum plumb_code
read_ratify(const struct predicate *in)
{
    struct plumb_statement *s = in->s;
    struct plumb_jv v = plumb_jv_member(in->predicate, "ratify");
    void *array;
    size_t n;

    if (v.json == NULL)
        return PLUMB_OK;
    PLUMB_TRY(predicate_elements(in, &v, 0, sizeof *s->u.governance.ratify, &array, &n));
    s->u.governance.ratify = array;
    s->u.governance.nratify = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&v, i);

        PLUMB_TRY(plumb_jv_digest(&element, &s->u.governance.ratify[i], in->err));
    }
    return PLUMB_OK;
}

bool
plumb_predicate_is_genesis(enum plumb_kind kind, const json_t *predicate)
{
    return kind == PLUMB_KIND_GOVERNANCE &&
           json_integer_value(json_object_get(predicate, "version")) == 1;
}

static enum plumb_code
read_governance(const struct predicate *in)
{
    static const char *const first[] = { "log",         "keys",    "issued",
                                         "expires",     "nonce",   "version",
                                         "?compromise", "?ratify", NULL };
    static const char *const later[] = { STAMP,         "version", "previous",
                                         "?compromise", "?ratify", NULL };
    struct plumb_statement *s = in->s;
    const bool genesis = plumb_predicate_is_genesis(s->kind, in->predicate->json);

    PLUMB_TRY(predicate_closed(in, genesis ? first : later));
    PLUMB_TRY(predicate_int(in, "version", 1, &s->u.governance.version));
    PLUMB_TRY(predicate_one_subject(in, "governance", &s->u.governance.document));
    if (!genesis)
        PLUMB_TRY(predicate_digest(in, "previous", &s->u.governance.previous));
    PLUMB_TRY(read_compromise(in));
    return read_ratify(in);
}

/* --- the other proposals --- */

static enum plumb_code
read_source(const struct plumb_jv *v, struct plumb_source *ret, struct plumb_err *err)
{
    static const char *const members[] = { "set", "kind", "digest", "verified", NULL };
    static const char *const kinds[] = {
#define X(name, text, said) text,
        PLUMB_EVIDENCE_KINDS(X)
#undef X
    };
    struct plumb_jv set = plumb_jv_member(v, "set"), kind = plumb_jv_member(v, "kind");
    struct plumb_jv digest = plumb_jv_member(v, "digest");
    struct plumb_jv verified = plumb_jv_member(v, "verified");
    bool claimed;
    size_t word;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_int(&set, 0, PLUMB_SETS_MAX - 1, &ret->set, err));
    PLUMB_TRY(plumb_word_read(&kind, kinds, sizeof kinds / sizeof *kinds, "statement.form",
                              &word, err));
    ret->kind = kinds[word];
    PLUMB_TRY(plumb_jv_digest(&digest, &ret->digest, err));
    PLUMB_TRY(plumb_jv_bool(&verified, &claimed, err));
    return claimed ? plumb_jv_fail(&verified, err, PLUMB_INVALID, "statement.form",
                                   "is false: nothing here verifies evidence")
                   : PLUMB_OK;
}

static enum plumb_code
read_sources(const struct predicate *in)
{
    struct plumb_statement *s = in->s;
    struct plumb_jv v = plumb_jv_member(in->predicate, "source");
    void *array;
    size_t n;

    if (v.json == NULL)
        return PLUMB_OK;
    PLUMB_TRY(predicate_elements(in, &v, 1, sizeof *s->u.release.sources, &array, &n));
    s->u.release.sources = array;
    s->u.release.nsources = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&v, i);

        PLUMB_TRY(read_source(&element, &s->u.release.sources[i], in->err));
        if (i > 0 && s->u.release.sources[i - 1].set >= s->u.release.sources[i].set)
            return plumb_jv_fail(&element, in->err, PLUMB_INVALID, "statement.form",
                                 "sources ascend by set, each set once");
    }
    return PLUMB_OK;
}

static enum plumb_code
read_release(const struct predicate *in)
{
    static const char *const members[] = { STAMP,    "payload", "version", "?sbom",
                                           "?notes", "?source", NULL };
    struct plumb_statement *s = in->s;

    PLUMB_TRY(predicate_closed(in, members));
    PLUMB_TRY(predicate_name(in, "payload", &s->payload));
    PLUMB_TRY(predicate_name(in, "version", &s->version));
    if (strcmp(s->subjects[0].name, "reference-values") != 0)
        return predicate_wrong_subject(in, 0, "reference-values");
    s->u.release.reference_values = s->subjects[0].digest;
    PLUMB_TRY(
        predicate_optional_digest(in, "sbom", &s->u.release.has_sbom, &s->u.release.sbom));
    PLUMB_TRY(predicate_text(in, "notes", false, &s->u.release.notes));
    return read_sources(in);
}

static enum plumb_code
read_rollout(const struct predicate *in)
{
    static const char *const begin[] = { STAMP,          "fleet", "base", "action",
                                         "?predecessor", "?at",   NULL };
    static const char *const move[] = { STAMP, "fleet", "base", "action", NULL };
    static const char *const reschedule[] = {
        STAMP, "fleet", "base", "action", "notAfter", NULL
    };
    static const char *const *const members[] = {
        [PLUMB_ACTION_BEGIN] = begin,
        [PLUMB_ACTION_COMPLETE] = move,
        [PLUMB_ACTION_ROLLBACK] = move,
        [PLUMB_ACTION_RESCHEDULE] = reschedule,
    };
    const char *words[PLUMB_ACTION_COUNT];
    struct plumb_statement *s = in->s;
    struct plumb_jv action = plumb_jv_member(in->predicate, "action");
    struct plumb_jv at = plumb_jv_member(in->predicate, "at");
    int64_t base;
    size_t word;

    for (size_t i = 0; i < PLUMB_ACTION_COUNT; i++)
        words[i] = plumb_action_text((enum plumb_action)i);
    PLUMB_TRY(
        plumb_word_read(&action, words, PLUMB_ACTION_COUNT, "statement.form", &word, in->err));
    PLUMB_TRY(predicate_closed(in, members[word]));
    s->u.rollout.action = (enum plumb_action)word;
    PLUMB_TRY(predicate_release_subject(in, &s->u.rollout.release));
    PLUMB_TRY(predicate_name(in, "fleet", &s->fleet));
    PLUMB_TRY(predicate_int(in, "base", 0, &base));
    s->u.rollout.base = (uint64_t)base;
    PLUMB_TRY(predicate_optional_digest(in, "predecessor", &s->u.rollout.has_predecessor,
                                        &s->u.rollout.predecessor));
    s->u.rollout.at = PLUMB_TIME_NEVER;
    if (at.json != NULL)
        PLUMB_TRY(plumb_jv_time(&at, &s->u.rollout.at, in->err));
    return word == PLUMB_ACTION_RESCHEDULE
               ? predicate_time(in, "notAfter", &s->u.rollout.not_after)
               : PLUMB_OK;
}

static enum plumb_code
read_revoke_in(const struct plumb_jv *v, struct plumb_revoke_in *ret, struct plumb_err *err)
{
    static const char *const members[] = { "fleet", "base", NULL };
    struct plumb_jv fleet = plumb_jv_member(v, "fleet"), base = plumb_jv_member(v, "base");
    int64_t n;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_name(&fleet, &ret->fleet, err));
    PLUMB_TRY(plumb_jv_int(&base, 0, PLUMB_INTEGER_MAX, &n, err));
    ret->base = (uint64_t)n;
    return PLUMB_OK;
}

/* Everywhere, or in these fleets. */
static enum plumb_code
read_reach(const struct predicate *in)
{
    struct plumb_statement *s = in->s;
    struct plumb_jv all = plumb_jv_member(in->predicate, "all");
    struct plumb_jv fleets = plumb_jv_member(in->predicate, "fleets");
    void *array;
    size_t n;

    if (all.json != NULL) {
        PLUMB_TRY(plumb_jv_bool(&all, &s->u.revocation.all, in->err));
        return s->u.revocation.all ? PLUMB_OK
                                   : plumb_jv_fail(&all, in->err, PLUMB_INVALID,
                                                   "statement.form", "is true, or not there");
    }
    PLUMB_TRY(predicate_elements(in, &fleets, 1, sizeof *s->u.revocation.fleets, &array, &n));
    s->u.revocation.fleets = array;
    s->u.revocation.nfleets = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&fleets, i);

        PLUMB_TRY(read_revoke_in(&element, &s->u.revocation.fleets[i], in->err));
        for (size_t j = 0; j < i; j++)
            if (strcmp(s->u.revocation.fleets[i].fleet, s->u.revocation.fleets[j].fleet) == 0)
                return plumb_jv_fail(&element, in->err, PLUMB_INVALID, "statement.form",
                                     "names a fleet a second time");
    }
    return PLUMB_OK;
}

static enum plumb_code
read_revocation(const struct predicate *in)
{
    static const char *const all[] = { STAMP, "reason", "all", "?leaveNothingAccepted", NULL };
    static const char *const some[] = { STAMP, "reason", "fleets", "?leaveNothingAccepted",
                                        NULL };
    struct plumb_statement *s = in->s;
    struct plumb_jv leave = plumb_jv_member(in->predicate, "leaveNothingAccepted");
    void *array;
    size_t n;

    PLUMB_TRY(
        predicate_closed(in, json_object_get(in->predicate->json, "all") != NULL ? all : some));
    PLUMB_TRY(predicate_release_subject(in, &s->u.revocation.release));
    PLUMB_TRY(predicate_text(in, "reason", true, &s->u.revocation.reason));
    PLUMB_TRY(read_reach(in));
    if (leave.json == NULL)
        return PLUMB_OK;
    PLUMB_TRY(
        predicate_elements(in, &leave, 0, sizeof *s->u.revocation.leave_nothing, &array, &n));
    s->u.revocation.leave_nothing = array;
    s->u.revocation.nleave_nothing = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&leave, i);

        PLUMB_TRY(plumb_jv_name(&element, &s->u.revocation.leave_nothing[i], in->err));
    }
    return PLUMB_OK;
}

/* --- what principals say by themselves --- */

static enum plumb_code
read_approval(const struct predicate *in)
{
    static const char *const reasoned[] = { STAMP, "decision", "reason", NULL };
    static const char *const plain[] = { STAMP, "decision", "?reason", NULL };
    static const enum plumb_decision all[] = { PLUMB_APPROVE, PLUMB_REJECT, PLUMB_ABSTAIN };
    const char *words[sizeof all / sizeof *all];
    struct plumb_statement *s = in->s;
    struct plumb_jv decision = plumb_jv_member(in->predicate, "decision");
    size_t word;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        words[i] = plumb_decision_text(all[i]);
    PLUMB_TRY(plumb_word_read(&decision, words, sizeof all / sizeof *all, "statement.form",
                              &word, in->err));
    s->u.approval.decision = all[word];
    PLUMB_TRY(predicate_closed(in, all[word] == PLUMB_REJECT ? reasoned : plain));
    PLUMB_TRY(predicate_one_subject(in, "proposal", &s->u.approval.proposal));
    return predicate_text(in, "reason", false, &s->u.approval.reason);
}

static enum plumb_code
read_recognition(const struct predicate *in)
{
    static const char *const members[] = { STAMP,      "fleet",   "rollout",
                                           "revision", "content", NULL };
    struct plumb_statement *s = in->s;

    PLUMB_TRY(predicate_closed(in, members));
    PLUMB_TRY(predicate_release_subject(in, &s->u.recognition.release));
    PLUMB_TRY(predicate_name(in, "fleet", &s->fleet));
    PLUMB_TRY(predicate_digest(in, "rollout", &s->u.recognition.rollout));
    PLUMB_TRY(predicate_int(in, "revision", 1, &s->u.recognition.revision));
    return predicate_digest(in, "content", &s->u.recognition.content);
}

static enum plumb_code
read_enrolled_keys(const struct predicate *in)
{
    struct plumb_statement *s = in->s;
    struct plumb_jv v = plumb_jv_member(in->predicate, "keys");
    void *array;
    size_t n;

    PLUMB_TRY(predicate_elements(in, &v, 1, sizeof *s->u.enrolment.keys, &array, &n));
    s->u.enrolment.keys = array;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&v, i);
        struct plumb_key *key = &s->u.enrolment.keys[i];

        PLUMB_TRY(plumb_key_read(&element, key, in->err));
        s->u.enrolment.nkeys = i + 1; /* so that it is freed */
        if (key->status != PLUMB_KEY_ACTIVE)
            return plumb_jv_fail(&element, in->err, PLUMB_INVALID, "statement.form",
                                 "a key that is enrolled is active");
        for (size_t j = 0; j < i; j++)
            if (plumb_digest_eq(plumb_pubkey_id(key->pub),
                                plumb_pubkey_id(s->u.enrolment.keys[j].pub)))
                return plumb_jv_fail(&element, in->err, PLUMB_INVALID, "statement.form",
                                     "lists a key a second time");
    }
    if (!plumb_digest_eq(plumb_pubkey_id(s->u.enrolment.keys[0].pub), &s->subjects[0].digest))
        return predicate_wrong_subject(in, 0, "the digest of the first key");
    return PLUMB_OK;
}

static enum plumb_code
read_enrolment(const struct predicate *in)
{
    static const char *const enrol[] = { STAMP, "fleet", "action", "keys", NULL };
    static const char *const retire[] = { STAMP, "fleet", "action", NULL };
    static const char *const words[] = { "enrol", "retire" };
    struct plumb_statement *s = in->s;
    struct plumb_jv action = plumb_jv_member(in->predicate, "action");
    size_t word;

    PLUMB_TRY(plumb_word_read(&action, words, 2, "statement.form", &word, in->err));
    s->u.enrolment.retire = word == 1;
    PLUMB_TRY(predicate_closed(in, s->u.enrolment.retire ? retire : enrol));
    if (s->nsubjects != 1 || !plumb_name_ok(s->subjects[0].name))
        return predicate_wrong_subject(in, s->nsubjects - 1, "one subject, a principal");
    s->u.enrolment.principal = s->subjects[0].name;
    PLUMB_TRY(predicate_name(in, "fleet", &s->fleet));
    return s->u.enrolment.retire ? PLUMB_OK : read_enrolled_keys(in);
}

/* --- what the service says --- */

static enum plumb_code
read_publication(const struct predicate *in)
{
    static const char *const members[] = { STAMP, "fleet", "revision", "validUntil", NULL };
    struct plumb_statement *s = in->s;

    PLUMB_TRY(predicate_closed(in, members));
    PLUMB_TRY(predicate_one_subject(in, "content", &s->u.publication.content));
    PLUMB_TRY(predicate_name(in, "fleet", &s->fleet));
    PLUMB_TRY(predicate_int(in, "revision", 1, &s->u.publication.revision));
    return predicate_time(in, "validUntil", &s->u.publication.valid_until);
}

static enum plumb_code
read_lapse_rule(const struct predicate *in)
{
    struct plumb_jv v = plumb_jv_member(in->predicate, "rule");

    return plumb_jv_string(&v, RULE_MAX, &in->s->u.timed.rule, in->err);
}

static enum plumb_code
read_outcome(const struct predicate *in)
{
    static const enum plumb_outcome all[] = { PLUMB_OUTCOME_ALERT, PLUMB_OUTCOME_ROLLBACK,
                                              PLUMB_OUTCOME_COMPLETE };
    const char *words[sizeof all / sizeof *all];
    struct plumb_jv v = plumb_jv_member(in->predicate, "outcome");
    size_t word;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        words[i] = plumb_outcome_text(all[i]);
    PLUMB_TRY(
        plumb_word_read(&v, words, sizeof all / sizeof *all, "statement.form", &word, in->err));
    in->s->u.timed.outcome = all[word];
    return PLUMB_OK;
}

static enum plumb_code
read_timed(const struct predicate *in)
{
    static const char *const phase_out[] = { STAMP, "fleet", "due", NULL };
    static const char *const begin[] = { STAMP, "fleet", "due", "rollout", NULL };
    static const char *const lapse[] = { STAMP, "fleet", "due", "rollout", "rule", NULL };
    static const char *const overrun[] = { STAMP, "fleet", "due", "rollout", "outcome", NULL };
    struct plumb_statement *s = in->s;

    PLUMB_TRY(predicate_closed(in, s->kind == PLUMB_KIND_PHASE_OUT ? phase_out
                                   : s->kind == PLUMB_KIND_BEGIN   ? begin
                                   : s->kind == PLUMB_KIND_LAPSE   ? lapse
                                                                   : overrun));
    PLUMB_TRY(predicate_release_subject(in, &s->u.timed.release));
    PLUMB_TRY(predicate_name(in, "fleet", &s->fleet));
    PLUMB_TRY(predicate_time(in, "due", &s->u.timed.due));
    if (s->kind != PLUMB_KIND_PHASE_OUT)
        PLUMB_TRY(predicate_digest(in, "rollout", &s->u.timed.rollout));
    if (s->kind == PLUMB_KIND_LAPSE)
        return read_lapse_rule(in);
    return s->kind == PLUMB_KIND_OVERRUN ? read_outcome(in) : PLUMB_OK;
}

enum plumb_code
plumb_predicate_read(const struct plumb_jv *predicate, const struct plumb_jv *subjects,
                     struct plumb_statement *s, struct pool *pool, struct plumb_err *err)
{
    static enum plumb_code (*const read[])(const struct predicate *) = {
        [PLUMB_KIND_GOVERNANCE] = read_governance,
        [PLUMB_KIND_RELEASE] = read_release,
        [PLUMB_KIND_ROLLOUT] = read_rollout,
        [PLUMB_KIND_REVOCATION] = read_revocation,
        [PLUMB_KIND_APPROVAL] = read_approval,
        [PLUMB_KIND_RECOGNITION] = read_recognition,
        [PLUMB_KIND_ENROLMENT] = read_enrolment,
        [PLUMB_KIND_PUBLICATION] = read_publication,
        [PLUMB_KIND_PHASE_OUT] = read_timed,
        [PLUMB_KIND_BEGIN] = read_timed,
        [PLUMB_KIND_LAPSE] = read_timed,
        [PLUMB_KIND_OVERRUN] = read_timed,
        [PLUMB_KIND_EVIDENCE] = predicate_evidence,
        [PLUMB_KIND_WAIVER] = predicate_waiver,
        [PLUMB_KIND_ADVISORY] = predicate_advisory,
        [PLUMB_KIND_EVALUATION] = predicate_evaluation,
    };
    const struct predicate in = { predicate, subjects, s, pool, err };

    return read[s->kind](&in);
}
