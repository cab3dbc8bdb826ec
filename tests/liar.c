#include "tests/liar.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/local.h"
#include "tests/t.h"

#define ANSWERS     64
#define ASKED       4096
#define CONNECTIONS 64
#define HEAD        65536

struct answer {
    char target[300];
    int status;
    char *body;
    size_t len;
};

struct liar {
    char socket[108], upstream[108]; /* upstream "": there is none */
    int listening;
    pthread_t thread;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t idle;
    struct answer answers[ANSWERS];
    size_t nanswers;
    char asked[ASKED][300];
    size_t nasked, running;
    int open[CONNECTIONS]; /* connections, to be shut at the end; -1: free */
};

struct call {
    struct liar *l;
    int fd;
};

static void
remember(struct liar *l, int fd, int becomes)
{
    (void)pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (l->open[i] == fd) {
            l->open[i] = becomes;
            break;
        }
    (void)pthread_mutex_unlock(&l->lock);
}

static void
shut(struct liar *l, int fd)
{
    remember(l, fd, -1);
    (void)close(fd);
}

static bool
send_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

/* The head, and how much of the body came with it. NULL when there is no whole head. */
static char *
read_head(int fd, char *buf, size_t *ret_len)
{
    size_t len = 0;

    for (;;) {
        ssize_t n = recv(fd, buf + len, HEAD - 1 - len, 0);
        char *end;

        if (n <= 0)
            return NULL;
        len += (size_t)n;
        buf[len] = '\0';
        *ret_len = len;
        end = strstr(buf, "\r\n\r\n");
        if (end != NULL)
            return end + 4;
        if (len == HEAD - 1)
            return NULL;
    }
}

/* One exchange with the real one; its connection ends with it. */
static void
pass_on(struct liar *l, int fd, char *buf, size_t len, const char *body)
{
    const char *line = strstr(buf, "\r\n") + 2,
               *length = strcasestr(buf, "\r\nContent-Length:");
    size_t left = length != NULL ? strtoul(length + 17, NULL, 10) : 0;
    const int up = local_connect(l->upstream);
    ssize_t n;

    if (up < 0)
        return;
    remember(l, -1, up);
    left -= (size_t)(buf + len - body);
    if (send_all(up, buf, (size_t)(line - buf)) && send_all(up, "Connection: close\r\n", 19) &&
        send_all(up, line, (size_t)(buf + len - line))) {
        while (left > 0 && (n = recv(fd, buf, left < HEAD ? left : HEAD, 0)) > 0 &&
               send_all(up, buf, (size_t)n))
            left -= (size_t)n;
        while ((n = recv(up, buf, HEAD, 0)) > 0 && send_all(fd, buf, (size_t)n))
            ;
    }
    shut(l, up);
}

/* A copy of the answer to this, or false. */
static bool
find_answer(struct liar *l, const char *target, struct answer *ret)
{
    bool found = false;

    (void)pthread_mutex_lock(&l->lock);
    if (l->nasked < ASKED)
        (void)snprintf(l->asked[l->nasked++], sizeof l->asked[0], "%s", target);
    for (size_t i = l->nanswers; i-- > 0 && !found;)
        if (strncmp(target, l->answers[i].target, strlen(l->answers[i].target)) == 0) {
            *ret = l->answers[i];
            ret->body = malloc(ret->len + 1);
            memcpy(ret->body, l->answers[i].body, ret->len);
            found = true;
        }
    (void)pthread_mutex_unlock(&l->lock);
    return found;
}

static void
say(int fd, const struct answer *a)
{
    char head[200];
    int len = snprintf(
        head, sizeof head,
        "HTTP/1.1 %d Said\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
        "Connection: close\r\n\r\n",
        a->status, a->status < 400 ? "application/json" : "application/problem+json", a->len);

    if (send_all(fd, head, (size_t)len))
        (void)send_all(fd, a->body, a->len);
}

