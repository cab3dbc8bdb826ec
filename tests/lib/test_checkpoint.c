#include <plumb/tlog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/keys.h"
#include "tests/lib/notes.h"
#include "tests/t.h"

#define ORIGIN "log.example/1"
#define ROOT   "rKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs="
#define TEXT   ORIGIN "\n15\n" ROOT "\n"
#define EMPTY  "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

/* Two keys of the log, and witnesses w[0] to w[4] under the names w0 to w4. */
static struct plumb_signer *log_a, *log_b, *w[5];
static char keys[4096]; /* policy lines of all of them but log_b */

static int
make_keys(void **state)
{
    size_t len;

    (void)state;
    log_a = generate(PLUMB_KEY_ED25519);
    log_b = generate(PLUMB_KEY_ED25519);
    len = (size_t)snprintf(keys, sizeof keys, "log %s\n", vkey_of(ORIGIN, 1, log_a));
    for (int i = 0; i < 5; i++) {
        char name[16];

        w[i] = generate(PLUMB_KEY_ED25519);
        (void)snprintf(name, sizeof name, "w%d", i);
        len += (size_t)snprintf(keys + len, sizeof keys - len, "witness %s %s\n", name,
                                vkey_of(name, 4, w[i]));
    }
    return 0;
}

static int
free_keys(void **state)
{
    (void)state;
    plumb_signer_free(log_a);
    plumb_signer_free(log_b);
    for (int i = 0; i < 5; i++)
        plumb_signer_free(w[i]);
    return 0;
}

/* keys and the lines that follow them. */
static struct plumb_log_policy *
policy_with(const char *lines)
{
    char text[8192];

    (void)snprintf(text, sizeof text, "%s%s", keys, lines);
    return policy_of(text);
}

static enum plumb_code
verify(const char *policy_lines, const struct plumb_bytes *note, struct plumb_checkpoint *ret,
       struct plumb_err *err)
{
    struct plumb_log_policy *p = policy_with(policy_lines);
    enum plumb_code code = plumb_checkpoint_verify(p, note->data, note->len, ret, err);

    plumb_log_policy_free(p);
    return code;
}

static enum plumb_code
verify_text(const char *policy, const void *note, size_t len, struct plumb_err *err)
{
    struct plumb_log_policy *p = policy_of(policy);
    struct plumb_checkpoint c;
    enum plumb_code code = plumb_checkpoint_verify(p, note, len, &c, err);

    plumb_log_policy_free(p);
    return code;
}

/* Its text is no checkpoint, but that is asked only once the signature has been found good. */
static void
the_specifications_note_is_verified(void **state)
{
    static const char policy[] = "log " EXAMPLE_VKEY "\nquorum none\n";
    char note[] = EXAMPLE_NOTE;
    struct plumb_err err;

    (void)state;
    assert_refused("checkpoint.form", verify_text(policy, note, strlen(note), &err), &err);
    note[0] = 't';
    assert_refused("note.signature", verify_text(policy, note, strlen(note), &err), &err);
}

static void
a_real_checkpoint_with_real_cosignatures_is_verified(void **state)
{
    struct plumb_log_policy *p = policy_of(ARCHE_KEYS "group g all garden remora stagemole\n"
                                                      "quorum g\n");
    struct plumb_checkpoint c;
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_checkpoint_verify(p, arche_note, strlen(arche_note), &c, &err), &err);
    assert_string_equal(c.origin, "arche2025h1.staging.ct.transparency.dev");
    assert_int_equal(c.size, 1432088532);
    assert_int_equal(c.root.b[0], 0x53);
    assert_int_equal(c.root.b[31], 0x1a);
    plumb_log_policy_free(p);
}

