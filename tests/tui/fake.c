#include "tests/tui/fake.h"

#include "tests/t.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR 3600
#define DAY  86400

static void
remember(void *ctx, const struct tui_ask *ask)
{
    struct fake *f = ctx;

    if (f->nasks == FAKE_ASKS) {
        memmove(f->asks, f->asks + FAKE_ASKS / 2, FAKE_ASKS / 2 * sizeof f->asks[0]);
        f->nasks = FAKE_ASKS / 2;
    }
    f->asks[f->nasks] = *ask;
    if (ask->deed.passphrase != NULL) {
        (void)snprintf(f->passphrase, sizeof f->passphrase, "%s", ask->deed.passphrase->text);
        tui_secret_free(ask->deed.passphrase);
        f->asks[f->nasks].deed.passphrase = NULL;
    }
    f->nasks++;
}

struct plumb_digest
fake_digest(const char *text)
{
    struct plumb_digest d;

    plumb_sha256(text, strlen(text), &d);
    return d;
}

static struct tui_item
item(const char *kind, const char *subject, const char *by, unsigned votes, unsigned needed,
     const char *blocks, int64_t age, bool mine)
{
    struct tui_item i = { .id = fake_digest(subject),
                          .index = (uint64_t)(100 - age / HOUR),
                          .time = FAKE_NOW - age,
                          .check = TUI_CHECKED,
                          .votes = votes,
                          .needed = needed,
                          .mine = mine };

    (void)snprintf(i.kind, sizeof i.kind, "%s", kind);
    (void)snprintf(i.subject, sizeof i.subject, "%s", subject);
    (void)snprintf(i.proposer, sizeof i.proposer, "%s", by);
    (void)snprintf(i.blocks, sizeof i.blocks, "%s", blocks);
    return i;
}

struct tui_items
fake_items(void)
{
    const struct tui_item all[] = {
        item("release", "payments@2.5.0", "pipeline", 1, 2, "1 more release-manager", 3 * HOUR,
             true),
        item("begin", "ledger@7.1 in prod", "alice", 1, 2, "1 more release-manager", HOUR,
             true),
        item("complete", "gateway@3.0 in prod", "bob", 1, 1, "2 of 3 recognitions", 2 * DAY,
             false),
        item("governance", "version 4", "ada", 1, 3, "2 more admin", 30 * HOUR, false),
        item("release",
             "policy-\xe2\x80\xae"
             "dorp\xe2\x80\xac\x1b[31m@7",
             "mallory", 0, 2, "", 26 * HOUR, false),
        item("revocation", "payments@2.3.9 in prod, test", "sol", 0, 1,
             "1 more security-officer", 10 * 60, false),
    };
    struct tui_items items = { calloc(6, sizeof all[0]), 6 };

    memcpy(items.items, all, sizeof all);
    items.items[4].check = TUI_FAILED;
    (void)snprintf(items.items[4].why, sizeof items.items[4].why,
                   "signature.bad: the signature is not by the key that the statement names");
    items.items[5].check = TUI_UNCHECKED;
    return items;
}

static void
change(struct tui_statement *s, int how, const char *name, const char *before,
       const char *after)
{
    struct tui_change *c = &s->changes[s->nchanges++];

    c->how = how;
    c->name = strdup(name);
    c->before = before != NULL ? strdup(before) : NULL;
    c->after = after != NULL ? strdup(after) : NULL;
}

static void
fact(struct tui_statement *s, int how, const char *label, const char *text)
{
    struct tui_fact *f = &s->facts[s->nfacts++];

    f->how = how;
    (void)snprintf(f->label, sizeof f->label, "%s", label);
    f->text = strdup(text);
}

#define MRTD_OLD                                                                               \
    "9f86d081884c7d659a2feaa0c55ad0153bf4f1b2b0b822cd15d6c15b0f00a08"                          \
    "1b5bb9d8014a0f9b1d61e21e796d78dcc"
