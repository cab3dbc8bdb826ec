/*
 * What term.c puts on a terminal, cell by cell: a child draws on a pseudo-terminal, and
 * libvterm is the terminal. And the program where there is none.
 */
#include "tests/t.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <vterm.h>

#include "tests/tui/fake.h"
#include "tui/term.h"

enum { ROWS = 30, COLS = 100 };

struct terminal {
    VTerm *vt;
    VTermScreen *screen;
    int fd;
    pid_t pid;
};

/* --- the child: an app with a fake backend on a real terminal --- */

static void
draw(struct fake *f, bool ascii)
{
    struct tui_surface s;
    int rows, cols;

    term_size(&rows, &cols);
    if (!tui_surface_init(&s, rows, cols, ascii))
        _exit(3);
    tui_app_draw(&f->app, &s);
    term_draw(&s);
    tui_surface_done(&s);
}

static void
play(void)
{
    struct fake f;
    bool ascii;

    if (!term_open(&ascii))
        _exit(2);
    fake_begin(&f, false);
    f.app.you->asks_passphrase = true;
    while (!f.app.quit) {
        struct tui_secret *secret = tui_app_secret(&f.app);
        struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
        int key = 0;

        draw(&f, ascii);
        if (poll(&p, 1, 1000) > 0)
            key = secret != NULL ? term_secret(secret) : term_key();
        if (key < 0)
            break;
        if (key > 0)
            tui_app_key(&f.app, key);
        if (f.app.screen == SCREEN_STATEMENT && f.app.statement.shown == NULL)
            fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_STATEMENT,
                                                .statement = fake_statement() });
        if (f.passphrase[0] != '\0') {
            struct tui_event e = { .kind = TUI_EVENT_DONE, .ok = true };

            (void)snprintf(e.text, sizeof e.text, "got %zu bytes ending in %s",
                           strlen(f.passphrase), f.passphrase + strlen(f.passphrase) - 2);
            f.passphrase[0] = '\0';
            fake_event(&f, &e);
        }
    }
    term_close();
    _exit(0);
}

/* --- the parent: the terminal --- */

static void
start(struct terminal *t, const char *term, const char *locale, const char *no_color)
{
    struct winsize ws = { .ws_row = ROWS, .ws_col = COLS };

    t->pid = forkpty(&t->fd, NULL, NULL, &ws);
    assert_true(t->pid >= 0);
    if (t->pid == 0) {
        (void)setenv("TERM", term, 1);
        (void)setenv("LC_ALL", locale, 1);
        if (no_color != NULL)
            (void)setenv("NO_COLOR", no_color, 1);
        else
            (void)unsetenv("NO_COLOR");
        play();
    }
    t->vt = vterm_new(ROWS, COLS);
    assert_non_null(t->vt);
    vterm_set_utf8(t->vt, 1);
    t->screen = vterm_obtain_screen(t->vt);
    vterm_screen_reset(t->screen, 1);
}

static void
row_text(struct terminal *t, int row, char *ret, size_t size)
{
    const VTermRect r = {
        .start_row = row, .end_row = row + 1, .start_col = 0, .end_col = COLS
    };
    const size_t n = vterm_screen_get_text(t->screen, ret, size - 1, r);

    ret[n] = '\0';
}

static bool
shows(struct terminal *t, const char *text)
{
    char row[COLS * 4 + 1];

    for (int r = 0; r < ROWS; r++) {
        row_text(t, r, row, sizeof row);
        if (strstr(row, text) != NULL)
            return true;
    }
    return false;
}

static void
see(struct terminal *t, const char *text)
{
    char bytes[4096];

    for (int i = 0; i < 600 && !shows(t, text); i++) {
        struct pollfd p = { .fd = t->fd, .events = POLLIN };

        if (poll(&p, 1, 100) > 0) {
            const ssize_t n = read(t->fd, bytes, sizeof bytes);

            if (n <= 0)
                break;
            (void)vterm_input_write(t->vt, bytes, (size_t)n);
        }
    }
    if (!shows(t, text))
        fail_msg("the terminal never showed: %s", text);
}

static void
type(struct terminal *t, const char *keys)
{
    assert_int_equal(strlen(keys), write(t->fd, keys, strlen(keys)));
}

