/* What typed keys do: where they lead, what reaches the backend, and what does not. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tui/fake.h"

static void
show(struct fake *f, struct tui_statement *s)
{
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_STATEMENT, .statement = s });
}

/* On the statement of the first item, which waits for me. */
static void
open_first(struct fake *f)
{
    fake_type(f, "<Home><Enter>");
    show(f, fake_statement());
}

static void
digits(const struct plumb_digest *id, size_t n, char *ret)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(id, hex);
    (void)snprintf(ret, n + 1, "%s", hex);
}

/* Type the digest's first digits and Enter. */
static void
type_digits(struct fake *f, const struct plumb_digest *id)
{
    char text[16];

    digits(id, TUI_DIGITS, text);
    fake_type(f, text);
    fake_type(f, "<Enter>");
}

static void
assert_shows(struct fake *f, const char *text)
{
    char *screen = fake_screen(f, 30, 100, false);

    if (strstr(screen, text) == NULL)
        fail_msg("the screen does not show \"%s\":\n%s", text, screen);
    free(screen);
}

static const struct tui_deed *
sent(const struct fake *f)
{
    const struct tui_ask *ask = fake_asked(f, TUI_ASK_DEED);

    return ask != NULL ? &ask->deed : NULL;
}

/* --- the table --- */

static void
no_key_means_two_things_on_one_screen(void **state)
{
    (void)state;
    for (unsigned scope = 1; scope <= SCOPE_ALL; scope <<= 1)
        for (int a = CMD_NONE + 1; a < CMD_COUNT; a++)
            for (int b = a + 1; b < CMD_COUNT; b++) {
                const struct tui_key *x = &tui_keys[a], *y = &tui_keys[b];

                if ((x->scope & y->scope & scope) == 0)
                    continue;
                assert_int_not_equal(x->key, y->key);
                assert_true(x->also == 0 || (x->also != y->key && x->also != y->also));
                assert_true(y->also == 0 || y->also != x->key);
            }
}

static void
what_decides_is_a_capital_and_none_of_it_is_in_a_list_of_proposals(void **state)
{
    (void)state;
    for (int i = CMD_NONE + 1; i < CMD_COUNT; i++)
        if ((tui_keys[i].flags & KF_DECIDES) != 0) {
            assert_in_range(tui_keys[i].key, 'A', 'Z');
            assert_int_equal(0, tui_keys[i].also);
            assert_int_equal(0, tui_keys[i].scope & SCOPE_QUEUE);
        }
}

static void
every_screen_has_a_way_back_and_help(void **state)
{
    (void)state;
    for (unsigned scope = 1; scope <= SCOPE_ALL; scope <<= 1) {
        assert_int_equal(CMD_HELP, tui_command_for(scope, '?'));
        assert_int_equal(scope == SCOPE_QUEUE ? CMD_QUIT : CMD_BACK,
                         tui_command_for(scope, 'q'));
    }
}

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

/* --- the cursor and the choice --- */

static const struct tui_item *
under_cursor(const struct fake *f)
{
    const struct tui_queue *q = &f->app.queue;

    return &q->items.items[q->order[q->list.cursor]];
}

static void
the_cursor_holds_on_to_what_it_is_on(void **state)
{
    struct fake f;
    struct tui_items items = fake_items(), more;
    struct plumb_digest at;

    (void)state;
    tui_items_clear(&items);
    fake_begin(&f, false);
    fake_type(&f, "<Down><Down>");
    at = under_cursor(&f)->id;
    more = fake_items();
    more.items = realloc(more.items, 8 * sizeof *more.items);
    for (int i = 0; i < 2; i++) { /* two of mine, which sort first */
        more.items[more.n] = more.items[0];
        more.items[more.n].id = fake_digest(i == 0 ? "new" : "newer");
        more.items[more.n].index = (uint64_t)i;
        more.n++;
    }
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_QUEUE, .items = more });
    assert_true(plumb_digest_eq(&at, &under_cursor(&f)->id));
    assert_int_equal(4, f.app.queue.list.cursor);
    fake_type(&f, "s");
    assert_true(plumb_digest_eq(&at, &under_cursor(&f)->id));
    fake_end(&f);
}

