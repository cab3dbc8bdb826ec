/* controls_read.h - the member "controls" of a document; for lib/ only. */
#ifndef LIB_CONTROLS_READ_H
#define LIB_CONTROLS_READ_H

#include <plumb/controls.h>

#include "lib/governance.h"

/* g has its roles already. Rules "governance.controls", "governance.pattern", those of keys. */
PLUMB_MUST_CHECK enum plumb_code plumb_controls_read(struct plumb_governance *g,
                                                     struct pool *pool,
                                                     const struct plumb_jv *v,
                                                     struct plumb_err *err);
/* What the pool does not hold. */
void plumb_controls_clear(struct plumb_controls *c);

/* "controls.profile" only. */
PLUMB_MUST_CHECK enum plumb_code plumb_profile_read(struct plumb_controls *c, struct pool *pool,
                                                    const struct plumb_jv *v,
                                                    struct plumb_err *err);

/* "types" of a builder. */
PLUMB_MUST_CHECK enum plumb_code plumb_build_types_read(const struct plumb_jv *v,
                                                        struct pool *pool,
                                                        struct plumb_trusted *ret,
                                                        struct plumb_err *err);

/* Which of the words each element of the array v is: their bits; none twice. */
PLUMB_MUST_CHECK enum plumb_code plumb_words_read(const struct plumb_jv *v,
                                                  const char *const *words, size_t n,
                                                  unsigned *ret, struct plumb_err *err);
/* The n words that text gives. */
#define PLUMB_WORDS_OF(words, type, text)                                                      \
    do {                                                                                       \
        for (size_t word_ = 0; word_ < sizeof(words) / sizeof *(words); word_++)               \
            (words)[word_] = (text)((type)word_);                                              \
    } while (0)

#endif
