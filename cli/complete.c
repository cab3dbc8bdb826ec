/* What may stand where the cursor is: by the tables that the commands are read and helped from.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "lib/own.h"

struct offer {
    const char *typed; /* what stands there already */
    FILE *to;
};

static void
offer(const struct offer *o, const char *dashes, const char *word, size_t len)
{
    char text[128];

    (void)snprintf(text, sizeof text, "%s%.*s", dashes, (int)len, word);
    if (strncmp(text, o->typed, strlen(o->typed)) == 0)
        fprintf(o->to, "%s\n", text);
}

/* "FILE...", "tls:KEY", "DIR" are files; "a|b" is one of these words; other values nobody knows
 * here. */
static bool
is_file(const char *value)
{
    static const char *const files[] = { "FILE", "KEY", "DIR", "SOCKET" };

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (strstr(value, files[i]) != NULL)
            return true;
    return false;
}

static bool
offer_value(const struct offer *o, const char *value)
{
    if (is_file(value))
        return false;
    if (strchr(value, '|') == NULL)
        return true;
    for (size_t len; *value != '\0'; value += len + (value[len] != '\0')) {
        len = strcspn(value, "| ");
        if (len > 0)
            offer(o, "", value, len);
    }
    return true;
}

static void
offer_options(const struct offer *o, const struct cli_option *options)
{
    for (; options != NULL && options->name != NULL; options++)
        offer(o, "--", options->name, strlen(options->name));
}

/* Does a command before the i-th begin with the same len letters, and nothing more? */
static bool
is_repeated(size_t i, size_t len)
{
    for (size_t k = 0; k < i; k++)
        if (strcspn(cli_commands[k]->name, " ") == len &&
            strncmp(cli_commands[k]->name, cli_commands[i]->name, len) == 0)
            return true;
    return false;
}

/* The first words of commands, or those that follow the group. */
static void
offer_commands(const struct offer *o, const char *group)
{
    for (size_t i = 0; i < cli_ncommands; i++) {
        const char *name = cli_commands[i]->name;
        const size_t len = strcspn(name, " "), skip = group != NULL ? strlen(group) : 0;

        if (group == NULL && !is_repeated(i, len))
            offer(o, "", name, len);
        else if (group != NULL && strncmp(name, group, skip) == 0 && name[skip] == ' ')
            offer(o, "", name + skip + 1, strlen(name + skip + 1));
    }
}

static bool
offer_all(const struct cli *cli, const struct offer *o, const char *before, bool understood)
{
    const struct cli_option *of = before[0] == '-' ? cli_find_option(cli, before) : NULL;
    const bool taken = cli->ngiven > 0 && cli->given[cli->ngiven - 1].value == before;

    if (of != NULL && of->value != NULL && strchr(before, '=') == NULL && !taken)
        return offer_value(o, of->value);
    if (!understood)
        return true; /* nothing makes that right */
    if (o->typed[0] == '-') {
        offer_options(o, cli->command != NULL ? cli->command->options : NULL);
        offer_options(o, cli_globals);
        return true;
    }
    if (cli->command != NULL)
        return offer_value(o, cli->command->arguments);
    offer_commands(o, cli->group);
    return true;
}

enum plumb_code
cli_complete(const char *const *words, size_t n, FILE *to, struct plumb_err *err)
{
    struct cli cli = { .command = NULL };
    PLUMB_AUTO(auto_free) const char **argv = calloc(n + 1, sizeof *argv);
    PLUMB_AUTO(auto_free) char *text = NULL;
    struct offer o = { words[n - 1], NULL };
    size_t len;
    bool known, understood;

    o.to = open_memstream(&text, &len);
    if (argv == NULL || o.to == NULL) {
        if (o.to != NULL)
            (void)fclose(o.to);
        return plumb_fail_memory(err);
    }
    argv[0] = "plumb";
    for (size_t i = 0; i + 1 < n; i++)
        argv[i + 1] = words[i];
    /* an option that lacks its value is a fault too: it may be what is being typed */
    understood = cli_parse(&cli, (int)n, argv, NULL) == PLUMB_OK;
    known = offer_all(&cli, &o, argv[n - 1], understood);
    cli_close(&cli);
    (void)fclose(o.to);
    fprintf(to, "%s\n%s", known ? "words" : "files", text);
    return PLUMB_OK;
}
