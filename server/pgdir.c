#include "server/pgdir.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <locale.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/own.h"
#include "server/spawn.h"

#define VERSION_MIN   15
#define SOCKET_NAME   "/.s.PGSQL.5432"
#define STOP_MS       60000 /* for an orphan to stop in, then again by force */

#define FMT(buf, ...) ((size_t)snprintf(buf, sizeof(buf), __VA_ARGS__) < sizeof(buf))

static enum plumb_code
sys_fail(const char *rule, const char *path, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_UNAVAILABLE, rule, path, "%s", strerror(errno));
}

static void
nap(long ms)
{
    const struct timespec t = { .tv_nsec = ms * 1000000 };

    (void)nanosleep(&t, NULL);
}

/* PostgreSQL refuses to be root, so root names somebody else, or the cluster's owner is. */
static enum plumb_code
pick_user(struct pgdir *d, const char *user, struct plumb_err *err)
{
    static const char *const usual[] = { "plumbline", "postgres" };
    const struct passwd *pw = getpwuid(geteuid());
    struct stat st;

    if (pw == NULL || !FMT(d->self, "%s", pw->pw_name))
        return plumb_fail(err, PLUMB_REFUSED, "cluster.user", "",
                          "user %u has no name, which PostgreSQL needs", (unsigned)geteuid());
    if (geteuid() == 0) {
        bool exists = stat(d->data, &st) == 0;
        pw = user != NULL ? getpwnam(user) : exists ? getpwuid(st.st_uid) : NULL;
        for (size_t i = 0; pw == NULL && user == NULL && !exists && i < 2; i++)
            pw = getpwnam(usual[i]);
        if (pw == NULL || pw->pw_uid == 0)
            return plumb_fail(err, PLUMB_REFUSED, "cluster.user", user ? user : "",
                              "PostgreSQL does not run as root: name an existing system user "
                              "to run it as");
    } else if (user != NULL && strcmp(user, pw->pw_name) != 0) {
        return plumb_fail(err, PLUMB_REFUSED, "cluster.user", user,
                          "only root can run PostgreSQL as another user");
    }
    if (stat(d->data, &st) == 0 && st.st_uid != pw->pw_uid)
        return plumb_fail(err, PLUMB_REFUSED, "cluster.user", d->data,
                          "belongs to user %u, not to %s", (unsigned)st.st_uid, pw->pw_name);
    if (!FMT(d->user, "%s", pw->pw_name))
        return plumb_fail(err, PLUMB_REFUSED, "cluster.user", "", "the user's name is long");
    d->uid = pw->pw_uid;
    d->gid = pw->pw_gid;
    return PLUMB_OK;
}

/* Another user must be able to walk to the data. */
static enum plumb_code
check_open(const struct pgdir *d, struct plumb_err *err)
{
    char path[PATH_MAX];
    struct stat st;

    if (d->uid == geteuid())
        return PLUMB_OK;
    (void)FMT(path, "%s", d->dir);
    for (char *slash = path + strlen(path); slash != NULL; slash = strrchr(path, '/')) {
        *slash = '\0';
        if (path[0] == '\0')
            break;
        if (stat(path, &st) != 0)
            return sys_fail("cluster.path", path, err);
        mode_t bit = st.st_uid == d->uid ? S_IXUSR : st.st_gid == d->gid ? S_IXGRP : S_IXOTH;
        if ((st.st_mode & bit) == 0)
            return plumb_fail(err, PLUMB_REFUSED, "cluster.closed", path,
                              "user %s, whom PostgreSQL runs as, cannot enter it: chmod o+x, "
                              "or choose another directory",
                              d->user);
    }
    return PLUMB_OK;
}

