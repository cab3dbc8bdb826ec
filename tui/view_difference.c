/* What a proposal changes of what is in force: measurements against those of the version that
 * is current, or one document of governance against another. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/diff.h"
#include "client/json_diff.h"
#include "lib/own.h"
#include "tui/view.h"

#define CHANGES_MAX 4000 /* more are counted, not shown */

PLUMB_DEFINE_AUTO(auto_sets, struct plumb_sets *, plumb_sets_free);
PLUMB_DEFINE_AUTO(auto_governance, struct plumb_governance *, plumb_governance_free);

struct changes {
    struct tui_statement *to;
    size_t room;
    bool oom;
};

static void
add_change(struct changes *c, int how, const char *name, const char *before, const char *after)
{
    struct tui_change *change;

    if (c->to->nchanges == CHANGES_MAX)
        return;
    if (c->to->nchanges == c->room) {
        const size_t room = c->room == 0 ? 64 : c->room * 2;
        struct tui_change *more = realloc(c->to->changes, room * sizeof *more);

        if (more == NULL) {
            c->oom = true;
            return;
        }
        c->to->changes = more;
        c->room = room;
    }
    change = &c->to->changes[c->to->nchanges++];
    change->how = how;
    change->name = strdup(name);
    change->before = before != NULL ? strdup(before) : NULL;
    change->after = after != NULL ? strdup(after) : NULL;
    c->oom |= change->name == NULL;
}

static void
take_line(void *arg, const struct diff_line *line)
{
    struct changes *c = arg;
    char before[DIFF_TEXT] = "", after[DIFF_TEXT] = "";

    if (line->same) {
        c->to->unchanged++;
        return;
    }
    if (line->before != NULL)
        diff_text(line->before, before);
    if (line->after != NULL)
        diff_text(line->after, after);
    add_change(c,
               line->before == NULL  ? TUI_ADDED
               : line->after == NULL ? TUI_REMOVED
                                     : TUI_CHANGED,
               (line->after != NULL ? line->after : line->before)->kind->name,
               line->before != NULL ? before : NULL, line->after != NULL ? after : NULL);
}

static void
name_set(const struct diff_pair *pair, char *ret, size_t size)
{
    const struct plumb_set *set = pair->after != NULL ? pair->after : pair->before;

    (void)snprintf(ret, size, "%s%s%s%s", plumb_tee_text(set->tee),
                   set->label != NULL ? ", " : "", set->label != NULL ? set->label : "",
                   pair->same             ? ": the same"
                   : pair->before == NULL ? ": a new set"
                   : pair->after == NULL  ? ": this set is gone"
                                          : "");
}

static enum plumb_code
differ(const struct plumb_sets *before, const struct plumb_sets *after, struct changes *c,
       struct plumb_err *err)
{
    PLUMB_AUTO(diff_clear) struct diff d = { .n = 0 };

    PLUMB_TRY(diff_sets(before, after, &d, err));
    for (size_t i = 0; i < d.n; i++) {
        char name[200];

        name_set(&d.pairs[i], name, sizeof name);
        if (!d.pairs[i].same)
            add_change(c, TUI_SET, name, NULL, NULL);
        diff_measurements(&d.pairs[i], take_line, c);
    }
    return PLUMB_OK;
}

static enum plumb_code
read_sets(struct session *s, const struct plumb_digest *digest, struct plumb_sets **ret,
          struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };

    PLUMB_TRY(client_blob_get(s->client, digest, PLUMB_REFVALS_MAX, &bytes, err));
    return plumb_refvals_parse(bytes.data, bytes.len, ret, err);
}

