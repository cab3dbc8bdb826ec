#include "server/witness_crew.h"

#include <plumb/witness.h>

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "lib/own.h"
#include "server/log.h"
#include "server/witness_ask.h"

#define TRIES       3   /* of one round: a witness may have to tell what it has seen */
#define BACKOFF_MS  200 /* after a failure, and twice that after each more, to: */
#define BACKOFF_MAX 5000

struct member {
    struct witness_crew *crew;
    const struct witness_one *one;
    struct witness_ask *ask;
    pthread_t thread;
    bool runs;
    uint64_t known; /* what the witness has seen, as far as we know */
    /* under the crew's lock: */
    uint64_t turn; /* of the last offer that is done with */
    uint64_t size; /* cosigned last */
    bool up;
    char error[320];
    struct metric *m_up, *m_size, *m_failures;
};

struct witness_crew {
    struct witness_crew_config config;
    struct db *db; /* for proofs, under db_lock */
    pthread_mutex_t db_lock;
    pthread_mutex_t lock;
    pthread_cond_t news;
    atomic_bool stopping;
    uint64_t turn; /* counts the offers */
    struct core_checkpoint *offer, *gathered;
    size_t ngathered;
    size_t n;
    struct member of[PLUMB_WITNESSES_MAX];
};

static struct core_checkpoint *
checkpoint_ref(struct core_checkpoint *c)
{
    if (c != NULL)
        atomic_fetch_add(&c->refs, 1);
    return c;
}

/* The request that brings the witness from what it knows to c. */
static enum plumb_code
make_request(struct member *m, const struct core_checkpoint *c, struct plumb_bytes *ret,
             struct plumb_err *err)
{
    struct core *core = m->crew->config.core;
    struct plumb_digest proof[PLUMB_PROOF_MAX];
    enum plumb_code code = PLUMB_OK;
    size_t n = 0;

    if (m->known > 0) {
        (void)pthread_mutex_lock(&m->crew->db_lock);
        (void)pthread_rwlock_rdlock(&core->lock);
        (void)pthread_mutex_lock(&core->tree_lock);
        code =
            tree_consistency(core->tree, m->crew->db, m->known, c->head.size, proof, &n, err);
        (void)pthread_mutex_unlock(&core->tree_lock);
        (void)pthread_rwlock_unlock(&core->lock);
        (void)pthread_mutex_unlock(&m->crew->db_lock);
    }
    if (code != PLUMB_OK)
        return code;
    return plumb_add_checkpoint_text(m->known, proof, n, c->note.data, c->note.len, ret, err);
}

/* The size in the body of a 409. */
static enum plumb_code
read_size(const struct plumb_bytes *body, uint64_t *ret, struct plumb_err *err)
{
    char *end = NULL;
    unsigned long long size =
        body->len >= 2 && body->len <= 21 && body->data[0] >= '0' && body->data[0] <= '9'
            ? strtoull((char *)body->data, &end, 10)
            : 0;

    if (end == NULL || strcmp(end, "\n") != 0 || size > PLUMB_TREE_MAX)
        return plumb_fail(err, PLUMB_REFUSED, "witness.answer", "",
                          "the witness answers 409, and no size");
    *ret = size;
    return PLUMB_OK;
}

static enum plumb_code
refusal(long status, struct plumb_err *err)
{
    switch (status) {
    case 403:
        return plumb_fail(err, PLUMB_REFUSED, "witness.key", "",
                          "the witness does not accept the log's signature: tell its operator "
                          "the log's key");
    case 404:
        return plumb_fail(err, PLUMB_REFUSED, "witness.origin", "",
                          "the witness does not know this log: tell its operator its key");
    case 422:
        return plumb_fail(err, PLUMB_REFUSED, "witness.fork", "",
                          "the witness has seen another history of this log: see "
                          "docs/operating.md, 'witnesses'");
    default:
        return plumb_fail(err, PLUMB_REFUSED, "witness.answer", "",
                          "the witness answers with status %ld", status);
    }
}

/* Ask until it cosigns, or says no. *ret_later: it has seen a newer checkpoint than c. */
static enum plumb_code
ask(struct member *m, struct core_checkpoint *c, struct plumb_bytes *ret_lines, bool *ret_later,
    struct plumb_err *err)
{
    if (m->known > c->head.size)
        m->known = 0; /* it said so once; let it say so again */
    for (int i = 0; i < TRIES; i++) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes request = { 0 };
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes body = { 0 };
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes note = { 0 };
        struct plumb_checkpoint head;
        long status = 0;
        size_t n;

