#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/about.h"
#include "cli/fields.h"
#include "client/diff.h"
#include "lib/own.h"

static const struct plumb_source *
source_of(const struct plumb_statement *s, size_t set)
{
    for (size_t i = 0; i < s->u.release.nsources; i++)
        if (s->u.release.sources[i].set == (int64_t)set)
            return &s->u.release.sources[i];
    return NULL;
}

static void
print_measurement(struct cli *cli, const char *mark, const struct plumb_measurement *m)
{
    char text[DIFF_TEXT];

    diff_text(m, text);
    cli_line(cli, "    %s %-18s %s", mark, m->kind->name, text);
    for (size_t i = 0; i < m->ncovers; i++) {
        char hex[PLUMB_DIGEST_HEX];

        plumb_digest_hex(&m->covers[i].digest, hex);
        cli_line(cli, "    %s   covers %s %s", mark, plumb_artifact_text(m->covers[i].kind),
                 hex);
    }
}

static void
print_head(struct cli *cli, const char *mark, const struct plumb_set *set,
           const struct plumb_source *source)
{
    char where[160] = "given by its proposer; nobody verified it", hex[PLUMB_DIGEST_HEX];

    if (source != NULL) {
        plumb_digest_hex(&source->digest, hex);
        (void)snprintf(where, sizeof where, "read from a %s, %.16s...; nobody verified it",
                       source->kind, hex);
    }
    cli_line(cli, "  %s %s%s%s (%s)", mark, plumb_tee_text(set->tee),
             set->label != NULL ? " " : "", set->label != NULL ? set->label : "", where);
}

void
cli_values(struct cli *cli, const struct cli_released *r)
{
    for (size_t i = 0; i < r->sets->n; i++) {
        const struct plumb_set *set = &r->sets->sets[i];
        char mark[32];

        (void)snprintf(mark, sizeof mark, "set %zu:", i + 1);
        print_head(cli, mark, set, source_of(r->s, i));
        for (size_t k = 0; k < set->n; k++)
            print_measurement(cli, " ", &set->measurements[k]);
    }
}

static void
print_line(void *arg, const struct diff_line *line)
{
    struct cli *cli = arg;

    if (line->same) {
        print_measurement(cli, " ", line->after);
        return;
    }
    if (line->before != NULL)
        print_measurement(cli, "-", line->before);
    if (line->after != NULL)
        print_measurement(cli, "+", line->after);
}

enum plumb_code
cli_values_differ(struct cli *cli, const struct cli_released *before,
                  const struct cli_released *after, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(diff_clear) struct diff d = { .pairs = NULL };

    PLUMB_TRY(diff_sets(before != NULL ? before->sets : NULL, after->sets, &d, err));
    for (size_t i = 0; i < d.n; i++) {
        const struct diff_pair *pair = &d.pairs[i];
        const struct plumb_set *set = pair->after != NULL ? pair->after : pair->before;
        const char *mark = pair->before == NULL ? "+" : pair->after == NULL ? "-" : "~";

        if (pair->same)
            continue;
        cli_line(cli, "  %s %s%s%s", mark, plumb_tee_text(set->tee),
                 set->label != NULL ? " " : "", set->label != NULL ? set->label : "");
        diff_measurements(pair, print_line, cli);
    }
    if (d.same > 0)
        cli_line(cli, "  %zu set%s the same", d.same, d.same == 1 ? " is" : "s are");
    *ret = json_pack("{s:I, s:I, s:I, s:I}", "same", (json_int_t)d.same, "changed",
                     (json_int_t)d.changed, "added", (json_int_t)d.added, "removed",
                     (json_int_t)d.removed);
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}

static json_t *
sets_json(const struct plumb_sets *sets, struct plumb_err *err)
{
    json_t *array = json_array();

    for (size_t i = 0; array != NULL && i < sets->n; i++) {
        json_t *set = NULL;

        if (plumb_set_json(&sets->sets[i], &set, err) != PLUMB_OK ||
            json_array_append_new(array, set) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

enum plumb_code
cli_release_show(struct cli *cli, const struct cli_released *r, json_t *json,
                 struct plumb_err *err)
{
    const struct plumb_statement *s = r->s;
    char hex[PLUMB_DIGEST_HEX];

    if (s->u.release.notes != NULL)
        cli_line(cli, "notes      %s", s->u.release.notes);
    plumb_digest_hex(&s->u.release.reference_values, hex);
    cli_line(cli, "values     %s, %zu set%s", hex, r->sets->n, r->sets->n == 1 ? "" : "s");
    for (size_t i = 1; i < s->nsubjects; i++) {
        plumb_digest_hex(&s->subjects[i].digest, hex);
        cli_line(cli, "artifact   %s %s", s->subjects[i].name, hex);
    }
    if (s->u.release.has_sbom) {
        plumb_digest_hex(&s->u.release.sbom, hex);
        cli_line(cli, "sbom       %s", hex);
    }
    cli_values(cli, r);
    if (json_object_set_new(json, "referenceValues",
                            cli_digest_json(&s->u.release.reference_values)) != 0 ||
        json_object_set_new(json, "sets", sets_json(r->sets, err)) != 0)
        return plumb_fail_memory(err);
    return PLUMB_OK;
}
