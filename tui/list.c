#include "tui/list.h"

#include <string.h>

static void
move(struct tui_app *app, const struct tui_rows *rows, size_t to)
{
    struct tui_list *list = rows->list(app);
    const size_t n = rows->count(app);

    list->cursor = n == 0 ? 0 : to < n ? to : n - 1;
    if (n > 0)
        list->at = rows->key(app, list->cursor);
}

void
tui_list_follow(struct tui_app *app, const struct tui_rows *rows)
{
    struct tui_list *list = rows->list(app);
    const size_t n = rows->count(app);
    struct plumb_digest key;

    for (size_t i = 0; i < n; i++) {
        key = rows->key(app, i);
        if (plumb_digest_eq(&key, &list->at)) {
            list->cursor = i;
            return;
        }
    }
    move(app, rows, list->cursor);
}

bool
tui_list_find(struct tui_app *app, const struct tui_rows *rows, const char *text,
              bool backwards)
{
    const size_t n = rows->count(app), from = rows->list(app)->cursor;

    for (size_t i = 1; i <= n; i++) {
        const size_t row = (backwards ? from + n - i : from + i) % n;

        if (rows->matches(app, row, text)) {
            move(app, rows, row);
            return true;
        }
    }
    return false;
}

bool
tui_list_command(struct tui_app *app, const struct tui_rows *rows, enum tui_command command)
{
    const struct tui_list *list = rows->list(app);
    const size_t page = list->rows > 1 ? (size_t)list->rows - 1 : 1;

    switch (command) {
    case CMD_DOWN:
        move(app, rows, list->cursor + 1);
        return true;
    case CMD_UP:
        move(app, rows, list->cursor > 0 ? list->cursor - 1 : 0);
        return true;
    case CMD_PAGE_DOWN:
        move(app, rows, list->cursor + page);
        return true;
    case CMD_PAGE_UP:
        move(app, rows, list->cursor > page ? list->cursor - page : 0);
        return true;
    case CMD_FIRST:
        move(app, rows, 0);
        return true;
    case CMD_LAST:
        move(app, rows, SIZE_MAX);
        return true;
    default:
        return false;
    }
}

void
tui_list_fit(struct tui_list *list, size_t count, int height)
{
    const size_t rows = height > 0 ? (size_t)height : 1;

    list->rows = height;
    if (list->first + rows > count)
        list->first = count > rows ? count - rows : 0;
    if (list->cursor < list->first)
        list->first = list->cursor;
    if (list->cursor >= list->first + rows)
        list->first = list->cursor - rows + 1;
}

static unsigned char
lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Letters of ASCII whatever their case. (strcasestr minds the locale, at ten times the price,
 * and a key must answer within a frame.) */
static bool
contains(const char *text, const char *what)
{
    const unsigned char first = lower(what[0]);

    for (; *text != '\0'; text++) {
        size_t i = 0;

        if (lower(*text) != first)
            continue;
        while (what[i] != '\0' && lower(text[i]) == lower(what[i]))
            i++;
        if (what[i] == '\0')
            return true;
    }
    return false;
}

bool
tui_matches(const char *what, const char *const *texts, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (what[0] == '\0' || contains(texts[i], what))
            return true;
    return false;
}