#define MRTD_NEW                                                                               \
    "9f86d081884c7d659a2feaa0c55ad0157bf4f1b2b0b822cd15d6c15b0f00a08"                          \
    "1b5bb9d8014a0f9b1d61e21e796d78dcd"

/* --- what is on file about it --- */

#define SBOM_HEX  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ROOTS_HEX "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9"
#define POEM_HEX  "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
#define WAIVE_HEX "d4735e3a265e16eee03f59718b9b5d03019c07d8b6c51f90da3a666eec13ab35"

static const char dossier[] =
    "{'payload': 'payments', 'version': '2.5.0', 'release': '" SBOM_HEX "',"
    " 'at': '2026-11-25T14:00:00Z', 'controls': ["
    "{'control': 'BLD-PROVENANCE', 'text': 'what went in is documented', 'level': 'should',"
    " 'state': 'met', 'by': 'provenance by forge, SLSA level 3', 'evidence': []},"
    "{'control': 'DEP-ROOTS', 'text': 'root stores are curated', 'level': 'must',"
    " 'state': 'met', 'by': 'root-store covered by every set', 'evidence': []},"
    "{'control': 'DEV-IO', 'text': 'data exchanged with the outside is protected',"
    " 'level': 'should', 'state': 'waived', 'by': 'waived: guards at the door', 'evidence': [],"
    " 'waiver': '" WAIVE_HEX "', 'waivedUntil': '2026-12-09T14:00:00Z', 'lapsed': false},"
    "{'control': 'SUP-BOM', 'text': 'a bill of materials is part of the release',"
    " 'level': 'must', 'state': 'met', 'by': 'CycloneDX, 412 components, 390 of them watched',"
    " 'evidence': []},"
    "{'control': 'SUP-MONITOR', 'text': 'dependencies are watched', 'level': 'must',"
    " 'state': 'met', 'by': '1 findings, none that blocks', 'evidence': []}],"
    " 'evidence': ["
    "{'kind': 'sbom', 'digest': '" SBOM_HEX "', 'size': 412345, 'name': 'payments.cdx.json',"
    " 'by': 'pipeline', 'index': 95, 'time': '2026-11-25T09:00:00Z', 'accepted': true,"
    " 'text': 'CycloneDX, 412 components, 390 of them watched'},"
    "{'kind': 'root-store', 'digest': '" ROOTS_HEX "', 'size': 4023, 'name': 'roots.pem',"
    " 'by': 'pipeline', 'index': 95, 'time': '2026-11-25T09:00:00Z', 'accepted': true,"
    " 'text': '3 certificates'},"
    "{'kind': 'attestation', 'digest': '" POEM_HEX "', 'size': 977, 'name':"
    " 'build-\u202egpj.json', 'by': 'mallory', 'index': 96,"
    " 'time': '2026-11-25T10:00:00Z', 'accepted': false, 'rule': 'evidence.trust',"
    " 'text': 'whoever signed it is not trusted for build', 'attestation': 'provenance'}],"
    " 'findings': ["
    "{'payload': 'payments', 'version': '2.5.0', 'release': '" SBOM_HEX "',"
    " 'advisory': 'GHSA-9c47-m6qq-7p4h', 'state': 'fixed', 'severity': 'high',"
    " 'rated': true, 'blocking': false, 'component': 'pkg:npm/json5@1.0.1', 'components': 1,"
    " 'why': 'patched in our fork', 'index': 40, 'since': '2026-10-01T08:00:00Z',"
    " 'overdue': false, 'accepted': false},"
    "{'payload': 'payments', 'version': '2.5.0', 'release': '" SBOM_HEX "',"
    " 'advisory': 'GHSA-35jh-r3h4-6jhm', 'summary': 'Command injection in lodash',"
    " 'state': 'open', 'severity': 'medium', 'rated': true, 'blocking': false,"
    " 'component': 'pkg:npm/lodash@4.17.20', 'components': 2, 'fixed': '4.17.21', 'index': 97,"
    " 'since': '2026-11-25T11:00:00Z', 'due': '2026-12-05T11:00:00Z', 'overdue': false,"
    " 'accepted': false}]}";

