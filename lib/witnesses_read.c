/* Witnesses of a governance document, and the log policy that follows from it. */
#include "lib/witnesses_read.h"

#include <stdio.h>
#include <string.h>

#include "lib/note.h"
#include "lib/own.h"
#include "lib/word.h"

#define URL_MAX 200

static const char *const away[] = { "continue", "wait" };

void
plumb_vkey_digest(const struct plumb_vkey *key, struct plumb_digest *ret)
{
    /* RFC 8410 section 4: SubjectPublicKeyInfo of Ed25519 */
    uint8_t spki[44] = { 0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0 };

    memcpy(spki + 12, key->key, sizeof key->key);
    plumb_sha256(spki, sizeof spki, ret);
}

/* A prefix to which "/add-checkpoint" is added: scheme, host, perhaps a path, and no more. */
static bool
url_ok(const char *url)
{
    const char *host = strstr(url, "://");

    if (host == NULL || (strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0) ||
        url[strlen(url) - 1] == '/' || host[3] == '\0' || host[3] == '/')
        return false;
    for (; *url != '\0'; url++)
        if (*url <= 0x20 || *url >= 0x7f || strchr("\"#<>?@\\^`{|}", *url) != NULL)
            return false;
    return true;
}

static enum plumb_code
read_witness(const struct plumb_governance *g, const struct plumb_jv *v,
             struct plumb_witness *ret, struct plumb_err *err)
{
    static const char *const members[] = { "vkey", "url", NULL };
    struct plumb_jv vkey = plumb_jv_member(v, "vkey"), url = plumb_jv_member(v, "url");
    char path[sizeof err->where];
    const char *text;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_string(&vkey, PLUMB_VKEY_TEXT - 1, &text, err));
    plumb_jv_path(&vkey, path, sizeof path);
    PLUMB_TRY(plumb_vkey_parse(text, path, &ret->vkey, err));
    if (ret->vkey.type != PLUMB_SIG_COSIGNATURE)
        return plumb_jv_fail(&vkey, err, PLUMB_INVALID, "governance.witness",
                             "a witness's key is of type 04");
    for (size_t i = 0; i < g->nwitnesses; i++)
        if (strcmp(g->witnesses[i].vkey.name, ret->vkey.name) == 0)
            return plumb_jv_fail(&vkey, err, PLUMB_INVALID, "governance.witness",
                                 "a witness stands once in a document");
    PLUMB_TRY(plumb_jv_string(&url, URL_MAX, &ret->url, err));
    if (!url_ok(ret->url))
        return plumb_jv_fail(&url, err, PLUMB_INVALID, "governance.witness",
                             "want https:// or http://, a host, perhaps a path, and no '/' at "
                             "the end");
    return PLUMB_OK;
}

enum plumb_code
plumb_witnesses_read(struct plumb_governance *g, struct pool *pool, const struct plumb_jv *v,
                     struct plumb_err *err)
{
    static const char *const members[] = { "away", "need", "of", NULL };
    struct plumb_jv word = plumb_jv_member(v, "away"), need = plumb_jv_member(v, "need");
    struct plumb_jv of = plumb_jv_member(v, "of");
    size_t n, what;

    if (v->json == NULL)
        return PLUMB_OK;
    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(plumb_jv_array(&of, 1, PLUMB_WITNESSES_MAX, &n, err));
    g->witnesses = pool_array(pool, n, sizeof *g->witnesses);
    if (g->witnesses == NULL)
        return plumb_fail_memory(err);
    for (; g->nwitnesses < n; g->nwitnesses++) {
        struct plumb_jv element = plumb_jv_element(&of, g->nwitnesses);

        PLUMB_TRY(read_witness(g, &element, &g->witnesses[g->nwitnesses], err));
    }
    PLUMB_TRY(plumb_word_read(&word, away, 2, "governance.witness", &what, err));
    g->witnesses_wait = what == 1;
    PLUMB_TRY(plumb_jv_int(&need, 1, PLUMB_WITNESSES_MAX, &g->witnesses_need, err));
    if (g->witnesses_need > (int64_t)n)
        return plumb_jv_fail(&need, err, PLUMB_INVALID, "governance.witness",
                             "so many cosignatures cannot be had from %zu witnesses", n);
    return PLUMB_OK;
}

static enum plumb_code
check_successor(const struct plumb_witness *was, const struct plumb_governance *next,
                struct plumb_err *err)
{
    const char *now = NULL;
    struct plumb_digest id;

    plumb_vkey_digest(&was->vkey, &id);
    if (plumb_governance_key(next, &id) != NULL)
        now = "a principal's";
    for (size_t i = 0; i < next->nlog_keys; i++)
        if (memcmp(next->log_keys[i].key, was->vkey.key, sizeof was->vkey.key) == 0)
            now = "the log's";
    for (size_t i = 0; i < next->nwitnesses; i++)
        if (memcmp(next->witnesses[i].vkey.key, was->vkey.key, sizeof was->vkey.key) == 0 &&
            strcmp(next->witnesses[i].vkey.name, was->vkey.name) != 0)
            now = next->witnesses[i].vkey.name;
    if (now != NULL)
        return plumb_fail(err, PLUMB_REFUSED, "governance.witness", was->vkey.name,
                          "this witness's key is %s now: a witness's key has no other use or "
                          "name, ever",
                          now);
    return PLUMB_OK;
}

enum plumb_code
plumb_witnesses_succeed(const struct plumb_governance *g, const struct plumb_governance *next,
                        struct plumb_err *err)
{
    for (size_t i = 0; i < g->nwitnesses; i++)
        PLUMB_TRY(check_successor(&g->witnesses[i], next, err));
    return PLUMB_OK;
}

/* --- the policy --- */

static bool
add_line(json_t *lines, const char *line)
{
    return json_array_append_new(lines, json_string(line)) == 0;
}

enum plumb_code
plumb_governance_policy(const struct plumb_governance *g, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *lines = json_array();
    char group[32 + 5 * PLUMB_WITNESSES_MAX], key[PLUMB_VKEY_TEXT];
    char line[PLUMB_VKEY_TEXT + URL_MAX + 32], *end = group;
    bool ok = lines != NULL;

    for (size_t i = 0; i < g->nlog_keys; i++) {
        plumb_vkey_text(&g->log_keys[i], key);
        (void)snprintf(line, sizeof line, "log %s", key);
        ok = ok && add_line(lines, line);
    }
    end += sprintf(end, "group witnesses %d", (int)g->witnesses_need);
    for (size_t i = 0; i < g->nwitnesses; i++) {
        plumb_vkey_text(&g->witnesses[i].vkey, key);
        (void)snprintf(line, sizeof line, "witness w%zu %s %s", i + 1, key,
                       g->witnesses[i].url);
        ok = ok && add_line(lines, line);
        end += sprintf(end, " w%zu", i + 1);
    }
    ok = ok && (g->nwitnesses == 0 || add_line(lines, group)) &&
         add_line(lines, g->witnesses_wait ? "quorum witnesses" : "quorum none");
    if (!ok)
        return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(lines);
    return PLUMB_OK;
}
