#include "tests/lib/statements.h"

#include <stdlib.h>
#include <string.h>

#include "tests/make.h"
#include "tests/t.h"

#define D1 "'1111111111111111111111111111111111111111111111111111111111111111'"
#define D2 "'2222222222222222222222222222222222222222222222222222222222222222'"
#define D5 "'5555555555555555555555555555555555555555555555555555555555555555'"
#define T  "'2026-11-24T03:11:32Z'"

const struct example examples[] = {
    { "genesis", PLUMB_KIND_GOVERNANCE, "governance", "{'version': 1}", "" },
    { "governance", PLUMB_KIND_GOVERNANCE, "governance", "{'version': 2, 'previous': " D1 "}",
      "" },
    { "compromise", PLUMB_KIND_GOVERNANCE, "governance",
      "{'version': 3, 'previous': " D1 ", 'ratify': [" D1 ", " D2 "], 'compromise': ["
      "{'fleet': 'prod', 'payload': 'web', 'version': '1', 'do': 'keep', 'until': " T "},"
      "{'fleet': 'prod', 'payload': 'web', 'version': '2', 'do': 'revoke'}]}",
      " compromise ratify " },
    { "release", PLUMB_KIND_RELEASE, "reference-values", "{'payload': 'web', 'version': '1.2'}",
      "" },
    { "release-sbom", PLUMB_KIND_RELEASE, "reference-values",
      "{'payload': 'web', 'version': '1.2', 'sbom': " D1 ", 'notes': 'faster'}",
      " sbom notes " },
    { "release-source", PLUMB_KIND_RELEASE, "reference-values",
      "{'payload': 'web', 'version': '1.2', 'source': ["
      "{'set': 0, 'kind': 'tdx-quote', 'digest': " D1 ", 'verified': false},"
      "{'set': 7, 'kind': 'claims', 'digest': " D2 ", 'verified': false}]}",
      " source " },
    { "begin", PLUMB_KIND_ROLLOUT, "web@1.2", "{'fleet': 'prod', 'base': 0, 'action': 'begin'}",
      "" },
    { "begin-after", PLUMB_KIND_ROLLOUT, "web@1.2",
      "{'fleet': 'prod', 'base': 7, 'action': 'begin', 'predecessor': " D1 ", 'at': " T "}",
      " predecessor at " },
    { "complete", PLUMB_KIND_ROLLOUT, "web@1.2",
      "{'fleet': 'prod', 'base': 8, 'action': 'complete'}", "" },
    { "rollback", PLUMB_KIND_ROLLOUT, "web@1.2",
      "{'fleet': 'prod', 'base': 8, 'action': 'rollback'}", "" },
    { "reschedule", PLUMB_KIND_ROLLOUT, "web@1.2",
      "{'fleet': 'prod', 'base': 8, 'action': 'reschedule', 'notAfter': " T "}", "" },
    { "revoke", PLUMB_KIND_REVOCATION, "web@1.2",
      "{'reason': 'a flaw', 'fleets': [{'fleet': 'prod', 'base': 3},"
      " {'fleet': 'test', 'base': 0}], 'leaveNothingAccepted': ['prod']}",
      " leaveNothingAccepted " },
    { "revoke-all", PLUMB_KIND_REVOCATION, "web@1.2", "{'reason': 'a flaw', 'all': true}", "" },
    { "approve", PLUMB_KIND_APPROVAL, "proposal", "{'decision': 'approve', 'reason': 'fine'}",
      " reason " },
    { "reject", PLUMB_KIND_APPROVAL, "proposal", "{'decision': 'reject', 'reason': 'no'}", "" },
    { "abstain", PLUMB_KIND_APPROVAL, "proposal", "{'decision': 'abstain'}", "" },
    { "recognition", PLUMB_KIND_RECOGNITION, "web@1.2",
      "{'fleet': 'prod', 'rollout': " D1 ", 'revision': 4, 'content': " D2 "}", "" },
    { "enrol", PLUMB_KIND_ENROLMENT, "vera", "{'fleet': 'prod', 'action': 'enrol'}", "" },
    { "retire", PLUMB_KIND_ENROLMENT, "vera", "{'fleet': 'prod', 'action': 'retire'}", "" },
    { "publication", PLUMB_KIND_PUBLICATION, "content",
      "{'fleet': 'prod', 'revision': 1, 'validUntil': " T "}", "" },
    { "phase-out", PLUMB_KIND_PHASE_OUT, "web@1.2", "{'fleet': 'prod', 'due': " T "}", "" },
    { "begun", PLUMB_KIND_BEGIN, "web@1.2",
      "{'fleet': 'prod', 'due': " T ", 'rollout': " D1 "}", "" },
    { "lapse", PLUMB_KIND_LAPSE, "web@1.2",
      "{'fleet': 'prod', 'due': " T ", 'rollout': " D1 ", 'rule': 'proposal.base'}", "" },
    { "overrun", PLUMB_KIND_OVERRUN, "web@1.2",
      "{'fleet': 'prod', 'due': " T ", 'rollout': " D1 ", 'outcome': 'rollback'}", "" },
    { "evidence", PLUMB_KIND_EVIDENCE, "web@1.2",
      "{'files': [{'kind': 'sbom', 'digest': " D1 ", 'size': 7},"
      "{'kind': 'guidance', 'digest': " D2 ", 'size': 8, 'reviewBy': " T ","
      " 'name': 'guide.pdf'}]}",
      "" },
    { "waiver", PLUMB_KIND_WAIVER, "web@1.2",
      "{'control': 'DEV-IO', 'justification': 'a', 'compensating': 'b', 'until': " T "}", "" },
    { "advisory", PLUMB_KIND_ADVISORY, "advisories", "{'source': 'osv.dev', 'count': 12}", "" },
    { "evaluation", PLUMB_KIND_EVALUATION, "web@1.2",
      "{'at': 9, 'governance': " D1 ", 'results': [{'control': 'DEV-IO', 'level': 'should',"
      " 'state': 'met', 'by': 'assertion of qa', 'evidence': [" D2 "]}]}",
      "" },
};
const size_t nexamples = sizeof examples / sizeof *examples;

