/* Trustee's names for what the table has: docs/measurements.md tells which are which. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/evidence.h"
#include "lib/own.h"

enum form { HEX, BASE64, NUMBER };

/* Where a claim is in the verifier's object: steps of one path, separated by '/'. */
struct place {
    const char *name, *path;
    enum form form;
};

static const struct place sgx[] = {
    { "configid", "body/config_id", HEX },
    { "configsvn", "body/config_svn", HEX },
    { "cpusvn", "body/cpu_svn", HEX },
    { "isvextprodid", "body/isv_ext_prod_id", HEX },
    { "isvfamilyid", "body/isv_family_id", HEX },
    { "isvprodid", "body/isv_prod_id", HEX },
    { "isvsvn", "body/isv_svn", HEX },
    { "miscselect", "body/misc_select", HEX },
    { "mrenclave", "body/mr_enclave", HEX },
    { "mrsigner", "body/mr_signer", HEX },
    { "pce_svn", "header/pce_svn", HEX },
    { "qe_svn", "header/qe_svn", HEX },
    { NULL, NULL, HEX },
};

static const struct place tdx[] = {
    { "mrconfigid", "quote/body/mr_config_id", HEX },
    { "mrowner", "quote/body/mr_owner", HEX },
    { "mrownerconfig", "quote/body/mr_owner_config", HEX },
    { "mrseam", "quote/body/mr_seam", HEX },
    { "mrservicetd", "quote/body/mr_servicetd", HEX },
    { "mrsignerseam", "quote/body/mrsigner_seam", HEX },
    { "mrtd", "quote/body/mr_td", HEX },
    { "rtmr0", "quote/body/rtmr_0", HEX },
    { "rtmr1", "quote/body/rtmr_1", HEX },
    { "rtmr2", "quote/body/rtmr_2", HEX },
    { "rtmr3", "quote/body/rtmr_3", HEX },
    { "seamattributes", "quote/body/seam_attributes", HEX },
    { "tdattributes", "quote/body/td_attributes", HEX },
    { "tee_tcb_svn", "quote/body/tcb_svn", HEX },
    { "xfam", "quote/body/xfam", HEX },
    { NULL, NULL, HEX },
};

static const struct place snp[] = {
    { "chip_id", "chip_id", HEX },
    { "host_data", "init_data", HEX },
    { "measurement", "measurement", HEX },
    { NULL, NULL, HEX },
};

static const struct place cca[] = {
    { "config", "platform/cca-platform-config", BASE64 },
    { "implementation-id", "platform/cca-platform-implementation-id", BASE64 },
    { "instance-id", "platform/cca-platform-instance-id", BASE64 },
    { "lifecycle", "platform/cca-platform-lifecycle", NUMBER },
    { "rem0", "realm/cca-realm-extensible-measurements/0", BASE64 },
    { "rem1", "realm/cca-realm-extensible-measurements/1", BASE64 },
    { "rem2", "realm/cca-realm-extensible-measurements/2", BASE64 },
    { "rem3", "realm/cca-realm-extensible-measurements/3", BASE64 },
    { "rim", "realm/cca-realm-initial-measurement", BASE64 },
    { "rpv", "realm/cca-realm-personalization-value", BASE64 },
    { NULL, NULL, HEX },
};

/* NULL when the way ends before the path does. */
static const json_t *
follow(const json_t *object, const char *path)
{
    char step[64];

    while (object != NULL && *path != '\0') {
        size_t n = strcspn(path, "/");

        memcpy(step, path, n); /* ours are short */
        step[n] = '\0';
        object = json_is_array(object) ? json_array_get(object, strtoul(step, NULL, 10))
                                       : json_object_get(object, step);
        path += n + (path[n] == '/');
    }
    return object;
}

static enum plumb_code
wrong(const char *path, const char *what, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "trustee.form", path, "want %s", what);
}

