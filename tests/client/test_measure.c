/* Files measured for a release: sets, where they come from, what they cover, and what must be
 * asked for. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/folder.h"
#include "client/measure.h"
#include "client/store.h"
#include "lib/own.h"
#include "tests/client/run.h"
#include "tests/pieces.h"
#include "tests/scarce.h"

static struct piece piece;

PLUMB_DEFINE_AUTO(auto_measure, struct measure *, measure_free);

static const char *
write_bytes(const char *name, const void *data, size_t len)
{
    const char *path = in(name);
    struct plumb_err err = { 0 };

    assert_ok(store_replace(path, data, len, false, &err), &err);
    return path;
}

static const char *
write_piece(const char *name)
{
    return write_bytes(name, piece.data, piece.len);
}

static const char *
quote(const char *name)
{
    make_quote(&piece, 3, 1);
    return write_piece(name);
}

static const char *
roots(const char *name)
{
    piece.len = 0;
    put_certificate(&piece, "One");
    put_certificate(&piece, "Two");
    return write_piece(name);
}

static struct measure *
begin(void)
{
    struct measure *m = NULL;
    struct plumb_err err = { 0 };

    assert_ok(measure_new(&m, &err), &err);
    return m;
}

static void
add(struct measure *m, const char *path)
{
    struct plumb_err err = { 0 };

    assert_ok(measure_add(m, path, &err), &err);
}

/* The document's sets; the caller frees both. */
static struct plumb_sets *
document(const struct measure *m, unsigned allowed, json_t **ret_source)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    struct plumb_sets *sets = NULL;
    struct plumb_err err = { 0 };

    assert_ok(measure_document(m, allowed, &bytes, ret_source, &err), &err);
    assert_ok(plumb_refvals_parse(bytes.data, bytes.len, &sets, &err), &err);
    return sets;
}

static void
refuse_document(const char *rule, const struct measure *m, unsigned allowed)
{
    struct plumb_bytes bytes = { NULL, 0 };
    struct plumb_err err = { 0 };
    json_t *source = NULL;

    assert_refused(rule, measure_document(m, allowed, &bytes, &source, &err), &err);
    assert_null(bytes.data);
    assert_null(source);
}

static const char *
text_of(json_t *array, size_t i, const char *key)
{
    return json_string_value(json_object_get(json_array_get(array, i), key));
}

static void
each_set_is_there_once_and_says_which_file_it_was_read_of(void **state)
{
    PLUMB_AUTO(auto_measure) struct measure *m = begin();
    PLUMB_AUTO(plumb_json_auto) json_t *source = NULL;
    struct plumb_sets *sets;
    const struct measured *readings;
    char hex[PLUMB_DIGEST_HEX];
    size_t n;

    (void)state;
    make_report(&piece, 3);
    add(m, write_piece("report"));
    add(m, quote("quote"));
    add(m, quote("again"));
    readings = measure_readings(m, &n);
    assert_int_equal(n, 3);
    assert_int_equal(readings[0].set, 0);
    assert_int_equal(readings[1].set, 1);
    assert_int_equal(readings[2].set, 1);
    sets = document(m, 0, &source);
    assert_int_equal(sets->n, 2);
    assert_int_equal(sets->sets[1].tee, PLUMB_TEE_SGX);
    assert_int_equal(json_array_size(source), 2);
    plumb_digest_hex(&readings[1].digest, hex);
    assert_string_equal(text_of(source, 1, "digest"), hex);
    assert_string_equal(text_of(source, 1, "kind"), "sgx-quote");
    assert_true(json_is_false(json_object_get(json_array_get(source, 1), "verified")));
    plumb_sets_free(sets);
}

