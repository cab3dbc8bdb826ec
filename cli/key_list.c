#include "cli/commands.h"
#include "cli/key.h"
#include "client/agent.h"
#include "lib/own.h"

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(agent_keys_clear) struct agent_keys keys = { NULL, 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *list = json_array();

    if (cli_agent(cli) == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "agent.none", "SSH_AUTH_SOCK",
                          "there is no ssh-agent: start one ('eval $(ssh-agent)'), or name its "
                          "socket with --agent");
    PLUMB_TRY(agent_list(cli_agent(cli), &keys, err));
    for (size_t i = 0; i < keys.n; i++) {
        json_t *key;

        cli_line(cli, "comment      %s", keys.keys[i].comment);
        PLUMB_TRY(cli_key_lines(cli, keys.keys[i].pub, err));
        PLUMB_TRY(cli_key_json(keys.keys[i].pub, &key, err));
        (void)json_object_set_new(key, "comment", json_string(keys.keys[i].comment));
        if (json_array_append_new(list, key) != 0)
            return plumb_fail_memory(err);
    }
    if (keys.n == 0)
        cli_line(cli,
                 "the ssh-agent holds no key that can sign here: 'ssh-add FILE' gives it one");
    return cli_result(cli, json_pack("{s:O}", "keys", list), err);
}

const struct cli_command command_key_list = {
    .name = "key list",
    .topic = "Keys, and who you are",
    .summary = "list the keys that the ssh-agent holds",
    .arguments = "",
    .more =
        "Each can be named as agent:WHICH, WHICH its fingerprint, the beginning of its id, or\n"
        "its comment. Security keys (FIDO) sign through the agent too.",
    .example = "plumb key list",
    .run = run,
};
