#include "server/identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/own.h"
#include "server/file.h"

#define KEY_FILE_MAX  16384
#define YEARS_OF_TLS  10
#define TLS_NAMES_MAX 16

static void
key_path(const char *data, const char *name, char ret[600])
{
    (void)snprintf(ret, 600, "%s/keys/%s", data, name);
}

static bool
have(const char *data, const char *name)
{
    char path[600];

    key_path(data, name, path);
    return access(path, F_OK) == 0;
}

static enum plumb_code
write_key(const char *data, const char *name, struct plumb_signer **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_cleanse) struct plumb_bytes pem = { 0 };
    char path[600];

    key_path(data, name, path);
    PLUMB_TRY(plumb_signer_generate(PLUMB_KEY_ED25519, ret, err));
    PLUMB_TRY(plumb_signer_to_pem(*ret, NULL, &pem, err));
    return file_replace(path, 0600, pem.data, pem.len, err);
}

PLUMB_DEFINE_AUTO(auto_signer, struct plumb_signer *, plumb_signer_free);

static enum plumb_code
write_certificate(const char *data, const struct plumb_signer *key, const char *names,
                  plumb_time now, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes pem = { 0 };
    PLUMB_AUTO(auto_free) char *copy = strdup(names);
    const char *san[TLS_NAMES_MAX];
    size_t n = 0;
    char path[600], *rest = NULL;

    if (copy == NULL)
        return plumb_fail_memory(err);
    for (char *name = strtok_r(copy, ", ", &rest); name != NULL && n < TLS_NAMES_MAX;
         name = strtok_r(NULL, ", ", &rest))
        san[n++] = name;
    PLUMB_TRY(plumb_signer_certificate(key, n > 0 ? san[0] : "plumbd", san, n, now - 86400,
                                       plumb_time_add(now, YEARS_OF_TLS * INT64_C(31557600)),
                                       &pem, err));
    key_path(data, "tls.crt", path);
    return file_replace(path, 0644, pem.data, pem.len, err);
}

enum plumb_code
identity_create(const char *data, const char *origin, const char *names, plumb_time now,
                struct plumb_err *err)
{
    PLUMB_AUTO(auto_signer) struct plumb_signer *statement = NULL;
    PLUMB_AUTO(auto_signer) struct plumb_signer *log = NULL;
    PLUMB_AUTO(auto_signer) struct plumb_signer *tls = NULL;
    struct plumb_vkey vkey;
    char path[600];

    if (have(data, "service.key") || have(data, "log.key"))
        return plumb_fail(err, PLUMB_CONFLICT, "identity.exists", data,
                          "this directory has keys already; they are never overwritten");
    key_path(data, "", path);
    /* Passable, whatever the umask: the private PostgreSQL may run as another user. */
    if (mkdir(data, 0711) == 0 ? chmod(data, 0711) != 0 : errno != EEXIST)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", data, "%s", strerror(errno));
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", path, "%s", strerror(errno));
    PLUMB_TRY(write_key(data, "log.key", &log, err));
    PLUMB_TRY(plumb_vkey_make(origin, 1, log->pub, &vkey, err)); /* refuses a bad origin */
    PLUMB_TRY(write_key(data, "tls.key", &tls, err));
    PLUMB_TRY(write_certificate(data, tls, names, now, err));
    (void)snprintf(path, sizeof path, "%s/origin", data);
    PLUMB_TRY(file_replace(path, 0644, origin, strlen(origin), err));
    return write_key(data, "service.key", &statement, err); /* last: now it is complete */
}

enum plumb_code
identity_next(const char *data, struct plumb_err *err)
{
    PLUMB_AUTO(auto_signer) struct plumb_signer *statement = NULL;
    PLUMB_AUTO(auto_signer) struct plumb_signer *log = NULL;

    if (have(data, "service-next.key") || have(data, "log-next.key"))
        return plumb_fail(err, PLUMB_CONFLICT, "identity.exists", data,
                          "a rotation is under way; finish it first");
    PLUMB_TRY(write_key(data, "log-next.key", &log, err));
    return write_key(data, "service-next.key", &statement, err);
}

static enum plumb_code
promote(const char *data, const char *from, const char *to, struct plumb_err *err)
{
    char source[600], target[600];

    key_path(data, from, source);
    key_path(data, to, target);
    if (rename(source, target) != 0)
        return plumb_fail(err, PLUMB_UNAVAILABLE, "file.write", source, "%s", strerror(errno));
    return PLUMB_OK;
}

enum plumb_code
identity_promote(const char *data, struct plumb_err *err)
{
    if (!have(data, "service-next.key") && !have(data, "log-next.key"))
        return plumb_fail(err, PLUMB_NOT_FOUND, "identity.none", data,
                          "there are no next keys to promote");
    if (have(data, "service-next.key"))
        PLUMB_TRY(promote(data, "service-next.key", "service.key", err));
    if (have(data, "log-next.key"))
        PLUMB_TRY(promote(data, "log-next.key", "log.key", err));
    return PLUMB_OK;
}

