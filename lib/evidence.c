/* Which reader a file is for, and the readings it makes. */
#include <string.h>

#include "lib/evidence.h"
#include "lib/own.h"
#include "lib/tar.h"

const char *
plumb_evidence_kind_text(enum plumb_evidence_kind kind)
{
    static const char *const texts[] = {
#define X(name, text, said) [PLUMB_EVIDENCE_##name] = text,
        PLUMB_EVIDENCE_KINDS(X)
#undef X
    };

    return kind < PLUMB_EVIDENCE_KIND_COUNT ? texts[kind] : "unknown";
}

bool
plumb_evidence_said(enum plumb_evidence_kind kind)
{
    static const bool says[] = {
#define X(name, text, said) [PLUMB_EVIDENCE_##name] = said,
        PLUMB_EVIDENCE_KINDS(X)
#undef X
    };

    return kind < PLUMB_EVIDENCE_KIND_COUNT && says[kind];
}

const char *
plumb_warning_word(enum plumb_warning w)
{
    static const char *const words[] = {
#define X(name, word, text) [PLUMB_WARNING_##name] = word,
        PLUMB_WARNINGS(X)
#undef X
    };

    return w < PLUMB_WARNING_COUNT ? words[w] : "unknown";
}

const char *
plumb_warning_text(enum plumb_warning w)
{
    static const char *const texts[] = {
#define X(name, word, text) [PLUMB_WARNING_##name] = text,
        PLUMB_WARNINGS(X)
#undef X
    };

    return w < PLUMB_WARNING_COUNT ? texts[w] : "unknown";
}

void
plumb_evidence_free(struct plumb_evidence *e)
{
    if (e != NULL)
        pool_free(e->pool); /* holds e too */
}

static bool
is_eif(const uint8_t *data, size_t len)
{
    return len >= 4 && memcmp(data, ".eif", 4) == 0;
}

static bool
is_executable(const uint8_t *data, size_t len)
{
    return len >= 4 && (memcmp(data,
                               "\x7f"
                               "ELF",
                               4) == 0 ||
                        memcmp(data, "MZ", 2) == 0);
}

static bool
is_signed(const uint8_t *data, size_t len)
{
    return is_executable(data, len) || evidence_is_sigstruct(data, len);
}

static bool
is_json_object(const uint8_t *data, size_t len)
{
    size_t i = 0;

    while (i < len && i < 64 && strchr(" \t\r\n", data[i]) != NULL && data[i] != 0)
        i++;
    return i < len && data[i] == '{';
}

/* Base64 or hex, by its characters: people have quotes in both. */
static bool
is_encoded(const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (data[i] == 0 || strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                   "0123456789+/-_= \t\r\n",
                                   data[i]) == NULL)
            return false;
    return len >= 64;
}

enum plumb_code
plumb_evidence_read(const void *data, size_t len, struct plumb_evidence **ret,
                    struct plumb_err *err)
{
    static const struct {
        bool (*is)(const uint8_t *data, size_t len);
        evidence_reader *read;
    } readers[] = {
        { is_eif, evidence_eif },
        { is_signed, evidence_sigstructs },
        { evidence_is_quote, evidence_quote },
        { evidence_is_snp, evidence_snp },
        { evidence_is_nitro, evidence_nitro },
        { tar_is, evidence_oci_archive },
        { is_json_object, evidence_json },
    };

    PLUMB_AUTO(draft_evidence_clear) struct draft_evidence e = { 0 };

    for (size_t i = 0; i < sizeof readers / sizeof readers[0]; i++)
        if (readers[i].is(data, len)) {
            PLUMB_TRY(draft_evidence_begin(&e, err));
            PLUMB_TRY(readers[i].read(data, len, &e, err));
            return draft_evidence_end(&e, ret, err);
        }
    return plumb_fail(err, PLUMB_UNSUPPORTED, "evidence.unknown", "",
                      is_encoded(data, len)
                          ? "this is text, in base64 or hex perhaps: decode it first"
                          : "this is no quote, report, document, image or claims that we know");
}
