/*
 * Screens as people see them, compared with files in tests/tui/screens. After a change that is
 * meant, PLUMB_ACCEPT=1 writes them anew: read the difference before it is committed.
 */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tui/fake.h"

static char *
read_file(const char *path)
{
    FILE *in = fopen(path, "r");
    char *text = NULL;
    size_t size = 0;

    if (in == NULL)
        return NULL;
    if (getdelim(&text, &size, EOF, in) < 0) {
        free(text);
        text = NULL;
    }
    (void)fclose(in);
    return text;
}

static void
compare(struct fake *f, const char *name, int rows, int cols, bool ascii)
{
    char path[600], *want, *got = fake_screen(f, rows, cols, ascii);

    (void)snprintf(path, sizeof path, "%s/tests/tui/screens/%s-%dx%d%s.screen",
                   getenv("PLUMB_SOURCE"), name, cols, rows, ascii ? "-ascii" : "");
    if (getenv("PLUMB_ACCEPT") != NULL) {
        FILE *out = fopen(path, "w");

        assert_non_null(out);
        assert_true(fputs(got, out) >= 0);
        assert_int_equal(0, fclose(out));
    }
    want = read_file(path);
    if (want == NULL || strcmp(want, got) != 0)
        fail_msg("%s is not what is drawn (PLUMB_ACCEPT=1 takes it over):\n%s", path, got);
    free(want);
    free(got);
}

static void
show_statement(struct fake *f)
{
    fake_type(f, "<Home><Enter>");
    fake_event(
        f, &(struct tui_event){ .kind = TUI_EVENT_STATEMENT, .statement = fake_statement() });
}

static void
show_evidence(struct fake *f)
{
    show_statement(f);
    free(fake_screen(f, 24, 80, false)); /* keys lead about in what was drawn */
    fake_type(f, "e");
}

/* What holds it back, what could not be had, and what is not what it is said to be. */
static void
show_held(struct fake *f)
{
    struct tui_statement *s = fake_statement();
    struct tui_evidence *e = &s->evidence;

    fake_hold(e, 3, PLUMB_CONTROL_OPEN, "no bill of materials is bound to the release");
    fake_hold(e, 4, PLUMB_CONTROL_FAILED, "1 blocking findings, the newest is GHSA-1");
    e->dossier->findings[1].blocking = e->dossier->findings[1].overdue = true;
    e->waivers[0].lapsed = true;
    e->waivers[0].until = FAKE_NOW - 3 * 86400;
    e->files[1].check = TUI_FAILED;
    (void)snprintf(e->files[1].why, sizeof e->files[1].why,
                   "attached.file: entry 95 does not attach this file");
    (void)snprintf(e->failed, sizeof e->failed, "the file roots.pem: %s", e->files[1].why);
    e->dossier->files[0].loose = true;
    e->materials[0].state = TUI_READING;
    e->materials[1].state = TUI_UNREAD;
    (void)snprintf(e->materials[1].why, sizeof e->materials[1].why,
                   "blob.digest: the server sent other bytes than those of this digest");
    fake_type(f, "<Home><Enter>");
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_STATEMENT, .statement = s });
}

/* The bill and the root store of what is current, and none in the release. */
static void
show_removed(struct fake *f)
{
    struct tui_statement *s = fake_statement();
    struct tui_material *bill = &s->evidence.materials[0], *roots = &s->evidence.materials[1];

    bill->after.exists = roots->after.exists = false;
    for (size_t i = 0; i < roots->ncertificates; i++)
        roots->certificates[i].how = TUI_CERT_REMOVED;
    roots->total = roots->added = 0;
    roots->removed = roots->ncertificates;
    s->evidence.unlisted = 2;
    fake_type(f, "<Home><Enter>");
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_STATEMENT, .statement = s });
    free(fake_screen(f, 24, 80, false));
    fake_type(f, "e<Tab><Tab><Tab><Tab>");
}

/* The bill that the release names, and what the pipeline attests: the same, and then another.
 */
static void
show_attested(struct fake *f, const char *version)
{
    struct tui_statement *s = fake_statement();
    struct tui_statement *again = fake_statement();
    struct tui_material *m = &s->evidence.materials[1];

    tui_material_clear(m);
    *m = again->evidence.materials[0];
    again->evidence.nmaterials = 0; /* it is s's now */
    tui_material_clear(&again->evidence.materials[1]);
    tui_statement_free(again);
    m->after.attested = true;
    m->after.digest = fake_digest("envelope");
    (void)snprintf(m->name, sizeof m->name, "payments.cdx.intoto.json");
    (void)snprintf(m->signer, sizeof m->signer, "pipelines");
    free(m->components[0].after);
    m->components[0].after = strdup(version);
    fake_type(f, "<Home><Enter>");
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_STATEMENT, .statement = s });
    free(fake_screen(f, 28, 80, false));
    fake_type(f, "e<Tab><Tab><Tab><Tab>");
}

static void
show_attested_same(struct fake *f)
{
    show_attested(f, "1.3.0");
}

static void
show_attested_other(struct fake *f)
{
    show_attested(f, "1.3.1");
}

