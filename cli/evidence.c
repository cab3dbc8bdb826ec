#include "cli/evidence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/fields.h"
#include "cli/verified.h"
#include "client/diff.h"
#include "client/layout.h"
#include "client/mapped.h"
#include "lib/own.h"

void
appraisal_clear(struct appraisal *a)
{
    plumb_evidence_free(a->evidence);
    plumb_policy_free(a->policy);
    plumb_bundle_free(a->bundle);
    *a = (struct appraisal){ .path = NULL };
}

static enum plumb_code
read_file(const char *path, struct plumb_evidence **ret, struct plumb_err *err)
{
    PLUMB_AUTO(mapped_close) struct mapped file = { .len = 0 };
    struct plumb_digest digest;

    if (layout_is(path))
        return layout_read(path, ret, &digest, err);
    PLUMB_TRY(mapped_open(path, &file, err));
    return plumb_evidence_read(file.data, file.len, ret, err);
}

static enum plumb_code
read_evidence(struct cli *cli, struct appraisal *a, struct plumb_err *err)
{
    const char *claims = cli_option(cli, "claims"), *evidence = cli_option(cli, "evidence");
    struct plumb_err why;

    if ((claims == NULL) == (evidence == NULL))
        return cli_usage("--claims", err, "give one of --claims FILE and --evidence FILE");
    a->path = claims != NULL ? claims : evidence;
    if (read_file(a->path, &a->evidence, &why) != PLUMB_OK) {
        const char *where = strncmp(why.where, a->path, strlen(a->path)) == 0 ? "" : why.where;

        return plumb_fail(err, why.code, why.rule, a->path, "%s%s%s", where,
                          where[0] != '\0' ? ": " : "", why.msg);
    }
    for (size_t i = 0; claims != NULL && i < a->evidence->n; i++)
        if (a->evidence->readings[i].kind != PLUMB_EVIDENCE_CLAIMS &&
            a->evidence->readings[i].kind != PLUMB_EVIDENCE_TRUSTEE_CLAIMS)
            return cli_usage(a->path, err, "this is no claims in JSON: --evidence takes it");
    return PLUMB_OK;
}

static void
judge(struct appraisal *a, const char *payload, plumb_time at)
{
    for (size_t i = 0; i < a->evidence->n; i++) {
        a->reading = &a->evidence->readings[i];
        a->verdict = plumb_appraise(a->policy, payload, &a->reading->claims, at);
        if (a->verdict.code != PLUMB_VERDICT_ACCEPTED)
            return;
    }
}

enum plumb_code
cli_appraise(struct cli *cli, plumb_time at, struct appraisal *ret, struct plumb_err *err)
{
    const char *bundle = cli_option(cli, "bundle");

    if (bundle == NULL)
        return cli_usage("--bundle", err, "say which bundle to judge by: --bundle FILE");
    PLUMB_TRY(read_evidence(cli, ret, err));
    PLUMB_TRY(cli_verified(cli, bundle, &ret->bundle, err));
    PLUMB_TRY(plumb_policy_new(ret->bundle, &ret->policy, err));
    judge(ret, cli_option(cli, "payload"), at);
    return PLUMB_OK;
}

enum cli_exit
cli_verdict_exit(enum plumb_verdict_code code)
{
    return code == PLUMB_VERDICT_ACCEPTED ? CLI_DONE
           : code == PLUMB_VERDICT_STALE  ? CLI_STALE
                                          : CLI_NO;
}

/* --- for people --- */

static void
claim_text(const struct plumb_claims *claims, const char *name, char *ret, size_t size)
{
    const struct plumb_claim *c = plumb_claims_find(claims, name);
    char hex[2 * PLUMB_MEASUREMENT_MAX + 1];

    if (c == NULL) {
        (void)snprintf(ret, size, "not there");
    } else if (c->kind->match == PLUMB_MATCH_MIN) {
        (void)snprintf(ret, size, "%" PRId64, c->number);
    } else {
        plumb_hex(c->value, c->len, hex);
        (void)snprintf(ret, size, "%s", hex);
    }
}

