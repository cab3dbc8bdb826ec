#include <plumb/witness.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/checkpoint.h"
#include "lib/own.h"

#define OLD "old "

static void
auto_sig(struct plumb_note_sig *sig)
{
    plumb_bytes_clear(&sig->blob);
}

enum plumb_code
plumb_add_checkpoint_text(uint64_t old, const struct plumb_digest *proof, size_t n,
                          const void *note, size_t note_len, struct plumb_bytes *ret,
                          struct plumb_err *err)
{
    char *text, *p;

    if (n > PLUMB_PROOF_MAX || note_len == 0 || note_len > PLUMB_NOTE_MAX)
        return plumb_fail(err, PLUMB_INVALID, "witness.form", "",
                          "want at most %d hashes, and a note", PLUMB_PROOF_MAX);
    p = text = malloc(32 + n * (PLUMB_BASE64_LEN(PLUMB_DIGEST_LEN) + 1) + 1 + note_len + 1);
    if (text == NULL)
        return plumb_fail_memory(err);
    p += snprintf(p, 32, OLD "%" PRIu64 "\n", old);
    for (size_t i = 0; i < n; i++)
        p = stpcpy(plumb_put_base64(p, proof[i].b, sizeof proof[i].b), "\n");
    p = stpcpy(p, "\n");
    memcpy(p, note, note_len);
    p[note_len] = '\0';
    *ret = (struct plumb_bytes){ (uint8_t *)text, (size_t)(p - text) + note_len };
    return PLUMB_OK;
}

static enum plumb_code
bad_form(const char *what, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "witness.form", "", "%s", what);
}

enum plumb_code
plumb_add_checkpoint_parse(const void *body, size_t len, struct plumb_add_checkpoint *ret,
                           struct plumb_err *err)
{
    struct plumb_span rest = { body, len }, line;
    struct plumb_add_checkpoint request = { 0 };
    struct plumb_note note;

    if (len > PLUMB_ADD_CHECKPOINT_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "witness.form", "",
                          "a request has at most %u bytes", PLUMB_ADD_CHECKPOINT_MAX);
    if (!plumb_span_line(&rest, &line) || line.len < strlen(OLD) ||
        memcmp(line.p, OLD, strlen(OLD)) != 0 ||
        !plumb_span_number((struct plumb_span){ line.p + strlen(OLD), line.len - strlen(OLD) },
                           &request.old))
        return bad_form("want \"old\" and a size in the first line", err);
    for (;; request.nproof++) {
        if (!plumb_span_line(&rest, &line))
            return bad_form("the request ends before the checkpoint", err);
        if (line.len == 0)
            break;
        if (request.nproof == PLUMB_PROOF_MAX)
            return bad_form("no proof has more than 63 hashes", err);
        PLUMB_TRY(plumb_span_digest(line, "witness.form", &request.proof[request.nproof], err));
    }
    PLUMB_TRY(plumb_note_split(rest.p, rest.len, &note, err));
    (void)plumb_span_line(&note.text, &line); /* a note's text has at least a line */
    if (line.len == 0 || line.len >= sizeof request.origin)
        return bad_form("a checkpoint begins with its log's origin", err);
    memcpy(request.origin, line.p, line.len);
    request.note = rest.p;
    request.note_len = rest.len;
    *ret = request;
    return PLUMB_OK;
}

enum plumb_code
plumb_witness_check(const struct plumb_log_policy *p, const struct plumb_checkpoint *seen,
                    const struct plumb_add_checkpoint *request, struct plumb_checkpoint *ret,
                    struct plumb_err *err)
{
    struct plumb_checkpoint before = { 0 }, now;
    enum plumb_code code =
        plumb_checkpoint_verify(p, request->note, request->note_len, &now, err);

    if (code == PLUMB_BAD_SIGNATURE) {
        const struct plumb_err why = err != NULL ? *err : (struct plumb_err){ 0 };

        return plumb_fail(err, PLUMB_FORBIDDEN, "note.signature", "", "%s", why.msg);
    }
    if (code != PLUMB_OK)
        return code;
    if (request->old > now.size)
        return plumb_fail(err, PLUMB_INVALID, "witness.old-size", "",
                          "the old size, %" PRIu64 ", is beyond the checkpoint's, %" PRIu64,
                          request->old, now.size);
    plumb_tree_root(NULL, 0, &before.root);
    if (seen != NULL)
        before = *seen;
    if (request->old != before.size)
        return plumb_fail(err, PLUMB_CONFLICT, "witness.size", "",
                          "the last checkpoint seen here has size %" PRIu64, before.size);
    PLUMB_TRY(plumb_consistency_verify(before.size, &before.root, now.size, &now.root,
                                       request->proof, request->nproof, err));
    *ret = now;
    return PLUMB_OK;
}