static void
show_unread(struct fake *f)
{
    struct tui_statement *s = fake_statement();

    tui_evidence_clear(&s->evidence);
    s->evidence.governed = s->evidence.gates = true;
    (void)snprintf(s->evidence.unread, sizeof s->evidence.unread,
                   "client.answer: the server's answer is not as it should be");
    fake_type(f, "<Home><Enter>");
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_STATEMENT, .statement = s });
    fake_type(f, "A");
}

static void
show_ungoverned(struct fake *f)
{
    struct tui_statement *s = fake_statement();

    tui_evidence_clear(&s->evidence);
    fake_type(f, "<Home><Enter>");
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_STATEMENT, .statement = s });
    free(fake_screen(f, 20, 80, false));
    fake_type(f, "e");
}

static void
add_move(struct tui_history *h, uint64_t index, const char *kind, const char *actor,
         const char *subject, const char *effect, enum tui_check check)
{
    struct tui_move *m = &h->moves[h->n++];

    m->index = index;
    m->time = FAKE_NOW - (int64_t)(100 - index) * 3000;
    m->check = check;
    (void)snprintf(m->kind, sizeof m->kind, "%s", kind);
    (void)snprintf(m->actor, sizeof m->actor, "%s", actor);
    (void)snprintf(m->subject, sizeof m->subject, "%s", subject);
    (void)snprintf(m->effect, sizeof m->effect, "%s", effect);
}

static void
show_history(struct fake *f)
{
    struct tui_history *h = calloc(1, sizeof *h);

    h->moves = calloc(8, sizeof *h->moves);
    add_move(h, 98, "approval", "bob", "payments@2.5.0",
             "approves; missing: 1 more "
             "release-manager",
             TUI_CHECKED);
    add_move(h, 97, "release", "pipeline", "payments@2.5.0", "proposed", TUI_CHECKED);
    add_move(h, 90, "publication", "plumbd", "prod", "revision 41", TUI_UNCHECKED);
    add_move(h, 88, "begin", "mallory", "ledger@7.1 in prod", "incoming", TUI_FAILED);
    (void)snprintf(h->moves[3].why, sizeof h->moves[3].why,
                   "proof.inclusion: the log that is signed does not hold this entry");
    fake_type(f, "4");
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_HISTORY, .history = h });
}

static void
show_rollouts(struct fake *f)
{
    fake_type(f, "2");
}

/* What advisories found could not be read: that is said, and is not "none". */
static void
show_findings_unread(struct fake *f)
{
    struct tui_fleets *fleets = fake_fleets();

    (void)snprintf(fleets->unread, sizeof fleets->unread,
                   "the service did not answer (http.timeout)");
    fake_type(f, "2");
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_FLEETS, .fleets = fleets });
}

static void
show_fleets(struct fake *f)
{
    fake_type(f, "3");
}

static void
show_you(struct fake *f)
{
    fake_type(f, "i");
}

static void
show_entry(struct fake *f)
{
    struct tui_entry *e = calloc(1, sizeof *e);

    show_history(f);
    fake_type(f, "<Home><Enter>");
    *e = (struct tui_entry){ .index = 98,
                             .time = FAKE_NOW - 6000,
                             .id = fake_digest("98"),
                             .kind = "approval",
                             .actor = "bob",
                             .key = "ed25519 SHA256:9sYqg3o5",
                             .signed_here = true,
                             .signature = "verified here, a key of bob that was active",
                             .included = true,
                             .inclusion = "proven here: in the log of 99 entries",
                             .effect = "approves; missing: 1 more release-manager" };
    e->raw = strdup("{\n  \"predicateType\": \"urn:plumbline:approval:v1\"\n}");
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_ENTRY, .entry = e });
}

static void
show_approve(struct fake *f)
{
    show_statement(f);
    fake_type(f, "A64d");
}

static void
show_away(struct fake *f)
{
    struct tui_event e = { .kind = TUI_EVENT_AWAY, .text = "connection refused" };

    e.now = FAKE_NOW + 72;
    tui_app_event(&f->app, &e);
}

static void
show_help(struct fake *f)
{
    show_statement(f);
    fake_type(f, "?");
}

static void
show_filter(struct fake *f)
{
    fake_type(f, "/release");
}

static void
show_nothing(struct fake *f)
{
    (void)f;
}

static void
show_failed(struct fake *f)
{
    struct tui_event e = { .kind = TUI_EVENT_FAILED };

    fake_type(f, "<Home><Enter>");
    e.id = f->app.statement.id;
    (void)snprintf(e.text, sizeof e.text, "%s",
                   "signature.bad: the signature is not by the key that the statement names");
    fake_event(f, &e);
}

