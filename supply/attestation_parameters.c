/* What a build was asked for, as a list: each value by its JSON pointer (RFC 6901). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "supply/attestation_read.h"

#define NAME_MAX_BYTES 1000 /* no pattern names a longer one */

struct walk {
    const struct attestation_in *in;
    const char *but;                    /* no member of the root of this name; or NULL */
    struct attestation_parameter *list; /* NULL: they are counted */
    size_t n, bytes;
    bool cut; /* there is more than is kept */
    char name[NAME_MAX_BYTES + 1];
};

/* SLSA: what is null or empty is as if it were not there. */
static bool
is_unset(const json_t *v)
{
    return json_is_null(v) || (json_is_string(v) && json_string_length(v) == 0) ||
           (json_is_object(v) && json_object_size(v) == 0) ||
           (json_is_array(v) && json_array_size(v) == 0);
}

static enum plumb_code
keep(struct walk *w, const char *value)
{
    struct attestation_parameter *p = w->list != NULL ? &w->list[w->n] : NULL;
    size_t bytes = strlen(w->name) + strlen(value) + 2;

    if (bytes > ATTESTATION_PARAMETERS_MAX - w->bytes) {
        w->cut = true;
        return PLUMB_OK;
    }
    w->bytes += bytes;
    w->n++;
    if (p == NULL)
        return PLUMB_OK;
    p->name = pool_text(w->in->pool, w->name);
    p->value = pool_text(w->in->pool, value);
    return p->name != NULL && p->value != NULL ? PLUMB_OK : plumb_fail_memory(w->in->err);
}

static enum plumb_code
keep_leaf(struct walk *w, const json_t *v)
{
    PLUMB_AUTO(auto_free) char *text = NULL;

    if (json_is_string(v))
        return keep(w, json_string_value(v));
    text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
    return text != NULL ? keep(w, text) : plumb_fail_memory(w->in->err);
}

/* "/KEY" behind the len bytes of the name; 0: it does not fit. */
static size_t
append(struct walk *w, size_t len, const char *key)
{
    w->name[len++] = '/';
    for (; *key != '\0'; key++) {
        bool escaped = *key == '~' || *key == '/';

        if (NAME_MAX_BYTES - len < (escaped ? 2 : 1))
            return 0;
        if (escaped)
            w->name[len++] = '~';
        w->name[len++] = *key == '~' ? '0' : *key == '/' ? '1' : *key;
    }
    w->name[len] = '\0';
    return len;
}

static enum plumb_code walk(struct walk *w, const json_t *v, size_t len);

static enum plumb_code
walk_member(struct walk *w, const json_t *v, size_t len, const char *key)
{
    size_t longer = len < NAME_MAX_BYTES ? append(w, len, key) : 0;
    enum plumb_code code = PLUMB_OK;

    if (longer > 0)
        code = walk(w, v, longer);
    else
        w->cut = true;
    w->name[len] = '\0';
    return code;
}

/* No deeper than JSON is read. */
static enum plumb_code
walk(struct walk *w, const json_t *v, size_t len)
{
    const char *key;
    char number[24];
    json_t *child;
    size_t i;

    if (is_unset(v))
        return PLUMB_OK;
    if (json_is_object(v)) {
        json_object_foreach((json_t *)v, key, child)
            if (len > 0 || w->but == NULL || strcmp(key, w->but) != 0)
                PLUMB_TRY(walk_member(w, child, len, key));
        return PLUMB_OK;
    }
    if (!json_is_array(v))
        return keep_leaf(w, v);
    json_array_foreach(v, i, child) {
        (void)snprintf(number, sizeof number, "%zu", i);
        PLUMB_TRY(walk_member(w, child, len, number));
    }
    return PLUMB_OK;
}

enum plumb_code
attestation_parameters(const struct attestation_in *in, const json_t *root, const char *but)
{
    struct walk counted = { .in = in, .but = but }, kept = { .in = in, .but = but };
    struct attestation *a = in->a;

    if (root == NULL)
        return PLUMB_OK;
    PLUMB_TRY(walk(&counted, root, 0));
    kept.list = pool_array(in->pool, counted.n, sizeof *kept.list);
    if (kept.list == NULL)
        return plumb_fail_memory(in->err);
    PLUMB_TRY(walk(&kept, root, 0));
    a->u.provenance.parameters = kept.list;
    a->u.provenance.nparameters = kept.n;
    a->u.provenance.cut = kept.cut;
    return PLUMB_OK;
}
