/* tests/lib/notes.h - notes signed on the spot, and a checkpoint that real witnesses cosigned.
 */
#ifndef TESTS_LIB_NOTES_H
#define TESTS_LIB_NOTES_H

#include <plumb/tlog.h>

#define DASH "\xe2\x80\x94 "

/* The signed-note specification's example. */
#define EXAMPLE_VKEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define EXAMPLE_NOTE                                                                           \
    "This is an example message.\n\n" DASH "example.com/foo "                                  \
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72Ine"  \
    "yaQM=\n"

/* A public log's checkpoint, its key, and those of three of the four witnesses. */
#define ARCHE_VKEY                                                                             \
    "arche2025h1.staging.ct.transparency.dev+ba2f06c0+"                                        \
    "AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f"
#define GARDEN_VKEY                                                                            \
    "transparency.dev/DEV:witness-little-garden+d8042a87+"                                     \
    "BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM"
#define REMORA_VKEY "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
#define STAGEMOLE_VKEY                                                                         \
    "witness.stagemole.eu+67f7aea0+BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv"
extern const char arche_note[];
/* "log ...", and the witnesses garden, remora and stagemole; end it with a quorum. */
#define ARCHE_KEYS                                                                             \
    "log " ARCHE_VKEY "\nwitness garden " GARDEN_VKEY "\nwitness remora " REMORA_VKEY          \
    "\nwitness stagemole " STAGEMOLE_VKEY "\n"

/* The verifier key of signer under name, as text of static storage: used before the next call.
 */
const char *vkey_of(const char *name, uint8_t type, const struct plumb_signer *signer);

/* Fails the test unless text is a policy. */
struct plumb_log_policy *policy_of(const char *text);

/* A note that nobody has signed yet: text and the empty line. */
struct plumb_bytes unsigned_note(const char *text);
/* Adds a signature line of type 01 or 04 to a note of this text; time is for 04. */
void sign_note(struct plumb_bytes *note, const char *text, const char *name, uint8_t type,
               const struct plumb_signer *signer, uint64_t time);
/* Adds the line of any name, id and signature. */
void add_line(struct plumb_bytes *note, const char *name, uint32_t id, const void *sig,
              size_t len);

#endif
