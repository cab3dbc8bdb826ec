/* Which bills of materials and root stores of a release are compared, and with which of the
 * version that is current. What is in them, view_read.c reads. */
#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "tui/view.h"

/* What is current, as far as it is on file. */
struct predecessor {
    const struct plumb_accepted *version; /* NULL: there is none */
    struct client_dossier *dossier;       /* NULL: nothing is on file, or not read */
    struct tui_proof *proofs;             /* one for each of its files */
    struct plumb_digest governance;       /* in force */
    bool replaced; /* by the release, all of whose files are known: what is not there is gone */
    char against[400];
};

/* As what the service accepted a file, of those that are compared. */
enum material_kind { BARE_BILL, ATTESTED_BILL, ROOT_STORE };

static bool
is_of(const struct client_file *f, enum material_kind kind)
{
    switch (kind) {
    case BARE_BILL:
        return f->kind == PLUMB_FILE_SBOM;
    case ATTESTED_BILL:
        return f->kind == PLUMB_FILE_ATTESTATION && f->bill;
    default:
        return f->kind == PLUMB_FILE_ROOT_STORE;
    }
}

/* After this one, or the first after NULL: the next of this kind that the service accepted, and
 * that was proven to be attached. */
static const struct client_file *
next_file(const struct client_dossier *d, const struct tui_proof *proofs,
          enum material_kind kind, const struct client_file *after)
{
    if (d == NULL)
        return NULL;
    for (size_t i = after != NULL ? (size_t)(after - d->files) + 1 : 0; i < d->nfiles; i++)
        if (is_of(&d->files[i], kind) && d->files[i].accepted && proofs[i].check == TUI_CHECKED)
            return &d->files[i];
    return NULL;
}

/* The only one of this kind; NULL: there is none, or there are several. */
static const struct client_file *
only_file(const struct client_dossier *d, const struct tui_proof *proofs,
          enum material_kind kind)
{
    const struct client_file *first = next_file(d, proofs, kind, NULL);

    return first != NULL && next_file(d, proofs, kind, first) == NULL ? first : NULL;
}

static struct tui_source
source_of(const struct plumb_digest *digest)
{
    return (struct tui_source){ .exists = true, .digest = *digest };
}

/* One more, if there is room. Nothing is read of a bill that is gone: the rest goes with it. */
static void
add(struct tui_evidence *e, const struct tui_material *m, const char *name,
    const struct predecessor *p)
{
    struct tui_material *to;

    if (e->nmaterials == TUI_MATERIALS_MAX) {
        e->unlisted++;
        return;
    }
    to = &e->materials[e->nmaterials++];
    *to = *m;
    (void)snprintf(to->name, sizeof to->name, "%s", name);
    (void)snprintf(to->against, sizeof to->against, "%s", p->against);
    if (m->after.attested || m->before.attested)
        to->governance = p->governance;
    if (!m->after.exists && !m->roots)
        to->state = TUI_READ;
}

/* --- bills of materials --- */

/* Of one version: the bill as it is, which the release statement names or else was attached
 * last, and the last that somebody signed. */
struct bills {
    struct tui_source bare, attested;
    const struct client_file *bare_file, *attested_file; /* under which name, or NULL */
};

static void
find_bills(const struct client_dossier *d, const struct tui_proof *proofs,
           const struct plumb_digest *named, struct bills *ret)
{
    const struct client_file *file = NULL;

    *ret = (struct bills){ .bare_file = NULL };
    while ((file = next_file(d, proofs, BARE_BILL, file)) != NULL)
        if (named == NULL || plumb_digest_eq(&file->digest, named))
            ret->bare_file = file;
    while ((file = next_file(d, proofs, ATTESTED_BILL, file)) != NULL)
        ret->attested_file = file;
    if (named != NULL || ret->bare_file != NULL)
        ret->bare = source_of(named != NULL ? named : &ret->bare_file->digest);
    if (ret->attested_file == NULL)
        return;
    ret->attested = source_of(&ret->attested_file->digest);
    ret->attested.attested = true;
    ret->attested.release = d->release;
    ret->attested.index = ret->attested_file->index;
    if (ret->bare.exists && plumb_digest_eq(&ret->bare.digest, &ret->attested.digest))
        ret->bare.exists = false; /* the release names the attestation */
}

static const char *
name_bill(const struct client_file *file, const char *otherwise)
{
    return file != NULL && file->name[0] != '\0' ? file->name : otherwise;
}

/* One of the two against its like, or the other where there is no such. */
static void
add_bill(const struct tui_source *after, const struct tui_source *like,
         const struct tui_source *other, bool accepted, const char *name,
         const struct predecessor *p, struct tui_evidence *e)
{
    struct tui_material m = { .after = *after,
                              .before = like->exists ? *like : *other,
                              .accepted = accepted };

    add(e, &m, name, p);
}

