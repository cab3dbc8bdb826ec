#include "client/transport.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "client/problem.h"
#include "lib/own.h"

#define CONNECT_SECONDS 15L
#define SILENT_SECONDS  60L /* without a byte, besides what was asked to wait */
#define BASE_MAX        300
#define DAY             86400

struct transport {
    CURL *curl;
    char base[BASE_MAX]; /* what goes before a path */
    char *socket;        /* of a local server, or NULL */
    bool web;            /* an ordinary web server */
    char *pins;          /* as libcurl wants them */
    char *key;           /* PEM, in locked memory where there is some; libcurl reads it there */
    size_t key_len;
    struct plumb_bytes certificate;
    client_progress_fn *progress;
    void *arg;
};

/* One call under way. */
struct exchange {
    const struct transport *transport;
    const struct transport_call *call;
    struct plumb_bytes body;
    struct transport_upload upload;
    size_t room, sent;
    bool too_large, no_memory;
};

static void
auto_headers(struct curl_slist **list)
{
    curl_slist_free_all(*list);
}

static void
exchange_clear(struct exchange *x)
{
    plumb_bytes_clear(&x->body);
}

void
transport_answer_clear(struct transport_answer *a)
{
    plumb_bytes_clear(&a->body);
}

void
transport_close(struct transport *t)
{
    if (t == NULL)
        return;
    if (t->curl != NULL)
        curl_easy_cleanup(t->curl);
    free(t->socket);
    free(t->pins);
    OPENSSL_secure_clear_free(t->key, t->key_len);
    plumb_bytes_clear(&t->certificate);
    free(t);
}

PLUMB_DEFINE_AUTO(auto_transport, struct transport *, transport_close);

/* "sha256//BASE64;sha256//BASE64" */
static enum plumb_code
write_pins(struct transport *t, const struct client_config *config, struct plumb_err *err)
{
    const size_t each = sizeof "sha256//;" + 48;
    size_t at = 0;

    if (config->npins == 0)
        return plumb_fail(err, PLUMB_INVALID, "client.pin", "",
                          "no key of the server is pinned: give --trust FILE or --pin SHA256");
    t->pins = calloc(config->npins, each);
    if (t->pins == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < config->npins; i++) {
        PLUMB_AUTO(auto_free) char *text = NULL;

        PLUMB_TRY(plumb_base64(config->pins[i].b, sizeof config->pins[i].b, &text, err));
        at += (size_t)snprintf(t->pins + at, each, "%ssha256//%s", i > 0 ? ";" : "", text);
    }
    return PLUMB_OK;
}

/* The prefix of an ordinary web server, without the slash at its end. */
static enum plumb_code
read_web(struct transport *t, const char *server, struct plumb_err *err)
{
    size_t len = strlen(server);

    while (len > 0 && server[len - 1] == '/')
        len--;
    if ((strncmp(server, "https://", 8) != 0 && strncmp(server, "http://", 7) != 0) ||
        strpbrk(server, "?#@\\ ") != NULL || len >= sizeof t->base)
        return plumb_fail(err, PLUMB_INVALID, "client.server", "server",
                          "want http://HOST[:PORT]/PATH or https://HOST[:PORT]/PATH");
    (void)snprintf(t->base, sizeof t->base, "%.*s", (int)len, server);
    t->web = true;
    return PLUMB_OK;
}

static enum plumb_code
read_server(struct transport *t, const struct client_config *config, struct plumb_err *err)
{
    const char *server = config->server != NULL ? config->server : "";
    int n;

    if (config->web)
        return read_web(t, server, err);
    if (strncmp(server, "unix:/", 6) == 0) {
        (void)snprintf(t->base, sizeof t->base, "http://local");
        t->socket = strdup(server + 5);
        return t->socket != NULL ? PLUMB_OK : plumb_fail_memory(err);
    }
    if (strncmp(server, "https://", 8) != 0 || strpbrk(server + 8, "/?#@\\ ") != NULL)
        return plumb_fail(err, PLUMB_INVALID, "client.server", "server",
                          "want https://HOST:PORT or unix:/PATH");
    n = snprintf(t->base, sizeof t->base, "%s", server);
    if (n < 0 || (size_t)n >= sizeof t->base)
        return plumb_fail(err, PLUMB_INVALID, "client.server", "server", "too long");
    return write_pins(t, config, err);
}