static void
screens_look_as_they_were_accepted(void **state)
{
    static const struct {
        const char *name;
        void (*show)(struct fake *f);
        int rows, cols;
        bool ascii;
    } cases[] = {
        { "queue", show_nothing, 12, 80, false },
        { "queue", show_nothing, 12, 80, true },
        { "queue", show_nothing, 12, 120, false },
        { "queue", show_nothing, 11, 100, false }, /* README's */
        { "statement", show_statement, 31, 100, false },
        { "rollouts", show_rollouts, 12, 100, false },
        { "queue", show_nothing, 8, 40, false },
        { "queue", show_nothing, 10, 60, true },
        { "queue-filter", show_filter, 10, 80, false },
        { "queue-away", show_away, 12, 80, false },
        { "statement", show_statement, 50, 80, false },
        { "statement", show_statement, 50, 80, true },
        { "statement", show_statement, 40, 120, false },
        { "statement", show_statement, 60, 40, true },
        { "statement-failed", show_failed, 12, 80, false },
        { "evidence", show_evidence, 70, 100, false },
        { "evidence", show_evidence, 24, 80, false },
        { "evidence", show_evidence, 80, 80, true },
        { "evidence", show_evidence, 110, 40, false },
        { "evidence", show_evidence, 8, 40, true },
        { "held", show_held, 105, 100, false },
        { "held", show_held, 24, 60, true },
        { "removed", show_removed, 24, 80, false },
        { "attested", show_attested_same, 24, 80, false },
        { "attested-other", show_attested_other, 32, 80, false },
        { "unread", show_unread, 24, 80, false },
        { "ungoverned", show_ungoverned, 20, 80, false },
        { "approve", show_approve, 24, 80, false },
        { "approve", show_approve, 12, 44, true },
        { "rollouts", show_rollouts, 16, 80, false },
        { "rollouts", show_rollouts, 16, 80, true },
        { "rollouts", show_rollouts, 16, 120, false },
        { "rollouts", show_rollouts, 10, 40, true },
        { "rollouts-unread", show_findings_unread, 8, 100, false },
        { "fleets", show_fleets, 10, 100, false },
        { "fleets", show_fleets, 10, 48, true },
        { "history", show_history, 10, 120, false },
        { "history", show_history, 10, 80, false },
        { "history", show_history, 8, 40, true },
        { "entry", show_entry, 24, 80, false },
        { "you", show_you, 24, 80, false },
        { "help", show_help, 34, 80, false },
        { "too-small", show_nothing, 7, 39, false },
        { "too-small", show_nothing, 3, 60, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake f;

        fake_begin(&f, false);
        cases[i].show(&f);
        compare(&f, cases[i].name, cases[i].rows, cases[i].cols, cases[i].ascii);
        fake_end(&f);
    }
}

static void
a_program_that_has_had_no_answer_says_so(void **state)
{
    struct fake f;

    (void)state;
    fake_begin_empty(&f, true);
    compare(&f, "no-answer", 10, 80, false);
    show_away(&f);
    compare(&f, "never-answered", 10, 80, false);
    fake_end(&f);
}

static bool
is_ascii(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text != '\n' && (*text < 0x20 || *text > 0x7e))
            return false;
    return true;
}

static void
an_ascii_terminal_gets_ascii_alone(void **state)
{
    void (*const all[])(struct fake *) = { show_nothing,  show_statement, show_rollouts,
                                           show_fleets,   show_history,   show_entry,
                                           show_you,      show_approve,   show_away,
                                           show_evidence, show_held,      show_unread,
                                           show_help,     show_filter,    show_failed };

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct fake f;
        char *text;

        fake_begin(&f, false);
        all[i](&f);
        text = fake_screen(&f, 40, 100, true);
        assert_true(is_ascii(text));
        free(text);
        fake_end(&f);
    }
}

static void
hostile_names_are_spelled_out(void **state)
{
    struct fake f;
    char *text;

    (void)state;
    fake_begin(&f, false);
    text = fake_screen(&f, 12, 120, false);
    assert_non_null(strstr(text, "policy-\\u{202E}dorp\\u{202C}\\u{001B}[31m@7"));
    assert_null(strstr(text, "\x1b"));
    assert_null(strstr(text, "\xe2\x80\xae"));
    free(text);
    fake_end(&f);
}

static void
a_digest_is_shown_whole_at_every_width(void **state)
{
    char hex[PLUMB_DIGEST_HEX], digits[4096];

    (void)state;
    for (int cols = TUI_LEAST_COLS; cols < 150; cols++) {
        struct fake f;
        struct plumb_digest id;
        char *text;
        size_t n = 0;

        fake_begin(&f, false);
        show_statement(&f);
        text = fake_screen(&f, 40, cols, false);
        for (const char *p = text; *p != '\0' && n + 1 < sizeof digits; p++)
            if (*p != ' ' && *p != '\n')
                digits[n++] = *p;
        digits[n] = '\0';
        id = f.app.statement.id;
        plumb_digest_hex(&id, hex);
        if (strstr(digits, hex) == NULL)
            fail_msg("not whole at %d columns:\n%s", cols, text);
        free(text);
        fake_end(&f);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(screens_look_as_they_were_accepted),
        cmocka_unit_test(a_program_that_has_had_no_answer_says_so),
        cmocka_unit_test(an_ascii_terminal_gets_ascii_alone),
        cmocka_unit_test(hostile_names_are_spelled_out),
        cmocka_unit_test(a_digest_is_shown_whole_at_every_width),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
