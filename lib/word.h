/* word.h - members whose value is one of a few words; for lib/ only. */
#ifndef LIB_WORD_H
#define LIB_WORD_H

#include <plumb/json.h>

/* Which of the n words v is; otherwise refused by rule. */
PLUMB_MUST_CHECK enum plumb_code plumb_word_read(const struct plumb_jv *v,
                                                 const char *const *words, size_t n,
                                                 const char *rule, size_t *ret,
                                                 struct plumb_err *err);

#endif
