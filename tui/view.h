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
/* What is current in the fleets that a proposal concerns; the first of them is what differences
 * are from. */
struct view_current {
    const struct plumb_accepted *version; /* borrowed; NULL: none is */
    char where[400];                      /* "2.4.0, current in prod"; or why it is not known */
};
void view_current(struct session *s, const struct plumb_statement *st,
                  struct view_current *ret);
/* Would the release take the place of what is current? */
bool view_replaces(const struct plumb_statement *st, const struct plumb_statement *release,
                   const struct view_current *current);
/* Into changes and against. */
PLUMB_MUST_CHECK enum plumb_code
view_difference(struct session *s, const struct plumb_statement *st,
                const struct plumb_statement *release, const struct view_current *current,
                struct tui_statement *ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code view_governance(struct session *s,
                                                 const struct plumb_statement *st,
                                                 struct tui_statement *ret,
                                                 struct plumb_err *err);

/* What is on file about the release that a proposal, not of governance, is about. What cannot
 * be read or does not verify is said in *ret; it fails for want of an answer or of memory. */
PLUMB_MUST_CHECK enum plumb_code view_evidence(struct session *s,
                                               const struct plumb_statement *st,
                                               const struct plumb_statement *release,
                                               struct tui_statement *ret,
                                               struct plumb_err *err);
/* A version's dossier; none, and why in unread, where it cannot be read. */
PLUMB_MUST_CHECK enum plumb_code view_dossier(struct session *s, const char *payload,
                                              const char *version,
                                              const struct plumb_digest *release,
                                              struct client_dossier **ret, char *unread,
                                              size_t size, struct plumb_err *err);
/* Which bills and root stores are to be read, and against which: none of them is yet. After
 * view_evidence. */
PLUMB_MUST_CHECK enum plumb_code view_materials(struct session *s,
                                                const struct plumb_statement *st,
                                                const struct plumb_statement *release,
                                                const struct view_current *current,
                                                struct tui_evidence *e, struct plumb_err *err);
/* Reads one: what cannot be had or read, or does not verify, is said in it. Fails for want of
 * an answer or memory. */
PLUMB_MUST_CHECK enum plumb_code view_read_material(struct session *s, struct tui_material *m,
                                                    struct plumb_err *err);
/* That each file was attached by the entry it names: one for each of d's files. */
PLUMB_MUST_CHECK enum plumb_code view_prove_files(struct session *s,
                                                  const struct client_dossier *d,
                                                  struct tui_proof *ret, struct plumb_err *err);

#endif
