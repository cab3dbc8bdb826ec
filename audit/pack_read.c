#include "audit/pack_read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"

#define MANIFEST_MAX (64u << 20)
#define LINE_MAX_LEN (PLUMB_ENTRY_MAX + PLUMB_PROOF_MAX * 48 + 64)

PLUMB_DEFINE_AUTO(auto_pack, struct pack *, pack_free);

void
pack_free(struct pack *p)
{
    if (p == NULL)
        return;
    archive_clear(&p->archive);
    json_decref(p->manifest);
    free(p->used);
    free(p);
}

static int
by_name(const void *key, const void *file)
{
    return strcmp(key, ((const struct archive_file *)file)->name);
}

const struct archive_file *
pack_file(const struct pack *p, const char *name)
{
    return bsearch(name, p->archive.files, p->archive.n, sizeof *p->archive.files, by_name);
}

/* --- the manifest --- */

static bool
is_pack_name(const char *name)
{
    static const char *const names[] = { PACK_CHECKPOINT, PACK_CONTROLS, PACK_ENTRIES,
                                         PACK_MANIFEST,   PACK_REPORT,   PACK_SUMMARY };
    struct plumb_digest digest;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return strncmp(name, "blobs/", 6) == 0 &&
           plumb_digest_parse(name + 6, "", &digest, NULL) == PLUMB_OK;
}

static enum plumb_code
no_manifest(const char *where, const char *why, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "pack.manifest", where, "%s", why);
}

static enum plumb_code
check_file(const struct archive_file *f, const struct plumb_jv *listed, struct plumb_err *err)
{
    static const char *const members[] = { "name", "sha256", "size", NULL };
    struct plumb_jv name = plumb_jv_member(listed, "name"),
                    sha256 = plumb_jv_member(listed, "sha256"),
                    size = plumb_jv_member(listed, "size");
    struct plumb_digest digest, got;
    const char *text;
    int64_t len;

    PLUMB_TRY(plumb_jv_closed(listed, members, err));
    PLUMB_TRY(plumb_jv_string(&name, ARCHIVE_NAME, &text, err));
    PLUMB_TRY(plumb_jv_digest(&sha256, &digest, err));
    PLUMB_TRY(plumb_jv_int(&size, 0, INT64_C(1) << 53, &len, err));
    if (strcmp(text, f->name) != 0)
        return no_manifest(f->name, "the manifest names another file in its place", err);
    plumb_sha256(f->data, f->len, &got);
    if ((uint64_t)len != f->len || !plumb_digest_eq(&got, &digest))
        return no_manifest(f->name, "it is not the file that the manifest names", err);
    if (strncmp(f->name, "blobs/", 6) == 0) {
        struct plumb_digest own;

        PLUMB_TRY(plumb_digest_parse(f->name + 6, f->name, &own, err));
        if (!plumb_digest_eq(&own, &got))
            return plumb_fail(err, PLUMB_INVALID, "pack.blob", f->name,
                              "its bytes have another digest than its name says");
    }
    return PLUMB_OK;
}

/* Both ascend: what is in one only leaves them out of step. */
static enum plumb_code
check_files(const struct pack *p, const struct plumb_jv *files, struct plumb_err *err)
{
    size_t n, k = 0;

    PLUMB_TRY(plumb_jv_array(files, 0, SIZE_MAX, &n, err));
    for (size_t i = 0; i < p->archive.n; i++) {
        const struct archive_file *f = &p->archive.files[i];
        struct plumb_jv listed;

        if (!is_pack_name(f->name))
            return plumb_fail(err, PLUMB_INVALID, "pack.name", f->name,
                              "a pack has no such file");
        if (strcmp(f->name, PACK_MANIFEST) == 0)
            continue;
        if (k == n)
            return no_manifest(f->name, "the manifest does not name it", err);
        listed = plumb_jv_element(files, k++);
        PLUMB_TRY(check_file(f, &listed, err));
    }
    return k == n ? PLUMB_OK
                  : no_manifest(PACK_MANIFEST, "it names files that are not there", err);
}

static enum plumb_code
read_manifest(struct pack *p, struct plumb_err *err)
{
    static const char *const members[] = { "files",  "genesis", "payload", "release",
                                           "schema", "version", NULL };
    const struct archive_file *f = pack_file(p, PACK_MANIFEST);
    struct plumb_jv root, schema, payload, version, release, genesis, files;
    const char *text;

    if (f == NULL)
        return no_manifest(PACK_MANIFEST, "there is none", err);
    PLUMB_TRY(plumb_json_load_canonical(f->data, f->len, MANIFEST_MAX, &p->manifest, err));
    root = plumb_jv_root(p->manifest, "manifest");
    schema = plumb_jv_member(&root, "schema");
    payload = plumb_jv_member(&root, "payload");
    version = plumb_jv_member(&root, "version");
    release = plumb_jv_member(&root, "release");
    genesis = plumb_jv_member(&root, "genesis");
    files = plumb_jv_member(&root, "files");
    PLUMB_TRY(plumb_jv_closed(&root, members, err));
    PLUMB_TRY(plumb_jv_string(&schema, 64, &text, err));
    if (strcmp(text, PACK_SCHEMA) != 0)
        return no_manifest("manifest.schema", "want " PACK_SCHEMA, err);
    PLUMB_TRY(plumb_jv_name(&payload, &p->payload, err));
    PLUMB_TRY(plumb_jv_name(&version, &p->version, err));
    PLUMB_TRY(plumb_jv_digest(&release, &p->release, err));
    PLUMB_TRY(plumb_jv_digest(&genesis, &p->genesis, err));
    PLUMB_TRY(check_files(p, &files, err));
    if (pack_file(p, PACK_CHECKPOINT) == NULL || pack_file(p, PACK_ENTRIES) == NULL)
        return no_manifest(PACK_MANIFEST, "it has no checkpoint, or no entries", err);
    return PLUMB_OK;
}

