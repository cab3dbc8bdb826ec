#include "audit/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/state.h"
#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_attestation, struct attestation *, attestation_free);

/* --- one summary --- */

static bool
is_services(const struct plumb_principal *p, const struct plumb_key *k)
{
    return (p->may & 1u << PLUMB_POWER_SERVICE) != 0 && k->use == PLUMB_USE_SIGN &&
           k->status != PLUMB_KEY_COMPROMISED;
}

static enum plumb_code
find_keys(const struct plumb_governance *document, const struct plumb_pubkey ***ret,
          size_t *ret_n, struct plumb_err *err)
{
    const struct plumb_pubkey **keys;
    size_t n = 0;

    for (size_t i = 0; i < document->nprincipals; i++)
        n += document->principals[i].nkeys;
    keys = calloc(n + 1, sizeof *keys);
    if (keys == NULL)
        return plumb_fail_memory(err);
    n = 0;
    for (size_t i = 0; i < document->nprincipals; i++) {
        const struct plumb_principal *p = &document->principals[i];

        for (size_t k = 0; k < p->nkeys; k++)
            if (is_services(p, &p->keys[k]))
                keys[n++] = p->keys[k].pub;
    }
    *ret = keys;
    *ret_n = n;
    return PLUMB_OK;
}

enum plumb_code
summary_open(const struct plumb_governance *document, const void *data, size_t len,
             struct attestation **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) const struct plumb_pubkey **keys = NULL;
    PLUMB_AUTO(auto_attestation) struct attestation *a = NULL;
    struct attestation_keyring ring = { .nkeys = 0 };

    PLUMB_TRY(find_keys(document, &keys, &ring.nkeys, err));
    ring.keys = keys;
    PLUMB_TRY(attestation_open(data, len, &ring, &a, err));
    if (a->kind != ATTESTATION_SUMMARY)
        return plumb_fail(err, PLUMB_INVALID, "summary.kind", "predicateType",
                          "want " ENGINE_SUMMARY_TYPE);
    *ret = PLUMB_TAKE(a);
    return PLUMB_OK;
}

/* Whoever signs it: is this what is signed? */
static enum plumb_code
check_payload(const void *data, size_t len, const struct plumb_bytes *want,
              struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(auto_free) char *text = NULL;
    const char *got;

    PLUMB_TRY(plumb_json_load(data, len, SUMMARY_FILE_MAX, PLUMB_JSON_DEPTH, &envelope, err));
    PLUMB_TRY(plumb_base64(want->data, want->len, &text, err));
    got = json_string_value(json_object_get(envelope, "payload"));
    if (got == NULL || strcmp(got, text) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "summary.content", "payload",
                          "it does not say what the log derives of this evaluation");
    return PLUMB_OK;
}

enum plumb_code
summary_check(const struct engine *e, const struct plumb_digest *release, const void *data,
              size_t len, struct plumb_err *err)
{
    const struct plumb_link *link = plumb_chain_last(engine_chain(e));
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes want = { 0 };
    PLUMB_AUTO(auto_attestation) struct attestation *a = NULL;

    PLUMB_TRY(engine_summary_statement(e, release, &want, err));
    PLUMB_TRY(summary_open(link->document, data, len, &a, err));
    return check_payload(data, len, &want, err);
}

/* --- those of a whole log --- */

struct looking {
    struct audit *a;
    struct plumb_err *err;
    enum plumb_code code;
};

static enum plumb_code
look(struct audit *a, const struct plumb_digest *release, uint64_t record,
     struct plumb_err *err)
{
    const struct audit_source *source = a->config.source;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    struct plumb_err what;
    char hex[PLUMB_DIGEST_HEX], where[96];
    enum plumb_code code = source->summary(source->self, release, &bytes, &what);

    plumb_digest_hex(release, hex);
    (void)snprintf(where, sizeof where, "summaries/%s.json", hex);
    if (code == PLUMB_NOT_FOUND)
        return audit_say(a, record, NULL, "summary.absent", where, err,
                         "the summary of this evaluation is not there");
    if (code != PLUMB_OK)
        return audit_pass(&what, err);
    code = summary_check(a->engine, release, bytes.data, bytes.len, &what);
    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (code != PLUMB_OK) {
        (void)snprintf(what.where, sizeof what.where, "%s", where);
        return audit_find(a, record, NULL, &what, err);
    }
    a->counts.summaries++;
    return PLUMB_OK;
}

static bool
look_at(void *arg, const struct engine_version *v)
{
    struct looking *l = arg;
    struct engine_evaluation e;

    if (engine_evaluation(l->a->engine, &v->release, &e) && e.recorded)
        l->code = look(l->a, &v->release, e.record, l->err);
    return l->code == PLUMB_OK;
}

enum plumb_code
audit_summaries(struct audit *a, struct plumb_err *err)
{
    struct looking l = { a, err, PLUMB_OK };

    if (a->config.source->summary != NULL)
        engine_each_version(a->engine, NULL, look_at, &l);
    return l.code;
}
