/* client/answer.h - members of the service's answers, read strictly: rules "json.*". Texts are
 * borrowed from the answer. */
#ifndef CLIENT_ANSWER_H
#define CLIENT_ANSWER_H

#include <plumb/json.h>

/* Text that may be absent, or empty: "". */
PLUMB_MUST_CHECK enum plumb_code answer_text(const struct plumb_jv *o, const char *key,
                                             const char **ret, struct plumb_err *err);
/* PLUMB_TIME_NEVER where it is absent. */
PLUMB_MUST_CHECK enum plumb_code answer_time(const struct plumb_jv *o, const char *key,
                                             plumb_time *ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code answer_bool(const struct plumb_jv *o, const char *key,
                                             bool *ret, struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code answer_count(const struct plumb_jv *o, const char *key,
                                              int64_t *ret, struct plumb_err *err);
/* Member "index". */
PLUMB_MUST_CHECK enum plumb_code answer_index(const struct plumb_jv *o, uint64_t *ret,
                                              struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code answer_digest(const struct plumb_jv *o, const char *key,
                                               struct plumb_digest *ret, struct plumb_err *err);

/* Which of n words it is; one that is not known is not guessed at: rule "dossier.word". */
typedef const char *answer_word_fn(unsigned i);
PLUMB_MUST_CHECK enum plumb_code answer_word(const struct plumb_jv *o, const char *key,
                                             answer_word_fn *word, unsigned n, unsigned *ret,
                                             struct plumb_err *err);

/* An array of objects into one of structs; *ret and *ret_n are complete as far as they go, so
 * that a failure half-way can be freed. */
typedef enum plumb_code answer_element_fn(const struct plumb_jv *v, void *ret,
                                          struct plumb_err *err);
PLUMB_MUST_CHECK enum plumb_code answer_array(const struct plumb_jv *o, const char *key,
                                              size_t max, size_t size,
                                              answer_element_fn *element, void **ret,
                                              size_t *ret_n, struct plumb_err *err);

#endif
