/* What a reviewer wants to know of a new bill of materials or root store: what is new in it. */
#include <plumb/artifact.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/fields.h"
#include "client/mapped.h"
#include "lib/own.h"
#include "supply/sbom.h"

PLUMB_DEFINE_AUTO(auto_sbom, struct sbom *, sbom_free);

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
compare_bills(struct cli *cli, const struct mapped *old, const struct mapped *new,
              json_t *changes, struct plumb_err *err)
{
    PLUMB_AUTO(auto_sbom) struct sbom *before = NULL;
    PLUMB_AUTO(auto_sbom) struct sbom *after = NULL;
    PLUMB_AUTO(sbom_diff_clear) struct sbom_diff diff = { NULL, 0 };

    PLUMB_TRY(sbom_read(old->data, old->len, &before, err));
    PLUMB_TRY(sbom_read(new->data, new->len, &after, err));
    PLUMB_TRY(sbom_compare(before, after, &diff, err));
    for (size_t i = 0; i < diff.n; i++)
        if (!show_component(cli, &diff.changes[i], changes))
            return plumb_fail_memory(err);
    return PLUMB_OK;
}

/* --- root stores --- */

static bool
show_root(struct cli *cli, const struct plumb_root *root, bool added, json_t *changes)
{
    char hex[PLUMB_DIGEST_HEX], end[PLUMB_TIME_TEXT];

    plumb_digest_hex(&root->fingerprint, hex);
    plumb_time_text(root->not_after, end);
    cli_line(cli, "%s %s  (%s, until %s)", added ? "+" : "-", root->subject, root->key, end);
    cli_line(cli, "    %s", hex);
    return append(changes, added ? "added" : "removed",
                  json_pack("{s:s, s:s, s:s, s:s}", "fingerprint", hex, "subject",
                            root->subject, "key", root->key, "notAfter", end));
}

/* Both are sorted by fingerprint. */
static bool
merge_roots(struct cli *cli, const struct plumb_roots *before, const struct plumb_roots *after,
            json_t *changes)
{
    size_t i = 0, k = 0;
    bool ok = true;

    while (ok && (i < before->n || k < after->n)) {
        const int order = i == before->n  ? 1
                          : k == after->n ? -1
                                          : plumb_digest_cmp(&before->roots[i].fingerprint,
                                                             &after->roots[k].fingerprint);

        if (order < 0)
            ok = show_root(cli, &before->roots[i++], false, changes);
        else if (order > 0)
            ok = show_root(cli, &after->roots[k++], true, changes);
        else
            i++, k++;
    }
    return ok;
}

static enum plumb_code
compare_roots(struct cli *cli, const struct mapped *old, const struct mapped *new,
              json_t *changes, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_roots_clear) struct plumb_roots before = { 0 };
    PLUMB_AUTO(plumb_roots_clear) struct plumb_roots after = { 0 };

    PLUMB_TRY(plumb_roots_read(old->data, old->len, &before, err));
    PLUMB_TRY(plumb_roots_read(new->data, new->len, &after, err));
    return merge_roots(cli, &before, &after, changes) ? PLUMB_OK : plumb_fail_memory(err);
}

static enum plumb_code
run(struct cli *cli, struct plumb_err *err)
{
    PLUMB_AUTO(mapped_close) struct mapped old = { .len = 0 };
    PLUMB_AUTO(mapped_close) struct mapped new = { .len = 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *changes = json_array();

    if (changes == NULL)
        return plumb_fail_memory(err);
    PLUMB_TRY(mapped_open(cli_arg(cli, 0), &old, err));
    PLUMB_TRY(mapped_open(cli_arg(cli, 1), &new, err));
    if (plumb_is_pem(old.data, old.len) || plumb_is_pem(new.data, new.len))
        PLUMB_TRY(compare_roots(cli, &old, &new, changes, err));
    else
        PLUMB_TRY(compare_bills(cli, &old, &new, changes, err));
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
