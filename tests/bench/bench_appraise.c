/*
 * Loading a bundle of many reference value sets, its signature checks timed apart, and verdicts
 * against it. Open Policy Agent's figures on the same number of values are constants: it is not
 * in Debian. What can be had in the same run stands beside: jansson's reading of the same
 * bytes, and the C library's hash table for how a look-up grows with its size.
 */
#include <plumb/appraise.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/file.h"
#include "tests/bench/bench.h"
#include "tests/bench/fixture.h"
#include "tests/engine/world.h"
#include "tests/t.h"

#define OPA_VERDICT_NS 22000.0 /* the least of its 22 to 33 microseconds */
#define OPA_LOAD_S     2.5     /* of 100,000 values */
#define OPA_MEMORY_MIB 215.0
#define OPA_VALUES     100000
#define CLAIMS         1024
#define NOW            (WORLD_T0 + 3600)
#define VERSIONS_EACH  10 /* of one payload */

static int64_t verifying_ns;

/* Linked in the place of the library's: see CMakeLists.txt. */
enum plumb_code __real_plumb_pubkey_verify(const struct plumb_pubkey *key, const void *data,
                                           size_t len, const void *sig, size_t sig_len,
                                           struct plumb_err *err);
enum plumb_code __wrap_plumb_pubkey_verify(const struct plumb_pubkey *key, const void *data,
                                           size_t len, const void *sig, size_t sig_len,
                                           struct plumb_err *err);

enum plumb_code
__wrap_plumb_pubkey_verify(const struct plumb_pubkey *key, const void *data, size_t len,
                           const void *sig, size_t sig_len, struct plumb_err *err)
{
    int64_t began = bench_cpu_ns();
    enum plumb_code code = __real_plumb_pubkey_verify(key, data, len, sig, sig_len, err);

    verifying_ns += bench_cpu_ns() - began;
    return code;
}

/* --- the bundle --- */

static size_t payloads; /* of the bundle that is made */

static void
edit(struct make *m)
{
    char path[48];

    make_set(m, "fleets.prod.recognitions", json_integer(0));
    for (size_t i = 0; i < payloads; i++) {
        (void)snprintf(path, sizeof path, "payloads.p%zu", i);
        make_set(m, path, json_deep_copy(make_at(m, "payloads.web")));
    }
}

static struct plumb_digest
send(struct world *w, struct plumb_signed *s)
{
    struct plumb_digest id = s->statement->id;

    (void)world_do(w, s);
    w->make.now -= 60; /* all at one time, so that none has ended */
    return id;
}

static void
label_of(size_t payload, size_t version, char ret[64])
{
    (void)snprintf(ret, 64, "p%zu@%zu", payload, version);
}

/* Released, and the current version; the one before is on its way out. */
static void
add_version(struct world *w, size_t payload, size_t version, size_t sets,
            struct plumb_digest *current)
{
    struct make *m = &w->make;
    char name[64], id[24], number[24];
    struct plumb_digest values, release, begin;

    label_of(payload, version, name);
    (void)snprintf(id, sizeof id, "p%zu", payload);
    (void)snprintf(number, sizeof number, "%zu", version);
    values = world_blob(w, fixture_values(name, sets));
    release = send(w, make_release(m, "rex", id, number, &values));
    (void)send(w, make_vote(m, "sol", &release, PLUMB_APPROVE));
    begin =
        send(w, make_rollout(m, "rex", "prod", name, &release, PLUMB_ACTION_BEGIN, 2 * version,
                             version > 0 ? json_pack("{s:o}", "predecessor", make_hex(current))
                                         : NULL));
    (void)send(w, make_vote(m, "ria", &begin, PLUMB_APPROVE));
    (void)send(w, make_rollout(m, "rex", "prod", name, &release, PLUMB_ACTION_COMPLETE,
                               2 * version + 1, NULL));
    *current = release;
}

static void
write_bundle(size_t sets, size_t versions, const char *path)
{
    struct plumb_digest current, content;
    struct plumb_bytes file, trust;
    struct plumb_err err = { 0 };
    char trust_path[400];
    struct world w;

    payloads = (versions + VERSIONS_EACH - 1) / VERSIONS_EACH;
    world_begin(&w, edit);
    for (size_t v = 0; v < versions; v++)
        add_version(&w, v / VERSIONS_EACH, v % VERSIONS_EACH, sets / versions, &current);
    assert_ok(engine_derive(w.engine, "prod", NULL, NULL, &content, &err), &err);
    (void)send(&w, world_publication(&w, "prod", 1, &content, w.make.now + WORLD_DAY));
    file = world_bundle(&w, "prod");
    trust = world_trust(&w, "prod");
    (void)snprintf(trust_path, sizeof trust_path, "%s.trust", path);
    assert_ok(file_replace(path, 0600, file.data, file.len, &err), &err);
    assert_ok(file_replace(trust_path, 0600, trust.data, trust.len, &err), &err);
    plumb_bytes_clear(&file);
    plumb_bytes_clear(&trust);
    world_end(&w);
}

/* --- a process of its own that loads and judges, and says what it took --- */

