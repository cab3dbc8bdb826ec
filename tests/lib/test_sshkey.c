#include "tests/t.h"

#include <plumb/key.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sshkey.h"
#include "tests/lib/keys.h"

static const struct {
    enum plumb_key_type base, type;
} security_keys[] = {
    { PLUMB_KEY_ED25519, PLUMB_KEY_SK_ED25519 },
    { PLUMB_KEY_P256, PLUMB_KEY_SK_P256 },
};
#define NSECURITY_KEYS (sizeof security_keys / sizeof *security_keys)

enum { PRESENT = 1, VERIFIED = 4 };

static void
a_security_key_signs_with_its_user_present(void **state)
{
    static const struct {
        bool verify_required;
        uint8_t flags;
        const char *rule; /* NULL: good */
    } cases[] = {
        { false, PRESENT, NULL },
        { false, PRESENT | VERIFIED, NULL },
        { false, 0, "signature.user-presence" },
        { false, VERIFIED, "signature.user-presence" },
        { true, PRESENT | VERIFIED, NULL },
        { true, PRESENT, "signature.user-verification" },
        { true, VERIFIED, "signature.user-presence" },
    };

    (void)state;
    for (size_t k = 0; k < NSECURITY_KEYS; k++) {
        struct plumb_signer *signer = generate(security_keys[k].base);

        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            struct plumb_pubkey *key =
                as_security_key(signer, "ssh:x", cases[i].verify_required);
            struct plumb_bytes sig =
                security_key_sign(signer, "ssh:x", cases[i].flags, 7, "m", 1);
            struct plumb_err err = { 0 };
            enum plumb_code code = plumb_pubkey_verify(key, "m", 1, sig.data, sig.len, &err);

            assert_int_equal(plumb_pubkey_type(key), security_keys[k].type);
            if (cases[i].rule == NULL) {
                assert_ok(code, &err);
            } else {
                assert_refused(cases[i].rule, code, &err);
                assert_int_equal(code, PLUMB_BAD_SIGNATURE);
            }
            plumb_bytes_clear(&sig);
            plumb_pubkey_free(key);
        }
        plumb_signer_free(signer);
    }
}

static void
everything_that_a_security_key_signed_is_bound(void **state)
{
    (void)state;
    for (size_t k = 0; k < NSECURITY_KEYS; k++) {
        struct plumb_signer *signer = generate(security_keys[k].base);
        struct plumb_pubkey *key = as_security_key(signer, "ssh:x", false);
        struct plumb_pubkey *elsewhere = as_security_key(signer, "ssh:y", false);
        struct plumb_bytes sig = security_key_sign(signer, "ssh:x", PRESENT, 7, "m", 1);
        struct plumb_bytes longer = { 0 };
        struct plumb_err err;

        assert_ok(plumb_pubkey_verify(key, "m", 1, sig.data, sig.len, &err), &err);
        assert_refused("signature.bad",
                       plumb_pubkey_verify(key, "n", 1, sig.data, sig.len, &err), &err);
        assert_refused("signature.bad",
                       plumb_pubkey_verify(elsewhere, "m", 1, sig.data, sig.len, &err), &err);
        /* any byte of algorithm, signature, flags and counter, and any length */
        for (size_t i = 0; i < sig.len; i++) {
            sig.data[i] ^= 4;
            assert_refused("signature.bad",
                           plumb_pubkey_verify(key, "m", 1, sig.data, sig.len, &err), &err);
            sig.data[i] ^= 4;
            assert_refused("signature.bad", plumb_pubkey_verify(key, "m", 1, sig.data, i, &err),
                           &err);
        }
        append(&longer, sig.data, sig.len);
        append(&longer, "", 1);
        assert_refused("signature.bad",
                       plumb_pubkey_verify(key, "m", 1, longer.data, longer.len, &err), &err);
        plumb_bytes_clear(&longer);
        plumb_bytes_clear(&sig);
        plumb_pubkey_free(key);
        plumb_pubkey_free(elsewhere);
        plumb_signer_free(signer);
    }
}

