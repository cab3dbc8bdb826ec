#include "server/http/body.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "lib/own.h"

struct http_body {
    atomic_uint refs;
    struct plumb_bytes bytes;
    char etag[HTTP_ETAG_MAX];
    char *type;
    char *cache_control;
    char *extra;
    pthread_mutex_t lock; /* making */
    _Atomic(void *) made[HTTP_BODY_KINDS];
    void (*unmake)(void *made);
};

static void
body_free(struct http_body *body)
{
    for (int i = 0; i < HTTP_BODY_KINDS; i++) {
        void *made = atomic_load(&body->made[i]);
        if (made != NULL)
            body->unmake(made);
    }
    pthread_mutex_destroy(&body->lock);
    plumb_bytes_clear(&body->bytes);
    free(body->type);
    free(body->cache_control);
    free(body->extra);
    free(body);
}
PLUMB_DEFINE_AUTO(auto_body, struct http_body *, body_free);

enum plumb_code
http_body_new(struct plumb_bytes *bytes, const char *content_type, const char *etag,
              const char *cache_control, const char *extra, struct http_body **ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(auto_body) struct http_body *body = calloc(1, sizeof *body);

    if (body == NULL)
        return plumb_fail_memory(err);
    pthread_mutex_init(&body->lock, NULL);
    atomic_init(&body->refs, 1);
    body->type = strdup(content_type);
    body->cache_control = strdup(cache_control);
    body->extra = extra != NULL ? strdup(extra) : NULL;
    if (body->type == NULL || body->cache_control == NULL ||
        (extra != NULL && body->extra == NULL))
        return plumb_fail_memory(err);
    if (etag != NULL) {
        size_t len = strlen(etag);
        if (len >= sizeof body->etag || strpbrk(etag, "\" \t\r\n") != NULL)
            return plumb_fail(err, PLUMB_INTERNAL, "http.etag", "", "an etag that is no etag");
        memcpy(body->etag, etag, len + 1);
    } else {
        struct plumb_digest digest;
        plumb_sha256(bytes->data, bytes->len, &digest);
        plumb_digest_hex(&digest, body->etag);
    }
    body->bytes = *bytes;
    *bytes = (struct plumb_bytes){ NULL, 0 };
    *ret = PLUMB_TAKE(body);
    return PLUMB_OK;
}

struct http_body *
http_body_ref(struct http_body *body)
{
    atomic_fetch_add_explicit(&body->refs, 1, memory_order_relaxed);
    return body;
}

void
http_body_unref(struct http_body *body)
{
    if (body != NULL && atomic_fetch_sub_explicit(&body->refs, 1, memory_order_acq_rel) == 1)
        body_free(body);
}

const uint8_t *
http_body_bytes(const struct http_body *body, size_t *ret_len)
{
    *ret_len = body->bytes.len;
    return body->bytes.data;
}

const char *
http_body_etag(const struct http_body *body)
{
    return body->etag;
}

const char *
http_body_type(const struct http_body *body)
{
    return body->type;
}

const char *
http_body_cache_control(const struct http_body *body)
{
    return body->cache_control;
}

const char *
http_body_extra(const struct http_body *body)
{
    return body->extra;
}

void *
http_body_made(struct http_body *body, enum http_body_kind kind, http_body_make *make,
               void (*unmake)(void *made))
{
    void *made = atomic_load_explicit(&body->made[kind], memory_order_acquire);

    if (made == NULL) {
        pthread_mutex_lock(&body->lock);
        made = atomic_load(&body->made[kind]);
        if (made == NULL) {
            body->unmake = unmake;
            made = make(body, kind);
            atomic_store_explicit(&body->made[kind], made, memory_order_release);
        }
        pthread_mutex_unlock(&body->lock);
    }
    return made;
}
