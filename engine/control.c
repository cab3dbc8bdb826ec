#include "engine/control.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/bill.h"
#include "engine/build.h"
#include "engine/waiver.h"
#include "lib/own.h"

struct asking {
    const struct engine *e;
    const struct plumb_controls *controls;
    const struct version *version;
    const struct dossier *dossier;
    const struct plumb_control *control;
    plumb_time at, approved; /* now, and when the release was approved if it was */
    struct engine_control *ret;
};

__attribute__((format(printf, 2, 3))) static void
say(const struct asking *a, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(a->ret->by, sizeof a->ret->by, fmt, ap);
    va_end(ap);
    for (char *p = a->ret->by; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
            *p = '?';
}

static void
name_evidence(const struct asking *a, const struct plumb_digest *file)
{
    for (size_t i = 0; i < a->ret->nevidence; i++)
        if (plumb_digest_eq(&a->ret->evidence[i], file))
            return;
    if (a->ret->nevidence < ENGINE_CONTROL_EVIDENCE)
        a->ret->evidence[a->ret->nevidence++] = *file;
}

/* An accepted attestation of this kind, if its signer is still trusted for that use. */
static const struct plumb_trusted *
stands(const struct asking *a, const struct fact *f, enum attestation_kind kind,
       enum plumb_trust_use use, const char *control)
{
    return f->accepted && f->said != NULL && f->said->kind == kind
               ? trust_find(a->e, f->said, f->index, use, control)
               : NULL;
}

/* --- one way each; false: not that way --- */

static bool
documents_there(const struct asking *a, const struct attestation *said)
{
    for (size_t i = 0; i < said->u.assertion.ndocuments; i++)
        if (dossier_file(a->dossier, &said->u.assertion.documents[i]) == NULL)
            return false;
    return true;
}

static bool
by_assertion(const struct asking *a)
{
    for (size_t i = a->dossier->n; i > 0; i--) {
        const struct fact *f = a->dossier->facts[i - 1];
        const struct plumb_trusted *t =
            stands(a, f, ATTESTATION_ASSERTION, PLUMB_TRUST_ASSERT, a->control->id);

        if (t == NULL || strcmp(f->said->u.assertion.control, a->control->id) != 0)
            continue;
        if (f->said->u.assertion.until <= a->at) {
            say(a, "the assertion of %s has expired", t->name);
            continue;
        }
        if (!documents_there(a, f->said)) {
            say(a, "a document that the assertion of %s rests on is not attached", t->name);
            continue;
        }
        say(a, "assertion of %s", t->name);
        name_evidence(a, &f->file);
        return true;
    }
    return false;
}

/* When a build must have ended at the earliest to count at the release's approval. */
static bool
is_fresh(const struct asking *a, const struct attestation *said)
{
    return said->u.provenance.finished != PLUMB_TIME_NEVER &&
           plumb_time_add(said->u.provenance.finished, a->controls->provenance_age) >=
               a->approved;
}

/* Why not is said. */
static bool
provenance_counts(const struct asking *a, const struct fact *f, const struct plumb_trusted *t,
                  bool dependencies)
{
    const char *source = f->said->u.provenance.source;
    struct build_fault fault;

    if (!trust_names_builder(t, f->said->u.provenance.builder)) {
        say(a, "%s no longer signs for the builder %.80s", t->name,
            f->said->u.provenance.builder);
    } else if (!trust_names_source(a->controls, source)) {
        say(a, "governance no longer names the source %.80s", source);
    } else if (!build_fits(t, f->said, &fault)) {
        say(a, "%s does not sign for such builds: %s %.80s", t->name, fault.why, fault.what);
    } else if (t->level < a->controls->level) {
        a->ret->state = PLUMB_CONTROL_FAILED;
        say(a, "%s builds at SLSA level %lld, want %lld", t->name, (long long)t->level,
            (long long)a->controls->level);
    } else if (!is_fresh(a, f->said)) {
        say(a, "the provenance by %s is older than governance allows", t->name);
    } else if (dependencies && f->said->u.provenance.ndependencies == 0) {
        say(a, "the provenance by %s lists nothing that went in", t->name);
    } else {
        return true;
    }
    return false;
}

/* The newest of the i-th artifact that counts; NULL: none. *any: there is some, of whichever
 * artifact. */
static const struct plumb_trusted *
find_provenance(const struct asking *a, size_t i, bool dependencies, bool *any)
{
    bool tried = false;

    for (size_t k = a->dossier->n; k > 0; k--) {
        const struct fact *f = a->dossier->facts[k - 1];
        const struct plumb_trusted *t =
            stands(a, f, ATTESTATION_PROVENANCE, PLUMB_TRUST_BUILD, NULL);

        *any = *any || t != NULL;
        if (t == NULL || !f->about[i])
            continue;
        tried = true;
        if (!provenance_counts(a, f, t, dependencies))
            continue;
        name_evidence(a, &f->file);
        return t;
    }
    if (*any && !tried)
        say(a, "no provenance is about the artifact %.100s",
            a->dossier->about->artifacts[i].name);
    return NULL;
}

/* Of everything that was built. The level is the lowest. */
static bool
by_provenance(const struct asking *a, bool dependencies)
{
    const struct plumb_trusted *lowest = NULL;
    bool any = false;

    for (size_t i = 0; i < a->dossier->about->nartifacts; i++) {
        const struct plumb_trusted *t;

        if (!a->dossier->about->built[i])
            continue;
        t = find_provenance(a, i, dependencies, &any);
        if (t == NULL) {
            a->ret->nevidence = 0;
            return false;
        }
        if (lowest == NULL || t->level < lowest->level)
            lowest = t;
    }
    if (lowest == NULL) /* not so: something was built, always */
        return false;
    say(a, "provenance by %s, SLSA level %lld", lowest->name, (long long)lowest->level);
    a->ret->level = lowest->level;
    return true;
}

static bool
has_attribute(const struct asking *a, const char *name, const struct fact **ret)
{
    for (size_t i = 0; i < a->dossier->n; i++) {
        const struct fact *f = a->dossier->facts[i];

        if (stands(a, f, ATTESTATION_ATTRIBUTES, PLUMB_TRUST_ATTRIBUTES, NULL) == NULL)
            continue;
        for (size_t k = 0; k < f->said->u.attributes.n; k++)
            if (strcmp(f->said->u.attributes.names[k], name) == 0) {
                *ret = f;
                return true;
            }
    }
    return false;
}

static bool
by_attributes(const struct asking *a)
{
    const struct fact *f = NULL, *last = NULL;

    for (size_t i = 0; i < a->control->nattributes; i++) {
        if (!has_attribute(a, a->control->attributes[i], &f)) {
            say(a, "no report has the attribute %.80s", a->control->attributes[i]);
            a->ret->nevidence = 0;
            return false;
        }
        if (f != last)
            name_evidence(a, &f->file);
        last = f;
    }
    if (f == NULL)
        return false; /* the profile names none */
    say(a, "%zu attributes reported", a->control->nattributes);
    return true;
}

/* How many have the same i-th artifact. */
static int64_t
count_rebuilders(const struct asking *a, size_t i)
{
    int64_t n = 0;

    for (size_t t = 0; t < a->controls->ntrusted; t++)
        for (size_t k = 0; k < a->dossier->n; k++) {
            const struct fact *f = a->dossier->facts[k];

            if (stands(a, f, ATTESTATION_REBUILD, PLUMB_TRUST_REBUILD, NULL) !=
                    &a->controls->trusted[t] ||
                !f->about[i])
                continue;
            name_evidence(a, &f->file);
            n++;
            break; /* a rebuilder counts once */
        }
    return n;
}

/* Of everything that was built: the artifact with the fewest counts. */
static bool
by_rebuild(const struct asking *a)
{
    const struct about *about = a->dossier->about;
    int64_t least = INT64_MAX;
    size_t of = 0;

    for (size_t i = 0; i < about->nartifacts; i++) {
        int64_t n = about->built[i] ? count_rebuilders(a, i) : INT64_MAX;

        if (n < least) {
            least = n;
            of = i;
        }
    }
    if (least >= a->controls->rebuilders || about->nartifacts <= 2)
        say(a, "%lld of %lld independent rebuilds", (long long)least,
            (long long)a->controls->rebuilders);
    else
        say(a, "%lld of %lld independent rebuilds of %.100s", (long long)least,
            (long long)a->controls->rebuilders, about->artifacts[of].name);
    if (least < a->controls->rebuilders)
        a->ret->nevidence = 0;
    return least >= a->controls->rebuilders;
}

/* Of what is recorded, nothing is told so: an approval has no control that is not settled. */
static void
say_bill(const struct asking *a,
         void (*why)(const struct engine *e, const struct plumb_digest *release,
                     char ret[BILL_FAULT]))
{
    char text[BILL_FAULT];

    why(a->e, &a->version->release, text);
    say(a, "%s", text);
}

static bool
by_bill(const struct asking *a)
{
    const struct fact *bill = bill_of(a->e, &a->version->release);

    if (bill == NULL) {
        say_bill(a, bill_unbound);
        return false;
    }
    say(a, "%.150s", bill->text);
    name_evidence(a, &bill->file);
    return true;
}

static bool
by_bundle(const struct asking *a)
{
    const struct fact *bill = bill_of(a->e, &a->version->release);

    if (bill == NULL || !a->version->has_sbom ||
        !plumb_digest_eq(&bill->file, &a->version->sbom)) {
        say_bill(a, bill_unnamed);
        return false;
    }
    say(a, "its digest and open findings are in the bundle");
    name_evidence(a, &bill->file);
    return true;
}

static bool
by_monitor(const struct asking *a)
{
    struct finding_sum sum;

    if (bill_of(a->e, &a->version->release) == NULL) {
        say(a, "no bill of materials to watch");
        return false;
    }
    if (a->e->now.imports == 0 ||
        plumb_time_add(a->e->now.imported, a->controls->advisories_age) < a->at) {
        say(a, a->e->now.imports == 0 ? "no advisories were ever imported"
                                      : "the last import of advisories is too long ago");
        return false;
    }
    finding_sum(a->e, &a->version->release, a->at, &sum);
    if (sum.blocking > 0) {
        a->ret->state = PLUMB_CONTROL_FAILED;
        say(a, "%zu blocking findings, the newest is %.64s", sum.blocking, sum.first);
        return false;
    }
    say(a, "%zu findings, none that blocks", sum.open);
    return true;
}

static bool
by_lifecycle(const struct asking *a)
{
    struct finding_sum sum;

    finding_sum(a->e, &a->version->release, a->at, &sum);
    if (sum.overdue > 0) {
        a->ret->state = PLUMB_CONTROL_FAILED;
        say(a, "%zu findings are overdue, the newest is %.64s", sum.overdue, sum.first_overdue);
        return false;
    }
    say(a, "nothing overdue");
    return true;
}

static bool
by_cover(const struct asking *a, enum plumb_file_kind kind, enum plumb_artifact artifact)
{
    for (size_t i = a->dossier->n; i > 0; i--) {
        const struct fact *f = a->dossier->facts[i - 1];
        const struct covered *covered;

        if (!f->accepted || f->kind != kind)
            continue;
        covered = dossier_covers(a->dossier, artifact, &f->digest);
        if (covered == NULL) {
            say(a, "not every set covers the %s that is attached", plumb_file_kind_text(kind));
            continue;
        }
        say(a, "%s covered by every set%s", plumb_file_kind_text(kind),
            covered->derived ? ", the measurement derived again" : "");
        name_evidence(a, &f->file);
        return true;
    }
    return false;
}

static bool
met(const struct asking *a, enum plumb_way way)
{
    switch (way) {
    case PLUMB_WAY_ASSERTION:
        return by_assertion(a);
    case PLUMB_WAY_PROVENANCE:
        return by_provenance(a, false);
    case PLUMB_WAY_DEPENDENCIES:
        return by_provenance(a, true);
    case PLUMB_WAY_ATTRIBUTES:
        return by_attributes(a);
    case PLUMB_WAY_REBUILD:
        return by_rebuild(a);
    case PLUMB_WAY_SBOM:
        return by_bill(a);
    case PLUMB_WAY_MONITOR:
        return by_monitor(a);
    case PLUMB_WAY_BUNDLE:
        return by_bundle(a);
    case PLUMB_WAY_ROOT_STORE:
        return by_cover(a, PLUMB_FILE_ROOT_STORE, PLUMB_ARTIFACT_ROOT_STORE);
    case PLUMB_WAY_CRYPTO_POLICY:
        return by_cover(a, PLUMB_FILE_CRYPTO_POLICY, PLUMB_ARTIFACT_CRYPTO_POLICY);
    case PLUMB_WAY_CONFIG:
        return by_cover(a, PLUMB_FILE_CONFIG, PLUMB_ARTIFACT_CONFIG);
    case PLUMB_WAY_LIFECYCLE:
        return by_lifecycle(a);
    case PLUMB_WAY_COUNT:
        break;
    }
    return false;
}

/* --- the control --- */

static void
begin(const struct engine *e, const struct plumb_digest *release, plumb_time at,
      struct engine_control *ret, struct asking *a)
{
    const struct proposal *p = state_proposal(e, release);

    *a = (struct asking){ .e = e,
                          .controls = state_document(e)->controls,
                          .version = state_version(e, release),
                          .dossier = dossier_of(e, release),
                          .at = at,
                          .approved = at,
                          .ret = ret };
    if (p->state == ENGINE_PROPOSAL_EFFECTIVE)
        a->approved = p->closed_time;
}

void
control_evaluate(const struct engine *e, const struct plumb_digest *release, size_t i,
                 plumb_time at, struct engine_control *ret)
{
    const struct waiver *w;
    struct asking a;

    begin(e, release, at, ret, &a);
    a.control = &a.controls->controls[i];
    *ret = (struct engine_control){ .id = a.control->id,
                                    .text = a.control->text,
                                    .must = a.control->must,
                                    .state = PLUMB_CONTROL_OPEN };
    for (unsigned way = 0; way < PLUMB_WAY_COUNT; way++)
        if ((a.control->ways & 1u << way) != 0 && met(&a, (enum plumb_way)way)) {
            ret->state = PLUMB_CONTROL_MET;
            return;
        }
    if (ret->by[0] == '\0')
        say(&a, "nothing on file shows it");
    w = waiver_of(e, release, a.control->id);
    if (w == NULL || a.control->must)
        return;
    ret->waiver = w->proposal;
    ret->waived_until = w->until;
    ret->lapsed = w->until <= at;
    if (ret->lapsed)
        return;
    ret->state = PLUMB_CONTROL_WAIVED;
    say(&a, "waived: %.150s", w->what->compensating);
}

enum plumb_code
control_gate(const struct engine *e, const struct plumb_digest *release, bool rollout,
             plumb_time at, struct plumb_err *err)
{
    const struct plumb_controls *controls = state_document(e)->controls;

    for (size_t i = 0; controls != NULL && i < controls->ncontrols; i++) {
        struct engine_control c;

        control_evaluate(e, release, i, at, &c);
        if (plumb_control_is_settled(c.state))
            continue;
        if (c.must)
            return plumb_fail(err, PLUMB_REFUSED, "control.must", c.id, "%s is %s: %s", c.id,
                              plumb_control_state_text(c.state), c.by);
        if (rollout && c.lapsed && (controls->lapse & 1u << PLUMB_FOLLOW_HOLD) == 0)
            continue;
        return plumb_fail(err, PLUMB_REFUSED, "control.should", c.id, "%s is %s, and %s: %s",
                          c.id, plumb_control_state_text(c.state),
                          c.lapsed ? "its waiver has lapsed" : "nobody waived it", c.by);
    }
    return PLUMB_OK;
}
