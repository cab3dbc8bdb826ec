/* Entries: in the log that we trust, at a time that can be, signed by whom they name. */
#include "lib/bundle_read.h"

#include <stdio.h>
#include <string.h>

#include "lib/own.h"

#define PROOF_TEXT 44 /* base64 of a digest */

void
bundle_entries_clear(struct bundle_entries *e)
{
    for (size_t i = 0; i < e->n; i++)
        plumb_signed_free(e->v[i].opened);
    free(e->v);
    *e = (struct bundle_entries){ 0 };
}

static enum plumb_code
read_proof(struct span *s, struct plumb_digest ret[PLUMB_PROOF_MAX], size_t *ret_n,
           struct plumb_err *err)
{
    struct span element, text;
    int state = 0;
    size_t n = 0;

    while (span_next(s, &state, &element)) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes hash = { 0 };

        if (n == PLUMB_PROOF_MAX || !span_string(&element, &text) || text.len != PROOF_TEXT)
            return bundle_malformed("proof", err);
        PLUMB_TRY(plumb_base64_parse(text.p, text.len, "proof", &hash, err));
        if (hash.len != PLUMB_DIGEST_LEN)
            return bundle_malformed("proof", err);
        memcpy(ret[n++].b, hash.data, PLUMB_DIGEST_LEN);
    }
    if (state != 2)
        return bundle_malformed("proof", err);
    *ret_n = n;
    return PLUMB_OK;
}

static enum plumb_code
see(struct plumb_bundle_reader *r, uint64_t index, plumb_time time, struct plumb_err *err)
{
    if (time > r->now && time - r->now > BUNDLE_CLOCK_MAX)
        return plumb_fail(err, PLUMB_REFUSED, "bundle.future", "entry.time",
                          "entry %llu lies %lld seconds ahead of this clock",
                          (unsigned long long)index, (long long)(time - r->now));
    PLUMB_TRY(bundle_grow(&r->seen, r->nseen, &r->seen_room, sizeof *r->seen, err));
    r->seen[r->nseen++] = (struct bundle_seen){ index, time };
    return PLUMB_OK;
}

enum plumb_code
bundle_entry_prove(struct plumb_bundle_reader *r, struct span *s, uint64_t *ret_index,
                   plumb_time *ret_time, json_t **ret_envelope, struct plumb_err *err)
{
    struct plumb_digest leaf, proof[PLUMB_PROOF_MAX];
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    struct span entry;
    uint64_t index;
    plumb_time time;
    size_t n = 0;

    if (!span_text(s, "\"entry\":") || !span_value(s, &entry) || !span_text(s, ",\"index\":") ||
        !span_index(s, &index) || !span_text(s, ",\"proof\":"))
        return bundle_malformed("entry", err);
    PLUMB_TRY(read_proof(s, proof, &n, err));
    plumb_leaf_hash(entry.p, entry.len, &leaf);
    PLUMB_TRY(plumb_inclusion_verify(index, r->bundle->checkpoint.size, &leaf, proof, n,
                                     &r->bundle->checkpoint.root, err));
    r->bundle->checked_proofs++;
    PLUMB_TRY(plumb_entry_read(entry.p, entry.len, &envelope, &time, err));
    PLUMB_TRY(see(r, index, time, err));
    *ret_index = index;
    *ret_time = time;
    *ret_envelope = PLUMB_TAKE(envelope);
    return PLUMB_OK;
}

static enum plumb_code
check_statement(const struct plumb_bundle_reader *r, const struct plumb_statement *s,
                plumb_time time, struct plumb_err *err)
{
    if (strcmp(s->log, r->bundle->checkpoint.origin) != 0)
        return plumb_fail(err, PLUMB_REFUSED, "statement.log", "predicate.log",
                          "it was made for another log");
    if (time < s->issued && s->issued - time > PLUMB_EARLY_MAX)
        return plumb_fail(err, PLUMB_REFUSED, "statement.early", "predicate.issued",
                          "it was issued later than it was accepted");
    if (time > s->expires)
        return plumb_fail(err, PLUMB_REFUSED, "statement.expired", "predicate.expires",
                          "it had expired when it was accepted");
    return PLUMB_OK;
}

enum plumb_code
bundle_entry_sign(struct plumb_bundle_reader *r, json_t *envelope, uint64_t index,
                  plumb_time time, plumb_key_lookup *lookup, void *arg,
                  struct bundle_entry *ret, struct plumb_err *err)
{
    struct plumb_signed *opened = NULL;
    enum plumb_code code;

    PLUMB_TRY(plumb_signed_open(envelope, lookup, arg, &opened, err));
    r->bundle->checked_signatures += opened->statement->nkeys;
    code = check_statement(r, opened->statement, time, err);
    if (code != PLUMB_OK) {
        plumb_signed_free(opened);
        return code;
    }
    *ret = (struct bundle_entry){ index, time, opened, false };
    return PLUMB_OK;
}

enum plumb_code
bundle_entry_open(struct plumb_bundle_reader *r, struct span *s, plumb_key_lookup *lookup,
                  void *arg, struct bundle_entry *ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    plumb_time time = 0;
    uint64_t index = 0;

    PLUMB_TRY(bundle_entry_prove(r, s, &index, &time, &envelope, err));
    return bundle_entry_sign(r, envelope, index, time, lookup, arg, ret, err);
}

const struct plumb_pubkey *
bundle_chain_lookup(void *chain, const struct plumb_digest *id)
{
    return plumb_chain_pubkey(chain, id);
}

enum plumb_code
bundle_entries_open(struct plumb_bundle_reader *r, struct span array,
                    struct bundle_entries *ret, struct plumb_err *err)
{
    struct span e;
    int state = 0;

    while (span_next(&array, &state, &e)) {
        if (!span_text(&e, "{"))
            return bundle_malformed("entries", err);
        PLUMB_TRY(bundle_grow(&ret->v, ret->n, &ret->room, sizeof *ret->v, err));
        PLUMB_TRY(
            bundle_entry_open(r, &e, bundle_chain_lookup, r->in->chain, &ret->v[ret->n], err));
        ret->n++;
        if (!span_text(&e, "}") || e.len != 0)
            return bundle_malformed("entries", err);
        if (ret->n > 1 && ret->v[ret->n - 2].index >= ret->v[ret->n - 1].index)
            return plumb_fail(err, PLUMB_INVALID, "bundle.order", "entries",
                              "entries ascend by index, each once");
    }
    return state == 2 && array.len == 0 ? PLUMB_OK : bundle_malformed("entries", err);
}

static int
by_index(const void *a, const void *b)
{
    const struct bundle_seen *x = a, *y = b;

    return x->index < y->index ? -1 : x->index > y->index;
}

enum plumb_code
bundle_check_times(struct plumb_bundle_reader *r, struct plumb_err *err)
{
    if (r->nseen > 0)
        qsort(r->seen, r->nseen, sizeof *r->seen, by_index);
    for (size_t i = 1; i < r->nseen; i++)
        if (r->seen[i - 1].time > r->seen[i].time)
            return plumb_fail(err, PLUMB_REFUSED, "bundle.time", "entry.time",
                              "entry %llu is of an earlier time than entry %llu",
                              (unsigned long long)r->seen[i].index,
                              (unsigned long long)r->seen[i - 1].index);
    return PLUMB_OK;
}
