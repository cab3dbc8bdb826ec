#include "tests/t.h"

#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "client/keyfile.h"
#include "tests/client/run.h"

static int
teardown(void **state)
{
    (void)state;
    remove_directory();
    return 0;
}

static struct plumb_signer *
generate(enum plumb_key_type type)
{
    struct plumb_signer *signer = NULL;
    struct plumb_err err;

    assert_ok(plumb_signer_generate(type, &signer, &err), &err);
    return signer;
}

static int
answer(char *buf, int size, void *arg)
{
    (void)snprintf(buf, (size_t)size, "%s", (const char *)arg);
    return (int)strlen(buf);
}

static enum plumb_code
read_with(const char *path, const char *passphrase, struct plumb_signer **ret,
          struct plumb_err *err)
{
    return keyfile_read(path, answer, (void *)passphrase, ret, err);
}

static void
a_written_key_is_read_by_its_owner_alone(void **state)
{
    static const char *const passphrases[] = { NULL, "correct horse" };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct plumb_signer *signer = generate(PLUMB_KEY_ED25519), *back = NULL;
        const char *path = in(i == 0 ? "plain" : "sealed");
        struct plumb_err err;
        struct stat st;

        assert_ok(keyfile_write(path, signer, passphrases[i], &err), &err);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(st.st_nlink, 1);
        assert_ok(read_with(path, "correct horse", &back, &err), &err);
        assert_true(plumb_digest_eq(plumb_pubkey_id(back->pub), plumb_pubkey_id(signer->pub)));
        plumb_signer_free(back);
        back = NULL;
        if (i == 1)
            assert_refused("key.passphrase", read_with(path, "wrong", &back, &err), &err);
        for (mode_t bit = 1; bit <= 0040; bit <<= 1) {
            assert_int_equal(chmod(path, 0600 | bit), 0);
            assert_refused("keyfile.mode", read_with(path, "correct horse", &back, &err), &err);
        }
        plumb_signer_free(signer);
    }
}

static void
a_key_is_never_overwritten(void **state)
{
    struct plumb_signer *first = generate(PLUMB_KEY_ED25519), *back = NULL;
    struct plumb_signer *second = generate(PLUMB_KEY_P256);
    char path[128];
    struct plumb_err err;

    (void)state;
    (void)snprintf(path, sizeof path, "%s", in("key"));
    assert_ok(keyfile_write(path, first, NULL, &err), &err);
    assert_refused("keyfile.exists", keyfile_write(path, second, NULL, &err), &err);
    assert_ok(read_with(path, "", &back, &err), &err);
    assert_true(plumb_digest_eq(plumb_pubkey_id(back->pub), plumb_pubkey_id(first->pub)));
    plumb_signer_free(back);
    back = NULL;
    /* nor through a link that leads nowhere */
    assert_int_equal(symlink(in("elsewhere"), in("link")), 0);
    assert_refused("keyfile.exists", keyfile_write(in("link"), second, NULL, &err), &err);
    assert_int_equal(access(in("elsewhere"), F_OK), -1);
    assert_refused("keyfile.write", keyfile_write(in("no/such/key"), second, NULL, &err), &err);
    /* nothing is left lying about: the key and the link, and then the directory is empty */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(unlink(in("link")), 0);
    assert_int_equal(rmdir(in("")), 0);
    plumb_signer_free(first);
    plumb_signer_free(second);
}

static void
what_is_no_key_file_is_refused(void **state)
{
    struct plumb_signer *signer = NULL;
    struct plumb_err err;
    int fd;

    (void)state;
    assert_code(PLUMB_NOT_FOUND, read_with(in("nothing"), "", &signer, &err), &err);
    assert_refused("keyfile.open", read_with("/tmp", "", &signer, &err), &err);
    assert_int_equal(mkfifo(in("fifo"), 0600), 0);
    assert_refused("keyfile.open", read_with(in("fifo"), "", &signer, &err), &err);
    fd = open(in("big"), O_CREAT | O_WRONLY, 0600);
    assert_int_equal(ftruncate(fd, 16384), 0);
    assert_refused("keyfile.size", read_with(in("big"), "", &signer, &err), &err);
    assert_int_equal(ftruncate(fd, 16383), 0);
    assert_refused("key.pem", read_with(in("big"), "", &signer, &err), &err);
    assert_string_equal(err.where, in("big"));
    (void)close(fd);
    if (geteuid() == 0) {
        assert_int_equal(truncate(in("big"), 0), 0);
        assert_int_equal(chown(in("big"), 65534, 65534), 0);
        assert_refused("keyfile.owner", read_with(in("big"), "", &signer, &err), &err);
    }
}

