/* client/keyfile.h - private keys in files, and asking for their passphrases. */
#ifndef CLIENT_KEYFILE_H
#define CLIENT_KEYFILE_H

#include <plumb/key.h>

/*
 * Read a PKCS#8 key file. It must be a regular file of the user's own or root's that nobody
 * else may read or write. ask NULL asks on the terminal. The first call of a program makes
 * OpenSSL's locked heap, where the key and its passphrase then live; other threads come later.
 * Rules "keyfile.open", "keyfile.owner", "keyfile.mode", "keyfile.size", and those of
 * plumb_signer_from_pem with where = path.
 */
PLUMB_MUST_CHECK enum plumb_code keyfile_read(const char *path, plumb_passphrase_fn *ask,
                                              void *arg, struct plumb_signer **ret,
                                              struct plumb_err *err);

/*
 * Write signer's key to a new file, mode 0600: whole or not at all, and never over another
 * ("keyfile.exists"). Encrypted when passphrase is not NULL. Rule "keyfile.write".
 */
PLUMB_MUST_CHECK enum plumb_code keyfile_write(const char *path,
                                               const struct plumb_signer *signer,
                                               const char *passphrase, struct plumb_err *err);

/*
 * Ask on /dev/tty, without echo; arg is the text that the prompt names (a path). The answer is
 * NUL-terminated. -1 without a terminal, when the user gives up (^C, ^D), or when the answer
 * does not fit. The second asks twice, -1 when the answers differ.
 */
int keyfile_ask(char *buf, int size, void *arg);
int keyfile_ask_new(char *buf, int size, void *arg);

#endif
