/* Which order an ecosystem has. */
#include "supply/version_order.h"

static const struct {
    const char *ecosystem;
    enum version_order order;
} orders[] = {
    { "AlmaLinux", VERSION_RPM },   { "Alpaquita", VERSION_ALPINE },
    { "Alpine", VERSION_ALPINE },   { "Azure Linux", VERSION_RPM },
    { "Bitnami", VERSION_SEMVER },  { "Chainguard", VERSION_ALPINE },
    { "Debian", VERSION_DEBIAN },   { "Go", VERSION_SEMVER },
    { "Hex", VERSION_SEMVER },      { "Julia", VERSION_SEMVER },
    { "Mageia", VERSION_RPM },      { "Maven", VERSION_MAVEN },
    { "MinimOS", VERSION_ALPINE },  { "Photon OS", VERSION_RPM },
    { "PyPI", VERSION_PEP440 },     { "Red Hat", VERSION_RPM },
    { "Rocky Linux", VERSION_RPM }, { "SUSE", VERSION_RPM },
    { "SwiftURL", VERSION_SEMVER }, { "Ubuntu", VERSION_DEBIAN },
    { "Wolfi", VERSION_ALPINE },    { "crates.io", VERSION_SEMVER },
    { "npm", VERSION_SEMVER },      { "openEuler", VERSION_RPM },
    { "openSUSE", VERSION_RPM },
};

static version_compare_fn *const compare[VERSION_ORDER_COUNT] = {
    [VERSION_SEMVER] = version_semver, [VERSION_PEP440] = version_pep440,
    [VERSION_MAVEN] = version_maven,   [VERSION_DEBIAN] = version_debian,
    [VERSION_ALPINE] = version_alpine, [VERSION_RPM] = version_rpm,
};

const char *
version_order_text(enum version_order o)
{
    static const char *const texts[] = {
#define X(name, text) [VERSION_##name] = text,
        VERSION_ORDERS(X)
#undef X
    };

    return o < VERSION_ORDER_COUNT ? texts[o] : "unknown";
}

enum version_order
version_order_of(const char *ecosystem)
{
    const size_t len = strcspn(ecosystem, ":");

    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        if (strlen(orders[i].ecosystem) == len &&
            memcmp(orders[i].ecosystem, ecosystem, len) == 0)
            return orders[i].order;
    return VERSION_NONE;
}

enum version_sign
version_compare(enum version_order order, const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return VERSION_EQUAL;
    if (order >= VERSION_ORDER_COUNT || compare[order] == NULL ||
        strnlen(a, VERSION_MAX + 1) > VERSION_MAX || strnlen(b, VERSION_MAX + 1) > VERSION_MAX)
        return VERSION_UNDETERMINED;
    return compare[order](a, b);
}

bool
version_ok(enum version_order order, const char *text)
{
    return order < VERSION_ORDER_COUNT && compare[order] != NULL &&
           strnlen(text, VERSION_MAX + 1) <= VERSION_MAX &&
           compare[order](text, text) == VERSION_EQUAL;
}
