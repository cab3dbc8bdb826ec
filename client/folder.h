/* client/folder.h - the digest of a folder: docs/formats.md section 4. */
#ifndef CLIENT_FOLDER_H
#define CLIENT_FOLDER_H

#include <plumb/artifact.h>

struct folder {
    struct plumb_file *files; /* sorted; owned, with their paths */
    size_t n;
    struct plumb_digest digest;
};
void folder_clear(struct folder *f);

/* All regular files below path. A link, a device, or anything else that is no folder is
 * refused: rule "folder.link". Rules too "file.open", "folder.depth", and those of
 * plumb_folder_digest. */
PLUMB_MUST_CHECK enum plumb_code folder_read(const char *path, struct folder *ret,
                                             struct plumb_err *err);
bool folder_is(const char *path);

#endif
