#include "tui/model.h"

#include <stdlib.h>

void
tui_items_clear(struct tui_items *i)
{
    free(i->items);
    *i = (struct tui_items){ NULL, 0 };
}

void
tui_statement_free(struct tui_statement *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->nchanges; i++) {
        free(s->changes[i].name);
        free(s->changes[i].before);
        free(s->changes[i].after);
    }
    for (size_t i = 0; i < s->nfacts; i++)
        free(s->facts[i].text);
    tui_evidence_clear(&s->evidence);
    free(s->votes);
    free(s->effect);
    free(s->consequence);
    free(s->no_vote);
    free(s->against);
    free(s->changes);
    free(s->facts);
    free(s->notes);
    free(s->raw);
    free(s);
}

void
tui_fleets_free(struct tui_fleets *f)
{
    if (f == NULL)
        return;
    for (size_t i = 0; i < f->n; i++) {
        for (size_t k = 0; k < f->fleets[i].n; k++)
            free(f->fleets[i].payloads[k].versions);
        free(f->fleets[i].payloads);
        free(f->fleets[i].pulls);
    }
    free(f->fleets);
    free(f);
}

void
tui_releases_free(struct tui_releases *r)
{
    if (r == NULL)
        return;
    free(r->releases);
    free(r);
}

void
tui_history_free(struct tui_history *h)
{
    if (h == NULL)
        return;
    free(h->moves);
    free(h);
}

void
tui_entry_free(struct tui_entry *e)
{
    if (e == NULL)
        return;
    free(e->raw);
    free(e);
}

void
tui_you_free(struct tui_you *y)
{
    if (y == NULL)
        return;
    free(y->may);
    free(y->verified);
    free(y);
}
