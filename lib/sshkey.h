/*
 * lib/sshkey.h - OpenSSH's wire forms of keys, signatures and the agent's messages (RFC 4251
 * section 5, RFC 4253 section 6.6, PROTOCOL.u2f, draft-miller-ssh-agent). Bytes only: the
 * agent's socket is the client's. Rule "ssh.form" for whatever is not as those say.
 */
#ifndef LIB_SSHKEY_H
#define LIB_SSHKEY_H

#include <plumb/key.h>

#include "lib/pubkey.h"

/* A security key's signature, its inner one as OpenSSL wants it: raw Ed25519, or DER. */
struct plumb_ssh_sk_signature {
    uint8_t sig[PLUMB_ECDSA_DER_MAX];
    size_t sig_len;
    uint8_t flags;
    uint32_t counter;
};
PLUMB_MUST_CHECK enum plumb_code plumb_ssh_sk_signature_read(enum plumb_key_type type,
                                                             const void *blob, size_t len,
                                                             struct plumb_ssh_sk_signature *ret,
                                                             struct plumb_err *err);

/* The public key blob that plumb_pubkey_from_ssh() reads. */
PLUMB_MUST_CHECK enum plumb_code plumb_pubkey_ssh(const struct plumb_pubkey *key,
                                                  struct plumb_bytes *ret,
                                                  struct plumb_err *err);

/* Bodies of agent messages, without the length that goes before each on the socket. */
#define PLUMB_AGENT_MESSAGE_MAX 262144 /* what OpenSSH's agent takes and sends */
#define PLUMB_AGENT_LIST        11     /* a request's whole body */

/*
 * Calls each for every key of a list reply, borrowed blob and comment; stops at its first
 * failure. Rule "agent.refused" when the agent said no.
 */
typedef enum plumb_code plumb_agent_key_fn(void *arg, const uint8_t *blob, size_t len,
                                           const char *comment, size_t comment_len,
                                           struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_agent_list_read(const void *reply, size_t len,
                                                       plumb_agent_key_fn *each, void *arg,
                                                       struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_agent_sign_request(const struct plumb_pubkey *key,
                                                          const void *msg, size_t len,
                                                          struct plumb_bytes *ret,
                                                          struct plumb_err *err);
/* The signature as plumb_pubkey_verify() accepts it; not verified here. */
PLUMB_MUST_CHECK enum plumb_code plumb_agent_sign_read(const struct plumb_pubkey *key,
                                                       const void *reply, size_t len,
                                                       struct plumb_bytes *ret,
                                                       struct plumb_err *err);

#endif