static enum plumb_code
lock_dir(struct pgdir *d, struct plumb_err *err)
{
    char path[PATH_MAX];

    if (d->dir[0] != '/' || strpbrk(d->dir, "\"'\\") != NULL)
        return plumb_fail(err, PLUMB_INVALID, "cluster.path", d->dir,
                          "an absolute path without quotes or backslashes is needed");
    for (const char *p = d->dir; *p != '\0'; p++)
        if (iscntrl((unsigned char)*p))
            return plumb_fail(err, PLUMB_INVALID, "cluster.path", d->dir,
                              "a control character");
    if (mkdir(d->dir, geteuid() == 0 ? 0711 : 0700) != 0 && errno != EEXIST)
        return sys_fail("cluster.path", d->dir, err);
    if (!FMT(path, "%s/lock", d->dir))
        return plumb_fail(err, PLUMB_INVALID, "cluster.path", d->dir, "too long");
    d->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (d->lock < 0)
        return sys_fail("cluster.path", path, err);
    /* a process that was killed may have a child that is about to exec */
    for (int i = 0; i < 20; i++) {
        if (flock(d->lock, LOCK_EX | LOCK_NB) == 0)
            return PLUMB_OK;
        nap(50);
    }
    return plumb_fail(err, PLUMB_CONFLICT, "cluster.in-use", d->dir,
                      "another process runs the PostgreSQL of this directory");
}

/* Major version of the programs in bindir; 0 if they are not there or do not run. */
static int
version_of(const struct pgdir *d, const char *bindir)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes out = { 0 };
    char path[PATH_MAX], initdb[PATH_MAX];
    struct spawn s = { (const char *[]){ path, "-V", NULL }, d->uid, d->gid, SIGKILL };
    static const char says[] = "postgres (PostgreSQL) ";

    if (!FMT(path, "%s/postgres", bindir) || !FMT(initdb, "%s/initdb", bindir) ||
        access(path, X_OK) != 0 || access(initdb, X_OK) != 0 ||
        spawn_run(&s, 20, &out, NULL) != PLUMB_OK ||
        strncmp((const char *)out.data, says, strlen(says)) != 0)
        return 0;
    return (int)strtol((const char *)out.data + strlen(says), NULL, 10);
}

/* The version that the data is of; 0 when there is none yet. */
static int
data_version(const struct pgdir *d)
{
    char path[PATH_MAX], text[16] = "";
    int fd = FMT(path, "%s/PG_VERSION", d->data) ? open(path, O_RDONLY | O_CLOEXEC) : -1;

    if (fd < 0)
        return 0;
    if (read(fd, text, sizeof text - 1) < 0)
        text[0] = '\0';
    (void)close(fd);
    return (int)strtol(text, NULL, 10);
}

static void
consider(struct pgdir *d, const char *bindir, int want, int *best)
{
    int v = version_of(d, bindir);

    if (v >= VERSION_MIN && v > *best && (want == 0 || v == want) &&
        FMT(d->bindir, "%s", bindir))
        *best = v;
}

static enum plumb_code
find_programs(struct pgdir *d, const char *bindir, struct plumb_err *err)
{
    static const char *const patterns[] = { "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin",
                                            "/usr/local/pgsql/bin", "/usr/bin" };
    int want = data_version(d), best = 0;

    if (bindir != NULL)
        consider(d, bindir, want, &best);
    for (size_t i = 0; bindir == NULL && i < sizeof patterns / sizeof patterns[0]; i++) {
        glob_t found;
        if (glob(patterns[i], 0, NULL, &found) != 0)
            continue;
        for (size_t g = 0; g < found.gl_pathc; g++)
            consider(d, found.gl_pathv[g], want, &best);
        globfree(&found);
    }
    if (best != 0)
        return PLUMB_OK;
    if (want != 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "cluster.version", d->data,
                          "the data is of PostgreSQL %d, whose programs are not here: install "
                          "them, or pg_upgrade the data",
                          want);
    return plumb_fail(err, PLUMB_UNAVAILABLE, "cluster.programs", bindir ? bindir : "",
                      "no PostgreSQL %d or later here: install the package postgresql",
                      VERSION_MIN);
}

