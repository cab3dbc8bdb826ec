/* cli/submit.h - sign a statement, send it, and say what it did. */
#ifndef CLI_SUBMIT_H
#define CLI_SUBMIT_H

#include "cli/cli.h"

/* The log's origin that statements are made for: the trust file's, the profile's, or else that
 * of the governance document in force. Borrowed. */
PLUMB_MUST_CHECK enum plumb_code cli_origin(struct cli *cli, const char **ret,
                                            struct plumb_err *err);

/*
 * One's own statement, signed with the key of --sign-key or the profile, and sent. Prints the
 * receipt in lines, after what was done in the past tense ("proposed", "approved"), and as the
 * command's JSON answer. members is borrowed.
 */
PLUMB_MUST_CHECK enum plumb_code cli_submit(struct cli *cli, const char *done,
                                            enum plumb_kind kind,
                                            const struct plumb_subject *subjects, size_t n,
                                            const json_t *members, struct plumb_err *err);
/* The same, but for the JSON answer: *ret is for the caller to say more of. */
PLUMB_MUST_CHECK enum plumb_code
cli_submit_receipt(struct cli *cli, const char *done, enum plumb_kind kind,
                   const struct plumb_subject *subjects, size_t n, const json_t *members,
                   struct client_receipt *ret, struct plumb_err *err);
/* The same of an envelope that is signed already. genesis: it begins the log. */
PLUMB_MUST_CHECK enum plumb_code cli_send(struct cli *cli, const char *done,
                                          const json_t *envelope, bool genesis,
                                          struct plumb_err *err);

/* {"id", "index", "time", "effect", "repeated", "proven", "proof"} */
json_t *cli_receipt_json(const struct client_receipt *r);
void cli_receipt_lines(struct cli *cli, const char *done, const struct client_receipt *r);

#endif
