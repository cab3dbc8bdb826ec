/*
 * verifier.c - a verifier on libplumb: a bundle file is verified against the pinned trust file
 * and what was remembered, then claims that the caller has authenticated are judged by it.
 *
 *     verifier TRUST MEMORY BUNDLE CLAIMS
 *
 * Exit 0: accepted. 3: refused. 1: an error. Getting the bundle is somebody else's job, `plumb
 * bundle pull --follow` for example: nothing here trusts whoever wrote that file.
 */
#include <plumb/appraise.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int
fail(const char *path, const struct plumb_err *err)
{
    fprintf(stderr, "%s: %s (%s)\n", path, err->msg, err->rule);
    return 1;
}

/* A whole file; NULL when there is none. */
static char *
read_file(const char *path, size_t *ret_len)
{
    FILE *f = fopen(path, "rb");
    char *data = NULL;
    size_t len = 0, n = 1;

    while (f != NULL && n > 0) {
        char *grown = realloc(data, len + 65536);

        if (grown == NULL)
            abort();
        data = grown;
        n = fread(data + len, 1, 65536, f);
        len += n;
    }
    if (f != NULL)
        (void)fclose(f);
    *ret_len = len;
    return data;
}

/* Durable before anybody uses the bundle: a power cut must not make us forget. */
static bool
keep(const char *path, const struct plumb_bytes *bytes)
{
    char beside[4096];
    bool kept = false;
    int fd;

    (void)snprintf(beside, sizeof beside, "%s.new", path);
    fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return false;
    kept = write(fd, bytes->data, bytes->len) == (ssize_t)bytes->len && fsync(fd) == 0;
    return close(fd) == 0 && kept && rename(beside, path) == 0;
}

static struct plumb_bundle *
open_bundle(const struct plumb_trust *trust, const char *memory_path, const char *path,
            struct plumb_err *err)
{
    struct plumb_memory *memory = NULL, *next = NULL;
    struct plumb_bundle_reader *reader = NULL;
    struct plumb_bundle *bundle = NULL;
    struct plumb_bytes text = { NULL, 0 };
    size_t len, memory_len;
    char *file = read_file(path, &len), *known = read_file(memory_path, &memory_len);

    if ((known == NULL || plumb_memory_parse(known, memory_len, &memory, err) == PLUMB_OK) &&
        plumb_bundle_begin(trust, memory, time(NULL), &reader, err) == PLUMB_OK &&
        plumb_bundle_feed(reader, file, len, err) == PLUMB_OK &&
        plumb_bundle_end(reader, &bundle, &next, err) == PLUMB_OK &&
        plumb_memory_json(next, &text, err) == PLUMB_OK && !keep(memory_path, &text)) {
        (void)plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", memory_path,
                         "what was seen could not be kept");
        plumb_bundle_free(bundle);
        bundle = NULL;
    }
    plumb_bytes_clear(&text);
    plumb_memory_free(next);
    plumb_memory_free(memory);
    plumb_bundle_reader_free(reader);
    free(known);
    free(file);
    return bundle;
}

/* A service would keep the policy, and judge many claims by it. */
static int
judge(const struct plumb_bundle *bundle, const char *path)
{
    struct plumb_policy *policy = NULL;
    struct plumb_claims *claims = NULL;
    struct plumb_err err = { 0 };
    size_t len;
    char *file = read_file(path, &len), sentence[PLUMB_VERDICT_SENTENCE];
    int status = 1;

    if (plumb_claims_parse(file, len, &claims, &err) == PLUMB_OK &&
        plumb_policy_new(bundle, &policy, &err) == PLUMB_OK) {
        struct plumb_verdict v = plumb_appraise(policy, NULL, claims, time(NULL));

        plumb_verdict_sentence(&v, bundle, sentence);
        printf("%s: %s\n", plumb_verdict_text(v.code), sentence);
        status = v.code == PLUMB_VERDICT_ACCEPTED ? 0 : 3;
    } else {
        status = fail(path, &err);
    }
    plumb_policy_free(policy);
    plumb_claims_free(claims);
    free(file);
    return status;
}

int
main(int argc, char **argv)
{
    struct plumb_trust *trust = NULL;
    struct plumb_bundle *bundle;
    struct plumb_err err = { 0 };
    size_t len;
    char *file;
    int status;

    if (argc != 5) {
        fprintf(stderr, "usage: verifier TRUST MEMORY BUNDLE CLAIMS\n");
        return 2;
    }
    file = read_file(argv[1], &len);
    if (plumb_trust_parse(file, len, &trust, &err) != PLUMB_OK) {
        free(file);
        return fail(argv[1], &err);
    }
    free(file);
    bundle = open_bundle(trust, argv[2], argv[3], &err);
    status = bundle != NULL ? judge(bundle, argv[4]) : fail(argv[3], &err);
    plumb_bundle_free(bundle);
    plumb_trust_free(trust);
    return status;
}
