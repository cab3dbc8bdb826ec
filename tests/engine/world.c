#include "tests/engine/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/t.h"

/* --- the log --- */

static void
no_recognitions(struct make *m)
{
    make_set(m, "fleets.prod.recognitions", json_integer(0));
}

struct plumb_digest
world_blob(struct world *w, struct plumb_bytes bytes)
{
    struct world_blob *b;

    w->blobs = realloc(w->blobs, (w->nblobs + 1) * sizeof *w->blobs);
    assert_non_null(w->blobs);
    b = &w->blobs[w->nblobs++];
    b->bytes = bytes;
    plumb_sha256(bytes.data, bytes.len, &b->digest);
    return b->digest;
}

void
world_begin(struct world *w, void (*edit)(struct make *m))
{
    world_begin_at(w, WORLD_T0, edit);
}

void
world_begin_at(struct world *w, plumb_time at, void (*edit)(struct make *m))
{
    *w = (struct world){ .n = 0 };
    make_begin(&w->make, at);
    (edit != NULL ? edit : no_recognitions)(&w->make);
    assert_ok(engine_new(make_secret(1), &w->engine, &w->err), &w->err);
    (void)world_blob(w, make_document(&w->make));
    (void)world_do(w, make_change(&w->make, "ada bob"));
    w->genesis = w->entries[0].opened->statement->id;
}

void
world_end(struct world *w)
{
    for (size_t i = 0; i < w->n; i++) {
        plumb_signed_free(w->entries[i].opened);
        plumb_bytes_clear(&w->entries[i].bytes);
    }
    for (size_t i = 0; i < w->nblobs; i++)
        plumb_bytes_clear(&w->blobs[i].bytes);
    free(w->entries);
    free(w->blobs);
    engine_free(w->engine);
    make_end(&w->make);
}

/* The blob of this digest; the last ones are the likely ones. NULL if there is none. */
static const struct world_blob *
find_blob(const struct world *w, const struct plumb_digest *digest)
{
    for (size_t i = w->nblobs; i-- > 0;)
        if (plumb_digest_eq(&w->blobs[i].digest, digest))
            return &w->blobs[i];
    return NULL;
}

static enum plumb_code
feed(struct world *w, struct engine *e, const struct plumb_signed *s, uint64_t index,
     plumb_time time)
{
    struct plumb_digest needs[64];
    struct engine_blob blobs[64];
    size_t nblobs = 0, before, n, nread;

    do { /* a document that is there names more */
        before = nblobs;
        assert_ok(engine_needs(s->statement, blobs, nblobs, needs, 64, &n, &nread, &w->err),
                  &w->err);
        nblobs = 0;
        for (size_t i = 0; i < n; i++) {
            const struct world_blob *b = find_blob(w, &needs[i]);

            if (b != NULL)
                blobs[nblobs++] =
                    (struct engine_blob){ b->digest, b->bytes.data, b->bytes.len };
        }
    } while (nblobs != before);
    return engine_apply(e, s, index, time, blobs, nblobs, &w->effect, &w->err);
}

enum plumb_code
world_try(struct world *w, struct plumb_signed *s)
{
    enum plumb_code code;
    struct world_entry *entry;

    code = feed(w, w->engine, s, engine_size(w->engine), w->make.now);
    if (code != PLUMB_OK || w->effect.repeated) {
        plumb_signed_free(s);
        return code;
    }
    w->entries = realloc(w->entries, (w->n + 1) * sizeof *w->entries);
    assert_non_null(w->entries);
    entry = &w->entries[w->n++];
    *entry = (struct world_entry){ .opened = s, .time = w->make.now };
    assert_ok(plumb_entry_make(s->envelope, entry->time, &entry->bytes, &w->err), &w->err);
    w->make.now += 60;
    return PLUMB_OK;
}

uint64_t
world_do(struct world *w, struct plumb_signed *s)
{
    assert_ok(world_try(w, s), &w->err);
    return w->n - 1;
}

static struct plumb_digest
send(struct world *w, struct plumb_signed *s)
{
    struct plumb_digest id = s->statement->id;

    (void)world_do(w, s);
    return id;
}

void
world_feed(struct world *w, struct engine *e, size_t i)
{
    assert_ok(feed(w, e, w->entries[i].opened, i, w->entries[i].time), &w->err);
}

