/* sigstore_read.h - the steps of verifying a bundle; for supply/sigstore*.c only. */
#ifndef SUPPLY_SIGSTORE_READ_H
#define SUPPLY_SIGSTORE_READ_H

#include <openssl/x509.h>

#include "supply/sigstore.h"

struct sigstore_period {
    plumb_time from, until; /* inclusive */
};

struct sigstore_log {
    struct plumb_pubkey *key;
    struct plumb_digest id;
    struct sigstore_period valid;
};

struct sigstore_authority {
    X509 *anchor;
    STACK_OF(X509) * between;
    struct sigstore_period valid;
};

struct sigstore_root {
    struct sigstore_log *logs;
    size_t nlogs;
    struct sigstore_authority *authorities;
    size_t nauthorities;
};

bool sigstore_within(const struct sigstore_period *p, plumb_time t);

/* One certificate in DER and nothing after it; NULL where it is none. */
X509 *sigstore_x509(const struct plumb_bytes *der);

/* What is verified of an entry: that a log had the signature, and when. */
struct sigstore_signed {
    const struct plumb_dsse *envelope;     /* of one signature */
    const struct plumb_bytes *certificate; /* DER */
    bool need_proof;                       /* of inclusion */
};
PLUMB_MUST_CHECK enum plumb_code sigstore_entry(const struct plumb_jv *entry,
                                                const struct sigstore_root *root,
                                                const struct sigstore_signed *what,
                                                plumb_time *ret, struct plumb_err *err);

/* The certificate at that time: its key, and whose it is. */
PLUMB_MUST_CHECK enum plumb_code
sigstore_certificate(const struct plumb_bytes *der, const struct sigstore_root *root,
                     plumb_time at, struct sigstore_bundle *ret, struct plumb_pubkey **ret_key,
                     struct plumb_err *err);

#endif