static enum plumb_code
read_key(const char *data, const char *name, struct plumb_bytes *ret_pem,
         struct plumb_signer **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_cleanse) struct plumb_bytes pem = { 0 };
    struct stat st;
    char path[600];

    key_path(data, name, path);
    PLUMB_TRY(file_read(path, KEY_FILE_MAX, &pem, err));
    if (stat(path, &st) != 0 || (st.st_mode & 077) != 0)
        return plumb_fail(err, PLUMB_FORBIDDEN, "identity.mode", path,
                          "others may read this key: chmod 600 it, and think of replacing it");
    PLUMB_TRY(plumb_signer_from_pem(pem.data, pem.len, NULL, NULL, ret, err));
    if (ret_pem != NULL) {
        *ret_pem = pem;
        pem = (struct plumb_bytes){ 0 };
    }
    return PLUMB_OK;
}

enum plumb_code
identity_load(const char *data, struct identity *ret, struct plumb_err *err)
{
    PLUMB_AUTO(identity_clear) struct identity id = { 0 };
    PLUMB_AUTO(auto_signer) struct plumb_signer *tls = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes origin = { 0 };
    char path[600];

    (void)snprintf(path, sizeof path, "%s/origin", data);
    if (file_read(path, sizeof id.origin - 1, &origin, err) != PLUMB_OK)
        return plumb_fail(err, PLUMB_NOT_FOUND, "identity.none", data,
                          "no keys here yet: run 'plumbd --data %s --origin NAME init'", data);
    (void)snprintf(id.origin, sizeof id.origin, "%s", (const char *)origin.data);
    PLUMB_TRY(read_key(data, "service.key", NULL, &id.statement, err));
    if (have(data, "service-next.key"))
        PLUMB_TRY(read_key(data, "service-next.key", NULL, &id.statement_next, err));
    PLUMB_TRY(read_key(data, "log.key", NULL, &id.log[id.nlog], err));
    id.nlog++;
    if (have(data, "log-next.key")) {
        PLUMB_TRY(read_key(data, "log-next.key", NULL, &id.log[id.nlog], err));
        id.nlog++;
    }
    PLUMB_TRY(read_key(data, "tls.key", &id.tls_key_pem, &tls, err));
    id.tls_pin = *plumb_pubkey_id(tls->pub);
    key_path(data, "tls.crt", path);
    PLUMB_TRY(file_read(path, KEY_FILE_MAX, &id.tls_certificate_pem, err));
    *ret = id;
    id = (struct identity){ 0 };
    return PLUMB_OK;
}

void
identity_clear(struct identity *id)
{
    plumb_signer_free(id->statement);
    plumb_signer_free(id->statement_next);
    for (size_t i = 0; i < id->nlog; i++)
        plumb_signer_free(id->log[i]);
    plumb_bytes_cleanse(&id->tls_key_pem);
    plumb_bytes_clear(&id->tls_certificate_pem);
    *id = (struct identity){ 0 };
}

static enum plumb_code
add_spki(json_t *array, const struct plumb_signer *signer, struct plumb_err *err)
{
    PLUMB_AUTO(auto_free) char *text = NULL;
    size_t len;
    const uint8_t *spki;

    if (signer == NULL)
        return PLUMB_OK;
    spki = plumb_pubkey_spki(signer->pub, &len);
    PLUMB_TRY(plumb_base64(spki, len, &text, err));
    return json_array_append_new(array, json_string(text)) == 0 ? PLUMB_OK
                                                                : plumb_fail_memory(err);
}

enum plumb_code
identity_json(const struct identity *id, json_t **ret, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *sign = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *log = json_array();
    PLUMB_AUTO(plumb_json_auto) json_t *tls = json_array();
    PLUMB_AUTO(auto_signer) struct plumb_signer *tls_key = NULL;
    PLUMB_AUTO(auto_free) char *certificate = NULL;
    char pin[PLUMB_DIGEST_HEX];

    PLUMB_TRY(add_spki(sign, id->statement, err));
    PLUMB_TRY(add_spki(sign, id->statement_next, err));
    for (size_t i = 0; i < id->nlog; i++) {
        struct plumb_vkey vkey;
        char text[PLUMB_VKEY_TEXT];

        PLUMB_TRY(plumb_vkey_make(id->origin, 1, id->log[i]->pub, &vkey, err));
        plumb_vkey_text(&vkey, text);
        if (json_array_append_new(log, json_string(text)) != 0)
            return plumb_fail_memory(err);
    }
    PLUMB_TRY(plumb_signer_from_pem(id->tls_key_pem.data, id->tls_key_pem.len, NULL, NULL,
                                    &tls_key, err));
    PLUMB_TRY(add_spki(tls, tls_key, err));
    PLUMB_TRY(plumb_base64(id->tls_certificate_pem.data, id->tls_certificate_pem.len,
                           &certificate, err));
    plumb_digest_hex(&id->tls_pin, pin);
    *ret =
        json_pack("{s:s,s:O,s:O,s:O,s:s,s:s}", "origin", id->origin, "sign", sign, "log", log,
                  "tls", json_array_get(tls, 0), "pin", pin, "certificate", certificate);
    return *ret != NULL ? PLUMB_OK : plumb_fail_memory(err);
}
