/* The documents that have been in force, and what they say of each key over time. */
#include "lib/chain.h"

#include <inttypes.h>
#include <string.h>

#include "lib/governance.h"
#include "lib/own.h"

#define NEVER UINT64_MAX

/* When a key counts. Indexes of entries; the completing entry is judged by the old document. */
struct life {
    uint64_t active;      /* completed the first document that has it as active, or NEVER */
    uint64_t ended;       /* completed the first later one that has it otherwise, or NEVER */
    uint64_t compromised; /* reaches back to, or NEVER */
    size_t declared;      /* in the version after so many */
};

/* Keys never leave a document, so the newest one has them all. */
struct step {
    struct plumb_link link;
    struct plumb_governance *document;
    struct life *lives; /* of the document's keys, in the order of its index */
};

struct plumb_chain {
    struct step *steps;
    size_t n, room;
};

enum plumb_code
plumb_chain_new(struct plumb_chain **ret, struct plumb_err *err)
{
    struct plumb_chain *c = calloc(1, sizeof *c);

    if (c == NULL)
        return plumb_fail_memory(err);
    *ret = c;
    return PLUMB_OK;
}

void
plumb_chain_free(struct plumb_chain *c)
{
    if (c == NULL)
        return;
    while (c->n > 0)
        plumb_chain_pop(c);
    free(c->steps);
    free(c);
}

static const struct step *
last_step(const struct plumb_chain *c)
{
    return c->n > 0 ? &c->steps[c->n - 1] : NULL;
}

static const struct life *
find_life(const struct step *s, const struct plumb_digest *id,
          const struct plumb_key_place **ret_place)
{
    const struct plumb_governance_index *index = plumb_governance_index(s->document);

    *ret_place = plumb_governance_key(s->document, id);
    return *ret_place != NULL ? &s->lives[*ret_place - index->keys] : NULL;
}

/* What the next document, completed at this index, makes of a key's life. */
static struct life
live_on(const struct life *was, const struct plumb_key *key, uint64_t index, size_t version)
{
    struct life life = { NEVER, NEVER, NEVER, 0 };

    if (was != NULL)
        life = *was;
    if (key->status == PLUMB_KEY_ACTIVE && life.active == NEVER)
        life.active = index;
    if (key->status != PLUMB_KEY_ACTIVE && life.ended == NEVER)
        life.ended = index;
    if (key->status == PLUMB_KEY_COMPROMISED && life.compromised == NEVER) {
        life.compromised = key->from;
        life.declared = version;
    }
    return life;
}

static struct life *
live_all_on(const struct step *last, const struct plumb_governance *next, uint64_t index,
            size_t version)
{
    const struct plumb_governance_index *keys = plumb_governance_index(next);
    struct life *lives = calloc(keys->nkeys + 1, sizeof *lives);

    for (size_t i = 0; i < keys->nkeys && lives != NULL; i++) {
        const struct plumb_key_place *at = &keys->keys[i], *place;
        const struct life *was = last != NULL ? find_life(last, &at->id, &place) : NULL;

        lives[i] = live_on(was, &next->principals[at->principal].keys[at->key], index, version);
    }
    return lives;
}

static bool
make_room(struct plumb_chain *c)
{
    size_t room = c->room > 0 ? c->room * 2 : 8;
    struct step *grown;

    if (c->steps != NULL && c->n < c->room)
        return true;
    grown = realloc(c->steps, room * sizeof *grown);
    if (grown == NULL)
        return false;
    c->steps = grown;
    c->room = room;
    return true;
}

enum plumb_code
plumb_chain_push(struct plumb_chain *c, struct plumb_governance *document,
                 const struct plumb_digest *statement, uint64_t index, plumb_time time,
                 struct plumb_err *err)
{
    const struct step *last = last_step(c);
    PLUMB_AUTO(auto_free) struct life *lives = NULL;

