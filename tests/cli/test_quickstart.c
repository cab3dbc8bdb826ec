/* scripts/quickstart, with the programs that are built here, from its first step to its last.
 */
#include "tests/t.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/store.h"
#include "lib/own.h"
#include "tests/cli/program.h"

static int
free_port(void)
{
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof a;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(0, bind(fd, (struct sockaddr *)&a, sizeof a));
    assert_int_equal(0, getsockname(fd, (struct sockaddr *)&a, &len));
    (void)close(fd);
    return ntohs(a.sin_port);
}

static void
the_quickstart_holds_and_leaves_nothing(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes said = { NULL, 0 };
    char command[9000];
    int status;

    (void)state;
    (void)snprintf(command, sizeof command,
                   "PLUMB_QUICKSTART='%s' PLUMB_QUICKSTART_PORT=%d '%s/scripts/quickstart' "
                   "--once >'%s' 2>&1 </dev/null",
                   in("quickstart"), free_port(), getenv("PLUMB_SOURCE"), in("said"));
    status = system(command);
    said = read_in("said");
    if (status != 0)
        fail_msg("it ends with %d: %s", status, (const char *)said.data);
    assert_says((const char *)said.data, "REFUSED (unknown)");
    assert_says((const char *)said.data, "All of it held.");
    assert_int_not_equal(0, access(in("quickstart"), F_OK));
}

static void
another_directory_is_never_removed(void **state)
{
    char command[9000];

    (void)state;
    (void)in_bytes("precious", "mine", 4);
    (void)snprintf(command, sizeof command,
                   "PLUMB_QUICKSTART='%s' '%s/scripts/quickstart' --once >'%s' 2>&1 </dev/null",
                   in("precious"), getenv("PLUMB_SOURCE"), in("said"));
    assert_int_not_equal(0, system(command));
    assert_int_equal(0, access(in("precious"), F_OK));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_quickstart_holds_and_leaves_nothing),
        cmocka_unit_test(another_directory_is_never_removed),
    };

    return cmocka_run_group_tests_name("quickstart", tests, NULL, NULL);
}
