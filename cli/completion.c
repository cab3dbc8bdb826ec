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

/* The words of the command line up to the command's name; its options' names and what its
 * arguments are completed with. */
static void
print_find_command(FILE *to)
{
    fputs("  for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "    word=${COMP_WORDS[i]}\n"
          "    case $word in\n",
          to);
    for (const struct cli_option *o = cli_globals; o->name != NULL; o++)
        if (o->value != NULL)
            fprintf(to, "    --%s) ((i++)) ;;\n", o->name);
    fputs("    -*) ;;\n"
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
          "  done\n",
          to);
}

/* After an option: what its value is completed with. */
static void
print_after_option(FILE *to)
{
    fputs("  case \"$command $previous\" in\n", to);
    for (size_t i = 0; i < cli_ncommands; i++)
        print_values(to, cli_commands[i]->options, cli_commands[i]->name);
    fputs("  esac\n"
          "  case $previous in\n",
          to);
    for (const struct cli_option *o = cli_globals; o->name != NULL; o++) {
        if (o->value == NULL)
            continue;
        fprintf(to, "    --%s) filter=(", o->name);
        print_filter(to, o->value);
        fputs(") ;;\n", to);
    }
    fputs("  esac\n", to);
}

/* The first word of the i-th command's name, if no command before it begins so. */
static size_t
new_word(size_t i)
{
    const char *name = cli_commands[i]->name;
    const size_t len = strcspn(name, " ");

    for (size_t k = 0; k < i; k++)
        if (strcspn(cli_commands[k]->name, " ") == len &&
            strncmp(cli_commands[k]->name, name, len) == 0)
            return 0;
    return len;
}

static void
print_second_words(FILE *to, const char *first, size_t len)
{
    for (size_t i = 0; i < cli_ncommands; i++)
        if (strncmp(cli_commands[i]->name, first, len) == 0 &&
            cli_commands[i]->name[len] == ' ')
            fprintf(to, " %s", cli_commands[i]->name + len + 1);
}

/* While the command is not known: its first word, or its second. */
static void
print_command_words(FILE *to)
{
    fputs("      case $command in\n"
          "      '') filter=(-W '",
          to);
    for (size_t i = 0; i < cli_ncommands; i++)
        if (new_word(i) > 0)
            fprintf(to, " %.*s", (int)new_word(i), cli_commands[i]->name);
    fputs("') ;;\n", to);
    for (size_t i = 0; i < cli_ncommands; i++) {
        const size_t len = new_word(i);

        if (len == 0 || cli_commands[i]->name[len] == '\0')
            continue;
        fprintf(to, "      '%.*s') filter=(-W '", (int)len, cli_commands[i]->name);
        print_second_words(to, cli_commands[i]->name, len);
        fputs("') ;;\n", to);
    }
    fputs("      esac\n", to);
}

static void
print_bash(FILE *to)
{
    fputs("# bash completion for plumb: eval \"$(plumb completion bash)\"\n"
          "_plumb() {\n"
          "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "  local command='' options='' word i filter=() arguments=()\n",
          to);
    print_find_command(to);
    print_after_option(to);
    fputs("  if [ ${#filter[@]} -eq 0 ]; then\n"
          "    if [[ $current == -* ]]; then\n"
          "      filter=(-W \"$options",
          to);
    print_names(to, cli_globals);
    fputs("\")\n"
          "    elif [ -n \"$options\" ]; then\n"
          "      filter=(\"${arguments[@]}\")\n"
          "    else\n",
          to);
    print_command_words(to);
    fputs("    fi\n"
          "  fi\n"
          "  mapfile -t COMPREPLY < <(compgen \"${filter[@]}\" -- \"$current\")\n"
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