struct engine *
world_replay(struct world *w)
{
    struct engine *e = NULL;

    assert_ok(engine_new(make_secret(2), &e, &w->err), &w->err);
    for (size_t i = 0; i < w->n; i++)
        world_feed(w, e, i);
    return e;
}

/* --- statements --- */

const char *
world_name(const struct world *w, const struct plumb_digest *release)
{
    static char name[2 * PLUMB_NAME_MAX + 2];
    struct engine_version v;

    assert_true(engine_version(w->engine, release, &v));
    (void)snprintf(name, sizeof name, "%s@%s", v.payload, v.version);
    return name;
}

struct plumb_digest
world_propose_release(struct world *w, const char *payload, const char *version)
{
    char label[2 * PLUMB_NAME_MAX + 2];
    struct plumb_digest values;

    (void)snprintf(label, sizeof label, "%s@%s", payload, version);
    values = world_blob(w, make_refvals(label));
    return send(w, make_release(&w->make, "rex", payload, version, &values));
}

struct plumb_digest
world_vote(struct world *w, const char *who, const struct plumb_digest *proposal,
           enum plumb_decision d)
{
    return send(w, make_vote(&w->make, who, proposal, d));
}

struct plumb_digest
world_release(struct world *w, const char *version)
{
    struct plumb_digest id = world_propose_release(w, "web", version);

    (void)world_vote(w, "sol", &id, PLUMB_APPROVE);
    return id;
}

struct plumb_digest
world_release_values(struct world *w, const char *version, struct plumb_bytes values)
{
    struct plumb_digest digest = world_blob(w, values);
    struct plumb_digest id = send(w, make_release(&w->make, "rex", "web", version, &digest));

    (void)world_vote(w, "sol", &id, PLUMB_APPROVE);
    return id;
}

struct plumb_signed *
world_rollout(struct world *w, const struct plumb_digest *release, enum plumb_action action,
              json_t *more)
{
    struct engine_version v;

    assert_true(engine_version(w->engine, release, &v));
    return make_rollout(&w->make, "rex", "prod", world_name(w, release), release, action,
                        engine_base(w->engine, "prod", v.payload), more);
}

struct find_current {
    bool found;
    struct plumb_digest release;
};

static bool
find_current(void *arg, const struct engine_placement *p)
{
    struct find_current *f = arg;

    if (p->place != ENGINE_PLACE_CURRENT || strcmp(p->payload, "web") != 0)
        return true;
    f->found = true;
    f->release = p->release;
    return false;
}

json_t *
world_predecessor(const struct world *w)
{
    struct find_current f = { .found = false };

    engine_each_placement(w->engine, "prod", true, find_current, &f);
    return f.found ? json_pack("{s:o}", "predecessor", make_hex(&f.release)) : NULL;
}

struct plumb_digest
world_start(struct world *w, const struct plumb_digest *release)
{
    struct plumb_digest id =
        send(w, world_rollout(w, release, PLUMB_ACTION_BEGIN, world_predecessor(w)));

    (void)world_vote(w, "ria", &id, PLUMB_APPROVE);
    return id;
}

struct plumb_digest
world_schedule(struct world *w, const struct plumb_digest *release, plumb_time at)
{
    json_t *more = world_predecessor(w);
    struct plumb_digest id;

    if (more == NULL)
        more = json_object();
    assert_int_equal(json_object_set_new(more, "at", make_time(at)), 0);
    id = send(w, world_rollout(w, release, PLUMB_ACTION_BEGIN, more));
    (void)world_vote(w, "ria", &id, PLUMB_APPROVE);
    return id;
}

struct plumb_digest
world_complete(struct world *w, const struct plumb_digest *release)
{
    return send(w, world_rollout(w, release, PLUMB_ACTION_COMPLETE, NULL));
}

struct plumb_digest
world_rollback(struct world *w, const struct plumb_digest *release)
{
    return send(w, world_rollout(w, release, PLUMB_ACTION_ROLLBACK, NULL));
}

struct plumb_digest
world_reschedule(struct world *w, const struct plumb_digest *release, plumb_time until)
{
    return send(w, world_rollout(w, release, PLUMB_ACTION_RESCHEDULE,
                                 json_pack("{s:o}", "notAfter", make_time(until))));
}

