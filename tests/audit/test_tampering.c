/* A log that holds, and each way of tampering with one: found, at its entry, with who signed.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "tests/audit/log.h"
#include "tests/engine/controlled.h"
#include "tests/t.h"

static struct world world;
static struct plumb_digest releases[3];
static struct log log_;

static int
play(void **state)
{
    (void)state;
    log_play(&world, releases);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    world_end(&world);
    return 0;
}

static int
take(void **state)
{
    (void)state;
    log_take(&log_, &world);
    return 0;
}

static int
clear(void **state)
{
    (void)state;
    log_clear(&log_);
    return 0;
}

/* The n-th entry of a kind, from 0. */
static size_t
nth(enum plumb_kind kind, size_t n)
{
    for (size_t i = 0; i < world.n; i++)
        if (world.entries[i].opened->statement->kind == kind && n-- == 0)
            return i;
    fail_msg("no such entry");
    return 0;
}

static size_t
blob_of(const struct plumb_digest *digest)
{
    for (size_t i = 0; i < log_.nblobs; i++)
        if (plumb_digest_eq(&log_.blobs[i].digest, digest))
            return i;
    fail_msg("no such blob");
    return 0;
}

static void
swap(size_t i, size_t k)
{
    struct plumb_bytes e = log_.entries[i];

    log_.entries[i] = log_.entries[k];
    log_.entries[k] = e;
}

static void
take_out(size_t i)
{
    plumb_bytes_clear(&log_.entries[i]);
    memmove(&log_.entries[i], &log_.entries[i + 1], (log_.n - i - 1) * sizeof log_.entries[0]);
    log_.n--;
}

/* --- what holds --- */

static void
an_untouched_log_holds_and_every_part_of_it_is_counted(void **state)
{
    const struct audit_counts *c;
    struct audit *a;
    bool verified;

    (void)state;
    log_holds(&log_);
    a = log_audit(&log_);
    c = audit_counts(a);
    assert_int_equal(c->signatures, world.n + 1); /* the genesis has two */
    assert_int_equal(c->kinds[PLUMB_KIND_RELEASE], 3);
    assert_int_equal(c->kinds[PLUMB_KIND_PHASE_OUT], 1);
    assert_int_equal(c->publications, 9);
    assert_int_equal(c->documents, 2);
    assert_int_equal(c->whole, 1);
    assert_int_equal(c->tiles, 1);
    assert_true(c->quorums == 11 && c->parts > 9 && c->blobs == 5);
    assert_int_equal(c->first, WORLD_T0);
    assert_int_equal(c->last, world.entries[world.n - 1].time);
    assert_int_equal(audit_head(a, &verified)->size, world.n);
    assert_true(verified);
    audit_free(a);
}

/* Keys that came into force while the threads were at work with the same batch. */
static void
keys_that_are_new_within_a_batch_verify(void **state)
{
    struct world w;
    struct log l;
    struct plumb_digest release, rollout, content;
    struct plumb_signer *key = NULL;
    size_t enrolled;

    (void)state;
    world_begin(&w, NULL);
    (void)log_publish(&w);
    make_next(&w.make);
    (void)make_new_key(&w.make, "ria"); /* signs from the next document on */
    (void)world_govern(&w, NULL);
    release = world_release(&w, "1.0");
    rollout = world_start(&w, &release);
    content = log_publish(&w);
    assert_int_equal(plumb_signer_generate(PLUMB_KEY_ED25519, &key, NULL), PLUMB_OK);
    enrolled = world_do(&w, make_enrolment(&w.make, "enid", "prod", "vroni", key, false));
    make_principal(&w.make, "vroni", "verifier", "prod"); /* for make_recognition */
    plumb_signer_free(w.make.people[w.make.npeople - 1].sign);
    w.make.people[w.make.npeople - 1].sign = key;
    (void)world_do(&w, make_recognition(&w.make, "vroni", "prod", "web@1.0", &release, &rollout,
                                        2, &content));
    log_take(&l, &w);
    log_holds(&l);
    /* and one that nobody enrolled does not */
    plumb_bytes_clear(&l.entries[enrolled]);
    memmove(&l.entries[enrolled], &l.entries[enrolled + 1],
            (l.n - enrolled - 1) * sizeof l.entries[0]);
    l.n--;
    log_rehash(&l);
    log_finds(&l, "key.unknown", enrolled, "it names nobody known");
    log_clear(&l);
    world_end(&w);
}

