#include "tui/secret.h"

#include <openssl/crypto.h>
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

bool
tui_secret_guard(void)
{
    const struct rlimit none = { 0, 0 };
    const bool quiet =
        setrlimit(RLIMIT_CORE, &none) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;

    return (CRYPTO_secure_malloc_initialized() ||
            CRYPTO_secure_malloc_init(LOCKED_HEAP, LOCKED_BLOCK) != 0) &&
           quiet;
}
