#include "cli/measured.h"

#include <stdio.h>
#include <string.h>

#include "cli/fields.h"
#include "client/diff.h"
#include "lib/own.h"

#define FILES_SHOWN 20 /* of a folder, to people */

PLUMB_DEFINE_AUTO(auto_measure, struct measure *, measure_free);

/* --- from the command line --- */

enum plumb_code
cli_measure(struct cli *cli, const char *option, struct measure **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_measure) struct measure *m = NULL;
    const char *text;

    PLUMB_TRY(measure_new(&m, err));
    measure_progress(m, cli_progress, cli);
    if (cli_option(cli, "label") != NULL)
        PLUMB_TRY(measure_label(m, cli_option(cli, "label"), err));
    for (size_t i = 0; (text = cli_option_at(cli, "without", i)) != NULL; i++)
        PLUMB_TRY(measure_without(m, text, err));
    for (size_t i = 0;
         (text = option != NULL ? cli_option_at(cli, option, i) : cli_arg(cli, i)) != NULL;
         i++) {
        PLUMB_TRY(measure_add(m, text, err));
    }
    for (size_t i = 0; (text = cli_option_at(cli, "covers", i)) != NULL; i++) {
        PLUMB_TRY(measure_cover(m, text, err));
    }
    *ret = PLUMB_TAKE(m);
    return PLUMB_OK;
}

enum plumb_code
cli_measure_allowed(const struct cli *cli, unsigned *ret, struct plumb_err *err)
{
    const char *text;

    *ret = 0;
    for (size_t i = 0; (text = cli_option_at(cli, "allow", i)) != NULL; i++) {
        enum plumb_warning w;

        if (measure_warning(text, &w, NULL) != PLUMB_OK)
            return cli_usage(text, err, "want --allow debug, debug-free or sample-signer");
        *ret |= 1u << w;
    }
    return PLUMB_OK;
}

/* --- for people --- */

static void
set_lines(struct cli *cli, cli_say *say, const struct plumb_set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        const struct plumb_measurement *m = &set->measurements[i];
        char text[DIFF_TEXT], hex[PLUMB_DIGEST_HEX];

        diff_text(m, text);
        say(cli, "  %-18s %s", m->kind->name, text);
        for (size_t k = 0; k < m->ncovers; k++) {
            plumb_digest_hex(&m->covers[k].digest, hex);
            say(cli, "  %-18s covers %s %s", "", plumb_artifact_text(m->covers[k].kind), hex);
        }
    }
}

static void
reading_lines(struct cli *cli, cli_say *say, const struct measured *r,
              const struct plumb_set *sets)
{
    const char *kind = plumb_evidence_kind_text(r->reading->kind);

    if (r->reading->offset > 0)
        say(cli, "%s: %s at byte %zu", r->path, kind, r->reading->offset);
    else
        say(cli, "%s: %s", r->path, kind);
    for (enum plumb_warning w = 0; w < PLUMB_WARNING_COUNT; w++)
        if ((r->reading->warnings & 1u << w) != 0)
            say(cli, "  WARNING (%s): %s", plumb_warning_word(w), plumb_warning_text(w));
    if (r->set == MEASURE_NO_SET)
        say(cli, "  nothing in it says which payload runs");
    else
        set_lines(cli, say, &sets[r->set]);
    if (r->reading->nleft_out > 0)
        say(cli, "  left out:");
    for (size_t i = 0; i < r->reading->nleft_out; i++)
        say(cli, "    %-16s %s", r->reading->left_out[i].name, r->reading->left_out[i].why);
}

static void
artifact_lines(struct cli *cli, cli_say *say, const struct measured_artifact *a)
{
    char hex[PLUMB_DIGEST_HEX], end[PLUMB_TIME_TEXT];

    plumb_digest_hex(&a->digest, hex);
    say(cli, "%s: %s %s, covered by %s", a->path, plumb_artifact_text(a->kind), hex,
        a->covered_by != NULL ? a->covered_by : "no measurement: see --covers");
    for (size_t i = 0; i < a->roots.n; i++) {
        plumb_digest_hex(&a->roots.roots[i].fingerprint, hex);
        plumb_time_text(a->roots.roots[i].not_after, end);
        say(cli, "  %s  until %s  %s  (%s)", hex, end, a->roots.roots[i].subject,
            a->roots.roots[i].key);
    }
    for (size_t i = 0; i < a->nfiles && i < FILES_SHOWN; i++) {
        plumb_digest_hex(&a->files[i].digest, hex);
        say(cli, "  %s  %s", hex, a->files[i].path);
    }
    if (a->nfiles > FILES_SHOWN)
        say(cli, "  and %zu more files", a->nfiles - FILES_SHOWN);
}

