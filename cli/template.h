/* cli/template.h - pieces that governance documents are made from. */
#ifndef CLI_TEMPLATE_H
#define CLI_TEMPLATE_H

#include "cli/cli.h"

/*
 * "ID=ROLE,...:SIGN-KEY[:TLS-KEY]" as a principal's id and object. The keys are files or, to
 * sign, agent:WHICH, which must then be followed by a colon. Verifiers get these fleets, and
 * admins, who enrol them. Rule "usage", and those of keyspec_public.
 */
PLUMB_MUST_CHECK enum plumb_code cli_template_principal(struct cli *cli, const char *text,
                                                        json_t *fleets, char *ret_id,
                                                        size_t size, json_t **ret,
                                                        struct plumb_err *err);
/* A key object, active. */
PLUMB_MUST_CHECK enum plumb_code cli_template_key(struct cli *cli, const char *spec,
                                                  enum plumb_use use, json_t **ret,
                                                  struct plumb_err *err);
/* The member "witnesses" of --witness, --witness-need and --witness-wait; NULL where none is
 * named. Rule "usage". */
PLUMB_MUST_CHECK enum plumb_code cli_template_witnesses(struct cli *cli, json_t **ret,
                                                        struct plumb_err *err);
/* The member "controls": the built-in profile, for what is built from these sources. Officers,
 * or else release managers, assert; pipelines vouch for bills of materials. Takes waiver; NULL
 * without memory. */
json_t *cli_template_controls(const json_t *sources, bool has_officers, json_t *waiver);
/* And what pipelines may then do besides. */
void cli_template_control_powers(json_t *roles);
/* A document to a file, spread over lines for people. */
PLUMB_MUST_CHECK enum plumb_code cli_template_write(const char *path, const json_t *document,
                                                    struct plumb_err *err);

#endif
