/* The queue: everything that waits for a decision. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/when.h"
#include "tui/screens.h"

static const char *const sort_names[SORT_COUNT] = { "mine first, then oldest", "oldest first",
                                                    "newest first", "by name" };

/* --- which items, in which order --- */

static int
compare_index(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

static int
compare(const void *a, const void *b, void *arg)
{
    const struct tui_queue *q = arg;
    const struct tui_item *x = &q->items.items[*(const uint32_t *)a],
                          *y = &q->items.items[*(const uint32_t *)b];
    int order = 0;

    if (q->sort == SORT_MINE)
        order = (int)y->mine - (int)x->mine;
    else if (q->sort == SORT_NEWEST)
        return compare_index(y->index, x->index);
    else if (q->sort == SORT_NAME)
        order = strcmp(x->subject, y->subject);
    return order != 0 ? order : compare_index(x->index, y->index);
}

static bool
passes(const struct tui_queue *q, const struct tui_item *item)
{
    const char *const texts[] = { item->subject, item->kind, item->proposer, item->blocks };

    return (!q->only_mine || item->mine) && tui_matches(q->list.filter, texts, 4);
}

static void
choose(struct tui_app *app)
{
    struct tui_queue *q = &app->queue;

    q->norder = 0;
    for (size_t i = 0; i < q->items.n; i++)
        if (passes(q, &q->items.items[q->sorted[i]]))
            q->order[q->norder++] = q->sorted[i];
}

/* After the items or their order changed; a filter alone only chooses. */
static void
sort(struct tui_app *app)
{
    struct tui_queue *q = &app->queue;

    q->mine = 0;
    for (size_t i = 0; i < q->items.n; i++) {
        q->mine += q->items.items[i].mine;
        q->sorted[i] = (uint32_t)i;
    }
    qsort_r(q->sorted, q->items.n, sizeof *q->sorted, compare, q);
    choose(app);
}

static struct tui_list *
list(struct tui_app *app)
{
    return &app->queue.list;
}

static size_t
count(const struct tui_app *app)
{
    return app->queue.norder;
}

static const struct tui_item *
at(const struct tui_app *app, size_t row)
{
    return &app->queue.items.items[app->queue.order[row]];
}

static struct plumb_digest
key(const struct tui_app *app, size_t row)
{
    return at(app, row)->id;
}

static bool
matches(const struct tui_app *app, size_t row, const char *text)
{
    const struct tui_item *item = at(app, row);
    const char *const texts[] = { item->subject, item->kind, item->proposer, item->blocks };

    return tui_matches(text, texts, 4);
}

static const struct tui_rows rows = { list, count, key, matches, choose };

/* --- answers --- */

static int
by_index(const void *a, const void *b)
{
    return compare_index(((const struct tui_item *)a)->index,
                         ((const struct tui_item *)b)->index);
}

void
tui_queue_all(struct tui_app *app, struct tui_items *items)
{
    struct tui_queue *q = &app->queue;
    uint32_t *order = calloc(items->n + 1, sizeof *order),
             *sorted = calloc(items->n + 1, sizeof *sorted);

    if (order == NULL || sorted == NULL) {
        free(order);
        free(sorted);
        tui_say(app, ST_BAD, "Out of memory: the queue is as it was");
        return;
    }
    free(q->order);
    free(q->sorted);
    q->order = order;
    q->sorted = sorted;
    tui_items_clear(&q->items);
    q->items = *items;
    *items = (struct tui_items){ NULL, 0 };
    if (q->items.n > 0)
        qsort(q->items.items, q->items.n, sizeof *q->items.items, by_index);
    q->loaded = true;
    sort(app);
    tui_list_follow(app, &rows);
}

void
tui_queue_some(struct tui_app *app, const struct tui_items *items)
{
    struct tui_queue *q = &app->queue;

    for (size_t i = 0; i < items->n && q->items.n > 0; i++) {
        struct tui_item *old = bsearch(&items->items[i], q->items.items, q->items.n,
                                       sizeof *q->items.items, by_index);

        if (old != NULL && plumb_digest_eq(&old->id, &items->items[i].id))
            *old = items->items[i];
    }
    if (q->order != NULL) {
        sort(app);
        tui_list_follow(app, &rows);
    }
}

void
tui_queue_done(struct tui_app *app)
{
    tui_items_clear(&app->queue.items);
    free(app->queue.order);
    free(app->queue.sorted);
    app->queue.order = app->queue.sorted = NULL;
}

/* --- drawing --- */

/* Columns from the right end; those that do not fit drop out, the least needed first. */
struct columns {
    int subject, kind, by, votes, waits, age; /* where each begins; 0: not shown */
    int subject_width, waits_width;
};

static struct columns
columns(int cols)
{
    struct columns c = { .subject = 2 };
    int end = cols;

    c.age = end -= 5;
    if (cols >= 72) {
        c.waits_width = cols >= 110 ? 34 : 24;
        c.waits = end -= c.waits_width + 1;
    }
    c.votes = end -= 6;
    if (cols >= 100)
        c.by = end -= 13;
    if (cols >= 56)
        c.kind = end -= 11;
    c.subject_width = end - c.subject - 1;
    return c;
}

static void
draw_heads(struct tui_surface *s, int row, const struct columns *c)
{
    (void)tui_text(s, row, c->subject, c->subject_width, ST_HEAD, "WHAT");
    (void)tui_text(s, row, c->votes, 5, ST_HEAD, "VOTES");
    (void)tui_text(s, row, c->age, 5, ST_HEAD, " AGE");
    if (c->kind > 0)
        (void)tui_text(s, row, c->kind, 10, ST_HEAD, "KIND");
    if (c->by > 0)
        (void)tui_text(s, row, c->by, 12, ST_HEAD, "BY");
    if (c->waits > 0)
        (void)tui_text(s, row, c->waits, c->waits_width, ST_HEAD, "WAITS FOR");
}

static void
draw_item(const struct tui_app *app, struct tui_surface *s, int row, const struct columns *c,
          const struct tui_item *item)
{
    char age[WHEN_TEXT];

    when_span(app->now - item->time, age);
    if (item->check == TUI_FAILED)
        tui_put(s, row, 1, ST_BAD, GLYPH_FAILED);
    else if (item->mine)
        tui_put(s, row, 1, ST_KEY, GLYPH_MINE);
    else if (item->check == TUI_UNCHECKED)
        tui_put(s, row, 1, ST_DIM, GLYPH_UNCHECKED);
    (void)tui_text(s, row, c->subject, c->subject_width, ST_PLAIN, item->subject);
    if (item->check == TUI_CHECKED)
        (void)tui_textf(s, row, c->votes, 5, ST_PLAIN, "%2u/%u", item->votes, item->needed);
    else
        (void)tui_text(s, row, c->votes, 5, ST_DIM, " ?");
    (void)tui_textf(s, row, c->age, 5, ST_PLAIN, "%4s", age);
    if (c->kind > 0)
        (void)tui_text(s, row, c->kind, 10, ST_PLAIN, item->kind);
    if (c->by > 0)
        (void)tui_text(s, row, c->by, 12, ST_PLAIN, item->proposer);
    if (c->waits > 0)
        (void)tui_text(s, row, c->waits, c->waits_width,
                       item->check == TUI_FAILED ? ST_BAD : ST_PLAIN,
                       item->check == TUI_FAILED      ? item->why
                       : item->check == TUI_UNCHECKED ? "(not verified yet)"
                                                      : item->blocks);
}

/* What is on the screen is verified first. */
static void
ask_to_check(struct tui_app *app, size_t first, size_t n)
{
    struct tui_ask ask = { .kind = TUI_ASK_CHECK };

    for (size_t i = first; i < first + n && i < app->queue.norder && ask.n < TUI_CHECK_MAX; i++)
        if (at(app, i)->check == TUI_UNCHECKED)
            ask.ids[ask.n++] = at(app, i)->id;
    if (ask.n > 0)
        tui_ask(app, &ask);
}

static void
draw(struct tui_app *app, struct tui_surface *s, int top, int height)
{
    const struct columns c = columns(s->cols);
    struct tui_list *l = &app->queue.list;

    if (app->queue.norder == 0) {
        (void)tui_text(s, top + 1, 2, s->cols - 2, ST_PLAIN,
                       !app->queue.loaded ? "Asking the server..."
                       : l->filter[0] != '\0'
                           ? "Nothing that waits has this text. Esc shows all"
                       : app->queue.only_mine ? "Nothing waits for you. m shows all that waits"
                                              : "Nothing waits for a decision");
        return;
    }
    tui_list_fit(l, app->queue.norder, height - 1);
    draw_heads(s, top, &c);
    for (int i = 0; i < height - 1 && l->first + (size_t)i < app->queue.norder; i++) {
        const size_t n = l->first + (size_t)i;

        draw_item(app, s, top + 1 + i, &c, at(app, n));
        if (n == l->cursor) {
            tui_put(s, top + 1 + i, 0, ST_CURSOR, GLYPH_CURSOR);
            tui_restyle(s, top + 1 + i, 0, s->cols, ST_CURSOR);
        }
    }
    ask_to_check(app, l->first, (size_t)height);
}

static void
subtitle(const struct tui_app *app, char *ret, size_t size)
{
    const struct tui_queue *q = &app->queue;
    int used;

    if (!q->loaded) {
        ret[0] = '\0';
        return;
    }
    used = snprintf(ret, size, "%zu wait%s for a decision, %zu for yours", q->items.n,
                    q->items.n == 1 ? "s" : "", q->mine);
    if (q->list.filter[0] != '\0' || q->only_mine)
        (void)snprintf(ret + used, size - (size_t)used, "; shown: %zu%s%s%s", q->norder,
                       q->only_mine ? " of mine" : "",
                       q->list.filter[0] != '\0' ? " with " : "", q->list.filter);
    else
        (void)snprintf(ret + used, size - (size_t)used, "; %s", sort_names[q->sort]);
}

static void
command(struct tui_app *app, enum tui_command cmd)
{
    struct tui_queue *q = &app->queue;

    switch (cmd) {
    case CMD_OPEN:
        if (q->norder > 0)
            tui_statement_open(app, &at(app, q->list.cursor)->id);
        return;
    case CMD_SORT:
        q->sort = (q->sort + 1) % SORT_COUNT;
        tui_say(app, ST_PLAIN, "Sorted: %s", sort_names[q->sort]);
        break;
    case CMD_MINE:
        q->only_mine = !q->only_mine;
        break;
    case CMD_CLEAR:
        q->list.filter[0] = '\0';
        q->only_mine = false;
        break;
    default:
        return;
    }
    if (q->order == NULL)
        return;
    if (cmd == CMD_SORT)
        sort(app);
    else
        choose(app);
    tui_list_follow(app, &rows);
}

const struct tui_screen tui_queue_screen = { "Queue",  SCOPE_QUEUE, draw, command,
                                             subtitle, &rows,       NULL };
