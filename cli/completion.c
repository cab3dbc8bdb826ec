/* One script for each shell: all ask 'plumb completion words' what there is. */
#include <stdio.h>
#include <string.h>

#include "cli/run.h"

/* clang-format off */
static const struct {
    const char *shell, *script;
} scripts[] = {
    { "bash",
      "# bash completion for plumb: eval \"$(plumb completion bash)\"\n"
      "_plumb() {\n"
      "  local answer\n"
      "  mapfile -t answer < <(plumb completion words -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
      "  if [ \"${answer[0]-}\" = files ]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -f -- \"${COMP_WORDS[COMP_CWORD]}\")\n"
      "  else\n"
      "    COMPREPLY=(\"${answer[@]:1}\")\n"
      "  fi\n"
      "}\n"
      "complete -o filenames -F _plumb plumb\n" },
    { "zsh",
      "# zsh completion for plumb, after compinit: eval \"$(plumb completion zsh)\"\n"
      "_plumb() {\n"
      "  local -a answer\n"
      "  answer=(\"${(@f)$(plumb completion words -- \"${(@)words[2,CURRENT]}\" 2>/dev/null)}\")\n"
      "  if [[ ${answer[1]} == files ]]; then\n"
      "    _files\n"
      "  else\n"
      "    compadd -- \"${(@)answer[2,-1]}\"\n"
      "  fi\n"
      "}\n"
      "compdef _plumb plumb\n" },
    { "fish",
      "# fish completion for plumb: plumb completion fish | source\n"
      "function __plumb_complete\n"
      "    set -l words (commandline -opc) (commandline -ct)\n"
      "    set -l answer (plumb completion words -- $words[2..-1] 2>/dev/null)\n"
      "    if test \"$answer[1]\" = files\n"
      "        __fish_complete_path (commandline -ct)\n"
      "    else\n"
      "        printf '%s\\n' $answer[2..-1]\n"
      "    end\n"
      "end\n"
      "complete -c plumb -f -a '(__plumb_complete)'\n" },
};
/* clang-format on */

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    const char *asked = cli_arg(cli, 0);

    if (strcmp(asked, "words") == 0 && cli->nargs > 1)
        return cli_complete(cli->args + 1, cli->nargs - 1, stdout, err);
    if (cli->nargs > 1)
        return cli_usage(cli_arg(cli, 1), err, "only 'words' takes more");
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++)
        if (strcmp(asked, scripts[i].shell) == 0) {
            fputs(scripts[i].script, stdout);
            return PLUMB_OK;
        }
    return cli_usage(asked, err, "want bash, zsh or fish, or words and those that are typed");
}

const struct cli_command command_completion = {
    .name = "completion",
    .topic = "The shell",
    .summary = "print what makes a shell complete plumb's commands and options",
    .arguments = "bash|zsh|fish|words [WORD...]",
    .min = 1,
    .max = 4096,
    .more =
        "'words' answers the shells' scripts: after -- come the words after plumb, the last "
        "of which is being typed. The first line is 'files', or 'words' before those that "
        "may stand there.",
    .example = "plumb completion bash",
    .run = run,
};
