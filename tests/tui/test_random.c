/* Random keys at random sizes while everything changes: nothing breaks, nothing is sent. */
#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tui/fake.h"

#define KEYS 40000

static uint64_t seed = 0x9E3779B97F4A7C15u;

static unsigned
roll(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed % below);
}

static int
any_key(void)
{
    static const int hot[] = { K_UP,     K_DOWN, K_PGUP, K_PGDN,  K_HOME,   K_END, K_ENTER,
                               K_ENTER,  K_ESC,  K_TAB,  K_ERASE, K_RESIZE, K_F1,  K_CTRL_L,
                               K_CTRL_U, 'j',    'k',    '1',     '2',      '3',   '4',
                               'i',      '/',    'f',    'n',     'h',      'l',   'd',
                               'A',      'X',    'V',    'B',     'C',      'K',   'T',
                               '?',      'm',    's',    'q' };
    const unsigned n = sizeof hot / sizeof hot[0];
    const unsigned which = roll(n + 8);

    if (which < n)
        return hot[which];
    return which < n + 6 ? (int)(0x20 + roll(0x5f)) : (int)(0xA0 + roll(0x2000));
}

static struct tui_items
some_items(void)
{
    struct tui_items items = fake_items();
    const size_t n = roll(4) == 0 ? 0 : roll(40);
    struct tui_item *many = calloc(n + 1, sizeof *many);

    for (size_t i = 0; i < n; i++) {
        char name[32];

        many[i] = items.items[roll(6)];
        (void)snprintf(name, sizeof name, "item %u", roll(60));
        many[i].id = fake_digest(name);
        many[i].index = roll(60);
        many[i].check = (enum tui_check)roll(3);
        many[i].mine = roll(2) == 0;
    }
    free(items.items);
    return (struct tui_items){ many, n };
}

static struct tui_history *
some_history(const struct fake *f)
{
    struct tui_history *h = calloc(1, sizeof *h);

    memcpy(h->payload, f->app.history.payload, sizeof h->payload);
    memcpy(h->version, f->app.history.version, sizeof h->version);
    memcpy(h->fleet, f->app.history.fleet, sizeof h->fleet);
    h->n = roll(30);
    h->moves = calloc(h->n + 1, sizeof *h->moves);
    for (size_t i = 0; i < h->n; i++) {
        h->moves[i] = (struct tui_move){ .index = 1000 - i * 3 - roll(2),
                                         .time = FAKE_NOW - (int64_t)i,
                                         .check = (enum tui_check)roll(3),
                                         .kind = "approval",
                                         .actor = "bob",
                                         .effect = "\xe4\xb8\xad\xe6\x96\x87 e\xcc\x81" };
    }
    h->after = roll(3) == 0 ? 500 : 0;
    return h;
}

static void
any_event(struct fake *f)
{
    struct tui_event e = { .kind = TUI_EVENT_TIME };

    switch (roll(11)) {
    case 0:
    case 1:
        e.kind = TUI_EVENT_QUEUE;
        e.items = some_items();
        break;
    case 2:
        e.kind = TUI_EVENT_ITEMS;
        e.items = some_items();
        break;
    case 3:
        e.kind = TUI_EVENT_STATEMENT;
        e.statement = fake_statement();
        e.statement->item.id = f->app.statement.id;
        break;
    case 4:
        e.kind = TUI_EVENT_FLEETS;
        e.fleets = fake_fleets();
        if (roll(2) == 0)
            e.fleets->fleets[0].payloads[0].n = roll(5);
        if (roll(3) == 0)
            e.fleets->fleets[0].npulls = roll(4);
        break;
    case 5:
        e.kind = TUI_EVENT_HISTORY;
        e.history = some_history(f);
        break;
    case 6:
        e.kind = TUI_EVENT_FAILED;
        e.id = f->app.statement.id;
        (void)snprintf(e.text, sizeof e.text, "%s", "it cannot be shown");
        break;
    case 7:
        e.kind = roll(2) == 0 ? TUI_EVENT_AWAY : TUI_EVENT_ANSWER;
        break;
    case 8:
        e.kind = TUI_EVENT_RELEASES;
        e.releases = calloc(1, sizeof *e.releases);
        memcpy(e.releases->payload, f->app.versions.payload, TUI_NAME);
        memcpy(e.releases->fleet, f->app.versions.fleet, TUI_NAME);
        e.releases->n = roll(20);
        e.releases->releases = calloc(e.releases->n + 1, sizeof *e.releases->releases);
        break;
    case 9:
        e.kind = TUI_EVENT_MOVES;
        e.history = some_history(f);
        break;
    default:
        e.kind = TUI_EVENT_ENTRY;
        e.entry = calloc(1, sizeof *e.entry);
        e.entry->index = f->app.entry.index;
        e.entry->raw = strdup("{\n  \"a\": 1\n}");
        break;
    }
    fake_event(f, &e);
}

static void
random_keys_at_random_sizes_break_nothing_and_send_nothing(void **state)
{
    static const char *const never = "\x1b";
    struct fake f;

    (void)state;
    fake_begin(&f, false);
    for (int i = 0; i < KEYS; i++) {
        tui_app_key(&f.app, any_key());
        if (roll(6) == 0)
            any_event(&f);
        f.app.quit = false;
        if (roll(3) == 0) {
            char *screen = fake_screen(&f, 1 + (int)roll(60), 1 + (int)roll(200), roll(2) == 0);

            assert_null(strstr(screen, never));
            free(screen);
        }
        if (f.nasks > FAKE_ASKS / 2) {
            assert_null(fake_asked(&f, TUI_ASK_DEED));
            f.nasks = 0;
        }
    }
    assert_null(fake_asked(&f, TUI_ASK_DEED));
    fake_end(&f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_keys_at_random_sizes_break_nothing_and_send_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
