#include "lib/word.h"

#include <stdio.h>
#include <string.h>

#include "lib/own.h"

enum plumb_code
plumb_word_read(const struct plumb_jv *v, const char *const *words, size_t n, const char *rule,
                size_t *ret, struct plumb_err *err)
{
    char choice[160] = "";
    const char *text;
    size_t used = 0;

    PLUMB_TRY(plumb_jv_string(v, PLUMB_NAME_MAX, &text, err));
    for (size_t i = 0; i < n; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret = i;
            return PLUMB_OK;
        }
    }
    for (size_t i = 0; i < n && used < sizeof choice; i++)
        used += (size_t)snprintf(choice + used, sizeof choice - used, "%s%s", i > 0 ? ", " : "",
                                 words[i]);
    return plumb_jv_fail(v, err, PLUMB_INVALID, rule, "want one of %s", choice);
}
