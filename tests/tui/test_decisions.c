/* What typed keys send to the backend to be signed, and what keeps them from it. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tui/typist.h"

/* --- approving --- */

static void
an_approval_is_sent_with_what_was_seen(void **state)
{
    struct fake f;
    struct tui_statement *s = fake_statement();
    const struct plumb_digest id = s->item.id, seen = s->seen;

    (void)state;
    tui_statement_free(s);
    fake_begin(&f, false);
    open_first(&f);
    fake_type(&f, "A");
    assert_shows(&f, "Your approval completes the quorum: at once");
    type_digits(&f, &id);
    assert_non_null(sent(&f));
    assert_int_equal(TUI_APPROVE, sent(&f)->kind);
    assert_true(plumb_digest_eq(&id, &sent(&f)->id));
    assert_true(plumb_digest_eq(&seen, &sent(&f)->seen));
    assert_null(sent(&f)->passphrase);
    fake_event(&f, &(struct tui_event){
                       .kind = TUI_EVENT_DONE, .ok = true, .text = "Approved: entry 99" });
    assert_shows(&f, "Approved: entry 99");
    fake_end(&f);
}

static void
nothing_is_sent_unless_the_first_digits_of_the_digest_are_typed(void **state)
{
    char right[16], text[32];
    struct tui_statement *s = fake_statement();

    (void)state;
    digits(&s->item.id, TUI_DIGITS, right);
    tui_statement_free(s);
    for (int i = 0; i < 5; i++) {
        struct fake f;

        (void)snprintf(text, sizeof text, "%s", right);
        if (i == 0)
            text[0] = '\0';
        if (i == 1)
            text[7] = '\0';
        if (i == 2)
            text[7] = text[7] == '0' ? '1' : '0';
        if (i == 3)
            (void)snprintf(text, sizeof text, "payments");
        if (i == 4)
            (void)snprintf(text, sizeof text, "%sff0f0f0f", right);
        fake_begin(&f, false);
        open_first(&f);
        fake_type(&f, "A");
        fake_type(&f, text);
        fake_type(&f, "<Enter>");
        assert_null(sent(&f));
        assert_shows(&f, "Nothing was sent: those are not the first 8 digits");
        fake_end(&f);
    }
}

static void
digits_may_be_typed_as_they_stand_there(void **state)
{
    struct fake f;
    struct tui_statement *s = fake_statement();
    char hex[PLUMB_DIGEST_HEX], text[32];

    (void)state;
    plumb_digest_hex(&s->item.id, hex);
    tui_statement_free(s);
    (void)snprintf(text, sizeof text, "%.8s %.8s<Enter>", hex, hex + 8);
    fake_begin(&f, false);
    open_first(&f);
    fake_type(&f, "A");
    fake_type(&f, text);
    assert_non_null(sent(&f));
    fake_end(&f);
}

static void
escape_sends_nothing_at_any_step(void **state)
{
    static const char *const steps[] = { "A<Esc>",
                                         "A12<Esc>",
                                         "X<Esc>",
                                         "Xbecause<Esc>",
                                         "Xbecause<Enter><Esc>",
                                         "Xbecause<Enter>12<Esc>" };

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct fake f;

        fake_begin(&f, false);
        open_first(&f);
        fake_type(&f, steps[i]);
        assert_null(sent(&f));
        assert_shows(&f, "Nothing was sent, nothing was changed");
        fake_end(&f);
    }
}

static void
what_did_not_verify_cannot_be_decided_on(void **state)
{
    struct fake f;
    struct tui_statement *s = fake_statement();

    (void)state;
    s->item.check = TUI_FAILED;
    (void)snprintf(s->item.why, sizeof s->item.why, "signature.bad: no");
    fake_begin(&f, false);
    fake_type(&f, "<Home><Enter>");
    show(&f, s);
    assert_shows(&f, "NOT VERIFIED");
    fake_type(&f, "A");
    assert_int_equal(PROMPT_NONE, f.app.prompt);
    assert_shows(&f, "No decision on what did not verify here: signature.bad");
    fake_type(&f, "X");
    assert_int_equal(PROMPT_NONE, f.app.prompt);
    fake_type(&f, "V");
    assert_int_equal(PROMPT_NONE, f.app.prompt);
    assert_null(sent(&f));
    fake_end(&f);
}

