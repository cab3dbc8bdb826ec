/*
 * cli/attest.h - in-toto statements about a release's artifacts, signed with one's own key:
 * files that 'evidence add' attaches. docs/controls.md has their predicates.
 */
#ifndef CLI_ATTEST_H
#define CLI_ATTEST_H

#include <plumb/controls.h>

#include "cli/view.h"

/* What every one of them begins with; clear it either way. */
struct cli_attest {
    const char *output;
    struct cli_version version;
    struct cli_released release;
    struct plumb_chain *chain;                 /* borrowed */
    const struct plumb_governance *governance; /* in force, with controls; borrowed */
    const char *type;                          /* of the predicate */
    enum plumb_trust_use use;                  /* what its signer must be trusted for */
    const char *control;                       /* of an assertion, else NULL */
};
void cli_attest_clear(struct cli_attest *a);

#define CLI_ATTEST_OUTPUT                                                                      \
    {                                                                                          \
        "output", 'o', "FILE", false, "where the signed statement goes"                        \
    }

/* The release of the first argument, verified. Rules "usage" (no --output), "controls.none",
 * those of cli_released. */
PLUMB_MUST_CHECK enum plumb_code cli_attest_begin(struct cli *cli, const char *type,
                                                  enum plumb_trust_use use,
                                                  struct cli_attest *ret,
                                                  struct plumb_err *err);

/* A subject, or the digest of anything else that is named: {"name", "digest": {"sha256"}}. NULL
 * when out of memory. */
json_t *cli_attest_resource(const char *name, const struct plumb_digest *digest);
/* Every artifact of the release; NULL when out of memory. */
json_t *cli_attest_artifacts(const struct cli_attest *a);

/*
 * Sign it, read it as the service will, write it, and say whether governance trusts the signer.
 * subjects and predicate are borrowed; NULL is out of memory. Rules those of attestation_open.
 */
PLUMB_MUST_CHECK enum plumb_code cli_attest_write(struct cli *cli, const struct cli_attest *a,
                                                  const json_t *subjects,
                                                  const json_t *predicate,
                                                  struct plumb_err *err);

#endif
