/* OCI layouts in archives: what is read, and what is refused. */
#include "tests/t.h"

#include <plumb/evidence.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/lib/reading.h"

static struct piece piece;

static void
an_archives_images_are_told_by_their_manifests_digests(void **state)
{
    struct plumb_evidence *e;
    struct plumb_digest want;
    char hex[PLUMB_DIGEST_HEX];

    (void)state;
    make_oci(&piece, "AAB");
    e = read_piece(&piece);
    assert_int_equal(e->n, 2);
    plumb_sha256("{\"config\":{},\"layers\":[],\"n\":\"B\"}", 33, &want);
    plumb_digest_hex(&want, hex);
    assert_int_equal(e->readings[1].kind, PLUMB_EVIDENCE_OCI_IMAGE);
    assert_claim(&e->readings[1], "manifest-digest", hex);
    assert_int_equal(e->readings[1].set.n, 1);
    plumb_evidence_free(e);
}

static void
archives_that_lie_are_refused(void **state)
{
    static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";

    (void)state;
    make_oci(&piece, "A");
    *(uint8_t *)memmem(piece.data, piece.len, "\"n\":\"A\"", 7) = ' ';
    assert_piece_refused("oci.digest", &piece);

    make_oci(&piece, "A");
    piece.data[0] = 'X'; /* a name changed, its checksum not */
    assert_piece_refused("tar.form", &piece);

    piece.len = 0; /* a docker archive, a manifest that is not there, nothing at all */
    put_member(&piece, "manifest.json", '0', "[]", 2);
    end_archive(&piece);
    assert_piece_refused("tar.missing", &piece);
    make_oci(&piece, "");
    assert_piece_refused("oci.empty", &piece);
    piece.len = 0;
    put_member(&piece, "oci-layout", '0', layout, strlen(layout));
    put_member(&piece, "oci-layout", '0', layout, strlen(layout));
    end_archive(&piece);
    assert_piece_refused("tar.twice", &piece);
    piece.len = 0;
    put_member(&piece, "oci-layout", '0', "{\"imageLayoutVersion\":\"2.0.0\"}", 30);
    end_archive(&piece);
    assert_piece_refused("oci.version", &piece);
}

static void
a_name_or_size_that_stands_elsewhere_is_not_believed(void **state)
{
    static const char layout[] = "{\"imageLayoutVersion\":\"1.0.0\"}";

    (void)state;
    piece.len = 0;
    put_member(&piece, "pax", 'x', "20 path=other\n", 14);
    put_member(&piece, "oci-layout", '0', layout, strlen(layout));
    end_archive(&piece);
    assert_piece_refused("tar.missing", &piece);
    piece.len = 0;
    put_member(&piece, "pax", 'x', "11 size=10\n", 11);
    put_member(&piece, "oci-layout", '0', layout, strlen(layout));
    end_archive(&piece);
    assert_piece_refused("tar.form", &piece);
    piece.len = 0;
    put_member(&piece, "oci-layout", '2', "", 0); /* a link */
    end_archive(&piece);
    assert_piece_refused("tar.missing", &piece);
}

#define OCI_INDEX    "application/vnd.oci.image.index.v1+json"
#define OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"

/* An index that names one document so many times; the archive gets the document too. */
static char *
index_of(const char *document, const char *type, size_t times)
{
    char hex[PLUMB_DIGEST_HEX], path[128], *index = NULL;
    struct plumb_digest d;
    FILE *to;
    size_t size;

    plumb_sha256(document, strlen(document), &d);
    plumb_digest_hex(&d, hex);
    (void)snprintf(path, sizeof path, "blobs/sha256/%s", hex);
    put_member(&piece, path, '0', document, strlen(document));
    to = open_memstream(&index, &size);
    fputs("{\"manifests\":[", to);
    for (size_t i = 0; i < times; i++)
        fprintf(to, "%s{\"mediaType\":\"%s\",\"digest\":\"sha256:%s\",\"size\":%zu}",
                i > 0 ? "," : "", type, hex, strlen(document));
    fputs("]}", to);
    assert_int_equal(fclose(to), 0);
    return index;
}

