/* Governance lines: from the pinned genesis, each version approved under the one before. */
#include "lib/bundle_read.h"

#include <string.h>

#include "lib/own.h"

PLUMB_DEFINE_AUTO(auto_governance, struct plumb_governance *, plumb_governance_free);
PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);

static size_t
governance_quorum(const struct plumb_governance *doc, const void *arg,
                  const struct plumb_quorum *ret[BUNDLE_QUORUMS_MAX])
{
    (void)arg;
    ret[0] = &doc->quorum;
    return 1;
}

static enum plumb_code
keep(struct plumb_bundle_reader *r, struct bundle_entry *e, struct plumb_err *err)
{
    PLUMB_TRY(bundle_grow(&r->governance.v, r->governance.n, &r->governance.room,
                          sizeof *r->governance.v, err));
    r->governance.v[r->governance.n++] = *e;
    e->opened = NULL;
    return PLUMB_OK;
}

static enum plumb_code
parse_named(struct span document, const struct plumb_statement *s,
            struct plumb_governance **ret, struct plumb_err *err)
{
    struct plumb_digest digest;

    plumb_sha256(document.p, document.len, &digest);
    if (plumb_digest_eq(&digest, &s->u.governance.document))
        return plumb_governance_parse(document.p, document.len, ret, err);
    (void)plumb_fail(err, PLUMB_REFUSED, "bundle.digest", "document",
                     "it is not the document that the statement names");
    return PLUMB_REFUSED;
}

static enum plumb_code
check_genesis_keys(struct plumb_bundle_reader *r, const struct bundle_entry *e,
                   const struct plumb_governance *doc, struct plumb_err *err)
{
    const struct plumb_statement *s = e->opened->statement;
    /* nobody proposes a genesis: the first vote is no key's, and every signer approves */
    struct plumb_vote votes[1 + PLUMB_SIGNATURE_MAX] = { 0 };
    const char *id;

    for (size_t i = 0; i < s->nkeys && i < PLUMB_SIGNATURE_MAX; i++) {
        PLUMB_TRY(plumb_chain_signer(r->in->chain, &s->keys[i], PLUMB_USE_SIGN, e->index, 0,
                                     &id, err));
        votes[1 + i] = (struct plumb_vote){ s->keys[i], e->index, e->time, PLUMB_APPROVE };
    }
    if (plumb_quorum_tally(r->in->chain, 0, doc, &doc->quorum, votes, 1 + s->nkeys) !=
        PLUMB_TALLY_MET)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.quorum", "entries",
                          "the genesis is not signed by the quorum that it names");
    r->bundle->checked_quorums++;
    return PLUMB_OK;
}

/* Unverified until its own document's keys have been seen to sign it; pinned, though. */
static enum plumb_code
peek_pinned(const struct plumb_bundle_reader *r, json_t *envelope, struct plumb_statement **ret,
            struct plumb_err *err)
{
    PLUMB_AUTO(plumb_dsse_clear) struct plumb_dsse dsse = { 0 };
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = NULL;
    struct plumb_jv v = plumb_jv_root(envelope, "envelope");

    PLUMB_TRY(plumb_dsse_read(&v, &dsse, err));
    PLUMB_TRY(plumb_statement_peek(dsse.payload.data, dsse.payload.len, &s, err));
    if (!plumb_digest_eq(&s->id, &r->trust->genesis))
        return plumb_fail(err, PLUMB_REFUSED, "bundle.genesis", "entries[0]",
                          "it is not the genesis that the trust file pins");
    if (s->kind != PLUMB_KIND_GOVERNANCE || s->u.governance.version != 1)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.genesis", "entries[0]",
                          "what the trust file pins is no genesis");
    *ret = PLUMB_TAKE(s);
    return PLUMB_OK;
}