struct figures {
    double load_s, verify_s, json_s, memory_mib, verdict_ns, hash_ns;
};

static struct plumb_bundle *
load(const char *path, const struct plumb_trust *trust)
{
    static char piece[65536];
    struct plumb_bundle_reader *reader = NULL;
    struct plumb_bundle *bundle = NULL;
    struct plumb_memory *memory = NULL;
    struct plumb_err err = { 0 };
    FILE *f = fopen(path, "rb");
    size_t n;

    assert_non_null(f);
    assert_ok(plumb_bundle_begin(trust, NULL, NOW, &reader, &err), &err);
    while ((n = fread(piece, 1, sizeof piece, f)) > 0)
        assert_ok(plumb_bundle_feed(reader, piece, n, &err), &err);
    assert_ok(plumb_bundle_end(reader, &bundle, &memory, &err), &err);
    plumb_bundle_reader_free(reader);
    plumb_memory_free(memory);
    (void)fclose(f);
    return bundle;
}

/* Evidence that meets a set drawn from all of them. */
static struct plumb_claims
claims_of(const struct plumb_bundle *b, uint64_t *random)
{
    const struct plumb_sets *sets;
    const struct plumb_set *s;
    struct plumb_claims c = { .n = 0 };
    size_t n;
    const struct plumb_measurement_kind *attributes =
        plumb_measurement_find(PLUMB_TEE_TDX, "tdattributes");
    static const uint8_t plain[8];

    *random = *random * UINT64_C(6364136223846793005) + 1;
    sets = b->accepted[(*random >> 33) % b->naccepted].sets;
    s = &sets->sets[(*random >> 17) % sets->n];
    c.tee = s->tee;
    c.claims = calloc(s->n + 1, sizeof *c.claims);
    assert_non_null(c.claims);
    n = s->n;
    for (size_t i = 0; i < n; i++)
        c.claims[c.n++] = (struct plumb_claim){ s->measurements[i].kind, s->measurements[i].len,
                                                s->measurements[i].value, 0, NULL };
    if (attributes != NULL) /* debug mode is told by them; after the others by name */
        c.claims[c.n++] = (struct plumb_claim){ attributes, 8, plain, 0, NULL };
    return c;
}

static double
verdicts(const struct plumb_bundle *b)
{
    static struct plumb_claims claims[CLAIMS];
    struct plumb_policy *policy = NULL;
    struct plumb_err err = { 0 };
    uint64_t random = 1;
    int64_t began, least = INT64_MAX;

    assert_ok(plumb_policy_new(b, &policy, &err), &err);
    for (size_t i = 0; i < CLAIMS; i++)
        claims[i] = claims_of(b, &random);
    for (int round = 0; round < 60; round++) {
        began = bench_cpu_ns();
        for (size_t i = 0; i < CLAIMS; i++)
            if (plumb_appraise(policy, NULL, &claims[i], NOW).code != PLUMB_VERDICT_ACCEPTED)
                bench_fail(
                    "evidence of an accepted version is refused: %s",
                    plumb_verdict_text(plumb_appraise(policy, NULL, &claims[i], NOW).code));
        began = bench_cpu_ns() - began;
        least = began < least ? began : least;
    }
    for (size_t i = 0; i < CLAIMS; i++)
        free(claims[i].claims);
    plumb_policy_free(policy);
    return (double)least / CLAIMS;
}

/* As many keys of as many bytes in the C library's table, and one of them looked up. */
static double
hash_lookup(const struct plumb_bundle *b)
{
    static char *keys[CLAIMS];
    uint64_t random = 1;
    int64_t began, least = INT64_MAX;
    size_t n = 0;

    for (size_t v = 0; v < b->naccepted; v++)
        n += b->accepted[v].sets->n;
    if (hcreate(2 * n) == 0)
        bench_fail("no memory for the hash table");
    for (size_t v = 0; v < b->naccepted; v++)
        for (size_t i = 0; i < b->accepted[v].sets->n; i++) {
            const struct plumb_measurement *m = b->accepted[v].sets->sets[i].measurements;
            char *key = malloc(2 * m->len + 1);

            plumb_hex(m->value, m->len, key);
            (void)hsearch((ENTRY){ key, (void *)(uintptr_t)m }, ENTER);
        }
    for (size_t i = 0; i < CLAIMS; i++) {
        struct plumb_claims c = claims_of(b, &random);

        keys[i] = malloc(2 * c.claims[0].len + 1);
        plumb_hex(c.claims[0].value, c.claims[0].len, keys[i]);
        free(c.claims);
    }
    for (int round = 0; round < 60; round++) {
        began = bench_cpu_ns();
        for (size_t i = 0; i < CLAIMS; i++)
            if (hsearch((ENTRY){ keys[i], NULL }, FIND) == NULL)
                bench_fail("a key is lost");
        began = bench_cpu_ns() - began;
        least = began < least ? began : least;
    }
    return (double)least / CLAIMS;
}