/* ' for ", which reads better in C. */
static struct client_dossier *
read_dossier(void)
{
    char *copy = strdup(dossier);
    struct client_dossier *d = NULL;
    struct plumb_err err = { 0 };
    json_t *json;

    for (char *p = copy; *p != '\0'; p++)
        if (*p == '\'')
            *p = '"';
    json = json_loads(copy, 0, NULL);
    assert_non_null(json);
    assert_ok(client_dossier_read(json, &d, &err), &err);
    json_decref(json);
    free(copy);
    return d;
}

static struct tui_component
component(const char *name, const char *before, const char *after, const char *purl)
{
    return (struct tui_component){ strdup(name), before != NULL ? strdup(before) : NULL,
                                   after != NULL ? strdup(after) : NULL, strdup(purl) };
}

static void
fill_bill(struct tui_material *m)
{
    *m = (struct tui_material){ .name = "payments.cdx.json",
                                .after = { .exists = true, .digest = fake_digest("bill") },
                                .before = { .exists = true, .digest = fake_digest("old bill") },
                                .against = "From 2.4.0, current in prod",
                                .state = TUI_READ,
                                .total = 412,
                                .added = 1,
                                .removed = 1,
                                .changed = 1,
                                .ncomponents = 3,
                                .components = calloc(3, sizeof *m->components) };
    m->components[0] = component("left-pad", NULL, "1.3.0", "pkg:npm/left-pad@1.3.0");
    m->components[1] = component("lodash", "4.17.19", "4.17.20", "pkg:npm/lodash@4.17.20");
    m->components[2] = component("minimist", "1.2.5", NULL, "pkg:npm/minimist@1.2.5");
}

static struct tui_certificate
certificate(int how, const char *subject, const char *key, int64_t days)
{
    struct tui_certificate c = { .fingerprint = fake_digest(subject),
                                 .not_after = FAKE_NOW + days * DAY };

    c.how = how;
    (void)snprintf(c.subject, sizeof c.subject, "%s", subject);
    (void)snprintf(c.key, sizeof c.key, "%s", key);
    return c;
}

static void
fill_roots(struct tui_material *m)
{
    *m =
        (struct tui_material){ .roots = true,
                               .name = "roots.pem",
                               .after = { .exists = true, .digest = fake_digest("roots") },
                               .before = { .exists = true, .digest = fake_digest("old roots") },
                               .against = "From 2.4.0, current in prod",
                               .state = TUI_READ,
                               .total = 3,
                               .added = 1,
                               .removed = 1,
                               .ncertificates = 4,
                               .certificates = calloc(4, sizeof *m->certificates) };
    m->certificates[0] = certificate(TUI_CERT_SAME, "CN=Root A,O=Example", "RSA 4096", 3000);
    m->certificates[1] = certificate(TUI_CERT_ADDED, "CN=Root B,O=Example", "EC 256", 5000);
    m->certificates[2] = certificate(TUI_CERT_SAME, "CN=Root C,O=Example", "RSA 2048", -2);
    m->certificates[3] = certificate(TUI_CERT_REMOVED, "CN=Root D,O=Example", "RSA 2048", 20);
}

static void
fill_evidence(struct tui_evidence *e)
{
    assert_true(tui_evidence_take(e, read_dossier(), NULL, false));
    e->gates = true;
    for (size_t i = 0; i < e->dossier->nfiles; i++)
        e->files[i].check = TUI_CHECKED;
    e->nwaivers = 1;
    (void)snprintf(e->waivers[0].control, sizeof e->waivers[0].control, "DEV-IO");
    e->waivers[0].until = FAKE_NOW + 14 * DAY;
    e->waivers[0].compensating = strdup("guards at the door");
    e->waivers[0].justification = strdup("the new gateway is late");
    e->waivers[0].who = strdup("sol, bob");
    e->waivers[0].proof.check = TUI_CHECKED;
    e->nmaterials = 2;
    fill_bill(&e->materials[0]);
    fill_roots(&e->materials[1]);
}

