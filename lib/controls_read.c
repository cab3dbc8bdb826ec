/* What a governance document says of controls and of those who show that they are met. */
#include "lib/controls_read.h"

#include <string.h>

#include "lib/names.h"
#include "lib/own.h"
#include "lib/pattern_read.h"
#include "lib/quorum_read.h"
#include "lib/word.h"

#define TRUSTED_MAX    1000
#define LIST_MAX       256
#define SPKI_MAX       256
#define ISSUER_MAX     1000
#define LEVEL_MAX      4
#define REBUILDERS_MAX 64
#define ROOT_MAX       (1 << 20)

struct in {
    struct plumb_governance *g;
    struct plumb_controls *c;
    struct pool *pool;
    struct plumb_err *err;
};

static enum plumb_code
wrong(const struct in *in, const struct plumb_jv *v, const char *why)
{
    return plumb_jv_fail(v, in->err, PLUMB_INVALID, "governance.controls", "%s", why);
}

enum plumb_code
plumb_words_read(const struct plumb_jv *v, const char *const *words, size_t n, unsigned *ret,
                 struct plumb_err *err)
{
    unsigned bits = 0;
    size_t count, word;

    PLUMB_TRY(plumb_jv_array(v, 0, n, &count, err));
    for (size_t i = 0; i < count; i++) {
        struct plumb_jv element = plumb_jv_element(v, i);

        PLUMB_TRY(plumb_word_read(&element, words, n, "governance.controls", &word, err));
        if ((bits & 1u << word) != 0)
            return plumb_jv_fail(&element, err, PLUMB_INVALID, "governance.controls",
                                 "stands there a second time");
        bits |= 1u << word;
    }
    *ret = bits;
    return PLUMB_OK;
}

/* --- who is trusted --- */

static enum plumb_code
read_key(const struct in *in, const struct plumb_jv *v, struct plumb_pubkey **ret)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes der = { 0 };
    char path[sizeof in->err->where];

    PLUMB_TRY(plumb_jv_base64(v, SPKI_MAX, &der, in->err));
    plumb_jv_path(v, path, sizeof path);
    return plumb_pubkey_from_spki(der.data, der.len, NULL, false, path, ret, in->err);
}

/* One key is one signer's: a rebuilder that counts twice would be two. */
static bool
is_known(const struct in *in, const struct plumb_pubkey *key)
{
    size_t seen = 0;

    for (size_t i = 0; i < in->c->ntrusted; i++)
        for (size_t k = 0; k < in->c->trusted[i].nkeys; k++)
            seen += plumb_digest_eq(plumb_pubkey_id(in->c->trusted[i].keys[k]),
                                    plumb_pubkey_id(key));
    return seen > 1;
}

static enum plumb_code
read_keys(const struct in *in, const struct plumb_jv *v, struct plumb_trusted *ret)
{
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 1, LIST_MAX, &n, in->err));
    ret->keys = pool_array(in->pool, n, sizeof *ret->keys);
    if (ret->keys == NULL)
        return plumb_fail_memory(in->err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(v, i);

        PLUMB_TRY(read_key(in, &element, &ret->keys[i]));
        ret->nkeys = i + 1; /* so that it is freed */
        if (is_known(in, ret->keys[i]))
            return plumb_jv_fail(&element, in->err, PLUMB_INVALID, "governance.key-twice",
                                 "a key is trusted under one name");
    }
    return PLUMB_OK;
}

static enum plumb_code
read_identities(const struct in *in, const struct plumb_jv *v, struct plumb_trusted *ret)
{
    static const char *const members[] = { "issuer", "subject", NULL };
    size_t n;

    PLUMB_TRY(plumb_jv_array(v, 1, LIST_MAX, &n, in->err));
    ret->identities = pool_array(in->pool, n, sizeof *ret->identities);
    if (ret->identities == NULL)
        return plumb_fail_memory(in->err);
    ret->nidentities = n;
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv element = plumb_jv_element(v, i);
        struct plumb_jv issuer = plumb_jv_member(&element, "issuer");
        struct plumb_jv subject = plumb_jv_member(&element, "subject");

        PLUMB_TRY(plumb_jv_closed(&element, members, in->err));
        PLUMB_TRY(plumb_jv_string(&issuer, ISSUER_MAX, &ret->identities[i].issuer, in->err));
        PLUMB_TRY(plumb_pattern_read(&subject, &ret->identities[i].subject, in->err));
    }
    return in->c->has_root
               ? PLUMB_OK
               : wrong(in, v, "identities need the trusted root that vouches for them");
}