static void
read_only_decides_nothing_and_hides_the_keys(void **state)
{
    struct fake f;
    char *screen;

    (void)state;
    fake_begin(&f, true);
    open_first(&f);
    fake_type(&f, "A");
    assert_int_equal(PROMPT_NONE, f.app.prompt);
    assert_shows(&f, "Read-only: decisions are switched off");
    fake_type(&f, "2");
    for (const char *key = "BCKTV"; *key != '\0'; key++) {
        const char text[2] = { *key, '\0' };

        fake_type(&f, text);
        assert_int_equal(PROMPT_NONE, f.app.prompt);
        assert_int_equal(SCREEN_ROLLOUTS, f.app.screen);
    }
    fake_type(&f, "?");
    screen = fake_screen(&f, 40, 100, false);
    assert_null(strstr(screen, "Complete the rollout"));
    free(screen);
    fake_end(&f);
}

static void
what_the_quorum_does_not_ask_me_is_not_sent(void **state)
{
    struct fake f;
    struct tui_statement *s = fake_statement();

    (void)state;
    s->may_vote = false;
    s->no_vote = strdup("The quorum does not ask alice");
    fake_begin(&f, false);
    fake_type(&f, "<Home><Enter>");
    show(&f, s);
    fake_type(&f, "A");
    assert_int_equal(PROMPT_NONE, f.app.prompt);
    assert_shows(&f, "The quorum does not ask alice");
    fake_end(&f);
}

static void
a_key_that_does_not_count_decides_nothing(void **state)
{
    struct fake f;
    struct tui_you *you = fake_you();

    (void)state;
    you->may_decide = false;
    (void)snprintf(you->key_use, sizeof you->key_use, "the key was retired");
    fake_begin(&f, false);
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_YOU, .you = you });
    open_first(&f);
    fake_type(&f, "A");
    assert_int_equal(PROMPT_NONE, f.app.prompt);
    assert_shows(&f, "No decisions: the key was retired");
    fake_end(&f);
}

static void
a_rejection_and_a_revocation_need_a_reason(void **state)
{
    struct fake f;
    struct tui_statement *s = fake_statement();
    const struct plumb_digest id = s->item.id;

    (void)state;
    tui_statement_free(s);
    fake_begin(&f, false);
    open_first(&f);
    fake_type(&f, "X   <Enter>");
    assert_shows(&f, "Nothing was sent: a reason is needed");
    fake_type(&f, "Xbad \xc3<Erase>build<Enter>");
    type_digits(&f, &id);
    assert_int_equal(TUI_REJECT, sent(&f)->kind);
    assert_string_equal("bad build", sent(&f)->reason);
    fake_end(&f);
}

/* --- evidence --- */

static void
open_with(struct fake *f, struct tui_statement *s)
{
    fake_type(f, "<Home><Enter>");
    show(f, s);
}

/* Neither what did not verify nor what nobody has seen yet is approved; to say no is always
 * possible. */
static void
evidence_that_was_not_verified_bars_an_approval_but_no_rejection(void **state)
{
    static const char *const says[] = { "the file roots.pem: attached.file: it lies",
                                        "roots.pem: blob.digest: other bytes",
                                        "payments.cdx.json is still being read" };

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct fake f;
        struct tui_statement *s = fake_statement();
        struct tui_evidence *e = &s->evidence;
        const struct plumb_digest id = s->item.id;

        if (i == 0)
            (void)snprintf(e->failed, sizeof e->failed, "%s", says[0]);
        if (i == 1) {
            e->materials[1].state = TUI_UNREAD;
            (void)snprintf(e->materials[1].why, sizeof e->materials[1].why,
                           "blob.digest: other bytes");
        }
        if (i == 2)
            e->materials[0].state = TUI_READING;
        fake_begin(&f, false);
        open_with(&f, s);
        fake_type(&f, "A");
        assert_int_equal(PROMPT_NONE, f.app.prompt);
        assert_shows(&f, says[i]);
        fake_type(&f, "Xbecause<Enter>");
        type_digits(&f, &id);
        assert_int_equal(TUI_REJECT, sent(&f)->kind);
        fake_end(&f);
    }
}

