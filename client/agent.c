#include "client/agent.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/own.h"
#include "lib/sshkey.h"

#define PATIENCE_SECONDS 120

struct agent {
    char *socket;
    const struct plumb_pubkey *key; /* the signer's */
};

PLUMB_DEFINE_AUTO(auto_pubkey, struct plumb_pubkey *, plumb_pubkey_free);
PLUMB_DEFINE_AUTO(auto_signer, struct plumb_signer *, plumb_signer_free);

static void
auto_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

void
agent_keys_clear(struct agent_keys *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        plumb_pubkey_free(keys->keys[i].pub);
    free(keys->keys);
    *keys = (struct agent_keys){ NULL, 0 };
}

static enum plumb_code
io_fail(const char *what, struct plumb_err *err)
{
    if (errno == EAGAIN)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "agent.io", "",
                          "the ssh-agent did not answer within %d seconds", PATIENCE_SECONDS);
    return plumb_fail(err, PLUMB_UNAVAILABLE, "agent.io", "", "%s the ssh-agent: %s", what,
                      strerror(errno));
}

/* *ret_fd is the caller's to close even when this fails. */
static enum plumb_code
dial(const char *path, int *ret_fd, struct plumb_err *err)
{
    const struct timeval patience = { .tv_sec = PATIENCE_SECONDS };
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd;

    if (path == NULL || *path == '\0')
        return plumb_fail(err, PLUMB_UNAVAILABLE, "agent.connect", "",
                          "no ssh-agent: SSH_AUTH_SOCK is not set");
    if (strlen(path) >= sizeof address.sun_path)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "agent.connect", "",
                          "the path of the ssh-agent's socket is too long");
    memcpy(address.sun_path, path, strlen(path) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *ret_fd = fd;
    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0 ||
        connect(fd, (const struct sockaddr *)&address, sizeof address) != 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "agent.connect", "",
                          "cannot reach the ssh-agent at %s: %s", path, strerror(errno));
    return PLUMB_OK;
}

static enum plumb_code
send_all(int fd, const uint8_t *data, size_t len, struct plumb_err *err)
{
    while (len != 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_fail("cannot write to", err);
        data += n;
        len -= (size_t)n;
    }
    return PLUMB_OK;
}

static enum plumb_code
receive_all(int fd, uint8_t *data, size_t len, struct plumb_err *err)
{
    while (len != 0) {
        ssize_t n = recv(fd, data, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_fail("cannot read from", err);
        if (n == 0)
            return plumb_fail(err, PLUMB_UNAVAILABLE, "agent.io", "", "the ssh-agent hung up");
        data += n;
        len -= (size_t)n;
    }
    return PLUMB_OK;
}

/* One request and its reply, on a connection of their own. */
static enum plumb_code
ask(const char *path, const uint8_t *request, size_t len, struct plumb_bytes *ret,
    struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes reply = { 0 };
    PLUMB_AUTO(auto_close) int fd = -1;
    uint8_t head[4] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16), (uint8_t)(len >> 8),
                        (uint8_t)len };

    PLUMB_TRY(dial(path, &fd, err));
    PLUMB_TRY(send_all(fd, head, sizeof head, err));
    PLUMB_TRY(send_all(fd, request, len, err));
    PLUMB_TRY(receive_all(fd, head, sizeof head, err));
    reply.len = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
    if (reply.len > PLUMB_AGENT_MESSAGE_MAX)
        return plumb_fail(err, PLUMB_INVALID, "ssh.form", "",
                          "the ssh-agent's reply is too long");
    reply.data = malloc(reply.len + 1);
    if (reply.data == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(receive_all(fd, reply.data, reply.len, err));
    reply.data[reply.len] = '\0';
    *ret = (struct plumb_bytes){ PLUMB_TAKE(reply.data), reply.len };
    return PLUMB_OK;
}

static void
printable(const char *text, size_t len, char *ret, size_t size)
{
    size_t n = len < size - 1 ? len : size - 1;

    memcpy(ret, text, n);
    for (size_t i = 0; i < n; i++)
        if (ret[i] < 0x20 || ret[i] >= 0x7f)
            ret[i] = '?';
    ret[n] = '\0';
}

static enum plumb_code
add_key(void *arg, const uint8_t *blob, size_t len, const char *comment, size_t comment_len,
        struct plumb_err *err)
{
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *pub = NULL;
    struct agent_keys *keys = arg;
    enum plumb_code code = plumb_pubkey_from_ssh(blob, len, &pub, err);
    struct agent_key *grown;

    if (code == PLUMB_INVALID || code == PLUMB_UNSUPPORTED)
        return PLUMB_OK; /* somebody's, but no key for us */
    PLUMB_TRY(code);
    grown = realloc(keys->keys, (keys->n + 1) * sizeof *grown);
    if (grown == NULL)
        return plumb_fail_memory(err);
    keys->keys = grown;
    keys->keys[keys->n].pub = PLUMB_TAKE(pub);
    printable(comment, comment_len, keys->keys[keys->n].comment, sizeof grown->comment);
    keys->n++;
    return PLUMB_OK;
}

enum plumb_code
agent_list(const char *socket, struct agent_keys *ret, struct plumb_err *err)
{
    static const uint8_t request[] = { PLUMB_AGENT_LIST };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes reply = { 0 };
    PLUMB_AUTO(agent_keys_clear) struct agent_keys keys = { NULL, 0 };

    PLUMB_TRY(ask(socket, request, sizeof request, &reply, err));
    PLUMB_TRY(plumb_agent_list_read(reply.data, reply.len, add_key, &keys, err));
    *ret = keys;
    keys = (struct agent_keys){ NULL, 0 };
    return PLUMB_OK;
}

static enum plumb_code
agent_sign(void *self, const void *msg, size_t len, struct plumb_bytes *ret_sig,
           struct plumb_err *err)
{
    const struct agent *agent = self;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes request = { 0 }, reply = { 0 };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes sig = { 0 };

    PLUMB_TRY(plumb_agent_sign_request(agent->key, msg, len, &request, err));
    PLUMB_TRY(ask(agent->socket, request.data, request.len, &reply, err));
    PLUMB_TRY(plumb_agent_sign_read(agent->key, reply.data, reply.len, &sig, err));
    PLUMB_TRY(plumb_pubkey_verify(agent->key, msg, len, sig.data, sig.len, err));
    *ret_sig = (struct plumb_bytes){ PLUMB_TAKE(sig.data), sig.len };
    return PLUMB_OK;
}

static void
agent_free(void *self)
{
    struct agent *agent = self;

    if (agent != NULL)
        free(agent->socket);
    free(agent);
}

enum plumb_code
agent_signer(const char *socket, const struct plumb_pubkey *key, struct plumb_signer **ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(auto_signer) struct plumb_signer *signer = calloc(1, sizeof *signer);
    struct agent *agent;

    if (signer == NULL)
        return plumb_fail_memory(err);
    signer->sign = agent_sign;
    signer->free_self = agent_free;
    PLUMB_TRY(plumb_pubkey_copy(key, &signer->pub, err));
    signer->self = agent = calloc(1, sizeof *agent);
    if (agent == NULL || (agent->socket = strdup(socket != NULL ? socket : "")) == NULL)
        return plumb_fail_memory(err);
    agent->key = signer->pub;
    *ret = PLUMB_TAKE(signer);
    return PLUMB_OK;
}
