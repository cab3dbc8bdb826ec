#include "client/attested.h"

#include <inttypes.h>

#include "client/chain.h"
#include "lib/own.h"
#include "supply/signers.h"
#include "supply/sigstore.h"

PLUMB_DEFINE_AUTO(auto_attestation, struct attestation *, attestation_free);
PLUMB_DEFINE_AUTO(auto_root, struct sigstore_root *, sigstore_root_free);

/* The document's trusted root, if it names one. */
static enum plumb_code
fetch_root(struct client *c, const struct plumb_controls *controls, struct sigstore_root **ret,
           struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };

    if (!controls->has_root)
        return PLUMB_OK;
    PLUMB_TRY(client_blob_get(c, &controls->root, SIGSTORE_ROOT_MAX, &bytes, err));
    return sigstore_root_read(bytes.data, bytes.len, ret, err);
}

/* By whoever the document trusts for anything at all. */
static enum plumb_code
open_by(struct client *c, const struct plumb_governance *doc, const struct plumb_bytes *file,
        struct attestation **ret, struct plumb_err *err)
{
    PLUMB_AUTO(signers_ring_clear) struct signers_ring keys = { NULL, 0 };
    PLUMB_AUTO(auto_root) struct sigstore_root *root = NULL;
    struct attestation_keyring ring;

    PLUMB_TRY(signers_ring_make(doc, &keys, err));
    PLUMB_TRY(fetch_root(c, doc->controls, &root, err));
    ring = (struct attestation_keyring){ keys.keys, keys.n, root };
    return attestation_open(file->data, file->len, &ring, ret, err);
}

static enum plumb_code
check_subject(struct client *c, struct plumb_chain *chain, const struct plumb_digest *release,
              const struct attestation *a, struct plumb_err *err)
{
    PLUMB_AUTO(client_statement_clear) struct client_statement s = { 0 };
    const struct plumb_statement *st;

    PLUMB_TRY(client_statement(c, release, client_chain_key, chain, &s, err));
    st = s.signed_statement->statement;
    if (st->kind != PLUMB_KIND_RELEASE)
        return plumb_fail(err, PLUMB_REFUSED, "attested.release", "",
                          "the statement that it is attached to is no release");
    for (size_t i = 0; i < st->nsubjects; i++)
        if (attestation_about(a, &st->subjects[i].digest))
            return PLUMB_OK;
    return plumb_fail(err, PLUMB_REFUSED, "attested.subject", "subject",
                      "none of its subjects is an artifact of %.60s@%.60s", st->payload,
                      st->version);
}

/* By the document of then, and by the one in force. */
static enum plumb_code
check_signer(const struct plumb_chain *chain, const struct plumb_governance *then,
             const struct attestation *a, uint64_t index, const char **ret,
             struct plumb_err *err)
{
    const struct plumb_trusted *t = signers_find(chain, then, a, index, PLUMB_TRUST_SBOM, NULL);

    if (t == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "attested.trust", "signatures",
                          "whoever signed it was not trusted for bills of materials");
    t = signers_find(chain, plumb_chain_last(chain)->document, a, index, PLUMB_TRUST_SBOM,
                     NULL);
    if (t == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "attested.lapsed", "signatures",
                          "whoever signed it is not trusted for bills of materials any more");
    *ret = t->name;
    return PLUMB_OK;
}

enum plumb_code
attested_bill(struct client *c, struct plumb_chain *chain, const struct plumb_digest *release,
              uint64_t index, const struct plumb_bytes *file, struct plumb_bytes *ret,
              const char **ret_signer, struct plumb_err *err)
{
    const struct plumb_link *then = plumb_chain_at(chain, index);
    PLUMB_AUTO(auto_attestation) struct attestation *a = NULL;

    if (then == NULL || then->document->controls == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "attested.entry", "index",
                          "nothing could be attached by entry %" PRIu64, index);
    PLUMB_TRY(open_by(c, then->document, file, &a, err));
    PLUMB_TRY(check_subject(c, chain, release, a, err));
    if (a->kind != ATTESTATION_SBOM)
        return plumb_fail(err, PLUMB_REFUSED, "attested.bill", "predicateType",
                          "it is no bill of materials: %.120s", a->predicate_type);
    PLUMB_TRY(check_signer(chain, then->document, a, index, ret_signer, err));
    *ret = a->document;
    a->document = (struct plumb_bytes){ NULL, 0 };
    return PLUMB_OK;
}