static void
a_log_of_several_tiles_holds_and_the_tiles_above_are_compared(void **state)
{
    struct world w;
    struct log l;
    struct audit *a;

    (void)state;
    world_begin(&w, NULL);
    (void)log_publish(&w);
    for (int i = 0; w.n < 600; i++) {
        char version[16];

        (void)snprintf(version, sizeof version, "1.%d", i);
        (void)world_release(&w, version);
    }
    log_take(&l, &w);
    log_holds(&l);
    a = log_audit(&l);
    assert_int_equal(audit_counts(a)->tiles, 4); /* two whole, one partial, one above */
    audit_free(a);
    log_clear(&l);
    world_end(&w);
}

/* --- rows --- */

static void
a_changed_entry_is_found_though_nothing_else_was(void **state)
{
    size_t i = nth(PLUMB_KIND_APPROVAL, 1);

    (void)state;
    log_.entries[i].data[log_.entries[i].len / 2] ^= 1;
    log_finds(&log_, "tile.hash", i, "");
    log_finds(&log_, "checkpoint.root", AUDIT_NO_ENTRY, "");
}

static void
a_changed_entry_is_found_though_the_tree_was_made_anew_and_signed(void **state)
{
    size_t i = nth(PLUMB_KIND_APPROVAL, 0);
    char *at = strstr((char *)log_.entries[i].data, "\"sig\":\"");

    (void)state;
    assert_non_null(at);
    at[7] = at[7] == 'A' ? 'B' : 'A';
    log_rehash(&log_);
    log_finds(&log_, "signature.bad", i, "sol");
}

static void
a_removed_entry_is_found_though_the_tree_was_made_anew_and_signed(void **state)
{
    (void)state;
    take_out(nth(PLUMB_KIND_APPROVAL, 0));
    log_rehash(&log_);
    /* the begin of what nobody approved */
    log_finds(&log_, "lifecycle.not-approved", nth(PLUMB_KIND_ROLLOUT, 0) - 1, "rex");
}

static void
a_removed_last_entry_is_found_by_the_checkpoint(void **state)
{
    (void)state;
    plumb_bytes_clear(&log_.entries[--log_.n]);
    log_finds(&log_, "entries.missing", AUDIT_NO_ENTRY, "");
}

static void
reordered_entries_are_found_though_the_tree_was_made_anew_and_signed(void **state)
{
    size_t i = nth(PLUMB_KIND_RELEASE, 1);

    (void)state;
    swap(i, i + 1);
    log_rehash(&log_);
    log_finds(&log_, "proposal.unknown", i, "sol");
}

static void
an_added_entry_that_was_there_before_is_found(void **state)
{
    size_t i = nth(PLUMB_KIND_RELEASE, 2);
    struct plumb_bytes again = { 0 };

    (void)state;
    assert_int_equal(plumb_bytes_copy(log_.entries[i].data, log_.entries[i].len, &again, NULL),
                     PLUMB_OK);
    log_.entries = realloc(log_.entries, (log_.n + 1) * sizeof log_.entries[0]);
    log_.leaves = realloc(log_.leaves, (log_.n + 1) * sizeof log_.leaves[0]);
    memmove(&log_.entries[i + 2], &log_.entries[i + 1],
            (log_.n - i - 1) * sizeof log_.entries[0]);
    log_.entries[i + 1] = again;
    log_.n++;
    log_rehash(&log_);
    log_finds(&log_, "entry.repeated", i + 1, "rex");
}

/* --- bytes --- */

