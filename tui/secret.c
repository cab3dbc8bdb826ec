#include "tui/secret.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* Room for key files and passphrases beside curl's TLS key. */
#define LOCKED_HEAP  262144
#define LOCKED_BLOCK 32

struct tui_secret *
tui_secret_new(void)
{
    return OPENSSL_secure_zalloc(sizeof(struct tui_secret));
}

void
tui_secret_free(struct tui_secret *s)
{
    OPENSSL_secure_clear_free(s, sizeof *s);
}

void
tui_secret_add(struct tui_secret *s, char byte)
{
    if (s->len < TUI_SECRET_MAX)
        s->text[s->len++] = byte;
}

void
tui_secret_erase(struct tui_secret *s)
{
    while (s->len > 0) {
        const unsigned char last = (unsigned char)s->text[--s->len];

        s->text[s->len] = '\0';
        if ((last & 0xC0) != 0x80)
            break;
    }
}

int
tui_secret_give(char *buf, int size, void *arg)
{
    const struct tui_secret *s = arg;

    if (s == NULL || s->len >= (size_t)size)
        return -1;
    memcpy(buf, s->text, s->len);
    return (int)s->len;
}

/*
 * OpenSSL keeps keys in its locked heap, but what it reads them from (decoded PEM, DER on its
 * way) in the ordinary one, and frees that as it is. So whatever it frees is wiped.
 */
static void *
take(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return malloc(size);
}

static void
wipe(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    if (block != NULL)
        OPENSSL_cleanse(block, malloc_usable_size(block));
    free(block);
}

static void *
retake(void *block, size_t size, const char *file, int line)
{
    const size_t room = block != NULL ? malloc_usable_size(block) : 0;
    void *other;

    if (size > 0 && size <= room)
        return block;
    other = size > 0 ? malloc(size) : NULL;
    if (other == NULL && size > 0)
        return NULL;
    if (block != NULL && other != NULL)
        memcpy(other, block, room);
    wipe(block, file, line);
    return other;
}

bool
tui_secret_guard(void)
{
    const struct rlimit none = { 0, 0 };
    const bool quiet =
        setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;

    /* 2: made, but the system's limit keeps it from being locked; still in no core */
    return CRYPTO_set_mem_functions(take, retake, wipe) == 1 &&
           CRYPTO_secure_malloc_init(LOCKED_HEAP, LOCKED_BLOCK) != 0 && quiet;
}
