#include "client/keyspec.h"

#include <stdio.h>
#include <string.h>

#include "client/agent.h"
#include "client/keyfile.h"
#include "client/store.h"
#include "lib/own.h"
#include "lib/sshkey.h"

#define PUBLIC_MAX 16384
#define BEGIN      "-----BEGIN PUBLIC KEY-----"
#define END        "-----END PUBLIC KEY-----"

PLUMB_DEFINE_AUTO(auto_signer, struct plumb_signer *, plumb_signer_free);

enum plumb_code
keyspec_fingerprint(const struct plumb_pubkey *key, char ret[KEYSPEC_FINGERPRINT],
                    struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes blob = { NULL, 0 };
    PLUMB_AUTO(auto_free) char *text = NULL;
    struct plumb_digest digest;

    PLUMB_TRY(plumb_pubkey_ssh(key, &blob, err));
    plumb_sha256(blob.data, blob.len, &digest);
    PLUMB_TRY(plumb_base64(digest.b, sizeof digest.b, &text, err));
    (void)snprintf(ret, KEYSPEC_FINGERPRINT, "SHA256:%.*s", (int)strcspn(text, "="), text);
    return PLUMB_OK;
}

enum plumb_code
keyspec_pem(const struct plumb_pubkey *key, char **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *text = NULL;
    size_t len, room, at;
    const uint8_t *spki = plumb_pubkey_spki(key, &len);
    char *pem;

    PLUMB_TRY(plumb_base64(spki, len, &text, err));
    room = sizeof BEGIN + sizeof END + strlen(text) * 65 / 64 + 8;
    pem = malloc(room);
    if (pem == NULL)
        return plumb_fail_memory(err);
    at = (size_t)snprintf(pem, room, BEGIN "\n");
    for (const char *line = text; *line != '\0'; line += strnlen(line, 64))
        at += (size_t)snprintf(pem + at, room - at, "%.64s\n", line);
    (void)snprintf(pem + at, room - at, END "\n");
    *ret = pem;
    return PLUMB_OK;
}

static bool
goes_by(const struct agent_key *key, const char *which)
{
    char fingerprint[KEYSPEC_FINGERPRINT], id[PLUMB_DIGEST_HEX];

    plumb_digest_hex(plumb_pubkey_id(key->pub), id);
    if (strncmp(which, "SHA256:", 7) == 0)
        return keyspec_fingerprint(key->pub, fingerprint, NULL) == PLUMB_OK &&
               strcmp(fingerprint, which) == 0;
    return strcmp(key->comment, which) == 0 ||
           (strlen(which) >= 8 && strncmp(id, which, strlen(which)) == 0);
}

/* Of the agent's keys the one that is meant; never a guess between two. */
static enum plumb_code
find_in_agent(const char *which, const char *socket, struct plumb_pubkey **ret,
              struct plumb_err *err)
{
    PLUMB_AUTO(agent_keys_clear) struct agent_keys keys = { NULL, 0 };
    const struct plumb_pubkey *found = NULL;

    PLUMB_TRY(agent_list(socket, &keys, err));
    for (size_t i = 0; i < keys.n; i++) {
        if (!goes_by(&keys.keys[i], which))
            continue;
        if (found != NULL)
            return plumb_fail(err, PLUMB_CONFLICT, "keyspec.several", which,
                              "the ssh-agent has several such keys: name one by its "
                              "fingerprint, see 'plumb key list'");
        found = keys.keys[i].pub;
    }
    if (found == NULL)
        return plumb_fail(err, PLUMB_NOT_FOUND, "keyspec.none", which,
                          "the ssh-agent has no such key: see 'plumb key list'");
    return plumb_pubkey_copy(found, ret, err);
}

static const char *
agent_part(const char *spec)
{
    return strncmp(spec, "agent:", 6) == 0 ? spec + 6 : NULL;
}

static void
auto_pubkey(struct plumb_pubkey **key)
{
    plumb_pubkey_free(*key);
}

enum plumb_code
keyspec_signer(const char *spec, const char *socket, struct plumb_signer **ret,
               struct plumb_err *err)
{
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *key = NULL;

    const char *which = agent_part(spec);

    if (which == NULL)
        return keyfile_read(spec, NULL, NULL, ret, err);
    PLUMB_TRY(find_in_agent(which, socket, &key, err));
    return agent_signer(socket, key, ret, err);
}

/* The base64 between the lines BEGIN and END. */
static enum plumb_code
read_pem(const char *path, const char *text, struct plumb_pubkey **ret, struct plumb_err *err)
{
    const char *begin = strstr(text, BEGIN) + strlen(BEGIN), *end = strstr(begin, END);
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes spki = { NULL, 0 };
    PLUMB_AUTO(auto_free) char *packed = strdup(begin);
    size_t n = 0;

    if (packed == NULL)
        return plumb_fail_memory(err);
    if (end == NULL)
        return plumb_fail(err, PLUMB_INVALID, "keyspec.form", path, "the PEM has no end");
    for (const char *p = begin; p < end; p++)
        if (strchr(" \t\r\n", *p) == NULL)
            packed[n++] = *p;
    PLUMB_TRY(plumb_base64_parse(packed, n, path, &spki, err));
    return plumb_pubkey_from_spki(spki.data, spki.len, NULL, false, path, ret, err);
}

/* "TYPE BASE64 COMMENT", as ssh-keygen writes a .pub file. */
static enum plumb_code
read_openssh(const char *path, const char *text, struct plumb_pubkey **ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes blob = { NULL, 0 };
    const char *second = text + strcspn(text, " ");

    second += strspn(second, " ");
    PLUMB_TRY(plumb_base64_parse(second, strcspn(second, " \r\n"), path, &blob, err));
    return plumb_pubkey_from_ssh(blob.data, blob.len, ret, err);
}

static enum plumb_code
read_private(const char *path, struct plumb_pubkey **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_signer) struct plumb_signer *signer = NULL;

    PLUMB_TRY(keyfile_read(path, NULL, NULL, &signer, err));
    return plumb_pubkey_copy(signer->pub, ret, err);
}

enum plumb_code
keyspec_public(const char *spec, const char *socket, struct plumb_pubkey **ret,
               struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_cleanse) struct plumb_bytes bytes = { NULL, 0 };
    const char *text, *which = agent_part(spec);

    if (which != NULL)
        return find_in_agent(which, socket, ret, err);
    PLUMB_TRY(store_read(spec, PUBLIC_MAX, &bytes, err));
    text = (const char *)bytes.data;
    if (strstr(text, BEGIN) != NULL)
        return read_pem(spec, text, ret, err);
    if (strncmp(text, "ssh-", 4) == 0 || strncmp(text, "ecdsa-", 6) == 0 ||
        strncmp(text, "sk-", 3) == 0)
        return read_openssh(spec, text, ret, err);
    if (strstr(text, "PRIVATE KEY-----") != NULL)
        return read_private(spec, ret, err);
    return plumb_fail(err, PLUMB_INVALID, "keyspec.form", spec,
                      "neither a PKCS#8 key, a PEM public key nor an OpenSSH public key");
}
