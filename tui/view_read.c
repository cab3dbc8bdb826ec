/* What is in bills of materials and root stores, and what changed in them. */
#include <stdio.h>
#include <string.h>

#include "client/material.h"
#include "lib/own.h"
#include "tui/view.h"

#define COMPONENTS_MAX 4000 /* that differ; more are counted, not shown */

/* --- bills of materials --- */

static char *
copy_text(const char *text)
{
    return strdup(text != NULL ? text : "");
}

/* "group/name", as its ecosystem has it. */
static char *
name_component(const struct sbom_component *c)
{
    char *name = NULL;

    if (c->group == NULL || c->group[0] == '\0')
        return copy_text(c->name);
    return asprintf(&name, "%s/%s", c->group, c->name) >= 0 ? name : NULL;
}

static bool
take_component(const struct sbom_change *change, struct tui_component *ret)
{
    const struct sbom_component *before = change->before, *after = change->after;
    const struct sbom_component *c = after != NULL ? after : before;

    ret->name = name_component(c);
    ret->purl = copy_text(c->purl);
    ret->before = before != NULL ? copy_text(before->version) : NULL;
    ret->after = after != NULL ? copy_text(after->version) : NULL;
    return ret->name != NULL && ret->purl != NULL && (before == NULL || ret->before != NULL) &&
           (after == NULL || ret->after != NULL);
}

static enum plumb_code
take_bills(const struct material_bills *b, struct tui_material *m, struct plumb_err *err)
{
    m->total = b->after->n;
    m->components = calloc((b->diff.n < COMPONENTS_MAX ? b->diff.n : COMPONENTS_MAX) + 1,
                           sizeof *m->components);
    if (m->components == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < b->diff.n; i++) {
        const struct sbom_change *change = &b->diff.changes[i];

        m->added += change->before == NULL;
        m->removed += change->after == NULL;
        m->changed += change->before != NULL && change->after != NULL;
        if (m->ncomponents < COMPONENTS_MAX &&
            !take_component(change, &m->components[m->ncomponents++]))
            return plumb_fail_memory(err);
    }
    return PLUMB_OK;
}

/* --- root stores --- */

static bool
take_root(void *arg, const struct plumb_root *before, const struct plumb_root *after)
{
    struct tui_material *m = arg;
    const struct plumb_root *root = after != NULL ? after : before;
    struct tui_certificate *c = &m->certificates[m->ncertificates++];

    c->how = before == NULL ? TUI_CERT_ADDED : after == NULL ? TUI_CERT_REMOVED : TUI_CERT_SAME;
    c->fingerprint = root->fingerprint;
    c->not_after = root->not_after;
    (void)snprintf(c->subject, sizeof c->subject, "%s", root->subject);
    (void)snprintf(c->key, sizeof c->key, "%s", root->key);
    m->added += before == NULL;
    m->removed += after == NULL;
    return true;
}

/* --- either --- */

static enum plumb_code
compare(const struct plumb_bytes *before, const struct plumb_bytes *after,
        struct tui_material *m, struct plumb_err *err)
{
    PLUMB_AUTO(material_bills_clear) struct material_bills bills = { .before = NULL };
    PLUMB_AUTO(material_roots_clear) struct material_roots roots = { .before = { 0 } };

    if (!m->roots) {
        PLUMB_TRY(material_bills(before, after, &bills, err));
        return take_bills(&bills, m, err);
    }
    PLUMB_TRY(material_roots(before, after, &roots, err));
    m->total = roots.after.n;
    m->certificates = calloc(roots.before.n + roots.after.n + 1, sizeof *m->certificates);
    if (m->certificates == NULL)
        return plumb_fail_memory(err);
    (void)material_roots_each(&roots, take_root, m);
    return PLUMB_OK;
}

/* Only memory fails. */
static enum plumb_code
read_bytes(const struct plumb_bytes *before, const struct plumb_bytes *after,
           struct tui_material *m, struct plumb_err *err)
{
    static const struct plumb_bytes nothing = { NULL, 0 };
    struct plumb_err why;
    enum plumb_code code = compare(before, after, m, &why);

    if (code != PLUMB_OK && code != PLUMB_NO_MEMORY && strcmp(why.where, "before") == 0 &&
        m->after.exists) {
        (void)snprintf(m->against, sizeof m->against,
                       "What is current there cannot be read (%.60s): everything is shown as "
                       "new",
                       why.rule);
        code = compare(&nothing, after, m, &why);
    }
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    m->state = code == PLUMB_OK ? TUI_READ : m->accepted ? TUI_UNREAD : TUI_OPAQUE;
    if (code != PLUMB_OK)
        (void)snprintf(m->why, sizeof m->why, "%s: %.200s", why.rule, why.msg);
    return PLUMB_OK;
}

/* The bytes of a file; none where there is no file. */
static enum plumb_code
fetch(struct client *c, const struct tui_source *from, struct plumb_bytes *ret,
      struct plumb_err *err)
{
    return from->exists ? client_blob_get(c, &from->digest, PLUMB_ATTACHED_SIZE, ret, err)
                        : PLUMB_OK;
}

enum plumb_code
view_read_material(struct client *c, struct tui_material *m, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes before = { NULL, 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes after = { NULL, 0 };
    const bool same = m->before.exists && m->after.exists &&
                      plumb_digest_eq(&m->before.digest, &m->after.digest);
    struct plumb_err why = { .code = PLUMB_OK };
    enum plumb_code code = fetch(c, &m->after, &after, &why);

    if (code == PLUMB_OK && !same)
        code = fetch(c, &m->before, &before, &why);
    if (code == PLUMB_OK)
        return read_bytes(same ? &after : &before, &after, m, err);
    if (code == PLUMB_NO_MEMORY || session_away(&why) ||
        strcmp(why.rule, "client.stopped") == 0) {
        *err = why;
        return code;
    }
    m->state = TUI_UNREAD;
    (void)snprintf(m->why, sizeof m->why, "%s: %.200s", why.rule, why.msg);
    return PLUMB_OK;
}
