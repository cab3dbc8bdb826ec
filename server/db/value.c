#include "server/db/value.h"

#include <string.h>

/* The wire format of an array: dimensions, has-null flag, element type, length, lower bound. */
#define ARRAY_HEADER 20
#define LIST_MAX     ((size_t)256 << 20)

/* timestamptz on the wire: microseconds since 2000-01-01T00:00:00Z. */
#define PG_EPOCH 946684800

static const uint32_t element_oid[] = {
    [DB_INT8_ARRAY] = 20,
    [DB_BYTEA_ARRAY] = 17,
    [DB_TEXT_ARRAY] = 25,
    [DB_TIME_ARRAY] = 1184,
};

struct db_param
db_null(void)
{
    return (struct db_param){ .kind = DB_NULL };
}

struct db_param
db_text(const char *s)
{
    if (s == NULL)
        return db_null();
    return (struct db_param){ .kind = DB_TEXT, .data = s };
}

struct db_param
db_bytes(const void *data, size_t len)
{
    return (struct db_param){ .kind = DB_BINARY, .data = data ? data : "", .len = len };
}

struct db_param
db_digest(const struct plumb_digest *d)
{
    return d == NULL ? db_null() : db_bytes(d->b, sizeof d->b);
}

struct db_param
db_int(int64_t i)
{
    return (struct db_param){ .kind = DB_INT, .i = i };
}

struct db_param
db_bool(bool b)
{
    return db_text(b ? "t" : "f");
}

struct db_param
db_time(plumb_time t)
{
    return (struct db_param){ .kind = DB_TIME, .i = t };
}

struct db_param
db_list(struct db_list *list)
{
    return (struct db_param){ .kind = DB_LIST, .data = list };
}

static void
put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void
put64(uint8_t *p, uint64_t v)
{
    put32(p, (uint32_t)(v >> 32));
    put32(p + 4, (uint32_t)v);
}

static uint64_t
get_be(const uint8_t *p, size_t len)
{
    uint64_t v = 0;

    for (size_t i = 0; i < len; i++)
        v = v << 8 | p[i];
    return v;
}

void
db_list_init(struct db_list *list, enum db_type type)
{
    *list = (struct db_list){ .type = type };
}

void
db_list_clear(struct db_list *list)
{
    free(list->data);
    list->data = NULL;
    list->len = list->cap = list->count = 0;
}

/* Room for an element of len bytes after its length word, in *ret. */
static enum plumb_code
list_room(struct db_list *list, size_t len, uint8_t **ret, struct plumb_err *err)
{
    size_t used = list->data ? list->len : ARRAY_HEADER, need;

    if (len > LIST_MAX - used - 4)
        return plumb_fail(err, PLUMB_TOO_LARGE, "db.list", "", "a list of over %zu bytes",
                          LIST_MAX);
    need = used + 4 + len;
    if (list->data == NULL || need > list->cap) {
        size_t cap = list->cap ? list->cap : 4096;
        while (cap < need)
            cap *= 2;
        uint8_t *data = realloc(list->data, cap);
        if (data == NULL)
            return plumb_fail_memory(err);
        list->data = data;
        list->cap = cap;
    }
    *ret = list->data + used;
    list->len = need;
    list->count++;
    return PLUMB_OK;
}

enum plumb_code
db_list_bytes(struct db_list *list, const void *data, size_t len, struct plumb_err *err)
{
    uint8_t *at = NULL;
    enum plumb_code code = list_room(list, len, &at, err);

    if (at == NULL)
        return code;
    put32(at, (uint32_t)len);
    if (len > 0)
        memcpy(at + 4, data, len);
    return PLUMB_OK;
}

enum plumb_code
db_list_null(struct db_list *list, struct plumb_err *err)
{
    uint8_t *at = NULL;
    enum plumb_code code = list_room(list, 0, &at, err);

    if (at == NULL)
        return code;
    put32(at, UINT32_MAX); /* a length of -1 */
    return PLUMB_OK;
}

enum plumb_code
db_list_int(struct db_list *list, int64_t i, struct plumb_err *err)
{
    uint8_t be[8];

    put64(be, (uint64_t)i);
    return db_list_bytes(list, be, sizeof be, err);
}

enum plumb_code
db_list_text(struct db_list *list, const char *s, struct plumb_err *err)
{
    return s == NULL ? db_list_null(list, err) : db_list_bytes(list, s, strlen(s), err);
}

