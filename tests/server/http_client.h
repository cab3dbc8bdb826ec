/* http_client.h - a raw HTTP/1.1 client for tests: it sends exactly the bytes it is given. */
#ifndef TESTS_SERVER_HTTP_CLIENT_H
#define TESTS_SERVER_HTTP_CLIENT_H

#include <plumb/bytes.h>
#include <stdbool.h>

/* A self-signed certificate and its key, PEM, and the digest of its SPKI. Free with
 * hc_cert_free. */
struct hc_cert {
    char *certificate, *key;
    struct plumb_digest id;
};
struct hc_cert hc_cert_make(const char *type); /* "ED25519" or "P-256" */
/* The certificate of one P-256 key, signing with another: what a thief of certificates has. */
struct hc_cert hc_cert_forge(const struct hc_cert *known, const struct hc_cert *own);
void hc_cert_free(struct hc_cert *cert);

struct hc; /* a connection; calls fail the test when the system fails */

struct hc *hc_plain(uint16_t port);
struct hc *hc_local(const char *path);
/* NULL when the handshake fails. cert may be NULL; version 0 is any. */
struct hc *hc_tls(uint16_t port, const struct hc_cert *cert, int max_version);
/* As hc_tls, resuming the session of an earlier connection; *ret_resumed says whether it was.
 */
struct hc *hc_tls_again(uint16_t port, const struct hc_cert *cert, struct hc *earlier,
                        bool *ret_resumed);
/* Takes no more than 512 bytes in a record (RFC 6066, section 4). */
struct hc *hc_tls_small(uint16_t port);
unsigned hc_records(const struct hc *c); /* that it has read so far */
void hc_close(struct hc *c);
/* SHA-256 of the SPKI of the server's certificate. */
struct plumb_digest hc_server_key(struct hc *c);
const char *hc_group(struct hc *c);

void hc_send(struct hc *c, const char *text);
bool hc_try_send(struct hc *c, const void *data, size_t len);

struct hc_reply {
    int status;      /* 0: the connection ended without a reply */
    char head[4096]; /* status line and headers */
    char *body;      /* NUL-terminated */
    size_t body_len;
};
/* Reads one reply within timeout_ms; has_body is false after HEAD. Free with hc_reply_free. */
struct hc_reply hc_read(struct hc *c, int timeout_ms, bool has_body);
void hc_reply_free(struct hc_reply *r);
/* The value of a header into ret (256 bytes), "" if absent. */
const char *hc_header(const struct hc_reply *r, const char *name, char *ret);
/* Does the server end the connection within timeout_ms? What it still says is skipped. */
bool hc_ends(struct hc *c, int timeout_ms);

/* Send "METHOD target" with extra header lines ("A: b\r\n") and a body, and read the reply. */
struct hc_reply hc_ask(struct hc *c, const char *method, const char *target,
                       const char *headers, const char *body);
/* The same for its status alone. */
int hc_status(struct hc *c, const char *method, const char *target, const char *headers,
              const char *body);
/* The reply's member, a string, of a JSON body, into ret (256 bytes). */
const char *hc_member(const struct hc_reply *r, const char *name, char *ret);

#endif
