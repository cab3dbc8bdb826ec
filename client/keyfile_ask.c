#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "client/keyfile.h"

enum { CTRL_C = 3, CTRL_D = 4, BACKSPACE = 8, CTRL_U = 21, DELETE = 127 };

static void
say(int tty, const char *text)
{
    size_t len = strlen(text);

    while (len != 0) {
        ssize_t n = write(tty, text, len);

        if (n <= 0)
            return;
        text += n;
        len -= (size_t)n;
    }
}

/* What is not plainly visible must not reach the terminal. */
static void
say_name(int tty, const char *name)
{
    for (; *name != '\0'; name++) {
        const char c[2] = { *name, '\0' };

        say(tty, *name >= 0x20 && *name < 0x7f ? c : "?");
    }
}

/* The terminal hands over key by key, and neither shows nor interprets them. */
static int
read_line(int tty, char *buf, int size)
{
    int len = 0;
    ssize_t n;
    unsigned char c;

    for (;;) {
        do
            n = read(tty, &c, 1);
        while (n < 0 && errno == EINTR);
        if (n != 1 || c == CTRL_C || (c == CTRL_D && len == 0))
            return -1;
        if (c == '\r' || c == '\n')
            break;
        if (c == CTRL_U)
            len = 0;
        else if ((c == BACKSPACE || c == DELETE) && len > 0)
            len--;
        else if (c == BACKSPACE || c == DELETE || c == CTRL_D)
            continue;
        else if (len < size - 1)
            buf[len++] = (char)c;
        else
            return -1;
    }
    buf[len] = '\0';
    return len;
}

static int
prompt(int tty, const char *what, const char *name, char *buf, int size)
{
    struct termios before, quiet;
    sigset_t deaths, mask;
    int len;

    if (tcgetattr(tty, &before) != 0)
        return -1;
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    /* Dying in between would leave the user's terminal mute. */
    (void)sigemptyset(&deaths);
    (void)sigaddset(&deaths, SIGHUP);
    (void)sigaddset(&deaths, SIGINT);
    (void)sigaddset(&deaths, SIGQUIT);
    (void)sigaddset(&deaths, SIGTERM);
    (void)sigaddset(&deaths, SIGTSTP);
    if (pthread_sigmask(SIG_BLOCK, &deaths, &mask) != 0)
        return -1;
    if (tcsetattr(tty, TCSAFLUSH, &quiet) == 0) {
        say(tty, what);
        say_name(tty, name);
        say(tty, ": ");
        len = read_line(tty, buf, size);
        say(tty, "\n");
        (void)tcsetattr(tty, TCSAFLUSH, &before);
    } else {
        len = -1;
    }
    (void)pthread_sigmask(SIG_SETMASK, &mask, NULL);
    if (len < 0)
        OPENSSL_cleanse(buf, (size_t)size);
    return len;
}

int
keyfile_ask(char *buf, int size, void *arg)
{
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC), len;

    if (tty < 0)
        return -1;
    len = prompt(tty, "Passphrase for ", arg, buf, size);
    (void)close(tty);
    return len;
}

int
keyfile_ask_new(char *buf, int size, void *arg)
{
    int tty = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC), len;
    char *again = OPENSSL_secure_zalloc((size_t)size);

    len = tty < 0 || again == NULL ? -1 : prompt(tty, "New passphrase for ", arg, buf, size);
    if (len >= 0 && (prompt(tty, "Once more, for ", arg, again, size) != len ||
                     CRYPTO_memcmp(buf, again, (size_t)len) != 0)) {
        OPENSSL_cleanse(buf, (size_t)size);
        len = -1;
    }
    OPENSSL_secure_clear_free(again, (size_t)size);
    if (tty >= 0)
        (void)close(tty);
    return len;
}
