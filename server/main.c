/* plumbd: reads its settings, opens what it needs, runs until it is told to stop. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"
#include "server/app.h"
#include "server/cluster.h"
#include "server/db/migrate.h"
#include "server/local.h"
#include "server/log.h"
#include "server/restore.h"

static const char usage[] =
    "plumbd - the system of record for what verifiers may accept\n"
    "\n"
    "usage: plumbd --data DIR [--config FILE] [--set NAME=VALUE]... [COMMAND]\n"
    "\n"
    "  serve             serve until SIGTERM (what it does without a command)\n"
    "  init              make the service's keys in DIR; needs --origin\n"
    "  identity          print the service's public keys as JSON\n"
    "  rotate            make the next keys; they sign once governance lists them\n"
    "  promote           the next keys become the only ones\n"
    "  resume            let a running plumbd write again after it stopped for a clock\n"
    "  migrate           bring the database's schema up to date and end\n"
    "  restore EXPORT    put back what the database lost, from 'plumb log export'\n"
    "\n"
    "  --data DIR        same as --set data=DIR; likewise --origin, --listen, --database\n"
    "  --config FILE     a JSON object of settings\n"
    "  --settings        list every setting, its default and what it is\n"
    "  --log LEVEL       debug, info, warn or error\n"
    "  --version, --help\n"
    "\n"
    "example: plumbd --data /var/lib/plumbline --origin plumb.example/prod init\n"
    "         plumbd --data /var/lib/plumbline --listen 0.0.0.0:8471\n";

struct options {
    struct settings settings;
    const char *command;
    const char *export; /* of restore */
};

static int
complain(const struct plumb_err *err)
{
    fprintf(stderr, "plumbd: %s%s%s (%s)\n", err->where, err->where[0] != '\0' ? ": " : "",
            err->msg, err->rule);
    return 1;
}

static enum plumb_code
set_pair(struct settings *s, const char *pair, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *copy = strdup(pair);
    char *equals = copy != NULL ? strchr(copy, '=') : NULL;

    if (equals == NULL)
        return plumb_fail(err, PLUMB_INVALID, "setting.name", pair, "want NAME=VALUE");
    *equals = '\0';
    return settings_set(s, copy, equals + 1, err);
}

/* -1: go on. Otherwise the exit status. */
static int
parse(int argc, char **argv, struct options *o)
{
    static const struct option longs[] = { { "data", required_argument, NULL, 'd' },
                                           { "origin", required_argument, NULL, 'o' },
                                           { "listen", required_argument, NULL, 'l' },
                                           { "database", required_argument, NULL, 'b' },
                                           { "config", required_argument, NULL, 'c' },
                                           { "set", required_argument, NULL, 's' },
                                           { "log", required_argument, NULL, 'L' },
                                           { "settings", no_argument, NULL, 'S' },
                                           { "version", no_argument, NULL, 'V' },
                                           { "help", no_argument, NULL, 'h' },
                                           { NULL, 0, NULL, 0 } };
    struct plumb_err err;
    enum log_level level;
    int c;

    settings_default(&o->settings);
    while ((c = getopt_long(argc, argv, "", longs, NULL)) != -1) {
        enum plumb_code code = PLUMB_OK;

        switch (c) {
        case 'd':
            code = settings_set(&o->settings, "data", optarg, &err);
            break;
        case 'o':
            code = settings_set(&o->settings, "origin", optarg, &err);
            break;
        case 'l':
            code = settings_set(&o->settings, "listen", optarg, &err);
            break;
        case 'b':
            code = settings_set(&o->settings, "database", optarg, &err);
            break;
        case 'c':
            code = settings_load(&o->settings, optarg, &err);
            break;
        case 's':
            code = set_pair(&o->settings, optarg, &err);
            break;
        case 'L':
            if (!log_level_parse(optarg, &level))
                code = plumb_fail(&err, PLUMB_INVALID, "setting.value", "log",
                                  "want debug, info, warn or error");
            else
                log_level(level);
            break;
        case 'S':
            settings_print(stdout);
            return 0;
        case 'V':
            puts("plumbd " PLUMB_VERSION);
            return 0;
        case 'h':
            fputs(usage, stdout);
            return 0;
        default:
            fputs("plumbd: see --help\n", stderr);
            return 2;
        }
        if (code != PLUMB_OK) {
            (void)complain(&err);
            return 2;
        }
    }
    o->command = optind < argc ? argv[optind++] : "serve";
    if (strcmp(o->command, "restore") == 0 && optind < argc)
        o->export = argv[optind++];
    if (optind < argc) {
        fprintf(stderr, "plumbd: %s: one argument too many: see --help\n", argv[optind]);
        return 2;
    }
    if (o->settings.data[0] != '/') {
        fputs("plumbd: --data DIR is required, an absolute path\n", stderr);
        return 2;
    }
    return -1;
}

/* Keys must not reach a core file, and nobody may look into us. */
static void
harden(void)
{
    (void)prctl(PR_SET_DUMPABLE, 0);
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
    (void)umask(022); /* what is secret is made with a mode of its own */
    (void)signal(SIGPIPE, SIG_IGN);
}