static void *
serve_one(void *arg)
{
    struct call call = *(struct call *)arg;
    struct answer a = { .status = 404, .body = NULL };
    char *buf = malloc(HEAD), target[300] = "", *body;
    size_t len = 0;

    free(arg);
    body = read_head(call.fd, buf, &len);
    if (body != NULL && sscanf(buf, "%*s %299s", target) == 1) {
        if (find_answer(call.l, target, &a) || call.l->upstream[0] == '\0')
            say(call.fd, &a);
        else
            pass_on(call.l, call.fd, buf, len, body);
    }
    free(a.body);
    free(buf);
    (void)shutdown(call.fd, SHUT_RDWR);
    shut(call.l, call.fd);
    (void)pthread_mutex_lock(&call.l->lock);
    if (--call.l->running == 0)
        (void)pthread_cond_broadcast(&call.l->idle);
    (void)pthread_mutex_unlock(&call.l->lock);
    return NULL;
}

static void *
serve(void *arg)
{
    struct liar *l = arg;
    int fd;

    while ((fd = accept4(l->listening, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
        struct call *call = malloc(sizeof *call);
        pthread_t thread;

        *call = (struct call){ l, fd };
        remember(l, -1, fd);
        (void)pthread_mutex_lock(&l->lock);
        l->running++;
        (void)pthread_mutex_unlock(&l->lock);
        assert_int_equal(0, pthread_create(&thread, NULL, serve_one, call));
        (void)pthread_detach(thread);
    }
    return NULL;
}

struct liar *
liar_begin(const char *path, const char *upstream)
{
    struct liar *l = calloc(1, sizeof *l);
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    assert_non_null(l);
    assert_true(strlen(path) < sizeof at.sun_path);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", path);
    (void)snprintf(l->socket, sizeof l->socket, "%s", path);
    (void)snprintf(l->upstream, sizeof l->upstream, "%s", upstream != NULL ? upstream : "");
    memset(l->open, -1, sizeof l->open);
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)pthread_cond_init(&l->idle, NULL);
    l->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(0, bind(l->listening, (struct sockaddr *)&at, sizeof at));
    assert_int_equal(0, listen(l->listening, 64));
    assert_int_equal(0, pthread_create(&l->thread, NULL, serve, l));
    return l;
}

void
liar_end(struct liar *l)
{
    (void)shutdown(l->listening, SHUT_RDWR);
    (void)pthread_join(l->thread, NULL);
    (void)close(l->listening);
    (void)pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < CONNECTIONS; i++)
        if (l->open[i] >= 0)
            (void)shutdown(l->open[i], SHUT_RDWR);
    while (l->running > 0)
        (void)pthread_cond_wait(&l->idle, &l->lock);
    (void)pthread_mutex_unlock(&l->lock);
    liar_repent(l);
    (void)pthread_cond_destroy(&l->idle);
    (void)pthread_mutex_destroy(&l->lock);
    (void)unlink(l->socket);
    free(l);
}

void
liar_say(struct liar *l, const char *target, int status, const void *body, size_t len)
{
    struct answer *a;

    (void)pthread_mutex_lock(&l->lock);
    assert_true(l->nanswers < ANSWERS);
    a = &l->answers[l->nanswers++];
    (void)snprintf(a->target, sizeof a->target, "%s", target);
    a->status = status;
    a->len = len;
    a->body = malloc(len + 1);
    memcpy(a->body, body, len);
    (void)pthread_mutex_unlock(&l->lock);
}

void
liar_say_json(struct liar *l, const char *target, const json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);

    assert_non_null(text);
    liar_say(l, target, 200, text, strlen(text));
    free(text);
}

void
liar_repent(struct liar *l)
{
    (void)pthread_mutex_lock(&l->lock);
    while (l->nanswers > 0)
        free(l->answers[--l->nanswers].body);
    (void)pthread_mutex_unlock(&l->lock);
}

size_t
liar_asked(struct liar *l, const char *target)
{
    size_t n = 0;

    (void)pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->nasked; i++)
        n += strncmp(l->asked[i], target, strlen(target)) == 0;
    (void)pthread_mutex_unlock(&l->lock);
    return n;
}