static enum plumb_code
read_genesis(struct plumb_bundle_reader *r, struct span document, struct span entries,
             struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = NULL;
    PLUMB_AUTO(auto_governance) struct plumb_governance *doc = NULL;
    const struct plumb_governance *pushed;
    struct bundle_entry e = { 0 };
    enum plumb_code code;
    uint64_t index;
    plumb_time time;

    if (!span_text(&entries, "[{"))
        return bundle_malformed("entries", err);
    PLUMB_TRY(bundle_entry_prove(r, &entries, &index, &time, &envelope, err));
    if (!span_text(&entries, "}]") || entries.len != 0)
        return bundle_malformed("entries", err);
    if (index != 0)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.genesis", "entries[0].index",
                          "the genesis is the first entry of its log");
    PLUMB_TRY(peek_pinned(r, envelope, &s, err));
    PLUMB_TRY(parse_named(document, s, &doc, err));
    if (strcmp(doc->origin, r->bundle->checkpoint.origin) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.genesis", "document.log.origin",
                          "it governs another log");
    PLUMB_TRY(plumb_chain_push(r->in->chain, doc, &s->id, index, time, err));
    pushed = PLUMB_TAKE(doc);
    PLUMB_TRY(bundle_entry_sign(r, envelope, index, time, bundle_chain_lookup, r->in->chain, &e,
                                err));
    code = check_genesis_keys(r, &e, pushed, err);
    if (code == PLUMB_OK)
        code = keep(r, &e, err);
    plumb_signed_free(e.opened);
    return code;
}

static enum plumb_code
check_follows(const struct bundle_entry *proposal, const struct plumb_link *last,
              struct plumb_err *err)
{
    const struct plumb_statement *s = proposal->opened->statement;

    if (s->kind != PLUMB_KIND_GOVERNANCE)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.governance", "entries[0]",
                          "it is no governance statement");
    if (s->u.governance.version != last->document->version + 1 ||
        !plumb_digest_eq(&s->u.governance.previous, &last->document->digest) ||
        proposal->index <= last->index)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.governance", "entries[0]",
                          "it does not follow version %lld",
                          (long long)last->document->version);
    return PLUMB_OK;
}

static enum plumb_code
read_next(struct plumb_bundle_reader *r, struct span document, struct bundle_entries *entries,
          struct plumb_err *err)
{
    PLUMB_AUTO(bundle_motion_clear) struct bundle_motion m = { 0 };
    PLUMB_AUTO(auto_governance) struct plumb_governance *doc = NULL;
    PLUMB_AUTO(auto_free) const struct bundle_entry **list = NULL;

    if (entries->n == 0 || entries->n > BUNDLE_ENTRIES_MAX)
        return bundle_malformed("entries", err);
    list = calloc(entries->n, sizeof *list);
    if (list == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < entries->n; i++)
        list[i] = &entries->v[i];
    PLUMB_TRY(check_follows(list[0], plumb_chain_last(r->in->chain), err));
    PLUMB_TRY(bundle_motion_count(r, list, entries->n, PLUMB_POWER_GOVERNANCE,
                                  governance_quorum, NULL, &m, err));
    PLUMB_TRY(parse_named(document, list[0]->opened->statement, &doc, err));
    PLUMB_TRY(plumb_chain_push(r->in->chain, doc, &list[0]->opened->statement->id, m.index,
                               m.time, err));
    (void)PLUMB_TAKE(doc);
    return keep(r, &entries->v[0], err);
}

enum plumb_code
bundle_read_governance(struct plumb_bundle_reader *r, struct span line, struct plumb_err *err)
{
    PLUMB_AUTO(bundle_entries_clear) struct bundle_entries opened = { 0 };
    struct span document, entries;

    if (!span_text(&line, "{\"document\":") || !span_value(&line, &document) ||
        !span_text(&line, ",\"entries\":") || !span_value(&line, &entries) ||
        !span_text(&line, ",\"type\":\"governance\"}") || line.len != 0)
        return bundle_malformed("", err);
    if (document.len > PLUMB_DOCUMENT_MAX)
        return plumb_fail(err, PLUMB_TOO_LARGE, "json.size", "document",
                          "%zu bytes, at most %u are read", document.len, PLUMB_DOCUMENT_MAX);
    if (plumb_chain_length(r->in->chain) == 0)
        return read_genesis(r, document, entries, err);
    PLUMB_TRY(bundle_entries_open(r, entries, &opened, err));
    return read_next(r, document, &opened, err);
}
