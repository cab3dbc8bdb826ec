/* Evidence packs: one that holds, and each way of forging one, by somebody who gets archive,
 * manifest and digests right. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/report.h"
#include "lib/own.h"
#include "tests/audit/packs.h"
#include "tests/engine/controlled.h"
#include "tests/t.h"

static struct world world;
static struct plumb_digest release;
static struct log log_;
static struct plumb_bytes whole; /* the pack of web@1.0 */

static uint64_t
last_of(enum plumb_kind kind)
{
    for (size_t i = world.n; i > 0; i--)
        if (world.entries[i - 1].opened->statement->kind == kind)
            return i - 1;
    fail_msg("no such entry");
    return 0;
}

/* Two releases, of which the first has a waiver and is rolled out; the second's entries, and
 * its revocation, are no part of its pack. Then sam's key is compromised, with what it did. */
static int
play(void **state)
{
    struct plumb_digest other, waiver, revocation;
    struct plumb_signed *s;
    const char *path;
    char full[160];

    (void)state;
    controlled_begin(&world, NULL);
    make_next(&world.make);
    make_set(&world.make, "fleets.prod.validity", json_string("P2D"));
    (void)world_govern(&world, NULL);
    other = controlled_release(&world, "0.9");
    (void)world_record(&world);
    release = controlled_propose(&world, "1.0");
    controlled_meet(&world, &release, "BLD-ENV");
    s = make_signed(&world.make, "rex", PLUMB_KIND_WAIVER, "web@1.0", &release,
                    json_pack("{s:s, s:s, s:s, s:o}", "control", "BLD-ENV", "justification",
                              "late", "compensating", "guards", "until",
                              make_time(world.make.now + 90 * WORLD_DAY)));
    waiver = s->statement->id;
    (void)world_do(&world, s);
    (void)world_vote(&world, "sol", &waiver, PLUMB_APPROVE);
    (void)world_vote(&world, "sol", &release, PLUMB_APPROVE);
    (void)world_record(&world);
    (void)world_start(&world, &release);
    controlled_import(&world, ""); /* later: no part of what was evaluated */
    s = make_revocation(&world.make, "sam", "web@0.9", &other, "all", NULL);
    revocation = s->statement->id;
    (void)world_do(&world, s);
    make_next(&world.make);
    path = make_new_key(&world.make, "sam");
    (void)snprintf(full, sizeof full, "%s.status", path);
    make_set(&world.make, full, json_string("compromised"));
    (void)snprintf(full, sizeof full, "%s.from", path);
    make_set(&world.make, full, json_integer(1));
    (void)world_govern(&world, json_pack("{s:[o]}", "ratify", make_hex(&revocation)));
    log_take(&log_, &world);
    whole = packs_make(&log_, "1.0");
    return 0;
}

static int
end(void **state)
{
    (void)state;
    plumb_bytes_clear(&whole);
    log_clear(&log_);
    world_end(&world);
    return 0;
}

static struct packs pack;

static int
take(void **state)
{
    (void)state;
    packs_take(&pack, &whole);
    return 0;
}

static int
clear(void **state)
{
    (void)state;
    packs_clear(&pack);
    return 0;
}

/* --- lines of entries --- */

/* The line of this entry: where it begins, and its length with the line feed. */
static char *
line_of(uint64_t index, size_t *ret_len)
{
    const struct archive_file *f = packs_file(&pack, PACK_ENTRIES);
    char want[40], *at = (char *)f->data;

    (void)snprintf(want, sizeof want, "},\"index\":%llu,\"proof\":", (unsigned long long)index);
    for (; *at != '\0'; at += *ret_len) {
        *ret_len = (size_t)(strchr(at, '\n') - at) + 1;
        if (memmem(at, *ret_len, want, strlen(want)) != NULL)
            return at;
    }
    fail_msg("no entry %llu", (unsigned long long)index);
    return NULL;
}

static bool
has_entry(uint64_t index)
{
    const struct archive_file *f = packs_file(&pack, PACK_ENTRIES);
    char want[40];

    (void)snprintf(want, sizeof want, "},\"index\":%llu,\"proof\":", (unsigned long long)index);
    return memmem(f->data, f->len, want, strlen(want)) != NULL;
}

