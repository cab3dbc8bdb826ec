/* The open findings of an accepted version, in JSON. */
#include <plumb/bundle.h>
#include <plumb/controls.h>

#include "lib/own.h"

static json_t *
finding_json(const struct plumb_finding *f)
{
    char since[PLUMB_TIME_TEXT], due[PLUMB_TIME_TEXT];

    plumb_time_text(f->since, since);
    if (f->due != PLUMB_TIME_NEVER)
        plumb_time_text(f->due, due);
    return json_pack("{s:s, s:s, s:s, s:s, s:s*}", "id", f->advisory, "severity", f->severity,
                     "state",
                     plumb_finding_state_text(f->undetermined ? PLUMB_FINDING_UNDETERMINED
                                                              : PLUMB_FINDING_OPEN),
                     "since", since, "due", f->due != PLUMB_TIME_NEVER ? due : NULL);
}

enum plumb_code
plumb_accepted_findings(const struct plumb_accepted *a, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *list = json_array();

    if (list == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < a->nfindings; i++)
        if (json_array_append_new(list, finding_json(&a->findings[i])) != 0)
            return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(list);
    return PLUMB_OK;
}
