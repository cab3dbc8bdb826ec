/* api.h - the routes of a witness: C2SP tlog-witness, submission and monitoring. */
#ifndef WITNESS_API_H
#define WITNESS_API_H

#include "server/http/server.h"
#include "witness/seen.h"

struct witness {
    struct cosigner self;
    struct logs logs;
};

extern const struct http_route witness_routes[];
extern const size_t witness_nroutes;

/* http_config's observe: one line in the log for what was refused. */
void witness_observe(void *witness, const struct http_event *event);

#endif
