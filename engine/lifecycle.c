#include "engine/lifecycle.h"

#define C(name)      (1u << LIFECYCLE_##name)
#define AT(name)     LIFECYCLE_AT(ENGINE_PLACE_##name)
#define NOWHERE      LIFECYCLE_AT(LIFECYCLE_NOWHERE)
#define SAME         (-1)

#define MAY_BEGIN    (NOWHERE | AT(RETIRED) | AT(WITHDRAWN))
#define ACCEPTED     (AT(INCOMING) | AT(CURRENT) | AT(OUTGOING))

#define MAY_BEGIN_IF (C(IN_FLEET) | C(NOT_BARRED) | C(NOT_REVOKED) | C(APPROVED))
#define BEGIN_IF     (MAY_BEGIN_IF | C(NO_ROLLOUT) | C(NOT_ACCEPTED) | C(PREDECESSOR_NAMED))

static const struct lifecycle_row table[MOVE_COUNT] = {
    [MOVE_BEGIN] = { "begin",
                     CAUSE_QUORUM,
                     MAY_BEGIN,
                     ENGINE_PLACE_INCOMING,
                     AT(CURRENT),
                     SAME,
                     { BEGIN_IF, 0 },
                     "It becomes incoming: accepted beside the current version, before "
                     "deployment starts. "
                     "Where overrun means roll back and there is a predecessor, it is accepted "
                     "until the "
                     "rollout's deadline; where it means complete, the predecessor is until "
                     "the deadline "
                     "plus grace." },
    [MOVE_SCHEDULE] = { "schedule",
                        CAUSE_QUORUM,
                        NOWHERE | ACCEPTED | AT(RETIRED) | AT(WITHDRAWN),
                        SAME,
                        0,
                        SAME,
                        { MAY_BEGIN_IF | C(AHEAD), 0 },
                        "A begin is approved ahead of its time; nothing is accepted yet." },
    [MOVE_SCHEDULED_BEGIN] = { "scheduled begin",
                               CAUSE_TIME,
                               MAY_BEGIN,
                               ENGINE_PLACE_INCOMING,
                               AT(CURRENT),
                               SAME,
                               { BEGIN_IF, 0 },
                               "At its time the service records the begin, and with that "
                               "record it happens." },
    [MOVE_LAPSE] = { "lapse",
                     CAUSE_TIME,
                     NOWHERE | ACCEPTED | AT(RETIRED) | AT(WITHDRAWN) | AT(REVOKED),
                     SAME,
                     0,
                     SAME,
                     { 0, 0 },
                     "A scheduled begin whose conditions do not hold at its time is given up; "
                     "the record "
                     "names the rule." },
    [MOVE_COMPLETE] = { "complete",
                        CAUSE_QUORUM,
                        AT(INCOMING),
                        ENGINE_PLACE_CURRENT,
                        AT(CURRENT),
                        ENGINE_PLACE_OUTGOING,
                        { C(IN_FLEET) | C(INCOMING), C(RECOGNISED) },
                        "The incoming version becomes current; the one that was current "
                        "becomes outgoing, "
                        "until now plus grace." },
    [MOVE_ROLLBACK] = { "roll back",
                        CAUSE_QUORUM,
                        AT(INCOMING),
                        ENGINE_PLACE_WITHDRAWN,
                        AT(CURRENT),
                        ENGINE_PLACE_CURRENT,
                        { C(IN_FLEET) | C(INCOMING) | C(PREDECESSOR_STANDS) | C(SOMETHING_LEFT),
                          0 },
                        "The incoming version is withdrawn; its predecessor stays current, "
                        "with no end date." },
    [MOVE_UNDO] = { "roll back after completion",
                    CAUSE_QUORUM,
                    AT(CURRENT),
                    ENGINE_PLACE_WITHDRAWN,
                    AT(OUTGOING),
                    ENGINE_PLACE_CURRENT,
                    { C(IN_FLEET) | C(CURRENT) | C(NO_ROLLOUT) | C(PREDECESSOR_STANDS), 0 },
                    "While its predecessor is still outgoing, the current version is withdrawn "
                    "and the "
                    "predecessor is current again, with no end date. Other outgoing versions "
                    "keep theirs." },
    [MOVE_RESCHEDULE] = { "reschedule",
                          CAUSE_QUORUM,
                          AT(OUTGOING),
                          SAME,
                          0,
                          SAME,
                          { C(IN_FLEET) | C(OUTGOING) | C(AHEAD) | C(GRACE_LIMIT), 0 },
                          "The end date of an outgoing version moves, within the fleet's "
                          "graceLimit." },
    [MOVE_PHASE_OUT] = { "end of grace",
                         CAUSE_TIME,
                         AT(OUTGOING),
                         ENGINE_PLACE_RETIRED,
                         0,
                         SAME,
                         { C(OUTGOING), 0 },
                         "At its end date an outgoing version is retired; the phase-out "
                         "records it." },
    [MOVE_KEPT_END] = { "end of keeping",
                        CAUSE_TIME,
                        ACCEPTED,
                        ENGINE_PLACE_RETIRED,
                        AT(CURRENT),
                        ENGINE_PLACE_CURRENT,
                        { 0, 0 },
                        "A version that was kept although a compromised key took its quorum "
                        "away, and that was "
                        "not approved anew in time, is retired; the phase-out records it. A "
                        "rollout of it is "
                        "closed, and its predecessor stays current with no end date." },
    [MOVE_OVERRUN_ALERT] = { "overrun: alert",
                             CAUSE_TIME,
                             AT(INCOMING),
                             SAME,
                             0,
                             SAME,
                             { C(INCOMING), 0 },
                             "The rollout is open past the fleet's limit: the service records "
                             "an alert. So it does "
                             "where the fleet asks for another outcome that its conditions do "
                             "not allow." },
    [MOVE_OVERRUN_ROLLBACK] = { "overrun: roll back",
                                CAUSE_TIME,
                                AT(INCOMING),
                                ENGINE_PLACE_WITHDRAWN,
                                AT(CURRENT),
                                ENGINE_PLACE_CURRENT,
                                { C(INCOMING) | C(PREDECESSOR_STANDS) | C(SOMETHING_LEFT), 0 },
                                "At the deadline the incoming version is withdrawn, as if "
                                "rolled back." },
    [MOVE_OVERRUN_COMPLETE] = { "overrun: complete",
                                CAUSE_TIME,
                                AT(INCOMING),
                                ENGINE_PLACE_CURRENT,
                                AT(CURRENT),
                                ENGINE_PLACE_OUTGOING,
                                { C(INCOMING), 0 },
                                "At the deadline the incoming version becomes current; its "
                                "predecessor is outgoing "
                                "until the deadline plus grace." },
    [MOVE_REVOKE] = { "revoke",
                      CAUSE_QUORUM,
                      NOWHERE | ACCEPTED | AT(RETIRED) | AT(WITHDRAWN),
                      ENGINE_PLACE_REVOKED,
                      AT(CURRENT),
                      ENGINE_PLACE_CURRENT,
                      { C(NOT_BARRED) | C(NOT_REVOKED) | C(NOT_REJECTED) | C(SOMETHING_LEFT),
                        0 },
                      "In the fleets named, or in all, which also bars its reference values "
                      "for ever. "
                      "Revoking the current version leaves an open rollout without a "
                      "predecessor and so "
                      "without a deadline of acceptance; revoking the incoming one closes "
                      "it." },
    [MOVE_UNLISTED] = { "lose its quorum",
                        CAUSE_GOVERNANCE,
                        ACCEPTED,
                        ENGINE_PLACE_REVOKED,
                        AT(CURRENT),
                        ENGINE_PLACE_CURRENT,
                        { 0, 0 },
                        "A governance change declares a key compromised without which the "
                        "version's quorum does "
                        "not stand, and does not say to keep it: it is revoked in the fleet." },
};