enum plumb_code
db_list_time(struct db_list *list, plumb_time t, struct plumb_err *err)
{
    if (t == PLUMB_TIME_NEVER)
        return db_list_int(list, INT64_MAX, err);
    return db_list_int(list, (t - PG_EPOCH) * 1000000, err);
}

const uint8_t *
db_list_encode(struct db_list *list, size_t *ret_len)
{
    uint8_t *header = list->count == 0 ? list->none : list->data;

    put32(header, list->count > 0); /* dimensions */
    put32(header + 4, 1);           /* "may hold NULLs" is legal when there are none */
    put32(header + 8, element_oid[list->type]);
    if (list->count == 0) {
        *ret_len = sizeof list->none;
        return header;
    }
    put32(header + 12, list->count);
    put32(header + 16, 1);
    *ret_len = list->len;
    return header;
}

static enum plumb_code
bad_value(const PGresult *res, int col, struct plumb_err *err)
{
    const char *name = PQfname(res, col);

    return plumb_fail(err, PLUMB_INTERNAL, "db.value", name ? name : "",
                      "the database answered with a value of another type");
}

enum plumb_code
db_get_int(const PGresult *res, int row, int col, int64_t *ret, struct plumb_err *err)
{
    const uint8_t *p = (const uint8_t *)PQgetvalue(res, row, col);
    int len = PQgetlength(res, row, col);

    if (p == NULL || db_is_null(res, row, col) || (len != 2 && len != 4 && len != 8))
        return bad_value(res, col, err);
    if (len == 8)
        *ret = (int64_t)get_be(p, 8);
    else
        *ret = len == 4 ? (int32_t)get_be(p, 4) : (int16_t)get_be(p, 2);
    return PLUMB_OK;
}

enum plumb_code
db_get_index(const PGresult *res, int row, int col, uint64_t *ret, struct plumb_err *err)
{
    int64_t i = 0;

    PLUMB_TRY(db_get_int(res, row, col, &i, err));
    if (i < 0)
        return bad_value(res, col, err);
    *ret = (uint64_t)i;
    return PLUMB_OK;
}

enum plumb_code
db_get_bool(const PGresult *res, int row, int col, bool *ret, struct plumb_err *err)
{
    if (db_is_null(res, row, col) || PQgetlength(res, row, col) != 1)
        return bad_value(res, col, err);
    *ret = PQgetvalue(res, row, col)[0] != 0;
    return PLUMB_OK;
}

enum plumb_code
db_get_time(const PGresult *res, int row, int col, plumb_time *ret, struct plumb_err *err)
{
    int64_t us = 0;

    if (PQgetlength(res, row, col) != 8)
        return bad_value(res, col, err);
    PLUMB_TRY(db_get_int(res, row, col, &us, err));
    if (us == INT64_MAX) {
        *ret = PLUMB_TIME_NEVER;
        return PLUMB_OK;
    }
    int64_t seconds = us / 1000000 - (us % 1000000 < 0);
    *ret = seconds + PG_EPOCH;
    return PLUMB_OK;
}

enum plumb_code
db_get_digest(const PGresult *res, int row, int col, struct plumb_digest *ret,
              struct plumb_err *err)
{
    if (db_is_null(res, row, col) || PQgetlength(res, row, col) != (int)sizeof ret->b)
        return bad_value(res, col, err);
    memcpy(ret->b, PQgetvalue(res, row, col), sizeof ret->b);
    return PLUMB_OK;
}

const char *
db_get_text(const PGresult *res, int row, int col)
{
    return PQgetvalue(res, row, col);
}

const uint8_t *
db_get_bytes(const PGresult *res, int row, int col, size_t *ret_len)
{
    *ret_len = (size_t)PQgetlength(res, row, col);
    return (const uint8_t *)PQgetvalue(res, row, col);
}

void
db_lists_init(struct db_lists *lists, const enum db_type *types, size_t n)
{
    lists->n = n;
    for (size_t i = 0; i < n; i++)
        db_list_init(&lists->list[i], types[i]);
}

void
db_lists_clear(struct db_lists *lists)
{
    for (size_t i = 0; i < lists->n; i++)
        db_list_clear(&lists->list[i]);
}

const struct db_param *
db_lists_params(struct db_lists *lists)
{
    for (size_t i = 0; i < lists->n; i++)
        lists->params[i] = db_list(&lists->list[i]);
    return lists->params;
}