static void
differing_lines(struct cli *cli, const struct appraisal *a)
{
    const struct plumb_verdict *v = &a->verdict;
    char text[DIFF_TEXT];

    if (v->measurement == NULL)
        return;
    claim_text(&a->reading->claims, v->measurement, text, sizeof text);
    cli_line(cli, "%-9s %s", v->code == PLUMB_VERDICT_DEBUG ? "debug" : "differs",
             v->measurement);
    cli_line(cli, "  claimed %s", text);
    if (v->expected != NULL) {
        diff_text(v->expected, text);
        cli_line(cli, "  wanted  %s", text);
    }
}

static void
version_lines(struct cli *cli, const struct appraisal *a)
{
    const struct plumb_verdict *v = &a->verdict;
    const struct plumb_accepted *x = v->version;
    char release[PLUMB_DIGEST_HEX], from[PLUMB_TIME_TEXT], end[PLUMB_TIME_TEXT];
    const char *label;

    if (x == NULL)
        return;
    plumb_digest_hex(&x->release, release);
    plumb_time_text(x->window.not_before, from);
    if (x->window.not_after != PLUMB_TIME_NEVER)
        plumb_time_text(x->window.not_after, end);
    else
        (void)snprintf(end, sizeof end, "further notice");
    cli_line(cli, "%-9s %s@%s, %s, release %.12s",
             v->code == PLUMB_VERDICT_UNKNOWN ? "nearest" : "version", x->payload, x->version,
             plumb_status_text(x->window.status), release);
    cli_line(cli, "window    from %s until %s", from, end);
    label = x->sets->sets[v->set].label;
    cli_line(cli, "set       %zu%s%s: %zu of %zu measurements match", v->set,
             label != NULL ? ", " : "", label != NULL ? label : "", v->met, v->of);
    cli_supply_lines(cli, x, 0);
}

void
cli_verdict_lines(struct cli *cli, const struct appraisal *a)
{
    const struct plumb_verdict *v = &a->verdict;
    const struct plumb_bundle *b = a->bundle;
    char sentence[PLUMB_VERDICT_SENTENCE], until[PLUMB_TIME_TEXT];

    plumb_verdict_sentence(v, b, sentence);
    plumb_time_text(b->valid_until, until);
    if (v->code == PLUMB_VERDICT_ACCEPTED)
        cli_line(cli, "ACCEPTED: %s", sentence);
    else
        cli_line(cli, "REFUSED (%s): %s", plumb_verdict_text(v->code), sentence);
    differing_lines(cli, a);
    version_lines(cli, a);
    cli_line(cli, "evidence  %s: %s, %s", a->path, plumb_evidence_kind_text(a->reading->kind),
             plumb_evidence_said(a->reading->kind)
                 ? "its own signature was not checked here"
                 : "which no TEE said: it is what it would say");
    cli_line(cli, "bundle    %s, revision %" PRId64 ", good until %s", b->fleet, b->revision,
             until);
}

/* --- for programs --- */

enum plumb_code
cli_verdict_json(const struct appraisal *a, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    json_t *evidence = json_pack("{s:s, s:s, s:b, s:b}", "file", a->path, "kind",
                                 plumb_evidence_kind_text(a->reading->kind), "said",
                                 plumb_evidence_said(a->reading->kind), "verified", 0);
    enum plumb_code code = plumb_verdict_json(&a->verdict, a->bundle, &json, err);

    if (code != PLUMB_OK) {
        json_decref(evidence);
        return code;
    }
    if (json_object_set_new(json, "evidence", evidence) != 0)
        return plumb_fail_memory(err);
    if (a->verdict.measurement != NULL) {
        char claimed[2 * PLUMB_MEASUREMENT_MAX + 1];

        claim_text(&a->reading->claims, a->verdict.measurement, claimed, sizeof claimed);
        if (!a->verdict.absent &&
            json_object_set_new(json, "claimed", json_string(claimed)) != 0)
            return plumb_fail_memory(err);
    }
    *ret = PLUMB_TAKE(json);
    return PLUMB_OK;
}
