/* What does not hold, and who has to answer for it. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/state.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

enum plumb_code
audit_find(struct audit *a, uint64_t index, const char *who, const struct plumb_err *what,
           struct plumb_err *err)
{
    struct audit_finding *f;

    a->found++;
    if (a->nfindings == AUDIT_FINDINGS_MAX)
        return PLUMB_OK;
    if (a->nfindings == a->findings_cap) {
        size_t cap = a->findings_cap > 0 ? 2 * a->findings_cap : 16;
        struct audit_finding *more = realloc(a->findings, cap * sizeof *more);

        if (more == NULL)
            return plumb_fail_memory(err);
        a->findings = more;
        a->findings_cap = cap;
    }
    f = &a->findings[a->nfindings++];
    *f = (struct audit_finding){ .index = index };
    (void)snprintf(f->rule, sizeof f->rule, "%s", what->rule);
    (void)snprintf(f->where, sizeof f->where, "%s", what->where);
    (void)snprintf(f->text, sizeof f->text, "%s", what->msg);
    (void)snprintf(f->people, sizeof f->people, "%s", who != NULL ? who : "");
    return PLUMB_OK;
}

enum plumb_code
audit_say(struct audit *a, uint64_t index, const char *who, const char *rule, const char *where,
          struct plumb_err *err, const char *fmt, ...)
{
    struct plumb_err what;
    char text[sizeof what.msg];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    (void)plumb_fail(&what, PLUMB_REFUSED, rule, where, "%s", text);
    return audit_find(a, index, who, &what, err);
}

enum plumb_code
audit_pass(const struct plumb_err *what, struct plumb_err *err)
{
    if (err != NULL)
        *err = *what;
    return what->code;
}

static void
name_signer(const struct audit *a, const struct plumb_statement *s, bool good, char *ret,
            size_t size)
{
    const char *owner = engine_owner(a->engine, &s->keys[0]);
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(&s->keys[0], hex);
    (void)snprintf(ret, size, "%s%s (key %.12s)", good ? "" : "it names ",
                   owner != NULL ? owner : "nobody known", hex);
}

/* What an entry that nobody signed says of its signer is worth a look all the same. */
void
audit_people(const struct audit *a, const struct audit_item *item, char *ret, size_t size)
{
    struct plumb_jv root = plumb_jv_root(item->envelope, "envelope");
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse dsse = { 0 };
    PLUMB_AUTO(auto_statement) struct plumb_statement *peeked = NULL;

    ret[0] = '\0';
    if (item->opened != NULL)
        name_signer(a, item->opened->statement, true, ret, size);
    else if (item->envelope != NULL && plumb_dsse_read(&root, &dsse, NULL) == PLUMB_OK &&
             plumb_statement_peek(dsse.payload.data, dsse.payload.len, &peeked, NULL) ==
                 PLUMB_OK)
        name_signer(a, peeked, false, ret, size);
}