/* Whether byte i of arche_note is in a line by a key that the policy does not know. */
static bool
is_strangers(size_t i)
{
    static const char *const ids[] = { "zTM8sQ", "pIyCDw" };

    for (size_t k = 0; k < 2; k++) {
        const char *start = strstr(arche_note, ids[k]), *end = strchr(start, '\n');

        while (start[-1] != '\n')
            start--;
        if (arche_note + i >= start && arche_note + i < end)
            return true;
    }
    return false;
}

static void
no_byte_of_a_known_keys_line_or_the_text_may_differ(void **state)
{
    struct plumb_log_policy *p = policy_of(ARCHE_KEYS "group g all garden remora stagemole\n"
                                                      "quorum g\n");
    size_t len = strlen(arche_note);
    char *note = strdup(arche_note);
    struct plumb_checkpoint c;
    struct plumb_err err;

    (void)state;
    assert_non_null(note);
    for (size_t i = 0; i < len; i++) {
        if (is_strangers(i))
            continue;
        for (int bit = 1; bit <= 128; bit *= 8) {
            note[i] = (char)(arche_note[i] ^ bit);
            assert_int_not_equal(plumb_checkpoint_verify(p, note, len, &c, &err), PLUMB_OK);
        }
        note[i] = arche_note[i];
        assert_int_not_equal(plumb_checkpoint_verify(p, note, i, &c, &err), PLUMB_OK);
    }
    assert_ok(plumb_checkpoint_verify(p, note, len, &c, &err), &err);
    free(note);
    plumb_log_policy_free(p);
}

static void
what_the_log_signs_verifies(void **state)
{
    struct plumb_checkpoint c = { .origin = ORIGIN, .size = 15 }, got;
    struct plumb_signer *signers[] = { log_a, log_b };
    struct plumb_bytes note = { 0 };
    char policy[1024];
    struct plumb_err err;

    (void)state;
    plumb_sha256("root", 4, &c.root);
    assert_ok(plumb_checkpoint_sign(&c, signers, 2, &note, &err), &err);
    assert_int_equal(note.data[note.len], 0);
    assert_int_equal(strlen((char *)note.data), note.len);
    for (int i = 0; i < 3; i++) { /* under the old key, the new one, both */
        (void)snprintf(policy, sizeof policy, "%s%s\n%s%s\nquorum none\n",
                       i != 1 ? "log " : "#", vkey_of(ORIGIN, 1, log_a), i != 0 ? "log " : "#",
                       vkey_of(ORIGIN, 1, log_b));
        struct plumb_log_policy *p = policy_of(policy);

        memset(&got, 0, sizeof got);
        assert_ok(plumb_checkpoint_verify(p, note.data, note.len, &got, &err), &err);
        assert_memory_equal(&got, &c, sizeof c);
        plumb_log_policy_free(p);
    }
    plumb_bytes_clear(&note);
}

static void
an_empty_log_has_a_checkpoint_too(void **state)
{
    struct plumb_checkpoint c = { .origin = ORIGIN };
    struct plumb_bytes note = { 0 };
    struct plumb_err err;

    (void)state;
    plumb_tree_root(NULL, 0, &c.root);
    assert_ok(plumb_checkpoint_sign(&c, &log_a, 1, &note, &err), &err);
    assert_memory_equal(note.data, ORIGIN "\n0\n" EMPTY "\n\n" DASH,
                        strlen(ORIGIN "\n0\n" EMPTY "\n\n" DASH));
    assert_ok(verify("quorum none\n", &note, &c, &err), &err);
    plumb_bytes_clear(&note);
}

static enum plumb_code
sign_short(void *self, const void *msg, size_t len, struct plumb_bytes *ret,
           struct plumb_err *err)
{
    (void)self;
    (void)len;
    return plumb_bytes_copy(msg, 8, ret, err);
}

