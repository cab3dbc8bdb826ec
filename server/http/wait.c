/* Running handlers, and holding requests that wait: parked ones, and promises. */
#include "server/http/exchange.h"

#include <poll.h>
#include <string.h>
#include "lib/own.h"

/*
 * A promise, under the lock: x until its reply is handed over or it is given up on; armed once
 * the handler returned; done when it was kept before that. The lock is the program's, because a
 * promise may be kept after its server is gone.
 */
struct http_later {
    struct http_later *next, *prev; /* armed ones of the server */
    struct http_exchange *x;
    bool armed, done;
    int64_t until_ms;
    enum plumb_code code;
    struct plumb_err err;
    struct http_reply reply;
};
static pthread_mutex_t later_lock = PTHREAD_MUTEX_INITIALIZER;

static void
later_free(struct http_later *later)
{
    http_reply_clear(&later->reply);
    free(later);
}

/* False when the server is ending and x was not held before. */
static bool
hold(struct http_exchange *x)
{
    enum http_phase before = x->phase;

    if (before == HTTP_HELD)
        return true;
    x->phase = HTTP_HELD; /* the next call may hand it to another thread */
    if (http_transport_suspend(x->conn))
        return true;
    x->phase = before;
    return false;
}

/* The reply is there. x may be gone when this returns HTTP_STEP_HELD. */
static enum http_step
answer(struct http_exchange *x)
{
    if (x->phase != HTTP_HELD)
        return HTTP_STEP_SEND;
    x->phase = HTTP_READY;
    http_transport_resume(x->conn);
    return HTTP_STEP_HELD;
}

static void
fail(struct http_exchange *x, enum plumb_code code)
{
    if (x->err.code != code)
        x->err = (struct plumb_err){ .code = code, .rule = "internal" };
    http_reply_problem(&x->reply, &x->err, 0, x->req.id);
}

enum plumb_code
http_wait_for(struct http_request *req, const char *topic, struct plumb_err *err)
{
    if (req->last)
        return plumb_fail(err, PLUMB_INTERNAL, "http.wait", topic,
                          "a handler waits though it was told not to");
    req->exchange->waiting = true;
    req->exchange->parked.topic = http_park_topic(topic);
    return PLUMB_OK;
}

bool
http_slow(struct http_request *req)
{
    struct http_exchange *x = req->exchange;

    if (x->fast)
        x->slow = true;
    return !x->fast;
}

static void
leave_park(struct http_exchange *x)
{
    struct http_server *server = x->conn->server;

    if (x->account != NULL)
        http_account_release(x->account, HTTP_HOLD_PARKED, 1);
    metric_add(server->metrics.parked, -1);
    atomic_fetch_sub(&server->parked, 1);
}

static bool
enter_park(struct http_exchange *x)
{
    struct http_server *server = x->conn->server;
    const struct http_limits *limits = &server->config.limits;

    if (x->account != NULL &&
        !http_account_hold(x->account, HTTP_HOLD_PARKED, 1, limits->parked_client))
        return false;
    metric_add(server->metrics.parked, 1);
    if (atomic_fetch_add(&server->parked, 1) < limits->parked)
        return true;
    leave_park(x);
    return false;
}

/* True if it waits now and is not ours any more; otherwise its handler must run again. */
static bool
park(struct http_exchange *x, uint64_t mark)
{
    struct http_server *server = x->conn->server;
    int64_t now = http_now_ms();

    http_reply_clear(&x->reply);
    x->req.turn++;
    if (x->wait_until_ms == 0)
        x->wait_until_ms = now + x->req.wait_s * 1000;
    x->parked.until_ms = x->wait_until_ms;
    if (atomic_load(&server->draining) || x->wait_until_ms <= now) {
        x->req.last = true;
        return false;
    }
    if (!enter_park(x)) {
        http_count_refusal(server, HTTP_HOLD_PARKED);
        x->req.last = true;
        return false;
    }
    if (!hold(x))
        x->req.last = true;
    else if (http_park_add(server->park, &x->parked, mark))
        return true;
    leave_park(x);
    return false;
}

void
http_resume_parked(struct http_server *server, struct http_parked *list, bool last)
{
    while (list != NULL) {
        struct http_exchange *x =
            (struct http_exchange *)((char *)list - offsetof(struct http_exchange, parked));

        list = list->next;
        x->req.last |= last;
        leave_park(x);
        if (x->fast) {
            x->phase = HTTP_AGAIN;
            http_transport_resume(x->conn);
        } else {
            (void)http_pool_push(server->pool, &x->job, true);
        }
    }
}

bool
http_parked_gone(struct http_parked *parked)
{
    struct http_exchange *x =
        (struct http_exchange *)((char *)parked - offsetof(struct http_exchange, parked));
    struct pollfd poll_fd = { .fd = x->conn->fd, .events = POLLRDHUP };

    return poll(&poll_fd, 1, 0) == 1;
}

enum plumb_code
http_later(struct http_request *req, struct http_later **ret, struct plumb_err *err)
{
    struct http_exchange *x = req->exchange;
    struct http_later *later = x->later == NULL ? calloc(1, sizeof *later) : NULL;

    if (later == NULL)
        return plumb_fail_memory(err);
    later->x = x;
    x->later = later;
    *ret = later;
    return PLUMB_OK;
}