        *ret_later = m->known > c->head.size;
        if (*ret_later)
            return PLUMB_OK;
        PLUMB_TRY(make_request(m, c, &request, err));
        PLUMB_TRY(witness_ask_post(m->ask, &request, &status, &body, err));
        if (status == 409) {
            PLUMB_TRY(read_size(&body, &m->known, err));
            continue;
        }
        if (status != 200)
            return refusal(status, err);
        PLUMB_TRY(plumb_cosigned_add(m->one->policy, c->note.data, c->note.len, body.data,
                                     body.len, &note, &n, err));
        PLUMB_TRY(plumb_checkpoint_verify(m->one->policy, note.data, note.len, &head, err));
        m->known = c->head.size;
        *ret_lines = body;
        body = (struct plumb_bytes){ 0 };
        return PLUMB_OK;
    }
    return plumb_fail(err, PLUMB_REFUSED, "witness.size", "",
                      "what the witness says that it has seen changes with every answer");
}

/* Under the lock. */
static void
tell(struct member *m, bool up, const struct plumb_err *err)
{
    const bool was = m->up, first = m->error[0] == '\0';

    m->up = up;
    metric_set(m->m_up, up);
    if (up) {
        m->error[0] = '\0';
        if (!was && !first)
            log_event(LOG_INFO, "witness.back", LOG_TEXT("witness", m->one->name));
        return;
    }
    metric_add(m->m_failures, 1);
    (void)snprintf(m->error, sizeof m->error, "%s (%s)", err->msg, err->rule);
    if (was || first)
        log_event(err->code == PLUMB_UNAVAILABLE ? LOG_WARN : LOG_ERROR, "witness.away",
                  LOG_TEXT("witness", m->one->name), LOG_TEXT("url", m->one->url),
                  LOG_TEXT("rule", err->rule), LOG_TEXT("detail", err->msg));
}

/* Under the lock: what a witness signed joins what was gathered for this turn. */
static void
join(struct member *m, const struct plumb_bytes *lines, struct plumb_err *err)
{
    struct witness_crew *crew = m->crew;
    struct core_checkpoint *more = calloc(1, sizeof *more);
    size_t n;

    if (more == NULL)
        return;
    atomic_init(&more->refs, 1);
    more->head = crew->gathered->head;
    if (plumb_cosigned_add(m->one->policy, crew->gathered->note.data, crew->gathered->note.len,
                           lines->data, lines->len, &more->note, &n, err) != PLUMB_OK) {
        core_checkpoint_unref(more);
        return;
    }
    core_checkpoint_unref(crew->gathered);
    crew->gathered = more;
    crew->ngathered += n > 0;
}

/* Something to do for this witness, which may start at from_ms; under the lock. */
static bool
wait_for_offer(struct member *m, int64_t pause_ms)
{
    struct witness_crew *crew = m->crew;
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += pause_ms / 1000;
    until.tv_nsec += pause_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    while (pause_ms > 0 && !atomic_load(&crew->stopping) &&
           pthread_cond_timedwait(&crew->news, &crew->lock, &until) == 0)
        ;
    while (!atomic_load(&crew->stopping) && (crew->offer == NULL || crew->turn == m->turn))
        (void)pthread_cond_wait(&crew->news, &crew->lock);
    return !atomic_load(&crew->stopping);
}

