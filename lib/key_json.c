/* Keys as governance documents and enrolments state them. */
#include <plumb/statement.h>

#include "lib/own.h"
#include "lib/word.h"

#define SPKI_MAX        256
#define APPLICATION_MAX 256

PLUMB_DEFINE_AUTO(auto_pubkey, struct plumb_pubkey *, plumb_pubkey_free);

static const char *const uses[] = {
    [PLUMB_USE_SIGN] = "sign",
    [PLUMB_USE_TLS] = "tls",
};
static const char *const statuses[] = {
    [PLUMB_KEY_ACTIVE] = "active",
    [PLUMB_KEY_RETIRED] = "retired",
    [PLUMB_KEY_COMPROMISED] = "compromised",
};

/* A security key's application and what it asks of its user; ordinary keys have neither. */
static enum plumb_code
read_application(const struct plumb_jv *v, enum plumb_use use, const char **ret_application,
                 bool *ret_verify, struct plumb_err *err)
{
    struct plumb_jv application = plumb_jv_member(v, "application");
    struct plumb_jv verify = plumb_jv_member(v, "userVerification");

    *ret_application = NULL;
    *ret_verify = false;
    if (verify.json != NULL)
        PLUMB_TRY(plumb_jv_bool(&verify, ret_verify, err));
    if (application.json == NULL) {
        if (verify.json != NULL)
            return plumb_jv_fail(
                &verify, err, PLUMB_INVALID, "key.application",
                "only a security key, with its application, verifies its user");
        return PLUMB_OK;
    }
    if (use != PLUMB_USE_SIGN)
        return plumb_jv_fail(&application, err, PLUMB_INVALID, "key.application",
                             "a security key signs statements and nothing else");
    return plumb_jv_string(&application, APPLICATION_MAX, ret_application, err);
}

enum plumb_code
plumb_key_read(const struct plumb_jv *v, struct plumb_key *ret, struct plumb_err *err)
{
    static const char *const members[] = { "spki",  "use",          "status",
                                           "?from", "?application", "?userVerification",
                                           NULL };
    struct plumb_jv spki = plumb_jv_member(v, "spki"), use = plumb_jv_member(v, "use");
    struct plumb_jv status = plumb_jv_member(v, "status"), from = plumb_jv_member(v, "from");
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes der = { 0 };
    PLUMB_AUTO(auto_pubkey) struct plumb_pubkey *pub = NULL;
    char path[sizeof err->where];
    const char *application;
    size_t use_word, status_word;
    int64_t index = 0;
    bool verify;

    PLUMB_TRY(plumb_jv_closed(v, members, err));
    PLUMB_TRY(
        plumb_word_read(&use, uses, sizeof uses / sizeof *uses, "key.form", &use_word, err));
    PLUMB_TRY(plumb_word_read(&status, statuses, sizeof statuses / sizeof *statuses, "key.form",
                              &status_word, err));
    if ((status_word == PLUMB_KEY_COMPROMISED) != (from.json != NULL))
        return plumb_jv_fail(&from, err, PLUMB_INVALID, "key.form",
                             "a compromised key, and no other, says from which index on");
    if (from.json != NULL)
        PLUMB_TRY(plumb_jv_int(&from, 0, PLUMB_INTEGER_MAX, &index, err));
    PLUMB_TRY(read_application(v, (enum plumb_use)use_word, &application, &verify, err));
    PLUMB_TRY(plumb_jv_base64(&spki, SPKI_MAX, &der, err));
    plumb_jv_path(&spki, path, sizeof path);
    PLUMB_TRY(plumb_pubkey_from_spki(der.data, der.len, application, verify, path, &pub, err));
    *ret = (struct plumb_key){
        .pub = PLUMB_TAKE(pub),
        .use = (enum plumb_use)use_word,
        .status = (enum plumb_key_status)status_word,
        .from = (uint64_t)index,
    };
    return PLUMB_OK;
}

enum plumb_code
plumb_key_json(const struct plumb_key *key, json_t **ret, struct plumb_err *err)
{
    const char *application = plumb_pubkey_application(key->pub);
    PLUMB_AUTO(plumb_json_auto) json_t *json = NULL;
    PLUMB_AUTO(auto_free) char *text = NULL;
    size_t len;
    const uint8_t *spki = plumb_pubkey_spki(key->pub, &len);
    int failed = 0;

    PLUMB_TRY(plumb_base64(spki, len, &text, err));
    json = json_pack("{s:s, s:s, s:s}", "spki", text, "use", uses[key->use], "status",
                     statuses[key->status]);
    if (json == NULL)
        return plumb_fail_memory(err);
    if (key->status == PLUMB_KEY_COMPROMISED)
        failed |= json_object_set_new(json, "from", json_integer((json_int_t)key->from));
    if (application != NULL)
        failed |= json_object_set_new(json, "application", json_string(application));
    if (plumb_pubkey_verify_required(key->pub))
        failed |= json_object_set_new(json, "userVerification", json_true());
    if (failed != 0)
        return plumb_fail_memory(err);
    *ret = PLUMB_TAKE(json);
    return PLUMB_OK;
}
