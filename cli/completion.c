#include <stdio.h>
#include <string.h>

#include "cli/run.h"

/* What a value is completed with: "-f" for files, "-W 'a b'" for words, or nothing. */
static void
print_filter(FILE *to, const char *value)
{
    if (strstr(value, "FILE") != NULL || strstr(value, "KEY") != NULL ||
        strcmp(value, "SOCKET") == 0) {
        fputs("-f", to);
        return;
    }
    fputs("-W '", to);
    if (strchr(value, '|') != NULL)
        for (; *value != '\0'; value++)
            (void)fputc(*value == '|' ? ' ' : *value, to);
    fputs("'", to);
}

static void
print_values(FILE *to, const struct cli_option *options, const char *command)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++) {
        if (o->value == NULL)
            continue;
        fprintf(to, "    '%s --%s'", command, o->name);
        if (o->letter != 0)
            fprintf(to, " | '%s -%c'", command, o->letter);
        fputs(") filter=(", to);
        print_filter(to, o->value);
        fputs(") ;;\n", to);
    }
}

static void
print_names(FILE *to, const struct cli_option *options)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++)
        fprintf(to, " --%s", o->name);
}

static void
print_bash(FILE *to)
{
    fputs("# bash completion for plumb: eval \"$(plumb completion bash)\"\n"
          "_plumb() {\n"
          "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "  local command='' options='' word i filter=() arguments=()\n"
          "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "    word=${COMP_WORDS[i]}\n"
          "    case $word in\n",
          to);
    for (const struct cli_option *o = cli_globals; o->name != NULL; o++)
        if (o->value != NULL)
            fprintf(to, "    --%s) ((i++)) ;;\n", o->name);
    fputs("    -*) [ -z \"$options\" ] || break ;;\n"
          "    *)\n"
          "      command=\"${command:+$command }$word\"\n"
          "      case $command in\n",
          to);
    for (size_t i = 0; i < cli_ncommands; i++) {
        fprintf(to, "      '%s') options='", cli_commands[i]->name);
        print_names(to, cli_commands[i]->options);
        fputs(" '; arguments=(", to);
        print_filter(to, cli_commands[i]->arguments);
        fputs("); break ;;\n", to);
    }
    fputs("      esac\n"
          "      ;;\n"
          "    esac\n"
          "  done\n"
          "  case \"$command $previous\" in\n",
          to);
    for (size_t i = 0; i < cli_ncommands; i++)
        print_values(to, cli_commands[i]->options, cli_commands[i]->name);
    fputs("  esac\n"
          "  case $previous in\n",
          to);
    for (const struct cli_option *o = cli_globals; o->name != NULL; o++)
        if (o->value != NULL) {
            fprintf(to, "    --%s) filter=(", o->name);
            print_filter(to, o->value);
            fputs(") ;;\n", to);
        }
    fputs("  esac\n"
          "  if [ ${#filter[@]} -eq 0 ]; then\n"
          "    case $current in\n"
          "    -*) filter=(-W \"$options",
          to);
    print_names(to, cli_globals);
    fputs("\") ;;\n"
          "    *)\n"
          "      if [ -n \"$options\" ]; then\n"
          "        filter=(\"${arguments[@]}\")\n"
          "      else\n"
          "        case $command in\n",
          to);
    for (size_t i = 0; i < cli_ncommands; i++) {
        const char *name = cli_commands[i]->name, *space = strchr(name, ' ');

        if (space == NULL || (i > 0 && strncmp(cli_commands[i - 1]->name, name,
                                               (size_t)(space - name) + 1) == 0))
            continue;
        fprintf(to, "        '%.*s') filter=(-W '", (int)(space - name), name);
        for (size_t k = i; k < cli_ncommands; k++)
            if (strncmp(cli_commands[k]->name, name, (size_t)(space - name) + 1) == 0)
                fprintf(to, " %s", cli_commands[k]->name + (space - name) + 1);
        fputs("') ;;\n", to);
    }
    fputs("        '') filter=(-W '", to);
    for (size_t i = 0; i < cli_ncommands; i++) {
        const char *name = cli_commands[i]->name;
        const size_t len = strcspn(name, " ");

        if (i == 0 || strncmp(cli_commands[i - 1]->name, name, len) != 0 ||
            (name[len] == ' ') != (cli_commands[i - 1]->name[len] == ' '))
            fprintf(to, " %.*s", (int)len, name);
    }
    fputs("') ;;\n"
          "        esac\n"
          "      fi\n"
          "      ;;\n"
          "    esac\n"
          "  fi\n"
          "  [ ${#filter[@]} -eq 0 ] || mapfile -t COMPREPLY < <(compgen \"${filter[@]}\" -- "
          "\"$current\")\n"
          "}\n"
          "complete -o filenames -F _plumb plumb\n",
          to);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    if (strcmp(cli_arg(cli, 0), "bash") != 0)
        return cli_usage(cli_arg(cli, 0), err, "only for bash so far");
    print_bash(stdout);
    return PLUMB_OK;
}

const struct cli_command command_completion = {
    .name = "completion",
    .topic = "The shell",
    .summary = "print what makes a shell complete plumb's commands and options",
    .arguments = "bash",
    .min = 1,
    .max = 1,
    .example = "plumb completion bash",
    .run = run,
};
