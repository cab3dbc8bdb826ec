#include "client/measure.h"

#include <stdio.h>
#include <string.h>

#include "client/folder.h"
#include "client/layout.h"
#include "client/mapped.h"
#include "lib/own.h"
#include "lib/pool.h"

#define READINGS_MAX  1024 /* of all files */
#define ARTIFACTS_MAX 64
#define WITHOUT_MAX   64

_Static_assert(ARTIFACTS_MAX <= PLUMB_COVERS_MAX, "one measurement may cover them all");

struct measure {
    struct pool *pool;                             /* of paths, sets and what they cover */
    struct plumb_evidence *evidence[READINGS_MAX]; /* each has a reading at least */
    struct measured readings[READINGS_MAX];
    struct plumb_set sets[READINGS_MAX];
    struct measured_artifact artifacts[ARTIFACTS_MAX];
    const char *without[WITHOUT_MAX];
    const char *label;            /* or NULL */
    client_progress_fn *progress; /* or NULL */
    void *arg;
    size_t nevidence, nreadings, nsets, nartifacts, nwithout;
};

PLUMB_DEFINE_AUTO(auto_measure, struct measure *, measure_free);
PLUMB_DEFINE_AUTO(auto_evidence, struct plumb_evidence *, plumb_evidence_free);

enum plumb_code
measure_new(struct measure **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_measure) struct measure *m = calloc(1, sizeof *m);

    if (m != NULL)
        m->pool = pool_new();
    if (m == NULL || m->pool == NULL)
        return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(m);
    return PLUMB_OK;
}

void
measure_progress(struct measure *m, client_progress_fn *progress, void *arg)
{
    m->progress = progress;
    m->arg = arg;
}

static void
artifact_clear(struct measured_artifact *a)
{
    struct folder f = { a->files, a->nfiles, a->digest };

    folder_clear(&f);
    plumb_roots_clear(&a->roots);
}

void
measure_free(struct measure *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->nevidence; i++)
        plumb_evidence_free(m->evidence[i]);
    for (size_t i = 0; i < m->nartifacts; i++)
        artifact_clear(&m->artifacts[i]);
    pool_free(m->pool);
    free(m);
}

/* Which file it was, before where in it. */
static enum plumb_code
of_file(enum plumb_code code, const char *path, struct plumb_err *err)
{
    struct plumb_err was;

    if (code == PLUMB_OK || code == PLUMB_NO_MEMORY || err == NULL ||
        strncmp(err->where, path, strlen(path)) == 0)
        return code;
    was = *err;
    return plumb_fail(err, code, was.rule, path, "%s%s%s", was.where,
                      was.where[0] != '\0' ? ": " : "", was.msg);
}

enum plumb_code
measure_without(struct measure *m, const char *name, struct plumb_err *err)
{
    bool known = false;

    for (enum plumb_tee tee = 0; tee < PLUMB_TEE_COUNT; tee++)
        known = known || plumb_measurement_find(tee, name) != NULL;
    if (!known || m->nwithout == WITHOUT_MAX)
        return plumb_fail(err, PLUMB_INVALID, "measure.without", name,
                          "no TEE has a measurement of this name (docs/measurements.md)");
    m->without[m->nwithout] = pool_text(m->pool, name);
    if (m->without[m->nwithout] == NULL)
        return plumb_fail_memory(err);
    m->nwithout++;
    return PLUMB_OK;
}

