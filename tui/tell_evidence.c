/* Controls, evidence, findings and waivers as parts of a statement's page. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/when.h"
#include "lib/own.h"
#include "tui/screens.h"

#define FINDINGS_SHOWN 400 /* of one release; the rest are counted */

/* "SUP-BOM, SUP-MONITOR and 3 more": those that hold it back. */
static void
name_held(const struct tui_evidence *e, char *ret, size_t size)
{
    size_t used = 0, named = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < e->dossier->ncontrols && named < 4 && used < size; i++) {
        const struct client_control *c = &e->dossier->controls[i];

        if (!e->holds[i])
            continue;
        used +=
            (size_t)snprintf(ret + used, size - used, "%s%.40s", named > 0 ? ", " : "", c->id);
        named++;
    }
    if (e->held > named && used < size)
        (void)snprintf(ret + used, size - used, " and %zu more", e->held - named);
}

void
tui_tell_gate(const struct tui_evidence *e, struct tui_doc *doc)
{
    char names[240];

    if (e->failed[0] != '\0')
        tui_doc_field(doc, "NOT VERIFIED", ST_BAD, e->failed);
    if (!e->gates || !e->governed)
        return;
    if (e->dossier == NULL) {
        tui_doc_fieldf(doc, "Controls", ST_BAD, "not known: they could not be read: %s",
                       e->unread);
        return;
    }
    if (e->held == 0) {
        tui_doc_fieldf(doc, "Controls", ST_PLAIN, "all %zu are met or waived, by the service",
                       e->dossier->ncontrols);
        return;
    }
    name_held(e, names, sizeof names);
    tui_doc_fieldf(doc, "HELD BACK", ST_WARN,
                   "by %zu of %zu controls, neither met nor waived: %s", e->held,
                   e->dossier->ncontrols, names);
}

/* --- controls --- */

static const struct tui_waiver *
waiver_of(const struct tui_evidence *e, const struct client_control *c)
{
    for (size_t i = 0; c->has_waiver && i < e->nwaivers; i++)
        if (strcmp(e->waivers[i].control, c->id) == 0)
            return &e->waivers[i];
    return NULL;
}

static void
tell_control(const struct client_control *c, bool holds, struct tui_doc *doc)
{
    const char *by = c->by;
    char state[16];

    if (c->state == PLUMB_CONTROL_WAIVED && strncmp(by, "waived: ", 8) == 0)
        by += 8; /* which the state says */
    (void)snprintf(state, sizeof state, "%s", plumb_control_state_text(c->state));
    for (char *p = state; holds && *p != '\0'; p++)
        *p = (char)toupper((unsigned char)*p);
    tui_doc_itemf(doc, c->id,
                  !holds                             ? ST_PLAIN
                  : c->state == PLUMB_CONTROL_FAILED ? ST_BAD
                                                     : ST_WARN,
                  "%s (%s)%s%s", state, c->must ? "must" : "should", by[0] != '\0' ? ": " : "",
                  by);
    if (holds && c->text[0] != '\0')
        tui_doc_item(doc, "", ST_DIM, c->text);
}

static void
tell_controls(const struct tui_evidence *e, plumb_time now, struct tui_doc *doc)
{
    const struct client_dossier *d = e->dossier;
    char at[WHEN_TEXT];

    tui_doc_blank(doc);
    tui_doc_head(doc, "Controls");
    if (!e->governed) {
        tui_doc_field(doc, "", ST_DIM, "none: governance names no controls");
        return;
    }
    if (d == NULL) {
        tui_doc_fieldf(doc, "Not read", ST_BAD, "controls and evidence could not be read: %s",
                       e->unread);
        return;
    }
    when_text(d->at, now, at);
    if (e->held > 0)
        tui_doc_fieldf(doc, "", ST_WARN, "%zu of %zu %s, by the service's evaluation, %s",
                       e->held, d->ncontrols,
                       e->gates && e->held == 1 ? "holds it back"
                       : e->gates               ? "hold it back"
                       : e->held == 1           ? "is neither met nor waived"
                                                : "are neither met nor waived",
                       at);
    else
        tui_doc_fieldf(doc, "", ST_PLAIN,
                       "all %zu are met or waived, by the service's evaluation, %s",
                       d->ncontrols, at);
    for (int held = 1; held >= 0; held--)
        for (size_t i = 0; i < d->ncontrols; i++)
            if (e->holds[i] == (held == 1))
                tell_control(&d->controls[i], e->holds[i], doc);
}

