/* client/findings.h - what the service says advisories found: in one version's dossier, and of
 * several. Texts are other people's. */
#ifndef CLIENT_FINDINGS_H
#define CLIENT_FINDINGS_H

#include <plumb/controls.h>
#include <plumb/json.h>

#include "client/client.h"

/* Texts that are absent are "", times PLUMB_TIME_NEVER. */
struct client_place {
    const char *fleet, *place;
    bool alone; /* nothing of the payload would be left there if it were revoked */
};

struct client_finding {
    const char *payload, *version;
    struct plumb_digest release;
    const char *advisory, *summary;
    enum plumb_finding_state state;
    enum plumb_severity severity;
    bool rated; /* else severity is what governance says of what is not */
    bool blocking;
    const char *component; /* a package URL: the first that matches and is not cleared */
    int64_t components;    /* how many are so; of a finding that is cleared, how many match */
    const char *fixed, *why;
    uint64_t index; /* of the entry that brought it about */
    plumb_time since, due;
    bool overdue;
    bool accepted; /* its version is accepted somewhere */
    struct client_place *places;
    size_t nplaces;
};

/* Findings of several versions, and how old the feed is that they come from. */
struct client_findings {
    struct client_finding *findings;
    size_t n;
    int64_t imports, advisories;
    plumb_time imported; /* the last import */
    bool stale;          /* what is not found may only be unknown */
    json_t *json;        /* as it came */
};
void client_findings_free(struct client_findings *f);
/* Open ones of accepted versions; of a payload, and in a fleet, where they are not NULL. all:
 * every one. Rules "dossier.word", "json.*", "client.answer", those of client_get. read: an
 * answer that is there already; borrowed. */
PLUMB_MUST_CHECK enum plumb_code client_findings(struct client *c, const char *payload,
                                                 const char *fleet, bool all,
                                                 struct client_findings **ret,
                                                 struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code
client_findings_read(json_t *answer, struct client_findings **ret, struct plumb_err *err);

/* Member "findings" of an answer; what is in *ret is freed with client_findings_drop, also
 * after a failure. */
PLUMB_MUST_CHECK enum plumb_code client_findings_take(const struct plumb_jv *root,
                                                      struct client_finding **ret,
                                                      size_t *ret_n, struct plumb_err *err);
void client_findings_drop(struct client_finding *findings, size_t n);

#endif
