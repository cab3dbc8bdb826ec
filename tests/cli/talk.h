/* talk.h - plumb on a terminal of its own, spoken to as a person does. */
#ifndef TESTS_CLI_TALK_H
#define TESTS_CLI_TALK_H

#include "tests/cli/program.h"

struct talk {
    const char *hear; /* wait until this was said since the last answer; NULL ends the list */
    const char *say;
};

/* Runs it to its end; out is all that the terminal showed. Fails if it ends, or is silent for a
 * minute, before something was heard. */
struct ran talk(const char *const *args, const struct talk *script);

#endif
