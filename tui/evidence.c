#include "tui/evidence.h"

#include <stdio.h>
#include <stdlib.h>

void
tui_material_clear(struct tui_material *m)
{
    for (size_t i = 0; i < m->ncomponents; i++) {
        free(m->components[i].name);
        free(m->components[i].before);
        free(m->components[i].after);
        free(m->components[i].purl);
    }
    free(m->components);
    free(m->certificates);
    *m = (struct tui_material){ .roots = false };
}

static bool
same_source(const struct tui_source *a, const struct tui_source *b)
{
    return a->exists == b->exists && a->attested == b->attested && a->index == b->index &&
           plumb_digest_eq(&a->digest, &b->digest) && plumb_digest_eq(&a->release, &b->release);
}

bool
tui_material_same(const struct tui_material *a, const struct tui_material *b)
{
    return a->roots == b->roots && same_source(&a->after, &b->after) &&
           same_source(&a->before, &b->before) &&
           plumb_digest_eq(&a->governance, &b->governance);
}

void
tui_evidence_clear(struct tui_evidence *e)
{
    for (size_t i = 0; i < e->nwaivers; i++) {
        free(e->waivers[i].justification);
        free(e->waivers[i].compensating);
        free(e->waivers[i].who);
    }
    for (size_t i = 0; i < e->nmaterials; i++)
        tui_material_clear(&e->materials[i]);
    free(e->waivers);
    free(e->files);
    free(e->holds);
    client_dossier_free(e->dossier);
    *e = (struct tui_evidence){ .dossier = NULL };
}

bool
tui_evidence_take(struct tui_evidence *e, struct client_dossier *dossier,
                  const struct plumb_controls *rules, bool begin)
{
    e->dossier = dossier;
    e->files = calloc(dossier->nfiles + 1, sizeof *e->files);
    e->waivers = calloc(dossier->ncontrols + 1, sizeof *e->waivers);
    e->holds = calloc(dossier->ncontrols + 1, sizeof *e->holds);
    if (e->files == NULL || e->waivers == NULL || e->holds == NULL) {
        tui_evidence_clear(e);
        return false;
    }
    e->governed = true;
    for (size_t i = 0; i < dossier->ncontrols; i++) {
        e->holds[i] = client_control_holds(&dossier->controls[i], rules, begin);
        e->held += e->holds[i];
    }
    return true;
}

const char *
tui_evidence_bars(const struct tui_evidence *e, char *ret, size_t size)
{
    if (e->failed[0] != '\0') {
        (void)snprintf(ret, size, "%s", e->failed);
        return ret;
    }
    for (size_t i = 0; i < e->nmaterials; i++) {
        const struct tui_material *m = &e->materials[i];

        if (m->state == TUI_READ || m->state == TUI_OPAQUE)
            continue;
        if (m->state == TUI_UNREAD)
            (void)snprintf(ret, size, "%s: %s", m->name, m->why);
        else
            (void)snprintf(ret, size, "%s is still being read", m->name);
        return ret;
    }
    return NULL;
}