const struct lifecycle_row *
lifecycle_row(enum lifecycle_move move)
{
    return &table[move];
}

const char *
lifecycle_rule(enum lifecycle_condition c)
{
    static const char *const rules[] = {
#define X(name, rule, text) [LIFECYCLE_##name] = rule,
        LIFECYCLE_CONDITIONS(X)
#undef X
    };

    return rules[c];
}

const char *
lifecycle_condition_text(enum lifecycle_condition c)
{
    static const char *const texts[] = {
#define X(name, rule, text) [LIFECYCLE_##name] = text,
        LIFECYCLE_CONDITIONS(X)
#undef X
    };

    return texts[c];
}

static bool
holds(enum lifecycle_condition c, const struct lifecycle_facts *f)
{
    switch (c) {
    case LIFECYCLE_IN_FLEET:
        return f->in_fleet;
    case LIFECYCLE_NOT_BARRED:
        return f->version != ENGINE_VERSION_BARRED;
    case LIFECYCLE_NOT_REVOKED:
        return f->place != ENGINE_PLACE_REVOKED;
    case LIFECYCLE_NOT_REJECTED:
        return f->version != ENGINE_VERSION_REJECTED;
    case LIFECYCLE_APPROVED:
        return f->version == ENGINE_VERSION_APPROVED;
    case LIFECYCLE_NO_ROLLOUT:
        return !f->rollout_open;
    case LIFECYCLE_NOT_ACCEPTED:
        return (LIFECYCLE_AT(f->place) & ACCEPTED) == 0;
    case LIFECYCLE_PREDECESSOR_NAMED:
        return f->predecessor_named;
    case LIFECYCLE_AHEAD:
        return f->date > f->now;
    case LIFECYCLE_INCOMING:
        return f->place == ENGINE_PLACE_INCOMING;
    case LIFECYCLE_CURRENT:
        return f->place == ENGINE_PLACE_CURRENT;
    case LIFECYCLE_OUTGOING:
        return f->place == ENGINE_PLACE_OUTGOING;
    case LIFECYCLE_PREDECESSOR_STANDS:
        return f->predecessor_stands;
    case LIFECYCLE_RECOGNISED:
        return f->recognitions >= f->recognitions_needed;
    case LIFECYCLE_GRACE_LIMIT:
        return f->date <= f->date_limit;
    case LIFECYCLE_SOMETHING_LEFT:
        return f->left;
    case LIFECYCLE_CONDITION_COUNT:
        break;
    }
    return false;
}

enum plumb_code
lifecycle_check(enum lifecycle_move move, const struct lifecycle_facts *f, bool effect,
                struct plumb_err *err)
{
    const struct lifecycle_row *row = &table[move];
    unsigned asked = row->conditions[0] | (effect ? row->conditions[1] : 0);

    for (unsigned c = 0; c < LIFECYCLE_CONDITION_COUNT; c++)
        if ((asked & 1u << c) != 0 && !holds((enum lifecycle_condition)c, f))
            return plumb_fail(err, PLUMB_REFUSED, lifecycle_rule((enum lifecycle_condition)c),
                              "lifecycle", "%s is refused unless %s", row->name,
                              lifecycle_condition_text((enum lifecycle_condition)c));
    return PLUMB_OK;
}
