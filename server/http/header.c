#include "server/http/header.h"

#include <string.h>
#include <strings.h>

static const char *
skip_space(const char *s)
{
    return s + strspn(s, " \t");
}

/* Past a quoted string that begins at s, or to the end of the text where it is not closed. */
static const char *
skip_quoted(const char *s)
{
    for (s++; *s != '\0' && *s != '"'; s++)
        if (*s == '\\' && s[1] != '\0')
            s++;
    return *s == '"' ? s + 1 : s;
}

int64_t
http_prefer_wait(const char *value, int64_t max)
{
    for (const char *s = skip_space(value); *s != '\0'; s = skip_space(s)) {
        if (strncasecmp(s, "wait", 4) == 0 && *skip_space(s + 4) == '=') {
            const char *digits = skip_space(skip_space(s + 4) + 1);
            size_t n = strspn(digits, "0123456789");
            const char *after = skip_space(digits + n);
            int64_t wait = 0;

            if (n > 0 && (*after == '\0' || *after == ',' || *after == ';')) {
                for (size_t i = 0; i < n && wait < max; i++)
                    wait = wait * 10 + (digits[i] - '0');
                return wait < max ? wait : max;
            }
        }
        while (*s != '\0' && *s != ',')
            s = *s == '"' ? skip_quoted(s) : s + 1;
        if (*s == ',')
            s++;
    }
    return -1;
}

bool
http_etag_listed(const char *value, const char *etag)
{
    size_t len = strlen(etag);
    const char *s = skip_space(value);

    if (*s == '*')
        return *skip_space(s + 1) == '\0';
    while (*s != '\0') {
        if (s[0] == 'W' && s[1] == '/') /* the comparison is the weak one */
            s += 2;
        if (*s != '"')
            return false;
        const char *end = strchr(s + 1, '"'); /* an etag has no escapes */
        if (end == NULL)
            return false;
        if ((size_t)(end - s - 1) == len && memcmp(s + 1, etag, len) == 0)
            return true;
        s = skip_space(end + 1);
        if (*s != ',')
            return false;
        s = skip_space(s + 1);
    }
    return false;
}

bool
http_media_is(const char *value, const char *type)
{
    size_t len = strlen(type);

    value = skip_space(value);
    if (strncasecmp(value, type, len) != 0)
        return false;
    value = skip_space(value + len);
    return *value == '\0' || *value == ';';
}

/* Of at most so many digits and nothing else; -1 otherwise. */
static int64_t
read_digits(const char *text, size_t len, size_t most)
{
    int64_t number = 0;

    if (len == 0 || len > most || strspn(text, "0123456789") < len)
        return -1;
    for (size_t i = 0; i < len; i++)
        number = number * 10 + (text[i] - '0');
    return number;
}

/* The value without the spaces around it. */
static const char *
field_item(const char *value, size_t *ret_len)
{
    value += strspn(value, " ");
    *ret_len = strlen(value);
    while (*ret_len > 0 && value[*ret_len - 1] == ' ')
        (*ret_len)--;
    return value;
}

int64_t
http_field_integer(const char *value)
{
    size_t len;
    const char *item = field_item(value, &len);

    return read_digits(item, len, 15);
}

int
http_field_boolean(const char *value)
{
    size_t len;
    const char *item = field_item(value, &len);

    return len == 2 && item[0] == '?' && (item[1] == '0' || item[1] == '1') ? item[1] - '0'
                                                                            : -1;
}

int64_t
http_content_length(const char *value)
{
    return read_digits(value, strlen(value), 18);
}
