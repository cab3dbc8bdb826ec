#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
#define X(name) &command_##name,
    CLI_COMMANDS(X)
#undef X
};
const size_t cli_ncommands = sizeof cli_commands / sizeof *cli_commands;

const struct cli_option cli_globals[] = {
    { "config", 0, "FILE", false,
      "the profile (else $PLUMB_CONFIG, or plumbline/config.json)" },
    { "server", 0, "URL", false, "https://HOST:PORT, or unix:/path/of/plumbd.sock" },
    { "trust", 0, "FILE", false, "the trust file: whom to believe" },
    { "sign-key", 0, "KEY", true, "sign with this key: a file, or agent:WHICH" },
    { "tls-key", 0, "FILE", false, "be known to the service by this key" },
    { "agent", 0, "SOCKET", false, "the ssh-agent's socket (else $SSH_AUTH_SOCK)" },
    { "json", 0, NULL, false, "answer in JSON; errors too" },
    { "help", 'h', NULL, false, "say how a command is used" },
    { "version", 0, NULL, false, "say which version of plumb this is" },
    { NULL, 0, NULL, false, NULL },
};