static void
an_approval_says_that_controls_could_not_be_read(void **state)
{
    struct fake f;
    struct tui_statement *s = fake_statement();

    (void)state;
    tui_evidence_clear(&s->evidence);
    s->evidence.governed = s->evidence.gates = true;
    (void)snprintf(s->evidence.unread, sizeof s->evidence.unread, "client.answer: garbled");
    fake_begin(&f, false);
    open_with(&f, s);
    assert_shows(&f, "not known: they could not be read: client.answer: garbled");
    fake_type(&f, "A");
    assert_int_equal(PROMPT_DIGITS, f.app.prompt);
    assert_shows(&f, "controls and evidence could not be read: client.answer: garbled");
    fake_end(&f);
}

static struct tui_material *
copy_of(const struct tui_material *m)
{
    struct tui_material *copy = calloc(1, sizeof *copy);

    *copy = (struct tui_material){ .roots = m->roots,
                                   .accepted = m->accepted,
                                   .after = m->after,
                                   .before = m->before,
                                   .state = TUI_READ,
                                   .total = 77 };
    (void)snprintf(copy->name, sizeof copy->name, "%s", m->name);
    return copy;
}

static void
tell_material(struct fake *f, const struct plumb_digest *id, struct tui_material *m)
{
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_MATERIAL, .id = *id, .material = m });
}

static struct tui_statement *
with_bill_to_read(void)
{
    struct tui_statement *s = fake_statement();
    struct tui_material *m = &s->evidence.materials[0];
    const struct tui_material bare = { .after = m->after,
                                       .before = m->before,
                                       .name = "payments.cdx.json" };

    tui_material_clear(m);
    *m = bare;
    return s;
}

static void
materials_are_asked_for_and_shown_when_they_were_read(void **state)
{
    struct fake f;
    struct tui_statement *s = with_bill_to_read();
    const struct plumb_digest id = s->item.id, other = fake_digest("another");
    const struct tui_ask *ask;
    struct tui_material *wrong;

    (void)state;
    fake_begin(&f, false);
    open_with(&f, s);
    ask = fake_asked(&f, TUI_ASK_MATERIALS);
    assert_non_null(ask);
    assert_int_equal(1, ask->nmaterials); /* the root store was read */
    assert_true(plumb_digest_eq(&id, &ask->id));
    tell_material(&f, &other, copy_of(&ask->materials[0])); /* of a page that was left */
    wrong = copy_of(&ask->materials[0]);
    wrong->after.digest = other;
    tell_material(&f, &id, wrong); /* of another file */
    assert_int_equal(TUI_READING, s->evidence.materials[0].state);
    tell_material(&f, &id, copy_of(&ask->materials[0]));
    assert_int_equal(TUI_READ, s->evidence.materials[0].state);
    assert_int_equal(77, s->evidence.materials[0].total);
    /* looked at again, it need not be read again */
    s = with_bill_to_read();
    show(&f, s);
    assert_int_equal(77, s->evidence.materials[0].total);
    assert_int_equal(0, fake_asked(&f, TUI_ASK_MATERIALS)->nmaterials);
    fake_end(&f);
}

static void
what_is_looked_at_stays_when_something_above_it_was_read(void **state)
{
    struct fake f;
    struct tui_statement *s = with_bill_to_read();
    const struct plumb_digest id = s->item.id;
    struct tui_material *m = copy_of(&s->evidence.materials[0]);
    char *before, *after;

    (void)state;
    m->components = calloc(30, sizeof *m->components);
    for (m->ncomponents = 0; m->ncomponents < 30; m->ncomponents++)
        m->components[m->ncomponents] =
            (struct tui_component){ strdup("part"), NULL, strdup("1.0"), strdup("") };
    fake_begin(&f, false);
    open_with(&f, s);
    free(fake_screen(&f, 14, 80, false));
    fake_type(&f, "rkkk");
    before = fake_screen(&f, 14, 80, false);
    tell_material(&f, &id, m);
    after = fake_screen(&f, 14, 80, false);
    assert_string_equal(before, after);
    free(before);
    free(after);
    fake_end(&f);
}

/* --- the server is away --- */

static void
go_away(struct fake *f)
{
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_AWAY, .text = "connection refused" });
}

