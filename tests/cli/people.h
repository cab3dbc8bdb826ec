/* people.h - a service and the people of a quickstart: keys, ceremony and profiles, all made
 * with plumb itself. */
#ifndef TESTS_CLI_PEOPLE_H
#define TESTS_CLI_PEOPLE_H

#include "tests/cli/program.h"
#include "tests/server/plumbd.h"

struct people {
    struct make make; /* of which only the service's keys are used */
    struct plumbd service;
    char socket[320]; /* "unix:..." */
    char url[64];     /* "https://127.0.0.1:PORT" */
};

/*
 * Start it, without a genesis; the directory of in() becomes the working directory, with the
 * service's keys in service.json, everybody's in NAME.sign and NAME.tls (alice, bob, pipeline,
 * verifier, auditor), and the examples.
 */
void people_begin(struct people *p);
void people_end(struct people *p);
/* The ceremony, the trust file trust.json, and a profile NAME.json for everybody. */
void people_govern(struct people *p);
/* The same with three controls: SUP-BOM and SUP-MONITOR, which must be met by a bill and by the
 * feed, and DEV-IO, which should be asserted, by release managers, who rebuild too. The
 * pipeline vouches for bills, and may attach evidence, import advisories, and propose waivers,
 * for which two release managers vote. */
void people_govern_controls(struct people *p);
void people_profiles(struct people *p);

/* As somebody: --config NAME.json. */
#define AS(name, ...)                PLUMB("--config", name ".json", __VA_ARGS__)
#define assert_as(name, status, ...) assert_plumb(status, "--config", name ".json", __VA_ARGS__)
#define assert_as_refused(name, rule, status, ...)                                             \
    assert_plumb_refused(rule, status, "--config", name ".json", __VA_ARGS__)
/* The answer of somebody's run with --json, which must work; the caller frees it. */
#define ANSWER(name, ...) answer_of(AS(name, "--json", __VA_ARGS__))
json_t *answer_of(struct ran r);
/* The id of a receipt of ANSWER: good for the next 8 calls. Frees the answer. */
const char *id_of(json_t *receipt);
/* Somebody approves: it must work. */
void approves(const char *who, const char *id);
/* Made-up reference values, other ones for each seed: the path of the file. */
const char *values_of(unsigned seed);
/* Released by the pipeline, approved by Alice and Bob. */
void released(const char *version, const char *values);
/* A rollout in prod, proposed by Alice, approved by Bob. */
void begun(const char *version);
void completed(const char *version);

#endif
