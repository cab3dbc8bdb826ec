/* cli/view.h - what the service shows, verified before anybody looks at it. */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include "cli/cli.h"
#include "client/proposal.h"

#define CLI_ID_MIN 8 /* digits by which a person may name a statement */

/*
 * The statement that is named by its id, or by the beginning of a proposal's. Rules "usage",
 * "id.unknown", "id.several".
 */
PLUMB_MUST_CHECK enum plumb_code cli_id(struct cli *cli, const char *text,
                                        struct plumb_digest *ret, struct plumb_err *err);

/* Is text the beginning, CLI_ID_MIN digits or more, of this id? */
bool cli_id_begins(const struct plumb_digest *id, const char *text);

/* A proposal, and how its vote stands as counted here, by the governance in force. */
struct cli_proposal {
    struct client_proposal p;
    const struct plumb_statement *s; /* of p */
    const char *state;               /* the service's word */
    const char *proposer;            /* whose key signed it */
    bool met;                        /* every quorum that it needs */
    char missing[256];               /* "1 more release-manager"; "" when met */
};
void cli_proposal_clear(struct cli_proposal *p);
PLUMB_MUST_CHECK enum plumb_code cli_proposal(struct cli *cli, const struct plumb_digest *id,
                                              struct cli_proposal *ret, struct plumb_err *err);
bool cli_proposal_open(const struct cli_proposal *p);

/* "release svr2@1.2", "begin svr2@1.2 in prod", "governance version 3". */
#define CLI_TITLE 512
void cli_title(const struct plumb_statement *s, char ret[CLI_TITLE]);

/* Whose key this was at that entry; "?" when it counted for nobody. Borrowed. */
const char *cli_whose(const struct plumb_chain *chain, const struct plumb_digest *key,
                      uint64_t index);

/*
 * What an entry says, its canonical bytes, and whether its signature was checked: that of a key
 * that governance does not list, an enrolled verifier's, cannot be. Any other fault refuses it.
 * The caller owns *ret and *ret_bytes.
 */
PLUMB_MUST_CHECK enum plumb_code cli_entry_open(struct cli *cli, const json_t *entry,
                                                struct plumb_bytes *ret_bytes,
                                                struct plumb_statement **ret, bool *ret_checked,
                                                struct plumb_err *err);

/* A release statement, and the reference values it names. */
struct cli_released {
    struct client_statement statement;
    const struct plumb_statement *s; /* of statement */
    struct plumb_sets *sets;
};
void cli_released_clear(struct cli_released *r);
PLUMB_MUST_CHECK enum plumb_code cli_released(struct cli *cli, const struct plumb_digest *id,
                                              struct cli_released *ret, struct plumb_err *err);
/* The id of the release statement of a version: the service's word, that the statement of that
 * id names this version is checked. Rule "version.other". */
PLUMB_MUST_CHECK enum plumb_code cli_release_id(struct cli *cli, const struct cli_version *v,
                                                struct plumb_digest *ret,
                                                struct plumb_err *err);

/* What the service says of a payload in a fleet: {"payload", "base", "places"}; base 0 and no
 * places where it has none. The caller owns *ret. */
PLUMB_MUST_CHECK enum plumb_code cli_places(struct cli *cli, const char *fleet,
                                            const char *payload, json_t **ret,
                                            struct plumb_err *err);
/* The release that is at this place ("current") of cli_places; false if none is. */
bool cli_placed(const json_t *places, const char *place, struct plumb_digest *ret);

#endif