/* What the user types at the first and second prompt, and what the program gets. */
struct dialogue {
    int (*ask)(char *buf, int size, void *arg);
    const char *typed[2];
    const char *got; /* NULL: gave up */
};

/* The program's side, on a terminal that must be left as it was. */
static int
asker(const struct dialogue *d)
{
    char name[] = "a\033[2Jkey", buf[32] = "untouched";
    struct termios before, after;
    int len;

    if (tcgetattr(0, &before) != 0)
        return 9;
    len = d->ask(buf, sizeof buf, name);
    if (tcgetattr(0, &after) != 0 || before.c_lflag != after.c_lflag)
        return 8;
    if (d->got == NULL)
        return len == -1 && buf[0] == '\0' ? 0 : 7;
    return len == (int)strlen(d->got) && strcmp(buf, d->got) == 0 ? 0 : 6;
}

/* The user's side: types a line whenever a prompt, which ends in ": ", is seen. */
static void
play(const struct dialogue *d, char *screen, size_t size)
{
    size_t seen = 0, prompts = 0;
    int tty, status;
    ssize_t n;
    pid_t pid = forkpty(&tty, NULL, NULL, NULL);

    assert_int_not_equal(pid, -1);
    if (pid == 0)
        _exit(asker(d));
    while (seen < size - 1 && (n = read(tty, screen + seen, size - 1 - seen)) > 0) {
        seen += (size_t)n;
        screen[seen] = '\0';
        if (strcmp(screen + (seen < 2 ? 0 : seen - 2), ": ") == 0 && prompts < 2 &&
            d->typed[prompts] != NULL) {
            const char *line = d->typed[prompts++];

            assert_int_equal(write(tty, line, strlen(line)), strlen(line));
        }
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    (void)close(tty);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("typed \"%s\": status %x, screen \"%s\"", d->typed[0], (unsigned)status,
                 screen);
}

static void
passphrases_are_typed_unseen(void **state)
{
    static const struct dialogue dialogues[] = {
        { keyfile_ask, { "secret\r", NULL }, "secret" },
        { keyfile_ask, { "secret\n", NULL }, "secret" },
        { keyfile_ask, { "\r", NULL }, "" },
        { keyfile_ask, { "secrex\x7ft\r", NULL }, "secret" },
        { keyfile_ask, { "\b\bsecrex\bt\r", NULL }, "secret" },
        { keyfile_ask, { "wrong\x15secret\r", NULL }, "secret" },
        { keyfile_ask, { "secret\x03", NULL }, NULL },
        { keyfile_ask, { "\x04", NULL }, NULL },
        { keyfile_ask,
          { "secret-of-thirty-one-characters\r", NULL },
          "secret-of-thirty-one-characters" },
        { keyfile_ask, { "secret-of-thirty-two-characters!\r", NULL }, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof dialogues / sizeof *dialogues; i++) {
        char screen[512] = "";

        play(&dialogues[i], screen, sizeof screen);
        assert_null(strstr(screen, "secre"));
        assert_null(strchr(screen, '\033'));
        assert_non_null(strstr(screen, "Passphrase for a?[2Jkey: "));
    }
}

static void
new_passphrases_are_typed_twice(void **state)
{
    static const struct dialogue dialogues[] = {
        { keyfile_ask_new, { "secret\r", "secret\r" }, "secret" },
        { keyfile_ask_new, { "secret\r", "secreT\r" }, NULL },
        { keyfile_ask_new, { "secret\r", "secre\r" }, NULL },
        { keyfile_ask_new, { "secret\r", "\x03" }, NULL },
        { keyfile_ask_new, { "\x03", NULL }, NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof dialogues / sizeof *dialogues; i++) {
        char screen[512] = "";

        play(&dialogues[i], screen, sizeof screen);
        assert_null(strstr(screen, "secre"));
        assert_non_null(strstr(screen, "New passphrase for a?[2Jkey: "));
    }
}

/* A process of its own, that has no terminal. */
static void
without_a_terminal_nobody_is_asked(void **state)
{
    pid_t pid = fork();
    int status;

    (void)state;
    assert_int_not_equal(pid, -1);
    if (pid == 0) {
        char buf[8], name[] = "key";

        (void)setsid();
        _exit(keyfile_ask(buf, sizeof buf, name) == -1 &&
                      keyfile_ask_new(buf, sizeof buf, name) == -1
                  ? 0
                  : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void
write_file(const char *path, const void *data, size_t len)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

    assert_int_equal(write(fd, data, len), len);
    (void)close(fd);
}

static size_t
read_file(const char *path, uint8_t *data, size_t size)
{
    int fd = open(path, O_RDONLY);
    ssize_t n = read(fd, data, size);

    assert_true(n > 0);
    (void)close(fd);
    return (size_t)n;
}

static void
openssls_program_and_we_read_each_others_keys(void **state)
{
    static const struct {
        const char *algorithm, *option;
        enum plumb_key_type type;
    } cases[] = {
        { "ED25519", NULL, PLUMB_KEY_ED25519 },
        { "EC", "ec_paramgen_curve:P-256", PLUMB_KEY_P256 },
    };

    (void)state;
    if (!have("openssl")) {
        print_message("skipped: openssl's program is not installed\n");
        skip();
    }
    write_file(in("msg"), "message", 7);
    for (size_t i = 0; i < 2; i++) {
        char theirs[128], ours[128], sigfile[128], msg[128];
        struct plumb_signer *signer = NULL;
        struct plumb_bytes sig = { NULL, 0 };
        uint8_t their_sig[128];
        struct plumb_err err;
        size_t len;

        (void)snprintf(theirs, sizeof theirs, "%s", in(i == 0 ? "theirs-ed" : "theirs-ec"));
        (void)snprintf(ours, sizeof ours, "%s", in(i == 0 ? "ours-ed" : "ours-ec"));
        (void)snprintf(sigfile, sizeof sigfile, "%s", in("sig"));
        (void)snprintf(msg, sizeof msg, "%s", in("msg"));
        if (cases[i].option == NULL)
            assert_int_equal(RUN("openssl", "genpkey", "-algorithm", cases[i].algorithm, "-out",
                                 theirs, "-aes-256-cbc", "-pass", "pass:horse"),
                             0);
        else
            assert_int_equal(RUN("openssl", "genpkey", "-algorithm", cases[i].algorithm,
                                 "-pkeyopt", cases[i].option, "-out", theirs, "-aes-256-cbc",
                                 "-pass", "pass:horse"),
                             0);
        assert_int_equal(chmod(theirs, 0600), 0);
        assert_ok(read_with(theirs, "horse", &signer, &err), &err);
        assert_int_equal(plumb_pubkey_type(signer->pub), cases[i].type);

        /* their signature, our verdict */
        assert_int_equal(RUN("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", theirs,
                             "-passin", "pass:horse", "-in", msg, "-out", sigfile),
                         0);
        len = read_file(sigfile, their_sig, sizeof their_sig);
        assert_ok(plumb_pubkey_verify(signer->pub, "message", 7, their_sig, len, &err), &err);

        /* our file, encrypted our way, our signature; their verdict */
        assert_ok(keyfile_write(ours, signer, "scrypt", &err), &err);
        assert_ok(signer->sign(signer->self, "message", 7, &sig, &err), &err);
        write_file(sigfile, sig.data, sig.len);
        assert_int_equal(RUN("openssl", "pkeyutl", "-verify", "-rawin", "-inkey", ours,
                             "-passin", "pass:scrypt", "-in", msg, "-sigfile", sigfile),
                         0);
        plumb_bytes_clear(&sig);
        plumb_signer_free(signer);
    }
}

static void
ssh_keygens_pkcs8_is_read(void **state)
{
    struct plumb_signer *signer = NULL;
    struct plumb_err err;

    (void)state;
    if (!have("ssh-keygen")) {
        print_message("skipped: openssh-client is not installed\n");
        skip();
    }
    assert_int_equal(RUN("ssh-keygen", "-q", "-t", "ecdsa", "-m", "PKCS8", "-N", "passphrase",
                         "-f", in("ec")),
                     0);
    assert_ok(read_with(in("ec"), "passphrase", &signer, &err), &err);
    assert_int_equal(plumb_pubkey_type(signer->pub), PLUMB_KEY_P256);
    plumb_signer_free(signer);
    signer = NULL;
    /* its own format is an agent's matter */
    assert_int_equal(RUN("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", in("ed")), 0);
    assert_refused("key.pem", read_with(in("ed"), "", &signer, &err), &err);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_written_key_is_read_by_its_owner_alone, teardown),
        cmocka_unit_test_teardown(a_key_is_never_overwritten, teardown),
        cmocka_unit_test_teardown(what_is_no_key_file_is_refused, teardown),
        cmocka_unit_test(passphrases_are_typed_unseen),
        cmocka_unit_test(new_passphrases_are_typed_twice),
        cmocka_unit_test(without_a_terminal_nobody_is_asked),
        cmocka_unit_test_teardown(openssls_program_and_we_read_each_others_keys, teardown),
        cmocka_unit_test_teardown(ssh_keygens_pkcs8_is_read, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
