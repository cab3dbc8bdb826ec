/*
 * client/attested.h - the bill of materials in an attestation, verified here as the service
 * must have verified it. client/attached.h tells that the file was attached.
 */
#ifndef CLIENT_ATTESTED_H
#define CLIENT_ATTESTED_H

#include "client/client.h"

/*
 * file is what entry index attached to the release of that id. Signed by whoever the document
 * of that entry trusted for bills, about an artifact of the release, and by whoever is trusted
 * now. *ret are the bill's bytes, the caller's; *ret_signer is what governance calls the
 * signer, borrowed from the chain. Rules "attested.entry" (before there were controls),
 * "attested.release" (the id is of no release), those of attestation_open and of
 * sigstore_root_read, "attested.subject" (about no artifact of it), "attested.bill" (it carries
 * none), "attested.trust" (its signer was not trusted then), and "attested.lapsed": all of it
 * holds, but its signer is not trusted any more.
 */
PLUMB_MUST_CHECK enum plumb_code attested_bill(struct client *c, struct plumb_chain *chain,
                                               const struct plumb_digest *release,
                                               uint64_t index, const struct plumb_bytes *file,
                                               struct plumb_bytes *ret, const char **ret_signer,
                                               struct plumb_err *err);

#endif
