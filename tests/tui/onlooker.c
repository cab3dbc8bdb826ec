#include "tests/tui/onlooker.h"

#include "tests/t.h"

#include <stdio.h>
#include <time.h>

#include "tests/cli/program.h"

static plumb_time
now(void)
{
    return time(NULL);
}

void
onlooker_begin(struct onlooker *o, const char *socket, const char *sign)
{
    struct plumb_bytes text = read_in("trust.json");
    struct plumb_err err;

    (void)snprintf(o->server, sizeof o->server, "unix:%s", socket);
    assert_ok(plumb_trust_parse(text.data, text.len, &o->trust, &err), &err);
    plumb_bytes_clear(&text);
    o->config = (struct session_config){
        .server = o->server, .trust = o->trust, .sign = sign, .now = now
    };
    assert_ok(session_open(&o->config, &o->session, &err), &err);
    o->session.size = 1000000; /* whatever is proven is in a log of that size */
    assert_ok(session_govern(&o->session, &err), &err);
}

void
onlooker_end(struct onlooker *o)
{
    session_close(&o->session);
    plumb_trust_free(o->trust);
}

struct tui_statement *
onlooker_look(struct onlooker *o, const struct plumb_digest *id)
{
    struct tui_statement *s = NULL;
    struct plumb_err err;

    assert_ok(session_statement(&o->session, id, &s, &err), &err);
    return s;
}
