-- 0002: what lists and searches read, written in the transaction that appends the entries.
-- All of it can be made again from the log; nothing is decided by it.

CREATE TABLE event (
    idx       bigint PRIMARY KEY REFERENCES entry (idx) DEFERRABLE INITIALLY DEFERRED,
    time      timestamptz NOT NULL,
    kind      text NOT NULL,
    actor     text NOT NULL,
    payload   text,
    version   text,
    fleet     text,
    proposal  bytea CHECK (octet_length(proposal) = 32),
    effect    text NOT NULL
);
COMMENT ON TABLE event IS 'One row for each entry: who did what to what, in words';
COMMENT ON COLUMN event.idx IS 'Log index';
COMMENT ON COLUMN event.time IS 'Entry time';
COMMENT ON COLUMN event.kind IS 'Statement kind';
COMMENT ON COLUMN event.actor IS 'Principal whose key signed it';
COMMENT ON COLUMN event.payload IS 'Payload, where it is about one';
COMMENT ON COLUMN event.version IS 'Version, where it is about one';
COMMENT ON COLUMN event.fleet IS 'Fleet, where it is about one';
COMMENT ON COLUMN event.proposal IS 'The proposal that it is, or votes on';
COMMENT ON COLUMN event.effect IS 'What it did, in words';
CREATE INDEX event_by_version ON event (payload, version, idx) WHERE payload IS NOT NULL;
CREATE INDEX event_by_fleet ON event (fleet, idx) WHERE fleet IS NOT NULL;
CREATE INDEX event_by_actor ON event (actor, idx);

CREATE TABLE proposal (
    id           bytea PRIMARY KEY CHECK (octet_length(id) = 32),
    idx          bigint NOT NULL UNIQUE,
    time         timestamptz NOT NULL,
    kind         text NOT NULL,
    action       text,
    state        text NOT NULL,
    proposer     text NOT NULL,
    payload      text,
    version      text,
    fleet        text,
    closed_idx   bigint,
    closed_time  timestamptz,
    closed_rule  text
);
COMMENT ON TABLE proposal IS 'Statements that need a quorum, and what became of them';
COMMENT ON COLUMN proposal.id IS 'Statement id';
COMMENT ON COLUMN proposal.idx IS 'Log index of the proposal';
COMMENT ON COLUMN proposal.time IS 'Its entry time';
COMMENT ON COLUMN proposal.kind IS 'Statement kind';
COMMENT ON COLUMN proposal.action IS 'Of a rollout: begin, complete, rollback, reschedule';
COMMENT ON COLUMN proposal.state IS 'As in engine/engine.h ENGINE_PROPOSAL_STATES';
COMMENT ON COLUMN proposal.proposer IS 'Principal';
COMMENT ON COLUMN proposal.payload IS 'Payload; none for governance';
COMMENT ON COLUMN proposal.version IS 'Version; none for governance';
COMMENT ON COLUMN proposal.fleet IS 'Fleet, of a rollout';
COMMENT ON COLUMN proposal.closed_idx IS 'Log index at which it took effect, was rejected or lapsed';
COMMENT ON COLUMN proposal.closed_time IS 'Time of that';
COMMENT ON COLUMN proposal.closed_rule IS 'Rule that closed it';
CREATE INDEX proposal_by_state ON proposal (state, idx);

CREATE TABLE version (
    release           bytea PRIMARY KEY CHECK (octet_length(release) = 32),
    payload           text NOT NULL,
    version           text NOT NULL,
    state             text NOT NULL,
    idx               bigint NOT NULL,
    reference_values  bytea NOT NULL CHECK (octet_length(reference_values) = 32),
    sbom              bytea CHECK (octet_length(sbom) = 32)
);
COMMENT ON TABLE version IS 'Releases of payloads, those rejected included';
COMMENT ON COLUMN version.release IS 'Id of the release statement';
COMMENT ON COLUMN version.payload IS 'Payload';
COMMENT ON COLUMN version.version IS 'Version';
COMMENT ON COLUMN version.state IS 'As in engine/engine.h ENGINE_VERSION_STATES';
COMMENT ON COLUMN version.idx IS 'Log index of the release statement';
COMMENT ON COLUMN version.reference_values IS 'Digest of its reference values document';
COMMENT ON COLUMN version.sbom IS 'Digest of its SBOM';
CREATE INDEX version_by_payload ON version (payload, idx);

INSERT INTO schema_grant VALUES
    ('event', '{SELECT,INSERT}'),
    ('proposal', '{SELECT,INSERT,UPDATE}'),
    ('version', '{SELECT,INSERT,UPDATE}');
