/* SEV-SNP attestation reports, versions 2 to 5 (AMD 56860, table 23). */
#include <string.h>

#include "lib/evidence.h"
#include "lib/own.h"

#define REPORT_LEN 1184

static const struct draft_field fields[] = {
    { "version", 0x000 },
    { "guest_svn", 0x004 },
    { "policy", 0x008 },
    { "family_id", 0x010 },
    { "image_id", 0x020 },
    { "vmpl", 0x030 },
    { "current_tcb", 0x038 },
    { "platform_info", 0x040 },
    { "report_data", 0x050 },
    { "measurement", 0x090 },
    { "host_data", 0x0c0 },
    { "id_key_digest", 0x0e0 },
    { "author_key_digest", 0x110 },
    { "report_id", 0x140 },
    { "report_id_ma", 0x160 },
    { "reported_tcb", 0x180 },
    { "chip_id", 0x1a0 },
    { "committed_tcb", 0x1e0 },
    { "launch_tcb", 0x1f0 },
    { NULL, 0 },
};

static const struct draft_field since_version_3[] = {
    { "cpuid_fam", 0x188 },
    { "cpuid_mod", 0x189 },
    { "cpuid_step", 0x18a },
    { NULL, 0 },
};

bool
evidence_is_snp(const uint8_t *data, size_t len)
{
    /* the signature algorithm is ECDSA P-384 with SHA-384; there is no other */
    return len == REPORT_LEN && le32(data) >= 2 && le32(data) <= 5 && le32(data + 0x34) == 1;
}

enum plumb_code
evidence_snp(const uint8_t *data, size_t len, struct draft_evidence *e, struct plumb_err *err)
{
    struct draft d;

    (void)len; /* evidence_is_snp looked */
    draft_begin(&d, e->pool, PLUMB_EVIDENCE_SNP_REPORT, PLUMB_TEE_SNP);
    PLUMB_TRY(draft_fields(&d, fields, data, err));
    if (le32(data) >= 3)
        PLUMB_TRY(draft_fields(&d, since_version_3, data, err));
    return draft_end(&d, e, err);
}