/* The server looks at the key alone, so any certificate of it will do. */
static enum plumb_code
make_certificate(struct transport *t, const struct plumb_signer *tls, struct plumb_err *err)
{
    const char *const names[] = { "localhost" };
    const plumb_time now = time(NULL);

    PLUMB_AUTO(plumb_bytes_cleanse) struct plumb_bytes pem = { NULL, 0 };

    if (plumb_signer_to_pem(tls, NULL, &pem, err) != PLUMB_OK)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "client.key", "tlsKey",
                          "the key for TLS must come from a file");
    t->key = OPENSSL_secure_malloc(pem.len);
    if (t->key == NULL)
        return plumb_fail_memory(err);
    memcpy(t->key, pem.data, pem.len);
    t->key_len = pem.len;
    return plumb_signer_certificate(tls, "plumb", names, 1, plumb_time_add(now, -DAY),
                                    plumb_time_add(now, 30 * DAY), &t->certificate, err);
}

static size_t
take_bytes(char *data, size_t size, size_t n, void *arg)
{
    struct exchange *x = arg;
    const size_t len = size * n;

    if (len > x->call->max - x->body.len) {
        x->too_large = true;
        return 0;
    }
    if (x->body.len + len + 1 > x->room) {
        size_t room = 2 * (x->body.len + len) + 1024;
        uint8_t *grown = realloc(x->body.data, room);

        if (grown == NULL) {
            x->no_memory = true;
            return 0;
        }
        x->body.data = grown;
        x->room = room;
    }
    memcpy(x->body.data + x->body.len, data, len);
    x->body.len += len;
    x->body.data[x->body.len] = '\0';
    return len;
}

static size_t
give_bytes(char *into, size_t size, size_t n, void *arg)
{
    struct exchange *x = arg;
    size_t len = x->call->len - x->sent;

    if (len > size * n)
        len = size * n;
    if (len > 0)
        memcpy(into, (const char *)x->call->body + x->sent, len);
    x->sent += len;
    return len;
}

