#include "tui/keys.h"

#include <stddef.h>

const struct tui_key tui_keys[CMD_COUNT] = {
#define X(name, scope, key, also, label, flags, brief, what)                                   \
    [CMD_##name] = { CMD_##name, scope, key, also, label, flags, brief, what },
    TUI_COMMANDS(X)
#undef X
};

enum tui_command
tui_command_for(enum tui_scope scope, int key)
{
    for (int i = CMD_NONE + 1; i < CMD_COUNT && key != 0; i++) {
        const struct tui_key *k = &tui_keys[i];

        if ((k->scope & scope) != 0 && (k->key == key || k->also == key))
            return k->command;
    }
    return CMD_NONE;
}

const char *
tui_key_also(const struct tui_key *k)
{
    static const struct {
        int key;
        const char *name;
    } names[] = { { K_UP, "Up" },     { K_DOWN, "Down" }, { K_PGUP, "PgUp" },
                  { K_PGDN, "PgDn" }, { K_HOME, "Home" }, { K_END, "End" },
                  { K_ENTER, "l" },   { K_ESC, "Esc" },   { K_F1, "F1" } };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (k->also == names[i].key)
            return names[i].name;
    return NULL;
}
