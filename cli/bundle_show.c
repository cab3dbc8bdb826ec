#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "cli/verified.h"
#include "client/diff.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_bundle, struct plumb_bundle *, plumb_bundle_free);

static bool
wanted(const struct cli *cli, const struct plumb_accepted *a)
{
    const char *payload = cli_option(cli, "payload");

    return payload == NULL || strcmp(payload, a->payload) == 0;
}

/* --- for people --- */

static void
window_line(struct cli *cli, const struct plumb_accepted *a)
{
    char from[PLUMB_TIME_TEXT], until[PLUMB_TIME_TEXT], left[CLI_FROM_NOW];
    const plumb_time end =
        a->kept_until < a->window.not_after ? a->kept_until : a->window.not_after;

    plumb_time_text(a->window.not_before, from);
    cli_from_now(end, cli_now(), left);
    if (end == PLUMB_TIME_NEVER) {
        cli_line(cli, "    accepted from %s, no end date", from);
        return;
    }
    plumb_time_text(end, until);
    cli_line(cli, "    accepted from %s until %s (%s)%s", from, until, left,
             end == a->kept_until ? ": its quorum is gone, it is kept so long" : "");
}

static void
approvers_line(struct cli *cli, const struct plumb_accepted *a)
{
    char names[1024] = "";
    size_t at = 0;

    for (size_t i = 0; i < a->napprovers && at < sizeof names; i++)
        at += (size_t)snprintf(names + at, sizeof names - at, "%s%s", i > 0 ? ", " : "",
                               a->approvers[i]);
    cli_line(cli, "    approved by %s", names);
}

static void
set_lines(struct cli *cli, const struct plumb_accepted *a)
{
    for (size_t i = 0; i < a->sets->n; i++) {
        const struct plumb_set *set = &a->sets->sets[i];

        cli_line(cli, "    set %zu, %s%s%s", i, plumb_tee_text(set->tee),
                 set->label != NULL ? ", " : "", set->label != NULL ? set->label : "");
        for (size_t k = 0; k < set->n; k++) {
            char text[DIFF_TEXT];

            diff_text(&set->measurements[k], text);
            cli_line(cli, "      %-18s %s", set->measurements[k].kind->name, text);
        }
    }
}

static void
print(struct cli *cli, const struct plumb_bundle *b)
{
    const char *payload = "";

    cli_bundle_lines(cli, b);
    for (size_t i = 0; i < b->naccepted; i++) {
        const struct plumb_accepted *a = &b->accepted[i];
        char hex[PLUMB_DIGEST_HEX];

        if (!wanted(cli, a))
            continue;
        if (strcmp(payload, a->payload) != 0)
            cli_line(cli, "%s", a->payload);
        payload = a->payload;
        plumb_digest_hex(&a->release, hex);
        cli_line(cli, "  %-9s %s, release %.12s, %zu set%s",
                 plumb_status_text(a->window.status), a->version, hex, a->sets->n,
                 a->sets->n == 1 ? "" : "s");
        window_line(cli, a);
        approvers_line(cli, a);
        cli_supply_lines(cli, a, 4);
        if (cli_option(cli, "sets") != NULL)
            set_lines(cli, a);
    }
}

/* --- for programs --- */

static json_t *
approvers_json(const struct plumb_accepted *a)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < a->napprovers; i++)
        if (json_array_append_new(list, json_string(a->approvers[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    return list;
}

static enum plumb_code
add_sets(const struct plumb_accepted *a, json_t *version, struct plumb_err *err)
{
    json_t *list = json_array();

    if (json_object_set_new(version, "sets", list) != 0)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < a->sets->n; i++) {
        json_t *set = NULL;

        PLUMB_TRY(plumb_set_json(&a->sets->sets[i], &set, err));
        if (json_array_append_new(list, set) != 0)
            return plumb_fail_memory(err);
    }
    return PLUMB_OK;
}

static enum plumb_code
add_version(struct cli *cli, const struct plumb_accepted *a, json_t *list,
            struct plumb_err *err)
{
    json_t *findings = NULL, *version;

    PLUMB_TRY(plumb_accepted_findings(a, &findings, err));
    version = json_pack(
        "{s:s, s:s, s:o, s:o, s:s, s:o, s:o*, s:o*, s:o, s:o*, s:o, s:o}", "payload",
        a->payload, "version", a->version, "release", cli_digest_json(&a->release), "rollout",
        cli_digest_json(&a->rollout), "status", plumb_status_text(a->window.status),
        "notBefore", cli_time_json(a->window.not_before), "notAfter",
        cli_time_json(a->window.not_after), "keptUntil", cli_time_json(a->kept_until),
        "referenceValues", cli_digest_json(&a->reference_values), "sbom",
        a->has_sbom ? cli_digest_json(&a->sbom) : NULL, "approvers", approvers_json(a),
        "findings", findings);

    if (json_array_append_new(list, version) != 0)
        return plumb_fail_memory(err);
    return cli_option(cli, "sets") != NULL ? add_sets(a, version, err) : PLUMB_OK;
}

static enum plumb_code
answer(struct cli *cli, const struct plumb_bundle *b, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = cli_bundle_json(b);
    json_t *list = json_array();

    if (json_object_set_new(json, "versions", list) != 0)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < b->naccepted; i++)
        if (wanted(cli, &b->accepted[i]))
            PLUMB_TRY(add_version(cli, &b->accepted[i], list, err));
    return cli_result(cli, json_incref(json), err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(auto_bundle) struct plumb_bundle *bundle = NULL;

    PLUMB_TRY(cli_verified(cli, cli_arg(cli, 0), &bundle, err));
    print(cli, bundle);
    return answer(cli, bundle, err);
}

static const struct cli_option options[] = {
    { "payload", 0, "PAYLOAD", false, "of this payload alone" },
    { "sets", 0, NULL, false, "with the measurements of each set" },
    CLI_MEMORY_OPTION,
    { NULL, 0, NULL, false, NULL },
};

const struct cli_command command_bundle_show = {
    .name = "bundle show",
    .topic = "Verifiers",
    .summary = "show what a bundle accepts, until when, who approved it, and its open findings",
    .arguments = "FILE",
    .min = 1,
    .max = 1,
    .options = options,
    .more = "Nothing is shown before all of it is verified.",
    .example = "plumb bundle show prod.bundle --trust trust.json --sets",
    .run = run,
};