static void *
run(void *arg)
{
    struct member *m = arg;
    struct witness_crew *crew = m->crew;
    int64_t pause_ms = 0;

    (void)pthread_mutex_lock(&crew->lock);
    while (wait_for_offer(m, pause_ms)) {
        PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes lines = { 0 };
        struct core_checkpoint *c = checkpoint_ref(crew->offer);
        const uint64_t turn = crew->turn;
        struct plumb_err err = { 0 };
        enum plumb_code code;
        bool later = false;

        (void)pthread_mutex_unlock(&crew->lock);
        code = ask(m, c, &lines, &later, &err);
        (void)pthread_mutex_lock(&crew->lock);
        if (atomic_load(&crew->stopping)) {
            core_checkpoint_unref(c);
            break;
        }
        tell(m, code == PLUMB_OK, &err);
        pause_ms = code == PLUMB_OK ? 0 : pause_ms == 0 ? BACKOFF_MS : 2 * pause_ms;
        if (pause_ms > BACKOFF_MAX)
            pause_ms = BACKOFF_MAX;
        if (code == PLUMB_OK)
            m->turn = turn;
        if (code == PLUMB_OK && !later) {
            m->size = c->head.size;
            metric_set(m->m_size, (int64_t)m->size);
            if (turn == crew->turn)
                join(m, &lines, &err);
        }
        core_checkpoint_unref(c);
        (void)pthread_mutex_unlock(&crew->lock);
        crew->config.gathered(crew->config.arg);
        (void)pthread_mutex_lock(&crew->lock);
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return NULL;
}

void
witness_crew_offer(struct witness_crew *crew, struct core_checkpoint *c)
{
    (void)pthread_mutex_lock(&crew->lock);
    core_checkpoint_unref(crew->offer);
    core_checkpoint_unref(crew->gathered);
    crew->offer = checkpoint_ref(c);
    crew->gathered = checkpoint_ref(c);
    crew->ngathered = 0;
    crew->turn++;
    (void)pthread_cond_broadcast(&crew->news);
    (void)pthread_mutex_unlock(&crew->lock);
}

struct core_checkpoint *
witness_crew_gathered(struct witness_crew *crew, size_t *ret_n)
{
    struct core_checkpoint *c;

    (void)pthread_mutex_lock(&crew->lock);
    c = checkpoint_ref(crew->gathered);
    *ret_n = crew->ngathered;
    (void)pthread_mutex_unlock(&crew->lock);
    return c;
}

json_t *
witness_crew_json(struct witness_crew *crew)
{
    json_t *all = json_array();

    (void)pthread_mutex_lock(&crew->lock);
    for (size_t i = 0; i < crew->n; i++) {
        const struct member *m = &crew->of[i];
        json_t *o = json_pack("{s:s,s:s,s:b,s:I}", "name", m->one->name, "url", m->one->url,
                              "up", m->up, "size", (json_int_t)m->size);

        if (m->error[0] != '\0')
            (void)json_object_set_new(o, "error", json_string(m->error));
        (void)json_array_append_new(all, o);
    }
    (void)pthread_mutex_unlock(&crew->lock);
    return all;
}

static enum plumb_code
start_member(struct witness_crew *crew, const struct witness_one *one, struct plumb_err *err)
{
    struct metrics *metrics = crew->config.core->metrics;
    const struct settings *settings = crew->config.core->settings;
    struct member *m = &crew->of[crew->n];
    char label[300];

    metrics_label("witness", one->name, label, sizeof label);
    *m = (struct member){
        .crew = crew,
        .one = one,
        .m_up = metrics_series(metrics, METRIC_GAUGE, "plumb_witness_up", label,
                               "Whether the witness answered as it should when last asked"),
        .m_size = metrics_series(metrics, METRIC_GAUGE, "plumb_witness_size", label,
                                 "Size of the last checkpoint that the witness cosigned"),
        .m_failures = metrics_series(metrics, METRIC_COUNTER, "plumb_witness_failures_total",
                                     label, "Requests that the witness did not answer so"),
    };
    PLUMB_TRY(
        witness_ask_open(&(struct witness_ask_config){ one->url, settings->witness_ca,
                                                       settings->witness_ms, &crew->stopping },
                         &m->ask, err));
    crew->n++;
    m->runs = pthread_create(&m->thread, NULL, run, m) == 0;
    return m->runs ? PLUMB_OK
                   : plumb_fail(err, PLUMB_UNAVAILABLE, "thread", "", "cannot start a thread");
}

enum plumb_code
witness_crew_start(const struct witness_crew_config *config, struct witness_crew **ret,
                   struct plumb_err *err)
{
    struct witness_crew *crew = calloc(1, sizeof *crew);
    enum plumb_code code;

    if (crew == NULL)
        return plumb_fail_memory(err);
    crew->config = *config;
    (void)pthread_mutex_init(&crew->lock, NULL);
    (void)pthread_mutex_init(&crew->db_lock, NULL);
    (void)pthread_cond_init(&crew->news, NULL);
    code = db_open(config->conninfo, db_catalogues, &crew->db, err);
    for (size_t i = 0; i < config->set->n && code == PLUMB_OK; i++)
        code = start_member(crew, &config->set->of[i], err);
    if (code != PLUMB_OK) {
        witness_crew_stop(crew);
        return code;
    }
    *ret = crew;
    return PLUMB_OK;
}

void
witness_crew_stop(struct witness_crew *crew)
{
    if (crew == NULL)
        return;
    (void)pthread_mutex_lock(&crew->lock);
    atomic_store(&crew->stopping, true);
    (void)pthread_cond_broadcast(&crew->news);
    (void)pthread_mutex_unlock(&crew->lock);
    for (size_t i = 0; i < crew->n; i++) {
        if (crew->of[i].runs)
            (void)pthread_join(crew->of[i].thread, NULL);
        witness_ask_close(crew->of[i].ask);
    }
    core_checkpoint_unref(crew->offer);
    core_checkpoint_unref(crew->gathered);
    db_close(crew->db);
    (void)pthread_mutex_destroy(&crew->lock);
    (void)pthread_mutex_destroy(&crew->db_lock);
    (void)pthread_cond_destroy(&crew->news);
    free(crew);
}