/* Which controls an asserter may speak of. */
static enum plumb_code
read_spoken_of(const struct in *in, const struct plumb_jv *v, struct plumb_trusted *ret)
{
    PLUMB_TRY(plumb_names_read(v, in->pool, &ret->controls, &ret->ncontrols, in->err));
    if (ret->ncontrols == 0)
        return wrong(in, v, "leave it out where every control is meant");
    for (size_t i = 0; i < ret->ncontrols; i++)
        if (plumb_controls_find(in->c, ret->controls[i]) == NULL)
            return plumb_jv_fail(v, in->err, PLUMB_INVALID, "governance.controls",
                                 "the profile has no control %s", ret->controls[i]);
    return PLUMB_OK;
}

static enum plumb_code
read_trusted(const struct in *in, const struct plumb_jv *v, struct plumb_trusted *ret)
{
    static const char *const members[] = { "for",         "?keys",     "?roles",
                                           "?identities", "?builders", "?level",
                                           "?types",      "?controls", NULL };
    struct plumb_jv uses = plumb_jv_member(v, "for"), keys = plumb_jv_member(v, "keys");
    struct plumb_jv roles = plumb_jv_member(v, "roles");
    struct plumb_jv identities = plumb_jv_member(v, "identities");
    struct plumb_jv builders = plumb_jv_member(v, "builders");
    struct plumb_jv level = plumb_jv_member(v, "level"), types = plumb_jv_member(v, "types");
    struct plumb_jv controls = plumb_jv_member(v, "controls");
    const char *words[PLUMB_TRUST_USE_COUNT];
    bool builds, asserts;

    ret->name = v->key;
    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_WORDS_OF(words, enum plumb_trust_use, plumb_trust_use_text);
    PLUMB_TRY(plumb_words_read(&uses, words, PLUMB_TRUST_USE_COUNT, &ret->uses, in->err));
    if (ret->uses == 0)
        return wrong(in, &uses, "says what this signer is trusted for");
    if (keys.json != NULL)
        PLUMB_TRY(read_keys(in, &keys, ret));
    if (roles.json != NULL)
        PLUMB_TRY(
            plumb_roles_read(in->g, in->pool, &roles, &ret->roles, &ret->nroles, in->err));
    if (identities.json != NULL)
        PLUMB_TRY(read_identities(in, &identities, ret));
    if (ret->nkeys + ret->nroles + ret->nidentities == 0)
        return wrong(in, v, "want keys, roles or identities");
    builds = (ret->uses & 1u << PLUMB_TRUST_BUILD) != 0;
    asserts = (ret->uses & 1u << PLUMB_TRUST_ASSERT) != 0;
    if (builds != (builders.json != NULL) || builds != (level.json != NULL))
        return wrong(in, v, "a builder, and no other, has builders and a level");
    if (!builds && types.json != NULL)
        return wrong(in, &types, "only a builder has types of builds");
    if (!asserts && controls.json != NULL)
        return wrong(in, &controls, "only an asserter speaks of controls");
    if (builds) {
        PLUMB_TRY(plumb_patterns_read(&builders, in->pool, plumb_pattern_read, &ret->builders,
                                      &ret->nbuilders, in->err));
        PLUMB_TRY(plumb_jv_int(&level, 0, LEVEL_MAX, &ret->level, in->err));
        if (types.json != NULL)
            PLUMB_TRY(plumb_build_types_read(&types, in->pool, ret, in->err));
    }
    return controls.json != NULL ? read_spoken_of(in, &controls, ret) : PLUMB_OK;
}

