/* tests/lib/statements.h - one example of every kind of statement, and of its variants. */
#ifndef TESTS_LIB_STATEMENTS_H
#define TESTS_LIB_STATEMENTS_H

#include <jansson.h>
#include <plumb/statement.h>

struct example {
    const char *name;
    enum plumb_kind kind;
    const char *subject;  /* a name; its digest is fill('5') */
    const char *members;  /* ' for " */
    const char *optional; /* members that may go, " a b " */
};
extern const struct example examples[];
extern const size_t nexamples;

/* The whole statement; of an enrolment, with a key made on the spot. */
json_t *example_json(const struct example *e);
const struct example *example_named(const char *name);

#endif
