/* What the documents say of the command line is what it is. docs/plumb.1 between its two marks
 * is made from the table: PLUMB_ACCEPT=1 writes it. */
#include "tests/t.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "client/store.h"
#include "lib/own.h"
#include "tests/cli/doc.h"

static const char *
source(const char *file)
{
    static char path[4096];

    (void)snprintf(path, sizeof path, "%s/%s", getenv("PLUMB_SOURCE"), file);
    return path;
}

/* A command line in full must have its arguments; one in running text names a command. */
static void
check(const struct doc_line *line, bool whole)
{
    struct cli cli = { .answer = CLI_DONE };
    struct plumb_err err = { 0 };

    if (cli_parse(&cli, line->argc, line->argv, &err) != PLUMB_OK)
        fail_msg("%s:%d: %s: %s", line->file, line->number, err.where, err.msg);
    if (cli.command == NULL && cli.group == NULL && cli_option(&cli, "help") == NULL &&
        cli_option(&cli, "version") == NULL)
        fail_msg("%s:%d: no command", line->file, line->number);
    if (whole &&
        (cli.command == NULL || cli.nargs < cli.command->min || cli.nargs > cli.command->max))
        fail_msg("%s:%d: not the command's arguments", line->file, line->number);
    cli_close(&cli);
}

static size_t checked;

static void
check_block(const struct doc_line *line, void *arg)
{
    (void)arg;
    checked++;
    check(line, true);
}

static void
check_inline(const struct doc_line *line, void *arg)
{
    (void)arg;
    if (line->argc > 1 && strchr(line->argv[1], '.') == NULL) /* "plumb ..." */
        check(line, false);
}

static void
every_command_in_a_document_is_understood(void **state)
{
    glob_t found;
    const size_t root = strlen(source(""));

    (void)state;
    assert_int_equal(0, glob(source("*.md"), 0, NULL, &found));
    assert_int_equal(0, glob(source("docs/*.md"), GLOB_APPEND, NULL, &found));
    assert_int_equal(0, glob(source("examples/*.md"), GLOB_APPEND, NULL, &found));
    for (size_t i = 0; i < found.gl_pathc; i++) {
        doc_each(found.gl_pathv[i] + root, "plumb", 0, check_block, NULL);
        doc_each(found.gl_pathv[i] + root, "plumb", 1, check_inline, NULL);
    }
    globfree(&found);
    assert_true(checked > 15);
}

/* --- the tests --- */

/* All of tests/cli, in one text. */
static char *
read_tests(void)
{
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);
    glob_t found;

    assert_int_equal(0, glob(source("tests/cli/*.c"), 0, NULL, &found));
    for (size_t i = 0; i < found.gl_pathc; i++) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
        struct plumb_err err = { 0 };

        assert_ok(store_read(found.gl_pathv[i], 1 << 20, &bytes, &err), &err);
        (void)fwrite(bytes.data, 1, bytes.len, to);
    }
    globfree(&found);
    (void)fclose(to);
    return text;
}

/* "key", "new" as a test names it among a run's arguments. */
static void
every_command_is_run_by_a_test(void **state)
{
    PLUMB_AUTO(auto_free) char *tests = read_tests();

    (void)state;
    for (size_t i = 0; i < cli_ncommands; i++) {
        const char *name = cli_commands[i]->name, *space = strchr(name, ' ');
        char words[128];

        if (space != NULL)
            (void)snprintf(words, sizeof words, "\"%.*s\", \"%s\"", (int)(space - name), name,
                           space + 1);
        else
            (void)snprintf(words, sizeof words, "\"%s\"", name);
        if (strstr(tests, words) == NULL)
            fail_msg("no test in tests/cli runs 'plumb %s'", name);
    }
}

/* --- the man page --- */

/* Text in mdoc: nothing of it may be taken for a request. */
static void
put(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\\')
            fputs("\\e", to);
        else if (*text == '"')
            fputs("\\(dq", to);
        else if (*text == '-')
            fputs("\\-", to);
        else if (*text == '\n')
            (void)fputc(' ', to);
        else
            (void)fputc(*text, to);
    }
}

/* Running text: filled, and a line of its own for each sentence. */
static void
fill(FILE *to, const char *text, const char *end)
{
    size_t column = 0;

    while (*text != '\0') {
        char word[256];
        const size_t len = strcspn(text, " \n");

        assert_true(len < sizeof word);
        memcpy(word, text, len);
        word[len] = '\0';
        text += len + strspn(text + len, " \n");
        if (len == 0)
            continue;
        if (column > 0 && column + len > 66) /* escapes are longer */ {
            (void)fputc('\n', to);
            column = 0;
        }
        if (column == 0 && (word[0] == '.' || word[0] == '\''))
            fputs("\\&", to);
        fputs(column > 0 ? " " : "", to);
        put(to, word);
        column += len + 1;
        if (strchr(".?!", word[len - 1]) != NULL && *text != '\0') {
            (void)fputc('\n', to);
            column = 0;
        }
    }
    fputs(end, to);
}