static void
what_should_never_be_approved_must_be_asked_for(void **state)
{
    static const struct {
        uint64_t flags, mask;
        const char *rule;
        unsigned allowed;
    } cases[] = {
        { 6, UINT64_C(0xffffffffffffffff), "measure.debug", 1u << PLUMB_WARNING_DEBUG },
        { 4, UINT64_C(0xfffffffffffffffd), "measure.debug-free",
          1u << PLUMB_WARNING_DEBUG_FREE },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PLUMB_AUTO(auto_measure) struct measure *m = begin();
        PLUMB_AUTO(plumb_json_auto) json_t *source = NULL;

        piece.len = 0;
        make_sigstruct(&piece, cases[i].flags, cases[i].mask);
        add(m, write_piece("sigstruct"));
        refuse_document(cases[i].rule, m, 0);
        refuse_document(cases[i].rule, m, ~cases[i].allowed);
        plumb_sets_free(document(m, cases[i].allowed, &source));
    }
}

/* Its signature is not looked at, so this one may say that it is the samples'. */
static void
the_samples_signer_must_be_asked_for(void **state)
{
    static const uint8_t sample[] = { 0x83, 0xd7, 0x19, 0xe7, 0x7d, 0xea, 0xca, 0x14,
                                      0x70, 0xf6, 0xba, 0xf6, 0x2a, 0x4d, 0x77, 0x43,
                                      0x03, 0xc8, 0x99, 0xdb, 0x69, 0x02, 0x0f, 0x9c,
                                      0x70, 0xee, 0x1d, 0xfc, 0x08, 0xc7, 0xce, 0x9e };
    PLUMB_AUTO(auto_measure) struct measure *m = begin();
    PLUMB_AUTO(plumb_json_auto) json_t *source = NULL;

    (void)state;
    make_quote(&piece, 3, 1);
    memcpy(piece.data + 48 + 128, sample, sizeof sample);
    add(m, write_piece("sample"));
    refuse_document("measure.sample-signer", m, 0);
    plumb_sets_free(document(m, 1u << PLUMB_WARNING_SAMPLE_SIGNER, &source));
}

static void
nothing_can_be_released_of_a_nitro_enclave_in_debug_mode(void **state)
{
    PLUMB_AUTO(auto_measure) struct measure *m = begin();

    (void)state;
    make_nitro(&piece, 0, 0, 0);
    add(m, write_piece("document"));
    refuse_document("measure.debug", m, 0);
    refuse_document("measure.empty", m, 1u << PLUMB_WARNING_DEBUG);
    add(m, quote("quote")); /* nor beside another */
    refuse_document("measure.empty", m, 1u << PLUMB_WARNING_DEBUG);
}

static void
words_of_warnings_are_read_back(void **state)
{
    struct plumb_err err = { 0 };
    enum plumb_warning got;

    (void)state;
    for (enum plumb_warning w = 0; w < PLUMB_WARNING_COUNT; w++) {
        assert_ok(measure_warning(plumb_warning_word(w), &got, &err), &err);
        assert_int_equal(got, w);
    }
    assert_refused("measure.warning", measure_warning("all", &got, &err), &err);
}

static void
a_measurement_covers_what_it_is_told_to(void **state)
{
    PLUMB_AUTO(auto_measure) struct measure *m = begin();
    PLUMB_AUTO(plumb_json_auto) json_t *source = NULL;
    PLUMB_AUTO(auto_free) char *spec = NULL;
    const struct measured_artifact *artifacts;
    const struct plumb_measurement *found = NULL;
    struct plumb_err err = { 0 };
    struct plumb_sets *sets;
    struct plumb_digest want;
    size_t n;

    (void)state;
    add(m, quote("quote"));
    assert_true(asprintf(&spec, "mrenclave:root-store=%s", roots("roots.pem")) > 0);
    assert_ok(measure_cover(m, spec, &err), &err);
    free(spec);
    assert_true(asprintf(&spec, "mrenclave:crypto-policy=%s",
                         write_bytes("tls.conf", "TLS 1.3 only\n", 13)) > 0);
    assert_ok(measure_cover(m, spec, &err), &err);

    artifacts = measure_artifacts(m, &n);
    assert_int_equal(n, 2);
    assert_int_equal(artifacts[0].roots.n, 2);
    assert_string_equal(artifacts[0].covered_by, "mrenclave");
    sets = document(m, 0, &source);
    for (size_t i = 0; i < sets->sets[0].n; i++)
        if (sets->sets[0].measurements[i].ncovers > 0) {
            assert_null(found);
            found = &sets->sets[0].measurements[i];
        }
    assert_string_equal(found->kind->name, "mrenclave");
    assert_int_equal(found->ncovers, 2);
    assert_int_equal(found->covers[0].kind, PLUMB_ARTIFACT_ROOT_STORE);
    assert_true(plumb_digest_eq(&found->covers[0].digest, &artifacts[0].roots.digest));
    plumb_sha256("TLS 1.3 only\n", 13, &want);
    assert_int_equal(found->covers[1].kind, PLUMB_ARTIFACT_CRYPTO_POLICY);
    assert_true(plumb_digest_eq(&found->covers[1].digest, &want));
    plumb_sets_free(sets);
}

