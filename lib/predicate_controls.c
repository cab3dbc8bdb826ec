/* What statements about evidence, waivers, advisories and evaluations say. */
#include <string.h>

#include "lib/own.h"
#include "lib/predicate.h"
#include "lib/statement.h"
#include "lib/word.h"

#define FILE_NAME_MAX 200
#define RESULTS_MAX   256

static enum plumb_code
read_file(const struct plumb_jv *v, struct plumb_attached *ret, struct plumb_err *err)
{
    static const char *const plain[] = { "kind", "digest", "size", "?name", NULL };
    static const char *const guidance[] = {
        "kind", "digest", "size", "?name", "reviewBy", NULL
    };
    const char *kinds[PLUMB_FILE_KIND_COUNT];
    struct plumb_jv kind = plumb_jv_member(v, "kind"), digest = plumb_jv_member(v, "digest");
    struct plumb_jv size = plumb_jv_member(v, "size"), name = plumb_jv_member(v, "name");
    struct plumb_jv review_by = plumb_jv_member(v, "reviewBy");
    size_t word;

    for (size_t i = 0; i < PLUMB_FILE_KIND_COUNT; i++)
        kinds[i] = plumb_file_kind_text((enum plumb_file_kind)i);
    PLUMB_TRY(plumb_jv_object(v, err));
    PLUMB_TRY(
        plumb_word_read(&kind, kinds, PLUMB_FILE_KIND_COUNT, "statement.form", &word, err));
    ret->kind = (enum plumb_file_kind)word;
    PLUMB_TRY(plumb_jv_closed(v, ret->kind == PLUMB_FILE_GUIDANCE ? guidance : plain, err));
    PLUMB_TRY(plumb_jv_digest(&digest, &ret->digest, err));
    PLUMB_TRY(plumb_jv_int(&size, 1, PLUMB_ATTACHED_SIZE, &ret->size, err));
    if (name.json != NULL)
        PLUMB_TRY(plumb_jv_string(&name, FILE_NAME_MAX, &ret->name, err));
    ret->review_by = PLUMB_TIME_NEVER;
    return ret->kind == PLUMB_FILE_GUIDANCE ? plumb_jv_time(&review_by, &ret->review_by, err)
                                            : PLUMB_OK;
}

enum plumb_code
predicate_evidence(const struct predicate *in)
{
    static const char *const members[] = { STAMP, "files", NULL };
    struct plumb_jv v = plumb_jv_member(in->predicate, "files");
    struct plumb_statement *s = in->s;
    size_t n;

    PLUMB_TRY(predicate_closed(in, members));
    PLUMB_TRY(predicate_release_subject(in, &s->u.evidence.release));
    PLUMB_TRY(plumb_jv_array(&v, 1, PLUMB_ATTACHED_MAX, &n, in->err));
    s->u.evidence.files = pool_array(in->pool, n, sizeof *s->u.evidence.files);
    if (s->u.evidence.files == NULL)
        return plumb_fail_memory(in->err);
    s->u.evidence.nfiles = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&v, i);

        PLUMB_TRY(read_file(&element, &s->u.evidence.files[i], in->err));
        for (size_t j = 0; j < i; j++)
            if (plumb_digest_eq(&s->u.evidence.files[i].digest, &s->u.evidence.files[j].digest))
                return plumb_jv_fail(&element, in->err, PLUMB_INVALID, "statement.form",
                                     "attaches a file a second time");
    }
    return PLUMB_OK;
}

enum plumb_code
predicate_waiver(const struct predicate *in)
{
    static const char *const members[] = { STAMP,          "control", "justification",
                                           "compensating", "until",   NULL };
    struct plumb_statement *s = in->s;

    PLUMB_TRY(predicate_closed(in, members));
    PLUMB_TRY(predicate_release_subject(in, &s->u.waiver.release));
    PLUMB_TRY(predicate_name(in, "control", &s->u.waiver.control));
    PLUMB_TRY(predicate_text(in, "justification", true, &s->u.waiver.justification));
    PLUMB_TRY(predicate_text(in, "compensating", true, &s->u.waiver.compensating));
    return predicate_time(in, "until", &s->u.waiver.until);
}

enum plumb_code
predicate_advisory(const struct predicate *in)
{
    static const char *const members[] = { STAMP, "source", "count", NULL };
    struct plumb_statement *s = in->s;
    struct plumb_digest nothing;

    PLUMB_TRY(predicate_closed(in, members));
    PLUMB_TRY(predicate_one_subject(in, "advisories", &s->u.advisory.records));
    PLUMB_TRY(predicate_text(in, "source", true, &s->u.advisory.source));
    PLUMB_TRY(predicate_int(in, "count", 0, &s->u.advisory.count));
    plumb_sha256("", 0, &nothing);
    if ((s->u.advisory.count == 0) != plumb_digest_eq(&s->u.advisory.records, &nothing))
        return predicate_wrong_subject(
            in, 0, "the digest of no bytes where count is 0, and only there");
    return PLUMB_OK;
}

/* What stands in a result is the engine's to say: it derives them all again. */
enum plumb_code
predicate_evaluation(const struct predicate *in)
{
    static const char *const members[] = { STAMP, "at", "governance", "results", NULL };
    struct plumb_jv results = plumb_jv_member(in->predicate, "results");
    struct plumb_statement *s = in->s;
    int64_t at;
    size_t n;

    PLUMB_TRY(predicate_closed(in, members));
    PLUMB_TRY(predicate_release_subject(in, &s->u.evaluation.release));
    PLUMB_TRY(predicate_int(in, "at", 0, &at));
    PLUMB_TRY(predicate_digest(in, "governance", &s->u.evaluation.governance));
    PLUMB_TRY(plumb_jv_array(&results, 1, RESULTS_MAX, &n, in->err));
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(&results, i);

        PLUMB_TRY(plumb_jv_object(&element, in->err));
    }
    s->u.evaluation.at = (uint64_t)at;
    s->u.evaluation.results = results.json;
    return PLUMB_OK;
}
