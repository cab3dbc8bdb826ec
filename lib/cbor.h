/*
 * cbor.h - a strict reader of CBOR (RFC 8949): definite lengths and shortest forms only. It
 * walks bytes and neither recurses nor allocates. For .c files only.
 */
#ifndef LIB_CBOR_H
#define LIB_CBOR_H

#include <plumb/err.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cbor_type { /* the major types */
                 CBOR_UINT,
                 CBOR_NEGATIVE,
                 CBOR_BYTES,
                 CBOR_TEXT,
                 CBOR_ARRAY,
                 CBOR_MAP,
                 CBOR_TAG,
                 CBOR_SIMPLE
};

#define CBOR_NULL 22

struct cbor_item {
    enum cbor_type type;
    uint64_t value;      /* the integer (-1 - value if negative), length, count or number */
    const uint8_t *data; /* BYTES and TEXT: value bytes of the input; TEXT is not checked */
};

/* What is left to read. */
struct cbor {
    const uint8_t *p;
    size_t n;
};

/*
 * The next item's head, with the content of strings; elements follow by themselves. Rules
 * "cbor.end" (it reaches beyond the input; an array or map that must, too), "cbor.form".
 */
PLUMB_MUST_CHECK enum plumb_code cbor_next(struct cbor *c, struct cbor_item *ret,
                                           struct plumb_err *err);
/* And it must be of this type; rule "cbor.type", where is what for. */
PLUMB_MUST_CHECK enum plumb_code cbor_want(struct cbor *c, enum cbor_type type,
                                           const char *where, struct cbor_item *ret,
                                           struct plumb_err *err);
/* Nothing may be left; rule "cbor.trailing". */
PLUMB_MUST_CHECK enum plumb_code cbor_end(const struct cbor *c, struct plumb_err *err);

bool cbor_text_is(const struct cbor_item *item, const char *text);

#endif
