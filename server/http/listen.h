/* listen.h - private to server/http: listening sockets, and who is at the other end. */
#ifndef SERVER_HTTP_LISTEN_H
#define SERVER_HTTP_LISTEN_H

#include <sys/socket.h>
#include "server/http/server.h"

/* Listens; *ret_port is 0 for a local one. Rules "http.address", "http.listen". */
PLUMB_MUST_CHECK enum plumb_code http_listen_open(const struct http_listener *listener,
                                                  int *ret_fd, uint16_t *ret_port,
                                                  struct plumb_err *err);
/* Refuses further connections at once; the caller closes fd when no thread uses it. */
void http_listen_shut(const struct http_listener *listener, int fd);

/*
 * The text of an address without its port, and the id of its account: of the whole address, for
 * IPv6 of its /64.
 */
void http_peer_address(const struct sockaddr_storage *address, char *ret, size_t size,
                       struct plumb_digest *ret_id);
/* Is the process at the other end of a local socket our own user's, or root's? */
bool http_peer_is_ours(int fd);

#endif
