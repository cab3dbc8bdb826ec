#include "tests/tree.h"

#include <ftw.h>
#include <stdio.h>

static int
drop(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(name);
}

void
tree_remove(const char *path)
{
    (void)nftw(path, drop, 16, FTW_DEPTH | FTW_PHYS);
}
