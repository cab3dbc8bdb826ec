#include "server/http/tls.h"

#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <string.h>
#include <sys/socket.h>

enum { HANDSHAKE_MAX = 16384, RESUME_SECONDS = 3600, RECORD_MAX = 16384 };

/* The key's id as GnuTLS counts it: a digest of its public part. */
static bool
key_id(gnutls_pubkey_t key, unsigned char ret[PLUMB_DIGEST_LEN])
{
    size_t size = PLUMB_DIGEST_LEN;

    return gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, ret, &size) == 0;
}

/* GnuTLS 3.7 takes any Ed25519 key for any Ed25519 certificate, so we compare. */
static bool
is_pair(const gnutls_datum_t *certificate_pem, const gnutls_datum_t *key_pem)
{
    gnutls_x509_crt_t certificate = NULL;
    gnutls_privkey_t key = NULL;
    gnutls_pubkey_t public[2] = { NULL, NULL };
    unsigned char ids[2][PLUMB_DIGEST_LEN];

    bool ok = gnutls_x509_crt_init(&certificate) == 0 && gnutls_privkey_init(&key) == 0 &&
              gnutls_pubkey_init(&public[0]) == 0 && gnutls_pubkey_init(&public[1]) == 0 &&
              gnutls_x509_crt_import(certificate, certificate_pem, GNUTLS_X509_FMT_PEM) == 0 &&
              gnutls_privkey_import_x509_raw(key, key_pem, GNUTLS_X509_FMT_PEM, NULL, 0) == 0 &&
              gnutls_pubkey_import_x509(public[0], certificate, 0) == 0 &&
              gnutls_pubkey_import_privkey(public[1], key, 0, 0) == 0 &&
              key_id(public[0], ids[0]) && key_id(public[1], ids[1]) &&
              memcmp(ids[0], ids[1], PLUMB_DIGEST_LEN) == 0;
    for (int i = 0; i < 2; i++)
        if (public[i] != NULL)
            gnutls_pubkey_deinit(public[i]);
    if (key != NULL)
        gnutls_privkey_deinit(key);
    if (certificate != NULL)
        gnutls_x509_crt_deinit(certificate);
    return ok;
}

enum plumb_code
http_tls_new(const char *certificate_pem, const char *key_pem, struct http_tls *ret,
             struct plumb_err *err)
{
    gnutls_certificate_credentials_t credentials = NULL;
    gnutls_datum_t certificate = { (unsigned char *)(uintptr_t)certificate_pem, 0 };
    gnutls_datum_t key = { (unsigned char *)(uintptr_t)key_pem, 0 };

    if (certificate_pem == NULL || key_pem == NULL)
        return plumb_fail(err, PLUMB_INVALID, "tls.certificate", "",
                          "TLS needs a certificate and its key");
    certificate.size = (unsigned)strlen(certificate_pem);
    key.size = (unsigned)strlen(key_pem);
    int rc = gnutls_certificate_allocate_credentials(&credentials);
    if (rc == 0)
        rc = gnutls_certificate_set_x509_key_mem(credentials, &certificate, &key,
                                                 GNUTLS_X509_FMT_PEM);
    if (credentials != NULL)
        gnutls_certificate_free_credentials(credentials);
    if (rc < 0)
        return plumb_fail(err, PLUMB_INVALID, "tls.certificate", "",
                          "certificate and key are not a pair for TLS: %s",
                          gnutls_strerror(rc));
    if (!is_pair(&certificate, &key))
        return plumb_fail(err, PLUMB_INVALID, "tls.certificate", "",
                          "the key is not the certificate's");
    if (gnutls_session_ticket_key_generate(&ret->ticket_key) != 0)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}

void
http_tls_clear(struct http_tls *tls)
{
    if (tls->ticket_key.data != NULL)
        gnutls_memset(tls->ticket_key.data, 0, tls->ticket_key.size);
    gnutls_free(tls->ticket_key.data);
    tls->ticket_key.data = NULL;
    tls->ticket_key.size = 0;
}

