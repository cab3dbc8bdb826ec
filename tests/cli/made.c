#include "tests/cli/made.h"

#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "tests/cli/program.h"
#include "tests/t.h"

void
made_begin(struct made *m, void (*edit)(struct make *m))
{
    make_begin(&m->make, time(NULL));
    if (edit != NULL)
        edit(&m->make);
    plumbd_prepare(&m->service, &m->make);
    plumbd_start(&m->service);
    plumbd_genesis(&m->service, &m->make);
    (void)snprintf(m->server, sizeof m->server, "unix:%s/plumbd.sock", m->service.data);
    (void)in_key("rex.sign", make_who(&m->make, "rex")->sign);
    (void)in_key("vera.sign", make_who(&m->make, "vera")->sign);
    assert_plumb(0, "trust", "prod", "--server", m->server, "-o", in("trust"));
}

void
made_end(struct made *m)
{
    plumbd_stop(&m->service, SIGTERM);
    make_end(&m->make);
}