void
view_current(struct session *s, const struct plumb_statement *st, struct view_current *current)
{
    const struct plumb_governance *g = session_document(s);
    const size_t size = sizeof current->where;
    char *ret = current->where;
    size_t used = 0;

    *current = (struct view_current){ .version = NULL };
    for (size_t i = 0; i < g->nfleets && used < size; i++) {
        const struct session_bundle *b;
        const struct plumb_accepted *version;

        if (!plumb_fleet_has(&g->fleets[i], st->payload) ||
            (st->fleet != NULL && strcmp(st->fleet, g->fleets[i].name) != 0))
            continue;
        b = session_bundle(s, g->fleets[i].name);
        version = b != NULL ? effect_find(b->bundle, st->payload, PLUMB_STATUS_CURRENT) : NULL;
        if (b != NULL && b->bundle == NULL && b->why[0] != '\0')
            used += (size_t)snprintf(ret + used, size - used, "%s%s: %.100s",
                                     used > 0 ? "; " : "", b->fleet, b->why);
        if (version == NULL)
            continue;
        if (current->version == NULL)
            current->version = version;
        used += (size_t)snprintf(ret + used, size - used, "%s%s, current in %s",
                                 used > 0 ? "; " : "", version->version, g->fleets[i].name);
    }
}

bool
view_replaces(const struct plumb_statement *st, const struct plumb_statement *release,
              const struct view_current *current)
{
    return st->kind != PLUMB_KIND_REVOCATION && st->kind != PLUMB_KIND_WAIVER &&
           (current->version == NULL ||
            !plumb_digest_eq(&current->version->release, &release->id));
}

enum plumb_code
view_difference(struct session *s, const struct plumb_statement *st,
                const struct plumb_statement *release, const struct view_current *at,
                struct tui_statement *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_sets) struct plumb_sets *after = NULL;
    struct changes c = { ret, 0, false };
    const struct plumb_accepted *current = at->version;
    char text[600];

    if (!view_replaces(st, release, at))
        return PLUMB_OK;
    PLUMB_TRY(read_sets(s, &release->u.release.reference_values, &after, err));
    PLUMB_TRY(differ(current != NULL ? current->sets : NULL, after, &c, err));
    if (current != NULL)
        (void)snprintf(text, sizeof text, "From %s, to %s", at->where, st->version);
    else
        (void)snprintf(text, sizeof text,
                       "No version of %s is current%s%s: everything is new%s%s", st->payload,
                       st->fleet != NULL ? " in " : "", st->fleet != NULL ? st->fleet : "",
                       at->where[0] != '\0' ? ". " : "", at->where);
    ret->against = strdup(text);
    return c.oom || ret->against == NULL ? plumb_fail_memory(err) : PLUMB_OK;
}

static void
take_member(void *arg, const char *path, const json_t *before, const json_t *after)
{
    const size_t flags = JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY;
    PLUMB_AUTO(auto_free) char *old = before != NULL ? json_dumps(before, flags) : NULL;
    PLUMB_AUTO(auto_free) char *new = after != NULL ? json_dumps(after, flags) : NULL;

    add_change(arg,
               before == NULL  ? TUI_ADDED
               : after == NULL ? TUI_REMOVED
                               : TUI_CHANGED,
               path, old, new);
}

enum plumb_code
view_governance(struct session *s, const struct plumb_statement *st, struct tui_statement *ret,
                struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    PLUMB_AUTO(auto_governance) struct plumb_governance *g = NULL;
    struct changes c = { ret, 0, false };
    char text[120];

    PLUMB_TRY(client_blob_get(s->client, &st->u.governance.document, PLUMB_DOCUMENT_MAX, &bytes,
                              err));
    PLUMB_TRY(plumb_governance_parse(bytes.data, bytes.len, &g, err));
    json_diff(session_document(s)->json, g->json, take_member, &c);
    for (size_t i = 0; i < st->u.governance.ncompromise; i++) {
        const struct plumb_disposition *d = &st->u.governance.compromise[i];
        char name[300], until[PLUMB_TIME_TEXT] = "";

        if (d->keep)
            plumb_time_text(d->until, until);
        (void)snprintf(name, sizeof name, "%s@%s in %s", d->payload, d->version, d->fleet);
        (void)snprintf(text, sizeof text, "%s%s", d->keep ? "kept until " : "revoked", until);
        add_change(&c, TUI_CHANGED, name, NULL, text);
    }
    (void)snprintf(text, sizeof text, "From version %" PRId64 ", which is in force",
                   session_document(s)->version);
    ret->against = strdup(text);
    return c.oom || ret->against == NULL ? plumb_fail_memory(err) : PLUMB_OK;
}
