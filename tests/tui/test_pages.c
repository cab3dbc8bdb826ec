/*
 * What documents show of the terminal is what it is: the manual page's keys are those of the
 * table, README's screens those that are accepted. PLUMB_ACCEPT=1 writes both.
 */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "client/store.h"
#include "lib/own.h"
#include "tui/keys.h"

static const char *
source(const char *file)
{
    static char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s", getenv("PLUMB_SOURCE"), file);
    return path;
}

static struct plumb_bytes
read_source(const char *file)
{
    struct plumb_bytes bytes;
    struct plumb_err err;

    assert_ok(store_read(source(file), 1 << 20, &bytes, &err), &err);
    return bytes;
}

/* --- the manual page --- */

static void
print_scopes(FILE *out, unsigned scope)
{
    static const struct {
        unsigned scope;
        const char *name;
    } names[] = { { SCOPE_QUEUE, "Queue" },       { SCOPE_STATEMENT, "Statement" },
                  { SCOPE_ROLLOUTS, "Rollouts" }, { SCOPE_FLEETS, "Fleets" },
                  { SCOPE_HISTORY, "History" },   { SCOPE_ENTRY, "Entry" },
                  { SCOPE_VERSIONS, "Versions" }, { SCOPE_YOU, "You" } };
    bool more = false;

    if (scope == SCOPE_ALL)
        return;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if ((scope & names[i].scope) != 0) {
            fprintf(out, "%s%s", more ? ", " : "On ", names[i].name);
            more = true;
        }
    fprintf(out, ".\n");
}

static void
print_keys(FILE *out)
{
    fprintf(out, ".Bl -tag -width \"Space , PgDn\"\n");
    for (int i = CMD_NONE + 1; i < CMD_COUNT; i++) {
        const struct tui_key *k = &tui_keys[i];
        const char *also = tui_key_also(k);

        fprintf(out, ".It Ic \\&%s%s", k->label[0] == '^' ? "\\(ha" : "",
                k->label[0] == '^' ? k->label + 1 : k->label);
        if (also != NULL)
            fprintf(out, " , %s", also);
        fprintf(out, "\n%s.\n", k->what);
        print_scopes(out, k->scope);
    }
    fprintf(out, ".El\n");
}

#define BEGIN ".\\\" keys: begin\n"
#define END   ".\\\" keys: end\n"

static void
the_manual_page_lists_exactly_the_keys(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes page = read_source("docs/plumb-tui.1");
    PLUMB_AUTO(auto_free) char *want = NULL;
    char *begin = strstr((char *)page.data, BEGIN), *end = strstr((char *)page.data, END);
    size_t size;
    FILE *out = open_memstream(&want, &size);

    (void)state;
    assert_non_null(out);
    assert_non_null(begin);
    assert_non_null(end);
    begin += strlen(BEGIN);
    print_keys(out);
    (void)fclose(out);
    if (getenv("PLUMB_ACCEPT") != NULL) {
        FILE *file = fopen(source("docs/plumb-tui.1"), "w");

        assert_non_null(file);
        fprintf(file, "%.*s%s%s", (int)(begin - (char *)page.data), (char *)page.data, want,
                end);
        assert_int_equal(0, fclose(file));
    } else if ((size_t)(end - begin) != size || memcmp(begin, want, size) != 0)
        fail_msg("the keys changed: PLUMB_ACCEPT=1 writes the page. It should say:\n%s", want);
}

static void
the_manual_page_is_well_formed(void **state)
{
    char command[4200];
    int status;

    (void)state;
    if (system("command -v mandoc >/dev/null") != 0)
        skip();
    (void)snprintf(command, sizeof command, "mandoc -T lint -W warning '%s'",
                   source("docs/plumb-tui.1"));
    status = system(command);
    assert_true(WIFEXITED(status));
    assert_int_equal(0, WEXITSTATUS(status));
}

/* --- README --- */

#define MARK "<!-- screen: "

/* The screen's lines, each indented by four, as Markdown shows text as it is. */
static char *
indented(const char *screen)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    for (const char *line = screen; *line != '\0';) {
        const size_t len = strcspn(line, "\n");

        fprintf(out, "%s%.*s\n", len > 0 ? "    " : "", (int)len, line);
        line += len + 1;
    }
    (void)fclose(out);
    return text;
}

static void
readme_shows_the_screens_that_are_accepted(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes readme = read_source("README.md");
    PLUMB_AUTO(auto_free) char *new = NULL;
    size_t shown = 0, size;
    FILE *out = open_memstream(&new, &size);
    const char *at = (const char *)readme.data, *mark;

    (void)state;
    assert_non_null(out);
    while ((mark = strstr(at, MARK)) != NULL) {
        const char *text = strchr(mark, '\n') + 1, *end = strstr(text, "<!-- end -->");
        char name[80], file[200];

        assert_int_equal(1, sscanf(mark, MARK "%79[^ ]", name));
        assert_non_null(end);
        (void)snprintf(file, sizeof file, "tests/tui/screens/%s.screen", name);
        {
            PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes screen = read_source(file);
            PLUMB_AUTO(auto_free) char *want = indented((const char *)screen.data);

            fprintf(out, "%.*s\n%s\n", (int)(text - at), at, want);
        }
        at = end;
        shown++;
    }
    fprintf(out, "%s", at);
    (void)fclose(out);
    assert_true(shown >= 2);
    if (getenv("PLUMB_ACCEPT") != NULL) {
        FILE *file = fopen(source("README.md"), "w");

        assert_non_null(file);
        assert_true(fputs(new, file) >= 0);
        assert_int_equal(0, fclose(file));
    } else if (strcmp(new, (const char *)readme.data) != 0)
        fail_msg("README shows other screens than are accepted: PLUMB_ACCEPT=1 writes them");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_page_lists_exactly_the_keys),
        cmocka_unit_test(the_manual_page_is_well_formed),
        cmocka_unit_test(readme_shows_the_screens_that_are_accepted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