static void
no_decision_while_the_server_is_away(void **state)
{
    struct fake f;
    struct tui_statement *s = fake_statement();
    const struct plumb_digest id = s->item.id;

    (void)state;
    tui_statement_free(s);
    fake_begin(&f, false);
    open_first(&f);
    go_away(&f);
    assert_shows(&f, "No answer: shown as of 14:00:00");
    fake_type(&f, "A");
    assert_int_equal(PROMPT_NONE, f.app.prompt);
    assert_shows(&f, "No decisions while the server does not answer");
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_ANSWER });
    fake_type(&f, "A");
    go_away(&f); /* between the key and the digits */
    type_digits(&f, &id);
    assert_null(sent(&f));
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_ANSWER });
    fake_type(&f, "A");
    type_digits(&f, &id);
    assert_non_null(sent(&f));
    fake_end(&f);
}

/* --- the passphrase --- */

static void
a_passphrase_is_asked_for_and_never_shown(void **state)
{
    struct fake f;
    struct tui_you *you = fake_you();
    struct tui_statement *s = fake_statement();
    const struct plumb_digest id = s->item.id;
    char *screen;

    (void)state;
    tui_statement_free(s);
    you->asks_passphrase = true;
    fake_begin(&f, false);
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_YOU, .you = you });
    open_first(&f);
    fake_type(&f, "A");
    type_digits(&f, &id);
    assert_int_equal(PROMPT_PASSPHRASE, f.app.prompt);
    assert_null(sent(&f));
    fake_type(&f, "correct horsf<Erase>e");
    screen = fake_screen(&f, 24, 80, false);
    assert_null(strstr(screen, "correct"));
    assert_null(strstr(screen, "horse"));
    free(screen);
    fake_type(&f, "<Enter>");
    assert_non_null(sent(&f));
    assert_string_equal("correct horse", f.passphrase);
    assert_null(tui_app_secret(&f.app));
    fake_end(&f);
}

/* --- rollouts --- */

static void
move_to_row(struct fake *f, size_t row)
{
    fake_type(f, "2<Home>");
    while (row-- > 0)
        fake_type(f, "j");
}

/* Rows: 0 payments, 1 incoming, 2 current, 3 and 4 outgoing, 5 ledger, 6 incoming, 7 current, 8
 * payments in test. */
static void
rollouts_are_moved_from_their_screen(void **state)
{
    static const struct {
        size_t row;
        const char *keys;
        enum tui_deed_kind kind;
        const char *version;
    } cases[] = {
        { 0, "C", TUI_COMPLETE, "2.5.0-rc1" },
        { 2, "C", TUI_COMPLETE, "2.5.0-rc1" },
        { 1, "K", TUI_ROLLBACK, "2.5.0-rc1" },
        { 2, "K", TUI_ROLLBACK, "2.4.0" },
        { 3, "T+7d<Enter>", TUI_RESCHEDULE, "2.3.9" },
        { 4, "Vleaks keys<Enter>", TUI_REVOKE, "2.3.8" },
        { 6, "C", TUI_COMPLETE, "7.1" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct plumb_digest release = fake_digest(cases[i].version);
        struct fake f;

        fake_begin(&f, false);
        move_to_row(&f, cases[i].row);
        fake_type(&f, cases[i].keys);
        assert_int_equal(PROMPT_DIGITS, f.app.prompt);
        type_digits(&f, &release);
        assert_non_null(sent(&f));
        assert_int_equal(cases[i].kind, sent(&f)->kind);
        assert_string_equal(cases[i].version, sent(&f)->version);
        assert_string_equal("prod", sent(&f)->fleet);
        assert_int_equal(7, sent(&f)->base);
        assert_true(plumb_digest_eq(&release, &sent(&f)->id));
        if (cases[i].kind == TUI_RESCHEDULE)
            assert_int_equal(FAKE_NOW + 7 * 86400, sent(&f)->date);
        if (cases[i].kind == TUI_REVOKE)
            assert_string_equal("leaks keys", sent(&f)->reason);
        fake_end(&f);
    }
}

static void
what_cannot_be_moved_is_said_at_once(void **state)
{
    static const struct {
        size_t row;
        const char *keys, *says;
    } cases[] = {
        { 0, "B", "A rollout of payments is under way in prod" },
        { 3, "K", "this one is outgoing" },
        { 2, "T", "Only an outgoing version has an end date to move" },
        { 0, "V", "Put the cursor on a version first" },
        { 8, "C", "No rollout of this payload is under way" },
        { 3, "Tyesterday<Enter>", "that is no date that lies ahead" },
        { 3, "T2020-01-01T00:00:00Z<Enter>", "that is no date that lies ahead" },
        { 3, "T+0d<Enter>", "that is no date that lies ahead" },
        { 3, "T+3x<Enter>", "that is no date that lies ahead" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fake f;

        fake_begin(&f, false);
        move_to_row(&f, cases[i].row);
        fake_type(&f, cases[i].keys);
        assert_int_equal(PROMPT_NONE, f.app.prompt);
        assert_shows(&f, cases[i].says);
        assert_null(sent(&f));
        fake_end(&f);
    }
}

static void
a_rollout_begins_with_a_version_that_is_chosen(void **state)
{
    struct fake f;
    struct tui_releases *r = calloc(1, sizeof *r);
    const struct plumb_digest release = fake_digest("2.6.0");

    (void)state;
    *r = (struct tui_releases){ .payload = "payments",
                                .fleet = "test",
                                .releases = calloc(2, sizeof *r->releases),
                                .n = 2 };
    r->releases[0] = (struct tui_release){ .version = "2.7.0",
                                           .state = "approved",
                                           .release = fake_digest("2.7.0") };
    r->releases[1] =
        (struct tui_release){ .version = "2.6.0", .state = "approved", .release = release };
    fake_begin(&f, false);
    move_to_row(&f, 8);
    fake_type(&f, "B");
    assert_int_equal(SCREEN_VERSIONS, f.app.screen);
    assert_string_equal("test", fake_asked(&f, TUI_ASK_RELEASES)->fleet);
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_RELEASES, .releases = r });
    fake_type(&f, "j<Enter>");
    assert_shows(&f, "begin payments@2.6.0 in test");
    type_digits(&f, &release);
    assert_int_equal(TUI_BEGIN, sent(&f)->kind);
    assert_string_equal("2.6.0", sent(&f)->version);
    assert_string_equal("test", sent(&f)->fleet);
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_DONE, .ok = true, .text = "Sent" });
    assert_int_equal(SCREEN_ROLLOUTS, f.app.screen);
    fake_end(&f);
}