enum plumb_code
pack_open(const void *data, size_t len, size_t limit, struct pack **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_pack) struct pack *p = calloc(1, sizeof *p);

    if (p == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(archive_read(data, len, limit, &p->archive, err));
    p->used = calloc(p->archive.n + 1, sizeof *p->used);
    if (p->used == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(read_manifest(p, err));
    *ret = PLUMB_TAKE(p);
    return PLUMB_OK;
}

/* --- as a source --- */

static enum plumb_code
give_checkpoint(void *self, struct plumb_bytes *ret, struct plumb_err *err)
{
    const struct archive_file *f = pack_file(self, PACK_CHECKPOINT);

    return plumb_bytes_copy(f->data, f->len, ret, err);
}

static enum plumb_code
give_blob(void *self, const struct plumb_digest *digest, struct plumb_bytes *ret,
          struct plumb_err *err)
{
    struct pack *p = self;
    const struct archive_file *f;
    char name[ARCHIVE_NAME], hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(digest, hex);
    (void)snprintf(name, sizeof name, "blobs/%s", hex);
    f = pack_file(p, name);
    if (f == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "blob.absent", name,
                          "the pack has no such blob");
    p->used[f - p->archive.files] = true;
    return plumb_bytes_copy(f->data, f->len, ret, err);
}

struct audit_source
pack_source(struct pack *p)
{
    return (struct audit_source){ .self = p, .checkpoint = give_checkpoint, .blob = give_blob };
}

/* --- entries --- */

static enum plumb_code
read_line(const char *line, size_t len, struct pack_entry *ret, struct plumb_err *err)
{
    static const char *const members[] = { "entry", "index", "proof", NULL };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct plumb_jv root, index, proof, entry;
    int64_t at;

    PLUMB_TRY(plumb_json_load_canonical(line, len, LINE_MAX_LEN, &json, err));
    root = plumb_jv_root(json, "line");
    index = plumb_jv_member(&root, "index");
    proof = plumb_jv_member(&root, "proof");
    entry = plumb_jv_member(&root, "entry");
    PLUMB_TRY(plumb_jv_closed(&root, members, err));
    PLUMB_TRY(plumb_jv_int(&index, 0, INT64_C(1) << 53, &at, err));
    PLUMB_TRY(plumb_jv_object(&entry, err));
    PLUMB_TRY(plumb_jv_array(&proof, 0, PLUMB_PROOF_MAX, &ret->n, err));
    for (size_t i = 0; i < ret->n; i++) {
        struct plumb_jv hash = plumb_jv_element(&proof, i);
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };

        PLUMB_TRY(plumb_jv_base64(&hash, PLUMB_DIGEST_LEN, &bytes, err));
        if (bytes.len != PLUMB_DIGEST_LEN)
            return plumb_jv_fail(&hash, err, PLUMB_INVALID, "pack.entries", "want a hash");
        memcpy(ret->proof[i].b, bytes.data, bytes.len);
    }
    ret->index = (uint64_t)at;
    return plumb_json_canonical(entry.json, &ret->bytes, err);
}

enum plumb_code
pack_entry_read(const struct archive_file *f, size_t *at, size_t line, struct pack_entry *ret,
                struct plumb_err *err)
{
    const char *begin = (const char *)f->data + *at;
    const char *end = memchr(begin, '\n', f->len - *at);
    struct pack_entry e = { .n = 0 };
    struct plumb_err why = { 0 };
    char where[48];
    enum plumb_code code;

    (void)snprintf(where, sizeof where, PACK_ENTRIES ":%zu", line);
    if (end == NULL)
        return plumb_fail(err, PLUMB_INVALID, "pack.entries", where,
                          "every line ends with a line feed");
    code = read_line(begin, (size_t)(end - begin), &e, &why);
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (code != PLUMB_OK)
        return plumb_fail(err, code, "pack.entries", where, "[%s] %s: %s", why.rule, why.where,
                          why.msg);
    *at += (size_t)(end - begin) + 1;
    *ret = e;
    return PLUMB_OK;
}

enum plumb_code
pack_entry_line(const struct pack_entry *e, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *line = NULL;
    json_t *proof = json_array();

    for (size_t i = 0; i < e->n; i++) {
        PLUMB_AUTO(auto_free) char *text = NULL;
        enum plumb_code code = plumb_base64(e->proof[i].b, PLUMB_DIGEST_LEN, &text, err);

        if (code != PLUMB_OK || json_array_append_new(proof, json_string(text)) != 0) {
            json_decref(proof);
            return code != PLUMB_OK ? code : plumb_fail_memory(err);
        }
    }
    line = json_pack("{s:o, s:I, s:o}", "entry",
                     json_loadb((const char *)e->bytes.data, e->bytes.len, 0, NULL), "index",
                     (json_int_t)e->index, "proof", proof);
    return plumb_json_canonical(line, ret, err);
}
