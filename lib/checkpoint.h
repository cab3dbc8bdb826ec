/* lib/checkpoint.h - parts of checkpoints, for those in lib/ that make and read cosignatures.
 */
#ifndef LIB_CHECKPOINT_H
#define LIB_CHECKPOINT_H

#include "lib/log_policy.h"
#include "lib/note.h"

#define PLUMB_ED25519_SIG 64
#define PLUMB_COSIGNATURE (8 + PLUMB_ED25519_SIG) /* time, signature */

/* C2SP tlog-cosignature, "Ed25519 signed message". */
PLUMB_MUST_CHECK enum plumb_code plumb_cosigned_message(uint64_t time, struct plumb_span text,
                                                        struct plumb_bytes *ret,
                                                        struct plumb_err *err);

/* Whose key's line this is, by name and id; NULL for a stranger's. */
const struct plumb_policy_key *plumb_policy_key_of(const struct plumb_log_policy *p,
                                                   const struct plumb_note_sig *sig);
/* The line's signature over text is key's: rule "note.signature". */
PLUMB_MUST_CHECK enum plumb_code plumb_policy_key_verify(const struct plumb_policy_key *key,
                                                         struct plumb_span text,
                                                         const struct plumb_note_sig *sig,
                                                         struct plumb_err *err);

#endif