static void
leaving_nothing_accepted_is_said_before_it_is_done(void **state)
{
    struct fake f;
    struct tui_fleets *fleets = fake_fleets();
    const struct plumb_digest release = fake_digest("2.4.0");

    (void)state;
    fleets->fleets[0].payloads[0].versions[0] = fleets->fleets[0].payloads[0].versions[1];
    fleets->fleets[0].payloads[0].n = 1;
    fake_begin(&f, false);
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_FLEETS, .fleets = fleets });
    move_to_row(&f, 1);
    fake_type(&f, "Vstolen<Enter>");
    assert_shows(&f, "NOTHING of payments is accepted in prod any more then");
    type_digits(&f, &release);
    assert_true(sent(&f)->leaves_nothing);
    fake_end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approval_is_sent_with_what_was_seen),
        cmocka_unit_test(nothing_is_sent_unless_the_first_digits_of_the_digest_are_typed),
        cmocka_unit_test(digits_may_be_typed_as_they_stand_there),
        cmocka_unit_test(escape_sends_nothing_at_any_step),
        cmocka_unit_test(what_did_not_verify_cannot_be_decided_on),
        cmocka_unit_test(read_only_decides_nothing_and_hides_the_keys),
        cmocka_unit_test(what_the_quorum_does_not_ask_me_is_not_sent),
        cmocka_unit_test(a_key_that_does_not_count_decides_nothing),
        cmocka_unit_test(a_rejection_and_a_revocation_need_a_reason),
        cmocka_unit_test(evidence_that_was_not_verified_bars_an_approval_but_no_rejection),
        cmocka_unit_test(an_approval_says_that_controls_could_not_be_read),
        cmocka_unit_test(materials_are_asked_for_and_shown_when_they_were_read),
        cmocka_unit_test(what_is_looked_at_stays_when_something_above_it_was_read),
        cmocka_unit_test(no_decision_while_the_server_is_away),
        cmocka_unit_test(a_passphrase_is_asked_for_and_never_shown),
        cmocka_unit_test(rollouts_are_moved_from_their_screen),
        cmocka_unit_test(what_cannot_be_moved_is_said_at_once),
        cmocka_unit_test(a_rollout_begins_with_a_version_that_is_chosen),
        cmocka_unit_test(leaving_nothing_accepted_is_said_before_it_is_done),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
