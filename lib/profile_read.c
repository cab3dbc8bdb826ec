/* A document's control profile: the built-in one with changes, or one of its own. */
#include <string.h>

#include "lib/controls_read.h"
#include "lib/names.h"
#include "lib/own.h"
#include "lib/word.h"

#define CONTROLS_MAX   64 /* so that an evaluation of all of them fits a statement */
#define ATTRIBUTES_MAX 32
#define TEXT_MAX       400
#define ATTRIBUTE_MAX  200

struct in {
    struct plumb_controls *c;
    struct pool *pool;
    struct plumb_err *err;
};

static struct plumb_control *
find(struct plumb_controls *c, const char *id)
{
    for (size_t i = 0; i < c->ncontrols; i++)
        if (strcmp(c->controls[i].id, id) == 0)
            return &c->controls[i];
    return NULL;
}

static enum plumb_code
read_attributes(const struct in *in, const struct plumb_jv *v, struct plumb_control *ret)
{
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 1, ATTRIBUTES_MAX, &n, in->err));
    ret->attributes = pool_array(in->pool, n, sizeof *ret->attributes);
    if (ret->attributes == NULL)
        return plumb_fail_memory(in->err);
    ret->nattributes = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(v, i);

        PLUMB_TRY(plumb_jv_string(&element, ATTRIBUTE_MAX, &ret->attributes[i], in->err));
    }
    return PLUMB_OK;
}

/* What the entry says replaces what the control was; what a new control is, it must say. */
static enum plumb_code
read_control(const struct in *in, const struct plumb_jv *v)
{
    static const char *const change[] = { "level", "?text", "?by", "?attributes", NULL };
    static const char *const whole[] = { "level", "text", "by", "?attributes", NULL };
    static const char *const none[] = { "level", NULL };
    static const char *const levels[] = { "should", "must", "none" };
    struct plumb_jv level = plumb_jv_member(v, "level"), text = plumb_jv_member(v, "text");
    struct plumb_jv by = plumb_jv_member(v, "by");
    struct plumb_jv attributes = plumb_jv_member(v, "attributes");
    struct plumb_control *control = find(in->c, v->key);
    const char *ways[PLUMB_WAY_COUNT];
    size_t word;

    PLUMB_TRY(plumb_jv_object(v, in->err));
    PLUMB_TRY(plumb_word_read(&level, levels, 3, "governance.controls", &word, in->err));
    if (word == 2) {
        PLUMB_TRY(plumb_jv_closed(v, none, in->err));
        if (control == NULL)
            return plumb_jv_fail(v, in->err, PLUMB_INVALID, "governance.controls",
                                 "the built-in profile has no control of this name");
        *control = in->c->controls[--in->c->ncontrols];
        return PLUMB_OK;
    }
    PLUMB_TRY(plumb_jv_closed(v, control != NULL ? change : whole, in->err));
    if (control == NULL)
        control = &in->c->controls[in->c->ncontrols++];
    control->id = v->key;
    control->must = word == 1;
    if (text.json != NULL)
        PLUMB_TRY(plumb_jv_string(&text, TEXT_MAX, &control->text, in->err));
    PLUMB_WORDS_OF(ways, enum plumb_way, plumb_way_text);
    if (by.json != NULL)
        PLUMB_TRY(plumb_words_read(&by, ways, PLUMB_WAY_COUNT, &control->ways, in->err));
    if (control->ways == 0)
        return plumb_jv_fail(&by, in->err, PLUMB_INVALID, "governance.controls",
                             "a control that nothing meets holds every release for ever");
    return attributes.json != NULL ? read_attributes(in, &attributes, control) : PLUMB_OK;
}

static int
by_id(const void *a, const void *b)
{
    return strcmp(((const struct plumb_control *)a)->id, ((const struct plumb_control *)b)->id);
}

enum plumb_code
plumb_profile_read(struct plumb_controls *c, struct pool *pool, const struct plumb_jv *v,
                   struct plumb_err *err)
{
    static const char *const extending[] = { "extends", "controls", NULL };
    static const char *const own[] = { "controls", NULL };
    const struct in in = { c, pool, err };
    struct plumb_jv extends = plumb_jv_member(v, "extends");
    struct plumb_jv controls = plumb_jv_member(v, "controls");
    const char **names, *text;
    size_t n;

    PLUMB_TRY(plumb_jv_closed(v, extends.json != NULL ? extending : own, err));
    PLUMB_TRY(plumb_names_of(&controls, pool, CONTROLS_MAX, &names, &n, err));
    c->controls = pool_array(pool, plumb_profile_count() + n, sizeof *c->controls);
    if (c->controls == NULL)
        return plumb_fail_memory(err);
    if (extends.json != NULL) {
        PLUMB_TRY(plumb_jv_string(&extends, sizeof PLUMB_PROFILE, &text, err));
        if (strcmp(text, PLUMB_PROFILE) != 0)
            return plumb_jv_fail(&extends, err, PLUMB_UNSUPPORTED, "governance.controls",
                                 "want " PLUMB_PROFILE);
        for (; c->ncontrols < plumb_profile_count(); c->ncontrols++)
            c->controls[c->ncontrols] = plumb_profile_control(c->ncontrols);
    }
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv member = plumb_jv_member(&controls, names[i]);

        PLUMB_TRY(read_control(&in, &member));
    }
    if (c->ncontrols == 0 || c->ncontrols > CONTROLS_MAX)
        return plumb_jv_fail(v, err, PLUMB_INVALID, "governance.controls",
                             "makes %zu controls, want 1 to %d", c->ncontrols, CONTROLS_MAX);
    qsort(c->controls, c->ncontrols, sizeof *c->controls, by_id);
    return PLUMB_OK;
}
