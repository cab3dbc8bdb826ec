/* The table of measurements; docs/measurements.md is written from it. */
#include <plumb/tee.h>

#include <string.h>

static const uint8_t none[PLUMB_MEASUREMENT_MAX];
static const uint8_t sgx_debug[16] = { 0x02 };            /* flags bit 1 */
static const uint8_t tdx_debug[8] = { 0x01 };             /* bit 0 */
static const uint8_t snp_debug[8] = { 0x00, 0x00, 0x08 }; /* bit 19 */
static const uint8_t cca_debug[2] = { 0xff, 0x00 };       /* all but 0x30xx is insecure */
static const uint8_t cca_secured[2] = { 0x30, 0x00 };

/* clang-format off */
#define ROW(tee, name, alg, len, len2, len3, role, match, about)                    \
    { PLUMB_TEE_##tee, name, alg, len, len2, len3, PLUMB_ROLE_##role,               \
      PLUMB_MATCH_##match, NULL, NULL, false, about }
#define DEBUG(tee, name, len, role, match, bits, safe, about)                       \
    { PLUMB_TEE_##tee, name, "", len, 0, 0, PLUMB_ROLE_##role,                      \
      PLUMB_MATCH_##match, bits, safe, false, about }
#define NOT_ZERO(tee, name, alg, len, role, about)                                  \
    { PLUMB_TEE_##tee, name, alg, len, 0, 0, PLUMB_ROLE_##role,                     \
      PLUMB_MATCH_EQ, NULL, NULL, true, about }

static const struct plumb_measurement_kind table[] = {
    DEBUG(SGX, "attributes", 16, QUALIFIER, MASK, sgx_debug, none,
          "flags and xfrm, both u64 little-endian; flags bit 1 is DEBUG"),
    ROW(SGX, "configid", "", 64, 0, 0, QUALIFIER, EQ,
        "configuration that the host chose at launch (KSS)"),
    ROW(SGX, "configsvn", "", 2, 0, 0, QUALIFIER, MIN,
        "security version of that configuration (KSS)"),
    ROW(SGX, "cpusvn", "", 16, 0, 0, PLATFORM, TCB,
        "security versions of the processor's components"),
    ROW(SGX, "isvextprodid", "", 16, 0, 0, QUALIFIER, EQ, "extended product id (KSS)"),
    ROW(SGX, "isvfamilyid", "", 16, 0, 0, QUALIFIER, EQ, "family id (KSS)"),
    ROW(SGX, "isvprodid", "", 2, 0, 0, QUALIFIER, EQ,
        "the signer's product number, little-endian"),
    ROW(SGX, "isvsvn", "", 2, 0, 0, QUALIFIER, MIN, "the signer's security version"),
    ROW(SGX, "miscselect", "", 4, 0, 0, QUALIFIER, MASK,
        "extended exception information, little-endian"),
    ROW(SGX, "mrenclave", "sha-256", 32, 0, 0, PAYLOAD, EQ,
        "the enclave's code and initial data"),
    ROW(SGX, "mrsigner", "sha-256", 32, 0, 0, QUALIFIER, EQ,
        "digest of the key that signed the enclave"),
    ROW(SGX, "pce_svn", "", 2, 0, 0, PLATFORM, MIN,
        "security version of the provisioning enclave"),
    ROW(SGX, "qe_svn", "", 2, 0, 0, PLATFORM, MIN, "security version of the quoting enclave"),
    ROW(SGX, "report_data", "", 64, 0, 0, SESSION, EQ, "chosen by the enclave for each report"),
    ROW(TDX, "mrconfigid", "", 48, 0, 0, QUALIFIER, EQ,
        "configuration that the host chose at launch (initdata)"),
    ROW(TDX, "mrowner", "", 48, 0, 0, QUALIFIER, EQ, "owner, by the host's word"),
    ROW(TDX, "mrownerconfig", "", 48, 0, 0, QUALIFIER, EQ,
        "the owner's configuration, by the host's word"),
    ROW(TDX, "mrseam", "sha-384", 48, 0, 0, PLATFORM, EQ, "the TDX module"),
    ROW(TDX, "mrservicetd", "sha-384", 48, 0, 0, QUALIFIER, EQ,
        "service TDs bound to this one; zero for none"),
    ROW(TDX, "mrsignerseam", "sha-384", 48, 0, 0, PLATFORM, EQ,
        "signer of the TDX module; zero is Intel"),
    ROW(TDX, "mrtd", "sha-384", 48, 0, 0, PAYLOAD, EQ,
        "the initial memory: virtual firmware, often the provider's"),
    ROW(TDX, "report_data", "", 64, 0, 0, SESSION, EQ, "chosen by the guest for each report"),
    ROW(TDX, "rtmr0", "sha-384", 48, 0, 0, QUALIFIER, EQ,
        "firmware configuration: varies with processors, memory and ACPI tables"),
    ROW(TDX, "rtmr1", "sha-384", 48, 0, 0, PAYLOAD, EQ, "boot loader and kernel"),
    ROW(TDX, "rtmr2", "sha-384", 48, 0, 0, PAYLOAD, EQ, "kernel command line and initrd"),
    ROW(TDX, "rtmr3", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended at run time"),
    ROW(TDX, "seamattributes", "", 8, 0, 0, PLATFORM, EQ,
        "attributes of the TDX module; zero in production"),
    DEBUG(TDX, "tdattributes", 8, QUALIFIER, MASK, tdx_debug, none,
          "u64 little-endian; bit 0 is DEBUG"),
    ROW(TDX, "tee_tcb_svn", "", 16, 0, 0, PLATFORM, TCB,
        "security versions of the TDX module and its loader"),
    ROW(TDX, "xfam", "", 8, 0, 0, QUALIFIER, MASK, "extended features, u64 little-endian"),
    ROW(SNP, "author_key_digest", "sha-384", 48, 0, 0, QUALIFIER, EQ,
        "digest of the key that signed the ID key"),
    ROW(SNP, "chip_id", "", 64, 0, 0, PLATFORM, EQ, "the processor; zero where it is masked"),
    ROW(SNP, "committed_tcb", "", 8, 0, 0, PLATFORM, TCB,
        "component levels that cannot be rolled back"),
    ROW(SNP, "cpuid_fam", "", 1, 0, 0, PLATFORM, EQ, "processor family"),
    ROW(SNP, "cpuid_mod", "", 1, 0, 0, PLATFORM, EQ, "processor model"),
    ROW(SNP, "cpuid_step", "", 1, 0, 0, PLATFORM, EQ, "processor stepping"),
    ROW(SNP, "current_tcb", "", 8, 0, 0, PLATFORM, TCB, "component levels that run now"),
    ROW(SNP, "family_id", "", 16, 0, 0, QUALIFIER, EQ, "family id in the ID block"),
    ROW(SNP, "guest_svn", "", 4, 0, 0, QUALIFIER, MIN, "security version in the ID block"),
    ROW(SNP, "host_data", "", 32, 0, 0, QUALIFIER, EQ,
        "configuration that the host chose at launch (initdata, CCE policy)"),
    ROW(SNP, "id_key_digest", "sha-384", 48, 0, 0, QUALIFIER, EQ,
        "digest of the key that signed the ID block"),
    ROW(SNP, "image_id", "", 16, 0, 0, QUALIFIER, EQ, "image id in the ID block"),
    ROW(SNP, "launch_tcb", "", 8, 0, 0, PLATFORM, TCB,
        "component levels when the guest was launched"),
    ROW(SNP, "measurement", "sha-384", 48, 0, 0, PAYLOAD, EQ,
        "launch digest: firmware, and what it was made to hash"),
    ROW(SNP, "platform_info", "", 8, 0, 0, PLATFORM, MASK,
        "u64 little-endian; bit 0 SMT, bit 1 TSME, bit 2 ECC"),
    DEBUG(SNP, "policy", 8, QUALIFIER, MASK, snp_debug, none,
          "guest policy, u64 little-endian; bit 19 is DEBUG, bit 18 MIGRATE_MA"),
    ROW(SNP, "report_data", "", 64, 0, 0, SESSION, EQ, "chosen by the guest for each report"),
    ROW(SNP, "report_id", "", 32, 0, 0, SESSION, EQ, "of this guest's life"),
    ROW(SNP, "report_id_ma", "", 32, 0, 0, SESSION, EQ, "of its migration agent's life"),
    ROW(SNP, "reported_tcb", "", 8, 0, 0, PLATFORM, TCB,
        "component levels that the report's key derives from"),
    ROW(SNP, "version", "", 4, 0, 0, SESSION, EQ, "version of the report's layout"),
    ROW(SNP, "vmpl", "", 4, 0, 0, QUALIFIER, EQ,
        "privilege level that asked for the report, u32 little-endian"),
    ROW(NITRO, "module_id", "", 0, 0, 0, SESSION, EQ, "the enclave's name"),
    ROW(NITRO, "nonce", "", 0, 0, 0, SESSION, EQ, "the verifier's challenge"),
    NOT_ZERO(NITRO, "pcr0", "sha-384", 48, PAYLOAD,
             "kernel, command line and ramdisks; all zero in debug mode"),
    NOT_ZERO(NITRO, "pcr1", "sha-384", 48, PAYLOAD,
             "kernel, command line and boot ramdisk; all zero in debug mode"),
    ROW(NITRO, "pcr10", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr11", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr12", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr13", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr14", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr15", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr16", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr17", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr18", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr19", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    NOT_ZERO(NITRO, "pcr2", "sha-384", 48, PAYLOAD,
             "application ramdisk; all zero in debug mode"),
    ROW(NITRO, "pcr20", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr21", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr22", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr23", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr24", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr25", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr26", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr27", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr28", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr29", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr3", "sha-384", 48, 0, 0, QUALIFIER, EQ, "the parent instance's IAM role"),
    ROW(NITRO, "pcr30", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr31", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr4", "sha-384", 48, 0, 0, SESSION, EQ,
        "the parent instance's id: never the same for two"),
    ROW(NITRO, "pcr5", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr6", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr7", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "pcr8", "sha-384", 48, 0, 0, QUALIFIER, EQ,
        "certificate that signed the image file; zero if unsigned"),
    ROW(NITRO, "pcr9", "sha-384", 48, 0, 0, QUALIFIER, EQ, "extended by the application"),
    ROW(NITRO, "public_key", "", 0, 0, 0, SESSION, EQ,
        "chosen by the enclave for each document"),
    ROW(NITRO, "timestamp", "", 0, 0, 0, SESSION, EQ, "time of the document"),
    ROW(NITRO, "user_data", "", 0, 0, 0, SESSION, EQ,
        "chosen by the enclave for each document"),
    ROW(CCA, "challenge", "", 0, 0, 0, SESSION, EQ, "the verifier's challenge"),
    ROW(CCA, "config", "", 0, 0, 0, PLATFORM, MASK, "platform configuration"),
    ROW(CCA, "implementation-id", "", 32, 0, 0, PLATFORM, EQ, "kind of platform"),
    ROW(CCA, "instance-id", "", 33, 0, 0, PLATFORM, EQ, "this one platform"),
    DEBUG(CCA, "lifecycle", 2, PLATFORM, MASK, cca_debug, cca_secured,
          "u16 big-endian: 30xx is secured, all else counts as debug"),
    ROW(CCA, "public-key", "", 0, 0, 0, SESSION, EQ, "the realm's attestation key"),
    ROW(CCA, "rem0", "sha-256/384/512", 32, 48, 64, QUALIFIER, EQ,
        "realm extensible measurement, extended at run time"),
    ROW(CCA, "rem1", "sha-256/384/512", 32, 48, 64, QUALIFIER, EQ,
        "realm extensible measurement, extended at run time"),
    ROW(CCA, "rem2", "sha-256/384/512", 32, 48, 64, QUALIFIER, EQ,
        "realm extensible measurement, extended at run time"),
    ROW(CCA, "rem3", "sha-256/384/512", 32, 48, 64, QUALIFIER, EQ,
        "realm extensible measurement, extended at run time"),
    ROW(CCA, "rim", "sha-256/384/512", 32, 48, 64, PAYLOAD, EQ, "realm initial measurement"),
    ROW(CCA, "rpv", "", 64, 0, 0, QUALIFIER, EQ,
        "realm personalization value, chosen by the host at launch"),
    ROW(TPM, "pcr0", "sha-256/384", 32, 48, 0, BOOT, EQ, "firmware"),
    ROW(TPM, "pcr1", "sha-256/384", 32, 48, 0, BOOT, EQ, "firmware configuration"),
    ROW(TPM, "pcr10", "sha-256/384", 32, 48, 0, QUALIFIER, EQ,
        "run time file measurements (IMA)"),
    ROW(TPM, "pcr11", "sha-256/384", 32, 48, 0, PAYLOAD, EQ, "unified kernel image"),
    ROW(TPM, "pcr12", "sha-256/384", 32, 48, 0, PAYLOAD, EQ,
        "kernel command line, credentials"),
    ROW(TPM, "pcr13", "sha-256/384", 32, 48, 0, QUALIFIER, EQ, "system extensions"),
    ROW(TPM, "pcr14", "sha-256/384", 32, 48, 0, PAYLOAD, EQ, "shim and its keys"),
    ROW(TPM, "pcr15", "sha-256/384", 32, 48, 0, QUALIFIER, EQ, "volume key, machine id"),
    ROW(TPM, "pcr16", "sha-256/384", 32, 48, 0, QUALIFIER, EQ, "debug: anybody may reset it"),
    ROW(TPM, "pcr17", "sha-256/384", 32, 48, 0, PAYLOAD, EQ,
        "dynamic launch: the launch environment"),
    ROW(TPM, "pcr18", "sha-256/384", 32, 48, 0, PAYLOAD, EQ, "dynamic launch: its authority"),
    ROW(TPM, "pcr19", "sha-256/384", 32, 48, 0, PAYLOAD, EQ,
        "dynamic launch: the operating system"),
    ROW(TPM, "pcr2", "sha-256/384", 32, 48, 0, BOOT, EQ, "option ROMs"),
    ROW(TPM, "pcr20", "sha-256/384", 32, 48, 0, QUALIFIER, EQ,
        "dynamic launch: the operating system's own use"),
    ROW(TPM, "pcr21", "sha-256/384", 32, 48, 0, QUALIFIER, EQ,
        "dynamic launch: the operating system's own use"),
    ROW(TPM, "pcr22", "sha-256/384", 32, 48, 0, QUALIFIER, EQ,
        "dynamic launch: the operating system's own use"),
    ROW(TPM, "pcr23", "sha-256/384", 32, 48, 0, QUALIFIER, EQ,
        "application: anybody may reset it"),
    ROW(TPM, "pcr3", "sha-256/384", 32, 48, 0, BOOT, EQ, "option ROM configuration"),
    ROW(TPM, "pcr4", "sha-256/384", 32, 48, 0, PAYLOAD, EQ, "boot loader"),
    ROW(TPM, "pcr5", "sha-256/384", 32, 48, 0, BOOT, EQ,
        "boot loader configuration, partition table"),
    ROW(TPM, "pcr6", "sha-256/384", 32, 48, 0, BOOT, EQ, "maker specific"),
    ROW(TPM, "pcr7", "sha-256/384", 32, 48, 0, BOOT, EQ, "secure boot policy"),
    ROW(TPM, "pcr8", "sha-256/384", 32, 48, 0, PAYLOAD, EQ,
        "boot loader commands, kernel command line"),
    ROW(TPM, "pcr9", "sha-256/384", 32, 48, 0, PAYLOAD, EQ,
        "files that the boot loader read: kernel, initrd"),
    ROW(OCI, "manifest-digest", "sha-256", 32, 0, 0, PAYLOAD, EQ,
        "the bytes of the image's manifest"),
};
/* clang-format on */

static const char *const tees[] = {
#define X(name, text) [PLUMB_TEE_##name] = text,
    PLUMB_TEES(X)
#undef X
};

const char *
plumb_tee_text(enum plumb_tee tee)
{
    return tee < PLUMB_TEE_COUNT ? tees[tee] : "unknown";
}

enum plumb_code
plumb_tee_parse(const char *text, const char *where, enum plumb_tee *ret, struct plumb_err *err)
{
    for (size_t i = 0; i < PLUMB_TEE_COUNT; i++)
        if (strcmp(tees[i], text) == 0) {
            *ret = (enum plumb_tee)i;
            return PLUMB_OK;
        }
    return plumb_fail(err, PLUMB_INVALID, "tee.unknown", where,
                      "no such TEE, there are: sgx tdx snp nitro cca tpm oci");
}

const char *
plumb_measurement_role_text(enum plumb_measurement_role role)
{
    switch (role) {
    case PLUMB_ROLE_PAYLOAD:
        return "payload";
    case PLUMB_ROLE_QUALIFIER:
        return "qualifier";
    case PLUMB_ROLE_PLATFORM:
        return "platform";
    case PLUMB_ROLE_BOOT:
        return "boot";
    case PLUMB_ROLE_SESSION:
        break;
    }
    return "session";
}

const char *
plumb_match_text(enum plumb_match match)
{
    switch (match) {
    case PLUMB_MATCH_EQ:
        return "equal";
    case PLUMB_MATCH_MIN:
        return "min";
    case PLUMB_MATCH_MASK:
        return "mask";
    case PLUMB_MATCH_TCB:
        break;
    }
    return "levels";
}

const struct plumb_measurement_kind *
plumb_measurements(size_t *ret_n)
{
    *ret_n = sizeof table / sizeof table[0];
    return table;
}

static int
compare(const struct plumb_measurement_kind *k, enum plumb_tee tee, const char *name)
{
    if (k->tee != tee)
        return k->tee < tee ? -1 : 1;
    return strcmp(k->name, name);
}

/* The first that is not below (tee, name). */
static size_t
lower_bound(enum plumb_tee tee, const char *name)
{
    size_t lo = 0, hi = sizeof table / sizeof table[0];

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;

        if (compare(&table[mid], tee, name) < 0)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

const struct plumb_measurement_kind *
plumb_measurement_find(enum plumb_tee tee, const char *name)
{
    size_t i = lower_bound(tee, name);

    if (i == sizeof table / sizeof table[0] || compare(&table[i], tee, name) != 0)
        return NULL;
    return &table[i];
}

const struct plumb_measurement_kind *
plumb_measurements_of(enum plumb_tee tee, size_t *ret_n)
{
    size_t from = lower_bound(tee, "");

    *ret_n = lower_bound(tee + 1, "") - from;
    return table + from;
}

bool
plumb_measurement_len_ok(const struct plumb_measurement_kind *kind, size_t len)
{
    if (len == 0 || len > PLUMB_MEASUREMENT_MAX)
        return false;
    return kind->len == 0 || len == kind->len || len == kind->len2 || len == kind->len3;
}

bool
plumb_measurement_debug(const struct plumb_measurement_kind *kind, const uint8_t *value,
                        const uint8_t *mask, size_t len)
{
    if (kind->not_zero && memcmp(value, none, len) == 0)
        return true;
    if (kind->debug == NULL)
        return false;
    for (size_t i = 0; i < len; i++) {
        uint8_t tells = mask != NULL ? kind->debug[i] & mask[i] : kind->debug[i];

        if ((value[i] & tells) != (kind->safe[i] & tells))
            return true;
    }
    return false;
}
