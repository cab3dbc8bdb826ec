#include "lib/log_policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/note.h"
#include "lib/own.h"
#include "lib/pubkey.h"

#define LINE_WORDS (3 + PLUMB_POLICY_NAMES)

PLUMB_DEFINE_AUTO(auto_policy, struct plumb_log_policy *, plumb_log_policy_free);

struct words {
    char where[32];
    size_t n;
    const char *w[LINE_WORDS];
};

static enum plumb_code
bad_line(const struct words *line, const char *want, struct plumb_err *err)
{
    return plumb_fail(err, PLUMB_INVALID, "policy.form", line->where, "want \"%s\"", want);
}

static enum plumb_code
add_key(struct plumb_log_policy *p, const char *vkey, uint8_t type, const char *where,
        struct plumb_err *err)
{
    struct plumb_policy_key *key = &p->keys[p->nkeys];

    PLUMB_TRY(plumb_vkey_parse(vkey, where, &key->vkey, err));
    if (key->vkey.type != type)
        return plumb_fail(err, PLUMB_INVALID, "policy.key", where,
                          "a log's key is of type 01, a witness's of type 04");
    for (size_t i = 0; i < p->nkeys; i++)
        if (memcmp(p->keys[i].vkey.key, key->vkey.key, sizeof key->vkey.key) == 0)
            return plumb_fail(err, PLUMB_INVALID, "policy.key", where,
                              "the key serves %s already: one key has one name",
                              p->keys[i].vkey.name);
    PLUMB_TRY(plumb_pubkey_from_raw(PLUMB_KEY_ED25519, key->vkey.key, sizeof key->vkey.key,
                                    NULL, false, where, &key->pub, err));
    p->nkeys++;
    return PLUMB_OK;
}

static enum plumb_code
read_log(struct plumb_log_policy *p, const struct words *line, struct plumb_err *err)
{
    if (line->n != 2 && line->n != 3)
        return bad_line(line, "log <vkey> [url]", err);
    if (p->nlogs == PLUMB_POLICY_LOGS)
        return plumb_fail(err, PLUMB_TOO_LARGE, "policy.form", line->where,
                          "at most %d keys of the log", PLUMB_POLICY_LOGS);
    PLUMB_TRY(add_key(p, line->w[1], PLUMB_SIG_ED25519, line->where, err));
    if (p->origin == NULL)
        p->origin = p->keys[p->nkeys - 1].vkey.name;
    if (strcmp(p->origin, p->keys[p->nkeys - 1].vkey.name) != 0)
        return plumb_fail(err, PLUMB_INVALID, "policy.origin", line->where,
                          "the keys of one log have one name: %s", p->origin);
    p->nlogs++;
    return PLUMB_OK;
}

/* Its index, or nnames. */
static size_t
find_name(const struct plumb_log_policy *p, const char *name)
{
    size_t i = 0;

    while (i < p->nnames && strcmp(p->names[i].name, name) != 0)
        i++;
    return i;
}

static enum plumb_code
add_name(struct plumb_log_policy *p, const struct words *line, size_t key, size_t threshold,
         struct plumb_err *err)
{
    struct plumb_policy_name *name = &p->names[p->nnames];

    if (p->nnames == PLUMB_POLICY_NAMES)
        return plumb_fail(err, PLUMB_TOO_LARGE, "policy.form", line->where,
                          "at most %d witnesses and groups", PLUMB_POLICY_NAMES);
    if (strlen(line->w[1]) >= sizeof name->name || strcmp(line->w[1], "none") == 0 ||
        find_name(p, line->w[1]) != p->nnames)
        return plumb_fail(err, PLUMB_INVALID, "policy.name", line->where,
                          "a name is new, not \"none\", and at most %zu bytes long",
                          sizeof name->name - 1);
    (void)stpcpy(name->name, line->w[1]);
    name->key = key;
    name->threshold = threshold;
    name->parent = PLUMB_POLICY_NAMES;
    p->nnames++;
    return PLUMB_OK;
}

static enum plumb_code
read_witness(struct plumb_log_policy *p, const struct words *line, struct plumb_err *err)
{
    if (line->n != 3 && line->n != 4)
        return bad_line(line, "witness <name> <vkey> [url]", err);
    PLUMB_TRY(add_name(p, line, p->nkeys, 0, err));
    return add_key(p, line->w[2], PLUMB_SIG_COSIGNATURE, line->where, err);
}

/* How many of n members; 0 if the word says nothing that can be met. */
static size_t
threshold_of(const char *word, size_t n)
{
    uint64_t k;

    if (strcmp(word, "all") == 0)
        return n;
    if (strcmp(word, "any") == 0)
        return 1;
    return plumb_span_number((struct plumb_span){ word, strlen(word) }, &k) && k <= n ? k : 0;
}

static enum plumb_code
read_group(struct plumb_log_policy *p, const struct words *line, struct plumb_err *err)
{
    size_t threshold, group = p->nnames;

    if (line->n < 4)
        return bad_line(line, "group <name> all|any|<k> <members...>", err);
    threshold = threshold_of(line->w[2], line->n - 3);
    if (threshold == 0)
        return plumb_fail(err, PLUMB_INVALID, "policy.group", line->where,
                          "want all, any, or a number from 1 to %zu", line->n - 3);
    PLUMB_TRY(add_name(p, line, PLUMB_POLICY_KEYS, threshold, err));
    for (size_t i = 3; i < line->n; i++) {
        size_t member = find_name(p, line->w[i]);

        if (member >= group)
            return plumb_fail(err, PLUMB_INVALID, "policy.group", line->where,
                              "no line above defines the member %s", line->w[i]);
        if (p->names[member].parent != PLUMB_POLICY_NAMES)
            return plumb_fail(err, PLUMB_INVALID, "policy.group", line->where,
                              "%s is a member already: each may count in one way only",
                              line->w[i]);
        p->names[member].parent = group;
    }
    return PLUMB_OK;
}