struct http_reply *
http_later_reply(struct http_later *later)
{
    return &later->reply;
}

/* later was kept: its reply becomes that of x. */
static void
deliver(struct http_exchange *x, struct http_later *later)
{
    http_reply_clear(&x->reply);
    if (later->code == PLUMB_OK) {
        x->reply = later->reply;
        memset(&later->reply, 0, sizeof later->reply);
    } else {
        x->err = later->err;
        fail(x, later->code);
    }
    later_free(later);
}

static void
unlink_later(struct http_server *server, struct http_later *later)
{
    if (later->prev != NULL)
        later->prev->next = later->next;
    else
        server->laters = later->next;
    if (later->next != NULL)
        later->next->prev = later->prev;
}

void
http_later_done(struct http_later *later, enum plumb_code code, const struct plumb_err *err)
{
    pthread_mutex_lock(&later_lock);
    struct http_exchange *x = later->x;
    later->code = code;
    if (err != NULL)
        later->err = *err;
    if (x != NULL && !later->armed) { /* its handler still runs, and will find it done */
        later->done = true;
        pthread_mutex_unlock(&later_lock);
        return;
    }
    if (x != NULL) {
        unlink_later(x->conn->server, later);
        x->later = NULL;
    }
    pthread_mutex_unlock(&later_lock);
    if (x == NULL) {
        later_free(later);
        return;
    }
    deliver(x, later);
    (void)answer(x);
}

/* The handler failed though it had promised: nobody waits for the promise. */
static void
give_up(struct http_exchange *x)
{
    struct http_later *later = x->later;

    if (later == NULL)
        return;
    pthread_mutex_lock(&later_lock);
    bool done = later->done;
    later->x = NULL;
    x->later = NULL;
    pthread_mutex_unlock(&later_lock);
    if (done)
        later_free(later);
}

/* The handler returned and left a promise. */
static enum http_step
promised(struct http_exchange *x, struct http_later *later)
{
    struct http_server *server = x->conn->server;

    if (!hold(x)) {
        give_up(x);
        (void)plumb_fail(&x->err, PLUMB_UNAVAILABLE, "http.answer-time", "",
                         "the service is ending: whether it was done is unknown, ask again");
        fail(x, PLUMB_UNAVAILABLE);
        return answer(x);
    }
    pthread_mutex_lock(&later_lock);
    bool done = later->done;
    if (done) {
        x->later = NULL;
    } else {
        later->armed = true;
        later->until_ms = http_now_ms() + server->config.limits.answer_ms;
        later->next = server->laters;
        if (later->next != NULL)
            later->next->prev = later;
        server->laters = later;
    }
    pthread_mutex_unlock(&later_lock);
    if (!done)
        return HTTP_STEP_HELD;
    deliver(x, later);
    return answer(x);
}

void
http_laters_expire(struct http_server *server, int64_t now_ms, bool all)
{
    struct http_exchange *expired = NULL;

    pthread_mutex_lock(&later_lock);
    for (struct http_later *next, *later = server->laters; later != NULL; later = next) {
        next = later->next;
        if (!all && later->until_ms > now_ms)
            continue;
        unlink_later(server, later);
        later->x->later = NULL;
        later->x->job.next = expired != NULL ? &expired->job : NULL;
        expired = later->x;
        later->x = NULL;
    }
    pthread_mutex_unlock(&later_lock);
    for (struct http_job *job = expired != NULL ? &expired->job : NULL; job != NULL;) {
        struct http_exchange *x =
            (struct http_exchange *)((char *)job - offsetof(struct http_exchange, job));

        job = job->next;
        http_count_refusal(server, HTTP_REFUSED_TIME);
        (void)plumb_fail(&x->err, PLUMB_UNAVAILABLE, "http.answer-time", "",
                         "no answer in time: whether it was done is unknown, ask again");
        http_reply_problem(&x->reply, &x->err, 0, x->req.id);
        (void)answer(x);
    }
}

enum http_step
http_run(struct http_exchange *x)
{
    struct http_server *server = x->conn->server;

    for (;;) {
        uint64_t mark = http_park_mark(server->park);

        x->waiting = x->slow = false;
        x->err.code = PLUMB_OK;
        enum plumb_code code = x->route->handler(&x->req, &x->reply, &x->err);
        if (x->queued && x->account != NULL)
            http_account_release(x->account, HTTP_HOLD_QUEUE, 1);
        x->queued = false;
        if (code != PLUMB_OK) {
            give_up(x);
            fail(x, code);
            return answer(x);
        }
        x->err.code = PLUMB_OK; /* what the handler tried and got over */
        if (x->slow) {
            http_reply_clear(&x->reply);
            x->fast = false;
            return http_exchange_queue(x);
        }
        if (x->later != NULL)
            return promised(x, x->later);
        if (!x->waiting)
            return answer(x);
        if (park(x, mark))
            return HTTP_STEP_HELD;
    }
}

void
http_run_job(struct http_job *job)
{
    (void)http_run((struct http_exchange *)((char *)job - offsetof(struct http_exchange, job)));
}
