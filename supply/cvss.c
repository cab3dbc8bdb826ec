/* CVSS base scores: 2.0 section 3.2.1, 3.1 section 7. */
#include "supply/cvss.h"

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "supply/cvss_metrics.h"

const char *
severity_text(enum severity s)
{
    static const char *const texts[] = {
#define X(name, text) [SEVERITY_##name] = text,
        SEVERITIES(X)
#undef X
    };

    return s < SEVERITY_COUNT ? texts[s] : "unknown";
}

enum severity
severity_of(int tenths)
{
    return tenths <= 0   ? SEVERITY_NONE
           : tenths < 40 ? SEVERITY_LOW
           : tenths < 70 ? SEVERITY_MEDIUM
           : tenths < 90 ? SEVERITY_HIGH
                         : SEVERITY_CRITICAL;
}

bool
cvss_metrics(const char *vector, const struct metric *base, size_t n, const char *others,
             size_t ret[METRICS_MAX])
{
    unsigned seen = 0;

    while (*vector != '\0') {
        const char *colon = strchr(vector, ':');
        const size_t len = strcspn(vector, "/");
        size_t name, i = 0;

        if (colon == NULL || (name = (size_t)(colon - vector)) >= len || len - name < 2)
            return false;
        while (i < n &&
               (strlen(base[i].name) != name || memcmp(base[i].name, vector, name) != 0))
            i++;
        if (i < n) {
            const char *value = len - name == 2 ? strchr(base[i].values, colon[1]) : NULL;

            if (value == NULL || seen & 1u << i)
                return false;
            seen |= 1u << i;
            ret[i] = (size_t)(value - base[i].values);
        } else {
            char word[8] = " ";

            if (name > sizeof word - 3)
                return false;
            memcpy(word + 1, vector, name);
            strcpy(word + 1 + name, " ");
            if (strstr(others, word) == NULL)
                return false;
        }
        vector += len + (vector[len] == '/' && vector[len + 1] != '\0');
        if (*vector == '/')
            return false;
    }
    return seen == (1u << n) - 1;
}

/* CVSS 3.1's appendix A: up to the next tenth, without the noise of floating point. */
static int
round_up(double score)
{
    const long n = lround(score * 100000);

    return (int)(n % 10000 == 0 ? n / 10000 : n / 10000 + 1);
}

static bool
score_3(const char *vector, int *ret_tenths)
{
    enum { AV, AC, PR, UI, S, C, I, A, COUNT };
    static const struct metric base[COUNT] = {
        { "AV", "NALP", { 0.85, 0.62, 0.55, 0.2 } },
        { "AC", "LH", { 0.77, 0.44 } },
        { "PR", "NLH", { 0.85, 0.62, 0.27 } },
        { "UI", "NR", { 0.85, 0.62 } },
        { "S", "UC", { 0 } },
        { "C", "HLN", { 0.56, 0.22, 0 } },
        { "I", "HLN", { 0.56, 0.22, 0 } },
        { "A", "HLN", { 0.56, 0.22, 0 } },
    };
    static const double privileges_changed[] = { 0.85, 0.68, 0.5 };
    size_t at[METRICS_MAX];
    double w[COUNT], iss, impact, exploitability;
    bool changed;

    if (!cvss_metrics(vector, base, COUNT, " E RL RC CR IR AR MAV MAC MPR MUI MS MC MI MA ",
                      at))
        return false;
    for (size_t i = 0; i < COUNT; i++)
        w[i] = base[i].weight[at[i]];
    changed = at[S] == 1;
    if (changed)
        w[PR] = privileges_changed[at[PR]];
    iss = 1 - (1 - w[C]) * (1 - w[I]) * (1 - w[A]);
    impact = changed ? 7.52 * (iss - 0.029) - 3.25 * pow(iss - 0.02, 15) : 6.42 * iss;
    exploitability = 8.22 * w[AV] * w[AC] * w[PR] * w[UI];
    if (impact <= 0)
        *ret_tenths = 0;
    else
        *ret_tenths = round_up(fmin((changed ? 1.08 : 1) * (impact + exploitability), 10));
    return true;
}

static bool
score_2(const char *vector, int *ret_tenths)
{
    enum { AV, AC, AU, C, I, A, COUNT };
    static const struct metric base[COUNT] = {
        { "AV", "LAN", { 0.395, 0.646, 1 } },   { "AC", "HML", { 0.35, 0.61, 0.71 } },
        { "Au", "MSN", { 0.45, 0.56, 0.704 } }, { "C", "NPC", { 0, 0.275, 0.66 } },
        { "I", "NPC", { 0, 0.275, 0.66 } },     { "A", "NPC", { 0, 0.275, 0.66 } },
    };
    size_t at[METRICS_MAX];
    double w[COUNT], impact, exploitability;

    if (!cvss_metrics(vector, base, COUNT, " E RL RC CDP TD CR IR AR ", at))
        return false;
    for (size_t i = 0; i < COUNT; i++)
        w[i] = base[i].weight[at[i]];
    impact = 10.41 * (1 - (1 - w[C]) * (1 - w[I]) * (1 - w[A]));
    exploitability = 20 * w[AV] * w[AC] * w[AU];
    *ret_tenths = (int)lround((0.6 * impact + 0.4 * exploitability - 1.5) *
                              (impact > 0 ? 1.176 : 0) * 10);
    return true;
}

bool
cvss_score(const char *vector, int *ret_tenths)
{
    if (strnlen(vector, 513) > 512)
        return false;
    if (strncmp(vector, "CVSS:3.0/", 9) == 0 || strncmp(vector, "CVSS:3.1/", 9) == 0)
        return score_3(vector + 9, ret_tenths);
    if (strncmp(vector, "CVSS:4.0/", 9) == 0)
        return cvss_score_4(vector + 9, ret_tenths);
    if (strncmp(vector, "CVSS:", 5) == 0)
        return false;
    return score_2(vector, ret_tenths);
}
