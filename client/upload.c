#include "client/upload.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/own.h"

#define WHOLE         65536      /* bytes that one request is best for */
#define PIECE         (4u << 20) /* bytes that a broken connection may cost */
#define ANSWER_MAX    65536
#define TRIES         8   /* without getting on */
#define FIRST_WAIT_MS 250 /* doubled each time: half a minute in all */

struct sending {
    struct transport *transport;
    const uint8_t *data;
    size_t len, at; /* at: what the service has */
    bool complete;
    char path[128];
};

static enum plumb_code
put_whole(struct sending *s, const char *hex, struct plumb_err *err)
{
    PLUMB_AUTO(transport_answer_clear) struct transport_answer answer = { 0 };
    const struct transport_call call = {
        .method = "PUT", .path = s->path, .body = s->data, .len = s->len, .max = ANSWER_MAX
    };

    (void)snprintf(s->path, sizeof s->path, "/v1/blobs/%s", hex);
    return transport_do(s->transport, &call, &answer, err);
}

/* What an answer says of how far it is. */
static enum plumb_code
take_state(struct sending *s, const struct transport_answer *answer, struct plumb_err *err)
{
    s->complete = answer->upload.complete == 1;
    if (s->complete)
        return PLUMB_OK;
    if (answer->upload.complete < 0 || answer->upload.offset < 0 ||
        (uint64_t)answer->upload.offset > s->len)
        return plumb_fail(err, PLUMB_INTERNAL, "client.answer", "Upload-Offset",
                          "the server does not say how far the upload is");
    s->at = (size_t)answer->upload.offset;
    return PLUMB_OK;
}

static enum plumb_code
ask(struct sending *s, struct plumb_err *err)
{
    PLUMB_AUTO(transport_answer_clear) struct transport_answer answer = { 0 };
    const struct transport_call call = { .method = "GET", .path = s->path, .max = ANSWER_MAX };

    PLUMB_TRY(transport_do(s->transport, &call, &answer, err));
    return take_state(s, &answer, err);
}

static enum plumb_code
send_piece(struct sending *s, struct plumb_err *err)
{
    PLUMB_AUTO(transport_answer_clear) struct transport_answer answer = { 0 };
    const size_t left = s->len - s->at, len = left < PIECE ? left : PIECE;
    const struct transport_upload upload = { (int64_t)s->at, len == left };
    const struct transport_call call = { .method = "PATCH",
                                         .path = s->path,
                                         .body = s->data + s->at,
                                         .len = len,
                                         .type = "application/partial-upload",
                                         .upload = &upload,
                                         .total = s->len,
                                         .max = ANSWER_MAX };

    PLUMB_TRY(transport_do(s->transport, &call, &answer, err));
    return take_state(s, &answer, err);
}

/* Asked again it may be otherwise; and another may have sent the same piece. */
static bool
may_pass(enum plumb_code code, const struct plumb_err *why)
{
    if (strcmp(why->rule, "upload.offset") == 0)
        return true;
    return (code == PLUMB_UNAVAILABLE || code == PLUMB_BUSY) &&
           strncmp(why->rule, "upload.", 7) != 0;
}

/* Then it is not known what the service has. */
static enum plumb_code
wait_and_ask(struct sending *s, unsigned tries, struct plumb_err *err)
{
    const long ms = (long)FIRST_WAIT_MS << tries;

    if (!transport_tell(s->transport, "waiting for the service", s->at, s->len))
        return plumb_fail(err, PLUMB_REFUSED, "client.stopped", "", "stopped");
    (void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
    return ask(s, err);
}

/* The service has answered once. */
static enum plumb_code
send_all(struct sending *s, struct plumb_err *err)
{
    size_t best = s->at;
    bool known = true;

    for (unsigned tries = 0; !s->complete;) {
        struct plumb_err why;
        enum plumb_code code = known ? send_piece(s, &why) : wait_and_ask(s, tries++, &why);

        known = code == PLUMB_OK;
        if (code != PLUMB_OK && (tries >= TRIES || !may_pass(code, &why))) {
            *err = why;
            return code;
        }
        if (known && s->at > best) {
            best = s->at;
            tries = 0;
        }
    }
    return PLUMB_OK;
}

enum plumb_code
upload(struct transport *t, const void *data, size_t len, const struct plumb_digest *digest,
       struct plumb_err *err)
{
    struct sending s = { .transport = t, .data = data, .len = len };
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(digest, hex);
    if (len <= WHOLE)
        return put_whole(&s, hex, err);
    (void)snprintf(s.path, sizeof s.path, "/v1/uploads/%s", hex);
    PLUMB_TRY(ask(&s, err));
    return send_all(&s, err);
}
