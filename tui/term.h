/* tui/term.h - the terminal: keys in, cells out. Only term.c sees curses. */
#ifndef TUI_TERM_H
#define TUI_TERM_H

#include "tui/secret.h"
#include "tui/surface.h"

/* Takes the terminal over. *ret_ascii: it cannot show more. False where it is of no use. */
bool term_open(bool *ret_ascii);
/* Gives it back; legal when it was not taken. */
void term_close(void);

void term_size(int *ret_rows, int *ret_cols);
void term_draw(const struct tui_surface *s);
/* Draw all of it anew, whatever stands there. */
void term_redraw(void);
/* The next key, 0 when there is none, -1 when the terminal is gone. */
int term_key(void);
/* The same while a passphrase is typed: its bytes go from the terminal into s and nowhere
 * else. K_ENTER, K_ESC, 0, or -1. */
int term_secret(struct tui_secret *s);

#endif