/* --- waivers --- */

static void
tell_waiver(const struct tui_waiver *w, plumb_time now, struct tui_doc *doc)
{
    char until[WHEN_TEXT], span[WHEN_TEXT];

    when_text(w->until, now, until);
    when_from_now(w->until, now, span);
    tui_doc_itemf(doc, w->control, w->lapsed ? ST_WARN : ST_PLAIN, "%s %s (%s)",
                  w->lapsed ? "LAPSED:" : "in force until", until, span);
    if (w->proof.check != TUI_CHECKED) {
        tui_doc_itemf(doc, "", ST_BAD, "DID NOT VERIFY HERE: %s", w->proof.why);
        return;
    }
    tui_doc_itemf(doc, "", ST_GOOD, "approved by %s: verified and counted here", w->who);
    tui_doc_itemf(doc, "", ST_PLAIN, "instead: %s", w->compensating);
    tui_doc_itemf(doc, "", ST_PLAIN, "because: %s", w->justification);
}

static void
tell_waivers(const struct tui_evidence *e, plumb_time now, struct tui_doc *doc)
{
    if (e->nwaivers == 0)
        return;
    tui_doc_blank(doc);
    tui_doc_head(doc, "Waivers");
    for (size_t i = 0; i < e->dossier->ncontrols; i++) {
        const struct tui_waiver *w = waiver_of(e, &e->dossier->controls[i]);

        if (w != NULL)
            tell_waiver(w, now, doc);
    }
}

/* --- files --- */

static void
size_text(int64_t bytes, char *ret, size_t size)
{
    if (bytes < 10000)
        (void)snprintf(ret, size, "%" PRId64 " bytes", bytes);
    else if (bytes < 10000000)
        (void)snprintf(ret, size, "%" PRId64 " kB", bytes / 1000);
    else
        (void)snprintf(ret, size, "%" PRId64 " MB", bytes / 1000000);
}

static void
tell_file(const struct client_file *f, const struct tui_proof *proof, plumb_time now,
          struct tui_doc *doc)
{
    const char *kind = plumb_file_kind_text(f->kind);
    char hex[PLUMB_DIGEST_HEX], when[WHEN_TEXT], size[32];

    plumb_digest_hex(&f->digest, hex);
    when_text(f->time, now, when);
    size_text(f->size, size, sizeof size);
    if (f->loose)
        tui_doc_itemf(doc, f->name[0] != '\0' ? f->name : kind, ST_WARN,
                      "counts for nothing yet: no signer trusted for %s refers to it: %s", kind,
                      f->text);
    else if (f->accepted)
        tui_doc_itemf(doc, f->name[0] != '\0' ? f->name : kind, ST_PLAIN, "accepted as %s: %s",
                      f->said[0] != '\0' ? f->said : kind, f->text);
    else
        tui_doc_itemf(doc, f->name[0] != '\0' ? f->name : kind, ST_WARN, "REFUSED: %s (%s)",
                      f->text, f->rule);
    if (proof->check == TUI_CHECKED)
        tui_doc_itemf(doc, "", ST_DIM, "%s, %s, by %s, %s: proven here, entry %" PRIu64, kind,
                      size, f->by, when, f->index);
    else
        tui_doc_itemf(doc, "", ST_BAD, "DID NOT VERIFY HERE: %s", proof->why);
    if (f->review_by != PLUMB_TIME_NEVER) {
        when_text(f->review_by, now, when);
        tui_doc_itemf(doc, "", f->review_by <= now ? ST_WARN : ST_PLAIN, "%s %s",
                      f->review_by <= now ? "REVIEW OVERDUE since" : "to be reviewed by", when);
    }
    tui_doc_item_digest(doc, "", hex);
}

static void
tell_files(const struct tui_evidence *e, plumb_time now, struct tui_doc *doc)
{
    const struct client_dossier *d = e->dossier;
    size_t accepted = 0;

    tui_doc_blank(doc);
    tui_doc_head(doc, "Evidence");
    for (size_t i = 0; i < d->nfiles; i++)
        accepted += d->files[i].accepted;
    if (d->nfiles == 0)
        tui_doc_field(doc, "", ST_DIM, "none is attached");
    else
        tui_doc_fieldf(doc, "", ST_PLAIN,
                       "%zu file%s, %zu accepted: what each was taken for, the service says",
                       d->nfiles, d->nfiles == 1 ? "" : "s", accepted);
    for (size_t i = 0; i < d->nfiles; i++)
        tell_file(&d->files[i], &e->files[i], now, doc);
}

