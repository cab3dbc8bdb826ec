#include "tests/tui/supplies.h"

#include "tests/t.h"

#include <stdlib.h>
#include <string.h>

#include "client/keyfile.h"
#include "lib/own.h"
#include "tests/cli/people.h"
#include "tests/pieces.h"

json_t *
supply_bill(const char *lodash, const char *more)
{
    json_t *json =
        json_pack("{s:s, s:s, s:i, s:[{s:s, s:s, s:s, s:o}, {s:s, s:s, s:s, s:o}]}",
                  "bomFormat", "CycloneDX", "specVersion", "1.5", "version", 1, "components",
                  "type", "library", "name", "lodash", "version", lodash, "purl",
                  json_sprintf("pkg:npm/lodash@%s", lodash), "type", "library", "name", more,
                  "version", "1.3.0", "purl", json_sprintf("pkg:npm/%s@1.3.0", more));

    assert_non_null(json);
    return json;
}

const char *
supply_file(const char *name, json_t *json)
{
    PLUMB_AUTO(auto_free) char *text = json_dumps(json, JSON_COMPACT);

    assert_non_null(text);
    json_decref(json);
    return in_bytes(name, text, strlen(text));
}

json_t *
supply_attested(const char *key, const char *type, const struct plumb_digest *about,
                json_t *predicate)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };
    struct plumb_signer *signer = NULL;
    struct plumb_err err;
    json_t *json;

    assert_ok(keyfile_read(key, NULL, NULL, &signer, &err), &err);
    bytes = make_attestation_by(&signer, 1, type, about, 1, predicate);
    plumb_signer_free(signer);
    json = json_loadb((const char *)bytes.data, bytes.len, 0, NULL);
    assert_non_null(json);
    return json;
}

const char *
supply_roots(const char *name, const char *one, const char *two)
{
    static struct piece piece;

    piece.len = 0;
    put_certificate(&piece, one);
    put_certificate(&piece, two);
    return in_bytes(name, piece.data, piece.len);
}

struct plumb_digest
supply_artifact(const char *version)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = ANSWER("pipeline", "release", "show", version);
    const char *hex = json_string_value(json_object_get(json, "referenceValues"));
    struct plumb_digest ret;
    struct plumb_err err;

    assert_non_null(hex);
    assert_ok(plumb_digest_parse(hex, "referenceValues", &ret, &err), &err);
    return ret;
}

void
supply_current(void)
{
    const char *id =
        id_of(ANSWER("pipeline", "release", "add", "svr2@1", "--values", values_of(1), "--sbom",
                     supply_file("sbom.json", supply_bill("4.0.0", "left-pad"))));
    const char *waiver;

    assert_as("pipeline", 0, "evidence", "add", "svr2@1", "sbom.json",
              supply_roots("roots.pem", "One", "Two"),
              supply_roots("old.pem", "Three", "Four"));
    assert_as("pipeline", 0, "advisories", "import", "--empty");
    waiver =
        id_of(ANSWER("pipeline", "waiver", "svr2@1", "DEV-IO", "--until",
                     "2099-01-01T00:00:00Z", "--justification", "late", "--compensating", "-"));
    approves("alice", waiver);
    approves("bob", waiver);
    approves("alice", id);
    approves("bob", id);
    begun("svr2@1");
    completed("svr2@1");
}
