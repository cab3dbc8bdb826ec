/* The bundle file of a world's fleet, and everything that can be seen of an engine. */
#include <plumb/bundle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/engine/world.h"
#include "tests/story.h"
#include "tests/t.h"

/* --- proofs --- */

/* The file under way, and every node of the tree over the entries, a level after the other. */
struct file {
    const struct world *w;
    FILE *f;
    struct plumb_digest *levels[64];
};

static void
grow_tree(struct file *file)
{
    const struct world *w = file->w;
    size_t n = w->n;

    file->levels[0] = calloc(n + 1, sizeof *file->levels[0]);
    assert_non_null(file->levels[0]);
    for (size_t i = 0; i < n; i++)
        plumb_leaf_hash(w->entries[i].bytes.data, w->entries[i].bytes.len, &file->levels[0][i]);
    for (unsigned l = 1; n > 1; l++) {
        n /= 2;
        file->levels[l] = calloc(n + 1, sizeof *file->levels[l]);
        assert_non_null(file->levels[l]);
        for (size_t i = 0; i < n; i++)
            plumb_tree_root(&file->levels[l - 1][2 * i], 2, &file->levels[l][i]);
    }
}

static void
fell_tree(struct file *file)
{
    for (size_t l = 0; l < 64; l++)
        free(file->levels[l]);
}

static enum plumb_code
node(void *arg, unsigned level, uint64_t n, struct plumb_digest *ret, struct plumb_err *err)
{
    const struct file *file = arg;

    (void)err;
    *ret = file->levels[level][n];
    return PLUMB_OK;
}

static json_t *
entry_json(const struct file *file, uint64_t index)
{
    const struct world *w = file->w;
    const struct world_entry *e = &w->entries[index];
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    json_t *hashes = json_array();
    struct plumb_err err = { 0 };
    size_t n;

    assert_ok(plumb_inclusion_build(index, w->n, node, (void *)file, proof, &n, &err), &err);
    for (size_t i = 0; i < n; i++) {
        char *text = NULL;

        assert_ok(plumb_base64(proof[i].b, sizeof proof[i].b, &text, &err), &err);
        assert_int_equal(json_array_append_new(hashes, json_string(text)), 0);
        free(text);
    }
    return json_pack("{s:I, s:o, s:o}", "index", (json_int_t)index, "entry",
                     json_loadb((const char *)e->bytes.data, e->bytes.len, 0, NULL), "proof",
                     hashes);
}

static json_t *
header_json(const struct file *file, const char *fleet)
{
    const struct world *w = file->w;
    struct plumb_checkpoint c = { .size = w->n };
    struct plumb_signer *const signers[] = { w->make.log };
    struct plumb_bytes note = { 0 };
    struct plumb_err err = { 0 };
    char *text = NULL;
    json_t *line;

    (void)snprintf(c.origin, sizeof c.origin, "%s", MAKE_ORIGIN);
    assert_ok(plumb_root_build(w->n, node, (void *)file, &c.root, &err), &err);
    assert_ok(plumb_checkpoint_sign(&c, signers, 1, &note, &err), &err);
    assert_ok(plumb_base64(note.data, note.len, &text, &err), &err);
    line = json_pack("{s:s, s:s, s:s, s:s}", "type", "bundle", "schema",
                     "urn:plumbline:bundle:v1", "fleet", fleet, "checkpoint", text);
    free(text);
    plumb_bytes_clear(&note);
    return line;
}

/* --- the file --- */

static void
write_line(const struct file *file, json_t *line)
{
    struct plumb_bytes text = { 0 };
    struct plumb_err err = { 0 };

    assert_ok(plumb_json_canonical(line, &text, &err), &err);
    assert_int_equal(fwrite(text.data, 1, text.len, file->f), text.len);
    assert_int_equal(fputc('\n', file->f), '\n');
    plumb_bytes_clear(&text);
    json_decref(line);
}

