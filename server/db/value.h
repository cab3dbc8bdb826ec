/* value.h - statement parameters in, typed results out. Results are always binary. */
#ifndef SERVER_DB_VALUE_H
#define SERVER_DB_VALUE_H

#include <libpq-fe.h>
#include <plumb/bytes.h>
#include <plumb/time.h>

#include "lib/own.h"

enum db_kind { DB_NULL, DB_TEXT, DB_BINARY, DB_INT, DB_TIME, DB_LIST };

struct db_list;

/* One parameter; what it points to is borrowed until the statement has run. */
struct db_param {
    enum db_kind kind;
    const void *data;
    size_t len;
    int64_t i;
};

struct db_param db_null(void);
struct db_param db_text(const char *s); /* NULL is SQL NULL */
struct db_param db_bytes(const void *data, size_t len);
struct db_param db_digest(const struct plumb_digest *d); /* NULL is SQL NULL */
struct db_param db_int(int64_t i);                       /* for any integer type */
struct db_param db_bool(bool b);
struct db_param db_time(plumb_time t); /* PLUMB_TIME_NEVER is 'infinity' */
struct db_param db_list(struct db_list *list);

/*
 * An array parameter for unnest($n::TYPE[]), in binary: bulk inserts cost one statement.
 * {0} is not legal: start with db_list_init; db_list_clear is legal on {0}. An append that
 * fails leaves the list as it was. Ceiling: 256 MiB, rule "db.list".
 */
enum db_type { DB_INT8_ARRAY, DB_BYTEA_ARRAY, DB_TEXT_ARRAY, DB_TIME_ARRAY };
struct db_list {
    uint8_t *data;
    size_t len, cap;
    uint32_t count;
    enum db_type type;
    uint8_t none[12]; /* what an empty array is sent as */
};
void db_list_init(struct db_list *list, enum db_type type);
void db_list_clear(struct db_list *list);
PLUMB_MUST_CHECK enum plumb_code db_list_null(struct db_list *list, struct plumb_err *err);
/* For DB_INT8_ARRAY. */
PLUMB_MUST_CHECK enum plumb_code db_list_int(struct db_list *list, int64_t i,
                                             struct plumb_err *err);
/* For DB_BYTEA_ARRAY and DB_TEXT_ARRAY. */
PLUMB_MUST_CHECK enum plumb_code db_list_bytes(struct db_list *list, const void *data,
                                               size_t len, struct plumb_err *err);
/* For DB_TEXT_ARRAY; NULL is SQL NULL. */
PLUMB_MUST_CHECK enum plumb_code db_list_text(struct db_list *list, const char *s,
                                              struct plumb_err *err);
/* For DB_TIME_ARRAY (timestamptz[]). */
PLUMB_MUST_CHECK enum plumb_code db_list_time(struct db_list *list, plumb_time t,
                                              struct plumb_err *err);

/* The columns of a bulk insert, freed together; {0} is legal to clear. */
#define DB_LISTS_MAX 16
struct db_lists {
    struct db_list list[DB_LISTS_MAX];
    struct db_param params[DB_LISTS_MAX];
    size_t n;
};
void db_lists_init(struct db_lists *lists, const enum db_type *types, size_t n);
void db_lists_clear(struct db_lists *lists);
/* One parameter for each list; borrowed. */
const struct db_param *db_lists_params(struct db_lists *lists);

/* The bytes of an array parameter, for db.c. */
const uint8_t *db_list_encode(struct db_list *list, size_t *ret_len);

/* For PLUMB_AUTO(db_auto_result) PGresult *res. */
static inline void
db_auto_result(PGresult **res)
{
    PQclear(*res); /* PQclear(NULL) does nothing */
}

/*
 * Columns of binary results. The catalogue's test holds the columns' names, so a value of
 * another width is a bug here or there: rule "db.value", PLUMB_INTERNAL; NULL is one too.
 */
static inline bool
db_is_null(const PGresult *res, int row, int col)
{
    return PQgetisnull(res, row, col) != 0;
}
/* smallint, integer or bigint. */
PLUMB_MUST_CHECK enum plumb_code db_get_int(const PGresult *res, int row, int col, int64_t *ret,
                                            struct plumb_err *err);
/* As db_get_int, and not negative: indexes and sizes. */
PLUMB_MUST_CHECK enum plumb_code db_get_index(const PGresult *res, int row, int col,
                                              uint64_t *ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code db_get_bool(const PGresult *res, int row, int col, bool *ret,
                                             struct plumb_err *err);
/* timestamptz; 'infinity' is PLUMB_TIME_NEVER, fractions of a second are dropped. */
PLUMB_MUST_CHECK enum plumb_code db_get_time(const PGresult *res, int row, int col,
                                             plumb_time *ret, struct plumb_err *err);
/* A bytea of 32 bytes. */
PLUMB_MUST_CHECK enum plumb_code db_get_digest(const PGresult *res, int row, int col,
                                               struct plumb_digest *ret, struct plumb_err *err);
/* Borrowed from res. Text is NUL-terminated and, as PostgreSQL has it, holds no NUL. */
const char *db_get_text(const PGresult *res, int row, int col);
const uint8_t *db_get_bytes(const PGresult *res, int row, int col, size_t *ret_len);

#endif
