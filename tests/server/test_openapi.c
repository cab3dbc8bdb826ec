#include "tests/t.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/app.h"

static json_t *paths;

static int
load(void **state)
{
    char path[4096];
    json_t *document;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/docs/openapi.json", getenv("PLUMB_SOURCE"));
    document = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
    if (document == NULL)
        return -1;
    paths = json_incref(json_object_get(document, "paths"));
    json_decref(document);
    return 0;
}

static int
unload(void **state)
{
    (void)state;
    json_decref(paths);
    return 0;
}

/* "/v1/blobs/{sha256}", or "{*}", as "/v1/blobs/{}". */
static void
without_names(const char *path, char *ret)
{
    for (; *path != '\0'; path++) {
        *ret++ = *path;
        if (*path == '{') {
            path = strchr(path, '}');
            *ret++ = '}';
        }
    }
    *ret = '\0';
}

static json_t *
operation_of(const struct http_route *route)
{
    const char *path;
    char mine[256];
    json_t *methods;

    without_names(route->path, mine);
    json_object_foreach(paths, path, methods) {
        char same[256], method[16] = "";

        without_names(path, same);
        for (size_t i = 0; route->method[i] != '\0'; i++)
            method[i] = (char)(route->method[i] | 0x20);
        if (strcmp(same, mine) == 0 && json_object_get(methods, method) != NULL)
            return json_object_get(methods, method);
    }
    return NULL;
}

static void
every_route_is_described_with_its_summary_and_query(void **state)
{
    (void)state;
    for (size_t i = 0; i < app_nroutes; i++) {
        json_t *operation = operation_of(&app_routes[i]), *parameter;
        char query[256] = "";
        size_t k;

        if (operation == NULL)
            fail_msg("%s %s is not described", app_routes[i].method, app_routes[i].path);
        assert_string_equal(app_routes[i].summary,
                            json_string_value(json_object_get(operation, "summary")));
        json_array_foreach(json_object_get(operation, "parameters"), k, parameter) {
            if (strcmp(json_string_value(json_object_get(parameter, "in")), "query") != 0)
                continue;
            strcat(query, query[0] != '\0' ? "," : "");
            strcat(query, json_string_value(json_object_get(parameter, "name")));
        }
        assert_string_equal(app_routes[i].query != NULL ? app_routes[i].query : "", query);
    }
}

static void
nothing_is_described_that_is_no_route(void **state)
{
    const char *path;
    json_t *methods;
    size_t described = 0;

    (void)state;
    json_object_foreach(paths, path, methods)
        described += json_object_size(methods);
    assert_int_equal(app_nroutes, described);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_described_with_its_summary_and_query),
        cmocka_unit_test(nothing_is_described_that_is_no_route),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