static void
write_governance(const struct file *file)
{
    const struct engine *e = file->w->engine;
    const struct plumb_chain *chain = engine_chain(e);

    for (size_t i = 0; i < plumb_chain_length(chain); i++) {
        const struct plumb_link *link = plumb_chain_link(chain, i);
        json_t *entries = json_array();
        struct engine_proposal p;

        assert_true(engine_proposal(e, &link->statement, &p));
        for (size_t k = 0; k < p.nvotes; k++)
            if (k == 0 || p.votes[k].index != p.votes[k - 1].index)
                json_array_append_new(entries, entry_json(file, p.votes[k].index));
        write_line(file, json_pack("{s:s, s:O, s:o}", "type", "governance", "document",
                                   link->document->json, "entries", entries));
    }
}

static json_t *
part_json(const struct engine_part *part)
{
    json_t *json = json_loadb((const char *)part->json.data, part->json.len, 0, NULL);
    struct plumb_digest digest;

    assert_non_null(json);
    plumb_sha256(part->json.data, part->json.len, &digest);
    assert_true(plumb_digest_eq(&digest, &part->digest));
    return json;
}

static enum plumb_code
write_content(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    (void)err;
    write_line(arg, json_pack("{s:s, s:o}", "type", "content", "content", part_json(part)));
    return PLUMB_OK;
}

static enum plumb_code
write_bucket(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    (void)err;
    write_line(arg, json_pack("{s:s, s:o}", "type", "bucket", "bucket", part_json(part)));
    return PLUMB_OK;
}

static void
mark(const json_t *indexes, bool *named)
{
    size_t i;
    json_t *e;

    json_array_foreach(indexes, i, e) {
        named[json_integer_value(e)] = true;
    }
}

static json_t *
blob_json(const struct world *w, const char *hex)
{
    struct plumb_digest digest;
    struct plumb_err err = { 0 };

    assert_ok(plumb_digest_parse(hex, "", &digest, &err), &err);
    for (size_t i = 0; i < w->nblobs; i++)
        if (plumb_digest_eq(&w->blobs[i].digest, &digest))
            return json_loadb((const char *)w->blobs[i].bytes.data, w->blobs[i].bytes.len, 0,
                              NULL);
    fail_msg("no blob %s", hex);
    return NULL;
}

static enum plumb_code
write_section(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    const struct file *file = arg;
    bool *named = calloc(file->w->n, sizeof *named);
    json_t *section = part_json(part), *documents = json_array(), *entries = json_array();
    json_t *version, *move;
    size_t i, k;

    (void)err;
    assert_non_null(named);
    json_array_foreach(json_object_get(section, "versions"), i, version) {
        json_array_append_new(
            documents,
            blob_json(file->w, json_string_value(json_object_get(version, "referenceValues"))));
        mark(json_object_get(version, "approval"), named);
        json_array_foreach(json_object_get(version, "moves"), k, move) {
            mark(json_object_get(move, "entries"), named);
        }
    }
    for (i = 0; i < file->w->n; i++)
        if (named[i])
            json_array_append_new(entries, entry_json(file, i));
    write_line(file, json_pack("{s:s, s:o, s:o, s:o}", "type", "section", "section", section,
                               "referenceValues", documents, "entries", entries));
    free(named);
    return PLUMB_OK;
}

struct plumb_bytes
world_bundle(const struct world *w, const char *fleet)
{
    struct engine_fleet_state state;
    struct plumb_err err = { 0 };
    struct file file = { .w = w };
    json_t *publication;
    char *text = NULL;
    size_t len = 0;

    assert_true(engine_fleet(w->engine, fleet, &state));
    file.f = open_memstream(&text, &len);
    assert_non_null(file.f);
    grow_tree(&file);
    write_line(&file, header_json(&file, fleet));
    write_governance(&file);
    publication = entry_json(&file, state.publication);
    json_object_set_new(publication, "type", json_string("publication"));
    write_line(&file, publication);
    assert_ok(engine_derive_all(w->engine, fleet, write_content, write_bucket, write_section,
                                &file, &err),
              &err);
    assert_int_equal(fclose(file.f), 0);
    fell_tree(&file);
    return (struct plumb_bytes){ (uint8_t *)text, len };
}

