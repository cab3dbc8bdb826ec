#include "tests/tui/stage.h"

#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
stage_begin(struct stage *s, void (*govern)(struct people *p))
{
    people_begin(&s->people);
    govern(&s->people);
    people_profiles(&s->people);
    tmux_begin(&s->tmux, "tmux.sock");
}

void
stage_end(struct stage *s)
{
    tmux_end(&s->tmux);
    people_end(&s->people);
}

void
stage_enter(struct stage *s, const char *who, int cols, int rows)
{
    char command[1000];

    (void)snprintf(command, sizeof command,
                   "exec env TERM=screen-256color TZ=UTC %s/plumb-tui --config %s.json",
                   getenv("PLUMB_BUILD"), who);
    tmux_run(&s->tmux, who, cols, rows, command);
}

void
stage_type(struct stage *s, const char *who, const char *keys)
{
    tmux_text(&s->tmux, who, keys);
}

void
stage_digits(struct stage *s, const char *who, const char *label, char ret[9])
{
    char *screen = tmux_screen(&s->tmux, who);
    const char *at = strstr(screen, label);

    assert_non_null(at);
    at += strlen(label);
    at += strspn(at, " ");
    (void)snprintf(ret, 9, "%.8s", at);
    assert_int_equal(8, strspn(ret, "0123456789abcdef"));
    free(screen);
}

void
stage_type_digits(struct stage *s, const char *who, const char *label)
{
    char text[9];

    tmux_wait(&s->tmux, who, "First 8 digits of the digest:");
    stage_digits(s, who, label, text);
    stage_type(s, who, text);
    tmux_key(&s->tmux, who, "Enter");
}

void
stage_open(struct stage *s, const char *who, const char *item)
{
    stage_type(s, who, "1g");
    tmux_wait(&s->tmux, who, item);
    tmux_key(&s->tmux, who, "Enter");
    tmux_wait(&s->tmux, who, "Verified      here: its signature");
}

void
stage_approve(struct stage *s, const char *who, const char *item, const char *then)
{
    char text[9];

    stage_open(s, who, item);
    stage_digits(s, who, "Digest", text);
    stage_type(s, who, "A");
    tmux_wait(&s->tmux, who, then);
    tmux_wait(&s->tmux, who, "First 8 digits of the digest:");
    stage_type(s, who, text);
    tmux_key(&s->tmux, who, "Enter");
    tmux_wait(&s->tmux, who, "Approved:");
}

void
stage_begin_rollout(struct stage *s, const char *version)
{
    char line[100];

    stage_type(s, "alice", "2gB");
    (void)snprintf(line, sizeof line, "%-19sapproved", version);
    tmux_wait(&s->tmux, "alice", line);
    tmux_key(&s->tmux, "alice", "Enter");
    stage_type_digits(s, "alice", "Release");
    tmux_wait(&s->tmux, "alice", "Begin sent:");
    (void)snprintf(line, sizeof line, "svr2@%s in prod", version);
    stage_approve(s, "bob", line, "Your approval completes the quorum");
    stage_type(s, "alice", "2");
    tmux_wait(&s->tmux, "alice", "incoming");
}

void
stage_complete_rollout(struct stage *s, const char *version)
{
    char line[100];

    stage_type(s, "alice", "2gC");
    stage_type_digits(s, "alice", "Release");
    tmux_wait(&s->tmux, "alice", "Completion sent:");
    (void)snprintf(line, sizeof line, "svr2@%s in prod", version);
    stage_approve(s, "bob", line, "Your approval completes the quorum");
    tmux_wait_gone(&s->tmux, "alice", "incoming");
}
