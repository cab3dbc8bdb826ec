/* docs/lifecycle.md is written from the engine's table: PLUMB_ACCEPT=1 writes it anew. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/lifecycle.h"

static const char head[] =
    "# The lifecycle\n"
    "\n"
    "Every move of a version in a fleet, and what each asks for. Written from the engine's "
    "table\n"
    "(`engine/lifecycle.c`): what is refused is refused by the rule named here, and a test "
    "holds this page to it.\n"
    "\n"
    "For each payload in each fleet there is at most one `current` version, at most one "
    "`incoming`, and any number of\n"
    "`outgoing` ones, each with an end date. Verifiers accept these three and nothing else.\n"
    "\n";

/* The page as the table has it; the caller frees it. */
static char *
page(void)
{
    struct plumb_bytes table = { 0 }, diagram = { 0 };
    struct plumb_err err = { 0 };
    char *text = NULL;

    assert_ok(lifecycle_markdown(&table, &err), &err);
    assert_ok(lifecycle_dot(&diagram, &err), &err);
    assert_true(asprintf(&text,
                         "%s%s\n## The diagram\n\nIn Graphviz's language:\n\n```dot\n%s```\n",
                         head, (const char *)table.data, (const char *)diagram.data) > 0);
    plumb_bytes_clear(&table);
    plumb_bytes_clear(&diagram);
    return text;
}

static void
the_page_says_what_the_table_says(void **state)
{
    char path[4096], *want = page(), *got = calloc(1, 1 << 20);
    FILE *f;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/docs/lifecycle.md", getenv("PLUMB_SOURCE"));
    if (getenv("PLUMB_ACCEPT") != NULL) {
        f = fopen(path, "w");
        assert_non_null(f);
        assert_int_equal(strlen(want), fwrite(want, 1, strlen(want), f));
        assert_int_equal(0, fclose(f));
    }
    f = fopen(path, "r");
    assert_non_null(f);
    assert_non_null(got);
    (void)!fread(got, 1, (1 << 20) - 1, f);
    (void)fclose(f);
    if (strcmp(want, got) != 0)
        fail_msg("docs/lifecycle.md is not the table's: run with PLUMB_ACCEPT=1, and look at "
                 "the difference");
    free(want);
    free(got);
}

int
main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_page_says_what_the_table_says) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
