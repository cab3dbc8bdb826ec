/* service.h - the statements that the service itself signs: what time brought about, and
 * publications. */
#ifndef SERVER_SERVICE_H
#define SERVER_SERVICE_H

#include "server/core.h"
#include "server/db/publication.h"

PLUMB_MUST_CHECK enum plumb_code service_record(struct core *core, const struct engine_due *due,
                                                plumb_time now, struct plumb_signed **ret,
                                                struct plumb_err *err);
/* fleet, revision, content and valid_until of row; row->fleet is not looked at. */
PLUMB_MUST_CHECK enum plumb_code service_publication(struct core *core, const char *fleet,
                                                     const struct db_publication_row *row,
                                                     plumb_time now, struct plumb_signed **ret,
                                                     struct plumb_err *err);

#endif
