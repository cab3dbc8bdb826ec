/* The signed checkpoint, and the copies of governance documents that stand beside the log. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/state.h"
#include "lib/own.h"

#define POLICY_LINE (PLUMB_VKEY_TEXT + 8)

PLUMB_DEFINE_AUTO(auto_policy, struct plumb_log_policy *, plumb_log_policy_free);

static enum plumb_code
verify(struct audit *a, const struct plumb_log_policy *policy, struct plumb_err *err)
{
    struct plumb_checkpoint head;
    struct plumb_err what;
    enum plumb_code code =
        plumb_checkpoint_verify(policy, a->note.data, a->note.len, &head, &what);

    if (code == PLUMB_NO_MEMORY)
        return plumb_fail_memory(err);
    if (code != PLUMB_OK) {
        a->head_verified = false;
        (void)snprintf(what.where, sizeof what.where, "checkpoint");
        return audit_find(a, AUDIT_NO_ENTRY, NULL, &what, err);
    }
    a->head_verified = true;
    return PLUMB_OK;
}

enum plumb_code
audit_head_read(struct audit *a, struct plumb_err *err)
{
    const struct audit_source *source = a->config.source;
    enum plumb_code code;

    PLUMB_TRY(source->checkpoint(source->self, &a->note, err));
    code = plumb_checkpoint_peek(a->note.data, a->note.len, &a->head, err);
    if (code != PLUMB_OK) {
        (void)snprintf(err->where, sizeof err->where, "checkpoint");
        return code;
    }
    return a->config.policy != NULL ? verify(a, a->config.policy, err) : PLUMB_OK;
}

enum plumb_code
audit_head_verify(struct audit *a, struct plumb_err *err)
{
    const struct plumb_link *link = plumb_chain_last(engine_chain(a->engine));
    PLUMB_AUTO(auto_policy) struct plumb_log_policy *policy = NULL;
    PLUMB_AUTO(auto_free) char *text = NULL;
    size_t at = 0, size;

    if (link == NULL)
        return audit_say(a, AUDIT_NO_ENTRY, NULL, "checkpoint.unverified", "checkpoint", err,
                         "without a genesis nobody's key signs it");
    if (a->config.policy != NULL && !a->head_verified)
        return PLUMB_OK; /* that has been said */
    size = link->document->nlog_keys * POLICY_LINE + sizeof "quorum none\n";
    text = malloc(size);
    if (text == NULL)
        return plumb_fail_memory(err);
    for (size_t i = 0; i < link->document->nlog_keys; i++) {
        char key[PLUMB_VKEY_TEXT];

        plumb_vkey_text(&link->document->log_keys[i], key);
        at += (size_t)snprintf(text + at, size - at, "log %s\n", key);
    }
    at += (size_t)snprintf(text + at, size - at, "quorum none\n");
    PLUMB_TRY(plumb_log_policy_parse(text, at, &policy, err));
    return verify(a, policy, err);
}

static enum plumb_code
check_document(struct audit *a, const struct plumb_governance *doc, struct plumb_err *err)
{
    const struct audit_source *source = a->config.source;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes copy = { 0 };
    struct plumb_digest digest;
    enum plumb_code code = source->document(source->self, doc->version, &copy, err);
    char where[64];

    (void)snprintf(where, sizeof where, "governance/%" PRId64 ".json", doc->version);
    if (code == PLUMB_NOT_FOUND)
        return audit_say(a, AUDIT_NO_ENTRY, NULL, "export.governance", where, err,
                         "the document's copy is not there");
    PLUMB_TRY(code);
    plumb_sha256(copy.data, copy.len, &digest);
    if (!plumb_digest_eq(&digest, &doc->digest))
        return audit_say(a, AUDIT_NO_ENTRY, NULL, "export.governance", where, err,
                         "it is not the document that was in force");
    return PLUMB_OK;
}

enum plumb_code
audit_documents(struct audit *a, struct plumb_err *err)
{
    const struct plumb_chain *chain = engine_chain(a->engine);

    a->counts.documents = plumb_chain_length(chain);
    for (size_t i = 0; a->config.source->document != NULL && i < plumb_chain_length(chain); i++)
        PLUMB_TRY(check_document(a, plumb_chain_link(chain, i)->document, err));
    return PLUMB_OK;
}
