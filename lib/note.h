/* lib/note.h - C2SP signed notes: their text, their signature lines, what lines hold; for lib/.
 */
#ifndef LIB_NOTE_H
#define LIB_NOTE_H

#include <plumb/bytes.h>
#include <plumb/tlog.h>

#define PLUMB_SIG_ED25519     0x01
#define PLUMB_SIG_COSIGNATURE 0x04

#define PLUMB_NOTE_MAX        (256 * 1024)
#define PLUMB_NOTE_SIGS_MAX   100

/* Borrowed characters, not terminated. */
struct plumb_span {
    const char *p;
    size_t len;
};

bool plumb_span_eq(struct plumb_span s, const char *text);
/* Takes the first line, without its newline, off *rest; false when no newline is left. */
bool plumb_span_line(struct plumb_span *rest, struct plumb_span *ret);
/* Decimal without leading zeros, at most PLUMB_TREE_MAX. */
bool plumb_span_number(struct plumb_span s, uint64_t *ret);
/* Base64 as plumb_base64_parse() reads it; a refusal is by the rule given. */
PLUMB_MUST_CHECK enum plumb_code plumb_span_base64(struct plumb_span s, const char *rule,
                                                   const char *where, struct plumb_bytes *ret,
                                                   struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code plumb_span_digest(struct plumb_span s, const char *rule,
                                                   struct plumb_digest *ret,
                                                   struct plumb_err *err);

/* Base64 of len bytes and a NUL, to p; returns where the NUL is. */
char *plumb_put_base64(char *p, const void *data, size_t len);
#define PLUMB_BASE64_LEN(n) (((n) + 2) / 3 * 4)

/* A key's name: UTF-8, not empty, no control character, no Unicode space, no '+'. */
bool plumb_note_name_ok(struct plumb_span name);

struct plumb_note {
    struct plumb_span text; /* with its last newline: what is signed */
    struct plumb_span sigs; /* the signature lines still to be read */
};

/* Everything but the signature lines is checked. Rule "note.form". */
PLUMB_MUST_CHECK enum plumb_code
plumb_note_split(const void *note, size_t len, struct plumb_note *ret, struct plumb_err *err);

struct plumb_note_sig {
    struct plumb_span name; /* borrowed from the note */
    uint32_t id;
    struct plumb_bytes blob; /* owned: four bytes of id, then the signature */
};

/* The next line's signature; *ret_end is true, and *ret untouched, when there is none left. */
PLUMB_MUST_CHECK enum plumb_code plumb_note_next(struct plumb_note *note,
                                                 struct plumb_note_sig *ret, bool *ret_end,
                                                 struct plumb_err *err);

/* "— name base64\n" to p, and a NUL; returns where the NUL is. */
char *plumb_put_signature(char *p, const struct plumb_vkey *key, const void *sig, size_t len);
#define PLUMB_SIGNATURE_LINE(n)                                                                \
    (4 + sizeof((struct plumb_vkey *)0)->name + 1 + PLUMB_BASE64_LEN(4 + (n)) + 2)

#endif
