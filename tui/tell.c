/* A statement as a page: effect first, then what it rests on, then what it changes. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/when.h"
#include "tui/screens.h"

static void
tell_what(const struct tui_statement *s, plumb_time now, struct tui_doc *doc)
{
    char hex[PLUMB_DIGEST_HEX], when[WHEN_TEXT], span[WHEN_TEXT];

    if (s->item.check == TUI_FAILED)
        tui_doc_field(doc, "NOT VERIFIED", ST_BAD, s->item.why);
    if (s->effect != NULL)
        tui_doc_field(doc, "Effect", ST_HEAD, s->effect);
    if (s->consequence != NULL)
        tui_doc_field(doc, "Your vote", s->completes ? ST_WARN : ST_PLAIN, s->consequence);
    else if (s->no_vote != NULL)
        tui_doc_field(doc, "Your vote", ST_DIM, s->no_vote);
    tui_tell_gate(&s->evidence, doc);
    plumb_digest_hex(&s->item.id, hex);
    tui_doc_digest(doc, "Digest", hex);
    tui_doc_fieldf(doc, "What", ST_PLAIN, "%s %s", s->item.kind, s->item.subject);
    when_text(s->item.time, now, when);
    when_from_now(s->item.time, now, span);
    tui_doc_fieldf(doc, "Proposed by", ST_PLAIN, "%s, %s (%s)", s->item.proposer, when, span);
    tui_doc_field(doc, "Signed with", ST_PLAIN, s->key);
    if (s->item.check == TUI_CHECKED)
        tui_doc_field(doc, "Verified", ST_GOOD, s->checked);
    tui_doc_fieldf(doc, "State", ST_PLAIN, "%s, in the service's words", s->state);
}

static void
tell_votes(const struct tui_statement *s, plumb_time now, struct tui_doc *doc)
{
    tui_doc_blank(doc);
    tui_doc_head(doc, "Votes");
    tui_doc_fieldf(doc, "Count", ST_PLAIN, "%u of %u%s%s", s->item.votes, s->item.needed,
                   s->needed[0] != '\0' ? "; still needed: " : "", s->needed);
    for (size_t i = 0; i < s->nvotes; i++) {
        const struct tui_vote *v = &s->votes[i];
        char when[WHEN_TEXT];

        when_text(v->time, now, when);
        tui_doc_fieldf(doc, v->who, v->counts ? ST_PLAIN : ST_DIM,
                       "%s, %s, entry %" PRIu64 "%s%s", v->decision, when, v->index,
                       v->note[0] != '\0' ? ": " : "", v->note);
    }
}

static void
tell_difference(const struct tui_statement *s, struct tui_doc *doc)
{
    if (s->against == NULL && s->nchanges == 0)
        return;
    tui_doc_blank(doc);
    tui_doc_head(doc, "Difference");
    if (s->against != NULL)
        tui_doc_field(doc, "", ST_PLAIN, s->against);
    for (size_t i = 0; i < s->nchanges; i++)
        tui_doc_change(doc, &s->changes[i]);
    if (s->unchanged > 0)
        tui_doc_fieldf(doc, "", ST_DIM, "%zu measurement%s the same", s->unchanged,
                       s->unchanged == 1 ? " is" : "s are");
}

/* What the release names, and what there is to say of what is proposed. */
static void
tell_facts(const struct tui_statement *s, struct tui_doc *doc)
{
    tui_doc_blank(doc);
    tui_doc_head(doc, "Release");
    for (size_t i = 0; i < s->nfacts; i++) {
        const struct tui_fact *f = &s->facts[i];

        if (f->how == TUI_FACT_DIGEST)
            tui_doc_digest(doc, f->label, f->text);
        else
            tui_doc_field(doc, f->label, f->how == TUI_FACT_DOUBT ? ST_WARN : ST_PLAIN,
                          f->text);
    }
    if (s->notes != NULL)
        tui_doc_field(doc, "Notes", ST_PLAIN, s->notes);
}

void
tui_tell_statement(const struct tui_statement *s, plumb_time now, struct tui_doc *doc)
{
    tell_what(s, now, doc);
    tell_votes(s, now, doc);
    tell_difference(s, doc);
    if (s->nfacts > 0) { /* it is about a release */
        tui_tell_evidence(&s->evidence, now, doc);
        tell_facts(s, doc);
    }
    if (s->raw != NULL) {
        tui_doc_blank(doc);
        tui_doc_head(doc, "Raw statement");
        tui_doc_raw(doc, s->raw);
    }
}
