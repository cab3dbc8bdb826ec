#include "tui/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "client/agent.h"
#include "client/chain.h"
#include "client/keyfile.h"
#include "client/keyspec.h"
#include "lib/own.h"

static bool
is_agent(const char *spec)
{
    return strncmp(spec, "agent:", 6) == 0;
}

static int
nobody(char *buf, int size, void *arg)
{
    (void)buf;
    (void)size;
    *(bool *)arg = true;
    return -1;
}

/* Which key signs, as far as that is seen without its passphrase: an encrypted file says it
 * with a public key beside it, FILE.pub, if at all. */
static enum plumb_code
find_key(struct session *s, struct plumb_err *err)
{
    const char *spec = s->config->sign;
    struct plumb_signer *signer = NULL;
    char beside[4200];
    enum plumb_code code;
    bool asked = false;

    if (spec == NULL)
        return PLUMB_OK;
    if (is_agent(spec))
        return keyspec_public(spec, s->config->agent, &s->key, err);
    code = keyfile_read(spec, nobody, &asked, &signer, err);
    if (code == PLUMB_OK)
        code = plumb_pubkey_copy(signer->pub, &s->key, err);
    plumb_signer_free(signer);
    if (!asked)
        return code;
    s->locked = true;
    (void)snprintf(beside, sizeof beside, "%.4000s.pub", spec);
    if (keyspec_public(beside, NULL, &s->key, NULL) != PLUMB_OK)
        s->key = NULL;
    return PLUMB_OK;
}

enum plumb_code
session_open(const struct session_config *config, struct session *ret, struct plumb_err *err)
{
    const struct client_config c = { .server = config->server,
                                     .pins = config->trust->servers,
                                     .npins = config->trust->nservers,
                                     .tls = config->tls,
                                     .policy = config->trust->policy,
                                     .progress = config->progress,
                                     .arg = config->arg };

    *ret = (struct session){ .config = config };
    PLUMB_TRY(client_open(&c, &ret->client, err));
    return find_key(ret, err);
}

void
session_close(struct session *s)
{
    client_close(s->client);
    plumb_chain_free(s->chain);
    for (size_t i = 0; i < s->nbundles; i++) {
        plumb_bundle_free(s->bundles[i].bundle);
        plumb_memory_free(s->bundles[i].memory);
        plumb_trust_free(s->bundles[i].trust);
    }
    free(s->bundles);
    plumb_pubkey_free(s->key);
    free(s->checked);
    *s = (struct session){ .config = NULL };
}

bool
session_away(const struct plumb_err *err)
{
    return err->code == PLUMB_UNAVAILABLE || err->code == PLUMB_BUSY;
}

const struct plumb_governance *
session_document(const struct session *s)
{
    return plumb_chain_last(s->chain)->document;
}

/* Whose keys ours are: the one that signs says it, else the one that speaks TLS. */
static void
find_principal(struct session *s)
{
    const char *id = NULL;
    enum plumb_code code = PLUMB_NOT_FOUND;

    if (s->key != NULL)
        code = plumb_chain_signer(s->chain, plumb_pubkey_id(s->key), PLUMB_USE_SIGN, s->size, 0,
                                  &id, NULL);
    if (code != PLUMB_OK && s->config->tls != NULL)
        code = plumb_chain_signer(s->chain, plumb_pubkey_id(s->config->tls->pub), PLUMB_USE_TLS,
                                  s->size, 0, &id, NULL);
    (void)snprintf(s->principal, sizeof s->principal, "%s", code == PLUMB_OK ? id : "");
}

enum plumb_code
session_govern(struct session *s, struct plumb_err *err)
{
    PLUMB_AUTO(client_governance_clear) struct client_governance last = { .document = NULL };
    struct plumb_chain *chain;

    if (s->chain != NULL) {
        PLUMB_TRY(client_governance(s->client, 0, &last, err));
        if (plumb_digest_eq(&last.statement, &plumb_chain_last(s->chain)->statement)) {
            find_principal(s);
            return PLUMB_OK;
        }
    }
    PLUMB_TRY(client_chain(s->client, &s->config->trust->genesis, &chain, err));
    plumb_chain_free(s->chain);
    s->chain = chain;
    s->nchecked = 0; /* quorums are counted anew */
    if (s->checked != NULL)
        memset(s->checked, 0, s->room * sizeof *s->checked);
    find_principal(s);
    return PLUMB_OK;
}

