#include "tui/term.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tui/keys.h"

/* How each meaning looks: without colour, which must be enough by itself; and in which colour,
 * of 8 and of 256. They are legible on light and on dark backgrounds, which stay as they are.
 */
/* clang-format off */
#define LOOKS(X)                                      \
    X(ST_PLAIN,   A_NORMAL,    -1,            -1)     \
    X(ST_BAR,     A_REVERSE,   -1,            -1)     \
    X(ST_CURSOR,  A_REVERSE,   -1,            -1)     \
    X(ST_HEAD,    A_BOLD,      -1,            -1)     \
    X(ST_KEY,     A_BOLD,      COLOR_CYAN,    31)     \
    X(ST_GOOD,    A_NORMAL,    COLOR_GREEN,   34)     \
    X(ST_BAD,     A_REVERSE,   COLOR_RED,     160)    \
    X(ST_WARN,    A_BOLD,      COLOR_MAGENTA, 166)    \
    X(ST_DIM,     A_DIM,       -1,            -1)     \
    X(ST_ADDED,   A_BOLD,      COLOR_GREEN,   34)     \
    X(ST_REMOVED, A_UNDERLINE, COLOR_RED,     160)
/* clang-format on */

static attr_t look[ST_COUNT];
static short pair[ST_COUNT];
static bool is_open;

static void
set_look(enum tui_style style, attr_t attr, int colour)
{
    look[style] = attr;
    pair[style] = 0;
    if (colour >= 0 && init_pair((short)(style + 1), (short)colour, -1) == OK)
        pair[style] = (short)(style + 1);
}

static void
init_looks(void)
{
    const char *no = getenv("NO_COLOR");
    const bool colours = (no == NULL || *no == '\0') && has_colors() && start_color() == OK &&
                         use_default_colors() == OK && COLORS >= 8;

#define X(style, attr, of8, of256)                                                             \
    set_look(style, attr, !colours ? -1 : COLORS >= 256 ? (of256) : (of8));
    LOOKS(X)
#undef X
}

bool
term_open(bool *ret_ascii)
{
    (void)setlocale(LC_ALL, "");
    *ret_ascii = strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    (void)setenv("ESCDELAY", "25", 0);
    if (newterm(NULL, stdout, stdin) == NULL)
        return false;
    is_open = true;
    (void)cbreak();
    (void)noecho();
    (void)nonl();
    (void)keypad(stdscr, TRUE);
    (void)nodelay(stdscr, TRUE);
    (void)curs_set(0);
    init_looks();
    return true;
}

void
term_close(void)
{
    if (is_open)
        (void)endwin();
    is_open = false;
}

void
term_size(int *ret_rows, int *ret_cols)
{
    *ret_rows = LINES;
    *ret_cols = COLS;
}

void
term_redraw(void)
{
    (void)clearok(curscr, TRUE);
}

void
term_draw(const struct tui_surface *s)
{
    (void)erase();
    for (int r = 0; r < s->rows; r++)
        for (int c = 0; c < s->cols; c++) {
            const struct tui_cell *cell = &s->cells[r * s->cols + c];
            const wchar_t ch[4] = { cell->ch[0], cell->ch[1], cell->ch[2], 0 };
            cchar_t cc;

            if (cell->ch[0] == 0)
                continue;
            if (setcchar(&cc, ch, look[cell->style], pair[cell->style], NULL) == OK)
                (void)mvadd_wch(r, c, &cc);
        }
    (void)refresh();
}

int
term_key(void)
{
    static const struct {
        wint_t curses;
        int key;
    } keys[] = { { KEY_UP, K_UP },          { KEY_DOWN, K_DOWN },     { KEY_PPAGE, K_PGUP },
                 { KEY_NPAGE, K_PGDN },     { KEY_HOME, K_HOME },     { KEY_END, K_END },
                 { KEY_ENTER, K_ENTER },    { KEY_RESIZE, K_RESIZE }, { KEY_F(1), K_F1 },
                 { KEY_BACKSPACE, K_ERASE } };
    wint_t wc = 0;
    int got;

    errno = 0;
    got = get_wch(&wc);
    if (got == ERR) {
        /* nothing, or nobody: a terminal that hung up is readable and has no bytes */
        struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };

        return poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0 ? -1 : 0;
    }
    if (got == KEY_CODE_YES) {
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            if (keys[i].curses == wc)
                return keys[i].key;
        return K_RESIZE; /* a key that means nothing */
    }
    switch (wc) {
    case '\r':
    case '\n':
        return K_ENTER;
    case 27:
        return K_ESC;
    case '\t':
        return K_TAB;
    case 8:
    case 127:
        return K_ERASE;
    case 12:
        return K_CTRL_L;
    case 21:
        return K_CTRL_U;
    default:
        return wc < 0x20 ? K_RESIZE : (int)wc;
    }
}

/* An arrow key is an escape with more behind it: none of that belongs to a passphrase. */
static bool
swallow_sequence(void)
{
    struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
    bool any = false;
    char c;

    while (poll(&p, 1, 25) > 0 && read(STDIN_FILENO, &c, 1) == 1) {
        any = true;
        if (c >= '@' && c != '[' && c != 'O')
            break;
    }
    return any;
}

int
term_secret(struct tui_secret *s)
{
    char *to = &s->text[s->len]; /* there is room for one more byte than is kept */
    const ssize_t n = read(STDIN_FILENO, to, 1);
    const char c = *to;

    if (n <= 0)
        return n < 0 && (errno == EINTR || errno == EAGAIN) ? 0 : -1;
    *to = '\0';
    switch (c) {
    case '\r':
    case '\n':
        return K_ENTER;
    case 27:
        return swallow_sequence() ? 0 : K_ESC;
    case 8:
    case 127:
        tui_secret_erase(s);
        return 0;
    case 21:
        while (s->len > 0)
            tui_secret_erase(s);
        return 0;
    default:
        if ((unsigned char)c >= 0x20)
            tui_secret_add(s, c);
        return 0;
    }
}
