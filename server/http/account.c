#include "server/http/account.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "lib/own.h"

struct http_account {
    struct plumb_digest id;
    unsigned refs;                  /* under the table's lock */
    struct http_account *chain;     /* same bucket */
    struct http_account *up, *down; /* the unused, longest unused last */
    _Atomic int64_t held[HTTP_HOLDS];
    _Atomic int64_t
        due_ns[HTTP_RATES]; /* when an evenly spaced stream would be where this is */
};

struct http_accounts {
    pthread_mutex_t lock;
    size_t max, used;
    struct http_account *all;
    struct http_account unused; /* head of a ring */
    size_t nbuckets;
    struct http_account **buckets;
};

enum plumb_code
http_accounts_new(size_t max, struct http_accounts **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) struct http_accounts *a = calloc(1, sizeof *a);

    if (a == NULL)
        return plumb_fail_memory(err);
    for (a->nbuckets = 64; a->nbuckets < max;)
        a->nbuckets *= 2;
    a->max = max;
    a->all = calloc(max, sizeof *a->all);
    a->buckets = calloc(a->nbuckets, sizeof(struct http_account *));
    if (a->all == NULL || a->buckets == NULL) {
        free(a->all);
        free(a->buckets);
        return plumb_fail_memory(err);
    }
    a->unused.up = a->unused.down = &a->unused;
    pthread_mutex_init(&a->lock, NULL);
    *ret = PLUMB_TAKE(a);
    return PLUMB_OK;
}

void
http_accounts_free(struct http_accounts *a)
{
    if (a == NULL)
        return;
    pthread_mutex_destroy(&a->lock);
    free(a->all);
    free(a->buckets);
    free(a);
}

static struct http_account **
bucket(struct http_accounts *a, const struct plumb_digest *id)
{
    size_t hash;

    memcpy(&hash, id->b, sizeof hash); /* a digest is its own hash */
    return &a->buckets[hash & (a->nbuckets - 1)];
}

static void
leave_unused(struct http_account *account)
{
    account->up->down = account->down;
    account->down->up = account->up;
}

/* A free slot, or the longest unused account emptied; NULL when all are in use. */
static struct http_account *
fresh(struct http_accounts *a)
{
    if (a->used < a->max)
        return &a->all[a->used++];

    struct http_account *old = a->unused.up;
    if (old == &a->unused)
        return NULL;
    leave_unused(old);
    struct http_account **at = bucket(a, &old->id);
    while (*at != old)
        at = &(*at)->chain;
    *at = old->chain;
    memset(old, 0, sizeof *old);
    return old;
}

struct http_account *
http_account_get(struct http_accounts *a, const struct plumb_digest *id)
{
    pthread_mutex_lock(&a->lock);
    struct http_account **head = bucket(a, id);
    struct http_account *account = *head;
    while (account != NULL && !plumb_digest_eq(&account->id, id))
        account = account->chain;
    if (account != NULL) {
        if (account->refs == 0)
            leave_unused(account);
    } else if ((account = fresh(a)) != NULL) {
        account->id = *id;
        account->chain = *head;
        *head = account;
    }
    if (account != NULL)
        account->refs++;
    pthread_mutex_unlock(&a->lock);
    return account;
}

void
http_account_put(struct http_accounts *a, struct http_account *account)
{
    if (account == NULL)
        return;
    pthread_mutex_lock(&a->lock);
    if (--account->refs == 0) {
        account->down = a->unused.down;
        account->up = &a->unused;
        a->unused.down->up = account;
        a->unused.down = account;
    }
    pthread_mutex_unlock(&a->lock);
}

bool
http_account_hold(struct http_account *account, enum http_hold what, int64_t n, int64_t max)
{
    if (atomic_fetch_add(&account->held[what], n) + n <= max)
        return true;
    atomic_fetch_sub(&account->held[what], n);
    return false;
}

void
http_account_release(struct http_account *account, enum http_hold what, int64_t n)
{
    atomic_fetch_sub(&account->held[what], n);
}

int64_t
http_account_rate(struct http_account *account, enum http_rate what, int64_t now_ns,
                  int64_t per_second, int64_t burst)
{
    if (per_second == 0)
        return 0;

    int64_t step = INT64_C(1000000000) / per_second;
    int64_t due = atomic_load_explicit(&account->due_ns[what], memory_order_relaxed);
    int64_t next;
    do {
        next = (due > now_ns ? due : now_ns) + step;
        if (next - now_ns > step * burst)
            return next - now_ns - step * burst;
    } while (!atomic_compare_exchange_weak(&account->due_ns[what], &due, next));
    return 0;
}