static enum plumb_code
bytes_of(const json_t *v, const char *path, enum form form, uint8_t *ret, size_t max,
         size_t *ret_len, struct plumb_err *err)
{
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes decoded = { 0 };
    const char *text = json_string_value(v);
    json_int_t number = json_integer_value(v);

    if (form == NUMBER) {
        if (!json_is_integer(v) || number < 0 || number > UINT16_MAX)
            return wrong(path, "an integer of 16 bits", err);
        ret[0] = (uint8_t)(number >> 8);
        ret[1] = (uint8_t)number;
        *ret_len = 2;
        return PLUMB_OK;
    }
    if (text == NULL || strlen(text) != json_string_length(v))
        return wrong(path, "text", err);
    if (form == HEX)
        return plumb_hex_parse(text, path, ret, max, ret_len, err);
    PLUMB_TRY(plumb_base64_parse_lenient(text, strlen(text), path, &decoded, err));
    if (decoded.len > max)
        return wrong(path, "fewer bytes", err);
    if (decoded.len > 0)
        memcpy(ret, decoded.data, decoded.len);
    *ret_len = decoded.len;
    return PLUMB_OK;
}

static enum plumb_code
read_place(struct draft *d, const json_t *claims, const struct place *p, struct plumb_err *err)
{
    const struct plumb_measurement_kind *kind = plumb_measurement_find(d->tee, p->name);
    const json_t *v = follow(claims, p->path);
    uint8_t bytes[PLUMB_MEASUREMENT_MAX];
    size_t len;

    if (v == NULL)
        return PLUMB_OK;
    PLUMB_TRY(bytes_of(v, p->path, p->form, bytes, sizeof bytes, &len, err));
    if (!plumb_measurement_len_ok(kind, len))
        return plumb_fail(err, PLUMB_INVALID, "trustee.form", p->path,
                          "%s has %zu bytes, not %zu", p->name, kind->len, len);
    if (strcmp(p->name, "mrsigner") == 0)
        evidence_warn_signer(d, bytes);
    return draft_claim(d, p->name, bytes, len, err);
}

static enum plumb_code
read_sgx_attributes(struct draft *d, const json_t *claims, struct plumb_err *err)
{
    static const uint8_t flags_mask[16] = { 255, 255, 255, 255, 255, 255, 255, 255 };
    const json_t *flags = follow(claims, "body/attributes/flags");
    const json_t *xfrm = follow(claims, "body/attributes/xfrm");
    uint8_t value[16];
    size_t n, m;

    if (flags == NULL || xfrm == NULL)
        return PLUMB_OK;
    PLUMB_TRY(bytes_of(flags, "body/attributes/flags", HEX, value, 8, &n, err));
    PLUMB_TRY(bytes_of(xfrm, "body/attributes/xfrm", HEX, value + 8, 8, &m, err));
    if (n != 8 || m != 8)
        return wrong("body/attributes", "8 bytes of flags and of xfrm", err);
    draft_left_out(d, "xfrm", "of attributes: which registers the processor has");
    return draft_masked(d, "attributes", value, sizeof value, flags_mask, NULL, err);
}

/* A bit field that Trustee has taken apart: only what it tells is known. */
struct part {
    const char *path;
    unsigned shift, bits;
};

static enum plumb_code
read_parts(struct draft *d, const json_t *claims, const char *name, const struct part *parts,
           uint64_t value, uint64_t known, struct plumb_err *err)
{
    uint8_t bytes[8], told[8];
    bool any = false;

    for (; parts->path != NULL; parts++) {
        const json_t *v = json_object_get(claims, parts->path);
        uint64_t mask = (UINT64_C(1) << parts->bits) - 1, part;

        if (v == NULL)
            continue;
        if (parts->bits == 1 ? !json_is_boolean(v) && !json_is_integer(v) : !json_is_integer(v))
            return wrong(parts->path, "a number, or true or false", err);
        part = json_is_integer(v) ? (uint64_t)json_integer_value(v) : json_is_true(v);
        if (part > mask)
            return wrong(parts->path, "a smaller number", err);
        value |= part << parts->shift;
        known |= mask << parts->shift;
        any = true;
    }
    if (!any)
        return PLUMB_OK;
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(value >> 8 * i);
        told[i] = (uint8_t)(known >> 8 * i);
    }
    return draft_masked(d, name, bytes, sizeof bytes, told, told, err);
}

