/* Claims in JSON: our own, and the claim sets that Trustee's attestation service makes. */
#include <string.h>

#include "lib/evidence.h"
#include "lib/own.h"

#define JSON_MAX (4u << 20) /* Trustee's have the event log in them */

static enum plumb_code
from_claims(const struct plumb_claims *claims, struct draft_evidence *e, struct plumb_err *err)
{
    struct draft d;

    draft_begin(&d, e->pool, PLUMB_EVIDENCE_CLAIMS, claims->tee);
    for (size_t i = 0; i < claims->n; i++) {
        const struct plumb_claim *c = &claims->claims[i];

        if (c->kind->match == PLUMB_MATCH_MIN)
            draft_number(&d, c->kind->name, c->number);
        else
            PLUMB_TRY(draft_claim(&d, c->kind->name, c->value, c->len, err));
        if (strcmp(c->kind->name, "mrsigner") == 0)
            evidence_warn_signer(&d, c->value);
    }
    return draft_end(&d, e, err);
}

PLUMB_DEFINE_AUTO(auto_claims, struct plumb_claims *, plumb_claims_free);

enum plumb_code
evidence_load_json(const uint8_t *data, size_t len, const char *rule, json_t **ret,
                   struct plumb_err *err)
{
    json_error_t bad = { 0 };
    json_t *json =
        json_loadb((const char *)data, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &bad);

    if (json_is_object(json)) {
        *ret = json;
        return PLUMB_OK;
    }
    if (json == NULL &&
        (json_error_code(&bad) == json_error_out_of_memory || bad.text[0] == '\0'))
        return plumb_fail_memory(err); /* it says nothing only where it got none */
    json_decref(json);
    return plumb_fail(err, PLUMB_UNSUPPORTED, rule, "", "no JSON object: line %d: %s", bad.line,
                      bad.text);
}

enum plumb_code
evidence_json(const uint8_t *data, size_t len, struct draft_evidence *e, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *root = NULL;
    PLUMB_AUTO(auto_claims) struct plumb_claims *claims = NULL;
    const char *schema;

    if (len > JSON_MAX)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "evidence.unknown", "",
                          "JSON of more than %u bytes", JSON_MAX);
    PLUMB_TRY(evidence_load_json(data, len, "evidence.unknown", &root, err));
    schema = json_string_value(json_object_get(root, "schema"));
    if (schema == NULL || strncmp(schema, "urn:plumbline:claims:", 21) != 0)
        return evidence_trustee(root, e, err);
    PLUMB_TRY(plumb_claims_parse(data, len, &claims, err));
    return from_claims(claims, e, err);
}