/* Cut out, without what the rest can be told by. */
static void
drop_entry(uint64_t index)
{
    struct archive_file *f = packs_file(&pack, PACK_ENTRIES);
    size_t len;
    char *at = line_of(index, &len);

    memmove(at, at + len, (size_t)((char *)f->data + f->len + 1 - (at + len)));
    f->len -= len;
}

static enum plumb_code
node(void *arg, unsigned level, uint64_t n, struct plumb_digest *ret, struct plumb_err *err)
{
    (void)arg;
    (void)err;
    plumb_tree_root(log_.leaves + (n << level), (size_t)1 << level, ret);
    return PLUMB_OK;
}

/* Entry index of the log as a line, without its line feed. The caller frees it. */
static char *
new_line(uint64_t index)
{
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    struct plumb_bytes line = { 0 };
    json_t *json, *hashes = json_array();
    size_t n = 0;

    assert_int_equal(plumb_inclusion_build(index, log_.n, node, NULL, proof, &n, NULL),
                     PLUMB_OK);
    for (size_t i = 0; i < n; i++) {
        char *base64 = NULL;

        assert_int_equal(plumb_base64(proof[i].b, PLUMB_DIGEST_LEN, &base64, NULL), PLUMB_OK);
        json_array_append_new(hashes, json_string(base64));
        free(base64);
    }
    json = json_pack(
        "{s:o, s:I, s:o}", "entry",
        json_loadb((const char *)log_.entries[index].data, log_.entries[index].len, 0, NULL),
        "index", (json_int_t)index, "proof", hashes);
    assert_int_equal(plumb_json_canonical(json, &line, NULL), PLUMB_OK);
    json_decref(json);
    return (char *)line.data;
}

/* One more line, at its place. */
static void
add_entry(uint64_t index)
{
    struct archive_file *f = packs_file(&pack, PACK_ENTRIES);
    PLUMB_AUTO(auto_free) char *line = new_line(index);
    PLUMB_AUTO(auto_free) char *text = malloc(f->len + strlen(line) + 2);
    char *end = text;
    bool put = false;

    assert_non_null(text);
    for (const char *at = (const char *)f->data; *at != '\0';) {
        size_t len = (size_t)(strchr(at, '\n') - at) + 1;

        if (!put && strtoull(strstr(at, "},\"index\":") + 10, NULL, 10) > index) {
            end += sprintf(end, "%s\n", line);
            put = true;
        }
        memcpy(end, at, len);
        end += len;
        at += len;
    }
    if (!put)
        end += sprintf(end, "%s\n", line);
    packs_put(&pack, PACK_ENTRIES, text, (size_t)(end - text));
}

/* --- one that holds --- */

static void
a_pack_holds_what_an_approval_rests_on_and_no_more(void **state)
{
    struct plumb_bytes again = packs_make(&log_, "1.0");
    json_t *report = packs_audit(&log_, &whole), *evaluation;
    uint64_t imports = 0;

    (void)state;
    /* the same bytes, whenever it is made */
    assert_int_equal(again.len, whole.len);
    assert_memory_equal(again.data, whole.data, whole.len);
    plumb_bytes_clear(&again);
    assert_true(json_is_true(json_object_get(report, "holds")));
    assert_string_equal(report_text(report, "state"), "approved");
    evaluation = json_object_get(report, "evaluation");
    assert_int_equal(json_integer_value(json_object_get(evaluation, "entry")),
                     last_of(PLUMB_KIND_EVALUATION));
    assert_int_equal(json_array_size(json_object_get(report, "governance")), 3);
    assert_int_equal(json_array_size(json_object_get(report, "moves")), 2);
    assert_true(json_array_size(json_object_get(report, "controls")) > 20);
    assert_true(json_array_size(json_object_get(report, "notProven")) > 0);
    for (size_t i = 0; i < world.n; i++) {
        const struct plumb_statement *s = world.entries[i].opened->statement;
        const bool other = s->version != NULL && strcmp(s->version, "1.0") != 0;

        if (s->kind == PLUMB_KIND_ADVISORY)
            imports += has_entry(i);
        if (other)
            assert_false(has_entry(i));
    }
    assert_int_equal(imports, 2); /* of three */
    json_decref(report);
}

