/* Blobs in pieces, against the real program: what comes between two pieces, and what must not.
 */
#include "tests/t.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "server/db/upload.h"
#include "tests/server/plumbd.h"

#define PIECE ((size_t)65536)
#define WHOLE (3 * PIECE + 17)

static struct make make;
static struct pg_database database;
static struct plumbd one, two;

static int
begin(void **state)
{
    static const char *const settings[] = { "blob_max=1048576", "upload_bytes_client=327680",
                                            "upload_bytes_total=524288", "upload_expiry_s=600",
                                            NULL };

    (void)state;
    make_begin(&make, time(NULL));
    database = pg_database();
    plumbd_prepare(&one, &make);
    plumbd_prepare(&two, &make);
    one.shared = two.shared = &database;
    one.settings = two.settings = settings;
    plumbd_start(&one);
    plumbd_genesis(&one, &make);
    plumbd_start(&two);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    plumbd_stop(&one, SIGTERM);
    plumbd_stop(&two, SIGTERM);
    make_end(&make);
    return 0;
}

/* --- what is sent, and by whom --- */

/* A blob that no other test has, and the path of its upload. */
struct sent {
    uint8_t bytes[WHOLE];
    char hex[PLUMB_DIGEST_HEX], upload[120], blob[120];
};

static struct sent
new_blob(void)
{
    static uint32_t noise;
    struct sent s;
    struct plumb_digest digest;

    noise += 77;
    for (size_t i = 0; i < sizeof s.bytes; i++) {
        noise = noise * 1664525 + 1013904223;
        s.bytes[i] = (uint8_t)(noise >> 24);
    }
    plumb_sha256(s.bytes, sizeof s.bytes, &digest);
    plumb_digest_hex(&digest, s.hex);
    (void)snprintf(s.upload, sizeof s.upload, "/v1/uploads/%s", s.hex);
    (void)snprintf(s.blob, sizeof s.blob, "/v1/blobs/%s", s.hex);
    return s;
}

static struct hc *
local(const struct plumbd *p)
{
    char path[300];

    (void)snprintf(path, sizeof path, "%s/plumbd.sock", p->data);
    return hc_local(path);
}

/* Somebody, by their TLS key. */
static struct hc *
connection_of(const struct plumbd *p, const char *who)
{
    const char *const names[] = { "localhost" };
    struct plumb_bytes pem = { NULL, 0 }, certificate = { NULL, 0 };
    struct hc_cert cert = { NULL, NULL, { { 0 } } };
    const struct plumb_signer *tls = NULL;
    struct plumb_err err;
    struct hc *c;

    for (size_t i = 0; i < make.npeople; i++)
        if (strcmp(make.people[i].id, who) == 0)
            tls = make.people[i].tls;
    assert_non_null(tls);
    assert_ok(plumb_signer_to_pem(tls, NULL, &pem, &err), &err);
    assert_ok(plumb_signer_certificate(tls, who, names, 1, plumb_time_add(time(NULL), -60),
                                       plumb_time_add(time(NULL), 86400), &certificate, &err),
              &err);
    cert.key = (char *)pem.data;
    cert.certificate = (char *)certificate.data;
    c = hc_tls(plumbd_port(p), &cert, 0);
    assert_non_null(c);
    plumb_bytes_clear(&pem);
    plumb_bytes_clear(&certificate);
    return c;
}

static struct hc_reply
patch_with(struct hc *c, const char *path, const char *headers, const void *data, size_t len)
{
    char head[600];

    (void)snprintf(head, sizeof head,
                   "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n"
                   "Content-Type: application/partial-upload\r\n%s\r\n",
                   path, len, headers);
    hc_send(c, head);
    if (len > 0)
        (void)hc_try_send(c, data, len);
    return hc_read(c, 60000, true);
}

/* So many bytes of s from at on; the last piece where they reach its end. */
static struct hc_reply
patch(struct hc *c, const struct sent *s, size_t at, size_t len)
{
    char headers[120];

    (void)snprintf(headers, sizeof headers, "Upload-Offset: %zu\r\nUpload-Complete: ?%d\r\n",
                   at, at + len == WHOLE);
    return patch_with(c, s->upload, headers, s->bytes + at, len);
}

