/* Files attached to a release, each read once: a fact, or the reason why it is none. */
#include <plumb/artifact.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/build.h"
#include "engine/kinds.h"
#include "engine/match.h"
#include "engine/trust.h"
#include "lib/own.h"
#include "supply/sbom.h"
#include "supply/vex.h"

PLUMB_DEFINE_AUTO(auto_fact, struct fact *, fact_release);
PLUMB_DEFINE_AUTO(auto_sbom, struct sbom *, sbom_free);

struct reading {
    const struct context *c;
    const struct dossier *dossier;
    const struct attestation_keyring *ring;
    const struct plumb_attached *file;
    struct fact *fact; /* being filled */
    struct plumb_err *err;
};

__attribute__((format(printf, 2, 3))) static enum plumb_code
say(const struct reading *r, const char *fmt, ...)
{
    char text[300];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    for (char *p = text; *p != '\0'; p++)
        if ((unsigned char)*p < 0x20 || (unsigned char)*p > 0x7e)
            *p = '?'; /* it quotes what others wrote */
    r->fact->text = pool_text(r->fact->pool, text);
    return r->fact->text != NULL ? PLUMB_OK : plumb_fail_memory(r->err);
}

__attribute__((format(printf, 3, 4))) static enum plumb_code
refuse(const struct reading *r, const char *rule, const char *fmt, ...)
{
    char text[sizeof r->err->msg];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return plumb_fail(r->err, PLUMB_REFUSED, rule, "", "%s", text);
}

/* --- bills of materials --- */

