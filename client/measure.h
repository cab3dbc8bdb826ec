/*
 * client/measure.h - files measured for a release: a reference values document, which file each
 * of its sets was read of, what was left out, and what nobody should approve. The files are
 * read, and not verified: plumb/evidence.h.
 */
#ifndef CLIENT_MEASURE_H
#define CLIENT_MEASURE_H

#include <plumb/artifact.h>
#include <plumb/evidence.h>

#include "client/client.h"

struct measure;

PLUMB_MUST_CHECK enum plumb_code measure_new(struct measure **ret, struct plumb_err *err);
void measure_free(struct measure *m);

/* Called while large files are read. */
void measure_progress(struct measure *m, client_progress_fn *progress, void *arg);
/* A measurement that no set shall ask for. Before any file is added. */
PLUMB_MUST_CHECK enum plumb_code measure_without(struct measure *m, const char *name,
                                                 struct plumb_err *err);
/* What all sets are called from now on; rule "name.form". */
PLUMB_MUST_CHECK enum plumb_code measure_label(struct measure *m, const char *label,
                                               struct plumb_err *err);
/*
 * One more file, whatever of PLUMB_EVIDENCE_KINDS it is, or the folder of an OCI layout.
 * Certificates and other folders become artifacts that nothing covers yet. Rules those of
 * plumb_evidence_read, plumb_roots_read, plumb_folder_digest, "file.open" and "folder.link".
 */
PLUMB_MUST_CHECK enum plumb_code measure_add(struct measure *m, const char *path,
                                             struct plumb_err *err);
/*
 * "MEASUREMENT:KIND=PATH": all sets that ask for this measurement cover what is at path, after
 * the files were added. Rules "measure.covers" (the form; no set asks for it), "artifact.kind",
 * and those of measure_add.
 */
PLUMB_MUST_CHECK enum plumb_code measure_cover(struct measure *m, const char *spec,
                                               struct plumb_err *err);

#define MEASURE_NO_SET SIZE_MAX

/* One thing that a file says. */
struct measured {
    const char *path;
    struct plumb_digest digest; /* of the file; of an OCI layout's folder, its index.json's */
    const struct plumb_reading *reading;
    size_t set; /* which of the document's; MEASURE_NO_SET: it says of no payload */
};
const struct measured *measure_readings(const struct measure *m, size_t *ret_n);
/* The document's sets, in its order, no two the same. */
const struct plumb_set *measure_sets(const struct measure *m, size_t *ret_n);

struct measured_artifact {
    enum plumb_artifact kind;
    const char *path;
    const char *covered_by; /* a measurement; NULL: nothing yet */
    struct plumb_digest digest;
    struct plumb_roots roots; /* of a root store */
    struct plumb_file *files; /* of a folder, sorted */
    size_t nfiles;
};
const struct measured_artifact *measure_artifacts(const struct measure *m, size_t *ret_n);

/*
 * The document, canonical, and the "source" of a release statement that says where its sets
 * come from. allowed: warnings (bits) that somebody asked for; any other is refused, rule
 * "measure.WARNING". Rules too "measure.empty" (no set), "measure.covers" (an artifact that
 * nothing covers), "measure.size".
 */
PLUMB_MUST_CHECK enum plumb_code measure_document(const struct measure *m, unsigned allowed,
                                                  struct plumb_bytes *ret, json_t **ret_source,
                                                  struct plumb_err *err);
/* The warning of this word; rule "measure.warning". */
PLUMB_MUST_CHECK enum plumb_code measure_warning(const char *word, enum plumb_warning *ret,
                                                 struct plumb_err *err);

#endif