bool
pgdir_postmaster(const struct pgdir *d, pid_t *ret_pid, bool *ret_ready)
{
    char path[PATH_MAX], text[1024], *line = text;
    int fd = FMT(path, "%s/postmaster.pid", d->data)
                 ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
                 : -1;
    ssize_t n;

    if (fd < 0)
        return false;
    n = read(fd, text, sizeof text - 1);
    (void)close(fd);
    if (n <= 0)
        return false;
    text[n] = '\0';
    *ret_pid = (pid_t)strtol(text, NULL, 10);
    for (int i = 1; i < 8 && line != NULL; i++) { /* the state is on the eighth line */
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    *ret_ready = line != NULL && strncmp(line, "ready", 5) == 0;
    return *ret_pid > 1;
}

/* A postmaster's working directory is its data; a process id alone may be anybody's. */
static bool
runs_here(const struct pgdir *d, pid_t pid)
{
    char cwd[64];
    struct stat a, b;

    (void)FMT(cwd, "/proc/%ld/cwd", (long)pid);
    return stat(cwd, &a) == 0 && stat(d->data, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* We hold the lock, so whoever started it is gone; its settings may be older than ours. */
static enum plumb_code
stop_orphan(const struct pgdir *d, struct plumb_err *err)
{
    static const int signals[] = { SIGINT, SIGQUIT };
    bool ready;
    pid_t pid;

    if (!pgdir_postmaster(d, &pid, &ready) || !runs_here(d, pid))
        return PLUMB_OK;
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) {
        (void)kill(pid, signals[i]);
        for (int ms = 0; ms < STOP_MS; ms += 20) {
            if (!runs_here(d, pid))
                return PLUMB_OK;
            nap(20);
        }
    }
    return plumb_fail(err, PLUMB_UNAVAILABLE, "cluster.orphan", d->data,
                      "PostgreSQL process %ld, left by an earlier run, does not stop",
                      (long)pid);
}

static enum plumb_code
own_directory(const struct pgdir *d, const char *path, struct plumb_err *err)
{
    struct stat st;

    if (mkdir(path, 0700) == 0) {
        if (d->uid != geteuid() && lchown(path, d->uid, d->gid) != 0)
            return sys_fail("cluster.path", path, err);
    } else if (errno != EEXIST) {
        return sys_fail("cluster.path", path, err);
    }
    if (lstat(path, &st) != 0)
        return sys_fail("cluster.path", path, err);
    if (!S_ISDIR(st.st_mode) || st.st_uid != d->uid || (st.st_mode & 0077) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "cluster.path", path,
                          "not a private directory of user %s", d->user);
    return PLUMB_OK;
}

/* A socket's path holds 107 bytes. */
static enum plumb_code
make_socket_dir(struct pgdir *d, struct plumb_err *err)
{
    const char *base = d->uid != geteuid() ? "/run" : "/tmp";
    struct stat st;

    if (strlen(d->dir) + strlen("/run" SOCKET_NAME) < sizeof d->socket) {
        (void)stpcpy(stpcpy(d->socket, d->dir), "/run");
    } else {
        if (stat(d->dir, &st) != 0)
            return sys_fail("cluster.path", d->dir, err);
        (void)FMT(d->socket, "%s/plumbd-%llx-%llx", base, (unsigned long long)st.st_dev,
                  (unsigned long long)st.st_ino);
    }
    return own_directory(d, d->socket, err);
}

static enum plumb_code
write_file(const struct pgdir *d, const char *name, const char *text, struct plumb_err *err)
{
    char path[PATH_MAX], temp[PATH_MAX];
    size_t len = strlen(text);

    if (!FMT(path, "%s/%s", d->dir, name) || !FMT(temp, "%s/%s.new", d->dir, name))
        return plumb_fail(err, PLUMB_INVALID, "cluster.path", d->dir, "too long");
    (void)unlink(temp);
    int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0)
        return sys_fail("cluster.path", temp, err);
    bool ok = fchmod(fd, 0644) == 0 && write(fd, text, len) == (ssize_t)len && fsync(fd) == 0;
    if (close(fd) != 0 || !ok || rename(temp, path) != 0)
        return sys_fail("cluster.path", path, err);
    return PLUMB_OK;
}

/*
 * Only we get in, and only as our three roles: the kernel says who is at the other end of the
 * socket. The files are ours, so that PostgreSQL cannot change who may enter it.
 */
static enum plumb_code
write_access(const struct pgdir *d, struct plumb_err *err)
{
    char ident[512];

    PLUMB_TRY(write_file(
        d, "hba.conf",
        "local all " PGDIR_ADMIN "," PGDIR_OWNER "," PGDIR_SERVING " peer map=plumb\n", err));
    (void)FMT(ident,
              "plumb \"%s\" " PGDIR_ADMIN "\nplumb \"%s\" " PGDIR_OWNER
              "\nplumb \"%s\" " PGDIR_SERVING "\n",
              d->self, d->self, d->self);
    return write_file(d, "ident.conf", ident, err);
}

static bool
have_locale(const char *name)
{
    locale_t l = newlocale(LC_ALL_MASK, name, (locale_t)0);

    if (l == (locale_t)0)
        return false;
    freelocale(l);
    return true;
}

/* Made beside its place and moved there when it is whole. */
static enum plumb_code
make_cluster(const struct pgdir *d, struct plumb_err *err)
{
    char initdb[PATH_MAX], temp[PATH_MAX];
    struct plumb_err why = { 0 };
    const char *const locale = have_locale("C.UTF-8") ? "--locale=C.UTF-8" : "--locale=C";
    struct spawn rm = { (const char *[]){ "/bin/rm", "-rf", temp, NULL }, geteuid(), getegid(),
                        0 };
    struct spawn s = { (const char *[]){ initdb, "-D", temp, "-U", PGDIR_ADMIN, "-E", "UTF8",
                                         locale, "--data-checksums", "--auth-local=peer",
                                         "--auth-host=reject", "--no-instructions", NULL },
                       d->uid, d->gid, SIGKILL };

    if (!FMT(initdb, "%s/initdb", d->bindir) || !FMT(temp, "%s/data.new", d->dir))
        return plumb_fail(err, PLUMB_INVALID, "cluster.path", d->dir, "too long");
    PLUMB_TRY(spawn_run(&rm, 300, NULL, err));
    PLUMB_TRY(own_directory(d, temp, err));
    if (spawn_run(&s, 300, NULL, &why) != PLUMB_OK)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "cluster.initdb", d->data, "%s", why.msg);
    if (rename(temp, d->data) != 0)
        return sys_fail("cluster.path", d->data, err);
    return PLUMB_OK;
}

