/* Where typed keys lead: screens, the cursor, what is shown of a list. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tui/typist.h"

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
        cmocka_unit_test(the_cursor_holds_on_to_what_it_is_on),
        cmocka_unit_test(an_item_that_is_verified_later_moves_and_the_cursor_stays_on_its_own),
        cmocka_unit_test(what_is_not_verified_on_the_screen_is_asked_to_be),
        cmocka_unit_test(an_open_statement_stays_when_the_queue_changes),
        cmocka_unit_test(the_filter_shows_what_has_the_text_and_escape_shows_all),
        cmocka_unit_test(find_goes_to_the_next_line_that_has_the_text),
        cmocka_unit_test(each_order_is_what_it_is_called),
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