static void
a_flipped_bit_of_a_tile_is_found_and_told_from_one_of_its_entry(void **state)
{
    size_t i = nth(PLUMB_KIND_RELEASE, 0);
    struct audit *a;

    (void)state;
    log_.leaves[i].b[31] ^= 1; /* after the checkpoint was signed */
    log_finds(&log_, "tile.hash", i, "rex");
    a = log_audit(&log_);
    assert_int_equal(audit_found(a), 1); /* the entries make the checkpoint's root */
    audit_free(a);
}

static void
a_flipped_bit_of_a_blob_is_found(void **state)
{
    size_t i = nth(PLUMB_KIND_RELEASE, 0);
    const struct plumb_statement *s = world.entries[i].opened->statement;

    (void)state;
    log_.blobs[blob_of(&s->u.release.reference_values)].bytes.data[3] ^= 1;
    log_finds(&log_, "blob.digest", i, "rex");
}

static void
a_blob_that_is_gone_is_found(void **state)
{
    size_t i = nth(PLUMB_KIND_GOVERNANCE, 1);
    const struct plumb_statement *s = world.entries[i].opened->statement;

    (void)state;
    plumb_bytes_clear(&log_.blobs[blob_of(&s->u.governance.document)].bytes);
    log_finds(&log_, "blob.absent", i, "ada");
}

/* --- what the log says --- */

static void
an_approval_moved_to_another_version_is_found(void **state)
{
    /* the vote for 1.0, its payload naming 1.1 instead, its signature kept */
    size_t i = nth(PLUMB_KIND_APPROVAL, 0);
    const struct plumb_signed *vote = world.entries[i].opened;
    struct plumb_signed *other;
    struct plumb_bytes moved = { 0 };
    json_t *envelope, *payload;

    (void)state;
    other = make_vote(&world.make, "sol", &releases[1], PLUMB_APPROVE);
    envelope = json_deep_copy(vote->envelope);
    payload = json_object_get(other->envelope, "payload");
    assert_int_equal(json_object_set(envelope, "payload", payload), 0);
    assert_int_equal(plumb_entry_make(envelope, world.entries[i].time, &moved, NULL), PLUMB_OK);
    log_replace(&log_, i, moved);
    log_rehash(&log_);
    log_finds(&log_, "signature.bad", i, "it names sol");
    json_decref(envelope);
    plumb_signed_free(other);
}

static void
a_skipped_governance_version_is_found(void **state)
{
    struct world w;
    struct log l;
    size_t second, third;

    (void)state;
    world_begin(&w, NULL);
    (void)log_publish(&w);
    make_next(&w.make);
    second = w.n;
    (void)world_govern(&w, NULL);
    (void)log_publish(&w);
    make_next(&w.make);
    third = w.n;
    (void)world_govern(&w, NULL);
    (void)log_publish(&w);
    log_take(&l, &w);
    for (size_t i = second; i < third; i++)
        plumb_bytes_clear(&l.entries[i]);
    memmove(&l.entries[second], &l.entries[third], (l.n - third) * sizeof l.entries[0]);
    l.n -= third - second;
    log_rehash(&l);
    log_finds(&l, "governance.version", second, "ada");
    log_clear(&l);
    world_end(&w);
}

static void
a_checkpoint_of_another_tree_of_the_same_size_is_found(void **state)
{
    (void)state;
    log_.leaves[3].b[0] ^= 1;
    log_sign(&log_);
    log_.leaves[3].b[0] ^= 1;
    log_finds(&log_, "checkpoint.root", AUDIT_NO_ENTRY, "");
}

static void
a_checkpoint_that_another_key_signed_is_found(void **state)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes none = { 0 };
    struct plumb_signer *own = log_.signer, *other = NULL;

    (void)state;
    assert_int_equal(plumb_signer_generate(PLUMB_KEY_ED25519, &other, NULL), PLUMB_OK);
    log_.signer = other;
    log_sign(&log_);
    log_.signer = own;
    log_finds(&log_, "note.signature", AUDIT_NO_ENTRY, "");
    plumb_signer_free(other);
}

