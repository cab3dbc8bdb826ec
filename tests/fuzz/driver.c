/*
 * driver.c - runs one fuzz target without libFuzzer: its seeds as they are, then mutations of
 * them that follow from a number, so that a failure can be had again.
 *
 *     fuzz_NAME [--seconds N | --rounds N] [--seed N] SEED-DIRECTORY
 *
 * The target runs in a child; the input is in memory that both see, so that whatever ends the
 * child (an assert, a sanitizer, a hang) the input is printed. Nothing is written to files.
 */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX  (64u << 10)
#define SEEDS_MAX  256
#define HANG_AFTER 20 /* seconds for one input; sanitizers are slow and machines busy */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    size_t len;
    uint8_t data[INPUT_MAX];
};

/* What the parent sees of the child. */
struct shared {
    volatile uint64_t done;
    struct input input;
};

struct corpus {
    struct input *seeds[SEEDS_MAX];
    size_t n;
};

static uint64_t
next(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static size_t
below(uint64_t *state, size_t n)
{
    return n == 0 ? 0 : (size_t)(next(state) % n);
}

/* --- mutations --- */

static void
cut(struct input *in, size_t at, size_t len)
{
    memmove(in->data + at, in->data + at + len, in->len - at - len);
    in->len -= len;
}

static void
insert(struct input *in, size_t at, const uint8_t *what, size_t len)
{
    if (len > INPUT_MAX - in->len)
        len = INPUT_MAX - in->len;
    memmove(in->data + at + len, in->data + at, in->len - at);
    memcpy(in->data + at, what, len);
    in->len += len;
}

/* What parsers trip over, text and binary. */
static const struct {
    const char *text;
    size_t len;
} words[] = {
#define W(s)                                                                                   \
    {                                                                                          \
        s, sizeof(s) - 1                                                                       \
    }
    W("\0"),
    W("\xff\xff\xff\xff"),
    W("\x7f\xff\xff\xff"),
    W("\x80\0\0\0"),
    W("\0\0\0\0\0\0\0\1"),
    W("9007199254740993"),
    W("-1"),
    W("18446744073709551616"),
    W("1e3"),
    W("null"),
    W("true"),
    W("[[[[[[[[[[[[[[[["),
    W("{\"a\":{\"a\":"),
    W("\"\":\"\","),
    W("\\u0000"),
    W("\\ud800"),
    W("\xc0\x80"),
    W("\xe2\x80\xa8"),
    W("===="),
    W("\n\n"),
    W("\r\n"),
    W("%00"),
    W("/../"),
    W("9999-12-31T23:59:60Z"),
#undef W
};

static void
mutate_once(struct input *in, const struct corpus *corpus, uint64_t *rng)
{
    const size_t at = below(rng, in->len + 1), room = in->len - at;
    const size_t some = 1 + below(rng, room < 32 ? room : 32);
    uint8_t copy[64];

    switch (below(rng, 9)) {
    case 0:
        if (room > 0)
            in->data[at] ^= (uint8_t)(1u << below(rng, 8));
        break;
    case 1:
        if (room > 0)
            in->data[at] = (uint8_t)next(rng);
        break;
    case 2:
        if (room > 0)
            in->data[at] = (uint8_t)(in->data[at] + (below(rng, 2) ? 1 : -1));
        break;
    case 3:
        if (room >= some)
            cut(in, at, some);
        break;
    case 4:
        in->len = at;
        break;
    case 5: { /* again what is there, once or often */
        const size_t len = room < sizeof copy ? room : some;

        memcpy(copy, in->data + at, len);
        for (size_t i = below(rng, 8) == 0 ? 100 : 1; i > 0; i--)
            insert(in, at, copy, len);
        break;
    }
    case 6: {
        const size_t w = below(rng, sizeof words / sizeof words[0]);

        insert(in, at, (const uint8_t *)words[w].text, words[w].len);
        break;
    }
    case 7: { /* something of another seed */
        const struct input *other = corpus->seeds[below(rng, corpus->n)];
        const size_t from = below(rng, other->len + 1);

        insert(in, at, other->data + from, below(rng, other->len - from + 1));
        break;
    }
    default: { /* a number, counted up or down as text */
        static const char digits[] = "0123456789abcdef\"{}[]:,";

        if (room > 0)
            in->data[at] = (uint8_t)digits[below(rng, sizeof digits - 1)];
        break;
    }
    }
}

static void
make_input(struct input *ret, const struct corpus *corpus, uint64_t seed, uint64_t round)
{
    uint64_t rng = seed * 0x100000001b3u + round;
    const struct input *from;

    if (round < corpus->n) {
        from = corpus->seeds[round];
        ret->len = from->len;
        memcpy(ret->data, from->data, from->len);
        return;
    }
    from = corpus->seeds[below(&rng, corpus->n)];
    ret->len = from->len;
    memcpy(ret->data, from->data, from->len);
    for (size_t n = 1 + below(&rng, 4); n > 0; n--)
        mutate_once(ret, corpus, &rng);
}

/* --- running --- */

static double
now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
run_child(struct shared *s, const struct corpus *corpus, uint64_t seed, uint64_t rounds,
          double seconds)
{
    const double end = now() + seconds;

    for (uint64_t round = 0; rounds == 0 || round < rounds + corpus->n; round++) {
        uint8_t *exact;

        if (rounds == 0 && round >= corpus->n && now() >= end)
            break;
        make_input(&s->input, corpus, seed, round);
        /* of exactly its size, so that the sanitizer sees a read beyond */
        exact = malloc(s->input.len > 0 ? s->input.len : 1);
        if (exact == NULL)
            abort();
        memcpy(exact, s->input.data, s->input.len);
        (void)LLVMFuzzerTestOneInput(exact, s->input.len);
        free(exact);
        s->done = round + 1;
    }
}

/* Waits for the child; false, and it is killed, if one input takes too long. */
static bool
wait_child(pid_t child, int pipe_end, const struct shared *s, int *ret_status)
{
    uint64_t seen = UINT64_MAX;
    struct pollfd p = { .fd = pipe_end, .events = POLLIN };

    for (;;) {
        const int n = poll(&p, 1, HANG_AFTER * 1000);

        if (n > 0)
            break; /* its end of the pipe is closed: it has ended */
        if (n == 0 && s->done == seen) {
            (void)kill(child, SIGKILL);
            (void)waitpid(child, ret_status, 0);
            return false;
        }
        seen = s->done;
    }
    return waitpid(child, ret_status, 0) == child;
}

static void
show(const char *name, const struct shared *s, const struct corpus *corpus, uint64_t seed,
     const char *what)
{
    printf("%s: %s by %s %llu, of seed %llu; %zu bytes (xxd -r -p):\n", name, what,
           s->done < corpus->n ? "file" : "round", (unsigned long long)s->done,
           (unsigned long long)seed, s->input.len);
    for (size_t i = 0; i < s->input.len; i++)
        printf("%02x%s", s->input.data[i], i % 32 == 31 ? "\n" : "");
    printf("\n0 passed, 1 failed, 0 skipped\n");
}

static bool
load(const char *dir, struct corpus *ret)
{
    struct dirent **names;
    const int n = scandir(dir, &names, NULL, alphasort);
    bool ok = n >= 0;

    for (int i = 0; i < n; i++) {
        char path[4096];
        FILE *f;

        (void)snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
        if (names[i]->d_name[0] != '.' && ret->n < SEEDS_MAX && ok) {
            struct input *in = calloc(1, sizeof *in);

            f = fopen(path, "rb");
            ok = f != NULL && in != NULL;
            if (ok)
                in->len = fread(in->data, 1, sizeof in->data, f);
            if (f != NULL)
                (void)fclose(f);
            ret->seeds[ret->n++] = in;
        }
        free(names[i]);
    }
    if (n >= 0)
        free(names);
    if (!ok)
        fprintf(stderr, "fuzz: %s: %s\n", dir, strerror(errno));
    if (ok && ret->n == 0) /* without seeds, from nothing */
        ok = (ret->seeds[ret->n++] = calloc(1, sizeof(struct input))) != NULL;
    return ok;
}

static void
unload(struct corpus *c)
{
    for (size_t i = 0; i < c->n; i++)
        free(c->seeds[i]);
}

/* 0 if all inputs passed. */
static int
fuzz(const char *name, struct corpus *corpus, uint64_t seed, uint64_t rounds, double seconds)
{
    struct shared *s =
        mmap(NULL, sizeof *s, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int fds[2], status = 0;
    pid_t child;

    if (s == MAP_FAILED || pipe(fds) != 0 || (child = fork()) < 0) {
        perror(name);
        return 2;
    }
    if (child == 0) {
        (void)close(fds[0]);
        run_child(s, corpus, seed, rounds, seconds);
        unload(corpus);
        exit(0); /* not _exit: the leak check runs at exit */
    }
    (void)close(fds[1]);
    if (!wait_child(child, fds[0], s, &status)) {
        show(name, s, corpus, seed, "hung");
        return 1;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        show(name, s, corpus, seed, "stopped");
        return 1;
    }
    printf("%s: %zu seeds, %llu inputs\n1 passed, 0 failed, 0 skipped\n", name, corpus->n,
           (unsigned long long)s->done);
    return 0;
}

int
main(int argc, char **argv)
{
    const char *name = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
    uint64_t rounds = 0, seed = 1;
    double seconds = 1;
    struct corpus corpus = { .n = 0 };
    int i = 1, result = 2;

    for (; i + 1 < argc && strncmp(argv[i], "--", 2) == 0; i += 2) {
        if (strcmp(argv[i], "--seconds") == 0)
            seconds = atof(argv[i + 1]);
        else if (strcmp(argv[i], "--rounds") == 0)
            rounds = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 10);
        else
            break;
    }
    if (i + 1 != argc) {
        fprintf(stderr, "usage: %s [--seconds N | --rounds N] [--seed N] SEED-DIRECTORY\n",
                name);
        return 2;
    }
    if (load(argv[i], &corpus))
        result = fuzz(name, &corpus, seed, rounds, seconds);
    unload(&corpus);
    return result;
}