static void
add_bills(const struct plumb_statement *release, const struct predecessor *p,
          struct tui_evidence *e)
{
    const bool named = release->u.release.has_sbom;
    struct bills now, then = { .bare_file = NULL };

    find_bills(e->dossier, e->files, named ? &release->u.release.sbom : NULL, &now);
    if (p->version != NULL)
        find_bills(p->dossier, p->proofs, p->version->has_sbom ? &p->version->sbom : NULL,
                   &then);
    if (now.bare.exists)
        add_bill(&now.bare, &then.bare, &then.attested, now.bare_file != NULL,
                 name_bill(now.bare_file,
                           named ? "the bill that the release names" : "a bill without a name"),
                 p, e);
    if (now.attested.exists)
        add_bill(&now.attested, &then.attested, &then.bare, true,
                 name_bill(now.attested_file, "an attestation without a name"), p, e);
    if (!now.bare.exists && !now.attested.exists && p->replaced &&
        (then.bare.exists || then.attested.exists))
        add_bill(&now.bare, &then.bare, &then.attested, false,
                 name_bill(then.bare.exists ? then.bare_file : then.attested_file,
                           "the bill that the release before names"),
                 p, e);
}

/* --- root stores --- */

/* Of the other side: of the same name or bytes, or the only one where there is one on
 * each side. */
static const struct client_file *
find_store(const struct client_file *file, const struct client_dossier *d,
           const struct tui_proof *proofs, bool alone)
{
    const struct client_file *other = NULL;

    while ((other = next_file(d, proofs, ROOT_STORE, other)) != NULL)
        if (strcmp(other->name, file->name) == 0 ||
            plumb_digest_eq(&other->digest, &file->digest))
            return other;
    return alone ? only_file(d, proofs, ROOT_STORE) : NULL;
}

static const char *
name_store(const struct client_file *file)
{
    return file->name[0] != '\0' ? file->name : "a root store without a name";
}

static void
add_stores(const struct predecessor *p, struct tui_evidence *e)
{
    const bool alone = only_file(e->dossier, e->files, ROOT_STORE) != NULL;
    const bool was_alone = only_file(p->dossier, p->proofs, ROOT_STORE) != NULL;
    const struct client_file *file = NULL, *old = NULL;

    while ((file = next_file(e->dossier, e->files, ROOT_STORE, file)) != NULL) {
        const struct client_file *like = find_store(file, p->dossier, p->proofs, alone);
        struct tui_material m = { .roots = true, .accepted = true };

        m.after = source_of(&file->digest);
        if (like != NULL)
            m.before = source_of(&like->digest);
        add(e, &m, name_store(file), p);
    }
    while (p->replaced && (old = next_file(p->dossier, p->proofs, ROOT_STORE, old)) != NULL) {
        struct tui_material m = { .roots = true };

        m.before = source_of(&old->digest);
        if (find_store(old, e->dossier, e->files, was_alone) == NULL)
            add(e, &m, name_store(old), p);
    }
}

/* --- what they take the place of --- */

static void
predecessor_clear(struct predecessor *p)
{
    client_dossier_free(p->dossier);
    free(p->proofs);
}

static enum plumb_code
read_predecessor(struct session *s, const struct view_current *current, struct predecessor *p,
                 struct plumb_err *err)
{
    char unread[200] = "";

    PLUMB_TRY(view_dossier(s, current->version->payload, current->version->version,
                           &current->version->release, &p->dossier, unread, sizeof unread,
                           err));
    if (p->dossier == NULL) {
        (void)snprintf(p->against, sizeof p->against,
                       "What is on file of %.60s could not be read (%.150s): what it had is "
                       "shown as new",
                       current->version->version, unread);
        return PLUMB_OK;
    }
    p->proofs = calloc(p->dossier->nfiles + 1, sizeof *p->proofs);
    if (p->proofs == NULL)
        return plumb_fail_memory(err);
    return view_prove_files(s, p->dossier, p->proofs, err);
}

enum plumb_code
view_materials(struct session *s, const struct plumb_statement *st,
               const struct plumb_statement *release, const struct view_current *current,
               struct tui_evidence *e, struct plumb_err *err)
{
    PLUMB_AUTO(predecessor_clear)
    struct predecessor p = { .version = current->version,
                             .governance = plumb_chain_last(s->chain)->statement };

    if (current->version == NULL)
        (void)snprintf(p.against, sizeof p.against,
                       "No version of %s is current: everything is new", release->payload);
    else
        (void)snprintf(p.against, sizeof p.against, "From %.180s", current->where);
    if (current->version != NULL && e->governed) /* else nothing can be attached */
        PLUMB_TRY(read_predecessor(s, current, &p, err));
    p.replaced = view_replaces(st, release, current) && e->failed[0] == '\0' &&
                 (e->dossier != NULL || !e->governed);
    add_bills(release, &p, e);
    add_stores(&p, e);
    return PLUMB_OK;
}