void
cli_measured_lines(struct cli *cli, cli_say *say, const struct measure *m)
{
    size_t nreadings, nsets, nartifacts;
    const struct measured *readings = measure_readings(m, &nreadings);
    const struct plumb_set *sets = measure_sets(m, &nsets);
    const struct measured_artifact *artifacts = measure_artifacts(m, &nartifacts);

    for (size_t i = 0; i < nreadings; i++)
        reading_lines(cli, say, &readings[i], sets);
    for (size_t i = 0; i < nartifacts; i++)
        artifact_lines(cli, say, &artifacts[i]);
    if (nreadings > 0)
        say(cli, "Read, and not verified: a release of it says so.");
}

/* --- for programs --- */

/* Takes value, of which NULL is out of memory: then so is *list. */
static void
append(json_t **list, json_t *value)
{
    if (*list == NULL)
        json_decref(value);
    else if (json_array_append_new(*list, value) != 0) {
        json_decref(*list);
        *list = NULL;
    }
}

static json_t *
reading_json(const struct measured *r)
{
    json_t *warnings = json_array(), *left_out = json_array(), *json;

    for (enum plumb_warning w = 0; w < PLUMB_WARNING_COUNT; w++)
        if ((r->reading->warnings & 1u << w) != 0)
            append(&warnings, json_string(plumb_warning_word(w)));
    for (size_t i = 0; i < r->reading->nleft_out; i++)
        append(&left_out, json_pack("{s:s, s:s}", "name", r->reading->left_out[i].name, "why",
                                    r->reading->left_out[i].why));
    json = json_pack("{s:s, s:o, s:s, s:I, s:o, s:o}", "file", r->path, "digest",
                     cli_digest_json(&r->digest), "kind",
                     plumb_evidence_kind_text(r->reading->kind), "offset",
                     (json_int_t)r->reading->offset, "warnings", warnings, "leftOut", left_out);
    if (json != NULL && r->set != MEASURE_NO_SET &&
        json_object_set_new(json, "set", json_integer((json_int_t)r->set)) != 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

static json_t *
artifact_json(const struct measured_artifact *a)
{
    json_t *roots = a->kind == PLUMB_ARTIFACT_ROOT_STORE ? json_array() : NULL;
    json_t *files = a->nfiles > 0 ? json_array() : NULL;

    for (size_t i = 0; i < a->roots.n; i++)
        append(&roots, json_pack("{s:o, s:s, s:s, s:o}", "fingerprint",
                                 cli_digest_json(&a->roots.roots[i].fingerprint), "subject",
                                 a->roots.roots[i].subject, "key", a->roots.roots[i].key,
                                 "notAfter", cli_time_json(a->roots.roots[i].not_after)));
    for (size_t i = 0; i < a->nfiles; i++)
        append(&files, json_pack("{s:s, s:o}", "path", a->files[i].path, "digest",
                                 cli_digest_json(&a->files[i].digest)));
    return json_pack("{s:s, s:s, s:o, s:s*, s:o*, s:o*}", "file", a->path, "kind",
                     plumb_artifact_text(a->kind), "digest", cli_digest_json(&a->digest),
                     "coveredBy", a->covered_by, "roots", roots, "files", files);
}

json_t *
cli_measured_json(const struct measure *m)
{
    size_t nreadings, nartifacts;
    const struct measured *readings = measure_readings(m, &nreadings);
    const struct measured_artifact *artifacts = measure_artifacts(m, &nartifacts);
    json_t *read = json_array(), *covered = json_array();

    for (size_t i = 0; i < nreadings; i++)
        append(&read, reading_json(&readings[i]));
    for (size_t i = 0; i < nartifacts; i++)
        append(&covered, artifact_json(&artifacts[i]));
    return json_pack("{s:o, s:o}", "readings", read, "artifacts", covered);
}