static int
seek_bytes(void *arg, curl_off_t offset, int origin)
{
    struct exchange *x = arg;

    if (origin != SEEK_SET || offset < 0 || (size_t)offset > x->call->len)
        return CURL_SEEKFUNC_FAIL;
    x->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

/* The value of a header line of this name, or NULL; it ends where the line does. */
static const char *
header_value(const char *line, size_t len, const char *name)
{
    const size_t n = strlen(name);

    if (len <= n || strncasecmp(line, name, n) != 0 || line[n] != ':')
        return NULL;
    for (line += n + 1; *line == ' ' || *line == '\t';)
        line++;
    return line;
}

/* libcurl gives each line whole, with its end; it is no string. */
static size_t
take_header(char *data, size_t size, size_t n, void *arg)
{
    struct exchange *x = arg;
    const size_t len = size * n;
    char line[128];
    const char *value;

    if (len >= sizeof line)
        return len;
    memcpy(line, data, len);
    line[len] = '\0';
    if (strncmp(line, "HTTP/", 5) == 0) /* after a 100, another answer */
        x->upload = (struct transport_upload){ -1, -1 };
    value = header_value(line, len, "Upload-Offset");
    if (value != NULL && strspn(value, "0123456789") > 0 && strspn(value, "0123456789") <= 15)
        x->upload.offset = strtoll(value, NULL, 10);
    value = header_value(line, len, "Upload-Complete");
    if (value != NULL && value[0] == '?' && (value[1] == '0' || value[1] == '1'))
        x->upload.complete = value[1] - '0';
    return len;
}

bool
transport_tell(const struct transport *t, const char *what, uint64_t done, uint64_t total)
{
    return t->progress == NULL || t->progress(t->arg, what, done, total);
}

static int
tell(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
    const struct exchange *x = arg;
    const struct transport_call *call = x->call;
    bool on;

    if (call->total > 0) /* a piece of more */
        on = transport_tell(x->transport, "sending",
                            (uint64_t)call->upload->offset + (uint64_t)ulnow, call->total);
    else if (ultotal > 0 && ulnow < ultotal)
        on = transport_tell(x->transport, "sending", (uint64_t)ulnow, (uint64_t)ultotal);
    else
        on = transport_tell(x->transport, "receiving", (uint64_t)dlnow, (uint64_t)dltotal);
    return on ? 0 : 1;
}

/* Borrowed for as long as curl lives: a copy of a key would not be in locked memory. */
static CURLcode
set_blob(CURL *curl, CURLoption option, void *data, size_t len)
{
    struct curl_blob blob = { data, len, CURL_BLOB_NOCOPY };

    return curl_easy_setopt(curl, option, &blob);
}

/* What holds for every call. libcurl checks the pin before it sends a byte of ours. */
static CURLcode
set_up(struct transport *t)
{
    CURL *c = t->curl;
    CURLcode bad = CURLE_OK;

#define SET(option, value) bad = bad != CURLE_OK ? bad : curl_easy_setopt(c, option, value)
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
    SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
    SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    SET(CURLOPT_USERAGENT, "plumb/" PLUMB_VERSION);
    SET(CURLOPT_WRITEFUNCTION, take_bytes);
    SET(CURLOPT_HEADERFUNCTION, take_header);
    SET(CURLOPT_READFUNCTION, give_bytes);
    SET(CURLOPT_SEEKFUNCTION, seek_bytes);
    SET(CURLOPT_XFERINFOFUNCTION, tell);
    SET(CURLOPT_NOPROGRESS, 0L);
    if (t->socket != NULL) {
        SET(CURLOPT_PROTOCOLS_STR, "http");
        SET(CURLOPT_UNIX_SOCKET_PATH, t->socket);
        return bad;
    }
    if (t->web) {
        SET(CURLOPT_PROTOCOLS_STR, "http,https");
        return bad;
    }
    SET(CURLOPT_PROTOCOLS_STR, "https");
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_3);
    SET(CURLOPT_SSL_VERIFYPEER, 0L);
    SET(CURLOPT_SSL_VERIFYHOST, 0L);
    SET(CURLOPT_SSL_SESSIONID_CACHE, 0L);
    SET(CURLOPT_PINNEDPUBLICKEY, t->pins);
    if (t->key != NULL && bad == CURLE_OK) {
        bad = set_blob(c, CURLOPT_SSLCERT_BLOB, t->certificate.data, t->certificate.len);
        bad = bad != CURLE_OK ? bad : set_blob(c, CURLOPT_SSLKEY_BLOB, t->key, t->key_len);
    }
#undef SET
    return bad;
}

enum plumb_code
transport_open(const struct client_config *config, struct transport **ret,
               struct plumb_err *err)
{
    PLUMB_AUTO(auto_transport) struct transport *t = calloc(1, sizeof *t);

    if (t == NULL)
        return plumb_fail_memory(err);
    t->progress = config->progress;
    t->arg = config->arg;
    PLUMB_TRY(read_server(t, config, err));
    if (config->tls != NULL && t->socket == NULL)
        PLUMB_TRY(make_certificate(t, config->tls, err));
    t->curl = curl_easy_init();
    if (t->curl == NULL || set_up(t) != CURLE_OK)
        return plumb_fail(err, PLUMB_INTERNAL, "client.curl", "", "libcurl cannot be used");
    *ret = PLUMB_TAKE(t);
    return PLUMB_OK;
}

static bool
add_header(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = curl_slist_append(*list, line);

    if (longer != NULL)
        *list = longer;
    return longer != NULL;
}

static bool
add_headers(const struct transport_call *call, struct curl_slist **list)
{
    char line[256];
    bool ok = add_header(list, "Expect:"); /* it would wait a second for a 100 */

    if (call->body != NULL) {
        (void)snprintf(line, sizeof line, "Content-Type: %s",
                       call->type != NULL ? call->type : "application/octet-stream");
        ok = ok && add_header(list, line);
    }
    if (call->upload != NULL) {
        (void)snprintf(line, sizeof line, "Upload-Offset: %" PRId64, call->upload->offset);
        ok = ok && add_header(list, line);
        (void)snprintf(line, sizeof line, "Upload-Complete: ?%d", call->upload->complete);
        ok = ok && add_header(list, line);
    }
    if (call->if_none_match != NULL) {
        (void)snprintf(line, sizeof line, "If-None-Match: \"%s\"", call->if_none_match);
        ok = ok && add_header(list, line);
    }
    if (call->wait > 0) {
        (void)snprintf(line, sizeof line, "Prefer: wait=%u", call->wait);
        ok = ok && add_header(list, line);
    }
    return ok;
}