static enum plumb_code
read_trust(const struct in *in, const struct plumb_jv *v)
{
    struct plumb_controls *c = in->c;
    const char **names;
    size_t n;

    PLUMB_TRY(plumb_names_of(v, in->pool, TRUSTED_MAX, &names, &n, in->err));
    c->trusted = pool_array(in->pool, n, sizeof *c->trusted);
    if (c->trusted == NULL)
        return plumb_fail_memory(in->err);
    for (size_t i = 0; i < n; i++) {
        struct plumb_jv member = plumb_jv_member(v, names[i]);

        c->ntrusted = i + 1; /* so that its keys are freed */
        PLUMB_TRY(read_trusted(in, &member, &c->trusted[i]));
    }
    return PLUMB_OK;
}

/* --- how much is asked --- */

static enum plumb_code
read_root(const struct in *in, const struct plumb_jv *v)
{
    static const char *const members[] = { "sha256", "size", NULL };
    struct plumb_jv digest = plumb_jv_member(v, "sha256"), size = plumb_jv_member(v, "size");

    if (v->json == NULL)
        return PLUMB_OK;
    in->c->has_root = true;
    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(plumb_jv_digest(&digest, &in->c->root, in->err));
    return plumb_jv_int(&size, 1, ROOT_MAX, &in->c->root_size, in->err);
}

static enum plumb_code
read_build(const struct in *in, const struct plumb_jv *v)
{
    static const char *const members[] = { "level", "sources", "rebuilders", NULL };
    struct plumb_jv level = plumb_jv_member(v, "level");
    struct plumb_jv sources = plumb_jv_member(v, "sources");
    struct plumb_jv rebuilders = plumb_jv_member(v, "rebuilders");

    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(plumb_jv_int(&level, 0, LEVEL_MAX, &in->c->level, in->err));
    PLUMB_TRY(plumb_jv_int(&rebuilders, 1, REBUILDERS_MAX, &in->c->rebuilders, in->err));
    return plumb_patterns_read(&sources, in->pool, plumb_pattern_read, &in->c->sources,
                               &in->c->nsources, in->err);
}

static enum plumb_code
read_vulnerabilities(const struct in *in, const struct plumb_jv *v)
{
    static const char *const members[] = { "block", "unrated", "deadlines", NULL };
    struct plumb_jv block = plumb_jv_member(v, "block");
    struct plumb_jv unrated = plumb_jv_member(v, "unrated");
    struct plumb_jv deadlines = plumb_jv_member(v, "deadlines");
    const char *words[PLUMB_SEVERITY_COUNT];
    char optional[PLUMB_SEVERITY_COUNT][16];
    const char *closed[PLUMB_SEVERITY_COUNT + 1] = { NULL };
    size_t word;

    PLUMB_WORDS_OF(words, enum plumb_severity, plumb_severity_text);
    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(plumb_words_read(&block, words, PLUMB_SEVERITY_COUNT, &in->c->blocking, in->err));
    PLUMB_TRY(plumb_word_read(&unrated, words, PLUMB_SEVERITY_COUNT, "governance.controls",
                              &word, in->err));
    in->c->unrated = (enum plumb_severity)word;
    for (size_t i = 0; i < PLUMB_SEVERITY_COUNT; i++) {
        optional[i][0] = '?';
        strcpy(optional[i] + 1, words[i]);
        closed[i] = optional[i];
    }
    PLUMB_TRY(plumb_jv_closed(&deadlines, closed, in->err));
    for (size_t i = 0; i < PLUMB_SEVERITY_COUNT; i++) {
        struct plumb_jv member = plumb_jv_member(&deadlines, words[i]);

        if (member.json == NULL)
            continue;
        PLUMB_TRY(plumb_jv_duration(&member, &in->c->deadlines[i], in->err));
        if (in->c->deadlines[i] <= 0)
            return wrong(in, &member, "leave it out where there is no deadline");
    }
    return PLUMB_OK;
}

