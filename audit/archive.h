/*
 * audit/archive.h - a few files in one: gzip around a ustar archive that has one form. What is
 * written has the same bytes whenever it is written; what is read is what would have been
 * written, and everything else is refused: so there is no second way to read it.
 */
#ifndef AUDIT_ARCHIVE_H
#define AUDIT_ARCHIVE_H

#include <plumb/bytes.h>
#include <stdbool.h>

#define ARCHIVE_NAME 100 /* with its NUL */

struct archive_file {
    char name[ARCHIVE_NAME];
    const uint8_t *data; /* borrowed */
    size_t len;
};

/* Of plain files, ascending by name in byte order, each name once. */
PLUMB_MUST_CHECK enum plumb_code archive_write(const struct archive_file *files, size_t n,
                                               struct plumb_bytes *ret, struct plumb_err *err);

struct archive {
    struct plumb_bytes tar; /* the files' bytes lie in it */
    struct archive_file *files;
    size_t n;
};
void archive_clear(struct archive *a);

/* Does it begin as one? */
bool archive_is(const void *data, size_t len);

/*
 * Reads one that unpacks to at most limit bytes, which is also what it takes of memory. Rules
 * "archive.gzip" (it is none, is damaged, or goes on after its end), "archive.cut" (it ends
 * early), "archive.size" (more than limit), "archive.type" (a link, a folder, a device),
 * "archive.name" (not lower-case letters, digits, '-', '.' and '/' between parts that begin
 * with a letter or digit), "archive.order" (names do not ascend, or one is there twice),
 * "archive.form" (anything else that is not as it would be written); where is the file, or the
 * offset in what was unpacked.
 */
PLUMB_MUST_CHECK enum plumb_code archive_read(const void *data, size_t len, size_t limit,
                                              struct archive *ret, struct plumb_err *err);

#endif