static CURLcode
set_call(struct transport *t, struct exchange *x, const char *url, struct curl_slist *headers)
{
    CURL *c = t->curl;
    CURLcode bad = CURLE_OK;

#define SET(option, value) bad = bad != CURLE_OK ? bad : curl_easy_setopt(c, option, value)
    SET(CURLOPT_URL, url);
    SET(CURLOPT_HTTPHEADER, headers);
    SET(CURLOPT_WRITEDATA, x);
    SET(CURLOPT_HEADERDATA, x);
    SET(CURLOPT_READDATA, x);
    SET(CURLOPT_SEEKDATA, x);
    SET(CURLOPT_XFERINFODATA, x);
    SET(CURLOPT_LOW_SPEED_TIME, SILENT_SECONDS + (long)x->call->wait);
    SET(CURLOPT_HTTPGET, 1L);
    if (x->call->body != NULL) {
        SET(CURLOPT_UPLOAD, 1L);
        SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)x->call->len);
    }
    SET(CURLOPT_CUSTOMREQUEST, x->call->method);
#undef SET
    return bad;
}

static enum plumb_code
failed(const struct transport *t, const struct exchange *x, CURLcode why, const char *detail,
       struct plumb_err *err)
{
    const char *server = t->socket != NULL ? t->socket : t->base;

    if (x->no_memory || why == CURLE_OUT_OF_MEMORY)
        return plumb_fail_memory(err);
    if (x->too_large)
        return plumb_fail(err, PLUMB_TOO_LARGE, "client.size", x->call->path,
                          "the answer has more than %zu bytes", x->call->max);
    if (why == CURLE_SSL_PINNEDPUBKEYNOTMATCH)
        return plumb_fail(err, PLUMB_REFUSED, "client.pin", server,
                          "the server's key is not the pinned one: it is another server, or "
                          "its key was changed and the trust file is old");
    if (why == CURLE_ABORTED_BY_CALLBACK)
        return plumb_fail(err, PLUMB_REFUSED, "client.stopped", "", "stopped");
    if (why == CURLE_OPERATION_TIMEDOUT)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "client.timeout", server,
                          "the server did not answer in time");
    return plumb_fail(err, PLUMB_UNAVAILABLE, "client.connect", server, "%s",
                      detail[0] != '\0' ? detail : curl_easy_strerror(why));
}

enum plumb_code
transport_do(struct transport *t, const struct transport_call *call,
             struct transport_answer *ret, struct plumb_err *err)
{
    PLUMB_AUTO(exchange_clear)
    struct exchange x = { .transport = t, .call = call, .upload = { -1, -1 } };
    PLUMB_AUTO(auto_headers) struct curl_slist *headers = NULL;
    char url[BASE_MAX + CLIENT_PATH_MAX], detail[CURL_ERROR_SIZE] = "";
    long status = 0;
    CURLcode why;

    (void)snprintf(url, sizeof url, "%s%s", t->base, call->path);
    if (!add_headers(call, &headers))
        return plumb_fail_memory(err);
    why = set_call(t, &x, url, headers);
    if (why == CURLE_OK)
        why = curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, detail);
    if (why == CURLE_OK)
        why = curl_easy_perform(t->curl);
    (void)curl_easy_setopt(t->curl, CURLOPT_ERRORBUFFER, NULL);
    (void)curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, NULL);
    if (why != CURLE_OK)
        return failed(t, &x, why, detail, err);
    (void)curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 304 && (status < 200 || status > 299))
        return problem_read(status, x.body.data, x.body.len, err);
    ret->status = status;
    ret->upload = x.upload;
    ret->body = x.body;
    x.body = (struct plumb_bytes){ NULL, 0 };
    return PLUMB_OK;
}