static enum plumb_code
read_age(const struct in *in, const struct plumb_jv *ages, const char *key, int64_t *ret)
{
    struct plumb_jv v = plumb_jv_member(ages, key);

    PLUMB_TRY(plumb_jv_duration(&v, ret, in->err));
    return *ret > 0 ? PLUMB_OK : wrong(in, &v, "want more than nothing");
}

static enum plumb_code
read_ages(const struct in *in, const struct plumb_jv *v)
{
    static const char *const members[] = { "advisories", "guidance", "provenance", NULL };

    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(read_age(in, v, "advisories", &in->c->advisories_age));
    PLUMB_TRY(read_age(in, v, "guidance", &in->c->guidance_age));
    return read_age(in, v, "provenance", &in->c->provenance_age);
}

static enum plumb_code
read_follows(const struct in *in, const struct plumb_jv *v)
{
    static const char *const members[] = { "lapse", "finding", "overdue", NULL };
    const char *words[PLUMB_FOLLOW_COUNT];
    struct plumb_jv lapse = plumb_jv_member(v, "lapse");
    struct plumb_jv finding = plumb_jv_member(v, "finding");
    struct plumb_jv overdue = plumb_jv_member(v, "overdue");

    PLUMB_WORDS_OF(words, enum plumb_follow, plumb_follow_text);
    PLUMB_TRY(plumb_jv_closed(v, members, in->err));
    PLUMB_TRY(plumb_words_read(&lapse, words, PLUMB_FOLLOW_COUNT, &in->c->lapse, in->err));
    PLUMB_TRY(plumb_words_read(&finding, words, PLUMB_FOLLOW_COUNT, &in->c->finding, in->err));
    PLUMB_TRY(plumb_words_read(&overdue, words, PLUMB_FOLLOW_COUNT, &in->c->overdue, in->err));
    if (((in->c->finding | in->c->overdue) & 1u << PLUMB_FOLLOW_HOLD) != 0)
        return wrong(in, v, "what holds a rollout for a finding is its severity, under block");
    return PLUMB_OK;
}

enum plumb_code
plumb_controls_read(struct plumb_governance *g, struct pool *pool, const struct plumb_jv *v,
                    struct plumb_err *err)
{
    static const char *const members[] = { "profile", "trust",           "?trustedRoot",
                                           "build",   "vulnerabilities", "ages",
                                           "follows", "quorums",         NULL };
    static const char *const quorum_members[] = { "waiver", NULL };
    struct plumb_jv profile = plumb_jv_member(v, "profile"),
                    trust = plumb_jv_member(v, "trust");
    struct plumb_jv root = plumb_jv_member(v, "trustedRoot");
    struct plumb_jv build = plumb_jv_member(v, "build");
    struct plumb_jv vulnerabilities = plumb_jv_member(v, "vulnerabilities");
    struct plumb_jv ages = plumb_jv_member(v, "ages"), follows = plumb_jv_member(v, "follows");
    struct plumb_jv quorums = plumb_jv_member(v, "quorums");
    struct plumb_jv waiver = plumb_jv_member(&quorums, "waiver");
    struct plumb_controls *c = pool_alloc(pool, sizeof *c);
    const struct in in = { g, c, pool, err };

    if (c == NULL)
        return plumb_fail_memory(err);
    g->controls = c; /* so that what it holds is freed */
    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_profile_read(c, pool, &profile, err));
    PLUMB_TRY(read_root(&in, &root));
    PLUMB_TRY(read_trust(&in, &trust));
    PLUMB_TRY(read_build(&in, &build));
    PLUMB_TRY(read_vulnerabilities(&in, &vulnerabilities));
    PLUMB_TRY(read_ages(&in, &ages));
    PLUMB_TRY(read_follows(&in, &follows));
    PLUMB_TRY(plumb_jv_closed(&quorums, quorum_members, err));
    return plumb_quorum_read(g, pool, &waiver, &c->waiver, err);
}

void
plumb_controls_clear(struct plumb_controls *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < c->ntrusted; i++)
        for (size_t k = 0; k < c->trusted[i].nkeys; k++)
            plumb_pubkey_free(c->trusted[i].keys[k]);
}