enum plumb_code
measure_label(struct measure *m, const char *label, struct plumb_err *err)
{
    if (!plumb_name_ok(label))
        return plumb_fail(err, PLUMB_INVALID, "name.form", label,
                          "want 1 to 64 letters, digits and ._+~-");
    m->label = pool_text(m->pool, label);
    return m->label != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

static bool
unwanted(const struct measure *m, const char *name)
{
    for (size_t i = 0; i < m->nwithout; i++)
        if (strcmp(m->without[i], name) == 0)
            return true;
    return false;
}

/* A set of our own, which may cover something later. */
static enum plumb_code
copy_set(const struct measure *m, const struct plumb_set *from, struct plumb_set *ret,
         struct plumb_err *err)
{
    struct plumb_set set = { from->tee, m->label, NULL, 0 };
    bool tells = false;

    set.measurements = pool_array(m->pool, from->n, sizeof *set.measurements);
    if (set.measurements == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < from->n; i++) {
        if (unwanted(m, from->measurements[i].kind->name))
            continue;
        set.measurements[set.n++] = from->measurements[i];
        tells = tells || from->measurements[i].kind->role == PLUMB_ROLE_PAYLOAD;
    }
    if (from->n > 0 && !tells)
        return plumb_fail(err, PLUMB_INVALID, "measure.without", "",
                          "without these nothing says which payload runs");
    *ret = set;
    return PLUMB_OK;
}

/* The set that asks for the same, or one more. */
static enum plumb_code
place_set(struct measure *m, const struct plumb_set *from, size_t *ret, struct plumb_err *err)
{
    struct plumb_set set = { .n = 0 };

    *ret = MEASURE_NO_SET;
    if (from->n == 0)
        return PLUMB_OK;
    PLUMB_TRY(copy_set(m, from, &set, err));
    for (size_t i = 0; i < m->nsets; i++)
        if (plumb_set_eq(&m->sets[i], &set)) {
            *ret = i;
            return PLUMB_OK;
        }
    *ret = m->nsets;
    m->sets[m->nsets++] = set;
    return PLUMB_OK;
}

static enum plumb_code
add_evidence(struct measure *m, const char *path, const struct plumb_digest *digest,
             struct plumb_evidence *evidence, struct plumb_err *err)
{
    const char *name = pool_text(m->pool, path);

    if (m->nreadings + evidence->n > READINGS_MAX) {
        plumb_evidence_free(evidence);
        return plumb_fail(err, PLUMB_TOO_LARGE, "measure.size", path, "more than %d readings",
                          READINGS_MAX);
    }
    m->evidence[m->nevidence++] = evidence;
    if (name == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < evidence->n; i++) {
        struct measured r = { name, *digest, &evidence->readings[i], MEASURE_NO_SET };

        PLUMB_TRY(of_file(place_set(m, &evidence->readings[i].set, &r.set, err), path, err));
        m->readings[m->nreadings++] = r;
    }
    return PLUMB_OK;
}

static enum plumb_code
add_layout(struct measure *m, const char *path, struct plumb_err *err)
{
    PLUMB_AUTO(auto_evidence) struct plumb_evidence *evidence = NULL;
    struct plumb_digest digest;

    PLUMB_TRY(of_file(layout_read(path, &evidence, &digest, err), path, err));
    return add_evidence(m, path, &digest, PLUMB_TAKE(evidence), err);
}

static enum plumb_code
read_artifact(const struct measure *m, enum plumb_artifact kind, const char *path,
              struct measured_artifact *ret, struct plumb_err *err)
{
    PLUMB_AUTO(mapped_close) struct mapped file = { .len = 0 };
    PLUMB_AUTO(folder_clear) struct folder folder = { .n = 0 };

    ret->kind = kind;
    if (kind != PLUMB_ARTIFACT_ROOT_STORE && folder_is(path)) {
        PLUMB_TRY(of_file(folder_read(path, &folder, err), path, err));
        ret->digest = folder.digest;
        ret->nfiles = folder.n;
        ret->files = PLUMB_TAKE(folder.files);
        folder.n = 0;
        return PLUMB_OK;
    }
    PLUMB_TRY(mapped_open(path, &file, err));
    if (kind == PLUMB_ARTIFACT_ROOT_STORE) {
        PLUMB_TRY(of_file(plumb_roots_read(file.data, file.len, &ret->roots, err), path, err));
        ret->digest = ret->roots.digest;
        return PLUMB_OK;
    }
    return mapped_digest(&file, m->progress, m->arg, "measuring", &ret->digest, err);
}

static enum plumb_code
add_artifact(struct measure *m, enum plumb_artifact kind, const char *path,
             const char *covered_by, const struct measured_artifact **ret,
             struct plumb_err *err)
{
    struct measured_artifact *a = &m->artifacts[m->nartifacts];

    if (m->nartifacts == ARTIFACTS_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "measure.size", path,
                          "more than %d folders, stores and other files", ARTIFACTS_MAX);
    *a = (struct measured_artifact){ .kind = kind, .covered_by = covered_by };
    a->path = pool_text(m->pool, path);
    if (a->path == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(read_artifact(m, kind, path, a, err));
    m->nartifacts++;
    *ret = a;
    return PLUMB_OK;
}

enum plumb_code
measure_add(struct measure *m, const char *path, struct plumb_err *err)
{
    PLUMB_AUTO(mapped_close) struct mapped file = { .len = 0 };
    PLUMB_AUTO(auto_evidence) struct plumb_evidence *evidence = NULL;
    const struct measured_artifact *artifact = NULL;
    struct plumb_digest digest;
    struct plumb_err why;
    enum plumb_code code;

    if (folder_is(path))
        return layout_is(path)
                   ? add_layout(m, path, err)
                   : add_artifact(m, PLUMB_ARTIFACT_CONFIG, path, NULL, &artifact, err);
    PLUMB_TRY(mapped_open(path, &file, err));
    PLUMB_TRY(mapped_digest(&file, m->progress, m->arg, "measuring", &digest, err));
    code = plumb_evidence_read(file.data, file.len, &evidence, &why);
    if (code == PLUMB_UNSUPPORTED && strcmp(why.rule, "evidence.unknown") == 0) {
        if (plumb_is_pem(file.data, file.len))
            return add_artifact(m, PLUMB_ARTIFACT_ROOT_STORE, path, NULL, &artifact, err);
        return plumb_fail(err, code, why.rule, path,
                          "%s; if a measurement covers it, name that: "
                          "--covers MEASUREMENT:KIND=PATH",
                          why.msg);
    }
    if (code != PLUMB_OK) {
        (void)plumb_fail(err, code, why.rule, why.where, "%s", why.msg);
        return of_file(code, path, err);
    }
    return add_evidence(m, path, &digest, PLUMB_TAKE(evidence), err);
}

/* One more thing that a measurement covers. */
static enum plumb_code
cover(const struct measure *m, struct plumb_measurement *ret,
      const struct measured_artifact *artifact, struct plumb_err *err)
{
    struct plumb_cover *covers = pool_array(m->pool, (size_t)ret->ncovers + 1, sizeof *covers);

    if (covers == NULL)
        return plumb_fail_memory(err);
    if (ret->ncovers > 0)
        memcpy(covers, ret->covers, ret->ncovers * sizeof *covers);
    covers[ret->ncovers].kind = artifact->kind;
    covers[ret->ncovers].digest = artifact->digest;
    ret->covers = covers;
    ret->ncovers++;
    return PLUMB_OK;
}

static enum plumb_code
cover_in_sets(struct measure *m, const char *name, const struct measured_artifact *artifact,
              struct plumb_err *err)
{
    bool any = false;

    for (size_t i = 0; i < m->nsets; i++)
        for (size_t k = 0; k < m->sets[i].n; k++)
            if (strcmp(m->sets[i].measurements[k].kind->name, name) == 0) {
                PLUMB_TRY(cover(m, &m->sets[i].measurements[k], artifact, err));
                any = true;
            }
    if (!any)
        return plumb_fail(err, PLUMB_INVALID, "measure.covers", name,
                          "no set that was measured asks for it");
    return PLUMB_OK;
}

enum plumb_code
measure_cover(struct measure *m, const char *spec, struct plumb_err *err)
{
    const size_t name_len = strcspn(spec, ":=");
    const size_t kind_len = spec[name_len] == ':' ? strcspn(spec + name_len + 1, "=") : 0;
    const char *path = spec + name_len + 1 + kind_len;
    const struct measured_artifact *artifact = NULL;
    enum plumb_artifact kind;
    char *name, *word;

    if (name_len == 0 || kind_len == 0 || path[0] != '=' || path[1] == '\0')
        return plumb_fail(err, PLUMB_INVALID, "measure.covers", spec,
                          "want MEASUREMENT:KIND=PATH, for example "
                          "mrenclave:root-store=roots.pem");
    name = pool_bytes(m->pool, spec, name_len + 1);
    word = pool_bytes(m->pool, spec + name_len + 1, kind_len + 1);
    if (name == NULL || word == NULL)
        return plumb_fail_memory(err);
    name[name_len] = '\0';
    word[kind_len] = '\0';
    PLUMB_TRY(of_file(plumb_artifact_parse(word, &kind, err), spec, err));
    PLUMB_TRY(add_artifact(m, kind, path + 1, name, &artifact, err));
    return cover_in_sets(m, name, artifact, err);
}

const struct measured *
measure_readings(const struct measure *m, size_t *ret_n)
{
    *ret_n = m->nreadings;
    return m->readings;
}

const struct plumb_set *
measure_sets(const struct measure *m, size_t *ret_n)
{
    *ret_n = m->nsets;
    return m->sets;
}

const struct measured_artifact *
measure_artifacts(const struct measure *m, size_t *ret_n)
{
    *ret_n = m->nartifacts;
    return m->artifacts;
}
