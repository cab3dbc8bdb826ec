/* check.h - what must hold of a log after its service died: docs/threat-model.md's promises. */
#ifndef TESTS_FAULTS_CHECK_H
#define TESTS_FAULTS_CHECK_H

#include "tests/faults/load.h"

/*
 * Reads the whole log over the API and folds it anew. Fails the test unless: each accepted
 * statement is at its index, none that was refused is there, none is there twice, there is no
 * gap, the signed checkpoint's root is that of the entries, and what is published for "prod" is
 * what the engine derives and libplumb verifies. Returns the log's size.
 */
uint64_t check_log(const struct plumbd *service, const struct load *load);

#endif
