/* made.h - a plumbd with the people of make.h, whose keys the test signs with, for plumb to
 * speak to. */
#ifndef TESTS_CLI_MADE_H
#define TESTS_CLI_MADE_H

#include "tests/server/acts.h"

struct made {
    struct make make;
    struct plumbd service;
    char server[300]; /* "unix:..." */
};

/* Start it, with its genesis; edit, if not NULL, changes the document first. In the directory
 * of in(): the trust file "trust" of prod, "rex.sign" and "vera.sign". */
void made_begin(struct made *m, void (*edit)(struct make *m));
void made_end(struct made *m);

#endif
