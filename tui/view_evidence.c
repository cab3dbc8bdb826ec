/* Controls and evidence of a release: what it names, and what the service makes of it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"
#include "tui/view.h"

static void
add_fact(struct tui_statement *to, int how, const char *label, const char *text)
{
    struct tui_fact *more = realloc(to->facts, (to->nfacts + 1) * sizeof *more);

    if (more == NULL)
        return;
    to->facts = more;
    more[to->nfacts].how = how;
    (void)snprintf(more[to->nfacts].label, sizeof more->label, "%s", label);
    more[to->nfacts].text = strdup(text);
    to->nfacts += more[to->nfacts].text != NULL;
}

static void
fill_facts(const struct plumb_statement *release, struct tui_statement *ret)
{
    char hex[PLUMB_DIGEST_HEX], label[40], text[200];

    plumb_digest_hex(&release->u.release.reference_values, hex);
    add_fact(ret, TUI_FACT_DIGEST, "Values", hex);
    if (release->u.release.has_sbom) {
        plumb_digest_hex(&release->u.release.sbom, hex);
        add_fact(ret, TUI_FACT_DIGEST, "SBOM", hex);
    } else
        add_fact(ret, TUI_FACT_TEXT, "SBOM", "none is named");
    for (size_t i = 1; i < release->nsubjects; i++) {
        plumb_digest_hex(&release->subjects[i].digest, hex);
        (void)snprintf(label, sizeof label, "%s", release->subjects[i].name);
        add_fact(ret, TUI_FACT_DIGEST, label, hex);
    }
    for (size_t i = 0; i < release->u.release.nsources; i++) {
        const struct plumb_source *src = &release->u.release.sources[i];

        plumb_digest_hex(&src->digest, hex);
        (void)snprintf(label, sizeof label, "Set %" PRId64, src->set + 1);
        (void)snprintf(text, sizeof text, "read of a %s, which nobody verified: %.16s...",
                       src->kind, hex);
        add_fact(ret, TUI_FACT_DOUBT, label, text);
    }
    if (release->u.release.nsources == 0)
        add_fact(ret, TUI_FACT_TEXT, "Sources",
                 "where the reference values came from is not "
                 "said");
    if (release->u.release.notes != NULL)
        ret->notes = strdup(release->u.release.notes);
}

/* The state of one control: what is met needs no attention. */
static void
add_control(struct tui_statement *to, const json_t *control)
{
    char name[40], state[24], level[24], by[200], text[400];
    const char *about = json_string_value(json_object_get(control, "text"));

    view_copy(control, "control", name, sizeof name);
    view_copy(control, "state", state, sizeof state);
    view_copy(control, "level", level, sizeof level);
    view_copy(control, "by", by, sizeof by);
    (void)snprintf(text, sizeof text, "%s (%s)%s%s%s%.120s", state, level,
                   by[0] != '\0' ? ", by " : "", by, about != NULL ? ": " : "",
                   about != NULL ? about : "");
    add_fact(to,
             strcmp(state, "met") == 0 || strcmp(state, "waived") == 0 ? TUI_FACT_TEXT
                                                                       : TUI_FACT_DOUBT,
             name, text);
}

static void
add_finding(struct tui_statement *to, const json_t *finding)
{
    char advisory[40], severity[24], state[24], component[120], text[300];

    view_copy(finding, "advisory", advisory, sizeof advisory);
    view_copy(finding, "severity", severity, sizeof severity);
    view_copy(finding, "state", state, sizeof state);
    view_copy(finding, "component", component, sizeof component);
    (void)snprintf(text, sizeof text, "%s, %s%s%s%s", severity, state,
                   component[0] != '\0' ? ", in " : "", component,
                   json_is_true(json_object_get(finding, "blocking")) ? ": BLOCKS" : "");
    add_fact(to, TUI_FACT_DOUBT, advisory, text);
}

/* What the service makes of the evidence; that is its word, and a gate of its own when a quorum
 * would be complete. A service that does not know controls says nothing. */
static void
fill_controls(struct session *s, const struct plumb_statement *release,
              struct tui_statement *ret)
{
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    char path[CLIENT_PATH_MAX];
    const json_t *controls, *findings;
    json_t *one;
    size_t i;

    client_path(path, sizeof path, "/v1/payloads/%s/versions/%s/controls", release->payload,
                release->version);
    if (client_get(s->client, path, &answer, NULL) != PLUMB_OK)
        return;
    controls = json_object_get(answer, "controls");
    findings = json_object_get(answer, "findings");
    if (json_array_size(controls) + json_array_size(findings) > 0)
        add_fact(ret, TUI_FACT_TEXT, "Controls", "as the service has evaluated them");
    json_array_foreach(controls, i, one)
        add_control(ret, one);
    json_array_foreach(findings, i, one)
        add_finding(ret, one);
}

static void
fill_waiver(const struct plumb_statement *st, struct tui_statement *ret)
{
    char until[PLUMB_TIME_TEXT];

    plumb_time_text(st->u.waiver.until, until);
    add_fact(ret, TUI_FACT_TEXT, "Control", st->u.waiver.control);
    add_fact(ret, TUI_FACT_TEXT, "Waived to", until);
    add_fact(ret, TUI_FACT_TEXT, "Reason", st->u.waiver.justification);
    add_fact(ret, TUI_FACT_TEXT, "Instead", st->u.waiver.compensating);
}

void
view_evidence(struct session *s, const struct plumb_statement *st,
              const struct plumb_statement *release, struct tui_statement *ret)
{
    fill_facts(release, ret);
    fill_controls(s, release, ret);
    if (st->kind == PLUMB_KIND_WAIVER)
        fill_waiver(st, ret);
    if (st->kind == PLUMB_KIND_REVOCATION)
        add_fact(ret, TUI_FACT_TEXT, "Reason", st->u.revocation.reason);
}
