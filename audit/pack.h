/*
 * audit/pack.h - an evidence pack: all that one release's approval rests on, in one file, with
 * the proof that it is in the log. docs/formats.md section 7. It is verified with nothing but
 * the pinned genesis (and the log policy), by the same code that replays a whole log: the
 * entries that it holds are folded by the engine, as if there were no others.
 */
#ifndef AUDIT_PACK_H
#define AUDIT_PACK_H

#include "audit/audit.h"
#include "audit/page.h"

#define PACK_SCHEMA    "urn:plumbline:evidence-pack:v1"
#define PACK_LIMIT     ((size_t)1 << 30) /* what one unpacks to, unless more is allowed */
#define PACK_LIMIT_MAX ((size_t)1 << 36)

/* Its files, besides "blobs/SHA256". */
#define PACK_CHECKPOINT "checkpoint"
#define PACK_CONTROLS   "controls.json"
#define PACK_ENTRIES    "entries.jsonl"
#define PACK_MANIFEST   "manifest.json"
#define PACK_REPORT     "report.md"
#define PACK_SUMMARY    "summary.json"

struct pack;
/*
 * Read one: its form, and the digest of each file. data may go when it returns. Rules
 * "archive.*" (audit/archive.h), "pack.manifest" (it is missing, or no manifest; a file that it
 * does not name, names otherwise, or names and is not there), "pack.name" (no file of a pack),
 * "pack.blob" (a blob under another digest than its own), and those of JSON.
 */
PLUMB_MUST_CHECK enum plumb_code pack_open(const void *data, size_t len, size_t limit,
                                           struct pack **ret, struct plumb_err *err);
void pack_free(struct pack *p);

struct pack_trust {
    struct plumb_digest genesis;
    const struct plumb_log_policy *policy; /* or NULL */
    char *(*plain)(const char *line);      /* spells out what is not plainly visible; or NULL */
};

/*
 * Verify it: *ret is {"holds", "payload", "version", "release", "state", "genesis",
 * "checkpoint", "approval"?, "evaluation"?, "controls"?, "releases", "history", "files",
 * "moves", "governance", "checked", "notProven", "findings", "found"}. What does not hold is a
 * finding; fails with "pack.entries" where the lines of entries are none.
 */
PLUMB_MUST_CHECK enum plumb_code pack_audit(struct pack *p, const struct pack_trust *trust,
                                            json_t **ret, struct plumb_err *err);

/* The report for people; and as Markdown, as it lies in the pack. */
void pack_page(struct page *page, const json_t *report);
PLUMB_MUST_CHECK enum plumb_code pack_markdown(const json_t *report,
                                               const struct pack_trust *trust,
                                               struct plumb_bytes *ret, struct plumb_err *err);

/*
 * Make the pack of a version from a log, and verify it: what does not hold is not written.
 * *ret_report is what pack_audit says of it. Rules "version.unknown", "pack.unapproved", the
 * rule of the first finding, and those of the source.
 */
struct pack_making {
    const struct audit_source *source;
    struct pack_trust trust;
    const char *payload, *version;
    size_t limit;
    audit_progress_fn *progress; /* or NULL */
    void *arg;
};
PLUMB_MUST_CHECK enum plumb_code pack_make(const struct pack_making *making,
                                           struct plumb_bytes *ret, json_t **ret_report,
                                           struct plumb_err *err);

#endif
