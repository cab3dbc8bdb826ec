/* cli/measured.h - what measuring files and releasing what was measured share. */
#ifndef CLI_MEASURED_H
#define CLI_MEASURED_H

#include "cli/cli.h"
#include "client/measure.h"

#define CLI_MEASURE_OPTIONS                                                                    \
    { "covers", 0, "NAME:KIND=PATH", true,                                                     \
      "this measurement covers a config, root-store, crypto-policy or data" },                 \
        { "without", 0, "NAME", true, "do not ask for this measurement" },                     \
        { "label", 0, "NAME", false, "what the sets are called" },                             \
    {                                                                                          \
        "allow", 0, "WORD", true, "measure it in spite of debug, debug-free or sample-signer"  \
    }

/* What both say of reading and verifying. */
#define CLI_MEASURE_MORE                                                                       \
    "A file is known by itself: SGX and TDX quotes, SIGSTRUCTs (also in a signed enclave),\n"  \
    "SEV-SNP reports, Nitro attestation documents and images (EIF), OCI layouts and "          \
    "archives,\n"                                                                              \
    "claims in JSON (ours, or those of Trustee). Files are read, and not verified: the\n"      \
    "release says so, and approvers see it."

/* All files of the command line: the values of an option, or the arguments where it is NULL;
 * and what --covers and --without say. */
PLUMB_MUST_CHECK enum plumb_code cli_measure(struct cli *cli, const char *option,
                                             struct measure **ret, struct plumb_err *err);
/* The warnings (bits) of --allow; rule "usage". */
PLUMB_MUST_CHECK enum plumb_code cli_measure_allowed(const struct cli *cli, unsigned *ret,
                                                     struct plumb_err *err);
/* What was read of which file, left out, and warned of. say: cli_line or cli_note. */
typedef void cli_say(struct cli *cli, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void cli_measured_lines(struct cli *cli, cli_say *say, const struct measure *m);
/* The same for programs; NULL when out of memory. */
json_t *cli_measured_json(const struct measure *m);

#endif
