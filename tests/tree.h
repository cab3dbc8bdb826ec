/* tree.h - directories that a test made. */
#ifndef TESTS_TREE_H
#define TESTS_TREE_H

/* The directory and all that is in it; links are removed, not followed. None is no failure. */
void tree_remove(const char *path);

#endif
