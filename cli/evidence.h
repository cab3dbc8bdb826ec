/* cli/evidence.h - one piece of evidence against a verified bundle. */
#ifndef CLI_EVIDENCE_H
#define CLI_EVIDENCE_H

#include "cli/cli.h"

#include <plumb/appraise.h>
#include <plumb/evidence.h>

#define CLI_EVIDENCE_OPTIONS                                                                   \
    { "bundle", 0, "FILE", false, "the bundle to judge by" },                                  \
        { "claims", 0, "FILE", false, "claims in JSON, ours or Trustee's" },                   \
        { "evidence", 0, "FILE", false, "a quote, report, document or image" },                \
    {                                                                                          \
        "payload", 0, "PAYLOAD", false, "it must be this payload (else any of the fleet's)"    \
    }

/* Everything that a verdict rests on; all owned. */
struct appraisal {
    const char *path; /* borrowed */
    struct plumb_bundle *bundle;
    struct plumb_policy *policy;
    struct plumb_evidence *evidence;
    const struct plumb_reading *reading;
    struct plumb_verdict verdict;
};
void appraisal_clear(struct appraisal *a);

/*
 * The verdict on the evidence of --claims or --evidence by the bundle of --bundle, as of at.
 * Several readings of one file (a signed enclave's SIGSTRUCTs) are judged each; the first that
 * is refused is the verdict. Rules "usage", those of the bundle and of the evidence.
 */
PLUMB_MUST_CHECK enum plumb_code cli_appraise(struct cli *cli, plumb_time at,
                                              struct appraisal *ret, struct plumb_err *err);

/* One screen for people. */
void cli_verdict_lines(struct cli *cli, const struct appraisal *a);
/* For programs. */
PLUMB_MUST_CHECK enum plumb_code cli_verdict_json(const struct appraisal *a, json_t **ret,
                                                  struct plumb_err *err);
enum cli_exit cli_verdict_exit(enum plumb_verdict_code code);

#endif
