/*
 * plumb/json.h - the one JSON profile for all that we sign or hash, and strict reading.
 *
 * Profile: ASCII object keys, integers within +-(2^53-1), no floats, strings in UTF-8 without
 * C0 controls, DEL, U+2028 and U+2029, no duplicate keys. Inside it, the sorted compact text is
 * at once RFC 8785, TUF's and OPA's canonical form.
 */
#ifndef PLUMB_JSON_H
#define PLUMB_JSON_H

#include <jansson.h>
#include <plumb/bytes.h>
#include <plumb/err.h>
#include <plumb/time.h>
#include <stdbool.h>

#define PLUMB_INTEGER_MAX INT64_C(9007199254740991) /* 2^53-1, and its negative */
#define PLUMB_JSON_DEPTH  16                        /* our own documents need no more */

/*
 * Parse data, at most max bytes and depth deep, inside the profile. Rules "json.size",
 * "json.depth", "json.syntax", "json.duplicate-key", "json.number", "json.string", "json.key";
 * where is the path to the fault. The caller owns *ret.
 */
PLUMB_MUST_CHECK enum plumb_code plumb_json_load(const void *data, size_t len, size_t max,
                                                 unsigned depth, json_t **ret,
                                                 struct plumb_err *err);

/*
 * Parse other people's JSON, which need not be in the profile: any number, any UTF-8, any key;
 * but no key twice in an object, no NUL in a string, an object at the root. Memory is bounded
 * however few bytes a value takes: at most PLUMB_JSON_VALUES of them. Rules as plumb_json_load,
 * and "json.values", "json.type".
 */
#define PLUMB_JSON_VALUES        4000000
#define PLUMB_JSON_FOREIGN_DEPTH 128
PLUMB_MUST_CHECK enum plumb_code plumb_json_load_foreign(const void *data, size_t len,
                                                         size_t max, json_t **ret,
                                                         struct plumb_err *err);

/* As plumb_json_load, and the bytes must be the canonical text; rule "json.canonical". */
PLUMB_MUST_CHECK enum plumb_code plumb_json_load_canonical(const void *data, size_t len,
                                                           size_t max, json_t **ret,
                                                           struct plumb_err *err);

/* The canonical text. Fails on what is outside the profile. NULL, which is what jansson's
 * makers return, is out of memory. */
PLUMB_MUST_CHECK enum plumb_code
plumb_json_canonical(const json_t *json, struct plumb_bytes *ret, struct plumb_err *err);

/* SHA-256 of the canonical text. */
PLUMB_MUST_CHECK enum plumb_code plumb_json_digest(const json_t *json, struct plumb_digest *ret,
                                                   struct plumb_err *err);

/* json_decref for PLUMB_AUTO(plumb_json_auto) json_t *j. */
void plumb_json_auto(json_t **j);

/*
 * Strict reading with the path for errors. A plumb_jv is a borrowed value and the way to it; it
 * lives on the stack and must not outlive the one it came from.
 */
struct plumb_jv {
    json_t *json; /* borrowed; NULL for an optional member that is absent */
    const struct plumb_jv *up;
    const char *key; /* member name, or NULL for an element */
    size_t index;
};

struct plumb_jv plumb_jv_root(json_t *json, const char *name);
/* "root.key[3].key" into ret, truncated. */
void plumb_jv_path(const struct plumb_jv *v, char *ret, size_t size);

/* plumb_fail with where = the path of v. */
__attribute__((format(printf, 5, 6))) enum plumb_code
plumb_jv_fail(const struct plumb_jv *v, struct plumb_err *err, enum plumb_code code,
              const char *rule, const char *fmt, ...);
#define plumb_jv_fail(v, err, code, ...)                                                       \
    (__extension__({                                                                           \
        const enum plumb_code plumb_code_ = (code);                                            \
        (void)plumb_jv_fail(v, err, plumb_code_, __VA_ARGS__);                                 \
        plumb_code_;                                                                           \
    }))

/*
 * v is an object with these members and no others. members is a NULL-terminated list; a name
 * that begins with '?' is optional. Rules "json.type", "json.missing", "json.unknown".
 */
PLUMB_MUST_CHECK enum plumb_code
plumb_jv_closed(const struct plumb_jv *v, const char *const *members, struct plumb_err *err);

/* Member or element; json is NULL when the member is absent. Never fails. */
struct plumb_jv plumb_jv_member(const struct plumb_jv *v, const char *key);
struct plumb_jv plumb_jv_element(const struct plumb_jv *v, size_t i);

/* Typed reads of v itself; rule "json.missing" or "json.type", then the rule of the form. */
PLUMB_MUST_CHECK enum plumb_code plumb_jv_array(const struct plumb_jv *v, size_t min,
                                                size_t max, size_t *ret_n,
                                                struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_jv_object(const struct plumb_jv *v,
                                                 struct plumb_err *err);
/* At most max bytes, not empty; rule "json.length". Borrowed from v. */
PLUMB_MUST_CHECK enum plumb_code plumb_jv_string(const struct plumb_jv *v, size_t max,
                                                 const char **ret, struct plumb_err *err);
/* A name of ours: plumb_name_ok; rule "name.form". */
PLUMB_MUST_CHECK enum plumb_code plumb_jv_name(const struct plumb_jv *v, const char **ret,
                                               struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_jv_int(const struct plumb_jv *v, int64_t min,
                                              int64_t max, int64_t *ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_jv_bool(const struct plumb_jv *v, bool *ret,
                                               struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_jv_time(const struct plumb_jv *v, plumb_time *ret,
                                               struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_jv_duration(const struct plumb_jv *v, int64_t *ret,
                                                   struct plumb_err *err);
/* 64 lower-case hex digits. */
PLUMB_MUST_CHECK enum plumb_code
plumb_jv_digest(const struct plumb_jv *v, struct plumb_digest *ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_jv_base64(const struct plumb_jv *v, size_t max,
                                                 struct plumb_bytes *ret,
                                                 struct plumb_err *err);

/*
 * Names of payloads, versions, fleets, principals and roles: 1 to 64 of [A-Za-z0-9._+~-], the
 * first a letter or digit. So "PAYLOAD@VERSION", paths and terminals need no quoting.
 */
#define PLUMB_NAME_MAX 64
bool plumb_name_ok(const char *name);

#endif
