/*
 * client/keyspec.h - keys as people name them: a file, or "agent:WHICH" with WHICH an OpenSSH
 * fingerprint ("SHA256:..."), the beginning (8 digits or more) of a key's id, or a comment.
 */
#ifndef CLIENT_KEYSPEC_H
#define CLIENT_KEYSPEC_H

#include <plumb/key.h>

/* Something that signs. socket: that of the ssh-agent, or NULL. Rules "keyspec.none",
 * "keyspec.several", and those of keyfile_read and the agent. */
PLUMB_MUST_CHECK enum plumb_code keyspec_signer(const char *spec, const char *socket,
                                                struct plumb_signer **ret,
                                                struct plumb_err *err);

/* A public key alone: as above, and files of a PEM or OpenSSH public key. Rule "keyspec.form".
 */
PLUMB_MUST_CHECK enum plumb_code keyspec_public(const char *spec, const char *socket,
                                                struct plumb_pubkey **ret,
                                                struct plumb_err *err);

/* "SHA256:..." of a key, as ssh-add -l shows it. */
#define KEYSPEC_FINGERPRINT 64
PLUMB_MUST_CHECK enum plumb_code keyspec_fingerprint(const struct plumb_pubkey *key,
                                                     char ret[KEYSPEC_FINGERPRINT],
                                                     struct plumb_err *err);
/* PEM "PUBLIC KEY"; the caller frees *ret. */
PLUMB_MUST_CHECK enum plumb_code keyspec_pem(const struct plumb_pubkey *key, char **ret,
                                             struct plumb_err *err);

#endif