static void
a_pack_says_in_its_report_what_it_does_not_prove(void **state)
{
    const struct archive_file *f = packs_file(&pack, PACK_REPORT);

    (void)state;
    assert_non_null(strstr((const char *)f->data, "# Evidence pack of web@1.0"));
    assert_non_null(strstr((const char *)f->data, "ALL HOLDS"));
    assert_non_null(strstr((const char *)f->data, "that nothing is withheld"));
    assert_non_null(strstr((const char *)f->data, "| DEV-RNG | must | met |"));
    assert_non_null(strstr((const char *)f->data, "| BLD-ENV | should | waived |"));
    /* whoever writes packs may leave it out */
    packs_put(&pack, PACK_REPORT, NULL, 0);
    {
        struct plumb_bytes bytes = packs_write(&pack);
        json_t *report = packs_audit(&log_, &bytes);

        assert_true(json_is_true(json_object_get(report, "holds")));
        json_decref(report);
        plumb_bytes_clear(&bytes);
    }
}

static void
what_is_not_approved_or_not_there_is_not_packed(void **state)
{
    struct plumb_err err;
    struct world w;
    struct log l;

    (void)state;
    assert_string_equal(packs_refused(&log_, "7.0", &err), "version.unknown");
    controlled_begin(&w, NULL);
    (void)controlled_propose(&w, "1.0");
    log_take(&l, &w);
    assert_string_equal(packs_refused(&l, "1.0", &err), "pack.unapproved");
    log_clear(&l);
    world_end(&w);
}

/* It was approved, and that is what a pack proves; what became of it is told. */
static void
a_revocation_is_told_in_the_pack_of_what_it_revoked(void **state)
{
    struct plumb_bytes bytes = packs_make(&log_, "0.9");
    json_t *report = packs_audit(&log_, &bytes);
    const json_t *move = json_array_get(json_object_get(report, "moves"), 0);

    (void)state;
    assert_string_equal(report_text(move, "what"), "revocation");
    assert_string_equal(report_text(move, "fleet"), "all");
    assert_string_equal(report_text(move, "by"), "sam");
    json_decref(report);
    plumb_bytes_clear(&bytes);
}

static void
a_release_without_controls_is_packed_too(void **state)
{
    struct world w;
    struct log l;
    struct plumb_bytes bytes;
    json_t *report;

    (void)state;
    world_begin(&w, NULL);
    (void)world_release(&w, "1.0");
    log_take(&l, &w);
    bytes = packs_make(&l, "1.0");
    report = packs_audit(&l, &bytes);
    assert_true(json_is_true(json_object_get(report, "holds")));
    assert_null(json_object_get(report, "evaluation"));
    json_decref(report);
    plumb_bytes_clear(&bytes);
    log_clear(&l);
    world_end(&w);
}

static void
a_pack_larger_than_allowed_is_not_made(void **state)
{
    const struct audit_source source = log_source(&log_);
    const struct pack_making making = { .source = &source,
                                        .trust.genesis = log_.genesis,
                                        .payload = "web",
                                        .version = "1.0",
                                        .limit = 20000 };
    struct plumb_bytes bytes = { 0 };
    struct plumb_err err = { 0 };
    json_t *report = NULL;

    (void)state;
    assert_refused("archive.size", pack_make(&making, &bytes, &report, &err), &err);
}

/* --- forged ones --- */

#define EVALUATION last_of(PLUMB_KIND_EVALUATION)
#define VOTE       (EVALUATION - 1) /* that completed the approval */

static uint64_t
entry_of_release(void)
{
    for (size_t i = 0; i < world.n; i++)
        if (plumb_digest_eq(&world.entries[i].opened->statement->id, &release))
            return i;
    return world.n;
}

static void
an_entry_that_is_not_in_the_log_is_found(void **state)
{
    size_t len;
    char *at = strstr(line_of(VOTE, &len), "\"sig\":\"");

    (void)state;
    at[7] = at[7] == 'A' ? 'B' : 'A';
    packs_finds(&log_, &pack, "proof.inclusion", VOTE);
}

