/* typist.h - what somebody does at the keyboard of a fake app, and sees. */
#ifndef TESTS_TUI_TYPIST_H
#define TESTS_TUI_TYPIST_H

#include "tests/tui/fake.h"

/* The statement that was asked for has come; the app frees it. */
void show(struct fake *f, struct tui_statement *s);
/* On the statement of the first item, which waits for me. */
void open_first(struct fake *f);
/* A digest's first n digits: n + 1 bytes of ret. */
void digits(const struct plumb_digest *id, size_t n, char *ret);
/* Type the digest's first digits and Enter. */
void type_digits(struct fake *f, const struct plumb_digest *id);
/* Fails unless the screen has this text. */
void assert_shows(struct fake *f, const char *text);
/* The last decision that was sent, or NULL. */
const struct tui_deed *sent(const struct fake *f);

#endif
