#include "http_client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "tests/local.h"
#include "tests/t.h"

struct hc {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
    char pending[65536]; /* read and not yet used */
    size_t npending;
    unsigned records;
};

static char *
pem_text(BIO *bio)
{
    char *data = NULL;
    long len = BIO_get_mem_data(bio, &data);
    char *text = strndup(data, (size_t)len);

    BIO_free(bio);
    return text;
}

struct hc_cert
hc_cert_make(const char *type)
{
    struct hc_cert ret;
    EVP_PKEY *key =
        strcmp(type, "P-256") == 0 ? EVP_EC_gen("P-256") : EVP_PKEY_Q_keygen(NULL, NULL, type);
    X509 *x = X509_new();
    unsigned char *spki = NULL;

    assert_non_null(key);
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86400);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)"test", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    X509_set_pubkey(x, key);
    assert_true(X509_sign(x, key, strcmp(type, "P-256") == 0 ? EVP_sha256() : NULL) > 0);

    int len = i2d_PUBKEY(key, &spki);
    plumb_sha256(spki, (size_t)len, &ret.id);
    OPENSSL_free(spki);
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(bio, x);
    ret.certificate = pem_text(bio);
    bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL);
    ret.key = pem_text(bio);
    X509_free(x);
    EVP_PKEY_free(key);
    return ret;
}

static EVP_PKEY *
read_key(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);

    BIO_free(bio);
    assert_non_null(key);
    return key;
}

struct hc_cert
hc_cert_forge(const struct hc_cert *known, const struct hc_cert *own)
{
    struct hc_cert ret = { .certificate = strdup(known->certificate), .id = known->id };
    EVP_PKEY *theirs = read_key(known->key), *ours = read_key(own->key), *forged = NULL;
    unsigned char public[65];
    BIGNUM *private = NULL;
    size_t len = 0;

    assert_int_equal(EVP_PKEY_get_octet_string_param(theirs, OSSL_PKEY_PARAM_PUB_KEY, public,
                                                     sizeof public, &len),
                     1);
    assert_int_equal(EVP_PKEY_get_bn_param(ours, OSSL_PKEY_PARAM_PRIV_KEY, &private), 1);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0);
    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, public, len);
    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, private);
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    assert_int_equal(EVP_PKEY_fromdata_init(ctx), 1);
    assert_int_equal(EVP_PKEY_fromdata(ctx, &forged, EVP_PKEY_KEYPAIR, params), 1);
    BIO *bio = BIO_new(BIO_s_mem());
    PEM_write_bio_PKCS8PrivateKey(bio, forged, NULL, NULL, 0, NULL, NULL);
    ret.key = pem_text(bio);
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_clear_free(private);
    EVP_PKEY_free(theirs);
    EVP_PKEY_free(ours);
    EVP_PKEY_free(forged);
    return ret;
}

void
hc_cert_free(struct hc_cert *cert)
{
    free(cert->certificate);
    free(cert->key);
    memset(cert, 0, sizeof *cert);
}

static struct hc *
hc_new(int fd)
{
    struct hc *c = calloc(1, sizeof *c);
    struct timeval limit = { .tv_sec = 20 };

    assert_non_null(c);
    assert_true(fd >= 0);
    (void)signal(SIGPIPE, SIG_IGN); /* OpenSSL's writes would raise it */
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    c->fd = fd;
    return c;
}

struct hc *
hc_plain(uint16_t port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    struct hc *c = hc_new(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));

    if (connect(c->fd, (struct sockaddr *)&at, sizeof at) != 0)
        fail_msg("connect: %s", strerror(errno));
    return c;
}

struct hc *
hc_local(const char *path)
{
    int fd = local_connect(path);

    if (fd < 0)
        fail_msg("connect: %s", strerror(errno));
    return hc_new(fd);
}

static void
count_record(int is_write, int version, int type, const void *data, size_t len, SSL *ssl,
             void *arg)
{
    struct hc *c = arg;

    (void)version;
    (void)data;
    (void)len;
    (void)ssl;
    c->records += !is_write && type == SSL3_RT_HEADER;
}

