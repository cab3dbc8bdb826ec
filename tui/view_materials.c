/* Bills of materials and root stores of a release, against those of the version that is
 * current: which they are, and what is in them. */
#include <stdio.h>
#include <string.h>

#include "client/material.h"
#include "lib/own.h"
#include "tui/view.h"

#define COMPONENTS_MAX 4000 /* that differ; more are counted, not shown */

PLUMB_DEFINE_AUTO(auto_dossier, struct client_dossier *, client_dossier_free);

/* --- which --- */

/* What is current, as far as it is on file. */
struct predecessor {
    const struct plumb_accepted *version; /* NULL: there is none */
    struct client_dossier *dossier;       /* NULL: nothing is on file, or not read */
    char against[400];
};

/* The n-th of this kind that the service accepted, and that was proven to be attached. */
static const struct client_file *
nth_file(const struct client_dossier *d, const struct tui_proof *proofs,
         enum plumb_file_kind kind, size_t n)
{
    for (size_t i = 0; d != NULL && i < d->nfiles; i++)
        if (d->files[i].kind == kind && d->files[i].accepted &&
            proofs[i].check == TUI_CHECKED && n-- == 0)
            return &d->files[i];
    return NULL;
}

static size_t
count_files(const struct client_dossier *d, const struct tui_proof *proofs,
            enum plumb_file_kind kind)
{
    size_t n = 0;

    while (nth_file(d, proofs, kind, n) != NULL)
        n++;
    return n;
}

static const struct client_file *
last_file(const struct client_dossier *d, const struct tui_proof *proofs,
          enum plumb_file_kind kind)
{
    const size_t n = count_files(d, proofs, kind);

    return n > 0 ? nth_file(d, proofs, kind, n - 1) : NULL;
}

static struct tui_material *
add(struct tui_evidence *e, const char *name, const struct plumb_digest *after,
    const char *against)
{
    struct tui_material *m = &e->materials[e->nmaterials++];

    *m = (struct tui_material){ .after = *after };
    (void)snprintf(m->name, sizeof m->name, "%s", name);
    (void)snprintf(m->against, sizeof m->against, "%s", against);
    return m;
}

static void
set_before(struct tui_material *m, const struct plumb_digest *before)
{
    m->has_before = true;
    m->before = *before;
}

/* The one that the release statement names, or the last that was attached. */
static void
add_bill(const struct plumb_statement *release, const struct predecessor *p,
         const struct tui_proof *proofs, struct tui_evidence *e)
{
    const struct client_file *file = last_file(e->dossier, e->files, PLUMB_FILE_SBOM), *old;
    const bool named = release->u.release.has_sbom;
    const struct plumb_digest *after = named          ? &release->u.release.sbom
                                       : file != NULL ? &file->digest
                                                      : NULL;
    struct tui_material *m;

    if (after == NULL)
        return;
    for (size_t i = 0; (old = nth_file(e->dossier, e->files, PLUMB_FILE_SBOM, i)) != NULL; i++)
        if (plumb_digest_eq(&old->digest, after))
            file = old;
    if (file != NULL && !plumb_digest_eq(&file->digest, after))
        file = NULL;
    m = add(e,
            file != NULL && file->name[0] != '\0' ? file->name
            : named                               ? "the bill that the release names"
                                                  : "a bill without a name",
            after, p->against);
    m->accepted = file != NULL;
    old = last_file(p->dossier, proofs, PLUMB_FILE_SBOM);
    if (p->version != NULL && p->version->has_sbom)
        set_before(m, &p->version->sbom);
    else if (old != NULL)
        set_before(m, &old->digest);
}

/* Of the same name, or the only one where there is one on each side. */
static const struct client_file *
find_old_store(const struct client_file *file, const struct predecessor *p,
               const struct tui_proof *proofs, bool alone)
{
    const struct client_file *old;

    for (size_t i = 0; (old = nth_file(p->dossier, proofs, PLUMB_FILE_ROOT_STORE, i)) != NULL;
         i++)
        if (strcmp(old->name, file->name) == 0)
            return old;
    return alone && count_files(p->dossier, proofs, PLUMB_FILE_ROOT_STORE) == 1
               ? nth_file(p->dossier, proofs, PLUMB_FILE_ROOT_STORE, 0)
               : NULL;
}