static void
ssh_blobs_come_back_as_the_key_they_were_made_of(void **state)
{
    struct plumb_signer *signers[] = { generate(PLUMB_KEY_ED25519), generate(PLUMB_KEY_P256) };
    struct plumb_pubkey *keys[4] = { NULL };
    struct plumb_err err;

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        struct plumb_bytes blob = { 0 }, longer = { 0 };
        struct plumb_pubkey *back = NULL;

        if (i < 2)
            assert_ok(plumb_pubkey_copy(signers[i]->pub, &keys[i], &err), &err);
        else
            keys[i] = as_security_key(signers[i - 2], "ssh:x", false);
        assert_ok(plumb_pubkey_ssh(keys[i], &blob, &err), &err);
        assert_ok(plumb_pubkey_from_ssh(blob.data, blob.len, &back, &err), &err);
        assert_int_equal(plumb_pubkey_type(back), plumb_pubkey_type(keys[i]));
        assert_true(plumb_digest_eq(plumb_pubkey_id(back), plumb_pubkey_id(keys[i])));
        if (i >= 2)
            assert_string_equal(plumb_pubkey_application(back), "ssh:x");
        plumb_pubkey_free(back);
        back = NULL;

        for (size_t cut = 0; cut < blob.len; cut++)
            assert_refused("ssh.form", plumb_pubkey_from_ssh(blob.data, cut, &back, &err),
                           &err);
        append(&longer, blob.data, blob.len);
        append(&longer, "", 1);
        assert_refused("ssh.form", plumb_pubkey_from_ssh(longer.data, longer.len, &back, &err),
                       &err);
        plumb_bytes_clear(&longer);
        plumb_bytes_clear(&blob);
    }
    for (size_t i = 0; i < 4; i++)
        plumb_pubkey_free(keys[i]);
    plumb_signer_free(signers[0]);
    plumb_signer_free(signers[1]);
}

static void
refuse_blob(const char *rule, struct plumb_bytes *blob)
{
    struct plumb_pubkey *key = NULL;
    struct plumb_err err;

    assert_refused(rule, plumb_pubkey_from_ssh(blob->data, blob->len, &key, &err), &err);
    plumb_bytes_clear(blob);
}

static void
blobs_of_other_types_curves_and_applications_are_refused(void **state)
{
    static const char sk[] = "sk-ssh-ed25519@openssh.com";
    struct plumb_bytes blob = { 0 };
    uint8_t point[65] = { 0x04 };

    (void)state;
    append_string(&blob, "ssh-rsa", 7);
    append_string(&blob, "\1\0\1", 3);
    refuse_blob("key.type", &blob);

    append_string(&blob, "ecdsa-sha2-nistp256", 19);
    append_string(&blob, "nistp384", 8);
    append_string(&blob, point, sizeof point);
    refuse_blob("ssh.form", &blob);

    append_string(&blob, "ecdsa-sha2-nistp256", 19);
    append_string(&blob, "nistp256", 8);
    append_string(&blob, point, sizeof point); /* (0, 0) */
    refuse_blob("key.spki", &blob);

    append_string(&blob, sk, sizeof sk - 1);
    append_string(&blob, "0123456789abcdef0123456789abcdef", 32);
    append_string(&blob, "ssh:\0x", 6);
    refuse_blob("key.application", &blob);

    append_string(&blob, sk, sizeof sk - 1);
    append_string(&blob, "0123456789abcdef0123456789abcdef", 32);
    append_string(&blob, "", 0);
    refuse_blob("key.application", &blob);
}

/* What an agent answers for an ordinary key is turned into what everybody else's DSSE has. */
static void
agent_signatures_become_plain_ones(void **state)
{
    static const uint8_t r32[33] = { 0, 0x80, 1 }, zero_padded[] = { 0, 1 };
    struct plumb_signer *ed = generate(PLUMB_KEY_ED25519), *ec = generate(PLUMB_KEY_P256);
    struct plumb_bytes sig = { 0 }, blob = { 0 }, plain = { 0 }, inner = { 0 };
    struct plumb_err err;

    (void)state;
    assert_ok(ed->sign(ed->self, "m", 1, &sig, &err), &err);
    append_string(&blob, "ssh-ed25519", 11);
    append_string(&blob, sig.data, sig.len);
    assert_ok(plumb_signature_from_ssh(ed->pub, blob.data, blob.len, &plain, &err), &err);
    assert_int_equal(plain.len, 64);
    assert_memory_equal(plain.data, sig.data, 64);
    plumb_bytes_clear(&plain);
    assert_refused("ssh.form",
                   plumb_signature_from_ssh(ec->pub, blob.data, blob.len, &plain, &err), &err);
    for (size_t cut = 0; cut < blob.len; cut++)
        assert_refused("ssh.form",
                       plumb_signature_from_ssh(ed->pub, blob.data, cut, &plain, &err), &err);
    plumb_bytes_clear(&blob);
    plumb_bytes_clear(&sig);

    append_string(&inner, r32, sizeof r32);
    append_string(&inner, "\1", 1);
    append_string(&blob, "ecdsa-sha2-nistp256", 19);
    append_string(&blob, inner.data, inner.len);
    assert_ok(plumb_signature_from_ssh(ec->pub, blob.data, blob.len, &plain, &err), &err);
    assert_int_equal(plain.len, 2 + 2 + 33 + 2 + 1);
    assert_memory_equal(plain.data, "\x30\x26\x02\x21\x00\x80\x01", 7);
    assert_memory_equal(plain.data + plain.len - 3, "\x02\x01\x01", 3);
    plumb_bytes_clear(&plain);
    plumb_bytes_clear(&blob);
    plumb_bytes_clear(&inner);

    append_string(&inner, zero_padded, sizeof zero_padded);
    append_string(&inner, "\1", 1);
    append_string(&blob, "ecdsa-sha2-nistp256", 19);
    append_string(&blob, inner.data, inner.len);
    assert_refused("ssh.form",
                   plumb_signature_from_ssh(ec->pub, blob.data, blob.len, &plain, &err), &err);
    plumb_bytes_clear(&blob);
    plumb_bytes_clear(&inner);
    plumb_signer_free(ed);
    plumb_signer_free(ec);
}

