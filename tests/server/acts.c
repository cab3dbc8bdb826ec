#include "tests/server/acts.h"

#include "tests/t.h"

void
act_vote(const struct plumbd *p, struct make *m, const char *who,
         const struct plumb_digest *proposal)
{
    json_decref(plumbd_submit(p, make_vote(m, who, proposal, PLUMB_APPROVE), 201));
}

struct plumb_digest
act_release(const struct plumbd *p, struct make *m, const char *version,
            const struct plumb_bytes *values)
{
    struct plumb_digest digest, id;
    struct plumb_signed *s;

    plumb_sha256(values->data, values->len, &digest);
    plumbd_blob(p, values);
    s = make_release(m, "rex", "web", version, &digest);
    id = s->statement->id;
    json_decref(plumbd_submit(p, s, 201));
    act_vote(p, m, "ria", &id);
    act_vote(p, m, "sol", &id);
    return id;
}

void
act_register(const struct plumbd *p, struct make *m, const char *version)
{
    struct plumb_bytes values = make_refvals(version);
    struct plumb_digest digest;

    plumb_sha256(values.data, values.len, &digest);
    plumbd_blob(p, &values);
    plumb_bytes_clear(&values);
    json_decref(plumbd_submit(p, make_release(m, "rex", "web", version, &digest), 201));
}

/* What a rollout names as its base: of the only payload. */
static uint64_t
base(const struct plumbd *p)
{
    json_t *fleet = plumbd_json(p, "GET", "/v1/fleets/prod", NULL, 200);
    json_t *payloads = json_object_get(fleet, "payloads");
    uint64_t n =
        (uint64_t)json_integer_value(json_object_get(json_array_get(payloads, 0), "base"));

    json_decref(fleet);
    return n;
}

void
act_roll(const struct plumbd *p, struct make *m, const char *name,
         const struct plumb_digest *id, enum plumb_action action,
         const struct plumb_digest *predecessor)
{
    json_t *more =
        predecessor != NULL ? json_pack("{s:o}", "predecessor", make_hex(predecessor)) : NULL;
    struct plumb_signed *s = make_rollout(m, "rex", "prod", name, id, action, base(p), more);
    struct plumb_digest proposal = s->statement->id;

    json_decref(plumbd_submit(p, s, 201));
    if (action == PLUMB_ACTION_BEGIN)
        act_vote(p, m, "ria", &proposal);
}
