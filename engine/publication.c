/* Publications: the service says which content is in force, and until when. */
#include "engine/derive.h"
#include "engine/kinds.h"
#include "lib/own.h"

static enum plumb_code
check_revision(const struct plumb_statement *s, const struct fleet_record *last,
               struct plumb_err *err)
{
    int64_t was = last->revision, want = was + 1;

    if (was > 0 && plumb_digest_eq(&last->content, &s->u.publication.content))
        want = was;
    if (s->u.publication.revision != want)
        return plumb_fail(err, PLUMB_REFUSED, "publication.revision", "predicate.revision",
                          "want %lld: a changed content takes the next one, the same content "
                          "keeps its own",
                          (long long)want);
    return PLUMB_OK;
}

enum plumb_code
publish(const struct context *c, struct plumb_err *err)
{
    const struct plumb_statement *s = c->s;
    const struct plumb_fleet *rules = plumb_governance_fleet(state_document(c->e), s->fleet);
    struct plumb_digest content;
    PLUMB_AUTO(auto_free) struct fleet_record *f = NULL;

    PLUMB_TRY(context_power(c, PLUMB_POWER_SERVICE, err));
    PLUMB_TRY(derive_content(c->e, s->fleet, NULL, NULL, &content, err));
    if (!plumb_digest_eq(&content, &s->u.publication.content))
        return plumb_fail(err, PLUMB_REFUSED, "publication.content", "subject[0].digest",
                          "the log derives another content for %s", s->fleet);
    if (s->u.publication.valid_until <= c->time ||
        s->u.publication.valid_until > plumb_time_add(c->time, rules->validity))
        return plumb_fail(err, PLUMB_REFUSED, "publication.validity", "predicate.validUntil",
                          "want a time ahead, within the fleet's validity");
    PLUMB_TRY(fleet_edit(c->e, s->fleet, &f, err));
    PLUMB_TRY(check_revision(s, f, err));
    f->content = content;
    f->revision = s->u.publication.revision;
    f->publication = c->index;
    f->issued = c->time;
    f->valid_until = s->u.publication.valid_until;
    context_say(c, "%.64s published at revision %lld", s->fleet, (long long)f->revision);
    return fleet_put(c->e, PLUMB_TAKE(f), err);
}