static void
an_item_that_is_verified_later_moves_and_the_cursor_stays_on_its_own(void **state)
{
    struct fake f;
    struct tui_items some = { calloc(1, sizeof *some.items), 1 };
    struct tui_items all = fake_items();
    struct plumb_digest at;

    (void)state;
    fake_begin(&f, false);
    at = under_cursor(&f)->id;
    some.items[0] = all.items[5];
    some.items[0].check = TUI_CHECKED;
    some.items[0].mine = true;
    some.items[0].needed = 1;
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_ITEMS, .items = some });
    assert_true(plumb_digest_eq(&at, &under_cursor(&f)->id));
    assert_int_equal(3, f.app.queue.mine);
    tui_items_clear(&all);
    fake_end(&f);
}

static void
what_is_not_verified_on_the_screen_is_asked_to_be(void **state)
{
    struct fake f;
    struct tui_items items = fake_items();
    const struct tui_ask *ask;

    (void)state;
    fake_begin(&f, false);
    free(fake_screen(&f, 12, 80, false));
    ask = fake_asked(&f, TUI_ASK_CHECK);
    assert_non_null(ask);
    assert_int_equal(1, ask->n);
    assert_true(plumb_digest_eq(&items.items[5].id, &ask->ids[0]));
    tui_items_clear(&items);
    fake_end(&f);
}

static void
an_open_statement_stays_when_the_queue_changes(void **state)
{
    struct fake f;
    struct tui_items none = { NULL, 0 };
    struct tui_statement *other = fake_statement();

    (void)state;
    fake_begin(&f, false);
    open_first(&f);
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_QUEUE, .items = none });
    assert_int_equal(SCREEN_STATEMENT, f.app.screen);
    assert_shows(&f, "payments@2.5.0 becomes an approved version");
    other->item.id = fake_digest("another"); /* asked for before, and late */
    show(&f, other);
    assert_shows(&f, "payments@2.5.0 becomes an approved version");
    fake_end(&f);
}

/* --- filter, find, sort --- */

static void
the_filter_shows_what_has_the_text_and_escape_shows_all(void **state)
{
    struct fake f;

    (void)state;
    fake_begin(&f, false);
    fake_type(&f, "/LEDGER");
    assert_int_equal(1, f.app.queue.norder);
    fake_type(&f, "<Enter>");
    assert_int_equal(1, f.app.queue.norder);
    fake_type(&f, "<Esc>");
    assert_int_equal(6, f.app.queue.norder);
    fake_type(&f, "/nothing at all");
    assert_int_equal(0, f.app.queue.norder);
    fake_type(&f, "<Enter><Enter>jkGg"); /* keys on an empty list */
    assert_shows(&f, "Nothing that waits has this text");
    fake_type(&f, "/<CtrlU>gate<Erase><Erase><Erase><Erase><Enter>");
    assert_int_equal(6, f.app.queue.norder);
    fake_type(&f, "m");
    assert_int_equal(2, f.app.queue.norder);
    fake_end(&f);
}

static void
find_goes_to_the_next_line_that_has_the_text(void **state)
{
    struct fake f;

    (void)state;
    fake_begin(&f, false);
    fake_type(&f, "fpayments<Enter>");
    assert_string_equal("payments@2.3.9 in prod, test", under_cursor(&f)->subject);
    fake_type(&f, "n");
    assert_string_equal("payments@2.5.0", under_cursor(&f)->subject);
    fake_type(&f, "N");
    assert_string_equal("payments@2.3.9 in prod, test", under_cursor(&f)->subject);
    fake_type(&f, "fno such thing<Enter>");
    assert_shows(&f, "No line has \"no such thing\"");
    fake_end(&f);
}

