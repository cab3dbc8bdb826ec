#include "server/local.h"

#include <plumb/json.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/own.h"

static void
auto_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

/* A problem document as an error of ours. */
static enum plumb_code
refused(const char *answer, struct plumb_err *err)
{
    const char *body = strstr(answer, "\r\n\r\n");
    PLUMB_AUTO(plumb_json_auto)
    json_t *problem = body != NULL ? json_loads(body + 4, 0, NULL) : NULL;
    const char *rule = json_string_value(json_object_get(problem, "rule"));
    const char *detail = json_string_value(json_object_get(problem, "detail"));

    return plumb_fail(err, PLUMB_REFUSED, rule != NULL ? rule : "local.answer", "", "%s",
                      detail != NULL ? detail : "plumbd did not answer as it should");
}

enum plumb_code
local_post(const char *data, const char *path, struct plumb_err *err)
{
    PLUMB_AUTO(auto_close) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    char text[8192];
    size_t len = 0;
    ssize_t n;
    int want = snprintf(to.sun_path, sizeof to.sun_path, "%s/plumbd.sock", data);

    if (fd < 0 || want < 0 || (size_t)want >= sizeof to.sun_path ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "local.connect", data,
                          "no plumbd serves this directory: %s", strerror(errno));
    want = snprintf(text, sizeof text,
                    "POST %s HTTP/1.1\r\nHost: local\r\nContent-Length: 0\r\n"
                    "Connection: close\r\n\r\n",
                    path);
    if (want < 0 || write(fd, text, (size_t)want) != want)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "local.connect", data, "%s", strerror(errno));
    while (len + 1 < sizeof text && (n = read(fd, text + len, sizeof text - 1 - len)) > 0)
        len += (size_t)n;
    text[len] = '\0';
    return strncmp(text, "HTTP/1.1 2", 10) == 0 ? PLUMB_OK : refused(text, err);
}
