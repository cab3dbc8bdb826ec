#include <plumb/tlog.h>
#include <stdio.h>
#include <string.h>

#include "tests/lib/keys.h"
#include "tests/lib/notes.h"
#include "tests/t.h"

#define FOO_KEY "AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"

static void
real_keys_are_read_and_written_again(void **state)
{
    static const struct {
        const char *text, *name;
        uint32_t id;
        uint8_t type;
    } cases[] = {
        { EXAMPLE_VKEY, "example.com/foo", 0x530d903a, 1 },
        { ARCHE_VKEY, "arche2025h1.staging.ct.transparency.dev", 0xba2f06c0, 1 },
        { GARDEN_VKEY, "transparency.dev/DEV:witness-little-garden", 0xd8042a87, 4 },
        { REMORA_VKEY, "remora.n621.de", 0xda77ade7, 4 },
        { "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
          "sum.golang.org", 0x033de0ae, 1 },
    };
    char text[PLUMB_VKEY_TEXT];
    struct plumb_vkey key;
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_ok(plumb_vkey_parse(cases[i].text, "", &key, &err), &err);
        assert_string_equal(key.name, cases[i].name);
        assert_int_equal(key.id, cases[i].id);
        assert_int_equal(key.type, cases[i].type);
        plumb_vkey_text(&key, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void
other_keys_are_refused(void **state)
{
    static const struct {
        const char *text, *rule;
    } cases[] = {
        { "", "vkey.form" },
        { "example.com/foo", "vkey.form" },
        { "example.com/foo+530d903a", "vkey.form" },
        { "example.com/foo+530d903a+", "vkey.form" },
        { "example.com/foo+30d903a+" FOO_KEY, "vkey.form" },
        { "example.com/foo+0530d903a+" FOO_KEY, "vkey.form" },
        { "example.com/foo+530D903A+" FOO_KEY, "vkey.id" },
        { "example.com/foo+530d903b+" FOO_KEY, "vkey.id" },
        { "example.com/fop+530d903a+" FOO_KEY, "vkey.id" },
        { "example.com/foo+530d903a+BOkyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k", "vkey.id" },
        { "example.com/foo+530d903a+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8", "vkey.id" },
        { "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2l", "key.spki" },
        { "+530d903a+" FOO_KEY, "vkey.name" },
        { "example com+530d903a+" FOO_KEY, "vkey.name" },
        { "example.com\t+530d903a+" FOO_KEY, "vkey.name" },
        { "example.com\x01+530d903a+" FOO_KEY, "vkey.name" },
        { "example\xc2\xa0+530d903a+" FOO_KEY, "vkey.name" },     /* U+00A0 */
        { "example\xc2\x85+530d903a+" FOO_KEY, "vkey.name" },     /* U+0085 */
        { "example\xe1\x9a\x80+530d903a+" FOO_KEY, "vkey.name" }, /* U+1680 */
        { "example\xe2\x80\x83+530d903a+" FOO_KEY, "vkey.name" }, /* U+2003 */
        { "example\xe2\x80\xa8+530d903a+" FOO_KEY, "vkey.name" }, /* U+2028 */
        { "example\xe2\x80\xaf+530d903a+" FOO_KEY, "vkey.name" }, /* U+202F */
        { "example\xe2\x81\x9f+530d903a+" FOO_KEY, "vkey.name" }, /* U+205F */
        { "example\xe3\x80\x80+530d903a+" FOO_KEY, "vkey.name" }, /* U+3000 */
        { "example\xff+530d903a+" FOO_KEY, "vkey.name" },
        { "example\xc3+530d903a+" FOO_KEY, "vkey.name" },             /* cut */
        { "example\x80+530d903a+" FOO_KEY, "vkey.name" },             /* no beginning */
        { "example\xc1\xa1+530d903a+" FOO_KEY, "vkey.name" },         /* overlong 'a' */
        { "example\xe0\x81\xa1+530d903a+" FOO_KEY, "vkey.name" },     /* the same in three */
        { "example\xed\xa0\x80+530d903a+" FOO_KEY, "vkey.name" },     /* surrogate */
        { "example\xf4\x90\x80\x80+530d903a+" FOO_KEY, "vkey.name" }, /* past U+10FFFF */
        { "foo+bar+530d903a+" FOO_KEY, "vkey.form" },
        { EXAMPLE_VKEY "=", "vkey.form" },
        { EXAMPLE_VKEY " ", "vkey.form" },
        { EXAMPLE_VKEY "AAAA", "vkey.form" },
        { "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U0=",
          "vkey.form" },
        { "example.com/foo+530d903a+AukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
          "vkey.type" },
        { "example.com/foo+530d903a+BukyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
          "vkey.type" },
        { "example.com/foo+530d903a+/+kyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k",
          "vkey.type" },
        { "example.com/foo+530d903a+AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "key.spki" },
    };
    struct plumb_vkey key = { .name = "untouched" };
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_refused(cases[i].rule, plumb_vkey_parse(cases[i].text, "here", &key, &err),
                       &err);
        assert_string_equal(err.where, "here");
        assert_string_equal(key.name, "untouched");
    }
}

static void
a_key_made_is_the_key_read(void **state)
{
    struct plumb_signer *signer = generate(PLUMB_KEY_ED25519);
    struct plumb_vkey made, read;
    char name[129], text[PLUMB_VKEY_TEXT];
    struct plumb_err err;

    (void)state;
    memset(name, 'n', sizeof name);
    name[127] = '\0'; /* the longest */
    for (int type = 1; type <= 4; type += 3) {
        assert_ok(plumb_vkey_make(name, (uint8_t)type, signer->pub, &made, &err), &err);
        plumb_vkey_text(&made, text);
        assert_ok(plumb_vkey_parse(text, "", &read, &err), &err);
        assert_memory_equal(&made, &read, sizeof made);
    }
    name[127] = 'n';
    name[128] = '\0';
    assert_refused("vkey.name", plumb_vkey_make(name, 1, signer->pub, &made, &err), &err);
    assert_refused("vkey.name", plumb_vkey_make("", 1, signer->pub, &made, &err), &err);
    assert_refused("vkey.name", plumb_vkey_make("a+b", 1, signer->pub, &made, &err), &err);
    assert_refused("vkey.type", plumb_vkey_make("a", 2, signer->pub, &made, &err), &err);
    plumb_signer_free(signer);
}

static void
keys_of_other_kinds_are_refused(void **state)
{
    struct plumb_signer *p256 = generate(PLUMB_KEY_P256);
    struct plumb_signer *ed25519 = generate(PLUMB_KEY_ED25519);
    struct plumb_pubkey *sk = as_security_key(ed25519, "ssh:", false);
    struct plumb_vkey key;
    struct plumb_err err;

    (void)state;
    assert_refused("vkey.type", plumb_vkey_make("a", 1, p256->pub, &key, &err), &err);
    assert_refused("vkey.type", plumb_vkey_make("a", 1, sk, &key, &err), &err);
    plumb_signer_free(p256);
    plumb_signer_free(ed25519);
    plumb_pubkey_free(sk);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(real_keys_are_read_and_written_again),
        cmocka_unit_test(other_keys_are_refused),
        cmocka_unit_test(a_key_made_is_the_key_read),
        cmocka_unit_test(keys_of_other_kinds_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
