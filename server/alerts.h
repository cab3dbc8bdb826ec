/* alerts.h - what somebody should look at, as metrics: counted when they are read. */
#ifndef SERVER_ALERTS_H
#define SERVER_ALERTS_H

#include "server/core.h"

struct alerts;
PLUMB_MUST_CHECK enum plumb_code alerts_open(struct core *core, struct alerts **ret,
                                             struct plumb_err *err);
void alerts_close(struct alerts *a);

#endif
