/* The tour of README.md, command by command, against the real service: what it says is what
 * happens. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/cli/doc.h"
#include "tests/cli/people.h"

static struct people people;
static size_t ran;

static bool
is(const struct doc_line *line, const char *first, const char *second)
{
    return strcmp(line->argv[1], first) == 0 &&
           (second == NULL || (line->argc > 2 && strcmp(line->argv[2], second) == 0));
}

/* What the README has for example, as it is here. */
static const char *
as_here(const char *word, const char *open)
{
    if (strcmp(word, "https://plumb.example:8471") == 0)
        return people.url;
    if (strcmp(word, "unix:/var/lib/plumbline/plumbd.sock") == 0)
        return people.socket;
    if (strcmp(word, "3f9c1a22d0b4") == 0)
        return open;
    return word;
}

/* The one proposal that is open, in *ret; "" if there is none. */
static void
find_open(char ret[PLUMB_DIGEST_HEX])
{
    json_t *queue = ANSWER("alice", "queue");
    const json_t *list = json_object_get(queue, "proposals");

    assert_true(json_array_size(list) <= 1);
    (void)snprintf(ret, PLUMB_DIGEST_HEX, "%s",
                   json_array_size(list) == 0
                       ? ""
                       : json_string_value(json_object_get(json_array_get(list, 0), "id")));
    json_decref(queue);
}

/* Before and after: what the reader's colleagues do meanwhile. */
static void
prepare(const struct doc_line *line)
{
    if (is(line, "release", "add")) { /* an older version is current already */
        people_profiles(&people);
        released("svr2@2025-06-01", "examples/svr2-2025-06-01.json");
        begun("svr2@2025-06-01");
        completed("svr2@2025-06-01");
    }
}

static void
colleagues(const struct doc_line *line)
{
    char open[PLUMB_DIGEST_HEX];

    if (!is(line, "approve", NULL) && !is(line, "rollout", NULL))
        return;
    find_open(open);
    if (open[0] != '\0')
        approves("bob", open);
    find_open(open);
    assert_string_equal("", open); /* two were enough */
}

static void
run_line(const struct doc_line *line, void *arg)
{
    const char *args[DOC_WORDS + 8];
    char open[PLUMB_DIGEST_HEX] = "";
    struct ran r;
    size_t n = 0;

    (void)arg;
    if (is(line, "key", "new"))
        return; /* made already; they ask for a passphrase: test_people */
    prepare(line);
    if (is(line, "approve", NULL))
        find_open(open);
    for (int i = 1; i < line->argc; i++)
        args[n++] = as_here(line->argv[i], open);
    if (is(line, "approve", NULL)) {
        args[n++] = "--yes"; /* nobody sits here */
        args[n++] = open;
    }
    args[n] = NULL;
    r = program_run(args);
    if (r.status != 0)
        fail_msg("%s:%d ends with %d: %s%s", line->file, line->number, r.status, r.out, r.err);
    assert_string_equal("", r.err);
    ran_clear(&r);
    ran++;
    colleagues(line);
}

static void
the_tour_does_what_it_says(void **state)
{
    json_t *status;

    (void)state;
    doc_each("README.md", "plumb", 0, run_line, NULL);
    assert_true(ran > 12);
    status = ANSWER("bob", "status", "prod");
    assert_true(json_is_true(json_object_get(status, "verified")));
    json_decref(status);
}

static int
begin(void **state)
{
    (void)state;
    people_begin(&people);
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
    const struct CMUnitTest tests[] = { cmocka_unit_test(the_tour_does_what_it_says) };

    return cmocka_run_group_tests_name("tour", tests, begin, end);
}
