/*
 * notary.h - a sigstore of our own: an authority that gives certificates for minutes, and a log
 * that promises when it took a signature. For the tests of every layer.
 */
#ifndef TESTS_NOTARY_H
#define TESTS_NOTARY_H

#include <jansson.h>
#include <plumb/bytes.h>
#include <plumb/key.h>

#define NOTARY_ISSUER   "https://issuer.example"
#define NOTARY_IDENTITY "https://git.example/web/build.yml@refs/heads/main"

struct notary {
    void *keys[3],
        *certificates[3]; /* EVP_PKEY, X509: of the root, what is between, a stranger */
    struct plumb_signer *log, *stranger;
    plumb_time now; /* when it is signed; the authority is good for years around it */
};
void notary_begin(struct notary *n, plumb_time now);
void notary_end(struct notary *n);

/* Its trusted root; the caller owns it, as all of these. */
json_t *notary_root(const struct notary *n);

/* What is unusual about a bundle; {0} is a good one of version 0.3. */
struct notary_wish {
    const char *version; /* "0.1", "0.2": of its media type */
    const char *san;     /* as OpenSSL's configuration has it; "-": none */
    const char *issuer;  /* "-": none */
    const char *use;     /* extended key usage; "-": none */
    const char *constraints, *key_usage;
    const char *stated; /* the log's entry is about this payload */
    plumb_time at;      /* the log's time */
    bool legacy_issuer, intoto, self_made, other_log, other_signer, no_promise, no_proof;
};
/* payload, signed with a certificate of the notary's. */
json_t *notary_bundle(const struct notary *n, const char *payload,
                      const struct notary_wish *wish);

#endif
