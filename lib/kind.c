/* Names of kinds, actions, decisions, outcomes and files. */
#include <plumb/statement.h>

#include <string.h>

#include "lib/own.h"

static const struct {
    const char *text;
    bool proposal, service;
} kinds[] = {
#define X(name, text, proposal, service) [PLUMB_KIND_##name] = { text, proposal, service },
    PLUMB_KINDS(X)
#undef X
};

static const char *const actions[] = {
#define X(name, text) [PLUMB_ACTION_##name] = text,
    PLUMB_ACTIONS(X)
#undef X
};

static const char *const decisions[] = {
    [PLUMB_APPROVE] = "approve",
    [PLUMB_REJECT] = "reject",
    [PLUMB_ABSTAIN] = "abstain",
};

static const char *const outcomes[] = {
    [PLUMB_OUTCOME_ALERT] = "alert",
    [PLUMB_OUTCOME_ROLLBACK] = "rollback",
    [PLUMB_OUTCOME_COMPLETE] = "complete",
};

static const char *const file_kinds[] = {
#define X(name, text) [PLUMB_FILE_##name] = text,
    PLUMB_FILES(X)
#undef X
};

const char *
plumb_kind_text(enum plumb_kind kind)
{
    return kind < PLUMB_KIND_COUNT ? kinds[kind].text : "?";
}

bool
plumb_kind_is_proposal(enum plumb_kind kind)
{
    return kind < PLUMB_KIND_COUNT && kinds[kind].proposal;
}

bool
plumb_kind_is_service(enum plumb_kind kind)
{
    return kind < PLUMB_KIND_COUNT && kinds[kind].service;
}

const char *
plumb_action_text(enum plumb_action action)
{
    return action < PLUMB_ACTION_COUNT ? actions[action] : "?";
}

const char *
plumb_decision_text(enum plumb_decision d)
{
    return d < sizeof decisions / sizeof *decisions ? decisions[d] : "?";
}

const char *
plumb_outcome_text(enum plumb_outcome o)
{
    return o < sizeof outcomes / sizeof *outcomes ? outcomes[o] : "?";
}

const char *
plumb_file_kind_text(enum plumb_file_kind k)
{
    return k < PLUMB_FILE_KIND_COUNT ? file_kinds[k] : "?";
}

enum plumb_code
plumb_kind_parse(const char *text, const char *where, enum plumb_kind *ret,
                 struct plumb_err *err)
{
    for (size_t i = 0; i < PLUMB_KIND_COUNT; i++) {
        if (strcmp(kinds[i].text, text) == 0) {
            *ret = (enum plumb_kind)i;
            return PLUMB_OK;
        }
    }
    return plumb_fail(err, PLUMB_INVALID, "statement.form", where,
                      "there is no kind of statement of this name");
}