static void
add_stores(const struct predecessor *p, const struct tui_proof *proofs, struct tui_evidence *e)
{
    const size_t n = count_files(e->dossier, e->files, PLUMB_FILE_ROOT_STORE);

    for (size_t i = 0; i < n && e->nmaterials < TUI_MATERIALS_MAX; i++) {
        const struct client_file *file =
            nth_file(e->dossier, e->files, PLUMB_FILE_ROOT_STORE, i);
        const struct client_file *old = find_old_store(file, p, proofs, n == 1);
        struct tui_material *m =
            add(e, file->name[0] != '\0' ? file->name : "a root store without a name",
                &file->digest, p->against);

        m->roots = m->accepted = true;
        if (old != NULL)
            set_before(m, &old->digest);
    }
}

static enum plumb_code
find_predecessor(struct session *s, const struct plumb_statement *release,
                 const struct view_current *current, const struct tui_evidence *e,
                 struct predecessor *ret, struct plumb_err *err)
{
    char unread[200] = "";

    ret->version = current->version;
    if (current->version == NULL) {
        (void)snprintf(ret->against, sizeof ret->against,
                       "No version of %s is current: everything is new", release->payload);
        return PLUMB_OK;
    }
    (void)snprintf(ret->against, sizeof ret->against, "From %.180s", current->where);
    if (!e->governed)
        return PLUMB_OK; /* nothing can be attached */
    PLUMB_TRY(view_dossier(s, current->version->payload, current->version->version,
                           &current->version->release, &ret->dossier, unread, sizeof unread,
                           err));
    if (ret->dossier == NULL)
        (void)snprintf(ret->against, sizeof ret->against,
                       "What is on file of %.60s could not be read (%.150s): what it had is "
                       "shown as new",
                       current->version->version, unread);
    return PLUMB_OK;
}

enum plumb_code
view_materials(struct session *s, const struct plumb_statement *release,
               const struct view_current *current, struct tui_evidence *e,
               struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) struct tui_proof *proofs = NULL;
    PLUMB_AUTO(auto_dossier) struct client_dossier *dossier = NULL;
    struct predecessor p = { .version = NULL };
    enum plumb_code code = find_predecessor(s, release, current, e, &p, err);

    dossier = p.dossier;
    if (code != PLUMB_OK)
        return code;
    if (dossier != NULL) {
        proofs = calloc(dossier->nfiles + 1, sizeof *proofs);
        if (proofs == NULL)
            return plumb_fail_memory(err);
        PLUMB_TRY(view_prove_files(s, dossier, proofs, err));
    }
    add_bill(release, &p, proofs, e);
    add_stores(&p, proofs, e);
    return PLUMB_OK;
}

/* --- what is in them --- */

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

    if (code != PLUMB_OK && code != PLUMB_NO_MEMORY && strcmp(why.where, "before") == 0) {
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

enum plumb_code
view_read_material(struct client *c, struct tui_material *m, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes before = { NULL, 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes after = { NULL, 0 };
    struct plumb_err why = { .code = PLUMB_OK };
    enum plumb_code code = client_blob_get(c, &m->after, PLUMB_ATTACHED_SIZE, &after, &why);

    const bool differs = m->has_before && !plumb_digest_eq(&m->before, &m->after);

    if (code == PLUMB_OK && differs)
        code = client_blob_get(c, &m->before, PLUMB_ATTACHED_SIZE, &before, &why);
    if (code == PLUMB_OK)
        return read_bytes(m->has_before && !differs ? &after : &before, &after, m, err);
    if (code == PLUMB_NO_MEMORY || session_away(&why) ||
        strcmp(why.rule, "client.stopped") == 0) {
        *err = why;
        return code;
    }
    m->state = TUI_UNREAD;
    (void)snprintf(m->why, sizeof m->why, "%s: %.200s", why.rule, why.msg);
    return PLUMB_OK;
}
