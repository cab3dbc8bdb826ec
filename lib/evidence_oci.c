/* OCI image layouts: the digests of the images' manifests, and that their bytes have them. */
#include <stdio.h>
#include <string.h>

#include "lib/evidence.h"
#include "lib/own.h"
#include "lib/tar.h"

#define MANIFEST_MAX (4u << 20) /* the OCI distribution specification's limit */
#define LAYOUT_MAX   4096
#define DEPTH_MAX    3 /* index.json, and indexes in it */
#define FETCHES_MAX  256

struct layout {
    plumb_oci_file *file;
    void *arg;
    struct draft_evidence *e;
    unsigned fetches;
};

static const char *
text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static bool
one_of(const char *type, const char *const *types)
{
    for (; *types != NULL; types++)
        if (strcmp(type, *types) == 0)
            return true;
    return false;
}

static bool
is_index(const char *type)
{
    static const char *const types[] = {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json", NULL
    };

    return one_of(type, types);
}

static bool
is_manifest(const char *type)
{
    static const char *const types[] = { "application/vnd.oci.image.manifest.v1+json",
                                         "application/vnd.docker.distribution.manifest.v2+json",
                                         NULL };

    return one_of(type, types);
}

/* Build attestations are manifests too, of no image; and so is what refers to one. */
static bool
is_image(const json_t *descriptor)
{
    return strcmp(text_of(json_object_get(descriptor, "platform"), "os"), "unknown") != 0 &&
           json_object_get(descriptor, "artifactType") == NULL &&
           json_object_get(json_object_get(descriptor, "annotations"),
                           "vnd.docker.reference.type") == NULL;
}

static enum plumb_code
fetch(struct layout *l, const json_t *descriptor, struct plumb_bytes *ret,
      struct plumb_digest *ret_digest, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    const char *digest = text_of(descriptor, "digest");
    const json_t *size = json_object_get(descriptor, "size");
    struct plumb_digest want, got;
    char path[sizeof "blobs/sha256/" + PLUMB_DIGEST_HEX];

    if (l->fetches++ == FETCHES_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "oci.size", "", "more than %d manifests",
                          FETCHES_MAX);
    if (strncmp(digest, "sha256:", 7) != 0)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "oci.digest", "", "want a sha256 digest");
    PLUMB_TRY(plumb_digest_parse(digest + 7, "digest", &want, err));
    (void)snprintf(path, sizeof path, "blobs/sha256/%s", digest + 7);
    PLUMB_TRY(l->file(l->arg, path, MANIFEST_MAX, &bytes, err));
    plumb_sha256(bytes.data, bytes.len, &got);
    if (!plumb_digest_eq(&want, &got) || !json_is_integer(size) ||
        json_integer_value(size) != (json_int_t)bytes.len)
        return plumb_fail(err, PLUMB_INVALID, "oci.digest", path,
                          "its bytes do not have this digest and size");
    *ret = (struct plumb_bytes){ PLUMB_TAKE(bytes.data), bytes.len };
    *ret_digest = want;
    return PLUMB_OK;
}

static enum plumb_code
add_manifest(const struct layout *l, const json_t *manifest, const struct plumb_digest *digest,
             struct plumb_err *err)
{
    struct draft d;

    if (!json_is_object(json_object_get(manifest, "config")) ||
        !json_is_array(json_object_get(manifest, "layers")))
        return plumb_fail(err, PLUMB_INVALID, "oci.form", "", "no image's manifest");
    draft_begin(&d, l->e->pool, PLUMB_EVIDENCE_OCI_IMAGE, PLUMB_TEE_OCI);
    PLUMB_TRY(draft_claim(&d, "manifest-digest", digest->b, sizeof digest->b, err));
    return draft_end(&d, l->e, err);
}

static bool
seen(const struct layout *l, const struct plumb_digest *digest)
{
    for (size_t i = 0; i < l->e->n; i++)
        if (memcmp(l->e->readings[i].claims.claims[0].value, digest->b, sizeof digest->b) == 0)
            return true;
    return false;
}

static enum plumb_code
read_index(struct layout *l, const json_t *index, unsigned depth, struct plumb_err *err)
{
    const json_t *manifests = json_object_get(index, "manifests"), *descriptor;
    size_t i;

    if (!json_is_array(manifests) || json_array_size(manifests) > PLUMB_EVIDENCE_READINGS_MAX)
        return plumb_fail(err, PLUMB_INVALID, "oci.form", "manifests", "want at most %d",
                          PLUMB_EVIDENCE_READINGS_MAX);
    json_array_foreach(manifests, i, descriptor) {
        const char *type = text_of(descriptor, "mediaType");
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
        PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
        struct plumb_digest digest;

        if (is_manifest(type) ? !is_image(descriptor) : !is_index(type))
            continue;
        PLUMB_TRY(fetch(l, descriptor, &bytes, &digest, err));
        PLUMB_TRY(evidence_load_json(bytes.data, bytes.len, "oci.form", &json, err));
        if (is_manifest(type)) {
            if (!seen(l, &digest))
                PLUMB_TRY(add_manifest(l, json, &digest, err));
        } else if (depth == DEPTH_MAX) {
            return plumb_fail(err, PLUMB_INVALID, "oci.depth", "", "indexes %d deep",
                              DEPTH_MAX);
        } else {
            PLUMB_TRY(read_index(l, json, depth + 1, err));
        }
    }
    return PLUMB_OK;
}

static enum plumb_code
read_layout(plumb_oci_file *file, void *arg, struct draft_evidence *e, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes marker = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes index = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *version = NULL;
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    struct layout l = { file, arg, e, 0 };

    PLUMB_TRY(file(arg, "oci-layout", LAYOUT_MAX, &marker, err));
    PLUMB_TRY(evidence_load_json(marker.data, marker.len, "oci.form", &version, err));
    if (strcmp(text_of(version, "imageLayoutVersion"), "1.0.0") != 0)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "oci.version", "oci-layout", "want 1.0.0");
    PLUMB_TRY(file(arg, "index.json", MANIFEST_MAX, &index, err));
    PLUMB_TRY(evidence_load_json(index.data, index.len, "oci.form", &json, err));
    PLUMB_TRY(read_index(&l, json, 1, err));
    if (e->n == 0)
        return plumb_fail(err, PLUMB_INVALID, "oci.empty", "", "no image in this layout");
    return PLUMB_OK;
}

enum plumb_code
plumb_oci_read(plumb_oci_file *file, void *arg, struct plumb_evidence **ret,
               struct plumb_err *err)
{
    PLUMB_AUTO(draft_evidence_clear) struct draft_evidence e = { 0 };

    PLUMB_TRY(draft_evidence_begin(&e, err));
    PLUMB_TRY(read_layout(file, arg, &e, err));
    return draft_evidence_end(&e, ret, err);
}

struct archive {
    const uint8_t *data;
    size_t len;
};

static enum plumb_code
archived(void *arg, const char *path, size_t max, struct plumb_bytes *ret,
         struct plumb_err *err)
{
    const struct archive *a = arg;
    const uint8_t *data;
    size_t len;

    PLUMB_TRY(tar_find(a->data, a->len, path, &data, &len, err));
    if (len > max)
        return plumb_fail(err, PLUMB_TOO_LARGE, "oci.size", path, "more than %zu bytes", max);
    return plumb_bytes_copy(data, len, ret, err);
}

enum plumb_code
evidence_oci_archive(const uint8_t *data, size_t len, struct draft_evidence *e,
                     struct plumb_err *err)
{
    struct archive a = { data, len };

    return read_layout(archived, &a, e, err);
}
