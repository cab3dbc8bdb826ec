/* api_json.h - the shapes of docs/api.md that several routes answer with. */
#ifndef SERVER_API_JSON_H
#define SERVER_API_JSON_H

#include "engine/engine.h"
#include "server/db/event.h"
#include "server/db/listing.h"

/* NULL without memory. */
json_t *api_time(plumb_time t);
json_t *api_digest(const struct plumb_digest *d);
/* Sets key unless value is NULL; steals value. */
void api_set(json_t *object, const char *key, json_t *value);

json_t *api_place_json(const struct engine_placement *p);
json_t *api_proposal_json(const struct db_proposal_row *p);
json_t *api_version_json(const struct db_version_row *v);
json_t *api_event_json(const struct db_event_row *e);
json_t *api_fleet_json(const struct plumb_fleet *fleet, const struct engine_fleet_state *state);

#endif