static void
begin_layout(void)
{
    piece.len = 0;
    put_member(&piece, "oci-layout", '0', "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
}

static void
the_same_over_and_over_ends(void **state)
{
    char *inner, *outer;

    (void)state;
    begin_layout();
    inner = index_of("{\"config\":{},\"layers\":[]}", OCI_MANIFEST, 64);
    outer = index_of(inner, OCI_INDEX, 64);
    put_member(&piece, "index.json", '0', outer, strlen(outer));
    end_archive(&piece);
    assert_piece_refused("oci.size", &piece);
    free(inner);
    free(outer);
}

/* manifest, or the index itself where there is none */
static void
layouts_of_another_form_are_refused(void **state)
{
    static const struct {
        const char *manifest, *index;
    } cases[] = {
        { "{\"layers\":[]}", NULL },
        { "{\"config\":{}}", NULL },
        { "{\"config\":[],\"layers\":[]}", NULL },
        { NULL, "{}" },
        { NULL, "{\"manifests\":{}}" },
    };
    char *many;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *index;

        begin_layout();
        index = cases[i].manifest != NULL ? index_of(cases[i].manifest, OCI_MANIFEST, 1)
                                          : strdup(cases[i].index);
        put_member(&piece, "index.json", '0', index, strlen(index));
        end_archive(&piece);
        assert_piece_refused("oci.form", &piece);
        free(index);
    }
    begin_layout();
    many = index_of("{\"config\":{},\"layers\":[]}", OCI_MANIFEST, 65);
    put_member(&piece, "index.json", '0', many, strlen(many));
    end_archive(&piece);
    assert_piece_refused("oci.form", &piece);
    free(many);
}

static void
a_marker_that_is_too_large_is_not_read(void **state)
{
    static char marker[5000];

    (void)state;
    memset(marker, ' ', sizeof marker - 1);
    memcpy(marker, "{\"imageLayoutVersion\":\"1.0.0\"}", 30);
    piece.len = 0;
    put_member(&piece, "oci-layout", '0', marker, strlen(marker));
    put_member(&piece, "index.json", '0', "{\"manifests\":[]}", 16);
    end_archive(&piece);
    assert_piece_refused("oci.size", &piece);
}

static void
other_digests_than_sha256_are_not_believed(void **state)
{
    static const char *const digests[] = { "\"sha512:00\"", "\"\"", "7" };

    (void)state;
    for (size_t i = 0; i < sizeof digests / sizeof digests[0]; i++) {
        char index[256];

        (void)snprintf(index, sizeof index,
                       "{\"manifests\":[{\"mediaType\":\"" OCI_MANIFEST
                       "\",\"digest\":%s,\"size\":1}]}",
                       digests[i]);
        begin_layout();
        put_member(&piece, "index.json", '0', index, strlen(index));
        end_archive(&piece);
        assert_piece_refused("oci.digest", &piece);
    }
}

static void
indexes_in_indexes_end(void **state)
{
    char *index = strdup("{\"manifests\":[]}");

    (void)state;
    begin_layout();
    for (int i = 0; i < 5; i++) {
        char *outer = index_of(index, OCI_INDEX, 1);

        free(index);
        index = outer;
    }
    put_member(&piece, "index.json", '0', index, strlen(index));
    end_archive(&piece);
    assert_piece_refused("oci.depth", &piece);
    free(index);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_archives_images_are_told_by_their_manifests_digests),
        cmocka_unit_test(archives_that_lie_are_refused),
        cmocka_unit_test(a_name_or_size_that_stands_elsewhere_is_not_believed),
        cmocka_unit_test(the_same_over_and_over_ends),
        cmocka_unit_test(layouts_of_another_form_are_refused),
        cmocka_unit_test(a_marker_that_is_too_large_is_not_read),
        cmocka_unit_test(other_digests_than_sha256_are_not_believed),
        cmocka_unit_test(indexes_in_indexes_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
