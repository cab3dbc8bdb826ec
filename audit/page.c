#include "audit/page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

#define CELL        256
#define COLUMNS_MAX 10

struct page {
    bool markdown, facts; /* facts: the last line was one */
    FILE *out;
    char *text;
    size_t len;
};

PLUMB_DEFINE_AUTO(auto_page, struct page *, page_free);

enum plumb_code
page_new(bool markdown, struct page **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_page) struct page *p = calloc(1, sizeof *p);

    if (p == NULL)
        return plumb_fail_memory(err);
    p->markdown = markdown;
    p->out = open_memstream(&p->text, &p->len);
    if (p->out == NULL)
        return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(p);
    return PLUMB_OK;
}

void
page_free(struct page *p)
{
    if (p == NULL)
        return;
    if (p->out != NULL)
        (void)fclose(p->out);
    free(p->text);
    free(p);
}

enum plumb_code
page_take(struct page *p, struct plumb_bytes *ret, struct plumb_err *err)
{
    bool failed = ferror(p->out) != 0;

    failed = fclose(p->out) != 0 || failed;
    p->out = NULL;
    if (failed || p->text == NULL)
        return plumb_fail_memory(err);
    *ret = (struct plumb_bytes){ (uint8_t *)PLUMB_TAKE(p->text), p->len };
    return PLUMB_OK;
}

static void
end_facts(struct page *p)
{
    if (p->facts && p->markdown)
        fputc('\n', p->out);
    p->facts = false;
}

/* Line feeds would begin a line of their own, and in Markdown some characters mean something.
 */
static void
put_text(const struct page *p, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n' || *text == '\r' || *text == '\t') {
            fputc(' ', p->out);
            continue;
        }
        if (p->markdown && strchr("\\`*_{}[]<>#|&!", *text) != NULL)
            fputc('\\', p->out);
        fputc(*text, p->out);
    }
}

__attribute__((format(printf, 2, 0))) static void
put_format(const struct page *p, const char *fmt, va_list args)
{
    PLUMB_AUTO(auto_free) char *text = NULL;

    if (vasprintf(&text, fmt, args) < 0) {
        text = NULL;
        return;
    }
    put_text(p, text);
}

void
page_heading(struct page *p, unsigned level, const char *fmt, ...)
{
    va_list args;

    end_facts(p);
    if (ftell(p->out) > 0)
        fputc('\n', p->out);
    for (unsigned i = 0; p->markdown && i < level; i++)
        fputc('#', p->out);
    if (p->markdown)
        fputc(' ', p->out);
    va_start(args, fmt);
    put_format(p, fmt, args);
    va_end(args);
    fputs(p->markdown ? "\n\n" : "\n", p->out);
}

void
page_line(struct page *p, const char *fmt, ...)
{
    va_list args;

    end_facts(p);
    va_start(args, fmt);
    put_format(p, fmt, args);
    va_end(args);
    fputs(p->markdown ? "\n\n" : "\n", p->out);
}

void
page_fact(struct page *p, const char *name, const char *fmt, ...)
{
    va_list args;

    p->facts = true;
    if (p->markdown)
        fprintf(p->out, "- **%s**: ", name);
    else
        fprintf(p->out, "  %-22s ", name);
    va_start(args, fmt);
    put_format(p, fmt, args);
    va_end(args);
    fputc('\n', p->out);
}

/* --- tables --- */

static void
cell(const json_t *row, const char *column, char ret[CELL])
{
    const char *colon = strchr(column, ':');
    const json_t *value = json_object_get(row, colon != NULL ? colon + 1 : column);

    ret[0] = '\0';
    if (json_is_string(value))
        (void)snprintf(ret, CELL, "%s", json_string_value(value));
    else if (json_is_integer(value))
        (void)snprintf(ret, CELL, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_boolean(value))
        (void)snprintf(ret, CELL, "%s", json_is_true(value) ? "yes" : "no");
}

static void
heading_of(const char *column, char ret[CELL])
{
    (void)snprintf(ret, CELL, "%.*s", (int)strcspn(column, ":"), column);
}

static void
put_row(const struct page *p, char cells[][CELL], const size_t *widths, size_t n)
{
    if (!p->markdown) {
        for (size_t i = 0; i < n; i++)
            fprintf(p->out, "  %-*s", i + 1 < n ? (int)widths[i] : 0, cells[i]);
        fputc('\n', p->out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        fputs("| ", p->out);
        put_text(p, cells[i]);
        fputc(' ', p->out);
    }
    fputs("|\n", p->out);
}

void
page_table(struct page *p, const char *const *columns, const json_t *rows)
{
    char cells[COLUMNS_MAX][CELL];
    size_t widths[COLUMNS_MAX] = { 0 }, n = 0, i;
    const json_t *row;

    end_facts(p);
    while (columns[n] != NULL && n < COLUMNS_MAX)
        n++;
    for (size_t c = 0; c < n; c++) {
        heading_of(columns[c], cells[c]);
        widths[c] = strlen(cells[c]);
        json_array_foreach(rows, i, row) {
            char text[CELL];

            cell(row, columns[c], text);
            if (strlen(text) > widths[c])
                widths[c] = strlen(text);
        }
    }
    put_row(p, cells, widths, n);
    for (size_t c = 0; p->markdown && c < n; c++)
        fputs("|---", p->out);
    if (p->markdown)
        fputs("|\n", p->out);
    json_array_foreach(rows, i, row) {
        for (size_t c = 0; c < n; c++)
            cell(row, columns[c], cells[c]);
        put_row(p, cells, widths, n);
    }
    if (p->markdown)
        fputc('\n', p->out);
}
