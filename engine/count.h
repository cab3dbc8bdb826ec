/* count.h - which quorums a proposal needs, and whether its votes meet them. */
#ifndef ENGINE_COUNT_H
#define ENGINE_COUNT_H

#include "engine/state.h"

/* How many quorums the proposal needs, all of them, and the i-th by this document: NULL when
 * the document knows its payload or fleet no more. */
size_t count_quorums(const struct proposed *what);
const struct plumb_quorum *count_quorum(const struct plumb_governance *doc,
                                        const struct proposed *what, size_t i);
bool count_gone(const struct plumb_governance *doc, const struct proposed *what);

/* By the document in force, and all that is known of keys. */
enum plumb_tally count_tally(const struct engine *e, const struct proposal *p);
/* In words, of the first quorum that is not met. */
void count_missing(const struct engine *e, const struct proposal *p, char *ret, size_t size);

/*
 * Does the quorum still stand that made p effective: by the document in force at the last vote,
 * and what the first `known` governance versions (0: all) say of keys? Of governance changes
 * and revocations too, though those stand in any case.
 */
bool count_stands(const struct engine *e, const struct proposal *p, size_t known);

/* Do some of its quorums ask this principal: a role that is needed (and not of the proposer
 * where others are asked), or one with a veto? */
bool count_asks(const struct plumb_governance *doc, const struct proposed *what,
                const struct plumb_principal *who);

/* The principal's last vote that counts; NULL when there is none. The proposal itself is one
 * where a quorum counts it. */
const struct plumb_vote *count_last_vote(const struct engine *e, const struct proposal *p,
                                         const char *principal);

#endif
