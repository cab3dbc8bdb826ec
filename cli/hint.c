#include <string.h>

#include "cli/run.h"

/* What to do next, by the rule that refused; a rule that ends in '.' stands for all that begin
 * so. The first that fits. */
static const struct {
    const char *rule, *hint;
} hints[] = {
    { "client.connect", "is plumbd running there? 'plumb profile' shows where you look" },
    { "client.timeout", "is plumbd well? ask its /readyz" },
    { "access.stranger",
      "the service knows you by your TLS key: is it the one (--tls-key) that "
      "governance lists, or that was enrolled?" },
    { "access.", "'plumb whoami' says who you are to the service, and what you may do" },
    { "power.", "'plumb whoami' says what you may do, 'plumb governance show' who may" },
    { "key.unknown",
      "governance does not list this signing key: name another with --sign-key" },
    { "key.retired", "sign with the key that is active: --sign-key, or 'plumb profile "
                     "--sign-key KEY'" },
    { "key.compromised", "this key was declared stolen: sign with another" },
    { "proposal.base",
      "something moved meanwhile: look ('plumb status FLEET', 'plumb history') "
      "and propose anew" },
    { "proposal.closed", "'plumb show ID' says what became of it" },
    { "statement.early", "is this machine's clock right?" },
    { "statement.expired", "is this machine's clock right?" },
    { "version.unknown", "'plumb release list PAYLOAD' lists the versions" },
    { "fleet.unknown", "'plumb governance show' lists the fleets" },
    { "lifecycle.",
      "'plumb status FLEET' shows where versions stand; docs/lifecycle.md has every "
      "move" },
    { "governance.genesis",
      "go no further before you know why: this is not the history that you "
      "pinned" },
    { "governance.agreed",
      "go no further before you know why: nobody agreed to what the service "
      "shows" },
    { "bundle.fork",
      "go no further before you know why: keep the file, and tell the auditors" },
    { "bundle.rollback",
      "somebody serves an older bundle than you have seen: keep the file, and "
      "ask the service itself" },
    { "status.differs", "'plumb bundle pull' and 'plumb bundle show' tell what is proven" },
};

const char *
cli_hint(const struct plumb_err *err)
{
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        const size_t len = strlen(hints[i].rule);

        if (hints[i].rule[len - 1] == '.' ? strncmp(err->rule, hints[i].rule, len) == 0
                                          : strcmp(err->rule, hints[i].rule) == 0)
            return hints[i].hint;
    }
    return NULL;
}