/* By who has the log's key too: the tree is made anew around it. */
static void
a_forged_signature_is_found_though_the_tree_was_made_anew(void **state)
{
    char *at = strstr((char *)log_.entries[VOTE].data, "\"sig\":\"") + 7, was = *at;

    (void)state;
    *at = was == 'A' ? 'B' : 'A';
    log_rehash(&log_);
    for (uint64_t i = 0; i < log_.n; i++)
        if (has_entry(i)) {
            drop_entry(i);
            add_entry(i);
        }
    packs_put(&pack, PACK_CHECKPOINT, log_.note.data, log_.note.len);
    packs_finds(&log_, &pack, "signature.bad", VOTE);
    *at = was;
    log_rehash(&log_);
}

static void
a_vote_that_is_left_out_is_missed(void **state)
{
    (void)state;
    drop_entry(VOTE);
    packs_finds(&log_, &pack, "time.not-due", EVALUATION);
    drop_entry(EVALUATION);
    packs_put(&pack, PACK_CONTROLS, NULL, 0);
    packs_put(&pack, PACK_SUMMARY, NULL, 0);
    packs_finds(&log_, &pack, "pack.unapproved", entry_of_release());
}

/* The gate holds in here as it did in the log. */
static void
evidence_that_is_left_out_is_missed(void **state)
{
    (void)state;
    drop_entry(last_of(PLUMB_KIND_EVIDENCE));
    packs_finds(&log_, &pack, "control.must", VOTE);
}

static void
advisories_that_are_left_out_are_missed(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < world.n; i++)
        if (world.entries[i].opened->statement->kind == PLUMB_KIND_ADVISORY && has_entry(i))
            drop_entry(i);
    packs_finds(&log_, &pack, "control.must", VOTE);
}

/* The evaluation names the document that it was made by. */
static void
a_change_of_governance_that_is_left_out_is_missed(void **state)
{
    uint64_t change = 1;

    (void)state;
    while (world.entries[change].opened->statement->kind != PLUMB_KIND_GOVERNANCE)
        change++;
    drop_entry(change);
    drop_entry(change + 1);
    packs_finds(&log_, &pack, "time.not-due", EVALUATION);
}

/* Of witnesses, whom the trust file asks for: the log's key alone is not enough. */
static void
a_checkpoint_without_the_cosignatures_that_are_asked_for_is_found(void **state)
{
    const struct plumb_signer *witness = make_who(&world.make, "sol")->sign;
    char text[800], log_key[PLUMB_VKEY_TEXT], witness_key[PLUMB_VKEY_TEXT];
    struct plumb_vkey vkey;
    struct pack_trust trust = { .genesis = log_.genesis };
    struct plumb_log_policy *policy = NULL;
    struct pack *p = NULL;
    struct plumb_err err = { 0 };
    json_t *report = NULL;

    (void)state;
    assert_ok(plumb_vkey_make(MAKE_ORIGIN, 1, world.make.log->pub, &vkey, &err), &err);
    plumb_vkey_text(&vkey, log_key);
    assert_ok(plumb_vkey_make("witness.example/w", 4, witness->pub, &vkey, &err), &err);
    plumb_vkey_text(&vkey, witness_key);
    (void)snprintf(text, sizeof text, "log %s\nwitness w %s\nquorum w\n", log_key, witness_key);
    assert_ok(plumb_log_policy_parse(text, strlen(text), &policy, &err), &err);
    trust.policy = policy;
    assert_ok(pack_open(whole.data, whole.len, PACK_LIMIT, &p, &err), &err);
    assert_ok(pack_audit(p, &trust, &report, &err), &err);
    assert_false(json_is_true(json_object_get(report, "holds")));
    assert_string_equal(
        report_text(json_array_get(json_object_get(report, "findings"), 0), "rule"),
        "witness.quorum");
    json_decref(report);
    pack_free(p);
    plumb_log_policy_free(policy);
}

static void
the_record_of_the_evaluation_must_be_there(void **state)
{
    (void)state;
    drop_entry(EVALUATION);
    packs_finds(&log_, &pack, "pack.evaluation", VOTE);
}

static void
another_genesis_than_the_pinned_one_is_found(void **state)
{
    uint64_t first = 1;

    (void)state;
    log_.genesis.b[0] ^= 1;
    packs_finds(&log_, &pack, "genesis.pin", 0);
    packs_finds(&log_, &pack, "genesis.pin", AUDIT_NO_ENTRY);
    log_.genesis.b[0] ^= 1;
    drop_entry(0);
    while (!has_entry(first))
        first++;
    packs_finds(&log_, &pack, "genesis.pin", first);
}

