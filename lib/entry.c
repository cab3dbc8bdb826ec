/* Log entries: an envelope, and the time at which it was accepted. */
#include <stdio.h>
#include <string.h>

#include <plumb/statement.h>
#include <plumb/tlog.h>
#include "lib/own.h"

static enum plumb_code
check_size(size_t len, struct plumb_err *err)
{
    if (len > PLUMB_ENTRY_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "entry.size", "",
                          "an entry has at most %d bytes, this one %zu", PLUMB_ENTRY_MAX, len);
    return PLUMB_OK;
}

enum plumb_code
plumb_entry_make(const json_t *envelope, plumb_time time, struct plumb_bytes *ret,
                 struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    char text[PLUMB_TIME_TEXT];
    plumb_time again;

    plumb_time_text(time, text);
    if (plumb_time_parse(text, "time", &again, err) != PLUMB_OK || again != time)
        return plumb_fail(err, PLUMB_INVALID, "entry.form", "time",
                          "times are from 1970 to 9999");
    if (!json_is_object(envelope))
        return plumb_fail(err, PLUMB_INVALID, "entry.form", "envelope", "want an object");
    /* the reference that the pack takes is given back with the pack */
    json = json_pack("{s:O, s:s}", "envelope", (json_t *)envelope, "time", text);
    if (json == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_json_canonical(json, &bytes, err));
    PLUMB_TRY(check_size(bytes.len, err));
    *ret = (struct plumb_bytes){ PLUMB_TAKE(bytes.data), bytes.len };
    return PLUMB_OK;
}

/* What the JSON reader refused, by the rule of this format; where and message stay. */
static enum plumb_code
by_form(enum plumb_code code, struct plumb_err *err)
{
    if (code == PLUMB_INVALID && err != NULL)
        (void)snprintf(err->rule, sizeof err->rule, "entry.form");
    return code;
}

enum plumb_code
plumb_entry_read(const void *entry, size_t len, json_t **ret_envelope, plumb_time *ret_time,
                 struct plumb_err *err)
{
    static const char *const members[] = { "envelope", "time", NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_jv root, envelope, time;
    plumb_time when;

    PLUMB_TRY(check_size(len, err));
    PLUMB_TRY(by_form(plumb_json_load_canonical(entry, len, PLUMB_ENTRY_MAX, &json, err), err));
    root = plumb_jv_root(json, NULL);
    envelope = plumb_jv_member(&root, "envelope");
    time = plumb_jv_member(&root, "time");
    PLUMB_TRY(by_form(plumb_jv_closed(&root, members, err), err));
    PLUMB_TRY(by_form(plumb_jv_object(&envelope, err), err));
    PLUMB_TRY(by_form(plumb_jv_time(&time, &when, err), err));
    *ret_envelope = json_incref(envelope.json);
    *ret_time = when;
    return PLUMB_OK;
}
