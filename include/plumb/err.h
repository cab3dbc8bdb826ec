/* plumb/err.h - what went wrong, which rule said so, and where, in storage the caller owns. */
#ifndef PLUMB_ERR_H
#define PLUMB_ERR_H

#include <stddef.h>

/*
 * Every way a call can fail: name, the token written to logs and JSON, and the
 * HTTP status that the server answers with. Append only: tokens are API.
 */
/* clang-format off */
#define PLUMB_CODES(X)                              \
    X(OK, "ok", 200)                                \
    X(INVALID, "invalid", 400)                      \
    X(UNAUTHENTICATED, "unauthenticated", 401)      \
    X(FORBIDDEN, "forbidden", 403)                  \
    X(NOT_FOUND, "not-found", 404)                  \
    X(METHOD, "method-not-allowed", 405)            \
    X(CONFLICT, "conflict", 409)                    \
    X(TOO_LARGE, "too-large", 413)                  \
    X(UNSUPPORTED, "unsupported", 415)              \
    X(BAD_SIGNATURE, "bad-signature", 422)          \
    X(EXPIRED, "expired", 422)                      \
    X(REFUSED, "refused", 422)                      \
    X(BUSY, "busy", 429)                            \
    X(NO_MEMORY, "no-memory", 500)                  \
    X(INTERNAL, "internal", 500)                    \
    X(UNAVAILABLE, "unavailable", 503)
/* clang-format on */

enum plumb_code {
#define X(name, token, http) PLUMB_##name,
    PLUMB_CODES(X)
#undef X
        PLUMB_CODE_COUNT
};

struct plumb_err {
    enum plumb_code code;
    char rule[48];   /* the rule that refused, e.g. "json.duplicate-key", "quorum.proposer" */
    char where[128]; /* path into the input, e.g. "predicate.sets[2].tee"; may be "" */
    char msg[256];   /* one line of English that says what to do, no trailing period */
};

#define PLUMB_MUST_CHECK __attribute__((warn_unused_result))

const char *plumb_code_token(enum plumb_code code);
int plumb_code_http(enum plumb_code code);
/* The code whose token this is, or PLUMB_INTERNAL. */
enum plumb_code plumb_code_parse(const char *token);

/*
 * Fill *err, which may be NULL, and return code, so that a failing function
 * reads: return plumb_fail(err, PLUMB_INVALID, "time.form", "issued", "...");
 * Control and non-ASCII bytes of all three texts are replaced by '?', so an error
 * can be logged and shown as it is. They may be those of *err itself.
 */
__attribute__((format(printf, 5, 6))) enum plumb_code
plumb_fail(struct plumb_err *err, enum plumb_code code, const char *rule, const char *where,
           const char *fmt, ...);

/* Out of memory, in one word: rule "memory", empty where. */
enum plumb_code plumb_fail_memory(struct plumb_err *err);

/* That they return the code is seen where they are called: so a compiler that asks whether a
 * failing function may seem to have succeeded knows that it does not. */
#define plumb_fail(err, code, ...)                                                             \
    (__extension__({                                                                           \
        const enum plumb_code plumb_code_ = (code);                                            \
        (void)plumb_fail(err, plumb_code_, __VA_ARGS__);                                       \
        plumb_code_;                                                                           \
    }))
#define plumb_fail_memory(err)                                                                 \
    (__extension__({                                                                           \
        (void)plumb_fail_memory(err);                                                          \
        (enum plumb_code) PLUMB_NO_MEMORY;                                                     \
    }))

#endif
