/* envelope.h - other people's DSSE envelopes: more forgiving than ours, and no less verified.
 * For supply/ only. */
#ifndef SUPPLY_ENVELOPE_H
#define SUPPLY_ENVELOPE_H

#include <plumb/dsse.h>

/*
 * payload, payloadType, signatures[{sig[, keyid]}]; other members are read over, base64 may be
 * standard or URL-safe, padded or not. Rule "attestation.form".
 */
PLUMB_MUST_CHECK enum plumb_code envelope_read(const json_t *json, struct plumb_dsse *ret,
                                               struct plumb_err *err);

#endif