static void
a_publication_of_a_bundle_that_the_log_does_not_derive_is_found(void **state)
{
    size_t i = nth(PLUMB_KIND_PUBLICATION, 3);
    const struct plumb_statement *s = world.entries[i].opened->statement;
    struct plumb_digest lie = make_digest("another bundle");
    plumb_time now = world.make.now;
    struct plumb_signed *publication;
    struct plumb_bytes bytes = { 0 };

    (void)state;
    world.make.now = world.entries[i].time;
    publication = world_publication(&world, "prod", s->u.publication.revision, &lie,
                                    s->u.publication.valid_until);
    world.make.now = now;
    assert_int_equal(
        plumb_entry_make(publication->envelope, world.entries[i].time, &bytes, NULL), PLUMB_OK);
    log_replace(&log_, i, bytes);
    log_rehash(&log_);
    log_finds(&log_, "publication.content", i, "plumbd");
    plumb_signed_free(publication);
}

static void
a_stored_part_of_a_bundle_that_differs_is_found_at_its_publication(void **state)
{
    size_t i = nth(PLUMB_KIND_PUBLICATION, 4);
    const struct plumb_statement *s = world.entries[i].opened->statement;

    (void)state;
    log_.blobs[blob_of(&s->u.publication.content)].bytes.data[5] ^= 1;
    log_finds(&log_, "bundle.bytes", i, "plumbd");
}

static void
a_part_of_a_bundle_that_is_gone_is_found(void **state)
{
    size_t i = nth(PLUMB_KIND_PUBLICATION, 1);
    const struct plumb_statement *s = world.entries[i].opened->statement;

    (void)state;
    plumb_bytes_clear(&log_.blobs[blob_of(&s->u.publication.content)].bytes);
    log_finds(&log_, "bundle.absent", i, "plumbd");
}

static void
a_revocation_that_was_never_published_is_found(void **state)
{
    (void)state;
    /* the log's last entry is the publication of the last revocation */
    plumb_bytes_clear(&log_.entries[--log_.n]);
    log_rehash(&log_);
    log_finds(&log_, "publication.withheld", log_.n - 1, "service");
}

static void
a_change_that_was_published_late_is_found_though_it_was_published(void **state)
{
    struct world w;
    struct log l;
    struct plumb_digest release;

    (void)state;
    world_begin(&w, NULL);
    (void)log_publish(&w);
    release = world_release(&w, "1.0");
    (void)world_start(&w, &release);
    w.make.now += 3600;
    (void)log_publish(&w);
    log_take(&l, &w);
    log_finds(&l, "publication.withheld", w.n - 2, "service");
    log_clear(&l);
    world_end(&w);
}

static void
a_finding_that_was_published_late_is_found_too(void **state)
{
    struct world w;
    struct log l;
    struct plumb_digest release;

    (void)state;
    controlled_begin(&w, NULL);
    release = controlled_release(&w, "1.0");
    (void)world_start(&w, &release);
    (void)log_publish(&w);
    controlled_import(
        &w, controlled_record("GHSA-1", "lodash", "4.17.21", "2026-09-01T00:00:00Z", ""));
    w.make.now += 3600;
    (void)log_publish(&w);
    log_take(&l, &w);
    log_finds(&l, "publication.withheld", w.n - 2, "service");
    log_clear(&l);
    world_end(&w);
}

/* --- what the service signs of an evaluation --- */

static uint64_t
last_of(const struct world *w, enum plumb_kind kind)
{
    for (size_t i = w->n; i > 0; i--)
        if (w->entries[i - 1].opened->statement->kind == kind)
            return i - 1;
    fail_msg("no such entry");
    return 0;
}

