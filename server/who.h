/*
 * who.h - a snapshot of whose keys are whose, taken after each commit that changes them: so
 * that telling a client and checking a signature never wait for the engine. Immutable, counted.
 */
#ifndef SERVER_WHO_H
#define SERVER_WHO_H

#include "engine/engine.h"

struct who;

PLUMB_MUST_CHECK enum plumb_code who_new(const struct engine *engine, struct who **ret,
                                         struct plumb_err *err);
struct who *who_ref(struct who *who);
void who_unref(struct who *who);

struct who_client {
    const char *principal; /* borrowed from the snapshot */
    unsigned may;          /* 1u << enum plumb_power */
    const char *const *fleets;
    size_t nfleets;
};

/* By the key of a client's TLS certificate: only active ones of use tls. */
bool who_client(const struct who *who, const struct plumb_digest *tls_key,
                struct who_client *ret);
/* Has power over that fleet: read reaches all of them, pull and recognise only one's own. */
bool who_may_pull(const struct who_client *client, const char *fleet);

/* A plumb_key_lookup, arg being the snapshot: any signing key, whatever its status. */
const struct plumb_pubkey *who_signing_key(void *who, const struct plumb_digest *id);

#endif
