/* What the predicates say that we act on; all else in them is read over. */
#include <string.h>

#include "lib/own.h"
#include "supply/attestation_read.h"

static const json_t *
at(const json_t *json, const char *one, const char *two)
{
    return json_object_get(json_object_get(json, one), two);
}

/* "git+https://host/repo@refs/heads/main" is the repository, at a ref. A '@' before the path
 * is a user's. */
static enum plumb_code
split_source(const struct attestation_in *in, const char *uri, const char **ret,
             const char **ret_ref)
{
    const char *from = strncmp(uri, "git+", 4) == 0 ? uri + 4 : uri;
    char *copy = pool_text(in->pool, from), *host, *at_sign;

    if (copy == NULL)
        return plumb_fail_memory(in->err);
    host = strstr(copy, "://");
    host = strchr(host != NULL ? host + 3 : copy, '/');
    at_sign = host != NULL ? strchr(host, '@') : NULL;
    if (at_sign != NULL) {
        *at_sign = '\0';
        *ret_ref = at_sign + 1;
    }
    *ret = copy;
    return PLUMB_OK;
}

/* The source is what the build was asked to build: of a GitHub workflow its repository, else
 * the external parameter "source", as a URI or a resource descriptor. */
static enum plumb_code
read_source(const struct attestation_in *in, const json_t *external)
{
    const json_t *workflow = json_object_get(external, "workflow");
    const json_t *source = json_object_get(external, "source");
    const json_t *uri = json_object_get(workflow, "repository");
    const char *text;

    if (uri == NULL)
        uri = json_is_object(source) ? json_object_get(source, "uri") : source;
    PLUMB_TRY(attestation_text_of(in, uri, &text));
    if (text != NULL)
        PLUMB_TRY(split_source(in, text, &in->a->u.provenance.source,
                               &in->a->u.provenance.source_ref));
    if (in->a->u.provenance.source_ref == NULL)
        PLUMB_TRY(attestation_text_of(in, json_object_get(workflow, "ref"),
                                      &in->a->u.provenance.source_ref));
    return PLUMB_OK;
}

static enum plumb_code
read_provenance(const struct attestation_in *in)
{
    const json_t *definition = json_object_get(in->predicate, "buildDefinition");
    const json_t *run = json_object_get(in->predicate, "runDetails");
    const json_t *external = json_object_get(definition, "externalParameters");
    struct attestation *a = in->a;

    PLUMB_TRY(attestation_need(in, at(run, "builder", "id"), "runDetails.builder.id",
                               &a->u.provenance.builder));
    PLUMB_TRY(attestation_need(in, json_object_get(definition, "buildType"),
                               "buildDefinition.buildType", &a->u.provenance.build_type));
    PLUMB_TRY(read_source(in, external));
    PLUMB_TRY(attestation_parameters(in, external, NULL));
    PLUMB_TRY(attestation_time(in, at(run, "metadata", "startedOn"),
                               "runDetails.metadata.startedOn", &a->u.provenance.started));
    PLUMB_TRY(attestation_time(in, at(run, "metadata", "finishedOn"),
                               "runDetails.metadata.finishedOn", &a->u.provenance.finished));
    return attestation_resources(in, json_object_get(definition, "resolvedDependencies"),
                                 &a->u.provenance.dependencies, &a->u.provenance.ndependencies);
}

/* Version 0.2: what was asked for is under "invocation", all but the "environment", which the
 * builder adds; what went in are "materials". */
