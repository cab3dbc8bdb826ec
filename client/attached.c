#include "client/attached.h"

#include <inttypes.h>
#include <string.h>

#include "lib/own.h"

static bool
same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool
names(const struct plumb_statement *s, const struct client_file *file)
{
    for (size_t i = 0; i < s->u.evidence.nfiles; i++) {
        const struct plumb_attached *a = &s->u.evidence.files[i];

        if (plumb_digest_eq(&a->digest, &file->digest))
            return a->kind == file->kind && a->size == file->size &&
                   a->review_by == file->review_by && same_text(a->name, file->name);
    }
    return false;
}

/* Whose key it was when it was attached: what became of the key since takes nothing away. */
static bool
is_by(const struct plumb_chain *chain, const struct plumb_statement *s, uint64_t index,
      const char *by)
{
    const struct plumb_link *then = plumb_chain_at(chain, index);
    const char *id = NULL;

    return then != NULL &&
           plumb_chain_signer(chain, &s->keys[0], PLUMB_USE_SIGN, index,
                              (size_t)then->document->version, &id, NULL) == PLUMB_OK &&
           strcmp(id, by) == 0;
}

enum plumb_code
attached_check(const struct client_proof *proof, const struct plumb_chain *chain,
               const struct plumb_digest *release, const struct client_file *file,
               struct plumb_err *err)
{
    const struct plumb_statement *s;

    if (proof->index != file->index)
        return plumb_fail(err, PLUMB_REFUSED, "attached.index", "index",
                          "the proof is of entry %" PRIu64 ", the file names %" PRIu64,
                          proof->index, file->index);
    if (proof->opened == NULL)
        return plumb_fail(err, PLUMB_REFUSED, "attached.signature", "",
                          "the signature of entry %" PRIu64 " does not verify: %.200s",
                          proof->index, proof->unverified.msg);
    s = proof->opened->statement;
    if (s->kind != PLUMB_KIND_EVIDENCE || !plumb_digest_eq(&s->u.evidence.release, release))
        return plumb_fail(err, PLUMB_REFUSED, "attached.statement", "",
                          "entry %" PRIu64 " attaches nothing to this release", proof->index);
    if (!names(s, file))
        return plumb_fail(err, PLUMB_REFUSED, "attached.file", "",
                          "entry %" PRIu64 " does not attach this file", proof->index);
    if (proof->time != file->time)
        return plumb_fail(err, PLUMB_REFUSED, "attached.time", "time",
                          "entry %" PRIu64 " is of another time", proof->index);
    if (!is_by(chain, s, proof->index, file->by))
        return plumb_fail(err, PLUMB_REFUSED, "attached.by", "by",
                          "entry %" PRIu64 " is not by %.64s", proof->index, file->by);
    return PLUMB_OK;
}
