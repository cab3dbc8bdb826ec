/*
 * make.h - principals with keys, a governance document, and signed statements, made tersely.
 * Uses lib only, for the tests of every layer. What cannot be made fails the test.
 */
#ifndef TESTS_MAKE_H
#define TESTS_MAKE_H

#include <plumb/governance.h>
#include <plumb/statement.h>

#define MAKE_ORIGIN "example.org/log"

struct make_person {
    char id[PLUMB_NAME_MAX + 1];
    struct plumb_signer *sign, *tls;
};

struct make {
    json_t *document;         /* edit it as JSON; statements and parsing read it as it is */
    struct plumb_signer *log; /* the log's checkpoint key */
    struct make_person *people;
    size_t npeople;
    plumb_time now;  /* when statements are issued; they expire a day later */
    uint64_t serial; /* of nonces */
};

/*
 * Version 1 of a document: the fleet "prod" with every payload, the payload "web" (tdx), and
 *
 *   ada, bob, cyd   admin             may govern
 *   rex, ria        release-manager   may release and roll out   (not with security-officer)
 *   sol, sam        security-officer  may revoke
 *   enid            enroller          of prod
 *   vera, vic       verifier          of prod: recognise, pull
 *   otto            auditor           may read
 *   plumbd          service
 *
 * each with one sign and one tls key (Ed25519). Quorums: governance 2 admins; release
 * 1 release-manager and 1 security-officer, veto security-officer; begin 2 release-managers;
 * complete, rollback, reschedule 1 release-manager; revocation 1 security-officer. Grace
 * P7D (limit P14D), rollouts P2D then alert, 1 recognition, validity P1D, refresh PT6H.
 */
void make_begin(struct make *m, plumb_time now);
void make_end(struct make *m);

/* Paths: "fleets.prod.quorums.begin", "principals.ada.keys.0.status". Borrowed. */
json_t *make_at(const struct make *m, const char *path);
/* Steals value; the path's last part may be new. NULL deletes. */
void make_set(struct make *m, const char *path, json_t *value);
/* "release-manager:1 security-officer:2", veto "security-officer ..." or "". */
json_t *make_quorum(const char *need, bool others, const char *veto);
/* A principal with these roles ("admin auditor"), of one fleet or NULL. */
void make_principal(struct make *m, const char *id, const char *roles, const char *fleet);
/* Keys of somebody outside, who signs evidence and is no principal. */
void make_outsider(struct make *m, const char *id);
/*
 * Puts controls in force: the built-in profile, and for evidence
 *
 *   forge           build (level 3, https://forge.example/builder@*), attributes, sbom
 *   redo, again     rebuild
 *   qa              assert
 *   lab             assert, of DEV-RNG only
 *   scan            vex
 *
 * each an outsider. SLSA level 2 from https://git.example/web, 1 rebuilder; critical and high
 * block, unrated is high, due in P7D and P30D; advisories P2D old, guidance P365D, provenance
 * P30D. A lapse alerts and holds, a finding alerts, an overdue one has its revocation proposed.
 * A waiver needs 1 security-officer; release managers attach evidence and propose waivers,
 * auditors import advisories.
 */
void make_controls(struct make *m);
/* One more sign key for a principal, which signs from now on; returns the former one's path in
 * the document ("principals.ada.keys.0"), good until the next call. */
const char *make_new_key(struct make *m, const char *id);
json_t *make_key_json(const struct plumb_signer *signer, enum plumb_use use);

const struct make_person *make_who(const struct make *m, const char *id);
const struct plumb_digest *make_key_id(const struct make *m, const char *id);

/* The document's canonical bytes, its digest, and parsed. The caller clears or frees. */
struct plumb_bytes make_document(const struct make *m);
struct plumb_digest make_document_digest(const struct make *m);
struct plumb_governance *make_governance(const struct make *m);
/* Make it the next version: version + 1, previous set. */
void make_next(struct make *m);

struct plumb_digest make_digest(const char *text);
/* 16 bytes of an engine's, which are others for each number; good until the next call. */
const unsigned char *make_secret(unsigned char n);
/* A reference values document, canonical: one tdx set, whose mrtd is made from label. */
struct plumb_bytes make_refvals(const char *label);

/* A statement by one principal. members is stolen; NULL for none. */
struct plumb_signed *make_signed(struct make *m, const char *who, enum plumb_kind kind,
                                 const char *subject, const struct plumb_digest *digest,
                                 json_t *members);
/* The document as it is now: signed by "ada bob" in version 1, by one principal later. */
struct plumb_signed *make_change(struct make *m, const char *who);
struct plumb_signed *make_release(struct make *m, const char *who, const char *payload,
                                  const char *version, const struct plumb_digest *refvals);
/* name is "web@1.0"; more, stolen, may be NULL: predecessor, at, notAfter. */
struct plumb_signed *make_rollout(struct make *m, const char *who, const char *fleet,
                                  const char *name, const struct plumb_digest *release,
                                  enum plumb_action action, uint64_t base, json_t *more);
/* fleets "prod:3 test:0", or "all". */
struct plumb_signed *make_revocation(struct make *m, const char *who, const char *name,
                                     const struct plumb_digest *release, const char *fleets,
                                     json_t *more);
/* Rejections have a reason. */
struct plumb_signed *make_vote(struct make *m, const char *who,
                               const struct plumb_digest *proposal, enum plumb_decision d);
struct plumb_signed *make_recognition(struct make *m, const char *who, const char *fleet,
                                      const char *name, const struct plumb_digest *release,
                                      const struct plumb_digest *rollout, int64_t revision,
                                      const struct plumb_digest *content);
/* By enid and others who may: a new verifier with this key, or its retirement (key: its first).
 */
struct plumb_signed *make_enrolment(struct make *m, const char *who, const char *fleet,
                                    const char *principal, const struct plumb_signer *key,
                                    bool retire);

/* An in-toto statement of this type about these artifacts, signed by each of "qa lab" in one
 * envelope. predicate is stolen. */
struct plumb_bytes make_attestation(struct make *m, const char *who, const char *type,
                                    const struct plumb_digest *artifacts, size_t n,
                                    json_t *predicate);
/* The same, signed with these. */
struct plumb_bytes make_attestation_by(struct plumb_signer *const *by, size_t nby,
                                       const char *type, const struct plumb_digest *artifacts,
                                       size_t n, json_t *predicate);

/* JSON with ' for ", which reads better in C; fails the test when it is none. */
json_t *json_of(const char *text);
/* For json_pack("o"). */
json_t *make_hex(const struct plumb_digest *d);
json_t *make_time(plumb_time t);

#endif
