/*
 * Signed notes: whatever is accepted under these keys has the very text that they signed, and
 * no signature line is read past its end.
 */
#include <plumb/tlog.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char policy[] =
    "log arche2025h1.staging.ct.transparency.dev+ba2f06c0+"
    "AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f\n"
    "witness remora remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2\n"
    "quorum remora\n";

static const char text[] = "arche2025h1.staging.ct.transparency.dev\n"
                           "1432088532\n"
                           "U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=\n";

static void
walk(const uint8_t *data, size_t size)
{
    struct plumb_note note;
    struct plumb_err err = { 0 };

    if (plumb_note_split(data, size, &note, &err) != PLUMB_OK) {
        assert(err.code != PLUMB_OK && err.rule[0] != '\0');
        return;
    }
    assert(note.text.p[note.text.len - 1] == '\n');
    assert(note.text.len + 1 + note.sigs.len == size);
    for (bool end = false; !end;) {
        struct plumb_note_sig sig = { 0 };

        if (plumb_note_next(&note, &sig, &end, &err) != PLUMB_OK)
            return;
        if (end)
            return;
        assert(sig.blob.len > 4 && plumb_note_name_ok(sig.name));
        plumb_bytes_clear(&sig.blob);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct plumb_log_policy *p;
    struct plumb_checkpoint c;

    if (p == NULL && plumb_log_policy_parse(policy, strlen(policy), &p, NULL) != PLUMB_OK)
        abort();
    walk(data, size);
    if (plumb_checkpoint_verify(p, data, size, &c, NULL) == PLUMB_OK) {
        assert(size > strlen(text) && memcmp(data, text, strlen(text)) == 0);
        assert(data[strlen(text)] == '\n' && c.size == 1432088532);
    }
    return 0;
}
