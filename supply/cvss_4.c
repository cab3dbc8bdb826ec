/*
 * CVSS 4.0 section 8, of base metrics alone: exploits are taken to be there (E:A), and all
 * three requirements to be high, which is what the specification takes where they are not told.
 */
#include "supply/cvss_metrics.h"

#include <math.h>

enum { AV, AC, AT, PR, UI, VC, VI, VA, SC, SI, SA, COUNT };

/* The values from the most severe on. */
static const struct metric base[COUNT] = {
    { "AV", "NALP", { 0 } }, { "AC", "LH", { 0 } },  { "AT", "NP", { 0 } },
    { "PR", "NLH", { 0 } },  { "UI", "NPA", { 0 } }, { "VC", "HLN", { 0 } },
    { "VI", "HLN", { 0 } },  { "VA", "HLN", { 0 } }, { "SC", "HLN", { 0 } },
    { "SI", "HLN", { 0 } },  { "SA", "HLN", { 0 } },
};

#define OTHERS " E CR IR AR MAV MAC MAT MPR MUI MVC MVI MVA MSC MSI MSA S AU R V RE U "

/* There is no lower one. */
#define NONE (-1)

/*
 * The scores of the macro vectors that base metrics can make, in tenths: by how it is reached
 * (EQ1), how hard that is (EQ2), what it does to the system (EQ3 with EQ6) and beyond (EQ4).
 * With each, the score of the next lower in EQ3 and EQ6.
 */
static const struct macro {
    int score, next_impact;
} macros[3][2][3][2] = { { { { { 100, 96 }, { 93, 90 } },
                             { { 93, 92 }, { 88, 80 } },
                             { { 79, NONE }, { 69, NONE } } },
                           { { { 95, 92 }, { 92, 84 } },
                             { { 92, 82 }, { 84, 70 } },
                             { { 71, NONE }, { 63, NONE } } } },
                         { { { { 94, 89 }, { 87, 75 } },
                             { { 86, 76 }, { 72, 57 } },
                             { { 65, NONE }, { 53, NONE } } },
                           { { { 90, 77 }, { 77, 66 } },
                             { { 74, 59 }, { 61, 52 } },
                             { { 58, NONE }, { 23, NONE } } } },
                         { { { { 86, 74 }, { 70, 54 } },
                             { { 72, 57 }, { 53, 36 } },
                             { { 47, NONE }, { 24, NONE } } },
                           { { { 73, 61 }, { 54, 46 } },
                             { { 61, 51 }, { 46, 18 } },
                             { { 24, NONE }, { 10, NONE } } } } };

/* Metrics that are judged together: how severe at most, and how deep they go. */
struct group {
    size_t metrics[3], n;
    unsigned depth;
    size_t tops[3][3]; /* the most severe vectors there are */
    size_t ntops;
};

static const struct group reached[] = {
    { { AV, PR, UI }, 3, 1, { { 0, 0, 0 } }, 1 },
    { { AV, PR, UI }, 3, 4, { { 1, 0, 0 }, { 0, 1, 0 }, { 0, 0, 1 } }, 3 },
    { { AV, PR, UI }, 3, 5, { { 3, 0, 0 }, { 1, 1, 1 } }, 2 },
};
static const struct group hard[] = {
    { { AC, AT }, 2, 1, { { 0, 0 } }, 1 },
    { { AC, AT }, 2, 2, { { 1, 0 }, { 0, 1 } }, 2 },
};
static const struct group impact[] = {
    { { VC, VI, VA }, 3, 7, { { 0, 0, 0 } }, 1 },
    { { VC, VI, VA }, 3, 8, { { 1, 0, 0 }, { 0, 1, 0 } }, 2 },
    { { VC, VI, VA }, 3, 10, { { 1, 1, 1 } }, 1 },
};
static const struct group beyond[] = {
    { { SC, SI, SA }, 3, 5, { { 0, 0, 0 } }, 1 },
    { { SC, SI, SA }, 3, 4, { { 1, 1, 1 } }, 1 },
};

/* How far below the first top that is at least as severe in every metric, in parts of their
 * depth. */
static double
distance(const struct group *c, const size_t at[METRICS_MAX])
{
    for (size_t t = 0; t < c->ntops; t++) {
        size_t sum = 0, i = 0;

        for (; i < c->n && at[c->metrics[i]] >= c->tops[t][i]; i++)
            sum += at[c->metrics[i]] - c->tops[t][i];
        if (i == c->n)
            return (double)sum / c->depth;
    }
    return 0;
}

static size_t
eq1(const size_t at[METRICS_MAX])
{
    const unsigned easy = (at[AV] == 0) + (at[PR] == 0) + (at[UI] == 0);

    return easy == 3 ? 0 : easy > 0 && at[AV] != 3 ? 1 : 2;
}

static size_t
eq3(const size_t at[METRICS_MAX])
{
    if (at[VC] == 0 && at[VI] == 0)
        return 0;
    return at[VC] == 0 || at[VI] == 0 || at[VA] == 0 ? 1 : 2;
}

bool
cvss_score_4(const char *vector, int *ret_tenths)
{
    size_t at[METRICS_MAX], e1, e2, e3, e4;
    const struct macro *m;
    double lost = 0;
    int lower = 1; /* that of EQ5, of which nothing is lost */

    if (!cvss_metrics(vector, base, COUNT, OTHERS, at))
        return false;
    if (at[VC] == 2 && at[VI] == 2 && at[VA] == 2 && at[SC] == 2 && at[SI] == 2 &&
        at[SA] == 2) {
        *ret_tenths = 0;
        return true;
    }
    e1 = eq1(at);
    e2 = at[AC] == 0 && at[AT] == 0 ? 0 : 1;
    e3 = eq3(at);
    e4 = at[SC] == 0 || at[SI] == 0 || at[SA] == 0 ? 0 : 1;
    m = &macros[e1][e2][e3][e4];
    if (e1 < 2) {
        lost += (m->score - macros[e1 + 1][e2][e3][e4].score) * distance(&reached[e1], at);
        lower++;
    }
    if (e2 < 1) {
        lost += (m->score - macros[e1][e2 + 1][e3][e4].score) * distance(&hard[e2], at);
        lower++;
    }
    if (m->next_impact != NONE) {
        lost += (m->score - m->next_impact) * distance(&impact[e3], at);
        lower++;
    }
    if (e4 < 1) {
        lost += (m->score - macros[e1][e2][e3][e4 + 1].score) * distance(&beyond[e4], at);
        lower++;
    }
    *ret_tenths = (int)floor(m->score - lost / lower + 0.5 + 1e-6);
    return true;
}
