#include "engine/bill.h"

#include <stdio.h>

#include "engine/trust.h"

/* A signer says so itself; of a bare file the statement does, or a signer who refers to it. */
static bool
is_bound(const struct engine *e, const struct version *v, const struct dossier *d,
         const struct fact *f)
{
    if (!f->accepted || !f->is_bill)
        return false;
    if (f->said != NULL)
        return f->said->kind == ATTESTATION_SBOM &&
               trust_find(e, f->said, f->index, PLUMB_TRUST_SBOM, NULL) != NULL;
    return (v->has_sbom && plumb_digest_eq(&v->sbom, &f->file)) ||
           trust_refers(e, d, PLUMB_TRUST_SBOM, &f->file);
}

bool
bill_is_bound(const struct engine *e, const struct plumb_digest *release, const struct fact *f)
{
    return is_bound(e, state_version(e, release), dossier_of(e, release), f);
}

const struct fact *
bill_of(const struct engine *e, const struct plumb_digest *release)
{
    const struct version *v = state_version(e, release);
    const struct dossier *d = dossier_of(e, release);

    for (size_t i = d->n; i > 0; i--)
        if (is_bound(e, v, d, d->facts[i - 1]))
            return d->facts[i - 1];
    return NULL;
}

/* Of the file that the release statement names; false: it is on file, and was read. */
static bool
is_missing(const struct version *v, const struct dossier *d, char ret[BILL_FAULT])
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(&v->sbom, hex);
    for (size_t i = 0; i < d->n; i++) {
        const struct fact *f = d->facts[i];

        if (f->kind != PLUMB_FILE_SBOM || !plumb_digest_eq(&f->file, &v->sbom))
            continue;
        if (!f->accepted)
            (void)snprintf(ret, BILL_FAULT,
                           "the bill of materials that the release statement names, %.12s, is "
                           "attached, but was not accepted (%.40s): mend it, and register "
                           "another version with it",
                           hex, f->rule);
        return !f->accepted;
    }
    (void)snprintf(ret, BILL_FAULT,
                   "the release statement names the bill of materials %.12s, which is not "
                   "attached: attach that very file",
                   hex);
    return true;
}

static bool
has_loose_bill(const struct dossier *d)
{
    for (size_t i = 0; i < d->n; i++)
        if (d->facts[i]->accepted && d->facts[i]->kind == PLUMB_FILE_SBOM)
            return true;
    return false;
}

void
bill_unbound(const struct engine *e, const struct plumb_digest *release, char ret[BILL_FAULT])
{
    const struct version *v = state_version(e, release);
    const struct dossier *d = dossier_of(e, release);

    if (v->has_sbom && is_missing(v, d, ret))
        return;
    (void)snprintf(ret, BILL_FAULT, "%s",
                   has_loose_bill(d)
                       ? "a bill of materials is attached, but not bound to the release: "
                         "attach a reference to it by a signer trusted for sbom"
                       : "no bill of materials is bound to the release: attach one, and a "
                         "reference to it by a signer trusted for sbom");
}

void
bill_unnamed(const struct engine *e, const struct plumb_digest *release, char ret[BILL_FAULT])
{
    const struct version *v = state_version(e, release);
    char hex[PLUMB_DIGEST_HEX];

    if (!v->has_sbom) {
        (void)snprintf(ret, BILL_FAULT,
                       "the release statement names no bill of materials, and bundles have "
                       "only one that is named: register another version with it");
        return;
    }
    if (is_missing(v, dossier_of(e, release), ret))
        return;
    plumb_digest_hex(&v->sbom, hex);
    (void)snprintf(ret, BILL_FAULT,
                   "another bill of materials was attached after the one that the release "
                   "statement names, %.12s: attach that file once more",
                   hex);
}
