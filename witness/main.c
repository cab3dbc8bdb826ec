/* plumb-witness: cosigns the checkpoints of the logs that it was told of, and never two
 * histories. */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "lib/own.h"
#include "server/file.h"
#include "server/log.h"
#include "witness/api.h"

#define FILE_MAX (1u << 20)
#define PATH     600
#define DRAIN_MS 5000

static const char usage[] =
    "plumb-witness - cosigns the checkpoints of transparency logs (C2SP tlog-witness)\n"
    "\n"
    "usage: plumb-witness --data DIR [--listen ADDRESS:PORT] [COMMAND]\n"
    "\n"
    "  serve             serve until SIGTERM (what it does without a command)\n"
    "  init              make the witness's key in DIR; needs --name\n"
    "  vkey              print the verifier key, for the logs' governance documents\n"
    "\n"
    "  --data DIR        the key, what was seen, and the file \"logs\": a line \"log VKEY\" "
    "for\n"
    "                    each key of each log that is to be cosigned\n"
    "  --name NAME       for init: the witness's name, a URL without scheme\n"
    "  --listen A:P      a numeric address and a port; 127.0.0.1:8472 if not given\n"
    "  --certificate F   serve TLS with this PEM chain, and the key of --key; without, plain\n"
    "  --key F           HTTP, which is enough: all that matters is signed\n"
    "  --set http.N=V    a limit, as plumbd's of that name\n"
    "  --log LEVEL       debug, info, warn or error\n"
    "  --version, --help\n"
    "\n"
    "example: plumb-witness --data /var/lib/plumb-witness --name witness.example/w1 init\n"
    "         plumb-witness --data /var/lib/plumb-witness --listen 0.0.0.0:8472\n";

struct options {
    const char *data, *name, *listen, *certificate, *key, *command;
    struct http_limits limits;
};

static int
complain(const struct plumb_err *err)
{
    fprintf(stderr, "plumb-witness: %s%s%s (%s)\n", err->where,
            err->where[0] != '\0' ? ": " : "", err->msg, err->rule);
    return 1;
}

static enum plumb_code
set_limit(struct http_limits *limits, const char *pair, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *copy = strdup(pair);
    char *equals = copy != NULL ? strchr(copy, '=') : NULL;

    if (equals == NULL || strncmp(copy, "http.", 5) != 0)
        return plumb_fail(err, PLUMB_INVALID, "setting.name", pair, "want http.NAME=VALUE");
    *equals = '\0';
    return http_limits_set(limits, copy + 5, equals + 1, err);
}

/* -1: go on. Otherwise the exit status. */
static int
parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = { { "data", required_argument, NULL, 'd' },
                                           { "name", required_argument, NULL, 'n' },
                                           { "listen", required_argument, NULL, 'l' },
                                           { "certificate", required_argument, NULL, 'c' },
                                           { "key", required_argument, NULL, 'k' },
                                           { "set", required_argument, NULL, 's' },
                                           { "log", required_argument, NULL, 'L' },
                                           { "version", no_argument, NULL, 'V' },
                                           { "help", no_argument, NULL, 'h' },
                                           { NULL, 0, NULL, 0 } };
    struct plumb_err err;
    enum log_level level;
    int c;

    *o = (struct options){ .listen = "127.0.0.1:8472", .limits = http_limits_default() };
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        switch (c) {
        case 'd':
            o->data = optarg;
            break;
        case 'n':
            o->name = optarg;
            break;
        case 'l':
            o->listen = optarg;
            break;
        case 'c':
            o->certificate = optarg;
            break;
        case 'k':
            o->key = optarg;
            break;
        case 's':
            if (set_limit(&o->limits, optarg, &err) != PLUMB_OK) {
                (void)complain(&err);
                return 2;
            }
            break;
        case 'L':
            if (!log_level_parse(optarg, &level)) {
                fputs("plumb-witness: --log wants debug, info, warn or error\n", stderr);
                return 2;
            }
            log_level(level);
            break;
        case 'V':
            puts("plumb-witness " PLUMB_VERSION);
            return 0;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            fputs("plumb-witness: see --help\n", stderr);
            return 2;
        }
    }
    o->command = optind < argc ? argv[optind] : "serve";
    if (o->data == NULL || strlen(o->data) > PATH / 2 ||
        (o->certificate == NULL) != (o->key == NULL)) {
        fputs("plumb-witness: --data DIR is required; --certificate and --key go together\n",
              stderr);
        return 2;
    }
    return -1;
}

/* The key must not reach a core file, and nobody may look into us. */
static void
harden(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    (void)umask(022); /* what is secret is made with a mode of its own */
    (void)signal(SIGPIPE, SIG_IGN);
}

static void
path_of(const struct options *o, const char *name, char ret[PATH])
{
    (void)snprintf(ret, PATH, "%s/%s", o->data, name);
}

static enum plumb_code
make_directory(const char *path, struct plumb_err *err)
{
    if (mkdir(path, 0755) != 0 && errno != EEXIST)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", path, "%s", strerror(errno));
    return PLUMB_OK;
}

PLUMB_DEFINE_AUTO(auto_signer, struct plumb_signer *, plumb_signer_free);

