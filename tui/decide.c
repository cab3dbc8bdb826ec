/* From a decision's key to what is sent: reason, date, digits of the digest, passphrase. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/when.h"
#include "tui/screens.h"

const char *
tui_prompt_text(enum tui_prompt prompt)
{
    static const char *const texts[] = {
        [PROMPT_NONE] = "",
        [PROMPT_FILTER] = "Filter:",
        [PROMPT_FIND] = "Find:",
        [PROMPT_REASON] = "Reason:",
        [PROMPT_DATE] = "End (+7d, +12h, YYYY-MM-DDTHH:MM:SSZ):",
        [PROMPT_DIGITS] = "First 8 digits of the digest:",
        [PROMPT_PASSPHRASE] = "Passphrase of your key:",
    };

    return texts[prompt];
}

struct tui_secret *
tui_app_secret(struct tui_app *app)
{
    return app->prompt == PROMPT_PASSPHRASE ? app->secret : NULL;
}

static void
end_prompt(struct tui_app *app)
{
    app->prompt = PROMPT_NONE;
    app->answer[0] = '\0';
}

void
tui_decide_done(struct tui_app *app)
{
    end_prompt(app);
    tui_secret_free(app->secret);
    app->secret = NULL;
    tui_page_clear(&app->panel);
}

static void
give_up(struct tui_app *app, enum tui_style style, const char *text)
{
    tui_decide_done(app);
    tui_say(app, style, "%s", text);
}

void
tui_prompt_begin(struct tui_app *app, enum tui_prompt prompt)
{
    const struct tui_rows *rows = tui_screens[app->screen]->rows;

    app->answer[0] = '\0';
    if (prompt == PROMPT_FILTER)
        (void)snprintf(app->answer, sizeof app->answer, "%s", rows->list(app)->filter);
    app->prompt = prompt;
}

/* --- the steps of a decision --- */

static void
send_deed(struct tui_app *app)
{
    struct tui_ask ask = { .kind = TUI_ASK_DEED, .deed = app->deed };

    ask.deed.passphrase = app->secret;
    app->secret = NULL;
    tui_decide_done(app);
    if (app->away) {
        tui_secret_free(ask.deed.passphrase);
        tui_say(app, ST_BAD, "Nothing was sent: the server does not answer");
        return;
    }
    app->sending = true;
    tui_say(app, ST_KEY, "Fetching and verifying it again, then signing...");
    tui_ask(app, &ask);
}

static void
ask_passphrase(struct tui_app *app)
{
    if (app->you == NULL || !app->you->asks_passphrase) {
        send_deed(app);
        return;
    }
    app->secret = tui_secret_new();
    if (app->secret == NULL)
        give_up(app, ST_BAD, "Nothing was sent: no locked memory for a passphrase");
    else
        tui_prompt_begin(app, PROMPT_PASSPHRASE);
}

static void
check_digits(struct tui_app *app)
{
    char hex[PLUMB_DIGEST_HEX];
    bool same = true;
    size_t n = 0;

    plumb_digest_hex(&app->must, hex);
    for (const char *p = app->answer; *p != '\0'; p++) {
        if (*p == ' ')
            continue;
        same = same && n < 64 && tolower((unsigned char)*p) == hex[n];
        n++;
    }
    if (same && n >= TUI_DIGITS)
        ask_passphrase(app);
    else
        give_up(app, ST_BAD,
                "Nothing was sent: those are not the first 8 digits of the digest");
}

/* "+7d", "+12h", "+30m" from now, or a whole date. */
static bool
read_date(const struct tui_app *app, const char *text, plumb_time *ret)
{
    struct plumb_err err;
    int64_t n;
    char unit, more;

    if (sscanf(text, "+%5" SCNd64 "%c%c", &n, &unit, &more) == 2 && n > 0) {
        const int64_t scale = unit == 'd' ? 86400 : unit == 'h' ? 3600 : unit == 'm' ? 60 : 0;

        *ret = plumb_time_add(app->now, n * scale);
        return scale > 0;
    }
    return plumb_time_parse(text, "date", ret, &err) == PLUMB_OK && *ret > app->now;
}

static void
panel_head(struct tui_app *app, const struct tui_deed *deed)
{
    struct tui_doc *doc = &app->panel.doc;
    char hex[PLUMB_DIGEST_HEX];

    tui_doc_fieldf(doc, "You want to", ST_KEY, "%s %s%s%s%s%s", tui_deed_verb(deed->kind),
                   deed->payload[0] != '\0' ? deed->payload : "the proposal",
                   deed->version[0] != '\0' ? "@" : "", deed->version,
                   deed->fleet[0] != '\0' ? " in " : "", deed->fleet);
    if (deed->kind != TUI_APPROVE && deed->kind != TUI_REJECT) {
        /* the statement screen shows it whole; here it is not on the screen yet */
        plumb_digest_hex(&app->must, hex);
        tui_doc_digest(doc, "Release", hex);
    }
}

static void
panel_consequence(struct tui_app *app, const struct tui_deed *deed)
{
    static const char *const thens[TUI_DEED_COUNT] = {
        [TUI_REVOKE] = "evidence of this version stops passing in the fleet at once",
        [TUI_BEGIN] = "evidence of this version passes too, beside the current one's",
        [TUI_COMPLETE] = "this version is current, and the one before it has an end date",
        [TUI_ROLLBACK] = "evidence of this version stops passing, and the one before it stays",
        [TUI_RESCHEDULE] = "evidence of this version passes until this date, then stops",
    };
    struct tui_doc *doc = &app->panel.doc;
    const struct tui_statement *s = app->statement.shown;

    if (deed->kind == TUI_APPROVE && s != NULL && s->evidence.unread[0] != '\0')
        tui_doc_fieldf(doc, "NOT SEEN", ST_BAD, "controls and evidence could not be read: %s",
                       s->evidence.unread);
    if (deed->kind == TUI_APPROVE && s != NULL && s->consequence != NULL)
        tui_doc_field(doc, "Then", s->completes ? ST_WARN : ST_PLAIN, s->consequence);
    if (deed->kind == TUI_APPROVE || deed->kind == TUI_REJECT)
        return;
    tui_doc_fieldf(doc, "Then", ST_WARN, "once its quorum approves, %s", thens[deed->kind]);
    if (deed->leaves_nothing)
        tui_doc_fieldf(doc, "", ST_WARN, "NOTHING of %s is accepted in %s any more then",
                       deed->payload, deed->fleet);
}