struct plumb_bytes
world_trust(const struct world *w, const char *fleet)
{
    struct plumb_bytes text = { 0 };
    char vkey[PLUMB_VKEY_TEXT], line[PLUMB_VKEY_TEXT + 8];
    struct plumb_vkey key;
    struct plumb_err err = { 0 };
    json_t *json;

    assert_ok(plumb_vkey_make(MAKE_ORIGIN, 0x01, w->make.log->pub, &key, &err), &err);
    plumb_vkey_text(&key, vkey);
    (void)snprintf(line, sizeof line, "log %s", vkey);
    json = json_pack("{s:s, s:s, s:o, s:[], s:[s, s]}", "schema", "urn:plumbline:trust:v1",
                     "fleet", fleet, "genesis", make_hex(&w->genesis), "server", "policy", line,
                     "quorum none");
    assert_ok(plumb_json_canonical(json, &text, &err), &err);
    json_decref(json);
    return text;
}

static struct plumb_trust *
trust_of(const struct world *w, const char *fleet)
{
    struct plumb_bytes text = world_trust(w, fleet);
    struct plumb_trust *trust = NULL;
    struct plumb_err err = { 0 };

    assert_ok(plumb_trust_parse(text.data, text.len, &trust, &err), &err);
    plumb_bytes_clear(&text);
    return trust;
}

/* --- publishing --- */

static bool
count_accepted(void *arg, const struct engine_placement *p)
{
    (void)p;
    ++*(size_t *)arg;
    return true;
}

struct plumb_bundle *
world_open(const struct world *w, const char *fleet)
{
    struct plumb_bytes file = world_bundle(w, fleet);
    struct plumb_trust *trust = trust_of(w, fleet);
    struct plumb_bundle *bundle = NULL;
    struct plumb_memory *memory = NULL;
    struct plumb_err err = { 0 };

    assert_ok(story_read(trust, NULL, w->make.now, file.data, file.len, &bundle, &memory, &err),
              &err);
    plumb_memory_free(memory);
    plumb_trust_free(trust);
    plumb_bytes_clear(&file);
    return bundle;
}

/* What a verifier makes of it is what the engine says. */
static void
verify(const struct world *w, const char *fleet)
{
    struct plumb_bundle *bundle = world_open(w, fleet);
    size_t n = 0;

    engine_each_placement(w->engine, fleet, true, count_accepted, &n);
    assert_int_equal(bundle->naccepted, n);
    for (size_t i = 0; i < bundle->naccepted; i++) {
        const struct plumb_accepted *a = &bundle->accepted[i];
        struct engine_placement p;

        assert_true(engine_placement(w->engine, fleet, &a->release, &p));
        assert_int_equal(a->window.status, p.window.status);
        assert_int_equal(a->window.not_before, p.window.not_before);
        assert_int_equal(a->window.not_after, p.window.not_after);
        assert_int_equal(a->kept_until, p.kept_until);
    }
    plumb_bundle_free(bundle);
}

struct plumb_digest
world_publish(struct world *w, const char *fleet)
{
    struct engine_fleet_state state;
    struct plumb_digest content;
    int64_t revision;

    assert_ok(engine_advance(w->engine, w->make.now, &w->err), &w->err);
    assert_ok(engine_derive(w->engine, fleet, NULL, NULL, &content, &w->err), &w->err);
    assert_true(engine_fleet(w->engine, fleet, &state));
    revision = state.revision +
               (state.revision > 0 && plumb_digest_eq(&content, &state.content) ? 0 : 1);
    (void)world_do(w, world_publication(w, fleet, revision, &content, w->make.now + WORLD_DAY));
    verify(w, fleet);
    return content;
}

/* --- the picture --- */

static void
draw_digest(FILE *f, const char *name, const struct plumb_digest *d)
{
    char hex[PLUMB_DIGEST_HEX];

    plumb_digest_hex(d, hex);
    (void)fprintf(f, " %s=%s", name, hex);
}

static bool
draw_proposal(void *arg, const struct engine_proposal *p)
{
    FILE *f = arg;

    (void)fprintf(f, "proposal");
    draw_digest(f, "id", &p->id);
    (void)fprintf(f, " %s %s %s %s@%s in %s by %s #%llu closed #%llu %lld %s\n",
                  plumb_kind_text(p->kind), plumb_action_text(p->action),
                  engine_proposal_state_text(p->state), p->payload != NULL ? p->payload : "",
                  p->version != NULL ? p->version : "", p->fleet != NULL ? p->fleet : "",
                  p->proposer, (unsigned long long)p->index,
                  (unsigned long long)p->closed_index, (long long)p->closed_time,
                  p->closed_rule != NULL ? p->closed_rule : "");
    for (size_t i = 0; i < p->nvotes; i++)
        (void)fprintf(f, "  vote #%llu %s\n", (unsigned long long)p->votes[i].index,
                      plumb_decision_text(p->votes[i].decision));
    return true;
}

