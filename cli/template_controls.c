/* The controls that a first governance document puts in force. */
#include <plumb/controls.h>

#include "cli/template.h"

/* Who speaks for what, by role: outsiders' keys come with an edit. */
static json_t *
make_trust(const char *officer)
{
    return json_pack("{s:{s:[s, s], s:[s]}, s:{s:[s, s], s:[s]}}", "officers", "for", "assert",
                     "vex", "roles", officer, "pipelines", "for", "attributes", "sbom", "roles",
                     "pipeline");
}

json_t *
cli_template_controls(const json_t *sources, bool has_officers, json_t *waiver)
{
    return json_pack("{s:{s:s, s:{}}, s:o, s:{s:i, s:O, s:i}, s:{s:[s, s], s:s, s:{s:s, s:s}},"
                     " s:{s:s, s:s, s:s}, s:{s:[s, s], s:[s], s:[s, s]}, s:{s:o}}",
                     "profile", "extends", PLUMB_PROFILE, "controls", "trust",
                     make_trust(has_officers ? "security-officer" : "release-manager"), "build",
                     "level", 2, "sources", sources, "rebuilders", 1, "vulnerabilities",
                     "block", "critical", "high", "unrated", "high", "deadlines", "critical",
                     "P7D", "high", "P30D", "ages", "advisories", "P2D", "guidance", "P365D",
                     "provenance", "P30D", "follows", "lapse", "alert", "hold", "finding",
                     "alert", "overdue", "alert", "propose-revocation", "quorums", "waiver",
                     waiver);
}

void
cli_template_control_powers(json_t *roles)
{
    static const char *const powers[] = { "advisory", "evidence", "waiver" };
    json_t *may = json_object_get(json_object_get(roles, "pipeline"), "may");

    for (size_t i = 0; i < sizeof powers / sizeof *powers; i++)
        (void)json_array_append_new(may, json_string(powers[i]));
}
