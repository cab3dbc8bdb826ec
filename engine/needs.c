#include <stdlib.h>

#include <plumb/controls.h>

#include "engine/engine.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_governance, struct plumb_governance *, plumb_governance_free);

struct needs {
    struct plumb_digest *ret;
    size_t n, max;
};

static enum plumb_code
add(struct needs *needs, const struct plumb_digest *digest, struct plumb_err *err)
{
    for (size_t i = 0; i < needs->n; i++)
        if (plumb_digest_eq(&needs->ret[i], digest))
            return PLUMB_OK;
    if (needs->n == needs->max)
        return plumb_fail(err, PLUMB_TOO_LARGE, "blob.count", "predicate",
                          "it names more than %zu blobs", needs->max);
    needs->ret[needs->n++] = *digest;
    return PLUMB_OK;
}

/* Those first that are read: the others are only kept. */
static enum plumb_code
add_files(struct needs *needs, const struct plumb_statement *s, size_t *ret_read,
          struct plumb_err *err)
{
    static const bool reads[PLUMB_FILE_KIND_COUNT] = {
        [PLUMB_FILE_ATTESTATION] = true,
        [PLUMB_FILE_SBOM] = true,
        [PLUMB_FILE_VEX] = true,
        [PLUMB_FILE_ROOT_STORE] = true,
    };

    for (int read = 1; read >= 0; read--) {
        for (size_t i = 0; i < s->u.evidence.nfiles; i++)
            if (reads[s->u.evidence.files[i].kind] == (read == 1))
                PLUMB_TRY(add(needs, &s->u.evidence.files[i].digest, err));
        if (read == 1)
            *ret_read = needs->n;
    }
    return PLUMB_OK;
}

/* The trusted root is read; anchors are for verifiers. */
static enum plumb_code
add_named(struct needs *needs, const struct engine_blob *blob, size_t *ret_read,
          struct plumb_err *err)
{
    PLUMB_AUTO(auto_governance) struct plumb_governance *doc = NULL;

    PLUMB_TRY(plumb_governance_parse(blob->data, blob->len, &doc, err));
    if (doc->controls != NULL && doc->controls->has_root)
        PLUMB_TRY(add(needs, &doc->controls->root, err));
    *ret_read = needs->n;
    for (size_t i = 0; i < doc->nfleets; i++)
        for (size_t k = 0; k < doc->fleets[i].nanchors; k++)
            PLUMB_TRY(add(needs, &doc->fleets[i].anchors[k].digest, err));
    return PLUMB_OK;
}

size_t
engine_needs_max(const struct plumb_statement *s)
{
    return s->kind == PLUMB_KIND_GOVERNANCE ? ENGINE_BLOBS_MAX : PLUMB_ATTACHED_MAX;
}

enum plumb_code
engine_needs(const struct plumb_statement *s, const struct engine_blob *blobs, size_t nblobs,
             struct plumb_digest *ret, size_t max, size_t *ret_n, size_t *ret_read,
             struct plumb_err *err)
{
    struct needs needs = { ret, 0, max };
    size_t read = 0;

    if (s->kind == PLUMB_KIND_RELEASE) {
        read = 1;
        PLUMB_TRY(add(&needs, &s->u.release.reference_values, err));
        if (s->u.release.has_sbom)
            PLUMB_TRY(add(&needs, &s->u.release.sbom, err));
    } else if (s->kind == PLUMB_KIND_EVIDENCE) {
        PLUMB_TRY(add_files(&needs, s, &read, err));
    } else if (s->kind == PLUMB_KIND_ADVISORY && s->u.advisory.count > 0) {
        read = 1;
        PLUMB_TRY(add(&needs, &s->u.advisory.records, err));
    } else if (s->kind == PLUMB_KIND_GOVERNANCE) {
        read = 1;
        PLUMB_TRY(add(&needs, &s->u.governance.document, err));
        for (size_t i = 0; i < nblobs; i++)
            if (blobs[i].data != NULL &&
                plumb_digest_eq(&blobs[i].digest, &s->u.governance.document)) {
                PLUMB_TRY(add_named(&needs, &blobs[i], &read, err));
                break;
            }
    }
    *ret_n = needs.n;
    *ret_read = read;
    return PLUMB_OK;
}