/* One level more than the log says, signed by who. */
static void
resign(struct log *l, const struct world *w, const char *who)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes statement = { 0 };
    PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;
    struct plumb_err err = { 0 };

    assert_ok(engine_summary_statement(w->engine, &l->summaries[0].digest, &statement, &err),
              &err);
    if (strcmp(who, "plumbd") == 0)
        *strstr((char *)statement.data, "SLSA_BUILD_LEVEL_3") = 'X';
    assert_ok(plumb_dsse_sign_long(statement.data, statement.len, ENGINE_SUMMARY_MAX,
                                   make_who(&w->make, who)->sign, &envelope, &err),
              &err);
    plumb_bytes_clear(&l->summaries[0].bytes);
    assert_ok(plumb_json_canonical(envelope, &l->summaries[0].bytes, &err), &err);
}

static void
a_summary_that_is_not_what_the_log_derives_is_found_at_its_evaluation(void **state)
{
    struct world w;
    struct log l;
    struct audit *a;
    uint64_t record;

    (void)state;
    controlled_begin(&w, NULL);
    (void)controlled_release(&w, "1.0");
    (void)world_record(&w);
    record = last_of(&w, PLUMB_KIND_EVALUATION);
    log_take(&l, &w);
    assert_int_equal(l.nsummaries, 1);
    a = log_audit(&l);
    assert_int_equal(audit_counts(a)->summaries, 1);
    audit_free(a);
    resign(&l, &w, "plumbd");
    log_finds(&l, "summary.content", record, "");
    resign(&l, &w, "sol");
    log_finds(&l, "attestation.signer", record, "");
    plumb_bytes_clear(&l.summaries[0].bytes);
    log_finds(&l, "summary.absent", record, "");
    log_clear(&l);
    world_end(&w);
}

/* The statement that records it, made again with another result, and everything after it. */
static void
an_evaluation_that_says_something_else_is_found_at_its_entry(void **state)
{
    struct world w;
    struct log l;
    uint64_t record;
    struct plumb_bytes bytes = { 0 };
    struct plumb_signed *forged;
    json_t *members;

    (void)state;
    controlled_begin(&w, NULL);
    (void)controlled_release(&w, "1.0");
    (void)world_record(&w);
    record = last_of(&w, PLUMB_KIND_EVALUATION);
    log_take(&l, &w);
    members = json_pack(
        "{s:I, s:O, s:o}", "at",
        (json_int_t)w.entries[record].opened->statement->u.evaluation.at, "governance",
        json_object_get(json_object_get(w.entries[record].opened->statement->json, "predicate"),
                        "governance"),
        "results", json_deep_copy(w.entries[record].opened->statement->u.evaluation.results));
    json_object_set_new(json_array_get(json_object_get(members, "results"), 0), "by",
                        json_string("somebody said so"));
    w.make.now = w.entries[record].time;
    forged = make_signed(&w.make, "plumbd", PLUMB_KIND_EVALUATION, "web@1.0",
                         &w.entries[record].opened->statement->u.evaluation.release, members);
    assert_int_equal(plumb_entry_make(forged->envelope, w.entries[record].time, &bytes, NULL),
                     PLUMB_OK);
    log_replace(&l, record, bytes);
    log_rehash(&l);
    log_finds(&l, "time.not-due", record, "plumbd");
    plumb_signed_free(forged);
    log_clear(&l);
    world_end(&w);
}

static void
a_clock_that_ran_backwards_is_found(void **state)
{
    size_t i = nth(PLUMB_KIND_PUBLICATION, 2);
    struct plumb_bytes bytes = { 0 };

    (void)state;
    assert_int_equal(plumb_entry_make(world.entries[i].opened->envelope,
                                      world.entries[i].time - 120, &bytes, NULL),
                     PLUMB_OK);
    log_replace(&log_, i, bytes);
    log_rehash(&log_);
    log_finds(&log_, "log.time", i, "plumbd");
}

static void
an_export_cut_short_is_found(void **state)
{
    (void)state;
    log_.cut = 0;
    log_finds(&log_, "entries.missing", AUDIT_NO_ENTRY, "");
}

