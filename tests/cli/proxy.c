#include "tests/t.h"

#include "tests/cli/proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int
dial(uint16_t port)
{
    const struct sockaddr_in to = { .sin_family = AF_INET,
                                    .sin_port = htons(port),
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof to) == 0)
        return fd;
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

/* What is there to read goes to the other; false when that ends it. */
static bool
pass(int from, int to, size_t *ret)
{
    char bytes[16384];
    ssize_t n = read(from, bytes, sizeof bytes);

    *ret = n > 0 ? (size_t)n : 0;
    for (ssize_t at = 0; at < n;) {
        ssize_t m = send(to, bytes + at, (size_t)(n - at), MSG_NOSIGNAL);

        if (m <= 0)
            return false;
        at += m;
    }
    return n > 0;
}

static void
join(struct proxy *p, int client, int service)
{
    struct pollfd fds[] = { { client, POLLIN, 0 }, { service, POLLIN, 0 } };
    size_t n, sent = 0;

    while (!p->stopping) {
        if (poll(fds, 2, 100) <= 0)
            continue;
        if (fds[1].revents != 0 && !pass(service, client, &n))
            return;
        if (fds[0].revents == 0)
            continue;
        if (!pass(client, service, &n))
            return;
        sent += n;
        p->sent += n;
        if (p->cut_after > 0 && sent >= p->cut_after) {
            p->cuts++;
            return;
        }
    }
}

static void *
run(void *arg)
{
    struct proxy *p = arg;

    while (!p->stopping) {
        struct pollfd ready = { p->fd, POLLIN, 0 };
        int client, service;

        if (poll(&ready, 1, 100) <= 0)
            continue;
        client = accept(p->fd, NULL, NULL);
        service = dial(p->to);
        if (client >= 0 && service >= 0)
            join(p, client, service);
        if (client >= 0)
            (void)close(client);
        if (service >= 0)
            (void)close(service);
    }
    return NULL;
}

void
proxy_start(struct proxy *p, uint16_t to)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;

    memset(p, 0, sizeof *p);
    p->to = to;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(p->fd >= 0);
    assert_int_equal(0, bind(p->fd, (struct sockaddr *)&at, sizeof at));
    assert_int_equal(0, listen(p->fd, 8));
    assert_int_equal(0, getsockname(p->fd, (struct sockaddr *)&at, &len));
    (void)snprintf(p->url, sizeof p->url, "https://127.0.0.1:%d", ntohs(at.sin_port));
    assert_int_equal(0, pthread_create(&p->thread, NULL, run, p));
}

void
proxy_stop(struct proxy *p)
{
    p->stopping = true;
    (void)pthread_join(p->thread, NULL);
    (void)close(p->fd);
}
