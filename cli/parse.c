#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/run.h"
#include "lib/own.h"

enum plumb_code(cli_usage)(const char *where, struct plumb_err *err, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return plumb_fail(err, PLUMB_INVALID, "usage", where, "%s", text);
}

static const struct cli_command *
find_command(const char *first, const char *second)
{
    char name[128];

    (void)snprintf(name, sizeof name, "%s%s%s", first, second != NULL ? " " : "",
                   second != NULL ? second : "");
    for (size_t i = 0; i < cli_ncommands; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

bool
cli_is_group(const char *word)
{
    const size_t len = strlen(word);

    for (size_t i = 0; i < cli_ncommands; i++)
        if (strncmp(cli_commands[i]->name, word, len) == 0 && cli_commands[i]->name[len] == ' ')
            return true;
    return false;
}

static const struct cli_option *
find_in(const struct cli_option *options, const char *name, size_t len)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++)
        if (strlen(o->name) == len && strncmp(o->name, name, len) == 0)
            return o;
    return NULL;
}

/* A word that is no option: of the command's name while that is not known, then an argument. */
static enum plumb_code
take_word(struct cli *cli, const char *word, struct plumb_err *err)
{
    if (cli->command != NULL) {
        cli->args[cli->nargs++] = word;
        return PLUMB_OK;
    }
    if (cli->group != NULL) {
        cli->command = find_command(cli->group, word);
        if (cli->command == NULL)
            return cli_usage(word, err, "there is no such command: see 'plumb %s --help'",
                             cli->group);
        return PLUMB_OK;
    }
    if (strcmp(word, "help") == 0) { /* as people say it */
        cli->given[cli->ngiven++] = (struct cli_given){ find_in(cli_globals, word, 4), "" };
        return PLUMB_OK;
    }
    cli->command = find_command(word, NULL);
    if (cli->command == NULL && cli_is_group(word))
        cli->group = word;
    else if (cli->command == NULL)
        return cli_usage(word, err, "there is no such command: see 'plumb --help'");
    return PLUMB_OK;
}

static const struct cli_option *
find_letter(const struct cli_option *options, char letter)
{
    for (const struct cli_option *o = options; o != NULL && o->name != NULL; o++)
        if (o->letter == letter)
            return o;
    return NULL;
}

const struct cli_option *
cli_find_option(const struct cli *cli, const char *arg)
{
    const struct cli_option *own = cli->command != NULL ? cli->command->options : NULL, *o;

    if (arg[1] != '-') {
        o = arg[2] == '\0' ? find_letter(own, arg[1]) : NULL;
        return o != NULL || arg[2] != '\0' ? o : find_letter(cli_globals, arg[1]);
    }
    o = find_in(own, arg + 2, strcspn(arg + 2, "="));
    return o != NULL ? o : find_in(cli_globals, arg + 2, strcspn(arg + 2, "="));
}

static bool
is_given(const struct cli *cli, const struct cli_option *o)
{
    for (size_t i = 0; i < cli->ngiven; i++)
        if (cli->given[i].option == o)
            return true;
    return false;
}

/* arg is an option; next what follows it, or NULL. *ret_used: next was its value. */
static enum plumb_code
take_option(struct cli *cli, const char *arg, const char *next, bool *ret_used,
            struct plumb_err *err)
{
    const struct cli_option *o = cli_find_option(cli, arg);
    const char *equals = arg[1] == '-' ? strchr(arg, '=') : NULL, *value = "";

    *ret_used = false;
    if (o == NULL && cli->command == NULL)
        return cli_usage(arg, err, "no option of all commands: a command's own follow it");
    if (o == NULL)
        return cli_usage(arg, err, "no such option: see 'plumb %s --help'", cli->command->name);
    if (o->value == NULL && equals != NULL)
        return cli_usage(arg, err, "it takes no value");
    if (is_given(cli, o) && !o->many)
        return cli_usage(arg, err, "given twice");
    if (o->value != NULL && equals != NULL)
        value = equals + 1;
    else if (o->value != NULL) {
        if (next == NULL)
            return cli_usage(arg, err, "it needs a value, %s", o->value);
        value = next;
        *ret_used = true;
    }
    cli->given[cli->ngiven++] = (struct cli_given){ o, value };
    return PLUMB_OK;
}

enum plumb_code
cli_parse(struct cli *cli, int argc, const char *const *argv, struct plumb_err *err)
{
    bool only_words = false;

    cli->given = calloc((size_t)argc + 1, sizeof *cli->given);
    cli->args = calloc((size_t)argc + 1, sizeof *cli->args);
    if (cli->given == NULL || cli->args == NULL)
        return plumb_fail_memory(err);
    for (int i = 1; i < argc; i++) {
        bool used = false;

        if (!only_words && strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (only_words || argv[i][0] != '-' || argv[i][1] == '\0')
            PLUMB_TRY(take_word(cli, argv[i], err));
        else
            PLUMB_TRY(take_option(cli, argv[i], argv[i + 1], &used, err));
        i += used;
    }
    return PLUMB_OK;
}

const char *
cli_arg(const struct cli *cli, size_t i)
{
    return i < cli->nargs ? cli->args[i] : NULL;
}

const char *
cli_option_at(const struct cli *cli, const char *name, size_t i)
{
    for (size_t k = 0; k < cli->ngiven; k++)
        if (strcmp(cli->given[k].option->name, name) == 0 && i-- == 0)
            return cli->given[k].value;
    return NULL;
}

const char *
cli_option(const struct cli *cli, const char *name)
{
    return cli_option_at(cli, name, 0);
}

size_t
cli_option_count(const struct cli *cli, const char *name)
{
    size_t n = 0;

    while (cli_option_at(cli, name, n) != NULL)
        n++;
    return n;
}

enum plumb_code
cli_version(const char *text, struct cli_version *ret, struct plumb_err *err)
{
    const char *at = strchr(text, '@');
    const size_t len = at != NULL ? (size_t)(at - text) : 0;

    if (at == NULL || len >= sizeof ret->payload || strlen(at + 1) >= sizeof ret->version)
        return cli_usage(text, err, "want PAYLOAD@VERSION");
    memcpy(ret->payload, text, len);
    ret->payload[len] = '\0';
    (void)snprintf(ret->version, sizeof ret->version, "%s", at + 1);
    if (!plumb_name_ok(ret->payload) || !plumb_name_ok(ret->version))
        return cli_usage(text, err, "want PAYLOAD@VERSION, names of letters, digits and ._+~-");
    return PLUMB_OK;
}