static void
another_genesis_than_the_pinned_one_is_found(void **state)
{
    (void)state;
    log_.genesis.b[0] ^= 1;
    log_finds(&log_, "genesis.pin", 0, "nobody known");
}

static void
what_stands_after_a_forged_entry_is_hashed_and_verified_but_not_judged(void **state)
{
    size_t i = nth(PLUMB_KIND_APPROVAL, 0);
    char *at = strstr((char *)log_.entries[i].data, "\"sig\":\"");
    struct audit *a;

    (void)state;
    at[7] = at[7] == 'A' ? 'B' : 'A';
    log_rehash(&log_);
    a = log_audit(&log_);
    assert_int_equal(audit_found(a), 1);
    assert_int_equal(audit_counts(a)->entries, log_.n);
    assert_int_equal(audit_counts(a)->folded, i);
    assert_int_equal(audit_counts(a)->signatures, log_.n); /* one was bad, one has two */
    audit_free(a);
}

static void
a_clock_that_ran_backwards_is_found_behind_a_forged_entry_too(void **state)
{
    size_t forged = nth(PLUMB_KIND_APPROVAL, 0), i = nth(PLUMB_KIND_PUBLICATION, 4);
    char *at = strstr((char *)log_.entries[forged].data, "\"sig\":\"");
    struct plumb_bytes bytes = { 0 };

    (void)state;
    at[7] = at[7] == 'A' ? 'B' : 'A';
    assert_int_equal(plumb_entry_make(world.entries[i].opened->envelope,
                                      world.entries[i].time - 120, &bytes, NULL),
                     PLUMB_OK);
    log_replace(&log_, i, bytes);
    log_rehash(&log_);
    log_finds(&log_, "signature.bad", forged, "sol");
    log_finds(&log_, "log.time", i, "plumbd");
}

#define T(f) cmocka_unit_test_setup_teardown(f, take, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(an_untouched_log_holds_and_every_part_of_it_is_counted),
        T(keys_that_are_new_within_a_batch_verify),
        T(a_log_of_several_tiles_holds_and_the_tiles_above_are_compared),
        T(a_changed_entry_is_found_though_nothing_else_was),
        T(a_changed_entry_is_found_though_the_tree_was_made_anew_and_signed),
        T(a_removed_entry_is_found_though_the_tree_was_made_anew_and_signed),
        T(a_removed_last_entry_is_found_by_the_checkpoint),
        T(reordered_entries_are_found_though_the_tree_was_made_anew_and_signed),
        T(an_added_entry_that_was_there_before_is_found),
        T(a_flipped_bit_of_a_tile_is_found_and_told_from_one_of_its_entry),
        T(a_flipped_bit_of_a_blob_is_found),
        T(a_blob_that_is_gone_is_found),
        T(an_approval_moved_to_another_version_is_found),
        T(a_skipped_governance_version_is_found),
        T(a_checkpoint_of_another_tree_of_the_same_size_is_found),
        T(a_checkpoint_that_another_key_signed_is_found),
        T(a_publication_of_a_bundle_that_the_log_does_not_derive_is_found),
        T(a_stored_part_of_a_bundle_that_differs_is_found_at_its_publication),
        T(a_part_of_a_bundle_that_is_gone_is_found),
        T(a_revocation_that_was_never_published_is_found),
        T(a_change_that_was_published_late_is_found_though_it_was_published),
        T(a_finding_that_was_published_late_is_found_too),
        T(a_summary_that_is_not_what_the_log_derives_is_found_at_its_evaluation),
        T(an_evaluation_that_says_something_else_is_found_at_its_entry),
        T(a_clock_that_ran_backwards_is_found),
        T(an_export_cut_short_is_found),
        T(another_genesis_than_the_pinned_one_is_found),
        T(a_clock_that_ran_backwards_is_found_behind_a_forged_entry_too),
        T(what_stands_after_a_forged_entry_is_hashed_and_verified_but_not_judged),
    };

    return cmocka_run_group_tests(tests, play, end);
}