static void
mpints_have_one_form(void **state)
{
    static const struct {
        const char *what, *hex;
    } bad[] = {
        { "zero", "" },
        { "zero byte", "00" },
        { "negative", "80" },
        { "padded", "0001" },
        { "twice padded", "000080" },
        { "33 bytes", "0100000000000000000000000000000000000000000000000000000000000000ff00" },
        { "33 bytes and padding",
          "0081000000000000000000000000000000000000000000000000000000000000ff00"
          "00" },
    };
    struct plumb_signer *ec = generate(PLUMB_KEY_P256);

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct plumb_bytes n = unhex(bad[i].hex), blob = { 0 }, inner = { 0 }, plain = { 0 };
        struct plumb_err err;

        append_string(&inner, "\1", 1);
        append_string(&inner, n.data, n.len);
        append_string(&blob, "ecdsa-sha2-nistp256", 19);
        append_string(&blob, inner.data, inner.len);
        if (plumb_signature_from_ssh(ec->pub, blob.data, blob.len, &plain, &err) == PLUMB_OK)
            fail_msg("%s was taken", bad[i].what);
        assert_string_equal(err.rule, "ssh.form");
        plumb_bytes_clear(&n);
        plumb_bytes_clear(&blob);
        plumb_bytes_clear(&inner);
    }
    plumb_signer_free(ec);
}

static enum plumb_code
count_key(void *arg, const uint8_t *blob, size_t len, const char *comment, size_t comment_len,
          struct plumb_err *err)
{
    (void)blob;
    (void)err;
    assert_int_equal(len, 4);
    assert_int_equal(comment_len, 2);
    assert_memory_equal(comment, "me", 2);
    ++*(int *)arg;
    return PLUMB_OK;
}

static void
agent_lists_are_read_to_their_end(void **state)
{
    struct plumb_bytes reply = { 0 };
    struct plumb_err err;
    int n = 0;

    (void)state;
    append(&reply, "\x0c\0\0\0\2", 5);
    for (int i = 0; i < 2; i++) {
        append_string(&reply, "blob", 4);
        append_string(&reply, "me", 2);
    }
    assert_ok(plumb_agent_list_read(reply.data, reply.len, count_key, &n, &err), &err);
    assert_int_equal(n, 2);
    for (size_t cut = 0; cut < reply.len; cut++)
        assert_refused("ssh.form", plumb_agent_list_read(reply.data, cut, count_key, &n, &err),
                       &err);
    append(&reply, "", 1);
    assert_refused("ssh.form",
                   plumb_agent_list_read(reply.data, reply.len, count_key, &n, &err), &err);
    assert_refused("agent.refused", plumb_agent_list_read("\5", 1, count_key, &n, &err), &err);
    assert_refused("ssh.form", plumb_agent_list_read("\x0e", 1, count_key, &n, &err), &err);
    plumb_bytes_clear(&reply);
}

static void
agents_are_not_asked_to_sign_more_than_they_take(void **state)
{
    struct plumb_signer *ed = generate(PLUMB_KEY_ED25519);
    struct plumb_bytes request = { 0 };
    uint8_t *big = calloc(1, PLUMB_AGENT_MESSAGE_MAX);
    struct plumb_err err;

    (void)state;
    assert_non_null(big);
    assert_refused(
        "agent.size",
        plumb_agent_sign_request(ed->pub, big, PLUMB_AGENT_MESSAGE_MAX - 63, &request, &err),
        &err);
    assert_ok(
        plumb_agent_sign_request(ed->pub, big, PLUMB_AGENT_MESSAGE_MAX - 64, &request, &err),
        &err);
    assert_int_equal(request.len, PLUMB_AGENT_MESSAGE_MAX);
    plumb_bytes_clear(&request);
    plumb_signer_free(ed);
    free(big);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_security_key_signs_with_its_user_present),
        cmocka_unit_test(everything_that_a_security_key_signed_is_bound),
        cmocka_unit_test(ssh_blobs_come_back_as_the_key_they_were_made_of),
        cmocka_unit_test(blobs_of_other_types_curves_and_applications_are_refused),
        cmocka_unit_test(agent_signatures_become_plain_ones),
        cmocka_unit_test(mpints_have_one_form),
        cmocka_unit_test(agent_lists_are_read_to_their_end),
        cmocka_unit_test(agents_are_not_asked_to_sign_more_than_they_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