static void
assert_header(const struct hc_reply *r, const char *name, const char *value)
{
    char got[256];

    assert_string_equal(value, hc_header(r, name, got));
}

static void
assert_patched(struct hc *c, const struct sent *s, size_t at, size_t len, int status)
{
    struct hc_reply r = patch(c, s, at, len);
    char offset[24];

    if (r.status != status)
        fail_msg("piece at %zu: want %d, got %d: %s", at, status, r.status, r.body);
    (void)snprintf(offset, sizeof offset, "%zu", at + len);
    assert_header(&r, "Upload-Offset", offset);
    assert_header(&r, "Upload-Complete", at + len == WHOLE ? "?1" : "?0");
    hc_reply_free(&r);
}

static void
assert_rule(struct hc_reply r, int status, const char *rule)
{
    char got[256];

    if (r.status != status)
        fail_msg("want %d by %s, got %d: %s", status, rule, r.status, r.body);
    assert_string_equal(rule, hc_member(&r, "rule", got));
    hc_reply_free(&r);
}

/* How far it is to whoever asks: the offset, or -1 where it is complete. */
static long
offset_of(struct hc *c, const struct sent *s)
{
    struct hc_reply r = hc_ask(c, "HEAD", s->upload, NULL, NULL);
    char text[256];
    long offset;

    assert_int_equal(204, r.status);
    offset = strtol(hc_header(&r, "Upload-Offset", text), NULL, 10);
    if (strcmp(hc_header(&r, "Upload-Complete", text), "?1") == 0) {
        assert_int_equal(WHOLE, offset);
        offset = -1;
    }
    hc_reply_free(&r);
    return offset;
}

static void
forget(struct hc *c, const struct sent *s)
{
    assert_int_equal(204, hc_status(c, "DELETE", s->upload, NULL, NULL));
    assert_int_equal(0, offset_of(c, s));
}

static void
assert_stored(struct hc *c, const struct sent *s)
{
    struct hc_reply r = hc_ask(c, "GET", s->blob, NULL, NULL);

    assert_int_equal(200, r.status);
    assert_int_equal(WHOLE, r.body_len);
    assert_memory_equal(s->bytes, r.body, WHOLE);
    hc_reply_free(&r);
    assert_int_equal(-1, offset_of(c, s));
}

static int64_t
held(void)
{
    PLUMB_AUTO(auto_db) struct db *db = pg_connect(&database);
    struct plumb_err err;
    uint64_t bytes;

    assert_ok(db_upload_bytes(db, &bytes, &err), &err);
    return (int64_t)bytes;
}

/* --- --- */

static void
pieces_become_a_blob_and_are_served_before_to_nobody(void **state)
{
    const struct sent s = new_blob();
    struct hc *c = local(&one);

    (void)state;
    assert_int_equal(0, offset_of(c, &s));
    assert_patched(c, &s, 0, PIECE, 204);
    assert_patched(c, &s, PIECE, 2 * PIECE, 204);
    assert_int_equal(3 * PIECE, offset_of(c, &s));
    assert_int_equal(404, hc_status(c, "GET", s.blob, NULL, NULL));
    assert_int_equal(3 * PIECE, held());
    assert_patched(c, &s, 3 * PIECE, 17, 201);
    assert_stored(c, &s);
    assert_int_equal(0, held());
    hc_close(c);
}

static void
what_it_takes_is_told(void **state)
{
    const struct sent s = new_blob();
    struct hc *c = local(&one);
    struct hc_reply r = hc_ask(c, "HEAD", s.upload, NULL, NULL);

    (void)state;
    assert_header(&r, "Upload-Limit",
                  "max-size=1048576, min-append-size=65536, max-append-size=16777216, "
                  "max-age=600");
    hc_reply_free(&r);
    assert_rule(hc_ask(c, "GET", "/v1/uploads/abc", NULL, NULL), 400, "hex.form");
    hc_close(c);
}

static void
one_piece_or_none_at_the_end_will_do(void **state)
{
    struct sent s = new_blob();
    struct hc *c = local(&one);
    struct hc_reply r;

    (void)state;
    assert_patched(c, &s, 0, WHOLE, 201);
    assert_stored(c, &s);
    s = new_blob();
    assert_patched(c, &s, 0, 2 * PIECE, 204);
    r = patch_with(c, s.upload, "Upload-Offset: 131072\r\nUpload-Complete: ?0\r\n",
                   s.bytes + 2 * PIECE, PIECE + 17);
    assert_int_equal(204, r.status);
    hc_reply_free(&r);
    assert_patched(c, &s, WHOLE, 0, 201);
    assert_stored(c, &s);
    hc_close(c);
}