enum plumb_code
plumb_cosign(const char *name, const struct plumb_signer *signer, plumb_time time,
             const void *note, size_t len, struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes message = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes sig = { 0 };
    uint8_t blob[PLUMB_COSIGNATURE];
    struct plumb_note parts;
    struct plumb_vkey key;
    char *line;

    PLUMB_TRY(plumb_vkey_make(name, PLUMB_SIG_COSIGNATURE, signer->pub, &key, err));
    PLUMB_TRY(plumb_note_split(note, len, &parts, err));
    if (time <= 0)
        return plumb_fail(err, PLUMB_INVALID, "witness.time", "",
                          "a cosignature says its time, and this clock says none");
    PLUMB_TRY(plumb_cosigned_message((uint64_t)time, parts.text, &message, err));
    PLUMB_TRY(signer->sign(signer->self, message.data, message.len, &sig, err));
    if (sig.len != PLUMB_ED25519_SIG)
        return plumb_fail(err, PLUMB_INTERNAL, "note.signature", "",
                          "the signer's signature has %zu bytes, not 64", sig.len);
    for (int i = 0; i < 8; i++)
        blob[i] = (uint8_t)((uint64_t)time >> (56 - 8 * i));
    memcpy(blob + 8, sig.data, sig.len);
    line = malloc(PLUMB_SIGNATURE_LINE(sizeof blob));
    if (line == NULL)
        return plumb_fail_memory(err);
    *ret = (struct plumb_bytes){
        (uint8_t *)line, (size_t)(plumb_put_signature(line, &key, blob, sizeof blob) - line)
    };
    return PLUMB_OK;
}

/* Which lines go to what is made. */
enum take { TAKE_NONE, TAKE_WITNESSES, TAKE_ALL };

struct making {
    const struct plumb_log_policy *p;
    struct plumb_span text;
    bool seen[PLUMB_POLICY_KEYS]; /* whose line is there */
    char *at;                     /* where the next line goes */
    size_t n;                     /* lines put there */
};

/* A line by a key that p knows; it must verify where it is taken. */
static enum plumb_code
look_at(struct making *m, const struct plumb_note_sig *sig, enum take take,
        struct plumb_err *err)
{
    const struct plumb_policy_key *key = plumb_policy_key_of(m->p, sig);

    if (key == NULL || (take == TAKE_WITNESSES && key->vkey.type != PLUMB_SIG_COSIGNATURE))
        return PLUMB_OK;
    if (take != TAKE_NONE) {
        PLUMB_TRY(plumb_policy_key_verify(key, m->text, sig, err));
        if (!m->seen[key - m->p->keys]) {
            m->at =
                plumb_put_signature(m->at, &key->vkey, sig->blob.data + 4, sig->blob.len - 4);
            m->n++;
        }
    }
    m->seen[key - m->p->keys] = true;
    return PLUMB_OK;
}

static enum plumb_code
next_line(struct making *m, struct plumb_note *note, enum take take, bool *ret_end,
          struct plumb_err *err)
{
    PLUMB_AUTO(auto_sig) struct plumb_note_sig sig = { 0 };

    PLUMB_TRY(plumb_note_next(note, &sig, ret_end, err));
    return *ret_end ? PLUMB_OK : look_at(m, &sig, take, err);
}

static enum plumb_code
walk(struct making *m, struct plumb_span lines, enum take take, struct plumb_err *err)
{
    struct plumb_note note = { m->text, lines };
    bool end = false;

    while (!end)
        PLUMB_TRY(next_line(m, &note, take, &end, err));
    return note.sigs.len == 0 ? PLUMB_OK
                              : plumb_fail(err, PLUMB_INVALID, "note.form", "",
                                           "the last signature line does not end");
}

/* The first len bytes of note, and room for a line by each key of a policy. */
static enum plumb_code
begin_note(const void *note, size_t len, struct plumb_bytes *ret, struct making *m,
           struct plumb_err *err)
{
    ret->data = malloc(len + PLUMB_POLICY_KEYS * PLUMB_SIGNATURE_LINE(PLUMB_COSIGNATURE) + 1);
    if (ret->data == NULL)
        return plumb_fail_memory(err);
    memcpy(ret->data, note, len);
    m->at = (char *)ret->data + len;
    *m->at = '\0';
    return PLUMB_OK;
}

static void
end_note(const struct making *m, struct plumb_bytes *made, struct plumb_bytes *ret)
{
    made->len = (size_t)(m->at - (char *)made->data);
    *ret = *made;
    *made = (struct plumb_bytes){ 0 };
}

enum plumb_code
plumb_checkpoint_known(const struct plumb_log_policy *p, const void *note, size_t len,
                       struct plumb_bytes *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes made = { 0 };
    struct making m = { .p = p };
    struct plumb_note parts;

    PLUMB_TRY(plumb_note_split(note, len, &parts, err));
    m.text = parts.text;
    PLUMB_TRY(begin_note(note, parts.text.len + 1, &made, &m, err));
    PLUMB_TRY(walk(&m, parts.sigs, TAKE_ALL, err));
    end_note(&m, &made, ret);
    return PLUMB_OK;
}

enum plumb_code
plumb_cosigned_add(const struct plumb_log_policy *p, const void *note, size_t len,
                   const void *lines, size_t lines_len, struct plumb_bytes *ret, size_t *ret_n,
                   struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes made = { 0 };
    struct making m = { .p = p };
    struct plumb_note parts;

    PLUMB_TRY(plumb_note_split(note, len, &parts, err));
    m.text = parts.text;
    PLUMB_TRY(walk(&m, parts.sigs, TAKE_NONE, err));
    PLUMB_TRY(begin_note(note, len, &made, &m, err));
    PLUMB_TRY(walk(&m, (struct plumb_span){ lines, lines_len }, TAKE_WITNESSES, err));
    *ret_n = m.n;
    end_note(&m, &made, ret);
    return PLUMB_OK;
}
