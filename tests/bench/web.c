#include "tests/bench/web.h"

#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

static pid_t nginx;

void
web_cores(enum web_side side)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    long servers = web_server_cores();
    cpu_set_t set;

    CPU_ZERO(&set);
    for (long i = 0; i < n; i++)
        if (side == WEB_ANY || n < 2 || (i < servers) == (side == WEB_SERVER))
            CPU_SET((int)i, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

unsigned
web_server_cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n < 2 ? 1 : (unsigned)(n / 2);
}

uint16_t
web_port(void)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        bench_fail("no free port");
    (void)close(fd);
    return ntohs(at.sin_port);
}

static bool
listens(uint16_t port)
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                              .sin_port = htons(port) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;

    (void)close(fd);
    return ok;
}

static void
stop(void)
{
    if (nginx > 0) {
        (void)kill(nginx, SIGTERM);
        (void)waitpid(nginx, NULL, 0);
        nginx = 0;
    }
}

/* As one would set it up to be fast: no log, files and their dates kept open, large writes. */
static void
configure(const char *directory, uint16_t plain, uint16_t tls)
{
    char path[512];
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/nginx.conf", directory);
    f = fopen(path, "w");
    if (f == NULL)
        bench_fail("%s cannot be written", path);
    fprintf(
        f,
        "%sworker_processes %u;\ndaemon off;\npid %s/nginx.pid;\nerror_log %s/error.log;\n"
        "events { worker_connections 4096; }\n"
        "http {\n"
        "  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000;\n"
        "  open_file_cache max=100 inactive=1h; open_file_cache_valid 1h;\n"
        "  default_type application/jsonl; root %s;\n"
        "  client_body_temp_path %s/tmp; proxy_temp_path %s/tmp; fastcgi_temp_path %s/tmp;\n"
        "  uwsgi_temp_path %s/tmp; scgi_temp_path %s/tmp;\n"
        "  ssl_protocols TLSv1.3; ssl_certificate crt; ssl_certificate_key key;\n"
        "  ssl_ecdh_curve X25519; ssl_session_tickets on; ssl_session_timeout 1h;\n"
        "  ssl_conf_command Ciphersuites TLS_AES_128_GCM_SHA256;\n"
        "  server { listen 127.0.0.1:%u; listen 127.0.0.1:%u ssl; add_header Cache-Control "
        "\"private, no-cache\"; }\n"
        "}\n",
        geteuid() == 0 ? "user root;\n" : "", web_server_cores(), directory, directory,
        directory, directory, directory, directory, directory, directory, plain, tls);
    (void)fclose(f);
}

void
web_nginx(const char *directory, uint16_t plain, uint16_t tls)
{
    char path[512];

    if (access("/usr/sbin/nginx", X_OK) != 0)
        bench_skip("no nginx here (nginx-light)");
    configure(directory, plain, tls);
    (void)snprintf(path, sizeof path, "%s/nginx.conf", directory);
    nginx = fork();
    if (nginx == 0) {
        web_cores(WEB_SERVER);
        (void)execl("/usr/sbin/nginx", "nginx", "-p", directory, "-c", path, (char *)NULL);
        _exit(127);
    }
    (void)atexit(stop);
    for (int i = 0; i < 200 && !listens(tls); i++) {
        if (waitpid(nginx, NULL, WNOHANG) != 0) {
            nginx = 0;
            bench_fail("nginx does not start");
        }
        (void)usleep(50000);
    }
}

void
web_etag(const char *url, char ret[128])
{
    char command[512], line[256];
    FILE *f;

    (void)snprintf(command, sizeof command, "exec curl -sk -o /dev/null -D - '%s'", url);
    ret[0] = '\0';
    f = popen(command, "r");
    while (f != NULL && fgets(line, sizeof line, f) != NULL)
        if (strncasecmp(line, "ETag: ", 6) == 0)
            (void)snprintf(ret, 128, "%.*s", (int)strcspn(line + 6, "\r\n"), line + 6);
    if (f == NULL || pclose(f) != 0)
        bench_fail("%s does not answer", url);
}

double
web_wrk(const char *url, unsigned connections, unsigned seconds, const char *header)
{
    char command[1024], line[256];
    double rate = 0;
    FILE *f;

    if (access("/usr/bin/wrk", X_OK) != 0)
        bench_skip("no wrk here");
    (void)snprintf(command, sizeof command, "exec wrk -t1 -c%u -d%us %s%s%s '%s'", connections,
                   seconds, header != NULL ? "-H '" : "", header != NULL ? header : "",
                   header != NULL ? "'" : "", url);
    web_cores(WEB_CLIENT);
    f = popen(command, "r");
    web_cores(WEB_ANY);
    while (f != NULL && fgets(line, sizeof line, f) != NULL) {
        if (strstr(line, "Non-2xx") != NULL || strstr(line, "Socket errors") != NULL)
            bench_fail("%s: %s", url, line);
        if (strncmp(line, "Requests/sec:", 13) == 0)
            rate = strtod(line + 13, NULL);
    }
    if (f == NULL || pclose(f) != 0 || rate <= 0)
        bench_fail("wrk %s: no answer", url);
    return rate;
}