const struct example *
example_named(const char *name)
{
    for (size_t i = 0; i < nexamples; i++)
        if (strcmp(examples[i].name, name) == 0)
            return &examples[i];
    fail_msg("there is no example %s", name);
    return NULL;
}

/* A key, and its id as the subject's digest. */
static void
add_key(json_t *statement)
{
    struct plumb_signer *signer = NULL;
    json_t *subject = json_array_get(json_object_get(statement, "subject"), 0);
    struct plumb_err err;

    assert_ok(plumb_signer_generate(PLUMB_KEY_P256, &signer, &err), &err);
    json_object_set_new(json_object_get(subject, "digest"), "sha256",
                        make_hex(plumb_pubkey_id(signer->pub)));
    json_object_set_new(json_object_get(statement, "predicate"), "keys",
                        json_pack("[o]", make_key_json(signer, PLUMB_USE_SIGN)));
    plumb_signer_free(signer);
}

json_t *
example_json(const struct example *e)
{
    const bool genesis = strcmp(e->name, "genesis") == 0;
    json_t *predicate = json_of(
        "{'log': 'example.org/log', 'issued': '2026-11-24T03:11:32Z', "
        "'expires': '2026-11-25T03:11:32Z', 'nonce': '000102030405060708090a0b0c0d0e0f'}");
    json_t *members = json_of(e->members), *type, *statement;

    json_object_update(predicate, members);
    json_decref(members);
    json_object_set_new(predicate, genesis ? "keys" : "key",
                        json_of(genesis ? "[" D1 ", " D2 "]" : D1));
    type = json_sprintf("urn:plumbline:%s:v1", plumb_kind_text(e->kind));
    statement =
        json_pack("{s:s, s:o, s:[{s:s, s:{s:o}}], s:o}", "_type",
                  "https://in-toto.io/Statement/v1", "predicateType", type, "subject", "name",
                  e->subject, "digest", "sha256", json_of(D5), "predicate", predicate);
    assert_non_null(statement);
    if (strcmp(e->name, "enrol") == 0)
        add_key(statement);
    return statement;
}
