/* memory.h - what a verifier remembers, opened. For .c files only. */
#ifndef LIB_MEMORY_H
#define LIB_MEMORY_H

#include <plumb/bundle.h>

struct plumb_memory {
    char fleet[PLUMB_NAME_MAX + 1];
    struct plumb_digest genesis;
    int64_t governance_version;
    struct plumb_digest governance_statement;
    int64_t revision;
    uint64_t index;
    struct plumb_digest content;
    uint64_t size;
    struct plumb_digest root;
    struct plumb_digest *revoked; /* ascending, each once; owned */
    size_t nrevoked;
};

#endif