static void
what_cannot_be_verified_is_not_signed(void **state)
{
    struct plumb_signer *p256 = generate(PLUMB_KEY_P256);
    struct plumb_signer *twice[] = { log_a, log_a };
    struct plumb_signer shorten = { .pub = log_a->pub, .sign = sign_short };
    struct plumb_signer *short_one = &shorten;
    const struct plumb_checkpoint good = { .origin = ORIGIN, .size = 1 };
    struct plumb_checkpoint c = good;
    struct plumb_bytes note = { 0 };
    struct plumb_err err;

    (void)state;
    assert_refused("checkpoint.form", plumb_checkpoint_sign(&c, NULL, 0, &note, &err), &err);
    assert_refused("checkpoint.form", plumb_checkpoint_sign(&c, twice, 2, &note, &err), &err);
    assert_refused("vkey.type", plumb_checkpoint_sign(&c, &p256, 1, &note, &err), &err);
    assert_refused("note.signature", plumb_checkpoint_sign(&c, &short_one, 1, &note, &err),
                   &err);
    c.size = PLUMB_TREE_MAX + 1;
    assert_refused("checkpoint.form", plumb_checkpoint_sign(&c, &log_a, 1, &note, &err), &err);
    c.size = 0; /* and another root than the empty tree's */
    assert_refused("checkpoint.form", plumb_checkpoint_sign(&c, &log_a, 1, &note, &err), &err);
    c = (struct plumb_checkpoint){ .origin = "log example", .size = 1 };
    assert_refused("vkey.name", plumb_checkpoint_sign(&c, &log_a, 1, &note, &err), &err);
    c = (struct plumb_checkpoint){ .origin = "log\nexample", .size = 1 };
    assert_refused("vkey.name", plumb_checkpoint_sign(&c, &log_a, 1, &note, &err), &err);
    c = (struct plumb_checkpoint){ .size = 1 };
    assert_refused("vkey.name", plumb_checkpoint_sign(&c, &log_a, 1, &note, &err), &err);
    assert_null(note.data);
    plumb_signer_free(p256);
}

