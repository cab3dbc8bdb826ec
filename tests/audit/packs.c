#include "tests/audit/packs.h"

#include <stdlib.h>
#include <string.h>

#include "audit/report.h"
#include "tests/t.h"

/* Nobody signs but the log's key: so the keys of governance are the only policy. */
static struct pack_making
making_of(struct log *l, const struct audit_source *source, const char *version)
{
    return (struct pack_making){ .source = source,
                                 .trust.genesis = l->genesis,
                                 .payload = "web",
                                 .version = version,
                                 .limit = PACK_LIMIT };
}

struct plumb_bytes
packs_make(struct log *l, const char *version)
{
    const struct audit_source source = log_source(l);
    const struct pack_making making = making_of(l, &source, version);
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err = { 0 };
    json_t *report = NULL;

    assert_ok(pack_make(&making, &bytes, &report, &err), &err);
    assert_true(json_is_true(json_object_get(report, "holds")));
    json_decref(report);
    return bytes;
}

const char *
packs_refused(struct log *l, const char *version, struct plumb_err *err)
{
    const struct audit_source source = log_source(l);
    const struct pack_making making = making_of(l, &source, version);
    struct plumb_bytes bytes = { 0 };
    json_t *report = NULL;

    assert_int_not_equal(pack_make(&making, &bytes, &report, err), PLUMB_OK);
    return err->rule;
}

/* --- apart and together --- */

static uint8_t *
copy_of(const void *data, size_t len)
{
    uint8_t *copy = malloc(len + 1);

    assert_non_null(copy);
    memcpy(copy, data, len);
    copy[len] = 0;
    return copy;
}

void
packs_take(struct packs *p, const struct plumb_bytes *bytes)
{
    struct archive a = { .n = 0 };
    struct plumb_err err = { 0 };

    *p = (struct packs){ .n = 0 };
    assert_ok(archive_read(bytes->data, bytes->len, PACK_LIMIT, &a, &err), &err);
    p->files = calloc(a.n + 4, sizeof *p->files);
    assert_non_null(p->files);
    for (size_t i = 0; i < a.n; i++) {
        if (strcmp(a.files[i].name, PACK_MANIFEST) == 0) {
            p->manifest = json_loadb((const char *)a.files[i].data, a.files[i].len, 0, NULL);
            continue;
        }
        p->files[p->n] = a.files[i];
        p->files[p->n++].data = copy_of(a.files[i].data, a.files[i].len);
    }
    assert_non_null(p->manifest);
    archive_clear(&a);
}

void
packs_clear(struct packs *p)
{
    for (size_t i = 0; i < p->n; i++)
        free((void *)p->files[i].data);
    free(p->files);
    json_decref(p->manifest);
}

struct archive_file *
packs_file(struct packs *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++)
        if (strcmp(p->files[i].name, name) == 0)
            return &p->files[i];
    return NULL;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const struct archive_file *)a)->name,
                  ((const struct archive_file *)b)->name);
}

void
packs_put(struct packs *p, const char *name, const void *bytes, size_t len)
{
    struct archive_file *f = packs_file(p, name);

    if (bytes == NULL) {
        assert_non_null(f);
        free((void *)f->data);
        *f = p->files[--p->n];
    } else if (f != NULL) {
        uint8_t *copy = copy_of(bytes, len);

        free((void *)f->data);
        f->data = copy;
        f->len = len;
    } else {
        p->files[p->n] = (struct archive_file){ .data = copy_of(bytes, len), .len = len };
        strcpy(p->files[p->n++].name, name);
    }
    qsort(p->files, p->n, sizeof *p->files, by_name);
}

struct plumb_bytes
packs_write(const struct packs *p)
{
    struct archive_file *files = calloc(p->n + 1, sizeof *files);
    struct plumb_bytes manifest = { 0 }, bytes = { 0 };
    json_t *list = json_array();
    struct plumb_err err = { 0 };

    assert_non_null(files);
    memcpy(files, p->files, p->n * sizeof *files);
    for (size_t i = 0; i < p->n; i++) {
        struct plumb_digest digest;

        plumb_sha256(files[i].data, files[i].len, &digest);
        json_array_append_new(list,
                              json_pack("{s:s, s:o, s:I}", "name", files[i].name, "sha256",
                                        make_hex(&digest), "size", (json_int_t)files[i].len));
    }
    json_object_set_new(p->manifest, "files", list);
    assert_ok(plumb_json_canonical(p->manifest, &manifest, &err), &err);
    files[p->n] = (struct archive_file){ .data = manifest.data, .len = manifest.len };
    strcpy(files[p->n].name, PACK_MANIFEST);
    qsort(files, p->n + 1, sizeof *files, by_name);
    assert_ok(archive_write(files, p->n + 1, &bytes, &err), &err);
    plumb_bytes_clear(&manifest);
    free(files);
    return bytes;
}

/* --- audits --- */

json_t *
packs_audit(const struct log *l, const struct plumb_bytes *bytes)
{
    const struct pack_trust trust = { .genesis = l->genesis };
    struct pack *pack = NULL;
    struct plumb_err err = { 0 };
    json_t *report = NULL;

    assert_ok(pack_open(bytes->data, bytes->len, PACK_LIMIT, &pack, &err), &err);
    assert_ok(pack_audit(pack, &trust, &report, &err), &err);
    pack_free(pack);
    return report;
}

void
packs_finds(const struct log *l, const struct packs *p, const char *rule, uint64_t index)
{
    struct plumb_bytes bytes = packs_write(p);
    json_t *report = packs_audit(l, &bytes), *finding, *entry;
    bool found = false;
    size_t i;

    json_array_foreach(json_object_get(report, "findings"), i, finding) {
        entry = json_object_get(finding, "entry");
        found = found || (strcmp(report_text(finding, "rule"), rule) == 0 &&
                          (entry == NULL ? index == AUDIT_NO_ENTRY
                                         : (uint64_t)json_integer_value(entry) == index));
    }
    if (!found) {
        char *text = json_dumps(json_object_get(report, "findings"), JSON_INDENT(1));

        print_message("%s\n", text);
        free(text);
        fail_msg("want [%s] at %lld", rule, (long long)index);
    }
    assert_false(json_is_true(json_object_get(report, "holds")));
    json_decref(report);
    plumb_bytes_clear(&bytes);
}
