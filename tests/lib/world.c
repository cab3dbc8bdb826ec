#include "tests/lib/world.h"

#include <string.h>

void
world_begin(struct world *w, void (*edit)(struct make *m))
{
    *w = (struct world){ .bundle = NULL };
    story_begin(&w->story, edit);
    w->trust = story_trust(&w->story);
}

static void
drop_bundle(struct world *w)
{
    plumb_bytes_clear(&w->file);
    plumb_bundle_free(w->bundle);
    w->bundle = NULL;
}

void
world_end(struct world *w)
{
    drop_bundle(w);
    plumb_memory_free(w->memory);
    plumb_trust_free(w->trust);
    story_end(&w->story);
}

enum plumb_code
world_read(struct world *w)
{
    drop_bundle(w);
    w->file = story_bundle(&w->story, 0);
    return story_read(w->trust, NULL, w->story.make.now, w->file.data, w->file.len, &w->bundle,
                      NULL, &w->err);
}

enum plumb_code
world_publish(struct world *w)
{
    story_publish(&w->story);
    return world_read(w);
}

enum plumb_code
world_pull(struct world *w, uint64_t from)
{
    struct plumb_memory *memory = NULL;
    enum plumb_code code;

    drop_bundle(w);
    w->file = story_bundle(&w->story, from);
    code = story_read(w->trust, w->memory, w->story.make.now, w->file.data, w->file.len,
                      &w->bundle, &memory, &w->err);
    if (code == PLUMB_OK) {
        plumb_memory_free(w->memory);
        w->memory = memory;
    }
    return code;
}

const struct plumb_accepted *
world_accepted(const struct world *w, const char *version)
{
    for (size_t i = 0; i < w->bundle->naccepted; i++)
        if (strcmp(w->bundle->accepted[i].version, version) == 0)
            return &w->bundle->accepted[i];
    return NULL;
}
