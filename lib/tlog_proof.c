#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/note.h"
#include "lib/own.h"

#define HEADER   "c2sp.org/tlog-proof@v1"
#define EXTRA    "extra "
#define INDEX    "index "

#define HEAD_MAX 64 /* the header's line, and the index's with 19 digits */

enum plumb_code
plumb_tlog_proof_text(uint64_t index, const struct plumb_digest *proof, size_t n,
                      const void *note, size_t note_len, struct plumb_bytes *ret,
                      struct plumb_err *err)
{
    char *text, *p;

    if (index >= PLUMB_TREE_MAX || n > PLUMB_PROOF_MAX || note_len == 0 ||
        note_len > PLUMB_NOTE_MAX)
        return plumb_fail(err, PLUMB_INVALID, "proof.form", "",
                          "want an index below 2^62, at most %d hashes, and a note",
                          PLUMB_PROOF_MAX);
    p = text = malloc(HEAD_MAX + n * (PLUMB_BASE64_LEN(PLUMB_DIGEST_LEN) + 1) + note_len + 2);
    if (text == NULL)
        return plumb_fail_memory(err);
    p += snprintf(p, HEAD_MAX, HEADER "\n" INDEX "%" PRIu64 "\n", index);
    for (size_t i = 0; i < n; i++)
        p = stpcpy(plumb_put_base64(p, proof[i].b, sizeof proof[i].b), "\n");
    p = stpcpy(p, "\n");
    memcpy(p, note, note_len);
    p[note_len] = '\0';
    *ret = (struct plumb_bytes){ (uint8_t *)text, (size_t)(p - text) + note_len };
    return PLUMB_OK;
}

struct receipt {
    uint64_t index;
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    size_t n;
    struct plumb_span note;
};

static enum plumb_code
bad_form(const char *what, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "proof.form", "", "%s", what);
}

/* Whether line begins with word; what follows it is left. */
static bool
take_word(struct plumb_span *line, const char *word)
{
    size_t len = strlen(word);

    if (line->len < len || memcmp(line->p, word, len) != 0)
        return false;
    line->p += len;
    line->len -= len;
    return true;
}

static enum plumb_code
parse(struct plumb_span text, struct receipt *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes extra = { 0 };
    struct plumb_span line;

    if (!plumb_span_line(&text, &line) || !plumb_span_eq(line, HEADER) ||
        !plumb_span_line(&text, &line))
        return bad_form("want a text that begins with the line " HEADER, err);
    if (take_word(&line, EXTRA)) {
        PLUMB_TRY(plumb_span_base64(line, "proof.form", "extra", &extra, err));
        if (!plumb_span_line(&text, &line))
            return bad_form("the text ends before the index", err);
    }
    if (!take_word(&line, INDEX) || !plumb_span_number(line, &ret->index))
        return bad_form("want \"index\" and a number", err);
    for (ret->n = 0;; ret->n++) {
        if (!plumb_span_line(&text, &line))
            return bad_form("the text ends before the checkpoint", err);
        if (line.len == 0)
            break;
        if (ret->n == PLUMB_PROOF_MAX)
            return bad_form("no proof has more than 63 hashes", err);
        PLUMB_TRY(plumb_span_digest(line, "proof.form", &ret->proof[ret->n], err));
    }
    ret->note = text;
    return PLUMB_OK;
}

enum plumb_code
plumb_tlog_proof_verify(const struct plumb_log_policy *p, const void *text, size_t len,
                        const struct plumb_digest *leaf, uint64_t *ret_index,
                        struct plumb_checkpoint *ret, struct plumb_err *err)
{
    struct plumb_checkpoint c;
    struct receipt receipt;

    PLUMB_TRY(parse((struct plumb_span){ text, len }, &receipt, err));
    PLUMB_TRY(plumb_checkpoint_verify(p, receipt.note.p, receipt.note.len, &c, err));
    PLUMB_TRY(plumb_inclusion_verify(receipt.index, c.size, leaf, receipt.proof, receipt.n,
                                     &c.root, err));
    *ret_index = receipt.index;
    *ret = c;
    return PLUMB_OK;
}