struct tls_wish {
    int max_version; /* 0: any */
    SSL_SESSION *session;
    bool small; /* records of 512 bytes at the most */
};

static struct hc *
tls(uint16_t port, const struct hc_cert *cert, struct tls_wish wish)
{
    struct hc *c = hc_plain(port);

    c->ctx = SSL_CTX_new(TLS_client_method());
    if (wish.max_version != 0)
        SSL_CTX_set_max_proto_version(c->ctx, wish.max_version);
    c->ssl = SSL_new(c->ctx);
    SSL_set_msg_callback(c->ssl, count_record);
    SSL_set_msg_callback_arg(c->ssl, c);
    if (wish.small)
        SSL_set_tlsext_max_fragment_length(c->ssl, TLSEXT_max_fragment_length_512);
    if (cert != NULL) {
        BIO *bio = BIO_new_mem_buf(cert->certificate, -1);
        X509 *x = PEM_read_bio_X509(bio, NULL, NULL, NULL);
        BIO_free(bio);
        EVP_PKEY *key = read_key(cert->key);
        assert_int_equal(SSL_use_certificate(c->ssl, x), 1);
        assert_int_equal(SSL_use_PrivateKey(c->ssl, key), 1);
        X509_free(x);
        EVP_PKEY_free(key);
    }
    if (wish.session != NULL)
        SSL_set_session(c->ssl, wish.session);
    SSL_set_fd(c->ssl, c->fd);
    if (SSL_connect(c->ssl) != 1) {
        hc_close(c);
        return NULL;
    }
    return c;
}

struct hc *
hc_tls(uint16_t port, const struct hc_cert *cert, int max_version)
{
    return tls(port, cert, (struct tls_wish){ .max_version = max_version });
}

struct hc *
hc_tls_small(uint16_t port)
{
    return tls(port, NULL, (struct tls_wish){ .small = true });
}

unsigned
hc_records(const struct hc *c)
{
    return c->records;
}

struct hc *
hc_tls_again(uint16_t port, const struct hc_cert *cert, struct hc *earlier, bool *ret_resumed)
{
    SSL_SESSION *session = SSL_get1_session(earlier->ssl);
    struct hc *c = tls(port, cert, (struct tls_wish){ .session = session });

    SSL_SESSION_free(session);
    *ret_resumed = c != NULL && SSL_session_reused(c->ssl) == 1;
    return c;
}

void
hc_close(struct hc *c)
{
    if (c == NULL)
        return;
    if (c->ssl != NULL)
        SSL_shutdown(c->ssl);
    SSL_free(c->ssl);
    SSL_CTX_free(c->ctx);
    close(c->fd);
    free(c);
}

struct plumb_digest
hc_server_key(struct hc *c)
{
    struct plumb_digest ret;
    unsigned char *spki = NULL;
    X509 *x = SSL_get1_peer_certificate(c->ssl);
    int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &spki);

    plumb_sha256(spki, (size_t)len, &ret);
    OPENSSL_free(spki);
    X509_free(x);
    return ret;
}

const char *
hc_group(struct hc *c)
{
    return SSL_group_to_name(c->ssl, (int)SSL_get_negotiated_group(c->ssl));
}