void
tui_decide(struct tui_app *app, const struct tui_deed *deed, const struct plumb_digest *must)
{
    static const enum tui_prompt first[TUI_DEED_COUNT] = {
        [TUI_APPROVE] = PROMPT_DIGITS,  [TUI_REJECT] = PROMPT_REASON,
        [TUI_REVOKE] = PROMPT_REASON,   [TUI_BEGIN] = PROMPT_DIGITS,
        [TUI_COMPLETE] = PROMPT_DIGITS, [TUI_ROLLBACK] = PROMPT_DIGITS,
        [TUI_RESCHEDULE] = PROMPT_DATE,
    };

    if (app->away) {
        tui_say(app, ST_BAD, "No decisions while the server does not answer");
        return;
    }
    if (app->sending) {
        tui_say(app, ST_BAD, "The decision before is still being sent");
        return;
    }
    if (app->you == NULL || !app->you->may_decide) {
        tui_say(app, ST_BAD, "No decisions: %s",
                app->you != NULL ? app->you->key_use : "it is not known yet who you are");
        return;
    }
    tui_decide_done(app);
    app->deed = *deed;
    app->must = *must;
    panel_head(app, deed);
    panel_consequence(app, deed);
    tui_prompt_begin(app, first[deed->kind]);
}

/* --- keys while something is asked --- */

static void
answered(struct tui_app *app)
{
    switch (app->prompt) {
    case PROMPT_REASON:
        if (strspn(app->answer, " ") == strlen(app->answer)) {
            give_up(app, ST_BAD, "Nothing was sent: a reason is needed");
            break;
        }
        (void)snprintf(app->deed.reason, sizeof app->deed.reason, "%s", app->answer);
        tui_prompt_begin(app, PROMPT_DIGITS);
        break;
    case PROMPT_DATE:
        if (!read_date(app, app->answer, &app->deed.date)) {
            give_up(app, ST_BAD, "Nothing was sent: that is no date that lies ahead");
            break;
        }
        {
            char when[WHEN_TEXT];

            when_text(app->deed.date, app->now, when);
            tui_doc_fieldf(&app->panel.doc, "Until", ST_PLAIN, "%s", when);
        }
        tui_prompt_begin(app, PROMPT_DIGITS);
        break;
    case PROMPT_DIGITS:
        check_digits(app);
        break;
    case PROMPT_PASSPHRASE:
        send_deed(app);
        break;
    case PROMPT_FIND:
        (void)snprintf(app->find, sizeof app->find, "%.*s", (int)sizeof app->find - 1,
                       app->answer);
        end_prompt(app);
        if (app->find[0] != '\0' &&
            !tui_list_find(app, tui_screens[app->screen]->rows, app->find, false))
            tui_say(app, ST_WARN, "No line has \"%s\"", app->find);
        break;
    default:
        end_prompt(app);
        break;
    }
}

/* The filter shows what it lets through while it is typed. */
static void
filter_typed(struct tui_app *app)
{
    const struct tui_rows *rows = tui_screens[app->screen]->rows;
    struct tui_list *list;

    if (app->prompt != PROMPT_FILTER)
        return;
    list = rows->list(app);
    (void)snprintf(list->filter, sizeof list->filter, "%.*s", (int)sizeof list->filter - 1,
                   app->answer);
    rows->choose(app);
    tui_list_follow(app, rows);
}

static void
type(struct tui_app *app, int key)
{
    size_t n = strlen(app->answer);
    const unsigned c = (unsigned)key;
    const int bytes = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };

    if (n + (size_t)bytes >= sizeof app->answer)
        return;
    if (bytes == 1)
        app->answer[n++] = (char)c;
    else
        for (int i = bytes - 1; i >= 0; i--)
            app->answer[n++] = (char)((i == bytes - 1 ? lead[bytes] : 0x80) |
                                      (c >> 6 * i & (i == bytes - 1 ? 0x7Fu >> bytes : 0x3Fu)));
    app->answer[n] = '\0';
}

static void
erase(struct tui_app *app)
{
    size_t n = strlen(app->answer);

    while (n > 0 && (app->answer[--n] & 0xC0) == 0x80)
        ;
    app->answer[n] = '\0';
}

void
tui_prompt_key(struct tui_app *app, int key)
{
    const bool deciding = app->prompt > PROMPT_FIND;

    if (key == K_ESC && deciding) {
        give_up(app, ST_PLAIN, "Nothing was sent, nothing was changed");
    } else if (key == K_ESC) {
        app->answer[0] = '\0';
        filter_typed(app);
        end_prompt(app);
    } else if (key == K_ENTER) {
        answered(app);
    } else if (app->prompt == PROMPT_PASSPHRASE) {
        return; /* its bytes do not come this way */
    } else if (key == K_ERASE || key == K_CTRL_U) {
        if (key == K_ERASE)
            erase(app);
        else
            app->answer[0] = '\0';
        filter_typed(app);
    } else if (key >= 0x20 && key < 0x110000 && key != 0x7f) {
        type(app, key);
        filter_typed(app);
    }
}
