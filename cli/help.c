#include <stdio.h>
#include <string.h>

#include "cli/run.h"

static void
print_options(const struct cli_option *options)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++) {
        char left[64], letter[8] = "    ";

        if (o->letter != 0)
            (void)snprintf(letter, sizeof letter, "-%c, ", o->letter);
        (void)snprintf(left, sizeof left, "%s--%s%s%s", letter, o->name,
                       o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
        printf("  %-30s  %s%s\n", left, o->about, o->many ? " (may be given again)" : "");
    }
}

static void
print_commands(const char *group)
{
    const char *topic = "";

    for (size_t i = 0; i < cli_ncommands; i++) {
        const struct cli_command *c = cli_commands[i];
        const size_t len = group != NULL ? strlen(group) : 0;

        if (group != NULL && (strncmp(c->name, group, len) != 0 || c->name[len] != ' '))
            continue;
        if (group == NULL && strcmp(topic, c->topic) != 0)
            printf("\n%s\n", c->topic);
        topic = c->topic;
        printf("  %-22s  %s\n", c->name, c->summary);
    }
}

static void
print_exits(void)
{
    static const char *const about[] = {
#define X(name, text) text,
        CLI_EXITS(X)
#undef X
    };

    puts("\nIt ends with");
    for (size_t i = 0; i < CLI_EXIT_COUNT; i++)
        printf("  %zu  %s\n", i, about[i]);
}

static void
print_all(void)
{
    puts("plumb - decide which workloads verifiers may accept, and prove it\n"
         "\n"
         "usage: plumb [OPTION]... COMMAND [ARGUMENT]... [OPTION]...");
    print_commands(NULL);
    puts("\noptions of every command");
    print_options(cli_globals);
    print_exits();
    puts("\nSee 'plumb COMMAND --help' for a command's arguments and an example.");
}

static void
print_one(const struct cli_command *c)
{
    printf("plumb %s - %s\n\nusage: plumb %s%s%s%s\n", c->name, c->summary, c->name,
           c->options != NULL ? " [OPTION]..." : "", c->arguments[0] != '\0' ? " " : "",
           c->arguments);
    if (c->more != NULL)
        printf("\n%s\n", c->more);
    if (c->options != NULL) {
        puts("\noptions");
        print_options(c->options);
    }
    printf("\nexample: %s\n", c->example);
    puts("\n'plumb --help' lists the options of every command.");
}

void
cli_help(const struct cli *cli)
{
    if (cli->command != NULL)
        print_one(cli->command);
    else if (cli->group != NULL)
        print_commands(cli->group);
    else
        print_all();
}
