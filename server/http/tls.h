/* tls.h - private to server/http: what TLS is to us, over GnuTLS. */
#ifndef SERVER_HTTP_TLS_H
#define SERVER_HTTP_TLS_H

#include <gnutls/gnutls.h>
#include <plumb/bytes.h>
#include <stdbool.h>

/* TLS 1.3 only; X25519 first; AEADs that hardware helps with first. */
#define HTTP_TLS_PRIORITIES                                                                    \
    "SECURE128:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:"              \
    "-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:%SERVER_PRECEDENCE"

/* The key of session tickets; one for the life of a server. */
struct http_tls {
    gnutls_datum_t ticket_key;
};

/* Do certificate and key fit? Rule "tls.certificate". */
PLUMB_MUST_CHECK enum plumb_code http_tls_new(const char *certificate_pem, const char *key_pem,
                                              struct http_tls *ret, struct plumb_err *err);
void http_tls_clear(struct http_tls *tls);

/*
 * Before its handshake: ask for a certificate and take any, for the pin decides; naming no
 * authorities, so that clients offer what they have. Resumption by tickets.
 */
void http_tls_session(const struct http_tls *tls, gnutls_session_t session);

/*
 * Between libmicrohttpd and a session. libmicrohttpd sends a response's head and its body one
 * after the other; with more set before, the head is held until the body comes, so that they
 * are one record and one message, and the client is woken once.
 */
struct http_tls_wire {
    int fd;
    bool more; /* a body follows what is sent next, which is the head: cleared then */
    size_t nheld;
    uint8_t held[1024]; /* a longer head does not wait */
    size_t ahead_at, nahead;
    uint8_t ahead[2048]; /* ciphertext that GnuTLS has not asked for yet */
};

/* wire, with its fd, outlives the session. */
void http_tls_through(gnutls_session_t session, struct http_tls_wire *wire);
/* As gnutls_record_send(), of a session through wire. */
ssize_t http_tls_send(struct http_tls_wire *wire, gnutls_session_t session, const void *data,
                      size_t len);

/* After it: SHA-256 of the SPKI of the certificate whose key the client proved to hold. */
bool http_tls_peer(gnutls_session_t session, struct plumb_digest *ret);

#endif