static void
what_covers_nothing_is_refused(void **state)
{
    static const struct {
        const char *spec, *rule;
    } cases[] = {
        { "", "measure.covers" },
        { "mrenclave", "measure.covers" },
        { "mrenclave=x", "measure.covers" },
        { "mrenclave:config", "measure.covers" },
        { "mrenclave:config=", "measure.covers" },
        { ":config=/dev/null", "measure.covers" },
        { "mrenclave:=/dev/null", "measure.covers" },
        { "mrenclave:roots=/dev/null", "artifact.kind" },
        { "mrtd:config=/dev/null", "measure.covers" },
        { "mrenclave:config=/nowhere/at/all", "file.open" },
        { "mrenclave:root-store=/dev/null", "roots.empty" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        PLUMB_AUTO(auto_measure) struct measure *m = begin();
        struct plumb_err err = { 0 };

        add(m, quote("quote"));
        assert_refused(cases[i].rule, measure_cover(m, cases[i].spec, &err), &err);
    }
}

/* A folder with two files, one of them in a folder. */
static const char *
folder(void)
{
    const char *path = in("folder");

    assert_true(mkdir(path, 0777) == 0);
    assert_true(mkdir(in("folder/a"), 0777) == 0);
    (void)write_bytes("folder/a/deep", "1", 1);
    (void)write_bytes("folder/z", "", 0);
    return path;
}

static void
a_store_or_folder_by_itself_is_known_but_nothing_to_release(void **state)
{
    PLUMB_AUTO(auto_measure) struct measure *m = begin();
    const struct measured_artifact *artifacts;
    struct plumb_digest want;
    char text[2 * 128], one[PLUMB_DIGEST_HEX], none[PLUMB_DIGEST_HEX];
    size_t n;

    (void)state;
    add(m, roots("roots.pem"));
    add(m, folder());
    artifacts = measure_artifacts(m, &n);
    assert_int_equal(n, 2);
    assert_int_equal(artifacts[0].kind, PLUMB_ARTIFACT_ROOT_STORE);
    assert_int_equal(artifacts[0].roots.n, 2);
    assert_int_equal(artifacts[1].kind, PLUMB_ARTIFACT_CONFIG);
    assert_int_equal(artifacts[1].nfiles, 2);
    assert_string_equal(artifacts[1].files[0].path, "a/deep");
    plumb_sha256("1", 1, &want);
    plumb_digest_hex(&want, one);
    plumb_sha256("", 0, &want);
    plumb_digest_hex(&want, none);
    (void)snprintf(text, sizeof text, "%s  a/deep\n%s  z\n", one, none);
    plumb_sha256(text, strlen(text), &want);
    assert_true(plumb_digest_eq(&artifacts[1].digest, &want));
    refuse_document("measure.empty", m, 0);
    add(m, quote("quote"));
    refuse_document("measure.covers", m, 0);
}

static void
a_folder_with_a_link_in_it_is_refused(void **state)
{
    PLUMB_AUTO(auto_measure) struct measure *m = begin();
    struct plumb_err err = { 0 };

    (void)state;
    assert_true(mkdir(in("linked"), 0777) == 0);
    assert_true(symlink("/etc/passwd", in("linked/passwd")) == 0);
    assert_refused("folder.link", measure_add(m, in("linked"), &err), &err);
}

static void
a_folder_that_cannot_be_read_is_refused(void **state)
{
    struct folder f = { .n = 0 };
    struct plumb_err err = { 0 };
    char path[5000];

    (void)state;
    assert_refused("file.open", folder_read(in("nowhere"), &f, &err), &err);
    memset(path, 'd', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_refused("folder.depth", folder_read(path, &f, &err), &err);
    assert_null(f.files);
}

static bool
stop(void *arg, const char *what, uint64_t done, uint64_t total)
{
    (void)what;
    assert_int_equal(done, total); /* it is small */
    ++*(size_t *)arg;
    return false;
}

static void
who_watches_may_stop_it(void **state)
{
    PLUMB_AUTO(auto_measure) struct measure *m = begin();
    struct plumb_err err = { 0 };
    size_t called = 0;

    (void)state;
    measure_progress(m, stop, &called);
    assert_refused("client.stopped", measure_add(m, quote("quote"), &err), &err);
    assert_int_equal(called, 1);
}

static void
folders_and_lists_of_files_end(void **state)
{
    PLUMB_AUTO(auto_measure) struct measure *m = begin();
    PLUMB_AUTO(auto_measure) struct measure *many = begin();
    struct plumb_err err = { 0 };
    char path[4096];
    size_t at = (size_t)snprintf(path, sizeof path, "%s", in("deep"));

    (void)state;
    for (int i = 0; i < 80; i++) {
        assert_int_equal(0, mkdir(path, 0777));
        at += (size_t)snprintf(path + at, sizeof path - at, "/d");
    }
    assert_refused("folder.depth", measure_add(m, in("deep"), &err), &err);

    (void)roots("roots.pem");
    for (int i = 0; i < 64; i++)
        add(many, in("roots.pem"));
    assert_refused("measure.size", measure_add(many, in("roots.pem"), &err), &err);
}

static void
a_layouts_folder_says_what_its_archive_says(void **state)
{
    PLUMB_AUTO(auto_measure) struct measure *m = begin();
    PLUMB_AUTO(plumb_json_auto) json_t *source = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes index = { NULL, 0 };
    struct plumb_digest digest = make_layout(in("image"));
    char blob[128] = "image/blobs/sha256/", hex[PLUMB_DIGEST_HEX];
    struct plumb_err err = { 0 };
    struct plumb_sets *sets;

    (void)state;
    plumb_digest_hex(&digest, blob + strlen(blob));
    add(m, in("image"));
    sets = document(m, 0, &source);
    assert_int_equal(sets->sets[0].tee, PLUMB_TEE_OCI);
    assert_memory_equal(sets->sets[0].measurements[0].value, digest.b, sizeof digest.b);
    assert_ok(store_read(in("image/index.json"), 4096, &index, &err), &err);
    plumb_sha256(index.data, index.len, &digest);
    plumb_digest_hex(&digest, hex);
    assert_string_equal(text_of(source, 0, "digest"), hex);
    plumb_sets_free(sets);

    (void)write_bytes(blob, "{\"config\":{},\"layers\":[] }", 26);
    assert_refused("oci.digest", measure_add(m, in("image"), &err), &err);
}

static void
what_is_not_wanted_is_left_out_but_never_the_payload(void **state)
{
    PLUMB_AUTO(auto_measure) struct measure *m = begin();
    PLUMB_AUTO(auto_measure) struct measure *none = begin();
    PLUMB_AUTO(plumb_json_auto) json_t *source = NULL;
    struct plumb_err err = { 0 };
    struct plumb_sets *sets;

    (void)state;
    assert_refused("measure.without", measure_without(m, "mrenclaves", &err), &err);
    assert_ok(measure_without(m, "mrsigner", &err), &err);
    add(m, quote("quote"));
    sets = document(m, 0, &source);
    for (size_t i = 0; i < sets->sets[0].n; i++)
        assert_string_not_equal(sets->sets[0].measurements[i].kind->name, "mrsigner");
    plumb_sets_free(sets);
    assert_ok(measure_without(none, "mrenclave", &err), &err);
    assert_refused("measure.without", measure_add(none, in("quote"), &err), &err);
}

static void
sets_are_called_what_somebody_calls_them(void **state)
{
    PLUMB_AUTO(auto_measure) struct measure *m = begin();
    PLUMB_AUTO(plumb_json_auto) json_t *source = NULL;
    struct plumb_err err = { 0 };
    struct plumb_sets *sets;

    (void)state;
    assert_refused("name.form", measure_label(m, "two words", &err), &err);
    assert_ok(measure_label(m, "eu-west", &err), &err);
    add(m, quote("quote"));
    sets = document(m, 0, &source);
    assert_string_equal(sets->sets[0].label, "eu-west");
    plumb_sets_free(sets);
}

static void
errors_name_the_file(void **state)
{
    PLUMB_AUTO(auto_measure) struct measure *m = begin();
    struct plumb_err err = { 0 };
    const char *path = write_bytes("words", "not a quote", 11);

    (void)state;
    assert_refused("evidence.unknown", measure_add(m, path, &err), &err);
    assert_string_equal(err.where, path);
    make_quote(&piece, 3, 1);
    piece.len -= 1;
    path = write_piece("short");
    assert_refused("quote.length", measure_add(m, path, &err), &err);
    assert_string_equal(err.where, path);
    assert_refused("file.open", measure_add(m, in("nothing"), &err), &err);
    assert_refused("evidence.unknown", measure_add(m, write_bytes("empty", "", 0), &err), &err);
}

/* What is covered, or else a document. */
static enum plumb_code
measure_all(const char *covered)
{
    struct plumb_bytes bytes = { NULL, 0 };
    struct measure *m = NULL;
    json_t *source = NULL;
    enum plumb_code code = measure_new(&m, NULL);

    if (code == PLUMB_OK)
        code = measure_add(m, in("quote"), NULL);
    if (code == PLUMB_OK)
        code = covered != NULL ? measure_cover(m, covered, NULL)
                               : measure_document(m, 0, &bytes, &source, NULL);
    json_decref(source);
    plumb_bytes_clear(&bytes);
    measure_free(m);
    return code;
}

static void
memory_that_runs_out_is_said_to(void **state)
{
    char spec[256];

    (void)state;
    (void)quote("quote");
    (void)snprintf(spec, sizeof spec, "mrenclave:root-store=%s", roots("roots.pem"));
    for (int covers = 0; covers < 2; covers++)
        for (size_t n = 0;; n++) {
            enum plumb_code code;

            scarce_begin(n);
            code = measure_all(covers ? spec : NULL);
            if (!scarce_end()) {
                assert_int_equal(code, PLUMB_OK);
                break;
            }
            /* jansson, reading the document, drops a character that it has no room for */
            assert_true(code == PLUMB_NO_MEMORY || (covers == 0 && code == PLUMB_INVALID));
        }
}

static int
end(void **state)
{
    (void)state;
    remove_directory();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_set_is_there_once_and_says_which_file_it_was_read_of),
        cmocka_unit_test(what_should_never_be_approved_must_be_asked_for),
        cmocka_unit_test(the_samples_signer_must_be_asked_for),
        cmocka_unit_test(nothing_can_be_released_of_a_nitro_enclave_in_debug_mode),
        cmocka_unit_test(words_of_warnings_are_read_back),
        cmocka_unit_test(a_measurement_covers_what_it_is_told_to),
        cmocka_unit_test(what_covers_nothing_is_refused),
        cmocka_unit_test(a_store_or_folder_by_itself_is_known_but_nothing_to_release),
        cmocka_unit_test(a_folder_with_a_link_in_it_is_refused),
        cmocka_unit_test(a_folder_that_cannot_be_read_is_refused),
        cmocka_unit_test(who_watches_may_stop_it),
        cmocka_unit_test(folders_and_lists_of_files_end),
        cmocka_unit_test(a_layouts_folder_says_what_its_archive_says),
        cmocka_unit_test(what_is_not_wanted_is_left_out_but_never_the_payload),
        cmocka_unit_test(sets_are_called_what_somebody_calls_them),
        cmocka_unit_test(errors_name_the_file),
        cmocka_unit_test(memory_that_runs_out_is_said_to),
    };

    scarce_jansson();
    return cmocka_run_group_tests(tests, NULL, end);
}