struct plumb_signed *
world_revocation(struct world *w, const struct plumb_digest *release, const char *fleets,
                 const char *leave_nothing)
{
    char text[512] = "";
    const char *fleet = fleets;
    struct engine_version v;
    json_t *more = NULL;

    assert_true(engine_version(w->engine, release, &v));
    while (strcmp(fleets, "all") != 0 && *fleet != '\0') {
        char name[PLUMB_NAME_MAX + 1] = "";
        size_t len = strcspn(fleet, " "), used = strlen(text);

        memcpy(name, fleet, len);
        (void)snprintf(text + used, sizeof text - used, "%s%s:%llu", used > 0 ? " " : "", name,
                       (unsigned long long)engine_base(w->engine, name, v.payload));
        fleet += len + (fleet[len] == ' ');
    }
    if (leave_nothing != NULL)
        more = json_pack("{s:[s]}", "leaveNothingAccepted", leave_nothing);
    return make_revocation(&w->make, "sol", world_name(w, release), release,
                           text[0] != '\0' ? text : "all", more);
}

struct plumb_digest
world_revoke(struct world *w, const struct plumb_digest *release, const char *fleets,
             const char *leave_nothing)
{
    return send(w, world_revocation(w, release, fleets, leave_nothing));
}

struct plumb_signed *
world_change(struct world *w, const char *who, json_t *more)
{
    json_t *members = json_pack("{s:O, s:O}", "version", make_at(&w->make, "version"),
                                "previous", make_at(&w->make, "previous"));
    struct plumb_digest digest = world_blob(w, make_document(&w->make));

    if (more != NULL) {
        assert_int_equal(json_object_update(members, more), 0);
        json_decref(more);
    }
    return make_signed(&w->make, who, PLUMB_KIND_GOVERNANCE, "governance", &digest, members);
}

struct plumb_digest
world_govern(struct world *w, json_t *more)
{
    struct plumb_digest id = send(w, world_change(w, "ada", more));

    (void)world_vote(w, "bob", &id, PLUMB_APPROVE);
    return id;
}

/* --- the service --- */

struct plumb_signed *
world_due(struct world *w)
{
    struct engine_due due;
    char name[2 * PLUMB_NAME_MAX + 2];
    json_t *members = NULL;

    if (!engine_due(w->engine, w->make.now, &due))
        return NULL;
    (void)snprintf(name, sizeof name, "%s@%s", due.payload, due.version);
    assert_ok(engine_due_members(w->engine, &due, &members, &w->err), &w->err);
    return make_signed(&w->make, "plumbd", due.kind, name, &due.release, members);
}

size_t
world_record(struct world *w)
{
    struct plumb_signed *s;
    size_t n = 0;

    for (; (s = world_due(w)) != NULL; n++) {
        (void)world_do(w, s);
        w->make.now -= 60; /* all at one instant */
    }
    return n;
}

struct plumb_signed *
world_publication(struct world *w, const char *fleet, int64_t revision,
                  const struct plumb_digest *content, plumb_time valid_until)
{
    return make_signed(&w->make, "plumbd", PLUMB_KIND_PUBLICATION, "content", content,
                       json_pack("{s:s, s:I, s:o}", "fleet", fleet, "revision",
                                 (json_int_t)revision, "validUntil", make_time(valid_until)));
}

/* --- looking --- */

struct engine_placement
world_at(const struct world *w, const struct plumb_digest *release)
{
    struct engine_placement p;

    if (!engine_placement(w->engine, "prod", release, &p))
        fail_msg("it was never in prod");
    return p;
}

enum engine_place
world_place(const struct world *w, const struct plumb_digest *release)
{
    return world_at(w, release).place;
}

enum engine_proposal_state
world_state(const struct world *w, const struct plumb_digest *id)
{
    struct engine_proposal p;

    assert_true(engine_proposal(w->engine, id, &p));
    return p.state;
}

const char *
world_rule(const struct world *w, const struct plumb_digest *id)
{
    struct engine_proposal p;

    assert_true(engine_proposal(w->engine, id, &p));
    return p.closed_rule != NULL ? p.closed_rule : "";
}