static double
read_json(const char *path)
{
    struct plumb_bytes file = { 0 };
    struct plumb_err err = { 0 };
    int64_t began;

    assert_ok(file_read(path, SIZE_MAX / 2, &file, &err), &err);
    began = bench_cpu_ns();
    for (const uint8_t *p = file.data, *end = file.data + file.len, *next; p < end; p = next) {
        next = memchr(p, '\n', (size_t)(end - p));
        next = next != NULL ? next + 1 : end;
        json_decref(json_loadb((const char *)p, (size_t)(next - p), 0, NULL));
    }
    began = bench_cpu_ns() - began;
    plumb_bytes_clear(&file);
    return (double)began / 1e9;
}

static int
judge(const char *path)
{
    struct figures f = { 0 };
    struct plumb_bytes text = { 0 };
    struct plumb_trust *trust = NULL;
    struct plumb_bundle *bundle;
    struct plumb_policy *policy = NULL;
    struct plumb_err err = { 0 };
    char trust_path[400];
    size_t before;
    int64_t began;

    (void)snprintf(trust_path, sizeof trust_path, "%s.trust", path);
    assert_ok(file_read(trust_path, 1 << 20, &text, &err), &err);
    assert_ok(plumb_trust_parse(text.data, text.len, &trust, &err), &err);
    before = bench_memory();
    began = bench_cpu_ns();
    bundle = load(path, trust);
    assert_ok(plumb_policy_new(bundle, &policy, &err), &err);
    f.verify_s = (double)verifying_ns / 1e9;
    f.load_s = (double)(bench_cpu_ns() - began) / 1e9 - f.verify_s;
    f.memory_mib = (double)(bench_memory_peak() - before) / 1048576;
    plumb_policy_free(policy);
    f.verdict_ns = verdicts(bundle);
    f.hash_ns = hash_lookup(bundle);
    f.json_s = read_json(path);
    printf("%.9f %.9f %.9f %.9f %.9f %.9f\n", f.load_s, f.verify_s, f.json_s, f.memory_mib,
           f.verdict_ns, f.hash_ns);
    plumb_bundle_free(bundle);
    plumb_trust_free(trust);
    plumb_bytes_clear(&text);
    return 0;
}

static struct figures
ask(const char *program, const char *path)
{
    struct figures f = { 0 };
    char command[1024];
    FILE *pipe;
    int n;

    (void)snprintf(command, sizeof command, "exec '%s' --judge '%s'", program, path);
    pipe = popen(command, "r");
    n = pipe != NULL ? fscanf(pipe, "%lf %lf %lf %lf %lf %lf", &f.load_s, &f.verify_s,
                              &f.json_s, &f.memory_mib, &f.verdict_ns, &f.hash_ns)
                     : 0;
    if (pipe == NULL || pclose(pipe) != 0 || n != 6)
        bench_fail("%s was not judged", path);
    return f;
}

static struct figures
measure(const char *program, size_t sets, size_t versions)
{
    char path[300], name[64];
    struct figures f;

    bench_say("%zu sets in %zu versions", sets, versions);
    (void)snprintf(path, sizeof path, "%s/%zu-%zu.bundle", pg_directory(), sets, versions);
    write_bundle(sets, versions, path);
    f = ask(program, path);
    (void)snprintf(name, sizeof name, "appraise-%zu-in-%zu", sets, versions);
    bench_line(name, "ns", BENCH_LESS, f.verdict_ns, OPA_VERDICT_NS);
    if (sets == OPA_VALUES) {
        (void)snprintf(name, sizeof name, "load-%zu-in-%zu", sets, versions);
        bench_line(name, "s", BENCH_LESS, f.load_s, OPA_LOAD_S);
        (void)snprintf(name, sizeof name, "load-memory-%zu-in-%zu", sets, versions);
        bench_line(name, "MiB", BENCH_LESS, f.memory_mib, OPA_MEMORY_MIB);
    }
    (void)snprintf(name, sizeof name, "load-json-%zu-in-%zu", sets, versions);
    bench_line(name, "s", BENCH_LESS, f.load_s, f.json_s);
    bench_say("signature checks: %.3f s", f.verify_s);
    return f;
}

int
main(int argc, char **argv)
{
    static const struct {
        size_t sets, versions;
    } sizes[] = {
        { 10, 1 }, { 1000, 100 }, { 1000, 10 }, { OPA_VALUES, 1000 }, { OPA_VALUES, 10000 }
    };
    struct figures f[5];
    bool brief;

    if (argc == 3 && strcmp(argv[1], "--judge") == 0)
        return judge(argv[2]);
    brief = bench_begin(argc, argv);
    for (size_t i = 0; i < (brief ? 3 : 5); i++)
        f[i] = measure(argv[0], sizes[i].sets, sizes[i].versions);
    for (size_t i = brief ? 2 : 3; i < (brief ? 3 : 5); i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "appraise-growth-%zu-in-%zu", sizes[i].sets,
                       sizes[i].versions);
        bench_line(name, "x", BENCH_LESS, f[i].verdict_ns / f[0].verdict_ns,
                   f[i].hash_ns / f[0].hash_ns);
    }
    return 0;
}
