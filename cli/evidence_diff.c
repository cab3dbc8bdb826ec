/* What a reviewer wants to know of a new bill of materials or root store: what is new in it. */
#include <stdint.h>

#include "cli/commands.h"
#include "client/mapped.h"
#include "client/material.h"
#include "lib/own.h"

/* Appends a change to the answer; false when out of memory. Takes what. */
static bool
append(json_t *changes, const char *change, json_t *what)
{
    return what != NULL && json_object_set_new(what, "change", json_string(change)) == 0 &&
           json_array_append_new(changes, what) == 0;
}

static const char *
or_dash(const char *text)
{
    return text != NULL ? text : "-";
}

/* --- bills of materials --- */

static json_t *
component_json(const struct sbom_component *before, const struct sbom_component *after)
{
    const struct sbom_component *c = after != NULL ? after : before;

    return json_pack("{s:s, s:s*, s:s*, s:s*, s:s*}", "name", c->name, "group", c->group,
                     "purl", c->purl, "from", before != NULL ? before->version : NULL, "to",
                     after != NULL ? after->version : NULL);
}

static bool
show_component(struct cli *cli, const struct sbom_change *change, json_t *changes)
{
    const struct sbom_component *old = change->before, *new = change->after;
    const struct sbom_component *c = new != NULL ? new : old;

    if (old != NULL && new != NULL)
        cli_line(cli, "~ %s  %s -> %s", c->name, or_dash(old->version), or_dash(new->version));
    else
        cli_line(cli, "%s %s  %s", new != NULL ? "+" : "-", c->name, or_dash(c->version));
    if (c->purl != NULL)
        cli_line(cli, "    %s", c->purl);
    return append(changes,
                  old == NULL   ? "added"
                  : new == NULL ? "removed"
                                : "changed",
                  component_json(old, new));
}

static enum plumb_code
compare_bills(struct cli *cli, const struct plumb_bytes *old, const struct plumb_bytes *new,
              json_t *changes, struct plumb_err *err)
{
    PLUMB_AUTO(material_bills_clear) struct material_bills bills = { .before = NULL };

    PLUMB_TRY(material_bills(old, new, &bills, err));
    for (size_t i = 0; i < bills.diff.n; i++)
        if (!show_component(cli, &bills.diff.changes[i], changes))
            return plumb_fail_memory(err);
    return PLUMB_OK;
}

/* --- root stores --- */

struct showing {
    struct cli *cli;
    json_t *changes;
};

static bool
show_root(void *arg, const struct plumb_root *before, const struct plumb_root *after)
{
    const struct showing *s = arg;
    const struct plumb_root *root = after != NULL ? after : before;
    char hex[PLUMB_DIGEST_HEX], end[PLUMB_TIME_TEXT];

    if (before != NULL && after != NULL)
        return true;
    plumb_digest_hex(&root->fingerprint, hex);
    plumb_time_text(root->not_after, end);
    cli_line(s->cli, "%s %s  (%s, until %s)", after != NULL ? "+" : "-", root->subject,
             root->key, end);
    cli_line(s->cli, "    %s", hex);
    return append(s->changes, after != NULL ? "added" : "removed",
                  json_pack("{s:s, s:s, s:s, s:s}", "fingerprint", hex, "subject",
                            root->subject, "key", root->key, "notAfter", end));
}

static enum plumb_code
compare_roots(struct cli *cli, const struct plumb_bytes *old, const struct plumb_bytes *new,
              json_t *changes, struct plumb_err *err)
{
    PLUMB_AUTO(material_roots_clear) struct material_roots roots = { .before = { 0 } };
    struct showing s = { cli, changes };

    PLUMB_TRY(material_roots(old, new, &roots, err));
    return material_roots_each(&roots, show_root, &s) ? PLUMB_OK : plumb_fail_memory(err);
}

/* The bytes of a mapped file, borrowed; an empty one is no absent one. */
static struct plumb_bytes
bytes_of(const struct mapped *file)
{
    static uint8_t nothing[1];

    return (struct plumb_bytes){ file->data != NULL ? (uint8_t *)(uintptr_t)file->data
                                                    : nothing,
                                 file->len };
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(mapped_close) struct mapped old = { .len = 0 };
    PLUMB_AUTO(mapped_close) struct mapped new = { .len = 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *changes = json_array();
    struct plumb_bytes before, after;

    if (changes == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(mapped_open(cli_arg(cli, 0), &old, err));
    PLUMB_TRY(mapped_open(cli_arg(cli, 1), &new, err));
    before = bytes_of(&old);
    after = bytes_of(&new);
    if (plumb_is_pem(old.data, old.len) || plumb_is_pem(new.data, new.len))
        PLUMB_TRY(compare_roots(cli, &before, &after, changes, err));
    else
        PLUMB_TRY(compare_bills(cli, &before, &after, changes, err));
    if (json_array_size(changes) == 0)
        cli_line(cli, "nothing changed");
    return cli_result(cli, PLUMB_TAKE(changes), err);
}

const struct cli_command command_evidence_diff = {
    .name = "evidence diff",
    .topic = "Evidence",
    .summary = "what changed between two bills of materials, or two root stores",
    .arguments = "OLD NEW",
    .min = 2,
    .max = 2,
    .more = "Components are compared by their package and version, certificates by their "
            "fingerprint. Bills may be of different formats.",
    .example = "plumb evidence diff sbom-1.cdx.json sbom-2.spdx.json",
    .run = run,
};
