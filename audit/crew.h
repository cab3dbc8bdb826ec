/* audit/crew.h - threads that do one thing to each of many items. */
#ifndef AUDIT_CREW_H
#define AUDIT_CREW_H

#include <plumb/err.h>

struct crew;
PLUMB_MUST_CHECK enum plumb_code crew_new(unsigned threads, struct crew **ret,
                                          struct plumb_err *err);
void crew_free(struct crew *c);

/* Begin: fn(arg, i) for each i below n, in no order. One job at a time. */
typedef void crew_fn(void *arg, size_t i);
void crew_begin(struct crew *c, crew_fn *fn, void *arg, size_t n);
/* Until it is done. */
void crew_wait(struct crew *c);

#endif
