/* tui/view.h - pieces that the files view_*.c share. */
#ifndef TUI_VIEW_H
#define TUI_VIEW_H

#include "tui/session.h"

/* "ed25519 SHA256:..." */
void view_key_text(const struct plumb_pubkey *key, char *ret, size_t size);
/* JSON over several lines; the caller frees. NULL when out of memory. */
char *view_raw(const json_t *json);
/* A member that is a string, into ret, else "". */
void view_copy(const json_t *o, const char *key, char *ret, size_t size);
/* A member that is a time, else NEVER. */
plumb_time view_time(const json_t *o, const char *key);
/* Controls and evidence of the release that a proposal, not of governance, is about. */
void view_evidence(struct session *s, const struct plumb_statement *st,
                   const struct plumb_statement *release, struct tui_statement *ret);

#endif