static enum plumb_code
read_snp_parts(struct draft *d, const json_t *claims, struct plumb_err *err)
{
    static const struct part policy[] = {
        { "policy_abi_minor", 0, 8 },
        { "policy_abi_major", 8, 8 },
        { "policy_smt_allowed", 16, 1 },
        { "policy_migrate_ma", 18, 1 },
        { "policy_debug_allowed", 19, 1 },
        { "policy_single_socket", 20, 1 },
        { NULL, 0, 0 },
    };
    static const struct part info[] = {
        { "platform_smt_enabled", 0, 1 },
        { "platform_tsme_enabled", 1, 1 },
        { NULL, 0, 0 },
    };
    const uint64_t always_one = UINT64_C(1) << 17;

    PLUMB_TRY(read_parts(d, claims, "policy", policy, always_one, always_one, err));
    PLUMB_TRY(read_parts(d, claims, "platform_info", info, 0, 0, err));
    draft_left_out(d, "reported_tcb",
                   "its parts are laid out as the processor has it, which "
                   "is not told");
    return PLUMB_OK;
}

static enum plumb_code
read_tpm(struct draft *d, const json_t *claims, struct plumb_err *err)
{
    for (unsigned i = 0; i < 24; i++) {
        char name[8], path[8];
        struct place p = { name, path, HEX };

        (void)snprintf(name, sizeof name, "pcr%u", i);
        (void)snprintf(path, sizeof path, "pcr%02u", i);
        PLUMB_TRY(read_place(d, claims, &p, err));
    }
    return PLUMB_OK;
}

static const struct {
    enum plumb_tee tee;
    const char *key;  /* the claims' member of the whole; what is inside may stand alone too */
    const char *sign; /* what tells it then */
    const struct place *places;
    enum plumb_code (*more)(struct draft *d, const json_t *claims, struct plumb_err *err);
} verifiers[] = {
    { PLUMB_TEE_SGX, "sgx", "body/mr_enclave", sgx, read_sgx_attributes },
    { PLUMB_TEE_TDX, "tdx", "quote/body/mr_td", tdx, NULL },
    { PLUMB_TEE_SNP, "snp", "policy_debug_allowed", snp, read_snp_parts },
    { PLUMB_TEE_CCA, "cca", "realm/cca-realm-initial-measurement", cca, NULL },
    { PLUMB_TEE_TPM, "tpm", "pcr00", NULL, read_tpm },
};

/* What the vTPM measured and what the TEE did hold together only: judged apart, they could be
 * of two versions. */
static enum plumb_code
refuse_composite(const json_t *root, struct plumb_err *err)
{
    static const char *const keys[] = { "az-snp-vtpm", "az-tdx-vtpm" };

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (json_object_get(root, keys[i]) != NULL)
            return plumb_fail(err, PLUMB_UNSUPPORTED, "trustee.several", keys[i],
                              "claims of a TEE and of its vTPM, which are not judged together "
                              "yet");
    return PLUMB_OK;
}

enum plumb_code
evidence_trustee(json_t *root, struct draft_evidence *e, struct plumb_err *err)
{
    const size_t n = sizeof verifiers / sizeof verifiers[0];
    const json_t *claims = NULL;
    size_t which = n;
    struct draft d;

    PLUMB_TRY(refuse_composite(root, err));
    for (size_t i = 0; i < n; i++) {
        const json_t *inside = json_object_get(root, verifiers[i].key);

        if (inside == NULL && follow(root, verifiers[i].sign) != NULL)
            inside = root;
        if (inside == NULL)
            continue;
        if (claims != NULL)
            return plumb_fail(err, PLUMB_UNSUPPORTED, "trustee.several", "",
                              "claims of %s and %s: give each by itself", verifiers[which].key,
                              verifiers[i].key);
        claims = inside;
        which = i;
    }
    if (claims == NULL || follow(claims, verifiers[which].sign) == NULL)
        return plumb_fail(err, PLUMB_UNSUPPORTED, "evidence.unknown", "",
                          "JSON, but no claims that we know");
    draft_begin(&d, e->pool, PLUMB_EVIDENCE_TRUSTEE_CLAIMS, verifiers[which].tee);
    for (const struct place *p = verifiers[which].places; p != NULL && p->name != NULL; p++)
        PLUMB_TRY(read_place(&d, claims, p, err));
    if (verifiers[which].more != NULL)
        PLUMB_TRY(verifiers[which].more(&d, claims, err));
    draft_left_out(&d, "report_data", "chosen by the payload for each report");
    return draft_end(&d, e, err);
}