static enum plumb_code
copy_text(struct pool *pool, const char *text, const char **ret, struct plumb_err *err)
{
    *ret = NULL;
    if (text == NULL)
        return PLUMB_OK;
    *ret = pool_text(pool, text);
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
take_part(const struct reading *r, const struct sbom_component *c, struct part *ret)
{
    struct pool *pool = r->fact->pool;

    PLUMB_TRY(copy_text(pool, c->ref, &ret->ref, r->err));
    PLUMB_TRY(copy_text(pool, c->group, &ret->group, r->err));
    PLUMB_TRY(copy_text(pool, c->name, &ret->name, r->err));
    PLUMB_TRY(copy_text(pool, c->version, &ret->version, r->err));
    PLUMB_TRY(copy_text(pool, c->purl, &ret->purl, r->err));
    ret->npackages = c->npackages;
    for (size_t i = 0; i < c->npackages; i++) {
        const struct package *p = &c->packages[i];

        PLUMB_TRY(copy_text(pool, p->key, &ret->packages[i].key, r->err));
        PLUMB_TRY(copy_text(pool, p->version, &ret->packages[i].version, r->err));
        PLUMB_TRY(copy_text(pool, p->release, &ret->packages[i].release, r->err));
    }
    return PLUMB_OK;
}

static enum plumb_code
read_bill(const struct reading *r, const void *data, size_t len)
{
    PLUMB_AUTO(auto_sbom) struct sbom *bill = NULL;
    struct fact *f = r->fact;
    struct part *parts;
    size_t n = 0;

    PLUMB_TRY(sbom_read(data, len, &bill, r->err));
    if (bill->n == 0) /* it would find nothing, and take the place of one that does */
        return refuse(r, "evidence.empty", "the bill of materials lists no component");
    for (size_t i = 0; i < bill->n; i++)
        n += bill->components[i].npackages > 0;
    parts = pool_array(f->pool, n, sizeof *parts);
    if (parts == NULL)
        return plumb_fail_memory(r->err);
    for (size_t i = 0; i < bill->n; i++)
        if (bill->components[i].npackages > 0)
            PLUMB_TRY(take_part(r, &bill->components[i], &parts[f->nparts++]));
    PLUMB_TRY(copy_text(f->pool, bill->id, &f->serial, r->err));
    f->parts = parts;
    f->ncomponents = bill->n;
    f->is_bill = true;
    return say(r, "%s, %zu components, %zu of them watched", sbom_format_text(bill->format),
               f->ncomponents, f->nparts);
}

static enum plumb_code
read_vex(const struct reading *r, const void *data, size_t len)
{
    PLUMB_TRY(vex_read(data, len, &r->fact->vex, r->err));
    return say(r, "%zu statements on vulnerabilities", r->fact->vex->n);
}

/* --- attestations --- */

static enum plumb_code
untrusted(const struct reading *r, enum plumb_trust_use use)
{
    return refuse(r, "evidence.trust", "whoever signed it is not trusted for %s",
                  plumb_trust_use_text(use));
}

static enum plumb_code
take_provenance(const struct reading *r, const struct attestation *a)
{
    const struct plumb_controls *controls = state_document(r->c->e)->controls;
    const struct plumb_trusted *t =
        trust_find(r->c->e, a, r->c->index, PLUMB_TRUST_BUILD, NULL);
    const char *source = a->u.provenance.source;
    struct build_fault fault;

    if (t == NULL)
        return untrusted(r, PLUMB_TRUST_BUILD);
    if (!trust_names_builder(t, a->u.provenance.builder))
        return refuse(r, "evidence.builder", "%s does not sign for the builder %.100s", t->name,
                      a->u.provenance.builder);
    if (!trust_names_source(controls, source))
        return refuse(r, "evidence.source", "the source %.100s is none that governance names",
                      source != NULL ? source : "is not told, and");
    if (!build_fits(t, a, &fault))
        return refuse(r, fault.rule, "%s does not sign for such builds: %s %.100s", t->name,
                      fault.why, fault.what);
    if (a->u.provenance.finished != PLUMB_TIME_NEVER &&
        a->u.provenance.finished > plumb_time_add(r->c->time, PLUMB_EARLY_MAX))
        return refuse(r, "evidence.time", "it was built in the future");
    return say(r, "built by %.60s from %.80s, %zu dependencies", a->u.provenance.builder,
               source, a->u.provenance.ndependencies);
}

static enum plumb_code
take_assertion(const struct reading *r, const struct attestation *a)
{
    const struct plumb_controls *controls = state_document(r->c->e)->controls;
    const char *control = a->u.assertion.control;
    const struct plumb_trusted *t =
        trust_find(r->c->e, a, r->c->index, PLUMB_TRUST_ASSERT, control);

    if (plumb_controls_find(controls, control) == NULL)
        return refuse(r, "evidence.control", "the profile has no control %.64s", control);
    if (t == NULL)
        return refuse(r, "evidence.trust", "whoever signed it may not speak of %.64s", control);
    if (a->u.assertion.until <= r->c->time)
        return refuse(r, "evidence.expired", "it was good until a time that has passed");
    return say(r, "%s on %.64s: %.150s", t->name, control, a->u.assertion.statement);
}

static enum plumb_code
take_rebuild(const struct reading *r, const struct attestation *a)
{
    const struct plumb_trusted *t =
        trust_find(r->c->e, a, r->c->index, PLUMB_TRUST_REBUILD, NULL);

    return t != NULL ? say(r, "rebuilt by %s with the same result", t->name)
                     : untrusted(r, PLUMB_TRUST_REBUILD);
}

static enum plumb_code
take_attributes(const struct reading *r, const struct attestation *a)
{
    const struct plumb_trusted *t =
        trust_find(r->c->e, a, r->c->index, PLUMB_TRUST_ATTRIBUTES, NULL);

    return t != NULL ? say(r, "%zu attributes by %s", a->u.attributes.n, t->name)
                     : untrusted(r, PLUMB_TRUST_ATTRIBUTES);
}

static enum plumb_code
take_summary(const struct reading *r, const struct attestation *a)
{
    if (trust_find(r->c->e, a, r->c->index, PLUMB_TRUST_VERIFY, NULL) == NULL)
        return untrusted(r, PLUMB_TRUST_VERIFY);
    return say(r, "%s by %.80s: %s", a->u.summary.passed ? "verified" : "found wanting",
               a->u.summary.verifier,
               a->u.summary.nlevels > 0 ? a->u.summary.levels[0] : "no level");
}

/* Of which documents: their own kind is looked at when they count. */
static enum plumb_code
take_reference(const struct reading *r, const struct attestation *a)
{
    if (trust_find(r->c->e, a, r->c->index, PLUMB_TRUST_SBOM, NULL) == NULL &&
        trust_find(r->c->e, a, r->c->index, PLUMB_TRUST_VEX, NULL) == NULL)
        return untrusted(r, PLUMB_TRUST_SBOM);
    return say(r, "refers to %zu documents", a->u.reference.n);
}

/* CycloneDX may be a bill, statements on vulnerabilities, or both; and each counts for what its
 * signer is trusted for. */
static enum plumb_code
look_inside(const struct reading *r, const struct attestation *a, bool *ret_bill, bool *ret_vex)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;

    PLUMB_TRY(plumb_json_load_foreign(a->document.data, a->document.len, ATTESTATION_MAX, &json,
                                      r->err));
    *ret_vex = vex_is(json);
    *ret_bill = !*ret_vex || json_array_size(json_object_get(json, "components")) > 0;
    return PLUMB_OK;
}

