/* plumb-tui: the approvals terminal. */
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "client/keyspec.h"
#include "client/profile.h"
#include "client/store.h"
#include "lib/own.h"
#include "tui/app.h"
#include "tui/term.h"
#include "tui/worker.h"

#define TRUST_MAX 65536

static const char usage[] =
    "Usage: plumb-tui [--config FILE] [--server URL] [--trust FILE] [--tls-key KEY]\n"
    "                 [--sign-key KEY] [--agent SOCKET] [--read-only]\n"
    "\n"
    "The approvals terminal of Plumbline: what waits for your decision, verified on\n"
    "this machine and signed with your own key. Press ? for the keys.\n"
    "\n"
    "  --config FILE    the profile ('plumb profile' makes one); the options below\n"
    "                   come before what it says\n"
    "  --server URL     https://HOST:PORT, or unix:/path/of/plumbd.sock\n"
    "  --trust FILE     the trust file, which everything shown is verified against\n"
    "  --tls-key KEY    the key that the service knows you by\n"
    "  --sign-key KEY   the key that signs: a file, or agent:WHICH\n"
    "  --agent SOCKET   of the ssh-agent, instead of $SSH_AUTH_SOCK\n"
    "  --read-only      look, decide nothing\n"
    "  --help, --version\n"
    "\n"
    "Example: plumb-tui --config keys/alice.json\n";

struct options {
    const char *config, *server, *trust, *tls_key, *sign_key, *agent;
    bool read_only;
};

/* False when the program is done, with *ret_status. */
static bool
read_options(int argc, char **argv, struct options *o, int *ret_status)
{
    enum { CONFIG = 1, SERVER, TRUST, TLS, SIGN, AGENT, READ_ONLY, HELP, VERSION };
    static const struct option names[] = {
        { "config", required_argument, NULL, CONFIG },
        { "server", required_argument, NULL, SERVER },
        { "trust", required_argument, NULL, TRUST },
        { "tls-key", required_argument, NULL, TLS },
        { "sign-key", required_argument, NULL, SIGN },
        { "agent", required_argument, NULL, AGENT },
        { "read-only", no_argument, NULL, READ_ONLY },
        { "help", no_argument, NULL, HELP },
        { "version", no_argument, NULL, VERSION },
        { NULL, 0, NULL, 0 },
    };
    const char **const texts[] = { NULL,        &o->config,   &o->server, &o->trust,
                                   &o->tls_key, &o->sign_key, &o->agent };
    int c;

    *ret_status = 0;
    while ((c = getopt_long(argc, argv, "h", names, NULL)) != -1) {
        if (c >= CONFIG && c <= AGENT)
            *texts[c] = optarg;
        else if (c == READ_ONLY)
            o->read_only = true;
        else if (c == HELP || c == 'h') {
            (void)fputs(usage, stdout);
            return false;
        } else if (c == VERSION) {
            (void)puts("plumb-tui " PLUMB_VERSION);
            return false;
        } else {
            (void)fputs("plumb-tui: see plumb-tui --help\n", stderr);
            *ret_status = 2;
            return false;
        }
    }
    if (optind < argc) {
        (void)fputs("plumb-tui: it takes no arguments; see plumb-tui --help\n", stderr);
        *ret_status = 2;
        return false;
    }
    return true;
}

/* --- what it works with --- */

struct program {
    struct options options;
    struct profile profile;
    struct plumb_trust *trust;
    struct plumb_signer *tls;
    struct session_config config;
    struct tui_worker *worker;
};

static plumb_time
now(void)
{
    return (plumb_time)time(NULL);
}

static const char *
either(const char *option, const char *profile)
{
    return option != NULL ? option : profile;
}

/* Without a profile all must be said by options. */
static enum plumb_code
read_profile(struct program *p, struct plumb_err *err)
{
    const char *asked = p->options.config;
    PLUMB_AUTO(auto_free) char *path = NULL;
    enum plumb_code code;

    code = profile_path(asked, &path, err);
    if (code == PLUMB_OK)
        code = profile_read(path, &p->profile, err);
    if (code != PLUMB_OK && asked == NULL && getenv("PLUMB_CONFIG") == NULL &&
        (code == PLUMB_NOT_FOUND || path == NULL))
        return PLUMB_OK;
    return code;
}

