/*
 * identity.h - the service's own keys, in DATA/keys: what it signs statements with
 * (service.key), the log's checkpoints (log.key), and speaks TLS with (tls.key, tls.crt). Their
 * public halves stand in the governance document and in trust files. A rotation adds
 * service-next.key and log-next.key: see docs/operating.md.
 */
#ifndef SERVER_IDENTITY_H
#define SERVER_IDENTITY_H

#include <plumb/json.h>
#include <plumb/key.h>
#include <plumb/tlog.h>

#define IDENTITY_LOG_KEYS 2 /* an overlap in which the old and the new one sign */

struct identity {
    char origin[128];
    struct plumb_signer *statement;      /* the key that is active in the governance document */
    struct plumb_signer *statement_next; /* or NULL */
    struct plumb_signer *log[IDENTITY_LOG_KEYS];
    size_t nlog;
    struct plumb_bytes tls_key_pem, tls_certificate_pem;
    struct plumb_digest tls_pin; /* id of the TLS key */
};

/*
 * Make the keys of a new instance, and DATA/origin. Refused when there are some: rule
 * "identity.exists". names: of the TLS certificate. now: for its dates.
 */
PLUMB_MUST_CHECK enum plumb_code identity_create(const char *data, const char *origin,
                                                 const char *names, plumb_time now,
                                                 struct plumb_err *err);

/* One more statement key and log key beside those that are there: the first step of a rotation.
 */
PLUMB_MUST_CHECK enum plumb_code identity_next(const char *data, struct plumb_err *err);
/* The next ones become the only ones: the last step. */
PLUMB_MUST_CHECK enum plumb_code identity_promote(const char *data, struct plumb_err *err);

/* The caller owns *ret and clears it with identity_clear. */
PLUMB_MUST_CHECK enum plumb_code identity_load(const char *data, struct identity *ret,
                                               struct plumb_err *err);
void identity_clear(struct identity *id);

/* {"origin", "sign": [spki], "log": [vkey], "tls": spki, "certificate": pem as base64}. */
PLUMB_MUST_CHECK enum plumb_code identity_json(const struct identity *id, json_t **ret,
                                               struct plumb_err *err);

#endif
