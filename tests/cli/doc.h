/* doc.h - the command lines that stand in documents. */
#ifndef TESTS_CLI_DOC_H
#define TESTS_CLI_DOC_H

#define DOC_WORDS 64

struct doc_line {
    const char *file; /* relative to the source */
    int number;       /* of the line */
    int argc;
    const char *argv[DOC_WORDS + 1]; /* as a shell would split them; argv[0] is the program */
};

/*
 * Calls fn with each command of the named program in the file's code blocks (indented by four
 * or more), or, with inline_too, between backquotes in its text. What a shell does with the
 * rest of a line (">", "&", "|") is left out, and so is "...".
 */
typedef void doc_fn(const struct doc_line *line, void *arg);
void doc_each(const char *file, const char *program, int inline_too, doc_fn *fn, void *arg);

#endif
