#include "cli/verified.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "cli/fields.h"
#include "client/store.h"
#include "lib/own.h"

#define MEMORY_MAX (64u << 20)
#define PIECE      (256u << 10) /* of a bundle between two words of progress */

PLUMB_DEFINE_AUTO(auto_reader, struct plumb_bundle_reader *, plumb_bundle_reader_free);
PLUMB_DEFINE_AUTO(auto_bundle, struct plumb_bundle *, plumb_bundle_free);
PLUMB_DEFINE_AUTO(auto_memory, struct plumb_memory *, plumb_memory_free);

enum plumb_code
verifier_open(const char *path, struct verifier *ret, struct plumb_err *err)
{
    struct plumb_err why;
    enum plumb_code code;

    *ret = (struct verifier){ path, -1, NULL, { NULL, 0 } };
    if (path == NULL)
        return PLUMB_OK;
    PLUMB_TRY(store_lock(path, &ret->lock, err));
    code = store_read(path, MEMORY_MAX, &ret->kept, &why);
    if (code == PLUMB_NOT_FOUND)
        return PLUMB_OK;
    if (code == PLUMB_OK)
        code = plumb_memory_parse(ret->kept.data, ret->kept.len, &ret->memory, &why);
    if (code != PLUMB_OK)
        return plumb_fail(err, code, why.rule, path, "%s", why.msg);
    return PLUMB_OK;
}

void
verifier_close(struct verifier *v)
{
    plumb_memory_free(v->memory);
    plumb_bytes_clear(&v->kept);
    if (v->lock >= 0)
        (void)close(v->lock);
    *v = (struct verifier){ NULL, -1, NULL, { NULL, 0 } };
}

/* Takes memory. */
static enum plumb_code
remember(struct verifier *v, struct plumb_memory *memory, struct plumb_err *err)
{
    PLUMB_AUTO(auto_memory) struct plumb_memory *owned = memory;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes text = { NULL, 0 };

    if (v->path == NULL)
        return PLUMB_OK;
    PLUMB_TRY(plumb_memory_json(memory, &text, err));
    if (text.len == v->kept.len && memcmp(text.data, v->kept.data, text.len) == 0)
        return PLUMB_OK;
    PLUMB_TRY(store_replace(v->path, text.data, text.len, false, err));
    plumb_bytes_clear(&v->kept);
    v->kept = text;
    text = (struct plumb_bytes){ NULL, 0 };
    plumb_memory_free(v->memory);
    v->memory = PLUMB_TAKE(owned);
    return PLUMB_OK;
}

enum plumb_code
cli_verify(struct cli *cli, struct verifier *v, const void *data, size_t len,
           struct plumb_bundle **ret, struct plumb_err *err)
{
    PLUMB_AUTO(auto_reader) struct plumb_bundle_reader *reader = NULL;
    PLUMB_AUTO(auto_bundle) struct plumb_bundle *bundle = NULL;
    const struct plumb_trust *trust;
    struct plumb_memory *memory;

    PLUMB_TRY(cli_trust(cli, &trust, err));
    PLUMB_TRY(plumb_bundle_begin(trust, v->memory, cli_now(), &reader, err));
    for (size_t at = 0; at < len;) {
        const size_t n = len - at < PIECE ? len - at : PIECE;

        PLUMB_TRY(plumb_bundle_feed(reader, (const uint8_t *)data + at, n, err));
        at += n;
        (void)cli_progress(cli, "verifying the bundle", at, len);
    }
    PLUMB_TRY(plumb_bundle_end(reader, &bundle, &memory, err));
    PLUMB_TRY(remember(v, memory, err));
    *ret = PLUMB_TAKE(bundle);
    return PLUMB_OK;
}

enum plumb_code
cli_verified(struct cli *cli, const char *path, struct plumb_bundle **ret,
             struct plumb_err *err)
{
    PLUMB_AUTO(verifier_close) struct verifier v = { NULL, -1, NULL, { NULL, 0 } };
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes file = { NULL, 0 };

    PLUMB_TRY(verifier_open(cli_option(cli, "memory"), &v, err));
    PLUMB_TRY(
        store_read(path, VERIFIED_MAX, &file, err)); /* what is verified, nobody changes */
    return cli_verify(cli, &v, file.data, file.len, ret, err);
}

void
cli_bundle_lines(struct cli *cli, const struct plumb_bundle *b)
{
    char issued[PLUMB_TIME_TEXT], until[PLUMB_TIME_TEXT], left[CLI_FROM_NOW];

    plumb_time_text(b->issued, issued);
    plumb_time_text(b->valid_until, until);
    cli_from_now(b->valid_until, cli_now(), left);
    cli_line(cli, "bundle    fleet %s, revision %" PRId64 ", governance version %" PRId64,
             b->fleet, b->revision, b->governance->version);
    cli_line(cli, "valid     from %s until %s (%s)", issued, until, left);
    cli_line(cli,
             "proved    %zu signatures, %zu quorums, and %zu entries in the log of %" PRIu64,
             b->checked_signatures, b->checked_quorums, b->checked_proofs, b->checkpoint.size);
    cli_line(cli, "accepts   %zu version%s; %zu revoked", b->naccepted,
             b->naccepted == 1 ? "" : "s", b->nrevoked);
}

#define FINDINGS_SHOWN 10

void
cli_supply_lines(struct cli *cli, const struct plumb_accepted *a, int indent)
{
    char hex[PLUMB_DIGEST_HEX], since[PLUMB_TIME_TEXT], due[PLUMB_TIME_TEXT];

    if (a->has_sbom) {
        plumb_digest_hex(&a->sbom, hex);
        cli_line(cli, "%*s%-9s %s", indent, "", "sbom", hex);
    }
    for (size_t i = 0; i < a->nfindings && i < FINDINGS_SHOWN; i++) {
        const struct plumb_finding *f = &a->findings[i];

        plumb_time_text(f->since, since);
        if (f->due != PLUMB_TIME_NEVER)
            plumb_time_text(f->due, due);
        cli_line(cli, "%*s%-9s %s, %s%s, since %s%s%s", indent, "", "finding", f->advisory,
                 f->severity, f->undetermined ? ", undetermined" : "", since,
                 f->due != PLUMB_TIME_NEVER ? ", to be gone by " : "",
                 f->due != PLUMB_TIME_NEVER ? due : "");
    }
    if (a->nfindings > FINDINGS_SHOWN)
        cli_line(cli, "%*s%-9s and %zu more: --json lists them", indent, "", "",
                 a->nfindings - FINDINGS_SHOWN);
}

json_t *
cli_bundle_json(const struct plumb_bundle *b)
{
    return json_pack("{s:s, s:I, s:o, s:I, s:o, s:o, s:I, s:{s:I, s:I, s:I, s:I}, s:I, s:I}",
                     "fleet", b->fleet, "revision", (json_int_t)b->revision, "content",
                     cli_digest_json(&b->content), "index", (json_int_t)b->index, "issued",
                     cli_time_json(b->issued), "validUntil", cli_time_json(b->valid_until),
                     "governance", (json_int_t)b->governance->version, "proved", "signatures",
                     (json_int_t)b->checked_signatures, "quorums",
                     (json_int_t)b->checked_quorums, "entries", (json_int_t)b->checked_proofs,
                     "logSize", (json_int_t)b->checkpoint.size, "accepted",
                     (json_int_t)b->naccepted, "revoked", (json_int_t)b->nrevoked);
}
