#include "tests/t.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/agent.h"
#include "tests/client/run.h"
#include "tests/local.h"

/* OpenSSH's own agent, with security keys in software. */

static pid_t agent;
static char sock[128], softsk[256];

static bool
have_openssh(void)
{
    return have("ssh-agent") && have("ssh-add") && have("ssh-keygen");
}

static void
start_agent(void)
{
    char pattern[512];

    (void)snprintf(sock, sizeof sock, "%s", in("agent"));
    (void)snprintf(softsk, sizeof softsk, "%s/tests/softsk.so", getenv("PLUMB_BUILD"));
    (void)snprintf(pattern, sizeof pattern, "%s/*", getenv("PLUMB_BUILD"));
    agent = start((const char *const[]){ "ssh-agent", "-D", "-a", sock, "-P", pattern, NULL });
    assert_int_equal(setenv("SSH_AUTH_SOCK", sock, 1), 0);
    assert_true(local_await(sock));
}

static int
teardown(void **state)
{
    (void)state;
    if (agent > 0) {
        (void)kill(agent, SIGTERM);
        (void)waitpid(agent, NULL, 0);
    }
    agent = 0;
    remove_directory();
    return 0;
}

/* Makes a key as ssh-keygen does, and loads it. option may be NULL. */
static void
load(const char *type, const char *name, const char *option)
{
    char file[128];

    (void)snprintf(file, sizeof file, "%s", in(name));
    if (strstr(type, "-sk") != NULL) {
        assert_int_equal(RUN("ssh-keygen", "-q", "-t", type, "-N", "", "-C", name, "-f", file,
                             "-w", softsk, "-O", "application=ssh:plumb", "-O",
                             option != NULL ? option : "user=plumb"),
                         0);
        assert_int_equal(RUN("ssh-add", "-q", "-S", softsk, file), 0);
    } else {
        assert_int_equal(RUN("ssh-keygen", "-q", "-t", type, "-N", "", "-C", name, "-f", file),
                         0);
        assert_int_equal(RUN("ssh-add", "-q", file), 0);
    }
}

static const struct plumb_pubkey *
find(const struct agent_keys *keys, const char *comment)
{
    for (size_t i = 0; i < keys->n; i++)
        if (strcmp(keys->keys[i].comment, comment) == 0)
            return keys->keys[i].pub;
    fail_msg("the agent has no key %s", comment);
    return NULL;
}

static enum plumb_code
sign(const struct plumb_pubkey *key, const char *msg, struct plumb_bytes *ret,
     struct plumb_err *err)
{
    struct plumb_signer *signer = NULL;
    enum plumb_code code;

    assert_ok(agent_signer(sock, key, &signer, err), err);
    assert_true(plumb_digest_eq(plumb_pubkey_id(signer->pub), plumb_pubkey_id(key)));
    code = signer->sign(signer->self, msg, strlen(msg), ret, err);
    plumb_signer_free(signer);
    return code;
}

static void
openssh_signs_with_every_type_of_key(void **state)
{
    static const struct {
        const char *type, *name;
        enum plumb_key_type is;
    } cases[] = {
        { "ed25519", "ed", PLUMB_KEY_ED25519 },
        { "ecdsa", "ec", PLUMB_KEY_P256 },
        { "ed25519-sk", "ed-sk", PLUMB_KEY_SK_ED25519 },
        { "ecdsa-sk", "ec-sk", PLUMB_KEY_SK_P256 },
    };
    struct agent_keys keys = { NULL, 0 };
    struct plumb_err err;

    (void)state;
    if (!have_openssh()) {
        print_message("skipped: openssh-client is not installed\n");
        skip();
    }
    start_agent();
    assert_ok(agent_list(sock, &keys, &err), &err);
    assert_int_equal(keys.n, 0);
    for (size_t i = 0; i < 4; i++)
        load(cases[i].type, cases[i].name, NULL);
    load("rsa", "rsa", NULL);

    assert_ok(agent_list(sock, &keys, &err), &err);
    assert_int_equal(keys.n, 4); /* without the RSA key */
    for (size_t i = 0; i < 4; i++) {
        const struct plumb_pubkey *key = find(&keys, cases[i].name);
        struct plumb_bytes sig = { NULL, 0 };

        assert_int_equal(plumb_pubkey_type(key), cases[i].is);
        if (i >= 2)
            assert_string_equal(plumb_pubkey_application(key), "ssh:plumb");
        assert_ok(sign(key, "DSSEv1 message", &sig, &err), &err);
        assert_ok(plumb_pubkey_verify(key, "DSSEv1 message", 14, sig.data, sig.len, &err),
                  &err);
        assert_refused("signature.bad",
                       plumb_pubkey_verify(key, "DSSEv1 massage", 14, sig.data, sig.len, &err),
                       &err);
        plumb_bytes_clear(&sig);
    }
    agent_keys_clear(&keys);
}