static void
texts_that_are_no_checkpoint_are_refused_though_signed(void **state)
{
    static const struct {
        const char *text, *rule; /* NULL: it is one */
    } cases[] = {
        { TEXT, NULL },
        { TEXT "extension\nanother\n", NULL },
        { ORIGIN "\n4611686018427387904\n" ROOT "\n", NULL }, /* 2^62 */
        { ORIGIN "\n0\n" EMPTY "\n", NULL },
        { "\n", "checkpoint.form" },
        { ORIGIN "\n", "checkpoint.form" },
        { ORIGIN "\n15\n", "checkpoint.form" },
        { "\n15\n" ROOT "\n", "checkpoint.origin" },
        { "log.example/2\n15\n" ROOT "\n", "checkpoint.origin" },
        { ORIGIN "/\n15\n" ROOT "\n", "checkpoint.origin" },
        { "log.example/\n15\n" ROOT "\n", "checkpoint.origin" },
        { ORIGIN " \n15\n" ROOT "\n", "checkpoint.origin" },
        { ORIGIN "\n\n" ROOT "\n", "checkpoint.form" },
        { ORIGIN "\n015\n" ROOT "\n", "checkpoint.form" },
        { ORIGIN "\n00\n" EMPTY "\n", "checkpoint.form" },
        { ORIGIN "\n+15\n" ROOT "\n", "checkpoint.form" },
        { ORIGIN "\n-1\n" ROOT "\n", "checkpoint.form" },
        { ORIGIN "\n 15\n" ROOT "\n", "checkpoint.form" },
        { ORIGIN "\n15 \n" ROOT "\n", "checkpoint.form" },
        { ORIGIN "\n0xf\n" ROOT "\n", "checkpoint.form" },
        { ORIGIN "\n4611686018427387905\n" ROOT "\n", "checkpoint.form" },
        { ORIGIN "\n18446744073709551631\n" ROOT "\n", "checkpoint.form" }, /* 2^64 + 15 */
        { ORIGIN "\n0\n" ROOT "\n", "checkpoint.root" },
        { ORIGIN "\n15\n\n", "checkpoint.form" },
        { ORIGIN "\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383c==\n", "checkpoint.form" },
        { ORIGIN "\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383cs\n", "checkpoint.form" },
        { ORIGIN "\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja/1nk427v383ct=\n", "checkpoint.form" },
        { ORIGIN "\n15\nrKbDipCvhuX1GZ7g5BBe8sA6BbJ7ja_1nk427v383cs=\n", "checkpoint.form" },
        { ORIGIN "\n15\n" ROOT " \n", "checkpoint.form" },
        { ORIGIN "\n15\nAAAA" ROOT "\n", "checkpoint.form" },
        { TEXT "\n", "checkpoint.form" },
        { TEXT "extension\n\n", "checkpoint.form" },
        { TEXT "extension\n\nanother\n", "checkpoint.form" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_bytes note = unsigned_note(cases[i].text);
        struct plumb_checkpoint c;
        enum plumb_code code;
        struct plumb_err err;

        sign_note(&note, cases[i].text, ORIGIN, 1, log_a, 0);
        code = verify("quorum none\n", &note, &c, &err);
        if (cases[i].rule == NULL)
            assert_ok(code, &err);
        else if (code == PLUMB_OK || strcmp(err.rule, cases[i].rule) != 0)
            fail_msg("%s: want %s, got %d [%s] %s", cases[i].text, cases[i].rule, code,
                     err.rule, err.msg);
        plumb_bytes_clear(&note);
    }
}

static void
notes_of_another_form_are_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "\n",
        "\n\n",
        TEXT,
        TEXT "\n",
        TEXT "\n\n",
        TEXT DASH ORIGIN " AAAAAAA=\n",
        TEXT "\n" DASH ORIGIN " AAAAAAA=",     /* the last line does not end */
        TEXT "\n" DASH ORIGIN " AAAAAAA=\n\n", /* nor is there a line after the last empty */
        TEXT "\n" DASH ORIGIN "\n",            /* no signature */
        TEXT "\n" DASH ORIGIN " \n",           /* an empty one */
        TEXT "\n" DASH ORIGIN " AAAAAA==\n",   /* an id and nothing */
        TEXT "\n" DASH ORIGIN " AAAAAAA\n",    /* no padding */
        TEXT "\n" DASH ORIGIN " AAAAAAB=\n",   /* not canonical */
        TEXT "\n" DASH ORIGIN " AAAA AAA=\n",  /* a word too many */
        TEXT "\n" DASH ORIGIN "  AAAAAAA=\n",  /* two spaces */
        TEXT "\n" DASH ORIGIN " AAAAAAA= \n",  /* one at the end */
        TEXT "\n" DASH " AAAAAAA=\n",          /* no name */
        TEXT "\n" DASH "a+b AAAAAAA=\n",       /* '+' in it */
        TEXT "\n" DASH "a\xc2\xa0 AAAAAAA=\n", /* a space of another kind */
        TEXT "\n\xe2\x80\x93 " ORIGIN " AAAAAAA=\n", /* an en dash */
        TEXT "\n- " ORIGIN " AAAAAAA=\n",
        TEXT "\n" DASH "\n",
        TEXT "\n\xe2\x80\x94\n",
        TEXT "\nsigned\n",
        "a\tb\n\n" DASH ORIGIN " AAAAAAA=\n",
        "a\r\n\n" DASH ORIGIN " AAAAAAA=\n",
        "\xff\n\n" DASH ORIGIN " AAAAAAA=\n",
        "\xc0\x8a\n\n" DASH ORIGIN " AAAAAAA=\n",
    };
    char policy[1024];
    struct plumb_err err;

    (void)state;
    (void)snprintf(policy, sizeof policy, "log %s\nquorum none\n", vkey_of(ORIGIN, 1, log_a));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (verify_text(policy, cases[i], strlen(cases[i]), &err) == PLUMB_OK ||
            strcmp(err.rule, "note.form") != 0)
            fail_msg("%s: want note.form, got [%s] %s", cases[i], err.rule, err.msg);
    assert_refused("note.form", verify_text(policy, "a\0b\n\n" DASH "o AAAAAAA=\n", 20, &err),
                   &err);
}

