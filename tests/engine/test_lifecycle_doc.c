/* docs/lifecycle.md between its two marks is the table. PLUMB_ACCEPT=1 writes it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lifecycle.h"
#include "tests/t.h"

#define BEGIN "<!-- generated from engine/lifecycle.c -->\n"
#define END   "<!-- end -->\n"

static char *
read_all(const char *path)
{
    char *text = calloc(1, 1 << 20);
    FILE *f = fopen(path, "r");

    assert_non_null(text);
    if (f == NULL)
        fail_msg("cannot open %s", path);
    assert_true(fread(text, 1, (1 << 20) - 1, f) > 0);
    (void)fclose(f);
    return text;
}

static char *
generated(void)
{
    struct plumb_bytes table = { 0 }, dot = { 0 };
    struct plumb_err err;
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    assert_ok(lifecycle_markdown(&table, &err), &err);
    assert_ok(lifecycle_dot(&dot, &err), &err);
    (void)fprintf(f, "%s\n```dot\n%s```\n", (const char *)table.data, (const char *)dot.data);
    (void)fclose(f);
    plumb_bytes_clear(&table);
    plumb_bytes_clear(&dot);
    return text;
}

static void
the_page_says_what_the_table_does(void **state)
{
    const char *source = getenv("PLUMB_SOURCE");
    char path[1024], *page, *want, *begin, *end;

    (void)state;
    if (source == NULL) {
        print_message("skip: PLUMB_SOURCE does not say where docs are\n");
        skip();
    }
    (void)snprintf(path, sizeof path, "%s/docs/lifecycle.md", source);
    page = read_all(path);
    want = generated();
    begin = strstr(page, BEGIN);
    end = strstr(page, END);
    assert_non_null(begin);
    assert_non_null(end);
    begin += strlen(BEGIN);
    if (getenv("PLUMB_ACCEPT") != NULL) {
        FILE *f = fopen(path, "w");

        assert_non_null(f);
        (void)fprintf(f, "%.*s%s%s", (int)(begin - page), page, want, end);
        (void)fclose(f);
    } else if (strlen(want) != (size_t)(end - begin) ||
               strncmp(want, begin, strlen(want)) != 0) {
        fail_msg("docs/lifecycle.md is not what the table says; run %s with PLUMB_ACCEPT=1",
                 "test_lifecycle_doc");
    }
    free(want);
    free(page);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_says_what_the_table_does),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
