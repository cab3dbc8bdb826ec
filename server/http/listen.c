#include "server/http/listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static enum plumb_code
fail_listen(const char *address, int fd, struct plumb_err *err)
{
    int why = errno;

    if (fd >= 0)
        close(fd);
    return plumb_fail(err, PLUMB_UNAVAILABLE, "http.listen", address, "cannot listen: %s",
                      strerror(why));
}

/* A socket file that nobody listens on is left over from a crash. */
static bool
remove_stale(const struct sockaddr_un *at)
{
    struct stat st;

    if (lstat(at->sun_path, &st) != 0)
        return errno == ENOENT;
    if (!S_ISSOCK(st.st_mode))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool stale = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) != 0 &&
                 errno == ECONNREFUSED;
    if (fd >= 0)
        close(fd);
    return stale && unlink(at->sun_path) == 0;
}

static enum plumb_code
open_local(const char *path, int *ret_fd, struct plumb_err *err)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof at.sun_path)
        return plumb_fail(err, PLUMB_INVALID, "http.address", path,
                          "a socket's path has at most %zu bytes", sizeof at.sun_path - 1);
    strncpy(at.sun_path, path, sizeof at.sun_path - 1);
    if (!remove_stale(&at)) {
        errno = EADDRINUSE;
        return fail_listen(path, -1, err);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* nobody can connect between bind and listen, so the mode is there in time */
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || chmod(path, 0600) != 0 ||
        listen(fd, BACKLOG) != 0)
        return fail_listen(path, fd, err);
    *ret_fd = fd;
    return PLUMB_OK;
}

/* "HOST:PORT" with a numeric host, "[HOST]:PORT" for IPv6. */
static bool
parse_address(const char *text, struct addrinfo **ret)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
    const char *colon = strrchr(text, ':');
    char host[64];
    size_t len = colon != NULL ? (size_t)(colon - text) : 0;

    if (len == 0 || len >= sizeof host)
        return false;
    if (text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    } else if (memchr(text, ':', len) != NULL) {
        return false;
    }
    memcpy(host, text, len);
    host[len] = '\0';
    return len > 0 && getaddrinfo(host, colon + 1, &hints, ret) == 0;
}

static enum plumb_code
open_inet(const char *text, int *ret_fd, uint16_t *ret_port, struct plumb_err *err)
{
    struct addrinfo *address = NULL;
    struct sockaddr_storage bound;
    socklen_t len = sizeof bound;
    int on = 1;

    memset(&bound, 0, sizeof bound);
    if (!parse_address(text, &address))
        return plumb_fail(err, PLUMB_INVALID, "http.address", text,
                          "an address to listen on is a numeric HOST:PORT or [HOST]:PORT");
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool ok = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
              bind(fd, address->ai_addr, address->ai_addrlen) == 0 &&
              listen(fd, BACKLOG) == 0 && getsockname(fd, (struct sockaddr *)&bound, &len) == 0;
    int why = errno;
    freeaddrinfo(address);
    errno = why;
    if (!ok)
        return fail_listen(text, fd, err);
    *ret_fd = fd;
    /* sockaddr_in and sockaddr_in6 have the port in one place */
    *ret_port = ntohs(((struct sockaddr_in *)&bound)->sin_port);
    return PLUMB_OK;
}

enum plumb_code
http_listen_open(const struct http_listener *listener, int *ret_fd, uint16_t *ret_port,
                 struct plumb_err *err)
{
    *ret_port = 0;
    return listener->kind == HTTP_LISTEN_LOCAL
               ? open_local(listener->address, ret_fd, err)
               : open_inet(listener->address, ret_fd, ret_port, err);
}

void
http_listen_shut(const struct http_listener *listener, int fd)
{
    if (listener->kind == HTTP_LISTEN_LOCAL)
        (void)unlink(listener->address);
    (void)shutdown(fd, SHUT_RDWR);
}

void
http_peer_address(const struct sockaddr_storage *address, char *ret, size_t size,
                  struct plumb_digest *ret_id)
{
    const void *bytes = NULL;
    size_t len = 0;
    int family = address->ss_family;

    ret[0] = '\0';
    if (family == AF_INET) {
        bytes = &((const struct sockaddr_in *)address)->sin_addr;
        len = 4;
    } else if (family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
        bool mapped = IN6_IS_ADDR_V4MAPPED(six);

        bytes = mapped ? six->s6_addr + 12 : six->s6_addr;
        len = mapped ? 4 : 8; /* what one customer is given */
        family = mapped ? AF_INET : AF_INET6;
    }
    if (bytes == NULL)
        (void)snprintf(ret, size, "local");
    else
        (void)inet_ntop(family, bytes, ret, (socklen_t)size);
    plumb_sha256(bytes, len, ret_id);
}

bool
http_peer_is_ours(int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 &&
           (peer.uid == 0 || peer.uid == geteuid());
}
