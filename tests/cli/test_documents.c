/* The pages for verifiers, auditors and whoever measures, and the rotation of a key: command by
 * command, in their order, against the real service. What is not run here says where it is. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/own.h"
#include "tests/cli/doc.h"
#include "tests/cli/people.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static struct people people;
static char now[PLUMB_TIME_TEXT], key_id[PLUMB_DIGEST_HEX], key_name[16];

/* What a page has for example, and what stands for it here. */
struct stand_in {
    const char *word, *here;
    bool met;
};
static struct stand_in stand_ins[] = {
    { "https://plumb.example:8471", people.url, false },
    { "otto.tls", "auditor.tls", false },
    { "/var/backups/log", "backups", false },
    { "web@1.0", "svr2@2025-06-01", false },
    { "rex", "alice", false },
    { "2026-11-25T12:00:00Z", now, false },
    { "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", key_id, false },
    { "1f0c5d7e", key_name, false },
    { "quote.dat", "examples/claims-2025-08-02.json", false },
    { "claims.json", "examples/claims-2025-08-02.json", false },
    { "enclave.signed.so", "examples/claims-2025-08-02.json", false },
};

/* Not run here, by how the line begins, and why. */
struct exception {
    const char *begins, *why;
    bool met;
};
static struct exception exceptions[] = {
    { "bundle pull --trust trust.json --memory memory.json -o prod.bundle --follow",
      "it does not end: test_verifier stops it", false },
    { "audit https://audit.example/log",
      "a web server with an export: tests/interop/run has one", false },
    { "governance template --service service.json", "the README's tour has it whole", false },
    { "governance genesis governance.json", "the same", false },
    { "--server unix:", "the same", false },
    { "recognise svr2@2025-08-02 --bundle prod.bundle",
      "the other way to say the line before it: once for each rollout", false },
};

static struct exception *
exception_of(const struct doc_line *line)
{
    char text[1024] = "";

    for (int i = 1; i < line->argc; i++) {
        size_t n = strlen(text);

        (void)snprintf(text + n, sizeof text - n, "%s%s", i > 1 ? " " : "", line->argv[i]);
    }
    for (size_t i = 0; i < COUNT(exceptions); i++)
        if (strncmp(text, exceptions[i].begins, strlen(exceptions[i].begins)) == 0)
            return &exceptions[i];
    return NULL;
}

static const char *
as_here(const char *word)
{
    for (size_t i = 0; i < COUNT(stand_ins); i++)
        if (strcmp(word, stand_ins[i].word) == 0) {
            stand_ins[i].met = true;
            return stand_ins[i].here;
        }
    return word;
}

struct page {
    const char *file, *who; /* whose page it is */
    size_t ran;
    bool registers; /* its version is another each time */
};

static void
run_line(const struct doc_line *line, void *arg)
{
    struct page *page = arg;
    struct exception *exception = exception_of(line);
    const char *args[DOC_WORDS + 8];
    char profile[40], version[40];
    struct ran r;
    size_t n = 0;

    if (exception != NULL) {
        exception->met = true;
        return;
    }
    (void)snprintf(profile, sizeof profile, "%s.json", page->who);
    (void)snprintf(version, sizeof version, "svr2@measured-%zu", page->ran);
    args[n++] = "--config";
    args[n++] = profile;
    for (int i = 1; i < line->argc; i++) {
        /* what is measured the second time is another version's */
        if (i > 1 && page->registers && strcmp(line->argv[i - 1], "--measure") == 0)
            args[n++] = "examples/claims-2025-06-01.json";
        else
            args[n++] = page->registers && strncmp(line->argv[i], "svr2@", 5) == 0
                            ? version
                            : as_here(line->argv[i]);
        if (strcmp(line->argv[i], "--watch") == 0)
            args[n++] = "--once"; /* of what does not end, one look */
    }
    args[n] = NULL;
    r = program_run(args);
    if (r.status != 0)
        fail_msg("%s:%d ends with %d: %s%s", line->file, line->number, r.status, r.out, r.err);
    ran_clear(&r);
    page->ran++;
}

static void
run_page(const char *file, const char *who, bool registers, size_t at_least)
{
    struct page page = { file, who, 0, registers };

    doc_each(file, "plumb", 0, run_line, &page);
    if (page.ran < at_least)
        fail_msg("%s: %zu commands were run", file, page.ran);
}

/* A root store of one certificate. */
static void
make_roots(const char *path)
{
    const struct plumb_signer *key = make_who(&people.make, "plumbd")->sign;
    static const char *const names[] = { "root.example" };
    struct plumb_bytes pem = { 0 };
    struct plumb_err err = { 0 };
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_ok(plumb_signer_certificate(key, "Root", names, 1, time(NULL), time(NULL) + 86400,
                                       &pem, &err),
              &err);
    assert_int_equal(pem.len, fwrite(pem.data, 1, pem.len, f));
    assert_int_equal(0, fclose(f));
    plumb_bytes_clear(&pem);
}

static void
what_measuring_says_is_what_happens(void **state)
{
    FILE *f;

    (void)state;
    make_roots("roots.pem");
    assert_int_equal(0, mkdir("etc", 0755));
    f = fopen("etc/server.conf", "w");
    assert_non_null(f);
    assert_true(fputs("listen 443\n", f) >= 0);
    assert_int_equal(0, fclose(f));
    run_page("docs/measuring.md", "pipeline", true, 4);
}

static void
what_verifying_says_is_what_happens(void **state)
{
    (void)state;
    run_page("docs/verifying.md", "verifier", false, 6);
}

static void
what_auditing_says_is_what_happens(void **state)
{
    (void)state;
    plumb_time_text(time(NULL), now);
    run_page("docs/auditing.md", "auditor", false, 10);
}

static void
what_the_operators_page_says_of_rotating_a_key_is_what_happens(void **state)
{
    (void)state;
    assert_plumb(0, "key", "new", "alice2.sign", "--no-passphrase");
    run_page("docs/operating.md", "alice", false, 3);
}

static void
every_stand_in_and_every_exception_stands_in_a_page(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(exceptions); i++)
        if (!exceptions[i].met)
            fail_msg("no page has: plumb %s", exceptions[i].begins);
    for (size_t i = 0; i < COUNT(stand_ins); i++)
        if (!stand_ins[i].met)
            fail_msg("no page has: %s", stand_ins[i].word);
}

static int
begin(void **state)
{
    json_t *key;

    (void)state;
    people_begin(&people);
    people_govern(&people);
    people_profiles(&people);
    released("svr2@2025-06-01", "examples/svr2-2025-06-01.json");
    begun("svr2@2025-06-01");
    completed("svr2@2025-06-01");
    released("svr2@2025-08-02", "examples/svr2-2025-08-02.json");
    begun("svr2@2025-08-02");
    key = ANSWER("alice", "key", "show", "alice.sign");
    (void)snprintf(key_id, sizeof key_id, "%s", json_string_value(json_object_get(key, "id")));
    (void)snprintf(key_name, sizeof key_name, "%.8s", key_id);
    json_decref(key);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    people_end(&people);
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_verifying_says_is_what_happens),
        cmocka_unit_test(what_measuring_says_is_what_happens),
        cmocka_unit_test(what_the_operators_page_says_of_rotating_a_key_is_what_happens),
        cmocka_unit_test(what_auditing_says_is_what_happens),
        cmocka_unit_test(every_stand_in_and_every_exception_stands_in_a_page),
    };

    return cmocka_run_group_tests_name("documents", tests, begin, end);
}
