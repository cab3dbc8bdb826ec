/* Bills of materials and root stores, and what changed in them, as parts of a statement's page.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/when.h"
#include "lib/own.h"
#include "tui/screens.h"

/* What is found in a component stands under it. */
static void
tell_found_in(const struct tui_evidence *e, const struct tui_component *c, struct tui_doc *doc)
{
    const struct client_dossier *d = e->dossier;

    for (size_t i = 0; c->after != NULL && c->purl[0] != '\0' && i < d->nfindings; i++) {
        const struct client_finding *f = &d->findings[i];
        char text[160];

        if (!plumb_finding_is_open(f->state) || strcmp(f->component, c->purl) != 0)
            continue;
        tui_finding_text(f, text, sizeof text);
        tui_doc_fieldf(doc, "", f->blocking ? ST_BAD : ST_WARN, "  %s: %s", f->advisory, text);
    }
}

static bool
same_text(const char *a, const char *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || strcmp(a, b) == 0);
}

static bool
same_changes(const struct tui_material *a, const struct tui_material *b)
{
    if (a->total != b->total || a->added != b->added || a->removed != b->removed ||
        a->changed != b->changed || a->ncomponents != b->ncomponents)
        return false;
    for (size_t i = 0; i < a->ncomponents; i++) {
        const struct tui_component *x = &a->components[i], *y = &b->components[i];

        if (strcmp(x->name, y->name) != 0 || strcmp(x->purl, y->purl) != 0 ||
            !same_text(x->before, y->before) || !same_text(x->after, y->after))
            return false;
    }
    return true;
}

/* A bill told before this one that says the same, as where a release names a bill and somebody
 * attests it; NULL: there is none. */
static const struct tui_material *
told_before(const struct tui_evidence *e, const struct tui_material *m)
{
    for (const struct tui_material *b = e->materials; b < m; b++)
        if (!b->roots && b->state == TUI_READ && b->after.exists && same_changes(b, m))
            return b;
    return NULL;
}

static void
tell_bill(const struct tui_evidence *e, const struct tui_material *m, struct tui_doc *doc)
{
    const size_t differ = m->added + m->removed + m->changed;
    const struct tui_material *told = told_before(e, m);

    tui_doc_fieldf(doc, "", differ > 0 ? ST_PLAIN : ST_DIM,
                   "%zu components: %zu added, %zu removed, %zu changed", m->total, m->added,
                   m->removed, m->changed);
    if (told != NULL && differ > 0 && m->ncomponents == differ) { /* all were compared */
        tui_doc_fieldf(doc, "", ST_DIM, "the same as of %s, above", told->name);
        return;
    }
    for (size_t i = 0; i < m->ncomponents; i++) {
        const struct tui_component *c = &m->components[i];
        PLUMB_AUTO(auto_free) char *newer = NULL;

        if (c->after != NULL && c->purl[0] != '\0' &&
            asprintf(&newer, "%s  %s", c->after, c->purl) < 0)
            newer = NULL;
        tui_doc_change(doc, &(struct tui_change){ .how = c->before == NULL  ? TUI_ADDED
                                                         : c->after == NULL ? TUI_REMOVED
                                                                            : TUI_CHANGED,
                                                  .name = c->name,
                                                  .before = c->before,
                                                  .after = newer != NULL ? newer : c->after });
        tell_found_in(e, c, doc);
    }
    if (m->ncomponents < differ)
        tui_doc_fieldf(doc, "", ST_WARN, "and %zu more%s", differ - m->ncomponents,
                       m->after.attested || m->before.attested
                           ? ""
                           : ": plumb evidence diff tells them all");
}

static void
tell_certificate(const struct tui_certificate *c, plumb_time now, struct tui_doc *doc)
{
    char text[400], name[sizeof c->subject], hex[PLUMB_DIGEST_HEX], until[WHEN_TEXT];
    char span[WHEN_TEXT];
    struct tui_change change = { .how = c->how == TUI_CERT_ADDED     ? TUI_ADDED
                                        : c->how == TUI_CERT_REMOVED ? TUI_REMOVED
                                                                     : TUI_SAME,
                                 .name = name };

    (void)snprintf(name, sizeof name, "%s", c->subject);
    plumb_digest_hex(&c->fingerprint, hex);
    when_text(c->not_after, now, until);
    when_from_now(c->not_after, now, span);
    (void)snprintf(text, sizeof text, "%s%s%s %s (%s), SHA-256 %.16s", c->key,
                   c->key[0] != '\0' ? ", " : "", c->not_after <= now ? "EXPIRED" : "until",
                   until, span, hex);
    if (c->how == TUI_CERT_REMOVED)
        change.before = text;
    else
        change.after = text;
    tui_doc_change(doc, &change);
}

/* What changed first. */
static void
tell_roots(const struct tui_material *m, plumb_time now, struct tui_doc *doc)
{
    if (m->after.exists)
        tui_doc_fieldf(doc, "", ST_PLAIN, "%zu certificate%s: %zu added, %zu removed", m->total,
                       m->total == 1 ? "" : "s", m->added, m->removed);
    else
        tui_doc_fieldf(doc, "", ST_PLAIN, "%zu certificate%s gone with it", m->removed,
                       m->removed == 1 ? " is" : "s are");
    for (int same = 0; same < 2; same++)
        for (size_t i = 0; i < m->ncertificates; i++)
            if ((m->certificates[i].how == TUI_CERT_SAME) == (same == 1))
                tell_certificate(&m->certificates[i], now, doc);
}

static void
tell_material(const struct tui_evidence *e, const struct tui_material *m, plumb_time now,
              struct tui_doc *doc)
{
    char hex[PLUMB_DIGEST_HEX];

    tui_doc_blank(doc);
    tui_doc_head(doc, m->roots ? "Root store" : "Bill of materials");
    plumb_digest_hex(m->after.exists ? &m->after.digest : &m->before.digest, hex);
    tui_doc_field(doc, "File", ST_PLAIN, m->name);
    tui_doc_digest(doc, "Digest", hex);
    if (m->signer[0] != '\0')
        tui_doc_fieldf(doc, "Attested by", ST_GOOD, "%s: signature and subject verified here",
                       m->signer);
    tui_doc_field(doc, "Difference", ST_PLAIN, m->against);
    if (!m->after.exists)
        tui_doc_fieldf(doc, "", ST_WARN, "REMOVED: this release has %s",
                       m->roots ? "no such root store" : "no bill of materials");
    if (m->state == TUI_READING)
        tui_doc_field(doc, "", ST_KEY, "reading...");
    else if (m->state == TUI_OPAQUE)
        tui_doc_fieldf(doc, "", ST_WARN, "cannot be read: %s", m->why);
    else if (m->state == TUI_UNREAD)
        tui_doc_fieldf(doc, "", ST_BAD, "DID NOT VERIFY HERE: %s", m->why);
    else if (m->roots)
        tell_roots(m, now, doc);
    else if (m->after.exists)
        tell_bill(e, m, doc);
}

void
tui_tell_materials(const struct tui_evidence *e, plumb_time now, struct tui_doc *doc)
{
    for (size_t i = 0; i < e->nmaterials; i++)
        tell_material(e, &e->materials[i], now, doc);
    if (e->unlisted > 0)
        tui_doc_fieldf(doc, "", ST_WARN, "and %zu more that are not compared here",
                       e->unlisted);
}
