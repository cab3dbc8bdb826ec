/* cli/key.h - what 'plumb key' commands say of a key. */
#ifndef CLI_KEY_H
#define CLI_KEY_H

#include "cli/cli.h"

/* {"type", "id", "spki", "fingerprint", "application"?} */
PLUMB_MUST_CHECK enum plumb_code cli_key_json(const struct plumb_pubkey *key, json_t **ret,
                                              struct plumb_err *err);
/* The same in lines for people. */
PLUMB_MUST_CHECK enum plumb_code cli_key_lines(struct cli *cli, const struct plumb_pubkey *key,
                                               struct plumb_err *err);

#endif
