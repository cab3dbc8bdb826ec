/* finding.h - what matches of advisories and bills of materials come to, release by release. */
#ifndef ENGINE_FINDING_H
#define ENGINE_FINDING_H

#include <plumb/bundle.h>

#include "engine/controls.h"
#include "engine/kinds.h"
#include "engine/watch.h"

/* Gathered before anything changes (match.h). */
struct match {
    struct plumb_digest release;
    struct held *held; /* borrowed */
    struct fact *bill; /* borrowed */
    uint32_t part;
    struct osv_match m;
};
struct matches {
    struct match *v;
    size_t n, cap;
};

struct found_part {
    uint32_t part;
    bool undetermined;
};
#define FINDING_PAIRS_MAX 1000000 /* of a release: parts and the advisories about them */

struct finding {
    struct record head;
    struct plumb_digest release;
    struct held *held;
    struct fact *bill;
    enum severity severity; /* the worst of the entries that match */
    const char *why;        /* why it cannot be told: a constant */
    const char *fixed;      /* the advisory's; or NULL */
    uint64_t index;
    plumb_time since;
    const struct map_entry *before; /* the finding of the release that came before; or NULL */
    bool more;                      /* stands for those that are not kept; of one part */
    size_t n;                       /* 0: it matches no longer */
    struct found_part parts[];
};
/* Those of one release are a list, the newest first, so that one more copies none. What is gone
 * stays in it: at most PLUMB_FINDINGS_MAX, and the one that says that there are more. */
struct found {
    struct record head;
    size_t n, pairs;              /* pairs: the parts of them all */
    const struct map_entry *last; /* of STATE_FINDINGS */
};

void finding_free(struct record *r);

/* The sections of all fleets that accept the release show its findings. */
PLUMB_MUST_CHECK enum plumb_code
finding_touch(struct engine *e, const struct plumb_digest *release, struct plumb_err *err);
/*
 * Sorted matches become findings, each release's own. Of one part the worst verdict counts.
 * all is used up. A release that has too many of them gets the finding that says so; *ret_more:
 * some release has.
 */
PLUMB_MUST_CHECK enum plumb_code finding_update_all(struct engine *e, struct moment at,
                                                    struct matches *all, bool *ret_more,
                                                    struct plumb_err *err);
/* Whether there is more than is kept, of a release that is matched by a bill. */
PLUMB_MUST_CHECK enum plumb_code finding_set_more(struct engine *e, struct moment at,
                                                  const struct plumb_digest *release, bool more,
                                                  struct plumb_err *err);
/* NULL: there never was one. */
const struct finding *finding_get(const struct engine *e, const struct plumb_digest *release,
                                  const char *advisory);
/* What the bill before brought about and this one does not is gone. all: sorted, of release. */
PLUMB_MUST_CHECK enum plumb_code finding_drop_others(struct engine *e, struct moment at,
                                                     const struct plumb_digest *release,
                                                     const struct matches *all,
                                                     struct plumb_err *err);

/* --- finding_view.c --- */

void finding_view(const struct engine *e, const struct finding *f, plumb_time at,
                  struct engine_finding *ret);
/* Does what this file says of vulnerabilities count: is it signed, or referred to, by somebody
 * who is trusted for it? */
bool finding_hears(const struct engine *e, const struct dossier *d, const struct fact *f);
const struct found *finding_of(const struct engine *e, const struct plumb_digest *release);
/* Walks them: for (f = finding_first(found); f != NULL; f = finding_before(f)). */
const struct finding *finding_first(const struct found *found); /* NULL for NULL */
const struct finding *finding_before(const struct finding *f);

/* What the findings of a release come to, by the document in force. */
struct finding_sum {
    size_t open; /* or undetermined */
    size_t blocking, overdue;
    const char *first, *first_overdue;          /* ids of advisories; "" */
    plumb_time newest_blocking, newest_overdue; /* since when; 0 where there is none */
    plumb_time first_due;                       /* PLUMB_TIME_NEVER where there is none */
};
void finding_sum(const struct engine *e, const struct plumb_digest *release, plumb_time at,
                 struct finding_sum *ret);

#endif
