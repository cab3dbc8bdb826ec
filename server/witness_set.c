#include "server/witness_set.h"

#include <stdio.h>
#include <string.h>

#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_set, struct witness_set *, witness_set_free);

void
witness_set_free(struct witness_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->n; i++)
        plumb_log_policy_free(set->of[i].policy);
    plumb_log_policy_free(set->quorum);
    free(set);
}

/* The document's policy with another quorum than it says itself. */
static enum plumb_code
policy_with(const struct plumb_governance *g, const char *quorum, struct plumb_log_policy **ret,
            struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *lines = NULL;
    PLUMB_AUTO(auto_free) char *text = NULL;
    size_t len = strlen(quorum) + 16, n;
    char *end;

    PLUMB_TRY(plumb_governance_policy(g, &lines, err));
    n = json_array_size(lines) - 1; /* the last is the quorum */
    for (size_t i = 0; i < n; i++)
        len += json_string_length(json_array_get(lines, i)) + 1;
    end = text = malloc(len);
    if (text == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        end = stpcpy(stpcpy(end, json_string_value(json_array_get(lines, i))), "\n");
    end += sprintf(end, "quorum %s\n", quorum);
    return plumb_log_policy_parse(text, (size_t)(end - text), ret, err);
}

enum plumb_code
witness_set_new(const struct plumb_governance *g, struct witness_set **ret,
                struct plumb_err *err)
{
    PLUMB_AUTO(auto_set) struct witness_set *set = NULL;

    *ret = NULL;
    if (g->nwitnesses == 0)
        return PLUMB_OK;
    set = calloc(1, sizeof *set);
    if (set == NULL)
        return plumb_fail_memory(err);
    set->document = g->digest;
    set->need = (size_t)g->witnesses_need;
    set->wait = g->witnesses_wait;
    PLUMB_TRY(policy_with(g, "witnesses", &set->quorum, err));
    for (size_t i = 0; i < g->nwitnesses; i++) {
        struct witness_one *one = &set->of[set->n++];
        char name[32];

        (void)snprintf(name, sizeof name, "w%zu", i + 1);
        (void)snprintf(one->name, sizeof one->name, "%s", g->witnesses[i].vkey.name);
        (void)snprintf(one->url, sizeof one->url, "%s", g->witnesses[i].url);
        PLUMB_TRY(policy_with(g, name, &one->policy, err));
    }
    *ret = PLUMB_TAKE(set);
    return PLUMB_OK;
}
