/*
 * tui/list.h - the cursor of a list: it holds on to what it is on, by key, never to a row. What
 * the list shows may change at any time.
 */
#ifndef TUI_LIST_H
#define TUI_LIST_H

#include <plumb/bytes.h>

#include "tui/keys.h"
#include "tui/surface.h"

struct tui_app;

struct tui_list {
    struct plumb_digest at; /* key of what the cursor is on */
    size_t cursor, first;
    int rows; /* as drawn last */
    char filter[64];
};

/* How the rows of a list are got at. */
struct tui_rows {
    struct tui_list *(*list)(struct tui_app *app);
    size_t (*count)(const struct tui_app *app);
    /* What stays the same while the row moves. */
    struct plumb_digest (*key)(const struct tui_app *app, size_t row);
    /* What is searched in, for finding. */
    bool (*matches)(const struct tui_app *app, size_t row, const char *text);
    /* After the filter's text changed: choose the rows anew. */
    void (*choose)(struct tui_app *app);
};

/* The rows have changed: put the cursor back on what it was on; if that is gone, stay near. */
void tui_list_follow(struct tui_app *app, const struct tui_rows *rows);
/* Only moving about; false when command is another. */
bool tui_list_command(struct tui_app *app, const struct tui_rows *rows,
                      enum tui_command command);
/* To the next row that has this text; false when there is none. */
bool tui_list_find(struct tui_app *app, const struct tui_rows *rows, const char *text,
                   bool backwards);
/* Before drawing height rows: scroll so that the cursor is among them. */
void tui_list_fit(struct tui_list *list, size_t count, int height);

/* Does any of n texts hold what, whatever the case of ASCII letters? An empty what is
 * everywhere. */
bool tui_matches(const char *what, const char *const *texts, size_t n);

#endif
