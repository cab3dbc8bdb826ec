/* Payloads and fleets of a governance document. */
#include "lib/fleet_read.h"

#include <stdio.h>
#include <string.h>

#include "lib/names.h"
#include "lib/own.h"
#include "lib/quorum_read.h"
#include "lib/statement.h"
#include "lib/word.h"

#define ANCHORS_MAX      1000
#define RECOGNITIONS_MAX 1000000

struct in {
    struct plumb_governance *g;
    struct pool *pool;
    struct plumb_err *err;
};

/* --- payloads --- */

static enum plumb_code
read_payload(const struct in *in, const struct plumb_jv *v, struct plumb_payload *ret)
{
    static const char *const members[] = { "tees", "quorums", NULL };
    static const char *const quorum_members[] = { "release", "revocation", "?waiver", NULL };
    struct plumb_jv tees = plumb_jv_member(v, "tees"), quorums = plumb_jv_member(v, "quorums");
    struct plumb_jv release = plumb_jv_member(&quorums, "release");
    struct plumb_jv revocation = plumb_jv_member(&quorums, "revocation");
    struct plumb_jv waiver = plumb_jv_member(&quorums, "waiver");
    size_t n;

    ret->name = v->key;
    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(plumb_jv_array(&tees, 1, PLUMB_TEE_COUNT, &n, in->err));
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&tees, i);
        char path[sizeof in->err->where];
        enum plumb_tee tee;
        const char *text;

        PLUMB_TRY(plumb_jv_string(&element, PLUMB_NAME_MAX, &text, in->err));
        plumb_jv_path(&element, path, sizeof path);
        PLUMB_TRY(plumb_tee_parse(text, path, &tee, in->err));
        if (ret->tees & 1u << tee)
            return plumb_jv_fail(&element, in->err, PLUMB_INVALID, "governance.form",
                                 "names a TEE a second time");
        ret->tees |= 1u << tee;
    }
    PLUMB_TRY(plumb_jv_closed(&quorums, quorum_members, in->err));
    PLUMB_TRY(plumb_quorum_read(in->g, in->pool, &release, &ret->release, in->err));
    PLUMB_TRY(plumb_quorum_read(in->g, in->pool, &revocation, &ret->revocation, in->err));
    ret->has_waiver = waiver.json != NULL;
    return ret->has_waiver ? plumb_quorum_read(in->g, in->pool, &waiver, &ret->waiver, in->err)
                           : PLUMB_OK;
}

enum plumb_code
plumb_payloads_read(struct plumb_governance *g, struct pool *pool, const struct plumb_jv *v,
                    struct plumb_err *err)
{
    const struct in in = { g, pool, err };
    const char **names;

    PLUMB_TRY(plumb_names_of(v, pool, PLUMB_ELEMENTS_MAX, &names, &g->npayloads, err));
    g->payloads = pool_array(pool, g->npayloads, sizeof *g->payloads);
    if (g->payloads == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < g->npayloads; i++) {
        struct plumb_jv member = plumb_jv_member(v, names[i]);

        PLUMB_TRY(read_payload(&in, &member, &g->payloads[i]));
    }
    return PLUMB_OK;
}

/* --- fleets --- */

static enum plumb_code
wrong(const struct in *in, const struct plumb_jv *v, const char *why)
{
    return plumb_jv_fail(v, in->err, PLUMB_INVALID, "governance.fleet", "%s", why);
}

static enum plumb_code
read_fleet_payloads(const struct in *in, const struct plumb_jv *v, struct plumb_fleet *ret)
{
    const char *only = json_string_value(json_array_get(v->json, 0));

    if (json_array_size(v->json) == 1 && only != NULL && strcmp(only, "*") == 0) {
        ret->all_payloads = true;
        return PLUMB_OK;
    }
    PLUMB_TRY(plumb_names_read(v, in->pool, &ret->payloads, &ret->npayloads, in->err));
    for (size_t i = 0; i < ret->npayloads; i++)
        if (plumb_governance_payload(in->g, ret->payloads[i]) == NULL)
            return plumb_jv_fail(v, in->err, PLUMB_INVALID, "governance.fleet",
                                 "the document has no payload %s", ret->payloads[i]);
    return PLUMB_OK;
}

static enum plumb_code
read_fleet_quorums(const struct in *in, const struct plumb_jv *v, struct plumb_fleet *ret)
{
    static const char *const members[] = { "begin",      "complete",   "rollback",
                                           "reschedule", "revocation", NULL };
    struct plumb_jv revocation = plumb_jv_member(v, "revocation");

    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    for (size_t i = 0; i < PLUMB_ACTION_COUNT; i++) {
        struct plumb_jv member = plumb_jv_member(v, plumb_action_text((enum plumb_action)i));

        PLUMB_TRY(plumb_quorum_read(in->g, in->pool, &member, &ret->rollout[i], in->err));
    }
    return plumb_quorum_read(in->g, in->pool, &revocation, &ret->revocation, in->err);
}

static enum plumb_code
read_periods(const struct in *in, const struct plumb_jv *v, struct plumb_fleet *ret)
{
    struct plumb_jv grace = plumb_jv_member(v, "grace"), limit = plumb_jv_member(v, "limit");
    struct plumb_jv grace_limit = plumb_jv_member(v, "graceLimit");
    struct plumb_jv validity = plumb_jv_member(v, "validity");
    struct plumb_jv refresh = plumb_jv_member(v, "refresh");

    PLUMB_TRY(plumb_jv_duration(&grace, &ret->grace, in->err));
    PLUMB_TRY(plumb_jv_duration(&grace_limit, &ret->grace_limit, in->err));
    PLUMB_TRY(plumb_jv_duration(&limit, &ret->limit, in->err));
    PLUMB_TRY(plumb_jv_duration(&validity, &ret->validity, in->err));
    PLUMB_TRY(plumb_jv_duration(&refresh, &ret->refresh, in->err));
    if (ret->grace > ret->grace_limit)
        return wrong(in, &grace, "is longer than graceLimit");
    if (ret->limit < 1)
        return wrong(in, &limit, "leaves a rollout no time");
    if (ret->refresh < 1 || ret->refresh >= ret->validity)
        return wrong(in, &refresh, "want a time shorter than validity, and not none");
    return PLUMB_OK;
}

