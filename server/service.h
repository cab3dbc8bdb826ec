/* service.h - the statements that the service itself signs: what time brought about,
 * publications, imports of advisories, and what governance says follows from them. */
#ifndef SERVER_SERVICE_H
#define SERVER_SERVICE_H

#include "engine/controls.h"
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

/* An import of advisories: the records' digest, and how many they are. */
PLUMB_MUST_CHECK enum plumb_code
service_import(struct core *core, const char *source, const struct plumb_digest *records,
               int64_t count, plumb_time now, struct plumb_signed **ret, struct plumb_err *err);
/* The proposal that governance says follows. */
PLUMB_MUST_CHECK enum plumb_code service_proposal(struct core *core,
                                                  const struct engine_wish *wish,
                                                  plumb_time now, struct plumb_signed **ret,
                                                  struct plumb_err *err);

/* What an approval was evaluated to, as an envelope with a SLSA verification summary: rule
 * "evaluation.unknown" (PLUMB_NOT_FOUND). The caller holds the lock for reading. */
PLUMB_MUST_CHECK enum plumb_code service_summary(struct core *core,
                                                 const struct plumb_digest *release,
                                                 json_t **ret, struct plumb_err *err);

#endif
