/* supplies.h - bills, envelopes and root stores, and a version that has some, for tests of what
 * the terminal shows of evidence. */
#ifndef TESTS_TUI_SUPPLIES_H
#define TESTS_TUI_SUPPLIES_H

#include <jansson.h>
#include <plumb/bytes.h>

/* A bill of lodash of this version, and of one more component. */
json_t *supply_bill(const char *lodash, const char *more);
/* The path of a file with json, which it takes. */
const char *supply_file(const char *name, json_t *json);
/* A root store of certificates of these names; the path of the file. */
const char *supply_roots(const char *name, const char *one, const char *two);
/* An envelope that somebody signs about an artifact; takes predicate. */
json_t *supply_attested(const char *key, const char *type, const struct plumb_digest *about,
                        json_t *predicate);
/* The reference values of a release. */
struct plumb_digest supply_artifact(const char *version);
/* svr2@1, with a bill of lodash 4.0.0 and left-pad that its release names, and the root stores
 * roots.pem and old.pem; it becomes current. */
void supply_current(void);

#endif