static void
a_hundred_signatures_are_read_and_no_more(void **state)
{
    struct plumb_bytes note = unsigned_note(TEXT);
    struct plumb_checkpoint c;
    struct plumb_err err;

    (void)state;
    for (uint32_t i = 0; i < 99; i++)
        add_line(&note, "stranger.example", i, "signature", 9);
    sign_note(&note, TEXT, ORIGIN, 1, log_a, 0);
    assert_ok(verify("quorum none\n", &note, &c, &err), &err);
    add_line(&note, "stranger.example", 99, "signature", 9);
    assert_code(PLUMB_TOO_LARGE, verify("quorum none\n", &note, &c, &err), &err);
    plumb_bytes_clear(&note);
}

static void
notes_past_all_measure_are_refused_before_they_are_read(void **state)
{
    struct plumb_bytes note = { 0 };
    struct plumb_checkpoint c;
    struct plumb_err err;

    (void)state;
    note.len = 256 * 1024 + 1;
    note.data = malloc(note.len);
    assert_non_null(note.data);
    memset(note.data, '\n', note.len);
    assert_code(PLUMB_TOO_LARGE, verify("quorum none\n", &note, &c, &err), &err);
    plumb_bytes_clear(&note);
}

static void
strangers_signatures_are_ignored_and_do_not_count(void **state)
{
    struct plumb_bytes note = unsigned_note(TEXT);
    struct plumb_vkey key;
    struct plumb_checkpoint c;
    struct plumb_err err;

    (void)state;
    assert_ok(plumb_vkey_make(ORIGIN, 1, log_a->pub, &key, &err), &err);
    add_line(&note, ORIGIN, key.id ^ 1, "of the name only", 16);
    add_line(&note, "other.example", key.id, "of the id only", 14);
    sign_note(&note, TEXT, ORIGIN, 1, log_b, 0);
    sign_note(&note, TEXT, "w0", 4, w[0], 1);
    assert_refused("note.signature", verify("quorum none\n", &note, &c, &err), &err);
    sign_note(&note, TEXT, ORIGIN, 1, log_a, 0);
    assert_ok(verify("quorum none\n", &note, &c, &err), &err);
    plumb_bytes_clear(&note);
}

/* A known key's line: bytes of a signature that is not its own. */
static void
one_bad_signature_by_a_known_key_refuses_the_note(void **state)
{
    static const struct {
        const char *name;
        uint8_t type;
        int len; /* of the signature */
    } cases[] = {
        { ORIGIN, 1, 64 }, { ORIGIN, 1, 63 }, { ORIGIN, 1, 65 }, { ORIGIN, 1, 72 },
        { ORIGIN, 1, 1 },  { "w0", 4, 72 },   { "w0", 4, 71 },   { "w0", 4, 73 },
        { "w0", 4, 64 },   { "w0", 4, 8 },    { "w0", 4, 1 },
    };
    static const uint8_t junk[80] = { 0 };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int before = 0; before < 2; before++) {
            struct plumb_bytes note = unsigned_note(TEXT);
            struct plumb_vkey key;
            struct plumb_checkpoint c;
            struct plumb_err err;

            assert_ok(plumb_vkey_make(cases[i].name, cases[i].type,
                                      cases[i].type == 1 ? log_a->pub : w[0]->pub, &key, &err),
                      &err);
            if (before)
                add_line(&note, key.name, key.id, junk, (size_t)cases[i].len);
            sign_note(&note, TEXT, ORIGIN, 1, log_a, 0);
            sign_note(&note, TEXT, "w0", 4, w[0], 1);
            if (!before)
                add_line(&note, key.name, key.id, junk, (size_t)cases[i].len);
            assert_refused("note.signature", verify("quorum none\n", &note, &c, &err), &err);
            plumb_bytes_clear(&note);
        }
}