void
fake_hold(struct tui_evidence *e, size_t control, enum plumb_control_state state,
          const char *by)
{
    struct client_control *c = &e->dossier->controls[control];

    c->state = state;
    c->by = by;
    e->holds[control] = true;
    e->held++;
}

static void
fill_votes(struct tui_statement *s)
{
    s->votes = calloc(2, sizeof *s->votes);
    s->nvotes = 2;
    (void)snprintf(s->votes[0].who, TUI_NAME, "pipeline");
    (void)snprintf(s->votes[0].decision, sizeof s->votes[0].decision, "proposes");
    (void)snprintf(s->votes[0].note, sizeof s->votes[0].note,
                   "does not count: others must approve");
    s->votes[0].time = FAKE_NOW - 3 * HOUR;
    s->votes[0].index = 97;
    (void)snprintf(s->votes[1].who, TUI_NAME, "bob");
    (void)snprintf(s->votes[1].decision, sizeof s->votes[1].decision, "approves");
    s->votes[1].time = FAKE_NOW - 2 * HOUR;
    s->votes[1].index = 98;
    s->votes[1].counts = true;
}

struct tui_statement *
fake_statement(void)
{
    struct tui_statement *s = calloc(1, sizeof *s);
    struct tui_items items = fake_items();

    s->item = items.items[0];
    free(items.items);
    (void)snprintf(s->state, sizeof s->state, "open");
    (void)snprintf(s->key, sizeof s->key,
                   "ed25519 SHA256:Zk1dN0eW5JpQ2mYqg3o5r8t7u9v0w1x2y3z4");
    (void)snprintf(s->checked, sizeof s->checked,
                   "here: signature of pipeline's key, entry 97 in the log of 99 entries, all "
                   "votes");
    (void)snprintf(s->needed, sizeof s->needed, "1 more release-manager (alice or carol)");
    (void)snprintf(s->payload, sizeof s->payload, "payments");
    (void)snprintf(s->version, sizeof s->version, "2.5.0");
    s->release = s->item.id;
    s->may_vote = s->completes = true;
    s->seen = fake_digest("seen");
    fill_votes(s);
    s->effect =
        strdup("payments@2.5.0 becomes an approved version. No verifier accepts it yet: "
               "that begins with a rollout.");
    s->consequence =
        strdup("Your approval completes the quorum: at once, payments@2.5.0 becomes "
               "an approved version.");
    s->against = strdup("Against 2.4.0, current in prod");
    s->changes = calloc(6, sizeof *s->changes);
    change(s, TUI_SET, "tdx, big-vm", NULL, NULL);
    change(s, TUI_CHANGED, "mrtd", MRTD_OLD, MRTD_NEW);
    change(s, TUI_ADDED, "rtmr3", NULL, MRTD_OLD);
    change(s, TUI_CHANGED, "isvsvn", ">= 3", ">= 4");
    s->unchanged = 3;
    s->facts = calloc(4, sizeof *s->facts);
    fact(s, TUI_FACT_DIGEST, "SBOM",
         "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    fact(s, TUI_FACT_DOUBT, "Set 1 of", "a tdx-quote that nobody verified");
    fact(s, TUI_FACT_DIGEST, "kernel.efi",
         "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae");
    fill_evidence(&s->evidence);
    s->notes = strdup("Fixes CVE-2026-1234.");
    s->raw =
        strdup("{\n  \"_type\": \"https://in-toto.io/Statement/v1\",\n  \"predicate\": {\n "
               "   \"payload\": \"payments\"\n  }\n}");
    return s;
}

static struct tui_version
version(const char *name, const char *place, int64_t since, plumb_time not_after)
{
    struct tui_version v = { .release = fake_digest(name),
                             .not_before = FAKE_NOW - since,
                             .not_after = not_after,
                             .deadline = PLUMB_TIME_NEVER,
                             .check = TUI_CHECKED };

    (void)snprintf(v.version, sizeof v.version, "%s", name);
    (void)snprintf(v.place, sizeof v.place, "%s", place);
    return v;
}

static struct tui_payload
payload(const char *name, const struct tui_version *versions, size_t n)
{
    struct tui_payload p = { .base = 7, .versions = calloc(n + 1, sizeof *versions), .n = n };

    (void)snprintf(p.payload, sizeof p.payload, "%s", name);
    if (n > 0)
        memcpy(p.versions, versions, n * sizeof *versions);
    return p;
}

static struct tui_pull
pull(const char *who, uint64_t index, int64_t revision, int64_t ago, int64_t valid)
{
    struct tui_pull p = { .index = index,
                          .revision = revision,
                          .at = FAKE_NOW - ago,
                          .valid_until = FAKE_NOW + valid };

    (void)snprintf(p.who, sizeof p.who, "%s", who);
    return p;
}

struct tui_fleets *
fake_fleets(void)
{
    struct tui_version payments[] = {
        version("2.5.0-rc1", "incoming", 20 * HOUR, PLUMB_TIME_NEVER),
        version("2.4.0", "current", 40 * DAY, PLUMB_TIME_NEVER),
        version("2.3.9", "outgoing", 80 * DAY, FAKE_NOW + 6 * DAY),
        version("2.3.8", "outgoing", 90 * DAY, FAKE_NOW + 40),
    };
    struct tui_version ledger[] = { version("7.1", "incoming", 3 * DAY, PLUMB_TIME_NEVER),
                                    version("7.0", "current", 30 * DAY, PLUMB_TIME_NEVER) };
    struct tui_fleets *f = calloc(1, sizeof *f);
    struct tui_fleet *prod, *test;

    payments[0].deadline = FAKE_NOW + 28 * HOUR;
    (void)snprintf(payments[0].overrun, sizeof payments[0].overrun, "rollback");
    payments[0].recognitions = 2;
    payments[0].recognitions_needed = 3;
    payments[2].findings = 2;
    payments[2].overdue = 1;
    ledger[0].deadline = FAKE_NOW - DAY;
    ledger[0].overran = true;
    (void)snprintf(ledger[0].overrun, sizeof ledger[0].overrun, "alert");
    ledger[0].recognitions_needed = 1;
    f->fleets = calloc(2, sizeof *f->fleets);
    f->n = 2;
    prod = &f->fleets[0];
    test = &f->fleets[1];
    *prod = (struct tui_fleet){ .name = "prod",
                                .revision = 41,
                                .publication = 90,
                                .issued = FAKE_NOW - 2 * HOUR,
                                .valid_until = FAKE_NOW + 22 * HOUR,
                                .check = TUI_CHECKED,
                                .n = 2,
                                .npulls = 3 };
    prod->payloads = calloc(2, sizeof *prod->payloads);
    prod->payloads[0] = payload("payments", payments, 4);
    prod->payloads[1] = payload("ledger", ledger, 2);
    prod->pulls = calloc(3, sizeof *prod->pulls);
    prod->pulls[0] = pull("kbs-eu-1", 90, 41, 4 * 60, 22 * HOUR);
    prod->pulls[1] = pull("kbs-eu-2", 80, 40, 7 * HOUR, 3 * HOUR);
    prod->pulls[2] = pull("kbs-us-1", 60, 38, 3 * DAY, -2 * DAY);
    *test =
        (struct tui_fleet){ .name = "test", .check = TUI_CHECKED, .is_public = true, .n = 1 };
    test->payloads = calloc(1, sizeof *test->payloads);
    test->payloads[0] = payload("payments", NULL, 0);
    return f;
}

struct tui_you *
fake_you(void)
{
    struct tui_you *you = calloc(1, sizeof *you);

    (void)snprintf(you->principal, sizeof you->principal, "alice");
    (void)snprintf(you->server, sizeof you->server, "https://plumb.example:8471");
    (void)snprintf(you->origin, sizeof you->origin, "plumb.example/log");
    (void)snprintf(you->key, sizeof you->key, "ed25519 SHA256:4mYqg3o5 (file keys/alice.sign)");
    (void)snprintf(you->key_use, sizeof you->key_use, "an active key of alice");
    you->may_decide = true;
    you->may = strdup("approve releases of payments and ledger\napprove begin in prod\npropose "
                      "rollouts");
    you->verified =
        strdup("governance version 3, from the pinned genesis on\nlog of 99 entries, "
               "its checkpoint and that it extends the one before");
    return you;
}

void
fake_event(struct fake *f, struct tui_event *e)
{
    e->now = FAKE_NOW;
    tui_app_event(&f->app, e);
}

void
fake_begin_empty(struct fake *f, bool read_only)
{
    const struct tui_backend backend = { f, remember };

    (void)setenv("TZ", "UTC", 1);
    *f = (struct fake){ .asks = calloc(FAKE_ASKS, sizeof *f->asks) };
    tui_app_init(&f->app, &backend, read_only, FAKE_NOW);
}

void
fake_begin(struct fake *f, bool read_only)
{
    fake_begin_empty(f, read_only);
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_ANSWER });
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_YOU, .you = fake_you() });
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_QUEUE, .items = fake_items() });
    fake_event(f, &(struct tui_event){ .kind = TUI_EVENT_FLEETS, .fleets = fake_fleets() });
}

