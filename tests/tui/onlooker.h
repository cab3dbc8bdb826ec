/* onlooker.h - a terminal's session with a service of people.h, without its screen. */
#ifndef TESTS_TUI_ONLOOKER_H
#define TESTS_TUI_ONLOOKER_H

#include "tui/view.h"

struct onlooker {
    char server[200];
    struct plumb_trust *trust;
    struct session_config config;
    struct session session;
};
/* By trust.json, with this key; governance is proven. */
void onlooker_begin(struct onlooker *o, const char *socket, const char *sign);
void onlooker_end(struct onlooker *o);
/* A proposal as a person is shown it; it must be shown. */
struct tui_statement *onlooker_look(struct onlooker *o, const struct plumb_digest *id);

#endif