static void
a_checkpoint_that_the_logs_key_did_not_sign_is_found(void **state)
{
    struct plumb_checkpoint head;
    struct plumb_signer *other = make_who(&world.make, "sol")->sign;
    struct plumb_bytes note = { 0 };
    struct plumb_err err = { 0 };

    (void)state;
    assert_ok(plumb_checkpoint_peek(log_.note.data, log_.note.len, &head, &err), &err);
    assert_ok(plumb_checkpoint_sign(&head, &other, 1, &note, &err), &err);
    packs_put(&pack, PACK_CHECKPOINT, note.data, note.len);
    plumb_bytes_clear(&note);
    packs_finds(&log_, &pack, "note.signature", AUDIT_NO_ENTRY);
}

static void
entries_that_do_not_ascend_are_found(void **state)
{
    struct archive_file *f = packs_file(&pack, PACK_ENTRIES);
    size_t len = (size_t)(strchr((const char *)f->data, '\n') - (const char *)f->data) + 1;
    char *twice = malloc(f->len + len + 1);

    (void)state;
    assert_non_null(twice);
    memcpy(twice, f->data, len);
    memcpy(twice + len, f->data, f->len + 1);
    packs_put(&pack, PACK_ENTRIES, twice, f->len + len);
    free(twice);
    packs_finds(&log_, &pack, "pack.entries", 0);
}

static void
an_entry_about_something_else_is_found(void **state)
{
    const uint64_t first = last_of(PLUMB_KIND_RELEASE);
    uint64_t other = 0;

    (void)state;
    while (world.entries[other].opened->statement->kind != PLUMB_KIND_RELEASE)
        other++;
    assert_true(other < first && !has_entry(other));
    add_entry(other);
    packs_finds(&log_, &pack, "pack.entry", other);
    drop_entry(other);
    while (world.entries[other].opened->statement->kind != PLUMB_KIND_APPROVAL)
        other++;
    add_entry(other); /* a vote on it */
    packs_finds(&log_, &pack, "pack.entry", other);
}

static void
a_pack_that_says_it_is_of_another_release_is_found(void **state)
{
    (void)state;
    json_object_set_new(pack.manifest, "version", json_string("1.1"));
    packs_finds(&log_, &pack, "pack.entry", entry_of_release());
    json_object_set_new(pack.manifest, "version", json_string("1.0"));
    json_object_set_new(pack.manifest, "release", make_hex(&log_.genesis));
    packs_finds(&log_, &pack, "pack.entry", entry_of_release());
}

/* "blobs/..." of the first evidence file that is there. */
static const char *
some_blob(void)
{
    static char name[ARCHIVE_NAME];
    char hex[PLUMB_DIGEST_HEX];
    const struct plumb_statement *s =
        world.entries[last_of(PLUMB_KIND_EVIDENCE)].opened->statement;

    plumb_digest_hex(&s->u.evidence.files[0].digest, hex);
    (void)snprintf(name, sizeof name, "blobs/%s", hex);
    return name;
}

static void
a_file_of_evidence_that_is_gone_is_found_and_one_that_is_nobodys(void **state)
{
    struct plumb_digest digest;
    char name[ARCHIVE_NAME], hex[PLUMB_DIGEST_HEX];

    (void)state;
    plumb_sha256("smuggled", 8, &digest);
    plumb_digest_hex(&digest, hex);
    (void)snprintf(name, sizeof name, "blobs/%s", hex);
    packs_put(&pack, name, "smuggled", 8);
    packs_finds(&log_, &pack, "pack.blob", AUDIT_NO_ENTRY);
    packs_put(&pack, name, NULL, 0);
    packs_put(&pack, some_blob(), NULL, 0);
    packs_finds(&log_, &pack, "blob.absent", last_of(PLUMB_KIND_EVIDENCE));
}