static void
a_key_that_wants_no_touch_does_not_sign_for_us(void **state)
{
    struct agent_keys keys = { NULL, 0 };
    struct plumb_bytes sig = { NULL, 0 };
    struct plumb_err err;

    (void)state;
    if (!have_openssh())
        skip();
    start_agent();
    load("ed25519-sk", "no-touch", "no-touch-required");
    assert_ok(agent_list(sock, &keys, &err), &err);
    assert_refused("signature.user-presence", sign(find(&keys, "no-touch"), "m", &sig, &err),
                   &err);
    agent_keys_clear(&keys);
}

static void
a_key_without_its_users_pin_does_not_sign_where_that_is_asked(void **state)
{
    struct agent_keys keys = { NULL, 0 };
    struct plumb_bytes sig = { NULL, 0 };
    struct plumb_pubkey *strict = NULL;
    const uint8_t *spki;
    size_t len;
    struct plumb_err err;

    (void)state;
    if (!have_openssh())
        skip();
    start_agent();
    load("ed25519-sk", "touch", NULL);
    assert_ok(agent_list(sock, &keys, &err), &err);
    spki = plumb_pubkey_spki(find(&keys, "touch"), &len);
    assert_ok(plumb_pubkey_from_spki(spki, len, "ssh:plumb", true, "", &strict, &err), &err);
    assert_refused("signature.user-verification", sign(strict, "m", &sig, &err), &err);
    plumb_pubkey_free(strict);
    agent_keys_clear(&keys);
}

static void
an_agent_that_lacks_the_key_refuses(void **state)
{
    struct plumb_signer *other = NULL;
    struct plumb_bytes sig = { NULL, 0 };
    struct plumb_err err;

    (void)state;
    if (!have_openssh())
        skip();
    start_agent();
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &other, &err), &err);
    assert_refused("agent.refused", sign(other->pub, "m", &sig, &err), &err);
    plumb_signer_free(other);
}

/* An agent of the enemy's: it answers one request with the bytes it is given. */

struct enemy {
    int listener;
    const void *reply;
    size_t len;
};

static void *
answer_once(void *arg)
{
    const struct enemy *e = arg;
    int fd = accept(e->listener, NULL, NULL);
    uint8_t request[512];

    if (fd < 0)
        return NULL;
    if (recv(fd, request, sizeof request, 0) > 0)
        (void)send(fd, e->reply, e->len, MSG_NOSIGNAL);
    (void)shutdown(fd, SHUT_WR);
    while (recv(fd, request, sizeof request, 0) > 0)
        continue;
    (void)close(fd);
    return NULL;
}

