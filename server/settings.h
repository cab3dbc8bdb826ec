/* settings.h - everything an operator can set: one table; a file, then options, override it. */
#ifndef SERVER_SETTINGS_H
#define SERVER_SETTINGS_H

#include <plumb/err.h>
#include <stdint.h>
#include <stdio.h>

#include "server/http/limits.h"

/* name, default, help. Texts; "" means not set. */
/* clang-format off */
#define SETTINGS_TEXTS(X)                                                                                   \
    X(data, "", "directory of this instance's keys, checkpoint, socket and private PostgreSQL (required)")  \
    X(origin, "", "origin of the log, the name in its checkpoints; needed by init only")                    \
    X(listen, "127.0.0.1:8471", "address and port for TLS")                                                 \
    X(listen_plain, "", "address and port without TLS; who comes there has no key, and gets what everyone may") \
    X(names, "localhost", "names in the TLS certificate that init makes, separated by commas")              \
    X(database, "", "PostgreSQL connection string of the serving role; none runs a private one")            \
    X(database_owner, "", "connection string of the role that owns the schema, for migrations")             \
    X(database_role, "", "name of the serving role, to be granted what it needs")                           \
    X(advisories, "", "directory that OSV records are imported from: *.json, *.jsonl and *.zip, moved aside when done") \
    X(witness_ca, "", "PEM file of authorities for witnesses behind https; none takes the system's")        \
    X(postgres_user, "", "system user that root runs the private PostgreSQL as; empty: its owner, plumbline or postgres")

/* name, default, least, most, help. */
#define SETTINGS_NUMBERS(X)                                                                                 \
    X(group_max, 1024, 1, 65536, "statements in one transaction at most")                                   \
    X(waiting_max, 8192, 1, 1 << 20, "statements waiting for the writer; more get 503")                     \
    X(blob_max, 67108864, 65536, 1 << 30, "bytes of one blob")                                              \
    X(upload_bytes_client, 268435456, 65536, INT64_C(1) << 40, "bytes of unfinished uploads of one principal; more get 429") \
    X(upload_bytes_total, INT64_C(4294967296), 65536, INT64_C(1) << 50, "bytes of unfinished uploads in the database; more get 503") \
    X(upload_expiry_s, 86400, 1, 31536000, "seconds after its last piece at which an unfinished upload is forgotten") \
    X(statement_blobs_max, 268435456, 65536, INT64_C(1) << 40, "bytes of all blobs that one statement has read") \
    X(blobs_held_max, 1073741824, 65536, INT64_C(1) << 40, "bytes of blobs held for statements on their way; more get 429") \
    X(tile_cache, 67108864, 0, INT64_C(1) << 40, "bytes of tiles kept in memory")                           \
    X(clock_skew_ms, 5000, 100, 3600000, "difference from the database's clock at which writing stops")     \
    X(clock_leap_ms, 10000, 100, 3600000, "leap of the clock against the monotonic one at which it stops")  \
    X(poll_ms, 2000, 50, 60000, "how often the log is looked at without a notification")                    \
    X(behind_ms, 5000, 0, 60000, "how long a read waits for the log size it asked for")                     \
    X(witness_ms, 3000, 100, 60000, "how long witnesses may take to cosign before they count as away")      \
    X(drain_ms, 10000, 0, 600000, "how long requests may take to end after SIGTERM")
/* clang-format on */

struct settings {
#define X(name, value, help) char name[512];
    SETTINGS_TEXTS(X)
#undef X
#define X(name, value, least, most, help) int64_t name;
    SETTINGS_NUMBERS(X)
#undef X
    struct http_limits http; /* named "http.NAME" */
};

void settings_default(struct settings *ret);

/* Rules "setting.name", "setting.value"; nothing changes on failure. */
PLUMB_MUST_CHECK enum plumb_code settings_set(struct settings *s, const char *name,
                                              const char *value, struct plumb_err *err);

/* A JSON object of names and values (texts or integers), in the profile. */
PLUMB_MUST_CHECK enum plumb_code settings_load(struct settings *s, const char *path,
                                               struct plumb_err *err);

/* The table for people: name, default, help. */
void settings_print(FILE *out);

#endif
