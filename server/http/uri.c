#include "server/http/uri.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static int
hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* RFC 3629: shortest form, no surrogates, nothing past U+10FFFF; and no controls. */
static bool
plain_text(const uint8_t *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint8_t c = s[i];
        size_t more = c < 0x80 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
        uint32_t point = more == 0 ? c : c & (0x3fu >> more);
        static const uint32_t least[] = { 0x20, 0x80, 0x800, 0x10000 };

        if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || i + more >= len)
            return false;
        for (size_t k = 1; k <= more; k++) {
            if ((s[i + k] & 0xc0) != 0x80)
                return false;
            point = point << 6 | (s[i + k] & 0x3f);
        }
        if (point < least[more] || point == 0x7f || (point >= 0x80 && point < 0xa0) ||
            (point >= 0xd800 && point < 0xe000) || point > 0x10ffff)
            return false;
        i += more + 1;
    }
    return true;
}

/* Decodes [text, end) in place and ends it with NUL (*end is ours to overwrite). */
static bool
decode(char *text, char *end, bool query)
{
    char *to = text;

    for (const char *from = text; from < end; from++) {
        if (*from == '%') {
            int high = end - from > 2 ? hex_value(from[1]) : -1;
            int low = high >= 0 ? hex_value(from[2]) : -1;

            if (low < 0)
                return false;
            *to = (char)(high << 4 | low);
            if (!query && (*to == '/' || *to == '\\'))
                return false;
            to++;
            from += 2;
        } else if (query && *from == '+') {
            *to++ = ' ';
        } else if ((uint8_t)*from <= ' ' || (uint8_t)*from >= 0x7f || *from == '#' ||
                   *from == '\\') {
            return false;
        } else {
            *to++ = *from;
        }
    }
    *to = '\0';
    return plain_text((const uint8_t *)text, (size_t)(to - text));
}

static enum plumb_code
parse_query(char *text, struct http_uri *uri, struct plumb_err *err)
{
    while (text != NULL && *text != '\0') {
        char *next = strchr(text, '&');
        char *end = next != NULL ? next : text + strlen(text);
        char *equals = memchr(text, '=', (size_t)(end - text));
        char *name_end = equals != NULL ? equals : end;
        char *value = equals != NULL ? equals + 1 : end;

        if (uri->nquery == HTTP_QUERY_MAX)
            return plumb_fail(err, PLUMB_INVALID, "http.uri", "query",
                              "more than %d parameters", HTTP_QUERY_MAX);
        if (name_end == text || !decode(value, end, true) || !decode(text, name_end, true))
            return plumb_fail(err, PLUMB_INVALID, "http.uri", "query",
                              "parameter %zu is not name=value in percent-encoded UTF-8",
                              uri->nquery + 1);
        if (http_uri_query(uri, text) != NULL)
            return plumb_fail(err, PLUMB_INVALID, "http.uri", "query", "%s is given twice",
                              text);
        uri->query[uri->nquery].name = text;
        uri->query[uri->nquery++].value = value;
        text = next != NULL ? next + 1 : NULL;
    }
    return PLUMB_OK;
}

enum plumb_code
http_uri_parse(char *text, struct http_uri *ret, struct plumb_err *err)
{
    struct http_uri uri = { .nsegments = 0 };
    char *query = strchr(text, '?');

    if (text[0] != '/')
        return plumb_fail(err, PLUMB_INVALID, "http.uri", "path",
                          "the request target is an absolute path");
    if (query != NULL)
        *query++ = '\0';
    for (char *at = text + 1; at != NULL;) {
        char *slash = strchr(at, '/');
        char *end = slash != NULL ? slash : at + strlen(at);

        if (uri.nsegments == HTTP_SEGMENTS_MAX)
            return plumb_fail(err, PLUMB_INVALID, "http.uri", "path", "more than %d segments",
                              HTTP_SEGMENTS_MAX);
        if ((end == at && slash != NULL) || !decode(at, end, false) || strcmp(at, ".") == 0 ||
            strcmp(at, "..") == 0)
            return plumb_fail(err, PLUMB_INVALID, "http.uri", "path",
                              "segment %zu is not one name in percent-encoded UTF-8",
                              uri.nsegments + 1);
        uri.segments[uri.nsegments++] = at;
        at = slash != NULL ? slash + 1 : NULL;
    }
    enum plumb_code code = parse_query(query, &uri, err);
    if (code == PLUMB_OK)
        *ret = uri;
    return code;
}

const char *
http_uri_query(const struct http_uri *uri, const char *name)
{
    for (size_t i = 0; i < uri->nquery; i++)
        if (strcmp(uri->query[i].name, name) == 0)
            return uri->query[i].value;
    return NULL;
}

enum plumb_code
http_uri_number(const struct http_uri *uri, const char *name, int64_t least, int64_t most,
                int64_t *ret, struct plumb_err *err)
{
    const char *text = http_uri_query(uri, name);
    char *end = NULL;

    if (text == NULL)
        return PLUMB_OK;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value < least ||
        value > most)
        return plumb_fail(err, PLUMB_INVALID, "query.number", name,
                          "%s is a whole number from %" PRId64 " to %" PRId64, name, least,
                          most);
    *ret = value;
    return PLUMB_OK;
}
