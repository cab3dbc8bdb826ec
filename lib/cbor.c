/* CBOR, one item at a time. */
#include <string.h>

#include "lib/cbor.h"
#include "lib/own.h"

static enum plumb_code
ends(struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "cbor.end", "", "the CBOR ends in the midst of it");
}

/* The argument of a head, and how long the head is. */
static enum plumb_code
argument(const struct cbor *c, uint64_t *ret, size_t *ret_len, struct plumb_err *err)
{
    unsigned info = c->p[0] & 0x1f;
    size_t more = info < 24 ? 0 : (size_t)1 << (info - 24);
    uint64_t value = info;

    if (info > 27)
        return plumb_fail(err, PLUMB_INVALID, "cbor.form", "",
                          "an indefinite length or reserved head");
    if (more > c->n - 1)
        return ends(err);
    if (more > 0) {
        value = 0;
        for (size_t i = 1; i <= more; i++)
            value = value << 8 | c->p[i];
        if (value < (more == 1 ? 24 : UINT64_C(1) << (4 * more)))
            return plumb_fail(err, PLUMB_INVALID, "cbor.form", "", "not the shortest form");
    }
    *ret = value;
    *ret_len = 1 + more;
    return PLUMB_OK;
}

enum plumb_code
cbor_next(struct cbor *c, struct cbor_item *ret, struct plumb_err *err)
{
    struct cbor_item item = { 0 };
    size_t used = 0, left;

    if (c->n == 0)
        return ends(err);
    PLUMB_TRY(argument(c, &item.value, &used, err));
    item.type = (enum cbor_type)(c->p[0] >> 5);
    left = c->n - used;
    if (item.type == CBOR_BYTES || item.type == CBOR_TEXT) {
        if (item.value > left)
            return ends(err);
        item.data = c->p + used;
        used += item.value;
    } else if (item.type == CBOR_ARRAY || item.type == CBOR_MAP) {
        /* each element has a byte at least */
        if (item.value > (item.type == CBOR_MAP ? left / 2 : left))
            return ends(err);
    } else if (item.type == CBOR_SIMPLE && used > 1) {
        return plumb_fail(err, PLUMB_INVALID, "cbor.form", "", "a float or unknown value");
    }
    c->p += used;
    c->n -= used;
    *ret = item;
    return PLUMB_OK;
}

enum plumb_code
cbor_want(struct cbor *c, enum cbor_type type, const char *where, struct cbor_item *ret,
          struct plumb_err *err)
{
    static const char *const words[] = { "an integer", "a negative integer",
                                         "bytes",      "text",
                                         "an array",   "a map",
                                         "a tag",      "null" };
    struct cbor_item item;

    PLUMB_TRY(cbor_next(c, &item, err));
    if (item.type != type)
        return plumb_fail(err, PLUMB_INVALID, "cbor.type", where, "want %s, not %s",
                          words[type], words[item.type]);
    *ret = item;
    return PLUMB_OK;
}

enum plumb_code
cbor_end(const struct cbor *c, struct plumb_err *err)
{
    if (c->n > 0)
        return plumb_fail(err, PLUMB_INVALID, "cbor.trailing", "", "%zu bytes behind its end",
                          c->n);
    return PLUMB_OK;
}

bool
cbor_text_is(const struct cbor_item *item, const char *text)
{
    return item->type == CBOR_TEXT && item->value == strlen(text) &&
           memcmp(item->data, text, item->value) == 0;
}
