/*
 * account.h - what each client uses at this moment and how fast it asks, in a table of bounded
 * size. Time is passed in. All calls from any thread.
 */
#ifndef SERVER_HTTP_ACCOUNT_H
#define SERVER_HTTP_ACCOUNT_H

#include "server/http/request.h"

/* What an account holds, and the rates it is kept to. */
enum http_hold {
    HTTP_HOLD_CONNECTION,
    HTTP_HOLD_QUEUE,
    HTTP_HOLD_BODY,
    HTTP_HOLD_PARKED,
    HTTP_HOLDS
};
enum http_rate { HTTP_RATE_CONNECTION, HTTP_RATE_REQUEST, HTTP_RATES };

struct http_accounts;
struct http_account;

/* At most max accounts; those in use are never forgotten, the longest unused one goes first. */
PLUMB_MUST_CHECK enum plumb_code http_accounts_new(size_t max, struct http_accounts **ret,
                                                   struct plumb_err *err);
/* No account may be in use. */
void http_accounts_free(struct http_accounts *accounts);

/* The account of an id (a digest of what names the client), in use until it is put back. NULL
 * when every account is in use. */
struct http_account *http_account_get(struct http_accounts *accounts,
                                      const struct plumb_digest *id);
void http_account_put(struct http_accounts *accounts, struct http_account *account);

/* Take n of something unless that makes more than max; give it back. */
bool http_account_hold(struct http_account *account, enum http_hold what, int64_t n,
                       int64_t max);
void http_account_release(struct http_account *account, enum http_hold what, int64_t n);

/*
 * Count one event at now_ns against per_second with bursts of burst; 0 per second is no limit.
 * Returns 0 if it may happen, or in how many nanoseconds it may, and then does not count it.
 */
int64_t http_account_rate(struct http_account *account, enum http_rate what, int64_t now_ns,
                          int64_t per_second, int64_t burst);

#endif