static void
put_options(FILE *to, const struct cli_option *options)
{
    if (options == NULL)
        return;
    fputs(".Bl -tag -width Ds\n", to);
    for (const struct cli_option *o = options; o->name != NULL; o++) {
        fputs(".It ", to);
        if (o->letter != 0)
            fprintf(to, "Fl %c , ", o->letter);
        fputs("Fl \\-", to);
        put(to, o->name);
        if (o->value != NULL) {
            fputs(" Ar ", to);
            put(to, o->value);
        }
        fputs("\n", to);
        fill(to, o->about, o->many ? "\n.Pq may be given again\n" : "\n");
    }
    fputs(".El\n", to);
}

static void
put_command(FILE *to, const struct cli_command *c)
{
    fputs(".Ss plumb ", to);
    put(to, c->name);
    if (c->arguments[0] != '\0') {
        fputs(" ", to);
        put(to, c->arguments);
        fputs("\\&", to); /* no punctuation that ends it */
    }
    fputs("\n", to);
    fill(to, c->summary, ".\n");
    if (c->more != NULL) {
        fputs(".Pp\n", to);
        fill(to, c->more, "\n");
    }
    put_options(to, c->options);
    fputs(".Pp\nExample:\n.Dl ", to);
    put(to, c->example);
    fputs("\n", to);
}

static char *
make_commands(void)
{
    const char *topic = "";
    char *text = NULL;
    size_t len;
    FILE *to = open_memstream(&text, &len);

    fputs("\n.Sh OPTIONS OF EVERY COMMAND\n", to);
    put_options(to, cli_globals);
    fputs(".Sh COMMANDS\n", to);
    for (size_t i = 0; i < cli_ncommands; i++) {
        if (strcmp(topic, cli_commands[i]->topic) != 0)
            fprintf(to, "%s.Em %s\n", i > 0 ? ".Pp\n" : "", cli_commands[i]->topic);
        topic = cli_commands[i]->topic;
        put_command(to, cli_commands[i]);
    }
    fputs(".Sh EXIT STATUS\n.Bl -tag -width Ds\n", to);
    {
        static const char *const about[] = {
#define X(name, words) words,
            CLI_EXITS(X)
#undef X
        };

        for (size_t i = 0; i < CLI_EXIT_COUNT; i++) {
            fprintf(to, ".It %zu\n", i);
            fill(to, about[i], "\n");
        }
    }
    fputs(".El\n", to);
    (void)fclose(to);
    return text;
}

#define BEGIN ".\\\" begin: from the table of commands\n"
#define END   ".\\\" end: from the table of commands\n"

static void
the_man_page_is_what_the_table_says(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes page = { NULL, 0 };
    PLUMB_AUTO(auto_free) char *made = make_commands();
    struct plumb_err err = { 0 };
    char *begin, *end;

    (void)state;
    assert_ok(store_read(source("docs/plumb.1"), 1 << 20, &page, &err), &err);
    begin = strstr((char *)page.data, BEGIN);
    assert_non_null(begin);
    begin += strlen(BEGIN);
    end = strstr(begin, END);
    assert_non_null(end);
    if (getenv("PLUMB_ACCEPT") != NULL) {
        PLUMB_AUTO(auto_free) char *text = NULL;

        assert_true(asprintf(&text, "%.*s%s%s", (int)(begin - (char *)page.data),
                             (char *)page.data, made + 1, end) > 0);
        assert_ok(store_replace(source("docs/plumb.1"), text, strlen(text), false, &err), &err);
        return;
    }
    if ((size_t)(end - begin) != strlen(made + 1) ||
        strncmp(begin, made + 1, strlen(made + 1)) != 0)
        fail_msg("docs/plumb.1 is not what the table says; run %s with PLUMB_ACCEPT=1",
                 "test_docs");
}

static void
the_man_pages_pass_mandoc(void **state)
{
    char command[9000];

    (void)state;
    if (system("command -v mandoc >/dev/null") != 0) {
        print_message("mandoc is not installed: docs/*.[18] not checked by it\n");
        skip();
    }
    (void)snprintf(command, sizeof command, "mandoc -T lint -W warning '%s'",
                   source("docs/plumb.1"));
    assert_int_equal(0, system(command));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_in_a_document_is_understood),
        cmocka_unit_test(every_command_is_run_by_a_test),
        cmocka_unit_test(the_man_page_is_what_the_table_says),
        cmocka_unit_test(the_man_pages_pass_mandoc),
    };

    return cmocka_run_group_tests_name("docs", tests, NULL, NULL);
}