static enum plumb_code
take_bill(const struct reading *r, struct attestation *a)
{
    bool bill, vex;

    PLUMB_TRY(look_inside(r, a, &bill, &vex));
    bill = bill && trust_find(r->c->e, a, r->c->index, PLUMB_TRUST_SBOM, NULL) != NULL;
    vex = vex && trust_find(r->c->e, a, r->c->index, PLUMB_TRUST_VEX, NULL) != NULL;
    if (!bill && !vex)
        return untrusted(r, PLUMB_TRUST_SBOM);
    if (vex)
        PLUMB_TRY(read_vex(r, a->document.data, a->document.len));
    if (bill)
        PLUMB_TRY(read_bill(r, a->document.data, a->document.len));
    plumb_bytes_clear(&a->document);
    return PLUMB_OK;
}

static enum plumb_code
take_vex(const struct reading *r, struct attestation *a)
{
    if (trust_find(r->c->e, a, r->c->index, PLUMB_TRUST_VEX, NULL) == NULL)
        return untrusted(r, PLUMB_TRUST_VEX);
    PLUMB_TRY(read_vex(r, a->document.data, a->document.len));
    plumb_bytes_clear(&a->document);
    return PLUMB_OK;
}

static enum plumb_code
take_said(const struct reading *r, struct attestation *a)
{
    switch (a->kind) {
    case ATTESTATION_PROVENANCE:
        return take_provenance(r, a);
    case ATTESTATION_SUMMARY:
        return take_summary(r, a);
    case ATTESTATION_ATTRIBUTES:
        return take_attributes(r, a);
    case ATTESTATION_REFERENCE:
        return take_reference(r, a);
    case ATTESTATION_REBUILD:
        return take_rebuild(r, a);
    case ATTESTATION_ASSERTION:
        return take_assertion(r, a);
    case ATTESTATION_SBOM:
        return take_bill(r, a);
    case ATTESTATION_VEX:
        return take_vex(r, a);
    default:
        return refuse(r, "evidence.predicate", "nothing here acts on %.120s",
                      a->predicate_type);
    }
}

/* Of which artifacts it speaks; of one at least. */
static enum plumb_code
find_subjects(const struct reading *r, const struct attestation *a)
{
    const struct about *about = r->dossier->about;
    bool any = false;

    r->fact->about = pool_array(r->fact->pool, about->nartifacts, sizeof *r->fact->about);
    if (r->fact->about == NULL)
        return plumb_fail_memory(r->err);
    for (size_t i = 0; i < about->nartifacts; i++) {
        r->fact->about[i] = attestation_about(a, &about->artifacts[i].digest);
        any = any || r->fact->about[i];
    }
    return any ? PLUMB_OK
               : refuse(r, "evidence.subject", "none of its subjects is an artifact of %s@%s",
                        r->c->s->payload, r->c->s->version);
}

static enum plumb_code
read_attestation(const struct reading *r, const struct engine_blob *blob)
{
    PLUMB_TRY(attestation_open(blob->data, blob->len, r->ring, &r->fact->said, r->err));
    PLUMB_TRY(find_subjects(r, r->fact->said));
    return take_said(r, r->fact->said);
}

/* --- the other files --- */

static enum plumb_code
read_roots(const struct reading *r, const struct engine_blob *blob)
{
    struct plumb_roots roots = { 0 };
    size_t n;

    PLUMB_TRY(plumb_roots_read(blob->data, blob->len, &roots, r->err));
    r->fact->digest = roots.digest;
    n = roots.n;
    plumb_roots_clear(&roots);
    return say(r, "%zu certificates", n);
}

static enum plumb_code
take_guidance(const struct reading *r)
{
    const struct plumb_controls *controls = state_document(r->c->e)->controls;
    char by[PLUMB_TIME_TEXT];

    if (r->file->review_by <= r->c->time ||
        r->file->review_by > plumb_time_add(r->c->time, controls->guidance_age))
        return refuse(r, "evidence.review",
                      "guidance is reviewed at a time ahead, within what governance allows");
    plumb_time_text(r->file->review_by, by);
    return say(r, "guidance, to be reviewed by %s", by);
}

static enum plumb_code
read_file(const struct reading *r)
{
    const struct engine_blob *blob;

    switch (r->file->kind) {
    case PLUMB_FILE_GUIDANCE:
        return take_guidance(r);
    case PLUMB_FILE_CRYPTO_POLICY:
    case PLUMB_FILE_CONFIG:
    case PLUMB_FILE_DOCUMENT:
        return say(r, "%s", plumb_file_kind_text(r->file->kind));
    default:
        break;
    }
    PLUMB_TRY(context_blob(r->c, &r->file->digest, &blob, r->err));
    if (blob->len != (size_t)r->file->size)
        return refuse(r, "evidence.size", "the file has %zu bytes", blob->len);
    switch (r->file->kind) {
    case PLUMB_FILE_ATTESTATION:
        return read_attestation(r, blob);
    case PLUMB_FILE_SBOM:
        return read_bill(r, blob->data, blob->len);
    case PLUMB_FILE_VEX:
        return read_vex(r, blob->data, blob->len);
    default:
        return read_roots(r, blob);
    }
}