static enum plumb_code
read_trust(struct program *p, struct plumb_err *err)
{
    const char *path = either(p->options.trust, p->profile.trust);
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };

    if (path == NULL)
        return plumb_fail(err, PLUMB_INVALID, "tui.trust", "--trust",
                          "no trust file is named, and nothing can be verified without: give "
                          "--trust FILE, or put it into the profile ('plumb profile --trust "
                          "FILE')");
    PLUMB_TRY(store_read(path, TRUST_MAX, &bytes, err));
    return plumb_trust_parse(bytes.data, bytes.len, &p->trust, err);
}

static enum plumb_code
set_up(struct program *p, struct plumb_err *err)
{
    const char *tls;

    PLUMB_TRY(read_profile(p, err));
    PLUMB_TRY(read_trust(p, err));
    p->config.server = either(p->options.server, p->profile.server);
    p->config.sign = either(p->options.sign_key, p->profile.sign_key);
    p->config.agent = either(p->options.agent, getenv("SSH_AUTH_SOCK"));
    p->config.trust = p->trust;
    p->config.now = now;
    tls = either(p->options.tls_key, p->profile.tls_key);
    if (p->config.server == NULL)
        return plumb_fail(err, PLUMB_INVALID, "tui.server", "--server",
                          "no service is named: give --server URL, or make a profile ('plumb "
                          "profile --server URL --trust FILE')");
    if (tls != NULL)
        PLUMB_TRY(keyspec_signer(tls, p->config.agent, &p->tls, err));
    p->config.tls = p->tls;
    return tui_worker_start(&p->config, &p->worker, err);
}

/* --- keys and answers, one at a time --- */

static bool
draw(struct tui_app *app, bool ascii)
{
    struct tui_surface s;
    int rows, cols;

    if (app->redraw)
        term_redraw();
    app->redraw = false;
    term_size(&rows, &cols);
    if (!tui_surface_init(&s, rows, cols, ascii))
        return false;
    tui_app_draw(app, &s);
    term_draw(&s);
    tui_surface_done(&s);
    return true;
}

/* All keys that are there; false when the terminal is gone. */
static bool
take_keys(struct tui_app *app)
{
    for (;;) {
        struct tui_secret *secret = tui_app_secret(app);
        struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
        int key;

        if (secret != NULL && poll(&p, 1, 0) <= 0)
            return true;
        key = secret != NULL ? term_secret(secret) : term_key();
        if (key < 0)
            return false;
        if (key == 0 && secret == NULL)
            return true;
        if (key != 0)
            tui_app_key(app, key);
        if (app->quit)
            return true;
    }
}

static void
take_events(struct tui_app *app, struct tui_worker *w)
{
    struct tui_event e;

    while (tui_worker_event(w, &e))
        tui_app_event(app, &e);
}

static int
loop(struct program *p, bool ascii)
{
    const struct tui_backend backend = tui_worker_backend(p->worker);
    struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
                            { .fd = tui_worker_fd(p->worker), .events = POLLIN } };
    struct tui_app *app = malloc(sizeof *app);

    if (app == NULL)
        return 1;
    tui_app_init(app, &backend, p->options.read_only, now());
    while (!app->quit && draw(app, ascii)) {
        struct tui_event tick = { .kind = TUI_EVENT_TIME };

        (void)poll(fds, 2, 1000);
        tick.now = now();
        tui_app_event(app, &tick);
        take_events(app, p->worker);
        if (!take_keys(app))
            break;
    }
    term_close();
    tui_app_done(app);
    free(app);
    return 0;
}

static int
complain(const struct plumb_err *err)
{
    (void)fprintf(stderr, "plumb-tui: %s%s%s [%s]\n", err->msg,
                  err->where[0] != '\0' ? ", at " : "", err->where, err->rule);
    return 1;
}

int
main(int argc, char **argv)
{
    struct program p = { .trust = NULL };
    struct plumb_err err;
    bool ascii;
    int status;

    if (!read_options(argc, argv, &p.options, &status))
        return status;
    if (isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0) {
        (void)fputs("plumb-tui: this is no terminal; 'plumb queue' lists what waits, 'plumb "
                    "approve' decides\n",
                    stderr);
        return 1;
    }
    if (!tui_secret_guard()) {
        (void)fputs("plumb-tui: the system does not let it keep keys out of core dumps\n",
                    stderr);
        return 1;
    }
    (void)signal(SIGPIPE, SIG_IGN);
    if (set_up(&p, &err) != PLUMB_OK)
        return complain(&err);
    if (!term_open(&ascii)) {
        (void)fputs("plumb-tui: the terminal is of an unknown kind; is TERM set?\n", stderr);
        _exit(1);
    }
    status = loop(&p, ascii);
    /* Threads may wait for a server that is away; what they hold goes with the process. */
    _exit(status);
}