const char *
session_whose(const struct session *s, const struct plumb_digest *key, uint64_t index)
{
    const char *id;

    return plumb_chain_signer(s->chain, key, PLUMB_USE_SIGN, index, 0, &id, NULL) == PLUMB_OK
               ? id
               : "?";
}

/* --- bundles --- */

/* The pinned trust file says one fleet; it vouches for the same log whichever is named. */
static enum plumb_code
trust_for(const struct plumb_trust *pinned, const char *fleet, struct plumb_trust **ret,
          struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *json = json_copy(pinned->json);
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { NULL, 0 };

    if (json == NULL || json_object_set_new(json, "fleet", json_string(fleet)) != 0)
        return plumb_fail_memory(err);
    PLUMB_TRY(plumb_json_canonical(json, &text, err));
    return plumb_trust_parse(text.data, text.len, ret, err);
}

PLUMB_DEFINE_AUTO(auto_reader, struct plumb_bundle_reader *, plumb_bundle_reader_free);

static enum plumb_code
verify(struct session_bundle *b, const struct plumb_bytes *file, plumb_time now,
       struct plumb_err *err)
{
    PLUMB_AUTO(auto_reader) struct plumb_bundle_reader *reader = NULL;
    struct plumb_bundle *bundle;
    struct plumb_memory *memory;

    PLUMB_TRY(plumb_bundle_begin(b->trust, b->memory, now, &reader, err));
    PLUMB_TRY(plumb_bundle_feed(reader, file->data, file->len, err));
    PLUMB_TRY(plumb_bundle_end(reader, &bundle, &memory, err));
    plumb_memory_free(b->memory);
    plumb_bundle_free(b->bundle);
    b->memory = memory;
    b->bundle = bundle;
    return PLUMB_OK;
}

static enum plumb_code
pull(struct session *s, struct session_bundle *b, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { NULL, 0 };
    const uint64_t have = b->bundle != NULL ? b->bundle->index : 0;
    bool news = false;

    PLUMB_TRY(client_bundle(s->client, b->fleet, have, 0, plumb_memory_size(b->memory), &news,
                            &file, err));
    return news ? verify(b, &file, s->config->now(), err) : PLUMB_OK;
}

static struct session_bundle *
slot(struct session *s, const char *fleet)
{
    struct session_bundle *more;

    for (size_t i = 0; i < s->nbundles; i++)
        if (strcmp(s->bundles[i].fleet, fleet) == 0)
            return &s->bundles[i];
    more = realloc(s->bundles, (s->nbundles + 1) * sizeof *more);
    if (more == NULL)
        return NULL;
    s->bundles = more;
    more[s->nbundles] = (struct session_bundle){ .bundle = NULL };
    (void)snprintf(more[s->nbundles].fleet, TUI_NAME, "%s", fleet);
    return &more[s->nbundles++];
}

struct session_bundle *
session_bundle(struct session *s, const char *fleet)
{
    struct session_bundle *b = slot(s, fleet);
    struct plumb_err err = { .code = PLUMB_OK };
    enum plumb_code code = PLUMB_OK;

    if (b == NULL)
        return NULL;
    if (b->trust == NULL)
        code = trust_for(s->config->trust, fleet, &b->trust, &err);
    if (code == PLUMB_OK)
        code = pull(s, b, &err);
    b->why[0] = '\0';
    if (code != PLUMB_OK) {
        (void)snprintf(b->why, sizeof b->why, "%s: %.200s", err.rule, err.msg);
        if (!session_away(&err)) { /* what was good before is no longer what is there */
            plumb_bundle_free(b->bundle);
            b->bundle = NULL;
        }
    }
    return b;
}

const struct plumb_bundle *
session_effect_bundle(void *arg, const char *fleet)
{
    const struct session *s = arg;

    for (size_t i = 0; i < s->nbundles; i++)
        if (strcmp(s->bundles[i].fleet, fleet) == 0)
            return s->bundles[i].bundle;
    return NULL;
}
