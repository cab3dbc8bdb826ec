/* What is in bills of materials and root stores, and what changed in them. */
#include <stdio.h>
#include <string.h>

#include "client/attested.h"
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

/* By whom they are for, so that a certificate stands beside the one that it takes the place of:
 * the old one first. */
static int
by_subject(const void *a, const void *b)
{
    const struct tui_certificate *x = a, *y = b;
    const int order = strcmp(x->subject, y->subject);

    if (order != 0)
        return order;
    return x->how != y->how ? (x->how == TUI_CERT_REMOVED ? -1 : 1)
                            : plumb_digest_cmp(&x->fingerprint, &y->fingerprint);
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
        if (bills.after->n == 0 && m->accepted)
            return plumb_fail(err, PLUMB_REFUSED, "evidence.empty", "after",
                              "the bill of materials lists no component");
        return take_bills(&bills, m, err);
    }
    PLUMB_TRY(material_roots(before, after, &roots, err));
    m->total = roots.after.n;
    m->certificates = calloc(roots.before.n + roots.after.n + 1, sizeof *m->certificates);
    if (m->certificates == NULL)
        return plumb_fail_memory(err);
    (void)material_roots_each(&roots, take_root, m);
    qsort(m->certificates, m->ncertificates, sizeof *m->certificates, by_subject);
    return PLUMB_OK;
}

static void
show_as_new(struct tui_material *m, const struct plumb_err *why)
{
    (void)snprintf(m->against, sizeof m->against,
                   "What is current there cannot be read (%.60s): everything is shown as new",
                   why->rule);
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
        show_as_new(m, &why);
        code = compare(&nothing, after, m, &why);
    }
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    m->state = code == PLUMB_OK ? TUI_READ : m->accepted ? TUI_UNREAD : TUI_OPAQUE;
    if (code != PLUMB_OK)
        (void)snprintf(m->why, sizeof m->why, "%s: %.200s", why.rule, why.msg);
    return PLUMB_OK;
}

/* --- files --- */

/* Nothing can be said of the file itself. */
static bool
is_over(const struct plumb_err *why)
{
    return why->code == PLUMB_NO_MEMORY || session_away(why) ||
           strcmp(why->rule, "client.stopped") == 0;
}

/* Governance under which m was listed, or a newer one, where signers are judged by it. */
static enum plumb_code
govern(struct session *s, const struct tui_material *m, struct plumb_err *err)
{
    if ((!m->after.attested && !m->before.attested) ||
        (s->chain != NULL &&
         plumb_digest_eq(&plumb_chain_last(s->chain)->statement, &m->governance)))
        return PLUMB_OK;
    return session_govern(s, err);
}

/* What is in a file; nothing where there is no file. */
static enum plumb_code
fetch(struct session *s, const struct tui_source *from, struct plumb_bytes *ret,
      const char **ret_signer, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { NULL, 0 };

    if (!from->exists)
        return PLUMB_OK;
    if (!from->attested)
        return client_blob_get(s->client, &from->digest, PLUMB_ATTACHED_SIZE, ret, err);
    PLUMB_TRY(client_blob_get(s->client, &from->digest, PLUMB_ATTACHED_SIZE, &file, err));
    return attested_bill(s->client, s->chain, &from->release, from->index, &file, ret,
                         ret_signer, err);
}

/* What an attestation of the current version does not bear out is no reason to keep the new one
 * back. */
static enum plumb_code
fetch_before(struct session *s, struct tui_material *m, struct plumb_bytes *ret,
             struct plumb_err *err)
{
    const char *unused;
    const enum plumb_code code = fetch(s, &m->before, ret, &unused, err);

    if (code == PLUMB_OK || is_over(err) || !m->before.attested)
        return code;
    show_as_new(m, err);
    return PLUMB_OK;
}

enum plumb_code
view_read_material(struct session *s, struct tui_material *m, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes before = { NULL, 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes after = { NULL, 0 };
    const bool same = m->after.exists && m->before.exists && !m->before.attested &&
                      plumb_digest_eq(&m->before.digest, &m->after.digest);
    struct plumb_err why = { .code = PLUMB_OK };
    const char *signer = "";
    enum plumb_code code = govern(s, m, &why);

    if (code == PLUMB_OK)
        code = fetch(s, &m->after, &after, &signer, &why);
    if (code == PLUMB_OK && !same)
        code = fetch_before(s, m, &before, &why);
    if (code == PLUMB_OK) {
        (void)snprintf(m->signer, sizeof m->signer, "%s", signer);
        return read_bytes(same ? &after : &before, &after, m, err);
    }
    if (is_over(&why)) {
        *err = why;
        return code;
    }
    m->state = strcmp(why.rule, "attested.lapsed") == 0 ? TUI_OPAQUE : TUI_UNREAD;
    (void)snprintf(m->why, sizeof m->why, "%s: %.200s", why.rule, why.msg);
    return PLUMB_OK;
}