void
http_tls_session(const struct http_tls *tls, gnutls_session_t session)
{
    gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUEST);
    gnutls_certificate_send_x509_rdn_sequence(session, 1);
    gnutls_handshake_set_max_packet_length(session, HANDSHAKE_MAX);
    gnutls_db_set_cache_expiration(session, RESUME_SECONDS);
    (void)gnutls_session_ticket_enable_server(session, &tls->ticket_key);
}

/* What is held, and as much of data as one record has room for; returns how much that was. */
static ssize_t
send_joined(struct http_tls_wire *wire, gnutls_session_t session, const void *data, size_t len)
{
    uint8_t record[RECORD_MAX];
    size_t more = len < sizeof record - wire->nheld ? len : sizeof record - wire->nheld;
    ssize_t sent;

    for (;;) {
        memcpy(record, wire->held, wire->nheld);
        memcpy(record + wire->nheld, data, more);
        sent = gnutls_record_send2(session, record, wire->nheld + more, 0, 0);
        if (sent < 0)
            return sent; /* asked again, GnuTLS sends what it has of this record */
        if ((size_t)sent > wire->nheld)
            break;
        /* the client takes small records only */
        wire->nheld -= (size_t)sent;
        memmove(wire->held, wire->held + sent, wire->nheld);
    }
    sent -= (ssize_t)wire->nheld;
    wire->nheld = 0;
    return sent;
}

ssize_t
http_tls_send(struct http_tls_wire *wire, gnutls_session_t session, const void *data,
              size_t len)
{
    const bool wait = wire->more && len <= sizeof wire->held;

    wire->more = false;
    if (wait) {
        memcpy(wire->held, data, len);
        wire->nheld = len;
        return (ssize_t)len;
    }
    return wire->nheld > 0 ? send_joined(wire, session, data, len)
                           : gnutls_record_send2(session, data, len, 0, 0);
}

/* GnuTLS asks for a record's header and then for its body: both are read at once. */
static ssize_t
receive(gnutls_transport_ptr_t arg, void *data, size_t len)
{
    struct http_tls_wire *wire = arg;

    if (wire->ahead_at == wire->nahead) {
        if (len >= sizeof wire->ahead)
            return recv(wire->fd, data, len, 0);
        ssize_t n = recv(wire->fd, wire->ahead, sizeof wire->ahead, 0);
        if (n <= 0)
            return n;
        wire->nahead = (size_t)n;
        wire->ahead_at = 0;
    }
    if (len > wire->nahead - wire->ahead_at)
        len = wire->nahead - wire->ahead_at;
    memcpy(data, wire->ahead + wire->ahead_at, len);
    wire->ahead_at += len;
    return (ssize_t)len;
}

void
http_tls_through(gnutls_session_t session, struct http_tls_wire *wire)
{
    gnutls_transport_set_ptr2(session, wire, (gnutls_transport_ptr_t)(intptr_t)wire->fd);
    gnutls_transport_set_pull_function(session, receive);
}

bool
http_tls_peer(gnutls_session_t session, struct plumb_digest *ret)
{
    unsigned n = 0;
    const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &n);
    gnutls_x509_crt_t certificate = NULL;
    gnutls_pubkey_t key = NULL;
    gnutls_datum_t spki = { NULL, 0 };

    /* GnuTLS checked the handshake's signature with its own reading of the certificate, so the
     * key is taken from that same reading */
    bool ok = chain != NULL && n > 0 && gnutls_x509_crt_init(&certificate) == 0 &&
              gnutls_x509_crt_import(certificate, &chain[0], GNUTLS_X509_FMT_DER) == 0 &&
              gnutls_pubkey_init(&key) == 0 &&
              gnutls_pubkey_import_x509(key, certificate, 0) == 0 &&
              gnutls_pubkey_export2(key, GNUTLS_X509_FMT_DER, &spki) == 0;
    if (ok)
        plumb_sha256(spki.data, spki.size, ret);
    gnutls_free(spki.data);
    if (key != NULL)
        gnutls_pubkey_deinit(key);
    if (certificate != NULL)
        gnutls_x509_crt_deinit(certificate);
    return ok;
}
