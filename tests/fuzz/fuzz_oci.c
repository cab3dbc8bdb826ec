/* OCI layouts in which every digest and size is right, whatever else is not. The input is
 * several documents, a zero byte between: the first is index.json, and in all of them #0 to #9
 * become a descriptor's digest and size of the document with that number. */
#include "tests/fuzz/evidence_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DOCUMENTS_MAX 10

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct layout {
    struct plumb_bytes documents[DOCUMENTS_MAX];
    struct plumb_digest digests[DOCUMENTS_MAX];
    size_t n;
};

/* A document may name those after it, which are made already. */
static void
make_document(struct layout *l, size_t at, const uint8_t *p, size_t len)
{
    char *text = malloc(len * 128 + 1);
    size_t out = 0;

    assert(text != NULL);
    for (size_t i = 0; i < len; i++) {
        const size_t named = i + 1 < len && p[i] == '#' ? (size_t)(p[i + 1] - '0') : 0;
        char hex[PLUMB_DIGEST_HEX];

        if (named <= at || named >= l->n) {
            text[out++] = (char)p[i];
            continue;
        }
        plumb_digest_hex(&l->digests[named], hex);
        out += (size_t)sprintf(text + out, "\"digest\":\"sha256:%s\",\"size\":%zu", hex,
                               l->documents[named].len);
        i++;
    }
    assert(plumb_bytes_copy(text, out, &l->documents[at], NULL) == PLUMB_OK);
    plumb_sha256(text, out, &l->digests[at]);
    free(text);
}

static void
make_layout(struct layout *l, const uint8_t *data, size_t size)
{
    const uint8_t *begins[DOCUMENTS_MAX + 1] = { data };

    for (l->n = 1; l->n < DOCUMENTS_MAX; l->n++) {
        const uint8_t *from = begins[l->n - 1];
        const uint8_t *end = memchr(from, 0, size - (size_t)(from - data));

        if (end == NULL)
            break;
        begins[l->n] = end + 1;
    }
    begins[l->n] = data + size + 1;
    for (size_t i = l->n; i-- > 0;)
        make_document(l, i, begins[i], (size_t)(begins[i + 1] - begins[i]) - 1);
}

static enum plumb_code
layout_file(void *arg, const char *path, size_t max, struct plumb_bytes *ret,
            struct plumb_err *err)
{
    static const char marker[] = "{\"imageLayoutVersion\":\"1.0.0\"}";
    const struct layout *l = arg;
    size_t i = 0;

    if (strcmp(path, "oci-layout") == 0)
        return plumb_bytes_copy(marker, strlen(marker), ret, err);
    for (; i < l->n && strcmp(path, "index.json") != 0; i++) {
        char hex[PLUMB_DIGEST_HEX];

        plumb_digest_hex(&l->digests[i], hex);
        if (strncmp(path, "blobs/sha256/", 13) == 0 && strcmp(path + 13, hex) == 0)
            break;
    }
    if (i == l->n || l->documents[i].len > max)
        return plumb_fail(err, PLUMB_NOT_FOUND, "file.open", path, "not there");
    return plumb_bytes_copy(l->documents[i].data, l->documents[i].len, ret, err);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct layout l = { .n = 0 };
    struct plumb_evidence *e = NULL;
    struct plumb_err err = { 0 };

    if (size > 1u << 16)
        return 0;
    make_layout(&l, data, size);
    if (plumb_oci_read(layout_file, &l, &e, &err) == PLUMB_OK) {
        check_evidence(e, size);
        plumb_evidence_free(e);
    } else {
        assert(e == NULL && err.rule[0] != '\0');
    }
    for (size_t i = 0; i < l.n; i++)
        plumb_bytes_clear(&l.documents[i]);
    return 0;
}