static enum plumb_code
prepare(struct pgdir *d, const char *user, const char *bindir, struct plumb_err *err)
{
    struct stat st;

    PLUMB_TRY(lock_dir(d, err));
    PLUMB_TRY(pick_user(d, user, err));
    PLUMB_TRY(check_open(d, err));
    PLUMB_TRY(stop_orphan(d, err));
    PLUMB_TRY(find_programs(d, bindir, err));
    PLUMB_TRY(make_socket_dir(d, err));
    PLUMB_TRY(write_access(d, err));
    if (stat(d->data, &st) != 0)
        PLUMB_TRY(make_cluster(d, err));
    return PLUMB_OK;
}

enum plumb_code
pgdir_open(const char *dir, const char *user, const char *bindir, struct pgdir *ret,
           struct plumb_err *err)
{
    struct pgdir d = { .lock = -1 };
    enum plumb_code code;

    if (!FMT(d.dir, "%s", dir) || !FMT(d.data, "%s/data", dir))
        return plumb_fail(err, PLUMB_INVALID, "cluster.path", "", "the path is too long");
    code = prepare(&d, user, bindir, err);
    if (code != PLUMB_OK)
        pgdir_close(&d);
    else
        *ret = d;
    return code;
}

void
pgdir_close(struct pgdir *d)
{
    if (strncmp(d->socket, d->dir, strlen(d->dir)) != 0 && d->socket[0] != '\0')
        (void)rmdir(d->socket);
    if (d->lock >= 0)
        (void)close(d->lock);
    d->lock = -1;
}