static void
each_order_is_what_it_is_called(void **state)
{
    static const char *const first[] = { "payments@2.5.0", "gateway@3.0 in prod",
                                         "payments@2.3.9 in prod, test", "gateway@3.0 in prod",
                                         "payments@2.5.0" };
    struct fake f;

    (void)state;
    fake_begin(&f, false);
    for (size_t i = 0; i < sizeof first / sizeof first[0]; i++) {
        const struct tui_queue *q = &f.app.queue;

        assert_string_equal(first[i], q->items.items[q->order[0]].subject);
        fake_type(&f, "s");
    }
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

/* --- getting about --- */

static void
back_leads_where_one_came_from(void **state)
{
    struct fake f;

    (void)state;
    fake_begin(&f, false);
    fake_type(&f, "2");
    assert_int_equal(SCREEN_ROLLOUTS, f.app.screen);
    fake_type(&f, "h");
    assert_int_equal(SCREEN_HISTORY, f.app.screen);
    assert_string_equal("payments", fake_asked(&f, TUI_ASK_HISTORY)->payload);
    assert_string_equal("prod", fake_asked(&f, TUI_ASK_HISTORY)->fleet);
    fake_type(&f, "q");
    assert_int_equal(SCREEN_ROLLOUTS, f.app.screen);
    fake_type(&f, "<Esc>");
    assert_int_equal(SCREEN_QUEUE, f.app.screen);
    for (int i = 0; i < 50; i++) /* round and round: the way back stays short */
        fake_type(&f, "1234i");
    fake_type(&f, "qqqqqqqq");
    assert_true(f.app.quit);
    fake_end(&f);
}

static void
one_does_not_leave_unaware_while_a_decision_is_on_its_way(void **state)
{
    struct fake f;
    struct tui_statement *s = fake_statement();
    const struct plumb_digest id = s->item.id;

    (void)state;
    tui_statement_free(s);
    fake_begin(&f, false);
    open_first(&f);
    fake_type(&f, "A");
    type_digits(&f, &id);
    fake_type(&f, "Q");
    assert_false(f.app.quit);
    assert_shows(&f, "Your decision is still being sent");
    fake_type(&f, "Q");
    assert_true(f.app.quit);
    fake_end(&f);
}

static void
add_moves(struct tui_history *h, uint64_t first, size_t n)
{
    h->moves = calloc(n + 1, sizeof *h->moves);
    h->n = n;
    for (size_t i = 0; i < n; i++)
        h->moves[i].index = first - i;
}

static void
pages_of_history_are_joined_and_what_was_proven_stays_proven(void **state)
{
    struct fake f;
    struct tui_history *newest = calloc(1, sizeof *newest), *older = calloc(1, sizeof *older),
                       *again = calloc(1, sizeof *again);
    const struct tui_history *shown;

    (void)state;
    fake_begin(&f, false);
    fake_type(&f, "4");
    add_moves(newest, 20, 5); /* 20 to 16 */
    newest->moves[0].check = TUI_CHECKED;
    newest->after = 16;
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_HISTORY, .history = newest });
    fake_type(&f, "G");
    free(fake_screen(&f, 10, 80, false));
    assert_int_equal(16, fake_asked(&f, TUI_ASK_HISTORY)->after);
    add_moves(older, 15, 5); /* 15 to 11 */
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_HISTORY, .history = older });
    add_moves(again, 22, 5); /* 22 to 18 */
    again->after = 18;
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_HISTORY, .history = again });
    shown = f.app.history.shown;
    assert_int_equal(12, shown->n);
    for (size_t i = 0; i < shown->n; i++)
        assert_int_equal(22 - i, shown->moves[i].index);
    assert_int_equal(TUI_CHECKED, shown->moves[2].check);
    assert_int_equal(0, shown->after);
    assert_int_equal(16, shown->moves[f.app.history.order[f.app.history.list.cursor]].index);
    fake_end(&f);
}