void
fake_end(struct fake *f)
{
    tui_app_done(&f->app);
    free(f->asks);
}

static int
named(const char **keys)
{
    static const struct {
        const char *name;
        int key;
    } names[] = { { "<Enter>", K_ENTER },  { "<Esc>", K_ESC },      { "<Tab>", K_TAB },
                  { "<Down>", K_DOWN },    { "<Up>", K_UP },        { "<PgDn>", K_PGDN },
                  { "<PgUp>", K_PGUP },    { "<Home>", K_HOME },    { "<End>", K_END },
                  { "<Erase>", K_ERASE },  { "<F1>", K_F1 },        { "<CtrlL>", K_CTRL_L },
                  { "<CtrlU>", K_CTRL_U }, { "<Resize>", K_RESIZE } };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(*keys, names[i].name, strlen(names[i].name)) == 0) {
            *keys += strlen(names[i].name);
            return names[i].key;
        }
    return (unsigned char)*(*keys)++;
}

/* As the terminal does: bytes of a passphrase go where they belong, the rest to the app. */
void
fake_type(struct fake *f, const char *keys)
{
    while (*keys != '\0') {
        const int key = named(&keys);
        struct tui_secret *secret = tui_app_secret(&f->app);

        if (secret != NULL && key < 0x80)
            tui_secret_add(secret, (char)key);
        else if (secret != NULL && key == K_ERASE)
            tui_secret_erase(secret);
        else
            tui_app_key(&f->app, key);
    }
}

char *
fake_screen(struct fake *f, int rows, int cols, bool ascii)
{
    struct tui_surface s;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_true(tui_surface_init(&s, rows, cols, ascii));
    tui_app_draw(&f->app, &s);
    tui_surface_dump(&s, out);
    (void)fclose(out);
    tui_surface_done(&s);
    return text;
}

const struct tui_ask *
fake_asked(const struct fake *f, enum tui_ask_kind kind)
{
    for (size_t i = f->nasks; i-- > 0;)
        if (f->asks[i].kind == kind)
            return &f->asks[i];
    return NULL;
}

size_t
fake_count(const struct fake *f, enum tui_ask_kind kind)
{
    size_t n = 0;

    for (size_t i = 0; i < f->nasks; i++)
        n += f->asks[i].kind == kind;
    return n;
}
