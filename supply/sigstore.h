/*
 * sigstore.h - sigstore bundles: an envelope, and what proves by whom and when it was signed
 * without anybody being asked. Verified against a trusted root that is pinned, never fetched.
 *
 * A certificate here lives for minutes, so the time of signing is part of the proof: what a log
 * of the trusted root promised in a signed entry timestamp. Timestamp authorities are not read,
 * and the certificate authority is trusted to give an identity only to its owner: its
 * certificates' own transparency (SCTs) is not looked at.
 */
#ifndef SUPPLY_SIGSTORE_H
#define SUPPLY_SIGSTORE_H

#include <plumb/dsse.h>
#include <plumb/time.h>
#include <stdbool.h>

/* A trusted_root.json: certificate authorities, and the keys of logs. */
struct sigstore_root;

#define SIGSTORE_ROOT_MAX (1u << 20) /* bytes of its file */

/* Rules "json.*", "sigstore.trusted-root". Log keys of a type that we do not verify are read
 * over: what such a log says counts as a stranger's. */
PLUMB_MUST_CHECK enum plumb_code sigstore_root_read(const void *data, size_t len,
                                                    struct sigstore_root **ret,
                                                    struct plumb_err *err);
void sigstore_root_free(struct sigstore_root *root);

#define SIGSTORE_NAME 1001 /* of an issuer or identity, with its NUL */

struct sigstore_bundle {
    struct plumb_dsse envelope; /* by key: NOT verified */
    bool by_certificate;        /* then the rest is set, and all of it verified */
    char issuer[SIGSTORE_NAME], identity[SIGSTORE_NAME];
    plumb_time time; /* of signing */
};
void sigstore_bundle_clear(struct sigstore_bundle *b);

/* Does it say that it is a bundle, of whatever version? */
bool sigstore_is(const json_t *json);

/*
 * Reads a bundle, media types v0.1 to v0.3. With a public key's hint its envelope is handed
 * out as it is: whoever has keys verifies it. With a certificate everything is verified, root
 * being NULL where there is none. Rules "json.*", "attestation.form", and
 *
 *   sigstore.version      a media type that we do not read
 *   sigstore.content      it signs a file, and no statement
 *   sigstore.form         not one signature, or no proof of whose
 *   sigstore.root         a certificate, and no trusted root to verify it by
 *   sigstore.time         no log vouches for the time of signing
 *   sigstore.log          a log that the trusted root does not have, or not at that time
 *   sigstore.promise      a log's timestamp that it did not sign
 *   sigstore.proof        no proof of inclusion, or one that does not hold
 *   sigstore.entry        the log's entry is about something else, or of a kind unknown
 *   sigstore.certificate  of no authority of the root, not valid then, not for signing code
 *   sigstore.identity     it does not say for whom it is, or by whom that was vouched for
 *   sigstore.signature    not by the certificate's key
 */
PLUMB_MUST_CHECK enum plumb_code sigstore_open(json_t *json, const struct sigstore_root *root,
                                               struct sigstore_bundle *ret,
                                               struct plumb_err *err);

#endif
