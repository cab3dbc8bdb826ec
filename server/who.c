#include "server/who.h"

#include <stdatomic.h>
#include <string.h>

#include "lib/own.h"

struct row {
    struct plumb_digest id;
    struct plumb_pubkey *pub; /* owned */
    enum plumb_use use;
    bool active;
    char *principal; /* owned */
    unsigned may;
    char **fleets; /* owned, and each */
    size_t nfleets;
};

struct who {
    atomic_int refs;
    struct row *rows; /* ascending by id */
    size_t n, cap;
    bool failed; /* while it is being made: out of memory */
};

struct who *
who_ref(struct who *who)
{
    atomic_fetch_add(&who->refs, 1);
    return who;
}

void
who_unref(struct who *who)
{
    if (who == NULL || atomic_fetch_sub(&who->refs, 1) != 1)
        return;
    for (size_t i = 0; i < who->n; i++) {
        struct row *r = &who->rows[i];

        plumb_pubkey_free(r->pub);
        free(r->principal);
        for (size_t f = 0; f < r->nfleets; f++)
            free(r->fleets[f]);
        free(r->fleets);
    }
    free(who->rows);
    free(who);
}

PLUMB_DEFINE_AUTO(auto_who, struct who *, who_unref);

static bool
fill_row(struct row *r, const struct engine_key_view *key)
{
    r->id = *plumb_pubkey_id(key->pub);
    r->use = key->use;
    r->active = key->active;
    r->may = key->may;
    r->principal = strdup(key->principal);
    r->fleets = calloc(key->nfleets + 1, sizeof *r->fleets);
    if (r->principal == NULL || r->fleets == NULL ||
        plumb_pubkey_copy(key->pub, &r->pub, NULL) != PLUMB_OK)
        return false;
    for (; r->nfleets < key->nfleets; r->nfleets++) {
        r->fleets[r->nfleets] = strdup(key->fleets[r->nfleets]);
        if (r->fleets[r->nfleets] == NULL)
            return false;
    }
    return true;
}

static bool
add_key(void *arg, const struct engine_key_view *key)
{
    struct who *who = arg;

    if (who->n == who->cap) {
        size_t cap = who->cap > 0 ? 2 * who->cap : 64;
        struct row *rows = realloc(who->rows, cap * sizeof *rows);

        if (rows == NULL) {
            who->failed = true;
            return false;
        }
        who->rows = rows;
        who->cap = cap;
    }
    who->rows[who->n] = (struct row){ 0 };
    who->failed = !fill_row(&who->rows[who->n++], key);
    return !who->failed;
}

static int
by_id(const void *a, const void *b)
{
    return plumb_digest_cmp(&((const struct row *)a)->id, &((const struct row *)b)->id);
}

enum plumb_code
who_new(const struct engine *engine, struct who **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_who) struct who *who = calloc(1, sizeof *who);

    if (who == NULL)
        return plumb_fail_memory(err);
    atomic_init(&who->refs, 1);
    engine_each_key(engine, add_key, who);
    if (who->failed)
        return plumb_fail_memory(err);
    if (who->n > 0)
        qsort(who->rows, who->n, sizeof *who->rows, by_id);
    *ret = PLUMB_TAKE(who);
    return PLUMB_OK;
}

static const struct row *
find(const struct who *who, const struct plumb_digest *id)
{
    struct row key = { .id = *id };

    return who->n > 0 ? bsearch(&key, who->rows, who->n, sizeof key, by_id) : NULL;
}

bool
who_client(const struct who *who, const struct plumb_digest *tls_key, struct who_client *ret)
{
    const struct row *r = find(who, tls_key);

    if (r == NULL || !r->active || r->use != PLUMB_USE_TLS)
        return false;
    *ret =
        (struct who_client){ r->principal, r->may, (const char *const *)r->fleets, r->nfleets };
    return true;
}

bool
who_may_pull(const struct who_client *client, const char *fleet)
{
    if ((client->may & 1u << PLUMB_POWER_READ) != 0)
        return true;
    if ((client->may & 1u << PLUMB_POWER_PULL) == 0)
        return false;
    for (size_t i = 0; i < client->nfleets; i++)
        if (strcmp(client->fleets[i], fleet) == 0)
            return true;
    return false;
}

const struct plumb_pubkey *
who_signing_key(void *who, const struct plumb_digest *id)
{
    const struct row *r = find(who, id);

    return r != NULL && r->use == PLUMB_USE_SIGN ? r->pub : NULL;
}
