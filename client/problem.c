#include "client/problem.h"

#include <plumb/json.h>

#include <string.h>

#include "lib/own.h"

#define TYPE        "urn:plumbline:error:"
#define PROBLEM_MAX 65536

/* The code of a status that came without a word: the first that has it, or, where several do,
 * the one that claims least. */
static enum plumb_code
code_of_status(long status)
{
    if (status == 422)
        return PLUMB_REFUSED;
    if (status == 500)
        return PLUMB_INTERNAL;
    for (int code = PLUMB_INVALID; code < PLUMB_CODE_COUNT; code++)
        if (plumb_code_http((enum plumb_code)code) == status)
            return (enum plumb_code)code;
    return status >= 500 ? PLUMB_UNAVAILABLE : PLUMB_INTERNAL;
}

static const char *
text_of(const json_t *problem, const char *member)
{
    const char *text = json_string_value(json_object_get(problem, member));

    return text != NULL ? text : "";
}

enum plumb_code
problem_read(long status, const void *body, size_t len, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *problem = NULL;
    enum plumb_code code;
    const char *type;

    if (plumb_json_load(body, len, PROBLEM_MAX, PLUMB_JSON_DEPTH, &problem, NULL) != PLUMB_OK ||
        strncmp(text_of(problem, "type"), TYPE, strlen(TYPE)) != 0)
        return plumb_fail(err, code_of_status(status), "client.answer", "",
                          "the server answered %ld without saying why: is it a plumbd?",
                          status);
    type = text_of(problem, "type") + strlen(TYPE);
    code = plumb_code_parse(type);
    if (code == PLUMB_OK)
        code = PLUMB_INTERNAL;
    if (code == PLUMB_NO_MEMORY) /* its memory: of ours there is enough, and it may recover */
        code = PLUMB_UNAVAILABLE;
    return plumb_fail(err, code, text_of(problem, "rule"), text_of(problem, "where"), "%s",
                      text_of(problem, "detail"));
}
