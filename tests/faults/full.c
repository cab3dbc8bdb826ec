/*
 * A disk that is full: what is asked meanwhile gets an error or an answer, what was answered is
 * there afterwards, and writing goes on by itself once there is room. Needs root, for a file
 * system of its own.
 *
 *     faults_full
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/faults/check.h"
#include "tests/t.h"

#define DISK "size=200m,mode=0711"

static struct make make;
static struct plumbd service;
static struct load load;
static char disk[300]; /* "" while nothing is mounted */

static void
unmount(void)
{
    if (disk[0] != '\0')
        (void)umount2(disk, MNT_DETACH);
    disk[0] = '\0';
}

static void
cannot(const char *why)
{
    printf("skip: a full disk: %s\n0 passed, 0 failed, 1 skipped\n", why);
    exit(77);
}

static void
pause_ms(long ms)
{
    (void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* A file that takes all the room there is. */
static void
fill(const char *path)
{
    static char block[65536];
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    while (write(fd, block, sizeof block) > 0)
        ;
    (void)close(fd);
}

static size_t
accepted(void)
{
    size_t n = 0;

    for (unsigned i = 0; i < LOAD_PEOPLE; i++)
        n += atomic_load(&load.people[i].accepted);
    return n;
}

static size_t
unanswered(void)
{
    size_t n = 0;

    for (unsigned i = 0; i < LOAD_PEOPLE; i++)
        n += atomic_load(&load.people[i].unanswered);
    return n;
}

/* Some more statements are accepted. */
static void
wait_for_more(void)
{
    size_t before = accepted();

    for (int i = 0; i < 1200 && accepted() < before + 10; i++)
        pause_ms(100);
    assert_true(accepted() >= before + 10);
}

int
main(void)
{
    char filler[320];
    uint64_t size;

    if (geteuid() != 0)
        cannot("only root can mount one");
    (void)snprintf(disk, sizeof disk, "%s/disk", pg_directory());
    assert_int_equal(0, mkdir(disk, 0711));
    if (mount("tmpfs", disk, "tmpfs", 0, DISK) != 0) {
        disk[0] = '\0';
        cannot(strerror(errno));
    }
    (void)atexit(unmount);
    (void)snprintf(filler, sizeof filler, "%s/filler", disk);
    make_begin(&make, time(NULL));
    load_cast(&make);
    plumbd_prepare_in(&service, &make, disk);
    plumbd_start(&service);
    plumbd_genesis(&service, &make);
    load_start(&load, &make, &service, 1);
    wait_for_more();
    for (int i = 0; i < 1200 && unanswered() < 20; i++) {
        fill(filler); /* what was freed meanwhile is taken too */
        pause_ms(100);
    }
    assert_true(unanswered() >= 20);
    fprintf(stderr, "full, with %zu accepted, %zu in vain\n", accepted(), unanswered());
    assert_int_equal(0, unlink(filler));
    wait_for_more();
    load_stop(&load);
    size = check_log(&service, &load);
    fprintf(stderr, "room again: %zu accepted, %llu entries\n", accepted(),
            (unsigned long long)size);
    plumbd_stop(&service, SIGTERM);
    load_free(&load);
    make_end(&make);
    puts("1 passed, 0 failed, 0 skipped");
    return 0;
}