static void
what_is_open_is_looked_at_again_when_the_log_grows_but_not_while_one_decides(void **state)
{
    struct fake f;
    size_t before;

    (void)state;
    fake_begin(&f, false);
    open_first(&f);
    before = fake_count(&f, TUI_ASK_STATEMENT);
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_QUEUE, .items = fake_items() });
    assert_int_equal(before + 1, fake_count(&f, TUI_ASK_STATEMENT));
    show(&f, fake_statement());
    fake_type(&f, "A");
    fake_event(&f, &(struct tui_event){ .kind = TUI_EVENT_QUEUE, .items = fake_items() });
    assert_int_equal(before + 1, fake_count(&f, TUI_ASK_STATEMENT));
    fake_end(&f);
}

static void
help_opens_over_a_screen_and_any_other_key_goes_back(void **state)
{
    struct fake f;

    (void)state;
    fake_begin(&f, false);
    fake_type(&f, "?");
    assert_shows(&f, "Keys of: Queue");
    fake_type(&f, "jk");
    assert_true(f.app.help);
    fake_type(&f, "m"); /* closes, and does nothing else */
    assert_false(f.app.help);
    assert_false(f.app.queue.only_mine);
    fake_end(&f);
}

static void
tab_and_letters_go_to_the_parts_of_a_page(void **state)
{
    static const struct {
        const char *key, *shows;
    } steps[] = { { "", "Effect" },         { "<Tab>", "Votes" },
                  { "d", "Difference" },    { "e", "by the service's evaluation" },
                  { "r", "Raw statement" }, { "g", "Effect" } };
    struct fake f;

    (void)state;
    fake_begin(&f, false);
    open_first(&f);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        char *screen;

        fake_type(&f, steps[i].key);
        screen = fake_screen(&f, 14, 80, false);
        if (strstr(screen, steps[i].shows) == NULL)
            fail_msg("%s does not lead to %s:\n%s", steps[i].key, steps[i].shows, screen);
        free(screen);
    }
    fake_end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_means_two_things_on_one_screen),
        cmocka_unit_test(what_decides_is_a_capital_and_none_of_it_is_in_a_list_of_proposals),
        cmocka_unit_test(every_screen_has_a_way_back_and_help),
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
        cmocka_unit_test(the_cursor_holds_on_to_what_it_is_on),
        cmocka_unit_test(an_item_that_is_verified_later_moves_and_the_cursor_stays_on_its_own),
        cmocka_unit_test(what_is_not_verified_on_the_screen_is_asked_to_be),
        cmocka_unit_test(an_open_statement_stays_when_the_queue_changes),
        cmocka_unit_test(the_filter_shows_what_has_the_text_and_escape_shows_all),
        cmocka_unit_test(find_goes_to_the_next_line_that_has_the_text),
        cmocka_unit_test(each_order_is_what_it_is_called),
        cmocka_unit_test(rollouts_are_moved_from_their_screen),
        cmocka_unit_test(what_cannot_be_moved_is_said_at_once),
        cmocka_unit_test(a_rollout_begins_with_a_version_that_is_chosen),
        cmocka_unit_test(leaving_nothing_accepted_is_said_before_it_is_done),
        cmocka_unit_test(back_leads_where_one_came_from),
        cmocka_unit_test(one_does_not_leave_unaware_while_a_decision_is_on_its_way),
        cmocka_unit_test(pages_of_history_are_joined_and_what_was_proven_stays_proven),
        cmocka_unit_test(
            what_is_open_is_looked_at_again_when_the_log_grows_but_not_while_one_decides),
        cmocka_unit_test(help_opens_over_a_screen_and_any_other_key_goes_back),
        cmocka_unit_test(tab_and_letters_go_to_the_parts_of_a_page),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
