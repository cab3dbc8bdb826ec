/* t.h - cmocka with what it needs, and the few asserts of ours. */
#ifndef TESTS_T_H
#define TESTS_T_H

/* cmocka wants these first, in this order */
/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

#include <plumb/err.h>

#define assert_code(want, got, err)                                                            \
    do {                                                                                       \
        enum plumb_code got_ = (got);                                                          \
        if (got_ != (want))                                                                    \
            fail_msg("%s: want %s, got %s: [%s] %s: %s", #got, plumb_code_token(want),         \
                     plumb_code_token(got_), (err)->rule, (err)->where, (err)->msg);           \
    } while (0)

#define assert_ok(got, err) assert_code(PLUMB_OK, got, err)

/* Refused, and by this rule: a refusal for another reason is a failing test. */
#define assert_refused(want_rule, got, err)                                                    \
    do {                                                                                       \
        if ((got) == PLUMB_OK)                                                                 \
            fail_msg("%s: want refusal by %s, got ok", #got, want_rule);                       \
        if (strcmp((err)->rule, want_rule) != 0)                                               \
            fail_msg("%s: want refusal by %s, got [%s] %s: %s", #got, want_rule, (err)->rule,  \
                     (err)->where, (err)->msg);                                                \
    } while (0)

#endif