/* Everything that serving needs, opened from the ground up and closed the other way round. */
struct plumbd {
    struct settings *settings;
    struct identity identity;
    struct metrics *metrics;
    struct cluster *cluster;
    char data_pg[600], socket[600];
    struct app app;
};

static void
postgres_says(void *arg, const char *line)
{
    (void)arg;
    log_event(LOG_DEBUG, "postgres", LOG_TEXT("line", line));
}

static enum plumb_code
open_database(struct plumbd *p, const char **ret_serving, struct plumb_err *err)
{
    struct settings *s = p->settings;

    if (s->database[0] == '\0') {
        (void)snprintf(p->data_pg, sizeof p->data_pg, "%s/pg", s->data);
        PLUMB_TRY(cluster_start(&(struct cluster_config){ .dir = p->data_pg,
                                                          .user = s->postgres_user[0] != '\0'
                                                                      ? s->postgres_user
                                                                      : NULL,
                                                          .log = postgres_says },
                                &p->cluster, err));
        *ret_serving = cluster_serving(p->cluster);
        return db_migrate(cluster_owner(p->cluster), cluster_serving_role(p->cluster), err);
    }
    *ret_serving = s->database;
    if (s->database_owner[0] != '\0')
        return db_migrate(s->database_owner, s->database_role, err);
    return db_migrate_check(s->database, err);
}

static enum plumb_code
start_http(struct plumbd *p, struct plumb_err *err)
{
    struct settings *s = p->settings;
    struct http_config config = { .routes = app_routes,
                                  .nroutes = app_nroutes,
                                  .app = &p->app,
                                  .identify = app_identify,
                                  .observe = app_observe,
                                  .certificate_pem =
                                      (const char *)p->identity.tls_certificate_pem.data,
                                  .key_pem = (const char *)p->identity.tls_key_pem.data,
                                  .limits = s->http,
                                  .metrics = p->metrics,
                                  .nlisteners = 2 };
    struct http_server *http;

    (void)snprintf(p->socket, sizeof p->socket, "%s/plumbd.sock", s->data);
    config.listeners[0] = (struct http_listener){ HTTP_LISTEN_TLS, s->listen };
    config.listeners[1] = (struct http_listener){ HTTP_LISTEN_LOCAL, p->socket };
    if (s->listen_plain[0] != '\0')
        config.listeners[config.nlisteners++] =
            (struct http_listener){ HTTP_LISTEN_PLAIN, s->listen_plain };
    PLUMB_TRY(http_start(&config, &http, err));
    (void)pthread_mutex_lock(&p->app.http_lock);
    p->app.http = http;
    (void)pthread_mutex_unlock(&p->app.http_lock);
    log_event(LOG_INFO, "listening", LOG_TEXT("address", s->listen),
              LOG_NUMBER("port", http_port(http, 0)), LOG_TEXT("plain", s->listen_plain),
              LOG_NUMBER("plain_port", http_port(http, 2)), LOG_TEXT("socket", p->socket));
    return PLUMB_OK;
}

/* The log of the database, in memory; and the connection that it came by. */
static enum plumb_code
open_core(struct plumbd *p, const char **ret_serving, struct db **ret_db, struct plumb_err *err)
{
    struct core **core = &p->app.core;

    PLUMB_TRY(identity_load(p->settings->data, &p->identity, err));
    PLUMB_TRY(metrics_new(&p->metrics, err));
    PLUMB_TRY(open_database(p, ret_serving, err));
    PLUMB_TRY(db_open(*ret_serving, db_catalogues, ret_db, err));
    PLUMB_TRY(core_open(p->settings, &p->identity, p->metrics, *ret_db, core, err));
    log_event(LOG_INFO, "log.loaded",
              LOG_NUMBER("entries", (int64_t)engine_size((*core)->engine)));
    return PLUMB_OK;
}

static enum plumb_code
plumbd_open(struct plumbd *p, struct plumb_err *err)
{
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    struct app *app = &p->app;
    const char *serving;

    PLUMB_TRY(open_core(p, &serving, &db, err));
    app->settings = p->settings;
    app->identity = &p->identity;
    app->metrics = p->metrics;
    PLUMB_TRY(app_init(app, err));
    PLUMB_TRY(tiles_new(p->settings->tile_cache, &app->tiles, err));
    PLUMB_TRY(bundles_start(app->core, serving, &app->bundles, err));
    /* for the workers, and for the three threads that answer for them */
    PLUMB_TRY(
        db_pool_open(serving, http_limits_workers(&p->settings->http) + 3, &app->pool, err));
    app->core->changed_arg = app;
    app->core->changed = app_changed;
    PLUMB_TRY(witnesses_start(app->core, serving, &app->witnesses, err));
    PLUMB_TRY(writer_start(
        &(struct writer_config){ app->core, serving, witnesses_hold, app->witnesses },
        &app->writer, err));
    PLUMB_TRY(follower_start(&(struct follower_config){ app->core, app->writer, serving },
                             &app->follower, err));
    PLUMB_TRY(alerts_open(app->core, &app->alerts, err));
    if (p->settings->advisories[0] != '\0')
        PLUMB_TRY(spool_start(
            &(struct spool_config){ app->core, app->writer, serving, p->settings->advisories },
            &app->spool, err));
    witnesses_follow(app->witnesses, app->follower);
    app_changed(app); /* what the log held already */
    return start_http(p, err);
}

