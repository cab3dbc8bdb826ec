/*
 * witnesses.h - one thread that sees to it that checkpoints are witnessed, as the governance
 * document asks: the instance that schedules has them cosigned and stores what came together,
 * the others read it from the database. It decides which checkpoint is given out, says when
 * witnesses are away, and holds receipts for the moment that it takes. The writer never waits
 * for it.
 */
#ifndef SERVER_WITNESSES_H
#define SERVER_WITNESSES_H

#include "server/follower.h"

struct witnesses;

/* What is stored already is given out when this returns. */
PLUMB_MUST_CHECK enum plumb_code witnesses_start(struct core *core, const char *conninfo,
                                                 struct witnesses **ret, struct plumb_err *err);
/* Answers whom it holds, then ends. */
void witnesses_stop(struct witnesses *w);

/* Who schedules is known from here; before that this instance asks nobody. */
void witnesses_follow(struct witnesses *w, const struct follower *f);

/* The log moved, or who schedules may have: look. Any thread. */
void witnesses_wake(struct witnesses *w);

/*
 * An accepted statement, to be answered when a checkpoint that covers it is witnessed, or when
 * it is clear that none will be soon; true if it was taken over. Any thread.
 */
bool witnesses_hold(void *witnesses, struct write_item *item);

/* For people: {"need", "away", "size", "witnesses": [...]}, as docs/api.md has it. */
json_t *witnesses_json(struct witnesses *w);

#endif
