/* fuzz_dsse.c - an envelope that is read is within its limits, and its text has one form. */
#include <plumb/dsse.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same_text(const json_t *json, const struct plumb_bytes *bytes)
{
    char *text = NULL;

    if (plumb_base64(bytes->data, bytes->len, &text, NULL) != PLUMB_OK ||
        strcmp(text, json_string_value(json)) != 0)
        abort();
    free(text);
}

static void
check(json_t *json, const struct plumb_dsse *e)
{
    json_t *sigs = json_object_get(json, "signatures");
    struct plumb_bytes pae = { NULL, 0 };

    if (e->nsigs < 1 || e->nsigs > PLUMB_SIGNATURE_MAX || e->nsigs != json_array_size(sigs) ||
        e->payload.len > PLUMB_PAYLOAD_MAX || strcmp(e->payload_type, PLUMB_PAYLOAD_TYPE) != 0)
        abort();
    same_text(json_object_get(json, "payload"), &e->payload);
    for (size_t i = 0; i < e->nsigs; i++)
        same_text(json_object_get(json_array_get(sigs, i), "sig"), &e->sigs[i].sig);
    if (plumb_dsse_pae(e->payload_type, e->payload.data, e->payload.len, &pae, NULL) !=
            PLUMB_OK ||
        memcmp(pae.data + pae.len - e->payload.len, e->payload.data, e->payload.len) != 0)
        abort();
    plumb_bytes_clear(&pae);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct plumb_dsse e = { .nsigs = 0 };
    struct plumb_jv root;
    json_t *json = NULL;

    if (plumb_json_load(data, size, 131072, PLUMB_JSON_DEPTH, &json, NULL) != PLUMB_OK)
        return 0;
    root = plumb_jv_root(json, "envelope");
    if (plumb_dsse_read(&root, &e, NULL) == PLUMB_OK)
        check(json, &e);
    plumb_dsse_clear(&e);
    json_decref(json);
    return 0;
}
