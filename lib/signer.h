/* lib/signer.h - the private key behind a signer of ours; for lib/ only. */
#ifndef LIB_SIGNER_H
#define LIB_SIGNER_H

#include <openssl/evp.h>
#include <plumb/key.h>

/* Borrowed; NULL when the signer's private key is not in this process. */
EVP_PKEY *plumb_signer_pkey(const struct plumb_signer *signer);

#endif
