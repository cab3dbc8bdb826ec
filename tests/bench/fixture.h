/* fixture.h - reference values in any number, and a plumbd that serves bundles of a given size.
 */
#ifndef TESTS_BENCH_FIXTURE_H
#define TESTS_BENCH_FIXTURE_H

#include "tests/server/plumbd.h"

/* A canonical document of n tdx sets with three measurements each; label makes the values. */
struct plumb_bytes fixture_values(const char *label, size_t n);

/* A fleet as "prod" is, public, under another name; before the genesis. */
void fixture_fleet(struct make *m, const char *name);
/* Release web@version with these values (taken), approve it, and make it current in fleet. */
void fixture_current(const struct plumbd *p, struct make *m, const char *fleet,
                     const char *version, struct plumb_bytes values);

/* What plumbd answers to GET target, as a file below root, for another server; its size. */
size_t fixture_copy(const struct plumbd *p, const char *target, const char *root);
/* plumbd's own certificate and key as root/crt and root/key. */
void fixture_copy_keys(const struct plumbd *p, const char *root);

#endif