static void
what_follows_from_the_entries_must_be_what_the_pack_says(void **state)
{
    static const struct {
        const char *file, *rule;
        bool at_evaluation;
    } cases[] = {
        { PACK_CONTROLS, "pack.controls", true },
        { PACK_REPORT, "pack.report", false },
        { PACK_SUMMARY, "summary.content", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct archive_file *f = packs_file(&pack, cases[i].file);
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes was = { 0 };

        assert_int_equal(plumb_bytes_copy(f->data, f->len, &was, NULL), PLUMB_OK);
        if (strcmp(cases[i].file, PACK_SUMMARY) == 0) { /* signed by the service all the same */
            PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { 0 };
            PLUMB_AUTO(plumb_json_auto) json_t *envelope = NULL;

            assert_int_equal(plumb_bytes_copy(f->data, f->len, &text, NULL), PLUMB_OK);
            plumb_bytes_clear(&text);
            assert_int_equal(engine_summary_statement(world.engine, &release, &text, NULL),
                             PLUMB_OK);
            *strstr((char *)text.data, "SLSA_BUILD_LEVEL_3") = 'X';
            assert_int_equal(plumb_dsse_sign_long(text.data, text.len, ENGINE_SUMMARY_MAX,
                                                  make_who(&world.make, "plumbd")->sign,
                                                  &envelope, NULL),
                             PLUMB_OK);
            plumb_bytes_clear(&text);
            assert_int_equal(plumb_json_canonical(envelope, &text, NULL), PLUMB_OK);
            packs_put(&pack, cases[i].file, text.data, text.len);
        } else {
            packs_put(&pack, cases[i].file, "{}", 2);
        }
        packs_finds(&log_, &pack, cases[i].rule,
                    cases[i].at_evaluation ? EVALUATION : AUDIT_NO_ENTRY);
        packs_put(&pack, cases[i].file, was.data, was.len);
    }
    packs_put(&pack, PACK_SUMMARY, NULL, 0);
    packs_finds(&log_, &pack, "summary.absent", EVALUATION);
    packs_put(&pack, PACK_CONTROLS, NULL, 0);
    packs_finds(&log_, &pack, "pack.controls", EVALUATION);
}

/* --- what is no pack --- */

static enum plumb_code
open_pack(const struct plumb_bytes *bytes, struct plumb_err *err)
{
    struct pack *p = NULL;
    enum plumb_code code = pack_open(bytes->data, bytes->len, PACK_LIMIT, &p, err);

    pack_free(p);
    return code;
}

static void
assert_no_pack(const char *rule)
{
    struct plumb_bytes bytes = packs_write(&pack);
    struct plumb_err err = { 0 };

    assert_refused(rule, open_pack(&bytes, &err), &err);
    assert_true(err.where[0] != '\0');
    plumb_bytes_clear(&bytes);
}

static void
files_that_a_pack_does_not_have_are_refused(void **state)
{
    (void)state;
    packs_put(&pack, "notes.txt", "x", 1);
    assert_no_pack("pack.name");
    packs_put(&pack, "notes.txt", NULL, 0);
    packs_put(&pack, "blobs/abc", "x", 1);
    assert_no_pack("pack.name");
    packs_put(&pack, "blobs/abc", NULL, 0);
    packs_put(&pack, some_blob(), "other bytes", 11);
    assert_no_pack("pack.blob");
    packs_put(&pack, some_blob(), NULL, 0);
    packs_put(&pack, PACK_CHECKPOINT, NULL, 0);
    assert_no_pack("pack.manifest");
}

/* A manifest that says something else than there is. */
static void
assert_manifest(const char *rule, json_t *manifest)
{
    struct archive_file files[64];
    struct plumb_bytes text = { 0 }, bytes = { 0 };
    struct plumb_err err = { 0 };
    size_t n = 0;

    assert_ok(plumb_json_canonical(manifest, &text, &err), &err);
    assert_true(pack.n < 63);
    for (size_t i = 0; i < pack.n; i++) {
        if (n == i && strcmp(pack.files[i].name, PACK_MANIFEST) > 0) {
            files[n] = (struct archive_file){ .data = text.data, .len = text.len };
            strcpy(files[n++].name, PACK_MANIFEST);
        }
        files[n++] = pack.files[i];
    }
    assert_ok(archive_write(files, n, &bytes, &err), &err);
    assert_refused(rule, open_pack(&bytes, &err), &err);
    plumb_bytes_clear(&bytes);
    plumb_bytes_clear(&text);
    json_decref(manifest);
}

static void
a_manifest_must_name_every_file_as_it_is(void **state)
{
    struct plumb_bytes bytes = packs_write(&pack); /* fills in the manifest */
    json_t *m = pack.manifest, *changed, *files;

    (void)state;
    plumb_bytes_clear(&bytes);
    changed = json_deep_copy(m);
    json_array_remove(json_object_get(changed, "files"), 3);
    assert_manifest("pack.manifest", changed);
    changed = json_deep_copy(m);
    files = json_object_get(changed, "files");
    json_array_append_new(files, json_pack("{s:s, s:o, s:i}", "name", "zzz", "sha256",
                                           make_hex(&log_.genesis), "size", 1));
    assert_manifest("pack.manifest", changed);
    changed = json_deep_copy(m);
    json_object_set_new(json_array_get(json_object_get(changed, "files"), 0), "size",
                        json_integer(1));
    assert_manifest("pack.manifest", changed);
    changed = json_deep_copy(m);
    json_object_set_new(json_array_get(json_object_get(changed, "files"), 0), "sha256",
                        make_hex(&log_.genesis));
    assert_manifest("pack.manifest", changed);
    changed = json_deep_copy(m);
    json_object_set_new(changed, "schema", json_string("urn:plumbline:evidence-pack:v2"));
    assert_manifest("pack.manifest", changed);
    changed = json_deep_copy(m);
    json_object_set_new(changed, "more", json_true());
    assert_manifest("json.unknown", changed);
}

static void
lines_that_are_no_entries_are_refused_where_they_stand(void **state)
{
    static const char *const cases[] = {
        "{}\n",
        "{\"entry\":{},\"index\":0,\"proof\":[\"AAAA\"]}\n",
        "{\"entry\":{},\"index\":0,\"proof\":[]} \n",
        "{\"entry\":1,\"index\":0,\"proof\":[]}\n",
        "{\"entry\":{},\"index\":-1,\"proof\":[]}\n",
        "\n",
        "{\"entry\":{},\"index\":0,\"proof\":[]}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct pack_trust trust = { .genesis = log_.genesis };
        struct plumb_bytes bytes;
        struct pack *p = NULL;
        struct plumb_err err = { 0 };
        json_t *report = NULL;

        packs_put(&pack, PACK_ENTRIES, cases[i], strlen(cases[i]));
        bytes = packs_write(&pack);
        assert_ok(pack_open(bytes.data, bytes.len, PACK_LIMIT, &p, &err), &err);
        assert_refused("pack.entries", pack_audit(p, &trust, &report, &err), &err);
        assert_string_equal(err.where, "entries.jsonl:1");
        pack_free(p);
        plumb_bytes_clear(&bytes);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, take, clear)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_pack_holds_what_an_approval_rests_on_and_no_more),
        T(a_pack_says_in_its_report_what_it_does_not_prove),
        T(what_is_not_approved_or_not_there_is_not_packed),
        T(a_revocation_is_told_in_the_pack_of_what_it_revoked),
        T(a_release_without_controls_is_packed_too),
        T(a_pack_larger_than_allowed_is_not_made),
        T(an_entry_that_is_not_in_the_log_is_found),
        T(a_forged_signature_is_found_though_the_tree_was_made_anew),
        T(a_vote_that_is_left_out_is_missed),
        T(evidence_that_is_left_out_is_missed),
        T(advisories_that_are_left_out_are_missed),
        T(a_change_of_governance_that_is_left_out_is_missed),
        T(a_checkpoint_without_the_cosignatures_that_are_asked_for_is_found),
        T(the_record_of_the_evaluation_must_be_there),
        T(another_genesis_than_the_pinned_one_is_found),
        T(a_checkpoint_that_the_logs_key_did_not_sign_is_found),
        T(entries_that_do_not_ascend_are_found),
        T(an_entry_about_something_else_is_found),
        T(a_pack_that_says_it_is_of_another_release_is_found),
        T(a_file_of_evidence_that_is_gone_is_found_and_one_that_is_nobodys),
        T(what_follows_from_the_entries_must_be_what_the_pack_says),
        T(files_that_a_pack_does_not_have_are_refused),
        T(a_manifest_must_name_every_file_as_it_is),
        T(lines_that_are_no_entries_are_refused_where_they_stand),
    };

    return cmocka_run_group_tests(tests, play, end);
}