/* The document's own rule, and in the message the one of section 4. */
static enum plumb_code
read_platform(const struct in *in, const struct plumb_jv *v, struct plumb_fleet *ret)
{
    struct plumb_err why = { 0 };
    enum plumb_code code = plumb_sets_read(v, true, &ret->platform, &why);

    if (code == PLUMB_INVALID)
        return plumb_fail(in->err, code, "governance.platform", why.where, "%s: %s", why.rule,
                          why.msg);
    if (code != PLUMB_OK && in->err != NULL)
        *in->err = why;
    ret->platform_json = v->json;
    return code;
}

static enum plumb_code
read_anchor(const struct in *in, const struct plumb_jv *v, struct plumb_anchor *ret)
{
    static const char *const members[] = { "name", "sha256", "size", NULL };
    struct plumb_jv name = plumb_jv_member(v, "name"), sha256 = plumb_jv_member(v, "sha256");
    struct plumb_jv size = plumb_jv_member(v, "size");

    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(plumb_jv_name(&name, &ret->name, in->err));
    PLUMB_TRY(plumb_jv_digest(&sha256, &ret->digest, in->err));
    return plumb_jv_int(&size, 1, PLUMB_INTEGER_MAX, &ret->size, in->err);
}

static int
by_anchor(const void *a, const void *b)
{
    return strcmp(((const struct plumb_anchor *)a)->name,
                  ((const struct plumb_anchor *)b)->name);
}

static enum plumb_code
read_anchors(const struct in *in, const struct plumb_jv *v, struct plumb_fleet *ret)
{
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 0, ANCHORS_MAX, &n, in->err));
    ret->anchors = pool_array(in->pool, n, sizeof *ret->anchors);
    if (ret->anchors == NULL)
        return plumb_fail_memory(in->err);
    for (; ret->nanchors < n; ret->nanchors++) {
        struct plumb_jv element = plumb_jv_element(v, ret->nanchors);

        PLUMB_TRY(read_anchor(in, &element, &ret->anchors[ret->nanchors]));
    }
    qsort(ret->anchors, n, sizeof *ret->anchors, by_anchor);
    for (size_t i = 1; i < n; i++)
        if (by_anchor(&ret->anchors[i], &ret->anchors[i - 1]) == 0)
            return plumb_jv_fail(v, in->err, PLUMB_INVALID, "governance.form",
                                 "names %s a second time", ret->anchors[i].name);
    ret->anchors_json = v->json;
    return PLUMB_OK;
}

static enum plumb_code
read_fleet(const struct in *in, const struct plumb_jv *v, struct plumb_fleet *ret)
{
    static const char *const members[] = { "payloads",   "public",  "quorums",  "grace",
                                           "graceLimit", "limit",   "overrun",  "recognitions",
                                           "validity",   "refresh", "platform", "trustAnchors",
                                           NULL };
    static const char *const overruns[] = {
        [PLUMB_OVERRUN_ALERT] = "alert",
        [PLUMB_OVERRUN_ROLLBACK] = "rollback",
        [PLUMB_OVERRUN_COMPLETE] = "complete",
    };
    struct plumb_jv payloads = plumb_jv_member(v, "payloads");
    struct plumb_jv is_public = plumb_jv_member(v, "public");
    struct plumb_jv quorums = plumb_jv_member(v, "quorums");
    struct plumb_jv overrun = plumb_jv_member(v, "overrun");
    struct plumb_jv recognitions = plumb_jv_member(v, "recognitions");
    struct plumb_jv platform = plumb_jv_member(v, "platform");
    struct plumb_jv anchors = plumb_jv_member(v, "trustAnchors");
    size_t word;

    ret->name = v->key;
    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(read_fleet_payloads(in, &payloads, ret));
    PLUMB_TRY(plumb_jv_bool(&is_public, &ret->is_public, in->err));
    PLUMB_TRY(read_fleet_quorums(in, &quorums, ret));
    PLUMB_TRY(read_periods(in, v, ret));
    PLUMB_TRY(plumb_word_read(&overrun, overruns, sizeof overruns / sizeof *overruns,
                              "governance.form", &word, in->err));
    ret->overrun = (enum plumb_overrun)word;
    PLUMB_TRY(plumb_jv_int(&recognitions, 0, RECOGNITIONS_MAX, &ret->recognitions, in->err));
    PLUMB_TRY(read_anchors(in, &anchors, ret));
    return read_platform(in, &platform, ret);
}

enum plumb_code
plumb_fleets_read(struct plumb_governance *g, struct pool *pool, const struct plumb_jv *v,
                  struct plumb_err *err)
{
    const struct in in = { g, pool, err };
    const char **names;
    size_t n;

    PLUMB_TRY(plumb_names_of(v, pool, PLUMB_ELEMENTS_MAX, &names, &n, err));
    g->fleets = pool_array(pool, n, sizeof *g->fleets);
    if (g->fleets == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv member = plumb_jv_member(v, names[i]);

        g->nfleets = i + 1; /* so that its sets are freed */
        PLUMB_TRY(read_fleet(&in, &member, &g->fleets[i]));
    }
    return PLUMB_OK;
}
