/*
 * seen.h - what a witness has seen: for each log the last checkpoint that it cosigned, in one
 * file each, which is replaced before anyone is told.
 */
#ifndef WITNESS_SEEN_H
#define WITNESS_SEEN_H

#include <plumb/witness.h>

#include "witness/logs.h"

struct cosigner {
    const char *data;     /* the witness's directory; files in DATA/seen */
    struct plumb_vkey id; /* of type 04 */
    struct plumb_signer *signer;
};

/*
 * Cosign what a log asks for at now: *ret_line is the signature line. Nobody else, in this
 * process or another, decides on this log meanwhile; and what was decided is on the disk before
 * this returns. Refused as plumb_witness_check() does; *ret_size, the size that was seen, is
 * written then too, and a checkpoint that the log did sign but that does not extend what was seen
 * is kept beside it, as ORIGIN-DIGEST.refused. Rules of files; "witness.seen" when what is on the disk is not what this
 * witness wrote: it never starts anew by itself.
 */
PLUMB_MUST_CHECK enum plumb_code seen_cosign(const struct cosigner *self,
                                             const struct known_log *log,
                                             const struct plumb_add_checkpoint *request,
                                             plumb_time now, struct plumb_bytes *ret_line,
                                             uint64_t *ret_size, struct plumb_err *err);

/* The last cosigned checkpoint of a log. PLUMB_NOT_FOUND, rule "file.read", for none. */
PLUMB_MUST_CHECK enum plumb_code seen_read(const struct cosigner *self,
                                           const struct known_log *log,
                                           struct plumb_bytes *ret_note, struct plumb_err *err);

#endif
