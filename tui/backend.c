#include "tui/backend.h"

#include <stdlib.h>

static const struct {
    const char *verb, *done;
} deeds[] = {
#define X(name, verb, done) { verb, done },
    TUI_DEEDS(X)
#undef X
};

const char *
tui_deed_verb(enum tui_deed_kind kind)
{
    return deeds[kind].verb;
}

const char *
tui_deed_done(enum tui_deed_kind kind)
{
    return deeds[kind].done;
}

void
tui_event_clear(struct tui_event *e)
{
    tui_items_clear(&e->items);
    tui_statement_free(e->statement);
    if (e->material != NULL)
        tui_material_clear(e->material);
    free(e->material);
    tui_fleets_free(e->fleets);
    tui_releases_free(e->releases);
    tui_history_free(e->history);
    tui_entry_free(e->entry);
    tui_you_free(e->you);
    e->statement = NULL;
    e->material = NULL;
    e->fleets = NULL;
    e->releases = NULL;
    e->history = NULL;
    e->entry = NULL;
    e->you = NULL;
}
