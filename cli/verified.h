/* cli/verified.h - bundle files, opened in the one way there is: verified against the trust
 * file, and against what the verifier remembers, which is kept before anybody uses the bundle.
 */
#ifndef CLI_VERIFIED_H
#define CLI_VERIFIED_H

#include "cli/cli.h"

#define CLI_MEMORY_OPTION                                                                      \
    {                                                                                          \
        "memory", 0, "FILE", false,                                                            \
            "what this verifier remembers: older and forked bundles are refused"               \
    }

#define VERIFIED_MAX (1u << 30) /* bytes of a bundle file */

/* What a verifier remembers, held for as long as this process may change it. */
struct verifier {
    const char *path;            /* borrowed; NULL: it remembers nothing */
    int lock;                    /* -1 without a path */
    struct plumb_memory *memory; /* NULL at first */
    struct plumb_bytes kept;     /* the file as it is */
};
/* Waits for whoever holds the file; one that is not there yet is legal. close it either way. */
PLUMB_MUST_CHECK enum plumb_code verifier_open(const char *path, struct verifier *ret,
                                               struct plumb_err *err);
void verifier_close(struct verifier *v);

/*
 * Verify a whole file's bytes. With a memory, what is to be remembered from now on is durable
 * when this returns. Rules those of plumb/bundle.h.
 */
PLUMB_MUST_CHECK enum plumb_code cli_verify(struct cli *cli, struct verifier *v,
                                            const void *data, size_t len,
                                            struct plumb_bundle **ret, struct plumb_err *err);

/* The file at path, with the memory of --memory. */
PLUMB_MUST_CHECK enum plumb_code cli_verified(struct cli *cli, const char *path,
                                              struct plumb_bundle **ret, struct plumb_err *err);

/* For people: what was checked; and the fleet, revision and dates. */
void cli_bundle_lines(struct cli *cli, const struct plumb_bundle *b);
/* For programs; NULL when out of memory. */
/* Its bill of materials and its open findings, with this many spaces before. */
void cli_supply_lines(struct cli *cli, const struct plumb_accepted *a, int indent);
json_t *cli_bundle_json(const struct plumb_bundle *b);

#endif
