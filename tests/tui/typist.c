#include "tests/tui/typist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/t.h"

void
show(struct fake *f, struct tui_statement *s)
{
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_STATEMENT, .statement = s });
}

/* On the statement of the first item, which waits for me. */
void
open_first(struct fake *f)
{
    fake_type(f, "<Home><Enter>");
    show(f, fake_statement());
}

void
digits(const struct plumb_digest *id, size_t n, char *ret)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(id, hex);
    memcpy(ret, hex, n);
    ret[n] = '\0';
}

/* Type the digest's first digits and Enter. */
void
type_digits(struct fake *f, const struct plumb_digest *id)
{
    char text[16];

    digits(id, TUI_DIGITS, text);
    fake_type(f, text);
    fake_type(f, "<Enter>");
}

void
assert_shows(struct fake *f, const char *text)
{
    char *screen = fake_screen(f, 30, 100, false);

    if (strstr(screen, text) == NULL)
        fail_msg("the screen does not show \"%s\":\n%s", text, screen);
    free(screen);
}

const struct tui_deed *
sent(const struct fake *f)
{
    const struct tui_ask *ask = fake_asked(f, TUI_ASK_DEED);

    return ask != NULL ? &ask->deed : NULL;
}
