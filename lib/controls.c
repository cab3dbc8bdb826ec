/* The built-in profile, and finding one's way in what governance says of controls. */
#include <plumb/controls.h>

#include <stdlib.h>
#include <string.h>

#define WAY(name)          (1u << PLUMB_WAY_##name)
#define PLUMB_LEVEL_MUST   true
#define PLUMB_LEVEL_SHOULD false

static const struct plumb_control profile[] = {
#define X(id, level, ways, text) { id, PLUMB_LEVEL_##level, text, ways, NULL, 0 },
    PLUMB_CONTROLS(X)
#undef X
};

static const char *const ways[] = {
#define X(name, text, says) [PLUMB_WAY_##name] = text,
    PLUMB_WAYS(X)
#undef X
};
static const char *const ways_say[] = {
#define X(name, text, says) [PLUMB_WAY_##name] = says,
    PLUMB_WAYS(X)
#undef X
};
static const char *const trust_uses[] = {
#define X(name, text) [PLUMB_TRUST_##name] = text,
    PLUMB_TRUST_USES(X)
#undef X
};
static const char *const severities[] = {
#define X(name, text) [PLUMB_SEVERITY_##name] = text,
    PLUMB_SEVERITIES(X)
#undef X
};
static const char *const follows[] = {
#define X(name, text) [PLUMB_FOLLOW_##name] = text,
    PLUMB_FOLLOWS(X)
#undef X
};
static const char *const control_states[] = {
#define X(name, text) [PLUMB_CONTROL_##name] = text,
    PLUMB_CONTROL_STATES(X)
#undef X
};
static const char *const finding_states[] = {
#define X(name, text) [PLUMB_FINDING_##name] = text,
    PLUMB_FINDING_STATES(X)
#undef X
};

const char *
plumb_way_text(enum plumb_way w)
{
    return w < PLUMB_WAY_COUNT ? ways[w] : "?";
}

const char *
plumb_way_says(enum plumb_way w)
{
    return w < PLUMB_WAY_COUNT ? ways_say[w] : "?";
}

const char *
plumb_trust_use_text(enum plumb_trust_use u)
{
    return u < PLUMB_TRUST_USE_COUNT ? trust_uses[u] : "?";
}

const char *
plumb_severity_text(enum plumb_severity s)
{
    return s < PLUMB_SEVERITY_COUNT ? severities[s] : "?";
}

const char *
plumb_follow_text(enum plumb_follow f)
{
    return f < PLUMB_FOLLOW_COUNT ? follows[f] : "?";
}

const char *
plumb_control_state_text(enum plumb_control_state s)
{
    return s < PLUMB_CONTROL_STATE_COUNT ? control_states[s] : "?";
}

const char *
plumb_finding_state_text(enum plumb_finding_state s)
{
    return s < PLUMB_FINDING_STATE_COUNT ? finding_states[s] : "?";
}

bool
plumb_control_is_settled(enum plumb_control_state s)
{
    return s == PLUMB_CONTROL_MET || s == PLUMB_CONTROL_WAIVED;
}

bool
plumb_finding_is_open(enum plumb_finding_state s)
{
    return s == PLUMB_FINDING_OPEN || s == PLUMB_FINDING_UNDETERMINED;
}

size_t
plumb_profile_count(void)
{
    return sizeof profile / sizeof *profile;
}

struct plumb_control
plumb_profile_control(size_t i)
{
    return profile[i];
}

/* Both kinds of element begin with their name. */
static int
by_name(const void *name, const void *element)
{
    return strcmp(name, *(const char *const *)element);
}

const struct plumb_control *
plumb_controls_find(const struct plumb_controls *c, const char *id)
{
    return bsearch(id, c->controls, c->ncontrols, sizeof *c->controls, by_name);
}

const struct plumb_trusted *
plumb_controls_trusted(const struct plumb_controls *c, const char *name)
{
    return c->ntrusted > 0 ? bsearch(name, c->trusted, c->ntrusted, sizeof *c->trusted, by_name)
                           : NULL;
}

const struct plumb_quorum *
plumb_waiver_quorum(const struct plumb_governance *g, const struct plumb_payload *payload)
{
    if (payload->has_waiver)
        return &payload->waiver;
    return g->controls != NULL ? &g->controls->waiver : NULL;
}

bool
plumb_trusted_asserts(const struct plumb_trusted *t, const char *control)
{
    return (t->uses & 1u << PLUMB_TRUST_ASSERT) != 0 &&
           (t->ncontrols == 0 ||
            bsearch(control, t->controls, t->ncontrols, sizeof *t->controls, by_name) != NULL);
}

/* After a mismatch the last star takes one character more; a plain one stops at '/', and then
 * the last double star before it does. So the time is bounded by the product of the lengths. */
bool
plumb_pattern_match(const char *pattern, const char *text)
{
    const char *star = NULL, *star_text = NULL;   /* the last '*' */
    const char *stars = NULL, *stars_text = NULL; /* the last "**" */

    for (;;) {
        if (pattern[0] == '*' && pattern[1] == '*') {
            stars = pattern += 2;
            stars_text = text;
            star = NULL;
        } else if (pattern[0] == '*') {
            star = ++pattern;
            star_text = text;
        } else if (*pattern == *text) {
            if (*text == '\0')
                return true;
            pattern++;
            text++;
        } else if (star != NULL && *star_text != '\0' && *star_text != '/') {
            pattern = star;
            text = ++star_text;
        } else if (stars != NULL && *stars_text != '\0') {
            pattern = stars;
            text = ++stars_text;
            star = NULL;
        } else {
            return false;
        }
    }
}