static int
listen_at(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_true(strlen(path) < sizeof address.sun_path);
    strcpy(address.sun_path, path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

#define LIST_OF_ONE "\0\0\0\x19\x0c\0\0\0\1\0\0\0\5abcde\0\0\0\7comment"

static void
a_hostile_agent_is_not_believed(void **state)
{
    static const struct {
        const char *what, *rule;
        const char *reply;
        size_t len;
    } cases[] = {
        { "silence", "agent.io", "", 0 },
        { "half a length", "agent.io", "\0\0", 2 },
        { "less than was said", "agent.io", "\0\0\0\5\x0c\0\0", 7 },
        { "nothing in a frame", "ssh.form", "\0\0\0\0", 4 },
        { "too much", "ssh.form", "\0\4\0\1", 4 },
        { "very much", "ssh.form", "\xff\xff\xff\xff", 4 },
        { "failure", "agent.refused", "\0\0\0\1\5", 5 },
        { "another answer", "ssh.form", "\0\0\0\5\x0e\0\0\0\0", 9 },
        { "more keys than there are", "ssh.form", "\0\0\0\5\x0c\xff\xff\xff\xff", 9 },
        { "a key that is none", NULL, LIST_OF_ONE, sizeof LIST_OF_ONE - 1 },
    };
    struct enemy e;

    (void)state;
    (void)snprintf(sock, sizeof sock, "%s", in("enemy"));
    e.listener = listen_at(sock);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct agent_keys keys = { NULL, 0 };
        struct plumb_err err = { 0 };
        enum plumb_code code;
        pthread_t thread;

        e.reply = cases[i].reply;
        e.len = cases[i].len;
        assert_int_equal(pthread_create(&thread, NULL, answer_once, &e), 0);
        code = agent_list(sock, &keys, &err);
        assert_int_equal(pthread_join(thread, NULL), 0);
        if ((code == PLUMB_OK) != (cases[i].rule == NULL) ||
            (code != PLUMB_OK && strcmp(err.rule, cases[i].rule) != 0))
            fail_msg("%s: [%s] %s", cases[i].what, err.rule, err.msg);
        assert_int_equal(keys.n, 0);
        agent_keys_clear(&keys);
    }
    (void)close(e.listener);
}

static void
a_signature_that_does_not_verify_is_not_handed_on(void **state)
{
    /* a reply of the right form: 64 bytes that are no signature */
    uint8_t reply[4 + 1 + 4 + 4 + 11 + 4 + 64] = "\0\0\0\x58\x0e\0\0\0\x53\0\0\0\x0bssh-ed25519"
                                                 "\0\0\0\x40";
    struct plumb_signer *key = NULL;
    struct plumb_bytes sig = { NULL, 0 };
    struct plumb_err err;
    struct enemy e = { .reply = reply, .len = sizeof reply };
    pthread_t thread;

    (void)state;
    (void)snprintf(sock, sizeof sock, "%s", in("enemy"));
    e.listener = listen_at(sock);
    assert_ok(plumb_signer_generate(PLUMB_KEY_ED25519, &key, &err), &err);
    assert_int_equal(pthread_create(&thread, NULL, answer_once, &e), 0);
    assert_refused("signature.bad", sign(key->pub, "m", &sig, &err), &err);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_null(sig.data);
    plumb_signer_free(key);
    (void)close(e.listener);
}

static void
an_agent_that_is_not_there_is_said_to_be_so(void **state)
{
    char longest[200];
    struct agent_keys keys = { NULL, 0 };
    struct plumb_err err;

    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    assert_refused("agent.connect", agent_list(NULL, &keys, &err), &err);
    assert_refused("agent.connect", agent_list("", &keys, &err), &err);
    assert_refused("agent.connect", agent_list(longest, &keys, &err), &err);
    assert_refused("agent.connect", agent_list(in("nobody"), &keys, &err), &err);
    assert_code(PLUMB_UNAVAILABLE, agent_list(in("nobody"), &keys, &err), &err);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(openssh_signs_with_every_type_of_key, teardown),
        cmocka_unit_test_teardown(a_key_that_wants_no_touch_does_not_sign_for_us, teardown),
        cmocka_unit_test_teardown(a_key_without_its_users_pin_does_not_sign_where_that_is_asked,
                                  teardown),
        cmocka_unit_test_teardown(an_agent_that_lacks_the_key_refuses, teardown),
        cmocka_unit_test_teardown(a_hostile_agent_is_not_believed, teardown),
        cmocka_unit_test_teardown(a_signature_that_does_not_verify_is_not_handed_on, teardown),
        cmocka_unit_test_teardown(an_agent_that_is_not_there_is_said_to_be_so, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