/* w0's signature over what a cosignature is not. */
static void
cosignatures_cover_the_header_the_time_and_the_text(void **state)
{
    static const struct {
        const char *message;
        uint8_t time[8];
        bool good;
    } cases[] = {
        { "cosignature/v1\ntime 1732420000\n" TEXT,
          { 0, 0, 0, 0, 0x67, 0x42, 0xa1, 0xa0 },
          true },
        { "cosignature/v1\ntime 1732420000\n" TEXT,
          { 0, 0, 0, 0, 0x67, 0x42, 0xa1, 0xa1 },
          false },
        { "cosignature/v1\ntime 01732420000\n" TEXT,
          { 0, 0, 0, 0, 0x67, 0x42, 0xa1, 0xa0 },
          false },
        { "cosignature/v2\ntime 1732420000\n" TEXT,
          { 0, 0, 0, 0, 0x67, 0x42, 0xa1, 0xa0 },
          false },
        { "cosignature/v1\ntime 1732420000\n" TEXT "\n",
          { 0, 0, 0, 0, 0x67, 0x42, 0xa1, 0xa0 },
          false },
        { TEXT, { 0, 0, 0, 0, 0x67, 0x42, 0xa1, 0xa0 }, false },
        { "cosignature/v1\ntime 9223372036854775807\n" TEXT,
          { 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
          true },
        { "cosignature/v1\ntime 9223372036854775808\n" TEXT, { 0x80 }, false },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_bytes note = unsigned_note(TEXT), sig = { 0 }, blob = { 0 };
        struct plumb_vkey key;
        struct plumb_checkpoint c;
        struct plumb_err err;
        enum plumb_code code;

        assert_ok(
            w[0]->sign(w[0]->self, cases[i].message, strlen(cases[i].message), &sig, &err),
            &err);
        append(&blob, cases[i].time, 8);
        append(&blob, sig.data, sig.len);
        assert_ok(plumb_vkey_make("w0", 4, w[0]->pub, &key, &err), &err);
        sign_note(&note, TEXT, ORIGIN, 1, log_a, 0);
        add_line(&note, "w0", key.id, blob.data, blob.len);
        code = verify("quorum w0\n", &note, &c, &err);
        if (cases[i].good)
            assert_ok(code, &err);
        else
            assert_refused("note.signature", code, &err);
        plumb_bytes_clear(&note);
        plumb_bytes_clear(&sig);
        plumb_bytes_clear(&blob);
    }
}

static void
quorums_are_counted_as_the_policy_says(void **state)
{
    static const struct {
        const char *policy, *cosigners; /* digits of w[] */
        bool reached;
    } cases[] = {
        { "quorum none\n", "", true },
        { "quorum none\n", "01234", true },
        { "quorum w1\n", "1", true },
        { "quorum w1\n", "", false },
        { "quorum w1\n", "0234", false },
        { "group g any w0 w1\nquorum g\n", "", false },
        { "group g any w0 w1\nquorum g\n", "2", false },
        { "group g any w0 w1\nquorum g\n", "1", true },
        { "group g all w0 w1\nquorum g\n", "1", false },
        { "group g all w0 w1\nquorum g\n", "01", true },
        { "group g 2 w0 w1 w2\nquorum g\n", "0", false },
        { "group g 2 w0 w1 w2\nquorum g\n", "000", false }, /* thrice is once */
        { "group g 2 w0 w1 w2\nquorum g\n", "034", false },
        { "group g 2 w0 w1 w2\nquorum g\n", "02", true },
        { "group g 2 w0 w1 w2\nquorum g\n", "012", true },
        { "group x 2 w0 w1 w2\ngroup y any w3 w4\ngroup g all x y\nquorum g\n", "01", false },
        { "group x 2 w0 w1 w2\ngroup y any w3 w4\ngroup g all x y\nquorum g\n", "034", false },
        { "group x 2 w0 w1 w2\ngroup y any w3 w4\ngroup g all x y\nquorum g\n", "124", true },
        { "group x 2 w0 w1 w2\ngroup g any x w3\nquorum g\n", "0", false },
        { "group x 2 w0 w1 w2\ngroup g any x w3\nquorum g\n", "3", true },
        { "group x 2 w0 w1 w2\ngroup g any x w3\nquorum x\n", "3", false },
        { "group x 2 w0 w1 w2\nquorum x\ngroup g any x w3\n", "3", false },
        { "group x 2 w0 w1 w2\nquorum x\ngroup g any x w3\n", "12", true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct plumb_bytes note = unsigned_note(TEXT);
        struct plumb_checkpoint c;
        struct plumb_err err;
        enum plumb_code code;

        sign_note(&note, TEXT, ORIGIN, 1, log_a, 0);
        for (const char *who = cases[i].cosigners; *who != '\0'; who++)
            sign_note(&note, TEXT, (char[]){ 'w', *who, '\0' }, 4, w[*who - '0'],
                      (uint64_t)(who - cases[i].cosigners));
        code = verify(cases[i].policy, &note, &c, &err);
        if (cases[i].reached)
            assert_ok(code, &err);
        else
            assert_refused("witness.quorum", code, &err);
        plumb_bytes_clear(&note);
    }
}

static void
witnesses_alone_do_not_make_a_checkpoint(void **state)
{
    struct plumb_bytes note = unsigned_note(TEXT);
    struct plumb_checkpoint c;
    struct plumb_err err;

    (void)state;
    sign_note(&note, TEXT, "w0", 4, w[0], 1);
    assert_refused("note.signature", verify("quorum w0\n", &note, &c, &err), &err);
    plumb_bytes_clear(&note);
}

static void
a_plain_signature_by_a_witness_is_no_cosignature(void **state)
{
    struct plumb_bytes note = unsigned_note(TEXT);
    struct plumb_checkpoint c;
    struct plumb_err err;

    (void)state;
    sign_note(&note, TEXT, ORIGIN, 1, log_a, 0);
    sign_note(&note, TEXT, "w0", 1, w[0], 0);
    assert_refused("witness.quorum", verify("quorum w0\n", &note, &c, &err), &err);
    plumb_bytes_clear(&note);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_specifications_note_is_verified),
        cmocka_unit_test(a_real_checkpoint_with_real_cosignatures_is_verified),
        cmocka_unit_test(no_byte_of_a_known_keys_line_or_the_text_may_differ),
        cmocka_unit_test(what_the_log_signs_verifies),
        cmocka_unit_test(an_empty_log_has_a_checkpoint_too),
        cmocka_unit_test(what_cannot_be_verified_is_not_signed),
        cmocka_unit_test(texts_that_are_no_checkpoint_are_refused_though_signed),
        cmocka_unit_test(notes_of_another_form_are_refused),
        cmocka_unit_test(a_hundred_signatures_are_read_and_no_more),
        cmocka_unit_test(notes_past_all_measure_are_refused_before_they_are_read),
        cmocka_unit_test(strangers_signatures_are_ignored_and_do_not_count),
        cmocka_unit_test(one_bad_signature_by_a_known_key_refuses_the_note),
        cmocka_unit_test(cosignatures_cover_the_header_the_time_and_the_text),
        cmocka_unit_test(quorums_are_counted_as_the_policy_says),
        cmocka_unit_test(witnesses_alone_do_not_make_a_checkpoint),
        cmocka_unit_test(a_plain_signature_by_a_witness_is_no_cosignature),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
