#include "audit/audit.h"

#include <stdlib.h>
#include <string.h>

#include "audit/crew.h"
#include "audit/state.h"
#include "lib/own.h"
#include "lib/random.h"

PLUMB_DEFINE_AUTO(auto_audit, struct audit *, audit_free);
PLUMB_DEFINE_AUTO(auto_crew, struct crew *, crew_free);
PLUMB_DEFINE_AUTO(auto_batch, struct audit_batch *, audit_batch_free);
PLUMB_DEFINE_AUTO(auto_statement, struct plumb_statement *, plumb_statement_free);
PLUMB_DEFINE_AUTO(auto_governance, struct plumb_governance *, plumb_governance_free);

enum plumb_code
audit_new(const struct audit_config *config, struct audit **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_audit) struct audit *a = calloc(1, sizeof *a);
    unsigned char secret[ENGINE_SECRET];

    if (a == NULL)
        return plumb_fail_memory(err);
    a->config = *config;
    a->unpublished = PLUMB_TIME_NEVER;
    PLUMB_TRY(random_bytes(secret, sizeof secret, err));
    PLUMB_TRY(engine_new(secret, &a->engine, err));
    PLUMB_TRY(keyring_new(&a->keys, err));
    *ret = PLUMB_TAKE(a);
    return PLUMB_OK;
}

void
audit_free(struct audit *a)
{
    if (a == NULL)
        return;
    engine_free(a->engine);
    keyring_free(a->keys);
    plumb_bytes_clear(&a->note);
    free(a->findings);
    free(a);
}

enum plumb_code
audit_first_keys(struct audit *a, const struct audit_item *first, struct plumb_err *err)
{
    const struct audit_source *source = a->config.source;
    PLUMB_AUTO(auto_statement) struct plumb_statement *s = audit_item_peek(first);
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes bytes = { 0 };
    PLUMB_AUTO(auto_governance) struct plumb_governance *doc = NULL;

    if (s == NULL || s->kind != PLUMB_KIND_GOVERNANCE ||
        source->blob(source->self, &s->u.governance.document, &bytes, NULL) != PLUMB_OK ||
        plumb_governance_parse(bytes.data, bytes.len, &doc, NULL) != PLUMB_OK)
        return PLUMB_OK;
    return keyring_document(a->keys, doc, err);
}

struct opening {
    struct audit_batch *batch;
    struct keyring *keys;
};

static void
open_item(void *arg, size_t i)
{
    struct opening *o = arg;

    audit_item_open(&o->batch->items[i], o->keys);
}

static enum plumb_code
read_more(struct audit *a, struct audit_batch *batch, uint64_t *bundle, struct plumb_err *err)
{
    struct plumb_err what = { .code = PLUMB_OK };
    enum plumb_code code;

    audit_batch_clear(batch);
    if (a->cut)
        return PLUMB_OK;
    code = audit_batch_read(batch, a->config.source, bundle, a->head.size, &what);
    if (code == PLUMB_NOT_FOUND || code == PLUMB_INVALID) {
        a->cut = true;
        return audit_find(a, AUDIT_NO_ENTRY, NULL, &what, err);
    }
    return code != PLUMB_OK ? audit_pass(&what, err) : PLUMB_OK;
}

static enum plumb_code
progress(struct audit *a, struct plumb_err *err)
{
    if (a->config.progress != NULL &&
        !a->config.progress(a->config.arg, "auditing", a->leaves, a->head.size))
        return plumb_fail(err, PLUMB_REFUSED, "audit.stopped", "", "stopped");
    return PLUMB_OK;
}

/* While the threads open one batch, the one before is folded, and the next is read. */
static enum plumb_code
replay(struct audit *a, struct crew *crew, struct audit_batch *batch[2], struct plumb_err *err)
{
    uint64_t bundle = 0;
    struct opening opening = { batch[0], a->keys };
    enum plumb_code code;

    PLUMB_TRY(read_more(a, batch[0], &bundle, err));
    if (batch[0]->n > 0)
        PLUMB_TRY(audit_first_keys(a, &batch[0]->items[0], err));
    crew_begin(crew, open_item, &opening, batch[0]->n);
    for (unsigned now = 0; batch[now]->n > 0; now = 1 - now) {
        struct audit_batch *next = batch[1 - now];

        code = read_more(a, next, &bundle, err);
        crew_wait(crew);
        if (code != PLUMB_OK)
            return code;
        opening.batch = next;
        crew_begin(crew, open_item, &opening, next->n);
        code = audit_fold(a, batch[now], err);
        if (code == PLUMB_OK)
            code = progress(a, err);
        if (code == PLUMB_OK && next->n == 0)
            code = audit_root(a, batch[now], err);
        if (code != PLUMB_OK) {
            crew_wait(crew);
            return code;
        }
    }
    crew_wait(crew);
    return PLUMB_OK;
}

enum plumb_code
audit_run(struct audit *a, struct plumb_err *err)
{
    PLUMB_AUTO(auto_batch) struct audit_batch *one = NULL;
    PLUMB_AUTO(auto_batch) struct audit_batch *other = NULL;
    PLUMB_AUTO(auto_crew) struct crew *crew = NULL;

    PLUMB_TRY(audit_head_read(a, err));
    PLUMB_TRY(audit_batch_new(&one, err));
    PLUMB_TRY(audit_batch_new(&other, err));
    PLUMB_TRY(crew_new(a->config.threads, &crew, err));
    PLUMB_TRY(replay(a, crew, (struct audit_batch *[]){ one, other }, err));
    PLUMB_TRY(audit_head_verify(a, err));
    PLUMB_TRY(audit_documents(a, err));
    PLUMB_TRY(audit_summaries(a, err));
    return audit_bundles(a, err);
}

const struct audit_counts *
audit_counts(const struct audit *a)
{
    return &a->counts;
}

const struct audit_finding *
audit_findings(const struct audit *a, size_t *ret_n)
{
    *ret_n = a->nfindings;
    return a->findings;
}

uint64_t
audit_found(const struct audit *a)
{
    return a->found;
}

const struct engine *
audit_engine(const struct audit *a)
{
    return a->engine;
}

struct engine *
audit_engine_last(struct audit *a)
{
    return a->engine;
}

const struct plumb_checkpoint *
audit_head(const struct audit *a, bool *ret_verified)
{
    *ret_verified = a->head_verified;
    return &a->head;
}