static void
end(struct terminal *t)
{
    int status;

    type(t, "Q");
    /* a child that waits for its output to be read does not end */
    for (int i = 0; waitpid(t->pid, &status, WNOHANG) != t->pid; i++) {
        char bytes[4096];
        struct pollfd p = { .fd = t->fd, .events = POLLIN };

        if (i == 1200)
            fail_msg("the program does not end");
        if (poll(&p, 1, 50) <= 0 || read(t->fd, bytes, sizeof bytes) <= 0)
            (void)nanosleep(&(struct timespec){ 0, 50 * 1000000 }, NULL);
    }
    assert_true(WIFEXITED(status));
    assert_int_equal(0, WEXITSTATUS(status));
    (void)close(t->fd);
    vterm_free(t->vt);
}

static size_t
coloured_cells(struct terminal *t)
{
    size_t n = 0;

    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLS; c++) {
            VTermScreenCell cell;

            (void)vterm_screen_get_cell(t->screen, (VTermPos){ r, c }, &cell);
            n += !VTERM_COLOR_IS_DEFAULT_FG(&cell.fg) || !VTERM_COLOR_IS_DEFAULT_BG(&cell.bg);
        }
    return n;
}

/* Through every screen; coloured: whether some cell is. */
static void
walk(struct terminal *t, bool coloured)
{
    static const struct {
        const char *keys, *shows;
    } steps[] = {
        { "", "wait for a decision" },  { "\r", "Votes" },
        { "?", "Keys of: Statement" },  { " x", "Votes" },
        { "A", "First 8 digits" },      { "12\r", "those are not" },
        { "2", "under way" },           { "3", "service's records" },
        { "4", "Asking the server" },   { "i", "What it may decide" },
        { "1", "wait for a decision" },
    };

    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        type(t, steps[i].keys);
        see(t, steps[i].shows);
        if (!coloured && coloured_cells(t) > 0)
            fail_msg("after \"%s\" %zu cells are coloured", steps[i].keys, coloured_cells(t));
    }
    if (coloured)
        assert_true(coloured_cells(t) > 0);
}

static void
no_color_and_terminals_without_leave_no_cell_coloured(void **state)
{
    struct terminal t;

    (void)state;
    start(&t, "xterm-256color", "C.UTF-8", "1");
    walk(&t, false);
    end(&t);
    start(&t, "vt100", "C.UTF-8", NULL);
    walk(&t, false);
    end(&t);
}

static void
colour_is_used_in_8_and_in_256(void **state)
{
    static const char *const terms[] = { "xterm", "xterm-256color" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct terminal t;

        start(&t, terms[i], "C.UTF-8", i == 0 ? NULL : "");
        walk(&t, true);
        end(&t);
    }
}

/* The background is the person's own, light or dark. */
static void
no_cell_has_a_background_of_ours(void **state)
{
    struct terminal t;

    (void)state;
    start(&t, "xterm-256color", "C.UTF-8", NULL);
    see(&t, "? help");
    for (int r = 0; r < ROWS; r++)
        for (int c = 0; c < COLS; c++) {
            VTermScreenCell cell;

            (void)vterm_screen_get_cell(t.screen, (VTermPos){ r, c }, &cell);
            assert_true(cell.attrs.reverse || VTERM_COLOR_IS_DEFAULT_BG(&cell.bg));
        }
    end(&t);
}

/* What colour says is said without: the cursor's line, the title, what failed. */
static void
without_colour_the_cursor_and_what_failed_are_still_seen(void **state)
{
    struct terminal t;
    VTermScreenCell cell;

    (void)state;
    start(&t, "xterm", "C.UTF-8", "1");
    see(&t, "? help"); /* drawn last */
    (void)vterm_screen_get_cell(t.screen, (VTermPos){ 3, 5 }, &cell);
    assert_true(cell.attrs.reverse);
    assert_true(shows(&t, "!policy-\\u{202E}dorp"));
    end(&t);
}

static void
a_locale_without_utf_8_gets_ascii(void **state)
{
    struct terminal t;

    (void)state;
    start(&t, "xterm", "C", NULL);
    see(&t, "? help");
    assert_true(shows(&t, ">*payments@2.5.0"));
    end(&t);
}

