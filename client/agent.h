/* client/agent.h - the keys that an ssh-agent holds, and signatures by them. */
#ifndef CLIENT_AGENT_H
#define CLIENT_AGENT_H

#include <plumb/key.h>

struct agent_key {
    struct plumb_pubkey *pub;
    char comment[128]; /* truncated; bytes that are not printable ASCII are '?' */
};
struct agent_keys {
    struct agent_key *keys;
    size_t n;
};
void agent_keys_clear(struct agent_keys *keys);

/*
 * The keys of types that we know; others are left out. socket is the value of SSH_AUTH_SOCK.
 * Rules "agent.connect", "agent.io" (PLUMB_UNAVAILABLE), "agent.refused", "ssh.form".
 */
PLUMB_MUST_CHECK enum plumb_code agent_list(const char *socket, struct agent_keys *ret,
                                            struct plumb_err *err);

/*
 * A signer for key, which is copied; whether the agent has it shows when it signs. A signature
 * may wait two minutes for a touch, a PIN or a confirmation. What comes back is verified, so an
 * agent cannot make us send a bad signature, nor one without the user that key asks for.
 */
PLUMB_MUST_CHECK enum plumb_code agent_signer(const char *socket,
                                              const struct plumb_pubkey *key,
                                              struct plumb_signer **ret, struct plumb_err *err);

#endif