static enum plumb_code
init(const struct options *o, struct plumb_err *err)
{
    static const char logs[] = "# One line for each key of each log that is cosigned here:\n"
                               "# log <vkey>\n";
    PLUMB_AUTO(auto_signer) struct plumb_signer *signer = NULL;
    PLUMB_AUTO(plumb_bytes_cleanse) struct plumb_bytes pem = { 0 };
    char path[PATH], text[PLUMB_VKEY_TEXT];
    struct plumb_vkey vkey;
    struct stat st;

    path_of(o, "key.pem", path);
    if (stat(path, &st) == 0)
        return plumb_fail(err, PLUMB_CONFLICT, "witness.exists", path,
                          "there is a key already; it is never overwritten");
    if (o->name == NULL)
        return plumb_fail(err, PLUMB_INVALID, "vkey.name", "name",
                          "want --name NAME, a URL without scheme such as witness.example/w1");
    PLUMB_TRY(plumb_signer_generate(PLUMB_KEY_ED25519, &signer, err));
    PLUMB_TRY(plumb_vkey_make(o->name, 4, signer->pub, &vkey, err));
    PLUMB_TRY(plumb_signer_to_pem(signer, NULL, &pem, err));
    PLUMB_TRY(make_directory(o->data, err));
    path_of(o, "seen", path);
    PLUMB_TRY(make_directory(path, err));
    path_of(o, "logs", path);
    if (stat(path, &st) != 0)
        PLUMB_TRY(file_replace(path, 0644, logs, sizeof logs - 1, err));
    plumb_vkey_text(&vkey, text);
    path_of(o, "vkey", path);
    PLUMB_TRY(file_replace(path, 0644, text, strlen(text), err));
    path_of(o, "key.pem", path); /* last: now it is complete */
    PLUMB_TRY(file_replace(path, 0600, pem.data, pem.len, err));
    printf("%s\n", text);
    return PLUMB_OK;
}

static void
witness_clear(struct witness *w)
{
    plumb_signer_free(w->self.signer);
    logs_clear(&w->logs);
}

/* The key, and the verifier key that it must have. */
static enum plumb_code
load_self(const struct options *o, struct witness *w, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_cleanse) struct plumb_bytes pem = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };
    struct plumb_vkey own;
    char path[PATH];

    path_of(o, "key.pem", path);
    PLUMB_TRY(file_read(path, FILE_MAX, &pem, err));
    PLUMB_TRY(plumb_signer_from_pem(pem.data, pem.len, NULL, NULL, &w->self.signer, err));
    path_of(o, "vkey", path);
    PLUMB_TRY(file_read(path, PLUMB_VKEY_TEXT, &text, err));
    PLUMB_TRY(plumb_vkey_parse((char *)text.data, path, &w->self.id, err));
    PLUMB_TRY(plumb_vkey_make(w->self.id.name, 4, w->self.signer->pub, &own, err));
    if (own.id != w->self.id.id || memcmp(own.key, w->self.id.key, sizeof own.key) != 0)
        return plumb_fail(err, PLUMB_INVALID, "witness.key", path,
                          "is not the verifier key of key.pem");
    w->self.data = o->data;
    return PLUMB_OK;
}

static enum plumb_code
load_logs(const struct options *o, struct witness *w, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };
    char path[PATH];

    path_of(o, "logs", path);
    PLUMB_TRY(file_read(path, FILE_MAX, &text, err));
    return logs_parse((char *)text.data, text.len, &w->self.id, &w->logs, err);
}

static enum plumb_code
print_vkey(const struct options *o, struct plumb_err *err)
{
    PLUMB_AUTO(witness_clear) struct witness w = { 0 };
    char text[PLUMB_VKEY_TEXT];

    PLUMB_TRY(load_self(o, &w, err));
    plumb_vkey_text(&w.self.id, text);
    printf("%s\n", text);
    return PLUMB_OK;
}

static enum plumb_code
serve(const struct options *o, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes certificate = { 0 };
    PLUMB_AUTO(plumb_bytes_cleanse) struct plumb_bytes key = { 0 };
    PLUMB_AUTO(witness_clear) struct witness w = { 0 };
    struct http_config config = { .routes = witness_routes,
                                  .nroutes = witness_nroutes,
                                  .app = &w,
                                  .observe = witness_observe,
                                  .limits = o->limits,
                                  .nlisteners = 1 };
    struct http_server *http;
    sigset_t stop;
    int sig;

    PLUMB_TRY(load_self(o, &w, err));
    PLUMB_TRY(load_logs(o, &w, err));
    config.listeners[0] =
        (struct http_listener){ o->certificate != NULL ? HTTP_LISTEN_TLS : HTTP_LISTEN_PLAIN,
                                o->listen };
    if (o->certificate != NULL) {
        PLUMB_TRY(file_read(o->certificate, FILE_MAX, &certificate, err));
        PLUMB_TRY(file_read(o->key, FILE_MAX, &key, err));
        config.certificate_pem = (const char *)certificate.data;
        config.key_pem = (const char *)key.data;
    }
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)sigaddset(&stop, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &stop, NULL); /* before there are threads */
    PLUMB_TRY(http_start(&config, &http, err));
    log_event(LOG_INFO, "listening", LOG_TEXT("name", w.self.id.name),
              LOG_TEXT("address", o->listen), LOG_NUMBER("port", http_port(http, 0)),
              LOG_NUMBER("logs", (int64_t)w.logs.n));
    (void)sigwait(&stop, &sig);
    log_event(LOG_INFO, "stopping", LOG_NUMBER("signal", sig));
    http_stop(http, DRAIN_MS);
    return PLUMB_OK;
}

int
main(int argc, char **argv)
{
    struct plumb_err err;
    struct options o;
    enum plumb_code code;
    int status = parse(argc, argv, &o);

    if (status >= 0)
        return status;
    harden();
    if (strcmp(o.command, "serve") == 0)
        code = serve(&o, &err);
    else if (strcmp(o.command, "init") == 0)
        code = init(&o, &err);
    else if (strcmp(o.command, "vkey") == 0)
        code = print_vkey(&o, &err);
    else {
        fprintf(stderr, "plumb-witness: no command '%s': see --help\n", o.command);
        return 2;
    }
    return code == PLUMB_OK ? 0 : complain(&err);
}