bool
hc_try_send(struct hc *c, const void *data, size_t len)
{
    const char *at = data;

    while (len > 0) {
        int n = c->ssl != NULL ? SSL_write(c->ssl, at, (int)len)
                               : (int)send(c->fd, at, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

void
hc_send(struct hc *c, const char *text)
{
    assert_true(hc_try_send(c, text, strlen(text)));
}

static int64_t
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* More bytes into pending; false at the end, or when until_ms is over. */
static bool
more(struct hc *c, int64_t until_ms)
{
    struct pollfd p = { .fd = c->fd, .events = POLLIN };

    assert_true(c->npending < sizeof c->pending);
    while (c->ssl == NULL || SSL_pending(c->ssl) == 0) {
        int64_t left = until_ms - now_ms();
        int n = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        break;
    }
    char *to = c->pending + c->npending;
    size_t room = sizeof c->pending - c->npending;
    int n = c->ssl != NULL ? SSL_read(c->ssl, to, (int)room) : (int)recv(c->fd, to, room, 0);
    if (n > 0)
        c->npending += (size_t)n;
    return n > 0;
}

static void
use(struct hc *c, size_t n)
{
    memmove(c->pending, c->pending + n, c->npending - n);
    c->npending -= n;
}

struct hc_reply
hc_read(struct hc *c, int timeout_ms, bool has_body)
{
    struct hc_reply r = { .status = 0 };
    int64_t until = now_ms() + timeout_ms;
    char *end = NULL, length[256];

    while ((end = memmem(c->pending, c->npending, "\r\n\r\n", 4)) == NULL)
        if (!more(c, until))
            return r;
    size_t n = (size_t)(end - c->pending);
    assert_true(n < sizeof r.head);
    memcpy(r.head, c->pending, n);
    r.head[n] = '\0';
    use(c, n + 4);
    assert_int_equal(sscanf(r.head, "HTTP/1.1 %d", &r.status), 1);
    if (r.status == 100) /* and the real one follows */
        return hc_read(c, timeout_ms, has_body);
    if (has_body && r.status != 304 && r.status != 204)
        r.body_len = strtoul(hc_header(&r, "Content-Length", length), NULL, 10);
    r.body = calloc(1, r.body_len + 1);
    for (size_t have = 0; have < r.body_len;) {
        size_t part = c->npending < r.body_len - have ? c->npending : r.body_len - have;
        memcpy(r.body + have, c->pending, part);
        use(c, part);
        have += part;
        if (have < r.body_len && !more(c, until)) {
            free(r.body);
            return (struct hc_reply){ .status = 0 };
        }
    }
    return r;
}

void
hc_reply_free(struct hc_reply *r)
{
    free(r->body);
    r->body = NULL;
}

const char *
hc_header(const struct hc_reply *r, const char *name, char *ret)
{
    size_t len = strlen(name);

    ret[0] = '\0';
    for (const char *line = strstr(r->head, "\r\n"); line != NULL;
         line = strstr(line, "\r\n")) {
        line += 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            (void)snprintf(ret, 256, "%.*s", (int)strcspn(line + len + 2, "\r"),
                           line + len + 2);
            return ret;
        }
    }
    return ret;
}

bool
hc_ends(struct hc *c, int timeout_ms)
{
    int64_t until = now_ms() + timeout_ms;

    do
        c->npending = 0;
    while (more(c, until));
    return now_ms() < until;
}

struct hc_reply
hc_ask(struct hc *c, const char *method, const char *target, const char *headers,
       const char *body)
{
    char *text = NULL;
    char length[64] = "";

    if (body != NULL)
        (void)snprintf(length, sizeof length, "Content-Length: %zu\r\n", strlen(body));
    assert_true(asprintf(&text, "%s %s HTTP/1.1\r\nHost: test\r\n%s%s\r\n%s", method, target,
                         headers != NULL ? headers : "", length, body != NULL ? body : "") > 0);
    (void)hc_try_send(c, text, strlen(text)); /* it may answer and close before the end */
    free(text);
    return hc_read(c, 20000, strcmp(method, "HEAD") != 0);
}

int
hc_status(struct hc *c, const char *method, const char *target, const char *headers,
          const char *body)
{
    struct hc_reply r = hc_ask(c, method, target, headers, body);

    hc_reply_free(&r);
    return r.status;
}

const char *
hc_member(const struct hc_reply *r, const char *name, char *ret)
{
    json_t *json = json_loads(r->body != NULL ? r->body : "", 0, NULL);
    const char *text = json_string_value(json_object_get(json, name));

    (void)snprintf(ret, 256, "%s", text != NULL ? text : "");
    json_decref(json);
    return ret;
}
