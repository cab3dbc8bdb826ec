/* Log policies: what is read has an origin and one quorum, and nothing hidden behind a NUL. */
#include <plumb/tlog.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char second[] = "quorum none\n";

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_log_policy *p = NULL;
    struct plumb_checkpoint c;
    struct plumb_err err = { 0 };
    char *more;

    if (plumb_log_policy_parse((const char *)data, size, &p, &err) != PLUMB_OK) {
        assert(p == NULL && err.code != PLUMB_OK && err.rule[0] != '\0');
        return 0;
    }
    assert(plumb_log_policy_origin(p)[0] != '\0');
    assert(memchr(data, '\0', size) == NULL);
    assert(plumb_checkpoint_verify(p, "x\n\n", 3, &c, NULL) != PLUMB_OK);
    plumb_log_policy_free(p);

    more = malloc(size + strlen(second));
    if (more == NULL)
        abort();
    memcpy(more, data, size);
    memcpy(more + size, second, strlen(second));
    assert(plumb_log_policy_parse(more, size + strlen(second), &p, &err) != PLUMB_OK);
    assert(strcmp(err.rule, "policy.quorum") == 0);
    free(more);
    return 0;
}
