/* evidence_check.h - what holds of everything that was read. */
#ifndef FUZZ_EVIDENCE_CHECK_H
#define FUZZ_EVIDENCE_CHECK_H

#include <plumb/evidence.h>

#include <assert.h>

/* A set can be released as it is, and the evidence meets it unless it is in debug mode. */
static inline void
check_set(const struct plumb_reading *r)
{
    struct plumb_bytes bytes = { 0 };
    struct plumb_sets *sets = NULL;
    json_t *json = NULL, *document;

    assert(plumb_set_json(&r->set, &json, NULL) == PLUMB_OK);
    document =
        json_pack("{s:s, s:[o]}", "schema", "urn:plumbline:reference-values:v1", "sets", json);
    assert(plumb_json_canonical(document, &bytes, NULL) == PLUMB_OK);
    json_decref(document);
    assert(plumb_refvals_parse(bytes.data, bytes.len, &sets, NULL) == PLUMB_OK);
    for (size_t i = 0; i < r->set.n; i++)
        assert((r->warnings & 1u << PLUMB_WARNING_DEBUG) != 0 ||
               plumb_measurement_met(&sets->sets[0].measurements[i], &r->claims));
    plumb_sets_free(sets);
    plumb_bytes_clear(&bytes);
}

static inline void
check_evidence(const struct plumb_evidence *e, size_t size)
{
    assert(e->n >= 1 && e->n <= PLUMB_EVIDENCE_READINGS_MAX);
    for (size_t i = 0; i < e->n; i++) {
        const struct plumb_reading *r = &e->readings[i];

        assert(r->kind < PLUMB_EVIDENCE_KIND_COUNT && r->offset < size);
        for (size_t c = 1; c < r->claims.n; c++)
            assert(r->claims.claims[c - 1].kind < r->claims.claims[c].kind);
        if (r->set.n > 0)
            check_set(r);
    }
}

static inline void
check_read(const uint8_t *data, size_t size)
{
    struct plumb_evidence *e = NULL;
    struct plumb_err err = { 0 };

    if (plumb_evidence_read(data, size, &e, &err) != PLUMB_OK) {
        assert(e == NULL && err.code != PLUMB_OK && err.rule[0] != '\0');
        return;
    }
    check_evidence(e, size);
    plumb_evidence_free(e);
}

#endif
