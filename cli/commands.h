/* cli/commands.h - every subcommand, in the order of the help; each is defined in a file of its
 * own as command_NAME. */
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/cli.h"

/* clang-format off */
#define CLI_COMMANDS(X)                 \
    X(key_new)                          \
    X(key_show)                         \
    X(key_list)                         \
    X(profile)                          \
    X(whoami)                           \
    X(trust)                            \
    X(governance_template)              \
    X(governance_check)                 \
    X(governance_genesis)               \
    X(governance_submit)                \
    X(governance_show)                  \
    X(governance_draft)                 \
    X(governance_diff)                  \
    X(governance_propose)               \
    X(measure)                          \
    X(release_add)                      \
    X(release_list)                     \
    X(release_show)                     \
    X(attest_assertion)                 \
    X(attest_rebuild)                   \
    X(attest_reference)                 \
    X(evidence_add)                     \
    X(evidence_list)                    \
    X(evidence_diff)                    \
    X(evidence_pack)                    \
    X(controls)                         \
    X(waiver)                           \
    X(advisories_import)                \
    X(findings)                         \
    X(approve)                          \
    X(reject)                           \
    X(abstain)                          \
    X(rollout_begin)                    \
    X(rollout_complete)                 \
    X(rollout_rollback)                 \
    X(rollout_reschedule)               \
    X(revoke)                           \
    X(queue)                            \
    X(status)                           \
    X(show)                             \
    X(history)                          \
    X(bundle_pull)                      \
    X(bundle_verify)                    \
    X(bundle_show)                      \
    X(appraise)                         \
    X(recognise)                        \
    X(verifier_enrol)                   \
    X(verifier_retire)                  \
    X(log_receipt)                      \
    X(log_entry)                        \
    X(log_checkpoint)                   \
    X(log_export)                       \
    X(audit)                            \
    X(completion)
/* clang-format on */

#define X(name) extern const struct cli_command command_##name;
CLI_COMMANDS(X)
#undef X

extern const struct cli_command *const cli_commands[];
extern const size_t cli_ncommands;
/* Options that every command takes; the last has no name. */
extern const struct cli_option cli_globals[];

#endif
