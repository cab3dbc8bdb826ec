/* Header values: Prefer, If-None-Match, Content-Type and Content-Length. */
#include "server/http/header.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    assert(text != NULL);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';

    int64_t wait = http_prefer_wait(text, 60);
    assert(wait >= -1 && wait <= 60);
    assert(wait < 0 || strchr(text, '=') != NULL);
    if (http_etag_listed(text, "abc"))
        assert(strstr(text, "\"abc\"") != NULL || strchr(text, '*') != NULL);
    if (http_media_is(text, "application/json"))
        assert(strlen(text) >= strlen("application/json"));

    int64_t length = http_content_length(text);
    assert(length >= -1);
    if (length >= 0)
        assert(strspn(text, "0123456789") == strlen(text));
    free(text);
    return 0;
}
