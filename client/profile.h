/*
 * client/profile.h - who a person is and which service they talk to: a JSON file of the members
 * "server", "pin", "tlsKey", "signKey", "trust" and "log", all optional strings. Paths in it
 * that are relative are so to the file's own directory.
 */
#ifndef CLIENT_PROFILE_H
#define CLIENT_PROFILE_H

#include <plumb/json.h>

struct profile { /* strings owned; NULL when absent */
    char *server;
    char *pin;      /* SHA-256 of the server's TLS key, where there is no trust file */
    char *tls_key;  /* path */
    char *sign_key; /* path, or "agent:..." as client/keyspec.h says */
    char *trust;    /* path of the trust file */
    char *log;      /* the log's origin, where there is no trust file */
};
void profile_clear(struct profile *p);

/* Where the profile is: asked for, or $PLUMB_CONFIG, or plumbline/config.json in the user's
 * configuration directory. The caller frees *ret. Rule "profile.where". */
PLUMB_MUST_CHECK enum plumb_code profile_path(const char *asked, char **ret,
                                              struct plumb_err *err);
/* Rules "file.open" (PLUMB_NOT_FOUND without one), "profile.form". */
PLUMB_MUST_CHECK enum plumb_code profile_read(const char *path, struct profile *ret,
                                              struct plumb_err *err);
/* Writes it whole, making the last directory of path; relative paths are made absolute. */
PLUMB_MUST_CHECK enum plumb_code profile_write(const char *path, const struct profile *p,
                                               struct plumb_err *err);

#endif
