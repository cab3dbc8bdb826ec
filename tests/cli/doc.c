#include "tests/cli/doc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/t.h"

/* Words in place: quotes as a shell has them, as far as our documents use them. */
static void
split(char *text, struct doc_line *line)
{
    while (*text != '\0') {
        const char quote = *text == '"' || *text == '\'' ? *text : '\0';
        char *end;

        if (*text == ' ') {
            text++;
            continue;
        }
        if (strchr(">&|#", *text) != NULL)
            break;
        text += quote != '\0';
        end = strchr(text, quote != '\0' ? quote : ' ');
        if (end != NULL)
            *end = '\0';
        assert_true(line->argc < DOC_WORDS);
        if (strcmp(text, "...") != 0)
            line->argv[line->argc++] = text;
        if (end == NULL)
            break;
        text = end + 1;
    }
    line->argv[line->argc] = NULL;
}

static void
take(const char *file, int number, const char *text, size_t len, doc_fn *fn, void *arg)
{
    struct doc_line line = { .file = file, .number = number };
    char *copy = strndup(text, len);

    split(copy, &line);
    fn(&line, arg);
    free(copy);
}

static int
begins(const char *text, const char *program)
{
    const size_t len = strlen(program);

    return strncmp(text, program, len) == 0 && text[len] == ' ';
}

static void
take_inline(const char *file, int number, char *text, const char *program, doc_fn *fn,
            void *arg)
{
    for (char *open = strchr(text, '`'); open != NULL; open = strchr(open, '`')) {
        char *close = strchr(++open, '`');

        if (close == NULL)
            return;
        if (begins(open, program))
            take(file, number, open, (size_t)(close - open), fn, arg);
        open = close + 1;
    }
}

void
doc_each(const char *file, const char *program, int inline_too, doc_fn *fn, void *arg)
{
    char path[4096], line[8192];
    FILE *in;

    (void)snprintf(path, sizeof path, "%s/%s", getenv("PLUMB_SOURCE"), file);
    in = fopen(path, "r");
    if (in == NULL)
        fail_msg("there is no %s", path);
    for (int number = 1; fgets(line, sizeof line, in) != NULL; number++) {
        const size_t indent = strspn(line, " "); /* deeper inside a list */

        line[strcspn(line, "\n")] = '\0';
        if (indent >= 4 && begins(line + indent, program))
            take(file, number, line + indent, strlen(line + indent), fn, arg);
        else if (inline_too)
            take_inline(file, number, line, program, fn, arg);
    }
    (void)fclose(in);
}
