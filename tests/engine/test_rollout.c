#include "tests/engine/world.h"

#include <string.h>

#include "tests/t.h"

static void
a_version_goes_from_release_to_retirement(void **state)
{
    struct world w;
    struct plumb_digest one, two;

    (void)state;
    world_begin(&w, NULL);
    (void)world_publish(&w, "prod");
    one = world_release(&w, "1.0");
    (void)world_start(&w, &one);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_INCOMING);
    (void)world_publish(&w, "prod");
    (void)world_complete(&w, &one);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_CURRENT);
    two = world_release(&w, "2.0");
    (void)world_start(&w, &two);
    (void)world_publish(&w, "prod");
    (void)world_complete(&w, &two);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_OUTGOING);
    (void)world_publish(&w, "prod");
    w.make.now += 8 * WORLD_DAY;
    assert_int_equal(world_record(&w), 1);
    assert_int_equal(world_place(&w, &one), ENGINE_PLACE_RETIRED);
    (void)world_publish(&w, "prod");
    world_end(&w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_version_goes_from_release_to_retirement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
