/*
 * tui/secret.h - a passphrase while it is typed and used: in OpenSSL's locked heap, which is
 * neither swapped nor written to a core, wiped when freed. And a process that leaves no core.
 */
#ifndef TUI_SECRET_H
#define TUI_SECRET_H

#include <stdbool.h>
#include <stddef.h>

#define TUI_SECRET_MAX 1024

struct tui_secret {
    size_t len;
    char text[TUI_SECRET_MAX + 1];
};

/* NULL when there is no locked memory left. */
struct tui_secret *tui_secret_new(void);
/* Wipes; legal on NULL. */
void tui_secret_free(struct tui_secret *s);
/* One byte more, or fewer (the bytes of a character); what does not fit is left out. */
void tui_secret_add(struct tui_secret *s, char byte);
void tui_secret_erase(struct tui_secret *s);

/*
 * A plumb_passphrase_fn: gives what arg, a struct tui_secret, holds. Gives up when arg is NULL.
 */
int tui_secret_give(char *buf, int size, void *arg);

/* No core, no tracing by others, a locked heap, and nothing left behind in the ordinary one.
 * Call first of all. False where the system does not let us. */
bool tui_secret_guard(void);

#endif