static void
arrow_keys_and_resizing_reach_the_app(void **state)
{
    struct winsize ws = { .ws_row = 12, .ws_col = 60 };
    struct terminal t;

    (void)state;
    start(&t, "xterm", "C.UTF-8", NULL);
    see(&t, "wait for a decision");
    type(&t, "\033OB"); /* down, as a keypad in application mode sends it */
    see(&t, "\u203A*ledger@7.1");
    vterm_set_size(t.vt, 12, 60);
    assert_int_equal(0, ioctl(t.fd, TIOCSWINSZ, &ws));
    assert_int_equal(0, kill(t.pid, SIGWINCH));
    for (int i = 0; i < 600; i++) { /* drawn for the new size: no KIND column's neighbour */
        char bytes[4096];
        struct pollfd p = { .fd = t.fd, .events = POLLIN };

        if (poll(&p, 1, 100) > 0) {
            const ssize_t n = read(t.fd, bytes, sizeof bytes);

            assert_true(n > 0);
            (void)vterm_input_write(t.vt, bytes, (size_t)n);
        }
        vterm_screen_flush_damage(t.screen);
        {
            VTermRect r = { 0, 1, 0, 60 };
            char row[300];
            size_t n = vterm_screen_get_text(t.screen, row, sizeof row - 1, r);

            row[n] = '\0';
            if (strncmp(row, " [Queue]", 8) == 0)
                break;
        }
        assert_int_not_equal(599, i);
    }
    end(&t);
}

static void
a_passphrase_goes_from_the_terminal_to_where_it_belongs(void **state)
{
    struct tui_statement *s = fake_statement();
    char hex[PLUMB_DIGEST_HEX], keys[64];
    struct terminal t;

    (void)state;
    plumb_digest_hex(&s->item.id, hex);
    tui_statement_free(s);
    start(&t, "xterm", "C.UTF-8", NULL);
    see(&t, "wait for a decision");
    type(&t, "\r");
    see(&t, "Votes");
    (void)snprintf(keys, sizeof keys, "A%.8s\r", hex);
    type(&t, keys);
    see(&t, "Passphrase of your key:");
    type(&t, "secr\xc3\xa9\x7f\x7f"); /* two bytes are one character */
    type(&t, "\033[A");               /* an arrow is no part of it */
    type(&t, "ret\r");
    see(&t, "got 6 bytes ending in et");
    assert_false(shows(&t, "secret"));
    end(&t);
}

/* --- no terminal --- */

static void
what_is_no_terminal_gets_one_line_that_names_the_command(void **state)
{
    char program[4096], out[4096] = "";
    int fds[2], status;
    size_t len = 0;
    ssize_t n;
    pid_t pid;

    (void)state;
    (void)snprintf(program, sizeof program, "%s/plumb-tui", getenv("PLUMB_BUILD"));
    assert_int_equal(0, pipe(fds));
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        const int null = open("/dev/null", O_RDWR);

        (void)dup2(null, STDIN_FILENO);
        (void)dup2(fds[1], STDOUT_FILENO);
        (void)dup2(fds[1], STDERR_FILENO);
        (void)execl(program, program, (char *)NULL);
        _exit(127);
    }
    (void)close(fds[1]);
    while (len + 1 < sizeof out && (n = read(fds[0], out + len, sizeof out - 1 - len)) > 0)
        len += (size_t)n;
    (void)close(fds[0]);
    assert_int_equal(pid, waitpid(pid, &status, 0));
    assert_int_equal(1, WEXITSTATUS(status));
    assert_string_equal(
        "plumb-tui: this is no terminal; 'plumb queue' lists what waits, 'plumb "
        "approve' decides\n",
        out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_color_and_terminals_without_leave_no_cell_coloured),
        cmocka_unit_test(colour_is_used_in_8_and_in_256),
        cmocka_unit_test(no_cell_has_a_background_of_ours),
        cmocka_unit_test(without_colour_the_cursor_and_what_failed_are_still_seen),
        cmocka_unit_test(a_locale_without_utf_8_gets_ascii),
        cmocka_unit_test(arrow_keys_and_resizing_reach_the_app),
        cmocka_unit_test(a_passphrase_goes_from_the_terminal_to_where_it_belongs),
        cmocka_unit_test(what_is_no_terminal_gets_one_line_that_names_the_command),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