/* --- findings --- */

/* What weighs most first: open before cleared, then by severity. */
static unsigned
weight(const struct client_finding *f)
{
    return (plumb_finding_is_open(f->state) ? 32u : 0) + (f->blocking ? 16u : 0) +
           (f->overdue ? 8u : 0) + (unsigned)f->severity;
}

static int
heavier(const void *a, const void *b, void *arg)
{
    const struct client_finding *findings = arg;
    const uint32_t i = *(const uint32_t *)a, k = *(const uint32_t *)b;
    const unsigned x = weight(&findings[i]), y = weight(&findings[k]);

    return x != y ? (x < y) - (x > y) : (i > k) - (i < k);
}

void
tui_finding_text(const struct client_finding *f, char *ret, size_t size)
{
    (void)snprintf(ret, size, "%s%s, %s%s%s", plumb_severity_text(f->severity),
                   f->rated ? "" : " (not rated)", plumb_finding_state_text(f->state),
                   f->blocking ? ": BLOCKS" : "", f->overdue ? ": OVERDUE" : "");
}

static void
tell_finding(const struct client_finding *f, plumb_time now, struct tui_doc *doc)
{
    const bool open = plumb_finding_is_open(f->state);
    char text[160], since[WHEN_TEXT], due[WHEN_TEXT] = "", more[40] = "";

    tui_finding_text(f, text, sizeof text);
    tui_doc_item(doc, f->advisory,
                 f->blocking || f->overdue ? ST_BAD
                 : open                    ? ST_WARN
                                           : ST_DIM,
                 text);
    if (f->summary[0] != '\0')
        tui_doc_item(doc, "", ST_PLAIN, f->summary);
    if (f->components > 1)
        (void)snprintf(more, sizeof more, " and %" PRId64 " more", f->components - 1);
    if (f->component[0] != '\0')
        tui_doc_itemf(doc, "", ST_PLAIN, "in %s%s%s%s", f->component, more,
                      f->fixed[0] != '\0' ? ", fixed in " : "", f->fixed);
    if (f->why[0] != '\0')
        tui_doc_itemf(doc, "", ST_PLAIN, "%s: %s", open ? "not told" : "cleared", f->why);
    when_text(f->since, now, since);
    if (f->due != PLUMB_TIME_NEVER)
        when_text(f->due, now, due);
    tui_doc_itemf(doc, "", ST_DIM, "since %s, entry %" PRIu64 "%s%s", since, f->index,
                  due[0] != '\0' ? "; to be gone by " : "", due);
}

static void
tell_findings(const struct tui_evidence *e, plumb_time now, struct tui_doc *doc)
{
    const struct client_dossier *d = e->dossier;
    PLUMB_AUTO(auto_free) uint32_t *order = calloc(d->nfindings + 1, sizeof *order);
    size_t open = 0;

    tui_doc_blank(doc);
    tui_doc_head(doc, "Findings");
    if (order == NULL) {
        doc->oom = true;
        return;
    }
    for (size_t i = 0; i < d->nfindings; i++) {
        order[i] = (uint32_t)i;
        open += plumb_finding_is_open(d->findings[i].state);
    }
    qsort_r(order, d->nfindings, sizeof *order, heavier, d->findings);
    if (d->nfindings == 0)
        tui_doc_field(doc, "", ST_DIM, "none");
    else
        tui_doc_fieldf(doc, "", open > 0 ? ST_WARN : ST_PLAIN, "%zu open, %zu cleared or gone",
                       open, d->nfindings - open);
    for (size_t i = 0; i < d->nfindings && i < FINDINGS_SHOWN; i++)
        tell_finding(&d->findings[order[i]], now, doc);
    if (d->nfindings > FINDINGS_SHOWN)
        tui_doc_fieldf(doc, "", ST_WARN, "and %zu more, which weigh less: plumb controls %s@%s",
                       d->nfindings - FINDINGS_SHOWN, d->payload, d->version);
}

void
tui_tell_evidence(const struct tui_evidence *e, plumb_time now, struct tui_doc *doc)
{
    tell_controls(e, now, doc);
    if (e->dossier != NULL) {
        tell_waivers(e, now, doc);
        tell_findings(e, now, doc);
        tell_files(e, now, doc);
    }
    tui_tell_materials(e, now, doc);
}