static enum plumb_code
read_provenance_02(const struct attestation_in *in)
{
    const json_t *metadata = json_object_get(in->predicate, "metadata");
    const json_t *source = at(in->predicate, "invocation", "configSource");
    struct attestation *a = in->a;
    const char *uri;

    PLUMB_TRY(attestation_need(in, at(in->predicate, "builder", "id"), "builder.id",
                               &a->u.provenance.builder));
    PLUMB_TRY(attestation_need(in, json_object_get(in->predicate, "buildType"), "buildType",
                               &a->u.provenance.build_type));
    PLUMB_TRY(attestation_text_of(in, json_object_get(source, "uri"), &uri));
    if (uri != NULL)
        PLUMB_TRY(split_source(in, uri, &a->u.provenance.source, &a->u.provenance.source_ref));
    PLUMB_TRY(attestation_parameters(in, json_object_get(in->predicate, "invocation"),
                                     "environment"));
    PLUMB_TRY(attestation_time(in, json_object_get(metadata, "buildStartedOn"),
                               "metadata.buildStartedOn", &a->u.provenance.started));
    PLUMB_TRY(attestation_time(in, json_object_get(metadata, "buildFinishedOn"),
                               "metadata.buildFinishedOn", &a->u.provenance.finished));
    return attestation_resources(in, json_object_get(in->predicate, "materials"),
                                 &a->u.provenance.dependencies, &a->u.provenance.ndependencies);
}

static enum plumb_code
read_summary(const struct attestation_in *in)
{
    const json_t *levels = json_object_get(in->predicate, "verifiedLevels");
    const char *result;
    struct attestation *a = in->a;
    size_t n = json_array_size(levels);

    PLUMB_TRY(attestation_need(in, at(in->predicate, "verifier", "id"), "verifier.id",
                               &a->u.summary.verifier));
    PLUMB_TRY(attestation_need(in, json_object_get(in->predicate, "resourceUri"), "resourceUri",
                               &a->u.summary.resource));
    PLUMB_TRY(
        attestation_text_of(in, at(in->predicate, "policy", "uri"), &a->u.summary.policy));
    PLUMB_TRY(attestation_time(in, json_object_get(in->predicate, "timeVerified"),
                               "timeVerified", &a->u.summary.time));
    PLUMB_TRY(attestation_need(in, json_object_get(in->predicate, "verificationResult"),
                               "verificationResult", &result));
    if (strcmp(result, "PASSED") != 0 && strcmp(result, "FAILED") != 0)
        return attestation_wrong(in, "verificationResult", "want PASSED or FAILED");
    a->u.summary.passed = strcmp(result, "PASSED") == 0;
    a->u.summary.levels = pool_array(in->pool, n, sizeof *a->u.summary.levels);
    if (a->u.summary.levels == NULL)
        return plumb_fail_memory(in->err);
    for (size_t i = 0; i < n; i++)
        PLUMB_TRY(attestation_need(in, json_array_get(levels, i), "verifiedLevels",
                                   &a->u.summary.levels[i]));
    a->u.summary.nlevels = n;
    return PLUMB_OK;
}

static enum plumb_code
read_attributes(const struct attestation_in *in)
{
    const json_t *list = json_object_get(in->predicate, "attributes");
    size_t n = json_array_size(list);
    struct attestation *a = in->a;

    if (n == 0)
        return attestation_wrong(in, "attributes", "want attributes");
    a->u.attributes.names = pool_array(in->pool, n, sizeof *a->u.attributes.names);
    if (a->u.attributes.names == NULL)
        return plumb_fail_memory(in->err);
    for (size_t i = 0; i < n; i++)
        PLUMB_TRY(attestation_need(in, json_object_get(json_array_get(list, i), "attribute"),
                                   "attributes.attribute", &a->u.attributes.names[i]));
    a->u.attributes.n = n;
    return PLUMB_OK;
}

static enum plumb_code
read_reference(const struct attestation_in *in)
{
    struct attestation *a = in->a;

    PLUMB_TRY(attestation_resources(in, json_object_get(in->predicate, "references"),
                                    &a->u.reference.resources, &a->u.reference.n));
    return a->u.reference.n > 0 ? PLUMB_OK
                                : attestation_wrong(in, "references", "refers to nothing");
}

