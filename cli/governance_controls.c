/* What a governance document asks of a release, and whom it believes, for people. */
#include <inttypes.h>
#include <plumb/controls.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/governance.h"

#define LIST_TEXT 2048

/* A list in one line; what has no room is not there but for the dots. */
struct list {
    char text[LIST_TEXT];
    size_t len;
};

__attribute__((format(printf, 3, 4))) static void
add(struct list *l, const char *between, const char *fmt, ...)
{
    char text[512];
    va_list args;
    int n;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    n = snprintf(l->text + l->len, sizeof l->text - l->len, "%s%s", l->len > 0 ? between : "",
                 text);
    l->len += (size_t)n;
    if (l->len >= sizeof l->text - 4) {
        l->len = sizeof l->text - 4;
        strcpy(l->text + l->len, "...");
    }
}

static void
add_all(struct list *l, const char *before, const char *const *texts, size_t n)
{
    struct list all = { .len = 0 };

    for (size_t i = 0; i < n; i++)
        add(&all, ", ", "%s", texts[i]);
    if (n > 0)
        add(l, "; ", "%s%s", before, all.text);
}

static void
print_levels(struct cli *cli, const struct plumb_controls *c)
{
    struct list levels[2] = { { .len = 0 }, { .len = 0 } };

    for (size_t i = 0; i < c->ncontrols; i++)
        add(&levels[c->controls[i].must], ", ", "%s", c->controls[i].id);
    cli_line(cli, "  %-11s %s", "must", levels[true].len > 0 ? levels[true].text : "none");
    cli_line(cli, "  %-11s %s", "should", levels[false].len > 0 ? levels[false].text : "none");
}

/* --- whom it believes --- */

static void
add_signers(struct list *l, const struct plumb_governance *g, const struct plumb_trusted *t)
{
    struct list by = { .len = 0 };

    if (t->nkeys > 0)
        add(&by, ", ", "%zu key%s", t->nkeys, t->nkeys == 1 ? "" : "s");
    for (size_t i = 0; i < t->nroles; i++)
        add(&by, ", ", "any %s", g->roles[t->roles[i]].name);
    for (size_t i = 0; i < t->nidentities; i++)
        add(&by, ", ", "%s by %s", t->identities[i].subject, t->identities[i].issuer);
    add(l, "; ", "signed by %s", by.text);
}

static void
print_trusted(struct cli *cli, const struct plumb_governance *g, const struct plumb_trusted *t)
{
    struct list line = { .len = 0 }, uses = { .len = 0 };

    for (size_t i = 0; i < PLUMB_TRUST_USE_COUNT; i++)
        if ((t->uses & 1u << i) != 0)
            add(&uses, ", ", "%s", plumb_trust_use_text((enum plumb_trust_use)i));
    add(&line, "; ", "%s", uses.text);
    add_signers(&line, g, t);
    add_all(&line, "of ", t->controls, t->ncontrols);
    add_all(&line, "for the builders ", t->builders, t->nbuilders);
    if ((t->uses & 1u << PLUMB_TRUST_BUILD) != 0)
        add(&line, "; ", "SLSA level %" PRId64, t->level);
    if (t->ntypes > 0)
        add(&line, "; ", "%zu build type%s", t->ntypes, t->ntypes == 1 ? "" : "s");
    else if ((t->uses & 1u << PLUMB_TRUST_BUILD) != 0)
        add(&line, "; ", "ANY build: no types are named");
    cli_line(cli, "  %-11s %s: %s", "trusts", t->name, line.text);
}

/* --- how much it asks --- */

static void
print_build(struct cli *cli, const struct plumb_controls *c)
{
    struct list line = { .len = 0 };

    add(&line, "; ", "SLSA level %" PRId64 ", %" PRId64 " rebuilder%s", c->level, c->rebuilders,
        c->rebuilders == 1 ? "" : "s");
    add_all(&line, "of ", c->sources, c->nsources);
    cli_line(cli, "  %-11s %s", "builds", line.text);
}

static void
print_vulnerabilities(struct cli *cli, const struct plumb_controls *c)
{
    struct list block = { .len = 0 }, deadlines = { .len = 0 };
    char duration[PLUMB_DURATION_TEXT];

    for (size_t i = PLUMB_SEVERITY_COUNT; i-- > 0;) {
        const char *severity = plumb_severity_text((enum plumb_severity)i);

        if ((c->blocking & 1u << i) != 0)
            add(&block, ", ", "%s", severity);
        if (c->deadlines[i] == 0)
            continue;
        plumb_duration_text(c->deadlines[i], duration);
        add(&deadlines, ", ", "%s in %s", severity, duration);
    }
    cli_line(cli, "  %-11s %s; what has no severity counts as %s", "blocks",
             block.len > 0 ? block.text : "nothing", plumb_severity_text(c->unrated));
    cli_line(cli, "  %-11s %s", "deadlines", deadlines.len > 0 ? deadlines.text : "none");
}

static void
print_ages(struct cli *cli, const struct plumb_controls *c)
{
    char advisories[PLUMB_DURATION_TEXT], guidance[PLUMB_DURATION_TEXT];
    char provenance[PLUMB_DURATION_TEXT];

    plumb_duration_text(c->advisories_age, advisories);
    plumb_duration_text(c->guidance_age, guidance);
    plumb_duration_text(c->provenance_age, provenance);
    cli_line(cli, "  %-11s advisories %s, guidance %s, provenance %s", "ages", advisories,
             guidance, provenance);
}

static void
print_follows(struct cli *cli, const char *after, unsigned follows)
{
    struct list line = { .len = 0 };

    for (size_t i = 0; i < PLUMB_FOLLOW_COUNT; i++)
        if ((follows & 1u << i) != 0)
            add(&line, ", ", "%s", plumb_follow_text((enum plumb_follow)i));
    cli_line(cli, "  %-11s %s: %s", "follows", after, line.len > 0 ? line.text : "alert");
}

void
cli_controls_lines(struct cli *cli, const struct plumb_governance *g)
{
    const struct plumb_controls *c = g->controls;
    char hex[PLUMB_DIGEST_HEX];

    if (c == NULL) {
        cli_line(cli, "controls: none; no evidence is asked for");
        return;
    }
    cli_line(cli, "controls");
    print_levels(cli, c);
    for (size_t i = 0; i < c->ntrusted; i++)
        print_trusted(cli, g, &c->trusted[i]);
    if (c->has_root) {
        plumb_digest_hex(&c->root, hex);
        cli_line(cli, "  %-11s certificates by the trusted root %s", "", hex);
    }
    print_build(cli, c);
    print_vulnerabilities(cli, c);
    print_ages(cli, c);
    print_follows(cli, "a waiver lapses", c->lapse);
    print_follows(cli, "a finding blocks", c->finding);
    print_follows(cli, "one is overdue", c->overdue);
    cli_quorum_line(cli, g, "waiver", &c->waiver);
}