static void
a_piece_elsewhere_is_told_where_it_goes_on(void **state)
{
    const struct sent s = new_blob();
    struct hc *c = local(&one);
    struct hc_reply r;

    (void)state;
    r = patch(c, &s, PIECE, PIECE); /* nothing has come */
    assert_header(&r, "Upload-Offset", "0");
    assert_rule(r, 409, "upload.offset");
    assert_patched(c, &s, 0, PIECE, 204);
    r = patch(c, &s, 0, PIECE); /* again */
    assert_header(&r, "Upload-Offset", "65536");
    assert_header(&r, "Upload-Complete", "?0");
    assert_rule(r, 409, "upload.offset");
    assert_rule(patch(c, &s, 2 * PIECE, PIECE), 409, "upload.offset"); /* a gap */
    assert_rule(patch(c, &s, 3 * PIECE, 17), 409, "upload.offset");
    assert_int_equal(PIECE, offset_of(c, &s));
    forget(c, &s);
    hc_close(c);
}

static void
headers_and_pieces_of_another_form_are_refused(void **state)
{
    static const struct {
        const char *headers, *rule;
        size_t len;
        int status;
    } cases[] = {
        { "", "upload.header", PIECE, 400 },
        { "Upload-Offset: 0\r\n", "upload.header", PIECE, 400 },
        { "Upload-Complete: ?0\r\n", "upload.header", PIECE, 400 },
        { "Upload-Offset: -1\r\nUpload-Complete: ?0\r\n", "upload.header", PIECE, 400 },
        { "Upload-Offset: 0x1\r\nUpload-Complete: ?0\r\n", "upload.header", PIECE, 400 },
        { "Upload-Offset: 1234567890123456\r\nUpload-Complete: ?0\r\n", "upload.header", PIECE,
          400 },
        { "Upload-Offset: 0\r\nUpload-Complete: 0\r\n", "upload.header", PIECE, 400 },
        { "Upload-Offset: 0\r\nUpload-Complete: ?2\r\n", "upload.header", PIECE, 400 },
        { "Upload-Offset: 0\r\nUpload-Offset: 0\r\nUpload-Complete: ?0\r\n", "upload.header",
          PIECE, 400 },
        { "Upload-Offset: 0\r\nUpload-Complete: ?0\r\n", "upload.piece", PIECE - 1, 400 },
        { "Upload-Offset: 0\r\nUpload-Complete: ?0\r\n", "upload.piece", 0, 400 },
        { "Upload-Offset: 999999999999999\r\nUpload-Complete: ?1\r\n", "blob.size", 17, 413 },
        { "Upload-Offset: 1048560\r\nUpload-Complete: ?1\r\n", "blob.size", 17, 413 },
        { "Upload-Offset: 1048559\r\nUpload-Complete: ?1\r\n", "upload.offset", 17, 409 },
    };
    const struct sent s = new_blob();
    struct hc *c = local(&one);

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_rule(patch_with(c, s.upload, cases[i].headers, s.bytes, cases[i].len),
                    cases[i].status, cases[i].rule);
    assert_rule(hc_ask(c, "PATCH", s.upload, "Content-Type: text/plain\r\n", "x"), 415,
                "http.content-type");
    assert_int_equal(0, offset_of(c, &s));
    hc_close(c);
}

static void
a_whole_of_another_digest_is_dropped(void **state)
{
    struct sent s = new_blob();
    struct hc *c = local(&one);

    (void)state;
    assert_patched(c, &s, 0, PIECE, 204);
    s.bytes[2 * PIECE] ^= 1;
    assert_rule(patch(c, &s, PIECE, WHOLE - PIECE), 400, "blob.digest");
    assert_int_equal(0, offset_of(c, &s));
    assert_int_equal(404, hc_status(c, "GET", s.blob, NULL, NULL));
    assert_rule(patch(c, &s, 0, WHOLE), 400, "blob.digest");
    s.bytes[2 * PIECE] ^= 1;
    assert_patched(c, &s, 0, PIECE, 204);
    assert_patched(c, &s, PIECE, WHOLE - PIECE, 201);
    assert_stored(c, &s);
    hc_close(c);
}

