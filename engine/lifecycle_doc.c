/* The lifecycle's table, for people. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine/lifecycle.h"
#include "lib/own.h"

struct text {
    struct plumb_bytes bytes;
    bool failed;
};

static void
text_clear(struct text *t)
{
    plumb_bytes_clear(&t->bytes);
}

__attribute__((format(printf, 2, 3))) static void
print(struct text *t, const char *fmt, ...)
{
    char line[2048];
    uint8_t *data;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    data = n >= 0 && (size_t)n < sizeof line
               ? realloc(t->bytes.data, t->bytes.len + (size_t)n + 1)
               : NULL;
    if (data == NULL) {
        t->failed = true;
        return;
    }
    memcpy(data + t->bytes.len, line, (size_t)n + 1);
    t->bytes.data = data;
    t->bytes.len += (size_t)n;
}

static enum plumb_code
finish(struct text *t, struct plumb_bytes *ret, struct plumb_err *err)
{
    if (t->failed)
        return plumb_fail_memory(err);
    *ret = t->bytes;
    t->bytes = (struct plumb_bytes){ 0 };
    return PLUMB_OK;
}

static const char *const causes[] = { "quorum", "time", "governance" };

static const char *
place_text(int place)
{
    return place == LIFECYCLE_NOWHERE ? "nowhere yet"
                                      : engine_place_text((enum engine_place)place);
}

static void
print_places(struct text *t, unsigned from)
{
    const char *comma = "";

    for (int place = 0; place <= LIFECYCLE_NOWHERE; place++)
        if ((from & LIFECYCLE_AT(place)) != 0) {
            print(t, "%s%s", comma, place_text(place));
            comma = ", ";
        }
}

static void
print_conditions(struct text *t, const struct lifecycle_row *row)
{
    const char *comma = "";

    for (unsigned c = 0; c < LIFECYCLE_CONDITION_COUNT; c++) {
        bool late = (row->conditions[1] & 1u << c) != 0;

        if (!late && (row->conditions[0] & 1u << c) == 0)
            continue;
        print(t, "%s`%s`%s", comma, lifecycle_rule((enum lifecycle_condition)c) + 10,
              late ? " (when it takes effect)" : "");
        comma = ", ";
    }
}

enum plumb_code
lifecycle_markdown(struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(text_clear) struct text t = { 0 };

    print(&t, "| move | by | from | to | refused by `lifecycle.` | what happens |\n"
              "|---|---|---|---|---|---|\n");
    for (int m = 0; m < MOVE_COUNT; m++) {
        const struct lifecycle_row *row = lifecycle_row((enum lifecycle_move)m);

        print(&t, "| %s | %s | ", row->name, causes[row->cause]);
        print_places(&t, row->from);
        print(&t, " | %s | ", row->to < 0 ? "the same" : place_text(row->to));
        print_conditions(&t, row);
        print(&t, " | %s |\n", row->text);
    }
    print(&t, "\n| rule | what must be so |\n|---|---|\n");
    for (unsigned c = 0; c < LIFECYCLE_CONDITION_COUNT; c++)
        print(&t, "| `%s` | %s |\n", lifecycle_rule((enum lifecycle_condition)c),
              lifecycle_condition_text((enum lifecycle_condition)c));
    return finish(&t, ret, err);
}

static const char *
node(int place)
{
    return place == LIFECYCLE_NOWHERE ? "nowhere" : engine_place_text((enum engine_place)place);
}

static void
print_edges(struct text *t, unsigned from, int to, const char *label, const char *style)
{
    for (int place = 0; place <= LIFECYCLE_NOWHERE; place++)
        if ((from & LIFECYCLE_AT(place)) != 0 && place != to)
            print(t, "    %s -> %s [label=\"%s\"%s];\n", node(place), node(to), label, style);
}

enum plumb_code
lifecycle_dot(struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(text_clear) struct text t = { 0 };

    print(&t, "digraph lifecycle {\n    nowhere [shape=point];\n");
    for (int place = 0; place < ENGINE_PLACE_COUNT; place++)
        print(&t, "    %s [shape=box%s];\n", node(place),
              place <= ENGINE_PLACE_OUTGOING ? ", style=bold" : "");
    for (int m = 0; m < MOVE_COUNT; m++) {
        const struct lifecycle_row *row = lifecycle_row((enum lifecycle_move)m);
        const char *style = row->cause == CAUSE_TIME ? ", style=dashed" : "";
        char label[64];

        if (row->to >= 0)
            print_edges(&t, row->from, row->to, row->name, style);
        if (row->predecessor_to < 0)
            continue;
        (void)snprintf(label, sizeof label, "%s (of its successor)", row->name);
        print_edges(&t, row->predecessor_from, row->predecessor_to, label, style);
    }
    print(&t, "}\n");
    return finish(&t, ret, err);
}