static enum plumb_code
read_rebuild(const struct attestation_in *in)
{
    PLUMB_TRY(attestation_text_of(in, json_object_get(in->predicate, "environment"),
                                  &in->a->u.rebuild.environment));
    return attestation_time(in, json_object_get(in->predicate, "finished"), "finished",
                            &in->a->u.rebuild.finished);
}

static enum plumb_code
read_assertion(const struct attestation_in *in)
{
    const json_t *documents = json_object_get(in->predicate, "documents");
    size_t n = json_array_size(documents);
    struct attestation *a = in->a;

    PLUMB_TRY(attestation_need(in, json_object_get(in->predicate, "control"), "control",
                               &a->u.assertion.control));
    PLUMB_TRY(attestation_need(in, json_object_get(in->predicate, "statement"), "statement",
                               &a->u.assertion.statement));
    PLUMB_TRY(attestation_time(in, json_object_get(in->predicate, "until"), "until",
                               &a->u.assertion.until));
    if (n == 0)
        return attestation_wrong(in, "documents", "rests on no document");
    a->u.assertion.documents = pool_array(in->pool, n, sizeof *a->u.assertion.documents);
    if (a->u.assertion.documents == NULL)
        return plumb_fail_memory(in->err);
    for (size_t i = 0; i < n; i++) {
        const char *hex = json_string_value(json_array_get(documents, i));

        if (hex == NULL ||
            plumb_digest_parse(hex, "", &a->u.assertion.documents[i], NULL) != PLUMB_OK)
            return attestation_wrong(in, "documents", "want SHA-256 digests in hex");
    }
    a->u.assertion.ndocuments = n;
    return PLUMB_OK;
}

/* The document is the predicate: as text again, for whoever reads such documents. */
static enum plumb_code
read_document(const struct attestation_in *in)
{
    char *text = json_dumps(in->predicate, JSON_COMPACT);

    if (text == NULL)
        return plumb_fail_memory(in->err);
    in->a->document = (struct plumb_bytes){ (uint8_t *)text, strlen(text) };
    return PLUMB_OK;
}

/* One with an open end is a prefix: later versions of a document say in themselves which. */
static const struct {
    const char *type;
    bool prefix;
    enum attestation_kind kind;
    enum plumb_code (*read)(const struct attestation_in *in);
} predicates[] = {
    { "https://slsa.dev/provenance/v1", false, ATTESTATION_PROVENANCE, read_provenance },
    { "https://slsa.dev/provenance/v0.2", false, ATTESTATION_PROVENANCE, read_provenance_02 },
    { "https://slsa.dev/verification_summary/v1", false, ATTESTATION_SUMMARY, read_summary },
    { "https://in-toto.io/attestation/scai/v0.3", false, ATTESTATION_ATTRIBUTES,
      read_attributes },
    { REFERENCE_TYPE, false, ATTESTATION_REFERENCE, read_reference },
    { REBUILD_TYPE, false, ATTESTATION_REBUILD, read_rebuild },
    { ASSERTION_TYPE, false, ATTESTATION_ASSERTION, read_assertion },
    { "https://cyclonedx.org/bom", true, ATTESTATION_SBOM, read_document },
    { "https://spdx.dev/Document", true, ATTESTATION_SBOM, read_document },
    { "https://openvex.dev/ns", true, ATTESTATION_VEX, read_document },
};

enum plumb_code
attestation_predicate(const struct attestation_in *in)
{
    const char *type = in->a->predicate_type;

    for (size_t i = 0; i < sizeof predicates / sizeof *predicates; i++) {
        size_t len = strlen(predicates[i].type);

        if (strncmp(type, predicates[i].type, len) != 0 ||
            (type[len] != '\0' && (!predicates[i].prefix || type[len] != '/')))
            continue;
        in->a->kind = predicates[i].kind;
        return predicates[i].read(in);
    }
    in->a->kind = ATTESTATION_OTHER;
    return PLUMB_OK;
}