static void
what_breaks_off_in_a_piece_leaves_what_was_there(void **state)
{
    const struct sent s = new_blob();
    struct hc *c = local(&one);
    char head[400];

    (void)state;
    assert_patched(c, &s, 0, PIECE, 204);
    (void)snprintf(head, sizeof head,
                   "PATCH %s HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n"
                   "Content-Type: application/partial-upload\r\n"
                   "Upload-Offset: %zu\r\nUpload-Complete: ?1\r\n\r\n",
                   s.upload, WHOLE - PIECE, PIECE);
    hc_send(c, head);
    assert_true(hc_try_send(c, s.bytes + PIECE, PIECE));
    hc_close(c);
    c = local(&one);
    assert_int_equal(PIECE, offset_of(c, &s));
    assert_patched(c, &s, PIECE, WHOLE - PIECE, 201);
    assert_stored(c, &s);
    hc_close(c);
}

static void
it_survives_the_service_and_goes_on_at_another(void **state)
{
    const struct sent s = new_blob();
    struct hc *c = local(&one);

    (void)state;
    assert_patched(c, &s, 0, PIECE, 204);
    hc_close(c);
    plumbd_stop(&one, SIGKILL);
    c = local(&two);
    assert_patched(c, &s, PIECE, PIECE, 204);
    hc_close(c);
    plumbd_start(&one);
    c = local(&one);
    assert_int_equal(2 * PIECE, offset_of(c, &s));
    assert_patched(c, &s, 2 * PIECE, WHOLE - 2 * PIECE, 201);
    assert_stored(c, &s);
    hc_close(c);
}

static void
what_somebody_else_sends_is_not_theirs(void **state)
{
    const struct sent s = new_blob();
    struct hc *rex = connection_of(&one, "rex"), *ria = connection_of(&one, "ria");
    struct hc_cert cert = hc_cert_make("ED25519");
    struct hc *stranger = hc_tls(plumbd_port(&one), &cert, 0);

    (void)state;
    assert_patched(rex, &s, 0, PIECE, 204);
    assert_int_equal(0, offset_of(ria, &s));
    assert_rule(patch(ria, &s, PIECE, PIECE), 409, "upload.offset");
    assert_int_equal(204, hc_status(ria, "DELETE", s.upload, NULL, NULL));
    assert_int_equal(PIECE, offset_of(rex, &s));
    assert_rule(patch(stranger, &s, PIECE, PIECE), 403, "access.stranger");
    hc_close(stranger);
    stranger = hc_tls(plumbd_port(&one), &cert, 0);
    assert_int_equal(403, hc_status(stranger, "HEAD", s.upload, NULL, NULL));
    assert_int_equal(403, hc_status(stranger, "DELETE", s.upload, NULL, NULL));

    /* who is faster has stored it for both */
    assert_patched(ria, &s, 0, WHOLE, 201);
    assert_int_equal(-1, offset_of(rex, &s));
    assert_int_equal(PIECE, held());
    {
        struct hc_reply r = patch(rex, &s, PIECE, PIECE);

        assert_int_equal(200, r.status);
        assert_header(&r, "Upload-Complete", "?1");
        hc_reply_free(&r);
    }
    assert_int_equal(0, held());
    hc_close(rex);
    hc_close(ria);
    hc_close(stranger);
    hc_cert_free(&cert);
}

static void
unfinished_uploads_have_their_limits(void **state)
{
    const struct sent a = new_blob(), b = new_blob();
    struct hc *rex = connection_of(&one, "rex"), *ria = connection_of(&two, "ria");

    (void)state;
    assert_patched(rex, &a, 0, 3 * PIECE, 204);
    assert_patched(rex, &b, 0, 2 * PIECE, 204);
    assert_rule(patch(rex, &b, 2 * PIECE, PIECE), 429, "upload.client");
    assert_int_equal(2 * PIECE, offset_of(rex, &b));
    assert_patched(ria, &a, 0, 3 * PIECE, 204);
    assert_rule(patch(ria, &b, 0, PIECE), 503, "upload.total");
    assert_int_equal(0, offset_of(ria, &b));
    /* the last piece is under no limit: with it the upload is over */
    assert_patched(rex, &b, 2 * PIECE, WHOLE - 2 * PIECE, 201);
    assert_patched(ria, &b, 0, WHOLE, 200);
    forget(rex, &a);
    forget(ria, &a);
    assert_int_equal(0, held());
    hc_close(rex);
    hc_close(ria);
}

