#include "lib/json_path.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LEVELS 32 /* deeper ones are left out of the path */

struct level {
    bool object, want_key;
    size_t index;
    const char *key;
    int key_len;
};

/* Length of the string that begins behind the quote at text[at], or up to the end. */
static size_t
string_length(const char *text, size_t len, size_t at)
{
    size_t i = at;

    while (i < len && text[i] != '"')
        i += text[i] == '\\' && i + 1 < len ? 2 : 1;
    return (i < len ? i : len) - at;
}

void
json_path_at(const char *text, size_t len, size_t position, char *ret, size_t size)
{
    struct level levels[LEVELS] = { 0 };
    size_t depth = 0, used = 0;

    for (size_t i = 0; i < len && i < position; i++) {
        struct level *top = depth > 0 && depth <= LEVELS ? &levels[depth - 1] : NULL;

        if (text[i] == '"') {
            size_t n = string_length(text, len, i + 1);

            if (top != NULL && top->object && top->want_key) {
                top->key = text + i + 1;
                top->key_len = n < 64 ? (int)n : 64;
            }
            i += n + 1;
        } else if (text[i] == '{' || text[i] == '[') {
            if (depth++ < LEVELS)
                levels[depth - 1] = (struct level){ text[i] == '{', true, 0, NULL, 0 };
        } else if ((text[i] == '}' || text[i] == ']') && depth > 0) {
            depth--;
        } else if (text[i] == ':' && top != NULL) {
            top->want_key = false;
        } else if (text[i] == ',' && top != NULL) {
            top->want_key = true;
            top->key = NULL; /* what is wrong between two members is so in the object */
            top->index++;
        }
    }
    ret[0] = '\0';
    for (size_t i = 0; i < depth && i < LEVELS && used + 1 < size; i++) {
        int n = 0;

        if (!levels[i].object)
            n = snprintf(ret + used, size - used, "[%zu]", levels[i].index);
        else if (levels[i].key != NULL)
            n = snprintf(ret + used, size - used, "%s%.*s", used > 0 ? "." : "",
                         levels[i].key_len, levels[i].key);
        used += n > 0 ? (size_t)n : 0;
    }
}
