/* tmux.h - real terminals for the real program, one window for each person. */
#ifndef TESTS_TUI_TMUX_H
#define TESTS_TUI_TMUX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tmux {
    char socket[300];
    pid_t server; /* a child of ours, which dies with us */
};

/* socket: a path that does not exist yet. */
void tmux_begin(struct tmux *t, const char *socket);
/* Ends the server and all that runs in it. */
void tmux_end(struct tmux *t);

/* A window of this size that runs a shell command; what it says is kept when it ends. */
void tmux_run(struct tmux *t, const char *window, int cols, int rows, const char *command);
void tmux_resize(struct tmux *t, const char *window, int cols, int rows);
/* Keys as tmux names them ("Enter", "Escape", "Down"); text goes literally. */
void tmux_key(struct tmux *t, const char *window, const char *key);
void tmux_text(struct tmux *t, const char *window, const char *text);
/* What is on the screen; the caller frees. */
char *tmux_screen(struct tmux *t, const char *window);
/* Until the screen shows it, or does not any more; fails after a minute, showing the screen. */
void tmux_wait(struct tmux *t, const char *window, const char *text);
void tmux_wait_gone(struct tmux *t, const char *window, const char *text);
/* Until its program has ended; the exit status. */
int tmux_wait_end(struct tmux *t, const char *window);
/* The process that the window runs. */
pid_t tmux_pid(struct tmux *t, const char *window);

#endif