static void
what_nobody_touches_expires(void **state)
{
    const struct sent a = new_blob(), b = new_blob();
    struct hc *c = local(&one);

    (void)state;
    assert_patched(c, &a, 0, PIECE, 204);
    pg_admin(&database, "UPDATE plumb.upload SET touched = now() - interval '601 seconds'");
    assert_int_equal(0, offset_of(c, &a));
    assert_rule(patch(c, &a, PIECE, PIECE), 409, "upload.offset");
    assert_int_equal(0, held());
    /* and is gone when nobody sends anything */
    assert_patched(c, &b, 0, PIECE, 204);
    pg_admin(&database, "UPDATE plumb.upload SET touched = now() - interval '601 seconds'");
    for (int i = 0; i < 600 && held() > 0; i++)
        (void)nanosleep(&(struct timespec){ 0, 100 * 1000 * 1000 }, NULL);
    assert_int_equal(0, held());
    hc_close(c);
}

/* --- several at once --- */

struct racer {
    const struct plumbd *at;
    const struct sent *s;
    int won, lost, other;
};

/* Goes on wherever it is told to, until the blob is there. */
static void *
race(void *arg)
{
    struct racer *r = arg;
    struct hc *c = local(r->at);
    size_t at = 0;

    for (;;) {
        const size_t len = WHOLE - at < 2 * PIECE ? WHOLE - at : PIECE;
        struct hc_reply reply = patch(c, r->s, at, len);
        char text[256];
        bool complete = strcmp(hc_header(&reply, "Upload-Complete", text), "?1") == 0;

        r->won += reply.status == 201 || reply.status == 204;
        r->lost += reply.status == 409;
        r->other += reply.status != 201 && reply.status != 204 && reply.status != 409 &&
                    reply.status != 200;
        at = (size_t)strtoul(hc_header(&reply, "Upload-Offset", text), NULL, 10);
        hc_reply_free(&reply);
        if (complete || r->other > 0)
            break;
    }
    hc_close(c);
    return NULL;
}

static void
several_at_once_at_two_instances_store_it_once(void **state)
{
    enum { RACERS = 6 };

    (void)state;
    for (int round = 0; round < 3; round++) {
        const struct sent s = new_blob();
        struct racer racers[RACERS];
        pthread_t threads[RACERS];
        struct hc *c;
        int won = 0;

        for (int i = 0; i < RACERS; i++) {
            racers[i] = (struct racer){ i % 2 == 0 ? &one : &two, &s, 0, 0, 0 };
            assert_int_equal(0, pthread_create(&threads[i], NULL, race, &racers[i]));
        }
        for (int i = 0; i < RACERS; i++) {
            assert_int_equal(0, pthread_join(threads[i], NULL));
            assert_int_equal(0, racers[i].other);
            won += racers[i].won;
        }
        assert_int_equal(3, won); /* as many as there are pieces */
        c = local(&one);
        assert_stored(c, &s);
        hc_close(c);
    }
    assert_int_equal(0, held());
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_become_a_blob_and_are_served_before_to_nobody),
        cmocka_unit_test(what_it_takes_is_told),
        cmocka_unit_test(one_piece_or_none_at_the_end_will_do),
        cmocka_unit_test(a_piece_elsewhere_is_told_where_it_goes_on),
        cmocka_unit_test(headers_and_pieces_of_another_form_are_refused),
        cmocka_unit_test(a_whole_of_another_digest_is_dropped),
        cmocka_unit_test(what_breaks_off_in_a_piece_leaves_what_was_there),
        cmocka_unit_test(it_survives_the_service_and_goes_on_at_another),
        cmocka_unit_test(what_somebody_else_sends_is_not_theirs),
        cmocka_unit_test(unfinished_uploads_have_their_limits),
        cmocka_unit_test(what_nobody_touches_expires),
        cmocka_unit_test(several_at_once_at_two_instances_store_it_once),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
