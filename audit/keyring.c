#include "audit/keyring.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

struct keyring {
    pthread_rwlock_t lock; /* guards slots, whose keys themselves never change */
    struct plumb_pubkey **slots;
    size_t n, mask;            /* mask + 1 slots, at most half of them taken */
    struct plumb_pubkey **old; /* those that were replaced, and may be in use yet */
    size_t nold;
};

PLUMB_DEFINE_AUTO(auto_pubkey, struct plumb_pubkey *, plumb_pubkey_free);

enum plumb_code
keyring_new(struct keyring **ret, struct plumb_err *err)
{
    struct keyring *k = calloc(1, sizeof *k);

    if (k == NULL)
        return plumb_fail_memory(err);
    k->mask = 255;
    k->slots = calloc(k->mask + 1, sizeof *k->slots);
    if (k->slots == NULL) {
        free(k);
        return plumb_fail_memory(err);
    }
    (void)pthread_rwlock_init(&k->lock, NULL);
    *ret = k;
    return PLUMB_OK;
}

void
keyring_free(struct keyring *k)
{
    if (k == NULL)
        return;
    for (size_t i = 0; i <= k->mask; i++)
        plumb_pubkey_free(k->slots[i]);
    for (size_t i = 0; i < k->nold; i++)
        plumb_pubkey_free(k->old[i]);
    (void)pthread_rwlock_destroy(&k->lock);
    free(k->slots);
    free(k->old);
    free(k);
}

/* The slot that has this id, or the empty one where it belongs. */
static struct plumb_pubkey **
slot_of(struct plumb_pubkey **slots, size_t mask, const struct plumb_digest *id)
{
    size_t i;

    memcpy(&i, id->b, sizeof i);
    for (i &= mask; slots[i] != NULL; i = (i + 1) & mask)
        if (plumb_digest_eq(plumb_pubkey_id(slots[i]), id))
            break;
    return &slots[i];
}

static enum plumb_code
grow(struct keyring *k, struct plumb_err *err)
{
    size_t mask = 2 * k->mask + 1;
    struct plumb_pubkey **slots = calloc(mask + 1, sizeof *slots);

    if (slots == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i <= k->mask; i++)
        if (k->slots[i] != NULL)
            *slot_of(slots, mask, plumb_pubkey_id(k->slots[i])) = k->slots[i];
    free(k->slots);
    k->slots = slots;
    k->mask = mask;
    return PLUMB_OK;
}

static enum plumb_code
keep_old(struct keyring *k, struct plumb_pubkey *key, struct plumb_err *err)
{
    struct plumb_pubkey **more = realloc(k->old, (k->nold + 1) * sizeof *more);

    if (more == NULL)
        return plumb_fail_memory(err);
    k->old = more;
    k->old[k->nold++] = key;
    return PLUMB_OK;
}

static enum plumb_code
put(struct keyring *k, const struct plumb_pubkey *key, struct plumb_err *err)
{
    struct plumb_pubkey **slot = slot_of(k->slots, k->mask, plumb_pubkey_id(key));
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *copy = NULL;

    if (*slot != NULL &&
        plumb_pubkey_verify_required(*slot) == plumb_pubkey_verify_required(key))
        return PLUMB_OK;
    PLUMB_TRY(plumb_pubkey_copy(key, &copy, err));
    if (*slot != NULL) {
        PLUMB_TRY(keep_old(k, *slot, err));
        *slot = PLUMB_TAKE(copy);
        return PLUMB_OK;
    }
    if (2 * (k->n + 1) > k->mask) {
        PLUMB_TRY(grow(k, err));
        slot = slot_of(k->slots, k->mask, plumb_pubkey_id(key));
    }
    *slot = PLUMB_TAKE(copy);
    k->n++;
    return PLUMB_OK;
}

enum plumb_code
keyring_document(struct keyring *k, const struct plumb_governance *doc, struct plumb_err *err)
{
    enum plumb_code code = PLUMB_OK;

    (void)pthread_rwlock_wrlock(&k->lock);
    for (size_t p = 0; p < doc->nprincipals; p++)
        for (size_t i = 0; code == PLUMB_OK && i < doc->principals[p].nkeys; i++)
            if (doc->principals[p].keys[i].use == PLUMB_USE_SIGN)
                code = put(k, doc->principals[p].keys[i].pub, err);
    (void)pthread_rwlock_unlock(&k->lock);
    return code;
}

struct sync {
    struct keyring *k;
    struct plumb_err *err;
    enum plumb_code code;
};

static bool
take_key(void *arg, const struct engine_key_view *view)
{
    struct sync *s = arg;

    if (view->use == PLUMB_USE_SIGN)
        s->code = put(s->k, view->pub, s->err);
    return s->code == PLUMB_OK;
}

enum plumb_code
keyring_engine(struct keyring *k, const struct engine *e, struct plumb_err *err)
{
    struct sync s = { k, err, PLUMB_OK };

    (void)pthread_rwlock_wrlock(&k->lock);
    engine_each_key(e, take_key, &s);
    (void)pthread_rwlock_unlock(&k->lock);
    return s.code;
}

const struct plumb_pubkey *
keyring_find(void *arg, const struct plumb_digest *id)
{
    struct keyring *k = arg;
    const struct plumb_pubkey *key;

    (void)pthread_rwlock_rdlock(&k->lock);
    key = *slot_of(k->slots, k->mask, id);
    (void)pthread_rwlock_unlock(&k->lock);
    return key;
}
