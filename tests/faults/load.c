#include "tests/faults/load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/client.h"
#include "lib/own.h"
#include "tests/t.h"

#define PATIENCE_S 120 /* for one answer, over however many deaths */

void
load_cast(struct make *m)
{
    char id[16], path[32];

    for (unsigned i = 0; i < LOAD_PEOPLE; i++) {
        (void)snprintf(id, sizeof id, "m%u", i);
        make_principal(m, id, "release-manager", NULL);
        (void)snprintf(id, sizeof id, "o%u", i);
        make_principal(m, id, "security-officer", NULL);
        (void)snprintf(path, sizeof path, "payloads.p%u", i);
        make_set(m, path, json_deep_copy(make_at(m, "payloads.web")));
    }
    make_set(m, "fleets.prod.recognitions", json_integer(0));
}

static uint64_t
random_below(struct person *p, uint64_t n)
{
    uint64_t z = (p->random += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return (z ^ z >> 31) % n;
}

static void
pause_ms(long ms)
{
    (void)nanosleep(&(struct timespec){ ms / 1000, ms % 1000 * 1000000 }, NULL);
}

/* What a client that gives nothing up tries again: no word about the request itself came back.
 */
static bool
no_answer(enum plumb_code code)
{
    return code == PLUMB_UNAVAILABLE || code == PLUMB_BUSY || code == PLUMB_INTERNAL;
}

/* True: go on trying. Fails when it has been too long. */
static bool
try_again(struct person *p, enum plumb_code code, time_t began, const struct plumb_err *err)
{
    if (!no_answer(code))
        return false;
    atomic_fetch_add(&p->unanswered, 1);
    if (time(NULL) - began > PATIENCE_S)
        fail_msg("no answer for %d s: [%s] %s", PATIENCE_S, err->rule, err->msg);
    pause_ms(20);
    return true;
}

static struct sent *
remember(struct person *p, const struct plumb_signed *s)
{
    if (p->nsent == p->cap) {
        p->cap = p->cap > 0 ? 2 * p->cap : 64;
        p->sent = realloc(p->sent, p->cap * sizeof *p->sent);
        assert_non_null(p->sent);
    }
    p->sent[p->nsent] = (struct sent){ .id = s->statement->id,
                                       .envelope = json_dumps(s->envelope, JSON_COMPACT) };
    return &p->sent[p->nsent++];
}

/* Send it until there is an answer. The same statement never has two places in the log. */
static bool
deliver(struct person *p, struct sent *sent)
{
    json_t *envelope = json_loads(sent->envelope, 0, NULL);
    struct client_receipt receipt = { .json = NULL };
    struct plumb_err err = { 0 };
    time_t began = time(NULL);
    enum plumb_code code;

    do {
        code = client_submit(p->client, envelope, false, &receipt, &err);
    } while (try_again(p, code, began, &err));
    json_decref(envelope);
    if (sent->outcome == SENT_ACCEPTED &&
        (code != PLUMB_OK || !receipt.repeated || receipt.index != sent->index))
        fail_msg("a repeat of entry %llu was answered otherwise: [%s] %s",
                 (unsigned long long)sent->index, err.rule, err.msg);
    if (code == PLUMB_OK && sent->outcome != SENT_ACCEPTED)
        atomic_fetch_add(&p->accepted, 1);
    sent->outcome = code == PLUMB_OK ? SENT_ACCEPTED : SENT_REFUSED;
    sent->index = receipt.index;
    client_receipt_clear(&receipt);
    return code == PLUMB_OK;
}

/* Takes s. */
static bool
say(struct person *p, struct plumb_signed *s)
{
    struct sent *sent = remember(p, s);

    plumb_signed_free(s);
    return deliver(p, sent);
}

#define MADE(p, s, make_it)                                                                    \
    do {                                                                                       \
        (void)pthread_mutex_lock(&(p)->load->lock);                                            \
        (p)->load->make->now = time(NULL);                                                     \
        (s) = make_it;                                                                         \
        (void)pthread_mutex_unlock(&(p)->load->lock);                                          \
    } while (0)

static bool
vote(struct person *p, const char *role, unsigned who, const struct plumb_digest *on,
     enum plumb_decision decision)
{
    struct plumb_signed *s;
    char id[16];

    (void)snprintf(id, sizeof id, "%s%u", role, who % LOAD_PEOPLE);
    MADE(p, s, make_vote(p->load->make, id, on, decision));
    return say(p, s);
}

static void
store(struct person *p, const char *label, struct plumb_digest *ret)
{
    struct plumb_bytes values = make_refvals(label);
    struct plumb_err err = { 0 };
    time_t began = time(NULL);
    enum plumb_code code;

    do {
        code = client_blob_put(p->client, values.data, values.len, ret, &err);
    } while (try_again(p, code, began, &err));
    assert_ok(code, &err);
    plumb_bytes_clear(&values);
}

/* What its payload's place in the fleet is: the base that a move names, and the current
 * version. */
static uint64_t
look(struct person *p, json_t **ret_predecessor)
{
    PLUMB_AUTO(plumb_json_auto) json_t *fleet = NULL;
    struct plumb_err err = { 0 };
    time_t began = time(NULL);
    enum plumb_code code;
    json_t *payload, *place;
    char name[16];
    uint64_t base = 0;
    size_t i, k;

    *ret_predecessor = json_object();
    (void)snprintf(name, sizeof name, "p%u", p->n);
    do {
        code = client_get(p->client, "/v1/fleets/prod", &fleet, &err);
    } while (try_again(p, code, began, &err));
    assert_ok(code, &err);
    json_array_foreach(json_object_get(fleet, "payloads"), i, payload) {
        if (strcmp(json_string_value(json_object_get(payload, "payload")), name) != 0)
            continue;
        base = (uint64_t)json_integer_value(json_object_get(payload, "base"));
        json_array_foreach(json_object_get(payload, "places"), k, place) {
            if (strcmp(json_string_value(json_object_get(place, "place")), "current") == 0)
                (void)json_object_set(*ret_predecessor, "predecessor",
                                      json_object_get(place, "release"));
        }
    }
    return base;
}

static bool
move(struct person *p, const char *name, const struct plumb_digest *release,
     enum plumb_action action, struct plumb_digest *ret)
{
    struct plumb_signed *s;
    json_t *predecessor;
    char id[16];
    uint64_t base = look(p, &predecessor);

    if (action != PLUMB_ACTION_BEGIN) {
        json_decref(predecessor);
        predecessor = NULL;
    }
    (void)snprintf(id, sizeof id, "m%u", p->n);
    MADE(p, s,
         make_rollout(p->load->make, id, "prod", name, release, action, base, predecessor));
    *ret = s->statement->id;
    return say(p, s);
}

/* A version's life: registered, judged, begun, and completed, rolled back or left to the next.
 */
static void
live_one(struct person *p)
{
    struct plumb_digest values, release, begin, end;
    char payload[16], version[24], name[48], id[16];
    struct plumb_signed *s;

    (void)snprintf(payload, sizeof payload, "p%u", p->n);
    (void)snprintf(version, sizeof version, "%u", ++p->versions);
    (void)snprintf(name, sizeof name, "%s@%s", payload, version);
    (void)snprintf(id, sizeof id, "m%u", p->n);
    store(p, name, &values);
    MADE(p, s, make_release(p->load->make, id, payload, version, &values));
    release = s->statement->id;
    if (!say(p, s) ||
        !vote(p, "o", p->n, &release, random_below(p, 8) == 0 ? PLUMB_REJECT : PLUMB_APPROVE))
        return;
    if (!move(p, name, &release, PLUMB_ACTION_BEGIN, &begin) ||
        !vote(p, "m", p->n + 1, &begin, PLUMB_APPROVE))
        return;
    (void)move(p, name, &release,
               random_below(p, 4) == 0 ? PLUMB_ACTION_ROLLBACK : PLUMB_ACTION_COMPLETE, &end);
}

static void *
live(void *arg)
{
    struct person *p = arg;

    while (!atomic_load(&p->load->stop)) {
        live_one(p);
        if (p->nsent > 0)
            (void)deliver(p,
                          &p->sent[random_below(p, p->nsent)]); /* as one who lost a receipt */
    }
    return NULL;
}

void
load_start(struct load *l, struct make *m, const struct plumbd *service, uint64_t seed)
{
    static char server[300];
    struct plumb_err err = { 0 };

    *l = (struct load){ .make = m, .service = service };
    (void)pthread_mutex_init(&l->lock, NULL);
    (void)snprintf(server, sizeof server, "unix:%s/plumbd.sock", service->data);
    for (unsigned i = 0; i < LOAD_PEOPLE; i++) {
        struct person *p = &l->people[i];
        struct client_config config = { .server = server };

        *p = (struct person){ .load = l, .n = i, .random = seed * 1000 + i };
        assert_ok(client_open(&config, &p->client, &err), &err);
        assert_int_equal(pthread_create(&p->thread, NULL, live, p), 0);
    }
}

void
load_stop(struct load *l)
{
    atomic_store(&l->stop, true);
    for (unsigned i = 0; i < LOAD_PEOPLE; i++)
        (void)pthread_join(l->people[i].thread, NULL);
}

void
load_free(struct load *l)
{
    for (unsigned i = 0; i < LOAD_PEOPLE; i++) {
        struct person *p = &l->people[i];

        for (size_t k = 0; k < p->nsent; k++)
            free(p->sent[k].envelope);
        free(p->sent);
        client_close(p->client);
    }
    (void)pthread_mutex_destroy(&l->lock);
}
