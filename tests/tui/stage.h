/* stage.h - people at real terminals, with the real program, against a real service. */
#ifndef TESTS_TUI_STAGE_H
#define TESTS_TUI_STAGE_H

#include "tests/cli/people.h"
#include "tests/tui/tmux.h"

struct stage {
    struct people people;
    struct tmux tmux;
};
/* The service, governed, with everybody's profile; nobody is at a terminal yet. */
void stage_begin(struct stage *s, void (*govern)(struct people *p));
void stage_end(struct stage *s);
/* Somebody sits down at a terminal of this size. */
void stage_enter(struct stage *s, const char *who, int cols, int rows);

void stage_type(struct stage *s, const char *who, const char *keys);
/* The first eight digits after a label on somebody's screen. */
void stage_digits(struct stage *s, const char *who, const char *label, char ret[9]);
/* They are asked for, and typed. */
void stage_type_digits(struct stage *s, const char *who, const char *label);
/* Somebody opens what waits, and sees that it is verified. */
void stage_open(struct stage *s, const char *who, const char *item);
/* And approves it. then: what they are told beforehand. */
void stage_approve(struct stage *s, const char *who, const char *item, const char *then);
/* Alice chooses a version of svr2 and proposes its rollout in prod; Bob approves it. */
void stage_begin_rollout(struct stage *s, const char *version);
void stage_complete_rollout(struct stage *s, const char *version);

#endif
