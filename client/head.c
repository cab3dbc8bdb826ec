#include "client/head.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/own.h"

static enum plumb_code
read_hashes(const json_t *answer, struct plumb_digest ret[PLUMB_PROOF_MAX], size_t *ret_n,
            struct plumb_err *err)
{
    const struct plumb_jv root = plumb_jv_root((json_t *)answer, "answer");
    const struct plumb_jv proof = plumb_jv_member(&root, "proof");

    PLUMB_TRY(plumb_jv_array(&proof, 0, PLUMB_PROOF_MAX, ret_n, err));
    for (size_t i = 0; i < *ret_n; i++) {
        const struct plumb_jv hash = plumb_jv_element(&proof, i);
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { NULL, 0 };

        PLUMB_TRY(plumb_jv_base64(&hash, PLUMB_DIGEST_LEN, &bytes, err));
        if (bytes.len != PLUMB_DIGEST_LEN)
            return plumb_jv_fail(&hash, err, PLUMB_INVALID, "client.answer",
                                 "want a hash of %d bytes", PLUMB_DIGEST_LEN);
        memcpy(ret[i].b, bytes.data, PLUMB_DIGEST_LEN);
    }
    return PLUMB_OK;
}

static enum plumb_code
check_extends(struct client *c, const struct plumb_checkpoint *head,
              const struct plumb_checkpoint *next, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_json_auto) json_t *answer = NULL;
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    struct plumb_err why;
    char path[128];
    size_t n = 0;

    if (next->size < head->size)
        return plumb_fail(err, PLUMB_REFUSED, "head.shrunk", "checkpoint",
                          "the log has %" PRIu64 " entries, and had %" PRIu64, next->size,
                          head->size);
    if (head->size == 0)
        return PLUMB_OK;
    if (next->size > head->size) {
        (void)snprintf(path, sizeof path, "/v1/consistency?from=%" PRIu64 "&to=%" PRIu64,
                       head->size, next->size);
        PLUMB_TRY(client_get(c, path, &answer, err));
        PLUMB_TRY(read_hashes(answer, proof, &n, err));
    }
    if (plumb_consistency_verify(head->size, &head->root, next->size, &next->root, proof, n,
                                 &why) != PLUMB_OK)
        return plumb_fail(err, PLUMB_REFUSED, "log.fork", "checkpoint",
                          "the log is not the one that it was: what was seen before is not in "
                          "it. Tell an auditor");
    return PLUMB_OK;
}

enum plumb_code
client_head(struct client *c, const struct plumb_log_policy *policy, unsigned wait,
            struct plumb_checkpoint *head, bool *ret_news, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { NULL, 0 };
    struct plumb_checkpoint next;
    bool news = false;

    PLUMB_TRY(client_checkpoint_after(c, head->size, wait, &news, &note, err));
    if (news) {
        PLUMB_TRY(plumb_checkpoint_verify(policy, note.data, note.len, &next, err));
        PLUMB_TRY(check_extends(c, head, &next, err));
        news = next.size > head->size;
        *head = next;
    }
    *ret_news = news;
    return PLUMB_OK;
}