    if (last != NULL && (index <= last->link.index || time < last->link.time))
        return plumb_fail(err, PLUMB_REFUSED, "governance.order", "",
                          "a document comes into force after the one before");
    PLUMB_TRY(
        plumb_governance_succeeds(last != NULL ? last->document : NULL, document, index, err));
    lives = live_all_on(last, document, index, c->n);
    if (lives == NULL || !make_room(c))
        return plumb_fail_memory(err);
    c->steps[c->n++] = (struct step){
        .link = { document, *statement, index, time },
        .document = document,
        .lives = PLUMB_TAKE(lives),
    };
    return PLUMB_OK;
}

void
plumb_chain_pop(struct plumb_chain *c)
{
    if (c->n == 0)
        return;
    c->n--;
    plumb_governance_free(c->steps[c->n].document);
    free(c->steps[c->n].lives);
}

size_t
plumb_chain_length(const struct plumb_chain *c)
{
    return c->n;
}

const struct plumb_link *
plumb_chain_link(const struct plumb_chain *c, size_t i)
{
    return i < c->n ? &c->steps[i].link : NULL;
}

const struct plumb_link *
plumb_chain_at(const struct plumb_chain *c, uint64_t index)
{
    size_t low = 0, high = c->n; /* how many links are at or before index */

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (c->steps[middle].link.index <= index)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &c->steps[low - 1].link : NULL;
}

const struct plumb_link *
plumb_chain_last(const struct plumb_chain *c)
{
    return c->n > 0 ? &c->steps[c->n - 1].link : NULL;
}

static const struct plumb_key *
find_key(const struct plumb_chain *c, const struct plumb_digest *id,
         const struct life **ret_life, const char **ret_owner)
{
    const struct step *last = last_step(c);
    const struct plumb_key_place *place;
    const struct plumb_principal *owner;

    if (last == NULL || (*ret_life = find_life(last, id, &place)) == NULL)
        return NULL;
    owner = &last->document->principals[place->principal];
    *ret_owner = owner->id;
    return &owner->keys[place->key];
}

const struct plumb_pubkey *
plumb_chain_pubkey(const struct plumb_chain *c, const struct plumb_digest *key_id)
{
    const struct life *life;
    const char *owner;
    const struct plumb_key *key = find_key(c, key_id, &life, &owner);

    return key != NULL ? key->pub : NULL;
}

const char *
plumb_chain_owner(const struct plumb_chain *c, const struct plumb_digest *key_id)
{
    const struct life *life;
    const char *owner = NULL;

    return find_key(c, key_id, &life, &owner) != NULL ? owner : NULL;
}

static enum plumb_code
refuse(const char *rule, const char *owner, const char *why, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_FORBIDDEN, rule, owner, "%s", why);
}

/* The entry that completes the genesis is signed by the genesis' own keys. */
static bool
begun(const struct plumb_chain *c, const struct life *life, uint64_t index)
{
    return life->active < index || (life->active == index && index == c->steps[0].link.index);
}

enum plumb_code
plumb_chain_signer(const struct plumb_chain *c, const struct plumb_digest *key_id,
                   enum plumb_use use, uint64_t index, size_t known, const char **ret_id,
                   struct plumb_err *err)
{
    const struct life *life;
    const char *owner;
    const struct plumb_key *key = find_key(c, key_id, &life, &owner);
    bool compromise_known;

    if (key == NULL)
        return refuse("key.unknown", "", "no governance document lists the key", err);
    if (key->use != use)
        return refuse("key.use", owner, "the key is not for this use", err);
    compromise_known = life->compromised != NEVER && (known == 0 || life->declared < known);
    if (compromise_known && index >= life->compromised)
        return refuse("key.compromised", owner, "the key was declared compromised", err);
    if (index > life->ended)
        return refuse("key.retired", owner, "the key was retired", err);
    if (!begun(c, life, index))
        return refuse("key.not-yet", owner, "the key was not active yet", err);
    *ret_id = owner;
    return PLUMB_OK;
}