static enum plumb_code
read_quorum(struct plumb_log_policy *p, const struct words *line, struct plumb_err *err)
{
    if (line->n != 2)
        return bad_line(line, "quorum <name|none>", err);
    if (p->has_quorum)
        return plumb_fail(err, PLUMB_INVALID, "policy.quorum", line->where,
                          "a policy has one quorum line");
    p->quorum = PLUMB_POLICY_NAMES;
    if (strcmp(line->w[1], "none") != 0) {
        p->quorum = find_name(p, line->w[1]);
        if (p->quorum == p->nnames)
            return plumb_fail(err, PLUMB_INVALID, "policy.quorum", line->where,
                              "no line above defines %s", line->w[1]);
    }
    p->has_quorum = true;
    return PLUMB_OK;
}

static enum plumb_code
read_line(struct plumb_log_policy *p, const struct words *line, struct plumb_err *err)
{
    static const struct {
        const char *word;
        enum plumb_code (*read)(struct plumb_log_policy *p, const struct words *line,
                                struct plumb_err *err);
    } kinds[] = {
        { "log", read_log },
        { "witness", read_witness },
        { "group", read_group },
        { "quorum", read_quorum },
    };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(line->w[0], kinds[i].word) == 0)
            return kinds[i].read(p, line, err);
    return plumb_fail(err, PLUMB_INVALID, "policy.form", line->where,
                      "want log, witness, group or quorum, not %s", line->w[0]);
}

/* Cuts text, which is one line, into words. */
static enum plumb_code
cut(char *text, struct words *line, struct plumb_err *err)
{
    char *save = NULL;

    line->n = 0;
    for (char *word = strtok_r(text, " \t", &save); word != NULL;
         word = strtok_r(NULL, " \t", &save)) {
        if (line->n == LINE_WORDS)
            return plumb_fail(err, PLUMB_TOO_LARGE, "policy.form", line->where,
                              "at most %d words on a line", LINE_WORDS);
        line->w[line->n++] = word;
    }
    return PLUMB_OK;
}

static enum plumb_code
check_octets(const char *text, size_t len, struct plumb_err *err)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
            return plumb_fail(err, PLUMB_INVALID, "policy.form", "",
                              "a control character at offset %zu", i);
    }
    if (len == 0 || text[len - 1] != '\n')
        return plumb_fail(err, PLUMB_INVALID, "policy.form", "",
                          "the last line does not end: is the text whole?");
    return PLUMB_OK;
}

enum plumb_code
plumb_log_policy_parse(const char *text, size_t len, struct plumb_log_policy **ret,
                       struct plumb_err *err)
{
    PLUMB_AUTO(auto_policy) struct plumb_log_policy *p = NULL;
    PLUMB_AUTO(plumb_bytes_clear) struct plumb_bytes copy = { 0 };
    struct words line;
    size_t number = 0;
    char *next;

    PLUMB_TRY(check_octets(text, len, err));
    PLUMB_TRY(plumb_bytes_copy(text, len, &copy, err));
    p = calloc(1, sizeof *p);
    if (p == NULL)
        return plumb_fail_memory(err);
    next = (char *)copy.data;
    while (*next != '\0') {
        char *start = next;

        next += strcspn(next, "\n");
        if (*next != '\0')
            *next++ = '\0';
        (void)snprintf(line.where, sizeof line.where, "line %zu", ++number);
        if (start[strspn(start, " \t")] == '#')
            continue;
        PLUMB_TRY(cut(start, &line, err));
        if (line.n > 0)
            PLUMB_TRY(read_line(p, &line, err));
    }
    if (p->nlogs == 0)
        return plumb_fail(err, PLUMB_INVALID, "policy.origin", "", "no log line");
    if (!p->has_quorum)
        return plumb_fail(err, PLUMB_INVALID, "policy.quorum", "",
                          "no quorum line: \"quorum none\" asks for no witness");
    *ret = PLUMB_TAKE(p);
    return PLUMB_OK;
}

void
plumb_log_policy_free(struct plumb_log_policy *p)
{
    if (p == NULL)
        return;
    for (size_t i = 0; i < p->nkeys; i++)
        plumb_pubkey_free(p->keys[i].pub);
    free(p);
}

const char *
plumb_log_policy_origin(const struct plumb_log_policy *p)
{
    return p->origin;
}

bool
plumb_log_policy_reached(const struct plumb_log_policy *p,
                         const bool signed_by[PLUMB_POLICY_KEYS])
{
    size_t votes[PLUMB_POLICY_NAMES + 1] = { 0 }; /* the last is for those in no group */

    if (p->quorum == PLUMB_POLICY_NAMES)
        return true;
    for (size_t i = 0; i <= p->quorum; i++) {
        const struct plumb_policy_name *name = &p->names[i];
        bool ok =
            name->key != PLUMB_POLICY_KEYS ? signed_by[name->key] : votes[i] >= name->threshold;

        if (i == p->quorum)
            return ok;
        votes[name->parent] += ok;
    }
    return false;
}