/* --- facts --- */

static enum plumb_code
new_fact(const struct context *c, const struct plumb_attached *file, struct fact **ret,
         struct plumb_err *err)
{
    struct pool *pool = pool_new();
    struct fact *f = pool != NULL ? pool_alloc(pool, sizeof *f) : NULL;

    if (f == NULL) {
        pool_free(pool);
        return plumb_fail_memory(err);
    }
    *f = (struct fact){ .holders = 1,
                        .pool = pool,
                        .kind = file->kind,
                        .file = file->digest,
                        .digest = file->digest,
                        .size = file->size,
                        .index = c->index,
                        .time = c->time,
                        .review_by = file->review_by,
                        .rule = "",
                        .text = "" };
    f->name = pool_text(pool, file->name != NULL ? file->name : "");
    f->by = pool_text(pool, c->actor.id);
    if (f->name == NULL || f->by == NULL) {
        fact_release(f);
        return plumb_fail_memory(err);
    }
    *ret = f;
    return PLUMB_OK;
}

/* What is wrong with it is a fact too; only memory fails. */
static enum plumb_code
take_file(const struct reading *r)
{
    struct plumb_err why = { 0 };
    struct reading quiet = *r;
    enum plumb_code code;

    quiet.err = &why;
    code = read_file(&quiet);
    r->fact->accepted = code == PLUMB_OK;
    if (code == PLUMB_OK)
        return PLUMB_OK;
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(r->err);
    attestation_free(r->fact->said);
    vex_free(r->fact->vex);
    r->fact->said = NULL;
    r->fact->vex = NULL;
    r->fact->is_bill = false;
    r->fact->rule = pool_text(r->fact->pool, why.rule);
    if (r->fact->rule == NULL)
        return plumb_fail_memory(r->err);
    return say(r, "%s", why.msg);
}

static enum plumb_code
take_files(const struct context *c, const struct plumb_digest *release,
           const struct attestation_keyring *ring, size_t *ret_accepted, char ret_rule[48],
           struct plumb_err *err)
{
    for (size_t i = 0; i < c->s->u.evidence.nfiles; i++) {
        const struct plumb_attached *file = &c->s->u.evidence.files[i];
        PLUMB_AUTO(auto_fact) struct fact *fact = NULL;
        struct reading r = { c, dossier_of(c->e, release), ring, file, NULL, err };

        PLUMB_TRY(new_fact(c, file, &fact, err));
        r.fact = fact;
        PLUMB_TRY(take_file(&r));
        *ret_accepted += fact->accepted;
        if (!fact->accepted)
            (void)snprintf(ret_rule, 48, "%s", fact->rule);
        PLUMB_TRY(dossier_add(c->e, release, PLUMB_TAKE(fact), err));
    }
    return PLUMB_OK;
}

enum plumb_code
attach(const struct context *c, struct plumb_err *err)
{
    const struct plumb_governance *doc = state_document(c->e);
    PLUMB_AUTO(signers_ring_clear) struct signers_ring keys = { NULL, 0 };
    size_t accepted = 0, n = c->s->u.evidence.nfiles;
    struct attestation_keyring ring = { 0 };
    char rule[48] = "";
    const struct version *v;

    PLUMB_TRY(context_power(c, PLUMB_POWER_EVIDENCE, err));
    if (doc->controls == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "controls.none", "",
                          "governance names no controls that evidence could be for");
    PLUMB_TRY(context_version(c, &c->s->u.evidence.release, &v, err));
    if (v->state == ENGINE_VERSION_REJECTED || v->state == ENGINE_VERSION_BARRED)
        return plumb_fail(err, PLUMB_REFUSED, "evidence.release", "subject[0]",
                          "the release is %s", engine_version_state_text(v->state));
    PLUMB_TRY(signers_ring_make(doc, &keys, err));
    ring.keys = keys.keys;
    ring.nkeys = keys.n;
    ring.root = trust_root(c->e);
    PLUMB_TRY(take_files(c, &v->release, &ring, &accepted, rule, err));
    PLUMB_TRY(match_bill(c->e, (struct moment){ c->index, c->time }, &v->release, err));
    context_say(c, "%zu of %zu files on %.60s@%.60s accepted%s%.40s", accepted, n,
                c->s->payload, c->s->version, accepted < n ? "; the last refusal: " : "",
                rule);
    return PLUMB_OK;
}
