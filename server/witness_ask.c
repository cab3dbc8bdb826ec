#include "server/witness_ask.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"

#define ANSWER_MAX 16384

struct witness_ask {
    CURL *curl;
    struct curl_slist *headers;
    atomic_bool *stop;
    char url[300];
};

/* The body of an answer while it comes in. */
struct answer {
    char *data;
    size_t len;
};

PLUMB_DEFINE_AUTO(auto_ask, struct witness_ask *, witness_ask_close);

void
witness_ask_close(struct witness_ask *a)
{
    if (a == NULL)
        return;
    curl_easy_cleanup(a->curl);
    curl_slist_free_all(a->headers);
    free(a);
}

static size_t
take_bytes(char *data, size_t size, size_t n, void *arg)
{
    struct answer *answer = arg;

    if (size * n > ANSWER_MAX - answer->len)
        return 0;
    memcpy(answer->data + answer->len, data, size * n);
    answer->len += size * n;
    return size * n;
}

static int
go_on(void *arg, curl_off_t dltotal, curl_off_t dlnow, curl_off_t ultotal, curl_off_t ulnow)
{
    const struct witness_ask *a = arg;

    (void)dltotal;
    (void)dlnow;
    (void)ultotal;
    (void)ulnow;
    return atomic_load(a->stop) ? 1 : 0;
}

enum plumb_code
witness_ask_open(const struct witness_ask_config *config, struct witness_ask **ret,
                 struct plumb_err *err)
{
    PLUMB_AUTO(auto_ask) struct witness_ask *a = calloc(1, sizeof *a);
    CURLcode bad = CURLE_OK;

    if (a == NULL)
        return plumb_fail_memory(err);
    a->stop = config->stop;
    (void)snprintf(a->url, sizeof a->url, "%s/add-checkpoint", config->url);
    a->curl = curl_easy_init();
    a->headers = curl_slist_append(NULL, "Content-Type: text/plain; charset=utf-8");
    if (a->curl == NULL || a->headers == NULL ||
        curl_slist_append(a->headers, "Expect:") == NULL)
        return plumb_fail_memory(err);
#define SET(option, value)                                                                     \
    bad = bad != CURLE_OK ? bad : curl_easy_setopt(a->curl, option, value)
    SET(CURLOPT_URL, a->url);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_PROXY, "");
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_TIMEOUT_MS, (long)config->timeout_ms);
    SET(CURLOPT_USERAGENT, "plumbd/" PLUMB_VERSION);
    SET(CURLOPT_HTTPHEADER, a->headers);
    SET(CURLOPT_WRITEFUNCTION, take_bytes);
    SET(CURLOPT_XFERINFOFUNCTION, go_on);
    SET(CURLOPT_XFERINFODATA, a);
    SET(CURLOPT_NOPROGRESS, 0L);
    if (config->ca_file[0] != '\0')
        SET(CURLOPT_CAINFO, config->ca_file);
#undef SET
    if (bad != CURLE_OK)
        return plumb_fail(err, PLUMB_INTERNAL, "witness.curl", config->url, "%s",
                          curl_easy_strerror(bad));
    *ret = PLUMB_TAKE(a);
    return PLUMB_OK;
}

enum plumb_code
witness_ask_post(struct witness_ask *a, const struct plumb_bytes *body, long *ret_status,
                 struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *data = malloc(ANSWER_MAX + 1);
    struct answer answer = { data, 0 };
    CURLcode why;

    if (data == NULL)
        return plumb_fail_memory(err);
    (void)curl_easy_setopt(a->curl, CURLOPT_POSTFIELDS, body->data);
    (void)curl_easy_setopt(a->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len);
    (void)curl_easy_setopt(a->curl, CURLOPT_WRITEDATA, &answer);
    why = curl_easy_perform(a->curl);
    if (why != CURLE_OK)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "witness.away", a->url, "%s",
                          why == CURLE_WRITE_ERROR ? "it says more than a witness has to say"
                                                   : curl_easy_strerror(why));
    (void)curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, ret_status);
    return plumb_bytes_copy(answer.data, answer.len, ret, err);
}