static bool
draw_version(void *arg, const struct engine_version *v)
{
    (void)fprintf(arg, "version %s@%s %s #%llu", v->payload, v->version,
                  engine_version_state_text(v->state), (unsigned long long)v->index);
    draw_digest(arg, "values", &v->reference_values);
    (void)fputc('\n', arg);
    return true;
}

static bool
draw_placement(void *arg, const struct engine_placement *p)
{
    (void)fprintf(arg, "place %s %s@%s %s since %lld", p->fleet, p->payload, p->version,
                  engine_place_text(p->place), (long long)p->since);
    if (p->place <= ENGINE_PLACE_OUTGOING)
        (void)fprintf(arg, " %s %lld %lld kept %lld", plumb_status_text(p->window.status),
                      (long long)p->window.not_before, (long long)p->window.not_after,
                      (long long)p->kept_until);
    if (p->place == ENGINE_PLACE_INCOMING)
        (void)fprintf(arg, " deadline %lld overrun %d recognised %zu", (long long)p->deadline,
                      p->overrun, p->recognitions);
    (void)fputc('\n', arg);
    return true;
}

static bool
draw_key(void *arg, const struct engine_key_view *key)
{
    (void)fprintf(arg, "key %s %d %d %x", key->principal, key->use, key->active, key->may);
    draw_digest(arg, "id", plumb_pubkey_id(key->pub));
    (void)fputc('\n', arg);
    return true;
}

static enum plumb_code
draw_part(void *arg, const struct engine_part *part, struct plumb_err *err)
{
    (void)err;
    (void)fprintf(arg, "%s\n", (const char *)part->json.data);
    return PLUMB_OK;
}

char *
world_picture(const struct engine *e)
{
    const struct plumb_link *link = plumb_chain_last(engine_chain(e));
    char *text = NULL;
    size_t len = 0;
    FILE *f = open_memstream(&text, &len);
    struct plumb_err err = { 0 };

    assert_non_null(f);
    (void)fprintf(f, "size %llu time %lld next %lld\n", (unsigned long long)engine_size(e),
                  (long long)engine_time(e), (long long)engine_next_due(e));
    engine_each_proposal(e, false, draw_proposal, f);
    engine_each_version(e, NULL, draw_version, f);
    engine_each_placement(e, NULL, false, draw_placement, f);
    engine_each_key(e, draw_key, f);
    for (size_t i = 0; link != NULL && i < link->document->nfleets; i++) {
        const char *fleet = link->document->fleets[i].name;
        struct engine_fleet_state s;

        assert_true(engine_fleet(e, fleet, &s));
        (void)fprintf(f, "fleet %s revision %lld #%llu until %lld", fleet,
                      (long long)s.revision, (unsigned long long)s.publication,
                      (long long)s.valid_until);
        draw_digest(f, "content", &s.content);
        (void)fprintf(f, "\n");
        assert_ok(engine_derive_all(e, fleet, draw_part, draw_part, draw_part, f, &err), &err);
        for (size_t k = 0; k < link->document->npayloads; k++)
            (void)fprintf(
                f, "base %s %llu\n", link->document->payloads[k].name,
                (unsigned long long)engine_base(e, fleet, link->document->payloads[k].name));
    }
    assert_int_equal(fclose(f), 0);
    return text;
}

void
world_same(char *one, char *two)
{
    size_t at = 0, line = 0;

    while (one[at] != '\0' && one[at] == two[at])
        if (one[at++] == '\n')
            line = at;
    if (one[at] != two[at])
        fail_msg("differs: [%.*s] and [%.*s]", (int)strcspn(one + line, "\n"), one + line,
                 (int)strcspn(two + line, "\n"), two + line);
    free(one);
    free(two);
}