static void
plumbd_close(struct plumbd *p)
{
    struct app *app = &p->app;

    if (app->http != NULL) {
        http_stop(app->http, p->settings->drain_ms);
        (void)pthread_mutex_lock(&app->http_lock);
        app->http = NULL;
        (void)pthread_mutex_unlock(&app->http_lock);
    }
    spool_stop(app->spool);
    if (app->witnesses != NULL)
        witnesses_follow(app->witnesses, NULL);
    follower_stop(app->follower);
    app->follower = NULL;
    alerts_close(app->alerts);
    writer_stop(app->writer);
    witnesses_stop(app->witnesses);
    bundles_stop(app->bundles);
    tiles_free(app->tiles);
    db_pool_close(app->pool);
    core_close(app->core);
    cluster_stop(p->cluster);
    metrics_free(p->metrics);
    identity_clear(&p->identity);
}

static int
serve(struct settings *settings)
{
    struct plumbd *p = calloc(1, sizeof *p);
    struct plumb_err err;
    sigset_t stop;
    int sig, status = 0;

    if (p == NULL)
        return 1;
    p->settings = settings;
    (void)sigemptyset(&stop);
    (void)sigaddset(&stop, SIGTERM);
    (void)sigaddset(&stop, SIGINT);
    (void)pthread_sigmask(SIG_BLOCK, &stop, NULL); /* before there are threads */
    if (plumbd_open(p, &err) == PLUMB_OK) {
        (void)sigwait(&stop, &sig);
        log_event(LOG_INFO, "stopping", LOG_NUMBER("signal", sig));
    } else {
        status = complain(&err);
    }
    plumbd_close(p);
    free(p);
    return status;
}

static enum plumb_code
put_back(struct plumbd *p, const char *export, struct restored *ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_db) struct db *db = NULL;
    const char *serving;

    PLUMB_TRY(open_core(p, &serving, &db, err));
    return restore_log(p->app.core, db, export, ret, err);
}

static int
restore(struct settings *settings, const char *export)
{
    struct plumbd *p = calloc(1, sizeof *p);
    struct restored restored;
    struct plumb_err err;
    int status = 0;

    if (export == NULL) {
        free(p);
        fputs("plumbd: restore: say from which export: see --help\n", stderr);
        return 2;
    }
    if (p == NULL)
        return 1;
    p->settings = settings;
    if (put_back(p, export, &restored, &err) != PLUMB_OK) {
        status = complain(&err);
    } else {
        printf("put back entries %" PRIu64 " to %" PRIu64 ": the log is the one that the "
               "export's checkpoint signs\n",
               restored.before, restored.after - 1);
        if (!restored.proven)
            fputs("plumbd: no checkpoint was kept in the data directory, so nothing here tells "
                  "whether the log was longer: compare with witnesses and verifiers before you "
                  "start the service\n",
                  stderr);
    }
    plumbd_close(p);
    free(p);
    return status;
}

static enum plumb_code
print_identity(const struct settings *s, struct plumb_err *err)
{
    PLUMB_AUTO(identity_clear) struct identity id = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;

    PLUMB_TRY(identity_load(s->data, &id, err));
    PLUMB_TRY(identity_json(&id, &json, err));
    (void)json_dumpf(json, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
    (void)putchar('\n');
    return PLUMB_OK;
}

static enum plumb_code
migrate(struct settings *s, struct plumb_err *err)
{
    struct plumbd p = { .settings = s };
    const char *serving;
    enum plumb_code code = open_database(&p, &serving, err);

    cluster_stop(p.cluster);
    return code;
}

int
main(int argc, char **argv)
{
    struct options o = { 0 };
    struct plumb_err err;
    enum plumb_code code;
    int status = parse(argc, argv, &o);

    if (status >= 0)
        return status;
    harden();
    if (strcmp(o.command, "serve") == 0)
        return serve(&o.settings);
    if (strcmp(o.command, "restore") == 0)
        return restore(&o.settings, o.export);
    if (strcmp(o.command, "init") == 0)
        code = identity_create(o.settings.data, o.settings.origin, o.settings.names, core_now(),
                               &err);
    else if (strcmp(o.command, "identity") == 0)
        code = print_identity(&o.settings, &err);
    else if (strcmp(o.command, "rotate") == 0)
        code = identity_next(o.settings.data, &err);
    else if (strcmp(o.command, "promote") == 0)
        code = identity_promote(o.settings.data, &err);
    else if (strcmp(o.command, "resume") == 0)
        code = local_post(o.settings.data, "/v1/resume", &err);
    else if (strcmp(o.command, "migrate") == 0)
        code = migrate(&o.settings, &err);
    else {
        fprintf(stderr, "plumbd: no command '%s': see --help\n", o.command);
        return 2;
    }
    return code == PLUMB_OK ? 0 : complain(&err);
}
